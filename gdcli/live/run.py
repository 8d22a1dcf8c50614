"""A run that a person drives: stepped, run, turned and taken back. It calls `next()` on the one training stream."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import ClassVar

from gdcli.experiments.notation import Setting
from gdcli.live.course import Course
from gdcli.live.history import Moment
from gdcli.live.setup import Setup
from gdcli.optim.optimizers import Rate
from gdcli.optim.schedules import Schedule
from gdcli.training.records import Epoch, Status, Step, Stretch
from gdcli.training.rules import REQUIRED_TOLERANCE, StoppingRule, Tolerance
from gdcli.training.segments import descend_in_segments

__all__ = ["STRIDE", "LiveRun"]

ENDLESS = 10**12
RUNNING = Status.RUNNING
TOGETHER, NUMBERS = 256, 2**16  # updates made at once, and the numbers that each of them goes through
STRIDE = 16  # updates between two looks at the clock


class Arrival(Tolerance):
    """The same of a run in batches, whose optimum is known: no gradient is measured for it."""

    needs_gradient: ClassVar[bool] = False


class LiveRun(Course):
    """A run that makes its steps by calling `next()` on the one training stream.

    Args:
        setup: What it is made of.
    """

    def __init__(self, setup: Setup) -> None:
        self._stream: Iterator[Step | Epoch | Stretch] | None = None
        self._leaping: Iterator[Step | Epoch | Stretch] | None = None
        self._together = _together(setup)
        self._coming: tuple[Moment, float, Step] | None = None
        first = next(_descent(setup, setup.schedule, None))
        assert isinstance(first, Epoch), "a stream begins with the state before training"  # noqa: S101 - for types
        flat: tuple[StoppingRule, ...] = (Tolerance(REQUIRED_TOLERANCE),)
        if first.gradient is None:
            known = None if setup.descent is None else setup.descent.objective
            flat = () if known is None else (Arrival(REQUIRED_TOLERANCE, known),)
        super().__init__(setup, first, setup.stopping.rules or flat)

    @property
    def over(self) -> bool:
        """Whether the schedule it follows is at its end."""
        return self._left() <= 0

    def _left(self) -> float:
        """Updates until that is."""
        epochs = self.setup.epochs
        return math.inf if epochs is None else self._whole.pace.steps(epochs) - self.now.number

    @property
    def stopped(self) -> bool:
        """Whether a rule that was given has ended it, as it ends `fit` and `train`."""
        return bool(self.setup.stopping.rules) and self.status not in (Status.RUNNING, Status.DIVERGED)

    @property
    def ended(self) -> bool:
        """Whether no more updates are made."""
        return self.diverged or self.over or self.stopped

    def settled(self) -> bool:
        """Whether it has converged, or gains no more: by its rules."""
        return self.status not in (Status.RUNNING, Status.DIVERGED)

    def known(self) -> Epoch:
        """The state measured over the whole sets."""
        moment = self.now
        if moment.measured is None:
            moment = moment._replace(measured=moment.known())
            exploded = moment.standing and self._stopping.exploded(moment.known(), moment.standing)
            self._moments.replace(moment._replace(status=Status.DIVERGED) if exploded else moment)
            self._note_losses(moment.number, moment.known())
        return moment.known()

    def advance(self) -> bool:
        """Makes one update, unless the run has ended."""
        return not self.ended and self._stride(1) == 1

    def leap(self, most: float, exact: bool) -> int:
        """Makes several updates in a row, at most so many; gives how many, and 0 where it cannot.

        Args:
            most: Updates at most.
            exact: Whether it stops where it has settled.
        """
        if self.ended or self._whole.later:
            return 0
        if self._together < 2:
            return self._stride(int(min(most, STRIDE, self._left())))
        if most < self._together:
            return 0
        if self._leaping is None:
            self._leaping = _descent(self._whole, self._rate_at, self.now.record, self._together)
            next(self._leaping)  # the state it goes on from
        part, before, self._stream = next(self._leaping), self._handed_over(), None
        if not isinstance(part, Stretch):
            self._leaping = None  # an update on its own is made by `advance`
            return 0
        if self.leapt(part, before, exact):
            return len(part.losses)
        made = 0
        for made, step in enumerate(map(part.update, range(len(part.losses))), 1):
            measured = part.record(made - 1)
            self.reached(Moment(step.step, step.epoch, step.parameters, before, step, measured))
            before = measured
            if self.ended or (exact and self.settled()):
                self._leaping = None
                break
        return made

    def _stride(self, most: int) -> int:
        """So many updates, fewer if the run ends; a step whose loss cannot end it is noted, and not judged."""
        before, stream, standing, made = self._handed_over(), self._gone_on(), self.now.standing, 0
        fine = -math.inf if standing is None or self._whole.later else self._in_force.fine(standing)
        while made < most:
            step = next(stream)
            assert isinstance(step, Step), "after a measured state comes a step"  # noqa: S101 - for the type checker
            made += 1
            measured = next(stream) if self.ends_epoch(step.step) else None
            assert not isinstance(measured, Step | Stretch), "after its last step an epoch is measured"  # noqa: S101 - for types
            moment = Moment(step.step, step.epoch, step.parameters, before, step, measured, RUNNING, standing)
            if measured is None and step.loss <= fine:
                self.passed(moment, step)
                before = step
                continue
            self.reached(moment)
            if self.status is not RUNNING:
                break
            before, standing = self.now.record, self.now.standing
        return made

    def _gone_on(self) -> Iterator[Step | Epoch | Stretch]:
        """The training stream after the record of now."""
        self._leaping = None
        if self._stream is None:
            self._stream = _descent(self._whole, self._rate_at, self.now.record)
            next(self._stream)  # the state it goes on from
        return self._stream

    def _handed_over(self) -> Step | Epoch:
        """What the next update begins with: another optimizer begins with a state of its own."""
        record = self.now.record
        if type(self.setup.optimizer) is type(self.maker.optimizer):
            return record
        return record._replace(state=self.setup.optimizer.init(record.parameters))

    def coming(self) -> Step | None:
        """The next update, as it will be unless something is changed; None if there is none."""
        now, rate = self.now, self.rate
        if self.ended:
            return None
        if self._coming is None or self._coming[0] is not now or self._coming[1] != rate:
            stream = _descent(self._whole, self._rate_at, now.record)
            next(stream)  # the state it goes on from
            step = next(stream)
            assert isinstance(step, Step), "after a measured state comes a step"  # noqa: S101 - for the type checker
            self._coming = now, rate, step
        return self._coming[2]

    def back(self) -> bool:
        """Takes the last update back, if it is still remembered."""
        there = self._moments.back()
        if there:
            self._went_back()
        return there

    def _went_back(self) -> None:
        super()._went_back()
        self._stream = self._leaping = None

    def set_changes(self, changes: tuple[Setting, ...]) -> None:
        """Takes these for all changes that were made by hand."""
        super().set_changes(changes)
        self._stream = self._leaping = self._coming = None

    def _rate_at(self, step: int) -> Rate:
        return self.dial(step)


def _together(setup: Setup) -> int:
    """How many updates are made at once: none but where each is an epoch with nothing to measure beside its loss."""
    problem = setup.problem
    if setup.steps_per_epoch > 1 or problem.validation is not None or problem.metrics:
        return 0
    return min(TOGETHER, NUMBERS // (problem.data.inputs.size + problem.model.size))


def _descent(
    setup: Setup, rate: Schedule, resume: Step | Epoch | None, together: int = 1
) -> Iterator[Step | Epoch | Stretch]:
    """The one training stream with all its changes, from the start or from any record of it."""
    return descend_in_segments(
        setup.segments,
        learning_rate=rate,
        epochs=ENDLESS if setup.epochs is None else setup.epochs,
        start=setup.start,
        seed=setup.seed,
        shuffle=setup.shuffle,
        resume=resume,
        together=together,
    )
