"""Sums over rows from which the scores of predictions come: those of parts are merged to those of all."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.training.records import Scores

__all__ = ["Sums"]


class Sums(NamedTuple):
    """What MSE, RMSE, MAE and R2 need to know of rows.

    Args:
        rows: How many they are.
        squared: The sum of (y_hat - y)^2.
        absolute: The sum of |y_hat - y|.
        mean: The mean of y.
        spread: The sum of (y - mean)^2.
        low: The smallest y.
        high: The largest.

    >>> first = Sums.of(np.array([4.0]), np.array([3.0]))
    >>> first.merged(Sums.of(np.array([3.0]), np.array([5.0]))).scores
    Scores(mse=2.5, rmse=1.5811388300841898, mae=1.5, r2=-1.5)

    Source: Chan, Golub, LeVeque 1983, Algorithms for computing the sample variance (the merging of spreads).
    """

    rows: int = 0
    squared: float = 0.0
    absolute: float = 0.0
    mean: float = 0.0
    spread: float = 0.0
    low: float = math.inf
    high: float = -math.inf

    @classmethod
    def of(cls, outputs: Array, targets: Array) -> Sums:
        """Those of some rows."""
        if not len(targets):
            return cls()
        truth = np.asarray(targets, np.float64)
        residual, mean = np.asarray(outputs, np.float64) - truth, float(truth.mean())
        squared, absolute = float((residual * residual).sum()), float(np.abs(residual).sum())
        spread = float(((truth - mean) ** 2).sum())
        return cls(len(truth), squared, absolute, mean, spread, float(truth.min()), float(truth.max()))

    def merged(self, other: Sums) -> Sums:
        """Those of these rows and of others."""
        rows = self.rows + other.rows
        if not self.rows or not other.rows:
            return self if self.rows else other
        apart = other.mean - self.mean
        return Sums(
            rows,
            self.squared + other.squared,
            self.absolute + other.absolute,
            self.mean + apart * other.rows / rows,
            self.spread + other.spread + apart * apart * self.rows * other.rows / rows,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def scores(self) -> Scores:
        """The scores; R2 of constant targets is 1 if all are met exactly, else 0."""
        mse = self.squared / self.rows
        r2 = float(self.squared == 0) if self.low == self.high else 1 - self.squared / self.spread
        return Scores(mse, math.sqrt(mse), self.absolute / self.rows, r2)
