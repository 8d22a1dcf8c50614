"""A stack of runs: R descents as one, through the one training loop, each with the ending it would have alone.

Parameters are (R, P) and the learning rate is (R, 1); everything else is shared: model, data, order of the rows.
A run that has ended is frozen: whatever becomes of its numbers touches no other. When half of a stack has ended, the
rest goes on as a smaller one. Losses are kept for every epoch, parameters only as they are now and at their best.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gdcli.arrays import Array, ones
from gdcli.models import Linear
from gdcli.networks import Network
from gdcli.optimizers import Optimizer, Rate
from gdcli.records import Epoch, Status, Step
from gdcli.schedules import Schedule
from gdcli.streams import EXPLODED
from gdcli.training import Problem, descend

__all__ = ["Member", "Outcome", "Pass", "Rules", "Stack", "stacked", "sweep"]


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
    """What ends a run, as the filters of `gdcli.streams` have it.

    Args:
        tolerance: Converged when no component of the gradient exceeds it.
        target_loss: Converged at this loss.
        patience: Stopped after so many epochs without improvement.
        min_delta: What counts as an improvement.
        floor: The least loss to measure explosions by.
        unit: What losses are multiplied by before they are told or compared.
    """

    tolerance: float | None = None
    target_loss: float | None = None
    patience: int | None = None
    min_delta: float = 0.0
    floor: float = 0.0
    unit: float = 1.0


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


class Column(np.ndarray):
    """A number for each run, (R, 1), that takes the precision of what it meets, as Python's own numbers do.

    Among themselves and with Python's numbers they stay float64; an array of float32 meets them as float32. So a
    formula gives each run of a stack the very numbers that it gives the run alone.

    >>> rate = Column.of([0.1, 0.2])
    >>> (rate / 3).dtype, (rate / 3 * np.ones((2, 1), np.float32)).dtype
    (dtype('float64'), dtype('float32'))
    """

    @classmethod
    def of(cls, numbers: Sequence[Any]) -> Column:
        """A column of these numbers."""
        return np.array(numbers, np.float64)[:, None].view(cls)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """The operation on plain arrays."""
        single = any(type(one) is np.ndarray and one.dtype == np.float32 for one in inputs)
        kind = np.float32 if single else np.float64
        plain = [one.view(np.ndarray).astype(kind, copy=False) if isinstance(one, Column) else one for one in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        own = all(isinstance(one, Column) or type(one) is not np.ndarray for one in inputs)
        return result.view(Column) if own and isinstance(result, np.ndarray) else result


@dataclass(frozen=True, eq=False)
class Stack(Problem):
    """A problem for R runs at once, each with its own penalties.

    Args:
        l1s: Shape (R, 1).
        l2s: Shape (R, 1).
    """

    l1s: Array | float = 0.0
    l2s: Array | float = 0.0

    def loss_and_gradient(self, parameters: Array, inputs: Array, targets: Array) -> tuple[Any, Array]:
        """The data losses (R,), and the gradients (R, P) of those plus the penalties."""
        if type(self.model) is Network:
            outputs, backprop = _backwards(self.model, parameters, inputs)
            loss, way_back = self.loss(outputs, targets)
            gradient = backprop(way_back)
        else:
            loss, gradient = super().loss_and_gradient(parameters, inputs, targets)
        if not (np.any(self.l1s) or np.any(self.l2s)):
            return loss, gradient
        weights = parameters * self.model.penalised
        return loss, gradient + self.l1s * np.sign(weights) + self.l2s * weights


def _backwards(model: Network, parameters: Array, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
    """A stack's way through a network and back, with the biases' parts summed in the order of a single run's.

    A run at the edge of stability makes a large difference of the last bit: so there must be none.
    """
    hidden, taped = inputs.astype(parameters.dtype, copy=False), []
    last = len(model.layers) - 1
    for at, layer in enumerate(model.layers):
        below, back = hidden, None
        hidden = np.matmul(below, layer.weights(parameters))
        hidden += layer.bias(parameters)[:, None, :]
        if at < last:
            hidden, back = model.activations[at](hidden)
        taped.append((layer, below, back))

    def backprop(gradient: Array) -> Array:
        result = np.empty(parameters.shape, parameters.dtype)
        flowing = gradient if model.sizes[-1] > 1 else gradient[..., None]
        for layer, below, back in reversed(taped):
            flowing = flowing if back is None else back(flowing)
            np.matmul(below.mT, flowing, out=layer.weights(result))
            np.matmul(ones(flowing.shape[-2], flowing.dtype), flowing, out=layer.bias(result))
            if layer.begin:
                flowing = np.matmul(layer.weights(parameters), flowing.mT).mT  # as in a single run
        return result

    return (hidden if model.sizes[-1] > 1 else hidden[..., 0]), backprop


@dataclass(frozen=True)
class Apart:
    """A linear model on a stack, one product a run: the sums, and so all bits, are those of each run alone.

    Args:
        model: The linear model.
    """

    model: Linear

    @property
    def size(self) -> int:
        """The model's."""
        return self.model.size

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The model's."""
        return self.model.parameter_names

    @property
    def penalised(self) -> Array:
        """The model's."""
        return self.model.penalised

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Outputs (R, n) for inputs (n, d), and the way back."""
        outputs, backprop = self.model(parameters[:, None, :], inputs)
        return outputs[:, 0, :], lambda gradient: backprop(gradient[:, None, :])[:, 0, :]


def stacked(optimizers: Sequence[Optimizer]) -> Optimizer | None:
    """One optimizer that does for each run of a stack what its own would do; None where there is none.

    Hyperparameters that differ become arrays (R, 1); it is tried whether the formula takes them.

    Args:
        optimizers: One for each run.

    >>> from gdcli.optimizers import SGD, Adam, Momentum
    >>> stacked([Momentum(momentum=0.5), Momentum(momentum=0.9)]).momentum.tolist()
    [[0.5], [0.9]]
    >>> stacked([SGD(), Adam()]) is None
    True
    """
    first = optimizers[0]
    if all(other == first for other in optimizers):
        return first
    if any(type(other) is not type(first) for other in optimizers):
        return None
    columns: dict[str, Any] = {}
    for name, value in vars(first).items():
        values = [getattr(other, name) for other in optimizers]
        columns[name] = value if all(other == value for other in values) else Column.of(values)
    made = type(first)(**columns)
    return made if _takes_columns(made, len(optimizers)) else None


def _takes_columns(optimizer: Optimizer, runs: int) -> bool:
    probe = np.ones((runs, 1))
    try:
        optimizer.update(probe, optimizer.init(probe), probe, probe)
    except ValueError:  # "the truth value of an array is ambiguous": a formula that asks whether it is 0
        return False
    return True


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
    book, rows, past = _Book(members, epochs, rules), np.arange(len(members)), None
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
    l1s, l2s = (Column.of([getattr(one, name) for one in group]) for name in ("l1", "l2"))
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


class _Book:
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
        self._before: Array | None = None

    def open(self, rows: Array, problem: Problem) -> None:
        """A stack of these runs begins, or goes on after others have left it."""
        if self._before is not None:
            self._before = self._before[self.live]
        self._rows, self._problem = rows, problem
        self.live = np.ones(len(rows), bool)
        self._watched = problem.validation is not None
        self._turns, self._steps, self._compared = np.zeros(len(rows)), 0, 0

    @np.errstate(all="ignore")
    def read(self, record: Step | Epoch, interrupted: bool) -> list[Outcome]:
        """Takes a record in; returns the runs that it ends."""
        if isinstance(record, Step):
            return self._read_step(record, interrupted)
        self._write(record, self.live)
        ends = self._ends(record, interrupted)
        self._turns[:], self._steps, self._compared = 0, 0, 0
        return ends

    def _read_step(self, record: Step, interrupted: bool) -> list[Outcome]:
        self._steps += 1
        if self._steps <= LOOKED_AT:
            self._compare(np.atleast_2d(record.update))
        else:
            self._before = None
        fine = np.atleast_1d(record.loss <= self._ceiling[self._rows])
        gone = self.live if interrupted else self.live & ~fine
        if not gone.any():
            return []
        state = record.measure()
        self._write(state, gone)
        return self._closed(state, np.where(fine, Status.INTERRUPTED, Status.DIVERGED), gone)

    def _compare(self, update: Array) -> None:
        """Counts a step that goes back on the one before."""
        if self._before is not None:
            self._turns += np.vecdot(update, self._before) < 0
            self._compared += 1
        self._before = update

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
        if record.epoch >= self._epochs:
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
