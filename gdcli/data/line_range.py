"""Part of a text file: the lines that begin between two bytes of it, read without those before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from gdcli.data.pieces import BLOCK_BYTES, pieces
from gdcli.data.source import Progress, Source, unwatched
from gdcli.data.tables import Table
from gdcli.data.text_source import TextSource
from gdcli.definitions.dataclass import dataclass

__all__ = ["LineRange", "Lines", "QuotedCellsError"]


class QuotedCellsError(Exception):
    """A file has quoted cells where its first lines have none: only whoever reads it from the start knows a line's end.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass(frozen=True, eq=False)
class Lines:
    """A text file as lines that can be parted.

    Args:
        whole: The file.
    """

    whole: TextSource

    def borders(self, count: int) -> list[int]:
        """Bytes of a plain file; where cells are quoted, a line's end may be part of one, and nothing is cut."""
        whole, content = self.whole, self.whole.text.content
        if whole.path is None or whole.total is None or b'"' in content or b"\n" not in content:
            return []
        return [whole.total * at // count for at in range(count + 1)]

    def between(self, begin: int, end: int) -> Source:
        """The lines that begin there."""
        return LineRange(self.whole.head, self.whole, begin, end)


@dataclass(frozen=True, eq=False)
class LineRange(Source):
    """Some lines of a file, laid out as its first ones are.

    Args:
        whole: The file.
        begin: A line belongs to the part if its first byte is this one or a later one,
        end: and comes before this one.
        line: The number of the first line; 0 where it is not known.
    """

    whole: TextSource
    begin: int
    end: int
    line: int = 0

    def located(self) -> LineRange:
        """The same, with the lines before it counted."""
        with self._opened() as file:
            left, lines = self._bounds(file)[0], 1
            file.seek(0)
            while left and (content := file.read(min(left, BLOCK_BYTES))):
                lines, left = lines + content.count(b"\n"), left - len(content)
        return replace(self, line=lines)

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """A table for each block of lines; at the file's start the first lines' own.

        Raises:
            QuotedCellsError: If a cell is quoted.
        """
        if not self.begin:
            yield self.head
        with self._opened() as file:
            start, stop = self._bounds(file)
            file.seek(start)
            part = _Part(file, start, stop)
            yield from self.whole.tables(self.whole.texts(self._contents(part, progress), self._first), names)
            self.whole.refuse_shorter(part.position, stop)

    @property
    def _first(self) -> int:
        return self.line if self.begin else self.whole.line

    def _opened(self) -> BinaryIO:
        return Path(str(self.whole.path)).open("rb")

    def _contents(self, part: _Part, progress: Progress) -> Iterator[bytes]:
        for content in pieces(part, self.whole.text.source):
            if b'"' in content:
                raise QuotedCellsError(str(self.whole.path))
            progress(part.position, part.stop)
            yield content

    def _bounds(self, file: BinaryIO) -> tuple[int, int]:
        """Where the first of its lines begins, and where the last one ends."""
        start = _line_from(file, self.begin) if self.begin else self.whole.begin
        return start, self.end if self.end == self.whole.total else _line_from(file, self.end)


def _line_from(file: BinaryIO, at: int) -> int:
    """The first byte from there on that begins a line."""
    file.seek(at - 1)
    file.readline()
    return file.tell()


class _Part:
    """The bytes of a file up to one of them."""

    def __init__(self, file: BinaryIO, position: int, stop: int) -> None:
        self._file, self.position, self.stop = file, position, stop

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, fewer at the end."""
        left = max(0, self.stop - self.position)
        content = self._file.read(left if size < 0 else min(size, left))
        self.position += len(content)
        return content
