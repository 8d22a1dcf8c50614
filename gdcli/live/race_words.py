"""A race in words: its table, the lane that leads, a line a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from gdcli.formatting import short
from gdcli.live.lanes import PARTS, Lane, is_excess, labels
from gdcli.live.messages import rate_warning
from gdcli.live.setup import NetworkScene

__all__ = ["HEADS", "Row", "describe_parts", "lane_name", "lead", "loss_name", "rows", "state", "table"]

HEADS = ("lane", "to 1/100", "to 1/10,000")
"""Of the columns, but for the loss, which has its own name."""


class Row(NamedTuple):
    """A lane in the table.

    Args:
        number: Of the lane.
        label: What it is.
        loss: Where it stands.
        steps: To each part of the start's height; "-" until then.
        news: What there is to say of it, in a few words.
    """

    number: str
    label: str
    loss: str
    steps: tuple[str, ...]
    news: str

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
    words = f"{news.name} at step {news.step:,}" if news is not None else _warning(lane)
    return Row(str(number), label, short(loss(lane), 5), steps, words)


def _warning(lane: Lane) -> str:
    limit = lane.run.setup.limit
    if limit is None or not rate_warning(lane.run):
        return ""
    return f"above {lane.run.setup.limit_formula} = {short(limit)}"


def loss(lane: Lane) -> float:
    """The training loss in the target's own units, where it was measured last."""
    scene, measured = lane.run.setup.scene, lane.run.now.measured
    value = float(lane.run.losses.values[-1, 0]) if measured is None else float(measured.loss)
    return value * (scene.loss_unit if isinstance(scene, NetworkScene) else 1.0)


def loss_name(lanes: Sequence[Lane]) -> str:
    """What the column of losses is called."""
    setup = lanes[0].run.setup
    return "loss" if isinstance(setup.scene, NetworkScene) else setup.loss_name


def describe_parts(lanes: Sequence[Lane]) -> str:
    """What the counted steps lead to."""
    setups = [lane.run.setup for lane in lanes]
    if all(is_excess(setup) for setup in setups):
        return f"steps to 1/100 and 1/10,000 of the start's {loss_name(lanes)} above its minimum"
    seen = "" if all(setup.batch_size is None for setup in setups) else "; seen after each epoch"
    return f"steps to 1/100 and 1/10,000 of the start's training loss{seen}"


def table(lanes: Sequence[Lane]) -> list[str]:
    """All rows as text, under their heads."""
    found = rows(lanes)
    heads = (HEADS[0], loss_name(lanes), *HEADS[1:])
    wide = [max(map(len, column)) for column in zip(heads, *(row.cells for row in found), strict=True)]
    lines = (f"{row.number}  {_cells(row.cells, wide)}   {row.news}" for row in found)
    return [f"   {_cells(heads, wide)}", *map(str.rstrip, lines), describe_parts(lanes)]


def _cells(cells: Sequence[str], wide: Sequence[int]) -> str:
    """The first column to the left, the others to the right."""
    return "  ".join([f"{cells[0]:<{wide[0]}}", *(f"{c:>{w}}" for c, w in zip(cells[1:], wide[1:], strict=True))])


def lane_name(lanes: Sequence[Lane], lane: Lane) -> str:
    """A lane by its number and what it is: "Lane 2, Adam lr 0.1"."""
    at = lanes.index(lane)
    return f"Lane {at + 1}, {labels(lanes)[at]},"


def lead(lanes: Sequence[Lane]) -> str:
    """Which lane has the lowest loss."""
    number, heights = max(lane.number for lane in lanes), [loss(lane) for lane in lanes]
    least = min((height for height in heights if not math.isnan(height)), default=math.nan)
    first = [lane for lane, height in zip(lanes, heights, strict=True) if height == least]
    if len(first) != 1:
        return f"Step {number:,}."
    name = lane_name(lanes, first[0])
    return f"Step {number:,}: {name[:1].lower()}{name[1:]} is lowest: {loss_name(lanes)} {short(least)}."


def state(lanes: Sequence[Lane]) -> str:
    """Where all lanes stand, in a line."""
    number = max(lane.number for lane in lanes)
    return f"step {number}, {loss_name(lanes)} by lane: {', '.join(row.loss for row in rows(lanes))}"
