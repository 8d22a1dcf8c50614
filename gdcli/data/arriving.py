"""Rows as they arrive: a stream that nobody waits for the end of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

__all__ = ["MAGIC", "chunks"]

CHUNK = 1 << 16
MAGIC = (
    *(b"\x1f\x8b", b"PK", b"\x00\x00", b"\x93N"),  # gzip, zip, IDX, npy
    *(b"PAR1", b"PARE", b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"),  # Parquet, Arrow, Feather, an Arrow stream
    *(b"(\xb5/\xfd", b"BZh", b"\xfd7zXZ", b"SQLite format 3"),  # zst, bz2, xz, SQLite
)
"""What begins a file that is no text."""


def chunks(stdin: BinaryIO, before_waiting: Callable[[], None] = lambda: None) -> Iterator[bytes]:
    """Whole lines as they arrive; what is no text, all at once.

    Args:
        stdin: The stream.
        before_waiting: Called before each read, which may wait: what was made of the lines so far can go out.
    """
    waiting = b""
    read = getattr(stdin, "read1", stdin.read)
    first = True
    while True:
        before_waiting()
        if not (piece := read(CHUNK)):
            break
        waiting += piece
        if first and waiting.startswith(MAGIC):
            yield waiting + stdin.read()
            return
        end = waiting.rfind(b"\n") + 1
        if end == 0 or waiting[:end].count(b'"') % 2 or (first and waiting[:end].count(b"\n") < 2):
            continue
        first = False
        yield waiting[:end]
        waiting = waiting[end:]
    if waiting.strip() or first:
        yield waiting
