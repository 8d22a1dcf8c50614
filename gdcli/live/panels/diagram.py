"""The network as a diagram: a small picture a neuron, lines as strong as their weights, each layer's gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import write_title
from gdcli.live.panels.data import padded
from gdcli.live.panels.images import Size, answers, picture
from gdcli.live.panels.weights import Ends, Weights, tinted, weights
from gdcli.live.setup import NetworkScene, Setup
from gdcli.nn.networks import Network
from gdcli.render import theme
from gdcli.render.raster.colormap import Pixels
from gdcli.render.screen import align_right, columns, fit, plain
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["Diagram"]

WIDE, HIGH, LOW = 6, 3, 2  # cells of a neuron's picture; low where there are many
SHADES = 6  # of a neuron's picture
NAME, ROOMY = 8, 36  # columns of an input's name, and those of the diagram from which it has them
MOST_ROWS = 200  # that stand for the data where there is no plane


class _Column(NamedTuple):
    """A layer's place: the left cell of its pictures, their height, the row of each that is shown, and its size."""

    left: int
    high: int
    rows: list[int]
    neurons: int


class Target(NamedTuple):
    """A weight, or the bias of a neuron, that is pointed at; all counted from 0.

    Args:
        layer: Its layer.
        neuron: The neuron that it goes into.
        source: The neuron, or the input, that it comes from; None for the bias.
    """

    layer: int
    neuron: int
    source: int | None

    def words(self, scene: NetworkScene, parameters: Array) -> list[tuple[str, Meaning]]:
        """Its name, as `step` has it, its value, and what it joins."""
        layer, own = scene.network.layers[self.layer], f"{self.layer + 1}:{self.neuron + 1}"
        name = f"{self.layer + 1}_{self.neuron + 1}"
        if self.source is None:
            value = short(float(layer.bias(parameters)[self.neuron]))
            return [(f"b{name} = {value}", theme.RESULT), (say("  bias of {neuron}", neuron=own), theme.NOTE)]
        value = short(float(layer.weights(parameters)[self.source, self.neuron]))
        source = f"{self.layer}:{self.source + 1}" if self.layer else scene.preparation.names[self.source]
        joins = say("  from {source} to {neuron}", source=source, neuron=own)
        return [(f"w{name}_{self.source + 1} = {value}", theme.RESULT), (joins, theme.NOTE)]


class _Layout(NamedTuple):
    """Where everything stands that can be pointed at."""

    area: Area
    columns: list[_Column]
    lines: list[Weights]

    def at(self, column: int, row: int) -> Target | None:
        """What stands at a cell of the page."""
        for layer, one in enumerate(self.columns[1:]):
            if one.left <= column < one.left + WIDE:
                found = next((at for at, top in enumerate(one.rows) if top <= row < top + one.high), None)
                return None if found is None else Target(layer, found, None)
        for layer, lines in enumerate(self.lines):
            if (ends := lines.at(column - self.area.left, row - self.area.top)) is not None:
                return Target(layer, ends[1], ends[0])
        return None


class Diagram:
    """Inputs left, outputs right. A picture shows what the neuron gives over the plane of two inputs."""

    def __init__(self) -> None:
        self._layout: _Layout | None = None
        self._pointer: tuple[int, int] = (-1, -1)
        self._of: tuple[Setup | None, int] = (None, 0)
        self._inputs: Array = np.empty((0, 0))

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Lines first, pictures over them, words below."""
        scene = run.setup.scene
        if not isinstance(scene, NetworkScene) or area.width < 20 or area.height < 8:
            return
        network, parameters = scene.network, run.now.parameters
        below = area.inside(top=1)
        columns_ = _columns(network, below.inside(bottom=3), scene.preparation.names)
        if scene.side:  # an image stands for the inputs
            columns_[0] = columns_[0]._replace(rows=[])
        drawn = [
            _drawn(page, below, left, right, layer.weights(parameters))
            for left, right, layer in zip(columns_, columns_[1:], network.layers, strict=False)
        ]
        self._layout = _Layout(below, columns_, drawn)
        self._title(page, area, scene, parameters)
        self._neurons(page, columns_, run, scene)
        if scene.side:
            _image(page, columns_, run, scene)
        else:
            _inputs(page, below, columns_[0], scene)
        _words(page, below, columns_, run, network)

    def _title(self, page: Page, area: Area, scene: NetworkScene, parameters: Array) -> None:
        """What is pointed at; else how large the network is."""
        target = self.target
        size = say(" {size:,} numbers, weights ", size=scene.network.size)
        signs = [(theme.POSITIVE.mark, theme.POSITIVE), (" ", theme.NOTE), (theme.NEGATIVE.mark, theme.NEGATIVE)]
        usual: list[tuple[str, Meaning]] = [(say("network"), theme.HEADING), (size, theme.NOTE), *signs]
        write_title(page, area, usual if target is None else target.words(scene, parameters))

    @property
    def target(self) -> Target | None:
        """What is pointed at, as far as it is drawn."""
        return None if self._layout is None else self._layout.at(*self._pointer)

    def point(self, column: int, row: int) -> bool:
        """Points at a cell of the page; True if something else is pointed at than before."""
        before = self.target
        self._pointer = column, row
        return self.target != before

    def leave(self) -> None:
        """Nothing is drawn that could be pointed at."""
        self._layout = None

    def _neurons(self, page: Page, columns_: list[_Column], run: Course, scene: NetworkScene) -> None:
        plane = scene.data.inputs.shape[1] == 2
        high = columns_[0].high
        if self._of != (run.setup, high):
            several = scene.data.inputs[:MOST_ROWS] if not scene.side else scene.seen.inputs[:1]
            raw = _plane(scene, high) if plane else several
            self._inputs = scene.preparation.inputs(raw, run.setup.start.dtype)
            self._of = run.setup, high
        with np.errstate(all="ignore"):
            given = scene.network.layerwise(run.now.parameters, self._inputs)
        for column, values in zip(columns_[1:], given, strict=True):
            values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
            for neuron, row in enumerate(column.rows):
                own = values[:, neuron].reshape(2 * high, WIDE)[::-1] if plane else values[:, neuron].mean()
                largest = np.abs(values if scene.side else values[:, neuron]).max()
                page.picture(Area(column.left, row, WIDE, high), _shaded(own, largest, high))


def _columns(network: Network, area: Area, names: Sequence[str]) -> list[_Column]:
    """Where each layer stands, inputs included; these have room for longer names than a picture is wide."""
    count = len(network.sizes)
    high = HIGH if max(network.sizes[1:]) * (HIGH + 1) - 1 <= area.height else LOW
    begin = max(0, min(max(map(columns, names)), NAME) - WIDE) if area.width >= ROOMY else 0
    lefts = [area.left + begin + round(at * (area.width - begin - WIDE) / (count - 1)) for at in range(count)]
    each = zip(lefts, network.sizes, strict=True)
    return [_Column(left, high, _rows(area, neurons, high), neurons) for left, neurons in each]


def _rows(area: Area, neurons: int, high: int) -> list[int]:
    """Rows of as many pictures as there is room for, a row between them."""
    shown = min(neurons, max(1, (area.height + 1) // (high + 1)))
    top = area.top + (area.height - (shown * (high + 1) - 1)) // 2
    return [top + (high + 1) * at for at in range(shown)]


def _plane(scene: NetworkScene, high: int) -> Array:
    """Points that cover the plane of two inputs."""
    inputs = scene.data.inputs
    across, up = np.linspace(*padded(inputs[:, 0]), WIDE), np.linspace(*padded(inputs[:, 1]), 2 * high)
    return np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)


def _shaded(values: Array | float, largest: float, high: int) -> Pixels:
    """Signs by colour, dark at zero."""
    table = np.broadcast_to(np.asarray(values, dtype=np.float64), (2 * high, WIDE))
    part = np.rint(SHADES * table / largest) / SHADES if largest > 0 else table * 0
    return tinted(part, np.abs(part) ** 0.7).astype(np.uint8)


def _drawn(page: Page, area: Area, left: _Column, right: _Column, values: Array) -> Weights:
    """Draws the weights between two layers that have room for lines."""
    room = right.left - left.left > WIDE
    shown = values[: len(left.rows) * room, : len(right.rows)]
    lines = weights(shown, _ends(area, left, right), page.screen.color)
    lines.draw(page, area)
    return lines


def _ends(area: Area, left: _Column, right: _Column) -> Ends:
    """Where the lines between two columns begin and end."""
    tops = [np.array([4 * (row - area.top) + 2 * one.high for row in one.rows], dtype=np.intp) for one in (left, right)]
    return Ends((left.left + WIDE - area.left) * 2, (right.left - area.left) * 2 - 1, *tops)


def _image(page: Page, columns_: list[_Column], run: Course, scene: NetworkScene) -> None:
    """The row that the neurons answer to, and what it is taken for."""
    first, second = columns_[:2]
    size = Size(1, -(-scene.side // max(1, second.left - first.left - 1)))
    middle = (columns_[-1].rows[0] + columns_[-1].rows[-1]) // 2
    high = size.rows(scene.side)
    (answer,) = answers(scene, run.now.parameters, 1, page.screen)
    page.picture(Area(first.left, middle, size.of(scene.side), high), picture(scene, 0, size))
    page.write(first.left, middle + high, answer.text, answer.meaning, second.left - first.left - 1)


def _inputs(page: Page, area: Area, column: _Column, scene: NetworkScene) -> None:
    """The inputs by name, as far as there is room."""
    wide = column.left + WIDE - area.left
    for row, name in zip(column.rows, scene.preparation.names, strict=False):
        text = align_right(fit(plain(name, page.screen), wide), wide)
        page.write(area.left, row + column.high // 2, text, theme.HEADING, wide)


def _words(page: Page, area: Area, columns_: list[_Column], run: Course, network: Network) -> None:
    """Under each layer: its size, its activation, the size of its gradient."""
    names = [activation.__name__ for activation in network.activations]
    kinds = [say("inputs"), *names, say("outputs")]
    step = run.now.step
    bottom = area.top + area.height - 3
    for at, column in enumerate(columns_):
        shown = len(column.rows)
        count = str(column.neurons) if shown in (0, column.neurons) else f"{shown}/{column.neurons}"
        _centred(page, column, area, bottom, count, theme.HEADING)
        _centred(page, column, area, bottom + 1, kinds[at], theme.NOTE)
        if not at:
            _centred(page, column, area, bottom + 2, say("|grad|"), theme.NOTE)
        elif step is not None:
            layer = network.layers[at - 1]
            size = math.sqrt(float((step.gradient[layer.begin : layer.end].astype(np.float64) ** 2).sum()))
            _centred(page, column, area, bottom + 2, short(size, 2), theme.NOTE)


def _centred(page: Page, column: _Column, area: Area, row: int, text: str, meaning: Meaning) -> None:
    text = page.screen.speak(text)
    begin = column.left + (WIDE - columns(text)) // 2
    begin = max(area.left, min(begin, area.left + area.width - columns(text)))
    page.write(begin, row, text, meaning)
