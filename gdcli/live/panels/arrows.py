"""The next step on the loss surface: the gradient's part of it, the velocity's part, and where it ends."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.live.course import Course
from gdcli.live.page import Codes, Page
from gdcli.live.panels.base import Plot
from gdcli.live.setup import LineScene
from gdcli.optim.optimizers import SGD, Momentum, Optimizer
from gdcli.render import theme
from gdcli.render.charts.axes import fractions
from gdcli.render.raster.colormap import luminance
from gdcli.render.raster.geometry import Indices, pixels, trace_pixels, within
from gdcli.render.theme import Meaning
from gdcli.training.records import Step

__all__ = ["Arrows", "arrows", "draw_arrows"]

BARB, ANGLE = 4.0, 2.6  # an arrowhead's two strokes: dots, and radians away from the shaft
SHORT = 3.0  # dots of an arrow that is not seen below what stands at its beginning
PEN = 2  # dots across and down
DASH = 3  # dots of a broken line, and as many between them


class Arrows(NamedTuple):
    """The ends of the arrows of a step, in the units of the model; all begin where the run stands.

    Args:
        begin: Where the run stands, shape (P,).
        gradient: Where the gradient's part alone would end: w - lr g.
        velocity: Where the part alone would end that the velocity adds; None without momentum.
        next: Where the step ends.
    """

    begin: Array
    gradient: Array
    velocity: Array | None
    next: Array


def arrows(begin: Array, step: Step, optimizer: Optimizer) -> Arrows:
    """The parts of a step.

    Args:
        begin: The parameters before it.
        step: The step.
        optimizer: What makes it: with momentum, -lr g and what is left of the step are its two parts.
    """
    gradient = begin - step.learning_rate * step.gradient
    velocity = begin + (step.parameters - gradient) if isinstance(optimizer, Momentum) else None
    return Arrows(begin, gradient, velocity, step.parameters)


def draw_arrows(page: Page, frame: Plot, run: Course, scene: LineScene, over: tuple[int, int]) -> None:
    """The arrows of the next step of a run, over a picture of the surface."""
    step = run.coming()
    if step is None:
        return
    ends = arrows(run.now.parameters, step, run.setup.optimizer)
    known = [ends.begin, ends.gradient, ends.next, *([] if ends.velocity is None else [ends.velocity])]
    places = [scene.raw(one)[list(over)] for one in known]
    if not np.isfinite(places).all():
        return
    spots = fractions(places, frame.x, frame.y)
    ink = _ink(page, frame)
    if not isinstance(run.setup.optimizer, SGD):
        _line(page, frame, spots[0], spots[2], ink)
    heads = [(spots[1], theme.GRADIENT), *((end, theme.VELOCITY) for end in spots[3:])]
    for end, _ in heads:
        _arrow(page, frame, spots[0], end, ink)
    for end, meaning in heads:
        way = (end - spots[0]) * _size(frame)
        length = float(np.hypot(*way))
        if length >= SHORT:
            _letter(page, frame, end + BARB * way / length / _size(frame), meaning)
    _letter(page, frame, spots[2], theme.NEXT)


def _size(frame: Plot) -> Array:
    """Dots from one edge of the picture to the other, across and up."""
    return np.array([2 * frame.area.width - 1, 4 * frame.area.height - 1])


def _line(page: Page, frame: Plot, begin: Array, end: Array, ink: Codes) -> None:
    """A broken line from one point to another, fractions of the picture."""
    rows, columns = trace_pixels(np.stack([begin, end]), *(_size(frame) + 1).tolist())
    kept = np.arange(len(rows)) // DASH % 2 == 0
    _dots(page, frame, rows[kept], columns[kept], ink)


def _arrow(page: Page, frame: Plot, begin: Array, end: Array, ink: Codes) -> None:
    """A line with a head, unless it is too short to be seen."""
    way = (end - begin) * _size(frame)
    length = float(np.hypot(*way))
    if length < SHORT:
        return
    turned = np.arctan2(way[1], way[0]) + np.array([ANGLE, -ANGLE])
    barbs = end + min(BARB, length / 2) * np.stack([np.cos(turned), np.sin(turned)], axis=1) / _size(frame)
    line = np.stack([begin, end, barbs[0], end, barbs[1]])
    _dots(page, frame, *trace_pixels(line, *(_size(frame) + 1).tolist()), ink)


def _dots(page: Page, frame: Plot, rows: Indices, columns: Indices, ink: Codes) -> None:
    page.dots(frame.area, rows, columns, theme.PATH, ink[rows // 4, columns // 2], pen=max(page.pen, PEN))


def _letter(page: Page, frame: Plot, spot: Array, meaning: Meaning) -> None:
    """A meaning's sign at a fraction of the picture, if it lies in it."""
    if within(spot[None])[0]:
        ((row, column),) = pixels(spot[None], (2 * frame.area.height, frame.area.width)).tolist()
        page.over(frame.area.left + column, frame.area.top + row // 2, meaning.sign(page.screen.unicode))


def _ink(page: Page, frame: Plot) -> Codes:
    """For each cell of the picture the colour that is seen on it, 0xRRGGBB."""
    area = frame.area
    cells = slice(area.top, area.top + area.height), slice(area.left, area.left + area.width)
    ground = page.back[cells].clip(0)
    rgb = np.stack([ground >> 16, ground >> 8 & 255, ground & 255], axis=-1).astype(np.uint8)
    return np.where(luminance(rgb) > 0.5, theme.EDGE.color.packed, theme.PATH.color.packed)
