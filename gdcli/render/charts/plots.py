"""Charts of curves and points as text: axes, strokes, names and marks on a page of cells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import theme
from gdcli.render.blocks import draw_bars, side_by_side
from gdcli.render.charts.axes import Axis, add_axes, gutter
from gdcli.render.charts.captions import (
    Name,
    heading,
    legend_lines,
    margin,
    put_legend,
    put_marks,
    put_names,
    tight_heading,
)
from gdcli.render.charts.curves import (
    PlottedSeries,
    Series,
    cut_pieces,
    equal_width,
    fit_axes,
    list_omissions,
    prepare_series,
)
from gdcli.render.charts.strokes import Stroke, choose_marks, draw_strokes
from gdcli.render.raster.cells import Cells
from gdcli.render.reports.confusion import draw_confusion
from gdcli.render.screen import Screen, fit, plain
from gdcli.said import say

__all__ = ["Chart", "Screen", "Series", "chart", "draw_bars", "draw_confusion", "side_by_side"]

CELL = 2  # times that a cell is as high as wide
NARROWEST = 30  # columns of a chart that is made narrow


class Chart(NamedTuple):
    """A chart as data: what a terminal and an SVG are drawn from.

    Args:
        series: What to draw; later series lie over earlier ones.
        title: What it shows.
        x_label: Written at the right end of the x axis.
        y_label: Written above the y axis.
        log_y: Whether the y axis goes by powers of ten.
        marks: Vertical lines at an x, each with a word.
        y_range: Lowest and highest y to show.
        log_x: Whether the x axis goes by powers of ten.
        equal: Whether a unit is to be as long on both axes.
    """

    series: Sequence[Series]
    title: str
    x_label: str = ""
    y_label: str = ""
    log_y: bool = False
    marks: Sequence[tuple[float, str]] = ()
    y_range: tuple[float, float] | None = None
    log_x: bool = False
    equal: bool = False

    def draw(self, screen: Screen, width: int, height: int) -> str:
        """The chart as text, on at most so many columns and lines."""
        return chart(screen=screen, width=width, height=height, **self._asdict())


def chart(
    series: Sequence[Series],
    screen: Screen,
    *,
    title: str,
    width: int,
    height: int,
    x_label: str = "",
    y_label: str = "",
    log_y: bool = False,
    marks: Sequence[tuple[float, str]] = (),
    y_range: tuple[float, float] | None = None,
    log_x: bool = False,
    equal: bool = False,
) -> str:
    """A chart as text, never wider or higher than asked.

    Later series lie over earlier ones, and points over lines. Points that are not finite, or not positive on
    a log axis, are left out and counted below the chart.

    Args:
        series: What to draw.
        screen: What the terminal can do.
        title: What the chart shows.
        width: Columns at most.
        height: Lines at most.
        x_label: Written at the right end of the x axis.
        y_label: Written above the y axis.
        log_y: Whether the y axis goes by powers of ten.
        marks: Vertical lines at an x, each with a word.
        y_range: Lowest and highest y to show; curves are cut where they leave it. By default all is shown.
        log_x: Whether the x axis goes by powers of ten.
        equal: Whether a unit is to be as long on both axes, where both measure the same.

    Returns:
        The lines, joined, without a line break at the end.
    """
    curves = [prepare_series(one, log_y=log_y, log_x=log_x) for one in series]
    below = [fit(plain(note, screen), width) for note in list_omissions(curves)]
    curves = [one for one in curves if len(one.points)]
    title, rows = plain(title, screen), height - 3 - len(below)
    if not curves or rows < 2 or width < 24:
        why = plain(say("(no room to draw)") if curves else say("(nothing to draw)"), screen)
        return "\n".join([fit(title, width), fit(why, width), *below][:height])
    counts = width // (14 if log_x else 12), min(rows * 2 // 5, 6)
    fitted = partial(fit_axes, curves, plain(x_label, screen), counts, log_y=log_y, y_range=y_range, log_x=log_x)
    x, y = fitted()
    if equal:
        width = min(width, max(gutter(y) + equal_width(x, y, rows, CELL), NARROWEST))
        x, y = fitted(equal=(width - gutter(y)) / (CELL * rows))
    strokes = _strokes(curves, x, y, width - gutter(y), rows, screen)
    places = [(np.log10(where) if where > 0 else np.nan, word) for where, word in marks] if log_x else marks
    drawing = _Drawing(strokes, _visible(places, x, screen), (x, y), screen)
    return "\n".join([*drawing.lines((plain(y_label, screen), title), width, rows), *below])


def _strokes(
    curves: Sequence[PlottedSeries], x: Axis, y: Axis, columns: int, rows: int, screen: Screen
) -> list[Stroke]:
    """Each curve in fractions of the plot, with its mark."""
    marks = choose_marks([(one.series, one.series.style == "points" or len(one.points) == 1) for one in curves], screen)
    drawn = zip(curves, marks, strict=True)
    return [Stroke(one.series, cut_pieces(one, x, y, 2 * columns, 4 * rows), mark) for one, mark in drawn]


def _visible(marks: Sequence[tuple[float, str]], x: Axis, screen: Screen) -> list[tuple[float, str]]:
    """The marks on the plot, at fractions of its width."""
    spots = x.fraction(np.array([where for where, _ in marks], dtype=np.float64)).tolist()
    words = [plain(word, screen) for _, word in marks]
    return [(spot, word) for spot, word in zip(spots, words, strict=True) if 0 <= spot <= 1]


@dataclass(frozen=True)
class _Drawing:
    """All that a chart shows between its heading and its notes.

    Args:
        strokes: The curves.
        marks: Vertical lines at fractions of the width, and their words.
        axes: Across and up.
        screen: What the terminal can do.
        unnamed: How many curves are left out because their names have no room.
    """

    strokes: list[Stroke]
    marks: list[tuple[float, str]]
    axes: tuple[Axis, Axis]
    screen: Screen
    unnamed: int = 0

    def lines(self, title: tuple[str, str], width: int, rows: int) -> list[str]:
        """Heading, plot and axes. Names go beside the title, else to the curves' ends, into the plot, or below it."""
        names, indent = self.names(), gutter(self.axes[1])
        above = heading(*title, names, indent, width, self.screen)
        bare = heading(*title, [], indent, width, self.screen)
        right = margin(names, width - indent)
        if (len(above) > 1 or len(names) > 3) and right <= width // 3 and self.has_ends():
            page, left_over = self.page(width - indent - right, right, rows)
            if not left_over and put_names(page, names, width - indent - right):
                return bare + self.framed(page, right)
        page, left_over = self.page(width - indent, 0, rows)
        curves, names = names, names + left_over
        above = heading(*title, names, indent, width, self.screen)
        if len(above) == 1 or put_legend(page, names):
            return (above if len(above) == 1 else bare) + self.framed(page, 0)
        if len(above) > rows - 1:
            return self._tight(title[1], names, curves, width, rows)
        page, _ = self.page(width - indent, 0, rows + 1 - len(above))
        return above + self.framed(page, 0)

    def _tight(self, title: str, names: Sequence[Name], curves: Sequence[Name], width: int, rows: int) -> list[str]:
        """With the legend in one line, at the cost of the title, a mark's word, or the curve whose name has no room."""
        head = tight_heading(title, names, width, self.screen) or tight_heading(title, curves, width, self.screen)
        if not head and len(self.strokes) > 1:
            return self._without_first().lines(("", title), width, rows)
        page, _ = self.page(width - gutter(self.axes[1]), 0, rows)
        return [*(head or legend_lines(names, width, self.screen)[:1]), *self.framed(page, 0)]

    def _without_first(self) -> _Drawing:
        """The same without the lowest curve, whose name has no room."""
        lost = 1 + self.unnamed
        return _Drawing(self.strokes[1:], self.marks, self.axes, self.screen, lost)

    def framed(self, page: Cells, right: int) -> list[str]:
        """The page with its axes; the x axis leaves out the margin."""
        return add_axes(page.lines(self.screen), *self.axes, page.width - right, self.screen)

    def page(self, width: int, right: int, rows: int) -> tuple[Cells, list[Name]]:
        """Curves and marks on `width` columns, and an empty margin; and the words of marks that have no room."""
        page = Cells(width + right, rows)
        draw_strokes(page, width, self.strokes)
        spots = [(min(int(spot * width), width - 1), word) for spot, word in self.marks]
        without = put_marks(page, spots, width, self.screen)
        return page, [Name(word, theme.AXIS.sign(self.screen.unicode), theme.AXIS, 0, 0) for word in without]

    def names(self) -> list[Name]:
        """The curves that have a name, with how they look."""
        names = [
            Name(plain(label, self.screen), stroke.sign, stroke.series.meaning, *_end(stroke))
            for stroke in self.strokes
            if (label := stroke.series.label)
        ]
        lost = (
            [Name(plain(say("{unnamed} more, not drawn", unnamed=self.unnamed), self.screen), "-", theme.NOTE, 0, 0)]
            if self.unnamed
            else []
        )
        return names + lost

    def has_ends(self) -> bool:
        """Whether every curve is a line that can be named where it ends."""
        return not self.unnamed and all(one.series.style == "line" and one.pieces for one in self.strokes)


def _end(stroke: Stroke) -> tuple[float, float]:
    """Where a curve was last seen, as fractions of the plot."""
    across, up = stroke.pieces[-1][-1].tolist() if stroke.pieces else (1.0, 0.5)
    return across, up
