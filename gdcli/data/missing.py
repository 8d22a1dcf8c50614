"""What to do about missing cells: refuse them, leave their rows out, fill in means, or keep them as gaps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.cells import data_error, printable
from gdcli.data.tables import Table
from gdcli.data.warning import count, listed
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import enumerated, say

__all__ = ["MISSING", "OTHER_INPUTS", "Fill", "Rows", "Used", "drop", "fail", "keep", "mean"]

OTHER_INPUTS = say("or choose other inputs with --x")

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

    def columns_with_gaps(self) -> list[str]:
        """The names of the columns with a missing cell, the target's last."""
        gaps = np.flatnonzero(_is_gap(self.inputs).any(axis=0))
        inputs = [self.names[at] for at in gaps.tolist()]
        return [*inputs, self.target] if self.untargeted.any() else inputs


@dataclass(frozen=True, eq=False)
class Fill:
    """What stands in for a missing input: the mean of its column, learnt on rows that have one.

    Learnt on training rows and applied to all others, so that no row held out tells on itself.

    Args:
        means: Shape (d,), in units of the inputs.

    >>> fill = Fill.learn(np.array([[1.0, 4.0], [3.0, np.nan]]))
    >>> fill(np.array([[np.nan, np.nan], [7.0, 8.0]])).tolist()
    [[2.0, 4.0], [7.0, 8.0]]
    """

    means: Array

    @classmethod
    def learn(cls, inputs: Array, names: Sequence[str] = ()) -> Fill:
        """The means of the inputs (n, d), in float64, without their gaps.

        Raises:
            DataError: If a column has no value at all.
        """
        gaps = _is_gap(inputs)
        means = inputs.mean(axis=0, dtype=np.float64)
        for at in np.flatnonzero(gaps.any(axis=0)).tolist():
            given = inputs[~gaps[:, at], at]
            if not given.size:
                raise _nothing_to_average(say("training rows"), names[at] if names else str(at + 1))
            means[at] = given.mean(dtype=np.float64)
        return cls(means)

    def __call__(self, inputs: Array) -> Array:
        """The inputs (n, d) with their gaps filled, in float64; the same array if it has none."""
        gaps = _is_gap(inputs)
        return np.where(gaps, self.means, inputs) if gaps.any() else inputs


def fail(used: Used) -> tuple[Array, Rows]:
    """Refuses missing cells: says how many rows have some, in which columns, and where the first is."""
    rows = used.incomplete()
    if rows.any():
        raise _gaps(used, rows)
    return used.inputs, ~rows


def drop(used: Used) -> tuple[Array, Rows]:
    """Leaves out rows in which a used cell is missing."""
    kept = _some(used, ~used.incomplete())
    return (used.inputs if kept.all() else used.inputs[kept]), kept


def keep(used: Used) -> tuple[Array, Rows]:
    """Keeps missing inputs as NaN, to be filled later; leaves out rows whose target is missing."""
    kept = _some(used, ~used.untargeted)
    return (used.inputs if kept.all() else used.inputs[kept]), kept


def mean(used: Used) -> tuple[Array, Rows]:
    """Fills in the column's mean for missing inputs; leaves out rows whose target is missing."""
    inputs, kept = keep(used)
    if not used.incomplete().any():
        return inputs, kept
    for at in np.flatnonzero(np.isnan(inputs).all(axis=0)).tolist():
        raise _nothing_to_average(used.table.source, used.names[at])
    return Fill.learn(inputs)(inputs), kept


Policy = Callable[[Used], tuple[Array, Rows]]
"""Gives the inputs of the rows that are kept, and which rows those are."""

MISSING: dict[str, Policy] = {"fail": fail, "drop": drop, "mean": mean, "keep": keep}
"""What can be done about missing cells, by name."""


def _is_gap(inputs: Array) -> Rows:
    """Which inputs are missing; whole numbers never are."""
    gaps: Rows = np.isnan(inputs) if inputs.dtype.kind == "f" else np.zeros((1, inputs.shape[-1]), bool)
    return gaps


def _some(used: Used, kept: Rows) -> Rows:
    if not kept.any():
        hint = say("choose other columns with --x and --y, or --missing mean")
        raise data_error(used.table.source, say("no row is left: each has a missing cell"), hint)
    return kept


def _nothing_to_average(source: str, name: str) -> DataError:
    return data_error(source, say("no value to take the mean of"), say("leave the column out of --x"), column=name)


def _ways(used: Used, rows: Rows) -> str:
    """What `--missing` does about some rows: drop helps if others are left, mean if inputs have gaps and values."""
    one, gaps = rows.sum() == 1, _is_gap(used.inputs)
    drops = (
        [] if rows.all() else [say("--missing drop leaves {what} out", what=say("the row") if one else say("the rows"))]
    )
    fillable = gaps.any() and not gaps.all(axis=0).any() and not used.untargeted.all()
    fills = [say("--missing mean fills {them}", them="it" if one else "them")] if fillable else []
    return say(": {names}", names=enumerated([*drops, *fills])) if drops or fills else ""


def _gaps(used: Used, rows: Rows) -> DataError:
    """The error `7 of 344 rows have gaps, in sex and mass: --missing drop leaves the rows out, ...`."""
    row, number = int(np.argmax(rows)), int(rows.sum())
    gaps = _is_gap(used.inputs[row : row + 1])[0]
    first = used.table.problem(row, used.names[int(np.argmax(gaps))] if gaps.any() else used.target)
    gapped = [*dict.fromkeys(map(used.table.column_behind, used.columns_with_gaps()))]
    one, only_target = number == 1, gapped == [used.target]
    have = say("has a gap") if one else say("have gaps")
    what = say(
        "{number:,} of {count} {have}, in {printable}{ways}",
        number=number,
        count=count(len(rows), "row"),
        have=have,
        printable=printable(listed(gapped)),
        ways=_ways(used, rows),
    )
    hint = say("or choose another target with --y") if only_target else OTHER_INPUTS
    return DataError(say("{message}; {what}", message=first.message, what=what), hint)
