"""The truth of a line at many points of m and b: its loss, gradient and step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass

__all__ = ["Line"]

NICE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 3.0))
POINTS, SPREAD, MOST = 40, 5.0, 2_000_000
"""Points drawn by a seed, how far from 0 they are, and how many numbers are worked out at most."""
THROUGH = 8
"""Lines through rows."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line's loss, gradient and step at many points at once: the truth.

    Args:
        x: The rows' inputs, (n,).
        y: Their targets, (n,).
        start: (m, b), the first point.
        learning_rate: Of a step.
        seed: Of the points.

    >>> truth = Line(np.array([1.0, 2.0]), np.array([3.0, 5.0]), (-1.0, 5.0), 0.1)
    >>> [round(float(value), 12) for value in (truth.grad_m[0], truth.grad_b[0], truth.step_m[0], truth.step_b[0])]
    [-3.0, -1.0, -0.7, 5.1]

    Source: the lecture, "The loss curve" and "The gradient".
    """

    x: Array
    y: Array
    start: tuple[float, float]
    learning_rate: float = 0.1
    seed: int = 0

    @cached_property
    def points(self) -> Array:
        """(m, b) at which everything is compared, (K, 2): the start first, last lines through the rows."""
        count = max(2, min(POINTS, MOST // max(1, len(self.x))))
        rng = np.random.default_rng(self.seed)
        drawn = rng.uniform(-SPREAD, SPREAD, (count, 2))
        return np.array([self.start, *NICE, *drawn, *self._through(rng, min(THROUGH, count))])

    def _through(self, rng: np.random.Generator, count: int) -> Array:
        """Lines through rows, about as steep as the rows are: some residuals are above 0, others below, (count, 2)."""
        wide, high = float(np.ptp(self.x)), float(np.ptp(self.y))
        if not (wide > 0 and high > 0):
            return np.empty((0, 2))
        m, at = rng.uniform(-2, 2, count) * high / wide, rng.integers(len(self.x), size=count)
        return np.column_stack([m, self.y[at] - m * self.x[at]])

    @property
    def m(self) -> Array:
        """The slopes, (K, 1)."""
        return self.points[:, :1]

    @property
    def b(self) -> Array:
        """The intercepts, (K, 1)."""
        return self.points[:, 1:]

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The variables of a formula."""
        x, y = self.x[None, :], self.y[None, :]
        known = {"m": self.m, "b": self.b, "x": x, "y": y, "y_hat": self.m * x + self.b}
        return known | {"n": float(len(self.x)), "lr": self.learning_rate}

    @cached_property
    def residual(self) -> Array:
        """m x + b - y, (K, n)."""
        return self.m * self.x + self.b - self.y

    @cached_property
    def mse(self) -> Array:
        """mean((m x + b - y)^2), (K,)."""
        return np.asarray(np.mean(self.residual**2, axis=1))

    @property
    def rmse(self) -> Array:
        """Its square root."""
        return np.sqrt(self.mse)

    @cached_property
    def grad_m(self) -> Array:
        """2/n sum(x (m x + b - y)), (K,)."""
        return np.asarray(2 * np.mean(self.residual * self.x, axis=1))

    @cached_property
    def grad_b(self) -> Array:
        """2/n sum(m x + b - y), (K,)."""
        return np.asarray(2 * np.mean(self.residual, axis=1))

    @property
    def step_m(self) -> Array:
        """m - lr grad_m, (K,)."""
        return self.m[:, 0] - self.learning_rate * self.grad_m

    @property
    def step_b(self) -> Array:
        """b - lr grad_b, (K,)."""
        return self.b[:, 0] - self.learning_rate * self.grad_b

    @property
    def terms(self) -> Array:
        """How large the terms of a residual are at a point, |m| max|x| + |b| + max|y|, (K,)."""
        terms = np.abs(self.m[:, 0]) * self.reach + np.abs(self.b[:, 0]) + np.max(np.abs(self.y))
        return np.asarray(np.maximum(terms, 1e-6 * np.max(terms)))

    @property
    def reach(self) -> float:
        """max|x|."""
        return float(np.max(np.abs(self.x)))
