"""The stopping engine: which runs end at a record, and how. One run and a stack of R are judged by the same formulas.

What every run has is here: a loss that is not finite or has exploded, an interrupt, the planned end. The rest are the
rules in force (`gdcli.training.rules`). Where a record gives several reasons, the first of these counts: diverged,
converged, interrupted, completed, stopped early.

What is known of a run is a small value, `Standing`, that never changes: whoever takes a run back takes its old one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from functools import reduce
from operator import or_
from typing import Any, NamedTuple, overload

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Status, Step, Stretch
from gdcli.training.rules import StoppingRule, TargetLoss, where

__all__ = ["Standing", "Stopping", "stopped", "until", "until_loss"]

EXPLODED = 1e14
"""A loss this many times the first one will not come back: in float64 nothing of the first is left in it."""

LARGEST = 1e300
"""No loss above this is anything but exploded."""

LINE_FLOOR = 1e-16
"""Of the loss of predicting the mean: rounding, from which no explosion of a linear model is measured."""

NETWORK_FLOOR = 1e-8
"""The least loss from which an explosion of a network, on prepared rows, is measured."""

HIGHER = 2.0
"""Times its first loss: what a run above the stable limit has diverged by, at its end."""

Stream = Iterable[Step | Epoch]

RUNNING = Status.RUNNING
ORDER = (RUNNING, Status.STOPPED_EARLY, Status.COMPLETED, Status.INTERRUPTED, Status.CONVERGED, Status.DIVERGED)
"""Of several reasons, the last of these counts."""
RANK = {status: rank for rank, status in enumerate(ORDER)}
BY_RANK = np.array(ORDER, object)


class Standing(NamedTuple):
    """What is known of one run, in numbers, or of R, in arrays (R,).

    Args:
        rules: The state of each rule.
        first: The first loss; None before there is one.
        ceiling: The loss above which it has exploded; below all before there is a first one.
        live: Whether it has not ended.
    """

    rules: tuple[Any, ...]
    first: Any = None
    ceiling: Any = -math.inf
    live: Any = True

    def only(self, rows: Array | int) -> Standing:
        """The same of some runs of a stack; of one, in numbers."""
        return Standing(*_only(tuple(self), rows, len(self.first)))


def _only(state: Any, rows: Array | int, runs: int) -> Any:
    """A rule's state for some of the runs."""
    if isinstance(state, tuple):
        parts = (_only(part, rows, runs) for part in state)
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    return state[rows] if isinstance(state, np.ndarray) and state.shape[:1] == (runs,) else state


@dataclass(frozen=True, eq=False)
class Stopping:
    """What ends a run, or R runs.

    Args:
        rules: The rules in force.
        floor: The least loss to measure explosions by, for runs that start at an exact minimum.
        unit: What the training loop's losses are multiplied by to be in the target's own units.
        unstable: Whether the rate is known to be above the largest stable one; (R,) for a stack.
    """

    rules: tuple[StoppingRule, ...] = ()
    floor: float = 0.0
    unit: float = 1.0
    unstable: Any = False
    _plain: bool = field(init=False, repr=False)
    _timed: bool = field(init=False, repr=False)
    _needs_gradient: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_timed", any(type(rule).due is not StoppingRule.due for rule in self.rules))
        object.__setattr__(self, "_plain", self.unit == 1 and not self._timed)
        object.__setattr__(self, "_needs_gradient", any(rule.needs_gradient for rule in self.rules))

    def init(self) -> Standing:
        """Before the first record."""
        return Standing(tuple(rule.init() for rule in self.rules))

    def update(
        self, record: Step | Epoch, state: Standing, problem: Problem | None = None, interrupted: bool = False
    ) -> tuple[Any, Epoch | None, Standing]:
        """How each run ends at a record of the training loop, if it does.

        Args:
            record: The record.
            state: What `init` or the last `update` gave.
            problem: Measures the gradient, where a rule needs one that the record does not have.
            interrupted: Whether all runs are to end here.

        Returns:
            The status of each run that ends here, "running" for all others (one status, if all have the same); the
            state in the target's own units, None after a step that ends no run; and the next state.

        Raises:
            ValueError: If a gradient is needed, and there is no problem to measure it.
        """
        if self._plain and not interrupted and state.first.__class__ is float and record.loss <= state.ceiling:
            if isinstance(record, Step):  # nearly all records of one run: no array is asked
                return RUNNING, None, state
            if not self.rules and record.status is RUNNING and isinstance(record.loss, float):
                return RUNNING, record, state
        if isinstance(record, Epoch):
            return self.judge(self.in_units(record), state, problem, interrupted)
        if state.first is None:  # of a run that goes on, whose first epochs are not known
            state = self._begun(record.loss * self.unit, state)
        exploded = self.exploded(record, state)
        due = [rule.due(record.step) for rule in self.rules] if self._timed else []
        if exploded is False and not (interrupted or any(due)):
            return RUNNING, None, state
        return self._judge_within(record, state, problem, interrupted, exploded, due)

    def fine(self, state: Standing) -> float:
        """The loss up to which a step of one run neither ends it nor changes `state`; -inf: each is to be judged."""
        return state.ceiling if self._plain and state.first.__class__ is float else -math.inf

    def judge(
        self, record: Epoch, state: Standing, problem: Problem | None = None, interrupted: bool = False
    ) -> tuple[Any, Epoch, Standing]:
        """The same for an epoch whose losses are in the target's own units."""
        if state.first is None:
            state = self._begun(record.loss, state)
        exploded, rank = _above(record.loss, state), RANK[record.status]
        if self.rules:
            record, mets, states = self._asked(record, state, problem, exploded)
            state = Standing(states, state.first, state.ceiling, state.live)
            rank = self._ranked(rank, mets)
        if exploded is False and not interrupted and isinstance(rank, int) and (not rank or self._is_all(rank, state)):
            return ORDER[rank], record, state._replace(live=False) if rank else state
        rank = self._outranked(rank, record, state, interrupted, exploded)
        return BY_RANK[rank], record, _without_ended(state, rank)

    @np.errstate(all="ignore")
    def met(self, record: Epoch, state: Standing, step: int | None = None) -> tuple[str, ...]:
        """The names of the rules that are met at a run's last record; in mid-epoch only those count that are due."""
        asked = [
            (rule, was) for rule, was in zip(self.rules, state.rules, strict=True) if step is None or rule.due(step)
        ]
        return tuple(type(rule).__name__ for rule, was in asked if _any(rule.update(record, was)[0]))

    def passed(self, stretch: Stretch, state: Standing) -> Standing | None:
        """What is known of one run after epochs made together; None if it ends among them, or has just begun.

        Args:
            stretch: The epochs.
            state: What is known before them.
        """
        losses = stretch.losses
        if self.unit != 1 or state.first.__class__ is not float or not isinstance(losses[0], float):
            return None  # a rare case: they are taken apart
        if not all(map(state.ceiling.__ge__, losses)):  # NaN is not below it either
            return None
        return self._stepped(stretch, state) if self.rules else state

    @np.errstate(all="ignore")
    def _stepped(self, stretch: Stretch, state: Standing) -> Standing | None:
        """The rules after each of the epochs; None where one of them is met."""
        states = list(state.rules)
        for record in stretch.epochs():
            for at, rule in enumerate(self.rules):
                met, states[at] = rule.update(record, states[at])
                if met:
                    return None
        return state._replace(rules=tuple(states))

    def exploded(self, record: Step | Epoch, state: Standing) -> Any:
        """Which runs that have not ended have a loss that is not finite, or above the ceiling."""
        return _above(record.loss if self.unit == 1 else record.loss * self.unit, state)

    def in_units(self, record: Epoch) -> Epoch:
        """An epoch of the training loop with its losses in the target's own units, in float64."""
        loss, held_out, unit = record.loss, record.validation_loss, self.unit
        if unit == 1 and (isinstance(loss, float) or getattr(loss, "dtype", None) == np.float64):
            return record
        with np.errstate(all="ignore"):
            return record._replace(
                loss=np.float64(loss) * unit, validation_loss=None if held_out is None else np.float64(held_out) * unit
            )

    @np.errstate(all="ignore")
    def _begun(self, loss: Any, state: Standing) -> Standing:
        """The first loss is known, and with it the ceiling."""
        ceiling = np.minimum(EXPLODED * np.maximum(loss, self.floor), LARGEST)
        if isinstance(loss, np.ndarray):
            return state._replace(first=loss, ceiling=ceiling, live=np.ones(len(loss), bool))
        return state._replace(first=float(loss), ceiling=float(ceiling))

    def _asked(
        self, record: Epoch, state: Standing, problem: Problem | None, exploded: Any
    ) -> tuple[Epoch, list[Any], tuple[Any, ...]]:
        """The record with its gradient, if a rule needs that; what each rule says of it; and their states."""
        if self._needs_gradient and record.gradient is None:
            record = _with_gradient(record, problem)
        if exploded is False and state.live is True:  # the switch costs as much as a rule
            return record, *self._answers(record, state.rules)
        with np.errstate(all="ignore"):
            return record, *self._answers(record, state.rules)

    def _answers(self, record: Epoch, states: tuple[Any, ...]) -> tuple[list[Any], tuple[Any, ...]]:
        mets, after = [], []
        for rule, state in zip(self.rules, states, strict=True):
            met, state = rule.update(record, state)
            mets.append(met)
            after.append(state)
        return mets, tuple(after)

    def _ranked(self, rank: Any, mets: list[Any]) -> Any:
        """The rank of the best reason, with those of the rules."""
        for rule, met in zip(self.rules, mets, strict=True):
            if _any(met):
                own = RANK[rule.status]
                rank = where(met & (rank < own), own, rank)
        return rank

    def _is_all(self, rank: int, state: Standing) -> bool:
        """Whether one run's reason to end stands, as there is none that comes before it."""
        return state.live is True and not (self.unstable and rank == RANK[Status.COMPLETED])

    def _outranked(self, rank: Any, record: Epoch, state: Standing, interrupted: bool, exploded: Any) -> Any:
        """The same, with those that every run has."""
        if interrupted:
            rank = np.maximum(rank, RANK[Status.INTERRUPTED])
        higher = (rank == RANK[Status.COMPLETED]) & self.unstable & (record.loss > HIGHER * state.first)
        return where(state.live, where(exploded | higher, RANK[Status.DIVERGED], rank), 0)

    def _judge_within(
        self, step: Step, state: Standing, problem: Problem | None, interrupted: bool, exploded: Any, due: list[bool]
    ) -> tuple[Any, Epoch | None, Standing]:
        """A step at which some run may end: those that do are judged by the state measured there.

        Of the rules, those that asked for it have seen this state; for the others it does not count.
        """
        record, mets, seen = self._asked(self.in_units(step.measure()), state, problem, True)
        asked = [met for met, now in zip(mets, due, strict=False) if now]
        exploded = exploded | _above(record.loss, state) if interrupted or asked else exploded
        ends = reduce(or_, asked, exploded | interrupted)
        if any(due):
            kept = zip(seen, state.rules, due, strict=True)
            state = state._replace(rules=tuple(new if now else old for new, old, now in kept))
        if not _any(ends):
            return RUNNING, None, state
        rank = self._outranked(self._ranked(0, mets), record, state, interrupted, exploded)
        rank = where(ends, rank, 0)
        return BY_RANK[rank], record, _without_ended(state, rank)


def _above(loss: Any, state: Standing) -> Any:
    """Which runs that have not ended have exploded; False where none has."""
    fine = loss <= state.ceiling
    if not isinstance(fine, np.ndarray):
        return not fine and bool(state.live)
    exploded = False if fine.all() else ~fine & state.live
    return exploded if _any(exploded) else False


def _any(flags: Any) -> bool:
    return bool(flags.any()) if isinstance(flags, np.ndarray) else bool(flags)


def _without_ended(state: Standing, rank: Any) -> Standing:
    return state._replace(live=where(rank > 0, False, state.live))


def _with_gradient(record: Epoch, problem: Problem | None) -> Epoch:
    if problem is None:
        raise ValueError("this stopping rule needs the gradient over the whole training set: give it the problem")
    data = problem.data
    with np.errstate(all="ignore"):
        return record._replace(gradient=problem.loss_and_gradient(record.parameters, data.inputs, data.targets)[1])


def _never() -> bool:
    return False


@overload
def stopped(
    stream: Stream,
    stopping: Stopping,
    problem: Problem | None = None,
    interrupted: Callable[[], bool] = _never,
    past: Iterable[Epoch] = (),
) -> Iterator[Step | Epoch]:
    """Of a stream without stretches."""


@overload
def stopped(
    stream: Iterable[Step | Epoch | Stretch],
    stopping: Stopping,
    problem: Problem | None = None,
    interrupted: Callable[[], bool] = _never,
    past: Iterable[Epoch] = (),
) -> Iterator[Step | Epoch | Stretch]:
    """Of a stream with stretches."""


def stopped(
    stream: Iterable[Step | Epoch | Stretch],
    stopping: Stopping,
    problem: Problem | None = None,
    interrupted: Callable[[], bool] = _never,
    past: Iterable[Epoch] = (),
) -> Iterator[Step | Epoch | Stretch]:
    """One run's records up to where it ends; the last one's `status` says how.

    A run that ends within an epoch ends with that state measured.

    Args:
        stream: The training loop's records; a stretch in which the run does not end passes whole.
        stopping: What ends the run.
        problem: What is minimised, for the rules that need its gradient.
        interrupted: Asked at each record; True ends the run.
        past: Of a run that goes on, the epochs before, in the target's own units. Those without the optimizer's
            state are seen by the rules, and end nothing.

    Raises:
        ValueError: If a rule needs the gradient, and there is no problem to measure it.

    >>> from gdcli import SGD, Dataset, Linear, TargetLoss, descend, epochs, mse
    >>> deck = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    >>> run = descend(deck, SGD(), learning_rate=0.1, epochs=600, start=np.array([-1.0, 5.0]))
    >>> *_, last = epochs(stopped(run, Stopping((TargetLoss(1e-6),))))
    >>> last.epoch, str(last.status)
    (491, 'converged')
    """
    state = stopping.init()
    for before in past:
        status, _, state = stopping.judge(before, state, problem)
        if status is not RUNNING and before.state is not None:
            yield before._replace(status=status)
            return
        state = state._replace(live=True)
        yield before
    update = stopping.update
    for part in stream:
        whole = stopping.passed(part, state) if isinstance(part, Stretch) and not interrupted() else None
        if whole is not None:
            state = whole
            yield part
            continue
        for record in part.records() if isinstance(part, Stretch) else (part,):
            known = state
            status, measured, state = update(record, state, problem, interrupted())
            if status is RUNNING:
                yield measured or record
                continue
            if isinstance(record, Step):
                yield record
            assert measured is not None, "a run ends with its state measured"  # noqa: S101 - for the type checker
            step = record.step if isinstance(record, Step) else None
            yield measured._replace(status=status, ended_by=stopping.met(measured, known, step))
            return


def until(stream: Stream, *rules: StoppingRule, problem: Problem | None = None) -> Iterator[Step | Epoch]:
    """The records up to where one of the rules is met, or the run diverges.

    Args:
        stream: The training loop's records.
        *rules: The rules.
        problem: What is minimised, for the rules that need its gradient and do not get it with mini-batches.
    """
    return stopped(stream, Stopping(rules), problem)


def until_loss(stream: Stream, target: float) -> Iterator[Step | Epoch]:
    """The records up to a training loss of at most `target`."""
    return until(stream, TargetLoss(target))
