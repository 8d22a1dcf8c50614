"""Models: parameters and inputs in, outputs and the way back out.

A model is a frozen record called as `model(parameters, inputs) -> (outputs, backprop)`; `backprop` takes the
loss's gradient with respect to the outputs and returns it with respect to the parameters. Parameters are one
flat vector (P,), or (R, P) for a stack of R runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from gdcli.arrays import Array, default_names
from gdcli.definitions.dataclass import dataclass

__all__ = ["Linear", "Proportional"]

Backprop = Callable[[Array], Array]


class Model(Protocol):
    """What the training loop needs of a model."""

    @property
    def size(self) -> int:
        """P, the number of parameters."""

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """P names to report parameters by; empty where there are too many to report."""

    @property
    def penalised(self) -> Array:
        """Shape (P,): 1 where a penalty applies (weights), 0 where none does (biases)."""

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Backprop]:
        """Outputs for inputs (n, d), and the way back."""


@dataclass(frozen=True)
class Linear:
    """A line, plane or hyperplane: y_hat = w1 x1 + ... + wd xd + b.

    Args:
        inputs: d, the number of inputs.
        input_names: Their names; `x`, or `x1..xd`, unless given.

    Parameters are (w1, ..., wd, b): `m` and `b` for one input, else `w_NAME` and `b`.

    >>> import numpy as np
    >>> outputs, backprop = Linear(1)(np.array([-1.0, 5.0]), np.array([[1.0], [2.0]]))
    >>> outputs.tolist(), backprop(np.array([1.0, -2.0])).tolist()
    ([4.0, 3.0], [-3.0, -1.0])

    Source: the lecture, "y = mx + b".
    """

    inputs: int = 1
    input_names: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """d weights and the bias."""
        return self.inputs + 1

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """m and b, or w_NAME ... and b."""
        return (*self._weight_names(), "b")

    @property
    def penalised(self) -> Array:
        """The weights, not the bias."""
        return np.array([1.0] * self.inputs + [0.0])

    def design(self, inputs: Array) -> Array:
        """The matrix A (n, P) with y_hat = A w: the inputs and a column of ones."""
        return np.column_stack([inputs, np.ones(len(inputs))])

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Backprop]:
        """Outputs (..., n) for inputs (n, d); the way back is (g X, sum g)."""
        d = self.inputs

        def backprop(gradient: Array) -> Array:
            result = np.empty(parameters.shape, gradient.dtype)
            np.matmul(gradient, inputs, out=result[..., :d])
            np.add.reduce(gradient, axis=-1, out=result[..., d])
            return result

        return parameters[..., :d] @ inputs.T + parameters[..., d:], backprop

    def on(self, inputs: Array) -> Callable[[Array], tuple[Array, Backprop]]:
        """The model of one run on inputs that stay: `on(inputs)(parameters)` is `model(parameters, inputs)`, sooner."""
        d, transposed = self.inputs, inputs.T

        def backprop(gradient: Array) -> Array:
            result = np.empty(d + 1, gradient.dtype)
            gradient.dot(inputs, result[:d])
            np.add.reduce(gradient, 0, None, result[..., d])  # type: ignore[call-overload]  # by position: sooner
            return result

        def model(parameters: Array) -> tuple[Array, Backprop]:
            outputs: Array = parameters[:d].dot(transposed)
            outputs += parameters[..., d]
            return outputs, backprop

        return model

    def _weight_names(self) -> tuple[str, ...]:
        names = self.input_names or default_names(self.inputs)
        return ("m",) if self.inputs == 1 else tuple(f"w_{name}" for name in names)


@dataclass(frozen=True)
class Proportional(Linear):
    """A line through the origin: y_hat = w1 x1 + ... + wd xd, without b.

    >>> import numpy as np
    >>> Proportional(1)(np.array([2.0]), np.array([[1.0], [3.0]]))[0].tolist()
    [2.0, 6.0]
    """

    @property
    def size(self) -> int:
        """d weights."""
        return self.inputs

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """m, or w_NAME ..."""
        return self._weight_names()

    @property
    def penalised(self) -> Array:
        """All of them."""
        return np.ones(self.inputs)

    def design(self, inputs: Array) -> Array:
        """The inputs themselves."""
        return inputs

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Backprop]:
        """Outputs (..., n) for inputs (n, d); the way back is g X."""
        return parameters @ inputs.T, lambda gradient: gradient @ inputs

    def on(self, inputs: Array) -> Callable[[Array], tuple[Array, Backprop]]:
        """The model of one run on inputs that stay."""
        transposed = inputs.T
        return lambda parameters: (parameters.dot(transposed), lambda gradient: gradient.dot(inputs))
