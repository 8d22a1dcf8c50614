"""What `evaluate` shows: each class's figures, those of all rows, the most frequent mistakes, the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gdcli.experiments.evaluating import Evaluated
from gdcli.formatting import short
from gdcli.nn import metrics
from gdcli.render import Column, Report, theme
from gdcli.render.flow import wrapped
from gdcli.render.layout import Counted, Layout, Picture
from gdcli.render.reports.confusion import confusion_picture
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import enumerated, say

ANSWER, FEW = 4, 5
"""Lines of the answer, and of a table of two classes, about."""
MOST = 26
"""Classes whose matrix is shown where no picture is asked for."""


def report(evaluated: Evaluated, layout: Layout) -> Report:
    """The report of an evaluation.

    Args:
        evaluated: The figures.
        layout: What there is of the screen.
    """
    per_class = _listed(evaluated, layout)
    return Report(
        schema="gdcli.evaluate/1",
        records=per_class,
        summary=evaluated.summary,
        rows_name="per_class",
        columns=_columns(evaluated.classes),
        blocks=lambda screen: _blocks(evaluated, screen, layout, per_class),
        pictures=lambda screen: _pictures(evaluated, screen),
        words=lambda screen: _answer(evaluated, screen),
        title=say("a saved model on {rows:,} rows", rows=evaluated.rows),
    )


def _listed(evaluated: Evaluated, layout: Layout) -> Counted:
    """The classes' figures: on a screen as many as have room beside the matrix, none where that needs the lines."""
    drawn = _pictures(evaluated, Screen()) if layout.fits and _shown(evaluated, layout) else []
    matrix = max((one.height + 1 for one in drawn), default=0)
    if layout.rows is not None and matrix <= layout.rows - ANSWER < matrix + FEW:
        return Counted(evaluated.per_class(), 0)
    return layout.listed(evaluated.per_class(), ANSWER + matrix, pictured=False)


def _shown(evaluated: Evaluated, layout: Layout) -> bool:
    """Whether the matrix is part of the answer."""
    return evaluated.found.confusion is not None and (layout.plotted or len(evaluated.classes) <= MOST)


def _pictures(evaluated: Evaluated, screen: Screen) -> list[Picture]:
    """The confusion matrix, of classes."""
    counts = evaluated.found.confusion
    return [] if counts is None else [confusion_picture(counts, evaluated.classes, say("confusion"), screen)]


def _columns(classes: tuple[str, ...]) -> list[Column]:
    width = max(map(columns, classes), default=5) + 2
    return [
        Column(say("class"), lambda r: plain(r.label, Screen()), width, left=True),
        Column(say("precision"), lambda r: f"{r.precision:.4f}", 10),
        Column(say("recall"), lambda r: f"{r.recall:.4f}", 8),
        Column("f1", lambda r: f"{r.f1:.4f}", 8),
        Column(say("rows"), lambda r: f"{r.support:,}", 8),
    ]


def _answer(evaluated: Evaluated, screen: Screen) -> Iterator[str]:
    """The figures, and the most frequent mistakes."""
    figures = {name: short(value) for name, value in evaluated.figures.items()}
    if figures.get("balanced_accuracy") == figures.get("accuracy"):
        figures.pop("balanced_accuracy", None)
    lines = [screen.speak(say(" {head} {rows:,}", head=paint(say("rows"), theme.HEADING, screen), rows=evaluated.rows))]
    for name, value in figures.items():
        part = screen.speak(say("   {name} {value}", name=word(name.replace("_", " ")), value=value))
        if columns(lines[-1] + part) <= screen.width:
            lines[-1] += part
        else:
            lines.append(f"   {part}")
    yield from lines
    confusion = evaluated.found.confusion
    worst = [] if confusion is None else metrics.worst_confusions(confusion, evaluated.classes)
    if worst:
        mistakes = enumerated(
            say("{true} read as {read}: {count:,}", true=true, read=read, count=count) for true, read, count in worst
        )
        head = screen.speak(say("mixed up"))
        text = screen.speak(say("{head} most often: {mistakes}", head=head, mistakes=plain(mistakes, screen)))
        first, *rest = wrapped(text, screen.width - 5)
        yield f" {paint(head, theme.HEADING, screen)}{first.removeprefix(head)}"
        yield from (f"    {line}" for line in rest)


def _blocks(evaluated: Evaluated, screen: Screen, layout: Layout, listed: Counted) -> Iterator[str]:
    """Under the classes: the answer, then the confusion matrix."""
    yield from listed.word()
    lines, used = list(_answer(evaluated, screen)), max(1, listed.lines + len(listed.word()))
    yield from layout.compose([], lines, used, screen)
    if _shown(evaluated, layout):
        used += layout.height_of(lines) + 1
        yield from replace(layout, plotted=True).compose(_pictures(evaluated, screen), [], used, screen)
