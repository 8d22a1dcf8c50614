"""Rows as they arrive: a stream that nobody waits for the end of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from gdcli.data.compression import compression_of
from gdcli.data.idx import is_idx
from gdcli.data.numpy_files import is_numpy
from gdcli.definitions import TABLE_FORMAT, definitions

__all__ = ["chunks", "comes_whole"]

CHUNK = 1 << 16


def comes_whole(head: bytes) -> bool:
    """Whether what begins so is read when all of it is there: it is packed, or in a format that does not come in lines.

    >>> comes_whole(b"PAR1\\x15\\x04"), comes_whole(b"x,y\\n1,2\\n")
    (True, False)
    """
    if compression_of(head) is not None or is_idx(head) or is_numpy(head):
        return True
    return any(one.begins.match(head) for one in definitions(TABLE_FORMAT).values() if not one.stream)


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
        if first and comes_whole(waiting):
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
