"""Tables whose columns are numbers or texts already: each is read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from functools import cached_property

import numpy as np

from gdcli.arrays import Array
from gdcli.data.bulk import narrow, with_gaps
from gdcli.data.cells import data_error, floats_or_gaps, is_gap, number, quoted
from gdcli.data.layout import ReadOptions
from gdcli.data.lookalikes import in_place, mostly_numbers
from gdcli.data.tables import Table
from gdcli.data.written import plain_cells
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["LARGEST", "Column", "ColumnTable", "column_of"]

LARGEST = 2.0**53  # from it on, two whole numbers may be one float64
_NUMBERS = frozenset({int, float, type(None)})  # None becomes NaN

Column = Array | list[str]
"""Numbers, NaN where one is missing; or cells as text, empty where one is missing."""


@dataclass(frozen=True, eq=False)
class ColumnTable(Table):
    """Columns of numbers and of text, read one by one.

    Args:
        rows: How many rows there are.
        read: Reads a column.
        nested: What those columns hold that hold neither numbers nor texts.
        lines: The number of each row in its source; None where rows are counted from 1.
        unit: What is counted: rows, or lines.
        options: Which words and numbers stand for a gap.

    >>> table = ColumnTable(("x", "y"), "data", 2, {"x": np.array([1.0, np.nan]), "y": ["a", "b"]}.__getitem__)
    >>> table.numbers("x").tolist(), table.is_numeric("y"), table.texts("x")
    ([1.0, nan], False, ['1.0', ''])
    """

    rows: int
    read: Callable[[str], Column]
    nested: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[int] | None = None
    unit: str = "row"
    options: ReadOptions = field(default_factory=ReadOptions)

    def __len__(self) -> int:
        return self.rows

    def is_numeric(self, name: str) -> bool:
        values = self._numbers(name)
        return mostly_numbers(self.texts(name), self.options.decimal) if values is None else not np.isnan(values).all()

    def texts(self, name: str) -> list[str]:
        cells = self._column(name)
        return cells if isinstance(cells, list) else _written(cells)

    def line(self, row: int) -> int:
        return row + 1 if self.lines is None else int(self.lines[row])

    def kept(self, names: Sequence[str]) -> Array:
        columns = [self._numbers(name) for name in names]
        for name, column in zip(names, columns, strict=True):
            if column is None:
                raise self.problem(self._first_bad(name), name)
            if (infinite := np.isinf(column)).any():
                raise self.problem(int(np.argmax(infinite)), name)
        return np.column_stack([column for column in columns if column is not None])

    def stranger(self, name: str) -> str:
        return self.nested.get(name, "")

    def problem(self, row: int, name: str) -> DataError:
        if name in self.nested:
            hint = say("write each number of them in a column of its own, or choose other columns with --x and --y")
            return data_error(
                self.source, say("holds {nested}, not numbers", nested=self.nested[name]), hint, column=name
            )
        cell, known = self.texts(name)[row], (self.options.decimal, self.options.na)
        return self.error(row, name, *in_place(cell, name, self.is_numeric(name), *known))

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        return data_error(
            self.source,
            say(
                "{unit} {line}, column {quoted}: {what}",
                unit=say("line") if self.unit == "line" else say("row"),
                line=self.line(row),
                quoted=quoted(name),
                what=what,
            ),
            hint,
        )

    def _column(self, name: str) -> Column:
        if name not in self._read:
            column = self.read(name)
            self._read[name] = plain_cells(column, self.options) if isinstance(column, list) else column
        return self._read[name]

    def _numbers(self, name: str) -> Array | None:
        """A column as numbers, NaN where a cell is missing; None if a cell is something else."""
        if name not in self._converted:
            cells = self._column(name)
            values = floats_or_gaps(cells, self.options.decimal) if isinstance(cells, list) else cells
            self._converted[name] = None if values is None else narrow(with_gaps(values, self.options))
        return self._converted[name]

    def _first_bad(self, name: str) -> int:
        cells = enumerate(self.texts(name))
        return next(row for row, cell in cells if number(cell, self.options.decimal) is None and not is_gap(cell))

    @cached_property
    def _read(self) -> dict[str, Column]:
        return {}

    @cached_property
    def _converted(self) -> dict[str, Array | None]:
        return {}


def column_of(values: Sequence[object]) -> Column:
    """Values of any type as a column: numbers if all are, or are missing; else text, truth values as `True`, `False`.

    >>> column_of([1, None, 2.5]), column_of([1, "a", None]), column_of([True, None])
    (array([1. , nan, 2.5]), ['1', 'a', ''], ['True', ''])
    """
    if _NUMBERS.issuperset(map(type, values)):
        with suppress(OverflowError):  # a whole number that no float holds stays text, and is named
            return np.array(values, np.float64)
    return ["" if value is None else _text(value) for value in values]


def _written(numbers: Array) -> list[str]:
    """Numbers as text; of a column of whole ones without a point, as they were written."""
    gaps = np.isnan(numbers)
    if not gaps.all() and ((np.trunc(numbers) == numbers) & (np.abs(numbers) < LARGEST) | gaps).all():
        return ["" if gap else str(int(cell)) for cell, gap in zip(numbers.tolist(), gaps.tolist(), strict=True)]
    return ["" if cell != cell else str(cell) for cell in numbers.tolist()]


def _text(value: object) -> str:
    """A value's text; half a surrogate pair, which JSON can write and UTF-8 cannot, as its escape."""
    text = str(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
