"""A last row that holds the sums of those above it: a total, which is no example."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.data.cells import printable, quoted
from gdcli.data.lookalikes import kind
from gdcli.data.tables import Table
from gdcli.data.warning import ReadWarning, as_option, columns_listed
from gdcli.said import say

__all__ = ["is_summed", "total_warnings"]

_FEWEST_ROWS, _FEWEST_COLUMNS, _MOST_COLUMNS = 6, 2, 20
_ROUNDING = 1e-9
_TOTALS = ("total", "totals", "sum", "summe", "gesamt", "somme", "suma", "totale", "\u5408\u8a08", "\u7e3d\u8a08")


def total_warnings(table: Table, names: Sequence[str]) -> Iterator[ReadWarning]:
    """The remark on a last row of sums, where there is one.

    Args:
        table: The table.
        names: Its columns of numbers that are used.
    """
    if len(table) < _FEWEST_ROWS:
        return
    columns = [name for name in names[-_MOST_COLUMNS:] if is_summed(table.kept([name])[:, 0])]
    cell = table.texts(table.names[0])[-1].strip() if columns else ""
    if not columns or (len(columns) < _FEWEST_COLUMNS and cell.split(" ")[0].rstrip(":").lower() not in _TOTALS):
        return
    word = cell.split()[0] if cell and kind(cell) == "word" else ""
    leaves = (
        say("--comment {as_option} leaves it out", as_option=as_option([word]))
        if word
        else say("delete it if it is a total")
    )
    row = say("the last row ({quoted})", quoted=quoted(cell)) if word else say("the last row")
    what = say(
        "{row} holds the sums of those above it in {columns_listed}: {leaves}",
        row=row,
        columns_listed=columns_listed(columns),
        leaves=leaves,
    )
    yield ReadWarning(
        "total",
        tuple(columns),
        printable(what),
        say("--comment {as_option}", as_option=as_option([word])) if word else "",
    )


def is_summed(values: Array) -> bool:
    """Whether the last value is the sum of those above it, which differ, but for rounding.

    >>> [is_summed(np.array(values)) for values in ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], [0.0, 0.0, 0.0])]
    [True, False, False]
    """
    above, last = values[:-1], float(values[-1])
    gap = abs(float(above.sum(dtype=np.float64)) - last)
    close = gap <= _ROUNDING * float(np.abs(above).sum(dtype=np.float64))
    return bool(close and last and above.min() < above.max())
