"""Rows of image data as small pictures, each with the network's answer, and with the truth where that is another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import write_title
from gdcli.live.setup import NetworkScene
from gdcli.render import theme
from gdcli.render.raster.colormap import Pixels
from gdcli.render.reports.images import gallery
from gdcli.render.screen import Screen, columns, fit, plain
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["Images", "Size", "answers", "picture"]

NAME = 6  # columns of a class's name
GAP = 2
FEWEST = 4  # pictures that a size has to leave room for
TIMES, PARTS = (2, 1), (2, 3, 4)
"""How many times as large a pixel may be on a projector, and how many pixels may be one."""


class Answer(NamedTuple):
    """What the network takes a row for."""

    text: str
    meaning: Meaning


class Size(NamedTuple):
    """How large pictures are: `times` as large, each pixel the mean of `part` by `part`."""

    times: int
    part: int

    def of(self, side: int) -> int:
        """Columns of a picture, and pixel rows."""
        return -(-side // self.part) * self.times

    def grid(self, side: int, wide: int, area: Area) -> tuple[int, int]:
        """Columns and rows of pictures that have room, each with its words."""
        return (area.width + GAP) // (max(self.of(side), wide) + GAP), (area.height + 1) // (self.rows(side) + 2)

    def rows(self, side: int) -> int:
        """Cells of a picture's height."""
        return -(-self.of(side) // 2)


class Images:
    """Rows held out as pictures: the answer below each, and the truth where it is wrong."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """As many pictures as have room, always the same rows."""
        scene = run.setup.scene
        if not isinstance(scene, NetworkScene) or not scene.side:
            return
        where = say(" training") if scene.held_out is None else say(" held out")
        first, other = (_name(name, page.screen) for name in scene.preparation.classes[:2])
        wrong = _answer(first, other, False).text
        legend = say("  right: {first}  wrong: {wrong}", first=first, wrong=wrong)
        below = write_title(page, area, [(say("images"), theme.HEADING), (where, theme.NOTE), (legend, theme.NOTE)])
        between = columns(page.screen.speak(wrong)) - columns(first) - columns(other)
        wide = 2 * max(columns(_name(name, page.screen)) for name in scene.preparation.classes) + between
        size = _size(scene.side, wide, below, page.pen > 1)
        across, down = size.grid(scene.side, wide, below)
        _draw(page, below, size, max(size.of(scene.side), wide) + GAP, run, scene, across, across * down)


def _size(side: int, wide: int, area: Area, enlarged: bool) -> Size:
    """The largest size at which a few pictures have room; else the smallest."""
    sizes = [*(Size(times, 1) for times in TIMES[not enlarged :]), *(Size(1, part) for part in PARTS)]
    roomy = (size for size in sizes if np.prod(size.grid(side, wide, area)) >= FEWEST)
    return next(roomy, sizes[-1])


def _draw(
    page: Page, area: Area, size: Size, step: int, run: Course, scene: NetworkScene, across: int, count: int
) -> None:
    """Pictures and answers, row by row."""
    said = answers(scene, run.now.parameters, count, page.screen)
    for at, answer in enumerate(said):
        row, column = divmod(at, across)
        left, top = area.left + column * step, area.top + row * (size.rows(scene.side) + 2)
        page.picture(Area(left, top, size.of(scene.side), size.rows(scene.side)), picture(scene, at, size))
        page.write(left, top + size.rows(scene.side), answer.text, answer.meaning)


def answers(scene: NetworkScene, parameters: Array, count: int, screen: Screen) -> Sequence[Answer]:
    """What the network takes the first rows for: the class, and where it is wrong the truth too."""
    rows, names = scene.seen.rows(slice(0, count)), scene.preparation.classes
    predicted = scene.predict(parameters, rows.inputs)
    pairs = [(int(a), int(b)) for a, b in zip(predicted, rows.targets, strict=True)]
    return [_answer(_name(names[taken], screen), _name(names[true], screen), taken == true) for taken, true in pairs]


def _answer(taken: str, true: str, right: bool) -> Answer:
    return (
        Answer(taken, theme.RIGHT) if right else Answer(say("{taken}, is {true}", taken=taken, true=true), theme.WRONG)
    )


def _name(name: str, screen: Screen) -> str:
    return fit(plain(name, screen), NAME)


def picture(scene: NetworkScene, at: int, size: Size) -> Pixels:
    """A row as a grey picture of that size, an even number of pixel rows high."""
    (grey,) = gallery(scene.seen.rows(slice(at, at + 1)), 1).images
    edge = -len(grey) % size.part
    padded = np.pad(grey, (0, edge))
    small = padded.reshape(len(padded) // size.part, size.part, -1, size.part).mean(axis=(1, 3))
    large = small.repeat(size.times, axis=0).repeat(size.times, axis=1)
    even = np.pad(large, ((0, len(large) % 2), (0, 0)))
    grey = np.rint(255 * even).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)
