"""What all panels share: their interface, axes around a plot, strokes and points in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from gdcli.arrays import Array
from gdcli.live.page import Area, Page
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import Setup
from gdcli.render.charts.axes import Axis, axis, gutter
from gdcli.render.raster.geometry import trace

FINE = 8  # points of a line a column

__all__ = ["Panel", "Plot", "plot", "title"]


class Panel(Protocol):
    """A picture of a run."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """Draws it on an area of the page."""


class Plot(NamedTuple):
    """An area with axes, and how values lie in it."""

    area: Area
    x: Axis
    y: Axis

    def spots(self, x: Array, y: Array) -> Array:
        """Points as fractions of the plot, (n, 2); those that are not finite are left out."""
        known = np.isfinite(x) & np.isfinite(y)
        return np.stack([self.x.fraction(x[known]), self.y.fraction(y[known])], axis=1)

    def stroke(self, page: Page, x: Array, y: Array, style: str, ascii_: str = "*") -> None:
        """A line through points, in braille dots."""
        few = slice(None, None, max(1, len(x) // max(1, FINE * self.area.width)))
        spots = self.spots(np.asarray(x[few], dtype=np.float64), np.asarray(y[few], dtype=np.float64))
        if len(spots) and self.area.width > 0 and self.area.height > 0:
            spots = np.concatenate([spots[:1], spots])  # one point alone is a line too
            rows, columns = trace(spots, 2 * self.area.width, 4 * self.area.height)
            page.dots(self.area, rows, columns, style, ascii_)

    def points(self, page: Page, x: Array, y: Array, style: str, mark: str = "•", ascii_: str = "o") -> None:
        """A mark at each point that lies in the plot."""
        spots = self.spots(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        spots = spots[((spots >= -1e-9) & (spots <= 1 + 1e-9)).all(axis=1)]
        if not len(spots):
            return
        columns = np.rint(spots[:, 0] * (self.area.width - 1)).astype(np.intp)
        rows = np.rint((1 - spots[:, 1]) * (self.area.height - 1)).astype(np.intp)
        char = mark if page.screen.unicode else ascii_
        for row, column in set(zip(rows.tolist(), columns.tolist(), strict=True)):
            page.write(self.area.left + column, self.area.top + row, char, style)


def title(page: Page, area: Area, words: Sequence[tuple[str, str]]) -> Area:
    """Words in the first row, each in its style, as far as they have room; what is left below."""
    column = area.left
    for text, style in words:
        room = area.left + area.width - column
        if room < len(text) and column > area.left:
            break
        column = page.write(column, area.top, text, style, room)
    return area.inside(top=1)


def plot(
    page: Page,
    area: Area,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    *,
    log_y: bool = False,
    x_label: str = "",
) -> Plot:
    """Draws axes along the left and the lower edge, and tells what is between them."""
    y = axis(*y_range, max(2, min(area.height // 3, 8)), log=log_y)
    wide = gutter(y)
    inner = area.inside(left=wide, bottom=2)
    x = axis(*x_range, max(2, inner.width // 12))
    _left(page, inner, y, wide)
    _foot(page, inner, x, x_label)
    return Plot(inner, x, y)


def _left(page: Page, inner: Area, y: Axis, wide: int) -> None:
    edge, tick = "│┤" if page.screen.unicode else "|+"
    at = {inner.height - 1 - place: text for place, text in y.places(inner.height)} if inner.height > 0 else {}
    for row in range(inner.height):
        text = at.get(row, "")
        page.write(
            inner.left - wide, inner.top + row, f"{text:>{wide - 2}} {tick if row in at else edge}", "gray", wide
        )


def _foot(page: Page, inner: Area, x: Axis, label: str) -> None:
    corner, line, tick = "└─┬" if page.screen.unicode else "+-+"
    row, right = inner.top + inner.height, inner.left + inner.width
    page.write(inner.left - 1, row, corner + line * inner.width, "gray")
    label = f" {label}" if label else ""
    taken = inner.left - 1
    for place, text in x.places(inner.width) if inner.width > 0 else ():
        page.write(inner.left + place, row, tick, "gray")
        begin = min(max(inner.left + place - (len(text) - 1) // 2, inner.left - 1), right - len(text))
        if begin > taken and begin + len(text) <= right - len(label):
            page.write(begin, row + 1, text, "gray")
            taken = begin + len(text)
    page.write(right - len(label), row + 1, label, "gray")


def settings_label(setup: Setup, rate: float) -> str:
    """A run in two words, to name a ghost by."""
    from gdcli.formatting import short

    return f"{type(setup.optimizer).__name__} lr {short(rate)}"
