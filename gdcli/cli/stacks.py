"""From the settings of many runs to stacks: which runs go together, and what each of them is."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from gdcli.analysis import curvature
from gdcli.analysis.verdicts import Goal
from gdcli.arrays import Array
from gdcli.cli import experiment as build
from gdcli.cli.network_plan import BATCH, FEW_ROWS, VALIDATION, NetworkPlan, network_plan
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.plan import EXPLODED_FLOOR, Plan, plan
from gdcli.cli.terminal import Terminal
from gdcli.definitions import INITIALIZER, named
from gdcli.nn import losses, metrics
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Constant, Schedule
from gdcli.training.loop import MEASURED, Problem
from gdcli.training.stacked import Member, Rules, stacked

G = TypeVar("G")
Settings = dict[str, Any]
"""The values of a run's options, by name, as `fit` or `train` would have them."""

OWN = {"lr", "schedule", "warmup", "lr_at", "l1", "l2", "m", "b", "start"}
"""Options in which the runs of one stack may differ."""
HYPERPARAMETERS = set(OptimizerOptions._fields) - {"optimizer"}
ROOM = 2**25
"""Numbers of one array of a stack: 256 megabytes."""
NEAR = 1e-6
"""Of the baseline's loss: this near the optimum's a loss is as good."""


class Job(NamedTuple):
    """Runs that are one stack, in a form that can be sent away.

    Args:
        kind: `fit` or `train`.
        table: Which of the tables read it is about.
        numbers: The runs' numbers.
        settings: Their options.
    """

    kind: str
    table: int
    numbers: tuple[int, ...]
    settings: tuple[Settings, ...]

    def alone(self) -> Iterator[Job]:
        """The same runs one by one."""
        for number, settings in zip(self.numbers, self.settings, strict=True):
            yield self._replace(numbers=(number,), settings=(settings,))


@dataclasses.dataclass(frozen=True, eq=False)
class Planned:
    """A stack, ready to run.

    Args:
        plan: The first run's plan; the others share its data and model.
        problem: What is minimised.
        members: The runs.
        rules: What ends them.
        goals: Where each should get, as far as known.
        limits: Each one's largest stable learning rate, as far as known.
    """

    plan: Plan | NetworkPlan
    problem: Problem
    members: list[Member]
    rules: Rules
    goals: list[Goal | None]
    limits: list[float | None]

    @property
    def seed(self) -> int:
        """Of the order of the rows."""
        return self.plan.seed if isinstance(self.plan, Plan) else self.plan.loop.seed

    @property
    def shuffle(self) -> bool:
        """Whether rows are shuffled."""
        return self.plan.shuffle if isinstance(self.plan, Plan) else self.plan.loop.shuffle

    @property
    def loss_name(self) -> str:
        """The loss as people write it."""
        return self.plan.loss_name


def group(kind: type[G], settings: Settings) -> G:
    """One of the groups of options, from a run's settings."""
    return kind(**{name: settings[name] for name in kind._fields})  # type: ignore[attr-defined]  # a named tuple


def planned(job: Job, rows: Any) -> Planned:
    """Resolves a job's settings on its rows.

    Args:
        job: The runs.
        rows: A `Dataset` for `fit`, `Examples` for `train`.

    Raises:
        OptionError: If an option cannot be.
    """
    return (_lines if job.kind == "fit" else _networks)(job, rows)


def _nowhere() -> Terminal:
    return Terminal(None, io.StringIO(), io.StringIO())


def _lines(job: Job, rows: Any) -> Planned:
    first = job.settings[0]
    loop, stop = group(LoopOptions, first), group(StopOptions, first)
    train, held_out = build.held_out(rows, stop.validation, loop, group(DataOptions, first), _nowhere())
    whole = plan(
        train,
        held_out,
        group(LineOptions, first),
        group(RateOptions, first),
        loop,
        first["epochs"],
        group(OptimizerOptions, first),
        group(LossOptions, first),
        stop,
    ).compressed()
    targets = train.targets
    baseline = metrics.mse(np.full(len(targets), targets.mean()), targets)
    plans = [_line(whole, settings) for settings in job.settings]
    known = _Known(baseline)
    members = [
        Member(_rate(one.schedule), one.experiment.start, one.optimizer, problem.l1, problem.l2, known.unstable(one))
        for one in plans
        for problem in (one.experiment.problem,)
    ]
    floor = EXPLODED_FLOOR * baseline
    rules = Rules(stop.tolerance, stop.target_loss, stop.patience, stop.min_delta, floor, max_steps=stop.max_steps)
    goals, limits = [known.goal(one) for one in plans], [known.limit(one) for one in plans]
    return Planned(whole, whole.experiment.problem, members, rules, goals, limits)


def _line(whole: Plan, settings: Settings) -> Plan:
    """The plan of one run of a stack of lines."""
    rate, penalties = group(RateOptions, settings), group(LossOptions, settings)
    experiment, learning_rate = whole.experiment, build.rate_of(rate)
    start = build.start_parameters(group(LineOptions, settings), experiment.problem.model.parameter_names)
    problem = dataclasses.replace(experiment.problem, l1=penalties.l1, l2=penalties.l2)
    return whole._replace(
        experiment=experiment._replace(problem=problem, start=experiment.basis.scaled(start)),
        optimizer=build.optimizer(group(OptimizerOptions, settings)),
        schedule=build.schedule(rate, learning_rate, whole.epochs * whole.steps_per_epoch),
        rate=learning_rate,
    )


def _rate(schedule: Schedule) -> float | Schedule:
    """A constant schedule is a number, which costs no call a step."""
    return schedule.rate if isinstance(schedule, Constant) and isinstance(schedule.rate, float) else schedule


class _Known:
    """What formulas tell of the runs of a stack, worked out once for all that share it.

    Args:
        baseline: The MSE of predicting the mean.
    """

    def __init__(self, baseline: float) -> None:
        self._baseline = baseline
        self._limits: dict[Any, float | None] = {}
        self._goals: dict[Any, Goal | None] = {}

    def limit(self, one: Plan) -> float | None:
        """The largest stable rate."""
        key = one.optimizer, one.experiment.problem.l2
        if key not in self._limits:
            self._limits[key] = one.limit
        return self._limits[key]

    def unstable(self, one: Plan) -> bool:
        """Whether the constant rate is above it, as `Plan.above_limit` has it."""
        limit = self.limit(one)
        constant = isinstance(one.schedule, Constant) and one.batch_size is None
        return constant and limit is not None and one.rate > limit

    def goal(self, one: Plan) -> Goal | None:
        """The optimum's loss, where a formula gives it and full batches can reach it."""
        problem = one.experiment.problem
        if problem.loss is not losses.mse or problem.l1 or one.batch_size is not None or not self._baseline > 0:
            return None
        if problem.l2 not in self._goals:
            parameters, _ = curvature.optimum(problem)
            least = float(problem.data_loss(parameters, problem.data)) if np.isfinite(parameters).all() else np.inf
            self._goals[problem.l2] = Goal(least, NEAR * self._baseline) if np.isfinite(least) else None
        return self._goals[problem.l2]


def _networks(job: Job, rows: Any) -> Planned:
    first = job.settings[0]
    network, stop = group(NetworkOptions, first), group(StopOptions, first)
    whole = network_plan(
        first["data"],
        rows,
        group(DataOptions, first),
        network,
        group(RateOptions, first),
        group(LoopOptions, first),
        first["epochs"],
        group(OptimizerOptions, first),
        group(LossOptions, first),
        stop,
        None,
        _nowhere(),
    )
    members = [_network(whole, network, settings) for settings in job.settings]
    rules = Rules(
        stop.tolerance, stop.target_loss, stop.patience, stop.min_delta, 1e-8, whole.loss_unit, stop.max_steps
    )
    nothing: list[Any] = [None] * len(members)
    return Planned(whole, whole.problem, members, rules, nothing, nothing)


def _network(whole: NetworkPlan, network: NetworkOptions, settings: Settings) -> Member:
    """One run of a stack of networks."""
    rate, penalties = group(RateOptions, settings), group(LossOptions, settings)
    made = build.optimizer(group(OptimizerOptions, settings), "adam")
    schedule = build.schedule(rate, learning_rate("train", settings), whole.epochs * whole.steps_per_epoch)
    start = whole.start
    if settings["seed"] != whole.loop.seed:
        kind = None if network.init is None else named(INITIALIZER, "--init", network.init)
        start = whole.network.initial(np.random.default_rng(settings["seed"]), whole.dtype, kind)
    return Member(_rate(schedule), start, made, penalties.l1, penalties.l2)


def learning_rate(kind: str, settings: Settings) -> float:
    """The learning rate, as asked for or as usual."""
    rate = group(RateOptions, settings)
    if kind == "fit":
        return build.rate_of(rate)
    made = build.optimizer(group(OptimizerOptions, settings), "adam")
    return type(made).usual_learning_rate if rate.lr is None else rate.lr


def jobs(kind: str, runs: Sequence[Settings], tables: Sequence[int], rows: Sequence[Any]) -> list[Job]:
    """The stacks of a sweep, in the order of their first runs: as few as there can be.

    Runs that differ only in learning rate, schedule, start, penalties or an optimizer's numbers go together; in
    the seed too, where it chooses nothing but the start.

    Args:
        kind: `fit` or `train`.
        runs: Each run's settings.
        tables: Which table each is about.
        rows: The tables.

    Raises:
        OptionError: If an option cannot be.
    """
    shared: dict[Any, list[int]] = {}
    for number, (settings, table) in enumerate(zip(runs, tables, strict=True)):
        own = OWN | HYPERPARAMETERS | (set() if _seed_matters(kind, settings, len_of(rows[table])) else {"seed"})
        key = table, *(value for name, value in settings.items() if name not in own)
        shared.setdefault(key, []).append(number)
    found: list[Job] = []
    for numbers in shared.values():
        job = Job(kind, tables[numbers[0]], tuple(numbers), tuple(runs[number] for number in numbers))
        found += _parted(job, planned(job, rows[job.table]))
    return sorted(found, key=lambda job: job.numbers)


def len_of(rows: Any) -> int:
    """How many rows there are to learn from."""
    return len(getattr(rows, "data", rows))


def _seed_matters(kind: str, settings: Settings, rows: int) -> bool:
    """Whether the seed chooses more than the start: the order of the rows, those held out, neurons to silence."""
    if settings.get("dropout"):
        return True
    if not settings["shuffle"]:
        return False
    usual = BATCH if kind == "train" else rows
    size = settings["batch_size"] or str(usual)
    batches = size.lower() != "full" and (not size.isdecimal() or int(size) < rows)
    held = settings["validation"] or (VALIDATION if kind == "train" and rows >= FEW_ROWS else "none")
    return batches or _is_number(held)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _parted(job: Job, whole: Planned) -> Iterator[Job]:
    """Parts whose optimizers go together and whose arrays are of a bearable size."""
    members, parts = whole.members, list[list[int]]()
    if stacked([member.optimizer for member in members]) is not None:
        parts = [list(range(len(members)))]
    else:
        alike: dict[Optimizer, list[int]] = {}
        for at, member in enumerate(members):
            alike.setdefault(member.optimizer, []).append(at)
        parts = list(alike.values())
    most = max(1, ROOM // _size(whole))
    for part in parts:
        for begin in range(0, len(part), most):
            chosen = part[begin : begin + most]
            yield job._replace(
                numbers=tuple(job.numbers[at] for at in chosen), settings=tuple(job.settings[at] for at in chosen)
            )


def _size(whole: Planned) -> int:
    """Numbers of a run's largest array: its parameters, or a layer's values for the rows taken at a time."""
    problem = whole.problem
    together = len(problem.data) if whole.plan.batch_size is None else min(MEASURED, len(problem.data))
    widest = max(getattr(problem.model, "sizes", (1,))[1:], default=1)
    return max(int(problem.model.size), together * int(widest))


def curve(job: Job, rows: Any, parameters: Array, grid: Array) -> Array:
    """What a finished run predicts for one raw input, in the target's units."""
    whole = planned(job, rows)
    inputs = grid[:, None]
    if isinstance(whole.plan, Plan):
        experiment = whole.plan.experiment
        return experiment.outputs(parameters, dataclasses.replace(experiment.data, inputs=inputs, targets=grid))
    made = whole.plan.preparation
    return made.predicted(whole.plan.network(parameters, made.inputs(inputs, whole.plan.dtype))[0])
