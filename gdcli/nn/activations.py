"""Activation functions. Each returns its value and its own way back: there is no table of derivatives."""

import math
from collections.abc import Callable
from functools import cache
from typing import Protocol, cast

from gdcli.arrays import Array, np
from gdcli.definitions import ACTIVATION, Kind

# In order of complexity.
__all__ = ["linear", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "softplus", "gelu"]  # noqa: RUF022

Backprop = Callable[[Array], Array]
"""Takes the gradient with respect to the output, returns the gradient with respect to z."""


class Activation(Protocol):
    """A function of z, of any shape, returning its value and its way back, both in the dtype of z."""

    __name__: str
    kind: Kind
    initializer: str
    """The name of the definition in `gdcli.nn.initializers` that suits it."""

    def __call__(self, z: Array, /) -> tuple[Array, Backprop]: ...


def suits(initializer: str) -> Callable[[Callable[[Array], tuple[Array, Backprop]]], Activation]:
    """Marks an activation, with the initialiser that holds the spread of its outputs from layer to layer."""

    def mark(function: Callable[[Array], tuple[Array, Backprop]]) -> Activation:
        activation = cast(Activation, function)
        activation.kind, activation.initializer = ACTIVATION, initializer
        return activation

    return mark


@cache
def _zero() -> Array:
    """0 as an array: NumPy takes half the time to read it that it takes to read a 0."""
    return np.zeros((), np.float32)


@suits("glorot")
def linear(z: Array) -> tuple[Array, Backprop]:
    """No activation: z. A network of nothing else is one line, however deep.

    Args:
        z: Weighted sums, of any shape.

    Returns:
        z itself, and a way back that passes every gradient on unchanged.

    >>> linear(np.array([-2.0, 3.0]))[0]
    array([-2.,  3.])

    Source: How a Neural Network Trains, the chained neurons.
    """
    return z, lambda gradient: gradient


@suits("he")
def relu(z: Array) -> tuple[Array, Backprop]:
    """Rectified linear unit: max(0, z).

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values, and the way back: slope 1 where z > 0, else 0 (at the kink too, as PyTorch has it).

    >>> value, backprop = relu(np.array([-2.0, 0.0, 3.0]))
    >>> value
    array([0., 0., 3.])
    >>> backprop(np.ones(3))
    array([0., 0., 1.])

    Source: Nair & Hinton 2010, Rectified Linear Units Improve Restricted Boltzmann Machines.
    """
    value = np.maximum(z, _zero())
    return value, lambda gradient: gradient * np.sign(value)


@suits("he")
def leaky_relu(z: Array) -> tuple[Array, Backprop]:
    """ReLU that never goes quite silent: z where z > 0, else 0.01z.

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values, and the way back: slope 1 where z > 0, else 0.01.

    >>> leaky_relu(np.array([-2.0, 3.0]))[0]
    array([-0.02,  3.  ])

    Source: Maas, Hannun & Ng 2013, Rectifier Nonlinearities Improve Neural Network Acoustic Models.
    """
    return np.maximum(z, 0.01 * z), lambda gradient: np.where(z > 0, gradient, 0.01 * gradient)


@suits("he")
def elu(z: Array) -> tuple[Array, Backprop]:
    """Exponential linear unit: z where z > 0, else exp(z) - 1.

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values, and the way back: slope exp(min(z, 0)).

    >>> elu(np.array([-1.0, 3.0]))[0].round(4)
    array([-0.6321,  3.    ])

    Source: Clevert, Unterthiner & Hochreiter 2016, Fast and Accurate Deep Network Learning by ELUs.
    """
    below = np.minimum(z, 0)
    return np.maximum(z, 0) + np.expm1(below), lambda gradient: gradient * np.exp(below)


@suits("glorot")
def sigmoid(z: Array) -> tuple[Array, Backprop]:
    """Logistic curve, a number made a probability: 1 / (1 + exp(-z)).

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values a in 0..1, and the way back: slope a(1 - a).

    >>> sigmoid(np.array([0.0, 1.0, -1000.0]))[0].round(4)
    array([0.5   , 0.7311, 0.    ])

    Source: How a Neural Network Trains, activation functions.
    """
    with np.errstate(over="ignore"):  # exp(-z) = inf is the right road to 0
        a = 1 / (1 + np.exp(-z))
    return a, lambda gradient: gradient * (a * (1 - a))


@suits("glorot")
def tanh(z: Array) -> tuple[Array, Backprop]:
    """Hyperbolic tangent, a sigmoid from -1 to 1: (exp(z) - exp(-z)) / (exp(z) + exp(-z)).

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values a, and the way back: slope 1 - a^2.

    >>> tanh(np.array([0.0, 1.0]))[0].round(4)
    array([0.    , 0.7616])

    Source: LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.4.
    """
    a = np.tanh(z)
    return a, lambda gradient: gradient * (1 - a * a)


@suits("he")
def softplus(z: Array) -> tuple[Array, Backprop]:
    """ReLU with a rounded corner: ln(1 + exp(z)).

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values, and the way back: its slope is the sigmoid.

    >>> softplus(np.array([0.0, 1000.0]))[0].round(4)
    array([6.931e-01, 1.000e+03])

    Source: Dugas et al. 2001, Incorporating Second-Order Functional Knowledge for Better Option Pricing.
    """
    value = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
    return value, lambda gradient: gradient * sigmoid(z)[0]


@suits("he")
def gelu(z: Array) -> tuple[Array, Backprop]:
    """Gaussian error linear unit: z Φ(z), where Φ(z) is the chance that a standard normal lies below z.

    Args:
        z: Weighted sums, of any shape.

    Returns:
        The values (the exact form, not the tanh one), and the way back: slope Φ(z) + z φ(z).

    >>> gelu(np.array([-1.0, 0.0, 3.0]))[0].round(4)
    array([-0.1587,  0.    ,  2.996 ])

    Source: Hendrycks & Gimpel 2016, Gaussian Error Linear Units.
    """
    x = np.minimum(np.abs(z), _FAR)
    tail, density = _tail(x)

    def backprop(gradient: Array) -> Array:
        below = tail - x * density  # the slope at -x; at x it is 1 less that
        slope: Array = np.where(z > 0, 1 - below, below)
        return gradient * slope

    return np.maximum(z, 0) - x * tail, backprop


_FAR = 40.0
"""Beyond this many standard deviations a normal's tail is 0 in floating point."""

_MILLS = (  # powers of x^2, from the fifth down; even and odd parts; numerator and denominator
    [[0, 3.5001167584039348e-06], [0, 0]],
    [[9.3981355031485734e-05, 0.0012393885761304854], [3.5001167583957458e-06, 9.3981355029509609e-05]],
    [[0.010295979901012251, 0.060656124132319035], [0.0012358884591854221, 0.010389961245455350]],
    [[0.24559816518413399, 0.78380409743714080], [0.059427235500326829, 0.25570617109664288]],
    [[1.4912421442804938, 2.5639401973125576], [0.72681340116441672, 1.7171842994445974]],
    [[1.2533141373155002, 1], [1.9438311458698562, 2.3488374209001555]],
)
"""(1 - Φ(x)) / φ(x), the Mills ratio, for 0 <= x <= 40 as a quotient of polynomials: a weighted least-squares
fit in 60 digits, off by less than 6e-17 of the value. No coefficient is negative, so nothing cancels."""


def _tail(x: Array) -> tuple[Array, Array]:
    """The standard normal's upper tail 1 - Φ(x), to a relative 1e-12, and density φ(x), for 0 <= x <= 40."""
    square = x * x
    even, odd = _polynomials(np.array(_MILLS), square)
    above, below = even + x * odd
    density = np.exp(-0.5 * square) * (1 / math.sqrt(2 * math.pi))
    return density * (above / below), density


def _polynomials(coefficients: Array, x: Array) -> Array:
    """Horner's rule for many polynomials at once: coefficients (degree + 1, ...) at x, as (..., *x.shape)."""
    first, second, *rest = coefficients.astype(x.dtype).reshape(*coefficients.shape, *(1,) * x.ndim)
    total: Array = first * x + second
    for row in rest:
        total *= x
        total += row
    return total
