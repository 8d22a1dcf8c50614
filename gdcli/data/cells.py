"""One cell of a table: whether it is a number, missing, or neither, and how to say so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.errors import DataError

__all__ = [
    "complaint",
    "data_error",
    "floats",
    "floats_or_gaps",
    "is_missing",
    "mostly_numbers",
    "number",
    "printable",
    "quoted",
]

MISSING_WORDS = frozenset({"", "na", "n/a", "null", "none", "?", "nan", "+nan", "-nan"})
MISSING_HINT = "--missing drop leaves such rows out, --missing mean fills in the column's mean"
PADDING = " \t"
_PROBE = 1000  # cells that tell whether a column repeats itself

_PLAIN = r"[+-]?(?:[0-9]+{0}?[0-9]*|{0}[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = {mark: re.compile(_PLAIN.format(re.escape(mark))) for mark in ".,"}
_NOT_FINITE = re.compile(r"[+-]?(inf|infinity)", re.IGNORECASE)
_LOOKALIKES = (
    (r"[\u2010-\u2015\u2212] ?[0-9.,]+([eE][0-9]+)?", "write an ASCII hyphen for the minus: -5"),
    (r"[+-]?[0-9.,]+_[0-9_.,]+([eE][0-9]+)?", "write numbers without underscores"),
    (
        r"[+-]?[0-9]{1,3},[0-9]{3}",
        "drop the thousands separator; --decimal , if the comma is the decimal sign",
    ),
    (r"[+-]?[0-9]{1,3}([,.'\u2019 \u00a0\u202f][0-9]{3})+([.,][0-9]+)?", "drop the thousands separators"),
    (r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?", "--decimal , if the comma is the decimal sign"),
    (r"[+-]?[0-9]*\.[0-9]+([eE][+-]?[0-9]+)?", "leave --decimal out if the point is the decimal sign"),
    (r"[$€£]? ?[+-]?[0-9]+([.,][0-9]+)? ?[%$€£]?", "write the number alone, without a sign or unit"),
)


def printable(text: str) -> str:
    r"""Text safe to show on a terminal: control characters written out, everything else as it is.

    >>> print(printable("\x1b[31mred é"))
    \x1b[31mred é
    """
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
    place = ", ".join(
        [f"line {line}"] * bool(line) + [f"column {quoted(name)}" for name in [column] if name is not None]
    )
    return DataError(": ".join(part for part in (printable(source), place, what) if part), hint)


def is_missing(cell: str) -> bool:
    """Whether a cell stands for "no value": empty, NA, N/A, null, None, ? or nan, in any case.

    >>> [is_missing(cell) for cell in (" ", "n/a", "0")]
    [True, True, False]
    """
    return cell.strip().lower() in MISSING_WORDS


def number(cell: str, decimal: str = ".") -> float | None:
    """The finite number a cell holds, or None.

    Digits, one decimal sign, an exponent, a sign in front, blanks around: nothing else. What Python's own
    `float` takes beyond that (`1_0`, `nan`, digits of other scripts) is refused.

    Args:
        cell: The cell as written.
        decimal: The decimal sign, `.` or `,`.

    >>> number(" +1.5e3 "), number("1,5", decimal=","), number("1_0"), number("1e999")
    (1500.0, 1.5, None, None)
    """
    text = cell.strip(PADDING)
    if not _NUMBER[decimal].fullmatch(text):
        return None
    value = float(text.replace(",", "."))
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
        return None
    plain = cells if decimal == "." else [cell.replace(decimal, ".") for cell in cells]
    try:
        values = np.fromiter(map(float, plain), np.float64, len(plain))
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def floats_or_gaps(cells: Sequence[str], decimal: str = ".") -> Array | None:
    """All cells as float64, NaN where one is missing; None as soon as one is neither missing nor a number.

    >>> floats_or_gaps(["1", "NA", ""]), floats_or_gaps(["1", "x"])
    (array([ 1., nan, nan]), None)
    """
    if (whole := floats(cells, decimal)) is not None:
        return whole
    gaps = {cell for cell in set(cells) if is_missing(cell)}
    given = np.array([cell not in gaps for cell in cells])
    found = floats([cell for cell in cells if cell not in gaps], decimal)
    if found is None:
        return None
    values = np.full(len(cells), np.nan)
    values[given] = found
    return values


def mostly_numbers(cells: Sequence[str], decimal: str = ".") -> bool:
    """Whether at least half of the cells that are not missing are numbers, or meant as such: `3,5`, `1 000`, `inf`.

    Such a column is one of numbers with bad cells in it, which are to be named; any other holds text.

    >>> mostly_numbers(["1", "", "x"]), mostly_numbers(["a", "b", "3"]), mostly_numbers(["", "NA"])
    (True, False, False)
    >>> mostly_numbers(["3,5", "4,5"])
    True
    """
    counts = Counter(cells)
    given = [cell for cell in counts if not is_missing(cell)]
    numeric = sum(counts[cell] for cell in given if _meant_as_number(cell.strip(PADDING), decimal))
    return numeric > 0 and 2 * numeric >= sum(counts[cell] for cell in given)


def _meant_as_number(text: str, decimal: str) -> bool:
    patterns = (_NUMBER[decimal].pattern, _NOT_FINITE.pattern, *(pattern for pattern, _ in _LOOKALIKES))
    return any(re.fullmatch(pattern, text, re.IGNORECASE) for pattern in patterns)


def complaint(cell: str, decimal: str = ".") -> tuple[str, str]:
    """What is wrong with a cell that should be a number, and what to do about it.

    >>> complaint("3,5")
    ("'3,5' is not a number", '--decimal , if the comma is the decimal sign')
    >>> complaint("")[0], complaint("nan")[0], complaint("NA")[0]
    ('empty cell', "'nan' is not a finite number", "'NA' stands for a missing value")
    """
    text = cell.strip(PADDING)
    if is_missing(text):
        what = "is not a finite number" if "nan" in text.lower() else "stands for a missing value"
        return f"{quoted(text)} {what}" if text.strip() else "empty cell", MISSING_HINT
    if _NOT_FINITE.fullmatch(text) or _NUMBER[decimal].fullmatch(text):
        return f"{quoted(text)} is not a finite number", "correct the cell or leave the row out"
    otherwise = "correct the cell, or choose other columns with --x and --y"
    hint = next((hint for pattern, hint in _LOOKALIKES if re.fullmatch(pattern, text)), otherwise)
    return f"{quoted(text)} is not a number", hint
