"""The runs of a sweep: what each is, what ends it, what is remembered of it, and what it came to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Status, Step
from gdcli.training.streams import EXPLODED

__all__ = ["Book", "Member", "Outcome", "Pass", "Rules"]

LOOKED_AT = 8
"""Steps at the beginning of an epoch that are compared with the step before."""


class Member(NamedTuple):
    """One run of a stack: what it does not share with the others.

    Args:
        learning_rate: A number, or a function of the step.
        start: Initial parameters (P,).
        optimizer: Of the same kind as the others', as far as `stacked` can unite them.
        l1: Adds l1 sum |w|.
        l2: Adds l2/2 sum w^2.
        unstable: Whether the rate is known to be above the largest stable one.
    """

    learning_rate: float | Schedule
    start: Array
    optimizer: Optimizer
    l1: float = 0.0
    l2: float = 0.0
    unstable: bool = False


class Rules(NamedTuple):
    """What ends a run, as the filters of `gdcli.training.streams` have it.

    Args:
        tolerance: Converged when no component of the gradient exceeds it.
        target_loss: Converged at this loss.
        patience: Stopped after so many epochs without improvement.
        min_delta: What counts as an improvement.
        floor: The least loss to measure explosions by.
        unit: What losses are multiplied by before they are told or compared.
        max_steps: Completed after so many updates, in mid-epoch if need be.
    """

    tolerance: float | None = None
    target_loss: float | None = None
    patience: int | None = None
    min_delta: float = 0.0
    floor: float = 0.0
    unit: float = 1.0
    max_steps: int | None = None


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one run came to.

    Args:
        index: Its place in the stack.
        status: How it ended.
        step: Updates made.
        losses: The training loss after 0, 1, 2, ... epochs; the last may be of an epoch cut short.
        validation: The same over the validation set, or None.
        turned: For each epoch, the part of its (first) steps that went back on the step before.
        best_epoch: Where the validation loss, else the training loss, was lowest.
        parameters: Shape (P,): of the best epoch if there is a validation set, else the last.
    """

    index: int
    status: Status
    step: int
    losses: Array
    validation: Array | None
    turned: Array
    best_epoch: int
    parameters: Array

    @property
    def epoch(self) -> int:
        """The last epoch."""
        return len(self.losses) - 1

    @property
    def monitored(self) -> Array:
        """The losses that runs are compared by."""
        return self.losses if self.validation is None else self.validation


class Pass(NamedTuple):
    """A pass over the data is done.

    Args:
        epoch: Which.
        running: How many runs go on.
    """

    epoch: int
    running: int


class Book:
    """What is remembered of each run, and what ends it.

    Args:
        members: The runs.
        epochs: Passes over the data.
        rules: What ends a run.
    """

    live: Array
    """Of the rows of the stack that is being read, those that go on."""

    def __init__(self, members: Sequence[Member], epochs: int, rules: Rules) -> None:
        count = len(members)
        self._members, self._epochs, self._rules = members, epochs, rules
        self._first, self._ceiling, self._lowest = (np.full(count, math.inf) for _ in range(3))
        self._best_epoch, self._waited = np.zeros(count, int), np.zeros(count, int)
        self._unstable = np.array([member.unstable for member in members])
        self._best: Array | None = None
        self._losses, self._validation, self._turned = (_Columns(count) for _ in range(3))
        self._watched = False
        self._at: Array | None = None
        self._moved: Array | None = None

    def open(self, rows: Array, problem: Problem) -> None:
        """A stack of these runs begins, or goes on after others have left it."""
        if self._at is not None:
            self._at = self._at[self.live]
        if self._moved is not None:
            self._moved = self._moved[self.live]
        self._rows, self._problem = rows, problem
        self.live = np.ones(len(rows), bool)
        self._watched = problem.validation is not None
        self._turns, self._steps, self._compared = np.zeros(len(rows)), 0, 0

    @np.errstate(all="ignore")
    def read(self, record: Step | Epoch, interrupted: bool) -> list[Outcome]:
        """Takes a record in; returns the runs that it ends."""
        if isinstance(record, Step):
            return self._read_step(record, interrupted)
        self._at = np.atleast_2d(record.parameters)
        self._write(record, self.live)
        ends = self._ends(record, interrupted)
        self._turns[:], self._steps, self._compared = 0, 0, 0
        return ends

    def _read_step(self, record: Step, interrupted: bool) -> list[Outcome]:
        self._steps += 1
        if self._steps <= LOOKED_AT:
            self._compare(np.atleast_2d(record.parameters))
        else:
            self._at = self._moved = None
        fine = np.atleast_1d(record.loss <= self._ceiling[self._rows])
        gone = self.live if interrupted else self.live & ~fine
        ended: list[Outcome] = []
        if gone.any():
            state = record.measure()
            self._write(state, gone)
            ended = self._closed(state, np.where(fine, Status.INTERRUPTED, Status.DIVERGED), gone)
        return [*ended, *self.read(record.measure(), False)] if self._enough(record) and self.live.any() else ended

    def _enough(self, record: Step | Epoch) -> bool:
        """Whether all updates asked for are made."""
        return self._rules.max_steps is not None and record.step >= self._rules.max_steps

    def _compare(self, parameters: Array) -> None:
        """Counts a step that goes back on the one before."""
        moved = None if self._at is None else parameters - self._at
        if moved is not None and self._moved is not None:
            self._turns += np.vecdot(moved, self._moved) < 0
            self._compared += 1
        self._at, self._moved = parameters, moved

    def _write(self, record: Epoch, which: Array) -> None:
        """Notes the losses of some of the runs, and whether they are their best."""
        rows, unit = self._rows[which], self._rules.unit
        losses = np.atleast_1d(record.loss)[which] * unit
        monitored = losses
        self._losses.write(record.epoch, rows, losses)
        self._turned.write(record.epoch, rows, self._turns[which] / max(1, self._compared))
        if self._watched:
            monitored = np.atleast_1d(record.validation_loss)[which] * unit
            self._validation.write(record.epoch, rows, monitored)
        if record.epoch == 0:
            self._first[rows] = losses
            self._ceiling[rows] = np.minimum(EXPLODED * np.maximum(losses / unit, self._rules.floor), 1e300)
        better = monitored < self._lowest[rows] - self._rules.min_delta
        self._waited[rows] = np.where(better, 0, self._waited[rows] + 1)
        self._lowest[rows[better]] = monitored[better]
        self._best_epoch[rows[better]] = record.epoch
        if self._watched:
            self._keep(np.atleast_2d(record.parameters)[which], rows, better)

    def _keep(self, parameters: Array, rows: Array, better: Array) -> None:
        """The parameters of the best epoch, of which there is one from the first on."""
        if self._best is None:
            self._best = np.zeros((len(self._members), parameters.shape[-1]), parameters.dtype)
            better = np.ones_like(better)
        self._best[rows[better]] = parameters[better]

    def _ends(self, record: Epoch, interrupted: bool) -> list[Outcome]:
        """The runs that this epoch ends, by the first rule that says so."""
        rows, rules, everyone = self._rows, self._rules, np.ones_like(self.live)
        loss = np.atleast_1d(record.loss)
        cases = [(~(loss <= self._ceiling[rows]), Status.DIVERGED)]
        if interrupted:
            cases.append((everyone, Status.INTERRUPTED))
        if rules.target_loss is not None or rules.tolerance is not None:
            cases.append((self._converged(record, loss), Status.CONVERGED))
        if record.passes >= self._epochs or self._enough(record):
            higher = self._unstable[rows] & (loss * rules.unit > 2 * self._first[rows])
            cases += [(higher, Status.DIVERGED), (everyone, Status.COMPLETED)]
        elif rules.patience is not None and record.epoch:
            cases.append((self._waited[rows] >= rules.patience, Status.STOPPED_EARLY))
        ended = np.logical_or.reduce([mask for mask, _ in cases]) & self.live
        if not ended.any():
            return []
        statuses = np.full(len(rows), Status.RUNNING, object)
        for mask, status in reversed(cases):
            statuses[mask] = status
        return self._closed(record, statuses, ended)

    def _converged(self, record: Epoch, loss: Array) -> Array:
        rules, met = self._rules, np.zeros(len(loss), bool)
        if rules.target_loss is not None:
            met |= loss * rules.unit <= rules.target_loss
        if rules.tolerance is not None:
            data, gradient = self._problem.data, record.gradient
            if gradient is None:
                gradient = self._problem.loss_and_gradient(record.parameters, data.inputs, data.targets)[1]
            met |= np.abs(np.atleast_2d(gradient)).max(axis=-1, initial=0.0) <= rules.tolerance
        return met

    def _closed(self, record: Epoch, statuses: Array, which: Array) -> list[Outcome]:
        """The outcomes of runs that end here."""
        parameters, outcomes = np.atleast_2d(record.parameters), []
        for at in np.flatnonzero(which):
            row, count = int(self._rows[at]), record.epoch + 1
            outcomes.append(
                Outcome(
                    index=row,
                    status=Status(statuses[at]),
                    step=record.step,
                    losses=self._losses.read(row, count),
                    validation=self._validation.read(row, count) if self._watched else None,
                    turned=self._turned.read(row, count),
                    best_epoch=int(self._best_epoch[row]),
                    parameters=(parameters[at] if self._best is None else self._best[row]).copy(),
                )
            )
        self.live = self.live & ~which
        return outcomes


class _Columns:
    """A number for each epoch and run, with room for more epochs as they come.

    Args:
        runs: How many columns.
    """

    def __init__(self, runs: int) -> None:
        self._values = np.full((64, runs), math.nan)

    def write(self, epoch: int, rows: Array, values: Array) -> None:
        """Notes some runs' numbers of an epoch."""
        if epoch >= len(self._values):
            self._values = np.concatenate([self._values, np.full_like(self._values, math.nan)])
        self._values[epoch, rows] = values

    def read(self, row: int, count: int) -> Array:
        """A run's first numbers."""
        return self._values[:count, row].copy()
