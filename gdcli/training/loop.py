"""The one training loop, a generator of frozen records.

Whoever calls `next()` decides what becomes of the records: a table, a pipe, a plot, a live screen, a notebook.
Stopping rules wrap the stream (`gdcli.training.streams`); the loop itself never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Model
from gdcli.nn.losses import Loss
from gdcli.optim.optimizers import Optimizer, Rate
from gdcli.optim.schedules import Schedule
from gdcli.training.records import Epoch, Status, Step

__all__ = ["Problem", "descend"]


Metric = Callable[[Array, Array], float]

GATHERED = 2**17
"""Numbers gathered at a time from shuffled rows: half a megabyte, which the cache still has when they are used."""

MEASURED = 4096
"""Rows measured at a time."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised: a model's loss on data, plus penalties on its weights (not its biases).

    Args:
        model: The model.
        loss: The data loss.
        data: The training set.
        validation: Rows held out, only measured.
        l1: Adds l1 sum |w|.
        l2: Adds l2/2 sum w^2, so its gradient is l2 w.
        metrics: What else is measured at each epoch, by name: means over the rows of `(outputs, targets)`.

    Raises:
        ValueError: If a penalty is negative.
    """

    model: Model
    loss: Loss
    data: Dataset
    validation: Dataset | None = None
    l1: float = 0.0
    l2: float = 0.0
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.l1 >= 0 and self.l2 >= 0):
            raise ValueError(f"penalties must not be negative: l1 {self.l1}, l2 {self.l2}")

    def loss_and_gradient(self, parameters: Array, inputs: Array, targets: Array) -> tuple[Any, Array]:
        """The data loss on some rows, and the gradient of that loss plus the penalties, shape (P,)."""
        outputs, backprop = self.model(parameters, inputs)
        loss, way_back = self.loss(outputs, targets)
        gradient = backprop(way_back)
        return loss, self._penalise(gradient, parameters) if self.l1 or self.l2 else gradient

    def data_loss(self, parameters: Array, data: Dataset) -> Any:
        """The data loss over a whole set."""
        return self.loss(self.model(parameters, data.inputs)[0], data.targets)[0]

    def measured(self, parameters: Array, data: Dataset) -> tuple[Any, dict[str, float]]:
        """The data loss and the metrics over a whole set, a part of it at a time to save memory."""
        loss: Any = 0.0
        totals = dict.fromkeys(self.metrics, 0.0)
        for begin in range(0, len(data), MEASURED):
            inputs, targets = data.inputs[begin : begin + MEASURED], data.targets[begin : begin + MEASURED]
            outputs = self.model(parameters, inputs)[0]
            share = len(inputs) / len(data)
            loss = loss + self.loss(outputs, targets)[0] * share if share < 1 else self.loss(outputs, targets)[0]
            for name, metric in self.metrics.items():
                totals[name] += metric(outputs, targets) * share
        return loss, totals

    def for_training(self, seed: tuple[int, ...]) -> Problem:
        """The problem as one training step sees it: with dropout, if the model has any."""
        training = getattr(self.model, "training", None)
        return self if training is None else replace(self, model=training(np.random.default_rng(seed)))

    def penalty(self, parameters: Array) -> Any:
        """l1 sum |w| + l2/2 sum w^2, or None where neither is asked for."""
        if not (self.l1 or self.l2):
            return None
        weights = parameters * self.model.penalised
        return self.l1 * np.abs(weights).sum(axis=-1) + self.l2 / 2 * (weights * weights).sum(axis=-1)

    def _penalise(self, gradient: Array, parameters: Array) -> Array:
        weights = parameters * self.model.penalised
        result: Array = gradient + self.l1 * np.sign(weights) + self.l2 * weights
        return result


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
) -> Iterator[Step | Epoch]:
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
    parameters, state, step, gradient = record.parameters, record.state, record.step, record.gradient
    each = 1 if batch_size is None else -(-len(data) // batch_size)
    within = _checked(record.within, each)
    yield _last_if(record, record.passes >= epochs)
    for epoch in range(record.passes + 1, epochs + 1):
        for rows, inputs, targets in _batches(data, batch_size, seed if shuffle else None, epoch, within):
            with np.errstate(all="ignore"):
                if known and gradient is not None:
                    loss = record.loss
                else:
                    seen = problem.for_training((seed, epoch, step + 1)) if random else problem
                    loss, gradient = seen.loss_and_gradient(parameters, inputs, targets)
                learning = rate(step)
                update, state = optimizer.update(gradient, state, parameters, learning)
                parameters = np.add(parameters, update, out=update)
            step += 1
            within = (within + 1) % each
            now = partial(measure, problem, epoch, step, learning, parameters, state, within)
            yield Step(step, epoch, learning, loss, gradient, parameters, state, rows, now)
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


def _checked(within: int, each: int) -> int:
    if not 0 <= within < each:
        raise ValueError(f"resume: {within} updates were made in an epoch, which here has {each}")
    return within


def _last_if(record: Epoch, last: bool) -> Epoch:
    return record._replace(status=Status.COMPLETED) if last else record


def _batches(
    data: Dataset, size: int | None, seed: int | None, epoch: int, skipped: int
) -> Iterator[tuple[Array | slice, Array, Array]]:
    """Index, inputs and targets of each batch of an epoch: the rows in their order, or shuffled by (seed, epoch).

    The first ones may be skipped. Shuffled rows are gathered many batches at a time, of which a batch is then a view.
    """
    rows = len(data)
    if size is None or size >= rows:
        yield slice(None), data.inputs, data.targets
    elif seed is None:
        for begin in range(skipped * size, rows, size):
            batch = slice(begin, begin + size)
            yield batch, data.inputs[batch], data.targets[batch]
    else:
        order = np.random.default_rng((seed, epoch)).permutation(rows)
        gathered = size * max(1, GATHERED // (size * data.inputs.shape[1]))
        for first in range(skipped * size, rows, gathered):
            chosen = order[first : first + gathered]
            inputs, targets = data.inputs.take(chosen, axis=0), data.targets.take(chosen, axis=0)
            for begin in range(0, len(chosen), size):
                batch = slice(begin, begin + size)
                yield chosen[batch], inputs[batch], targets[batch]


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
