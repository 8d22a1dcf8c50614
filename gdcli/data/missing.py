"""What to do about missing cells: refuse them, leave their rows out, or fill in the column's mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gdcli.arrays import Array
from gdcli.data.cells import data_error
from gdcli.data.tables import Table

__all__ = ["MISSING", "Rows", "Used", "drop", "fail", "mean"]

Rows = NDArray[np.bool_]
"""One truth value per row."""


@dataclass(frozen=True, eq=False)
class Used:
    """The used columns of a table, before missing cells are dealt with.

    Args:
        table: The table, for messages.
        names: The names of the inputs.
        inputs: Their values (n, d), NaN where a cell is missing.
        target: The name of the target.
        untargeted: Which rows have no target.
    """

    table: Table
    names: Sequence[str]
    inputs: Array
    target: str
    untargeted: Rows

    def incomplete(self) -> Rows:
        """The rows with a missing cell; inputs of whole numbers have none."""
        if self.inputs.dtype.kind != "f":
            return self.untargeted
        rows: Rows = np.asarray(np.isnan(self.inputs).any(axis=1)) | self.untargeted
        return rows


def fail(used: Used) -> tuple[Array, Rows]:
    """Refuses missing cells, naming the first."""
    rows = used.incomplete()
    if rows.any():
        row = int(np.argmax(rows))
        gaps = np.isnan(used.inputs[row])
        raise used.table.problem(row, used.names[int(np.argmax(gaps))] if gaps.any() else used.target)
    return used.inputs, ~rows


def drop(used: Used) -> tuple[Array, Rows]:
    """Leaves out rows in which a used cell is missing."""
    kept = _some(used, ~used.incomplete())
    return (used.inputs if kept.all() else used.inputs[kept]), kept


def mean(used: Used) -> tuple[Array, Rows]:
    """Fills in the column's mean for missing inputs; leaves out rows whose target is missing."""
    kept = _some(used, ~used.untargeted)
    if not used.incomplete().any():
        return used.inputs, kept
    filled = used.inputs[kept]
    gaps = np.isnan(filled)
    for place in np.flatnonzero(gaps.any(axis=0)).tolist():
        given = filled[~gaps[:, place], place]
        if not given.size:
            what, hint = "no value to take the mean of", "leave the column out of --x"
            raise data_error(used.table.source, what, hint, column=used.names[place])
        filled[gaps[:, place], place] = given.mean(dtype=np.float64)
    return filled, kept


Policy = Callable[[Used], tuple[Array, Rows]]
"""Gives the inputs of the rows that are kept, and which rows those are."""

MISSING: dict[str, Policy] = {"fail": fail, "drop": drop, "mean": mean}
"""What can be done about missing cells, by name."""


def _some(used: Used, kept: Rows) -> Rows:
    if not kept.any():
        hint = "choose other columns with --x and --y, or --missing mean"
        raise data_error(used.table.source, "no row is left: each has a missing cell", hint)
    return kept
