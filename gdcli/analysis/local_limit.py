"""The largest stable rate at one point of a loss, for the optimizer at hand and the state that it is in."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import singledispatch
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.curvature import FORMULAS, stability_factor
from gdcli.arrays import Array
from gdcli.optim.optimizers import Adagrad, Adam, AdamW, CenteredRMSprop, Optimizer, RMSprop

__all__ = ["Stability", "preconditioned", "stability"]


class Stability(NamedTuple):
    """What an optimizer's limit is made of: lr < factor / S, S the largest eigenvalue of P^-1/2 (H + d I) P^-1/2.

    Args:
        factor: Of 1/S.
        formula: The limit in words.
        scale: The diagonal of P^-1/2, shape (P,); None where P is 1.
        decay: d, the weight decay that is part of the gradient.
    """

    factor: float
    formula: str
    scale: Array | None
    decay: float

    def limit(self, sharpness: float) -> float:
        """The largest stable rate; infinite where the loss is not curved upwards."""
        return self.factor / sharpness if sharpness > 0 else math.inf


@singledispatch
def stability(optimizer: Optimizer, state: Any) -> Stability | None:  # noqa: ARG001 - others look at it
    """The optimizer's limit in the state that it is in; None where it has made no step, or no formula is known.

    A gradient divided by sqrt(v) is a gradient in stretched coordinates: S is the sharpness there. Adam's means turn
    2/S into 2(1 + b1)/((1 - b1) S), which for b1 = 0.9 is 38/S.

    Args:
        optimizer: One of the built-in ones.
        state: Its state after the last step; None if that is not known.

    >>> import numpy as np
    >>> from gdcli import SGD, Momentum
    >>> stability(SGD(), None).limit(4.0), stability(Momentum(momentum=0.5), None).limit(4.0)
    (0.5, 0.75)
    >>> adam, w = Adam(), np.zeros(1)
    >>> _, state = adam.update(np.array([4.0]), adam.init(w), w, 0.1)
    >>> round(stability(adam, state)._replace(scale=None).factor, 9)  # 38 (1 - 0.9), as its first mean is young
    3.8

    Source: Cohen et al. 2021, Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability; Cohen et
    al. 2022, Adaptive Gradient Methods at the Edge of Stability, section 2.
    """
    factor = stability_factor(optimizer)
    if factor is None:
        return None
    return Stability(2 * factor, FORMULAS[type(optimizer)].replace("L", "S"), None, optimizer.weight_decay)


@stability.register
def _of_adagrad(optimizer: Adagrad, state: Any) -> Stability | None:
    if not hasattr(state, "sum_of_squares"):
        return None
    return _stretched(2.0, "2/S", np.sqrt(state.sum_of_squares), optimizer.epsilon, optimizer.weight_decay)


@stability.register
def _of_rmsprop(optimizer: RMSprop, state: Any) -> Stability | None:
    if not hasattr(state, "v"):
        return None
    return _with_momentum(optimizer, np.sqrt(state.v))


@stability.register
def _of_centered(optimizer: CenteredRMSprop, state: Any) -> Stability | None:
    if not hasattr(state, "mean"):
        return None
    return _with_momentum(optimizer, np.sqrt(np.maximum(state.v - state.mean**2, 0.0)))


def _with_momentum(optimizer: RMSprop, root: Array) -> Stability | None:
    formula = "2(1 + u)/S" if optimizer.momentum else "2/S"
    return _stretched(2 * (1 + optimizer.momentum), formula, root, optimizer.epsilon, optimizer.weight_decay)


@stability.register
def _of_adam(optimizer: Adam, state: Any) -> Stability | None:
    if not getattr(state, "t", 0):
        return None
    kept, young = optimizer.beta1, 1 - optimizer.beta1**state.t
    squares = getattr(state, "largest", state.sum_of_squares) * (1 - optimizer.beta2) / (1 - optimizer.beta2**state.t)
    decay = 0.0 if isinstance(optimizer, AdamW) else optimizer.weight_decay
    factor = 2 * (1 + kept) / (1 - kept) * young
    return _stretched(factor, "2(1 + b1)/((1 - b1) S)", np.sqrt(squares), optimizer.epsilon, decay)


def _stretched(factor: float, formula: str, root: Array, epsilon: float, decay: float) -> Stability | None:
    """With P = root + epsilon; None where no gradient has been seen."""
    if not root.any():
        return None
    return Stability(factor, formula, 1 / np.sqrt(root.astype(np.float64) + epsilon), decay)


def preconditioned(product: Callable[[Array], Array], known: Stability) -> Callable[[Array], Array]:
    """v -> P^-1/2 (H + d I) P^-1/2 v, from v -> H v.

    >>> import numpy as np
    >>> halved = preconditioned(lambda v: 4 * v, Stability(2.0, "2/S", np.array([0.5]), 0.0))
    >>> halved(np.array([1.0])).tolist()
    [1.0]
    """

    def stretched(direction: Array) -> Array:
        inner = direction if known.scale is None else known.scale * direction
        result = product(inner) + known.decay * inner
        return result if known.scale is None else known.scale * result

    return stretched
