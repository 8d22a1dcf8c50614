"""`gdcli lesson`: the lecture in chapters, and lessons of one's own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple, TextIO

import typer

from gdcli.cli.app import COMMANDS
from gdcli.cli.boundary import run
from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, destination, emit, format_of
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.lessons.lecture import lesson_of
from gdcli.lessons.stage import scratch
from gdcli.live.giving import Giving
from gdcli.live.staged import Staged
from gdcli.render.lessons.handout import place_of_handout
from gdcli.render.reports.lesson import report
from gdcli.said import say

CHAPTER = "A chapter by number or name, or a lesson of your own, FILE.toml; without it, all are listed."


class LessonOptions(NamedTuple):
    """How a lesson is given."""

    run: Annotated[str | None, option("--run", metavar="all|CHAPTER", help="Run through it without keys.")] = None
    plain: Annotated[bool, option("--plain", help="Plain text: no pages, no keys.")] = False
    save: Annotated[str | None, option("--save", metavar="FILE", help="Write a handout there: .html or .md.")] = None
    check: Annotated[str | None, option("--check", metavar="FILE", help="Check a lesson of your own.")] = None


def command(
    context: typer.Context,
    asked: LessonOptions,
    output: OutputOptions,
    chapter: Annotated[str | None, typer.Argument(metavar="[N|NAME|FILE]", help=CHAPTER, show_default=False)] = None,
) -> None:
    """Give the lecture chapter by chapter, each command run before your eyes, in English or Chinese.

    Enter goes on, b goes back, q ends. Off a terminal it is plain text. docs/lessons.md says how to write your own.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    given = [one for one in (chapter, asked.run, asked.check) if one is not None]
    if len(given) > 1 or (asked.save and asked.check):
        raise OptionError(
            say("lesson: a chapter, --run and --check each say what is given"), say("leave all but one out")
        )
    lesson, handout = lesson_of(given[0] if given else None, COMMANDS, terminal.stdin), place_of_handout(asked.save)
    if not format_of(output).for_people or not (given or asked.plain or handout):
        if handout or asked.check:
            raise OptionError(
                say("--format {format}: --save and --check have no rows", format=output.format), say("leave it out")
            )
        emit(report(lesson.alone().pairs, terminal.language), output, terminal)
        return
    with destination(output.output, terminal) as out, scratch(lesson):
        screen = terminal.screen(out)
        giving = Giving(lesson, terminal.language, screen, Staged(_run, terminal.environ, terminal.language.code))
        if asked.check:
            out.write(giving.check(asked.check))
        elif handout:
            giving.save(handout)
            terminal.note(say("wrote {save}", save=asked.save))
        elif asked.plain or not out.isatty():
            out.writelines(giving.text())
        elif asked.run:
            out.writelines(giving.run())
        else:
            giving.walk(terminal.stdin, out)


def _run(words: Sequence[str], out: TextIO, err: TextIO, environ: Mapping[str, str], size: tuple[int, int]) -> int:
    """The program within the program."""
    return run(words, Terminal(None, out, err, environ, size=os.terminal_size(size)))
