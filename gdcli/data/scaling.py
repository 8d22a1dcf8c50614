"""Scaling inputs, and the way back: parameters of scaled inputs, in raw units."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass

__all__ = [
    "Basis",
    "Scaler",
    "by",
    "max_abs",
    "minmax",
    "never_zero",
    "none",
    "polynomial",
    "power_names",
    "power_rounding",
    "rms",
    "standard",
]


@dataclass(frozen=True, eq=False)
class Scaler:
    """z = (x - offset) / factor, column by column.

    Args:
        offset: Shape (d,), in units of the inputs.
        factor: Shape (d,), never 0.
    """

    offset: Array
    factor: Array

    def __call__(self, inputs: Array) -> Array:
        """The inputs (n, d), scaled."""
        return (inputs - self.offset) / self.factor


PART = 8192  # rows at a time

Scaling = Callable[[Array], Scaler]
"""Fits a scaler to inputs (n, d): one of the functions below."""


def none(inputs: Array) -> Scaler:
    """Leaves the inputs as they are."""
    width = inputs.shape[1]
    return Scaler(np.zeros(width), np.ones(width))


def standard(inputs: Array) -> Scaler:
    """Mean 0 and population standard deviation 1; a constant column becomes 0.

    >>> import numpy as np
    >>> standard(np.array([[1.0, 7.0], [2.0, 7.0]]))(np.array([[1.0, 7.0], [2.0, 7.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    size = np.maximum(np.abs(inputs.min(axis=0).astype(np.float64)), np.abs(inputs.max(axis=0).astype(np.float64)))
    unit = np.where(size > 0, size, 1.0)  # squares of very large or small inputs would leave float64
    parts = [inputs[begin : begin + PART] for begin in range(0, len(inputs), PART)]  # float64 copies stay small
    mean = sum((part / unit).sum(axis=0) for part in parts) / len(inputs)
    variance = sum(((part / unit - mean) ** 2).sum(axis=0) for part in parts) / len(inputs)
    return Scaler(mean * unit, never_zero(np.sqrt(variance) * unit, size))


def minmax(inputs: Array) -> Scaler:
    """From 0 (the smallest) to 1 (the largest); a constant column becomes 0."""
    low, high = inputs.min(axis=0).astype(np.float64), inputs.max(axis=0).astype(np.float64)
    return Scaler(low, never_zero(high - low, np.abs(high)))


def rms(inputs: Array) -> Scaler:
    """Root mean square 1 without moving 0: `standard` for models without an intercept."""
    return Scaler(np.zeros(inputs.shape[1]), never_zero(np.sqrt((inputs * inputs).mean(axis=0))))


def max_abs(inputs: Array) -> Scaler:
    """Largest size 1 without moving 0: `minmax` for models without an intercept."""
    return Scaler(np.zeros(inputs.shape[1]), never_zero(np.abs(inputs).max(axis=0)))


def by(number: float) -> Scaling:
    """Divides every input by one number, as pixels by 255."""
    return lambda inputs: Scaler(np.zeros(inputs.shape[1]), np.full(inputs.shape[1], float(number)))


def polynomial(inputs: Array, degree: int) -> Array:
    """Each input's powers up to `degree`: (x1, x1^2, ..., x2, x2^2, ...), shape (n, d * degree).

    >>> import numpy as np
    >>> polynomial(np.array([[3.0]]), 3).tolist()
    [[3.0, 9.0, 27.0]]
    """
    powers = inputs[:, :, None] ** np.arange(1, degree + 1)
    return powers.reshape(len(inputs), -1)


def power_names(input_names: tuple[str, ...], degree: int) -> tuple[str, ...]:
    """The names of each input's powers, in the order of `polynomial`.

    >>> power_names(("x", "z"), 2)
    ('x', 'x^2', 'z', 'z^2')
    """
    return tuple(name if power == 1 else f"{name}^{power}" for name in input_names for power in range(1, degree + 1))


@dataclass(frozen=True, eq=False)
class Undoing:
    """The matrix M with raw parameters = M (feature parameters), kept as its parts: wide tables have no room for it.

    Args:
        blocks: What the powers of each input make of each other, shape (d, k, k).
        bias: The last row, of b; None without one.
    """

    blocks: Array
    bias: Array | None

    def __matmul__(self, values: Array) -> Array:
        """M v of a vector (P,), or of columns (P, r)."""
        d, k, _ = self.blocks.shape
        columns = values.reshape(len(values), -1)
        result = np.einsum("dip,dpr->dir", self.blocks, columns[: d * k].reshape(d, k, -1)).reshape(d * k, -1)
        whole = result if self.bias is None else np.vstack([result, self.bias @ columns])
        return whole.reshape(values.shape)

    def __mul__(self, other: Undoing) -> Undoing:
        """Entry by entry."""
        bias = None if self.bias is None or other.bias is None else self.bias * other.bias
        return Undoing(self.blocks * other.blocks, bias)

    def __getitem__(self, place: tuple[slice, list[int]]) -> Array:
        """Some of its columns, `M[:, chosen]`."""
        units = np.zeros((self.blocks.shape[0] * self.blocks.shape[1] + (self.bias is not None), len(place[1])))
        units[place[1], np.arange(len(place[1]))] = 1.0
        return self @ units

    def solved(self, values: Array) -> Array:
        """The v (P,) with M v = these."""
        d, k, _ = self.blocks.shape
        inner = np.linalg.solve(self.blocks, values[: d * k].reshape(d, k, 1)).ravel()
        return inner if self.bias is None else np.append(inner, values[-1] - self.bias[:-1] @ inner)


WIDE = 1000
"""Parameters from which the matrix is kept as its parts."""


@dataclass(frozen=True, eq=False)
class Basis:
    """What a linear model sees in place of the raw inputs: scaled inputs, or scaled powers of them.

    Inputs are scaled before the powers are taken and the powers are scaled again: on symmetric inputs a
    parabola then has a condition number of 1. Being a change of basis, it is undone by one matrix.

    Args:
        degree: Powers taken of each input.
        before: Scales the inputs.
        after: Scales their powers.
        intercept: Whether the parameters end with a bias.
    """

    degree: int
    before: Scaler
    after: Scaler
    intercept: bool

    @classmethod
    def fit(cls, inputs: Array, scaling: Scaling, degree: int = 1, intercept: bool = True) -> Basis:
        """The basis for these inputs (n, d)."""
        before = scaling(inputs)
        if degree == 1:
            return cls(degree, before, none(inputs), intercept)
        scaled = before(inputs)
        after = scaling(polynomial(scaled, degree))
        least = 4 * power_rounding(inputs, before, scaled, degree)
        return cls(degree, before, Scaler(after.offset, np.where(after.factor <= least, 1.0, after.factor)), intercept)

    def __call__(self, inputs: Array) -> Array:
        """Features (n, d * degree) of raw inputs (n, d)."""
        return self.after(polynomial(self.before(inputs), self.degree))

    def raw(self, parameters: Array) -> Array:
        """Parameters of the raw inputs' powers, from those of the features."""
        if self.is_raw:
            return parameters
        with np.errstate(all="ignore"):
            if isinstance(self.undoing, Undoing):
                rows = parameters.reshape(-1, parameters.shape[-1])
                return (self.undoing @ rows.T).T.reshape(parameters.shape)
            result: Array = parameters @ self.undoing.T
        return result

    @cached_property
    def is_raw(self) -> bool:
        """Whether the features are the raw inputs and their powers, unscaled."""
        return all(not scaler.offset.any() and bool((scaler.factor == 1).all()) for scaler in (self.before, self.after))

    def scaled(self, parameters: Array) -> Array:
        """Parameters of the features, from those of the raw inputs' powers."""
        if not parameters.any():
            return np.zeros_like(parameters)
        with np.errstate(all="ignore"):
            if isinstance(self.undoing, Undoing):
                return self.undoing.solved(parameters)
            return np.linalg.solve(self.undoing, parameters)

    def names(self, input_names: tuple[str, ...]) -> tuple[str, ...]:
        """x, x^2, ... for each input."""
        return power_names(input_names, self.degree)

    @cached_property
    def undoing(self) -> Array | Undoing:
        """M with raw parameters = M (feature parameters): the binomial theorem, column by column."""
        with np.errstate(all="ignore"):
            return self._undone() if len(self.before.offset) * self.degree < WIDE else self._undone_in_parts()

    def _undone_in_parts(self) -> Undoing:
        d, k = len(self.before.offset), self.degree
        entries = np.zeros((k + 1, k, d))  # what power p of the scaled input has of power i of the raw one
        for p in range(1, k + 1):
            for i in range(p + 1):
                share = math.comb(p, i) * (-self.before.offset) ** (p - i) / self.before.factor**p
                entries[i, p - 1] = share
        after = self.after.factor.reshape(d, k).T
        entries = entries / after
        bias = np.append((entries[0].T.ravel() - self.after.offset / self.after.factor), 1.0)
        return Undoing(np.moveaxis(entries[1:], -1, 0), bias if self.intercept else None)

    def _undone(self) -> Array:
        d, k = len(self.before.offset), self.degree
        matrix = np.zeros((d * k + 1, d * k + 1))
        matrix[-1, -1] = 1.0
        for j, (offset, factor) in enumerate(zip(self.before.offset, self.before.factor, strict=True)):
            for power in range(1, k + 1):
                column = (
                    np.array([math.comb(power, i) * (-offset) ** (power - i) for i in range(power + 1)]) / factor**power
                )
                matrix[-1, j * k + power - 1] = column[0]
                matrix[j * k : j * k + power, j * k + power - 1] = column[1:]
        undo = np.diag([*(1 / self.after.factor), 1.0])
        undo[-1, :-1] = -self.after.offset / self.after.factor
        matrix = matrix @ undo
        return matrix if self.intercept else matrix[:-1, :-1]


def power_rounding(inputs: Array, scaler: Scaler, scaled: Array, degree: int) -> Array:
    """What rounding makes of each power (d * degree,) of inputs that were centred: two values alike, squared, differ.

    Args:
        inputs: Shape (n, d).
        scaler: What centred them.
        scaled: The inputs, scaled.
        degree: Powers taken of each.
    """
    largest = np.abs(inputs).max(axis=0) * scaler.offset.astype(bool)
    rounding, size = np.finfo(float).eps * largest / scaler.factor, np.abs(scaled).max(axis=0)
    powers = np.arange(degree)
    result: Array = (rounding[:, None] * (powers + 1) * size[:, None] ** powers).ravel()
    return result


def never_zero(factor: Array, size: Array | float = 0.0) -> Array:
    """1 where a factor is 0, nothing but the rounding of values of that size, or too small for 1/factor."""
    least = np.maximum(4 * np.finfo(float).eps * np.asarray(size), np.finfo(float).tiny)
    return np.where(factor <= least, 1.0, factor)
