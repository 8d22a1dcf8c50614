"""What `score`, `mse` and `rmse` share: the predictions to score, by the command line."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from gdcli.cli.example import or_example
from gdcli.cli.options import WorkerOptions, option
from gdcli.cli.running import employed, reading
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.lecture import SOURCE
from gdcli.experiments.predicting import Predictions
from gdcli.experiments.spec import DataSpec, LineSpec, Spec, reject_together
from gdcli.experiments.spread_scores import Totals, predicted


class PredictionOptions(NamedTuple):
    """Predictions that are already there."""

    pred: Annotated[
        str | None, option("--pred", metavar="COLUMN", help="Score this column of predictions, not a model.")
    ] = None


def predictions(
    data: DataSpec, line: LineSpec, given: PredictionOptions, working: WorkerOptions, terminal: Terminal
) -> tuple[Predictions | Totals, dict[str, Any]]:
    """The predictions to score, and the start to name in `rerun:` if it is the lecture's.

    Raises:
        OptionError: If neither parameters nor a column of predictions are given, or both.
        DataError: If the data cannot be read.
    """
    parameters = line.start is not None or line.m is not None or line.b is not None
    reject_together({"--pred": given.pred, "--m, --b or --start": parameters})
    spec, start = Spec(line, data), dict[str, Any]()
    if given.pred is None:
        spec, start = or_example(spec, terminal)
    elif data.source is None:
        spec = spec.replace(source="-" if terminal.piped_in() else SOURCE)
    if given.pred is None and not (parameters or start.get("m") is not None):
        raise OptionError(
            "there is nothing to score", "give a line as --m and --b, parameters as --start, or --pred COLUMN"
        )
    with employed(working, terminal) as workers, reading(terminal) as rows:
        return predicted(spec, given.pred, rows, workers), start
