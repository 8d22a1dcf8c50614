"""Where a table stands: a file, a part of one, or bytes that came through a pipe; and how it is to be read."""

from __future__ import annotations

import re
from dataclasses import field
from functools import cached_property
from pathlib import Path

from gdcli.data.files import HEAD, opened
from gdcli.data.layout import ReadOptions
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["Place", "is_pipe", "place_of"]

_PART = re.compile(r"(.+\.[A-Za-z0-9]+):([^/\\]+)")


@dataclass(frozen=True, eq=False)
class Place:
    """A file, or what came through a pipe.

    Args:
        source: What it is called in messages.
        path: The file; None for a pipe.
        part: The sheet or table in it that is asked for; empty for the only one.
        options: How it is read.
        piped: What came through the pipe, unpacked.
    """

    source: str
    path: str | None = None
    part: str = ""
    options: ReadOptions = field(default_factory=ReadOptions)
    piped: bytes = b""

    @cached_property
    def content(self) -> bytes:
        """All bytes, unpacked.

        Raises:
            DataError: If it cannot be read, or its compressed data is damaged.
        """
        if self.path is None:
            return self.piped
        with opened(self.path, self.options.limits.unpacked) as stream:
            return stream.read()

    @cached_property
    def head(self) -> bytes:
        """The first bytes, unpacked.

        Raises:
            DataError: If it cannot be read, or its compressed data is damaged.
        """
        return self._start[0]

    @property
    def plain(self) -> Path | bytes:
        """What another library reads: the file itself, if it is as it is and its name is UTF-8; else the bytes."""
        return self.content if self.path is None or self.is_packed or not _is_utf8(self.path) else Path(self.path)

    @property
    def is_packed(self) -> bool:
        """Whether it is a file that is compressed."""
        return self._start[1]

    @cached_property
    def _start(self) -> tuple[bytes, bool]:
        """The first bytes, and whether they are compressed in the file."""
        if self.path is None:
            return self.piped[:HEAD], False
        with opened(self.path, self.options.limits.unpacked) as stream:
            return stream.head, stream.is_compressed

    @property
    def size(self) -> int:
        """Bytes of the file, or of what came through the pipe."""
        return len(self.piped) if self.path is None else Path(self.path).stat().st_size

    def no_part(self) -> DataError:
        """The error about a part of what has none."""
        what = say("{source}: is one table, and no part of it is called '{part}'", source=self.source, part=self.part)
        return DataError(what, say("leave out what follows the colon"))


def is_pipe(source: str) -> bool:
    """Whether a name stands for a pipe, which can be read only once: `/dev/stdin`, or a shell's `<(...)`."""
    path = Path(source)
    return path.exists() and not path.is_file() and not path.is_dir()


def place_of(source: str, options: ReadOptions) -> Place:
    """The place that a name stands for: `data.csv`; `book.xlsx:Sheet` and `base.sqlite:table` for a part of a file.

    A pipe that has a name, as `/dev/stdin` or a shell's `<(...)`, can be read only once, and is read here.

    Raises:
        DataError: If such a pipe cannot be read.
    """
    path = Path(source)
    if is_pipe(source):
        with opened(source, options.limits.unpacked) as stream:
            return Place(source, None, "", options, stream.read())
    match = _PART.fullmatch(source)
    if match is None or path.exists() or not Path(match[1]).is_file():
        return Place(source, source, "", options)
    return Place(source, match[1], match[2], options)


def _is_utf8(name: str) -> bool:
    """Whether a file's name is text: other libraries open no other."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
