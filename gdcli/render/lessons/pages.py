"""A chapter in pages of a screen: its blocks in order, as many on a page as have room."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.lessons.chapter import Chapter, Command
from gdcli.lessons.stage import Ran
from gdcli.render import theme
from gdcli.render.flow import flowed
from gdcli.render.lessons.words import Words
from gdcli.render.screen import Screen, columns, guarded, paint

__all__ = ["FRAME", "PLAIN", "Block", "Run", "blocks", "pages", "plain_text", "title"]

WIDEST = 88
"""Columns of a paragraph: longer lines are hard to read."""
WORD, CONTINUED = re.compile(r"""(?:'[^']*'|"[^"]*"|\S)+"""), " \\"
"""A word of a command, and the end of a line after which it goes on."""
PLAIN = 30
"""Lines that a command's output is laid out for where there are no pages."""
ALONE = 5
"""Lines of an output that do not begin a page of their own, if they can be kept with what is before them."""
FRAME = 4
"""Lines of a page that are not its body: the title and the keys, each with a blank line."""

Run = Callable[[Command, int], Ran]
"""Runs a command for a page of so many lines."""


class Block(NamedTuple):
    """Lines that belong together.

    Args:
        lines: The lines.
        turn: Whether a page begins with them: the reader thinks first.
    """

    lines: list[str]
    turn: bool = False


def title(chapter: Chapter, screen: Screen) -> str:
    """The heading of a chapter."""
    number = f"{chapter.number}. " if chapter.number else ""
    return paint(guarded(f"{number}{chapter.title}", screen), theme.HEADING, screen)


def blocks(chapter: Chapter, words: Words, screen: Screen, run: Run, height: int) -> Iterator[Block]:
    """What a chapter consists of; a command is run when its block is asked for.

    Args:
        chapter: The chapter.
        words: Of its language.
        screen: What the terminal can do.
        run: Runs a command.
        height: Lines of a page's body.
    """
    width = min(screen.width - 1, WIDEST)
    for paragraph in chapter.text:
        yield Block(flowed(paragraph, width))
    if chapter.code:
        yield Block(_code(chapter, words, screen))
    for command in chapter.commands:
        head = [*flowed(command.look or words.look, width), *_command_lines(command.run, screen)]
        yield Block([*head, *run(command, height - _rows(head, screen)).lines])
    if chapter.task:
        yield Block([*flowed(f"{words.task} {chapter.task}", width), *_command_lines(chapter.task_command, screen)])
    if chapter.question:
        yield Block(flowed(f"{words.question} {chapter.question}", width))
        yield Block(flowed(f"{words.answer} {chapter.answer}", width), turn=True)


def _command_lines(command: str, screen: Screen) -> list[str]:
    """A command as a shell takes it: broken between its words, with a sign that it goes on."""
    lines = ["$"] if command else []
    for word in WORD.findall(command):
        if columns(lines[-1]) + columns(word) + 1 + len(CONTINUED) < screen.width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"   {word}")
    ends = [CONTINUED] * (len(lines) - 1) + [""]
    return [paint(line + end, theme.COMMAND, screen) for line, end in zip(lines, ends, strict=False)]


def _code(chapter: Chapter, words: Words, screen: Screen) -> list[str]:
    lines = [f"    {line}".rstrip() for line in chapter.code.strip("\n").split("\n")]
    printed = [f"    {line}" for line in chapter.prints.strip("\n").split("\n") if chapter.prints]
    shown = [paint(line, theme.RESULT, screen) for line in printed]
    return [words.code, *lines, *[f"  {words.prints}"] * bool(shown), *shown]


def pages(found: Iterable[Block], screen: Screen, height: int) -> Iterator[list[str]]:
    """Blocks on pages, none of which is higher than the screen.

    Args:
        found: The blocks.
        screen: What the terminal can do.
        height: Lines of a page's body.
    """
    page: list[str] = []
    for block in found:
        lines = [guarded(line, screen).rstrip() for line in block.lines]
        if page and (block.turn or _rows([*page, "", *lines], screen) > height):
            yield page
            page = []
        page += ["", *lines] if page else lines
        while _rows(page, screen) > height:
            kept = _that_fit(page, screen, height)
            yield page[:kept]
            page = page[kept + (not page[kept]) :]
    if page:
        yield page


def _rows(lines: Sequence[str], screen: Screen) -> int:
    """Rows of the screen that lines take."""
    return sum(max(1, -(-columns(line) // screen.width)) for line in lines)


def _that_fit(lines: Sequence[str], screen: Screen, height: int) -> int:
    """How many lines go on a page: to its last blank line where few would be left alone, else all that fit."""
    count = 1
    while _rows(lines[: count + 1], screen) <= height:
        count += 1
    blank = next((at for at in range(count, count // 2, -1) if not lines[at]), 0)
    return blank if blank and len(lines) - count < ALONE else count


def plain_text(chapter: Chapter, words: Words, screen: Screen, run: Run, height: int) -> Iterator[str]:
    """A chapter line by line, its answer below its question."""
    heading = title(chapter, screen)
    yield from (heading, "=" * columns(heading))
    for block in blocks(chapter, words, screen, run, height):
        yield ""
        yield from (guarded(line, screen).rstrip() for line in block.lines)
