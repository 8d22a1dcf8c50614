"""One linear fit for each group of rows, all groups as one stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.grouping import GroupScatter
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError
from gdcli.experiments import building
from gdcli.experiments.experiment import Interrupted, never
from gdcli.experiments.group_rows import GroupRows, read_groups
from gdcli.experiments.notation import RANDOM
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import FIT_EPOCHS, FIT_RATE, LineSpec, Spec
from gdcli.formatting import exact
from gdcli.nn.linear import Linear, Proportional
from gdcli.optim.optimizers import SGD, Optimizer
from gdcli.optim.schedules import Constant, Schedule
from gdcli.said import enumerated, say, together
from gdcli.training.grouped import GroupedLinear, GroupedRows, GroupOutcome, descend_groups, group_mse, side_by_side
from gdcli.training.loop import Problem
from gdcli.training.rules import Tolerance
from gdcli.training.stopping import LINE_FLOOR, Stopping

__all__ = ["GroupsExperiment", "group_experiment"]

FEW, FEW_DIGITS = 4, 3


@dataclass(frozen=True, eq=False)
class GroupObjective:
    """The MSE of each group above its least value: |A (w - w*)|^2.

    Args:
        table: A, the design of each group over the root of its rows, (G, k, P).
        values: The targets in the same way, (G, k).
        optimum: w*, (G, P).
    """

    table: Array
    values: Array
    optimum: Array

    def excess(self, parameters: Array) -> Any:
        """Of parameters (G, P), shape (G,)."""
        moved = np.einsum("gkp,gp->gk", self.table, parameters - self.optimum)
        return np.einsum("gk,gk->g", moved, moved)

    @cached_property
    def resolution(self) -> Any:
        """An excess that float64 cannot tell from 0 at the optimum, (G,)."""
        return self.resolution_at(self.optimum)

    def resolution_at(self, parameters: Array) -> Any:
        """The same at parameters (G, P), (G,)."""
        terms = np.einsum("gkp,gp->gk", np.abs(self.table), np.abs(parameters)) + np.abs(self.values)
        return np.vecdot(terms, terms) * float(np.finfo(float).eps) ** 2


@dataclass(frozen=True, eq=False)
class GroupsExperiment:
    """A linear model for each group that a line can be fitted to.

    Args:
        spec: The run, the same for all groups.
        rows: What was read.
        fitted: The numbers of those groups.
        offset: What is taken from their inputs, (G, d).
        factor: What they are divided by, (G, d).
        problem: What is minimised, on all of them at once.
        start: (G, P), in scaled units.
        optimizer: From gradients to updates.
        schedule: The learning rate.
        rate: At the start of the schedule.
        epochs: At most.
        chosen: The options that were not given.
    """

    spec: Spec
    rows: GroupRows
    fitted: NDArray[np.int64]
    offset: Array
    factor: Array
    problem: Problem
    start: Array
    optimizer: Optimizer
    schedule: Schedule
    rate: float
    epochs: int
    chosen: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names."""
        return self.problem.model.parameter_names

    @cached_property
    def objective(self) -> GroupObjective:
        """The MSE, with its optimum."""
        design, targets = self.problem.data.inputs, self.problem.data.targets
        optimum = np.einsum("gpk,gk->gp", np.linalg.pinv(design), targets)
        root = np.sqrt(design.shape[1])
        return GroupObjective(design / root, targets / root, side_by_side(optimum))

    @cached_property
    def limits(self) -> Array:
        """The largest stable rate of gradient descent on each group, (G,)."""
        steepest = np.linalg.svd(self.objective.table, compute_uv=False)[:, 0]
        result: Array = 1.0 / (steepest**2 + (self.spec.loss.l2 + self.optimizer.weight_decay) / 2)
        return result

    def notes(self) -> Iterator[str]:
        """What is about to happen, and which groups are left out of it."""
        spec, count = self.spec, len(self.rows.labels)
        held = "" if self.rows.held is None else say(", {rows:,} held out", rows=int(self.rows.held.rows.sum()))
        terms = (
            enumerated(self.rows.names[:FEW])
            if len(self.rows.names) <= FEW
            else say("{count} inputs", count=len(self.rows.names))
        )
        groups = say("the 1 group") if count == 1 else say("each of {count:,} groups", count=count)
        parts = [
            say(
                "{target} from {terms}, for {groups} by {by}",
                target=self.rows.target,
                terms=terms,
                groups=groups,
                by=self.rows.by,
            ),
            say("{rows:,} rows from {name}{held}", rows=int(self.rows.train.rows.sum()), name=spec.name, held=held),
            say("standardized")
            if spec.loop.scaling == "standard"
            else say("scale {scaling}", scaling=spec.loop.scaling or "none"),
            say("{name}, lr {rate}, full batch", name=type(self.optimizer).__name__, rate=exact(self.rate)),
            say("seed {seed}", seed=spec.loop.seed),
        ]
        yield together("   ", parts)
        left = count - len(self.fitted)
        if left:
            first = int(np.setdiff1d(np.arange(count), self.fitted)[0])
            what = say("1 group is") if left == 1 else say("{left:,} groups are", left=left)
            yield say(
                "{what} not fitted: one row, or no input that varies (the first: {labels})",
                what=what,
                labels=self.rows.labels[first],
            )

    @property
    def _through_origin(self) -> bool:
        return isinstance(self.spec.model, LineSpec) and self.spec.model.no_intercept

    def raw(self, parameters: Array) -> Array:
        """Parameters in raw units, (G, P)."""
        result = parameters.copy()
        d = self.factor.shape[1]
        result[:, :d] /= self.factor
        if not self._through_origin:
            result[:, d] -= np.vecdot(result[:, :d], self.offset)
        return result

    def run(self, interrupted: Interrupted = never, watch: Callable[[int], None] = lambda _: None) -> GroupOutcome:
        """Descends."""
        unstable: Any = False
        if type(self.optimizer) is SGD and isinstance(self.schedule, Constant) and not self.spec.loss.l1:
            unstable = self.rate > self.limits
        rules = tuple(
            replace(rule, objective=self._measure) if isinstance(rule, Tolerance) else rule
            for rule in self.spec.stop.rules()
        )
        floor: Any = LINE_FLOOR * self._variance
        return descend_groups(
            self.problem,
            self.optimizer,
            learning_rate=self.schedule,
            epochs=self.epochs,
            start=self.start,
            stopping=Stopping(rules, floor=floor, unstable=unstable),
            keeps_best=self.problem.validation is not None and self.spec.stop.keep != "last",
            min_delta=self.spec.stop.rule("min_delta", 0.0),
            interrupted=interrupted,
            watch=watch,
        )

    @property
    def _measure(self) -> GroupObjective | None:
        """What a tolerance is measured by; None where penalties move the optimum."""
        penalised = self.spec.loss.l1 or self.spec.loss.l2 or self.optimizer.weight_decay
        return None if penalised else self.objective

    @property
    def _variance(self) -> Array:
        """Of the targets."""
        result: Array = np.square(self.rows.train.deviation[self.fitted, -1])
        return result


def group_experiment(spec: Spec, by: str, reader: Reader) -> GroupsExperiment:
    """The experiment of a spec, its rows read.

    Raises:
        DataError: If they cannot be read, or no group can be fitted.
        OptionError: If an option cannot be.
    """
    refuse(spec)
    rows = read_groups(spec, by, reader)
    varies = (rows.train.low[:, :-1] < rows.train.high[:, :-1]).any(axis=1)
    fitted = np.flatnonzero(varies & (rows.train.rows > 1))
    if not len(fitted):
        what = say(
            "{name}: no group of column '{by}' has two rows in which an input differs", name=spec.name, by=rows.by
        )
        raise DataError(what, say("choose another column with --by, or other inputs with --x"))
    return _settled(spec, rows, fitted)


def _settled(spec: Spec, rows: GroupRows, fitted: NDArray[np.int64]) -> GroupsExperiment:
    """The experiment with what is left open chosen: standardized inputs, and a rate at which every group is stable."""
    chosen: dict[str, Any] = {}
    if spec.rate.lr is None and spec.loop.scale is None and not spec.loop.standardize:
        chosen["standardize"] = True
        spec = spec.replace(standardize=True)
    made = _on(spec, rows, fitted)
    if spec.rate.lr is None and type(made.optimizer) is SGD:
        steepest = float(made.limits.min()) / 2
        if steepest < FIT_RATE:
            chosen["lr"] = float(np.format_float_scientific(steepest, precision=FEW_DIGITS - 1, unique=False))
            made = _on(spec.replace(lr=chosen["lr"]), rows, fitted)
    return replace(made, chosen={**chosen, "lr": made.rate, "epochs": made.epochs, "seed": spec.loop.seed})


def _on(spec: Spec, rows: GroupRows, fitted: NDArray[np.int64]) -> GroupsExperiment:
    model_spec = spec.model
    assert isinstance(model_spec, LineSpec)  # noqa: S101 - for the type checker
    scatter = rows.train.only(fitted)
    offset, factor = _scaler(spec, scatter)
    model = (Proportional if model_spec.no_intercept else Linear)(len(rows.names), rows.names)
    rate = FIT_RATE if spec.rate.lr is None else spec.rate.lr
    epochs = FIT_EPOCHS if spec.epochs.epochs is None else spec.epochs.epochs
    held = None if rows.held is None else rows.held.only(fitted)
    problem = Problem(
        GroupedLinear(model),
        group_mse,
        _seen(scatter, offset, factor, model),
        None if held is None else _seen(held, offset, factor, model),
        spec.loss.l1,
        spec.loss.l2,
    )
    start = building.start(model_spec, model.parameter_names, spec.loop.seed, lambda raw: raw)
    return GroupsExperiment(
        spec=spec,
        rows=rows,
        fitted=fitted,
        offset=offset,
        factor=factor,
        problem=problem,
        start=_scaled(start, offset, factor),
        optimizer=building.optimizer(spec.optimizer, "sgd"),
        schedule=building.schedule(spec.rate, rate, epochs),
        rate=rate,
        epochs=epochs,
    )


def _scaler(spec: Spec, scatter: GroupScatter) -> tuple[Array, Array]:
    """What is taken from each group's inputs, and what they are divided by; a constant one is divided by 1."""
    assert isinstance(spec.model, LineSpec)  # noqa: S101 - for the type checker
    wanted, centred = spec.loop.scaling, not spec.model.no_intercept
    mean, low, high = (part[:, :-1] for part in (scatter.mean, scatter.low, scatter.high))
    zero, one = np.zeros_like(mean), np.ones_like(mean)
    if wanted in (None, "none"):
        return zero, one
    if wanted == "standard":
        deviation = scatter.deviation[:, :-1]
        offset, factor = (mean, deviation) if centred else (zero, np.hypot(mean, deviation))
    elif wanted == "minmax":
        offset, factor = (low, high - low) if centred else (zero, np.maximum(np.abs(low), np.abs(high)))
    else:
        return zero, one * float(wanted or 1.0)
    return offset, np.where((low == high) & centred | (factor == 0), 1.0, factor)


def _seen(scatter: GroupScatter, offset: Array, factor: Array, model: Linear) -> GroupedRows:
    """A few rows for each group, as the model sees them; those of a group without rows have no loss."""
    inputs, targets = scatter.equivalent(offset, factor)
    if model.size > inputs.shape[2]:
        inputs = np.concatenate([inputs, np.ones((*inputs.shape[:2], 1))], axis=2)
    return GroupedRows(inputs, np.where(scatter.rows[:, None] > 0, targets, np.nan))


def _scaled(raw: Array, offset: Array, factor: Array) -> Array:
    """Raw parameters in each group's scaled units, (G, P)."""
    d = factor.shape[1]
    result = np.tile(raw, (len(factor), 1))
    if result.shape[1] > d:
        result[:, d] += offset @ raw[:d]
    result[:, :d] *= factor
    return result


def refuse(spec: Spec) -> None:
    """Refuses what groups cannot have.

    Raises:
        OptionError: Naming the option.
    """
    model, stop = spec.model, spec.stop
    assert isinstance(model, LineSpec)  # noqa: S101 - for the type checker
    rules = {name for name, _ in stop.settings}
    why = {
        "--degree": (model.degree > 1, say("each group is fitted by a plane of its inputs: write powers as columns")),
        "--start random": (model.start == RANDOM, say("all groups begin at the same parameters: give numbers")),
        "--loss": (spec.loss.loss not in (None, "mse"), say("each group's rows are condensed, which MSE alone allows")),
        "--batch-size": (spec.loop.batch_size not in (None, "full"), say("each group's rows are one batch")),
        "--at": (bool(spec.changes.at), say("groups change nothing but the rate in mid-run: --lr-at does that")),
        "--folds": (spec.folds.folds is not None, say("score groups on held-out rows: --validation 0.2")),
        "--missing mean": (spec.data.missing == "mean", say("use --missing drop")),
        "--validation FILE": (
            isinstance(stop.validation, str) and stop.validation != "none",
            say("give a part, as 0.2"),
        ),
        "--no-shuffle": (not spec.loop.shuffle, say("rows are held out by their number and the seed")),
        "--patience": ("patience" in rules, say("--keep best keeps each group's best epoch")),
    }
    for name, (asked, hint) in why.items():
        if asked:
            raise OptionError(say("--by: {name} does not go with it", name=name), hint)
