"""The lines of a screen: how many go to the table, to the answer, and to the pictures, decided in one place."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import Drawable
from gdcli.render.flow import folded
from gdcli.render.screen import ESCAPE, Screen, columns, split_cells
from gdcli.said import say

GAP = 2
"""Columns between pictures side by side."""
USUAL = 20
"""Rows of a table between the first and the best where nothing limits them."""
LEAST = 7
"""Lines of pictures on a low screen, and the blank line before them."""
SHORTEST, ANSWER = 4, 8
"""Lines of the shortest table: its heading, the first row, the best and the last; and of an answer, about."""
SAID, LEAST_SAID = 4, 2
"""Lines of remarks on the rows that come before pictures, and before everything else."""
WIDE = 3.2
"""Columns for each line of a picture that is neither low nor narrow."""
SENTENCE = re.compile(r"[^\d.]\. |\d\. (?=[A-Z])|。")
"""Where a sentence ends within a line."""
INDENT, BLANKS = 12, re.compile(" {2,}")
"""Columns before the text of a remark, and what is narrowed where two remarks share a line."""
HIGHEST = 36
"""Lines that a picture has at most."""


class Counted:
    """Records on their way to a table, the lines that they take in it, and how many have no room.

    Args:
        records: The records.
        most: How many pass; all unless given.
    """

    def __init__(self, records: Iterable[Any], most: int | None = None) -> None:
        self._records, self._most = records, most
        self.lines = self.left_out = 0

    def __iter__(self) -> Iterator[Any]:
        last: list[Any] = []
        for record in self._records:
            if self._most is None or self.lines < self._most:
                self.lines += 1
                yield record
            else:
                self.left_out += 1
                last = [record]
        if self.left_out == 1:  # its line is as long as the one that would say so
            self.left_out, self.lines = 0, self.lines + 1
            yield from last
        self.lines += bool(self.lines)  # the heading

    def word(self) -> list[str]:
        """A line on the rows that have no room, if there are any."""
        what = say("more") if self.lines else say("rows")
        return (
            [say(" ... {left_out:,} {what}: --format csv has them all", left_out=self.left_out, what=what)]
            if self.left_out
            else []
        )


class Picture(NamedTuple):
    """A picture that is drawn as large as it is told to.

    Args:
        draw: Draws it on at most so many columns and lines.
        usual: Its lines where no screen limits them, on a screen of 80 columns.
        wide: The same on a wide screen.
        width: Columns that it needs.
        height: Lines that it needs.
        fixed: Whether it has this size and no other.
        rank: Which are left out first: those of the highest.
        content: Makes the picture as data, from which files are drawn.
    """

    draw: Callable[[int, int], str]
    usual: int = 11
    wide: int = 16
    width: int = 24
    height: int = 5
    fixed: bool = False
    rank: int = 0
    content: Callable[[], Drawable] | None = None

    @classmethod
    def of(cls, content: Callable[[], Drawable], screen: Screen, **size: Any) -> Picture:
        """A picture that is drawn from its data; `size` is as above."""
        return cls(lambda width, height: content().draw(screen, width, height), content=content, **size)


@dataclass(frozen=True)
class Layout:
    """What one command may take of the screen.

    Args:
        width: Columns to keep to; off a terminal there is no edge.
        rows: Lines for table, answer and pictures together; None where nothing has to fit.
        plotted: Whether pictures are drawn.
        large: Lines of each picture where large ones are asked for; 0 for the usual size.
    """

    width: int = sys.maxsize
    rows: int | None = None
    plotted: bool = False
    large: int = 0

    @property
    def fits(self) -> bool:
        """Whether there is a screen to fit."""
        return self.rows is not None

    def table_rows(self, answer: int, pictured: bool = True) -> int:
        """Rows of a table besides its heading and the best row.

        Args:
            answer: Lines that the answer takes, about.
            pictured: Whether there are pictures below it.
        """
        if self.rows is None:
            return USUAL
        free = self.rows - answer - 2
        if pictured and self.plotted:
            free = min(free - LEAST, free // 3)
        return min(USUAL, max(2, free))

    def remarks(self, answer: int = ANSWER, drawn: bool = False) -> int | None:
        """Lines for what is said of the rows, above a table and an answer of about so many lines; pictures come first.

        None where nothing has to fit.

        Args:
            answer: Lines of the answer.
            drawn: Whether the picture is the answer, which does not give way.
        """
        if self.rows is None:
            return None
        free = self.rows - answer - SHORTEST
        beside = free - LEAST * self.plotted
        return max(LEAST_SAID, beside if drawn or beside >= SAID else free)

    def listed(self, records: Iterable[Any], answer: int, pictured: bool = True) -> Counted:
        """Records of a table, as many as have room beside an answer of so many lines."""
        return Counted(records, None if self.rows is None else self.table_rows(answer + 1, pictured))

    def height_of(self, lines: Iterable[str]) -> int:
        """Lines of the screen that lines of text take; none where nothing has to fit."""
        if self.rows is None:
            return 0
        return sum(max(1, -(-columns(line) // self.width)) for line in lines)

    def folded(self, line: str) -> list[str]:
        """A line in as many as the screen's edge makes of it, broken between words; what follows is indented."""
        if self.rows is None:
            return [line]
        return folded(line, self.width, rest=" " * (INDENT if _is_remark(line) else 4))

    def shortened(self, lines: Sequence[str], room: int) -> list[str]:
        """Lines of which long remarks lose their ends, the longest first, where there is no room for all of them."""
        if self.rows is None:
            return [*lines]
        parts = _remarks(lines)
        whole = [len(part) for part in parts]
        for _ in range(sum(map(self.height_of, parts)) - room):
            if len(longest := max(parts, key=len, default=[])) > 1:
                longest.pop()
        cut = [part for part, before in zip(parts, whole, strict=True) if len(part) < before]
        for part in cut:
            part[-1] = _ended(part[-1], say(" ... --format json") if part is cut[-1] else " ...", self.width)
        return [line for part in parts for line in part]

    def compose(self, pictures: Sequence[Picture], answer: Sequence[str], used: int, screen: Screen) -> Iterator[str]:
        """Pictures and the answer below what is already there.

        On a screen as many pictures as have room, at the cost of blank lines where it has to be, and at the end a
        word on those that have none.

        Args:
            pictures: The pictures.
            answer: Lines of text.
            used: Lines that are taken by everything else.
            screen: What the terminal can do.
        """
        pictures = pictures if self.plotted else ()
        answer = [part for line in answer for part in self.folded(screen.speak(line))]
        if self.rows is None:
            text = self._unlimited(pictures, screen) if pictures else ""
            yield from [""] * (used > 0 and bool(text or answer))
            yield from _parted(text, answer, blank=True)
            return
        paired = _paired(answer, self.width)
        tight = [line for line in paired if line]
        forms = (answer, True), (paired, True), (tight, False), (self.shortened(tight, self.rows - used), False)
        ways = [self._way(pictures, lines, blank, used, screen.width) for lines, blank in forms]
        best = min(ways, key=lambda way: (way.too_many, way.left_out))
        if pictures and best.grid is None and not best.too_many:
            room = self.rows - used - min(pictures, key=lambda one: one.rank).height - (len(pictures) > 1)
            pictured = self._way(pictures, self.shortened(tight, room), False, used, screen.width)
            best = best if pictured.grid is None else pictured
        yield from best.lines(screen)

    def holds(self, pictures: Sequence[Picture], used: int, screen: Screen) -> bool:
        """Whether all pictures have room."""
        return self.rows is None or not _arranged(pictures, screen.width, self.rows - used)[1]

    def _way(self, pictures: Sequence[Picture], answer: Sequence[str], blank: bool, used: int, width: int) -> _Way:
        """Pictures in the lines that an answer leaves, and a word on the others where there is a line for it."""
        above, between = blank and used > 0, blank and bool(answer)
        taken = used + self.height_of(answer) + above
        room = (self.rows or 0) - taken - between
        grid, left = _arranged(pictures, width, room)
        word: list[str] = []
        if left and room > 0:
            smaller, same = _arranged(pictures, width, room - 1)
            grid, word = (smaller, [_left_out(left)]) if same == left else (grid, [])
        return _Way(above, grid, between, answer, word, left, max(0, taken - (self.rows or 0)))

    def _unlimited(self, pictures: Sequence[Picture], screen: Screen) -> str:
        """All pictures, at their usual size or as large as asked for."""
        if self.large:
            size = screen.width - 2, self.large
            return "\n\n".join(one.draw(*size) for one in pictures)
        from gdcli.render.blocks import side_by_side  # loads NumPy: where something is drawn

        wide = screen.width >= 100
        width = (screen.width - 4) // 2 if wide else screen.width - 2
        return side_by_side([one.draw(width, one.wide if wide else one.usual) for one in pictures], screen)


class _Way(NamedTuple):
    """Pictures and an answer, how many pictures have no room, and how many lines have none."""

    above: bool
    grid: _Grid | None
    between: bool
    answer: Sequence[str]
    word: list[str]
    left_out: int
    too_many: int

    def lines(self, screen: Screen) -> Iterator[str]:
        """All of it, drawn."""
        text = "" if self.grid is None else self.grid.text(screen)
        yield from [""] * self.above
        yield from _parted(text, self.answer, self.between)
        yield from self.word


def _parted(text: str, answer: Sequence[str], blank: bool) -> Iterator[str]:
    """Pictures, then the answer, with a blank line between them if there is room for one."""
    if text:
        yield from text.split("\n")
        yield from [""] * (blank and bool(answer))
    yield from answer


def _paired(lines: Sequence[str], width: int) -> list[str]:
    """Short remarks that follow each other, two in a line."""
    shorter: list[str] = []
    whole = False
    for line, following in zip(lines, [*lines[1:], ""], strict=False):
        brief = "   " + BLANKS.sub(" ", line.strip())
        alone = _is_remark(line) and not following.startswith(" " * INDENT)
        if whole and alone and columns(shorter[-1]) + columns(brief) <= width:
            shorter[-1] += brief
            whole = False
        else:
            shorter.append(line)
            whole = alone
    return shorter


def _is_remark(line: str) -> bool:
    """Whether a line is a label and a text beside it."""
    cells = split_cells(ESCAPE.sub("", line))
    return (
        bool("".join(cells[1:2]).strip() and "".join(cells[INDENT:][:1]).strip())
        and cells[0] + cells[INDENT - 1] == "  "
    )


def _remarks(lines: Iterable[str]) -> list[list[str]]:
    """Lines with those of one remark together."""
    parts: list[list[str]] = []
    for line in lines:
        plain = ESCAPE.sub("", line)
        follows = plain.startswith(" " * INDENT) and plain.strip() and parts and _is_remark(parts[-1][0])
        parts[-1].append(line) if follows else parts.append([line])
    return parts


def _ended(line: str, end: str, width: int) -> str:
    """The last line that is kept of a remark: whole sentences, or as many words as have room beside its end."""
    words = line
    for sentence in SENTENCE.finditer(line, INDENT):
        if columns(line[: sentence.end()].rstrip()) + columns(end) <= width:
            words = line[: sentence.end()].rstrip()
    while columns(words) + columns(end) > width:
        words = words[: max(words.rfind(" ", INDENT), INDENT)] if " " in words[INDENT:] else words[:-1]
    return words + end


def _left_out(count: int) -> str:
    """A word on pictures that have no room."""
    return say(" ({count} picture{s} left out for want of lines: --plot draws all)", count=count, s="s" * (count > 1))


UNLIMITED = Layout()
"""Nothing has to fit, and no pictures are drawn."""


def _arranged(pictures: Sequence[Picture], width: int, room: int) -> tuple[_Grid | None, int]:
    """Pictures in rows, such that the smallest is as large as can be; and how many are left out."""
    kept = [one for one in pictures if one.height <= room and one.width <= width]
    while kept:
        ways = [_Grid.of(kept, across, width, room) for across in range(1, len(kept) + 1)]
        able = [grid for grid in ways if grid.suits()]
        if able:
            return max(able, key=_Grid.size), len(pictures) - len(kept)
        kept.remove(max(kept, key=lambda one: one.rank))
    return None, len(pictures)


class _Grid(NamedTuple):
    """Pictures in rows, the columns of each, and the lines of all."""

    rows: list[list[Picture]]
    widths: list[list[int]]
    height: int

    @classmethod
    def of(cls, pictures: list[Picture], across: int, width: int, room: int) -> _Grid:
        """So many side by side, in a room of so many lines."""
        rows = [pictures[at : at + across] for at in range(0, len(pictures), across)]
        return cls(rows, [_widths(row, width) for row in rows], min((room + 1) // len(rows) - 1, HIGHEST))

    def _cells(self) -> Iterator[tuple[Picture, int]]:
        for row, widths in zip(self.rows, self.widths, strict=True):
            yield from zip(row, widths, strict=True)

    def suits(self) -> bool:
        """Whether each picture has the columns and lines that it needs."""
        return all(one.width <= width and one.height <= self.height for one, width in self._cells())

    def size(self) -> float:
        """Lines of the smallest picture, of one that is narrow fewer."""
        free = [width for one, width in self._cells() if not one.fixed]
        return min([self.height, *(width / WIDE for width in free)])

    def text(self, screen: Screen) -> str:
        """All of them, drawn."""
        from gdcli.render.blocks import side_by_side

        lines = [
            side_by_side([one.draw(width, self.height) for one, width in zip(row, widths, strict=True)], screen, GAP)
            for row, widths in zip(self.rows, self.widths, strict=True)
        ]
        return "\n\n".join(lines)


def _widths(row: Sequence[Picture], width: int) -> list[int]:
    """Columns of each picture of a row: some have their own, the others share what is left."""
    free = [one for one in row if not one.fixed]
    room = width - 1 - GAP * (len(row) - 1) - sum(one.width for one in row if one.fixed)
    return [one.width if one.fixed else room // max(len(free), 1) for one in row]
