"""One cell of a table: whether it is a number, a gap, or neither; and cells in messages."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.errors import DataError, NoRowsError
from gdcli.said import enumerated, say, together

__all__ = [
    "data_error",
    "floats",
    "floats_or_gaps",
    "is_gap",
    "is_missing",
    "is_written_as_number",
    "no_rows",
    "number",
    "printable",
    "quoted",
]

_EXCEL_ERRORS = ("#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!")
MISSING_WORDS = frozenset({"", "na", "n/a", "<na>", "null", "none", "?", "nan", "+nan", "-nan", r"\n", *_EXCEL_ERRORS})
GAP_MARKS = frozenset({"-", "."})  # in a column of numbers; in a column of text, - may be a label beside +
PADDING = " \t"
_PROBE = 1000  # cells that tell whether a column repeats itself

_PLAIN = r"[+-]?(?:[0-9]+{0}?[0-9]*|{0}[0-9]+)(?:[eE][+-]?[0-9]+|[dD][+-][0-9]+)?"
_NUMBER = {mark: re.compile(_PLAIN.format(re.escape(mark))) for mark in ".,"}
_FOR_FLOAT = str.maketrans(",dD", ".ee")


def printable(text: str) -> str:
    r"""Text safe to show on a terminal: control characters written out, everything else as it is.

    >>> print(printable("\x1b[31mred é"))
    \x1b[31mred é
    """
    if text.isprintable():
        return text  # which may be a sentence that other languages have
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def quoted(cell: str) -> str:
    """A cell as it appears in a message: quoted, printable, at most 40 characters long.

    >>> quoted("a" * 50)
    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'"
    """
    return f"'{printable(cell if len(cell) <= 40 else cell[:39] + '…')}'"


def data_error(source: str, what: str, hint: str = "", line: int = 0, column: str | None = None) -> DataError:
    """The error `SOURCE: line L, column 'NAME': what`; a line of 0 and a column of None are left out.

    >>> print(data_error("data.csv", "empty cell", line=4, column="y"))
    data.csv: line 4, column 'y': empty cell
    """
    place = enumerated(
        [say("line {line}", line=line)] * bool(line)
        + [say("column {quoted}", quoted=quoted(name)) for name in [column] if name is not None]
    )
    return DataError(together(say(": "), (part for part in (printable(source), place, what) if part)), hint)


def no_rows(source: str, what: str, line: int = 0, hint: str = say("a table needs at least one row")) -> NoRowsError:
    """The error about a table without a row."""
    return NoRowsError(data_error(source, what, line=line).message, hint)


def is_missing(cell: str) -> bool:
    r"""Whether a cell stands for "no value" in any column: empty, NA, N/A, null, None, ?, nan, \N, #N/A, in any case.

    >>> [is_missing(cell) for cell in (" ", "n/a", "#DIV/0!", "-", "0")]
    [True, True, True, False, False]
    """
    return cell.strip().lower() in MISSING_WORDS


def is_gap(cell: str) -> bool:
    """Whether a cell stands for "no value" in a column of numbers, where `-` and `.` do too.

    >>> [is_gap(cell) for cell in ("-", ".", "NA", "-1")]
    [True, True, True, False]
    """
    return is_missing(cell) or cell.strip() in GAP_MARKS


def is_written_as_number(cell: str, decimal: str = ".") -> bool:
    """Whether a cell is written as numbers are, though float64 may not hold it: `1e999`."""
    return _NUMBER[decimal].fullmatch(cell.strip(PADDING)) is not None


def number(cell: str, decimal: str = ".") -> float | None:
    """The finite number a cell holds, or None.

    Digits, one decimal sign, an exponent (Fortran's D too, if signed), a sign in front, blanks around: nothing else.
    What Python's own `float` takes beyond that (`1_0`, `nan`, digits of other scripts) is refused.

    Args:
        cell: The cell as written.
        decimal: The decimal sign, `.` or `,`.

    >>> number(" +1.5e3 "), number("1,5", decimal=","), number("1.5D+03"), number("1_0"), number("1e999")
    (1500.0, 1.5, 1500.0, None, None)
    """
    if not is_written_as_number(cell, decimal):
        return None
    value = float(cell.strip(PADDING).translate(_FOR_FLOAT))
    return value if np.isfinite(value) else None


def floats(cells: Sequence[str], decimal: str = ".") -> Array | None:
    """All cells as float64, or None if one is not a finite number: `number`, for a whole column at once.

    >>> floats(["1", " 2.5"]), floats(["1", "nan"])
    (array([1. , 2.5]), None)
    """
    repetitive = 2 * len(set(cells[:_PROBE])) < min(len(cells), _PROBE)
    if not repetitive:
        return _parse(cells, decimal)
    distinct = list(set(cells))
    values = _parse(distinct, decimal)
    if values is None:
        return None
    known = dict(zip(distinct, values.tolist(), strict=True))
    return np.fromiter(map(known.__getitem__, cells), np.float64, len(cells))


def _parse(cells: Sequence[str], decimal: str) -> Array | None:
    if "".join(cells).encode().translate(None, b"0123456789+-eE \t" + decimal.encode()):
        return _parse_each(cells, decimal)
    plain = cells if decimal == "." else [cell.replace(decimal, ".") for cell in cells]
    try:
        values = np.fromiter(map(float, plain), np.float64, len(plain))
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _parse_each(cells: Sequence[str], decimal: str) -> Array | None:
    """`_parse` for Fortran's exponents, which `float` does not know."""
    values = []
    for cell in cells:
        if (value := number(cell, decimal)) is None:
            return None
        values.append(value)
    return np.array(values)


def floats_or_gaps(cells: Sequence[str], decimal: str = ".") -> Array | None:
    """All cells as float64, NaN where one is a gap; None as soon as one is neither a gap nor a number.

    >>> floats_or_gaps(["1", "NA", "-"]), floats_or_gaps(["1", "x"])
    (array([ 1., nan, nan]), None)
    """
    if (whole := floats(cells, decimal)) is not None:
        return whole
    gaps = {cell for cell in set(cells) if is_gap(cell)}
    given = np.array([cell not in gaps for cell in cells])
    numbers = floats([cell for cell in cells if cell not in gaps], decimal)
    if numbers is None:
        return None
    values = np.full(len(cells), np.nan)
    values[given] = numbers
    return values
