"""The one training loop, a generator of frozen records.

Whoever calls `next()` decides what becomes of the records: a table, a pipe, a plot, a live screen, a notebook.
Stopping rules wrap the stream (`gdcli.training.streams`); the loop itself never changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, overload

import numpy as np

from gdcli.arrays import Array
from gdcli.optim.optimizers import Optimizer, Rate, adding
from gdcli.optim.schedules import Schedule
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Status, Step, Stretch
from gdcli.training.stretches import stretches

__all__ = ["Problem", "descend"]


@overload
def descend(
    problem: Problem,
    optimizer: Optimizer,
    *,
    learning_rate: Rate | Schedule,
    epochs: int,
    start: Array | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
    resume: Step | Epoch | None = None,
    taken: int | None = None,
) -> Iterator[Step | Epoch]:
    """Every epoch comes on its own."""


@overload
def descend(
    problem: Problem,
    optimizer: Optimizer,
    *,
    learning_rate: Rate | Schedule,
    epochs: int,
    start: Array | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
    resume: Step | Epoch | None = None,
    taken: int | None = None,
    together: int,
) -> Iterator[Step | Epoch | Stretch]:
    """Some epochs may come as stretches."""


def descend(
    problem: Problem,
    optimizer: Optimizer,
    *,
    learning_rate: Rate | Schedule,
    epochs: int,
    start: Array | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    shuffle: bool = True,
    resume: Step | Epoch | None = None,
    taken: int | None = None,
    together: int = 1,
) -> Iterator[Step | Epoch | Stretch]:
    """The training loop: a `Step` for every update, and an `Epoch` before the first and after every pass.

    Rows are shuffled anew each epoch by (seed, epoch) alone, and neurons silenced at each step by (seed, epoch, step)
    alone, so that a run can be resumed anywhere; the last, short batch is used. With the whole set as one batch, an
    epoch is one step and nothing is shuffled.

    Args:
        problem: What to minimise.
        optimizer: Turns gradients into updates.
        learning_rate: A number, or a function of the number of updates made so far.
        epochs: Passes over the data, those before `resume` included.
        start: Initial parameters (P,), or (R, P) for a stack; zeros unless given.
        batch_size: Rows a step; None = all of them.
        seed: Of the shuffling.
        shuffle: False takes the rows in their order.
        resume: An earlier run's record, with its optimizer state, to go on from: a step's, or an epoch's, one
            measured in mid-epoch too. It comes first, measured.
        taken: Rows that the epoch in which `resume` stands has used; unless given, as many as batches of this size
            hold.
        together: How many epochs may come as one `Stretch`, made of the same numbers: where an epoch is one update on
            all rows and no rows are held out. The first and the last always come on their own.

    Raises:
        ValueError: If `resume` is further into an epoch than an epoch is long.

    >>> import numpy as np
    >>> from gdcli import SGD, Dataset, Linear, epochs, mse
    >>> problem = Problem(Linear(1), mse, Dataset([[1.0], [2.0]], [3.0, 5.0]))
    >>> run = descend(problem, SGD(), learning_rate=0.1, epochs=1, start=np.array([-1.0, 5.0]))
    >>> next(epochs(run)).row()
    {'epoch': 0, 'step': 0, 'lr': 0.1, 'loss': 2.5, 'm': -1.0, 'b': 5.0}

    Source: the lecture, "Epochs, batches, steps".
    """
    _let_memory_be_kept()
    rate = learning_rate if callable(learning_rate) else partial(_constant, learning_rate)
    data, whole = problem.data, batch_size is None or batch_size >= len(problem.data)
    random = hasattr(problem.model, "training")  # dropout: a training step sees another model
    known = whole and not random and not problem.metrics  # the gradient of the measured state is the next step's
    measure = _measure_with_gradient if known else _measure
    parameters = np.zeros(problem.model.size) if start is None else np.array(start)
    if resume is None:
        record = measure(problem, 0, 0, rate(0), parameters, optimizer.init(parameters))
    else:
        record = _gone_on_from(resume)
    epoch, parameters, state, step, gradient = _standing(record)
    size = len(data) if batch_size is None else min(batch_size, len(data))
    within, each = record.within, -(-len(data) // size)
    taken = _checked(within, within * size if taken is None else taken, len(data), each)
    ends = within + -(-(len(data) - taken) // size)
    made_together = stretches(problem, optimizer, rate, epochs, together if known else 1)
    add = adding(optimizer)
    yield _last_if(record, record.passes >= epochs)
    while epoch < epochs:
        if (stretch := made_together(record)) is not None:
            yield stretch
            record = stretch.last
            epoch, parameters, state, step, gradient = _standing(record)
            continue
        epoch += 1
        for rows, inputs, targets in data.batches(batch_size, seed if shuffle else None, epoch, taken):
            with np.errstate(all="ignore"):
                if known and gradient is not None:
                    loss = record.loss
                else:
                    trained = problem.for_training((seed, epoch, step + 1)) if random else problem
                    loss, gradient = trained.loss_and_gradient(parameters, inputs, targets)
                learning = rate(step)
                update, state = optimizer.update(gradient, state, parameters, learning)
                parameters = add(parameters, update)
            step += 1
            within = (within + 1) % ends
            now = partial(measure, problem, epoch, step, learning, parameters, state, within)
            yield Step(step, epoch, learning, loss, gradient, parameters, state, rows, now)
        taken, ends = 0, each
        record = now()
        gradient = record.gradient
        yield _last_if(record, epoch == epochs)


def _let_memory_be_kept() -> None:
    """Frees one untouched 32 MB block, from which glibc learns to keep freed memory instead of returning it.

    New arrays at every step then cost no page faults: without it, an Adam step at 100,000 parameters takes
    five times as long. Elsewhere it does nothing.
    """
    np.empty(2**25 - 2**16, np.uint8)


def _constant(rate: Rate, _: int) -> Rate:
    return rate


def _gone_on_from(record: Step | Epoch) -> Epoch:
    """The record of that moment as the run that goes on has it."""
    measured = record.measure() if isinstance(record, Step) else record
    return measured._replace(status=Status.RUNNING)


def _checked(within: int, taken: int, rows: int, each: int) -> int:
    if not 0 <= taken < rows:
        raise ValueError(f"resume: {within} updates were made in an epoch, which here has {each}")
    return taken


def _standing(record: Epoch) -> tuple[int, Array, Any, int, Array | None]:
    """Where a run goes on from: passes, parameters, the optimizer's state, updates, and the gradient if it is known."""
    return record.passes, record.parameters, record.state, record.step, record.gradient


def _last_if(record: Epoch, last: bool) -> Epoch:
    return record._replace(status=Status.COMPLETED) if last else record


def _measure(
    problem: Problem, epoch: int, step: int, rate: Rate, parameters: Array, state: Any, within: int = 0
) -> Epoch:
    """The state's losses and metrics over the whole sets."""
    with np.errstate(all="ignore"):
        loss, metrics = problem.measured(parameters, problem.data)
        validation = None
        if problem.validation is not None:
            validation, held_out = problem.measured(parameters, problem.validation)
            metrics |= {f"validation_{name}": value for name, value in held_out.items()}
        names, penalty = problem.model.parameter_names, problem.penalty(parameters)
    return Epoch(
        epoch, step, rate, loss, parameters, names, penalty, validation, metrics=metrics, state=state, within=within
    )


def _measure_with_gradient(
    problem: Problem, epoch: int, step: int, rate: Rate, parameters: Array, state: Any, within: int = 0
) -> Epoch:
    """The state's loss and gradient: with full batches the next step needs it anyway."""
    with np.errstate(all="ignore"):
        loss, gradient = problem.loss_and_gradient(parameters, problem.data.inputs, problem.data.targets)
        validation = None if problem.validation is None else problem.data_loss(parameters, problem.validation)
        names, penalty = problem.model.parameter_names, problem.penalty(parameters)
    return Epoch(epoch, step, rate, loss, parameters, names, penalty, validation, gradient, state=state, within=within)
