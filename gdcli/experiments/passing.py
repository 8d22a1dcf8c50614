"""Rows that pass in blocks on their way to a linear fit: all of them where they are few, else what is left of many."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gdcli.arrays import Array
from gdcli.data.categories import categories, refuse_unknown
from gdcli.data.columns import regression
from gdcli.data.condensing import Condensed, Condenser
from gdcli.data.dataset import Dataset
from gdcli.data.examine import examine
from gdcli.data.report import Gaps, ReadReport
from gdcli.data.selection import with_categories
from gdcli.data.source import Divisible, Source, TableSource
from gdcli.data.splitting import held_out
from gdcli.data.tables import Table
from gdcli.errors import DataError
from gdcli.experiments.reading import Reader, columns, with_gaps
from gdcli.experiments.spec import LineSpec, Spec

__all__ = ["MOST_NUMBERS", "MOST_ROWS", "Passed", "can_pass", "passed_rows"]

MOST_ROWS, MOST_NUMBERS = 1_000_000, 1 << 24
"""Rows, and numbers in them, up to which all are kept: the split is shuffled, every score is exact."""

_GAP_HINT = "--missing drop leaves rows with gaps out, or choose other columns with --x and --y"


@dataclass(frozen=True, eq=False)
class Passed:
    """What is left of rows that are too many to keep.

    Args:
        names: The inputs.
        target: The target.
        train: Of the rows to train on.
        held: Of those held out by a seeded rule for each row; None if none are.
    """

    names: tuple[str, ...]
    target: str
    train: Condensed
    held: Condensed | None

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
    validation = spec.stop.validation
    in_order = isinstance(validation, float) and not spec.loop.shuffle
    plain = isinstance(spec.model, LineSpec) and spec.model.degree == 1 and spec.loss.loss in (None, "mse")
    full = spec.loop.batch_size in (None, "full") and spec.folds.folds is None
    return plain and full and not in_order and spec.data.missing != "mean"


def passed_rows(spec: Spec, reader: Reader) -> Dataset | Passed:
    """The rows of a spec that can pass.

    Raises:
        DataError: If they cannot be read, or hold what is no number.
        OptionError: If an option asks for a column that is not there.
    """
    rows = reader.rows(str(spec.data.source), spec.data)
    if isinstance(rows, Table):
        if not isinstance(rows, Divisible) or _are_few(len(rows), len(rows.names)):
            table, report = examine(rows, columns(spec.data), task="regression")
            if _are_few(len(rows), len(report.inputs) + 1):
                reader.take(report)
                return regression(table, with_gaps(report.columns))
        rows = rows.source_of_blocks() if isinstance(rows, Divisible) else TableSource(rows)
    head, report = examine(rows.head, columns(spec.data), task="regression")
    reader.say([rows.tip] * bool(rows.tip))
    return _Pass(rows, head, report, spec).result(reader)


def _are_few(rows: int, width: int) -> bool:
    return rows <= MOST_ROWS and rows * width <= MOST_NUMBERS


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
    rows: int = 0
    gathered: list[Array] | None = field(default_factory=list)
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    dropped: int = 0

    def __post_init__(self) -> None:
        self.names = (*self.report.inputs, self.report.target.name)
        self.behind = tuple(dict.fromkeys(map(self.head.column_behind, self.names)))
        self.known = {name: categories(self.head, name) for name in self.report.values}
        self.gaps = np.zeros(len(self.names), np.int64)
        fraction = self.spec.stop.validation
        self.fraction = fraction if isinstance(fraction, float) else 0.0
        self.kept = 0

    def result(self, reader: Reader) -> Dataset | Passed:
        """All rows, or what is left of them.

        Raises:
            DataError: At a cell that is no number, or missing where that is refused; if no row is left.
        """
        for block in self.source.blocks(self.behind, reader.progress):
            self._take(self._complete(block))
        reader.take(self._reported())
        if not self.kept:
            hint = "choose other columns with --x and --y"
            raise DataError(f"{self.report.source}: no row is left: each has a missing cell", hint)
        return self._passed() if self.gathered is None else self._dataset(np.concatenate(self.gathered))

    def _complete(self, block: Table) -> Array:
        """A block's rows without gaps."""
        refuse_unknown(block, self.known)
        table = with_categories(block, self.report.values)
        values = table.matrix(self.names)
        self.rows += len(values)
        missing = np.isnan(values)
        incomplete = missing.any(axis=1)
        if not incomplete.any():
            return values
        if self.report.missing == "fail":
            row = int(np.argmax(incomplete))
            error = table.problem(row, self.names[int(np.argmax(missing[row]))])
            raise DataError(error.message, _GAP_HINT)
        self.gaps += missing.sum(axis=0)
        self.dropped += int(incomplete.sum())
        return values[~incomplete]

    def _take(self, values: Array) -> None:
        if self.gathered is None:
            self._condense(values)
        else:
            self.gathered.append(values)
        self.kept += len(values)
        if self.gathered is not None and not _are_few(self.kept, len(self.names)):
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

    def _reported(self) -> ReadReport:
        """The report, of all rows."""
        behind = map(self.head.column_behind, self.names)
        columns = {name: int(count) for name, count in zip(behind, self.gaps, strict=True) if count}
        return replace(self.report, rows=self.rows, gaps=Gaps(columns, self.dropped, self.dropped, 0))

    def _dataset(self, rows: Array) -> Dataset:
        return Dataset(np.ascontiguousarray(rows[:, :-1]), rows[:, -1].copy(), self.names[:-1], self.names[-1])

    def _passed(self) -> Passed:
        held = self.held.result() if self.fraction else None
        return Passed(self.names[:-1], self.names[-1], self.train.result(), held)
