"""Cutting a text into rows of cells, and finding out what separates them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from gdcli.data.cells import data_error
from gdcli.data.read_limits import ReadLimits
from gdcli.errors import DataError
from gdcli.said import say

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_USUAL = ReadLimits()

__all__ = ["BLANKS", "candidates", "cut", "records", "sniff", "widths"]

BLANKS = " "
"""The delimiter that stands for any run of blanks."""

_CANDIDATES = {".": ("\t", ";", ",", "|", BLANKS), ",": ("\t", ";", "|", BLANKS, ",")}
_SAMPLE_ROWS = 20
_NUMBERS = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?( +[+-]?[0-9.]+([eE][+-]?[0-9]+)?)+")


def records(
    stream: io.BytesIO, delimiter: str, source: str, line: int, limits: ReadLimits = _USUAL
) -> Iterator[tuple[int, list[str]]]:
    r"""The rows from where a stream stands on, blank ones left out, each with the number of its first line.

    Args:
        stream: UTF-8 text; after each row it stands at the next.
        delimiter: One character; a blank stands for any run of blanks.
        source: What the text is called in messages.
        line: The number of the line where the stream stands.
        limits: How long a cell may be.

    Raises:
        DataError: At a quote that goes wrong.

    >>> list(records(io.BytesIO(b'1,"a,b"\n\n2,c'), ",", "data.csv", 1))
    [(1, ['1', 'a,b']), (3, ['2', 'c'])]
    """
    reader = _reader(map(bytes.decode, stream), delimiter)
    while True:
        start = line + reader.line_num
        usual = csv.field_size_limit(limits.cell)  # of the whole process: put back at once
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _refuse_quotes(error, source, start) from None
        finally:
            csv.field_size_limit(usual)
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield start, cells


def _reader(lines: Iterable[str], delimiter: str) -> CsvReader:
    if delimiter == BLANKS:
        return csv.reader(map(_tabbed, lines), delimiter="\t", strict=True)
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)


def _tabbed(line: str) -> str:
    r"""A line with each run of blanks outside quotes replaced by one tab.

    >>> _tabbed('  1   "a b" 2 \n')
    '1\t"a b"\t2\n'
    """
    return re.sub(r'("[^"]*")|\s+', lambda match: match[1] or "\t", line.strip()) + "\n"


def _refuse_quotes(error: csv.Error, source: str, line: int) -> DataError:
    reason = str(error)
    if "limit" in reason:
        what, hint = (
            say("a cell of more than {field_size_limit} characters", field_size_limit=csv.field_size_limit()),
            say('is a quote " opened there and never closed? --allow cell=N raises that limit'),
        )
    elif "end of data" in reason:
        what, hint = (
            say('a quote " is opened and never closed'),
            say('a quote inside a quoted cell is written twice: ""'),
        )
    else:
        what, hint = say('text after a closing quote "'), say('a quote inside a quoted cell is written twice: ""')
    return data_error(source, what, hint, line)


def sniff(sample: bytes, decimal: str) -> str:
    r"""The delimiter that cuts most of the first lines into as many cells as the first: two or more.

    >>> sniff(b"x;y\n1,5;2\n", "."), sniff(b"day hour,y\n1 2,3\n", "."), sniff(b"x  y\n1 2\n", ".")
    (';', ',', ' ')
    >>> sniff(b"18.0  8  307.0\t'chevrolet'\n15.0  8  350.0\t'buick'\n", ".")
    ' '
    """
    lines = [line.decode(errors="replace") for line in sample.splitlines(keepends=True)]
    best = max(_CANDIDATES[decimal], key=lambda delimiter: _fit(lines, delimiter))
    return BLANKS if best == "\t" and _numbers_run_together(lines) else best


def candidates(decimal: str) -> tuple[str, ...]:
    """What may separate the cells, the likelier before the others."""
    return _CANDIDATES[decimal]


def cut(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of each row that is not blank, up to a quote that goes wrong."""
    with suppress(csv.Error):
        yield from (cells for cells in _reader(lines, delimiter) if len(cells) > 1 or (cells and cells[0].strip()))


def widths(lines: Iterable[str], delimiter: str) -> Iterator[int]:
    """How many cells each row has."""
    return map(len, cut(lines, delimiter))


def _fit(lines: list[str], delimiter: str) -> int:
    """How many of the lines a delimiter cuts like the first one; 0 if it does not cut that one."""
    counts = list(islice(widths(lines, delimiter), _SAMPLE_ROWS))
    several = sum(width > 1 for width in counts)
    if not counts or counts[0] < 2 or (delimiter == BLANKS and 2 * several <= len(counts)):
        return 0
    return counts.count(counts[0])


def _numbers_run_together(lines: list[str]) -> bool:
    """Whether tabs leave several numbers in a cell, which blanks would cut apart."""
    rows = list(islice(cut(lines, "\t"), _SAMPLE_ROWS))
    return 2 * sum(any(_NUMBERS.fullmatch(cell.strip()) for cell in row) for row in rows) > len(rows)
