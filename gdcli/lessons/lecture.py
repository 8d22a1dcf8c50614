"""The lecture: its chapters in their order, in each language."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

from gdcli.data.files import STDIN
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.lessons.chapter import Chapter, read
from gdcli.lessons.language import Language
from gdcli.said import say

__all__ = ["LARGEST", "Lesson", "Pair", "lecture", "lesson_of", "own", "place_of"]

LARGEST = 250_000  # bytes of a lesson's file


class Pair(NamedTuple):
    """A chapter in both languages.

    Args:
        english: The chapter.
        chinese: The same in Chinese.
    """

    english: Chapter
    chinese: Chapter

    def row(self) -> dict[str, Any]:
        """All of it, the same in every language."""
        one, other = self
        numbered: dict[str, Any] = {"number": one.number, "name": one.name}
        for field, zh in zip(_texts(one).items(), _texts(other).values(), strict=True):
            numbered |= {field[0]: field[1], f"zh_{field[0]}": zh}
        return numbered | {"code": one.code, "commands": "\n".join(command.run for command in one.commands)}


class Lesson(NamedTuple):
    """Chapters to give.

    Args:
        pairs: The chapters.
        first: Which to begin with.
        home: The folder of a lesson of one's own.
        named: Whether one was asked for.
    """

    pairs: Sequence[Pair]
    first: int = 0
    home: Path | None = None
    named: bool = True

    def chapters(self, language: Language) -> list[Chapter]:
        """In a language."""
        return [pair.chinese if language.is_chinese else pair.english for pair in self.pairs]

    def alone(self) -> Lesson:
        """The chapter that was asked for, without the others."""
        return self._replace(pairs=self.pairs[self.first :][:1], first=0) if self.named else self


def lesson_of(asked: str | None, known: Collection[str], stdin: BinaryIO | None = None) -> Lesson:
    """The lesson that is asked for: all of the lecture, a chapter, or a file.

    Args:
        asked: A number, a name, a file or `-`; None or `all` for the lecture.
        known: The program's commands.
        stdin: Standard input; None where it is closed.

    Raises:
        OptionError: If there is no such chapter.
        DataError: If the file is no lesson.
    """
    if asked and (asked == "-" or "." in asked or os.sep in asked or _is_file(asked)):
        chapter = own(asked, known, stdin)
        return Lesson([Pair(chapter, chapter)], home=Path(asked).parent.resolve())
    pairs = lecture(known)
    if asked in (None, "all"):
        return Lesson(pairs, named=False)
    return Lesson(pairs, place_of(str(asked), [one.english.name for one in pairs]))


def _texts(chapter: Chapter) -> dict[str, str]:
    text = "\n".join(chapter.text)
    words = {"title": chapter.title, "text": text, "try": chapter.task, "question": chapter.question}
    return words | {"answer": chapter.answer}


def lecture(known: Collection[str]) -> list[Pair]:
    """All chapters.

    Args:
        known: The program's commands.
    """
    folder = files(__package__).joinpath("chapters")
    stems = sorted(one.name.split(".")[0] for one in folder.iterdir() if one.name.endswith(".en.toml"))
    pairs = []
    for number, stem in enumerate(stems, start=1):
        paths = [folder.joinpath(f"{stem}.{language}.toml") for language in ("en", "zh-TW")]
        found = [read(path.read_text(encoding="utf-8"), path.name, known) for path in paths]
        name = stem.partition("-")[2]
        pairs.append(Pair(*(one._replace(number=number, name=name) for one in found)))
    return pairs


def place_of(asked: str, names: Sequence[str]) -> int:
    """The place of a chapter that is asked for by number or name.

    Raises:
        OptionError: If there is none.

    >>> place_of("2", ["one", "two"]), place_of("Two", ["one", "two"])
    (1, 1)
    """
    word = asked.strip().lower().replace(" ", "-").replace("_", "-")
    if word.isascii() and word.isdecimal() and 0 < int(word[:9]) <= len(names):
        return int(word) - 1
    if word in names:
        return list(names).index(word)
    hint = say("1 to {count}", count=len(names)) if word.lstrip("-").isdecimal() else did_you_mean(word, names)
    raise OptionError(say("lesson: there is no chapter '{asked}'", asked=asked), hint)


def _is_file(name: str) -> bool:
    return os.path.isfile(name)  # noqa: PTH113 - Path's raises where a name is too long


def own(asked: str, known: Collection[str], stdin: BinaryIO | None = None) -> Chapter:
    """A lesson of one's own, from a file or, for `-`, from standard input.

    Raises:
        DataError: If it cannot be read, or is no lesson.
    """
    place = STDIN if asked == "-" else asked
    with _opened(asked, stdin) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise DataError(
            say("{path}: is larger than {largest:,} bytes: no lesson is", path=place, largest=LARGEST),
            say("name a lesson of your own: see docs/lessons.md"),
        )
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            say("{path}: line {line}: byte {start} is not UTF-8", path=place, line=line, start=error.start + 1),
            say("save the lesson as UTF-8"),
        ) from None
    return read(content.replace("\r\n", "\n"), place, known)


def _opened(asked: str, stdin: BinaryIO | None) -> AbstractContextManager[BinaryIO]:
    if asked != "-":
        return Path(asked).open("rb")
    if stdin is None:
        raise DataError(say("{path}: is closed", path=STDIN), say("name a file, or pipe a lesson in"))
    return nullcontext(stdin)
