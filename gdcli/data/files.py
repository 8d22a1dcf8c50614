"""The bytes of a file or a stream, unpacked if gzipped, and the formats that are no table at all."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path
from typing import BinaryIO

from gdcli.data.cells import data_error
from gdcli.errors import DataError

__all__ = ["STDIN", "read_file", "read_stream", "refuse_foreign", "unpack"]

STDIN = "standard input"
"""What `-` is called in messages."""

_SAVE_AS_CSV = "save it as CSV and read that"
_UNPACK_FIRST = "decompress it first; only gzip is read directly"
_FOREIGN = (
    (
        rb"(?i:\s*(<!doctype html|<html|<head|<body|<\?xml))",
        "an HTML or XML page, not a table",
        "download the file itself, not the page that shows it",
    ),
    (
        rb"version https://git-lfs\.github\.com/",
        "a Git LFS pointer, not the data it stands for",
        "git lfs pull fetches the data",
    ),
    (rb"PAR1[\x00-\x08\x0e-\x1f]", "a Parquet file, not a text table", _SAVE_AS_CSV),
    (rb"(ARROW1|FEA1)[\x00-\x08\x0e-\x1f]", "an Arrow file, not a text table", _SAVE_AS_CSV),
    (rb"%PDF-", "a PDF document, not a table", "copy its table into a CSV file"),
    (rb"\xd0\xcf\x11\xe0", "an old Excel file, not a text table", _SAVE_AS_CSV),
    (rb"\x89HDF", "an HDF5 file, not a text table", _SAVE_AS_CSV),
    (rb"SQLite format 3\x00", "an SQLite database, not a text table", _SAVE_AS_CSV),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "an image, not a table", "put its pixels into a CSV or .npz file"),
    (rb"BZh[1-9]1AY|\xfd7zXZ|\x28\xb5\x2f\xfd", "compressed, but not with gzip", _UNPACK_FIRST),
    (rb"\x80[\x02-\x05]", "a Python pickle, which is never loaded", _SAVE_AS_CSV),
    (rb"\s*(\{\s*\"|\[\s*[\[{])", "JSON, not a table", _SAVE_AS_CSV),
)
_ZIPPED = (
    (b"xl/workbook", "an Excel file, not a text table", _SAVE_AS_CSV),
    (b"opendocument.spreadsheet", "an OpenDocument spreadsheet, not a text table", _SAVE_AS_CSV),
    (b"word/document", "a Word document, not a table", "copy its table into a CSV file"),
    (b"", "a zip archive that holds no NumPy arrays", "unzip it and name the file inside"),
)


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


def refuse_foreign(content: bytes, source: str) -> None:
    """Refuses what is recognisably something other than a text table.

    Raises:
        DataError: Naming the format.

    >>> refuse_foreign(b"x,y", "data.csv")
    """
    head = content[:4096].removeprefix(b"\xef\xbb\xbf")
    for pattern, what, hint in _FOREIGN:
        if re.match(pattern, head):
            raise data_error(source, what, hint)
    if content.startswith(b"PK\x03\x04"):
        raise foreign_zip(content, source)


def foreign_zip(content: bytes, source: str) -> DataError:
    """The error that names a zip archive for what it is."""
    what, hint = next((what, hint) for mark, what, hint in _ZIPPED if mark in content)
    return data_error(source, what, hint)


def _near(path: Path) -> str:
    """A hint naming the file in the same folder whose name is nearest, if one is near."""
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"there is no folder '{path.parent}' either" if not path.parent.exists() else "check the path"
    import difflib  # loaded only when something is wrong

    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean '{path.parent / near[0]}'?" if near else "check the path"
