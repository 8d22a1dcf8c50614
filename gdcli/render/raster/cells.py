"""A small page of character cells, each with a meaning that colours it, to draw on before anything is printed."""

from itertools import groupby

from gdcli.render.screen import Screen, paint, split_cells
from gdcli.render.theme import PLAIN, Meaning


class Cells:
    """A grid of characters with a meaning each; text is written over what is there.

    >>> page = Cells(5, 1)
    >>> page.put(0, 1, "abc")
    >>> page.lines(Screen(color=False))
    [' abc ']
    """

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.rows = [[(" ", PLAIN)] * width for _ in range(height)]

    def put(self, row: int, column: int, text: str, meaning: Meaning = PLAIN) -> None:
        """Write text; what lies outside the page is dropped."""
        for at, char in enumerate(split_cells(text), start=column):
            if 0 <= row < self.height and 0 <= at < self.width:
                self.rows[row][at] = (char, meaning)

    def free(self, row: int, column: int, length: int) -> bool:
        """Whether `length` cells from here on are on the page and blank."""
        inside = 0 <= row < self.height and 0 <= column <= self.width - length
        return inside and all(char == " " for char, _ in self.rows[row][column : column + length])

    def lines(self, screen: Screen) -> list[str]:
        """The rows as text, with escape sequences where the screen has colour."""
        return ["".join(_painted(row, screen)) for row in self.rows]


def _painted(row: list[tuple[str, Meaning]], screen: Screen) -> list[str]:
    """A row's runs of one meaning."""
    runs = groupby(row, key=lambda cell: cell[1])
    return [paint("".join(char for char, _ in run), meaning, screen) for meaning, run in runs]
