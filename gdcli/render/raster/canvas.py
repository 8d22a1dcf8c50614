"""Pictures in half blocks: two pixels a character cell, drawn with NumPy and quick enough for every frame.

A picture is a `(height, width, 3)` array of 8-bit RGB, top row first. `heat` and `regions` make one from
numbers, `half_blocks` turns it into text, `framed` puts axes around it.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from gdcli.arrays import ArrayLike, NDArray
from gdcli.render.charts.axes import compact
from gdcli.render.raster.colormap import Pixels, luminance
from gdcli.render.raster.pictures import draw_heat_map, value_limits
from gdcli.render.screen import RESET, Screen, columns, fit, plain, split_cells
from gdcli.render.theme import EDGE, PATH, Hue
from gdcli.said import say

__all__ = ["PixelMark", "draw_image", "half_blocks", "ink_on", "scale_bar", "shade"]

PixelMark = tuple[int, int, str]  # pixel row, pixel column, what to write there
Codes = NDArray[np.int64]

RAMP = " .:-=+*#%@"
CUBE = np.array([0, 95, 135, 175, 215, 255])
ANSI = np.array([[level * bit for bit in bits[::-1]] for level in (187, 255) for bits in np.ndindex(2, 2, 2)])


def half_blocks(rgb: Pixels, screen: Screen, marks: Sequence[PixelMark] = ()) -> list[str]:
    """A picture as lines of text, two pixel rows a line; an odd last row is doubled.

    Without colour or without Unicode: brightness as ASCII characters.

    Args:
        rgb: The picture, `(height, width, 3)`, top row first.
        screen: What the terminal can do.
        marks: Texts over the picture: pixel row, pixel column (`pixels_at` finds them) and the text.

    >>> half_blocks(np.array([[[0, 0, 0], [255, 255, 255]]], dtype=np.uint8), Screen(color=False))
    [' @']
    """
    rgb = np.concatenate([rgb, rgb[-1:]]) if len(rgb) % 2 else rgb
    letters = _letters(marks, rgb, screen)
    if not (screen.color and screen.unicode):
        return _ramp(rgb, letters)
    text = [["▀"] * rgb.shape[1] for _ in rgb[::2]]
    upper, lower = _codes(rgb[0::2], screen.depth), _codes(rgb[1::2], screen.depth)
    for row, column, char in letters:
        ground = rgb[2 * row : 2 * row + 2, column].mean(axis=0).astype(np.uint8)
        pair = np.stack([np.array(ink_on(ground).rgb, dtype=np.uint8), ground])
        upper[row, column], lower[row, column] = _codes(pair, screen.depth)
        text[row][column] = char
    return [_line(*row, screen.depth) for row in zip(upper, lower, text, strict=True)]


def draw_image(pixels: ArrayLike, screen: Screen) -> list[str]:
    """A grey image `(height, width)`, from 0 to whatever its largest value is, as lines of text."""
    grey = np.nan_to_num(np.asarray(pixels, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0).clip(0)
    shade = np.rint(grey / (grey.max(initial=0) or 1) * 255).astype(np.uint8)
    return half_blocks(np.repeat(shade[..., None], 3, axis=-1), screen)


def scale_bar(
    values: ArrayLike, screen: Screen, *, width: int, label: str = "", scale: str = "log", low_is_bright: bool = True
) -> str:
    """A line that explains the colours of a heat map of these values: label, lowest, colours, highest."""
    low, high = map(compact, value_limits(values, scale))
    before = f"{plain(label, screen)} {low} ".lstrip()
    after = f" {high}" + screen.speak(say(" (log scale)") if scale == "log" else "")
    room = width - columns(before + after)
    if room < 4:
        return fit(before + after.lstrip(), width)
    ramp = np.linspace(0, 1, room)
    bar = draw_heat_map(np.stack([ramp, ramp]), screen, low_is_bright=low_is_bright, scale="linear")
    return before + half_blocks(bar, screen)[0] + after


def _letters(marks: Sequence[PixelMark], rgb: Pixels, screen: Screen) -> list[tuple[int, int, str]]:
    """Cell row, cell column and character of every letter that lies on the picture."""
    texts = [(y // 2, x, split_cells(plain(text, screen))) for y, x, text in marks]
    letters = [(row, start + at, char) for row, start, text in texts for at, char in enumerate(text)]
    return [spot for spot in letters if 0 <= spot[0] < len(rgb) // 2 and 0 <= spot[1] < rgb.shape[1]]


def _ramp(rgb: Pixels, letters: Sequence[tuple[int, int, str]]) -> list[str]:
    text: list[list[str]] = shade(rgb).tolist()
    for row, column, char in letters:
        text[row][column] = char
    return ["".join(row) for row in text]


def shade(rgb: Pixels) -> NDArray[np.str_]:
    """A picture without colour: the brightness of two pixel rows as one character."""
    bright = luminance(rgb)
    levels = np.rint((bright[0::2] + bright[1::2]) / 2 * (len(RAMP) - 1)).astype(np.intp)
    return np.array(list(RAMP))[levels]


def ink_on(ground: Pixels) -> Hue:
    """The ink that is readable on a colour: dark on a bright one, else bright."""
    return (EDGE if luminance(ground) > 0.5 else PATH).color


def _codes(rgb: Pixels, depth: int) -> Codes:
    """Each pixel's colour as one number: 0xRRGGBB, a 256-colour number, or 0 to 15."""
    wide = rgb.astype(np.int64)
    if depth >= 24:
        return np.asarray(wide @ np.array([65536, 256, 1]))
    if depth < 8:
        return np.asarray(((wide[..., None, :] - ANSI) ** 2).sum(axis=-1).argmin(axis=-1))
    cube = np.searchsorted((CUBE[1:] + CUBE[:-1]) / 2, wide)
    grey = np.clip(np.rint((wide.mean(axis=-1) - 8) / 10), 0, 23).astype(np.int64)
    flat = ((8 + 10 * grey[..., None] - wide) ** 2).sum(axis=-1) < ((CUBE[cube] - wide) ** 2).sum(axis=-1)
    return np.asarray(np.where(flat, 232 + grey, 16 + cube @ np.array([36, 6, 1])))


@lru_cache(maxsize=8192)
def _paint(upper: int, lower: int, depth: int) -> str:
    """The escape sequence of a cell: the upper colour in front, the lower one behind."""
    if depth >= 24:
        front, back = (f"{color >> 16};{color >> 8 & 255};{color & 255}" for color in (upper, lower))
        return f"\x1b[38;2;{front};48;2;{back}m"
    if depth >= 8:
        return f"\x1b[38;5;{upper};48;5;{lower}m"
    return f"\x1b[{upper + (30 if upper < 8 else 82)};{lower + (40 if lower < 8 else 92)}m"


def _line(upper: Codes, lower: Codes, text: list[str], depth: int) -> str:
    """One row of cells; neighbours of the same colours share an escape sequence."""
    changed = (np.diff(upper, prepend=-1) != 0) | (np.diff(lower, prepend=-1) != 0)
    starts = np.flatnonzero(changed)
    parts = [
        _paint(front, back, depth) + "".join(text[start:end])
        for start, end, front, back in zip(
            starts.tolist(),
            [*starts[1:].tolist(), len(text)],
            upper[starts].tolist(),
            lower[starts].tolist(),
            strict=True,
        )
    ]
    return "".join(parts) + RESET
