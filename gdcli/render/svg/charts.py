"""A chart of curves and points as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import theme
from gdcli.render.charts.axes import Axis
from gdcli.render.charts.curves import PlottedSeries, cut_pieces, fit_axes, list_omissions, prepare_series
from gdcli.render.charts.plots import Chart
from gdcli.render.raster.geometry import Floats
from gdcli.render.svg.ink import BOLD, LETTER, SHAPES, SIZE, Fragment, Ink, extent, label, shape
from gdcli.said import say

TOP, BELOW, RIGHT, LINE = 26, 40, 14, 17
ROW = SIZE + 2  # pixels between the words of marks
TICK_X, TICK_Y = 80, 34  # pixels for each tick, about
DASHES, STARTS = ("", "8 4", "2 3", "10 4 2 4", "14 3"), "4 4"
HANDFUL, FEW = 20, 200
SMALL, LARGE, LARGEST = 2.0, 3.2, 4.5  # points that are drawn large, and sizes of marks
THICK = 2.2


def draw_chart(chart: Chart, width: float, height: float, ink: Ink) -> Fragment:
    """A chart of that size.

    Args:
        chart: What is drawn.
        width: Its width in pixels.
        height: Its height.
        ink: The colours.
    """
    curves = [prepare_series(one, log_y=chart.log_y, log_x=chart.log_x) for one in chart.series]
    notes, title = [ink.speak(note) for note in list_omissions(curves)], ink.speak(chart.title)
    curves = [one for one in curves if len(one.points)]
    if not curves:
        return Fragment(label(title, 0, 15, more=BOLD) + label(ink.speak(say("(nothing to draw)")), 0, 40), width, 56)
    looks = _looks(curves, ink)
    legend, lines = _legend([ink.speak(one.series.label) for one in curves], looks, width)
    top, below = TOP + LINE * lines, BELOW + LINE * len(notes)
    tall = height - top - below
    x, y = _axes(chart, curves, width, tall)
    left = 12 + LETTER * max([1, *(len(text) for _, text in y.ticks)])
    wide = width - left - RIGHT
    body = [label(title, 0, 15, more=f'{BOLD} font-size="14"'), *legend]
    marks = list(_marks(chart, x, wide))
    plot = [*_frame(x, y, wide, tall, ink), *(one.line(tall, ink) for one in marks)]
    for one, look in sorted(zip(curves, looks, strict=True), key=lambda pair: bool(pair[1].kind)):
        plot += look.draw(one, (x, y), (wide, tall))
    if marks:
        plot += _mark_words(marks, _ink(curves, (x, y), (wide, tall)), (wide, tall), ink)
    if chart.y_label:
        plot.append(label(ink.speak(chart.y_label), 4, 14, more='opacity=".75"'))
    body.append(f'<g transform="translate({left:.1f} {top})">' + "\n".join(plot) + "</g>")
    body += [label(note, left, height - LINE * at - 4) for at, note in enumerate(reversed(notes))]
    return Fragment("\n".join(body), width, height)


class _Look:
    """How a curve is told apart: by its colour, and by its dashes or the shape of its points."""

    def __init__(self, kind: str, dash: str, color: str) -> None:
        self.kind, self.dash, self.color = kind, dash, color

    def draw(self, one: PlottedSeries, axes: tuple[Axis, Axis], size: tuple[float, float]) -> Iterator[str]:
        """The curve on a plot of that size."""
        spots = _spots(one, axes, size)
        if self.kind:
            count = sum(map(len, spots))
            radius = LARGEST if count <= HANDFUL else LARGE if count <= FEW else SMALL
            yield f'<g fill-opacity="{0.85 if count <= FEW else 0.6}">'
            yield from (shape(self.kind, x, y, radius, self.color) for part in spots for x, y in part.tolist())
            yield "</g>"
        elif spots:
            yield f'<path {self.stroke()} d="{"".join(map(_line, spots))}"/>'

    def stroke(self) -> str:
        """The pen of a line."""
        dash = f' stroke-dasharray="{self.dash}"' if self.dash else ""
        pen = f'fill="none" stroke="{self.color}" stroke-width="{THICK}"{dash}'
        return f'{pen} stroke-linejoin="round"'

    def swatch(self, x: float, y: float) -> str:
        """What stands for it in a legend."""
        if self.kind:
            return shape(self.kind, x + 11, y - 4, LARGE, self.color)
        return f'<path {self.stroke()} d="M{x:.1f} {y - 4:.1f}h22"/>'


def _looks(curves: Sequence[PlottedSeries], ink: Ink) -> list[_Look]:
    """The looks of all curves; dashes where there are several with names, the start's last."""
    looks, lines, clouds = [], 0, 0
    for one in curves:
        color = ink.of(one.series.meaning)
        if one.series.style == "points" or len(one.points) == 1:
            looks.append(_Look(SHAPES[clouds % len(SHAPES)], "", color))
            clouds += 1
        else:
            start = one.series.meaning is theme.START
            looks.append(_Look("", STARTS if start else DASHES[lines % len(DASHES)], color))
            lines += bool(one.series.label) and not start
    return looks


def _legend(names: Sequence[str], looks: Sequence[_Look], width: float) -> tuple[list[str], int]:
    """Each name beside what it stands for, in as many lines as it takes; none where one curve has none."""
    parts: list[str] = []
    x, line = 0.0, 0
    named = [(name, look) for name, look in zip(names, looks, strict=True) if name]
    for name, look in named:
        size = 28 + extent(name) + 16
        if x and x + size > width:
            x, line = 0.0, line + 1
        y = TOP + LINE * line + 9
        parts += [look.swatch(x, y), label(name, x + 28, y)]
        x += size
    return parts, line + 1 if named else 0


def _axes(chart: Chart, curves: Sequence[PlottedSeries], width: float, tall: float) -> tuple[Axis, Axis]:
    """Both axes, on a plot that is about so wide."""
    counts = max(2, int(width / TICK_X)), max(2, int(tall / TICK_Y))
    fitted = partial(fit_axes, curves, chart.x_label, counts, log_y=chart.log_y, log_x=chart.log_x)
    _, y = fitted(y_range=chart.y_range)
    left = 12 + LETTER * max([1, *(len(text) for _, text in y.ticks)])
    shaped = (width - left - RIGHT) / tall if chart.equal else 0.0
    return fitted(y_range=chart.y_range, equal=shaped)


def _frame(x: Axis, y: Axis, wide: float, tall: float, ink: Ink) -> Iterator[str]:
    """The lines of a grid, the ticks' numbers, and what the x axis is."""
    color = ink.of(theme.AXIS)
    yield f'<rect width="{wide:.1f}" height="{tall:.1f}" fill="none" stroke="{color}"/>'
    end = -math.inf
    for spot, text in _places(x):
        at = spot * wide
        yield f'<path stroke="{color}" stroke-opacity=".25" d="M{at:.1f} 0V{tall:.1f}"/>'
        if at - extent(text) / 2 > end:  # long numbers are apart: the lines between them have none
            yield label(text, at, tall + 16, "middle")
            end = at + extent(text) / 2 + LETTER
    for spot, text in _places(y):
        up = tall - spot * tall
        yield f'<path stroke="{color}" stroke-opacity=".25" d="M0 {up:.1f}H{wide:.1f}"/>'
        yield label(text, -6, up + 4, "end")
    if x.label:
        yield label(ink.speak(x.label), wide, tall + 33, "end", 'opacity=".75"')


def _places(one: Axis) -> list[tuple[float, str]]:
    """Ticks as fractions of their axis."""
    spots = one.fraction(np.array([value for value, _ in one.ticks], dtype=np.float64)).tolist()
    return [(spot, text) for spot, (_, text) in zip(spots, one.ticks, strict=True) if -1e-9 <= spot <= 1 + 1e-9]


class _Mark(NamedTuple):
    """A vertical line, where it stands, and its word."""

    at: float
    word: str

    @property
    def meaning(self) -> theme.Meaning:
        """What it is."""
        return theme.LIMIT if self.word.split(" ")[0] == "limit" else theme.AXIS

    def line(self, tall: float, ink: Ink) -> str:
        """The line."""
        return f'<path stroke="{ink.of(self.meaning)}" stroke-dasharray="4 3" d="M{self.at:.1f} 0V{tall:.1f}"/>'

    def write(self, start: float, row: int, ink: Ink) -> str:
        """The word, on a ground of its own."""
        halo = f'stroke="{ink.ground.paper}" stroke-width="3" paint-order="stroke"'
        left = 0 < start < self.at
        x, anchor = (self.at - 4, "end") if left else (start, "start")
        return label(ink.speak(self.word), x, 14 + ROW * row, anchor, f'fill="{ink.of(self.meaning)}" {halo}')


def _marks(chart: Chart, x: Axis, wide: float) -> Iterator[_Mark]:
    """The vertical lines on the plot, from left to right."""
    where = np.array([value if not chart.log_x or value > 0 else np.nan for value, _ in chart.marks], dtype=np.float64)
    spots = x.fraction(np.log10(where) if chart.log_x else where).tolist()
    inside = sorted((spot, word) for spot, (_, word) in zip(spots, chart.marks, strict=True) if 0 <= spot <= 1)
    return (_Mark(spot * wide, word) for spot, word in inside)


def _ink(curves: Sequence[PlottedSeries], axes: tuple[Axis, Axis], size: tuple[float, float]) -> Floats:
    """Where there is something drawn, as points that are near each other."""
    found = [(one.series.style == "points", part) for one in curves for part in _spots(one, axes, size)]
    return np.concatenate([np.empty((0, 2)), *(part if cloud else _dense(part) for cloud, part in found)])


def _mark_words(marks: Sequence[_Mark], taken: Floats, size: tuple[float, float], ink: Ink) -> Iterator[str]:
    """The words of vertical lines, on either side, as high as the least is drawn there."""
    lines = [_dense(np.array([[one.at, 0], [one.at, size[1]]])) for one in marks]
    taken = np.concatenate([taken, *lines])
    rows = range(max(1, int((size[1] - 4) / ROW)))
    for mark in marks:
        wide = extent(ink.speak(mark.word) + " ")
        sides = [start for start in (mark.at + 4, mark.at - 4 - wide) if 0 <= start <= size[0] - wide] or [0.0]
        inked = {(start, row): _inked(taken, start, row, wide) for row in rows for start in sides}
        start, row = min(inked, key=lambda place: inked[place])
        yield mark.write(start, row, ink)
        middle = np.array([[start, 8 + ROW * row], [start + wide, 8 + ROW * row]])
        taken = np.concatenate([taken, _dense(middle)])


def _inked(taken: Floats, start: float, row: int, wide: float) -> int:
    """How much is drawn where a word of a row would stand."""
    low, high = [start - 2, ROW * row], [start + wide + 2, ROW * row + ROW]
    return int(((taken > low) & (taken < high)).all(axis=1).sum())


def _dense(points: Floats) -> Floats:
    """A line as points that are near each other."""
    if len(points) < 2:
        return points
    steps = np.linspace(0, 1, 40)[:, None, None]
    return (points[:-1] + steps * (points[1:] - points[:-1])).reshape(-1, 2)


def _spots(one: PlottedSeries, axes: tuple[Axis, Axis], size: tuple[float, float]) -> list[Floats]:
    """A curve's points in pixels, in pieces."""
    parts = cut_pieces(one, *axes, int(size[0] / 2), int(size[1] / 2))
    return [part * [size[0], -size[1]] + [0, size[1]] for part in parts]


def _line(points: Floats) -> str:
    if len(points) == 1:
        points = np.repeat(points, 2, axis=0)
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points.tolist())
