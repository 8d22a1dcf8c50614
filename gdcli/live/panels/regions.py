"""What a network makes of its inputs: decision regions with the data, a curve, or predictions against truth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot, draw_axes, write_title
from gdcli.live.panels.data import draw_by_truth, padded, sampled
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import NetworkScene, Setup
from gdcli.render import theme
from gdcli.render.charts.axes import fractions
from gdcli.render.raster.geometry import pixels, within
from gdcli.render.raster.pictures import class_colors, draw_heat_map, draw_regions
from gdcli.render.screen import align_right, columns, fit, plain
from gdcli.said import say

__all__ = ["Regions", "predict"]

SHADES = 6  # of confidence
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

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Regions, points, axes."""
        scene = run.setup.scene
        if not isinstance(scene, NetworkScene) or area.width < 12 or area.height < 5:
            return
        inputs = scene.data.inputs.shape[1]
        if inputs == 2:
            self._plane(page, area, run, scene)
        elif scene.preparation.classes:
            _draw_confusion(page, area, run, scene)
        elif inputs == 1:
            _curve(page, area, run, scene)
        else:
            _against_truth(page, area, run, scene)

    def _plane(self, page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
        data, classes = scene.data, scene.preparation.classes
        words = [
            (say("decision regions") if classes else say("prediction"), theme.HEADING),
            (say(" and data"), theme.NOTE),
        ]
        held_out = say("  {signs} held out", signs=_signs(scene, page))
        words += [(held_out, theme.NOTE)] if scene.held_out is not None else []
        ranges = padded(data.inputs[:, 0]), padded(data.inputs[:, 1])
        frame = draw_axes(page, write_title(page, area, words), *ranges, x_label=data.input_names[0])
        inner = frame.area
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
    frame.stroke(page, x, predict(scene, run.now.parameters, x[:, None]), theme.FITTED)
    rows = sampled(data)
    frame.points(page, rows.inputs[:, 0], rows.targets, theme.DATA)


def _against_truth(page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
    """Predictions across, the truth up."""
    rows = _held_out_rows(scene)
    words = [(say("prediction"), theme.FITTED), (say(" (across) against truth (up)"), theme.NOTE)]
    predictions = predict(scene, run.now.parameters, rows.inputs)
    draw_by_truth(page, write_title(page, area, words), predictions, rows.targets)


def _held_out_rows(scene: NetworkScene) -> Dataset:
    """Some of the rows held out, or of all."""
    return sampled(scene.data if scene.held_out is None else scene.held_out)


def predict(scene: NetworkScene, parameters: Array, raw: Array) -> Array:
    """The network's answers to raw inputs: class indices, or numbers in the target's units."""
    with np.errstate(all="ignore"):
        outputs = scene.network(parameters, scene.preparation.inputs(raw, parameters.dtype))[0]
        return scene.preparation.predicted(outputs)


def _draw_confusion(page: Page, area: Area, run: Course, scene: NetworkScene) -> None:
    """How often each class was taken for which: truth down, answer across."""
    rows, classes = _held_out_rows(scene), scene.preparation.classes
    predicted = predict(scene, run.now.parameters, rows.inputs).astype(np.intp)
    counts = np.bincount(rows.targets.astype(np.intp) * len(classes) + predicted, minlength=len(classes) ** 2)
    table = counts.reshape(len(classes), len(classes))
    where = say("validation") if scene.held_out is not None else say("training")
    below = write_title(
        page,
        area,
        [
            (say("confusion"), theme.HEADING),
            (say(" {where} rows", where=where), theme.NOTE),
            (say("  truth down"), theme.NOTE),
        ],
    )
    names = [fit(plain(name, page.screen), 6) for name in classes]
    wide = max(len(str(int(table.max(initial=0)))), max(map(columns, names))) + 1
    label = max(map(columns, names)) + 2
    shown = min(len(classes), (below.width - label) // wide, below.height - 1)
    shown -= shown < len(classes) and shown == below.height - 1  # a line for what is left out
    for at in range(shown):
        page.write(below.left + label + at * wide, below.top, align_right(names[at], wide), theme.NOTE)
        page.write(below.left, below.top + 1 + at, align_right(names[at], label - 1), theme.NOTE)
        for to in range(shown):
            count = int(table[at, to])
            meaning = theme.RIGHT if at == to else theme.WRONG if count else theme.NOTE
            text = str(count) if count else "·"
            page.write(below.left + label + (to + 1) * wide - len(text), below.top + 1 + at, text, meaning)
    if left := len(classes) - shown:
        page.write(
            below.left,
            below.top + 1 + shown,
            say("and {left} class{s} more", left=left, s="es" * (left > 1)),
            theme.NOTE,
        )
