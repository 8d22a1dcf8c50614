"""Arrow's file and stream, and Feather (version 2), read by polars."""

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

_STREAM = b"\xff\xff\xff\xff"


@table_format(rb"ARROW1\x00|FEA1[\x00-\x08\x0e-\x1f]|\xff\xff\xff\xff..\x00\x00")
def read(place: Place) -> ColumnTable:
    """Of a file, only the columns that are asked for are read; a stream is read whole.

    Raises:
        DataError: If polars is not installed, or the file is damaged.
    """

    def scan() -> LazyFrame:
        import polars as pl

        if place.head.startswith(_STREAM):
            return pl.read_ipc_stream(place.content).lazy()
        return pl.scan_ipc(place.plain, hive_partitioning=False, glob=False)

    return lazy_table(place, say("an Arrow file"), scan)
