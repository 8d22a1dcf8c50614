"""`gdcli score`: every row's prediction and squared error, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions
from gdcli.cli.output import check, emit
from gdcli.cli.running import note_all
from gdcli.cli.scoring import LossOptions, PredictionOptions, loss_scores, predictions
from gdcli.cli.terminal import Terminal
from gdcli.experiments.line_result import scores
from gdcli.experiments.predicting import Predictions, Scored
from gdcli.experiments.result import described
from gdcli.experiments.spec import DataSpec, LineSpec
from gdcli.formatting import equation, short
from gdcli.render import Column, Report, theme
from gdcli.render.reports.loss_scores import report as loss_report
from gdcli.render.screen import Screen, paint, plain
from gdcli.training.records import Scores


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    asked: LossOptions,
    output: OutputOptions,
) -> None:
    """Score a line or predictions row by row: MSE, RMSE, MAE, R2.

    The line is --m and --b (or --start); --pred scores a column of predictions instead. --loss scores by a loss:
    of classes by their probabilities.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    if asked.loss is not None:
        scores_, start = loss_scores(data, line, given, asked.loss, terminal)
        note_all(list(scores_.notes), terminal)
        again = invocation(context, scores_.source).with_options(**start)
        emit(loss_report(scores_, str(again)), output, terminal)
        terminal.note(f"rerun: {again}")
        return
    predicted, start = predictions(data, line, given, terminal)
    note_all([] if predicted.reading is None else predicted.reading.notes(), terminal)
    result = scores(predicted.outputs, predicted.data.targets)
    again = invocation(context, predicted.name).with_options(**start)
    report = Report(
        schema="gdcli.score/1",
        records=predicted.rows(),
        summary=lambda: {
            "equation": _equation(predicted),
            "rows": len(predicted.data),
            **result._asdict(),
            "reading": described(predicted.reading),
            "rerun": str(again),
        },
        rows_name="predictions",
        columns=_columns(predicted),
        blocks=lambda screen: _summary(predicted, result, screen),
    )
    emit(report, output, terminal)
    terminal.note(f"rerun: {again}")


def _equation(predicted: Predictions) -> str | None:
    return predicted.model and equation(predicted.data.target_name, *predicted.model)


def _columns(predicted: Predictions) -> list[Column]:
    """The row's own names, wide enough to be read."""
    titles = {"row": "row", "squared_error": "squared error"}
    return [
        Column(
            plain(titles.get(name, name), Screen()),
            partial(_cell, at),
            max(6 if name == "row" else 10, len(name) + 1),
        )
        for at, name in enumerate(predicted.column_names())
    ]


def _cell(at: int, record: Scored) -> str:
    value = record.cells[at]
    return str(value) if at == 0 else short(value, 6)


def _summary(predicted: Predictions, result: Scores, screen: Screen) -> Iterator[str]:
    yield ""
    text = _equation(predicted)
    if text:
        yield f" {paint('model', theme.HEADING, screen)}  {plain(text, screen)}"
    figures = {"MSE": result.mse, "RMSE": result.rmse, "MAE": result.mae, "R2": result.r2}
    yield " " + "   ".join(f"{paint(name, theme.HEADING, screen)} {short(value, 6)}" for name, value in figures.items())
