"""Text columns as inputs: one column of 0 and 1 for each of their values (one-hot)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.cells import is_missing, printable, quoted
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = [
    "TRUTHS",
    "CategoryTable",
    "categories",
    "indicator_names",
    "missing_texts",
    "refuse_absent",
    "refuse_unknown",
    "value_of",
]

TRUTHS = ("False", "True")
"""The two truth values as they are called, whatever their capitals in a file."""

_TRUTHS = {truth.lower(): truth for truth in TRUTHS}


def value_of(cell: str) -> str:
    """The value that a cell of a text column stands for: truth values are the same in any capitals.

    >>> value_of(" TRUE"), value_of("false"), value_of("Yes")
    ('True', 'False', 'Yes')
    """
    text = cell.strip()
    return _TRUTHS.get(text.lower(), text)


def categories(table: Table, column: str) -> tuple[str, ...]:
    """A text column's distinct values, sorted, without missing cells."""
    return tuple(sorted({value_of(cell) for cell in set(table.texts(column)) if not is_missing(cell)}))


def missing_texts(table: Table, column: str) -> NDArray[np.bool_]:
    """Which cells of a text column are missing."""
    cells = table.texts(column)
    missing = {cell: is_missing(cell) for cell in set(cells)}
    return np.fromiter(map(missing.__getitem__, cells), bool, len(cells))


@dataclass(frozen=True, eq=False)
class CategoryTable(Table):
    """A table with one more column, `COLUMN=VALUE`, for each value of some of its text columns.

    A value that is not among the known ones is 0 in all of them.

    Args:
        base: The table as it was read.
        values: The known values of each such column.
        truths: Columns of truth values that are 0 and 1 under their own names.
    """

    base: Table
    values: Mapping[str, Sequence[str]]
    truths: frozenset[str] = frozenset()

    @classmethod
    def of(cls, table: Table, values: Mapping[str, Sequence[str]], numbers: Iterable[str] = ()) -> CategoryTable:
        """The table with its new columns; of `numbers`, those that hold truth values are 0 and 1."""
        truths = frozenset(name for name in numbers if name in table.names and _holds_truths(table, name))
        names = (*table.names, *indicator_names(values))
        return cls(names, table.source, table, values, truths, layout=table.layout)

    def __len__(self) -> int:
        return len(self.base)

    def is_numeric(self, name: str) -> bool:
        return name not in self.values and (self._indicator(name) is not None or self.base.is_numeric(name))

    def texts(self, name: str) -> list[str]:
        indicator = self._indicator(name)
        return self.base.texts(indicator[0] if indicator else name)

    def first_texts(self, name: str, most: int) -> list[str]:
        return self.texts(name)[:most] if self._indicator(name) else self.base.first_texts(name, most)

    def line(self, row: int) -> int:
        return self.base.line(row)

    def column_behind(self, name: str) -> str:
        indicator = self._indicator(name)
        return indicator[0] if indicator else name

    def kept(self, names: Sequence[str]) -> Array:
        if not any(self._indicator(name) for name in names):
            return self.base.kept(names)
        return np.column_stack([self._column(name) for name in names])

    def problem(self, row: int, name: str) -> DataError:
        indicator = self._indicator(name)
        return self.base.problem(row, indicator[0] if indicator else name)

    def _column(self, name: str) -> Array:
        indicator = self._indicator(name)
        if indicator is None:
            return self.base.kept([name])[:, 0]
        column, wanted = indicator[0], value_of(indicator[1])
        cells = self.base.texts(column)
        codes = {cell: np.nan if is_missing(cell) else float(value_of(cell) == wanted) for cell in set(cells)}
        return np.fromiter(map(codes.__getitem__, cells), np.float64, len(cells))

    def _indicator(self, name: str) -> tuple[str, str] | None:
        """The column and the value that a new column stands for."""
        if name in self.truths:
            return name, TRUTHS[1]
        return None if name in self.base.names else self._indicators.get(name)

    @cached_property
    def _indicators(self) -> dict[str, tuple[str, str]]:
        """The new columns by name; a column's own name may hold a `=`."""
        return {f"{column}={value}": (column, value) for column, known in self.values.items() for value in known}


def _holds_truths(table: Table, name: str) -> bool:
    """Whether a column holds nothing but truth values, and gaps."""
    return not table.is_numeric(name) and {*categories(table, name)} <= {*TRUTHS}


def indicator_names(values: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The new columns' names."""
    return tuple(f"{column}={value}" for column, known in values.items() for value in known)


def refuse_unknown(table: Table, known: Mapping[str, Sequence[str]]) -> None:
    """Refuses a text that a column of the training rows does not hold.

    Raises:
        DataError: At the first such cell, with the texts that are known; or if such a column is not there.
    """
    refuse_absent(table, known)
    for column, values in known.items():
        if {*categories(table, column)} - {*map(value_of, values)}:
            raise _unknown(table, column, values)


def refuse_absent(table: Table, columns: Iterable[str]) -> None:
    """Refuses a table without the text columns that a model was trained on.

    Raises:
        DataError: If one is not there.
    """
    for column in columns:
        if column not in table.names:
            raise DataError(
                say(
                    "{source}: no column '{column}', which the model was trained on", source=table.source, column=column
                ),
                say("add the column"),
            )


def _unknown(table: Table, column: str, known: Sequence[str]) -> DataError:
    cells = enumerate(table.texts(column))
    values = {*map(value_of, known)}
    row, cell = next((row, cell) for row, cell in cells if not is_missing(cell) and value_of(cell) not in values)
    listed = ", ".join(map(printable, known[:10])) + ", ..." * (len(known) > 10)
    hint = say(
        "the training rows hold {listed}: write it as one of them, leave the row out, or train with such rows",
        listed=listed,
    )
    return table.error(row, column, say("{quoted} is not known to the model", quoted=quoted(cell)), hint)
