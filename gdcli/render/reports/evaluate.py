"""How a saved model's scores look: a row a class, the figures, and the confusion matrix."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from gdcli.analysis.evaluation import Evaluation
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.saved import Model
from gdcli.formatting import short
from gdcli.nn import metrics
from gdcli.render import Column, Report, theme
from gdcli.render.layout import Counted, Layout
from gdcli.render.reports.confusion import confusion_picture
from gdcli.render.screen import Screen, paint, plain

__all__ = ["ClassFigures", "report"]

LISTED = 26
"""Classes of which a confusion matrix is always shown."""


@dataclass(frozen=True)
class ClassFigures:
    """How one class does."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int

    def row(self) -> dict[str, Any]:
        """class, precision, recall, f1, support."""
        return {
            "class": self.label,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.support,
        }


def report(saved: Model, rows: Dataset, found: Evaluation, reading: dict[str, object] | None, layout: Layout) -> Report:
    """A model's scores, for any format.

    Args:
        saved: The model.
        rows: What it was measured on.
        found: What was measured.
        reading: How the rows were read.
        layout: What there is of the screen.
    """
    more, names = _more(saved, rows), saved.classes
    per_class = layout.listed([] if found.confusion is None else _per_class(found.confusion, saved.classes), 3)
    return Report(
        schema="gdcli.evaluate/1",
        records=per_class,
        summary=lambda: {
            "rows": len(rows),
            **found.figures_with_loss(),
            **more,
            "classes": list(saved.classes) or None,
            "confusion": None if found.confusion is None else found.confusion.tolist(),
            "reading": reading,
        },
        rows_name="per_class",
        columns=_columns(saved.classes),
        blocks=lambda screen: _blocks(
            found, _answer(found, more, rows, saved, screen), names, screen, layout, per_class
        ),
    )


def _more(saved: Model, rows: Dataset) -> dict[str, float]:
    """Figures of classes: log loss, macro F1, balanced accuracy, and for two classes the area under the ROC curve."""
    if not saved.classes:
        return {}
    out, prepared = saved.outputs(rows.inputs), saved.saved.preparation
    probabilities = prepared.probabilities(out)
    counts = metrics.confusion(prepared.predicted(out), rows.targets, len(saved.classes))
    figures = {
        "log_loss": metrics.log_loss(probabilities, rows.targets),
        "macro_f1": metrics.macro_f1(counts),
        "balanced_accuracy": metrics.balanced_accuracy(counts),
    }
    if probabilities.shape[1] == 2 and 0 < rows.targets.sum() < len(rows):
        figures["roc_auc"] = metrics.roc_auc(probabilities[:, 1], rows.targets)
    return figures


def _per_class(counts: Array, classes: tuple[str, ...]) -> list[ClassFigures]:
    figures = zip(classes, metrics.precision(counts), metrics.recall(counts), metrics.f1(counts), strict=True)
    support = counts.sum(axis=1)
    return [
        ClassFigures(label, float(precision), float(recall), float(f1), int(support[at]))
        for at, (label, precision, recall, f1) in enumerate(figures)
    ]


def _columns(classes: tuple[str, ...]) -> list[Column]:
    width = max((len(label) for label in classes), default=5) + 2
    return [
        Column("class", lambda r: plain(r.label, Screen()), width, left=True),
        Column("precision", lambda r: f"{r.precision:.4f}", 10),
        Column("recall", lambda r: f"{r.recall:.4f}", 8),
        Column("f1", lambda r: f"{r.f1:.4f}", 8),
        Column("rows", lambda r: f"{r.support:,}", 8),
    ]


def _answer(found: Evaluation, more: dict[str, float], rows: Dataset, saved: Model, screen: Screen) -> Iterator[str]:
    figures = {name: short(value) for name, value in (found.figures_with_loss() | more).items()}
    if figures.get("balanced_accuracy") == figures.get("accuracy"):
        figures.pop("balanced_accuracy", None)
    text = "   ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    yield f" {paint('rows', theme.HEADING, screen)} {len(rows):,}   {text}"
    worst = [] if found.confusion is None else metrics.worst_confusions(found.confusion, saved.classes)
    if worst:
        mistakes = ", ".join(f"{true} read as {read}: {count}" for true, read, count in worst)
        yield f" {paint('mixed up', theme.HEADING, screen)} most often: {plain(mistakes, screen)}"


def _blocks(
    found: Evaluation,
    answer: Iterator[str],
    classes: tuple[str, ...],
    screen: Screen,
    layout: Layout,
    listed: Counted,
) -> Iterator[str]:
    """Under the classes: the answer, then the confusion matrix."""
    yield from listed.word()
    lines, used = list(answer), max(1, listed.lines + len(listed.word()))
    yield from layout.compose([], lines, used, screen)
    if found.confusion is not None and (layout.plotted or len(classes) <= LISTED):
        matrix = confusion_picture(found.confusion, classes, "confusion", screen)
        used += layout.height_of(lines) + 1
        yield from replace(layout, plotted=True).compose([matrix], [], used, screen)
