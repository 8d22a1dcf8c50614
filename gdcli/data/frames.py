"""Tables read by polars, an optional extra: loaded only when one is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli.data.bulk import with_gaps
from gdcli.data.cells import data_error, no_rows, printable
from gdcli.data.column_table import Column, ColumnTable
from gdcli.data.header import unique_names
from gdcli.data.panics import unheard_panics
from gdcli.data.place import Place
from gdcli.data.source import HEAD_ROWS, NumberBlock, Progress, Source, first_rows_of, unwatched
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, install_hint
from gdcli.said import say

if TYPE_CHECKING:
    from polars import DataFrame, DataType, LazyFrame, Series

__all__ = ["BATCH", "FrameSource", "LazyTable", "lazy_table", "unreadable"]

BATCH = 1 << 16
"""Rows that polars hands over at a time."""
MOST_DAYS = 2_932_896
"""From 1970 to the end of the year 9999."""

_NESTED = {
    "List": "lists",
    "Array": "lists",
    "Map": "records",
    "Struct": "records",
    "Object": "objects",
    "Binary": "bytes",
}


@contextmanager
def polars_reading(place: Place, what: str) -> Iterator[None]:
    """Whatever polars says against a file, as an error in a line.

    Args:
        place: Where the table stands.
        what: Its format, with an article.

    Raises:
        DataError: If polars is not there, or cannot read the file.
    """
    try:
        from polars import exceptions
    except ImportError:
        raise data_error(
            place.source, say("{what} needs an extra, which is not installed", what=what), install_hint("data")
        ) from None
    try:
        with unheard_panics():
            yield
    except exceptions.PanicException:  # its message is about Rust
        raise unreadable(place, what, say("its parts do not fit together")) from None
    except (exceptions.PolarsError, OSError, RuntimeError) as error:
        raise unreadable(place, what, error) from None


def unreadable(place: Place, what: str, error: BaseException | str) -> DataError:
    """The error about a file that a library cannot read, with its reason."""
    reason = printable((str(error).splitlines() or [say("no reason is given")])[0].strip()[:120])
    hint = say("if the file is damaged or cut short, fetch or write it again")
    return data_error(place.source, say("{what} that cannot be read: {reason}", what=what, reason=reason), hint)


@dataclass(frozen=True, eq=False)
class LazyTable(ColumnTable):
    """A table of which only the columns that are asked for are read.

    Args:
        place: Where it stands.
        what: Its format, with an article, for messages.
        frame: The file, opened.
    """

    place: Place = field(kw_only=True)
    what: str = field(kw_only=True)
    frame: LazyFrame = field(kw_only=True)

    def source_of_blocks(self) -> Source:
        """The same rows, in blocks."""
        return FrameSource(first_rows_of(_table(self.place, self.what, self.frame.head(HEAD_ROWS))), self)


@dataclass(frozen=True, eq=False)
class FrameSource(Source):
    """A file whose rows polars reads in blocks.

    Args:
        table: The whole of it.
        begin: The first row that is read.
        end: The row after the last one; None to read all.
    """

    table: LazyTable
    begin: int = 0
    end: int | None = None

    @property
    def count(self) -> int:
        """The rows that are read."""
        return (len(self.table) if self.end is None else self.end) - self.begin

    def borders(self, count: int) -> list[int]:
        """Numbers of rows: what stands between two of them is read alone."""
        return [len(self.table) * at // count for at in range(count + 1)]

    def between(self, begin: int, end: int) -> FrameSource:
        """The same, of some of the rows."""
        return replace(self, begin=begin, end=end)

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """Blocks of numbers, or of numbers and texts."""
        before, table = self.begin, self.table
        rows = table.frame if self.end is None else table.frame.slice(self.begin, self.end - self.begin)
        with polars_reading(table.place, table.what):
            batches = iter(rows.select(names).collect_batches(chunk_size=BATCH))
        while True:
            with polars_reading(table.place, table.what):
                frame = next(batches, None)
                block = None if frame is None else _block(frame, table, before)
            if frame is None or block is None:
                break
            yield block
            before += frame.height
            progress(table.place.size * before // len(table), table.place.size)
        if before - self.begin != self.count:  # a damaged part ends the batches, and polars says nothing
            read = say("{before:,} of {count:,} rows can be read", before=before - self.begin, count=self.count)
            raise unreadable(table.place, table.what, read)


def lazy_table(place: Place, what: str, scan: Callable[[], LazyFrame]) -> LazyTable:
    """A table of a file that polars opens.

    Args:
        place: Where it stands.
        what: Its format, with an article, for messages.
        scan: Opens it.

    Raises:
        DataError: If it cannot be read, or has no rows.
    """
    if place.part:
        raise place.no_part()
    with polars_reading(place, what):
        frame = scan()
    return _table(place, what, frame)


def _table(place: Place, what: str, frame: LazyFrame) -> LazyTable:
    with polars_reading(place, what):
        import polars as pl

        read = frame.collect_schema().names()
        names = unique_names(read)
        frame = frame if [*names] == read else frame.rename(dict(zip(read, names, strict=True)))
        schema = frame.collect_schema()
        rows = int(frame.select(pl.len()).collect().item())
    if not rows or not schema:
        raise no_rows(place.source, say("no rows"))

    def column(name: str) -> Column:
        with polars_reading(place, what):
            return column_of_series(frame.select(name).collect().to_series())

    nested = {name: kind for name, dtype in schema.items() if (kind := nested_kind(dtype))}
    options = place.options
    return LazyTable(names, place.source, rows, column, nested, place=place, what=what, frame=frame, options=options)


def _block(frame: DataFrame, table: LazyTable, before: int) -> Table:
    """A batch as a table: of numbers alone, if it holds nothing else."""
    names, source, options = tuple(frame.columns), table.source, table.options
    if all(_is_number(dtype) for dtype in frame.dtypes):
        values = with_gaps(np.asarray(frame.cast(_float64()).to_numpy(), np.float64), options)
        return NumberBlock(names, source, values, before=before)
    lines = range(before + 1, before + 1 + frame.height)
    columns = {name: column_of_series(frame[name]) for name in names}
    return ColumnTable(names, source, frame.height, columns.__getitem__, table.nested, lines, options=options)


def nested_kind(dtype: DataType) -> str:
    """What a column holds that is no number and no text; else nothing."""
    return _NESTED.get(str(dtype.base_type()), "")


def column_of_series(series: Series) -> Column:
    """A series as a column: numbers with NaN for null; truth values, decimals, dates and whatever else as text."""
    import polars as pl

    dtype = series.dtype
    if _is_number(dtype):
        return np.asarray(series.cast(pl.Float64).to_numpy(), np.float64)
    if nested_kind(dtype) or dtype in (pl.Boolean, pl.Duration):
        return ["" if value is None else str(value) for value in series.to_list()]
    if dtype in (pl.Date, pl.Datetime):
        _refuse_far_dates(series)
    return [*series.cast(pl.String).fill_null("")]


def _refuse_far_dates(series: Series) -> None:
    """Refuses dates that polars cannot write: it would panic, and say so past this program.

    Raises:
        RuntimeError: If there are some.
    """
    unit = getattr(series.dtype, "time_unit", None)
    a_day = 86_400 * {"ms": 10**3, "us": 10**6, "ns": 10**9}[unit] if unit else 1
    if (series.to_physical().cast(_float64()).abs() / a_day > MOST_DAYS).any():
        raise RuntimeError(f"column {series.name!r} holds dates beyond the year 9999")


def _is_number(dtype: DataType) -> bool:
    return dtype.is_float() or dtype.is_integer()


def _float64() -> Any:
    from polars import Float64

    return Float64
