"""Tables read by polars, an optional extra: loaded only when one is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from gdcli.data.cells import data_error, printable
from gdcli.data.column_table import Column, ColumnTable
from gdcli.data.place import Place
from gdcli.errors import DataError, install_hint

if TYPE_CHECKING:
    from polars import DataType, LazyFrame, Series

__all__ = ["column_of_series", "lazy_table", "nested_kind", "polars_reading", "unreadable"]

_NESTED = {"List": "lists", "Array": "lists", "Struct": "records", "Object": "objects", "Binary": "bytes"}


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
        raise data_error(place.source, f"{what} needs an extra, which is not installed", install_hint("data")) from None
    try:
        yield
    except (exceptions.PolarsError, exceptions.PanicException, OSError, RuntimeError) as error:
        raise unreadable(place, what, error) from None


def unreadable(place: Place, what: str, error: BaseException) -> DataError:
    """The error about a file that a library cannot read, with its reason."""
    reason = printable((str(error).splitlines() or ["no reason is given"])[0].strip()[:120])
    hint = "if the file is damaged or cut short, fetch or write it again"
    return data_error(place.source, f"{what} that cannot be read: {reason}", hint)


def lazy_table(place: Place, what: str, scan: Callable[[], LazyFrame]) -> ColumnTable:
    """A table of which only the columns that are asked for are read.

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
        import polars as pl

        frame = scan()
        schema = frame.collect_schema()
        rows = int(frame.select(pl.len()).collect().item())
    if not rows or not schema:
        raise data_error(place.source, "no rows", "a table needs at least one row")

    def column(name: str) -> Column:
        with polars_reading(place, what):
            return column_of_series(frame.select(name).collect().to_series())

    nested = {name: kind for name, dtype in schema.items() if (kind := nested_kind(dtype))}
    return ColumnTable(tuple(schema), place.source, rows, column, nested, options=place.options)


def nested_kind(dtype: DataType) -> str:
    """What a column holds that is no number and no text; else nothing."""
    return _NESTED.get(str(dtype.base_type()), "")


def column_of_series(series: Series) -> Column:
    """A series as a column: numbers with NaN for null; decimals, dates and whatever else as text."""
    import polars as pl

    dtype = series.dtype
    if dtype == pl.Boolean or dtype.is_float() or dtype.is_integer():
        values = series.cast(pl.Float64).to_numpy()
        return np.asarray(values, np.float64)
    if nested_kind(dtype) or dtype == pl.Duration:
        return ["" if value is None else str(value) for value in series.to_list()]
    return [*series.cast(pl.String).fill_null("")]
