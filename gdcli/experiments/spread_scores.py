"""Scores of predictions by workers: each scores partitions of its own, and only sums travel."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gdcli.analysis.sums import Sums
from gdcli.arrays import NDArray
from gdcli.data.columns import ColumnOptions, choose, regression
from gdcli.data.examine import examine
from gdcli.data.report import ReadReport
from gdcli.data.source import Source
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.line import LineExperiment, on_rows
from gdcli.experiments.merging import Tree
from gdcli.experiments.passing import Columns, Complete, no_row_left, reported
from gdcli.experiments.predicting import Predictions, Scored, of_column, of_line
from gdcli.experiments.reading import Reader, columns
from gdcli.experiments.spec import Spec
from gdcli.experiments.spreading import Task, cut, divided, on_blocks, on_partitions
from gdcli.experiments.workers import Workers
from gdcli.said import say
from gdcli.training.records import Scores

__all__ = ["Totals", "predicted", "spread_scores"]


@dataclass(frozen=True, eq=False)
class Totals:
    """How predictions do on rows that nobody has all of.

    Args:
        name: Where the rows are, as DATA would name it.
        target: What is predicted.
        model: The equation's terms and parameters; None for a column of predictions.
        reading: What was read and how it is understood, for a model.
        sums: What the scores come from.
    """

    name: str
    target: str
    model: tuple[tuple[str, ...], list[float]] | None
    reading: ReadReport | None
    sums: Sums

    @property
    def count(self) -> int:
        """How many rows were scored."""
        return self.sums.rows

    @property
    def scores(self) -> Scores:
        """MSE, RMSE, MAE and R2."""
        return self.sums.scores

    def metric(self, name: str) -> float:
        """One of the scores."""
        return float(getattr(self.scores, name))

    def rows(self) -> Iterator[Scored]:
        """None: only sums have come here."""
        return iter(())

    def column_names(self) -> list[str]:
        """None."""
        return []

    def refuse_rows_alone(self, form: str, is_of_rows: bool) -> None:
        """Refuses a format that holds rows and nothing else.

        Raises:
            OptionError: If it is one.
        """
        if is_of_rows:
            hint = say("take json, kv or table, or leave out --workers and --cluster")
            raise OptionError(
                say("--format {form} is a line for each row, and only sums have come here", form=form), hint
            )


class Scoring(NamedTuple):
    """What is done with every partition.

    Args:
        columns: What is taken of its rows.
        line: What predicts them; None where the one input is the prediction.
    """

    columns: Columns
    line: LineExperiment | None


class Part(NamedTuple):
    """What comes of one partition, or of several: rows, those left out, gaps of each column, and the sums."""

    rows: int
    dropped: int
    gaps: NDArray[np.int64]
    sums: Sums

    def merged(self, other: Part) -> Part:
        """The same of these rows and of others."""
        rows, dropped, gaps = self.rows + other.rows, self.dropped + other.dropped, self.gaps + other.gaps
        return Part(rows, dropped, gaps, self.sums.merged(other.sums))


def predicted(spec: Spec, column: str | None, reader: Reader, workers: Workers | None = None) -> Predictions | Totals:
    """Predictions to score, or what they come to where workers do it.

    Args:
        spec: The line, and where the rows are.
        column: A column of predictions instead.
        reader: Reads the rows.
        workers: Who scores many rows, if not this process.

    Raises:
        DataError: If rows cannot be read, or hold what is no number.
        OptionError: If workers cannot do it.
    """
    totals = None if workers is None else spread_scores(spec, column, reader, workers)
    if totals is not None:
        return totals
    return of_line(spec, reader) if column is None else of_column(column, spec.data, reader)


def spread_scores(spec: Spec, column: str | None, reader: Reader, workers: Workers) -> Totals | None:
    """The scores of a line or of a column of predictions; None where the rows are so few that they are read here.

    Raises:
        DataError: If rows cannot be read, or hold what is no number.
        OptionError: If they come through a pipe, or gaps are to be filled.
    """
    if spec.data.missing == "mean":
        raise OptionError(
            say("{option}: a column's mean is known only where all rows are", option=workers.option),
            say("--missing drop"),
        )
    rows = divided(spec.data, reader, workers)
    if rows is None:
        return None
    if column is not None:
        return _of_column(column, spec, rows, reader, workers)
    head, report = examine(rows.head, columns(spec.data), categorical=None, task="regression")
    few = regression(head, ColumnOptions(report.inputs, report.target.name, "drop"))
    line = on_rows(spec, dataclasses.replace(few, inputs=few.inputs[:2], targets=few.targets[:2]))
    shared = Scoring(Columns.of(head, report), line)
    part = _part(shared, spec, rows, reader, workers)
    names = shared.columns.names
    reader.take(reported(report, head, names, part.rows, part.gaps, part.dropped))
    if not part.sums.rows:
        raise no_row_left(report)
    return Totals(str(spec.data.source), names[-1], (line.terms, line.start.tolist()), reader.reading, part.sums)


def _of_column(column: str, spec: Spec, rows: Source, reader: Reader, workers: Workers) -> Totals:
    wanted = columns(dataclasses.replace(spec.data, x=(column,)))
    (prediction,), target = choose(rows.head, ColumnOptions(wanted.x, spec.data.y, wanted.missing))
    names = (prediction, target)
    shared = Scoring(Columns(names, names, {}, {}, wanted.missing), None)
    return Totals(str(spec.data.source), target, None, None, _part(shared, spec, rows, reader, workers).sums)


def _part(shared: Scoring, spec: Spec, rows: Source, reader: Reader, workers: Workers) -> Part:
    """What comes of all rows."""

    def run(tasks: Sequence[Task]) -> Part:
        tree = Tree(len(tasks), Part.merged)
        for at, part in on_partitions(score, shared, tasks, workers, reader):
            tree.add(at, part)
        return tree.result

    return cut(str(spec.data.source), spec.data, rows, run)


def score(shared: Scoring, task: Task) -> Part:
    """What comes of a partition."""

    def part(blocks: Iterable[Table]) -> Part:
        complete, sums = Complete(shared.columns), Sums()
        for block in blocks:
            values = complete(block)
            inputs, targets = values[:, :-1], values[:, -1]
            outputs = inputs[:, 0] if shared.line is None else shared.line.predict(shared.line.start, inputs)
            sums = sums.merged(Sums.of(outputs, targets))
        return Part(complete.rows, complete.dropped, complete.gaps, sums)

    with np.errstate(all="ignore"):
        return on_blocks(part, task.partition, shared.columns.behind)
