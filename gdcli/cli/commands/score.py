"""`gdcli score`: every row's prediction and squared error, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, WorkerOptions
from gdcli.cli.output import check, emit, format_of
from gdcli.cli.running import note_all
from gdcli.cli.scoring import PredictionOptions, predictions
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.predicting import Predictions, Scored
from gdcli.experiments.result import described
from gdcli.experiments.spec import DataSpec, LineSpec
from gdcli.experiments.spread_scores import Totals
from gdcli.formatting import equation, short
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain
from gdcli.training.records import Scores

HINT = "take json, kv or table, or leave out --workers and --cluster"


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    given: PredictionOptions,
    working: WorkerOptions,
    output: OutputOptions,
) -> None:
    """Score a line or predictions row by row: MSE, RMSE, MAE, R2.

    The line is --m and --b (or --start); --pred scores a column of predictions instead.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    predicted, start = predictions(data, line, given, working, terminal)
    note_all([] if predicted.reading is None else predicted.reading.notes(), terminal)
    if isinstance(predicted, Totals) and format_of(output).rows_only:
        raise OptionError(f"--format {output.format} is a line for each row, and only sums have come here", HINT)
    result = predicted.scores
    again = invocation(context, predicted.name).with_options(**start)
    report = Report(
        schema="gdcli.score/1",
        records=predicted.rows(),
        summary=lambda: {
            "equation": _equation(predicted),
            "rows": predicted.count,
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


def _equation(predicted: Predictions | Totals) -> str | None:
    return predicted.model and equation(predicted.target, *predicted.model)


def _columns(predicted: Predictions | Totals) -> list[Column]:
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


def _summary(predicted: Predictions | Totals, result: Scores, screen: Screen) -> Iterator[str]:
    yield ""
    text = _equation(predicted)
    if text:
        yield f" {paint('model', theme.HEADING, screen)}  {plain(text, screen)}"
    figures = {"MSE": result.mse, "RMSE": result.rmse, "MAE": result.mae, "R2": result.r2}
    yield " " + "   ".join(f"{paint(name, theme.HEADING, screen)} {short(value, 6)}" for name, value in figures.items())
