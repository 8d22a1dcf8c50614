"""Rows that pass in blocks on their way to a linear fit: all of them where they are few, else what is left of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.categories import refuse_unknown
from gdcli.data.columns import regression
from gdcli.data.condensing import Condensed, Condenser
from gdcli.data.dataset import Dataset
from gdcli.data.examine import examine
from gdcli.data.report import Gaps, ReadReport
from gdcli.data.selection import with_categories
from gdcli.data.source import Divisible, Source, TableSource
from gdcli.data.splitting import held_out
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.experiments.reading import Reader, columns, with_gaps
from gdcli.experiments.spec import LineSpec, Spec
from gdcli.said import say

__all__ = [
    "MOST_NUMBERS",
    "MOST_ROWS",
    "Columns",
    "Complete",
    "Passed",
    "are_few",
    "can_pass",
    "held_out",
    "needs_rows",
    "no_row_left",
    "part_held_out",
    "passed_rows",
    "reported",
]

MOST_ROWS, MOST_NUMBERS = 1_000_000, 1 << 24
"""Rows, and numbers in them, up to which all are kept: the split is shuffled, every score is exact."""

_GAP_HINT = say("--missing drop leaves rows with gaps out, or choose other columns with --x and --y")


@dataclass(frozen=True, eq=False)
class Passed:
    """What is left of rows that are too many to keep.

    Args:
        names: The inputs.
        target: The target.
        train: Of the rows to train on.
        held: Of those held out by a seeded rule for each row; None if none are.
        by: Who read them, where that was not this process.
    """

    names: tuple[str, ...]
    target: str
    train: Condensed
    held: Condensed | None
    by: str = ""

    @property
    def data(self) -> Dataset:
        """The few rows that stand for those to train on."""
        return self.train.dataset(self.names, self.target)

    @property
    def validation(self) -> Dataset | None:
        """The few rows that stand for those held out."""
        return None if self.held is None else self.held.dataset(self.names, self.target)

    @property
    def ends(self) -> Array:
        """The inputs' smallest values and their largest, (2, d)."""
        return np.vstack([self.train.low, self.train.high])[:, :-1]


def can_pass(spec: Spec) -> bool:
    """Whether a fit needs no more of its rows than their scatter: MSE, full batches, no powers, no folds."""
    return needs_rows(spec) is None


def needs_rows(spec: Spec) -> str | None:
    """The option for which a fit needs its rows themselves; None where it needs no more than their scatter."""
    in_order = isinstance(spec.stop.validation, float) and not spec.loop.shuffle
    needed = {
        "--hidden": not isinstance(spec.model, LineSpec),
        "--degree": isinstance(spec.model, LineSpec) and spec.model.degree != 1,
        "--loss": spec.loss.loss not in (None, "mse"),
        "--batch-size": spec.loop.batch_size not in (None, "full"),
        "--at batch-size": any(one.name == "batch_size" for one in spec.changes.at or ()),
        "--folds": spec.folds.folds is not None,
        "--no-shuffle": in_order,
        "--missing mean": spec.data.missing == "mean",
    }
    return next((option for option, is_needed in needed.items() if is_needed), None)


def passed_rows(spec: Spec, reader: Reader) -> Dataset | Passed:
    """The rows of a spec that can pass.

    Raises:
        DataError: If they cannot be read, or hold what is no number.
        OptionError: If an option asks for a column that is not there.
    """
    rows = reader.rows(str(spec.data.source), spec.data)
    if isinstance(rows, Table):
        if not isinstance(rows, Divisible) or are_few(len(rows), len(rows.names)):
            table, report = examine(rows, columns(spec.data), categorical=None, task="regression")
            if are_few(len(rows), len(report.inputs) + 1):
                reader.take(report)
                return regression(table, with_gaps(report.columns))
        rows = rows.source_of_blocks() if isinstance(rows, Divisible) else TableSource(rows)
    head, report = examine(rows.head, columns(spec.data), categorical=None, task="regression")
    reader.say([rows.tip] * bool(rows.tip))
    return _Pass(rows, head, report, spec).result(reader)


def are_few(rows: int, width: int) -> bool:
    """Whether rows are so few that all are kept."""
    return rows <= MOST_ROWS and rows * width <= MOST_NUMBERS


@dataclass(frozen=True, eq=False)
class Columns:
    """What is taken of each block.

    Args:
        names: The inputs, and the target last.
        behind: The columns as they are read that those are made of.
        values: The values of text columns taken as 0 and 1.
        known: All texts of those columns.
        missing: What is done about gaps.
    """

    names: tuple[str, ...]
    behind: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]
    known: Mapping[str, tuple[str, ...]]
    missing: str

    @classmethod
    def of(cls, head: Table, report: ReadReport) -> Columns:
        """Those of a report; `head` has a column for each value of its text columns."""
        names = (*report.inputs, report.target.name)
        behind = tuple(dict.fromkeys(map(head.column_behind, names)))
        return cls(names, behind, dict(report.values), report.texts, report.missing)


@dataclass(eq=False)
class Complete:
    """Takes blocks, gives their rows without gaps, and counts what it leaves out.

    Args:
        columns: What is taken.
    """

    columns: Columns
    rows: int = 0
    dropped: int = 0

    def __post_init__(self) -> None:
        self.gaps: NDArray[np.int64] = np.zeros(len(self.columns.names), np.int64)

    def __call__(self, block: Table) -> Array:
        """A block's rows without gaps.

        Raises:
            DataError: At a cell that is no number, or missing where that is refused.
        """
        columns = self.columns
        refuse_unknown(block, columns.known)
        table = with_categories(block, columns.values)
        values = table.matrix(columns.names)
        self.rows += len(values)
        missing = np.isnan(values)
        incomplete = missing.any(axis=1)
        if not incomplete.any():
            return values
        if columns.missing == "fail":
            row = int(np.argmax(incomplete))
            error = table.problem(row, columns.names[int(np.argmax(missing[row]))])
            raise DataError(error.message, _GAP_HINT)
        self.gaps += missing.sum(axis=0)
        self.dropped += int(incomplete.sum())
        return values[~incomplete]


def reported(
    report: ReadReport, head: Table, names: Sequence[str], rows: int, gaps: NDArray[np.int64], dropped: int
) -> ReadReport:
    """The report of all rows, where `report` is of the first ones."""
    behind = map(head.column_behind, names)
    columns = {name: int(count) for name, count in zip(behind, gaps, strict=True) if count}
    return replace(report, rows=rows, gaps=Gaps(columns, dropped, dropped, 0))


def no_row_left(report: ReadReport) -> DataError:
    """The error about rows that all have a gap."""
    hint = say("choose other columns with --x and --y")
    return DataError(say("{source}: no row is left: each has a missing cell", source=report.source), hint)


@dataclass(eq=False)
class _Pass:
    """One pass over all rows: they are gathered until they are too many, and condensed from then on.

    Args:
        source: Gives them.
        head: The first ones, with a column for each value of their text columns.
        report: What is learned from.
        spec: What is done about gaps, and which rows are held out.
    """

    source: Source
    head: Table
    report: ReadReport
    spec: Spec
    gathered: list[Array] | None = field(default_factory=list)

    def __post_init__(self) -> None:
        self.complete = Complete(Columns.of(self.head, self.report))
        self.names = self.complete.columns.names
        self.fraction = part_held_out(self.spec)
        self.kept = 0

    def result(self, reader: Reader) -> Dataset | Passed:
        """All rows, or what is left of them.

        Raises:
            DataError: At a cell that is no number, or missing where that is refused; if no row is left.
        """
        complete = self.complete
        for block in self.source.blocks(complete.columns.behind, reader.progress):
            self._take(complete(block))
        reader.take(reported(self.report, self.head, self.names, complete.rows, complete.gaps, complete.dropped))
        if not self.kept:
            raise no_row_left(self.report)
        return self._passed() if self.gathered is None else self._dataset(np.concatenate(self.gathered))

    def _take(self, values: Array) -> None:
        if self.gathered is None:
            self._condense(values)
        else:
            self.gathered.append(values)
        self.kept += len(values)
        if self.gathered is not None and not are_few(self.kept, len(self.names)):
            gathered, self.gathered = self.gathered, None
            self.train, self.held, self.at = Condenser(len(self.names)), Condenser(len(self.names)), 0
            for part in gathered:
                self._condense(part)

    def _condense(self, values: Array) -> None:
        """Hands rows to their condenser: training, or held out."""
        if self.fraction:
            out = held_out(self.at, len(values), self.fraction, self.spec.loop.seed)
            self.held.add(values[out])
            values, self.at = values[~out], self.at + len(values)
        self.train.add(values)

    def _dataset(self, rows: Array) -> Dataset:
        return Dataset(np.ascontiguousarray(rows[:, :-1]), rows[:, -1].copy(), self.names[:-1], self.names[-1])

    def _passed(self) -> Passed:
        held = self.held.result() if self.fraction else None
        return Passed(self.names[:-1], self.names[-1], self.train.result(), held)


def part_held_out(spec: Spec) -> float:
    """The part of the rows held out; 0 if none are, or others are given."""
    fraction = spec.stop.validation
    return fraction if isinstance(fraction, float) else 0.0
