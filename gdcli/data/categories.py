"""Text columns as inputs: one column of 0 and 1 for each of their values (one-hot)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gdcli.arrays import Array
from gdcli.data.cells import is_missing, printable, quoted
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["CategoryTable", "categories", "indicator_names", "missing_texts", "refuse_absent", "refuse_unknown"]


def categories(table: Table, column: str) -> tuple[str, ...]:
    """A text column's distinct values, sorted, without missing cells."""
    return tuple(sorted({cell.strip() for cell in set(table.texts(column)) if not is_missing(cell)}))


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
    """

    base: Table
    values: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, table: Table, values: Mapping[str, Sequence[str]]) -> CategoryTable:
        """The table with its new columns."""
        return cls((*table.names, *indicator_names(values)), table.source, table, values, layout=table.layout)

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
        column, value = indicator
        cells = self.base.texts(column)
        codes = {cell: np.nan if is_missing(cell) else float(cell.strip() == value) for cell in set(cells)}
        return np.fromiter(map(codes.__getitem__, cells), np.float64, len(cells))

    def _indicator(self, name: str) -> tuple[str, str] | None:
        """The column and the value that a new column stands for."""
        return None if name in self.base.names else self._indicators.get(name)

    @cached_property
    def _indicators(self) -> dict[str, tuple[str, str]]:
        """The new columns by name; a column's own name may hold a `=`."""
        return {f"{column}={value}": (column, value) for column, known in self.values.items() for value in known}


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
        if set(categories(table, column)) - set(values):
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
    row, cell = next((row, cell) for row, cell in cells if not is_missing(cell) and cell.strip() not in known)
    listed = ", ".join(map(printable, known[:10])) + ", ..." * (len(known) > 10)
    hint = say(
        "the training rows hold {listed}: write it as one of them, leave the row out, or train with such rows",
        listed=listed,
    )
    return table.error(row, column, say("{quoted} is not known to the model", quoted=quoted(cell)), hint)
