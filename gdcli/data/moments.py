"""What there is to learn of rows that pass once: means, spreads and ends of their columns, class counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from gdcli.arrays import Array
from gdcli.data import scaling
from gdcli.data.cells import data_error
from gdcli.data.missing import Fill
from gdcli.data.scaling import Scaler, Scaling
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["Moments", "TableMoments", "moments_of"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Columns' moments, gaps left out.

    Args:
        count: Values of each column (d,).
        mean: Their means.
        squares: The sums of their squared distances from those.
        low: The smallest values.
        high: The largest.
    """

    count: Array
    mean: Array
    squares: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, columns: Array) -> Moments:
        """Of the columns of (n, d) numbers, NaN where one is missing."""
        values = np.asarray(columns, np.float64)
        whole = columns.dtype.kind in "biu"
        gaps = np.zeros(1, bool) if whole else np.isnan(values)
        if not gaps.any():
            low, high = (end.astype(np.float64) for end in (columns.min(axis=0), columns.max(axis=0)))
            mean = values.mean(axis=0)
            distances = values - mean
            squares = np.einsum("ij,ij->j", distances, distances)
            return cls(np.full(values.shape[1], float(len(values))), mean, squares, low, high)
        count = (~gaps).sum(axis=0).astype(float)
        mean = np.where(gaps, 0.0, values).sum(axis=0) / np.maximum(count, 1)
        distances = np.where(gaps, 0.0, values - mean)
        low, high = (np.where(gaps, end, values) for end in (np.inf, -np.inf))
        return cls(count, mean, (distances * distances).sum(axis=0), low.min(axis=0), high.max(axis=0))

    def merged(self, other: Moments) -> Moments:
        """Of both sets of rows.

        >>> values = np.array([[1.0], [2.0], [6.0]])
        >>> both = Moments.of(values[:1]).merged(Moments.of(values[1:]))
        >>> both.mean.tolist(), both.squares.tolist()
        ([3.0], [14.0])

        Source: Chan, Golub, LeVeque 1979, Updating formulae and a pairwise algorithm for computing sample variances.
        """
        count = self.count + other.count
        share = other.count / np.maximum(count, 1)
        apart = other.mean - self.mean
        mean = self.mean + apart * share
        squares = self.squares + other.squares + apart * apart * self.count * share
        return Moments(count, mean, squares, np.minimum(self.low, other.low), np.maximum(self.high, other.high))


@dataclass(frozen=True, eq=False)
class TableMoments:
    """What rows are, column by column.

    Args:
        rows: How many there are.
        inputs: The inputs' moments.
        targets: The targets', as one column.
        classes: Rows of each class number; empty for numbers to predict.
        whole: Whether all inputs are whole numbers.
    """

    rows: int
    inputs: Moments
    targets: Moments
    classes: Array
    whole: bool

    def fill(self, names: tuple[str, ...]) -> Fill:
        """The inputs' means.

        Raises:
            DataError: If an input has no value at all.
        """
        for at in np.flatnonzero(self.inputs.count == 0).tolist():
            what = say("no value to take the mean of")
            raise data_error(say("training rows"), what, say("leave the column out of --x"), column=names[at])
        return Fill(self.inputs.mean)

    def largest_pixel(self, pixels: int) -> float | None:
        """The largest input if the rows look like images: at least so many whole numbers of 0 to 255; else None."""
        low, high = float(self.inputs.low.min()), float(self.inputs.high.max())
        return high or None if len(self.inputs.low) >= pixels and self.whole and low >= 0 and high <= 255 else None

    def scaler(self, kind: Scaling, few: Array) -> Scaler:
        """A scaler for the inputs, gaps being filled with their means.

        Args:
            kind: The scaling.
            few: Some of the rows, for a scaling that learns nothing of them.
        """
        known = self.inputs
        size = np.maximum(np.abs(known.low), np.abs(known.high))
        with np.errstate(over="ignore"):
            spread = np.sqrt(known.squares / self.rows)
        learnt: dict[Scaling, Callable[[], Scaler]] = {
            scaling.standard: lambda: Scaler(known.mean, scaling.never_zero(spread, size)),
            scaling.minmax: lambda: Scaler(known.low, scaling.never_zero(known.high - known.low, np.abs(known.high))),
        }
        return learnt[kind]() if kind in learnt else kind(few)


def moments_of(parts: Iterable[tuple[Array, Array]], classes: int) -> TableMoments:
    """What the rows of all parts are.

    Args:
        parts: Inputs and targets.
        classes: How many classes the targets are numbers of; 0 for numbers to predict.
    """
    inputs = targets = None
    rows, whole, counts = 0, True, np.zeros(classes, np.int64)
    for values, known in parts:
        seen, told = Moments.of(values), Moments.of(known[:, None])
        inputs = seen if inputs is None else inputs.merged(seen)
        targets = told if targets is None else targets.merged(told)
        whole = whole and (values.dtype.kind in "biu" or bool((values == np.rint(values)).all()))
        counts += np.bincount(known.astype(np.int64), minlength=classes) if classes else 0
        rows += len(values)
    if inputs is None or targets is None:
        raise ValueError(say("no rows"))
    return TableMoments(rows, inputs, targets, counts, whole)
