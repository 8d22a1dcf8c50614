"""`gdcli score`: every row's prediction and squared error, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import typer

from gdcli.cli.grouping import grouped
from gdcli.cli.lecture import start_words
from gdcli.cli.options import DataOptions, LineOptions, OutputOptions
from gdcli.cli.output import check, emit, rerun
from gdcli.cli.predicting import PredictionOptions, Predictions, Scored, predictions
from gdcli.cli.telling import scores
from gdcli.cli.terminal import Terminal
from gdcli.render import Column, Report, theme
from gdcli.render.numbers import equation, short
from gdcli.render.screen import Screen, paint, plain
from gdcli.training.records import Scores


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    given: PredictionOptions,
    output: OutputOptions,
) -> None:
    """Score a line or predictions row by row: MSE, RMSE, MAE, R2.

    The line is --m and --b (or --start); --pred scores a column of predictions instead.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    told = predictions(data, line, given, terminal)
    result = scores(told.outputs, told.data.targets)
    again = rerun(context, data=told.name, **start_words(told.line, data))
    report = Report(
        schema="gdcli.score/1",
        records=told.rows(),
        summary=lambda: {
            "equation": _equation(told),
            "rows": len(told.data),
            **result._asdict(),
            "rerun": again,
        },
        rows_name="predictions",
        columns=_columns(told),
        blocks=lambda screen: _summary(told, result, screen),
    )
    emit(report, output, terminal)
    terminal.note(f"rerun: {again}")


def _equation(told: Predictions) -> str | None:
    return told.model and equation(told.data.target_name, *told.model)


def _columns(told: Predictions) -> list[Column]:
    """The row's own names, wide enough to be read."""
    titles = {"row": "row", "squared_error": "squared error"}
    return [
        Column(
            plain(titles.get(name, name), Screen()),
            partial(_cell, at),
            max(6 if name == "row" else 10, len(name) + 1),
        )
        for at, name in enumerate(told.column_names())
    ]


def _cell(at: int, record: Scored) -> str:
    value = record.cells[at]
    return str(value) if at == 0 else short(value, 6)


def _summary(told: Predictions, result: Scores, screen: Screen) -> Iterator[str]:
    yield ""
    text = _equation(told)
    if text:
        yield f" {paint('model', theme.HEADING, screen)}  {plain(text, screen)}"
    figures = {"MSE": result.mse, "RMSE": result.rmse, "MAE": result.mae, "R2": result.r2}
    yield " " + "   ".join(f"{paint(name, theme.HEADING, screen)} {short(value, 6)}" for name, value in figures.items())
