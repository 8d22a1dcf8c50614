"""Every row's prediction and squared error, and what they come to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from gdcli.experiments.line_result import scores
from gdcli.experiments.predicting import Predictions, Scored
from gdcli.experiments.result import described
from gdcli.formatting import equation, short
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain
from gdcli.training.records import Scores

__all__ = ["report"]


def report(predicted: Predictions, again: str) -> Report:
    """The report of predictions against the truth.

    Args:
        predicted: Rows with their predictions.
        again: The command that repeats it.
    """
    result = scores(predicted.outputs, predicted.data.targets)
    return Report(
        schema="gdcli.score/1",
        records=predicted.rows(),
        summary=lambda: {
            "equation": _equation(predicted),
            "rows": len(predicted.data),
            **result._asdict(),
            "reading": described(predicted.reading),
            "rerun": again,
        },
        rows_name="predictions",
        columns=_columns(predicted),
        blocks=lambda screen: _summary(predicted, result, screen),
    )


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
