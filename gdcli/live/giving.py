"""A lesson is given: page by page, all at once, as text or as a handout."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, TextIO

from gdcli.data.atomic_write import replaced
from gdcli.data.files import STDIN
from gdcli.lessons.language import Language
from gdcli.lessons.lecture import Lesson
from gdcli.live.keyboard import keys
from gdcli.live.staged import Staged
from gdcli.live.walk import Walk
from gdcli.render.lessons.handout import handout
from gdcli.render.lessons.pages import PLAIN, plain_text
from gdcli.render.lessons.words import WORDS
from gdcli.render.screen import Screen, plain
from gdcli.said import say

__all__ = ["Giving"]


class Giving:
    """A lesson in a language, for a screen.

    Args:
        lesson: The lesson.
        language: To speak.
        screen: What the terminal can do.
        staged: What the commands run with.
    """

    def __init__(self, lesson: Lesson, language: Language, screen: Screen, staged: Staged) -> None:
        self._lesson, self._language, self._screen = lesson, language, screen
        self._words, self._staged = WORDS[language.code], staged

    def walk(self, stdin: BinaryIO | None, out: TextIO) -> None:
        """Page by page, at the reader's keys."""

        def write(text: str) -> None:
            out.write(text)
            out.flush()

        with keys(stdin) as pressed:
            self._walk(self._lesson).go(self._lesson.first, write, pressed)
        out.write("\n")

    def run(self) -> Iterator[str]:
        """All pages, waiting for no key."""
        return self._walk(self._lesson.alone()).screens()

    def text(self) -> Iterator[str]:
        """All of it, line by line."""
        screen = replace(self._screen, height=PLAIN)
        run = self._staged.on(screen)
        for at, chapter in enumerate(self._lesson.alone().chapters(self._language)):
            yield "\n\n" if at else ""
            for line in plain_text(chapter, self._words, screen, run, PLAIN):
                yield f"{line}\n"

    def check(self, place: str) -> str:
        """Runs all commands; what is wrong is raised."""
        run = self._staged.on(self._screen)
        commands = [one for chapter in self._lesson.chapters(self._language) for one in chapter.every_command()]
        for one in commands:
            run(one, PLAIN)
        s = "s" * (len(commands) != 1)
        right = say(
            "{place}: right; {count} command{s} run", place=STDIN if place == "-" else place, count=len(commands), s=s
        )
        return plain(right, self._screen) + "\n"

    def save(self, path: Path) -> None:
        """The handout, all or nothing."""
        chapters = self._lesson.alone().chapters(self._language)
        with replaced(path) as file:
            file.writelines(handout(path.suffix, chapters, self._language, self._staged.on))

    def _walk(self, lesson: Lesson) -> Walk:
        run = self._staged.on(self._screen)
        return Walk(lesson.chapters(self._language), self._words, self._screen, run)
