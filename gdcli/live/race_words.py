"""A race in words: its table, the lane that leads, a line a step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gdcli.formatting import short
from gdcli.live.lanes import PARTS, Lane, is_excess, labels
from gdcli.live.messages import rate_warning
from gdcli.live.setup import NetworkScene
from gdcli.render.screen import align_right, columns
from gdcli.render.vocabulary import word
from gdcli.said import enumerated, say, uncapitalized

__all__ = ["HEADS", "Row", "describe_parts", "lane_name", "lead", "loss_name", "rows", "state", "table", "widths"]

HEADS = (say("lane"), say("to 1/100"), say("to 1/10,000"))
"""Of the columns, but for the loss, which has its own name."""


class Row(NamedTuple):
    """A lane in the table.

    Args:
        number: Of the lane.
        label: What it is.
        loss: Where it stands.
        steps: To each part of the start's height; "-" until then.
        news: What there is to say of it, in a few words.
        bad: Whether that is a warning.
    """

    number: str
    label: str
    loss: str
    steps: tuple[str, ...]
    news: str
    bad: bool

    @property
    def cells(self) -> tuple[str, ...]:
        """The columns after the number."""
        return (self.label, self.loss, *self.steps)


def rows(lanes: Sequence[Lane]) -> list[Row]:
    """Each lane's row."""
    return [_row(at, lane, label) for at, (lane, label) in enumerate(zip(lanes, labels(lanes), strict=True), start=1)]


def _row(number: int, lane: Lane, label: str) -> Row:
    steps = tuple("-" if (step := lane.reached(part)) is None else f"{step:,}" for part in PARTS)
    news = lane.news
    words = _warning(lane) if news is None else say("{name} at step {step:,}", name=word(news.name), step=news.step)
    bad = bool(words) if news is None else news.name == "diverged"
    return Row(str(number), label, short(loss(lane), 5), steps, words, bad)


def _warning(lane: Lane) -> str:
    limit = lane.run.setup.limit
    if limit is None or not rate_warning(lane.run):
        return ""
    return say("above {formula} = {limit}", formula=lane.run.setup.limit_formula, limit=short(limit))


def loss(lane: Lane) -> float:
    """The training loss in the target's own units, where it was measured last."""
    scene, measured = lane.run.setup.scene, lane.run.now.measured
    value = float(lane.run.losses.values[-1, 0]) if measured is None else float(measured.loss)
    return value * (scene.loss_unit if isinstance(scene, NetworkScene) else 1.0)


def loss_name(lanes: Sequence[Lane]) -> str:
    """What the column of losses is called."""
    setup = lanes[0].run.setup
    return say("loss") if isinstance(setup.scene, NetworkScene) else setup.loss_name


def describe_parts(lanes: Sequence[Lane]) -> str:
    """What the counted steps lead to."""
    setups = [lane.run.setup for lane in lanes]
    if all(is_excess(setup) for setup in setups):
        return say("steps to 1/100 and 1/10,000 of the start's {loss} above its minimum", loss=loss_name(lanes))
    if all(setup.batch_size is None for setup in setups):
        return say("steps to 1/100 and 1/10,000 of the start's training loss")
    return say("steps to 1/100 and 1/10,000 of the start's training loss; seen after each epoch")


def table(lanes: Sequence[Lane], speak: Callable[[str], str]) -> list[str]:
    """All rows as text in the reader's language, under their heads."""
    found = rows(lanes)
    cells = [[speak(cell) for cell in (HEADS[0], loss_name(lanes), *HEADS[1:])]]
    cells += [[speak(cell) for cell in row.cells] for row in found]
    heads, *lines = (_aligned(one, widths(cells)) for one in cells)
    rest = (f"{row.number}  {line}   {speak(row.news)}".rstrip() for row, line in zip(found, lines, strict=True))
    return [f"   {heads}", *rest, speak(describe_parts(lanes))]


def widths(cells: Sequence[Sequence[str]]) -> list[int]:
    """The columns that each column of rows needs."""
    return [max(map(columns, column)) for column in zip(*cells, strict=True)]


def _aligned(cells: Sequence[str], wide: Sequence[int]) -> str:
    """The first cell to the left of its column, the others to the right."""
    rest = (align_right(cell, width) for cell, width in zip(cells[1:], wide[1:], strict=True))
    return "  ".join([cells[0] + " " * (wide[0] - columns(cells[0])), *rest])


def lane_name(lanes: Sequence[Lane], lane: Lane) -> str:
    """A lane by its number and what it is: "Lane 2, Adam lr 0.1"."""
    at = lanes.index(lane)
    return say("Lane {number}, {label},", number=at + 1, label=labels(lanes)[at])


def lead(lanes: Sequence[Lane]) -> str:
    """Which lane has the lowest loss."""
    number, heights = max(lane.number for lane in lanes), [loss(lane) for lane in lanes]
    least = min((height for height in heights if not math.isnan(height)), default=math.nan)
    first = [lane for lane, height in zip(lanes, heights, strict=True) if height == least]
    if len(first) != 1:
        return say("Step {number:,}.", number=number)
    lane = uncapitalized(lane_name(lanes, first[0]))
    return say(
        "Step {number:,}: {lane} is lowest: {name} {least}.",
        number=number,
        lane=lane,
        name=loss_name(lanes),
        least=short(least),
    )


def state(lanes: Sequence[Lane]) -> str:
    """Where all lanes stand, in a line."""
    number = max(lane.number for lane in lanes)
    losses = enumerated([row.loss for row in rows(lanes)])
    return say("step {number}, {name} by lane: {losses}", number=number, name=loss_name(lanes), losses=losses)
