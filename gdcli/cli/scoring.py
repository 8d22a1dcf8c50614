"""What `score`, `mse` and `rmse` share: the predictions to score, by the command line."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

from gdcli.cli.example import or_example
from gdcli.cli.options import option
from gdcli.cli.running import reader
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.lecture import SOURCE
from gdcli.experiments.predicting import Predictions, of_column, of_line
from gdcli.experiments.spec import DataSpec, LineSpec, Spec, reject_together


class PredictionOptions(NamedTuple):
    """Predictions that are already there."""

    pred: Annotated[
        str | None, option("--pred", metavar="COLUMN", help="Score this column of predictions, not a model.")
    ] = None


def predictions(
    data: DataSpec, line: LineSpec, given: PredictionOptions, terminal: Terminal
) -> tuple[Predictions, dict[str, Any]]:
    """The predictions to score, and the start to name in `rerun:` if it is the lecture's.

    Raises:
        OptionError: If neither parameters nor a column of predictions are given, or both.
        DataError: If the data cannot be read.
    """
    parameters = line.start is not None or line.m is not None or line.b is not None
    reject_together({"--pred": given.pred, "--m, --b or --start": parameters})
    rows, spec = reader(terminal), Spec(line, data)
    if given.pred is not None:
        source = data.source if data.source is not None else "-" if terminal.piped_in() else SOURCE
        return of_column(given.pred, spec.replace(source=source).data, rows), {}
    spec, start = or_example(spec, terminal)
    if not (parameters or start.get("m") is not None):
        raise OptionError(
            "there is nothing to score", "give a line as --m and --b, parameters as --start, or --pred COLUMN"
        )
    return of_line(spec, rows), start
