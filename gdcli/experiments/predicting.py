"""Predictions to score: of a line given by its parameters, or a column of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from gdcli.arrays import Array
from gdcli.data.columns import ColumnOptions, choose, regression
from gdcli.data.dataset import Dataset
from gdcli.data.report import ReadReport
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments.line import on_rows
from gdcli.experiments.line_result import scores
from gdcli.experiments.reading import Reader, columns
from gdcli.experiments.spec import DataSpec, Spec
from gdcli.nn import metrics
from gdcli.said import say
from gdcli.training.records import Scores


class Scored(NamedTuple):
    """One row with its prediction.

    Args:
        row_number: From 1.
        inputs: By name; empty for a column of predictions.
        target: (its name, its value).
        y_hat: The prediction.
    """

    row_number: int
    inputs: dict[str, float]
    target: tuple[str, float]
    y_hat: float

    @property
    def cells(self) -> tuple[float, ...]:
        """The row's cells, without their names."""
        y, error = self.target[1], self.y_hat - self.target[1]
        return (self.row_number, *self.inputs.values(), y, self.y_hat, error * error)

    def row(self) -> dict[str, float | int | str | None]:
        """row, the inputs, the target, y_hat, squared_error."""
        name, y = self.target
        error = self.y_hat - y
        return {"row": self.row_number, **self.inputs, name: y, "y_hat": self.y_hat, "squared_error": error * error}


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions beside the truth.

    Args:
        name: Where the rows came from, as DATA would name it.
        data: Inputs and targets.
        outputs: Predictions, one a row.
        model: The equation's terms and parameters; None for a column of predictions.
        reading: What was read and how it is understood, for a model.
    """

    name: str
    data: Dataset
    outputs: Array
    model: tuple[tuple[str, ...], list[float]] | None
    reading: ReadReport | None = None

    @property
    def target(self) -> str:
        """What is predicted."""
        return self.data.target_name

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.data)

    @property
    def scores(self) -> Scores:
        """MSE, RMSE, MAE and R2."""
        return scores(self.outputs, self.data.targets)

    def refuse_rows_alone(self, form: str, is_of_rows: bool) -> None:
        """Nothing: the rows are here."""

    def metric(self, name: str) -> float:
        """One metric of theirs."""
        return float(getattr(metrics, name)(self.outputs, self.data.targets))

    def rows(self) -> Iterator[Scored]:
        """Each row, scored."""
        names = self.data.input_names if self.model else ()
        target = self.data.target_name
        columns = (self.data.inputs.tolist(), self.data.targets.tolist(), self.outputs.tolist())
        for number, (inputs, y, y_hat) in enumerate(zip(*columns, strict=True), 1):
            yield Scored(number, dict(zip(names, inputs, strict=False)), (target, y), y_hat)

    def column_names(self) -> list[str]:
        """The names of a row's cells."""
        return ["row", *(self.data.input_names if self.model else ()), self.data.target_name, "y_hat", "squared_error"]


def of_line(spec: Spec, reader: Reader) -> Predictions:
    """The predictions of a line given by its parameters.

    Raises:
        DataError: If the data cannot be read.
    """
    name = str(spec.data.source)
    rows = reader.numbers(name, spec.data)
    line = on_rows(spec, rows)
    outputs = line.predict(line.start, line.data.inputs)
    return Predictions(name, line.data, outputs, (line.terms, line.start.tolist()), reader.reading)


def of_column(column: str, spec: DataSpec, reader: Reader) -> Predictions:
    """A column of predictions; the target is the default one among the others.

    Raises:
        DataError: If the data cannot be read.
        OptionError: If it is several columns.
    """
    name = str(spec.source)
    table = reader.table(name, spec)
    wanted = columns(replace(spec, x=(column,)))
    predictions, target = choose(table, ColumnOptions(wanted.x, spec.y, wanted.missing))
    if len(predictions) > 1:
        raise OptionError(
            say("--pred: '{column}' names {count} columns", column=column, count=len(predictions)),
            say("name one column of predictions"),
        )
    (prediction,) = predictions
    rows = regression(table, ColumnOptions((prediction,), target, wanted.missing))
    return Predictions(name, rows, rows.inputs[:, 0], None)
