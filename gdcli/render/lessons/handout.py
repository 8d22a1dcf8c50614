"""Handouts: a lesson with what its commands show, as one file for a browser, a printer or an editor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

from gdcli.errors import DataError, OptionError
from gdcli.lessons.chapter import Chapter, Command
from gdcli.lessons.language import Language
from gdcli.lessons.stage import PICTURE
from gdcli.render.lessons.pages import PLAIN, Run
from gdcli.render.lessons.spans import spans
from gdcli.render.lessons.style import style
from gdcli.render.lessons.words import WORDS, Words
from gdcli.render.screen import Screen
from gdcli.said import say

__all__ = ["handout", "place_of_handout"]

WIDTH = 80
DRAWN = ("surface",)
"""Commands that write their picture as SVG."""


def place_of_handout(save: str | None) -> Path | None:
    """Where a handout goes, found out before the work.

    Raises:
        OptionError: If it is no .html and no .md.
        DataError: If there is no such folder.
    """
    if save is None:
        return None
    path = Path(save).absolute()
    if path.suffix.lower() not in FORMS:
        raise OptionError(
            say("--save: '{save}' ends neither in .html nor in .md", save=save), say("as in --save lecture.html")
        )
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(
            say("{save}: there is no folder '{folder}' to write a file in", save=save, folder=path.parent),
            say("make it first"),
        )
    return path


def handout(
    suffix: str, chapters: Sequence[Chapter], language: Language, runner: Callable[[Screen], Run]
) -> Iterator[str]:
    """The handout's text.

    Args:
        suffix: `.html` or `.md`.
        chapters: The chapters.
        language: They are in.
        runner: Makes what runs the commands on a screen.
    """
    return FORMS[suffix.lower()](chapters, language, runner)


def _markdown(chapters: Sequence[Chapter], language: Language, runner: Callable[[Screen], Run]) -> Iterator[str]:
    screen, words = Screen(width=WIDTH, height=PLAIN, color=False), WORDS[language.code]
    run = runner(screen)
    yield f"# {words.lecture}\n\n"
    for one in chapters:
        yield f"## {_heading(one)}\n\n"
        yield from (f"{paragraph}\n\n" for paragraph in one.text)
        if one.code:
            yield f"```python\n{one.code.strip()}\n```\n\n"
        if one.prints:
            yield f"{words.prints}\n\n```text\n{one.prints.strip()}\n```\n\n"
        for command in one.commands:
            shown = "\n".join(run(command, PLAIN).lines)
            yield f"{command.look}\n\n```console\n$ {command.run}\n{shown}\n```\n\n"
        if one.task:
            tried = f"\n\n```sh\n{one.task_command}\n```" if one.task_command else ""
            yield f"**{words.task}** {one.task}{tried}\n\n"
        if one.question:
            yield f"**{words.question}** {one.question}\n\n**{words.answer}** {one.answer}\n\n"
    yield f"{words.source}\n"


def _html(chapters: Sequence[Chapter], language: Language, runner: Callable[[Screen], Run]) -> Iterator[str]:
    words = WORDS[language.code]
    run = runner(Screen(width=WIDTH, height=PLAIN, color=True, depth=24))
    name = escape(words.lecture if len(chapters) > 1 else chapters[0].title)
    yield f'<!doctype html>\n<html lang="{language.code}">\n<head>\n<meta charset="utf-8">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield f"<title>{name}</title>\n<style>\n{style()}</style>\n</head>\n<body>\n<h1>{name}</h1>\n"
    if len(chapters) > 1:
        yield from _contents(chapters, words)
    for at, one in enumerate(chapters, start=1):
        yield f'<section id="c{at}">\n<h2>{escape(_heading(one))}</h2>\n'
        yield from _body(one, words, run)
        yield "</section>\n"
    yield f"<footer>{escape(words.source)}</footer>\n</body>\n</html>\n"


def _contents(chapters: Sequence[Chapter], words: Words) -> Iterator[str]:
    yield f"<nav><h2>{escape(words.contents)}</h2>\n<ol>\n"
    yield from (f'<li><a href="#c{at}">{escape(one.title)}</a></li>\n' for at, one in enumerate(chapters, start=1))
    yield "</ol></nav>\n"


def _body(one: Chapter, words: Words, run: Run) -> Iterator[str]:
    """A chapter's paragraphs, code, commands and question."""
    yield from (f"<p>{escape(paragraph)}</p>\n" for paragraph in one.text)
    if one.code:
        yield f"<figure><figcaption>{escape(words.code)}</figcaption>\n<pre>{escape(one.code.strip())}</pre>\n"
        printed = f'<p class="prints">{escape(words.prints)}</p>\n<pre>{escape(one.prints.strip())}</pre>'
        yield f"{printed * bool(one.prints)}</figure>\n"
    for command in one.commands:
        yield from _figure(command, words, run)
    if one.task:
        typed = f'<pre class="typed">$ {escape(one.task_command)}</pre>' if one.task_command else ""
        yield f"<p><b>{escape(words.task)}</b> {escape(one.task)}</p>{typed}\n"
    if one.question:
        yield f'<div class="question"><p><b>{escape(words.question)}</b> {escape(one.question)}</p>\n'
        yield f"<p><b>{escape(words.answer)}</b> {escape(one.answer)}</p></div>\n"


def _figure(command: Command, words: Words, run: Run) -> Iterator[str]:
    """A command and what it shows: its own drawing where it has one, else the terminal's text."""
    drawn = command.words[0] in DRAWN and not {"--save", "-f", "--format"} & set(command.words)
    ran = run(command._replace(run=f"{command.run} --save {PICTURE}" if drawn else command.run), PLAIN)
    picture = f'<div class="picture">{ran.svg[ran.svg.index("<svg") :]}</div>\n' if ran.svg else ""
    yield f"<figure><figcaption>{escape(command.look or words.look)}</figcaption>\n"
    yield f'<pre class="typed">$ {escape(command.run)}</pre>\n{picture}'
    yield f'<pre class="screen">{spans(_below(ran.lines) if ran.svg else ran.lines)}</pre>\n</figure>\n'


def _below(lines: Sequence[str]) -> Sequence[str]:
    """What stands below a picture: the lines after the last blank one."""
    return lines[max((at + 1 for at, line in enumerate(lines) if not line), default=0) :]


def _heading(one: Chapter) -> str:
    return f"{one.number}. {one.title}" if one.number else one.title


FORMS = {".html": _html, ".md": _markdown}
