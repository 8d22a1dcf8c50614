"""A confusion matrix as text: which class was taken for which."""

from collections.abc import Sequence
from string import ascii_uppercase

import numpy as np

from gdcli.arrays import ArrayLike, NDArray
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import theme
from gdcli.render.layout import Picture
from gdcli.render.screen import Screen, columns, fit, paint, plain
from gdcli.render.theme import Meaning
from gdcli.said import say

Counts = NDArray[np.int64]


def draw_confusion(counts: ArrayLike, labels: Sequence[str], screen: Screen, *, title: str) -> str:
    """A confusion matrix: a row for each true class, a column for each predicted one, the diagonal reversed.

    Zeros off the diagonal are dots. Where the counts are too wide for the screen, they become percent of
    their row; where these are too wide, the most frequent confusions are listed.

    Args:
        counts: `(K, K)`, row = truth.
        labels: The K classes' names.
        screen: What the terminal can do.
        title: The first line.

    >>> print(draw_confusion([[5, 0], [2, 13]], ["cat", "dog"], Screen(color=False), title="test set"))
    test set   rows: truth, columns: predicted
        cat dog
    cat   5   ·
    dog   2  13
    """
    table = np.asarray(counts, dtype=np.int64)
    names = [plain(str(label), screen) for label in labels]
    share = np.rint(100 * table / np.maximum(table.sum(axis=1, keepdims=True), 1)).astype(np.int64)
    longest = max(map(columns, names), default=0)
    for cells, unit, digits in ((table, "", len(str(table.max(initial=0)))), (share, say(", percent of the row"), 2)):
        for size in (max(longest, digits), digits):
            lines = _grid(cells, table, names, size, digits, screen)
            if columns(lines[0]) <= screen.width:
                return "\n".join(
                    [*_head(title, say("rows: truth, columns: predicted{unit}", unit=unit), screen), *lines]
                )
    return "\n".join([*_head(title, say("most frequent confusions"), screen), *_confused(table, names, screen)])


class Matrix(NamedTuple):
    """A confusion matrix as data.

    Args:
        counts: `(K, K)`, row = truth.
        labels: The K classes' names.
        title: What it is about.
    """

    counts: ArrayLike
    labels: Sequence[str]
    title: str

    def draw(self, screen: Screen, width: int, height: int) -> str:  # noqa: ARG002 - it has a size of its own
        """The matrix as text, within the screen."""
        return draw_confusion(self.counts, self.labels, screen, title=self.title)


def confusion_picture(counts: ArrayLike, classes: Sequence[str], title: str, screen: Screen, rank: int = 0) -> Picture:
    """A confusion matrix as a picture of its own size."""
    matrix = Matrix(counts, classes, title)
    lines = matrix.draw(screen, 0, 0).split("\n")
    wide, high = max(map(columns, lines)), len(lines)
    return Picture.of(lambda: matrix, screen, usual=high, wide=high, width=wide, height=high, fixed=True, rank=rank)


def _head(title: str, about: str, screen: Screen) -> list[str]:
    """The title and what it is about, on one line where they fit."""
    title, about = fit(plain(title, screen), screen.width), fit(plain(about, screen), screen.width)
    words = [paint(title, theme.HEADING, screen), paint(about, theme.NOTE, screen)]
    return ["   ".join(words)] if columns(title + about) + 3 <= screen.width else words


def _grid(cells: Counts, table: Counts, names: list[str], size: int, digits: int, screen: Screen) -> list[str]:
    """The header and a line a class; columns `size` wide, numbers `digits` wide, a blank before each."""
    heads = [fit(name, size) for name in names]
    if len(set(heads)) < len(heads) <= len(ascii_uppercase):
        heads = list(ascii_uppercase[: len(heads)])
        names = [f"{head} {name}" for head, name in zip(heads, names, strict=True)]
    left = max(map(columns, names), default=0)
    header = " " * left + "".join(" " * (1 + size - columns(head)) + head for head in heads)
    lines = [paint(header, theme.NOTE, screen)]
    for at, name in enumerate(names):
        meanings = [theme.WRONG if count else theme.NOTE for count in table[at]]
        meanings[at] = theme.RIGHT
        row = [_cell(cell, meaning, size, digits, screen) for cell, meaning in zip(cells[at], meanings, strict=True)]
        lines.append(name + " " * (left - columns(name)) + "".join(row))
    return lines


def _cell(shown: int, meaning: Meaning, size: int, digits: int, screen: Screen) -> str:
    """One number: reversed on the diagonal, red where it is an error. A 100 may fill the blank before it."""
    if meaning is theme.RIGHT:
        number = f"{shown:>{digits}}"
        return " " * (size + 1 - len(number)) + paint(number, meaning, screen)
    dot = "·" if screen.unicode else "."
    return paint(f"{dot if meaning is theme.NOTE else shown:>{size + 1}}", meaning, screen)


def _confused(table: Counts, names: list[str], screen: Screen) -> list[str]:
    """The ten most frequent errors, a line each."""
    errors = table - np.diag(np.diag(table))
    worst = np.argsort(-errors, axis=None, kind="stable")[:10]
    pairs = [divmod(int(at), len(names)) for at in worst]
    lines = [
        say("{names} read as {names2}: {errors:,}", names=names[a], names2=names[b], errors=errors[a, b])
        for a, b in pairs
        if errors[a, b]
    ]
    return [fit(plain(line, screen), screen.width) for line in lines]
