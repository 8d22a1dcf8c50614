"""A stack of runs: R descents as one, through the one training loop, each with the ending it would have alone.

Parameters are (R, P) and the learning rate is (R, 1); everything else is shared: model, data, order of the rows.
A run that has ended is frozen: whatever becomes of its numbers touches no other. When half of a stack has ended, the
rest goes on as a smaller one. Losses are kept for every epoch, parameters only as they are now and at their best.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.nn.linear import Linear
from gdcli.optim.optimizers import Optimizer, Rate
from gdcli.optim.schedules import Schedule
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch
from gdcli.training.run_tracker import Member, Outcome, Pass, RunTracker
from gdcli.training.stack import Apart, Column, Stack, stacked
from gdcli.training.stopping import Stopping

__all__ = ["Member", "Outcome", "Pass", "Stack", "stacked", "sweep"]


def sweep(
    problem: Problem,
    members: Sequence[Member],
    *,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
    stopping: Stopping = Stopping(),  # noqa: B008 - immutable
    min_delta: float = 0.0,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome | Pass]:
    """Descends with all members at once; yields each run's outcome as it ends, and a `Pass` after each epoch.

    Args:
        problem: What is minimised; its own penalties are not used, and its metrics not measured.
        members: The runs; their optimizers go together (see `stacked`).
        epochs: Passes over the data.
        batch_size: Rows a step; None = all of them.
        seed: Of the order of the rows, the same for all.
        shuffle: False takes the rows in their order.
        stopping: What ends a run; whether it is unstable is each member's own.
        min_delta: How much lower a loss must be to count as better, as in `Patience`.
        interrupted: Asked at each step; True ends all runs.

    Raises:
        ValueError: If the optimizers do not go together.

    >>> from gdcli import SGD, Dataset, Linear, mse
    >>> problem = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    >>> runs = [Member(rate, np.array([-1.0, 5.0]), SGD()) for rate in (0.1, 2.0)]
    >>> ends = [end for end in sweep(problem, runs, epochs=20) if isinstance(end, Outcome)]
    >>> [(end.index, str(end.status), round(float(end.losses[1]), 9)) for end in ends]
    [(1, 'diverged', 112.5), (0, 'completed', 1.825)]
    """
    tracker, past = RunTracker(len(members), problem.validation is not None, min_delta), None
    standing = stopping.init()
    while len(tracker.rows):
        group = [members[row] for row in tracker.rows.tolist()]
        own, ending = _problem(problem, group), _stopping(stopping, group)
        stream = descend(
            own,
            _optimizer(group),
            learning_rate=_rate(group),
            epochs=epochs,
            start=_together([member.start for member in group]),
            batch_size=batch_size,
            seed=seed,
            shuffle=shuffle,
            resume=past,
        )
        if past is not None:
            next(stream)  # it was judged in the larger stack
        for record in stream:
            statuses, measured, standing = ending.update(record, standing, own, interrupted())
            yield from tracker.read(record, statuses, measured)
            if isinstance(record, Epoch):
                yield Pass(record.epoch, int(tracker.live.sum()))
            if not tracker.live.any() or (isinstance(record, Epoch) and 2 * tracker.live.sum() <= len(group)):
                break
        if tracker.live.any() and isinstance(record, Epoch):
            rows = _chosen(tracker.live)
            past, standing = _only(record, rows), standing.only(rows)
        tracker.shrink()


def _stopping(stopping: Stopping, group: Sequence[Member]) -> Stopping:
    """What ends the group's runs."""
    unstable = [member.unstable for member in group]
    return replace(stopping, unstable=unstable[0] if len(group) == 1 else np.array(unstable))


def _problem(problem: Problem, group: Sequence[Member]) -> Problem:
    """The problem as the group's runs have it; one run alone has it as it would without any sweep."""
    if len(group) == 1:
        return replace(problem, l1=group[0].l1, l2=group[0].l2, metrics={})
    l1s = l2s = None
    if any(one.l1 or one.l2 for one in group):
        l1s, l2s = Column.of([one.l1 for one in group]), Column.of([one.l2 for one in group])
    model = Apart(problem.model) if isinstance(problem.model, Linear) else problem.model
    return Stack(model, problem.loss, problem.data, problem.validation, l1s=l1s, l2s=l2s)


def _optimizer(group: Sequence[Member]) -> Optimizer:
    made = stacked([member.optimizer for member in group])
    if made is None:
        raise ValueError("these optimizers do not go together in one stack")
    return made


def _rate(group: Sequence[Member]) -> Rate | Schedule:
    """The learning rates, (R, 1): one array, or as many schedules asked at each step."""
    rates = [member.learning_rate for member in group]
    if len(group) == 1:
        return rates[0]
    if not any(callable(rate) for rate in rates):
        return Column.of(rates)
    return lambda step: Column.of([rate(step) if callable(rate) else rate for rate in rates])


def _together(starts: Sequence[Array]) -> Array:
    return starts[0] if len(starts) == 1 else np.stack(starts)


def _chosen(live: Array) -> Any:
    """The places of the runs that go on; of one, its place."""
    places = np.flatnonzero(live)
    return places if len(places) > 1 else int(places[0])


def _only(record: Epoch, rows: Any) -> Epoch:
    """A stack's record with some of its runs; with one, a single run's record."""
    return record._replace(
        loss=record.loss[rows],
        parameters=record.parameters[rows],
        gradient=None if record.gradient is None else record.gradient[rows],
        state=type(record.state)(*(value[rows] if np.ndim(value) else value for value in record.state)),
    )
