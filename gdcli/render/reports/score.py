"""Every row's prediction and squared error, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gdcli.experiments.predicting import Predictions, Scored
from gdcli.experiments.result import described
from gdcli.experiments.spread_scores import Totals
from gdcli.formatting import equation, short
from gdcli.render import Column, Report, theme
from gdcli.render.layout import Layout
from gdcli.render.screen import Screen, clip_apart, columns, paint, plain
from gdcli.said import say
from gdcli.training.records import Scores

__all__ = ["report"]

NAME = 18
"""Columns of a name on a screen."""


def report(predicted: Predictions | Totals, again: str, layout: Layout) -> Report:
    """The report of predictions against the truth.

    Args:
        predicted: Rows with their predictions.
        again: The command that repeats it.
        layout: What there is of the screen.
    """
    result = predicted.scores
    model = layout.height_of(layout.folded(_equation(predicted) or ""))
    rows = layout.listed(predicted.rows(), 4 + max(1, model), pictured=False)
    return Report(
        schema="gdcli.score/1",
        records=rows,
        summary=lambda: {
            "equation": _equation(predicted),
            "rows": predicted.count,
            **result._asdict(),
            "reading": described(predicted.reading),
            "rerun": again,
        },
        rows_name="predictions",
        columns=_columns(predicted, layout),
        before=lambda _: layout.folded(_title(predicted)) if layout.fits else [],
        title=_title(predicted),
        blocks=lambda screen: [
            *rows.word(),
            *(one for line in _summary(predicted, result, screen) for one in layout.folded(line)),
        ],
    )


def _equation(predicted: Predictions | Totals) -> str | None:
    return predicted.model and equation(predicted.target, *predicted.model)


def _title(predicted: Predictions | Totals) -> str:
    """What is scored, on which rows."""
    return plain(
        say("{count:,} rows from {name}, each beside its prediction", count=predicted.count, name=predicted.name),
        Screen(),
    )


def _columns(predicted: Predictions | Totals, layout: Layout) -> list[Column]:
    """The row's own names, wide enough to be read; of many inputs on a screen, as many as have room."""
    titles = {"row": say("row"), "squared_error": say("squared error")}
    names = [plain(titles.get(name, name), Screen()) for name in predicted.column_names()]
    shown = clip_apart(names, NAME) if layout.fits else names
    every = [
        Column(name, partial(_cell, at), max(6 if name == "row" else 10, columns(name) + 1))
        for at, name in enumerate(shown)
    ]
    while len(every) > 4 and sum(column.width + 1 for column in every) > layout.width:
        every.pop(-4)
    return every


def _cell(at: int, record: Scored) -> str:
    value = record.cells[at]
    return str(value) if at == 0 else short(value, 6)


def _summary(predicted: Predictions | Totals, result: Scores, screen: Screen) -> Iterator[str]:
    yield ""
    text = _equation(predicted)
    if text:
        yield say(" {value}  {text}", value=paint(say("model"), theme.HEADING, screen), text=plain(text, screen))
    figures = {"MSE": result.mse, "RMSE": result.rmse, "MAE": result.mae, "R2": result.r2}
    yield " " + "   ".join(f"{paint(name, theme.HEADING, screen)} {short(value, 6)}" for name, value in figures.items())
