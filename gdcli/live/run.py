"""A run that a person drives: stepped, run, turned and taken back. It calls `next()` on the one training stream."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.live.history import Curve, Moment, MomentHistory
from gdcli.live.setup import LineScene, Setup
from gdcli.optim.optimizers import Rate
from gdcli.optim.schedules import Dial, Schedule
from gdcli.training.loop import descend
from gdcli.training.records import Epoch, Step
from gdcli.training.streams import EXPLODED

__all__ = ["Course", "Ghost", "LiveRun", "figures"]

ENDLESS = 10**12


class Ghost(NamedTuple):
    """An earlier run, frozen, to race against.

    Args:
        label: What was set: "SGD lr 0.1".
        curve: Its losses.
        way: Its path; empty for a network.
        now: Where it ended.
    """

    label: str
    curve: Curve
    way: Curve
    now: Moment


class Course:
    """A run from its start to where it stands, whoever makes its steps.

    Args:
        setup: What it is made of.
        first: The state before training.
    """

    def __init__(self, setup: Setup, first: Epoch) -> None:
        self.setup = setup
        self.turns: tuple[tuple[int, float], ...] = ()
        self.dial: Schedule = setup.schedule
        self.first = self.best = Moment.first(first)
        self._moments = MomentHistory(self.first)
        self._ceiling = min(EXPLODED * max(float(first.loss), setup.floor), 1e300)
        self.diverged = False
        self._lowest = math.inf
        self.losses, self.batches, self.way = Curve(4, figures), Curve(1, _batch_loss), Curve(2, self._place)
        self.drawn = isinstance(setup.scene, LineScene) and setup.scene.landscape is not None
        self._note(self.first)

    @property
    def now(self) -> Moment:
        """Where it stands."""
        return self._moments.now

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        return float(self.dial(self.now.number))

    def turn(self, rate: float) -> None:
        """Turns the dial: the next update, and all after it, use this rate."""
        kept = tuple((at, value) for at, value in self.turns if at < self.now.number)
        before = Dial(self.setup.schedule, kept)
        same = float(before(self.now.number)) == rate and (kept or self.setup.epochs is None)
        self._set_turns(kept if same else (*kept, (self.now.number, rate)))

    def _set_turns(self, turns: tuple[tuple[int, float], ...]) -> None:
        self.turns, self.dial = turns, Dial(self.setup.schedule, turns)

    def reached(self, moment: Moment) -> None:
        """One moment more."""
        self._moments.add(moment)
        self._note(moment)
        step, measured, ceiling = moment.step, moment.measured, self._ceiling
        good = (step is None or step.loss <= ceiling) and (measured is None or measured.loss <= ceiling)
        self.diverged = not good

    def back_to(self, moment: Moment) -> None:
        """Takes all back that came after a moment."""
        self._moments.back_to(moment)
        self._went_back()

    def _went_back(self) -> None:
        number = self.now.number
        self.diverged = False
        for curve in (self.losses, self.batches, self.way):
            curve.back_to(number)
        self._set_turns(tuple((at, rate) for at, rate in self.turns if at <= number))
        if self.best.number > number:
            self.best = min(self._moments.measured(), key=_monitored, default=self.first)
            self._lowest = _monitored(self.best)

    def ghost(self, label: str) -> Ghost:
        """This run as it stands, to race another against."""
        return Ghost(label, self.losses.copy(), self.way.copy(), self.now)

    def _note(self, moment: Moment) -> None:
        """Remembers what the curves show."""
        number = moment.number
        if moment.measured is not None:
            self._note_losses(number, moment.measured)
        if moment.step is not None and number % self.setup.steps_per_epoch:
            self.batches.add(number, moment.step)
        if self.drawn:
            self.way.add(number, moment.parameters)

    def _note_losses(self, number: int, record: Epoch) -> None:
        self.losses.add(number, record)
        if record.monitored < self._lowest:
            self.best, self._lowest = self.now, record.monitored

    def _place(self, parameters: Array) -> tuple[float, float]:
        """The two parameters that the loss surface is drawn over."""
        scene = self.setup.scene
        assert isinstance(scene, LineScene) and scene.landscape is not None, "it is drawn"  # noqa: S101 - for types
        raw = scene.raw(parameters)
        x, y = scene.landscape.over
        return float(raw[x]), float(raw[y])


def figures(record: Epoch) -> tuple[float, float, float, float]:
    """Loss and accuracy, of the training set and of the rows held out."""
    held_out = math.nan if record.validation_loss is None else float(record.validation_loss)
    metrics = record.metrics
    return float(record.loss), held_out, metrics.get("accuracy", math.nan), metrics.get("validation_accuracy", math.nan)


def _batch_loss(step: Step) -> tuple[float]:
    return (float(step.loss),)


class LiveRun(Course):
    """A run that makes its steps by calling `next()` on the one training stream.

    Args:
        setup: What it is made of.
    """

    def __init__(self, setup: Setup) -> None:
        self._stream: Iterator[Step | Epoch] | None = None
        first = next(_descent(setup, setup.schedule, None))
        assert isinstance(first, Epoch), "a stream begins with the state before training"  # noqa: S101 - for types
        super().__init__(setup, first)

    @property
    def over(self) -> bool:
        """Whether the schedule it follows is at its end."""
        epochs = self.setup.epochs
        return epochs is not None and self.now.number >= epochs * self.setup.steps_per_epoch

    def known(self) -> Epoch:
        """The state measured over the whole sets."""
        moment = self.now
        if moment.measured is None:
            moment = moment._replace(measured=moment.known())
            self._moments.replace(moment)
            self._note_losses(moment.number, moment.known())
            self.diverged = self.diverged or not moment.known().loss <= self._ceiling
        return moment.known()

    def advance(self) -> bool:
        """Makes one update, unless the run is over or has diverged."""
        if self.diverged or self.over:
            return False
        if self._stream is None:
            self._stream = _descent(self.setup, self._rate_at, self.now.record)
            next(self._stream)  # the state it goes on from
        before, step = self.now.record, next(self._stream)
        assert isinstance(step, Step), "after a measured state comes a step"  # noqa: S101 - for the type checker
        whole = step.step % self.setup.steps_per_epoch == 0
        measured = next(self._stream) if whole else None
        assert not isinstance(measured, Step), "after an epoch's last step it is measured"  # noqa: S101
        self.reached(Moment(step.step, step.epoch, step.parameters, before, step, measured))
        return True

    def back(self) -> bool:
        """Takes the last update back, if it is still remembered."""
        there = self._moments.back()
        if there:
            self._went_back()
        return there

    def _went_back(self) -> None:
        super()._went_back()
        self._stream = None

    def settled(self) -> bool:
        """Whether it has converged: by the loss, by the gradient where it is known, else by what epochs gain."""
        record, setup = self.now.measured, self.setup
        if record is None:
            return False
        if setup.target is not None and record.loss <= setup.target:
            return True
        if record.gradient is not None:
            return bool(np.abs(record.gradient).max(initial=0.0) <= setup.tolerance)
        return self.now.epoch - self.best.epoch >= setup.patience

    def _rate_at(self, step: int) -> Rate:
        return self.dial(step)


def _monitored(moment: Moment) -> float:
    return moment.known().monitored


def _descent(setup: Setup, rate: Schedule, resume: Step | Epoch | None) -> Iterator[Step | Epoch]:
    """The one training stream, from the start or from any record of it."""
    return descend(
        setup.problem,
        setup.optimizer,
        learning_rate=rate,
        epochs=setup.epochs or ENDLESS,
        start=setup.start,
        batch_size=setup.batch_size,
        seed=setup.seed,
        shuffle=setup.shuffle,
        resume=resume,
    )
