"""Every row's loss, their mean, and the row that costs most."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.experiments.loss_scores import LossScores, ScoredLoss
from gdcli.formatting import short
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain

__all__ = ["report"]


def report(scores: LossScores, again: str) -> Report:
    """The report of rows scored by a loss.

    Args:
        scores: Rows with their losses.
        again: The command that repeats it.
    """
    return Report(
        schema="gdcli.score/1",
        records=scores.rows(),
        summary=lambda: scores.figures() | {"rerun": again},
        rows_name="predictions",
        columns=_columns(scores),
        blocks=lambda screen: _summary(scores, screen),
        title=f"{scores.definition.title} of {len(scores.losses):,} rows",
    )


def _columns(scores: LossScores) -> list[Column]:
    target = plain(scores.target_name, Screen())
    widest = max(len(_text(value)) for value in scores.targets)
    return [
        Column("row", lambda one: str(one.row_number), 6),
        Column(target, lambda one: _text(one.target[1]), max(10, len(target) + 1, widest + 1)),
        Column(scores.predicted, lambda one: short(one.prediction[1], 6)),
        Column("loss", _loss),
    ]


def _text(value: float | str) -> str:
    return plain(value, Screen()) if isinstance(value, str) else short(value, 6)


def _loss(one: ScoredLoss) -> str:
    return short(one.loss, 6)


def _summary(scores: LossScores, screen: Screen) -> Iterator[str]:
    yield ""
    accuracy = "" if scores.accuracy is None else f"   {_head('accuracy', screen)} {short(scores.accuracy)}"
    mean = f"{_head(scores.definition.title, screen)} {short(scores.loss, 6)}"
    yield f" {mean}   the mean of {len(scores.losses):,} rows{accuracy}"
    worst, total = scores.worst, float(scores.losses.sum())
    share = f", {short(100 * worst.loss / total, 2)} % of the sum" if 0 < total < float("inf") else ""
    named, value = worst.prediction
    yield f" {_head('largest', screen)} row {worst.row_number}: {_loss(worst)} at {named} {short(value)}{share}"


def _head(text: str, screen: Screen) -> str:
    return paint(plain(text, screen), theme.HEADING, screen)
