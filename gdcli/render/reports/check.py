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
    mark = paint("right", theme.BEST, screen) if verdict.right else paint("wrong", theme.LIMIT, screen)
    yield f" {mark}  {verdict.answer.words:<12} {plain(verdict.given, screen)}"
    if verdict.right or verdict.at is None or verdict.value is None or verdict.truth is None:
        return
    where = f"at m = {short(verdict.at[0], 6)}, b = {short(verdict.at[1], 6)}"
    yield f"        {where} it gives {short(verdict.value, 6)}; right is {short(verdict.truth, 6)}"
    if verdict.mistake:
        yield f"        {plain(verdict.mistake, screen)}"


def _total(marks: Marks, screen: Screen) -> Iterator[str]:
    yield ""
    count = len(marks.verdicts)
    head = paint("marks", theme.HEADING, screen)
    compared = any(one.answer.name != "pred" for one in marks.verdicts)
    yield f" {head}  {marks.right} of {count} right" + f"; compared at {marks.points} points" * compared
