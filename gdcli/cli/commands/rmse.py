"""`gdcli rmse`: one bare number."""

from __future__ import annotations

import typer

from gdcli.cli.commands.mse import NumberOptions, print_metric
from gdcli.cli.options import WorkerOptions
from gdcli.cli.scoring import PredictionOptions
from gdcli.experiments.spec import DataSpec, LineSpec
from gdcli.nn import metrics


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    working: WorkerOptions,
    output: NumberOptions,
) -> None:
    """Print the root mean squared error of a line or of predictions.

    The root of the plain mean of (y_hat - y)^2, in the units of y, at full precision.
    """
    print_metric(metrics.rmse, context.obj.styled(output.color, output.quiet), data, line, given, working, output)
