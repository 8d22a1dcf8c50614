"""A walk through chapters on a terminal: a page at a time, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from gdcli.lessons.chapter import Chapter
from gdcli.live.keyboard import BACK, END
from gdcli.render import theme
from gdcli.render.lessons.pages import FRAME, Run, blocks, pages, title
from gdcli.render.lessons.words import Words
from gdcli.render.screen import Screen, columns, paint

__all__ = ["Walk"]

CLEAR, WAIT = "\x1b[2J\x1b[H", "\r\x1b[K..."


class Walk:
    """Chapters in pages; a page is made when it is turned to, and kept.

    Args:
        chapters: The chapters.
        words: Of their language.
        screen: What the terminal can do.
        run: Runs a command.
    """

    def __init__(self, chapters: Sequence[Chapter], words: Words, screen: Screen, run: Run) -> None:
        self._chapters, self._words, self._screen = chapters, words, screen
        height = screen.height - FRAME
        self._coming = [pages(blocks(one, words, screen, run, height), screen, height) for one in chapters]
        self._made: list[list[list[str]]] = [[] for _ in chapters]

    def page(self, chapter: int, number: int) -> list[str] | None:
        """A page of a chapter; None after its last."""
        made = self._made[chapter]
        while len(made) <= number:
            page = next(self._coming[chapter], None)
            if page is None:
                return None
            made.append(page)
        return made[number]

    def screens(self, first: int = 0) -> Iterator[str]:
        """Each page as it stands on the screen, without waiting."""
        for chapter in range(first, len(self._chapters)):
            number = 0
            while (page := self.page(chapter, number)) is not None:
                yield self._drawn(chapter, page, "")
                number += 1

    def go(self, first: int, write: Callable[[str], None], pressed: Callable[[], str]) -> None:
        """Shows pages until the reader ends, or the last is turned.

        Args:
            first: The chapter to begin with.
            write: Where pages go.
            pressed: Waits for a key, and says what it asks for.
        """
        chapter, number = first, 0
        write(WAIT)  # the commands of a page take a while
        while (page := self.page(chapter, number)) is not None:
            last = chapter == len(self._chapters) - 1 and self.page(chapter, number + 1) is None
            write(CLEAR + self._drawn(chapter, page, self._words.last if last else self._words.keys))
            asked = pressed()
            if asked == END or (asked != BACK and last):
                return
            write(WAIT)
            chapter, number = self._back(chapter, number) if asked == BACK else self._on(chapter, number)

    def _on(self, chapter: int, number: int) -> tuple[int, int]:
        return (chapter + 1, 0) if self.page(chapter, number + 1) is None else (chapter, number + 1)

    def _back(self, chapter: int, number: int) -> tuple[int, int]:
        if number or not chapter:
            return chapter, max(0, number - 1)
        while self.page(chapter - 1, len(self._made[chapter - 1])) is not None:
            pass
        return chapter - 1, len(self._made[chapter - 1]) - 1

    def _drawn(self, chapter: int, page: Sequence[str], keys: str) -> str:
        one, screen = self._chapters[chapter], self._screen
        place = f"{one.number}/{len(self._chapters)}" if one.number else ""
        heading = title(one, screen)
        gap = screen.width - 1 - columns(heading) - len(place)
        top = f"{heading}{' ' * gap}{place}" if gap > 1 else heading
        bottom = ["", paint(keys, theme.NOTE, screen)] if keys else [""]
        return "\n".join([top, "", *page, *bottom]) + ("" if keys else "\n")
