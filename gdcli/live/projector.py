"""The screen for a lecture room: one picture, and loss and rate in figures that are read from the last row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from gdcli.formatting import short
from gdcli.live.course import Course
from gdcli.live.numerals import numerals
from gdcli.live.page import Page
from gdcli.render import theme
from gdcli.render.charts.axes import compact
from gdcli.render.screen import Screen, columns
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["PEN", "Figure", "draw_figures", "draw_header", "rate_figure"]

PEN = 3
"""Dots across and down that curves are drawn with."""
GAP, APART = 3, 3
"""Columns between two words of the header, and between two figures."""
SCALES = ((30, 2), (0, 1))
"""From how many rows on figures are how large."""
LEVELS = 4
"""Lengths of labels."""


class Figure(NamedTuple):
    """A number in large figures.

    Args:
        value: The number.
        labels: What it is, in words above it, from the longest to the shortest.
        meaning: What its colour stands for.
        digits: How many are shown.
    """

    value: float
    labels: Sequence[str]
    meaning: Meaning
    digits: int = 4

    def lines(self, scale: int, level: int, screen: Screen) -> list[str]:
        """The label of a level, and below it the figures."""
        large = numerals(compact(self.value, self.digits), scale, screen)
        return [screen.speak(self.labels[min(level, len(self.labels) - 1)]), *large]


def rate_figure(run: Course) -> Figure:
    """The learning rate, and where it is in relation to the limit."""
    rate, limit = run.rate, run.limit
    if limit is None:
        return Figure(rate, (say("learning rate"),), theme.RATE)
    what, meaning = (say("above limit"), theme.WARNING) if rate > limit else (say("limit"), theme.RATE)
    long = [
        say("learning rate ({what} {formula}{limit})", what=what, formula=formula, limit=short(limit))
        for formula in (f"{run.limit_formula} = ", "")
    ]
    return Figure(
        rate, (*long, say("rate ({what} {limit})", what=what, limit=short(limit, 2)), say("learning rate")), meaning
    )


def draw_figures(page: Page, top: int, figures: Sequence[Figure], beside: Sequence[str] = ()) -> int:
    """Figures side by side, as large as they have room; of too many the first ones.

    Args:
        page: Where to.
        top: The first row.
        figures: What is written large.
        beside: Lines in small letters at the right, if they have room.

    Returns:
        The row after them.
    """
    blocks = _fitting(page, figures)
    column = 0
    for lines, figure in zip(blocks, figures, strict=False):
        for row, line in enumerate(lines):
            page.write(column, top + row, line, theme.NOTE if row == 0 else figure.meaning)
        column += _width([lines]) + APART
    beside = [page.screen.speak(line) for line in beside]
    if column + max(map(columns, beside), default=0) <= page.width and len(beside) <= len(blocks[0]):
        for row, line in enumerate(beside, start=top + len(blocks[0]) - len(beside)):
            page.write(column, row, line, theme.RESULT)
    return top + max(map(len, blocks))


def _fitting(page: Page, figures: Sequence[Figure]) -> list[list[str]]:
    """The lines of as many figures as fit, the largest and then with the longest labels."""
    scales = [scale for least, scale in SCALES if page.height >= least]
    for count, scale, level in product(range(len(figures), 0, -1), scales, range(LEVELS)):
        blocks = [one.lines(scale, level, page.screen) for one in figures[:count]]
        if _width(blocks) <= page.width:
            break
    return blocks


def _width(blocks: Sequence[Sequence[str]]) -> int:
    return sum(max(map(columns, lines)) + APART for lines in blocks) - APART


def draw_header(page: Page, words: Sequence[tuple[str, Meaning]]) -> int:
    """Words side by side, in as many rows as they need.

    Returns:
        The row after them.
    """
    row = column = 0
    for said, meaning in words:
        text = page.screen.speak(said)
        if column and column + columns(text) > page.width:
            row, column = row + 1, 0
        column = page.write(column, row, text, meaning, page.width) + GAP
    return row + 1
