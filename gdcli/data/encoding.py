"""From a text in any encoding to the one form that is read: UTF-8, lines ended by a newline alone."""

from __future__ import annotations

import codecs

from gdcli.data.cells import data_error
from gdcli.said import say

__all__ = ["decode"]

_WIDE = {"utf-16": "utf_16", "utf-16-le": "utf_16_le", "utf-16-be": "utf_16_be"}
_EASTERN = ("big5", "gb18030", "cp932", "cp949", "euc_jp")
_ONE_BYTE = ("cp1252", "cp1251", "cp1253")
_PROBE = 1 << 16  # bytes that tell the codec


def decode(content: bytes, source: str, encoding: str, line: int = 1) -> bytes:
    """The content as UTF-8 without a byte order mark, its lines ended by a newline alone.

    Args:
        content: The bytes of a text.
        source: What it is called in messages.
        encoding: The encoding it is in, one that Python knows.
        line: The number of its first line.

    Raises:
        DataError: At a byte that the encoding does not allow, or a NUL byte.

    >>> decode("é,y\\r\\n".encode("latin-1"), "data.csv", "latin-1").decode()
    'é,y\\n'
    """
    text = _transcode(content, source, encoding, line).removeprefix(codecs.BOM_UTF8)
    if (nul := text.find(b"\0")) >= 0:
        codec = _likely_codec(content, nul)
        hint = say(
            "this is no text table, unless it is UTF-16: --encoding {codec}",
            codec=codec if codec in _WIDE else say("utf-16"),
        )
        raise data_error(source, say("a NUL byte"), hint, line - 1 + _line_at(text, nul))
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


def _transcode(content: bytes, source: str, encoding: str, line: int) -> bytes:
    if content.isascii() and codecs.lookup(encoding).name == "utf-8":
        return content
    try:
        return content.decode(encoding).encode()
    except UnicodeDecodeError as error:
        where = say(" at offset {start}", start=error.start) if line == 1 else ""
        what = say(
            "byte 0x{content:02x}{where} is not {encoding}",
            content=content[error.start],
            where=where,
            encoding=encoding,
        )
        hint = _encoding_hint(content, error.start)
        raise data_error(source, what, hint, line - 1 + _line_at(content, error.start)) from None
    except (UnicodeError, LookupError):
        raise data_error(source, say("not {encoding} text", encoding=encoding), _encoding_hint(content, 0)) from None


def _encoding_hint(content: bytes, at: int) -> str:
    """The option that reads the content."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return say("--encoding utf-16 (its first two bytes say so)")
    codec = _likely_codec(content, at)
    return (
        say("--encoding {codec} reads it", codec=codec)
        if codec
        else say("--encoding latin-1 reads any byte, if not as the right letter")
    )


def _likely_codec(content: bytes, at: int) -> str:
    """The codec under which the lines around an offset look most like text, among those that read all; empty if none.

    Where bytes of western and eastern European codecs could be either, it is cp1252, the more frequent one.
    """
    from charset_normalizer import from_bytes  # 25 ms, needed only when something is wrong

    matches = from_bytes(_around(content, at), cp_isolation=[*_WIDE.values(), *_EASTERN, *_ONE_BYTE])
    names = [(match.chaos, name) for match in matches for name in match.could_be_from_charset]
    if names and names[0][1] in _ONE_BYTE and (names[0][0], "cp1252") in names:
        names.insert(0, (0.0, "cp1252"))
    return next((name.replace("_", "-") for _, name in names if _decodes(content, name)), "")


def _around(content: bytes, at: int) -> bytes:
    """Whole lines around an offset: the first ones, if they reach that far."""
    begin = 0 if at < _PROBE else content.rfind(b"\n", 0, at - _PROBE // 2) + 1
    end = begin + _PROBE
    return content[begin : max(content.rfind(b"\n", begin, end) + 1, at + 1) if len(content) > end else len(content)]


def _decodes(content: bytes, codec: str) -> bool:
    try:
        content.decode(codec)
    except UnicodeError:
        return False
    return True


def _line_at(content: bytes, offset: int) -> int:
    """The number of the line that the byte at an offset stands in."""
    before = content[:offset]
    return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
