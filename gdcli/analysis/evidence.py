"""What rows can tell: paired differences, their standard errors, and how large a difference they could show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field, replace
from statistics import NormalDist
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.losses import log_losses
from gdcli.said import say
from gdcli.training.loop import Problem

__all__ = ["Mean", "Verdict", "mean_of", "quantile", "row_losses", "share_losses"]

GROUPS = 2000
"""Of more rows than this, groups are measured: their means are as good a sample."""


@dataclass(frozen=True)
class Verdict:
    """What can be said of a run, and on what grounds.

    Args:
        name: In a word or two, as `overfitting`.
        sentence: The verdict, to be read aloud.
        figures: The numbers that it rests on, by name.
        rows: How many rows, or epochs, it was tested on.
        standard_error: Of the difference that was tested; 0 where nothing was sampled.
    """

    name: str
    sentence: str
    figures: Mapping[str, float] = field(default_factory=dict)
    rows: int = 0
    standard_error: float = 0.0

    def row(self) -> dict[str, Any]:
        """name, sentence, figures, and basis: rows and standard_error; what is not finite is None."""
        basis = {"rows": self.rows, "standard_error": self.standard_error}
        return {"name": self.name, "sentence": self.sentence, "figures": _finite(self.figures), "basis": _finite(basis)}

    def with_advice(self, advice: str) -> Verdict:
        """The same, its sentence followed by what to try."""
        return (
            replace(self, sentence=say("{sentence} {advice}", sentence=self.sentence, advice=advice))
            if advice
            else self
        )


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


@dataclass(frozen=True)
class Mean:
    """The mean of a sample.

    Args:
        value: The mean.
        standard_error: Its standard error; infinite of fewer than two numbers.
        count: How many numbers.
    """

    value: float
    standard_error: float
    count: int

    def above(self, confidence: float) -> bool:
        """Whether the true mean is above 0, by a one-sided t test."""
        return self.value > self.reach(confidence)

    def reach(self, confidence: float) -> float:
        """How far the mean is from the true one at most, on one side, with that confidence."""
        return quantile(confidence, self.count - 1) * self.standard_error if self.count > 1 else math.inf


def mean_of(values: Array) -> Mean:
    """The mean of some numbers, with its standard error.

    >>> import numpy as np
    >>> mean_of(np.array([1.0, 3.0, 5.0, 7.0]))
    Mean(value=4.0, standard_error=1.2909944487358056, count=4)
    """
    count = len(values)
    error = float(np.std(values, ddof=1)) / math.sqrt(count) if count > 1 else math.inf
    return Mean(float(np.mean(values)) if count else math.nan, error, count)


def quantile(confidence: float, freedom: int) -> float:
    """Student's t below which lies that part of the distribution, by its expansion about the normal one.

    >>> round(quantile(0.975, 10), 2), round(quantile(0.95, 30), 2)
    (2.23, 1.7)

    Source: Abramowitz & Stegun 1964, equation 26.7.5.
    """
    if freedom < 1:
        return math.inf
    z, n = NormalDist().inv_cdf(confidence), float(freedom)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / n + second / n**2 + third / n**3


def row_losses(problem: Problem, parameters: Array, data: Dataset) -> Array:
    """The data loss of each row, in the order of the data; of very many rows, of each of 2000 groups.

    Args:
        problem: The model and the loss.
        parameters: Shape (P,).
        data: Rows as the model sees them.

    >>> import numpy as np
    >>> from gdcli import Linear, mse
    >>> rows = Dataset([1.0, 2.0], [3.0, 5.0])
    >>> row_losses(Problem(Linear(1), mse, rows), np.array([-1.0, 5.0]), rows).tolist()
    [1.0, 4.0]
    """
    parts = np.array_split(np.arange(len(data)), min(len(data), GROUPS))
    with np.errstate(all="ignore"):
        outputs = problem.model(parameters, data.inputs)[0]
        return np.array([float(problem.loss(outputs[part], data.targets[part])[0]) for part in parts])


def share_losses(training: Array, targets: Array, count: int, weights: Array | None = None) -> Array:
    """The log loss of each row of the baseline that knows no input: it gives each class its share of the training rows.

    A class without training rows is given the share of half a row.

    Args:
        training: The training rows' class indices.
        targets: The class indices to be measured.
        count: K, the number of classes.
        weights: How much each class counts, shape (K,); alike unless given.

    >>> import numpy as np
    >>> share_losses(np.array([0, 0, 0, 1]), np.array([0]), 2).round(4).tolist()
    [0.2877]
    """
    counts = np.maximum(np.bincount(np.asarray(training).astype(int), minlength=count), 0.5)
    shares = counts if weights is None else np.maximum(counts * weights, np.finfo(float).tiny)
    return log_losses(np.broadcast_to(np.log(shares), (len(targets), count)), targets)
