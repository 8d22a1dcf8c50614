"""How large a learning rate may be: exact for a line with MSE, else by the curvature at one point."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis import claims
from gdcli.analysis.claims import Claim, sharpness_trust
from gdcli.analysis.curvature import BATCH_FORMULAS, FORMULAS, stability_factor
from gdcli.analysis.forecast import Forecast, forecast
from gdcli.analysis.sharpness import difference_error, sharpness
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, GdcliError, OptionError
from gdcli.experiments.experiment import never
from gdcli.experiments.line import LineExperiment, on_rows
from gdcli.experiments.result import described
from gdcli.formatting import exact
from gdcli.optim.optimizers import SGD, Momentum, Optimizer
from gdcli.optim.schedules import Constant
from gdcli.said import say
from gdcli.training.loop import Problem
from gdcli.training.records import Status
from gdcli.training.streams import Run

STEPS = 2000
BELOW, ABOVE = 0.99, 1.01
CAUTIOUS, FASTEST = say("cautious"), say("fastest")
INPUTS = {"none": say("as they are"), "standard": say("standardized")}
NOT_LOCAL = dict.fromkeys(("lr_best", "condition_number", "eigenvalues", "standardized"))  # what only a parabola has
NAMED = 4  # parameters named one by one


class Limits(NamedTuple):
    """What the spectrum says of learning rates, for one scaling of the inputs.

    Args:
        inputs: How they are scaled, in a word.
        lr_max: The largest stable rate of the optimizer asked for; None where no formula tells.
        lr_max_sgd: 2/L, plain gradient descent's.
        lr_best: 2/(L + mu).
        lr_cautious: 1/L.
        condition_number: L/mu.
        eigenvalues: The Hessian's, from mu to L.
        flat: How many directions have none; they are left out of lr_best.
    """

    inputs: str
    lr_max: float | None
    lr_max_sgd: float
    lr_best: float
    lr_cautious: float
    condition_number: float
    eigenvalues: Sequence[float]
    flat: int = 0

    def row(self) -> dict[str, Any]:
        """The rates, the condition number, and the ends of the spectrum."""
        ends = {"smallest_eigenvalue": self.eigenvalues[0], "largest_eigenvalue": self.eigenvalues[-1]}
        return {name: value for name, value in self._asdict().items() if name != "eigenvalues"} | ends

    def figures(self) -> dict[str, Any]:
        """For json: all but how the inputs are scaled."""
        return {name: value for name, value in self._asdict().items() if name != "inputs"}


class LocalCurvature(NamedTuple):
    """The curvature at one point of a loss that has another one elsewhere.

    Args:
        where: The point, in words.
        lr_max: 2 / sharpness, with the momentum's factor; None where the loss is not curved upwards.
        sharpness: The Hessian's largest eigenvalue there.
        loss: The loss there.
        residual: How far off its search leaves the eigenvalue, at most.
        products: Hessian-vector products that it took.
        difference_error: How far off finite differences leave it, at most.
    """

    where: str
    lr_max: float | None
    sharpness: float
    loss: float
    residual: float
    products: int
    difference_error: float = 0.0

    def row(self) -> dict[str, Any]:
        """lr_max, sharpness, loss, residual, products, difference_error."""
        return {name: value for name, value in self._asdict().items() if name != "where"}


class RateForecast(NamedTuple):
    """What a constant rate will do.

    Args:
        name: Which rate it is.
        lr: The rate.
        contraction: What the slowest part of the error is multiplied by a step.
        steps_per_factor_100: Steps in which the loss comes 100 times nearer to its minimum.
        target_loss: The loss asked for, or None.
        steps: The first step that reaches it; None if none does.
    """

    name: str
    lr: float
    contraction: float
    steps_per_factor_100: float
    target_loss: float | None
    steps: int | None


class LimitTrial(NamedTuple):
    """A real run near the limit, beside what was foretold of it.

    Args:
        factor: The rate as a part of the limit.
        lr: The rate.
        verdict: `converges`, `diverges`, or `neither`.
        as_predicted: Whether that is what the formula says.
        steps: How many were made.
        first_loss: Before them.
        loss: After them.
        predicted_loss: What the closed form says of the loss after them.
        least_loss: The loss at the minimum.
    """

    factor: float
    lr: float
    verdict: str
    as_predicted: bool
    steps: int
    first_loss: float
    loss: float
    predicted_loss: float
    least_loss: float


@dataclass(frozen=True, eq=False)
class LineLimits:
    """The limits of a linear model with MSE, and what they foretell.

    Args:
        experiment: The model, its inputs as asked for.
        lr: A rate to say more about, or None.
        target_loss: A loss to foretell the steps to, or None.
    """

    experiment: LineExperiment
    lr: float | None = None
    target_loss: float | None = None

    @cached_property
    def scaled(self) -> LineExperiment:
        """The same with standardised inputs."""
        spec = self.experiment.spec
        return on_rows(spec.replace(standardize=True, scale=None), self.experiment.data).compressed()

    @cached_property
    def raw(self) -> Limits:
        """On the inputs asked for."""
        scale = self.experiment.scale_name
        return _limits(self.experiment, INPUTS.get(scale, say("scale {scale}", scale=scale)))

    @cached_property
    def standardized(self) -> Limits:
        """On standardised inputs."""
        return _limits(self.scaled, INPUTS["standard"])

    @property
    def lr_max(self) -> float | None:
        """The largest stable rate, or None."""
        return self.raw.lr_max

    @property
    def inputs(self) -> list[Limits]:
        """The limits for each scaling that is shown."""
        return [self.raw] if self.raw.inputs == "standardized" else [self.raw, self.standardized]

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is claimed of the limit, the best rate, and the optimum, and how sure that is."""
        descent, data = self.experiment.descent, self.experiment.data
        made = [descent.limit, descent.best]
        if descent.objective is not None and not descent.blurred:
            dependences = descent.objective.rank.dependences
            made += [claims.condition(descent.objective), claims.uniqueness(descent.objective, is_shown=False)]
            made += [claims.twins(data.inputs, data.input_names, dependences)] if self._is_first_degree else []
        return tuple(claim for claim in made if claim is not None)

    @property
    def _is_first_degree(self) -> bool:
        return self.experiment.basis.degree == 1

    @property
    def why(self) -> str:
        """Why there is no limit, where there is none."""
        if math.isinf(self.raw.lr_max_sgd):
            return say("the loss is flat")
        if not self.raw.lr_max_sgd:
            return say("numbers are too large")
        return say("no closed form is known for {label}", label=label(self.experiment.optimizer))

    def figures(self, outlooks: Sequence[RateForecast], trials: Sequence[LimitTrial]) -> dict[str, Any]:
        """The object of `gdcli.limit/1`."""
        experiment = self.experiment
        return {
            **self.raw.figures(),
            "standardized": self.standardized.figures(),
            "kind": "exact",
            "optimizer": label(experiment.optimizer),
            "batch_size": experiment.batch_size or "full",
            "l2": experiment.problem.l2,
            "weight_decay": experiment.optimizer.weight_decay,
            "claims": [claim.row() for claim in self.claims],
            "predictions": [one._asdict() for one in outlooks],
            "experiment": [one._asdict() for one in trials],
            "reading": described(experiment.reading),
        }

    def other(self) -> tuple[str, str] | None:
        """What else but plain descent is asked about, and its formula."""
        optimizer, size = self.experiment.optimizer, self.experiment.batch_size
        formulas = FORMULAS if size is None else BATCH_FORMULAS
        formula = formulas.get(type(optimizer), say("see gdcli lr-find"))
        if size is not None:
            return say("batches of {size}", size=size), say("{formula}, of the worst row", formula=formula)
        return None if type(optimizer) is SGD else (label(optimizer), formula)

    def forecasts(self) -> Iterator[RateForecast]:
        """What the rate asked for will do; else the cautious, the fastest and the almost too large one."""
        experiment, target = self.experiment, self.target_loss
        limit = experiment.limit
        rates: dict[str, float] = {say("just below the limit"): math.inf if limit is None else BELOW * limit}
        if limit is not None and type(experiment.optimizer) is SGD and experiment.batch_size is None:
            rates = {CAUTIOUS: self.raw.lr_cautious, FASTEST: self.raw.lr_best} | rates
        if self.lr is not None:
            rates = {"" if limit is None else say("{lr:.4g} x limit", lr=self.lr / limit): self.lr}
        runs = [(name, rate, experiment) for name, rate in rates.items()]
        if FASTEST in rates and self.raw.inputs != "standardized":  # why standardise
            runs.append((say("fastest, standardized"), self.standardized.lr_best, self.scaled))
        for name, rate, one in runs:
            run = foretold(one, rate)
            if run is not None and math.isfinite(rate):
                steps = None if target is None else run.steps_to(target)
                yield RateForecast(name, rate, run.contraction, run.steps_per_factor(), target, steps)

    def trials(self, interrupted: Callable[[], bool] = never) -> Iterator[LimitTrial]:
        """Real runs just below and just above the limit, where there is one."""
        limit = self.experiment.limit
        for factor in () if limit is None else (BELOW, ABOVE):
            rate = factor * (limit or 0.0)
            expected = foretold(self.experiment, rate)
            if expected is not None:
                run = Run(replace(self.experiment, rate=rate, schedule=Constant(rate)).records(interrupted))
                for _ in run:
                    pass
                if not interrupted():
                    yield _trial(factor, rate, run, expected)


def foretold(experiment: LineExperiment, rate: float) -> Forecast | None:
    """The run at a constant rate, where a closed form is known."""
    if experiment.batch_size is not None:
        return None
    noise = experiment.descent.noise
    return forecast(experiment.problem, experiment.optimizer, rate, experiment.start, noise)


def label(optimizer: Optimizer) -> str:
    """The optimizer's name, with its momentum."""
    kept = f" {optimizer.momentum:g}" if isinstance(optimizer, Momentum) else ""
    return f"{type(optimizer).__name__}{kept}"


def _limits(experiment: LineExperiment, inputs: str) -> Limits:
    true = experiment.descent.objective
    spectrum = experiment.spectrum if true is None else true.spectrum
    curved = spectrum if true is None or not len(true.curved.eigenvalues) else true.curved
    steepest = float(spectrum.eigenvalues[-1])
    return Limits(
        inputs=inputs,
        lr_max=experiment.limit,
        lr_max_sgd=experiment.spectrum.largest_stable_rate,
        lr_best=curved.best_rate,
        lr_cautious=1 / steepest if steepest > 0 else math.inf,
        condition_number=spectrum.condition_number,
        eigenvalues=spectrum.eigenvalues.tolist(),
        flat=0 if true is None else len(true.rank.dependences),
    )


def _trial(factor: float, rate: float, run: Run, expected: Forecast) -> LimitTrial:
    """What a real run came to."""
    first, last, steps = float(run.losses[0]), float(run.last.loss), run.last.step
    verdict = "diverges" if run.last.status is Status.DIVERGED else "converges" if last < first else "neither"
    right = verdict == ("converges" if factor < 1 else "diverges")
    return LimitTrial(factor, rate, verdict, right, steps, first, last, expected.loss(steps), expected.least)


@dataclass(frozen=True, eq=False)
class LocalLimit:
    """The limit by the curvature at one point.

    Args:
        local: The curvature there.
        optimizer: Whose limit it is.
        why: Why there is none, where there is none.
        trust: How far the sharpness can be trusted.
    """

    local: LocalCurvature
    optimizer: Optimizer
    why: str
    trust: Claim

    @property
    def lr_max(self) -> float | None:
        """The largest stable rate, or None."""
        return self.local.lr_max

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.limit/1`."""
        more = {"kind": "local", "at": self.local.where, "optimizer": label(self.optimizer)}
        return self.local.row() | NOT_LOCAL | more | {"claims": [self.trust.row()]}


def local_limit(problem: Problem, parameters: Array, optimizer: Optimizer, where: str, unit: float = 1.0) -> LocalLimit:
    """The limit at one point of a loss.

    Args:
        problem: Whose loss.
        parameters: The point.
        optimizer: Whose limit.
        where: The point, in words.
        unit: What the loss is multiplied by to be in the target's units.

    Raises:
        DataError: If the loss is not finite there.
    """
    found, factor = sharpness(problem, parameters), stability_factor(optimizer)
    if not math.isfinite(found.value):
        raise DataError(say("the loss has no curvature there: numbers are too large"), say("try --standardize"))
    curvature = found.value + optimizer.weight_decay
    upwards = curvature > found.residual
    limit = 2 * factor / curvature if factor is not None and upwards else None
    loss = float(problem.measured(parameters.astype(np.float64), problem.data)[0]) * unit
    error = difference_error(problem, parameters, found)
    local = LocalCurvature(where, limit, found.value, loss, found.residual, found.products, error)
    unknown = say("no closed form is known for {label}", label=label(optimizer))
    why = unknown if upwards else say("the loss is not curved upwards at that point")
    return LocalLimit(local, optimizer, why, sharpness_trust(found, error))


def at_start(experiment: LineExperiment) -> LocalLimit:
    """The limit of a loss that is no parabola, at a linear model's start."""
    values = zip(experiment.names, experiment.raw(experiment.start), strict=True)
    point = ", ".join(f"{parameter} = {exact(value)}" for parameter, value in values)
    where = say(
        "{point} on {name}",
        point=point if len(experiment.names) <= NAMED else say("the start"),
        name=experiment.spec.name,
    )
    return local_limit(experiment.problem, experiment.start, experiment.optimizer, where)


def refuse_forecast(given: dict[str, Any], what: str) -> None:
    """Refuses questions that only a closed form answers.

    Raises:
        OptionError: If there is one.
    """
    for flag in (flag for flag, value in given.items() if value is not None):
        raise OptionError(
            say("{flag}: no closed form foretells {what}", flag=flag, what=what),
            say("leave it out; it goes with a line and --loss mse"),
        )


def largest_rate(found: LineLimits | LocalLimit) -> float:
    """The largest stable rate.

    Raises:
        GdcliError: If there is none.
    """
    if found.lr_max is None:
        raise GdcliError(
            say("there is no limit to print: {why}", why=found.why), say("gdcli lr-find finds a rate by trying")
        )
    return found.lr_max
