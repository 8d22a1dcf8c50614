"""Charts of curves and points: the only module that knows plotext.

plotext draws the lines and the points; axes and words are ours. It is given fractions of the plot between 0
and 1 and nothing else: no ranges, ticks, logarithms, titles or sizes of its own choosing. It is loaded by the
first chart, not by importing this module.
"""

import re
from collections.abc import Sequence

import numpy as np

from gdcli.definitions.dataclass import dataclass
from gdcli.render.blocks import draw_bars, side_by_side
from gdcli.render.charts.axes import Axis, add_axes, gutter
from gdcli.render.charts.captions import Name, heading, margin, put_marks, put_names
from gdcli.render.charts.curves import PlottedSeries, Series, cut_pieces, fit_axes, list_omissions, prepare_series
from gdcli.render.raster.cells import Cells
from gdcli.render.raster.geometry import Floats
from gdcli.render.reports.confusion import draw_confusion
from gdcli.render.screen import Screen, fit, plain
from gdcli.render.theme import Meaning

__all__ = ["Screen", "Series", "chart", "draw_bars", "draw_confusion", "side_by_side"]

# Curves differ in colour; where there is none, by the character they are drawn with.
LINES: tuple[str, ...] = ("braille", "·", "+", "x", "#")
POINTS: tuple[str, ...] = ("•", "◦", "▪")
ASCII_LINES: tuple[str, ...] = ("*", ".", "+", "x", "#")
ASCII_POINTS: tuple[str, ...] = ("o", "@", "&")
SPAN = re.compile(r"\x1b\[(?:0|38;5;(\d+))m([^\x1b]*)")


@dataclass(frozen=True)
class _Stroke:
    """Pieces of a curve, `(n, 2)` fractions of the plot each, and how to draw them."""

    series: Series
    pieces: list[Floats]
    glyph: str


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

    Returns:
        The lines, joined, without a line break at the end.
    """
    curves = [prepare_series(one, log_y=log_y) for one in series]
    below = [fit(note, width) for note in list_omissions(curves)]
    curves = [one for one in curves if len(one.points)]
    title, rows = plain(title, screen), height - 3 - len(below)
    if not curves or rows < 2 or width < 24:
        why = "(no room to draw)" if curves else "(nothing to draw)"
        return "\n".join([fit(title, width), fit(why, width), *below][:height])
    counts = width // 12, min(rows * 2 // 5, 6)
    x, y = fit_axes(curves, x_label, counts, log_y=log_y, y_range=y_range)
    strokes = _strokes(curves, x, y, width - gutter(y), rows, screen)
    drawing = _Drawing(strokes, _visible(marks, x, screen), (x, y), screen)
    return "\n".join([*drawing.lines((plain(y_label, screen), title), width, rows), *below])


def _strokes(
    curves: Sequence[PlottedSeries], x: Axis, y: Axis, columns: int, rows: int, screen: Screen
) -> list[_Stroke]:
    """Each curve in fractions of the plot, with its character."""
    glyphs = _glyphs([one.series.style == "points" or len(one.points) == 1 for one in curves], screen)
    drawn = zip(curves, glyphs, strict=True)
    return [_Stroke(one.series, cut_pieces(one, x, y, columns, rows), glyph) for one, glyph in drawn]


def _visible(marks: Sequence[tuple[float, str]], x: Axis, screen: Screen) -> list[tuple[float, str]]:
    """The marks on the plot, at fractions of its width."""
    spots = x.fraction(np.array([where for where, _ in marks], dtype=np.float64)).tolist()
    words = [plain(word, screen) for _, word in marks]
    return [(spot, word) for spot, word in zip(spots, words, strict=True) if 0 <= spot <= 1]


@dataclass(frozen=True)
class _Drawing:
    """All that a chart shows between its heading and its notes; `marks` are at fractions of the width."""

    strokes: list[_Stroke]
    marks: list[tuple[float, str]]
    axes: tuple[Axis, Axis]
    screen: Screen

    def lines(self, title: tuple[str, str], width: int, rows: int) -> list[str]:
        """Heading, plot and axes. Names go beside the title, else to the curves' ends, else below it."""
        names, indent = self.names(), gutter(self.axes[1])
        above = heading(*title, names, indent, width, self.screen)
        right = margin(names, width - indent)
        if (len(above) > 1 or len(names) > 3) and right <= width // 3 and self.has_ends():
            page = self.page(width - indent - right, right, rows)
            if put_names(page, names, width - indent - right):
                return heading(*title, [], indent, width, self.screen) + self.framed(page, right)
        above = above[: max(rows - 1, 1)]
        return above + self.framed(self.page(width - indent, 0, rows + 1 - len(above)), 0)

    def framed(self, page: Cells, right: int) -> list[str]:
        """The page with its axes; the x axis leaves out the margin."""
        return add_axes(page.lines(self.screen), *self.axes, page.width - right, self.screen)

    def page(self, width: int, right: int, rows: int) -> Cells:
        """Curves and marks on `width` columns, and an empty margin."""
        page = Cells(width + right, rows)
        _rasterise(page, width, self.strokes)
        put_marks(page, [(min(int(spot * width), width - 1), word) for spot, word in self.marks], self.screen)
        return page

    def names(self) -> list[Name]:
        """The curves that have a name, with how they look."""
        return [
            Name(plain(label, self.screen), stroke.glyph.replace("braille", "—"), stroke.series.meaning, *_end(stroke))
            for stroke in self.strokes
            if (label := stroke.series.label)
        ]

    def has_ends(self) -> bool:
        """Whether every curve is a line that can be named where it ends."""
        return all(stroke.series.style == "line" and stroke.pieces for stroke in self.strokes)


def _end(stroke: _Stroke) -> tuple[float, float]:
    """Where a curve was last seen, as fractions of the plot."""
    across, up = stroke.pieces[-1][-1].tolist() if stroke.pieces else (1.0, 0.5)
    return across, up


def _glyphs(dotted: Sequence[bool], screen: Screen) -> list[str]:
    """What each curve is drawn with: fine dots of braille, or one character a cell.

    Where there is colour, all lines are alike; else the last one, on top of the others, is the finest.
    """
    lines, points = (LINES, POINTS) if screen.unicode else (ASCII_LINES, ASCII_POINTS)
    if screen.color and screen.unicode:
        lines, points = lines[:1], points[:1]
    ranks = [list(dotted[at + 1 :]).count(kind) for at, kind in enumerate(dotted)]
    families = [points if kind else lines for kind in dotted]
    return [family[rank % len(family)] for family, rank in zip(families, ranks, strict=True)]


def _rasterise(page: Cells, width: int, strokes: Sequence[_Stroke]) -> None:
    """Draw strokes on the page with plotext: lines first, so that points stay visible on them."""
    import plotext

    plotext.terminal.limit(False, False)  # or it cuts every chart to the size of the terminal it finds
    figure = plotext.figure  # there is one for the whole process: cleared first
    figure.clear().plot_size(width, page.height).canvas("default").axes(False)
    for name in ("x", "y"):
        figure.ruler(name).lim(0, 1)
        figure.ruler(name).frequency(0)
        figure.ruler(name).alignment(lim="edge")
    order = sorted(range(len(strokes)), key=lambda at: strokes[at].series.style == "points")
    for at in order:
        marker = plotext.marker(strokes[at].glyph, plotext.pixel(foreground=16 + at % 240))
        for piece in strokes[at].pieces:
            signal = figure.signal(*piece.T.tolist(), marker=marker)
            figure.draw(signal.lines(strokes[at].series.style == "line"))
    _copy(figure.build().string(), page, [stroke.series.meaning for stroke in strokes])


def _copy(text: str, page: Cells, meanings: Sequence[Meaning]) -> None:
    """Put plotext's text on the page; its colour numbers say which stroke a run belongs to."""
    for row, line in enumerate(text.splitlines()):
        column = 0
        for number, run in SPAN.findall(line):
            if number:
                page.put(row, column, run, meanings[int(number) - 16])
            column += len(run)
