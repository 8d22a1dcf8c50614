"""`gdcli quiz`: questions made from real runs, in two languages."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, emit, format_of
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.lessons.quiz import Marked, mark
from gdcli.lessons.quiz_topics import questions
from gdcli.render.reports.quiz import dialogue, report
from gdcli.said import say

TOPIC = "rates, step, optimizers, overfitting, batches or confusion; without it, each in turn."


def command(
    context: typer.Context,
    output: OutputOptions,
    count: Annotated[int | None, option("--count", accepts="count", metavar="N", help="Questions. [5; else 1]")] = None,
    seed: Annotated[int, option("--seed", accepts="whole", metavar="N", help="What they are drawn by. [0]")] = 0,
    answer: Annotated[str | None, option("--answer", metavar="TEXT", help="Mark this, and ask nothing.")] = None,
    reveal: Annotated[bool, option("--reveal", help="Tell the answers, and ask nothing.")] = False,
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help=TOPIC, show_default=False)] = None,
) -> None:
    """Ask questions made from real runs, and show the run that answers each.

    Answers are read from the terminal or, line by line, from standard input; q ends. With --answer the exit code is 0
    if it is right, 1 if not. Machine formats list the questions, in both languages.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    asked = format_of(output).for_people and output.output is None and not reveal and answer is None
    drawn = questions(topic, count or (5 if asked else 1), seed)
    if answer is not None and len(drawn) > 1:
        raise OptionError(
            say("--answer: one answer, and there are {count} questions", count=len(drawn)), say("leave out --count")
        )
    if asked:
        emit(dialogue(drawn, terminal.ask, terminal.language), output, terminal)
        return
    marked = [Marked(one) if answer is None else mark(one, answer) for one in drawn]
    emit(report([one._replace(revealed=reveal) for one in marked], terminal.language), output, terminal)
    if marked[0].right is False:
        raise typer.Exit(1)
