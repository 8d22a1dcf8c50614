"""What a network makes of its inputs: decision regions with the data, a curve, or predictions against truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot, draw_axes, write_title
from gdcli.live.panels.confusion import Confusion
from gdcli.live.panels.data import draw_by_truth, padded, sampled
from gdcli.live.panels.images import Images
from gdcli.live.setup import NetworkScene, Setup
from gdcli.render import theme
from gdcli.render.charts.axes import fractions
from gdcli.render.raster.geometry import pixels, within
from gdcli.render.raster.pictures import class_colors, draw_heat_map, draw_regions
from gdcli.said import say

__all__ = ["Regions"]

SHADES = 6  # of confidence
LOWEST_IMAGES = 8  # rows
BUDGET = 4e7  # multiplications for a picture


class _Grid(NamedTuple):
    """Points that cover a picture, a coarse one where the network is large."""

    setup: Setup
    width: int
    height: int
    coarse: int
    inputs: Array


class Regions:
    """The plane of two inputs, coloured by the network's answer; a network of one input as a curve."""

    def __init__(self) -> None:
        self._grid: _Grid | None = None
        self._images, self._confusion = Images(), Confusion()

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Regions, points, axes."""
        scene = run.setup.scene
        if not isinstance(scene, NetworkScene) or area.width < 12 or area.height < 5:
            return
        inputs = scene.data.inputs.shape[1]
        if inputs == 2:
            self._plane(page, area, run, scene)
        elif scene.preparation.classes:
            self._classes(page, area, run, scene)
        elif inputs == 1:
            _curve(page, area, run, scene)
        else:
            _against_truth(page, area, run, scene)

    def _classes(self, page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
        """How often each class was taken for which; of images some, and that below them where there is room."""
        low = self._confusion.height(scene)
        if not scene.side:
            self._confusion.draw(page, area, run, None)
        elif page.pen > 1 or area.height < low + LOWEST_IMAGES:
            self._images.draw(page, area, run, None)
        else:
            self._images.draw(page, area.inside(bottom=low + 1), run, None)
            self._confusion.draw(page, area.inside(top=area.height - low), run, None)

    def _plane(self, page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
        data, classes = scene.data, scene.preparation.classes
        words = [
            (say("decision regions") if classes else say("prediction"), theme.HEADING),
            (say(" and data"), theme.NOTE),
        ]
        held_out = say("  {signs} held out", signs=_signs(scene, page))
        words += [(held_out, theme.NOTE)] if scene.held_out is not None else []
        across, up = padded(data.inputs[:, 0]), padded(data.inputs[:, 1])
        frame = draw_axes(page, write_title(page, area, words), across, up, x_label=data.input_names[0], equal=True)
        inner, ranges = frame.area, ((frame.x.low, frame.x.high), (frame.y.low, frame.y.high))
        outputs = self._outputs(run, scene, inner, ranges)
        rows = sampled(data)
        if classes:
            sure = scene.preparation.probabilities(outputs)
            kinds = sure.argmax(axis=-1)
            rgb = draw_regions(
                self._fine(kinds, inner),
                page.screen,
                confidence=self._fine(0.35 + 0.65 * np.ceil(SHADES * sure.max(axis=-1)) / SHADES, inner),
                points=rows.inputs,
                labels=rows.targets,
                x_range=ranges[0],
                y_range=ranges[1],
            )
        else:
            values = self._fine(scene.preparation.predicted(outputs), inner)
            rgb = draw_heat_map(values, page.screen, scale="linear", low_is_bright=False, contours=6)
        page.picture(inner, rgb)
        if not classes:
            frame.points(page, rows.inputs[:, 0], rows.inputs[:, 1], theme.DATA)
        if scene.held_out is not None:
            _stamp_held_out(page, frame, scene, sampled(scene.held_out))

    def _outputs(self, run: Course, scene: NetworkScene, inner: Area, ranges: tuple[tuple[float, float], ...]) -> Array:
        wanted = run.setup, inner.width, inner.height
        if self._grid is None or self._grid[:3] != wanted:
            cells = inner.width * 2 * inner.height
            coarse = 1
            while cells / coarse**2 * scene.network.size > BUDGET and coarse < 8:
                coarse += 1
            across = np.linspace(*ranges[0], -(-inner.width // coarse))
            up = np.linspace(*ranges[1], -(-2 * inner.height // coarse))
            points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
            self._grid = _Grid(*wanted, coarse, scene.preparation.inputs(points, run.setup.start.dtype))
        with np.errstate(all="ignore"):
            return scene.network(run.now.parameters, self._grid.inputs)[0]

    def _fine(self, values: Array, inner: Area) -> Array:
        """Values of the grid as values of the picture's pixels."""
        assert self._grid is not None, "the outputs were computed on it"  # noqa: S101 - for the type checker
        coarse = self._grid.coarse
        table = values.reshape(-1, -(-inner.width // coarse))
        result: Array = table.repeat(coarse, axis=0).repeat(coarse, axis=1)[: 2 * inner.height, : inner.width]
        return result


def _signs(scene: NetworkScene, page: Page) -> str:
    """The marks of the rows held out: one, or where there is no colour the number of the class."""
    if page.screen.color or not scene.preparation.classes:
        return theme.VALIDATION.sign(page.screen.unicode)
    return " ".join(str(at) for at in range(min(len(scene.preparation.classes), 10)))


def _stamp_held_out(page: Page, frame: Plot, scene: NetworkScene, rows: Dataset) -> None:
    """The rows held out: a mark each, in the colour of its class."""
    spots = fractions(rows.inputs, frame.x, frame.y)
    inside = within(spots)
    at = pixels(spots[inside], (frame.area.height, frame.area.width)).T
    kinds = rows.targets[np.isfinite(rows.inputs).all(axis=1)][inside].astype(np.intp)
    classes = len(scene.preparation.classes)
    if not classes:
        color = np.full(len(kinds), theme.VALIDATION.color.packed)
        page.stamp(frame.area, at[0], at[1], [theme.VALIDATION.sign(page.screen.unicode)] * len(kinds), color)
        return
    packed = class_colors(classes, page.screen)[1].astype(np.int64) @ np.array([65536, 256, 1])
    mark = theme.VALIDATION.sign(page.screen.unicode)
    signs = [mark if page.screen.color else str(kind % 10) for kind in kinds.tolist()]
    page.stamp(frame.area, at[0], at[1], signs, packed[kinds])


def _curve(page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
    """The data and the network as a function of its one input."""
    data = scene.data
    frame = draw_axes(
        page,
        write_title(page, area, [(say("data"), theme.HEADING), (say(" and network"), theme.FITTED)]),
        padded(data.inputs[:, 0]),
        padded(data.targets),
        x_label=data.input_names[0],
    )
    x = np.linspace(frame.x.low, frame.x.high, 2 * frame.area.width)
    frame.stroke(page, x, scene.predict(run.now.parameters, x[:, None]), theme.FITTED)
    rows = sampled(data)
    frame.points(page, rows.inputs[:, 0], rows.targets, theme.DATA)


def _against_truth(page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
    """Predictions across, the truth up."""
    rows = sampled(scene.seen)
    words = [(say("prediction"), theme.FITTED), (say(" (across) against truth (up)"), theme.NOTE)]
    predictions = scene.predict(run.now.parameters, rows.inputs)
    draw_by_truth(page, write_title(page, area, words), predictions, rows.targets)
