"""How a saved model did: its scores, each class, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator

from gdcli.experiments.evaluating import ModelEvaluation
from gdcli.formatting import short
from gdcli.nn import metrics
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain

__all__ = ["report"]


def report(evaluation: ModelEvaluation, plotted: bool) -> Report:
    """The report of an evaluation.

    Args:
        evaluation: What the model came to.
        plotted: Whether the confusion matrix is drawn however many classes there are.
    """
    return Report(
        schema="gdcli.evaluate/1",
        records=evaluation.per_class,
        summary=evaluation.figures,
        rows_name="per_class",
        columns=_columns(evaluation.model.classes),
        blocks=lambda screen: _blocks(evaluation, screen, plotted),
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


def _blocks(evaluation: ModelEvaluation, screen: Screen, plotted: bool) -> Iterator[str]:
    classes, found = evaluation.model.classes, evaluation.found
    yield ""
    figures = {name: short(value) for name, value in evaluation.scores.items()}
    if figures.get("balanced_accuracy") == figures.get("accuracy"):
        figures.pop("balanced_accuracy", None)
    text = "   ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    yield f" {paint('rows', theme.HEADING, screen)} {len(evaluation.rows):,}   {text}"
    if found.confusion is None:
        return
    worst = metrics.worst_confusions(found.confusion, classes)
    if worst:
        mistakes = ", ".join(f"{true} read as {read}: {count}" for true, read, count in worst)
        yield f" {paint('mixed up', theme.HEADING, screen)} most often: {plain(mistakes, screen)}"
    if plotted or len(classes) <= 26:
        from gdcli.render.charts.plots import draw_confusion

        labels = [plain(label, screen) for label in classes]
        yield ""
        yield from draw_confusion(found.confusion, labels, screen, title="confusion").split("\n")
