"""What is measured of a saved model on rows with known answers: figures of all rows, and of each class."""

from __future__ import annotations

from typing import Any

from gdcli.analysis.evaluation import Evaluation
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.report import ReadReport
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.result import described
from gdcli.experiments.saved import Model
from gdcli.nn import metrics
from gdcli.nn.losses import log_losses

__all__ = ["ClassFigures", "Evaluated"]


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
class Evaluated:
    """A model's figures on some rows.

    Args:
        rows: How many rows there are.
        classes: The labels of its classes; none of a model that predicts numbers.
        found: Loss, accuracy or errors, confusion.
        more: Further figures of classes.
        reading: What was read.
    """

    rows: int
    classes: tuple[str, ...]
    found: Evaluation
    more: dict[str, float]
    reading: ReadReport

    @classmethod
    def of(cls, model: Model, rows: Dataset, reading: ReadReport) -> Evaluated:
        """Puts a model to rows."""
        return cls(len(rows), model.classes, model.evaluate(rows), _more(model, rows), reading)

    @property
    def figures(self) -> dict[str, float]:
        """All figures, by name."""
        return self.found.figures_with_loss() | self.more

    def summary(self) -> dict[str, Any]:
        """The figures as json has them."""
        confusion = self.found.confusion
        return {
            "rows": self.rows,
            **self.figures,
            "classes": list(self.classes) or None,
            "confusion": None if confusion is None else confusion.tolist(),
            "reading": described(self.reading),
        }

    def per_class(self) -> list[ClassFigures]:
        """Each class's figures; none where numbers are predicted."""
        counts = self.found.confusion
        if counts is None:
            return []
        figures = zip(self.classes, metrics.precision(counts), metrics.recall(counts), metrics.f1(counts), strict=True)
        support: Array = counts.sum(axis=1)
        return [
            ClassFigures(label, float(precision), float(recall), float(f1), int(support[at]))
            for at, (label, precision, recall, f1) in enumerate(figures)
        ]


def _more(model: Model, rows: Dataset) -> dict[str, float]:
    """Figures of classes: log loss, macro F1, balanced accuracy, and for two classes the area under the ROC curve."""
    if not model.classes:
        return {}
    out, prepared = model.outputs(rows.inputs), model.saved.preparation
    probabilities = prepared.probabilities(out)
    counts = metrics.confusion(prepared.predicted(out), rows.targets, len(model.classes))
    figures = {
        "log_loss": float(log_losses(out, rows.targets).mean()),
        "macro_f1": metrics.macro_f1(counts),
        "balanced_accuracy": metrics.balanced_accuracy(counts),
    }
    if probabilities.shape[1] == 2 and 0 < rows.targets.sum() < len(rows):
        figures["roc_auc"] = metrics.roc_auc(probabilities[:, 1], rows.targets)
    return figures
