"""From a text in any encoding to the one form that is read: UTF-8, lines ended by a newline alone."""

from __future__ import annotations

import codecs

from gdcli.data.cells import data_error

__all__ = ["decode"]


def decode(content: bytes, source: str, encoding: str) -> bytes:
    """The content as UTF-8 without a byte order mark, its lines ended by a newline alone.

    Args:
        content: The bytes of a text.
        source: What it is called in messages.
        encoding: The encoding it is in, one that Python knows.

    Raises:
        DataError: At a byte that the encoding does not allow, or a NUL byte.

    >>> decode("é,y\\r\\n".encode("latin-1"), "data.csv", "latin-1").decode()
    'é,y\\n'
    """
    text = _transcode(content, source, encoding).removeprefix(codecs.BOM_UTF8)
    if (nul := text.find(b"\0")) >= 0:
        hint = "this is no text table, unless it is UTF-16: --encoding utf-16"
        raise data_error(source, "a NUL byte", hint, _line_at(text, nul))
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _transcode(content: bytes, source: str, encoding: str) -> bytes:
    if content.isascii() and codecs.lookup(encoding).name == "utf-8":
        return content
    try:
        return content.decode(encoding).encode()
    except UnicodeDecodeError as error:
        what = f"byte 0x{content[error.start]:02x} at offset {error.start} is not {encoding}"
        raise data_error(source, what, _encoding_hint(content), _line_at(content, error.start)) from None
    except (UnicodeError, LookupError):
        raise data_error(source, f"not {encoding} text", _encoding_hint(content)) from None


def _encoding_hint(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "--encoding utf-16 (its first two bytes say so)"
    return "--encoding latin-1, cp1252 or whatever the file was saved in"


def _line_at(content: bytes, offset: int) -> int:
    """The number of the line that the byte at an offset stands in."""
    before = content[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
