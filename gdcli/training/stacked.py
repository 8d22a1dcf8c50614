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
from gdcli.training.run_tracker import Book, Member, Outcome, Pass, Rules
from gdcli.training.stack import Apart, Column, Stack, stacked

__all__ = ["Member", "Outcome", "Pass", "Rules", "Stack", "stacked", "sweep"]


def sweep(
    problem: Problem,
    members: Sequence[Member],
    *,
    epochs: int,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
    rules: Rules = Rules(),  # noqa: B008 - immutable
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
        rules: What ends a run.
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
    book, rows, past = Book(members, epochs, rules), np.arange(len(members)), None
    while len(rows):
        group = [members[row] for row in rows.tolist()]
        asked = _problem(problem, group)
        stream = descend(
            asked,
            _optimizer(group),
            learning_rate=_rate(group),
            epochs=epochs,
            start=_together([member.start for member in group]),
            batch_size=batch_size,
            seed=seed,
            shuffle=shuffle,
            resume=past,
        )
        book.open(rows, asked)
        if past is not None:
            next(stream)  # told already
        for record in stream:
            yield from book.read(record, interrupted())
            if isinstance(record, Epoch):
                yield Pass(record.epoch, int(book.live.sum()))
            if 2 * book.live.sum() <= len(rows) and (isinstance(record, Epoch) or not book.live.any()):
                past = _only(record, book.live) if isinstance(record, Epoch) else None
                break
        rows = rows[book.live]


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


def _only(record: Epoch, live: Array) -> Epoch | None:
    """A stack's record with some of its runs; with one, a single run's record."""
    chosen = np.flatnonzero(live)
    if not len(chosen):
        return None
    rows: Any = chosen if len(chosen) > 1 else int(chosen[0])
    return record._replace(
        loss=record.loss[rows],
        parameters=record.parameters[rows],
        gradient=None if record.gradient is None else record.gradient[rows],
        state=type(record.state)(*(value[rows] if np.ndim(value) else value for value in record.state)),
    )
