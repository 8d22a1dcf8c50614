"""Schedules: the learning rate as a function of the step (0 = the rate of the first update).

Each is a frozen record, called with the number of updates made so far. Those that end somewhere are told
`steps`, the length of the run.
"""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeVar

from gdcli.definitions import SCHEDULE
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.optim.optimizers import Rate

# In order of complexity.
__all__ = ["Constant", "Step", "Exponential", "Cosine", "InverseTime", "OneCycle"]  # noqa: RUF022

T = TypeVar("T", bound=type)


def schedule(record: T) -> T:
    """Marks a named tuple `(rate, steps, settings...)`, called with the step, as a schedule."""
    marked: Any = record
    marked.kind = SCHEDULE
    return record


class Schedule(Protocol):
    """Anything that gives the rate of the update after `step` updates: one of these, a function, a dial."""

    def __call__(self, step: int, /) -> Rate:
        """The rate."""


@schedule
class Constant(NamedTuple):
    """The same rate at every step: lr.

    >>> Constant(0.1, steps=100)(50)
    0.1
    """

    rate: Rate
    steps: int = 0

    def __call__(self, step: int) -> Rate:  # noqa: ARG002 - a schedule is a function of the step
        """The rate."""
        return self.rate


@schedule
class Step(NamedTuple):
    """Falls in stairs: lr factor^floor(step / every); unless given, every = a third of the run.

    >>> Step(1.0, steps=90)(30)
    0.1

    Source: PyTorch's StepLR.
    """

    rate: Rate
    steps: int
    every: int = 0
    factor: float = 0.1

    def __call__(self, step: int) -> Rate:
        """The rate at this stair."""
        every = self.every or max(1, math.ceil(self.steps / 3))
        return self.rate * math.pow(self.factor, step // every)


@schedule
class Exponential(NamedTuple):
    """Falls by a constant factor a step: lr factor^step; unless given, to a hundredth by the end.

    >>> round(Exponential(1.0, steps=10)(10), 12)
    0.01

    Source: PyTorch's ExponentialLR.
    """

    rate: Rate
    steps: int
    factor: float = 0.0

    def __call__(self, step: int) -> Rate:
        """The rate after `step` factors."""
        if self.factor:
            return self.rate * self.factor**step
        return self.rate * math.pow(0.01, step / max(1, self.steps))


@schedule
class Cosine(NamedTuple):
    """Half a cosine from lr down to lr final: lr (final + (1 - final) (1 + cos(pi step / steps)) / 2).

    >>> Cosine(1.0, steps=10)(5)
    0.5

    Source: Loshchilov & Hutter 2017, SGDR, equation 5.
    """

    rate: Rate
    steps: int
    final: float = 0.0

    def __call__(self, step: int) -> Rate:
        """The rate on the way down."""
        return self.rate * _cosine(1.0, self.final, step / max(1, self.steps))


@schedule
class InverseTime(NamedTuple):
    """Falls as 1/t: lr / (1 + decay step); unless given, to a tenth by the end.

    >>> InverseTime(1.0, steps=9)(9)
    0.1

    Source: Robbins & Monro 1951, A Stochastic Approximation Method (sum lr = inf, sum lr^2 < inf).
    """

    rate: Rate
    steps: int
    decay: float = 0.0

    def __call__(self, step: int) -> Rate:
        """The rate after `step` steps."""
        return self.rate / (1 + (self.decay or 9 / max(1, self.steps)) * step)


@schedule
class OneCycle(NamedTuple):
    """Up from lr / start to lr in the first part of the run, then down to lr / (start end), by half cosines.

    >>> [round(OneCycle(1.0, steps=11)(k), 6) for k in (0, 2, 10)]
    [0.04, 0.960261, 4e-06]

    Source: Smith & Topin 2018, Super-Convergence; the numbers (25, 1e4, 30 %) are PyTorch's OneCycleLR.
    """

    rate: Rate
    steps: int
    start: float = 25.0
    end: float = 1e4
    up: float = 0.3

    def __call__(self, step: int) -> Rate:
        """The rate on the way up or down."""
        top = self.up * self.steps - 1
        if step <= top:
            return self.rate * _cosine(1 / self.start, 1.0, step / max(top, 1e-12))
        return self.rate * _cosine(1.0, 1 / (self.start * self.end), (step - top) / max(self.steps - 1 - top, 1e-12))


class Warmup(NamedTuple):
    """A straight ramp up to a schedule's first rate during `steps` steps, then the schedule.

    >>> warm = Warmup(Constant(1.0), steps=4)
    >>> [warm(k) for k in range(5)]
    [0.25, 0.5, 0.75, 1.0, 1.0]

    Source: Goyal et al. 2017, Accurate, Large Minibatch SGD, section 2.2.
    """

    schedule: Schedule
    steps: int

    def __call__(self, step: int) -> Rate:
        """The rate, on the ramp or after it."""
        if step < self.steps:
            return self.schedule(0) * ((step + 1) / self.steps)
        return self.schedule(step - self.steps)


class Dial(NamedTuple):
    """A schedule overruled from given steps on, as a hand on a dial does it.

    Args:
        schedule: What holds before the first turn.
        turns: (step, rate) pairs in the order of their steps: from that step on, that rate.

    >>> dial = Dial(Constant(0.1), ((5, 0.3),))
    >>> dial(4), dial(5)
    (0.1, 0.3)
    """

    schedule: Schedule
    turns: tuple[tuple[int, float], ...]

    def __call__(self, step: int) -> Rate:
        """The last turn's rate, or the schedule's before the first."""
        for at, rate in reversed(self.turns):
            if step >= at:
                return rate
        return self.schedule(step)


def _cosine(start: float, end: float, part: float) -> float:
    """From start to end along half a cosine, `part` of the way (0 to 1)."""
    return end + (start - end) * (1 + math.cos(math.pi * min(part, 1.0))) / 2
