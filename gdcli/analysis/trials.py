"""Short runs at a few learning rates, for a loss on which a range test finds little: each rate gets the same steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from gdcli.arrays import Array
from gdcli.optim.optimizers import Optimizer
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch

__all__ = ["calmest", "final_loss"]

LAST = 0.1
"""Part of a trial's epochs over which its final loss is averaged."""


def final_loss(
    problem: Problem,
    optimizer: Optimizer,
    learning_rate: float,
    *,
    epochs: int,
    start: Array,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
) -> float:
    """The training loss where a short run ends: the mean over the last tenth of its epochs.

    It is infinite if the run diverges, or if rows are held out and their loss is no lower at the end.

    Args:
        problem: What to minimise; it is left as it is.
        optimizer: Turns gradients into updates.
        learning_rate: The rate of every step.
        epochs: How long the run is.
        start: Initial parameters (P,).
        batch_size: Rows a step; None = all of them.
        seed: Of the shuffling.
        shuffle: False takes the rows in their order.

    >>> import numpy as np
    >>> from gdcli import SGD, Dataset, Linear, mse
    >>> deck = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    >>> [round(final_loss(deck, SGD(), rate, epochs=10, start=np.array([-1.0, 5.0])), 4) for rate in (0.01, 0.1)]
    [1.924, 1.3483]
    """
    run = descend(
        problem,
        optimizer,
        learning_rate=learning_rate,
        epochs=epochs,
        start=start,
        batch_size=batch_size,
        seed=seed,
        shuffle=shuffle,
    )
    losses, held_out = list[float](), list[float]()  # alone: records hold parameters, too many of them for large models
    for record in run:
        if isinstance(record, Epoch):
            losses.append(float(record.loss))
            if not math.isfinite(losses[-1]):
                return math.inf
            if record.validation_loss is not None:
                held_out.append(float(record.validation_loss))
    last = max(1, int(LAST * epochs))
    if held_out and not fmean(held_out[-last:]) < held_out[0]:
        return math.inf
    return fmean(losses[-last:])


def calmest(rates: Sequence[float], losses: Sequence[float], first: float, enough: float = 0.9) -> float | None:
    """The lowest of the rates whose trial fell by `enough` of what the best one's did; None if none fell.

    >>> calmest([0.01, 0.1, 1.0], [0.6, 0.11, 0.1], first=0.7)
    0.1

    Args:
        rates: The rates tried, the lowest first.
        losses: The final loss of each.
        first: The loss before the first step.
        enough: Part of the best fall.
    """
    falls = [first - loss for loss in losses]
    if not max(falls) > 0:
        return None
    return next(rate for rate, fall in zip(rates, falls, strict=True) if fall >= enough * max(falls))
