"""Batching: which specs run together as one stack, and a stack made ready to run.

Runs that differ only in numbers (learning rate, schedule, start, penalties, an optimizer's hyperparameters) share
their rows and their model, so they descend together.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gdcli.analysis.objective import objective
from gdcli.analysis.verdicts import Goal
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.experiments import building
from gdcli.experiments.defaults import FEW_ROWS, VALIDATION
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.line import LineExperiment, line_experiment
from gdcli.experiments.network import BATCH, NetworkExperiment, initial, network_experiment
from gdcli.experiments.reading import Examples
from gdcli.experiments.spec import FIT_RATE, LineSpec, NetworkSpec, OptimizerSpec, Spec
from gdcli.nn import losses
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Constant, Schedule
from gdcli.said import say
from gdcli.training.problem import MEASURED
from gdcli.training.rules import Tolerance
from gdcli.training.stacked import Member, Outcome, Pass, stacked, sweep

Rows = Dataset | Examples
"""What is read for `fit`, and for `train`."""
OWN = {"lr", "schedule", "warmup", "lr_at", "l1", "l2", "m", "b", "start"}
"""Options in which the runs of one stack may differ, besides hyperparameters."""
ROOM = 2**25
"""Numbers of one array of a stack: 256 megabytes."""
NEAR = 1e-6
"""Of the baseline's loss: this near the optimum's a loss is as good."""


class Measuring(NamedTuple):
    """How runs are measured beside their own losses.

    Args:
        folds: How many folds; 0 for the rows that they hold out, or their training rows.
        seed: Of the folds.
    """

    folds: int
    seed: int


class Job(NamedTuple):
    """Runs that are one stack, in a form that can be sent to another process.

    Args:
        table: Which of the tables read it is about.
        numbers: The runs' numbers.
        specs: The runs.
        measuring: How they are measured; None where their losses compare them.
    """

    table: int
    numbers: tuple[int, ...]
    specs: tuple[Spec, ...]
    measuring: Measuring | None = None

    def alone(self) -> Iterator[Job]:
        """The same runs one by one."""
        for number, spec in zip(self.numbers, self.specs, strict=True):
            yield self._replace(numbers=(number,), specs=(spec,))

    def part(self, places: Sequence[int]) -> Job:
        """Some of the runs."""
        numbers, specs = tuple(self.numbers[at] for at in places), tuple(self.specs[at] for at in places)
        return self._replace(numbers=numbers, specs=specs)


@dataclass(frozen=True, eq=False)
class PreparedStack:
    """A stack on its rows, ready to run.

    Args:
        experiments: The runs; they share their data and model.
        limits: Each one's largest stable learning rate, as far as known.
        unstable: Whether each one's rate is known to be above it.
        goals: Where each should get, as far as known.
    """

    experiments: Sequence[Experiment]
    limits: Sequence[float | None]
    unstable: Sequence[bool]
    goals: Sequence[Goal | None]

    @property
    def first(self) -> Experiment:
        """The one whose data, model and batches all have."""
        return self.experiments[0]

    def outcomes(self, interrupted: Callable[[], bool]) -> Iterator[Outcome | Pass]:
        """Runs all of them at once: an outcome as each ends, and a `Pass` after each epoch."""
        one = self.first
        members = [
            Member(_rate(run.schedule), run.start, run.optimizer, run.problem.l1, run.problem.l2, unstable)
            for run, unstable in zip(self.experiments, self.unstable, strict=True)
        ]
        loop = one.spec.loop
        return sweep(
            one.problem,
            members,
            epochs=one.epochs,
            batch_size=one.batch_size,
            seed=loop.seed,
            shuffle=loop.shuffle,
            stopping=one.stopping,
            min_delta=one.spec.stop.rule("min_delta", 0.0),
            interrupted=interrupted,
        )


def _rate(schedule: Schedule) -> float | Schedule:
    """A constant schedule is a number, which costs no call a step."""
    return schedule.rate if isinstance(schedule, Constant) and isinstance(schedule.rate, float) else schedule


def prepare(job: Job, rows: Rows) -> PreparedStack:
    """Makes a job ready to run on its rows.

    Raises:
        OptionError: If an option cannot be.
        DataError: If the rows cannot be learned from.
    """
    return _lines(job, rows) if isinstance(rows, Dataset) else _networks(job, rows)


def _lines(job: Job, rows: Dataset) -> PreparedStack:
    first = line_experiment(job.specs[0], rows).compressed()
    experiments = [_line(first, spec) for spec in job.specs]
    known = ClosedForms(first.baseline)
    return PreparedStack(
        experiments,
        [known.limit(one) for one in experiments],
        [known.is_unstable(one) for one in experiments],
        [known.goal(one) for one in experiments],
    )


def _line(first: LineExperiment, spec: Spec) -> LineExperiment:
    """One run of a stack of lines."""
    assert isinstance(spec.model, LineSpec)  # noqa: S101 - for the type checker
    rate = FIT_RATE if spec.rate.lr is None else spec.rate.lr
    return replace(
        first,
        spec=spec,
        problem=replace(first.problem, l1=spec.loss.l1, l2=spec.loss.l2),
        start=building.start(spec.model, first.names, spec.loop.seed, first.basis.scaled),
        optimizer=building.optimizer(spec.optimizer, "sgd"),
        schedule=building.schedule(spec.rate, rate, first.epochs * first.steps_per_epoch),
        rate=rate,
    )


def _networks(job: Job, rows: Examples) -> PreparedStack:
    first = network_experiment(job.specs[0], rows)
    experiments, count = [_network(first, spec) for spec in job.specs], len(job.specs)
    return PreparedStack(experiments, [None] * count, [False] * count, [None] * count)


def _network(first: NetworkExperiment, spec: Spec) -> NetworkExperiment:
    """One run of a stack of networks."""
    assert isinstance(spec.model, NetworkSpec)  # noqa: S101 - for the type checker
    optimizer = building.optimizer(spec.optimizer, "adam")
    rate = type(optimizer).usual_learning_rate if spec.rate.lr is None else spec.rate.lr
    start = first.start
    if spec.loop.seed != first.spec.loop.seed:
        start = initial(first.network, spec.model, spec.loop.seed, first.dtype)
    return replace(
        first,
        spec=spec,
        problem=replace(first.problem, l1=spec.loss.l1, l2=spec.loss.l2),
        start=start,
        optimizer=optimizer,
        schedule=building.schedule(spec.rate, rate, first.epochs * first.steps_per_epoch),
        rate=rate,
    )


class ClosedForms:
    """Largest stable rates and optima of the runs of a stack, each worked out once for all that share it.

    Args:
        baseline: The MSE of predicting the mean.
    """

    def __init__(self, baseline: float) -> None:
        self._baseline = baseline
        self._limits: dict[Hashable, float | None] = {}
        self._goals: dict[Hashable, Goal | None] = {}

    def limit(self, one: LineExperiment) -> float | None:
        """The largest stable rate."""
        key = one.optimizer, one.problem.l2
        if key not in self._limits:
            self._limits[key] = one.limit
        return self._limits[key]

    def is_unstable(self, one: LineExperiment) -> bool:
        """Whether the constant rate is above it."""
        limit = self.limit(one)
        return one.has_constant_rate and one.batch_size is None and limit is not None and one.rate > limit

    def goal(self, one: LineExperiment) -> Goal | None:
        """The optimum's loss, where a closed form is known and full batches can reach it."""
        problem = one.problem
        if problem.loss is not losses.mse or problem.l1 or one.batch_size is not None or not self._baseline > 0:
            return None
        key = one.optimizer, problem.l2
        if key not in self._goals:
            true = objective(problem, one.optimizer, one.noise)
            least = np.inf if true is None else float(problem.data_loss(true.optimum, problem.data))
            self._goals[key] = Goal(least, NEAR * self._baseline) if np.isfinite(least) else None
        return self._goals[key]


class Batch(NamedTuple):
    """A job, and what its runs turn out to be on their rows.

    Args:
        job: The runs, with their learning rates and epochs as numbers.
        optimizers: Their optimizers.
    """

    job: Job
    optimizers: tuple[Optimizer, ...]


def batches(specs: Sequence[Spec], tables: Sequence[int], rows: Sequence[Rows], folds: int = 0) -> list[Batch]:
    """The stacks of a sweep, in the order of their first runs: as few as there can be.

    Runs that differ only in learning rate, schedule, start, penalties or hyperparameters go together; in the seed
    too, where it chooses nothing but the start.

    Args:
        specs: The runs.
        tables: Which table each is about.
        rows: The tables.
        folds: How many each run is measured on too: a rate that is chosen is one for them as well.

    Raises:
        OptionError: If an option cannot be.
    """
    found: list[Batch] = []
    _refuse_changes(specs)
    measured = [spec.replace(folds=folds) if folds else spec for spec in specs]
    settled = settled_specs(measured, tables, rows)
    specs = [one.replace(folds=spec.folds.folds) for one, spec in zip(settled, specs, strict=True)]
    for numbers in _alike(specs, tables, rows):
        job = Job(tables[numbers[0]], tuple(numbers), tuple(specs[number] for number in numbers))
        found += _parts(job, prepare(job, rows[job.table]))
    return sorted(found, key=lambda batch: batch.job.numbers)


def _refuse_changes(specs: Sequence[Spec]) -> None:
    """Refuses what changes in mid-run, but for the rate.

    Raises:
        OptionError: If something does.
    """
    if any(spec.changes.at for spec in specs):
        what = say("--at: the runs of a sweep share their steps, so only the rate changes in mid-run")
        raise OptionError(what, say("--lr-at changes it; gdcli {command} takes every --at", command=specs[0].command))


def settled_specs(specs: Sequence[Spec], tables: Sequence[int], rows: Sequence[Rows]) -> list[Spec]:
    """The same runs with all that they leave open chosen: once for all that share everything it depends on."""
    known: dict[Hashable, Spec] = {}
    found = []
    for spec, table in zip(specs, tables, strict=True):
        rate = spec.rate.lr
        alike = spec if rate is None else spec.replace(lr=1.0)
        if (table, alike) not in known:
            known[table, alike] = _settled(alike, rows[table])
        chosen = known[table, alike]
        found.append(chosen if rate is None else chosen.replace(lr=rate))
    return found


def _settled(spec: Spec, rows: Rows) -> Spec:
    """A run with all that it leaves open chosen."""
    if spec.rate.lr is not None and (spec.epochs.epochs is not None or isinstance(rows, Dataset)):
        return spec
    return (line_experiment(spec, rows) if isinstance(rows, Dataset) else network_experiment(spec, rows)).spec


def _alike(specs: Sequence[Spec], tables: Sequence[int], rows: Sequence[Rows]) -> Iterator[list[int]]:
    """The numbers of the runs that differ in nothing but what is their own."""
    own = OWN | {one.name for one in OptimizerSpec.options()} - {"optimizer"}
    shared: dict[Hashable, list[int]] = {}
    for number, (spec, table) in enumerate(zip(specs, tables, strict=True)):
        free = own if _seed_matters(spec, row_count(rows[table])) else own | {"seed"}
        if any(isinstance(rule, Tolerance) for rule in spec.stop.rules()):
            free = free - {"l2", "weight_decay"}  # they move the optimum, which the rule is about
        key = table, *(value for name, value in spec.values().items() if name not in free)
        shared.setdefault(key, []).append(number)
    yield from shared.values()


def row_count(rows: Rows) -> int:
    """How many rows there are to learn from."""
    return len(rows if isinstance(rows, Dataset) else rows.data)


def _seed_matters(spec: Spec, rows: int) -> bool:
    """Whether the seed chooses more than the start: the order of the rows, those held out, neurons to silence."""
    network = spec.model if isinstance(spec.model, NetworkSpec) else None
    if network is not None and network.dropout:
        return True
    if not spec.loop.shuffle:
        return False
    held_out = spec.stop.validation
    if held_out is None and network is not None and rows >= FEW_ROWS:
        held_out = VALIDATION
    in_batches = building.batch_size(spec.loop, rows, BATCH if network is not None else None) is not None
    return in_batches or isinstance(held_out, float)


def _parts(job: Job, stack: PreparedStack) -> Iterator[Batch]:
    """Parts whose optimizers go together and whose arrays are of a bearable size."""
    most = max(1, ROOM // _size(stack.first))
    for group in _together([one.optimizer for one in stack.experiments]):
        for begin in range(0, len(group), most):
            chosen = group[begin : begin + most]
            runs = [stack.experiments[at] for at in chosen]
            resolved = job.part(chosen)._replace(specs=tuple(map(_resolved, runs)))
            yield Batch(resolved, tuple(one.optimizer for one in runs))


def _resolved(one: Experiment) -> Spec:
    """A run's spec, with its learning rate and epochs as numbers."""
    spec = one.spec
    return replace(spec, rate=replace(spec.rate, lr=one.rate), epochs=replace(spec.epochs, epochs=one.epochs))


def _together(optimizers: Sequence[Optimizer]) -> list[list[int]]:
    """The places of optimizers that can be united in one."""
    if stacked(optimizers) is not None:
        return [list(range(len(optimizers)))]
    alike: dict[Optimizer, list[int]] = {}
    for at, optimizer in enumerate(optimizers):
        alike.setdefault(optimizer, []).append(at)
    return list(alike.values())


def _size(one: Experiment) -> int:
    """Numbers of a run's largest array: its parameters, or a layer's values for the rows taken at a time."""
    problem = one.problem
    together = len(problem.data) if one.batch_size is None else min(MEASURED, len(problem.data))
    widest = max(getattr(problem.model, "sizes", (1,))[1:], default=1)
    return max(int(problem.model.size), together * int(widest))
