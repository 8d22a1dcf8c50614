"""The loss over a plane in parameter space: two parameters, or two random directions of a network."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.networks import Network
from gdcli.training.problem import MEASURED, Problem

__all__ = ["Plane", "Span", "Surface", "filter_normalised", "span_around", "surface"]

NUMBERS = 2**20
"""Numbers held at a time while a grid is evaluated: a few megabytes."""

FARTHEST, LEAST_SPAN = 1e150, 1e-290
DIGITS = 12  # that a grid's values keep: no tails like 0.30000000000000004


@dataclass(frozen=True)
class Span:
    """`count` evenly spaced values from `low` to `high`.

    Args:
        low: The first.
        high: The last, above `low`.
        count: How many, 2 or more.

    >>> Span(-1, 1, 6).values.tolist()
    [-1.0, -0.6, -0.2, 0.2, 0.6, 1.0]
    """

    low: float
    high: float
    count: int

    @property
    def values(self) -> Array:
        """The values, shape (count,); both ends as given, and round where they can be."""
        along = np.arange(self.count)
        last = self.count - 1
        values: Array = self.low * ((last - along) / last) + self.high * (along / last)
        decimals = DIGITS - math.ceil(math.log10(self.high - self.low))
        if 0 <= decimals <= 22:  # powers of ten that float64 holds exactly
            values = np.round(values, decimals)
        values[0], values[-1] = self.low, self.high
        return values


@dataclass(frozen=True, eq=False)
class Plane:
    """The points origin + x across + y up.

    Args:
        origin: Shape (P,).
        across: What x moves along, shape (P,).
        up: What y moves along, shape (P,).
    """

    origin: Array
    across: Array
    up: Array

    def points(self, x: Array, y: Array) -> Array:
        """The points at pairs of coordinates (n,), as a stack (n, P)."""
        dtype = self.origin.dtype
        x, y = x.astype(dtype)[:, None], y.astype(dtype)[:, None]
        result: Array = self.origin + x * self.across + y * self.up
        return result

    @property
    def is_flat(self) -> bool:
        """Whether both directions are one, so that there is no plane."""
        directions = np.stack([self.across, self.up]).astype(np.float64)
        return bool(np.linalg.matrix_rank(directions) < 2)


@dataclass(frozen=True, eq=False)
class Surface:
    """A grid of losses.

    Args:
        x: Coordinates across, shape (W,).
        y: Coordinates up, shape (H,).
        loss: The data loss, shape (H, W): one row for each y.
        penalty: The L1 and L2 penalty, shape (H, W); None without one.
    """

    x: Array
    y: Array
    loss: Array
    penalty: Array | None = None

    @property
    def height(self) -> Array:
        """What descent minimises: loss and penalty."""
        return self.loss if self.penalty is None else self.loss + self.penalty

    @property
    def lowest(self) -> tuple[float, float, float] | None:
        """x, y and height of the lowest point that has a value."""
        known = np.where(np.isfinite(self.height), self.height, np.inf)
        row, column = np.unravel_index(int(known.argmin()), known.shape)
        if not np.isfinite(known[row, column]):
            return None
        return float(self.x[column]), float(self.y[row]), float(known[row, column])


@np.errstate(all="ignore")
def surface(problem: Problem, plane: Plane, x: Array, y: Array) -> Surface:
    """The loss at every point of a grid, evaluated as stacks of parameters.

    Args:
        problem: Whose loss.
        plane: Where in parameter space.
        x: Coordinates across, shape (W,).
        y: Coordinates up, shape (H,).

    >>> from gdcli import Dataset, Linear, mse
    >>> deck = Problem(Linear(1), mse, Dataset([[1.0], [2.0]], [3.0, 5.0]))
    >>> m_and_b = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    >>> surface(deck, m_and_b, np.array([-1.0, 2.0]), np.array([1.0, 5.0])).loss.tolist()
    [[22.5, 0.0], [2.5, 16.0]]

    Source: the lecture, "The loss surface".
    """
    loss = np.empty(len(y) * len(x))
    penalty = np.empty(len(loss)) if problem.penalty(plane.origin) is not None else None
    chunk = _cells_at_a_time(problem)
    for begin in range(0, len(loss), chunk):
        cells = np.arange(begin, min(begin + chunk, len(loss)))
        stack = plane.points(x[cells % len(x)], y[cells // len(x)])
        loss[cells] = problem.measured(stack, problem.data)[0]
        if penalty is not None:
            penalty[cells] = problem.penalty(stack)
    shape = len(y), len(x)
    return Surface(x, y, loss.reshape(shape), None if penalty is None else penalty.reshape(shape))


def _cells_at_a_time(problem: Problem) -> int:
    """As many as keep parameters and outputs of the widest layer small."""
    widest = max(getattr(problem.model, "sizes", (1,)))
    return max(1, NUMBERS // max(problem.model.size, min(len(problem.data), MEASURED) * widest))


def filter_normalised(network: Network, parameters: Array, rng: np.random.Generator) -> Plane:
    """Two random directions around a network's parameters, to the scale of its own weights.

    Each direction d is drawn from a normal distribution; the part d_j of it that belongs to the weights w_j
    into one neuron becomes d_j |w_j| / |d_j|. Biases stay as they are. Without this, how sharp a minimum looks
    would tell of the weights' size: with ReLU, layers can trade factors and the function stays the same.

    Args:
        network: The network.
        parameters: Where it stands, shape (P,).
        rng: Where chance comes from.

    Returns:
        The plane through the parameters, which lie at (0, 0).

    Source: Li, Xu, Taylor, Studer & Goldstein 2018, Visualizing the Loss Landscape of Neural Nets, section 4.
    """
    across, up = (_direction(network, parameters, rng) for _ in range(2))
    return Plane(parameters, across, up)


def _direction(network: Network, parameters: Array, rng: np.random.Generator) -> Array:
    direction: Array = np.zeros_like(parameters)
    for layer in network.layers:
        weights, drawn = layer.weights(parameters), rng.standard_normal((layer.fan_in, layer.fan_out))
        size = np.linalg.norm(weights.astype(np.float64), axis=0)
        layer.weights(direction)[...] = drawn * (size / np.linalg.norm(drawn, axis=0))
    return direction


def span_around(values: Iterable[float], margin: float = 0.5, cells: int = 40) -> Span:
    """A range with room around some values, in round steps.

    Args:
        values: What must be in it; those that are not finite are left out.
        margin: The room on each side, as a part of the values' extent.
        cells: About how many steps; their size is 1, 2 or 5 times a power of ten, and the ends lie on every fifth.

    >>> span_around([-1, 2]), span_around([5, 1])
    (Span(low=-3.0, high=4.0, count=36), Span(low=-1.0, high=7.0, count=41))
    """
    known = [min(max(value, -FARTHEST), FARTHEST) for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    largest = max(abs(low), abs(high))
    if high - low <= max(1e-6 * largest, LEAST_SPAN):
        room = largest / 2 if largest > LEAST_SPAN else 1.0
    else:
        room = (high - low) * margin
    low, high = low - room, high + room
    step = _rounded((high - low) / cells)
    first, last = math.floor(low / (5 * step) + 1e-9), math.ceil(high / (5 * step) - 1e-9)
    return Span(float(f"{first * 5 * step:.12g}"), float(f"{last * 5 * step:.12g}"), 5 * (last - first) + 1)


def _rounded(value: float) -> float:
    """A number that is 1, 2 or 5 times a power of ten, and not much smaller."""
    unit = 10.0 ** math.floor(math.log10(value))
    factor = next(f for f in (1, 2, 5, 10) if value <= 1.3 * f * unit)
    return float(f"{factor * unit:.3g}")
