"""Formats of tables other than plain text: one file each, with a function `read(place)`; the folder is their list."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from gdcli.data.pieces import Opening
from gdcli.data.place import Place
from gdcli.data.source import Source
from gdcli.data.tables import Table
from gdcli.definitions import TABLE_FORMAT, Kind, definitions

__all__ = sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))

Read = Callable[[Place], Table]
Stream = Callable[[bytes, Opening, Place, int | None], Source | None]
"""Gives rows in blocks, of the first bytes, what follows them, where they stand, and the bytes of the file."""


class TableFormat(Protocol):
    """A function that reads a table, with what tells that it can."""

    kind: Kind
    begins: re.Pattern[bytes]
    """What such a file begins with."""
    holds: bytes
    """What also stands somewhere in it."""
    stream: str
    __module__: str
    """The function beside it that gives the rows of a large text in blocks; empty where there is none."""

    def __call__(self, place: Place, /) -> Table: ...


def table_format(begins: bytes, holds: bytes = b"", stream: str = "") -> Callable[[Read], TableFormat]:
    """Marks a function `(place)` as the reader of a format, known by its bytes.

    Args:
        begins: A pattern of the first bytes.
        holds: What also stands somewhere in it, where the first bytes do not tell.
        stream: The function of the same file that gives the rows of a large text in blocks, if there is one.
    """

    def mark(read: Read) -> TableFormat:
        made = cast("TableFormat", read)
        made.kind, made.begins, made.holds = TABLE_FORMAT, re.compile(begins, re.DOTALL), holds
        made.stream = stream
        return made

    return mark


def format_of(place: Place) -> TableFormat | None:
    """The format of a place, by its bytes; None where it is none of these."""
    head = place.head
    for one in definitions(TABLE_FORMAT).values():
        known: TableFormat = one
        if known.begins.match(head) and known.holds in (place.content if known.holds else b""):
            return known
    return None


def stream_of(reader: TableFormat) -> Stream:
    """The function that gives a format's rows in blocks."""
    found: Stream = getattr(import_module(reader.__module__), reader.stream)
    return found


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
