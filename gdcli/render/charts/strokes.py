"""Strokes on a page of cells: curves and points alike on the braille grid, or in marks where these must differ."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.render.charts.curves import Series
from gdcli.render.raster.cells import Cells
from gdcli.render.raster.geometry import BRAILLE, DOTS, Floats, Indices, point_pixels, trace_pixels
from gdcli.render.screen import Screen
from gdcli.render.theme import CLASSES
from gdcli.render.theme import DOTS as FINE

# Where there is no colour, and the marks of the meanings do not differ, curves differ by these.
LINES: tuple[str, ...] = (FINE, "·", "+", "x", "#")
POINTS: tuple[str, ...] = ("•", "◦", "▪", "x", "+")
ASCII_LINES: tuple[str, ...] = ("*", ".", "+", "x", "#")
ASCII_POINTS: tuple[str, ...] = ("o", "@", "&", "x", "+")


@dataclass(frozen=True)
class Stroke:
    """Pieces of a curve, `(n, 2)` fractions of the plot each, and how to draw them.

    Args:
        series: The curve.
        pieces: What of it lies on the plot.
        mark: One character a cell; that of fine dots stands for braille.
    """

    series: Series
    pieces: list[Floats]
    mark: str

    @property
    def sign(self) -> str:
        """What stands for it in a legend."""
        if self.mark != FINE:
            return self.mark
        return "•" if self.series.style == "points" else "—"


def choose_marks(series: Sequence[tuple[Series, bool]], screen: Screen) -> list[str]:
    """What each curve is drawn with.

    Where there is colour, all in fine dots. Else each with the mark of its meaning, if that is more than a number
    and no two are the same; or by its rank: the last one, on top of the others, is the finest.

    Args:
        series: The curves, and whether each is drawn as points.
        screen: What the terminal can do.
    """
    if screen.color and screen.unicode:
        return [FINE] * len(series)
    own = [one.meaning.sign(screen.unicode) for one, _ in series]
    numbered = any(one.meaning in CLASSES and not kind for one, kind in series)
    if all(own) and len(set(own)) == len(own) and not numbered:
        return own
    lines, points = (LINES, POINTS) if screen.unicode else (ASCII_LINES, ASCII_POINTS)
    dotted = [kind for _, kind in series]
    ranks = [dotted[at + 1 :].count(kind) for at, kind in enumerate(dotted)]
    families = [points if kind else lines for kind in dotted]
    return [family[rank % len(family)] for family, rank in zip(families, ranks, strict=True)]


def draw_strokes(page: Cells, width: int, strokes: Sequence[Stroke]) -> None:
    """Draws lines, then points, so that these stay visible, on so many columns of a page."""
    for stroke in sorted(strokes, key=lambda one: one.series.style == "points"):
        spots = [_dots(stroke, piece, 2 * width, 4 * page.height) for piece in stroke.pieces]
        if spots:
            rows, columns = (np.concatenate(part) for part in zip(*spots, strict=True))
            _put(page, rows, columns, stroke)


def _dots(stroke: Stroke, piece: Floats, width: int, height: int) -> tuple[Indices, Indices]:
    """Rows and columns of the dots of a piece."""
    if stroke.series.style == "points":
        return point_pixels(piece, width, height, fat=stroke.mark == FINE)
    return trace_pixels(np.concatenate([piece[:1], piece]), width, height)


def _put(page: Cells, rows: Indices, columns: Indices, stroke: Stroke) -> None:
    """Dots as braille, joined with those of the cell; or a mark in each cell."""
    bits: dict[tuple[int, int], int] = {}
    cells = zip((rows // 4).tolist(), (columns // 2).tolist(), DOTS[rows % 4, columns % 2].tolist(), strict=True)
    for row, column, bit in cells:
        bits[row, column] = bits.get((row, column), 0) | bit
    for (row, column), dots in bits.items():
        before = ord(page.rows[row][column][0][:1] or " ") - BRAILLE
        char = chr(BRAILLE | dots | (before if 0 <= before < 256 else 0)) if stroke.mark == FINE else stroke.mark
        page.rows[row][column] = (char, stroke.series.meaning)
