"""Streams of text in blocks of whole lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

from gdcli.data.cells import data_error
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["BLOCK_BYTES", "HEAD_BYTES", "Bytes", "Joined", "Opening", "cut_of", "pieces"]

BLOCK_BYTES = 1 << 21
"""Bytes of text that are read at a time."""

HEAD_BYTES = 1 << 21
"""Bytes of the lines that are looked at before the others pass."""

_LONGEST = 1 << 26  # bytes without the end of a row


class Bytes(Protocol):
    """A stream of unpacked bytes."""

    @property
    def position(self) -> int:
        """How many bytes of the file, as it is stored, have been read."""

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, fewer at the end."""


Opening = Callable[[], AbstractContextManager[Bytes]]
"""Opens what follows the first lines."""


def pieces(stream: Bytes, source: str) -> Iterator[bytes]:
    """Whole lines, about a megabyte at a time.

    Raises:
        DataError: If a line does not come to an end.
    """
    kept = b""
    while piece := stream.read(BLOCK_BYTES):
        content = kept + piece
        cut = cut_of(content)
        if cut:
            yield content[:cut]
        kept = content[cut:]
        if len(kept) > _LONGEST:
            what = say("a row of more than {longest:,} bytes", longest=_LONGEST)
            raise data_error(source, what, say('is a quote " opened and never closed?'))
    if kept:
        yield kept


def cut_of(content: bytes) -> int:
    """Where the last line ends that ends no quoted cell in its middle; 0 if none does."""
    cut = content.rfind(b"\n") + 1
    if not cut and b"\r" in content:
        cut = content.rfind(b"\r", 0, len(content) - 1) + 1
    while cut and b'"' in content and content.count(b'"', 0, cut) % 2:
        cut = content.rfind(b"\n", 0, cut - 1) + 1
    return cut


@dataclass(eq=False)
class Joined:
    """Bytes that were read ahead, and the stream that follows."""

    ahead: bytes
    stream: Bytes

    @property
    def position(self) -> int:
        """How many bytes of the file have been read."""
        return self.stream.position

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes; those that were read ahead first."""
        if not self.ahead:
            return self.stream.read(size)
        content, self.ahead = self.ahead[:size], self.ahead[size:]
        return content
