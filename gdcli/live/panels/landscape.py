"""The loss surface with the path of descent on it; for a model with one parameter, the loss along it."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot, draw_axes, write_title
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import LossLandscape, Setup
from gdcli.live.view import View
from gdcli.render import theme
from gdcli.render.charts.axes import compact, fractions
from gdcli.render.raster.colormap import Pixels
from gdcli.render.raster.pictures import draw_heat_map, draw_path, pixels_at
from gdcli.render.screen import Screen
from gdcli.said import say

__all__ = ["LossSurface"]

CONTOURS = 8
THICKEST = 2  # pixels of half a cell
SHOWN_STEPS = 400  # the last steps that have a dot each


class LossSurface:
    """Heat map, contours, path; the map is drawn once for a size and then kept."""

    view = View()

    def __init__(self) -> None:
        self._drawn_for: tuple[Setup, int, int, Screen] | None = None
        self._map: Pixels = np.empty((0, 0, 3), dtype=np.uint8)
        self._inner: Area | None = None

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The surface, the paths, S at the start, x at the minimum."""
        landscape = getattr(run.setup.scene, "landscape", None)
        if landscape is None or area.width < 12 or area.height < 5:
            return
        across, up = landscape.names
        words = [
            (run.setup.loss_name, theme.HEADING),
            (say(" over {across} (across) and {up} (up)", across=across, up=up), theme.NOTE),
        ]
        frame = draw_axes(page, write_title(page, area, words), landscape.x_range, landscape.y_range, x_label=across)
        self._inner = inner = frame.area
        rgb, pen = self._heat(landscape, inner, run.setup, page.screen), min(page.pen, THICKEST)
        if ghost is not None:
            spots = _spots(ghost.way.values, frame)
            rgb = draw_path(rgb, spots, page.screen, line=theme.GHOST, dot=theme.GHOST, dots=SHOWN_STEPS, pen=pen)
        rgb = draw_path(rgb, _spots(run.way.values, frame), page.screen, dots=SHOWN_STEPS, pen=pen)
        page.picture(inner, rgb)
        self._letters(page, run, ghost, landscape, inner)

    def _heat(self, landscape: LossLandscape, inner: Area, setup: Setup, screen: Screen) -> Pixels:
        wanted = setup, inner.width, inner.height, screen
        if self._drawn_for != wanted:
            values = landscape.values(inner.width, 2 * inner.height)
            self._map, self._drawn_for = draw_heat_map(values, screen, contours=CONTOURS), wanted
        return self._map

    def _letters(self, page: Page, run: Course, ghost: Ghost | None, landscape: LossLandscape, inner: Area) -> None:
        """S at the start, x at the minimum, the ghost where it was at this step, and the run itself."""
        marks = [(run.way.values[:1], theme.START)]
        if landscape.minimum is not None:
            marks.append((np.array([landscape.minimum[:2]]), theme.OPTIMUM))
        if ghost is not None:
            at = max(1, int(np.searchsorted(ghost.way.steps, run.now.number, side="right")))
            marks.append((ghost.way.values[at - 1 : at], theme.GHOST))
        marks.append((run.way.values[-1:], theme.CURRENT))
        for points, meaning in marks:
            for row, column in _pixels(points, landscape, inner):
                page.over(inner.left + column, inner.top + row // 2, meaning.sign(page.screen.unicode))

    def point_at(self, column: int, row: int, landscape: LossLandscape) -> tuple[float, float] | None:
        """The two parameters at a cell of the picture."""
        inner = self._inner
        if inner is None or not inner.holds(column, row):
            return None
        along = (column - inner.left) / max(1, inner.width - 1)
        up = 1 - (row - inner.top + 0.25) / max(1, inner.height - 0.5)
        ranges = (landscape.x_range, along), (landscape.y_range, up)
        x, y = (float(compact(low + (high - low) * part, 3)) for (low, high), part in ranges)
        return x, y


def _spots(points: Array, frame: Plot) -> Array:
    """A path as fractions of the picture; one point alone is a line too."""
    spots = fractions(points, frame.x, frame.y)
    return np.concatenate([spots[:1], spots])


def _pixels(points: Array, landscape: LossLandscape, inner: Area) -> list[list[int]]:
    """Pixel rows and columns; a point outside is left out."""
    if not np.isfinite(points).all():
        return []
    spots = pixels_at(points, landscape.x_range, landscape.y_range, (2 * inner.height, inner.width))
    return [
        [row, column] for row, column in spots.tolist() if 0 <= row < 2 * inner.height and 0 <= column < inner.width
    ]
