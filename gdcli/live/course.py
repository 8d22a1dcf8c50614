"""A run from its start to where it stands: its moments, curves and limits, whoever makes its steps."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from gdcli.arrays import Array
from gdcli.experiments.notation import Setting
from gdcli.experiments.spec import OptimizerSpec
from gdcli.live.history import Curve, Leap, Moment, MomentHistory
from gdcli.live.local_limit import LocalLimits
from gdcli.live.setup import LineScene, Setup
from gdcli.optim.schedules import Dial
from gdcli.training.records import Epoch, Status, Step, Stretch
from gdcli.training.rules import StoppingRule, improves
from gdcli.training.stopping import Standing, Stopping

__all__ = ["Course", "Ghost", "figures"]


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
        rules: The rules it is judged by.
    """

    def __init__(self, setup: Setup, first: Epoch, rules: tuple[StoppingRule, ...] = ()) -> None:
        self.setup = self.maker = self._whole = setup
        self.changes: tuple[Setting, ...] = ()
        self._rules = rules
        self._judge_by(setup)
        self._set_turns(())
        self.first = self.best = self._judged(Moment.first(first), self._stopping.init())
        self._moments = MomentHistory(self.first)
        self._lowest = math.inf
        self.losses, self.batches, self.way = Curve(4, figures), Curve(1, _batch_loss), Curve(2, self._place)
        self.limits = LocalLimits(setup)
        self.drawn = isinstance(setup.scene, LineScene) and setup.scene.landscape is not None
        self._note(self.first)
        self._follow()

    @property
    def status(self) -> Status:
        """How it stands, by its rules."""
        return self.now.status

    @property
    def diverged(self) -> bool:
        """Whether its loss is not finite, or has exploded."""
        return self.status is Status.DIVERGED

    @property
    def ended(self) -> bool:
        """Whether no more updates are made."""
        return self.diverged

    @property
    def now(self) -> Moment:
        """Where it stands."""
        return self._moments.now

    def coming(self) -> Step | None:
        """The next update, as it will be unless something is changed; None if it is not known."""
        return None

    def recent(self, count: int) -> list[Moment]:
        """The last moments, the newest last."""
        return self._moments.recent(count)

    @property
    def rate(self) -> float:
        """The learning rate of the next update."""
        return float(self.dial(self.now.number))

    @property
    def limit(self) -> float | None:
        """The largest stable rate: by its closed form, else by the curvature where it was measured last."""
        local = self.limits.newest
        return self.setup.limit if local is None or math.isinf(local.value) else local.value

    @property
    def limit_formula(self) -> str:
        """What the limit is made of: 2/L, or 2/S where S is the sharpness."""
        local = self.limits.newest
        return self.setup.limit_formula if local is None else local.formula

    def turn(self, rate: float) -> None:
        """Turns the dial: the next update, and all after it, use this rate."""
        kept = tuple((at, value) for at, value in self.turns if at < self.now.number)
        before = Dial(self.setup.schedule, kept)
        same = float(before(self.now.number)) == rate and (kept or self.setup.epochs is None)
        self._set_turns(kept if same else (*kept, (self.now.number, rate)))

    def _set_turns(self, turns: tuple[tuple[int, float], ...]) -> None:
        self.turns, self.dial = turns, Dial(self.setup.schedule, turns)

    def change(self, *changes: Setting) -> None:
        """Changes settings of the next update, and of all after it; of the settings of another optimizer none stay.

        Raises:
            OptionError: If one of them cannot change in mid-run.
        """
        names = {one.name for one in changes}
        if "optimizer" in names:
            names |= {one.name for one in OptimizerSpec.options()}
        number = self.now.number
        kept = (one for one in self.changes if one.step <= number or one.name not in names)
        self.set_changes((*kept, *changes))

    def set_changes(self, changes: tuple[Setting, ...]) -> None:
        """Takes these for all changes that were made by hand."""
        assert self._whole.changed is not None, "a run that a person drives can be changed"  # noqa: S101 - for types
        self._whole, self.changes = self._whole.changed(changes), changes
        self._follow()

    def _follow(self) -> None:
        """What made the last update, and what makes the next one."""
        number = self.now.number
        self.maker, setup = self._whole.after(max(0, number - 1)), self._whole.after(number)
        if setup is not self.setup:
            self.setup = setup
            self._judge_by(setup)
            self.limits.follow(setup, number, type(setup.optimizer) is type(self.maker.optimizer))

    def _judge_by(self, setup: Setup) -> None:
        self._stopping = replace(setup.stopping, rules=setup.stopping.rules or self._rules)
        self._turned_stopping = replace(self._stopping, unstable=False)  # known only of the rate as given

    @property
    def _in_force(self) -> Stopping:
        """What the next moment is judged by."""
        return self._turned_stopping if self.turns or self._whole.later else self._stopping

    @property
    def will_change(self) -> bool:
        """Whether a setting changes later by itself."""
        return any(after > self.now.number for after, _ in self._whole.later)

    @property
    def passes(self) -> float:
        """Epochs made, with parts of one."""
        if not self._whole.later:
            return self.now.number / self.setup.steps_per_epoch
        place = self._whole.pace.place(self.now.number)
        return place.passes + place.taken / self._whole.pace.rows

    def ends_epoch(self, number: int) -> bool:
        """Whether an epoch is over after so many updates."""
        if not self._whole.later:
            return number % self.setup.steps_per_epoch == 0
        return self._whole.pace.place(number).within == 0

    def reached(self, moment: Moment) -> None:
        """One moment more."""
        moment = self._judged(moment, self.now.standing)
        self._moments.add(moment)
        self._note(moment)
        if self._whole.later:
            self._follow()

    def passed(self, moment: Moment, step: Step) -> None:
        """One moment more, of a step within an epoch that ends nothing."""
        self._moments.add(moment)
        self.batches.add(moment.number, step)
        if self.drawn:
            self.way.add(moment.number, moment.parameters)

    def leapt(self, stretch: Stretch, before: Step | Epoch, exact: bool) -> bool:
        """Epochs made together, after a record; False where the run may end among them, and each is to be judged.

        Args:
            stretch: The epochs.
            before: The record.
            exact: Whether one that meets a rule counts though the last one does not, and the rule ends nothing.
        """
        was, asked = self.now.standing, exact or bool(self.setup.stopping.rules)
        watched = self._in_force if asked else replace(self._in_force, rules=())
        if was is None or was.live is not True or watched.passed(stretch, was) is None:
            return False
        last = self._judged(Leap(before, stretch, Status.RUNNING, was).moment(len(stretch.losses) - 1), was)
        if last.status is not self.status:
            return False
        self._moments.add_leap(Leap(before, stretch, last.status, last.standing))
        self._note_leap(stretch)
        return True

    def _note_leap(self, stretch: Stretch) -> None:
        """Remembers what the curves show, and the best."""
        count, first = len(stretch.losses), stretch.step - len(stretch.losses) + 1
        self.losses.add_all(first, count, stretch.record)
        if self.drawn:
            self.way.add_all(first, count, lambda at: stretch.record(at).parameters)
        least = min(stretch.losses)
        if improves(least, self._lowest):
            at = stretch.losses.index(least)
            self._lowest = float(least)
            self.best = next(one for one in self._moments.recent(count) if one.number == first + at)

    def _judged(self, moment: Moment, standing: Standing | None) -> Moment:
        """The moment with its status. What does not end the run, as a person may go on, is asked again at the next.

        Args:
            moment: The moment.
            standing: What is known of the run's end before it.
        """
        stopping, status, lasting = self._in_force, moment.status, bool(self.setup.stopping.rules)
        for record in _to_judge(moment):
            if status is Status.RUNNING and standing is not None:
                status, _, standing = stopping.update(record, standing, self.setup.problem)
                if not (standing.live is True or lasting or status is Status.DIVERGED):
                    standing = standing._replace(live=True)
        same = status is moment.status and standing is moment.standing
        return moment if same else moment._replace(status=status, standing=standing)

    def back_to(self, moment: Moment) -> None:
        """Takes all back that came after a moment."""
        self._moments.back_to(moment._replace(standing=moment.standing or self.first.standing))
        self._went_back()

    def _went_back(self) -> None:
        number = self.now.number
        for curve in (self.losses, self.batches, self.way):
            curve.back_to(number)
        self.limits.back_to(number)
        kept = tuple(one for one in self.changes if one.step <= number + 1)
        if kept != self.changes:
            self.set_changes(kept)
        self._follow()
        self._set_turns(tuple((at, rate) for at, rate in self.turns if at <= number))
        if self.best.number > number:
            self.best = min((self.first, *self._moments.measured()), key=_monitored)
            self._lowest = _monitored(self.best)

    def ghost(self, label: str) -> Ghost:
        """This run as it stands, to race another against."""
        return Ghost(label, self.losses.copy(), self.way.copy(), self.now)

    def _note(self, moment: Moment) -> None:
        """Remembers what the curves show."""
        number = moment.number
        if moment.measured is not None:
            self._note_losses(number, moment.measured)
        if moment.step is not None and not self.ends_epoch(number):
            self.batches.add(number, moment.step)
        if self.drawn:
            self.way.add(number, moment.parameters)

    def _note_losses(self, number: int, record: Epoch) -> None:
        self.losses.add(number, record)
        if improves(record.monitored, self._lowest):
            self.best, self._lowest = self.now, record.monitored

    def _place(self, parameters: Array) -> tuple[float, float]:
        """The two parameters that the loss surface is drawn over."""
        scene = self.setup.scene
        assert isinstance(scene, LineScene) and scene.landscape is not None, "it is drawn"  # noqa: S101 - for types
        raw = scene.raw(parameters)
        x, y = scene.landscape.over
        return float(raw[x]), float(raw[y])


def _to_judge(moment: Moment) -> tuple[Step | Epoch, ...]:
    """The records of a moment that can end a run: a step from a state that was measured says nothing new."""
    step, measured = moment.step, moment.measured
    if step is None:
        return () if measured is None else (measured,)
    if measured is None:
        return (step,)
    before = moment.before
    return (measured,) if isinstance(before, Epoch) and before.loss == step.loss else (step, measured)


def figures(record: Epoch) -> tuple[float, float, float, float]:
    """Loss and accuracy, of the training set and of the rows held out."""
    held_out = math.nan if record.validation_loss is None else float(record.validation_loss)
    metrics = record.metrics
    return float(record.loss), held_out, metrics.get("accuracy", math.nan), metrics.get("validation_accuracy", math.nan)


def _batch_loss(step: Step) -> tuple[float]:
    return (float(step.loss),)


def _monitored(moment: Moment) -> float:
    return float(moment.known().monitored)
