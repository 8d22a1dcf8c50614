"""Rows that are in memory already: DataFrames, mappings of columns, arrays."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np

from gdcli.arrays import Array, default_names
from gdcli.data.categories import TRUTHS
from gdcli.data.numpy_files import ArrayTable
from gdcli.data.sources import joined_names
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.errors import DataError
from gdcli.experiments.reading import Reader
from gdcli.said import say


def has_columns(data: Any) -> bool:
    """Whether rows have columns by name: a file, a DataFrame, a mapping."""
    return isinstance(data, str | PathLike | Mapping) or hasattr(data, "columns")


def source_of(data: Any) -> tuple[str, Reader]:
    """What rows are called, and what reads them: files by their names, anything else as a table in memory."""
    if isinstance(data, str | PathLike):
        return str(data), Reader()
    if isinstance(data, list | tuple) and data and all(isinstance(one, str | PathLike) for one in data):
        return joined_names(map(str, data)), Reader()
    table = _from_columns(data) if has_columns(data) else _from_arrays(data)
    return "-", Reader(tables={"-": table})


def _from_arrays(data: Any) -> Table:
    """A pair (inputs, targets) of arrays."""
    if not isinstance(data, tuple) or len(data) != 2:
        raise DataError(say("rows are a file's name, a DataFrame, a mapping of columns, or a pair (inputs, targets)"))
    block, targets = np.asarray(data[0]), np.asarray(data[1])
    block = block[:, None] if block.ndim == 1 else block
    names = (*default_names(block.shape[1]), "y")
    return _columns_table(names, [*block.T, targets])


def _from_columns(data: Any) -> Table:
    """A DataFrame, or a mapping from names to columns."""
    names = [str(name) for name in (data.keys() if isinstance(data, Mapping) else data.columns)]
    keys: Iterable[Any] = data.keys() if isinstance(data, Mapping) else data.columns
    return _columns_table(tuple(names), [_as_read(np.asarray(data[key])) for key in keys])


def _as_read(column: Array) -> Array:
    """A column as files have it: truth values are texts."""
    return np.array(TRUTHS)[column.astype(np.uint8)] if column.dtype.kind == "b" else column


def _columns_table(names: tuple[str, ...], columns: list[Array]) -> Table:
    """Columns as a table: numbers as they are; with texts among them, as a csv would be read."""
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        raise DataError(
            say("columns of {count} different lengths", count=len(lengths)), say("each row has a value in every column")
        )
    if all(column.dtype.kind in "biuf" for column in columns):
        return ArrayTable(names, say("the rows given"), np.empty((lengths.pop(), 0)), tuple(columns))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*(map(_cell, column.tolist()) for column in columns), strict=True))
    return read_table(text.getvalue().encode(), "the rows given", ReadOptions(delimiter=","))


def _cell(value: Any) -> str:
    """A cell as a csv has it: a gap is empty, a number reads back exactly."""
    if value is None or value != value:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
