"""The words on a chart: its heading, the names of the curves, the words at marks."""

import re
from collections.abc import Sequence

from gdcli.definitions.dataclass import dataclass
from gdcli.render import theme
from gdcli.render.flow import is_wide
from gdcli.render.raster.cells import Cells
from gdcli.render.screen import Screen, align_right, clip, columns, fit, paint
from gdcli.render.theme import Meaning

ColumnMark = tuple[int, str]
LEAST = 4  # columns of a title that is cut
BRACKETS = re.compile(r" \([^()]*\)|（[^（）]*）")


@dataclass(frozen=True)
class Name:
    """A curve's name, how the curve is drawn, and where it ends.

    Args:
        text: The name.
        sign: What stands for the curve in a legend.
        meaning: What the curve is.
        across: Where the curve ends, as a fraction of the width.
        up: The same, of the height.
    """

    text: str
    sign: str
    meaning: Meaning
    across: float
    up: float

    def painted(self, screen: Screen) -> str:
        """The entry for a legend."""
        return paint(f"{self.sign} {self.text}", self.meaning, screen)


def heading(y_label: str, title: str, names: Sequence[Name], indent: int, width: int, screen: Screen) -> list[str]:
    """The lines above a chart: y label, title and a legend; one line where they fit, else the legend below.

    Args:
        y_label: Ends above the y axis.
        title: Begins above the plot.
        names: The curves to explain.
        indent: The column where the plot begins.
        width: Columns there are.
        screen: What the terminal can do.
    """
    lead = align_right(y_label, indent - 1) + " " if y_label else " " * indent
    legend = "   ".join(name.painted(screen) for name in names)
    room = width - columns(legend) - (3 if legend and title else 0)
    for start in (lead, lead.lstrip()):
        if columns(start + title) <= room:
            first = paint(start, theme.AXIS, screen) + paint(title, theme.HEADING, screen)
            return [first + ("   " if title and legend else "") + legend]
    start = fit(lead.lstrip(), width)
    short = shortened(title, width - columns(start), screen)
    first = paint(start, theme.AXIS, screen) + paint(short, theme.HEADING, screen)
    return [first, *legend_lines(names, width, screen)]


def shortened(title: str, room: int, screen: Screen) -> str:
    """A title in so many columns: without what it goes by, then without its brackets, then as many words as fit."""
    forms = [title, title.split(" by ")[0], BRACKETS.sub("", title.split(" by ")[0])]
    if found := next((form for form in forms if columns(form) <= room), ""):
        return found
    if is_wide(title):
        return clip(forms[-1], room)
    more, words = (" …" if screen.unicode else " ..."), title.split(" ")
    starts = (" ".join(words[:count]) + more for count in range(len(words) - 1, 0, -1))
    return next((start for start in starts if columns(start) <= room), fit(title, room))


def tight_heading(title: str, names: Sequence[Name], width: int, screen: Screen) -> list[str]:
    """The heading in one line, its title shorter for the legend; no line where the legend leaves too little of it."""
    legend = "   ".join(name.painted(screen) for name in names)
    room = width - columns(legend) - 3
    short = shortened(title, room, screen)
    return [paint(short, theme.HEADING, screen) + "   " + legend] if room >= LEAST else []


def legend_lines(names: Sequence[Name], width: int, screen: Screen) -> list[str]:
    """A legend over as many lines as it needs."""
    lines: list[str] = []
    for name in names:
        short = Name(fit(name.text, width - 2), name.sign, name.meaning, 0, 0).painted(screen)
        if lines and columns(lines[-1]) + 3 + columns(short) <= width:
            lines[-1] += "   " + short
        else:
            lines.append(short)
    return lines


def margin(names: Sequence[Name], width: int) -> int:
    """The columns to keep at the right for the names of curves that reach the edge."""
    return max((columns(name.text) + 1 for name in names if _at_edge(name, width)), default=0)


def _at_edge(name: Name, width: int) -> bool:
    return name.across * width >= width - 2


def put_names(page: Cells, names: Sequence[Name], width: int) -> bool:
    """Write each curve's name where the curve ends; False, and nothing written, when there is no room.

    Args:
        page: The plot, with a margin at the right.
        names: The names.
        width: The columns of the plot without the margin.
    """
    spots = _in_margin([name for name in names if _at_edge(name, width)], page.height, width)
    for name in (name for name in names if not _at_edge(name, width)):
        place = _beside(page, name, width, spots)
        if place is None:
            return False
        spots.append((*place, name))
    if len(spots) < len(names):
        return False
    for row, column, name in spots:
        page.put(row, column, name.text, name.meaning)
    return True


def _in_margin(names: Sequence[Name], height: int, width: int) -> list[tuple[int, int, Name]]:
    """Names at the right edge, near their curves' ends and each on a row of its own."""
    ordered = sorted(names, key=lambda name: -name.up)
    rows = [min(int((1 - name.up) * height), height - 1) for name in ordered]
    for at in range(1, len(rows)):
        rows[at] = max(rows[at], rows[at - 1] + 1)
    for at in reversed(range(len(rows))):
        rows[at] = min(rows[at], height - len(rows) + at)
    return [(row, width + 1, name) for row, name in zip(rows, ordered, strict=True) if row >= 0]


def _beside(page: Cells, name: Name, width: int, taken: Sequence[tuple[int, int, Name]]) -> tuple[int, int] | None:
    """Free cells next to the end of a curve that stops inside the plot."""
    row, column = int((1 - name.up) * page.height), int(name.across * width) + 2
    size = columns(name.text)
    for near in sorted(range(page.height), key=lambda other: abs(other - row))[:5]:
        clear = all(other != near or column > at + columns(n.text) or column + size < at for other, at, n in taken)
        if clear and column + size <= width and page.free(near, column - 1, size + 1):
            return near, column
    return None


def put_legend(page: Cells, names: Sequence[Name]) -> bool:
    """Write a legend into a corner of the plot where nothing is drawn; False, and nothing written, if there is none."""
    wide = max((columns(name.text) for name in names), default=0) + 2
    high, last = len(names), page.width - wide - 1
    for left in (last, 1):
        for top in (0, page.height - high):
            if left > 0 and top >= 0 and all(page.free(top + at, left - 1, wide + 2) for at in range(high)):
                for at, name in enumerate(names):
                    page.put(top + at, left, f"{name.sign} {name.text}", name.meaning)
                return True
    return False


def put_marks(page: Cells, marks: Sequence[ColumnMark], width: int, screen: Screen) -> list[str]:
    """Dotted vertical lines behind the curves, each with its word on the highest row that has room.

    Args:
        page: The plot, with a margin at the right.
        marks: The columns and their words.
        width: The columns of the plot without the margin.
        screen: What the terminal can do.

    Returns:
        The words that have no room.
    """
    taken, without = {column for column, _ in marks}, list[str]()
    for column, word in marks:
        size = columns(word)
        spots = [(row, at) for row in range(page.height) for at in (column + 2, column - size - 1)]
        spots = [(row, at) for row, at in spots if at > 0 and at + size < width and not taken & {*range(at, at + size)}]
        place = next((spot for spot in spots if page.free(spot[0], spot[1] - 1, size + 2)), None)
        if word and place:
            page.put(*place, word, theme.AXIS)
        elif word:
            without.append(word)
    for column, _ in marks:
        for row in range(page.height):
            if page.free(row, column, 1):
                page.put(row, column, theme.AXIS.sign(screen.unicode), theme.AXIS)
    return without
