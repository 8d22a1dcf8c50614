"""Scores of rows by one common measure, and k-fold cross-validation: each row scored by a run that has not seen it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis.evaluation import outputs
from gdcli.analysis.evidence import mean_of
from gdcli.analysis.judging import row_scores
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.splitting import folds
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments import building
from gdcli.experiments.experiment import Experiment, Interrupted, never
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.network import NetworkExperiment, network_experiment
from gdcli.experiments.reading import Examples
from gdcli.said import say
from gdcli.training.records import Status
from gdcli.training.streams import Run

__all__ = ["FoldScores", "Measured", "cross_validate", "measure", "run_through"]

ROUNDING = 16.0
"""Units of the largest target's last digit that an error of rounding may have."""


@dataclass(frozen=True, eq=False)
class Measured:
    """A run's score by a measure that runs of any loss have: log loss of classes, RMSE of numbers.

    Args:
        losses: Each row's log loss, or its squared error in the target's units.
        right: For classes, whether each row's class is right.
        of: What the rows are: rows held out in 5 folds, rows held out, training rows.
        training: The value on the training rows.
        rounding: A root of a squared error that may be rounding alone.
        diverged: How many of the folds' runs diverged.
    """

    losses: Array
    right: Array | None
    of: str
    training: float = math.nan
    rounding: float = 0.0
    diverged: int = 0

    @property
    def title(self) -> str:
        """The metric as people write it."""
        return "RMSE" if self.right is None else say("log loss")

    @property
    def held_out(self) -> bool:
        """Whether the run has not seen the rows."""
        return self.of != "training rows"

    @property
    def metric(self) -> str:
        """log_loss, or rmse."""
        return "rmse" if self.right is None else "log_loss"

    @property
    def value(self) -> float:
        """The mean log loss, or the root of the mean squared error."""
        mean = float(np.mean(self.losses))
        return math.sqrt(mean) if self.right is None else mean

    @property
    def compared(self) -> Array:
        """The losses that sizes are compared by: down to rounding, and infinite where a fold's run diverged."""
        known = np.maximum(self.losses, self.rounding**2)
        return np.full_like(known, np.inf) if self.diverged else known

    @property
    def rank(self) -> float:
        """The value that runs are ranked by."""
        return math.inf if self.diverged else max(self.value, self.rounding)

    @property
    def standard_error(self) -> float:
        """Of the value, by the rows; of a root, half that of the mean over the root."""
        error = mean_of(self.losses).standard_error
        return error / (2 * self.value) if self.right is None and self.value > 0 else error

    def figures(self) -> dict[str, float]:
        """The value and its standard error by the metric's name; accuracy for classes."""
        found = {self.metric: self.value, f"{self.metric}_standard_error": self.standard_error}
        return found if self.right is None else {**found, "measured_accuracy": float(np.mean(self.right))}


class FoldScores(NamedTuple):
    """What k-fold cross-validation came to.

    Args:
        metric: accuracy, or rmse.
        scores: Each fold's.
        log_losses: Each fold's log loss; empty of numbers.
        diverged: How many folds' runs diverged, though the run on all rows did not.
    """

    metric: str
    scores: tuple[float, ...]
    log_losses: tuple[float, ...] = ()
    diverged: int = 0

    @property
    def mean(self) -> float:
        """Of the folds' scores."""
        return float(np.mean(self.scores))

    @property
    def standard_error(self) -> float:
        """Of that mean: the folds' standard deviation over the root of their number."""
        return mean_of(np.array(self.scores)).standard_error

    def row(self) -> dict[str, Any]:
        """count, metric, mean, standard_error, scores, diverged; log_loss for classes."""
        known: dict[str, Any] = {"count": len(self.scores), "metric": self.metric, "mean": _known(self.mean)}
        known |= {"standard_error": _known(self.standard_error), "scores": [_known(score) for score in self.scores]}
        known["diverged"] = self.diverged
        return known | ({"log_loss": _known(float(np.mean(self.log_losses)))} if self.log_losses else {})

    def __str__(self) -> str:
        """As people read it: accuracy 0.973 +- 0.013."""
        mean, error = self.mean, self.standard_error
        if self.metric == "accuracy":
            return say("accuracy {mean:.3f} +- {error:.3f}", mean=mean, error=error)
        name = "RMSE" if self.metric == "rmse" else self.metric
        return say("{name} {mean:.4g} +- {error:.2g}", name=name, mean=mean, error=error)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def measure(experiment: Experiment, parameters: Array, rows: Dataset, of: str) -> Measured:
    """The score of parameters on raw rows.

    Args:
        experiment: The run.
        parameters: Its parameters.
        rows: As read: class indices, or numbers; gaps are filled with the means of the run's training rows.
        of: What the rows are called.
    """
    if experiment.unfilled is not None:
        rows = building.filling(experiment.spec, experiment.unfilled[0])(rows)
    with np.errstate(all="ignore"):
        if isinstance(experiment, NetworkExperiment) and experiment.preparation.classes:
            found = outputs(experiment.network, parameters, experiment.preparation, rows.inputs)
            return Measured(*row_scores(found.astype(float), rows.targets.astype(int)), of)
        predicted = experiment.predict(parameters, rows.inputs).astype(float)
        unit = ROUNDING * float(np.finfo(parameters.dtype).eps)
        rounding = unit * float(np.abs(rows.targets).max(initial=0.0))
        return Measured((predicted - rows.targets) ** 2, None, of, rounding=rounding)


def cross_validate(experiment: Experiment, count: int, interrupted: Interrupted = never) -> FoldScores | None:
    """The run again, once for each fold, on the other folds' rows; each scored on the rows it has not seen.

    All rows of the run are parted, those held out among them; a run that holds rows out does so within its own.

    Args:
        experiment: The run; its rate and epochs are as they are there.
        count: K, the number of folds.
        interrupted: Asked at each step.

    Returns:
        The folds' scores; None if it was interrupted.

    Raises:
        OptionError: If there are too few rows.

    Source: Stone 1974, Cross-Validatory Choice and Assessment of Statistical Predictions.
    """
    found, diverged = [], 0
    for one, held_out in _in_folds(experiment, count):
        run = run_through(one, interrupted)
        if run.last.status is Status.INTERRUPTED:
            return None
        diverged += run.last.status is Status.DIVERGED
        kept = run.best if one.keeps_best else run.last
        found.append(measure(one, kept.parameters, held_out, "fold"))
    if found[0].right is None:
        return FoldScores("rmse", tuple(one.value for one in found), diverged=diverged)
    accuracies = tuple(float(np.mean(one.right)) for one in found if one.right is not None)
    return FoldScores("accuracy", accuracies, tuple(one.value for one in found), diverged)


def run_through(one: Experiment, interrupted: Interrupted) -> Run:
    """A run of which only its best epoch and its end are of use."""
    run = Run(one.passing(interrupted), one.spec.stop.rule("min_delta", 0.0), seen=_nowhere)
    for _ in run:
        pass
    return run


def _nowhere(_: int) -> bool:
    """Epochs made together need not be looked at."""
    return False


def _in_folds(experiment: Experiment, count: int) -> Iterator[tuple[Experiment, Dataset]]:
    """The run on each fold's rows, with the rate and epochs it has, and the rows it does not see."""
    if isinstance(experiment, LineExperiment):
        yield from experiment.in_folds(count)
        return
    assert isinstance(experiment, NetworkExperiment)  # noqa: S101 - there are two kinds
    spec = experiment.spec.replace(lr=experiment.rate, epochs=experiment.epochs, folds=None)
    for train, held_out in folds(experiment.all_rows, count, experiment.spec.loop.seed):
        yield network_experiment(spec, Examples(train, None, experiment.values)), held_out
