"""Lines above a table's names: a title, where it is from, groups of columns."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice

from gdcli.data.cells import quoted
from gdcli.data.delimiters import records
from gdcli.data.header import has_units
from gdcli.data.lookalikes import kind, nearly
from gdcli.data.warning import ReadWarning, listed
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["Above", "above_names", "begins_alike", "grouping_note", "grouping_rows"]

_SAMPLE_ROWS, _MOST_LINES, _FEWEST_ROWS = 60, 20, 3
_NEARLY_ALL = 0.8


class Above(NamedTuple):
    """Lines that stand above the names.

    Args:
        offset: Where the names begin.
        delimiter: What separates the cells below.
        note: What is said of it.
    """

    offset: int
    delimiter: str
    note: ReadWarning


def above_names(sample: bytes, delimiters: Iterable[str], source: str, line: int) -> Above | None:
    r"""The lines of fewer cells above a line of words and rows of as many cells; None where there are none.

    Args:
        sample: The first lines.
        delimiters: What may separate the cells.
        source: What the text is called in messages.
        line: The number of the first line.

    >>> above = above_names(b"Sales of 2023\n\nmonth,sales\n1,5\n2,7\n3,8\n", [";", ","], "data.csv", 1)
    >>> above.offset, above.delimiter, above.note.sentence
    (15, ',', "line 1 ('Sales of 2023') stands above the names and is left out")
    """
    tried = [(delimiter, _rows(sample, delimiter, source, line)) for delimiter in delimiters]
    delimiter, rows = max(tried, key=lambda one: _alike(one[1]), default=("", []))
    width = _width(rows)
    at = next((at for at, (_, cells) in enumerate(rows) if len(cells) == width), 0)
    if width < 2 or not 0 < at <= _MOST_LINES or not _are_names([cells for _, cells in rows[at:]], width):
        return None
    names = rows[at][0]
    offset = sum(map(len, sample.splitlines(keepends=True)[: names - line]))
    return Above(offset, delimiter, _left_out([number for number, _ in rows[:at]], rows[0][1]))


def begins_alike(cells: Sequence[int], lines: int) -> bool:
    """Whether a first line has as many cells as nearly all others, so that it is one of them.

    >>> begins_alike([2, 2, 2, 2, 2, 1], 6), begins_alike([3, 3, 1, 1, 1, 1], 6)
    (True, False)
    """
    alike = cells.count(cells[0]) if cells else 0
    return 2 * len(cells) > lines > 1 and 1 < cells[0] == cells[1] and alike >= _NEARLY_ALL * len(cells)


def grouping_rows(first: Sequence[str], below: Sequence[Sequence[str]], decimal: str) -> int:
    """How many rows stand above the names, where half of the first one's cells are empty at least; else 0.

    >>> below = [["x", "y", "x", "y"], ["1", "2", "3", "4"], ["2", "3", "4", "5"]]
    >>> grouping_rows(["A", "", "B", ""], below, "."), grouping_rows(["", "x", "y"], [["a", "b", "c"]], ".")
    (1, 0)
    >>> grouping_rows(["Sales", ""], [["by A.", ""], ["", ""], ["x", "y"], ["1", "2"], ["2", "3"]], ".")
    3
    """
    if not _is_sparse(first):
        return 0
    rows = list(enumerate(below[:_MOST_LINES]))
    written = [at for at, row in rows if any(cell.strip() for cell in row)]
    full = [at for at in written if not _is_sparse(below[at])]
    return next((at + 1 for at in [*full[:1], *written[:1]] if _are_grouped(first, below[at:], decimal)), 0)


def _is_sparse(cells: Sequence[str]) -> bool:
    """Whether half of the cells are empty at least, as of a title that a spreadsheet fills up with delimiters."""
    return 2 * sum(not cell.strip() for cell in cells) >= len(cells)


def _are_grouped(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the first of the rows holds names, as wide as the line above all, and numbers follow."""
    words = all(kind(cell, decimal) == "word" for cell in _without_blank_end(rows[0]))
    return len(rows[0]) == len(first) and words and has_units([row for row in rows if len(row) == len(first)], decimal)


def grouping_note(
    line: int, first: Sequence[str], others: Sequence[Sequence[str]] = (), unit: str = "line"
) -> ReadWarning:
    """What is said of a first line with groups of columns, or a title, and others above the names; or of a sheet's."""
    more = sum(any(cell.strip() for cell in cells) for cells in others)
    return _left_out([line + at for at in range(1 + more)], first, unit)


def _rows(sample: bytes, delimiter: str, source: str, line: int) -> list[tuple[int, list[str]]]:
    rows: list[tuple[int, list[str]]] = []
    with suppress(DataError):  # at a quote that goes wrong
        rows += islice(records(io.BytesIO(sample), delimiter, source, line), _SAMPLE_ROWS)
    return rows


def _width(rows: Sequence[tuple[int, list[str]]]) -> int:
    """Cells of most rows."""
    return max(Counter(len(cells) for _, cells in rows).items(), key=lambda one: one[1], default=(0, 0))[0]


def _alike(rows: Sequence[tuple[int, list[str]]]) -> int:
    """Rows of the usual width, if that is more than one cell."""
    width = _width(rows)
    return sum(len(cells) == width for _, cells in rows) if width > 1 else 0


def _are_names(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the first row holds words above rows with numbers, nearly all as wide."""
    names, below = _without_blank_end(rows[0]), [row for row in rows[1:] if len(row) == width]
    if len(below) < max(_FEWEST_ROWS, _NEARLY_ALL * (len(rows) - 1)) or any(kind(cell) != "word" for cell in names):
        return False
    cells = [cell for row in below[:_FEWEST_ROWS] for cell in row]
    return any(kind(cell) not in ("word", "gap") or nearly(cell) for cell in cells)


def _without_blank_end(cells: Sequence[str]) -> Sequence[str]:
    """The cells without empty ones at the end, as delimiters at the end of each line make."""
    count = len(cells)
    while count > 1 and not cells[count - 1].strip():
        count -= 1
    return cells[:count]


def _left_out(lines: Sequence[int], first: Sequence[str], unit: str = "line") -> ReadWarning:
    words = listed([quoted(cell.strip()) for cell in first if cell.strip()])
    unit = say("line") if unit == "line" else say("row")
    if len(lines) == 1:
        what = say(
            "{unit} {lines} ({words}) stands above the names and is left out", unit=unit, lines=lines[0], words=words
        )
    else:
        what = say(
            "{count} {unit}s, from {words} on, stand above the names and are left out",
            count=len(lines),
            unit=unit,
            words=words,
        )
    return ReadWarning("lines above", (), what, "")
