"""Columns in figures: kind, range, gaps, different values, and how the values are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.data.categories import missing_texts
from gdcli.data.lookalikes import holds_dates
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["BINS", "ColumnSummary", "is_image", "summarize", "summarize_images"]

BINS = 12
"""Bars of a histogram."""
LEAST_PIXELS = 49
_FEW = 50  # cells that tell whether a text column holds dates


@dataclass(frozen=True)
class ColumnSummary:
    """A column in figures.

    Args:
        name: Its name.
        role: `input`, `target` or `left out`.
        kind: `number`, `whole number`, `text`, `date`, `gaps` for nothing else, or `mixed` for numbers with bad cells.
        rows: Its cells.
        gaps: How many of them are missing.
        distinct: Different values.
        low: The smallest number; None of text.
        high: The largest number.
        mean: The numbers' mean.
        histogram: Rows in each of 12 equal parts of the range, or of each of a few whole numbers; of text, rows of
            each of the most frequent values.
        common: The most frequent values of a text, in the same order.
    """

    name: str
    role: str
    kind: str
    rows: int
    gaps: int
    distinct: int
    low: float | None = None
    high: float | None = None
    mean: float | None = None
    histogram: tuple[int, ...] = ()
    common: tuple[str, ...] = ()

    def row(self) -> dict[str, object]:
        """column, role, kind, low, high, mean, gaps, distinct."""
        return {
            "column": self.name,
            "role": self.role,
            "kind": self.kind,
            "low": self.low,
            "high": self.high,
            "mean": self.mean,
            "gaps": self.gaps,
            "distinct": self.distinct,
        }

    def nested(self) -> dict[str, object]:
        """The same with the histogram and the most frequent texts, as json has it."""
        return self.row() | {"histogram": list(self.histogram), "common": list(self.common)}


def summarize(table: Table, roles: Mapping[str, str], besides: Sequence[str] = ()) -> Iterator[ColumnSummary]:
    """Every column in figures.

    Args:
        table: The rows.
        roles: `input` or `target`, by name; all others are left out.
        besides: Columns that are not looked at.

    >>> from gdcli.data.tables import read_table
    >>> one, two = summarize(read_table(b"size,town\\n1,Bern\\n,Rome\\n4,Bern\\n", "data.csv"), {"size": "input"})
    >>> one.row()
    {'column': 'size', 'role': 'input', 'kind': 'whole number', 'low': 1.0, 'high': 4.0, 'mean': 2.5, 'gaps': 1, 'distinct': 2}
    >>> two.kind, two.distinct, two.common, two.histogram
    ('text', 2, ('Bern', 'Rome'), (2, 1))
    """  # noqa: E501 - a row is one line
    known = {*besides}
    for name in (one for one in table.names if one not in known):
        role = roles.get(name, say("left out"))
        yield _of_numbers(table, name, role) if table.is_numeric(name) else _of_text(table, name, role)


def is_image(table: Table, names: Sequence[str]) -> bool:
    """Whether a row's columns are the pixels of a square image: bytes, or called p0, p1, ..."""
    side = round(len(names) ** 0.5)
    if side * side != len(names) or len(names) < LEAST_PIXELS:
        return False
    return table.kept(names[:1]).dtype == np.uint8


def summarize_images(table: Table, names: Sequence[str]) -> ColumnSummary:
    """The pixels of images as one column."""
    pixels, side = table.kept(names), round(len(names) ** 0.5)
    values = np.unique(pixels)
    low, high = float(values[0]), float(values[-1])
    kind, counts = say("{side} x {side} pixels", side=side), _histogram(pixels.ravel(), low, high)
    title = say("{names} to {names2}", names=names[0], names2=names[-1])
    return ColumnSummary(title, "input", kind, len(table), 0, len(values), low, high, float(pixels.mean()), counts)


def _of_numbers(table: Table, name: str, role: str) -> ColumnSummary:
    try:
        values = table.kept([name])[:, 0].astype(np.float64)
    except DataError:
        return ColumnSummary(name, role, "mixed", len(table), 0, len({*table.texts(name)}))
    given = values[~np.isnan(values)]
    gaps = len(values) - len(given)
    if not len(given):
        return ColumnSummary(name, role, "gaps", len(table), gaps, 0)
    distinct = np.unique(given)
    low, high = float(distinct[0]), float(distinct[-1])
    kind = say("whole number") if (distinct == np.rint(distinct)).all() else "number"
    counts = _histogram(given, low, high)
    return ColumnSummary(name, role, kind, len(table), gaps, len(distinct), low, high, float(given.mean()), counts)


def _histogram(values: Array, low: float, high: float) -> tuple[int, ...]:
    """Rows in equal parts of the range, or of each of a few whole numbers; all in one where there is no range."""
    if not high > low or not np.isfinite(high - low):
        return (len(values),)
    if high - low < BINS and (values == np.rint(values)).all():
        return tuple(np.bincount((values - low).astype(int)).tolist())
    if (np.diff(np.linspace(low, high, BINS + 1)) <= 0).any():  # no room for so many between the two
        return tuple(np.bincount(np.unique(values, return_inverse=True)[1]).tolist())
    return tuple(np.histogram(values, BINS, (low, high))[0].tolist())


def _of_text(table: Table, name: str, role: str) -> ColumnSummary:
    missing = missing_texts(table, name)
    given = np.array([cell.strip() for cell in table.texts(name)], dtype=object)[~missing]
    gaps = int(missing.sum())
    if not len(given):
        return ColumnSummary(name, role, "gaps", len(table), gaps, 0)
    labels, counts = np.unique(given, return_counts=True)
    first = np.argsort(-counts, kind="stable")[:BINS]
    kind = "date" if holds_dates(labels[:_FEW].tolist()) else "text"
    common, histogram = tuple(map(str, labels[first])), tuple(counts[first].tolist())
    return ColumnSummary(name, role, kind, len(table), gaps, len(labels), histogram=histogram, common=common)
