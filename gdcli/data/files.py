"""The bytes of a file or a stream, unpacked if gzipped."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import BinaryIO

from gdcli.data.cells import data_error

__all__ = ["STDIN", "read_file", "read_stream", "unpack"]

STDIN = "standard input"
"""What `-` is called in messages."""


def read_file(path: str) -> bytes:
    """The bytes of a file, unpacked if it is gzipped.

    Raises:
        DataError: If there is no such file, or it cannot be read, or its gzip data is damaged.
    """
    if not path:
        raise data_error("''", "no such file", "the path is empty")
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise data_error(path, "no such file", _near(Path(path))) from None
    except IsADirectoryError:
        raise data_error(path, "a folder, not a file", "name a file inside it") from None
    except PermissionError:
        raise data_error(path, "permission denied", "you may not read this file") from None
    except OSError as error:
        raise data_error(path, (error.strerror or str(error)).lower(), "check the path") from None
    return unpack(content, path)


def read_stream(stream: BinaryIO | None, source: str = STDIN) -> bytes:
    """All bytes of a stream, unpacked if they are gzipped.

    Raises:
        DataError: If there is no stream, or it cannot be read, or its gzip data is damaged.
    """
    if stream is None:
        raise data_error(source, "closed", "pipe a table in, or name a file")
    try:
        return unpack(stream.read(), source)
    except (OSError, ValueError) as error:
        raise data_error(source, f"cannot be read: {error}", "name a file instead") from None


def unpack(content: bytes, source: str) -> bytes:
    """The content, decompressed if it begins as gzip does.

    Raises:
        DataError: If the gzip data ends early or is damaged.

    >>> unpack(gzip.compress(b"x,y"), "data.csv.gz"), unpack(b"x,y", "data.csv")
    (b'x,y', b'x,y')
    """
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except EOFError:
        raise data_error(source, "the gzip data ends too early", "the file is cut short: fetch it again") from None
    except (gzip.BadGzipFile, zlib.error):
        raise data_error(source, "the gzip data is damaged", "fetch the file again") from None


def _near(path: Path) -> str:
    """A hint naming the file in the same folder whose name is nearest, if one is near."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"there is no folder '{path.parent}' either" if not path.parent.exists() else "check the path"
    import difflib  # loaded only when something is wrong

    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean '{path.parent / near[0]}'?" if near else "check the path"
