"""The weights between two layers of the diagram: lines as thick and bright as they are strong, and which is where."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.live.page import Area, Page
from gdcli.render import theme
from gdcli.render.raster.geometry import Indices

__all__ = ["Ends", "Weights", "tinted", "weights"]

SAMPLES = 40  # dots along a line
FAINTEST = 0.12  # of the layer's largest weight: weaker lines are left out
STRONG = 0.4  # the same where there are no colours to distinguish weak from strong
THICK = 0.75  # from here on a line is a dot thicker
NEAR = 2.5  # rows of dots from the middle of a cell


class Ends(NamedTuple):
    """Where lines begin and end, as dots of an area.

    Args:
        begin: The column in which they begin.
        end: The column in which they end.
        tops: The row in which the lines of each neuron on the left begin.
        stops: The row in which those of each on the right end.
    """

    begin: int
    end: int
    tops: Indices
    stops: Indices


class Weights(NamedTuple):
    """The lines that are drawn, the weakest first.

    Args:
        sources: The neuron on the left of each.
        neurons: The neuron on the right of each.
        values: Its weight.
        strength: The weight's size, as a part of the layer's largest.
        rows: Of its dots, a row each.
        across: Their columns.
    """

    sources: Indices
    neurons: Indices
    values: Array
    strength: Array
    rows: Indices
    across: Indices

    def draw(self, page: Page, area: Area) -> None:
        """The lines, the strongest on top."""
        colors = tinted(self.values, 0.25 + 0.75 * self.strength).astype(np.int64) & 0xF0
        packed = colors @ np.array([65536, 256, 1])
        for some, pen in ((self.strength < THICK, page.pen), (self.strength >= THICK, page.pen + 1)):
            dots = self.rows[some].ravel(), self.across[some].ravel()
            page.dots(area, *dots, theme.WEIGHT, np.repeat(packed[some], SAMPLES), pen)

    def at(self, column: int, row: int) -> tuple[int, int] | None:
        """The neurons on the left and on the right of the strongest line through a cell of the area."""
        near = (self.across // 2 == column) | ((self.across + 1) // 2 == column)
        through = near & (np.abs(self.rows - (4 * row + 1.5)) <= NEAR)
        found = np.flatnonzero(through.any(axis=1))
        return (int(self.sources[found[-1]]), int(self.neurons[found[-1]])) if len(found) else None


def weights(values: Array, ends: Ends, colored: bool) -> Weights:
    """The lines of the weights between neurons that are shown, (left, right).

    Args:
        values: The weights.
        ends: Where the lines begin and end.
        colored: Whether colours distinguish weak lines from strong ones.
    """
    shown = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    strength = np.abs(shown) / (np.abs(shown).max(initial=0.0) or 1.0)
    sources, neurons = np.nonzero(strength >= (FAINTEST if colored else STRONG))
    order = np.argsort(strength[sources, neurons])
    sources, neurons = sources[order], neurons[order]
    along = np.linspace(0, 1, SAMPLES)
    start, stop = ends.tops[sources][:, None], ends.stops[neurons][:, None]
    rows = np.rint(start + (stop - start) * along).astype(np.intp)
    across = np.broadcast_to(np.rint(ends.begin + (ends.end - ends.begin) * along).astype(np.intp), rows.shape)
    return Weights(sources, neurons, shown[sources, neurons], strength[sources, neurons], rows, across)


def tinted(signs: Array, strength: Array) -> Array:
    """The colours of positive and negative numbers: the ground's at strength 0, their own at 1."""
    positive, negative, ground = (
        np.array(meaning.color.rgb) for meaning in (theme.POSITIVE, theme.NEGATIVE, theme.ZERO)
    )
    ink = np.where(signs[..., None] > 0, positive, negative)
    return np.asarray(ground + (ink - ground) * strength[..., None])
