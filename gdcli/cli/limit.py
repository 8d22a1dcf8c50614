"""`gdcli limit`: how large a learning rate may be, foretold from the loss's curvature and tried out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from gdcli import curvature
from gdcli.cli import parse, telling
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.models import dataset_for, loss_unit, problem_for, table_for
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    OutputOptions,
    RateOptions,
    StopOptions,
    option,
)
from gdcli.cli.output import check, destination, emit, exact, rerun
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.data.dataset import Array
from gdcli.errors import DataError, GdcliError, OptionError
from gdcli.forecast import Forecast, forecast
from gdcli.optimizers import SGD, Momentum, Nesterov, Optimizer
from gdcli.records import Status
from gdcli.render import Report
from gdcli.render.limits import Limits, Local, Outlook, Trial, limits, local, outlooks, trials
from gdcli.render.screen import Screen
from gdcli.schedules import Constant
from gdcli.sharpness import sharpness
from gdcli.streams import Run
from gdcli.training import Problem

INTERRUPTED = 130
STEPS = 2000
TRIED = (0.99, 1.01)
MODEL = ".safetensors"
VALUE = "value"


class LimitOptions(NamedTuple):
    """What is to be foretold."""

    lr: Annotated[
        float | None,
        option("--lr", "--learning-rate", parser=parse.positive, metavar="LR", help="A rate to tell more about."),
    ] = None
    target_loss: Annotated[
        float | None,
        option("--target-loss", parser=parse.number, metavar="L", help="Tell how many steps it takes to this loss."),
    ] = None
    on: Annotated[
        str | None, option("--on", metavar="FILE", help="Rows to measure a saved model on: DATA is then the model.")
    ] = None


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    asked: LimitOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    loop: LoopOptions,
    output: OutputOptions,
) -> None:
    """Tell the largest stable learning rate of this data, and the best.

    With MSE it is exact: 2/L, L the Hessian's largest eigenvalue; and it is tried out, just below and just above.
    For another loss, or a saved network (DATA a .safetensors, its rows --on FILE), it is the sharpness at that point.
    --format value prints the rate alone.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output._replace(format="table") if output.format == VALUE else output)
    if (data.data or "").endswith(MODEL):
        found = _of_model(context, data, asked, optimizer, terminal)
    else:
        if asked.on is not None:
            raise OptionError("--on goes with a saved model as DATA", "as in gdcli limit model.safetensors --on rows.csv")
        found = _of_line(context, data, line, asked, optimizer, loss, loop, terminal)
    if output.format == VALUE:
        _print_value(found, output, terminal)
        return
    with interruptible() as interrupted:
        emit(found.report(interrupted), output, terminal)
        if interrupted():
            raise typer.Exit(INTERRUPTED)
    terminal.note(f"rerun: {found.again}")


@dataclass(frozen=True)
class _Found:
    """What was found out.

    Args:
        lr_max: The one natural number, or None.
        why: Why it is None.
        again: The command line that does it again.
        report: What there is to say; given what tells of a Ctrl-C.
    """

    lr_max: float | None
    why: str
    again: str
    report: Callable[[Callable[[], bool]], Report]


def _print_value(found: _Found, output: OutputOptions, terminal: Terminal) -> None:
    """Prints the rate alone, at full precision.

    Raises:
        GdcliError: If there is none.
    """
    if found.lr_max is None:
        raise GdcliError(f"there is no limit to print: {found.why}", "gdcli lr-find measures a rate")
    with destination(output.output, terminal) as out:
        out.write(f"{found.lr_max!r}\n")


def _of_line(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    asked: LimitOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    loop: LoopOptions,
    terminal: Terminal,
) -> _Found:
    """A linear model's limits."""
    name, line = lecture(data, line, terminal)
    rows = read(name, data, terminal)
    if optimizer.momentum is not None and optimizer.optimizer is None:
        optimizer = optimizer._replace(optimizer="momentum")

    def planned(loop_: LoopOptions) -> Plan:
        made = plan(rows, None, line, RateOptions(asked.lr), loop_, STEPS, optimizer, loss, StopOptions())
        return made.compressed()

    made = planned(loop)
    again = rerun(context, data=name, **start_words(line, data))
    if made.experiment.problem.loss is not curvature.mse:
        return _of_point(made, asked, name, again)
    scaled = planned(loop._replace(standardize=True, scale=None))
    word = {"none": "as it is", "standard": "standardized"}.get(scale := telling.scale_name(loop), f"scale {scale}")
    told = _Line(made, _limits(made, word), _limits(scaled, "standardized"), asked, again)
    return _Found(told.raw.lr_max, f"no formula tells {_label(made.optimizer)}'s", again, told.report)


def _limits(made: Plan, inputs: str) -> Limits:
    spectrum = made.spectrum
    steepest = float(spectrum.eigenvalues[-1])
    return Limits(
        inputs=inputs,
        lr_max=made.limit,
        lr_max_sgd=spectrum.largest_stable_rate,
        lr_best=spectrum.best_rate,
        lr_cautious=1 / steepest if steepest > 0 else math.inf,
        condition_number=spectrum.condition_number,
        eigenvalues=spectrum.eigenvalues.tolist(),
    )


def _label(optimizer: Optimizer) -> str:
    """The optimizer's name, with its momentum."""
    kept = f" {optimizer.momentum:g}" if isinstance(optimizer, Momentum) else ""
    return f"{type(optimizer).__name__}{kept}"


@dataclass(frozen=True)
class _Line:
    """The limits of a linear model with MSE, and what they are good for."""

    plan: Plan
    raw: Limits
    standardized: Limits
    asked: LimitOptions
    again: str

    def report(self, interrupted: Callable[[], bool]) -> Report:
        """For any format."""
        made, problem = self.plan, self.plan.experiment.problem
        found = [self.raw] if self.raw.inputs == "standardized" else [self.raw, self.standardized]
        foretold = list(self.outlooks())
        tried = list(self.trials(interrupted))
        return Report(
            schema="gdcli.limit/1",
            records=found,
            rows_name="",
            summary=lambda: {
                **self.raw.figures(),
                "standardized": self.standardized.figures(),
                "kind": "exact",
                "optimizer": _label(made.optimizer),
                "batch_size": made.batch_size or "full",
                "l2": problem.l2,
                "weight_decay": made.optimizer.weight_decay,
                "predictions": [one._asdict() for one in foretold],
                "experiment": [one._asdict() for one in tried],
                "rerun": self.again,
            },
            paragraph=lambda _record, _screen: (),
            blocks=lambda screen: self.blocks(found, foretold, tried, screen),
        )

    def blocks(
        self, found: Sequence[Limits], foretold: Sequence[Outlook], tried: Sequence[Trial], screen: Screen
    ) -> Iterator[str]:
        """For a table."""
        plain = type(self.plan.optimizer) is SGD and self.plan.batch_size is None
        batches = "" if self.plan.batch_size is None else f", any {self.plan.batch_size} rows"
        yield from limits(found, "" if plain else f"{_label(self.plan.optimizer)}{batches}", screen)
        if foretold:
            yield from outlooks(foretold, "MSE", screen)
        if tried:
            yield from trials(tried, "MSE", screen)

    def outlooks(self) -> Iterator[Outlook]:
        """What the rate asked for will do; else the cautious, the fastest and the almost too large one."""
        limit = self.plan.limit
        rates = {"just below the limit": None if limit is None else TRIED[0] * limit}
        if limit == self.raw.lr_max_sgd:
            rates = {"cautious": self.raw.lr_cautious, "fastest": self.raw.lr_best} | rates
        if self.asked.lr is not None:
            rates = {"" if limit is None else f"{self.asked.lr / limit:.4g} x limit": self.asked.lr}
        for name, rate in rates.items():
            run = None if rate is None else self.forecast(rate)
            if run is not None and rate is not None and math.isfinite(rate):
                target = self.asked.target_loss
                steps = None if target is None else run.steps_to(target)
                yield Outlook(name, rate, run.contraction, run.steps_per_factor(), target, steps)

    def forecast(self, rate: float) -> Forecast | None:
        """The run at a constant rate, where a formula tells it."""
        made = self.plan
        if made.batch_size is not None:
            return None
        return forecast(made.experiment.problem, made.optimizer, rate, made.experiment.start)

    def trials(self, interrupted: Callable[[], bool]) -> Iterator[Trial]:
        """Real runs just below and just above the limit, where it is one."""
        limit = self.plan.limit
        for factor in TRIED if limit is not None else ():
            run = self.forecast(factor * (limit or 0.0))
            if run is not None and not interrupted():
                yield self.trial(factor, factor * (limit or 0.0), run, interrupted)

    def trial(self, factor: float, rate: float, foretold: Forecast, interrupted: Callable[[], bool]) -> Trial:
        """One real run."""
        made = self.plan._replace(rate=rate, schedule=Constant(rate))
        run = Run(made.records(interrupted, lambda stream: stream))
        for _ in run:
            pass
        first, last = float(run.losses[0]), float(run.last.loss)
        verdict = "diverges" if run.last.status is Status.DIVERGED else "converges" if last < first else "neither"
        right = verdict == ("converges" if factor < 1 else "diverges")
        return Trial(factor, rate, verdict, right, run.last.step, first, last, foretold.loss(run.last.step))


def _of_point(made: Plan, asked: LimitOptions, name: str, again: str) -> _Found:
    """Another loss's curvature at a linear model's start."""
    experiment = made.experiment
    values = telling.raw(made, experiment.start)
    pairs = [f"{name} = {exact(value)}" for name, value in zip(experiment.names, values, strict=True)]
    where = ", ".join(pairs) if len(pairs) <= 4 else "the start"
    if asked.lr is not None or asked.target_loss is not None:
        raise OptionError(
            f"--{'lr' if asked.lr is not None else 'target-loss'}: no formula foretells {telling.loss_name(made)}",
            "it goes with --loss mse",
        )
    return _measured(experiment.problem, experiment.start, made.optimizer, f"{where} on {name}", again)


def _of_model(
    context: typer.Context, data: DataOptions, asked: LimitOptions, optimizer: OptimizerOptions, terminal: Terminal
) -> _Found:
    """A saved network's sharpness on some rows."""
    from gdcli.cli.experiment import optimizer as made_optimizer
    from gdcli.saving import load

    saved = load(data.data or "")
    rows = asked.on or ("-" if terminal.piped_in() else None)
    if rows is None:
        raise OptionError("there are no rows to measure on", "add --on FILE, or pipe rows in")
    if asked.lr is not None or asked.target_loss is not None:
        raise OptionError("--lr and --target-loss: no formula foretells a network", "leave them out")
    bare = problem_for(saved)
    chosen = dataset_for(saved, table_for(saved, rows, data, terminal), data)
    smoothing = float(saved.config.get("label_smoothing", 0.0))
    encoded = saved.preparation.encoded(chosen, np.float64, smoothing)
    penalties = (float(saved.config.get("l1", 0.0)), float(saved.config.get("l2", 0.0)))
    problem = Problem(bare.model, bare.loss, encoded, None, *penalties)
    if optimizer.momentum is not None and optimizer.optimizer is None:
        optimizer = optimizer._replace(optimizer="momentum")
    again = rerun(context, data=data.data, on=rows)
    where = f"the parameters of {data.data} on {len(encoded):,} rows"
    return _measured(problem, saved.parameters, made_optimizer(optimizer), where, again, loss_unit(saved))


def _measured(
    problem: Problem, parameters: Array, optimizer: Optimizer, where: str, again: str, unit: float = 1.0
) -> _Found:
    """The curvature at one point.

    Raises:
        DataError: If the loss is not finite there.
    """
    found = sharpness(problem, parameters)
    if not math.isfinite(found.value):
        raise DataError("the loss has no curvature there: numbers are too large", "try --standardize")
    factor = _factor(optimizer)
    limit = found.largest_stable_rate * factor if factor is not None and found.value > found.residual else None
    told = Local(
        where,
        limit,
        found.value,
        float(problem.measured(parameters.astype(np.float64), problem.data)[0]) * unit,
        found.residual,
        found.products,
    )
    why = f"no formula tells {_label(optimizer)}'s" if factor is None else "the loss is not curved upwards at that point"
    return _Found(limit, why, again, lambda _interrupted: _local_report(told, optimizer, again))


def _factor(optimizer: Optimizer) -> float | None:
    """How much larger than 2/L the limit is with momentum; None where no formula tells."""
    kept = getattr(optimizer, "momentum", 0.0)
    factors = {SGD: 1.0, Momentum: 1 + kept, Nesterov: (1 + kept) / (1 + 2 * kept)}
    return factors.get(type(optimizer))


def _local_report(told: Local, optimizer: Optimizer, again: str) -> Report:
    return Report(
        schema="gdcli.limit/1",
        records=[told],
        rows_name="",
        summary=lambda: {**told.row(), "kind": "local", "at": told.where, "optimizer": _label(optimizer), "rerun": again},
        paragraph=lambda _record, _screen: (),
        blocks=lambda screen: local(told, screen),
    )
