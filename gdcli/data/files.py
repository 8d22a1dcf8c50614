"""The bytes of a file or a stream, unpacked if they are compressed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO

from gdcli.data.cells import data_error
from gdcli.data.compression import DAMAGE, Compression, compression_of
from gdcli.data.read_limits import ReadLimits
from gdcli.errors import reason
from gdcli.said import say

__all__ = ["HEAD", "STDIN", "Opened", "opened", "opened_stream", "read_file", "read_stream", "reading_errors"]

STDIN = say("standard input")
"""What `-` is called in messages."""

HEAD = 4096
"""Bytes that tell what a file is."""

_PART = 1 << 20
_LEAST_BYTES = 1 << 28  # of what unpacks to far more than its size: anything smaller does no harm
_USUAL = ReadLimits().unpacked


class Opened(io.RawIOBase):
    """The bytes of a stream, unpacked, from the first on; the first ones may be looked at before.

    Args:
        stream: A file, or a pipe.
        source: What it is called in messages.
        most: How many times its size it may unpack to.
    """

    def __init__(self, stream: IO[bytes], source: str, most: int = _USUAL) -> None:
        super().__init__()
        self.source, self.most = source, most
        self._packed = _Counted(stream)
        start = self._packed.look(HEAD)
        self._compression = compression_of(start)
        self._stream = self._packed if self._compression is None else self._unpacking(self._compression)
        self._ahead = self._piece(HEAD)
        self._passed = 0

    @property
    def is_compressed(self) -> bool:
        """Whether it is unpacked on the way."""
        return self._compression is not None

    @property
    def head(self) -> bytes:
        """The first bytes, before anything is read."""
        return self._ahead

    @property
    def position(self) -> int:
        """How many bytes of the file, as it is stored, have been read."""
        return self._packed.position

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end; all of them, if not told.

        Raises:
            DataError: If it cannot be read or unpacked, or unpacks to far more than its size.
        """
        pieces, left = [self._ahead], size - len(self._ahead)
        if size >= 0 and left < 0:
            pieces, self._ahead = [self._ahead[:size]], self._ahead[size:]
        else:
            self._ahead = b""
            while (size < 0 or left > 0) and (piece := self._piece(_PART if size < 0 else left)):
                pieces.append(piece)
                left -= len(piece)
                self._check(len(piece))
        return b"".join(pieces)

    def _unpacking(self, compression: Compression) -> IO[bytes]:
        return compression.unpacking(self._packed, self.source)  # type: ignore[arg-type]  # read is all they need

    def _piece(self, size: int) -> bytes:
        if self._compression is None:
            return self._packed.read(size)
        try:
            return self._stream.read(size)
        except DAMAGE as error:
            raise self._compression.damage(error, self.source) from None

    def _check(self, size: int) -> None:
        """Refuses what unpacks to so much that it was made to."""
        self._passed += size
        if self._compression is None or self._passed < _LEAST_BYTES:
            return
        if self._passed > self.most * self._packed.position:
            packed = say("{position:,} bytes of {name}", position=self._packed.position, name=self._compression.name)
            what = say("{packed} unpack to more than {most} times as many", packed=packed, most=self.most)
            raise data_error(self.source, what, ReadLimits().raised("unpacked"))


class _Counted(io.RawIOBase):
    """A stream whose first bytes can be looked at, and that counts what was read."""

    def __init__(self, stream: IO[bytes]) -> None:
        super().__init__()
        self._stream, self._ahead, self.position = stream, b"", 0

    def look(self, size: int) -> bytes:
        """The first bytes, still to be read."""
        self._ahead = _read_up_to(self._stream, size)
        return self._ahead

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end."""
        if size < 0:
            content, self._ahead = self._ahead + self._stream.read(), b""
        elif self._ahead:
            content, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            content = self._stream.read(size)
        self.position += len(content)
        return content


def _read_up_to(stream: IO[bytes], size: int) -> bytes:
    """So many bytes of a stream that may give fewer at a time."""
    content = b""
    while len(content) < size and (piece := stream.read(size - len(content))):
        content += piece
    return content


@contextmanager
def opened(path: str, most: int = _USUAL) -> Iterator[Opened]:
    """A file, to be read from its first byte on.

    Args:
        path: Where it is.
        most: How many times its size it may unpack to.

    Raises:
        DataError: If there is no such file, or it cannot be read, or its compressed data is damaged.
    """
    if not path:
        raise data_error("''", say("no such file"), say("the path is empty"))
    try:
        with Path(path).open("rb") as stream:
            yield Opened(stream, path, most)
    except FileNotFoundError:
        raise data_error(path, say("no such file"), _near(Path(path))) from None
    except IsADirectoryError:
        raise data_error(path, say("a folder, not a file"), say("name a file inside it")) from None
    except PermissionError:
        raise data_error(path, say("permission denied"), say("you may not read this file")) from None
    except OSError as error:
        raise data_error(path, reason(error), say("check the path")) from None


def read_file(path: str) -> bytes:
    """The bytes of a file, unpacked if it is compressed.

    Raises:
        DataError: If there is no such file, or it cannot be read, or its compressed data is damaged.
    """
    with opened(path) as stream:
        return stream.read()


def opened_stream(stream: BinaryIO | None, source: str = STDIN, most: int = _USUAL) -> Opened:
    """A stream, to be read from its first byte on.

    Args:
        stream: The stream.
        source: What it is called in messages.
        most: How many times its size it may unpack to.

    Raises:
        DataError: If there is no stream, or it cannot be read, or its compressed data is damaged.
    """
    if stream is None:
        raise data_error(source, "closed", say("pipe a table in, or name a file"))
    try:
        return Opened(stream, source, most)
    except (OSError, ValueError) as error:
        raise data_error(source, say("cannot be read: {error}", error=error), say("name a file instead")) from None


def read_stream(stream: BinaryIO | None, source: str = STDIN, most: int = _USUAL) -> bytes:
    """All bytes of a stream, unpacked if they are compressed.

    Args:
        stream: The stream.
        source: What it is called in messages.
        most: How many times its size it may unpack to.

    Raises:
        DataError: If there is no stream, or it cannot be read, or its compressed data is damaged.
    """
    opened_one = opened_stream(stream, source, most)
    try:
        return opened_one.read()
    except (OSError, ValueError) as error:
        raise data_error(source, say("cannot be read: {error}", error=error), say("name a file instead")) from None


@contextmanager
def reading_errors(source: str) -> Iterator[None]:
    """Reads that fail within it are said of that file.

    Raises:
        DataError: If one fails.
    """
    try:
        yield
    except OSError as error:
        raise data_error(source, reason(error), say("check that it can be read")) from None


def _near(path: Path) -> str:
    """A hint naming the file in the same folder whose name is nearest, if one is near."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return (
            say("there is no folder '{parent}' either", parent=path.parent)
            if not path.parent.exists()
            else say("check the path")
        )
    import difflib  # loaded only when something is wrong

    near = difflib.get_close_matches(path.name, names, n=1)
    return say("did you mean '{parent}'?", parent=path.parent / near[0]) if near else say("check the path")
