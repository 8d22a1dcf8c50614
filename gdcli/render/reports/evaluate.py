"""What `evaluate` shows: each class's figures, those of all rows, the most frequent mistakes, the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.experiments.evaluating import Evaluated
from gdcli.formatting import short
from gdcli.nn import metrics
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain

MOST = 26
"""Classes whose matrix is shown where no picture is asked for."""


def report(evaluated: Evaluated, plotted: bool) -> Report:
    """The report of an evaluation.

    Args:
        evaluated: The figures.
        plotted: Whether a large matrix is drawn, too.
    """
    return Report(
        schema="gdcli.evaluate/1",
        records=evaluated.per_class(),
        summary=evaluated.summary,
        rows_name="per_class",
        columns=_columns(evaluated.classes),
        blocks=lambda screen: _blocks(evaluated, screen, plotted),
    )


def _columns(classes: tuple[str, ...]) -> list[Column]:
    width = max((len(label) for label in classes), default=5) + 2
    return [
        Column("class", lambda r: plain(r.label, Screen()), width, left=True),
        Column("precision", lambda r: f"{r.precision:.4f}", 10),
        Column("recall", lambda r: f"{r.recall:.4f}", 8),
        Column("f1", lambda r: f"{r.f1:.4f}", 8),
        Column("rows", lambda r: f"{r.support:,}", 8),
    ]


def _blocks(evaluated: Evaluated, screen: Screen, plotted: bool) -> Iterator[str]:
    classes, confusion = evaluated.classes, evaluated.found.confusion
    yield ""
    figures = {name: short(value) for name, value in evaluated.figures.items()}
    if figures.get("balanced_accuracy") == figures.get("accuracy"):
        figures.pop("balanced_accuracy", None)
    text = "   ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    yield f" {paint('rows', theme.HEADING, screen)} {evaluated.rows:,}   {text}"
    if confusion is None:
        return
    worst = metrics.worst_confusions(confusion, classes)
    if worst:
        mistakes = ", ".join(f"{true} read as {read}: {count}" for true, read, count in worst)
        yield f" {paint('mixed up', theme.HEADING, screen)} most often: {plain(mistakes, screen)}"
    if plotted or len(classes) <= MOST:
        from gdcli.render.charts.plots import draw_confusion

        labels = [plain(label, screen) for label in classes]
        yield ""
        yield from draw_confusion(confusion, labels, screen, title="confusion").split("\n")
