"""The learning-rate range test: one short run whose rate grows at every step, and what its losses say."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from gdcli.arrays import Array
from gdcli.optim.optimizers import Optimizer
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch, Row, Step

__all__ = ["Growing", "Probe", "Suggestion", "minimum", "probes", "range_test", "steepest", "two_thirds"]

RUNAWAY = 4.0
"""A smoothed loss this many times its best has run away."""

FELL = 0.01
"""Part of the first loss by which it must fall for the test to say anything."""

FLAT = 0.05
"""Part of a stretch's fall before which it counts as flat."""


class Growing(NamedTuple):
    """The schedule of a range test: low^(1 - t) high^t, t = step / (steps - 1), from low to high by one factor a step.

    >>> [round(Growing(1e-4, 1.0, steps=5)(k), 10) for k in range(5)]
    [0.0001, 0.001, 0.01, 0.1, 1.0]
    """

    low: float
    high: float
    steps: int

    def __call__(self, step: int) -> float:
        """The rate of an update, given how many were made before it."""
        part = step / max(1, self.steps - 1)
        return math.pow(self.low, 1 - part) * math.pow(self.high, part)


class Probe(NamedTuple):
    """A learning rate, and the loss that was met after a step with it.

    Args:
        step: Updates made.
        learning_rate: The last update's rate.
        loss: The next batch's loss.
        smoothed: The running mean of losses.
        centre: The rate that the running mean belongs to: the same mean of the rates' logarithms.
        ran_away: Whether the test ends here.
    """

    step: int
    learning_rate: float
    loss: float
    smoothed: float
    centre: float
    ran_away: bool

    def row(self) -> Row:
        """step, lr, loss, smoothed."""
        return {"step": self.step, "lr": self.learning_rate, "loss": self.loss, "smoothed": self.smoothed}


class Suggestion(NamedTuple):
    """A learning rate to start from.

    Args:
        learning_rate: The rate.
        begin: Where what it was found by begins: a stretch's first rate, or the rate of the lowest loss.
        end: Where it ends.
    """

    learning_rate: float
    begin: float
    end: float


def range_test(
    problem: Problem,
    optimizer: Optimizer,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 100,
    smooth: float = 0.05,
    start: Array | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Probe]:
    """Descends for `steps` updates with a rate that grows from low to high, and stops where the loss runs away.

    It is a run of its own: the problem, the optimizer and `start` are left as they are.

    Args:
        problem: What to minimise.
        optimizer: Turns gradients into updates.
        low: The first rate.
        high: The last rate.
        steps: Rates to try, one update each.
        smooth: What part of the running mean a new loss is; 1 = no smoothing.
        start: Initial parameters (P,); zeros unless given.
        batch_size: Rows a step; None = all of them.
        seed: Of the shuffling.
        shuffle: False takes the rows in their order.
        interrupted: Asked at each step; True ends the test.

    >>> import numpy as np
    >>> from gdcli import SGD, Dataset, Linear, mse
    >>> deck = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    >>> found = list(range_test(deck, SGD(), smooth=1, start=np.array([-1.0, 5.0])))
    >>> len(found), found[-1].ran_away, round(minimum(found).end, 3)
    (90, True, 1.668)

    Source: Smith 2017, Cyclical Learning Rates for Training Neural Networks, section 3.3.
    """
    each = 1 if batch_size is None else -(-len(problem.data) // batch_size)
    stream = descend(
        problem,
        optimizer,
        learning_rate=Growing(low, high, steps),
        epochs=-(-(steps + 1) // each),  # a loss is met by the step after
        start=start,
        batch_size=batch_size,
        seed=seed,
        shuffle=shuffle,
    )
    return islice(probes(_uninterrupted(stream, interrupted), smooth), steps)


def _uninterrupted(stream: Iterable[Step | Epoch], interrupted: Callable[[], bool]) -> Iterator[Step | Epoch]:
    """The records up to an interrupt; no loss ends them, since the one that runs away is the test's last."""
    for record in stream:
        yield record
        if interrupted():
            return


def probes(stream: Iterable[Step | Epoch], smooth: float = 1.0) -> Iterator[Probe]:
    """Each step's rate with the loss met after it; ends with the first that is not finite or has run away.

    The running mean is mean := (1 - s) mean + s loss, from the loss over all rows at the start, so that it is not
    drawn to zero and one lucky batch is no record. It lags behind; the same mean of log(rate) lags by as much, and
    says what rate it belongs to.

    Args:
        stream: The training records, epoch 0 first.
        smooth: s, what part of the mean a new loss is.
    """
    records = iter(stream)
    start = next(records)
    rate = float(start.learning_rate)
    first = best = mean = float(start.loss)
    log_rate = math.log(rate)
    for record in records:
        if not isinstance(record, Step):
            continue
        if record.step > 1:
            mean = _mixed(mean, float(record.loss), smooth)
            log_rate = _mixed(log_rate, math.log(rate), smooth)
            best = min(best, mean)
            ran_away = not mean <= RUNAWAY * max(best, FELL * first)
            yield Probe(record.step - 1, rate, float(record.loss), mean, math.exp(log_rate), ran_away)
            if ran_away:
                return
        rate = float(record.learning_rate)


def _mixed(mean: float, value: float, part: float) -> float:
    return (1 - part) * mean + part * value


def two_thirds(found: Sequence[Probe]) -> Suggestion:
    """Two thirds along the longest stretch in which the loss falls, its flat beginning left out.

    The stretch is the longest sequence of ever lower losses, others in between allowed; two thirds go by the logarithm.

    Args:
        found: Probes with finite losses.

    Source: Fredman 1975, On computing the length of longest increasing subsequences; the idea is that of fastai's
    `valley` (`gdcli.analysis.suggestions.valley`), made steady against flat beginnings.
    """
    begin, end = _longest_fall([probe.smoothed for probe in found])
    high, low = found[begin].smoothed, found[end].smoothed
    while begin < end - 1 and found[begin + 1].smoothed > high - FLAT * (high - low):
        begin += 1
    first, last = found[begin].centre, found[end].centre
    return Suggestion(first * (last / first) ** (2 / 3), first, last)


def steepest(found: Sequence[Probe]) -> Suggestion:
    """The middle of the stretch, a tenth of the probes long, over which the loss falls most.

    Args:
        found: Two probes or more, with finite losses.

    Source: fastai's `steep`, which looks at single steps: on mini-batches those are mostly chance.
    """
    long = max(1, len(found) // 10)
    falls = [after.smoothed - before.smoothed for before, after in zip(found, found[long:], strict=False)]
    at = falls.index(min(falls))
    first, last = found[at].centre, found[at + long].centre
    return Suggestion(math.sqrt(first * last), first, last)


def minimum(found: Sequence[Probe]) -> Suggestion:
    """A tenth of the rate at which the loss was lowest: there it is about to rise.

    Args:
        found: Probes with finite losses.

    Source: Howard & Gugger 2020, Deep Learning for Coders, chapter 5; fastai's `minimum`.
    """
    lowest = min(found, key=lambda probe: probe.smoothed)
    return Suggestion(lowest.centre / 10, lowest.centre, lowest.centre)


def _longest_fall(losses: Sequence[float]) -> tuple[int, int]:
    """The ends of the longest sequence of ever lower losses; of equally long ones, the first to get there."""
    from bisect import bisect_left

    tails: list[float] = []  # of the falls of 1, 2, 3, ... losses so far, the highest end each can have, negated
    begins: list[int] = []
    end = 0
    for at, loss in enumerate(losses):
        length = bisect_left(tails, -loss)
        begin = begins[length - 1] if length else at
        if length == len(tails):
            tails.append(-loss)
            begins.append(begin)
            end, found = at, begin
        else:
            tails[length], begins[length] = -loss, begin
    return found, end
