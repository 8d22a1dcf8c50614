"""Starting weights: their spread decides whether signals fade, hold or blow up from layer to layer.

`fan_in` and `fan_out` are the numbers of inputs and of units of a layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from gdcli.arrays import Array, np
from gdcli.definitions import INITIALIZER

# In order of appearance.
__all__ = ["zeros", "lecun", "lecun_uniform", "glorot", "glorot_normal", "he", "he_uniform"]  # noqa: RUF022

Initializer = Callable[["np.random.Generator", int, int], Array]
"""Takes (rng, fan_in, fan_out), returns float64 weights of shape (fan_in, fan_out)."""


def initializer(function: Initializer) -> Initializer:
    """Marks a function `(rng, fan_in, fan_out) -> weights` as an initialiser."""
    marked: Any = function
    marked.kind = INITIALIZER
    return function


@initializer
def zeros(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:  # noqa: ARG001 - one signature for all
    """All zero: every hidden unit gets the same gradient, so they never come to differ. For demonstration.

    Args:
        rng: Not used.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out).

    >>> zeros(np.random.default_rng(0), 1, 2)
    array([[0., 0.]])

    Source: Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.4, on breaking symmetry.
    """
    return np.zeros((fan_in, fan_out))


@initializer
def lecun(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Normal with variance 1 / fan_in: a linear unit's output varies as much as each of its inputs.

    Args:
        rng: The generator to draw from.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out).

    >>> lecun(np.random.default_rng(0), 4, 2)[0].round(4)
    array([ 0.0629, -0.0661])

    Source: LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.6.
    """
    return _normal(rng, 1 / fan_in, (fan_in, fan_out))


@initializer
def lecun_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Uniform in ±sqrt(3 / fan_in): the variance of `lecun`, 1 / fan_in, without its tails.

    Args:
        rng: The generator to draw from.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out).

    >>> lecun_uniform(np.random.default_rng(0), 3, 2)[0].round(4)
    array([ 0.2739, -0.4604])

    Source: LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.6.
    """
    return _uniform(rng, 1 / fan_in, (fan_in, fan_out))


@initializer
def glorot(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Uniform in ±sqrt(6 / (fan_in + fan_out)): signals hold their spread forward, gradients backward.

    Args:
        rng: The generator to draw from.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out), of variance 2 / (fan_in + fan_out).

    >>> glorot(np.random.default_rng(0), 4, 2)[0].round(4)
    array([ 0.2739, -0.4604])

    Source: Glorot & Bengio 2010, on the difficulty of training deep feedforward networks, equation 16.
    """
    return _uniform(rng, 2 / (fan_in + fan_out), (fan_in, fan_out))


@initializer
def glorot_normal(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Normal with variance 2 / (fan_in + fan_out): `glorot` with a bell instead of a box.

    Args:
        rng: The generator to draw from.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out).

    >>> glorot_normal(np.random.default_rng(0), 6, 2)[0].round(4)
    array([ 0.0629, -0.0661])

    Source: Glorot & Bengio 2010, on the difficulty of training deep feedforward networks, equation 12.
    """
    return _normal(rng, 2 / (fan_in + fan_out), (fan_in, fan_out))


@initializer
def he(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Normal with variance 2 / fan_in: twice `lecun`, since a ReLU silences half of what comes in.

    Args:
        rng: The generator to draw from.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out).

    >>> he(np.random.default_rng(0), 8, 2)[0].round(4)
    array([ 0.0629, -0.0661])

    Source: He, Zhang, Ren & Sun 2015, Delving Deep into Rectifiers, equation 10.
    """
    return _normal(rng, 2 / fan_in, (fan_in, fan_out))


@initializer
def he_uniform(rng: np.random.Generator, fan_in: int, fan_out: int) -> Array:
    """Uniform in ±sqrt(6 / fan_in): the variance of `he`, 2 / fan_in, without its tails.

    Args:
        rng: The generator to draw from.
        fan_in: Inputs of the layer.
        fan_out: Units of the layer.

    Returns:
        Weights of shape (fan_in, fan_out).

    >>> he_uniform(np.random.default_rng(0), 6, 2)[0].round(4)
    array([ 0.2739, -0.4604])

    Source: He, Zhang, Ren & Sun 2015, Delving Deep into Rectifiers, section 2.2.
    """
    return _uniform(rng, 2 / fan_in, (fan_in, fan_out))


def _normal(rng: np.random.Generator, variance: float, shape: tuple[int, int]) -> Array:
    return rng.normal(scale=math.sqrt(variance), size=shape)


def _uniform(rng: np.random.Generator, variance: float, shape: tuple[int, int]) -> Array:
    limit = math.sqrt(3 * variance)  # a box from -c to c has variance c^2 / 3
    return rng.uniform(-limit, limit, size=shape)
