"""Which class each point of a plane gets, with the rows on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render.charts.axes import frame_picture
from gdcli.render.raster.canvas import half_blocks
from gdcli.render.raster.geometry import equal_pixels
from gdcli.render.raster.pictures import draw_regions
from gdcli.render.screen import Screen
from gdcli.said import say

AROUND = (10, 4)
"""Columns and lines of the axes and the title."""


class Regions(NamedTuple):
    """Decision regions as data.

    Args:
        predict: The class of each of `(n, 2)` points.
        rows: `(n, 2)`, the data.
        labels: The class of each row.
        names: The two inputs' names, across and up.
        classes: The classes' names.
        title: What it shows.
    """

    predict: Callable[[Array], Array]
    rows: Array
    labels: Array
    names: tuple[str, str]
    classes: Sequence[str]
    title: str = say("decision regions")

    def ranges(self) -> list[tuple[float, float]]:
        """Of both inputs, with a margin."""
        low, high = self.rows.min(axis=0), self.rows.max(axis=0)
        margin = 0.05 * np.where(high > low, high - low, 1.0)
        return [(float(a), float(b)) for a, b in zip(low - margin, high + margin, strict=True)]

    def grid(self, width: int, height: int) -> Array:
        """The class of each point of a grid over the ranges, lowest row first."""
        x_range, y_range = self.ranges()
        points = np.stack(np.meshgrid(np.linspace(*x_range, width), np.linspace(*y_range, height)), axis=-1)
        return self.predict(points.reshape(-1, 2)).reshape(height, width)

    def draw(self, screen: Screen, width: int, height: int) -> str:
        """The picture as text, on at most so many columns and lines."""
        x_range, y_range = self.ranges()
        wide, high = equal_pixels(x_range, y_range, width - AROUND[0], 2 * (height - AROUND[1]))
        kinds = self.grid(wide, high)
        rgb = draw_regions(kinds, screen, points=self.rows, labels=self.labels, x_range=x_range, y_range=y_range)
        return (
            screen.speak(self.title)
            + "\n"
            + frame_picture(half_blocks(rgb, screen), x_range, y_range, *self.names, screen)
        )
