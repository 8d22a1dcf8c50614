"""Blocks of plain csv through polars, where it is installed: the numbers of the project's own reader, or none."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from gdcli.arrays import Array
from gdcli.data.delimiters import BLANKS
from gdcli.data.layout import Text

__all__ = ["is_installed", "is_plain", "numbers"]

_MORE = "\0more"


def is_installed() -> bool:
    """Whether polars is there; it is not imported."""
    return find_spec("polars") is not None


def is_plain(text: Text) -> bool:
    """Whether lines are such that polars would read them as this project's reader does."""
    options = text.options
    plain = not (text.skip or options.group or options.na) and text.decimal == "."
    return plain and text.delimiter != BLANKS and text.delimiter.isascii() and b'"' not in text.content


def numbers(text: Text, names: Sequence[str]) -> Array | None:
    """Some columns of a block of lines, (n, len(names)); None where this project's own reader has to decide.

    That is where polars would see a gap or several (a short row, a blank line), or pass over the end of a long row, or
    find a number that is not finite or not written as one.

    Args:
        text: The block, rows from its first byte on.
        names: The columns.
    """
    import polars as pl
    from polars import exceptions

    if not is_plain(text):
        return None
    schema = {name: pl.Float64 if name in names else pl.String for name in text.names} | {_MORE: pl.String}
    try:
        rows = pl.scan_csv(
            text.content,
            has_header=False,
            separator=text.delimiter,
            quote_char=None,
            schema=schema,
            missing_columns="insert",
            extra_columns="raise",
        )
        frame = rows.select(*names, _MORE).collect(engine="streaming")
    except (exceptions.PolarsError, exceptions.PanicException):
        return None
    values: Array = frame.select(names).to_numpy()
    is_whole = frame[_MORE].null_count() == frame.height and bool(np.isfinite(values).all())
    return values if is_whole else None
