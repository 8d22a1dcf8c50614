"""Every row's loss, their mean, and the row that costs most."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.experiments.loss_scores import LossScores, ScoredLoss
from gdcli.formatting import short
from gdcli.render import Column, Report, theme
from gdcli.render.layout import Layout
from gdcli.render.screen import Screen, clip, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import say

__all__ = ["report"]


LINES, NAME = 4, 18
"""Lines of the answer; columns of a name on a screen."""


def report(scores: LossScores, again: str, layout: Layout) -> Report:
    """The report of rows scored by a loss.

    Args:
        scores: Rows with their losses.
        again: The command that repeats it.
        layout: What there is of the screen.
    """
    rows = layout.listed(scores.rows(), LINES, pictured=False)
    return Report(
        schema="gdcli.score/1",
        records=rows,
        summary=lambda: scores.figures() | {"rerun": again},
        rows_name="predictions",
        columns=_columns(scores, layout),
        before=lambda _: layout.folded(_title(scores)) if layout.fits else [],
        blocks=lambda screen: [
            *rows.word(),
            *(one for line in _summary(scores, screen) for one in layout.folded(line)),
        ],
        title=_title(scores),
    )


def _title(scores: LossScores) -> str:
    """What is scored, on how many rows."""
    return plain(
        say("{title} of {count:,} rows", title=word(scores.definition.title), count=len(scores.losses)), Screen()
    )


def _columns(scores: LossScores, layout: Layout) -> list[Column]:
    target = plain(scores.target_name, Screen())
    target = clip(target, NAME) if layout.fits else target
    widest = max(columns(_text(value)) for value in scores.targets)
    return [
        Column(say("row"), lambda one: str(one.row_number), 6),
        Column(target, lambda one: _text(one.target[1]), max(10, columns(target) + 1, widest + 1)),
        Column(scores.predicted, lambda one: short(one.prediction[1], 6)),
        Column(say("loss"), _loss),
    ]


def _text(value: float | str) -> str:
    return plain(value, Screen()) if isinstance(value, str) else short(value, 6)


def _loss(one: ScoredLoss) -> str:
    return short(one.loss, 6)


def _summary(scores: LossScores, screen: Screen) -> Iterator[str]:
    yield ""
    accuracy = (
        ""
        if scores.accuracy is None
        else say("   {head} {accuracy}", head=_head(word("accuracy"), screen), accuracy=short(scores.accuracy))
    )
    mean = say("{head} {loss}", head=_head(word(scores.definition.title), screen), loss=short(scores.loss, 6))
    yield say(" {mean}   the mean of {count:,} rows{accuracy}", mean=mean, count=len(scores.losses), accuracy=accuracy)
    worst, total = scores.worst, float(scores.losses.sum())
    share = say(", {loss} % of the sum", loss=short(100 * worst.loss / total, 2)) if 0 < total < float("inf") else ""
    named, value = worst.prediction
    yield say(
        " {head} row {row_number}: {loss} at {named} {value}{share}",
        head=_head(say("largest"), screen),
        row_number=worst.row_number,
        loss=_loss(worst),
        named=named,
        value=short(value),
        share=share,
    )


def _head(text: str, screen: Screen) -> str:
    return paint(plain(text, screen), theme.HEADING, screen)
