"""Filters around the training stream: which records are kept, and what is filled in.

Each takes an iterable of records and yields records; the last one's `status` says why the stream ended, which is
decided in `gdcli.training.stopping`.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, overload

import numpy as np

from gdcli.arrays import Array
from gdcli.optim.optimizers import Optimizer, Rate
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Row, Status, Step, Stretch
from gdcli.training.rules import improves

__all__ = [
    "Run",
    "epochs",
    "reported",
    "thin",
    "with_gradient",
    "with_update",
    "with_updates",
]

Stream = Iterable[Step | Epoch]


@overload
def epochs(stream: Stream) -> Iterator[Epoch]:
    """Of a stream without stretches."""


@overload
def epochs(stream: Iterable[Step | Epoch | Stretch]) -> Iterator[Epoch | Stretch]:
    """Of a stream with stretches."""


def epochs(stream: Iterable[Step | Epoch | Stretch]) -> Iterator[Epoch | Stretch]:
    """Only the epochs' records, and stretches of epochs."""
    return (record for record in stream if not isinstance(record, Step))


@overload
def with_gradient(
    stream: Iterable[Epoch | Stretch], problem_after: Callable[[int], Problem]
) -> Iterator[Epoch | Stretch]:
    """Of a stream without steps."""


@overload
def with_gradient(
    stream: Iterable[Step | Epoch | Stretch], problem_after: Callable[[int], Problem]
) -> Iterator[Step | Epoch | Stretch]:
    """Of a stream with steps, which have one."""


def with_gradient(
    stream: Iterable[Step | Epoch | Stretch], problem_after: Callable[[int], Problem]
) -> Iterator[Step | Epoch | Stretch]:
    """Fills in the gradient over the whole training set where mini-batches left it out.

    Args:
        stream: The records.
        problem_after: What the last of so many updates minimises.
    """
    for record in stream:
        if not isinstance(record, Epoch) or record.gradient is not None:
            yield record
            continue
        problem = problem_after(record.step)
        with np.errstate(all="ignore"):
            inputs, targets = problem.data.inputs, problem.data.targets
            yield record._replace(gradient=problem.loss_and_gradient(record.parameters, inputs, targets)[1])


def with_updates(stream: Stream, optimizer: Optimizer) -> Iterator[Step | Epoch]:
    """Every step with its `update`, as `with_update` gives it."""
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
    """The records whose number (0, 1, ...) is `shown`, and always the first and the last, in their order.

    Args:
        run: The records.
        shown: Which of them pass.
        best: Whether the best one passes too: what is shown after one that may be it waits until that is known.
    """
    waiting: list[Epoch] = []
    awaited = 0
    for record in run:
        if run.best_index != awaited:
            yield from waiting
            waiting, awaited = [], run.best_index
        over = record.status is not Status.RUNNING
        if not (over or shown(run.count - 1)):
            continue
        waiting.append(record)
        missing = best and awaited < run.count - 1 and not shown(awaited)
        if missing and not over:
            continue
        yield from [run.best] * missing
        yield from waiting
        waiting = []


def _all(_: int) -> bool:
    return True


class Run:
    """A stream of epochs that remembers where it was best and where it ended.

    Iterate over it once; it passes every record on, and keeps the losses for a chart.

    Args:
        stream: The records, and stretches of epochs made together, which end here.
        min_delta: How much lower a loss must be to count as better, as in `Patience`.
        seen: Of epochs made together, which are passed on, by their number (0, 1, ...); all unless given.
    """

    best: Epoch
    best_whole: Epoch
    """The best of those that are not in mid-epoch: what a run that goes on will have had for its best."""
    last: Epoch

    @property
    def ended(self) -> bool:
        """Whether the last record has passed."""
        return self.count > 0 and self.last.status is not Status.RUNNING

    def __init__(
        self, stream: Iterable[Epoch | Stretch], min_delta: float = 0.0, seen: Callable[[int], bool] = _all
    ) -> None:
        self._stream, self._seen = stream, seen
        self._min_delta = min_delta
        self._lowest = math.inf
        self.count = 0
        self.best_index = 0
        self.rows: list[Row] = []
        self.metrics: list[dict[str, float]] = []
        self.epochs, self.losses, self.validation_losses = array("d"), array("d"), array("d")

    def __iter__(self) -> Iterator[Epoch]:
        for record in self._stream:
            if isinstance(record, Stretch):
                yield from self._looked_at(record)
            else:
                self._note(record)
                yield record

    def _note(self, record: Epoch) -> None:
        """Remembers a record."""
        monitored = record.monitored
        if self.count == 0 or improves(monitored, self._bar(record.parameters.size > 0), self._min_delta):
            self.best, self.best_index = record, self.count
            if not record.within:
                self.best_whole = record
            self._lowest = math.inf if math.isnan(monitored) else monitored
        self.last = record
        self.metrics.append(record.metrics)
        if not record.names:
            self.rows.append(record.row())
        self.count += 1
        self.epochs.append(record.epoch)
        self.losses.append(record.loss)
        if record.validation_loss is not None:
            self.validation_losses.append(record.validation_loss)

    def _bar(self, kept: bool) -> float:
        """What a loss has to be below; a state whose parameters are kept is better than one whose are not."""
        return math.inf if kept and not self.best.parameters.size else self._lowest

    def _looked_at(self, stretch: Stretch) -> Iterator[Epoch]:
        """Remembers epochs made together, and makes the records of those that are looked at."""
        first, begin, end = self.count, 0, len(stretch.losses)
        for at in [at for at in range(end) if self._seen(first + at)]:
            self._remember(stretch, begin, at)
            record, begin = stretch.record(at), at + 1
            self._note(record)
            yield record
        self._remember(stretch, begin, end)

    def _remember(self, stretch: Stretch, begin: int, end: int) -> None:
        """Remembers some of them that nobody looks at."""
        if begin == end:
            return
        losses, best, lowest = stretch.losses[begin:end], None, self._bar(kept=True)
        for at, loss in enumerate(losses, begin):
            if improves(loss, lowest, self._min_delta):
                best, lowest = at, loss
        if best is not None:
            self.best = self.best_whole = stretch.record(best)
            self.best_index, self._lowest = self.count + best - begin, float(lowest)
        self.last = stretch.record(end - 1)
        self.count += end - begin
        self.metrics += [self.last.metrics] * (end - begin)
        self.rows += [] if self.last.names else [stretch.record(at).row() for at in range(begin, end)]
        self.epochs.extend(range(stretch.epoch + begin, stretch.epoch + end))
        self.losses.extend(losses)
