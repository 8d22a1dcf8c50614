"""Parquet, read by polars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gdcli.data.column_table import ColumnTable
from gdcli.data.formats import table_format
from gdcli.data.frames import lazy_table
from gdcli.data.place import Place
from gdcli.said import say

if TYPE_CHECKING:
    from polars import LazyFrame

__all__ = ["read"]


@table_format(rb"PAR1[\x00-\x08\x0e-\x1f]")
def read(place: Place) -> ColumnTable:
    """Only the columns that are asked for are read from the file.

    Raises:
        DataError: If polars is not installed, or the file is damaged.
    """

    def scan() -> LazyFrame:
        import polars as pl

        return pl.scan_parquet(place.plain, hive_partitioning=False, glob=False)

    return lazy_table(place, say("a Parquet file"), scan)
