"""`gdcli score`: every row's prediction and squared error, and what they come to."""

from __future__ import annotations

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, SaveOptions, WorkerOptions
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.running import note_read
from gdcli.cli.scoring import LossOptions, PredictionOptions, loss_scores, predictions
from gdcli.cli.terminal import Terminal
from gdcli.experiments.spec import DataSpec, LineSpec, Spec, reject_together
from gdcli.render.reports.loss_scores import report as loss_report
from gdcli.render.reports.score import report


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    asked: LossOptions,
    working: WorkerOptions,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Score a line or predictions row by row: MSE, RMSE, MAE, R2.

    The line is --m and --b (or --start); --pred scores a column of predictions instead. --loss scores by a loss:
    of classes by their probabilities.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    if asked.loss is not None:
        reject_together({"--loss": asked.loss, "--workers": working.workers, "--cluster": working.cluster})
        by_loss, start = loss_scores(data, line, given, asked.loss, terminal)
        again = invocation(context, by_loss.source).with_options(**start)
        room = layout(False, output, terminal, f"rerun: {again}").remarks()
        note_read(by_loss, Spec(line, data).replace(source=by_loss.source), terminal, room)
        screen = layout(False, output, terminal, f"rerun: {again}")
        emit(loss_report(by_loss, str(again), screen), output, terminal, saving)
    else:
        predicted, start = predictions(data, line, given, working, terminal)
        predicted.refuse_rows_alone(output.format, format_of(output).rows_only)
        again = invocation(context, predicted.name).with_options(**start)
        if predicted.reading is not None:
            room = layout(False, output, terminal, f"rerun: {again}").remarks()
            note_read(predicted.reading, Spec(line, data).replace(source=predicted.name), terminal, room)
        screen = layout(False, output, terminal, f"rerun: {again}")
        emit(report(predicted, str(again), screen), output, terminal, saving)
    terminal.note(f"rerun: {again}")
