"""Polylines against the frame: what lies inside, and the pixels below them.

Coordinates are fractions of the frame: (0, 0) is its lower left corner, (1, 1) the upper right one.
"""

import math
from itertools import pairwise

import numpy as np

from gdcli.arrays import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

BRAILLE = 0x2800  # the empty character; its dots, 4 high and 2 wide:
DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]], dtype=np.uint32)
APART = 5  # times that one range may be as wide as the other where their units are taken to be the same
FEW = 200  # points that are drawn larger than a dot, so that each is seen


def within(points: Floats) -> NDArray[np.bool_]:
    """Which of `(n, 2)` points lie in the frame."""
    return np.asarray(((points >= 0) & (points <= 1)).all(axis=1))


def clip(starts: Floats, ends: Floats) -> tuple[Floats, Floats, Indices]:
    """Segments cut at the edges of the frame.

    Args:
        starts: `(n, 2)`.
        ends: `(n, 2)`.

    Returns:
        Starts and ends of what lies inside, and the indices of the segments they come from.

    Source: Liang and Barsky, "A New Concept and Method for Line Clipping", 1984.
    """
    step = ends - starts
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        edges = np.stack([-starts / step, (1 - starts) / step])
    inside = (starts >= 0) & (starts <= 1)
    enter = np.where(step == 0, np.where(inside, 0.0, np.inf), edges.min(axis=0)).max(axis=1, initial=0.0)
    leave = np.where(step == 0, np.where(inside, 1.0, -np.inf), edges.max(axis=0)).min(axis=1, initial=1.0)
    kept = np.flatnonzero(enter <= leave)
    heads = starts[kept] + step[kept] * enter[kept, None]
    tails = starts[kept] + step[kept] * leave[kept, None]
    return heads.clip(0, 1), tails.clip(0, 1), kept


def pieces(points: Floats) -> list[Floats]:
    """A polyline as the pieces of it that lie in the frame.

    >>> pieces(np.array([[0.0, 0.5], [0.5, 2.0], [1.0, 0.5]]))[0].round(2).tolist()
    [[0.0, 0.5], [0.17, 1.0]]
    """
    if within(points).all():
        return [points] if len(points) else []
    heads, tails, kept = clip(points[:-1], points[1:])
    if not len(kept):
        return []
    breaks = np.flatnonzero((np.diff(kept) > 1) | (heads[1:] != tails[:-1]).any(axis=1)) + 1
    bounds = [0, *breaks.tolist(), len(kept)]
    return [np.concatenate([heads[a : a + 1], tails[a:b]]) for a, b in pairwise(bounds)]


def pixels(spots: Floats, shape: tuple[int, ...]) -> Indices:
    """The pixels of points in a picture of a shape: row (top first) and column, `(n, 2)`."""
    height, width = shape[:2]
    return np.rint(np.stack([(1 - spots[:, 1]) * (height - 1), spots[:, 0] * (width - 1)], axis=1)).astype(np.intp)


def trace_pixels(points: Floats, width: int, height: int) -> tuple[Indices, Indices]:
    """The pixels under a polyline, without gaps: rows (top first) and columns."""
    heads, tails, _ = clip(points[:-1], points[1:])
    size = np.array([width - 1, height - 1], dtype=np.float64)
    heads, steps = heads * size, (tails - heads) * size
    counts = np.ceil(np.abs(steps).max(axis=1, initial=0.0)).astype(np.intp) + 1
    segment = np.repeat(np.arange(len(counts)), counts)
    along = (np.arange(counts.sum()) - (np.cumsum(counts) - counts)[segment]) / np.maximum(counts - 1, 1)[segment]
    spots = np.rint(heads[segment] + steps[segment] * along[:, None]).astype(np.intp)
    return height - 1 - spots[:, 1], spots[:, 0]


def thickened(rows: Indices, columns: Indices, pen: int, width: int, height: int) -> tuple[Indices, Indices]:
    """Pixels as a pen of so many pixels across and down draws them, within a picture.

    >>> [part.tolist() for part in thickened(np.array([0]), np.array([3]), 2, 4, 4)]
    [[0, 0, 1, 1], [3, 3, 3, 3]]
    """
    if pen == 1:
        return rows, columns
    down, across = (part.ravel() - (pen - 1) // 2 for part in np.indices((pen, pen)))
    spread = np.add.outer(down, rows).clip(0, height - 1), np.add.outer(across, columns).clip(0, width - 1)
    return spread[0].ravel(), spread[1].ravel()


def point_pixels(points: Floats, width: int, height: int, *, fat: bool) -> tuple[Indices, Indices]:
    """The pixels of points, rows (top first) and columns; few points may have a square of four each.

    >>> [part.tolist() for part in point_pixels(np.array([[0.0, 0.0]]), 10, 8, fat=True)]
    [[7, 7, 6, 6], [0, 1, 0, 1]]
    """
    spots = np.rint(points * [width - 1, height - 1]).astype(np.intp)
    rows, columns = height - 1 - spots[:, 1], spots[:, 0]
    if not fat or len(points) > FEW:
        return rows, columns
    left, top = np.minimum(columns, width - 2), np.maximum(rows, 1)
    return np.concatenate([top, top, top - 1, top - 1]), np.concatenate([left, left + 1, left, left + 1])


def equal_pixels(x: tuple[float, float], y: tuple[float, float], width: int, height: int) -> tuple[int, int]:
    """Columns and pixel rows of a picture of two ranges on which a unit is as long across as up, within a size.

    Where one range is many times as wide as the other, their units are not the same: the picture is twice as wide
    as high.

    >>> equal_pixels((0, 3), (0, 2), 60, 24), equal_pixels((0, 300), (0, 2), 60, 24)
    ((36, 24), (48, 24))
    """
    ratio = (x[1] - x[0]) / ((y[1] - y[0]) or 1)
    ratio = ratio if 1 / APART <= ratio <= APART else 2.0
    wide = min(width, round(height * ratio))
    return wide, 2 * max(2, min(height, round(wide / ratio)) // 2)


def equal_ranges(
    x: tuple[float, float], y: tuple[float, float], width: int, height: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Two ranges, the one widened about its middle, on which a unit is as long across as up in a picture of that size.

    Where one range is many times as wide as the other, their units are not the same: they stay as they are.

    >>> equal_ranges((0, 3), (0, 2), 60, 60), equal_ranges((0, 300), (0, 2), 60, 60)
    (((0.0, 3.0), (-0.5, 2.5)), ((0, 300), (0, 2)))
    """
    wide, high = x[1] - x[0], y[1] - y[0]
    alike = 0 < wide <= APART * high < math.inf and high <= APART * wide < math.inf
    if min(width, height) < 1 or not alike:
        return x, y
    unit = max(wide / width, high / height)
    return _about((x[0] + x[1]) / 2, unit * width), _about((y[0] + y[1]) / 2, unit * height)


def _about(middle: float, wide: float) -> tuple[float, float]:
    return middle - wide / 2, middle + wide / 2
