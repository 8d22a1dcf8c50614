"""How a text is laid out: what separates its cells, its column names, and where its rows begin."""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from gdcli.data.cells import data_error, number, quoted
from gdcli.data.delimiters import BLANKS, records, sniff
from gdcli.data.encoding import decode
from gdcli.errors import OptionError

__all__ = ["ReadOptions", "Text", "open_text"]

_DELIMITER_WORDS = {"tab": "\t", r"\t": "\t", "space": BLANKS, "comma": ",", "semicolon": ";"}
_SAMPLE_BYTES = 1 << 16


@dataclass(frozen=True)
class ReadOptions:
    r"""How to read a text table; the defaults find out.

    Args:
        delimiter: What separates the cells: one character, or `tab`, `\t`, `space` (any run of blanks),
            `comma`, `semicolon`; None to find out from the first lines.
        header: Whether the first line holds the names of the columns; without, they are called 1, 2, ...
        encoding: The text's encoding; `utf-8` also takes a byte order mark.
        decimal: The decimal sign, `.` or `,`.

    Raises:
        OptionError: If the delimiter, the decimal sign or the encoding is not one.

    >>> ReadOptions(delimiter="semicolon").separator
    ';'
    """

    delimiter: str | None = None
    header: bool = True
    encoding: str = "utf-8"
    decimal: str = "."

    def __post_init__(self) -> None:
        if self.decimal not in (".", ","):
            raise OptionError(f"{quoted(self.decimal)} is not a decimal sign", "choose from . and ,")
        mark = self.separator
        if mark is not None and (len(mark) != 1 or mark.isalnum() or mark in '".+-_\r\n\0'):
            hint = "one character that no number holds, or tab, space, comma, semicolon"
            raise OptionError(f"{quoted(mark)} is not a delimiter", hint)
        try:
            codecs.lookup(self.encoding)
        except (LookupError, ValueError):
            hint = "for example utf-8, latin-1, cp1252, utf-16"
            raise OptionError(f"{quoted(self.encoding)} is not a known encoding", hint) from None

    @property
    def separator(self) -> str | None:
        """The delimiter as one character, None if it is to be found out."""
        return self.delimiter and _DELIMITER_WORDS.get(self.delimiter.lower(), self.delimiter)


@dataclass(frozen=True, eq=False)
class Text:
    """A text table whose layout is known, its cells not yet read.

    Args:
        source: What it is called in messages.
        content: The text in UTF-8, lines ended by a newline alone.
        delimiter: One character; a blank stands for any run of blanks.
        decimal: The decimal sign.
        names: The columns' names.
        offset: Where in the content the rows begin.
        line: The number of the line there.
    """

    source: str
    content: bytes
    delimiter: str
    decimal: str
    names: tuple[str, ...]
    offset: int
    line: int

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not blank, with the number of the line it begins in.

        Raises:
            DataError: At a row of another length than the header's, or a quote that goes wrong.
        """
        stream = io.BytesIO(self.content)
        stream.seek(self.offset)
        width = len(self.names)
        for line, cells in records(stream, self.delimiter, self.source, self.line):
            if len(cells) != width:
                hint = 'a cell that holds the delimiter must be in "quotes"; another delimiter: --delimiter'
                what = f"expected {width} cell{'s' * (width != 1)}, found {len(cells)}"
                raise data_error(self.source, what, hint, line)
            yield line, cells


def open_text(content: bytes, source: str, options: ReadOptions) -> Text:
    """Decodes a text, finds its delimiter and reads its column names.

    Raises:
        DataError: If it is empty, cannot be decoded, or has no usable line of names.

    >>> open_text(b"x;y", "data.csv", ReadOptions()).names
    ('x', 'y')
    """
    text = decode(content, source, options.encoding)
    if not text or text.isspace():
        raise data_error(source, "the file is empty", "a table needs a line of names and at least one row")
    offset = _after_comments(text)
    delimiter = options.separator or sniff(_sample(text, offset), options.decimal)
    stream = io.BytesIO(text)
    stream.seek(offset)
    line, first = next(records(stream, delimiter, source, text.count(b"\n", 0, offset) + 1), (0, []))
    if not first:
        raise data_error(source, "nothing but comments", "a table needs a line of names and at least one row")
    if options.header:
        _check_names(first, source, line, options.decimal)
        offset = stream.tell()
    names = _numbered(first if options.header else [""] * len(first))
    return Text(source, text, delimiter, options.decimal, names, offset, text.count(b"\n", 0, offset) + 1)


def _after_comments(text: bytes) -> int:
    """The offset of the first line that is neither blank nor begins with `#`."""
    offset = 0
    for line in io.BytesIO(text):
        if not line.startswith(b"#") and not line.isspace():
            return offset
        offset += len(line)
    return offset


def _sample(text: bytes, offset: int) -> bytes:
    """The first lines from an offset on: whole ones, unless not even one fits."""
    end = offset + _SAMPLE_BYTES
    return text[offset : max(text.rfind(b"\n", offset, end) + 1, offset) or end] if len(text) > end else text[offset:]


def _numbered(names: list[str]) -> tuple[str, ...]:
    """The names without blanks around them; a column without a name is called by its number."""
    return tuple(name.strip() or str(place) for place, name in enumerate(names, start=1))


def _check_names(names: list[str], source: str, line: int, decimal: str) -> None:
    """Refuses a first line that holds numbers, or a name twice."""
    written = [name.strip() for name in names if name.strip()]
    numbers = [name for name in written if number(name, decimal) is not None]
    if written and (len(numbers) == len(written) or not all(name.isdigit() for name in numbers)):
        hint = "--no-header if the file has no line of names"
        raise data_error(source, f"line {line} looks like data, not names", hint)
    doubled = [name for name, count in Counter(_numbered(names)).items() if count > 1]
    if doubled:
        raise data_error(source, "two columns have this name", "rename one of them", line, doubled[0])
