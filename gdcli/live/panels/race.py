"""A race on the screen: its table, all paths on one surface, all losses on one axis, all rates on the dial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.live.course import Course, Ghost
from gdcli.live.lanes import Lane
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot
from gdcli.live.panels.curves import draw_series
from gdcli.live.panels.dial import column_of
from gdcli.live.panels.landscape import LossSurface, Trail
from gdcli.live.race_words import HEADS, Row, describe_parts, loss_name, rows, widths
from gdcli.live.setup import NetworkScene
from gdcli.render import theme
from gdcli.render.charts.axes import fractions
from gdcli.render.charts.curves import Series, prepare_series
from gdcli.render.raster.geometry import pixels, within
from gdcli.render.screen import columns
from gdcli.render.theme import Meaning

__all__ = ["RaceCurves", "RaceRates", "RaceSurface", "RaceTable"]

APART = 2  # columns between two of the table
HIGHEST = 100  # times the loss at the start: as high as curves are drawn


class RaceTable(NamedTuple):
    """A row for each lane, in its colour and with its number; the one at the keys is pointed at.

    Args:
        lanes: The lanes.
        at: Which is at the keys.
    """

    lanes: Sequence[Lane]
    at: int

    @property
    def height(self) -> int:
        """Lines that it takes."""
        return len(self.lanes) + 2

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Heads, rows, and what is counted."""
        found, speak = rows(self.lanes), page.screen.speak
        heads = (HEADS[0], loss_name(self.lanes), *HEADS[1:])
        wide = widths([[speak(cell) for cell in cells] for cells in (heads, *(row.cells for row in found))])
        _cells(page, area.left + 4, area.top, heads, wide, theme.NOTE)
        for at, (row, meaning) in enumerate(zip(found, theme.LANES, strict=False)):
            self._row(page, area, row, meaning, wide, at)
        note = describe_parts(self.lanes)
        page.write(area.left, area.top + len(found) + 1, note, theme.NOTE, area.width)

    def _row(self, page: Page, area: Area, row: Row, meaning: Meaning, wide: Sequence[int], at: int) -> None:
        line = area.top + 1 + at
        own = theme.HEADING if at == self.at else theme.PLAIN
        page.write(area.left, line, ">" if at == self.at else " ", theme.HEADING)
        page.write(area.left + 2, line, row.number, meaning)
        end = _cells(page, area.left + 4, line, row.cells, wide, own)
        page.write(end + 1, line, row.news, theme.WARNING if row.bad else theme.NOTE, area.left + area.width - end - 1)


def _cells(page: Page, column: int, row: int, cells: Sequence[str], wide: Sequence[int], meaning: Meaning) -> int:
    """The first cell to the left of its column, the others to the right; the column after them."""
    for at, (cell, width) in enumerate(zip(cells, wide, strict=True)):
        text = page.screen.speak(cell)
        page.write(column if at == 0 else column + width - columns(text), row, text, meaning)
        column += width + APART
    return column


class RaceSurface(NamedTuple):
    """All paths on one loss surface, the one at the keys on top.

    Args:
        surface: Draws it.
        lanes: The lanes.
        at: Which is at the keys.
    """

    surface: LossSurface
    lanes: Sequence[Lane]
    at: int

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The surface with a number at the head of each path."""
        trails = [Trail(lane.run.way, meaning) for lane, meaning in zip(self.lanes, theme.LANES, strict=False)]
        trails.append(trails.pop(self.at))
        self.surface.draw(page, area, run, ghost, trails)


class RaceCurves(NamedTuple):
    """The training losses of all lanes on one axis.

    Args:
        lanes: The lanes.
    """

    lanes: Sequence[Lane]

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """The curves, each with its lane's number."""
        scene, named = run.setup.scene, page.screen.color  # without colour the curves are made of their numbers
        unit = scene.loss_unit if isinstance(scene, NetworkScene) else 1.0
        losses = [unit * lane.run.losses.values[:, 0] for lane in self.lanes]
        highest = HIGHEST * max(float(one[0]) for one in losses)  # what climbs beyond leaves the picture
        curves = [np.where(one <= highest, one, np.nan) for one in losses]
        series = [
            Series(lane.run.losses.steps, curve, meaning.mark * named, meaning=meaning)
            for lane, curve, meaning in zip(self.lanes, curves, theme.LANES, strict=False)
        ]
        frame = draw_series(page, area, loss_name(self.lanes), series, log=True)
        if frame is not None:
            for one in series:
                _write_number(page, frame, one)


def _write_number(page: Page, frame: Plot, one: Series) -> None:
    """A lane's number where its curve ends, or leaves the picture."""
    spots = fractions(prepare_series(one, log_y=True).points, frame.x, frame.y)
    spots = spots[within(spots)][-1:]
    for row, column in pixels(spots, (frame.area.height, frame.area.width)).tolist():
        sign = one.meaning.sign(page.screen.unicode)
        page.write(frame.area.left + column, frame.area.top + row, sign, one.meaning)


class RaceRates(NamedTuple):
    """The numbers of all lanes at their rates, on the dial's ruler.

    Args:
        lanes: The lanes.
        at: Which is at the keys.
    """

    lanes: Sequence[Lane]
    at: int

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """The numbers; where two lanes have one rate, that of the lane at the keys."""
        order = [*(at for at in range(len(self.lanes)) if at != self.at), self.at]
        for at in order:
            meaning = theme.LANES[at]
            column = column_of(self.lanes[at].run.rate, area)
            page.write(column, area.top + 1, meaning.sign(page.screen.unicode), meaning)
