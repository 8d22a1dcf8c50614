"""The runs of a stack: what each is, what is remembered of it, and its outcome."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.training.records import Epoch, Status, Step
from gdcli.training.rules import improves

__all__ = ["Member", "Outcome", "Pass", "RunTracker"]

COMPARED = 8
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


@dataclass(frozen=True, eq=False)
class Outcome:
    """The end of one run.

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


class RunTracker:
    """What is remembered of each run of a stack: its losses, its best epoch, and that one's parameters.

    Args:
        runs: How many runs.
        watched: Whether rows are held out.
        min_delta: How much lower a loss must be to count as better, as in `Patience`.
    """

    live: Array
    """Of the rows of the stack as it is now, those that go on."""

    def __init__(self, runs: int, watched: bool, min_delta: float = 0.0) -> None:
        self._min_delta, self._watched = min_delta, watched
        self._lowest, self._best_epoch = np.full(runs, math.inf), np.zeros(runs, int)
        self._best: Array | None = None
        self._losses, self._validation, self._turned = (_Columns(runs) for _ in range(3))
        self.rows = np.arange(runs)
        self.live = np.ones(runs, bool)
        self._turns = _Turns(runs)

    def shrink(self) -> None:
        """The runs that have ended leave the stack."""
        self._turns.keep(self.live)
        self.rows = self.rows[self.live]
        self.live = np.ones(len(self.rows), bool)

    @np.errstate(all="ignore")
    def read(self, record: Step | Epoch, statuses: Any, measured: Epoch | None) -> list[Outcome]:
        """Takes a record in; returns the runs that end there.

        Args:
            record: The record.
            statuses: How each run ends there, or one status for all, as `Stopping.update` gives them.
            measured: That state, its losses in the target's own units; None after a step that ends no run.
        """
        if isinstance(record, Step):
            self._turns.compare(record)
        if measured is None:
            return []
        ended = _ended(statuses, len(self.rows))
        self._write(measured, ended if isinstance(record, Step) else self.live)
        if isinstance(record, Epoch):
            self._turns.begin(record)
        return [] if statuses is Status.RUNNING else self._closed(measured, np.atleast_1d(statuses), ended)

    def _write(self, record: Epoch, which: Array) -> None:
        """Notes the losses of some of the runs, and whether they are their best."""
        rows, monitored = self.rows[which], np.atleast_1d(record.monitored)[which]
        self._losses.write(record.epoch, rows, np.atleast_1d(record.loss)[which])
        self._turned.write(record.epoch, rows, self._turns.share[which])
        better = improves(monitored, self._lowest[rows], self._min_delta)
        self._lowest[rows[better]] = monitored[better]
        self._best_epoch[rows[better]] = record.epoch
        if self._watched:
            self._validation.write(record.epoch, rows, monitored)
            self._keep(np.atleast_2d(record.parameters)[which], rows, better)

    def _keep(self, parameters: Array, rows: Array, better: Array) -> None:
        """The parameters of the best epoch, of which there is one from the first on."""
        if self._best is None:
            self._best = np.zeros((len(self._lowest), parameters.shape[-1]), parameters.dtype)
            better = np.ones_like(better)
        self._best[rows[better]] = parameters[better]

    def _closed(self, record: Epoch, statuses: Any, which: Array) -> list[Outcome]:
        """The outcomes of runs that end here."""
        parameters, outcomes = np.atleast_2d(record.parameters), []
        for at in np.flatnonzero(which):
            row, count = int(self.rows[at]), record.epoch + 1
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


def _ended(statuses: Any, runs: int) -> Array:
    """Which of so many runs end."""
    if isinstance(statuses, Status):
        return np.full(runs, statuses is not Status.RUNNING)
    ended: Array = statuses != Status.RUNNING
    return ended


class _Turns:
    """How many of an epoch's first steps go back on the step before, by the sign of their product.

    Args:
        runs: How many runs.
    """

    def __init__(self, runs: int) -> None:
        self._at: Array | None = None
        self._moved: Array | None = None
        self._count, self._steps, self._compared = np.zeros(runs), 0, 0

    @property
    def share(self) -> Array:
        """The part of those compared, for each run."""
        return self._count / max(1, self._compared)

    def keep(self, rows: Array) -> None:
        """Some runs leave."""
        self._at = None if self._at is None else self._at[rows]
        self._moved = None if self._moved is None else self._moved[rows]
        self._count = self._count[rows]

    def begin(self, record: Epoch) -> None:
        """An epoch begins."""
        self._at = np.atleast_2d(record.parameters)
        self._count[:], self._steps, self._compared = 0, 0, 0

    def compare(self, record: Step) -> None:
        """Counts a step that goes back on the one before."""
        self._steps += 1
        if self._steps > COMPARED:
            self._at = self._moved = None
            return
        parameters = np.atleast_2d(record.parameters)
        moved = None if self._at is None else parameters - self._at
        if moved is not None and self._moved is not None:
            self._count += np.vecdot(moved, self._moved) < 0
            self._compared += 1
        self._at, self._moved = parameters, moved


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
