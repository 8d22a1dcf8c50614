"""Filters around the training stream: why a run ends, and which of its records are kept.

Each takes an iterable of records and yields records; the last one's `status` says why the stream ended.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.optim.optimizers import Optimizer, Rate
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Row, Status, Step

__all__ = [
    "Run",
    "diverged_if_higher",
    "early_stopping",
    "epochs",
    "reported",
    "thin",
    "until_diverged",
    "until_flat",
    "until_interrupted",
    "until_loss",
    "until_step",
    "with_gradient",
    "with_update",
    "with_updates",
]

Stream = Iterable[Step | Epoch]

EXPLODED = 1e14
"""A loss this many times the first one will not come back: in float64 nothing of the first is left in it."""


def epochs(stream: Stream) -> Iterator[Epoch]:
    """Only the epochs' records."""
    return (record for record in stream if isinstance(record, Epoch))


def until_interrupted(stream: Stream, interrupted: Callable[[], bool]) -> Iterator[Step | Epoch]:
    """Ends at the first record after `interrupted()` turned true, with that state measured."""
    for record in stream:
        if interrupted():
            state = record if isinstance(record, Epoch) else record.measure()
            yield state._replace(status=Status.INTERRUPTED)
            return
        yield record


def until_step(stream: Stream, steps: int) -> Iterator[Step | Epoch]:
    """Ends, completed, after `steps` updates, with that state measured, in mid-epoch if need be.

    After an epoch's last update that is the epoch's own record.
    """
    for record in stream:
        if record.step < steps:
            yield record
            continue
        if isinstance(record, Step):
            yield record
        state = record if isinstance(record, Epoch) else record.measure()
        yield state._replace(status=Status.COMPLETED)
        return


def until_diverged(stream: Stream, floor: float = 0.0, factor: float = EXPLODED) -> Iterator[Step | Epoch]:
    """Ends at the first loss that is not finite, or above `factor` times the first one.

    Args:
        stream: The records.
        floor: The least loss to measure explosions by, for runs that start at an exact minimum.
        factor: How many times the first loss counts as exploded.
    """
    ceiling = math.inf
    for index, record in enumerate(stream):
        if index == 0:
            ceiling = min(factor * max(float(record.loss), floor), 1e300)
        if not record.loss <= ceiling:
            state = record if isinstance(record, Epoch) else record.measure()
            yield state._replace(status=Status.DIVERGED)
            return
        yield record


def diverged_if_higher(stream: Iterable[Epoch], factor: float = 2.0) -> Iterator[Epoch]:
    """Calls a run that completes with `factor` times its first loss what it is: diverged, only not yet far.

    For runs whose rate is known to be above the stable limit.
    """
    first = math.inf
    for record in stream:
        first = float(record.loss) if record.epoch == 0 else first
        higher = record.status is Status.COMPLETED and record.loss > factor * first
        yield record._replace(status=Status.DIVERGED) if higher else record


def until_flat(stream: Iterable[Epoch], tolerance: float) -> Iterator[Epoch]:
    """Ends, converged, when no component of the gradient exceeds `tolerance` in size."""
    for record in stream:
        if record.gradient is not None and np.abs(record.gradient).max(initial=0.0) <= tolerance:
            yield record._replace(status=Status.CONVERGED)
            return
        yield record


def until_loss(stream: Iterable[Epoch], target: float) -> Iterator[Epoch]:
    """Ends, converged, when the training loss is at most `target`."""
    for record in stream:
        if record.loss <= target:
            yield record._replace(status=Status.CONVERGED)
            return
        yield record


def early_stopping(stream: Iterable[Epoch], patience: int, min_delta: float = 0.0) -> Iterator[Epoch]:
    """Ends after `patience` consecutive epochs without an improvement of more than `min_delta`.

    Args:
        stream: The records; what is watched is their `monitored` loss.
        patience: How many epochs may pass without one.
        min_delta: What counts as an improvement.

    Source: Prechelt 1998, Early Stopping - But When?; Keras's EarlyStopping for what counts.
    """
    best, waited = math.inf, 0
    for record in stream:
        waited = 0 if record.monitored < best - min_delta else waited + 1
        best = record.monitored if waited == 0 else best
        if waited >= patience and record.status is Status.RUNNING and record.epoch > 0:
            yield record._replace(status=Status.STOPPED_EARLY)
            return
        yield record


def with_gradient(stream: Iterable[Epoch], problem: Problem) -> Iterator[Epoch]:
    """Fills in the gradient over the whole training set where mini-batches left it out."""
    for record in stream:
        if record.gradient is not None:
            yield record
            continue
        with np.errstate(all="ignore"):
            inputs, targets = problem.data.inputs, problem.data.targets
            yield record._replace(gradient=problem.loss_and_gradient(record.parameters, inputs, targets)[1])


def with_updates(stream: Stream, optimizer: Optimizer) -> Iterator[Step | Epoch]:
    """Lets every step tell its `update`, as `with_update` does."""
    before: Step | Epoch | None = None
    for record in stream:
        if isinstance(record, Step) and before is not None:
            record = with_update(record, before, optimizer)
        yield record
        before = record


def with_update(step: Step, before: Step | Epoch, optimizer: Optimizer) -> Step:
    """Lets a step tell its `update`: optimizers being pure, they answer again what they answered then.

    What is asked again is kept: the gradient, and the parameters and the optimizer's state before the step.

    Args:
        step: The step.
        before: The record before it.
        optimizer: What made it.
    """
    given = step.gradient, before.state, before.parameters, step.learning_rate
    return step._replace(replay=partial(_answer, optimizer, *given))


def _answer(optimizer: Optimizer, gradient: Array, state: Any, parameters: Array, learning_rate: Rate) -> Array:
    return optimizer.update(gradient, state, parameters, learning_rate)[0]


def reported(stream: Iterable[Epoch], names: tuple[str, ...], raw: Callable[[Array], Array]) -> Iterator[Epoch]:
    """The same records with their parameters told in other units and by other names."""
    return (record._replace(names=names, parameters=raw(record.parameters)) for record in stream)


def thin(run: Run, shown: Callable[[int], bool], best: bool = True) -> Iterator[Epoch]:
    """The records whose number (0, 1, ...) is `shown`, and always the first and the last.

    Args:
        run: The records.
        shown: Which of them pass.
        best: Whether the best one passes too; one that was not known to be the best comes just before the last.
    """
    for index, record in enumerate(run):
        if record.status is not Status.RUNNING:
            if best and run.best_index < index and not shown(run.best_index):
                yield run.best
            yield record
        elif shown(index):
            yield record


class Run:
    """A stream of epochs that remembers where it was best and where it ended.

    Iterate over it once; it passes every record on, and keeps the losses for a chart.

    Args:
        stream: The records.
        min_delta: How much lower a loss must be to count as better, as in `early_stopping`.
    """

    best: Epoch
    best_whole: Epoch
    """The best of those that are not in mid-epoch: what a run that goes on will have had for its best."""
    last: Epoch

    @property
    def ended(self) -> bool:
        """Whether the last record has passed."""
        return self.count > 0 and self.last.status is not Status.RUNNING

    def __init__(self, stream: Iterable[Epoch], min_delta: float = 0.0) -> None:
        self._stream = stream
        self._min_delta = min_delta
        self._lowest = math.inf
        self.count = 0
        self.best_index = 0
        self.rows: list[Row] = []
        self.metrics: list[dict[str, float]] = []
        self.epochs, self.losses, self.validation_losses = array("d"), array("d"), array("d")

    def __iter__(self) -> Iterator[Epoch]:
        for record in self._stream:
            if self.count == 0 or record.monitored < self._lowest - self._min_delta:
                self.best, self.best_index = record, self.count
                if not record.within:
                    self.best_whole = record
                self._lowest = math.inf if math.isnan(record.monitored) else record.monitored
            self.last = record
            self.metrics.append(record.metrics)
            if not record.names:
                self.rows.append(record.row())
            self.count += 1
            self.epochs.append(record.epoch)
            self.losses.append(record.loss)
            if record.validation_loss is not None:
                self.validation_losses.append(record.validation_loss)
            yield record
