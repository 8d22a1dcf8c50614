"""Rows reduced, while they pass, to the few that a linear model cannot tell from all of them; memory stays flat."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset, equivalent_rows
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["Condensed", "Condenser", "Factor", "block_rows"]

_MOST_ROWS, _NUMBERS = 1 << 14, 1 << 20
_SAMPLE = 10_000


def block_rows(columns: int) -> int:
    """How many rows are compressed at a time, whatever blocks they come in: so no format changes a bit.

    >>> block_rows(2), block_rows(1000)
    (16384, 1047)
    """
    return max(columns + 1, min(_MOST_ROWS, _NUMBERS // (columns + 1)))


@dataclass(frozen=True, eq=False)
class Condensed:
    """What is left of many rows.

    Args:
        rows: How many they were.
        mean: The columns' means; the target's is the last.
        scatter: The R factor of the centred table.
        low: The columns' smallest values.
        high: Their largest.
        sample: Some of the rows, evenly from first to last.
    """

    rows: int
    mean: Array
    scatter: Array
    low: Array
    high: Array
    sample: Array

    @cached_property
    def equivalent(self) -> Array:
        """At most d + 2 rows with the same MSE and gradient at every parameter of any linear model."""
        return equivalent_rows(self.mean, self.scatter, self.rows)

    def dataset(self, names: tuple[str, ...], target: str) -> Dataset:
        """Those rows as a data set."""
        return _dataset(self.equivalent, names, target)

    def sampled(self, names: tuple[str, ...], target: str) -> Dataset:
        """The sample as a data set."""
        return _dataset(self.sample, names, target)


def _dataset(rows: Array, names: tuple[str, ...], target: str) -> Dataset:
    return Dataset(rows[:, :-1], rows[:, -1], names, target)


@dataclass(frozen=True, eq=False)
class Factor:
    """The R factor of [1 | X - c | y - c] of some rows, to be merged with that of others.

    Args:
        rows: How many they are.
        centre: c, for each column; the target's is the last.
        triangle: The R factor.
        low: The columns' smallest values.
        high: Their largest.
        sample: Some of the rows, evenly from first to last.
        stride: How far those are apart.
    """

    rows: int
    centre: Array
    triangle: Array
    low: Array
    high: Array
    sample: Array
    stride: int

    def merged(self, other: Factor) -> Factor:
        """The factor of these rows and of others below them: that of both triangles, about this one's centre.

        >>> first, second = Condenser(2), Condenser(2)
        >>> first.add(np.array([[1.0, 3.0], [2.0, 5.0]]))
        >>> second.add(np.array([[3.0, 7.0]]))
        >>> both = first.factor().merged(second.factor()).condensed()
        >>> both.rows, both.mean.round(12).tolist(), both.low.tolist(), both.high.tolist()
        (3, [2.0, 5.0], [1.0, 3.0], [3.0, 7.0])
        """
        below = other.triangle.copy()
        below[:, 1:] += below[:, :1] * (other.centre - self.centre)
        triangle = np.asarray(np.linalg.qr(np.vstack([self.triangle, below]), mode="r"))
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        stride = max(self.stride, other.stride)
        sample = np.concatenate([one.sample[:: stride // one.stride] for one in (self, other)])
        while len(sample) > 2 * _SAMPLE:
            sample, stride = sample[::2], 2 * stride
        return Factor(self.rows + other.rows, self.centre, triangle, low, high, sample, stride)

    def condensed(self) -> Condensed:
        """The means, and the scatter about them."""
        mean = self.centre + self.triangle[0, 1:] / self.triangle[0, 0]
        scatter = self.triangle[1:, 1:].copy()
        constant = self.low == self.high
        mean[constant], scatter[:, constant] = self.low[constant], 0.0
        return Condensed(self.rows, mean, scatter, self.low, self.high, self.sample)


class Condenser:
    """Takes rows, and keeps the R factor of [1 | X - c | y - c], where c is the mean of the first block.

    The factor of what has passed stands above the next block; one QR of both is the factor of all. The first row of it
    holds the means, the rest the scatter about them.

    Args:
        columns: Inputs and the target.
        sample: How many of the rows are kept, at least, where there are more.

    >>> condenser = Condenser(2)
    >>> condenser.add(np.array([[1.0, 3.0], [2.0, 5.0], [3.0, 7.0]]))
    >>> few = condenser.result()
    >>> few.rows, few.mean.round(12).tolist(), few.equivalent.mean(axis=0).round(12).tolist()
    (3, [2.0, 5.0], [2.0, 5.0])

    Source: Golub and Van Loan 2013, Matrix Computations, section 5.3 (least squares by QR); Demmel et al. 2012,
    Communication-optimal parallel and sequential QR (the merging of factors).
    """

    def __init__(self, columns: int, sample: int = _SAMPLE) -> None:
        self.rows, self._most = 0, 2 * sample
        self._above, self._size = columns + 1, block_rows(columns)
        self._work = np.zeros((self._above + self._size, columns + 1), order="F")
        self._filled = 0
        self._centre = np.zeros(columns)
        self._low, self._high = np.full(columns, np.inf), np.full(columns, -np.inf)
        self._sample: list[Array] = []
        self._sampled, self._stride = 0, 1

    def add(self, rows: Array) -> None:
        """Takes further rows, (n, columns), finite numbers."""
        begin = 0
        while begin < len(rows):
            end = min(len(rows), begin + self._size - self._filled)
            at = self._above + self._filled
            self._work[at : at + end - begin, 1:] = rows[begin:end]
            self._filled += end - begin
            begin = end
            if self._filled == self._size:
                self._compress()

    def result(self) -> Condensed:
        """What is left of all rows so far.

        Raises:
            ValueError: If there were none.
        """
        factor = self.factor()
        if factor is None:
            raise ValueError(say("no rows"))
        return factor.condensed()

    def factor(self) -> Factor | None:
        """The factor of all rows so far; None if there were none."""
        if self._filled:
            self._compress()
        if not self.rows:
            return None
        triangle, sample = self._work[: self._above].copy(), np.concatenate(self._sample)
        return Factor(self.rows, self._centre, triangle, self._low, self._high, sample, self._stride)

    def _compress(self) -> None:
        """Takes the rows of a block into the factor."""
        block = self._work[self._above : self._above + self._filled, 1:]
        self._low = np.minimum(self._low, block.min(axis=0))
        self._high = np.maximum(self._high, block.max(axis=0))
        self._take_sample(block)
        if not self.rows:
            self._centre = block.mean(axis=0)
        block -= self._centre
        self._work[self._above : self._above + self._filled, 0] = 1.0
        self._work[: self._above] = np.linalg.qr(self._work[: self._above + self._filled], mode="r")
        self.rows += self._filled
        self._filled = 0

    def _take_sample(self, block: Array) -> None:
        """Keeps every so many rows; twice as many apart once they are too many."""
        self._sample.append(block[-self.rows % self._stride :: self._stride].copy())
        self._sampled += len(self._sample[-1])
        while self._sampled > self._most:
            self._stride *= 2
            kept = np.concatenate(self._sample)[::2]
            self._sample, self._sampled = [kept], len(kept)
