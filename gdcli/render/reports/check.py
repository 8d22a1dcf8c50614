"""What `check` shows: each answer, whether it is right, and if not what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.data.report import ReadReport
from gdcli.experiments.result import described
from gdcli.formatting import short
from gdcli.lessons.checking import Verdict
from gdcli.lessons.marking import Marks
from gdcli.render import Report, theme
from gdcli.render.screen import Screen, paint, plain
from gdcli.said import say

__all__ = ["report"]


def report(marks: Marks, reading: ReadReport | None, again: str) -> Report:
    """The report of a student's answers.

    Args:
        marks: What they come to.
        reading: What was read.
        again: The command that repeats it.
    """
    return Report(
        schema="gdcli.check/1",
        records=marks.verdicts,
        summary=lambda: {**marks.figures(), "reading": described(reading), "rerun": again},
        rows_name="checks",
        rows_in_kv=True,
        paragraph=_lines,
        blocks=lambda screen: _total(marks, screen),
    )


def _lines(verdict: Verdict, screen: Screen) -> Iterator[str]:
    mark = paint(say("right"), theme.BEST, screen) if verdict.right else paint(say("wrong"), theme.LIMIT, screen)
    yield say(" {mark}  {words:<12} {given}", mark=mark, words=verdict.answer.words, given=plain(verdict.given, screen))
    if verdict.right or verdict.at is None or verdict.value is None or verdict.truth is None:
        return
    where = say("at m = {at}, b = {at2}", at=short(verdict.at[0], 6), at2=short(verdict.at[1], 6))
    yield say(
        "        {where} it gives {value}; right is {truth}",
        where=where,
        value=short(verdict.value, 6),
        truth=short(verdict.truth, 6),
    )
    if verdict.mistake:
        yield f"        {plain(verdict.mistake, screen)}"


def _total(marks: Marks, screen: Screen) -> Iterator[str]:
    yield ""
    count = len(marks.verdicts)
    head = paint(say("marks"), theme.HEADING, screen)
    compared = any(one.answer.name != "pred" for one in marks.verdicts)
    yield (
        say(" {head}  {right} of {count} right", head=head, right=marks.right, count=count)
        + say("; compared at {points} points", points=marks.points) * compared
    )
