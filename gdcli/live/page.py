"""A page of character cells, each with a colour in front and behind: what every panel draws on."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from gdcli.arrays import NDArray
from gdcli.render import theme
from gdcli.render.raster.canvas import ink_on, shade
from gdcli.render.raster.colormap import Pixels
from gdcli.render.raster.geometry import BRAILLE, DOTS, Indices, thickened
from gdcli.render.screen import Screen, fit, plain, split_cells
from gdcli.render.theme import Meaning

__all__ = ["Area", "Page"]

Codes = NDArray[np.int64]

NONE = -1  # the terminal's own colour
BOLD, REVERSE = 1, 2
FIRST_WIDE, SYMBOLS = 0x1100, (0x2000, 0x2C00)  # characters of two columns begin there; ours are not among them
FEWER = np.uint8(0xFC)  # shades: colours nobody can distinguish share a style


class Area(NamedTuple):
    """A rectangle of cells."""

    left: int
    top: int
    width: int
    height: int

    def holds(self, column: int, row: int) -> bool:
        """Whether a cell lies in it."""
        return 0 <= column - self.left < self.width and 0 <= row - self.top < self.height

    def inside(self, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> Area:
        """What is left when margins are taken off."""
        width, height = max(0, self.width - left - right), max(0, self.height - top - bottom)
        return Area(self.left + left, self.top + top, width, height)


class Page:
    """A screenful of cells; what lies outside is dropped.

    Args:
        width: Columns.
        height: Rows.
        screen: What the terminal can show.
        pen: Dots across and down that curves are drawn with.
    """

    def __init__(self, width: int, height: int, screen: Screen, pen: int = 1) -> None:
        self.width, self.height, self.screen, self.pen = width, height, screen, pen
        self.chars: NDArray[np.str_] = np.full((height, width), " ", dtype="U1")
        self.front = np.full((height, width), NONE, dtype=np.int64)
        self.back = np.full((height, width), NONE, dtype=np.int64)
        self.attributes = np.zeros((height, width), dtype=np.int64)
        self._cells = _cells_on(screen)

    def write(self, column: int, row: int, text: str, meaning: Meaning = theme.PLAIN, width: int | None = None) -> int:
        """Writes text in the colour of what it means.

        Returns:
            The column after it.
        """
        cells = self._cells(self.screen.speak(text), width)
        if 0 <= row < self.height:
            begin, end = max(column, 0), min(column + len(cells), self.width)
            if begin < end:
                self.chars[row, begin:end] = cells[begin - column : end - column]
                self._style(row, begin, end, meaning)
        return column + len(cells)

    def _style(self, row: int, begin: int, end: int, meaning: Meaning) -> None:
        self.front[row, begin:end] = meaning.hue.packed if meaning.hue and self.screen.color else NONE
        self.attributes[row, begin:end] = BOLD * meaning.bold | REVERSE * meaning.reverse

    def picture(self, area: Area, rgb: Pixels) -> None:
        """Half blocks: two pixel rows a cell, `(2 height, width, 3)`; without colour, brightness as characters."""
        rows, columns = self._slices(area)
        height, width = rows.stop - rows.start, columns.stop - columns.start
        rgb = rgb[: 2 * height, :width]
        if not (self.screen.color and self.screen.unicode):
            self.chars[rows, columns] = shade(rgb)
            return
        packed = (rgb & FEWER).astype(np.int64) @ np.array([65536, 256, 1])
        self.chars[rows, columns] = "▀"
        self.front[rows, columns], self.back[rows, columns] = packed[0::2], packed[1::2]
        self.attributes[rows, columns] = 0

    def take(self, area: Area, other: Page) -> None:
        """What another page of the same size shows in an area."""
        rows, columns = self._slices(area)
        for name in ("chars", "front", "back", "attributes"):
            getattr(self, name)[rows, columns] = getattr(other, name)[rows, columns]

    def over(self, column: int, row: int, text: str) -> None:
        """Letters on a picture, light or dark as its ground asks."""
        for at, char in enumerate(split_cells(plain(text, self.screen)), start=column):
            if not (0 <= row < self.height and 0 <= at < self.width):
                continue
            self.chars[row, at] = char[:1]
            if self.back[row, at] != NONE:
                ground = int(self.back[row, at])
                rgb = np.array([ground >> 16, ground >> 8 & 255, ground & 255], dtype=np.uint8)
                self.front[row, at] = ink_on(rgb).packed
                self.attributes[row, at] = BOLD

    def stamp(self, area: Area, rows: Indices, columns: Indices, signs: Sequence[str], colors: Codes) -> None:
        """One character each in cells of an area, on the ground that is there.

        Args:
            area: Where the cells are counted from.
            rows: Of each cell.
            columns: Of each cell.
            signs: What stands in each.
            colors: Of each, 0xRRGGBB.
        """
        where = self._slices(area)
        self.chars[where][rows, columns] = signs
        if self.screen.color:
            self.front[where][rows, columns] = colors
            self.attributes[where][rows, columns] = BOLD

    def dots(
        self,
        area: Area,
        rows: Indices,
        columns: Indices,
        meaning: Meaning,
        colors: Codes | None = None,
        pen: int = 0,
    ) -> None:
        """Braille dots at pixels of an area: four pixel rows and two columns a cell.

        Where there is no braille, or no colour to distinguish lines, the meaning's mark in each cell.

        Args:
            area: Where the pixels are counted from.
            rows: Of each pixel.
            columns: Of each pixel.
            meaning: What the dots stand for.
            colors: Colours of their own as 0xRRGGBB, one a pixel; the last in a cell holds.
            pen: Dots across and down that each is drawn with; 0 = the page's.
        """
        where = self._slices(area)
        pen = pen or self.pen
        rows, columns = thickened(rows, columns, pen, 2 * area.width, 4 * area.height)
        colors = None if colors is None else np.tile(colors, pen**2)
        bits = np.zeros((where[0].stop - where[0].start, where[1].stop - where[1].start), dtype=np.uint32)
        cells = rows // 4, columns // 2
        np.bitwise_or.at(bits, cells, DOTS[rows % 4, columns % 2])
        touched = bits > 0
        if self.screen.unicode and (self.screen.color or meaning.mark == theme.DOTS):
            codes = self.chars.view(np.uint32).reshape(self.chars.shape)[where]  # writes through to the characters
            before = np.where((codes >= BRAILLE) & (codes < BRAILLE + 256), codes - BRAILLE, 0)
            codes[touched] = (BRAILLE + (bits | before))[touched]
        else:
            self.chars[where][touched] = meaning.sign(self.screen.unicode)
        if self.screen.color:
            hue = NONE if meaning.hue is None else meaning.hue.packed
            self.front[where][cells] = hue if colors is None else colors

    def _slices(self, area: Area) -> tuple[slice, slice]:
        return (
            slice(area.top, min(area.top + area.height, self.height)),
            slice(area.left, min(area.left + area.width, self.width)),
        )

    def lines(self) -> list[str]:
        """The rows as plain text."""
        return ["".join(row).rstrip() for row in self._whole(np.arange(self.height))]

    def _whole(self, rows: Indices) -> list[list[str]]:
        """Characters of rows; of a wide one that was written over by half, a blank is left."""
        codes = self.chars.view(np.uint32).reshape(self.chars.shape)[rows]
        wide = (codes >= FIRST_WIDE) & ~((codes >= SYMBOLS[0]) & (codes < SYMBOLS[1]))
        shown: list[list[str]] = self.chars[rows].tolist()
        for at in np.flatnonzero((wide | (codes == 0)).any(axis=1)).tolist():
            row = [*shown[at], "end"]
            for column, char in enumerate(shown[at]):
                if (_covers_two(char) and row[column + 1]) or (
                    not char and not (column and _covers_two(row[column - 1]))
                ):
                    row[column] = " "
            shown[at] = row[:-1]
        return shown

    def rows_unlike(self, other: Page) -> list[int]:
        """Rows in which another page of the same size shows something else."""
        same = (self.chars == other.chars) & (self._keys() == other._keys())
        return np.flatnonzero(~same.all(axis=1)).tolist()

    def strips(self, rows: Sequence[int]) -> list[Strip]:
        """Rows for Textual: neighbours of one style share a segment."""
        chosen = np.asarray(rows, dtype=np.intp)
        keys = self._merged(self._keys()[chosen], chosen)
        changed = np.diff(keys, axis=1, prepend=-1) != 0
        return [
            Strip(_segments(chars, row, np.flatnonzero(starts).tolist()), self.width)
            for chars, row, starts in zip(self._whole(chosen), keys.tolist(), changed, strict=True)
        ]

    def runs(self) -> list[list[tuple[str, tuple[int, int, int]]]]:
        """Rows as texts of one style: the text, the colours in front and behind (-1 the ground's own), attributes."""
        rows = np.arange(self.height)
        keys = self._merged(self._keys(), rows)
        found = []
        for row, chars in enumerate(self._whole(rows)):
            starts = np.flatnonzero(np.diff(keys[row], prepend=-1)).tolist()
            ends = [*starts[1:], self.width]
            cells = [(a, "".join(chars[a:b])) for a, b in zip(starts, ends, strict=True)]
            look = np.stack([self.front[row], self.back[row], self.attributes[row]], axis=1).tolist()
            found.append([(text, tuple(look[at])) for at, text in cells])
        return found

    def _merged(self, keys: NDArray[np.int64], rows: Indices) -> NDArray[np.int64]:
        """A blank without a ground looks the same in any ink: it takes that of the cell before it."""
        blank = (self.chars[rows] == " ") & (self.back[rows] == NONE) & (self.attributes[rows] == 0)
        blank[:, 1:] &= (self.back[rows][:, :-1] == NONE) & (self.attributes[rows][:, :-1] == 0)
        blank[:, 0] = False
        last = np.maximum.accumulate(np.where(blank, 0, np.arange(self.width)), axis=1)
        return np.take_along_axis(keys, last, axis=1)

    def _keys(self) -> NDArray[np.int64]:
        """Each cell's colours and attributes as one number."""
        return ((self.front + 1) << 27) + ((self.back + 1) << 2) + self.attributes


def _covers_two(char: str) -> bool:
    return len(char) == 1 and unicodedata.east_asian_width(char) in "WF"


@lru_cache(maxsize=8)
def _cells_on(screen: Screen) -> Callable[[str, int | None], tuple[str, ...]]:
    """A text's characters on a screen, one a column; what a wide one covers is empty."""

    @lru_cache(maxsize=2048)
    def cells(text: str, width: int | None) -> tuple[str, ...]:
        text = plain(text, screen)
        parts = (cell[:1] for cell in split_cells(text if width is None else fit(text, width)))
        return tuple(" " if cell and unicodedata.category(cell) in ("Mn", "Me") else cell for cell in parts)

    return cells


def _segments(chars: Sequence[str], keys: Sequence[int], starts: Sequence[int]) -> list[Segment]:
    ends = [*starts[1:], len(chars)]
    return [Segment("".join(chars[a:b]), _style_of(keys[a])) for a, b in zip(starts, ends, strict=True)]


@lru_cache(maxsize=8192)
def _style_of(key: int) -> Style:
    """The style of a cell from its packed colours and attributes."""
    front, back, attributes = (key >> 27) - 1, (key >> 2 & 0x1FFFFFF) - 1, key & 3
    return Style(
        color=_color(front), bgcolor=_color(back), bold=bool(attributes & BOLD), reverse=bool(attributes & REVERSE)
    )


@lru_cache(maxsize=8192)
def _color(rgb: int) -> Color | None:
    return None if rgb == NONE else Color.from_rgb(rgb >> 16, rgb >> 8 & 255, rgb & 255)
