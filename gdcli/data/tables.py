"""Tables of named columns, and the two kinds that are read from text: all numbers, or cell by cell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from dataclasses import field
from functools import cached_property
from itertools import islice

import numpy as np

from gdcli.arrays import Array, DTypeLike
from gdcli.data.bulk import narrow, pick, read_matrix, with_gaps
from gdcli.data.cells import data_error, floats_or_gaps, is_gap, no_rows, number
from gdcli.data.foreign import refuse_foreign
from gdcli.data.layout import Layout, ReadOptions, Text, open_text
from gdcli.data.lookalikes import in_place, mostly_numbers
from gdcli.data.written import plain_cells
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["CellTable", "MatrixTable", "ReadOptions", "Table", "read_table", "table_of"]

_CHUNK_ROWS = 256
_SHARED_CELLS = 100_000


@dataclass(frozen=True, eq=False)
class Table(ABC):
    """Rows under column names; what the rows are kept in is up to each kind of table.

    Args:
        names: The columns' names, each once.
        source: What the table is called in messages.
        layout: How it was laid out, if it was a text.
    """

    names: tuple[str, ...]
    source: str
    layout: Layout = field(default_factory=Layout, kw_only=True)

    @abstractmethod
    def __len__(self) -> int:
        """The number of rows."""

    @abstractmethod
    def is_numeric(self, name: str) -> bool:
        """Whether at least half of a column's cells that are not missing are numbers, or meant to be."""

    @abstractmethod
    def texts(self, name: str) -> list[str]:
        """A column's cells as written."""

    def first_texts(self, name: str, most: int) -> list[str]:
        """A column's first cells as written."""
        return self.texts(name)[:most]

    @abstractmethod
    def line(self, row: int) -> int:
        """The number of the line (of an array: the row) that a row begins in, counted from 1."""

    @abstractmethod
    def kept(self, names: Sequence[str]) -> Array:
        """Columns side by side, (n, len(names)), in the type they are kept in; NaN where a cell is missing.

        Raises:
            DataError: At the first cell that is neither missing nor a finite number.
        """

    def matrix(self, names: Sequence[str], dtype: DTypeLike = np.float64) -> Array:
        """Columns side by side, (n, len(names)), as numbers of a type; a view where nothing needs converting.

        Raises:
            DataError: At the first cell that is neither missing nor a finite number, or too large.
        """
        kept = self.kept(names)
        with np.errstate(over="ignore"):
            values = kept.astype(dtype, copy=False)
        if values.dtype.itemsize < kept.dtype.itemsize and (large := np.isinf(values)).any():
            row, column = np.argwhere(large)[0]
            raise self.error(
                int(row),
                names[column],
                say("too large for {name}", name=values.dtype.name),
                say("scale the column down"),
            )
        return values

    def inputs(self, names: Sequence[str]) -> Array:
        """Columns to learn from, unrounded: in float32 where it holds them exactly, else in float64."""
        kept = self.kept(names)
        return self.matrix(names, np.float32 if kept.dtype in (np.uint8, np.float32) else np.float64)

    def numbers(self, name: str, dtype: DTypeLike = np.float64) -> Array:
        """One column as numbers, NaN where a cell is missing.

        Raises:
            DataError: At the first cell that is neither missing nor a finite number.
        """
        return self.matrix([name], dtype)[:, 0]

    def problem(self, row: int, name: str) -> DataError:
        """The error that says what is wrong with a cell that should be a number."""
        return self.error(row, name, *in_place(self.texts(name)[row], name, self.is_numeric(name)))

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        """The error `SOURCE: line L, column 'NAME': what`."""
        return data_error(self.source, what, hint, self.line(row), name)

    def stranger(self, name: str) -> str:  # noqa: ARG002 - some kinds of tables have such columns
        """What a column holds that is neither numbers nor texts; else nothing."""
        return ""

    def column_behind(self, name: str) -> str:
        """The column as it was read that a column was made from: `sex` for `sex=male`."""
        return name

    @property
    def unlabelled(self) -> bool:
        """Whether it is known to hold inputs only, so that no column can be taken for the target."""
        return False


@dataclass(frozen=True, eq=False)
class CellTable(Table):
    """A table of text cells; its columns become numbers when they are asked for.

    Args:
        columns: The cells of each column, as written.
        lines: The line each row begins in.
        options: How they are read.
    """

    columns: Sequence[list[str]]
    lines: Sequence[int]
    options: ReadOptions = field(default_factory=ReadOptions)

    def __len__(self) -> int:
        return len(self.lines)

    def is_numeric(self, name: str) -> bool:
        values = self._column(name)
        return mostly_numbers(self.texts(name), self.options.decimal) if values is None else not np.isnan(values).all()

    def texts(self, name: str) -> list[str]:
        return self.columns[self.names.index(name)]

    def line(self, row: int) -> int:
        return self.lines[row]

    def kept(self, names: Sequence[str]) -> Array:
        columns = [self._column(name) for name in names]
        for name, column in zip(names, columns, strict=True):
            if column is None:
                raise self.problem(self._first_bad(name), name)
        return np.column_stack([column for column in columns if column is not None])

    def problem(self, row: int, name: str) -> DataError:
        cell, known = self.texts(name)[row], (self.options.decimal, self.options.na)
        return self.error(row, name, *in_place(cell, name, self.is_numeric(name), *known))

    def _column(self, name: str) -> Array | None:
        """A column as numbers, NaN where a cell is missing; None if a cell is something else."""
        if name not in self._columns:
            values = floats_or_gaps(self.texts(name), self.options.decimal)
            self._columns[name] = None if values is None else narrow(with_gaps(values, self.options))
        return self._columns[name]

    def _first_bad(self, name: str) -> int:
        cells = enumerate(self.texts(name))
        return next(row for row, cell in cells if number(cell, self.options.decimal) is None and not is_gap(cell))

    @cached_property
    def _columns(self) -> dict[str, Array | None]:
        return {}


@dataclass(frozen=True, eq=False)
class MatrixTable(Table):
    """A table of nothing but finite numbers, kept as one matrix; the text is read again only for messages.

    Args:
        values: The numbers, (n, d), in the narrowest type that holds them exactly.
        text: Where they were read from.
    """

    values: Array
    text: Text

    def __len__(self) -> int:
        return len(self.values)

    def is_numeric(self, name: str) -> bool:
        return name in self._places

    def texts(self, name: str) -> list[str]:
        return self._cells.texts(name)

    def first_texts(self, name: str, most: int) -> list[str]:
        at = self._places[name]
        return [cells[at] for _, cells in islice(self.text.rows(), most)]

    def line(self, row: int) -> int:
        return next(islice(self.text.rows(), row, None))[0]

    def kept(self, names: Sequence[str]) -> Array:
        return pick(self.values, [self._places[name] for name in names])

    @cached_property
    def _places(self) -> dict[str, int]:
        """Where each column stands: of ten thousand, looking for one takes as long as reading it."""
        return {name: at for at, name in enumerate(self.names)}

    @cached_property
    def _cells(self) -> CellTable:
        return _read_cells(self.text)


def read_table(content: bytes, source: str, options: ReadOptions | None = None) -> Table:
    r"""Reads a text table.

    Args:
        content: The bytes of the text, not compressed.
        source: What it is called in messages.
        options: How to read it.

    Raises:
        DataError: If it is empty or no text table, cannot be decoded, has rows of different lengths, no rows, or
            no usable line of names.

    >>> table = read_table(b"x,y\n1,3\n2,\n", "data.csv")
    >>> table.numbers("x"), table.numbers("y"), table.line(1)
    (array([1., 2.]), array([ 3., nan]), 3)
    """
    refuse_foreign(content, source)
    return table_of(open_text(content, source, options or ReadOptions()))


def table_of(text: Text) -> Table:
    """The table of a text whose layout is known.

    Raises:
        DataError: If it has rows of different lengths, or none.
    """
    values = read_matrix(text)
    if values is None:
        return _read_cells(text)
    return MatrixTable(text.names, text.source, values, text, layout=text.layout)


def _read_cells(text: Text) -> CellTable:
    """All cells as written, column by column; the more common ones are kept once."""
    columns: list[list[str]] = [[] for _ in text.names]
    lines, shared, rows = array("Q"), dict[str, str](), text.rows()
    while chunk := list(islice(rows, _CHUNK_ROWS)):
        lines.extend(line for line, _ in chunk)
        share = len(shared) < _SHARED_CELLS
        for column, values in zip(columns, zip(*(cells for _, cells in chunk), strict=True), strict=True):
            column.extend(map(shared.setdefault, values, values) if share else values)
    if not lines:
        raise no_rows(text.source, say("no rows after the line of names"), text.line - 1)
    names = _without_blank_columns(text.names, columns)
    cells = [plain_cells(column, text.options) for column in columns[: len(names)]]
    return CellTable(names, text.source, cells, lines, text.options, layout=text.layout)


def _without_blank_columns(names: tuple[str, ...], columns: list[list[str]]) -> tuple[str, ...]:
    """The names without nameless, empty columns at the end, as delimiters at the end of each line make."""
    count = len(names)
    while count > 1 and names[count - 1] == str(count) and not any(map(str.strip, columns[count - 1])):
        count -= 1
    return names[:count]
