"""The errors of a model on its data: a stick from each prediction to its row, and the square on it."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.live.page import Page
from gdcli.live.panels.base import Plot
from gdcli.live.view import Errors, View
from gdcli.render import theme
from gdcli.render.charts.axes import fractions
from gdcli.render.raster.geometry import trace_pixels
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["across_of", "draw_errors", "errors_in_words", "squares", "sticks"]

MOST_STICKS, MOST_SQUARES = 150, 20  # rows, at equal distances, for which they are drawn
FEW = 20  # sticks that are drawn as thick as curves


def sticks(x: Array, predictions: Array, targets: Array) -> Array:
    """From each prediction to its target: `(n, 2, 2)`, two points x, y each.

    >>> sticks(np.array([2.0]), np.array([3.0]), np.array([5.0])).tolist()
    [[[2.0, 3.0], [2.0, 5.0]]]
    """
    ends = np.stack([predictions, targets], axis=1)
    return np.stack([np.broadcast_to(x[:, None], ends.shape), ends], axis=2)


def squares(x: Array, predictions: Array, targets: Array, across: float, right: float) -> Array:
    """The squares on the sticks: `(n, 5, 2)`, closed outlines, beside each stick to where there is room.

    Args:
        x: Where the sticks stand.
        predictions: One end of each.
        targets: The other end.
        across: What of x is as long on the screen as 1 of y.
        right: Where x ends.

    >>> squares(np.array([2.0]), np.array([3.0]), np.array([5.0]), 0.1, 9.0).round(9).tolist()
    [[[2.0, 3.0], [2.0, 5.0], [2.2, 5.0], [2.2, 3.0], [2.0, 3.0]]]
    """
    side = across * np.abs(targets - predictions)
    far = np.where(x + side <= right, x + side, x - side)
    columns = np.stack([x, x, far, far, x], axis=1)
    rows = np.stack([predictions, targets, targets, predictions, predictions], axis=1)
    return np.stack([columns, rows], axis=2)


def errors_in_words(residuals: Array, view: View) -> str:
    """What the sticks or the squares come to."""
    what, most = (say("length"), MOST_STICKS) if view.errors is Errors.STICKS else (say("square"), MOST_SQUARES)
    with np.errstate(all="ignore"):
        mean = float(np.abs(residuals).mean() if view.errors is Errors.STICKS else (residuals**2).mean())
    drawn = len(_every(residuals, most))
    return say("  mean {what} {mean}", what=what, mean=short(mean)) + (
        say(", {drawn} of {count:,} drawn", drawn=drawn, count=len(residuals)) if drawn < len(residuals) else ""
    )


def draw_errors(page: Page, frame: Plot, view: View, x: Array, predictions: Array, targets: Array) -> None:
    """Draws them, of very many rows for some."""
    known = np.isfinite(predictions)
    rows = x[known], np.clip(predictions[known], -1e150, 1e150), targets[known]
    if view.errors is Errors.SQUARES:
        x, predictions, targets = _some(rows, MOST_SQUARES)
        _trace(page, frame, squares(x, predictions, targets, across_of(frame), frame.x.high), theme.SQUARED)
    if view.errors:
        _trace(page, frame, sticks(*_some(rows, MOST_STICKS)), theme.RESIDUAL)


def _some(rows: tuple[Array, Array, Array], most: int) -> tuple[Array, Array, Array]:
    """Rows at equal distances, so many at most."""
    return _every(rows[0], most), _every(rows[1], most), _every(rows[2], most)


def _every(column: Array, most: int) -> Array:
    return column[:: max(1, -(-len(column) // most))]


def across_of(frame: Plot) -> float:
    """What of x is as long as 1 of y: a cell is two dots wide and four high, and dots are square."""
    dots = max(1, 2 * frame.area.width - 1), max(1, 4 * frame.area.height - 1)
    return (frame.x.high - frame.x.low) / dots[0] / ((frame.y.high - frame.y.low) / dots[1])


def _trace(page: Page, frame: Plot, lines: Array, meaning: Meaning) -> None:
    """Polylines of the same number of points, all at once."""
    if not len(lines) or not frame.area.width or not frame.area.height:
        return
    size = 2 * frame.area.width, 4 * frame.area.height
    spots = fractions(lines.reshape(-1, 2), frame.x, frame.y).reshape(lines.shape)
    each = [trace_pixels(line, *size) for line in spots]
    rows, columns = (np.concatenate(part) for part in zip(*each, strict=True))
    page.dots(frame.area, rows, columns, meaning, pen=0 if len(lines) <= FEW else 1)
