"""What `lesson` lists: the chapters, by number, name and title."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gdcli.lessons.language import Language
from gdcli.lessons.lecture import Pair
from gdcli.render import Report, theme
from gdcli.render.flow import wrapped
from gdcli.render.lessons.words import WORDS
from gdcli.render.screen import Screen, paint

__all__ = ["report"]


def report(pairs: Sequence[Pair], language: Language) -> Report:
    """The report of chapters.

    Args:
        pairs: The chapters.
        language: To speak.
    """
    broad = max(len(one.english.name) for one in pairs)

    def line(pair: Pair, screen: Screen) -> Iterator[str]:
        one = pair.chinese if language.is_chinese else pair.english
        yield f"{one.number:>3}  {paint(one.name.ljust(broad), theme.COMMAND, screen)}  {one.title}"

    return Report(
        schema="gdcli.lesson/1",
        records=pairs,
        rows_name="chapters",
        rows_in_kv=True,
        paragraph=line,
        before=lambda screen: [paint(WORDS[language.code].lecture, theme.HEADING, screen), ""],
        blocks=lambda screen: ["", *wrapped(WORDS[language.code].more, screen.width)],
    )
