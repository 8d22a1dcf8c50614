"""Predictions to score: of a model given by its parameters, or a column of somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from gdcli.arrays import Array
from gdcli.cli import experiment as build
from gdcli.cli.lecture import lecture
from gdcli.cli.options import DataOptions, LineOptions, LoopOptions, LossOptions, option
from gdcli.cli.output import reject_together
from gdcli.cli.reading import columns, read, read_table_named
from gdcli.cli.terminal import Terminal
from gdcli.data.columns import ColumnOptions, choose, regression
from gdcli.data.dataset import Dataset
from gdcli.errors import OptionError
from gdcli.nn import losses


class PredictionOptions(NamedTuple):
    """Predictions that are already there."""

    pred: Annotated[
        str | None, option("--pred", metavar="COLUMN", help="Score this column of predictions, not a model.")
    ] = None


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
        line: The parameters' options as they came to be.
    """

    name: str
    data: Dataset
    outputs: Array
    model: tuple[tuple[str, ...], list[float]] | None
    line: LineOptions

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


def predictions(data: DataOptions, line: LineOptions, given: PredictionOptions, terminal: Terminal) -> Predictions:
    """The predictions to score.

    Raises:
        OptionError: If neither parameters nor a column of predictions are given, or both.
        DataError: If the data cannot be read.
    """
    parameters = line.start is not None or line.m is not None or line.b is not None
    reject_together({"--pred": given.pred, "--m, --b or --start": parameters})
    if given.pred is not None:
        return _column(data, given.pred, terminal, line)
    name, line = lecture(data, line, terminal)
    if not (parameters or line.m is not None):
        raise OptionError(
            "there is nothing to score", "give a line as --m and --b, parameters as --start, or --pred COLUMN"
        )
    rows = read(name, data, terminal)
    made = build.linear_experiment(rows, line, losses.mse, LossOptions(), LoopOptions())
    return Predictions(name, rows, made.outputs(made.start, rows), (made.terms, made.start.tolist()), line)


def _column(data: DataOptions, column: str, terminal: Terminal, line: LineOptions) -> Predictions:
    """A column of predictions; the target is the default one among the others."""
    name = data.data if data.data is not None else "-" if terminal.piped_in() else "sample:deck"
    table = read_table_named(name, data, terminal)
    wanted = columns(data._replace(x=column))
    (prediction,), target = choose(table, ColumnOptions(wanted.x, data.y, wanted.missing))
    rows = regression(table, ColumnOptions((prediction,), target, wanted.missing))
    return Predictions(name, rows, rows.inputs[:, 0], None, line)
