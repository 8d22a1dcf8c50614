"""Large numerals, to be read from the last row of a room: pixels in half blocks, or strokes in ASCII."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gdcli.render.raster.geometry import Indices
from gdcli.render.screen import Screen

__all__ = ["numerals"]

DIGITS = ("75557", "26227", "71747", "71717", "55711", "74717", "74757", "71122", "75757", "75717")
SIGNS = {"-": "00700", "+": "02720", "e": "74747", "i": "20222", "n": "00655", "f": "32722", "a": "75755", ".": "00001"}
FONT = SIGNS | {str(digit): rows for digit, rows in enumerate(DIGITS)}
"""Five rows of three pixels each, a row in binary: 7 is three pixels, 5 the outer two."""

STROKES = {
    **dict(zip("012", ((" _ ", "| |", "|_|"), ("  ", " |", " |"), (" _ ", " _|", "|_ ")), strict=True)),
    **dict(zip("345", ((" _ ", " _|", " _|"), ("   ", "|_|", "  |"), (" _ ", "|_ ", " _|")), strict=True)),
    **dict(zip("678", ((" _ ", "|_ ", "|_|"), (" _ ", "  |", "  |"), (" _ ", "|_|", "|_|")), strict=True)),
    **dict(zip("9.-", ((" _ ", "|_|", " _|"), (" ", " ", "."), ("   ", " _ ", "   ")), strict=True)),
    **dict(zip("+ei", (("   ", " + ", "   "), (" _ ", "|_ ", "|_ "), (" ", ".", "|")), strict=True)),
    **dict(zip("nfa", (("   ", " _ ", "| |"), (" _ ", "|_ ", "|  "), (" _ ", "|_|", "| |")), strict=True)),
}
"""The same in three rows of ASCII."""

BLOCKS = np.array([[" ", "▄"], ["▀", "█"]])


def numerals(text: str, scale: int, screen: Screen) -> list[str]:
    """A number in large figures, as rows of one width.

    Args:
        text: Digits, with a point, signs, e, nan or inf.
        scale: Times that a pixel is as large as half a cell.
        screen: What the terminal can show; in ASCII the scale is not used.

    >>> numerals("1.5", 1, Screen())
    ['▄█    █▀▀', ' █    ▀▀█', '▀▀▀ ▀ ▀▀▀']
    >>> numerals("70", 1, Screen(unicode=False))
    [' _   _ ', '  | | |', '  | |_|']
    """
    known = [char for char in text if char in FONT]
    if not screen.unicode:
        return [" ".join(row) for row in zip(*(STROKES[char] for char in known), strict=True)]
    bits = _joined([_bits(char) for char in known]).repeat(scale, axis=0).repeat(scale, axis=1)
    bits = np.pad(bits, ((0, len(bits) % 2), (0, 0)))
    return ["".join(row) for row in BLOCKS[bits[0::2], bits[1::2]].tolist()]


def _bits(char: str) -> Indices:
    """The pixels of a character, five rows of as many columns as it has."""
    rows = np.array([[int(row) >> at & 1 for at in (2, 1, 0)] for row in FONT[char]], dtype=np.intp)
    return rows[:, rows.any(axis=0)]


def _joined(parts: Sequence[Indices]) -> Indices:
    """Characters side by side, a column between them."""
    gap = np.zeros((5, 1), dtype=np.intp)
    return np.concatenate([piece for part in parts for piece in (part, gap)][:-1] or [gap], axis=1)
