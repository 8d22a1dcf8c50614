"""What a run leaves behind: curves that keep their shape in bounded memory, and moments to go back to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.training.records import Epoch, Status, Step, Stretch
from gdcli.training.stopping import Standing

__all__ = ["Curve", "Moment", "MomentHistory"]

POINTS = 1024
MOMENTS, MEMORY = 5000, 64 * 2**20  # steps to go back, and bytes to spend on them


class Moment(NamedTuple):
    """A run after some update.

    Args:
        number: Updates made.
        epoch: The epoch of the last one.
        parameters: Shape (P,).
        before: The record before the last update; None at the start.
        step: The last update; None at the start.
        measured: The state's losses over the whole sets, once they are known.
        status: How the run ended here, if it did.
        standing: What is known there of the run's end; None of one that was written down.
    """

    number: int
    epoch: int
    parameters: Array
    before: Step | Epoch | None
    step: Step | None
    measured: Epoch | None
    status: Status = Status.RUNNING
    standing: Standing | None = None

    @classmethod
    def first(cls, record: Epoch) -> Moment:
        """The state before training, or any other to begin from."""
        return cls(record.step, record.epoch, record.parameters, None, None, record)

    @property
    def record(self) -> Step | Epoch:
        """What to go on from."""
        record = self.measured or self.step
        assert record is not None, "a moment is measured or stepped to"  # noqa: S101 - for the type checker
        return record

    def known(self) -> Epoch:
        """The state measured over the whole sets."""
        if self.measured is not None:
            return self.measured
        assert self.step is not None, "what is not measured was stepped to"  # noqa: S101 - for the type checker
        return self.step.measure()


class Leap(NamedTuple):
    """Moments made together, none of which ends the run: each is written down when it is looked at.

    Args:
        before: The record before them.
        stretch: Their epochs, of one update each.
        status: How the run stands at each.
        standing: What is known of its end after them, and as good as known after each.
    """

    before: Step | Epoch
    stretch: Stretch
    status: Status
    standing: Standing | None

    def moment(self, at: int) -> Moment:
        """One of them, counted from 0."""
        step, measured = self.stretch.update(at), self.stretch.record(at)
        before = self.stretch.record(at - 1) if at else self.before
        return Moment(step.step, step.epoch, step.parameters, before, step, measured, self.status, self.standing)


class MomentHistory:
    """The last moments of a run, as many as memory allows; the newest is `now`."""

    def __init__(self, first: Moment) -> None:
        size = 6 * first.parameters.nbytes + 1000  # gradient, update, parameters, state
        kept: deque[Moment | tuple[Leap, int]] = deque([first], maxlen=max(3, min(MOMENTS, MEMORY // size)))
        self._kept, self.now = kept, first

    def recent(self, count: int) -> list[Moment]:
        """The last ones, the newest last."""
        return list(map(_written, islice(self._kept, max(0, len(self._kept) - count), None)))

    def measured(self) -> list[Moment]:
        """Those whose losses over the whole sets are known."""
        return [moment for moment in map(_written, self._kept) if moment.measured is not None]

    def add(self, moment: Moment) -> None:
        """One more."""
        self._kept.append(moment)
        self.now = moment

    def add_leap(self, leap: Leap) -> None:
        """Several more."""
        last = len(leap.stretch.losses) - 1
        self._kept.extend((leap, at) for at in range(last))
        self.add(leap.moment(last))

    def replace(self, moment: Moment) -> None:
        """The newest, with more known of it."""
        self._kept[-1] = self.now = moment

    def back(self) -> bool:
        """Forgets the newest, if there is one before it."""
        if len(self._kept) == 1:
            return False
        self._kept.pop()
        self._kept[-1] = self.now = _written(self._kept[-1])
        return True

    def back_to(self, moment: Moment) -> None:
        """Forgets all after a moment, which is the newest then, whether it was still kept or not."""
        while self._kept and _number(self._kept[-1]) >= moment.number:
            self._kept.pop()
        self.add(moment)


def _written(kept: Moment | tuple[Leap, int]) -> Moment:
    return kept if isinstance(kept, Moment) else kept[0].moment(kept[1])


def _number(kept: Moment | tuple[Leap, int]) -> int:
    if isinstance(kept, Moment):
        return kept.number
    leap, at = kept
    return leap.stretch.step - len(leap.stretch.losses) + 1 + at


class Curve:
    """Numbers by step in bounded memory: when there are too many points, every second one goes.

    Args:
        width: Numbers a point.
        of: The numbers of what is added; asked only for points that are kept, and for the newest when looked at.
    """

    def __init__(self, width: int, of: Callable[[Any], Sequence[float]]) -> None:
        self._steps, self._values, self._of = np.empty(POINTS + 1, dtype=np.int64), np.empty((POINTS + 1, width)), of
        self._count, self._added, self._stride = 0, 0, 1
        self._newest: tuple[int, Any] | None = None  # if it is not among the points kept

    def __len__(self) -> int:
        return self._count + (self._newest is not None)

    def add(self, step: int, what: Any) -> None:
        """One more point."""
        self._added += 1
        if self._added % self._stride:
            self._newest = step, what
            return
        self._newest = None
        if self._count == POINTS:
            half = POINTS // 2
            self._steps[:half], self._values[:half] = self._steps[:POINTS:2], self._values[:POINTS:2]
            self._count, self._stride = half, 2 * self._stride
        self._steps[self._count], self._values[self._count] = step, self._of(what)
        self._count += 1

    def add_all(self, first: int, count: int, of: Callable[[int], Any]) -> None:
        """Points of steps one after the other; `of` gives what is added, and is asked only for what is kept."""
        at = 0
        while at < count:
            passed = min(self._stride - 1 - self._added % self._stride, count - 1 - at)
            self._added += passed
            at += passed
            self.add(first + at, of(at))
            at += 1

    def back_to(self, step: int) -> None:
        """Forgets what came after a step."""
        if self._newest is not None and self._newest[0] > step:
            self._newest = None
        self._count = int(np.searchsorted(self._steps[: self._count], step, side="right"))

    @property
    def steps(self) -> Array:
        """The steps; the newest is always there."""
        if self._newest is not None:
            self._steps[self._count] = self._newest[0]
        return self._steps[: len(self)]

    @property
    def values(self) -> Array:
        """The numbers, a row a point."""
        if self._newest is not None:
            self._values[self._count] = self._of(self._newest[1])
        return self._values[: len(self)]

    def copy(self) -> Curve:
        """The same points, to be kept."""
        other = Curve(self._values.shape[1], self._of)
        other._steps[: len(self)], other._values[: len(self)] = self.steps, self.values
        other._count = len(self)
        return other
