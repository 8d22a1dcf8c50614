"""What all panels share: their interface, axes around a plot, strokes and points in it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

from gdcli.arrays import Array
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.render import theme
from gdcli.render.charts.axes import Axis, axis, fractions, gutter, x_axis, y_axis
from gdcli.render.charts.curves import thin_curve
from gdcli.render.raster.geometry import equal_ranges, pixels, point_pixels, trace_pixels
from gdcli.render.screen import Screen, columns
from gdcli.render.theme import Meaning

__all__ = ["Panel", "Plot", "draw_axes", "write_title"]


FEW = 100  # points that are drawn with the page's pen
KEPT = 32  # axes, which frame after frame and panel beside panel are the same


class Panel(Protocol):
    """A picture of a run."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """Draws it on an area of the page."""


class Plot(NamedTuple):
    """An area with axes, and how values lie in it."""

    area: Area
    x: Axis
    y: Axis

    def stroke(self, page: Page, x: Array, y: Array, meaning: Meaning) -> None:
        """A line through points, in braille dots."""
        spots = fractions(np.stack([x, y], axis=1), self.x, self.y)
        if len(spots) and self.area.width > 0 and self.area.height > 0:
            spots = spots[thin_curve(spots, self.area.width)]
            spots = np.concatenate([spots[:1], spots])  # one point alone is a line too
            page.dots(self.area, *trace_pixels(spots, 2 * self.area.width, 4 * self.area.height), meaning)

    def points(self, page: Page, x: Array, y: Array, meaning: Meaning) -> None:
        """Each point that lies in the plot, on the braille grid; where there is no colour, with its mark."""
        spots = fractions(np.stack([x, y], axis=1), self.x, self.y)
        spots = spots[((spots >= -1e-9) & (spots <= 1 + 1e-9)).all(axis=1)].clip(0, 1)
        if page.screen.color and page.screen.unicode and self.area.width > 0 and self.area.height > 0:
            dots = point_pixels(spots, 2 * self.area.width, 4 * self.area.height, fat=True)
            page.dots(self.area, *dots, meaning, pen=0 if len(spots) <= FEW else 1)
            return
        mark = meaning.sign(page.screen.unicode)
        for row, column in set(map(tuple, pixels(spots, (self.area.height, self.area.width)).tolist())):
            page.write(self.area.left + column, self.area.top + row, mark, meaning)


def write_title(page: Page, area: Area, words: Sequence[tuple[str, Meaning]]) -> Area:
    """Words in the first row, each in the colour of its meaning, as far as they have room; what is left below."""
    column = area.left
    for said, meaning in words:
        text = page.screen.speak(said)
        room = area.left + area.width - column
        if room < columns(text) and column > area.left:
            break
        column = page.write(column, area.top, text, meaning, room)
    return area.inside(top=1)


def draw_axes(
    page: Page,
    area: Area,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    log_y: bool = False,
    x_label: str = "",
    equal: bool = False,
) -> Plot:
    """Draws axes along the left and the lower edge, of equal units if asked for, and gives the plot between them."""
    y, numbers = _upright(*y_range, area.height, log_y, page.screen)
    inner = area.inside(left=gutter(y), bottom=2)
    if equal:
        x_range, y_range = equal_ranges(x_range, y_range, inner.width, 2 * inner.height)
        y, numbers = _upright(*y_range, area.height, log_y, page.screen)
    wide = gutter(y)
    inner = area.inside(left=wide, bottom=2)
    x, below = _across(*x_range, inner.width, wide - 1, x_label, page.screen)
    for row, text in enumerate(numbers):
        page.write(area.left, inner.top + row, text, theme.AXIS)
    for row, text in enumerate(below):
        page.write(area.left, inner.top + inner.height + row, text, theme.AXIS)
    return Plot(inner, x, y)


@lru_cache(maxsize=KEPT)
def _upright(low: float, high: float, height: int, log: bool, screen: Screen) -> tuple[Axis, list[str]]:
    """An axis along the left edge of so many rows, the two below it among them, and its rows."""
    y = axis(low, high, max(2, min(height // 3, 8)), log=log)
    return y, y_axis(y, max(height - 2, 0), screen)


@lru_cache(maxsize=KEPT)
def _across(low: float, high: float, width: int, indent: int, label: str, screen: Screen) -> tuple[Axis, list[str]]:
    """An axis along the lower edge, and its two rows."""
    x = axis(low, high, max(2, width // 12), screen.speak(label))
    return x, x_axis(x, max(width, 0), indent, screen)
