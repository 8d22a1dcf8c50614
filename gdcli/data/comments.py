"""Lines before and between the rows that are not of the table: comments, and Excel's `sep=;`."""

from __future__ import annotations

import io
import re

from gdcli.data.delimiters import cut, widths

__all__ = [
    "USUAL_MARK",
    "after_leading",
    "declared_delimiter",
    "has_comments",
    "names_in_comment",
    "rows_begin_with",
    "strip_comments",
]

USUAL_MARK = "#"
"""What comments begin with, unless another mark is asked for."""

_SEP_LINE = re.compile(rb'\s*"?sep=(.)"?[ \t]*(?:\n|$)', re.IGNORECASE)
_EXCEL_ERROR = r"(?!N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!)"  # they begin with # and are cells


def declared_delimiter(text: bytes) -> tuple[bytes, str | None]:
    r"""The text with a first line `sep=;` turned blank, as Excel writes it, and the delimiter that it declares.

    >>> declared_delimiter(b"sep=;\nx;y\n")
    (b'\nx;y\n', ';')
    """
    line = _SEP_LINE.match(text)
    if line is None:
        return text, None
    return b"\n" * line[0].count(b"\n") + text[line.end() :], line[1].decode(errors="replace")


def has_comments(text: bytes, mark: str) -> bool:
    """Whether a line begins with the mark."""
    begins = mark.encode(errors="surrogateescape")  # bytes of the command line that are no UTF-8 are themselves
    # the mark alone first: a single byte is looked for many times faster than two
    return bool(mark) and begins in text and (text.startswith(begins) or b"\n" + begins in text)


def strip_comments(text: bytes, mark: str) -> tuple[bytes, int]:
    r"""The text with its comments turned into blank lines, so that lines keep their numbers, and how many there were.

    >>> strip_comments(b'x,y\n# a "note\n1,"two\n#3"\n', "#")
    (b'x,y\n\n1,"two\n#3"\n', 1)
    """
    if not has_comments(text, mark):
        return text, 0
    comment = re.compile(rf'("[^"]*")|^{_pattern(mark)}[^\n]*'.encode(errors="surrogateescape"), re.MULTILINE)
    dropped = 0

    def blank(match: re.Match[bytes]) -> bytes:
        nonlocal dropped
        dropped += match[1] is None
        return match[1] or b""

    return comment.sub(blank, text), dropped


def rows_begin_with(sample: bytes, mark: str, delimiter: str) -> bool:
    """Whether the lines that begin with the mark are the table's rows, as colours like `#ff0000` are.

    They are if more lines begin with it than not, and they have as many cells as the line of names.
    """
    lines = sample.decode(errors="replace").splitlines(keepends=True)
    plain = [line for line in lines if not line.startswith(mark) and not line.isspace()]
    if not plain:
        return False
    marked = [line for line in lines[lines.index(plain[0]) :] if line.startswith(mark)]
    width = next(widths(plain[:1], delimiter), 0)
    return width > 1 and list(widths(marked, delimiter)).count(width) > len(plain) - 1


def after_leading(text: bytes, mark: str) -> tuple[int, bytes]:
    """The offset of the first line that is neither blank nor a comment, and the last comment before it."""
    offset, last = 0, b""
    comment = re.compile(_pattern(mark).encode(errors="surrogateescape")) if mark else None
    for line in io.BytesIO(text):
        if comment and comment.match(line):
            last = line
        elif not line.isspace():
            break
        offset += len(line)
    return offset, last


def names_in_comment(comment: bytes, mark: str, delimiter: str) -> list[str]:
    r"""The cells of a comment that may hold the names of the columns: `# x y`, as NumPy writes it, or `#,Name,Size`.

    >>> names_in_comment(b"# x y\n", "#", " "), names_in_comment(b"#,Name\n", "#", ",")
    (['x', 'y'], ['#', 'Name'])
    """
    cells: list[str] = next(cut([comment.decode(errors="replace").removeprefix(mark).strip(" \n")], delimiter), [])
    return [cell.strip() or mark * (place == 0) for place, cell in enumerate(cells)]


def _pattern(mark: str) -> str:
    return re.escape(mark) + (_EXCEL_ERROR if mark == USUAL_MARK else "")
