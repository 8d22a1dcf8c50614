"""Predictions scored by a loss: numbers against numbers, or probabilities against classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.row_losses import of_numbers, of_probabilities
from gdcli.arrays import Array
from gdcli.data.cells import data_error, quoted
from gdcli.data.columns import ColumnOptions, choose, classification, expand
from gdcli.data.dataset import Dataset
from gdcli.data.report import Remarks
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.predicting import Predictions, of_column
from gdcli.experiments.reading import Reader, columns
from gdcli.experiments.spec import DataSpec
from gdcli.formatting import short
from gdcli.nn.losses import LossDefinition, suited
from gdcli.said import enumerated, say

__all__ = ["LossScores", "ScoredLoss", "score_columns", "score_numbers"]

BINARY = ("0", "1")
PREFIX = "p_"
"""What the columns of `gdcli predict --probabilities` begin with."""
ONE_EACH = say("name one column for each class, as in --pred p_a,p_b,p_c")
ROUGH, FINE = 0.02, 1e-9
"""How far from 1 the sum of a row's probabilities may be, as rounded ones are; and how far without a remark."""


class ScoredLoss(NamedTuple):
    """One row: (the target's name, its value), (what is predicted, the prediction), its loss."""

    row_number: int
    target: tuple[str, float | str]
    prediction: tuple[str, float]
    loss: float

    def row(self) -> dict[str, float | int | str | None]:
        """row, the target, the prediction, loss."""
        return {"row": self.row_number, **dict([self.target, self.prediction]), "loss": self.loss}


@dataclass(frozen=True, eq=False)
class LossScores:
    """Rows, each with its loss.

    Args:
        source: Where the rows came from.
        definition: The loss.
        target_name: The target's column.
        targets: The true values, or labels.
        predicted: What `predictions` are: `y_hat`, or `p_true`, the probability of the true class.
        predictions: One a row.
        losses: Each row's loss.
        classes: The labels; empty for numbers.
        accuracy: The part of the rows whose likeliest class is the true one; None for numbers.
        notes: What else is to be said.
    """

    source: str
    definition: LossDefinition
    target_name: str
    targets: Sequence[float | str]
    predicted: str
    predictions: Array
    losses: Array
    classes: tuple[str, ...] = ()
    accuracy: float | None = None
    notes: tuple[str, ...] = ()

    def remarks(self) -> Remarks:
        """What else is to be said."""
        return Remarks(self.notes, {})

    @property
    def loss(self) -> float:
        """The mean over the rows."""
        return float(self.losses.mean())

    @property
    def worst(self) -> ScoredLoss:
        """The row with the largest loss."""
        return list(self.rows())[int(self.losses.argmax())]

    def rows(self) -> Iterator[ScoredLoss]:
        """Each row."""
        each = zip(self.targets, self.predictions.tolist(), self.losses.tolist(), strict=True)
        for number, (target, prediction, loss) in enumerate(each, 1):
            yield ScoredLoss(number, (self.target_name, target), (self.predicted, prediction), loss)

    def figures(self) -> dict[str, Any]:
        """The object without its rows."""
        classes = {"classes": list(self.classes), "accuracy": self.accuracy} if self.classes else {}
        return {
            "loss_name": self.definition.__name__,
            "loss": self.loss,
            "rows": len(self.losses),
            **classes,
            "worst": self.worst.row(),
        }


def score_numbers(definition: LossDefinition, predicted: Predictions) -> LossScores:
    """Predicted numbers by a loss of numbers.

    Raises:
        OptionError: If the loss is for classes alone.
    """
    if "regression" not in definition.tasks:
        raise OptionError(
            say("--loss: {title} takes probabilities, and these are predictions of numbers", title=definition.title),
            say("give columns of probabilities as --pred, or --loss {names}", names=enumerated(suited("regression"))),
        )
    rows = predicted.data
    losses = of_numbers(definition, predicted.outputs, rows.targets)
    notes = () if predicted.reading is None else tuple(predicted.reading.notes())
    return LossScores(
        predicted.name,
        definition,
        rows.target_name,
        rows.targets.tolist(),
        "y_hat",
        predicted.outputs,
        losses,
        notes=notes,
    )


def score_columns(definition: LossDefinition, pred: str, spec: DataSpec, reader: Reader) -> LossScores:
    """A column of predicted numbers, a column of the second class's probabilities, or a column for each class.

    Raises:
        OptionError: If the loss or the columns do not go with the target.
        DataError: At a row whose values are no probabilities.
    """
    table = reader.table(str(spec.source), spec)
    wanted = replace(columns(spec), x=expand(table, (pred,)))
    names, target = choose(table, wanted)
    if len(names) == 1 and "regression" in definition.tasks and table.is_numeric(target):
        return score_numbers(definition, of_column(pred, spec, reader))
    if set(definition.tasks) == {"regression"}:
        known = ", ".join(suited("binary", "multiclass"))
        raise OptionError(
            say("--loss: {title} is for numbers", title=definition.title),
            say("for classes there are {known}", known=known),
        )
    _refuse_improbable(table, names)
    return _score_classes(definition, str(spec.source), *_classes(table, wanted, names), names)


def _refuse_improbable(table: Table, names: Sequence[str]) -> None:
    """Refuses rows that hold no probabilities, at the first of them."""
    p = table.matrix(names)
    beyond = np.argwhere((p < 0) | (p > 1))
    if len(beyond):
        row, column = (int(at) for at in beyond[0])
        what = say("{p} is no probability: that lies between 0 and 1", p=short(p[row, column]))
        raise table.error(row, names[column], what, say("a logit z is the probability 1 / (1 + exp(-z))"))
    off = np.flatnonzero(np.abs(p.sum(axis=1) - 1) > ROUGH)
    if len(names) > 1 and len(off):
        row = int(off[0])
        what = say("the probabilities of this row add up to {p}, not to 1", p=short(p[row].sum()))
        raise table.error(row, names[-1], what, ONE_EACH)


def _classes(table: Table, wanted: ColumnOptions, names: tuple[str, ...]) -> tuple[Dataset, Array]:
    """The rows with their classes, and each class's probability, in the same order."""
    rows = classification(table, wanted)
    if len(names) == 1:
        labels = BINARY if set(rows.classes) <= set(BINARY) else rows.classes
        if len(labels) != 2:
            raise data_error(
                table.source,
                say(
                    "column {quoted}: has {count} classes, and one column of probabilities tells two apart",
                    quoted=quoted(rows.target_name),
                    count=len(labels),
                ),
                ONE_EACH,
            )
        rows = classification(table, wanted, labels)
        second = rows.inputs[:, 0].astype(np.float64)
        return rows, np.stack([1 - second, second], axis=1)
    labels = tuple(name.removeprefix(PREFIX) for name in names)
    if set(rows.classes) <= set(labels):
        rows = classification(table, wanted, labels)
    elif len(rows.classes) != len(names):
        raise data_error(
            table.source,
            say(
                "column {quoted}: has {count} classes, and --pred names {count2} columns",
                quoted=quoted(rows.target_name),
                count=len(rows.classes),
                count2=len(names),
            ),
            ONE_EACH,
        )
    return rows, rows.inputs.astype(np.float64)


def _score_classes(
    definition: LossDefinition, source: str, rows: Dataset, p: Array, names: Sequence[str]
) -> LossScores:
    """Probabilities by a loss of classes.

    Raises:
        OptionError: If the loss is for two classes, and there are more.
    """
    if p.shape[1] > 2 and "multiclass" not in definition.tasks:
        raise OptionError(
            say("--loss: {title} is for two classes, and there are {shape}", title=definition.title, shape=p.shape[1]),
            say("use cross-entropy"),
        )
    targets = rows.targets.astype(np.intp)
    of_true = p[np.arange(len(p)), targets] / p.sum(axis=1)
    losses = of_probabilities(definition, p, targets)
    return LossScores(
        source,
        definition,
        rows.target_name,
        [rows.classes[at] for at in targets.tolist()],
        "p_true",
        of_true,
        losses,
        rows.classes,
        float((p.argmax(axis=1) == targets).mean()),
        tuple(_remarks(rows.classes, names, p, losses)),
    )


def _remarks(classes: tuple[str, ...], names: Sequence[str], p: Array, losses: Array) -> Iterator[str]:
    """Whose probability a column is taken for, and what else was done with the numbers."""
    if len(names) == 1:
        yield say(
            "{quoted} is taken for the probability of class {quoted2}",
            quoted=quoted(names[0]),
            quoted2=quoted(classes[1]),
        )
    elif tuple(name.removeprefix(PREFIX) for name in names) != classes:
        pairs = ", ".join(f"{name} = {label}" for name, label in zip(names, classes, strict=True))
        yield say("the columns are taken for the classes in order: {pairs}", pairs=pairs)
    if np.abs(p.sum(axis=1) - 1).max() > FINE:
        yield say("each row's probabilities are divided by their sum, as they do not add up to 1")
    endless = int(np.isinf(losses).sum())
    if endless:
        first = int(np.isinf(losses).argmax()) + 1
        more = say(", and {endless} more", endless=endless - 1) * (endless > 1)
        yield say(
            "row {first}{more}: the true class has the probability 0, and -log 0 is infinite", first=first, more=more
        )
