"""The curvature at one point, where a loss has another one elsewhere: of a saved model, or at a line's start."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import typer

from gdcli.analysis.sharpness import sharpness
from gdcli.arrays import Array
from gdcli.cli import experiment, telling
from gdcli.cli.limit_found import Found, LimitOptions, label
from gdcli.cli.models import dataset_for, loss_unit, problem_for, table_for
from gdcli.cli.options import DataOptions, OptimizerOptions
from gdcli.cli.output import exact, rerun
from gdcli.cli.plan import Plan
from gdcli.cli.terminal import Terminal
from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import SavedModel, load
from gdcli.optim.optimizers import SGD, Momentum, Nesterov, Optimizer
from gdcli.render import Report
from gdcli.render.reports.limit import LocalCurvature, describe_sharpness
from gdcli.training.loop import Problem

NOT_LOCAL = dict.fromkeys(("lr_best", "condition_number", "eigenvalues", "standardized"))  # what only a parabola has
NAMED = 4  # parameters told one by one


def of_start(made: Plan, asked: LimitOptions, name: str, again: str) -> Found:
    """The curvature of a loss that is no parabola, at a linear model's start."""
    _refuse_forecast(asked, made.loss_name)
    experiment_ = made.experiment
    values = zip(experiment_.names, telling.raw(made, experiment_.start), strict=True)
    point = ", ".join(f"{parameter} = {exact(value)}" for parameter, value in values)
    where = f"{point if len(experiment_.names) <= NAMED else 'the start'} on {name}"
    return _measured(experiment_.problem, experiment_.start, made.optimizer, where, again)


def of_model(
    context: typer.Context, data: DataOptions, asked: LimitOptions, optimizer: OptimizerOptions, terminal: Terminal
) -> Found:
    """The curvature at a saved model's parameters, on rows given or piped in.

    Raises:
        OptionError: If there are no rows.
    """
    _refuse_forecast(asked, "a saved model")
    saved = load(str(data.data))
    rows = asked.on or ("-" if terminal.piped_in() else None)
    if rows is None:
        raise OptionError("there are no rows to measure on", "add --on FILE, or pipe rows in")
    problem = _problem(saved, rows, data, terminal)
    where = f"the parameters of {data.data}, on {len(problem.data):,} rows"
    again = rerun(context, data=data.data, on=rows)
    return _measured(problem, saved.parameters, experiment.optimizer(optimizer), where, again, loss_unit(saved))


def _refuse_forecast(asked: LimitOptions, what: str) -> None:
    given = {"--lr": asked.lr, "--target-loss": asked.target_loss}
    for flag in (flag for flag, value in given.items() if value is not None):
        raise OptionError(f"{flag}: no formula foretells {what}", "leave it out; it goes with a line and --loss mse")


def _problem(saved: SavedModel, rows: str, data: DataOptions, terminal: Terminal) -> Problem:
    """What the model was trained to minimise, on these rows."""
    config: dict[str, Any] = saved.config
    bare = problem_for(saved)
    chosen = dataset_for(saved, table_for(saved, rows, data, terminal), data)
    encoded = saved.preparation.encoded(chosen, np.float64, float(config.get("label_smoothing", 0.0)))
    return Problem(bare.model, bare.loss, encoded, None, float(config.get("l1", 0.0)), float(config.get("l2", 0.0)))


def _measured(
    problem: Problem, parameters: Array, optimizer: Optimizer, where: str, again: str, unit: float = 1.0
) -> Found:
    """The curvature at one point.

    Raises:
        DataError: If the loss is not finite there.
    """
    found, factor = sharpness(problem, parameters), _factor(optimizer)
    if not math.isfinite(found.value):
        raise DataError("the loss has no curvature there: numbers are too large", "try --standardize")
    curvature = found.value + optimizer.weight_decay
    curved = curvature > found.residual
    limit = 2 * factor / curvature if factor is not None and curved else None
    loss = float(problem.measured(parameters.astype(np.float64), problem.data)[0]) * unit
    told = LocalCurvature(where, limit, found.value, loss, found.residual, found.products)
    why = f"no formula tells that of {label(optimizer)}" if curved else "the loss is not curved upwards at that point"
    return Found(limit, why, again, lambda _interrupted: _report(told, why, optimizer, again))


def _factor(optimizer: Optimizer) -> float | None:
    """How many times 2/L the limit is with momentum; None where no formula tells."""
    kept = getattr(optimizer, "momentum", 0.0)
    factors = {SGD: 1.0, Momentum: 1 + kept, Nesterov: (1 + kept) / (1 + 2 * kept)}
    return factors.get(type(optimizer))


def _report(told: LocalCurvature, why: str, optimizer: Optimizer, again: str) -> Report:
    more = {"kind": "local", "at": told.where, "optimizer": label(optimizer), "rerun": again}
    return Report(
        schema="gdcli.limit/1",
        records=[told],
        rows_name="",
        summary=lambda: told.row() | NOT_LOCAL | more,
        paragraph=lambda _record, _screen: (),
        blocks=lambda screen: describe_sharpness(told, why, screen),
    )
