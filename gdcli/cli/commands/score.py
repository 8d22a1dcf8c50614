"""`gdcli score`: every row's prediction and squared error, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions
from gdcli.cli.output import check, emit, layout
from gdcli.cli.running import note_all
from gdcli.cli.scoring import PredictionOptions, predictions
from gdcli.cli.terminal import Terminal
from gdcli.experiments.line_result import scores
from gdcli.experiments.predicting import Predictions, Scored
from gdcli.experiments.result import described
from gdcli.experiments.spec import DataSpec, LineSpec
from gdcli.formatting import equation, short
from gdcli.render import Column, Report, theme
from gdcli.render.layout import Layout
from gdcli.render.screen import Screen, fit, paint, plain
from gdcli.training.records import Scores

NAME = 18
"""Columns of a name on a screen."""


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
    result = scores(predicted.outputs, predicted.data.targets)
    again = invocation(context, predicted.name).with_options(**start)
    screen = layout(False, output, terminal, f"rerun: {again}")
    rows = screen.listed(predicted.rows(), 5, pictured=False)
    report = Report(
        schema="gdcli.score/1",
        records=rows,
        summary=lambda: {
            "equation": _equation(predicted),
            "rows": len(predicted.data),
            **result._asdict(),
            "reading": described(predicted.reading),
            "rerun": str(again),
        },
        rows_name="predictions",
        columns=_columns(predicted, screen),
        before=lambda _: [_title(predicted)] if screen.fits else [],
        blocks=lambda shown: [*rows.word(), *_summary(predicted, result, shown)],
    )
    emit(report, output, terminal)
    terminal.note(f"rerun: {again}")


def _title(predicted: Predictions) -> str:
    """What is scored, on which rows."""
    return plain(f"{len(predicted.data):,} rows from {predicted.name}, each beside its prediction", Screen())


def _equation(predicted: Predictions) -> str | None:
    return predicted.model and equation(predicted.data.target_name, *predicted.model)


def _columns(predicted: Predictions, layout: Layout) -> list[Column]:
    """The row's own names, wide enough to be read; of many inputs on a screen, as many as have room."""
    titles = {"row": "row", "squared_error": "squared error"}
    names = [plain(titles.get(name, name), Screen()) for name in predicted.column_names()]
    shown = [fit(name, NAME) for name in names] if layout.fits else names
    every = [
        Column(name, partial(_cell, at), max(6 if name == "row" else 10, len(name) + 1))
        for at, name in enumerate(shown)
    ]
    while len(every) > 4 and sum(column.width + 1 for column in every) > layout.width:
        every.pop(-4)
    return every


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
