"""How a saved model does on rows with known answers: here, or by workers, of whom only sums travel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gdcli.analysis.evaluation import Evaluation
from gdcli.analysis.sums import Sums
from gdcli.arrays import Array
from gdcli.data.columns import find
from gdcli.data.report import Gaps, ReadReport
from gdcli.data.source import Source
from gdcli.data.tables import Table
from gdcli.errors import OptionError
from gdcli.experiments.evaluating import Evaluated
from gdcli.experiments.merging import Tree
from gdcli.experiments.reading import Reader, needed_columns
from gdcli.experiments.saved import Model
from gdcli.experiments.spec import DataSpec
from gdcli.experiments.spreading import Task, cut, divided, on_blocks, on_partitions
from gdcli.experiments.workers import Workers
from gdcli.nn import losses, metrics
from gdcli.said import say

__all__ = ["evaluated"]

AREA = say("the area under the ROC curve needs every row's probability in one place, and is left out")


def evaluated(
    model: Model, spec: DataSpec, reader: Reader, labels: str | None = None, workers: Workers | None = None
) -> Evaluated:
    """How a model does.

    Args:
        model: The model.
        spec: The rows.
        reader: Reads them.
        labels: The file that goes with IDX images.
        workers: Who does it on many rows, if not this process.

    Raises:
        DataError: If rows cannot be read, or hold what the model does not know.
        OptionError: If other inputs are asked for, or workers cannot do it.
    """
    if workers is not None and labels is not None:
        raise OptionError(
            say("{option}: --labels goes with one file of images", option=workers.option),
            say("leave out {option}", option=workers.option),
        )
    divisible = None if workers is None else divided(spec, reader, workers)
    if workers is not None and divisible is not None:
        return _spread(model, spec, divisible, reader, workers)
    table = model.table(str(spec.source), spec, reader, labels)
    rows = model.dataset(table, spec)
    return Evaluated.of(model, rows, model.reading(table, rows, spec))


def _of_counts(log_loss: float, counts: Array) -> dict[str, float]:
    return {
        "log_loss": log_loss,
        "macro_f1": metrics.macro_f1(counts),
        "balanced_accuracy": metrics.balanced_accuracy(counts),
    }


class Tally(NamedTuple):
    """What comes of one partition, or of several.

    Args:
        read: Their rows.
        gaps: Their missing cells.
        losses: The sum of the loss over the rows, and of the log loss.
        counts: The confusion matrix.
        sums: What the scores of numbers come from.
    """

    read: int
    gaps: Gaps
    losses: Array
    counts: Array
    sums: Sums

    def merged(self, other: Tally) -> Tally:
        """The same of these rows and of others."""
        return Tally(
            self.read + other.read,
            _both(self.gaps, other.gaps),
            self.losses + other.losses,
            self.counts + other.counts,
            self.sums.merged(other.sums),
        )


def _both(one: Gaps, other: Gaps) -> Gaps:
    names = dict.fromkeys((*one.columns, *other.columns))
    columns = {name: one.columns.get(name, 0) + other.columns.get(name, 0) for name in names}
    rows, dropped, filled = one.rows + other.rows, one.dropped + other.dropped, one.filled + other.filled
    return Gaps(columns, rows, dropped, filled)


class Question(NamedTuple):
    """What is done with every partition: the model, how its rows are read, and the columns that are read."""

    model: Model
    spec: DataSpec
    names: tuple[str, ...]


def _spread(model: Model, spec: DataSpec, rows: Source, reader: Reader, workers: Workers) -> Evaluated:
    """How a model does on rows that workers read."""
    if spec.x is not None:
        raise OptionError(say("--x: a saved model knows its inputs"), say("leave it out"))
    prepared, wide = model.saved.preparation, model.with_values(rows.head)
    with needed_columns():
        target = find(wide, spec.y or prepared.target_name)
    named = replace(spec, y=target)
    read = (*map(wide.column_behind, prepared.input_names), *prepared.texts, target)
    question = Question(model, named, tuple(dict.fromkeys(read)))
    first = model.reading(wide, model.dataset(wide, named), named)

    def run(tasks: Sequence[Task]) -> Tally:
        tree = Tree(len(tasks), Tally.merged)
        for at, tally in on_partitions(tallied, question, tasks, workers, reader):
            tree.add(at, tally)
        return tree.result

    tally = cut(str(spec.source), spec, rows, run)
    reading = replace(first, source=str(spec.source), rows=tally.read, gaps=tally.gaps)
    if len(model.classes) == 2:
        workers.note(AREA)
    return _concluded(model, tally, reading)


def _concluded(model: Model, tally: Tally, reading: ReadReport) -> Evaluated:
    """The figures that sums come to."""
    count = int(tally.counts.sum()) if model.classes else tally.sums.rows
    loss, log_loss = (tally.losses / count).tolist()
    if not model.classes:
        figures = tally.sums.scores._asdict()
        same = [name for name in figures if model.loss is getattr(losses, name, None)]
        return Evaluated(count, (), Evaluation(figures[same[0]] if same else loss, figures, None), {}, reading)
    found = Evaluation(loss, {"accuracy": float(tally.counts.trace()) / count}, tally.counts)
    return Evaluated(count, model.classes, found, _of_counts(log_loss, tally.counts), reading)


def tallied(question: Question, task: Task) -> Tally:
    """What comes of a partition."""

    def tally(blocks: Iterable[Table]) -> Tally:
        classes = len(question.model.classes)
        total = Tally(0, Gaps({}), np.zeros(2), np.zeros((classes, classes), np.int64), Sums())
        for block in blocks:
            total = total.merged(_tally(question, question.model.with_values(block)))
        return total

    with np.errstate(all="ignore"):
        return on_blocks(tally, task.partition, question.names)


def _tally(question: Question, table: Table) -> Tally:
    """What comes of a block."""
    model, spec, _ = question
    rows, prepared, classes = model.dataset(table, spec), model.saved.preparation, len(model.classes)
    gaps = model.reading(table, rows, spec).gaps
    if not len(rows):
        return Tally(len(table), gaps, np.zeros(2), np.zeros((classes, classes), np.int64), Sums())
    out = model.outputs(rows.inputs).astype(np.float64)
    targets = prepared.targets(rows, np.float64, model.smoothing)
    loss = float(model.problem().loss(out, targets)[0]) * model.unit
    predicted = prepared.predicted(out)
    if not classes:
        return Tally(
            len(table), gaps, np.array([loss, 0.0]) * len(rows), np.zeros((0, 0)), Sums.of(predicted, rows.targets)
        )
    log_loss = float(np.mean(losses.log_losses(out, rows.targets)))
    counts = metrics.confusion(predicted, rows.targets, classes)
    return Tally(len(table), gaps, np.array([loss, log_loss]) * len(rows), counts, Sums())
