"""Decimal numbers, a block at a time: digits as whole numbers, divided by the power of ten that the sign stood for.

The quotient of a whole number below 2^53 and a power of ten up to 10^22 is the float nearest to what is written. Of a
longer number it is so in extended precision, unless that ends midway between two floats: those few are parsed again.

Source: W. D. Clinger 1990, How to Read Floating Point Numbers Accurately, section 3.
"""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array, NDArray

__all__ = ["decimals"]

_EXACT, _POWERS = 1 << 53, 22
_LONG_EXACT, _LONG_POWERS = (1 << 63) - 1, 27
_HAS_EXTENDED = np.finfo(np.longdouble).nmant >= 63

Places = NDArray[np.intp]


def decimals(block: bytes, delimiter: bytes, decimal: bytes, width: int) -> Array | None:
    """Rows of plain numbers, (n, width): digits, a minus in front, one decimal sign; None if anything else is there.

    Args:
        block: Whole lines.
        delimiter: One byte.
        decimal: One byte.
        width: Cells in each row.

    >>> decimals(b"1.5,-2\\n.25,3.\\n", b",", b".", 2).tolist()
    [[1.5, -2.0], [0.25, 3.0]]
    >>> [decimals(block, b",", b".", 2) for block in (b"1,\\n", b"1,2,3\\n", b"1.5.2,1\\n", b"1-2,3\\n", b"1e3,4\\n")]
    [None, None, None, None, None]
    """
    if block.translate(None, b"0123456789-\n" + delimiter + decimal):
        return None
    block = block if block.endswith(b"\n") else block + b"\n"
    cells = _cells(np.frombuffer(block, np.uint8), ord(delimiter), ord(decimal), width)
    if cells is None:
        return None
    ends, places = cells
    digits = block.translate(bytes.maketrans(delimiter + b"\n", b",,"), decimal)
    if b"-," in digits:  # a minus alone, which the parser takes for 0
        return None
    try:
        whole = np.fromstring(digits[:-1], np.int64, sep=",")
    except ValueError:
        return None
    if len(whole) != len(ends):
        return None
    values, unsure = _quotients(whole, places)
    for at in unsure:
        begin = int(ends[at - 1]) + 1 if at else 0
        values[at] = float(block[begin : int(ends[at])].replace(decimal, b"."))
    return values.reshape(-1, width) if values.size else None


def _cells(block: NDArray[np.uint8], delimiter: int, decimal: int, width: int) -> tuple[Places, Places] | None:
    """Where the cells end, and how many digits each has behind its decimal sign; None unless all rows are alike."""
    marks = np.flatnonzero((block == delimiter) | (block == decimal) | (block == ord("\n")))
    signs = block[marks]
    is_point = signs == decimal
    at = np.flatnonzero(~is_point)
    is_end = (signs[at] == ord("\n")).reshape(-1, width) if len(at) % width == 0 else np.zeros((1, 1), bool)
    if is_end.shape[1] != width or is_end[:, :-1].any() or not is_end[:, -1].all():
        return None
    if (is_point[1:] & is_point[:-1]).any():  # two in one cell
        return None
    ends, before = marks[at], at - 1
    places = np.where(is_point[before], ends - marks[before] - 1, 0)
    return ends, places


def _quotients(whole: NDArray[np.int64], places: Places) -> tuple[Array, list[int]]:
    """Whole numbers over powers of ten as floats, and at which of them that is not sure; no floats if at too many."""
    most, power = max(int(whole.max()), -int(whole.min())), int(places.max())
    if most <= _EXACT and power <= _POWERS:
        return whole / (10.0 ** np.arange(power + 1))[places], []
    if not _HAS_EXTENDED or most >= _LONG_EXACT or power > _LONG_POWERS:
        return np.empty(0), []
    powers = np.cumprod(np.concatenate([[1], np.full(power, 10)]).astype(np.longdouble))
    extended = whole.astype(np.longdouble) / powers[places]
    values = extended.astype(np.float64)
    apart, unit = np.abs(extended - values), np.spacing(np.abs(values))
    return values, np.flatnonzero((apart * 2 == unit) | (apart * 4 == unit)).tolist()
