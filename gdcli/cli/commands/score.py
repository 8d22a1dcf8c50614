"""`gdcli score`: every row's prediction and squared error, and what they come to."""

from __future__ import annotations

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions
from gdcli.cli.output import check, emit, layout
from gdcli.cli.running import note_all
from gdcli.cli.scoring import PredictionOptions, predictions
from gdcli.cli.terminal import Terminal
from gdcli.experiments.spec import DataSpec, LineSpec
from gdcli.render.reports.score import report


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    output: OutputOptions,
) -> None:
    """Score a line or predictions row by row: MSE, RMSE, MAE, R2.

    The line is --m and --b (or --start); --pred scores a column of predictions instead.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    predicted, start = predictions(data, line, given, terminal)
    note_all([] if predicted.reading is None else predicted.reading.notes(), terminal)
    again = invocation(context, predicted.name).with_options(**start)
    screen = layout(False, output, terminal, f"rerun: {again}")
    emit(report(predicted, str(again), screen), output, terminal)
    terminal.note(f"rerun: {again}")
