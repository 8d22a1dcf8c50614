"""A saved model on rows with known answers: its scores, and how each class does."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gdcli.analysis.evaluation import Evaluation
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.report import ReadReport
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.result import described
from gdcli.experiments.saved import Model
from gdcli.nn import metrics

__all__ = ["ClassFigures", "ModelEvaluation"]


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


@dataclass(frozen=True, eq=False)
class ModelEvaluation:
    """What a saved model comes to on rows.

    Args:
        model: The model.
        rows: Inputs and their answers.
        reading: How the rows were read.
    """

    model: Model
    rows: Dataset
    reading: ReadReport

    @cached_property
    def found(self) -> Evaluation:
        """Loss and scores."""
        return self.model.evaluate(self.rows)

    @cached_property
    def class_scores(self) -> dict[str, float]:
        """Figures of classes; none of a model of numbers."""
        return _class_scores(self.model, self.rows)

    @property
    def scores(self) -> dict[str, Any]:
        """All scores by name."""
        return self.found.figures_with_loss() | self.class_scores

    @property
    def per_class(self) -> list[ClassFigures]:
        """How each class does."""
        counts = self.found.confusion
        return [] if counts is None else _per_class(counts, self.model.classes)

    def figures(self) -> dict[str, Any]:
        """The object of every machine format."""
        counts = self.found.confusion
        return {
            "rows": len(self.rows),
            **self.scores,
            "classes": list(self.model.classes) or None,
            "confusion": None if counts is None else counts.tolist(),
            "reading": described(self.reading),
        }


def _class_scores(saved: Model, rows: Dataset) -> dict[str, float]:
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
