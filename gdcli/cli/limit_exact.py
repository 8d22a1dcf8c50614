"""The limits of a linear model with MSE: exact, good for a forecast, and tried out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import typer

from gdcli.analysis.forecast import Forecast, curved, forecast
from gdcli.cli import telling
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.limit_found import Found, LimitOptions, label
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.output import rerun
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.nn import losses
from gdcli.optim.optimizers import SGD, Momentum, Nesterov
from gdcli.optim.schedules import Constant
from gdcli.render import Report
from gdcli.render.reports.limit import (
    LimitReport,
    LimitTrial,
    RateForecast,
    tabulate_forecasts,
    tabulate_limits,
    tabulate_trials,
)
from gdcli.render.screen import Screen
from gdcli.training.records import Status
from gdcli.training.streams import Run

STEPS = 2000
BELOW, ABOVE = 0.99, 1.01
INPUTS = {"none": "as they are", "standard": "standardized"}
FORMULAS: dict[type, str] = {SGD: "2/L", Momentum: "2(1 + u)/L", Nesterov: "2(1 + u)/(1 + 2u)/L"}


def of_line(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    asked: LimitOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    loop: LoopOptions,
    terminal: Terminal,
) -> Found:
    """A linear model's limits: exact with MSE, else the curvature at the start."""
    name, line = lecture(data, line, terminal)
    rows = read(name, data, terminal)

    def planned(scaled: LoopOptions) -> Plan:
        made = plan(rows, None, line, RateOptions(asked.lr), scaled, STEPS, optimizer, loss, StopOptions())
        return made.compressed()

    made = planned(loop)
    again = rerun(context, data=name, **start_words(line, data))
    if made.experiment.problem.loss is not losses.mse:
        from gdcli.cli.limit_local import of_start  # measured, with what measuring needs

        return of_start(made, asked, name, again)
    scale = telling.scale_name(loop)
    raw = _limits(made, INPUTS.get(scale, f"scale {scale}"))
    scaled = planned(loop._replace(standardize=True, scale=None))
    standardized = _limits(scaled, "standardized")
    return Found(raw.lr_max, _why(raw, made), again, _Exact(made, raw, standardized, scaled, asked, again).report)


def _why(raw: LimitReport, made: Plan) -> str:
    """Why there is no limit, where there is none."""
    if math.isinf(raw.lr_max_sgd):
        return "the loss is flat"
    return "numbers are too large" if not raw.lr_max_sgd else f"no formula tells that of {label(made.optimizer)}"


def _limits(made: Plan, inputs: str) -> LimitReport:
    spectrum = made.spectrum
    steepest = float(spectrum.eigenvalues[-1])
    return LimitReport(
        inputs=inputs,
        lr_max=made.limit,
        lr_max_sgd=spectrum.largest_stable_rate,
        lr_best=curved(spectrum).best_rate,
        lr_cautious=1 / steepest if steepest > 0 else math.inf,
        condition_number=spectrum.condition_number,
        eigenvalues=spectrum.eigenvalues.tolist(),
        flat=len(spectrum.eigenvalues) - len(curved(spectrum).eigenvalues),
    )


@dataclass(frozen=True)
class _Exact:
    """The limits, and what they are good for."""

    plan: Plan
    raw: LimitReport
    standardized: LimitReport
    scaled: Plan
    asked: LimitOptions
    again: str

    def report(self, interrupted: Callable[[], bool]) -> Report:
        """For any format."""
        made = self.plan
        found = [self.raw] if self.raw.inputs == "standardized" else [self.raw, self.standardized]
        foretold, tried = list(self.outlooks()), list(self.trials(interrupted))
        return Report(
            schema="gdcli.limit/1",
            records=found,
            rows_name="",
            summary=lambda: {
                **self.raw.figures(),
                "standardized": self.standardized.figures(),
                "kind": "exact",
                "optimizer": label(made.optimizer),
                "batch_size": made.batch_size or "full",
                "l2": made.experiment.problem.l2,
                "weight_decay": made.optimizer.weight_decay,
                "predictions": [one._asdict() for one in foretold],
                "experiment": [one._asdict() for one in tried],
                "rerun": self.again,
            },
            paragraph=lambda _record, _screen: (),
            blocks=lambda screen: self.blocks(found, foretold, tried, screen),
        )

    def blocks(
        self,
        found: Sequence[LimitReport],
        foretold: Sequence[RateForecast],
        tried: Sequence[LimitTrial],
        screen: Screen,
    ) -> Iterator[str]:
        """For a table."""
        yield from tabulate_limits(found, self.other(), screen)
        if foretold:
            yield from tabulate_forecasts(foretold, "MSE", screen)
        if tried:
            yield from tabulate_trials(tried, "MSE", screen)

    def other(self) -> tuple[str, str] | None:
        """What else but plain descent is asked about, and its formula."""
        optimizer, size = self.plan.optimizer, self.plan.batch_size
        formula = FORMULAS.get(type(optimizer), "see gdcli lr-find")
        if size is not None:
            return f"batches of {size}", f"{formula}, of the worst row"
        return None if type(optimizer) is SGD else (label(optimizer), formula)

    def outlooks(self) -> Iterator[RateForecast]:
        """What the rate asked for will do; else the cautious, the fastest and the almost too large one."""
        limit, target = self.plan.limit, self.asked.target_loss
        rates = {"just below the limit": math.inf if limit is None else BELOW * limit}
        if limit == self.raw.lr_max_sgd:
            rates = {"cautious": self.raw.lr_cautious, "fastest": self.raw.lr_best} | rates
        if self.asked.lr is not None:
            rates = {"" if limit is None else f"{self.asked.lr / limit:.4g} x limit": self.asked.lr}
        ways = [(name, rate, self.plan) for name, rate in rates.items()]
        if "fastest" in rates and self.raw.inputs != "standardized":  # why standardise
            ways.append(("fastest, standardized", self.standardized.lr_best, self.scaled))
        for name, rate, made in ways:
            run = self.forecast(rate, made)
            if run is not None and math.isfinite(rate):
                steps = None if target is None else run.steps_to(target)
                yield RateForecast(name, rate, run.contraction, run.steps_per_factor(), target, steps)

    def forecast(self, rate: float, made: Plan) -> Forecast | None:
        """The run at a constant rate, where a formula tells it."""
        if made.batch_size is not None:
            return None
        return forecast(made.experiment.problem, made.optimizer, rate, made.experiment.start)

    def trials(self, interrupted: Callable[[], bool]) -> Iterator[LimitTrial]:
        """Real runs just below and just above the limit, where there is one."""
        limit = self.plan.limit
        for factor in () if limit is None else (BELOW, ABOVE):
            rate = factor * (limit or 0.0)
            foretold = self.forecast(rate, self.plan)
            if foretold is not None:
                made = self.plan._replace(rate=rate, schedule=Constant(rate))
                run = Run(made.records(interrupted, lambda stream: stream))
                for _ in run:
                    pass
                if not interrupted():
                    yield _trial(factor, rate, run, foretold)


def _trial(factor: float, rate: float, run: Run, foretold: Forecast) -> LimitTrial:
    """What a real run came to."""
    first, last, steps = float(run.losses[0]), float(run.last.loss), run.last.step
    verdict = "diverges" if run.last.status is Status.DIVERGED else "converges" if last < first else "neither"
    right = verdict == ("converges" if factor < 1 else "diverges")
    return LimitTrial(factor, rate, verdict, right, steps, first, last, foretold.loss(steps), foretold.least)
