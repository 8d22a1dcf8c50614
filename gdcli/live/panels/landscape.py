"""The loss surface with the way of descent on it; for a model with one parameter, the loss along it."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import plot, title
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import Landscape, Setup
from gdcli.render.charts.axes import short
from gdcli.render.raster.canvas import heat, places
from gdcli.render.raster.colormap import Pixels
from gdcli.render.raster.geometry import trace
from gdcli.render.screen import Screen

__all__ = ["LossSurface"]

CONTOURS = 8
WAY, STEP, GHOST = (255, 255, 255), (226, 40, 60), (255, 150, 60)
SHOWN_STEPS = 400  # the last steps that have a dot each


Color = tuple[int, int, int]


class LossSurface:
    """Heat map, contours, path; the map is made once for a size and then kept."""

    def __init__(self) -> None:
        self._made: tuple[Setup, int, int, Screen] | None = None
        self._map: Pixels = np.empty((0, 0, 3), dtype=np.uint8)
        self._inner: Area | None = None

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The surface, the paths, S at the start, x at the minimum."""
        landscape = getattr(run.setup.scene, "landscape", None)
        if landscape is None or area.width < 12 or area.height < 5:
            return
        across, up = landscape.names
        words = [(run.setup.loss_name, "bold"), (f" over {across} (across) and {up} (up)", "gray")]
        frame = plot(page, title(page, area, words), landscape.x_range, landscape.y_range, x_label=across)
        self._inner = inner = frame.area
        rgb = self._heat(landscape, inner, run.setup, page.screen).copy()
        if ghost is not None:
            _draw(rgb, ghost.way.values, landscape, page.screen, GHOST, GHOST)
        _draw(rgb, run.way.values, landscape, page.screen, WAY, STEP)
        page.picture(inner, rgb)
        self._letters(page, run, ghost, landscape, inner)

    def _heat(self, landscape: Landscape, inner: Area, setup: Setup, screen: Screen) -> Pixels:
        wanted = setup, inner.width, inner.height, screen
        if self._made != wanted:
            values = landscape.values(inner.width, 2 * inner.height)
            self._map, self._made = heat(values, screen, contours=CONTOURS), wanted
        return self._map

    def _letters(self, page: Page, run: Course, ghost: Ghost | None, landscape: Landscape, inner: Area) -> None:
        """S at the start, x at the minimum, the ghost where it was at this step, and the run itself."""
        marks = [(run.way.values[:1], "S")]
        if landscape.minimum is not None:
            marks.append((np.array([landscape.minimum[:2]]), "x"))
        if ghost is not None:
            at = max(1, int(np.searchsorted(ghost.way.steps, run.now.number, side="right")))
            marks.append((ghost.way.values[at - 1 : at], "○" if page.screen.unicode else "o"))
        marks.append((run.way.values[-1:], "●" if page.screen.unicode else "@"))
        for points, letter in marks:
            for row, column in _pixels(points, landscape, inner):
                page.over(inner.left + column, inner.top + row // 2, letter)

    def point_at(self, column: int, row: int, landscape: Landscape) -> tuple[float, float] | None:
        """The two parameters at a cell of the picture."""
        inner = self._inner
        if inner is None or not inner.holds(column, row):
            return None
        along = (column - inner.left) / max(1, inner.width - 1)
        up = 1 - (row - inner.top + 0.25) / max(1, inner.height - 0.5)
        ranges = (landscape.x_range, along), (landscape.y_range, up)
        x, y = (float(short(low + (high - low) * part, 3)) for (low, high), part in ranges)
        return x, y


def _draw(rgb: Pixels, points: Array, landscape: Landscape, screen: Screen, way: Color, step: Color) -> None:
    """A path on a map: its way, and a dot where each of the last steps landed."""
    spots = _fractions(points, landscape)
    if not len(spots):
        return
    height, width = rgb.shape[:2]
    rows, columns = trace(np.concatenate([spots[:1], spots]), width, height)
    if not screen.color:
        rgb[rows, columns] = 255
        return
    rgb[rows, columns] = rgb[rows, columns] // 2 + np.array(way, dtype=np.uint8) // 2
    spots = spots[-SHOWN_STEPS:]
    spots = spots[((spots >= 0) & (spots <= 1)).all(axis=1)]
    rows = np.rint((1 - spots[:, 1]) * (height - 1)).astype(np.intp)
    rgb[rows, np.rint(spots[:, 0] * (width - 1)).astype(np.intp)] = step


def _fractions(points: Array, landscape: Landscape) -> Array:
    points = points[np.isfinite(points).all(axis=1)]
    low, high = np.array([landscape.x_range, landscape.y_range]).T
    with np.errstate(over="ignore"):
        result: Array = np.clip((points - low) / (high - low), -1e9, 1e9)
    return result


def _pixels(points: Array, landscape: Landscape, inner: Area) -> list[list[int]]:
    """Pixel rows and columns; a point outside is left out."""
    if not np.isfinite(points).all():
        return []
    spots = places(points, landscape.x_range, landscape.y_range, (2 * inner.height, inner.width))
    return [
        [row, column] for row, column in spots.tolist() if 0 <= row < 2 * inner.height and 0 <= column < inner.width
    ]
