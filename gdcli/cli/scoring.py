"""What `score`, `mse` and `rmse` share: the predictions to score, by the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

from gdcli.cli.example import or_example
from gdcli.cli.options import WorkerOptions, option
from gdcli.cli.running import employed, reader, reading
from gdcli.cli.terminal import Terminal
from gdcli.definitions import LOSS, named
from gdcli.errors import OptionError
from gdcli.experiments.lecture import SOURCE
from gdcli.experiments.loss_scores import LossScores, score_columns, score_numbers
from gdcli.experiments.predicting import Predictions, of_line
from gdcli.experiments.spec import DataSpec, LineSpec, Spec, reject_together
from gdcli.experiments.spread_scores import Totals, predicted
from gdcli.said import say


class PredictionOptions(NamedTuple):
    """Predictions that are already there."""

    pred: Annotated[
        str | None, option("--pred", metavar="COLUMN", help="Score this column of predictions, not a model.")
    ] = None


class LossOptions(NamedTuple):
    """What rows are scored by."""

    loss: Annotated[
        str | None,
        option(
            "--loss",
            metavar="NAME",
            help="Score by one of {loss}: of classes --pred names the second one's probability, or a column for each.",
        ),
    ] = None


def loss_scores(
    data: DataSpec, line: LineSpec, given: PredictionOptions, loss: str, terminal: Terminal
) -> tuple[LossScores, dict[str, Any]]:
    """Predictions scored by a loss, and the start to name in `rerun:` if it is the lecture's.

    Raises:
        OptionError: As `predictions`; and if the loss does not go with them.
        DataError: If the data cannot be read, or holds what is no probability.
    """
    definition = named(LOSS, "--loss", loss)
    if given.pred is None:
        spec, start = _asked(data, line, given, terminal)
        return score_numbers(definition, of_line(spec, reader(terminal))), start
    _refuse_both(given, line)
    return score_columns(definition, given.pred, named_rows(data, terminal), reader(terminal)), {}


def named_rows(data: DataSpec, terminal: Terminal) -> DataSpec:
    """The rows given, piped in, or the lecture's."""
    return data if data.source is not None else replace(data, source="-" if terminal.piped_in() else SOURCE)


def _refuse_both(given: PredictionOptions, line: LineSpec) -> bool:
    """Refuses predictions beside parameters; whether there are parameters."""
    parameters = line.start is not None or line.m is not None or line.b is not None
    reject_together({"--pred": given.pred, "--m, --b or --start": parameters})
    return parameters


def _asked(data: DataSpec, line: LineSpec, given: PredictionOptions, terminal: Terminal) -> tuple[Spec, dict[str, Any]]:
    """What is scored, and the start to name in `rerun:` if it is the lecture's.

    Raises:
        OptionError: If neither parameters nor a column of predictions are given, or both.
    """
    parameters, spec = _refuse_both(given, line), Spec(line, data)
    if given.pred is not None:
        return spec.replace(source=named_rows(data, terminal).source), {}
    spec, start = or_example(spec, terminal)
    if not (parameters or start.get("m") is not None):
        raise OptionError(
            say("there is nothing to score"), say("give a line as --m and --b, parameters as --start, or --pred COLUMN")
        )
    return spec, start


def predictions(
    data: DataSpec, line: LineSpec, given: PredictionOptions, working: WorkerOptions, terminal: Terminal
) -> tuple[Predictions | Totals, dict[str, Any]]:
    """The predictions to score, or their totals, and the start to name in `rerun:` if it is the lecture's.

    Raises:
        OptionError: If neither parameters nor a column of predictions are given, or both.
        DataError: If the data cannot be read.
    """
    spec, start = _asked(data, line, given, terminal)
    with employed(working, terminal) as workers, reading(terminal) as rows:
        return predicted(spec, given.pred, rows, workers), start
