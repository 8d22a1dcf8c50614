"""The loss surface with the path of descent on it; for a model with one parameter, the loss along it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.live.course import Course, Ghost
from gdcli.live.history import Curve
from gdcli.live.page import Area, Page
from gdcli.live.panels.arrows import draw_arrows
from gdcli.live.panels.base import Plot, draw_axes, write_title
from gdcli.live.setup import LineScene, LossLandscape, Setup
from gdcli.live.view import View
from gdcli.optim.optimizers import Momentum
from gdcli.render import theme
from gdcli.render.charts.axes import compact, fractions
from gdcli.render.raster.colormap import Pixels
from gdcli.render.raster.pictures import draw_heat_map, draw_path, pixels_at
from gdcli.render.screen import Screen, columns, fit
from gdcli.render.theme import Meaning
from gdcli.said import enumerated, say, together

__all__ = ["LossSurface", "Trail"]

CONTOURS = 8
THICKEST = 2  # pixels of half a cell
SHOWN_STEPS = 400  # the last steps that have a dot each
SELDOM, AT_ONCE = 8, 4_000_000  # frames of a run after which a slice is drawn anew, for each so many multiplications
MANY = 2000  # rows from which the next step is shown at pauses only
NAMED = 4  # parameters of a slice that are written out at most
BETWEEN = 0.07  # of the picture's width, between two numbers of a path


class Trail(NamedTuple):
    """One of several paths.

    Args:
        way: Its points.
        meaning: Its colour, and its number.
    """

    way: Curve
    meaning: Meaning


class LossSurface:
    """Heat map, contours, path, and the next step; the map is drawn once for what it shows and then kept."""

    view = View()
    moving = False

    def __init__(self) -> None:
        self._drawn_for: tuple[Setup, int, int, Screen, View] | None = None
        self._map: Pixels = np.empty((0, 0, 3), dtype=np.uint8)
        self._inner: Area | None = None
        self._shown: LossLandscape | None = None
        self._through: tuple[int, Array] = (0, np.empty(0))  # where a slice lies: the step, and its parameters
        self._frames = 0

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None, trails: Sequence[Trail] = ()) -> None:
        """The surface, the paths, the next step, S at the start, x at the minimum; in a race each lane's path."""
        scene = run.setup.scene
        if not isinstance(scene, LineScene) or scene.landscape is None or area.width < 12 or area.height < 5:
            return
        landscape = self._look(run, scene.landscape, page.screen, area)
        below = self._title(page, area, run, scene, landscape)
        frame = draw_axes(page, below, landscape.x_range, landscape.y_range, x_label=landscape.names[0])
        self._inner = inner = frame.area
        rgb, pen = self._heat(landscape, inner, page.screen), min(page.pen, THICKEST)
        if ghost is not None:
            spots = _spots(ghost.way.values, frame)
            rgb = draw_path(rgb, spots, page.screen, line=theme.GHOST, dot=theme.GHOST, dots=SHOWN_STEPS, pen=pen)
        if not trails:
            rgb = draw_path(rgb, _spots(run.way.values, frame), page.screen, dots=SHOWN_STEPS, pen=pen)
        for way, ink in trails:
            spots = _spots(way.values, frame)
            rgb = draw_path(rgb, spots, page.screen, line=ink, dot=ink, dots=SHOWN_STEPS, pen=pen)
        page.picture(inner, rgb)
        if self._stepping(run):
            draw_arrows(page, frame, run, scene, landscape.over)
            if not self.moving:
                page.over(inner.left + 1, inner.top, fit(_legend(run, page), inner.width - 2))
        self._letters(page, run, ghost, landscape, inner, trails)

    def _stepping(self, run: Course) -> bool:
        """Whether the next step is shown."""
        quick = not (self.moving and len(run.setup.problem.data) > MANY)
        return self.view.arrows and quick and run.coming() is not None

    def _look(self, run: Course, landscape: LossLandscape, screen: Screen, area: Area) -> LossLandscape:
        """What of the surface is seen: of a slice the one through where the run stands, while it runs now and then."""
        wanted = run.setup, area.width, area.height, screen, self.view._replace(errors=View().errors, arrows=True)
        self._frames += 1
        stale = landscape.others and self._through[1] is not run.now.parameters
        fresh = self._drawn_for != wanted
        work = 2 * area.width * area.height * len(run.setup.problem.data) * run.now.parameters.size
        seldom = SELDOM * (1 + work // AT_ONCE)
        if self._shown is None or fresh or (stale and not (self.moving and self._frames % seldom)):
            self._through, self._drawn_for = (run.now.number, run.now.parameters), wanted
            through = run.now.parameters if landscape.others else None
            self._shown = landscape.seen(*self.view.window(landscape), through)
            self._map = np.empty((0, 0, 3), dtype=np.uint8)
        return self._shown

    def _title(self, page: Page, area: Area, run: Course, scene: LineScene, landscape: LossLandscape) -> Area:
        """What is drawn, and where a slice lies."""
        across, up = landscape.names
        words = [
            (run.setup.loss_name, theme.HEADING),
            (say(" over {across} (across) and {up} (up)", across=across, up=up), theme.NOTE),
        ]
        below = write_title(page, area, words)
        if not landscape.others:
            return below
        number, parameters = self._through
        values = dict(zip(scene.names, scene.raw(parameters).tolist(), strict=True))
        return write_title(page, below, [(_slice(number, landscape.others, values, area.width), theme.NOTE)])

    def _heat(self, landscape: LossLandscape, inner: Area, screen: Screen) -> Pixels:
        if self._map.shape[:2] != (2 * inner.height, inner.width):
            values = landscape.values(inner.width, 2 * inner.height)
            self._map = draw_heat_map(values, screen, contours=CONTOURS)
            self._lowest = _lowest(values, landscape)
        return self._map

    def _letters(
        self,
        page: Page,
        run: Course,
        ghost: Ghost | None,
        landscape: LossLandscape,
        inner: Area,
        trails: Sequence[Trail],
    ) -> None:
        """S at the start, x at the minimum, the ghost where it was at this step, and the run itself."""
        marks = [(run.way.values[:1], theme.START)]
        if landscape.minimum is not None:
            marks.append((np.array([landscape.minimum[:2]]), theme.OPTIMUM))
        elif landscape.others:
            marks.append((self._lowest, theme.OPTIMUM))
        if ghost is not None:
            at = max(1, int(np.searchsorted(ghost.way.steps, run.now.number, side="right")))
            marks.append((ghost.way.values[at - 1 : at], theme.GHOST))
        marks += [] if page.screen.color else [(_apart(way, landscape), ink) for way, ink in trails]
        marks += [(way.values[-1:], ink) for way, ink in trails] or [(run.way.values[-1:], theme.CURRENT)]
        for points, meaning in marks:
            for row, column in _pixels(points, landscape, inner):
                page.over(inner.left + column, inner.top + row // 2, meaning.sign(page.screen.unicode))

    def point_at(self, column: int, row: int) -> tuple[float, float] | None:
        """The two parameters at a cell of the picture."""
        inner, landscape = self._inner, self._shown
        if inner is None or landscape is None or not inner.holds(column, row):
            return None
        along = (column - inner.left) / max(1, inner.width - 1)
        up = 1 - (row - inner.top + 0.25) / max(1, inner.height - 0.5)
        ranges = (landscape.x_range, along), (landscape.y_range, up)
        digits = 3 + max(0, self.view.zoom) // 3
        x, y = (float(compact(low + (high - low) * part, digits)) for (low, high), part in ranges)
        return x, y


def _legend(run: Course, page: Page) -> str:
    """What the letters at the arrows mean."""
    known = [(theme.GRADIENT, say("gradient")), (theme.VELOCITY, say("velocity")), (theme.NEXT, say("next step"))]
    known = [one for one in known if one[0] is not theme.VELOCITY or isinstance(run.setup.optimizer, Momentum)]
    return page.screen.speak(
        together("  ", (say("{sign} {word}", sign=one.sign(page.screen.unicode), word=word) for one, word in known))
    )


def _slice(number: int, others: tuple[str, ...], values: dict[str, float], width: int) -> str:
    """Where the other parameters stay, in as many words as have room."""
    for shown in range(min(len(others), NAMED), -1, -1):
        pairs = [f"{name} = {short(values[name])}" for name in others[:shown]]
        pairs += [say("{count} more held", count=len(others) - shown)] if shown < len(others) else []
        text = say("slice through step {number:,}'s point: {names}", number=number, names=enumerated(pairs))
        if columns(text) <= width:
            break
    return text


def _lowest(values: Array, landscape: LossLandscape) -> Array:
    """The lowest point of a picture, `(1, 2)`; none if it lies at an edge, beyond which it falls on."""
    known = np.where(np.isfinite(values), values, np.inf)
    row, column = np.unravel_index(int(known.argmin()), known.shape)
    if row in (0, len(known) - 1) or column in (0, known.shape[1] - 1):
        return np.empty((0, 2))
    (left, right), (low, high) = landscape.x_range, landscape.y_range
    along, up = column / (known.shape[1] - 1), row / (len(known) - 1)
    return np.array([[left + along * (right - left), low + up * (high - low)]])


def _apart(way: Curve, landscape: LossLandscape) -> Array:
    """Some points of a path, none near the one before."""
    chosen: list[Array] = []
    for point in way.values[:: max(1, len(way) // SHOWN_STEPS)]:
        size = [high - low for low, high in (landscape.x_range, landscape.y_range)]
        if not chosen or np.abs((point - chosen[-1]) / size).max() > BETWEEN:
            chosen.append(point)
    return np.array(chosen)


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
