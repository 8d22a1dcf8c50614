"""The fast way to read a text of nothing but numbers: blocks of lines through NumPy's parser."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gdcli.arrays import Array
from gdcli.data.cells import number
from gdcli.data.delimiters import BLANKS
from gdcli.data.digits import decimals
from gdcli.data.layout import ReadOptions, Text

__all__ = ["narrow", "pick", "read_block", "read_matrix", "with_gaps"]

_BLOCK_BYTES = 1 << 22
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONG = b"0" * 19  # digits that int64 may not hold


def pick(matrix: Array, at: list[int]) -> Array:
    """Columns of a matrix: a view if they stand side by side, else a copy.

    >>> pick(np.arange(6).reshape(2, 3), [1, 2]).tolist()
    [[1, 2], [4, 5]]
    """
    first = at[0] if at else 0
    contiguous = at == list(range(first, first + len(at)))
    return matrix[:, first : first + len(at)] if contiguous else matrix[:, at]


def read_matrix(text: Text) -> Array | None:
    """All cells as numbers, (n, d), in the narrowest type that holds them; None if any needs a closer look.

    Args:
        text: The table, its layout known.
    """
    if text.decimal == text.delimiter or not text.delimiter.isascii() or text.skip or text.options.group:
        return None
    blocks = []
    for block in _blocks(text):
        values = read_block(block, text)
        if values is None:
            return None
        blocks.append(narrow(values))
    return with_gaps(np.concatenate(blocks), text.options) if blocks else None


def with_gaps(values: Array, options: ReadOptions) -> Array:
    """The numbers, NaN in place of those that stand for a missing value.

    >>> with_gaps(np.array([3.0, -999.0]), ReadOptions(na=("-999.0",)))
    array([ 3., nan])
    """
    numbers = [value for word in options.na if (value := number(word, options.decimal)) is not None]
    gaps = np.isin(values, numbers) if numbers else np.zeros(0, bool)
    return np.where(gaps, np.nan, values) if gaps.any() else values


def _blocks(text: Text) -> Iterator[bytes]:
    """The rows' bytes, cut after a line every few megabytes; blocks of blank lines are left out."""
    start, size = text.offset, len(text.content)
    while start < size:
        limit = start + _BLOCK_BYTES
        cut = text.content.rfind(b"\n", start, limit) + 1 if limit < size else size
        block = text.content[start : cut or size]
        start += len(block)
        if not block.isspace():
            yield block


def read_block(block: bytes, text: Text) -> Array | None:
    """Lines of plain finite numbers, as many in each as there are columns; None for anything else.

    Only characters that plain numbers are made of get as far as NumPy's parser, which would also take `nan`,
    or blanks of other scripts; so this accepts what `number` accepts and nothing beyond.
    """
    values = decimals(block, text.delimiter.encode(), text.decimal.encode(), len(text.names))
    return _parsed(block, text) if values is None else values


def _parsed(block: bytes, text: Text) -> Array | None:
    """The same where blanks, signs and exponents stand among the digits."""
    marks = b" \t\n" + text.delimiter.encode()
    if block.translate(None, b"0123456789+-eE" + text.decimal.encode() + marks):
        return None
    lines = block.replace(text.decimal.encode(), b".").decode().split("\n")
    whole = not block.translate(None, b"0123456789-" + marks) and _LONG not in block.translate(_ZEROS)
    delimiter = None if text.delimiter == BLANKS else text.delimiter
    try:
        # Whole numbers are read as such, eight times as fast.
        values = np.loadtxt(lines, np.int64 if whole else np.float64, comments=None, delimiter=delimiter, ndmin=2)
    except ValueError:
        return None
    return values if values.shape[1] == len(text.names) and np.isfinite(values).all() else None


def narrow(values: Array) -> Array:
    """The same numbers in the narrowest of uint8, float32 and float64 that holds them exactly.

    >>> [narrow(np.array(values)).dtype.name for values in ([255.0], [0.5, np.nan], [0.1])]
    ['uint8', 'float32', 'float64']
    """
    for dtype in (np.uint8, np.float32):
        with np.errstate(invalid="ignore", over="ignore"):
            fewer = values.astype(dtype)
        if np.array_equal(fewer, values, equal_nan=True):
            return fewer
    return values.astype(np.float64, copy=False)
