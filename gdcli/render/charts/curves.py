"""Series of numbers prepared for drawing: what is finite, in units of the plot, and few enough points."""

from collections.abc import Sequence

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.render.charts.axes import LARGEST, Axis, axis
from gdcli.render.raster.geometry import APART, Floats, Indices, pieces, within
from gdcli.render.theme import CLASSES, Meaning
from gdcli.said import say

Range = tuple[float, float]


@dataclass(frozen=True)
class Series:
    """One curve or cloud of points.

    Args:
        x: Positions along the chart.
        y: Heights, as many.
        label: Its name; "" for one that needs none.
        style: "line" or "points".
        meaning: What it stands for; it has that colour.
    """

    x: Sequence[float] | Floats | Indices
    y: Sequence[float] | Floats
    label: str = ""
    style: str = "line"
    meaning: Meaning = CLASSES[0]


@dataclass(frozen=True)
class PlottedSeries:
    """What can be drawn of a series.

    Args:
        series: The series.
        points: `(n, 2)`, in axis units.
        kept: The index in the series of each.
        infinite: How many are left out because they are not finite.
        negative: How many because a log axis has no place for them.
    """

    series: Series
    points: Floats
    kept: Indices
    infinite: int
    negative: int


def prepare_series(series: Series, *, log_y: bool, log_x: bool = False) -> PlottedSeries:
    """The drawable part of a series."""
    size = min(len(series.x), len(series.y))
    x = np.asarray(series.x, dtype=np.float64)[:size]
    y = np.asarray(series.y, dtype=np.float64)[:size]
    finite = np.isfinite(x) & np.isfinite(y)
    usable = finite & ((y > 0) | (not log_y)) & ((x > 0) | (not log_x))
    lost = int((~finite).sum())
    across, up = x[usable], y[usable]
    points = np.stack([np.log10(across) if log_x else across, np.log10(up) if log_y else up], axis=1)
    points = points.clip(-LARGEST, LARGEST)
    return PlottedSeries(series, points, np.flatnonzero(usable), lost, size - lost - len(points))


def list_omissions(curves: Sequence[PlottedSeries]) -> list[str]:
    """What the chart does not show, a line each."""
    counts = {
        say("not finite"): sum(one.infinite for one in curves),
        say("not above 0, where a log scale begins"): sum(one.negative for one in curves),
    }
    return [say("({n} point{s} not drawn: {why})", n=n, s="s" * (n > 1), why=why) for why, n in counts.items() if n]


def fit_axes(
    curves: Sequence[PlottedSeries],
    x_label: str,
    counts: tuple[int, int],
    *,
    log_y: bool,
    y_range: tuple[float, float] | None,
    log_x: bool = False,
    equal: float = 0.0,
) -> tuple[Axis, Axis]:
    """The x and the y axis: wide enough for all points, with a little air around clouds.

    Args:
        curves: What to draw; at least one point in all.
        x_label: What the x axis measures.
        counts: About how many ticks the x and the y axis get.
        log_y: Whether heights are powers of ten.
        y_range: The y axis' range, when it is not to hold all points.
        log_x: Whether positions are powers of ten.
        equal: The plot's width as a multiple of its height, where a unit is to be as long on both axes; else 0.
    """
    points = np.concatenate([one.points for one in curves])
    air = 0.04 if any(one.series.style == "points" for one in curves) else 0.0
    low, high = points.min(axis=0), points.max(axis=0)
    pad = air * (high / 2 - low / 2)
    (left, bottom), (right, top) = (low - pad).tolist(), (high + pad).tolist()
    if y_range:
        bottom, top = np.log10(y_range).tolist() if log_y else y_range
    if equal:
        (left, right), (bottom, top) = equalised((left, right), (bottom, top), equal)
    return axis(left, right, counts[0], x_label, log=log_x), axis(bottom, top, counts[1], log=log_y)


def equal_width(x: Axis, y: Axis, rows: int, cell: float) -> int:
    """The columns of a plot of so many rows on which a unit is as long across as up; many where ranges differ much."""
    ratio = (x.high - x.low) / (y.high - y.low)
    return round(rows * cell * ratio) if 1 / APART <= ratio <= APART else rows * 1000


def equalised(x: Range, y: Range, shape: float) -> tuple[Range, Range]:
    """Two ranges of which one is widened until a unit is as long on both axes; left alone where they differ much.

    Args:
        x: The range across.
        y: The range up.
        shape: The plot's width as a multiple of its height.

    >>> equalised((0, 4), (0, 2), 4.0)
    ((-2.0, 6.0), (0, 2))
    """
    across, up = x[1] - x[0], y[1] - y[0]
    if not 1 / APART <= across / (up or 1) <= APART:
        return x, y
    more = (shape * up - across) / 2
    if more >= 0:
        return (x[0] - more, x[1] + more), y
    more = (across / shape - up) / 2
    return x, (y[0] - more, y[1] + more)


def cut_pieces(one: PlottedSeries, x: Axis, y: Axis, columns: int, rows: int) -> list[Floats]:
    """A curve as pieces to draw, in fractions of the plot: cut at its edges and at gaps that show.

    Args:
        one: The curve.
        x: The x axis.
        y: The y axis.
        columns: The plot's width in cells, or a little more.
        rows: The plot's height in cells.
    """
    spots = np.stack([x.fraction(one.points[:, 0]), y.fraction(one.points[:, 1])], axis=1)
    if one.series.style == "points":
        cloud = _one_a_cell(spots[within(spots)], columns, rows)
        return [cloud] if len(cloud) else []
    gaps = (np.diff(one.kept) > 1) & (np.abs(np.diff(spots[:, 0])) * columns > 1)
    runs = np.split(spots, np.flatnonzero(gaps) + 1)
    return [piece for run in runs for piece in pieces(run[thin_curve(run, columns)])]


def _one_a_cell(points: Floats, columns: int, rows: int) -> Floats:
    """Few points as they are; of many, one in the middle of each cell that has any."""
    if len(points) <= 4 * columns:
        return points
    size = np.array([columns, rows])
    cells = np.floor(points * size).clip(max=size - 1)
    return np.asarray((np.unique(cells, axis=0) + 0.5) / size)


def thin_curve(points: Floats, columns: int) -> Indices:
    """The points that matter: the first, lowest, highest and last of each run within one column.

    Args:
        points: `(n, 2)` fractions of the plot, in drawing order.
        columns: The plot's width in cells.

    Returns:
        Their indices, rising; a spike survives, and the drawn line stays the same. Of a path that runs to and fro,
        at most 20 points a column.
    """
    if len(points) <= 2 * columns:
        return np.arange(len(points))
    run = np.cumsum(np.diff(np.floor(points[:, 0] * columns), prepend=0) != 0)
    by_height = np.lexsort((points[:, 1], run))
    first = np.flatnonzero(np.diff(run, prepend=-1))
    last = np.append(first[1:], len(points)) - 1
    kept = np.unique(np.concatenate([first, last, by_height[first], by_height[last]]))
    return kept[:: -(-len(kept) // (20 * columns))]
