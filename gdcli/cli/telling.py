"""What a linear run came to: its figures for machines, its remarks for people."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from gdcli.analysis import curvature
from gdcli.arrays import Array
from gdcli.cli.options import LoopOptions
from gdcli.cli.output import exact
from gdcli.cli.parse import flag_name
from gdcli.cli.plan import Plan, standardized
from gdcli.cli.showing import cut_short
from gdcli.data.dataset import Dataset
from gdcli.nn import losses, metrics
from gdcli.optim.schedules import Constant
from gdcli.render.numbers import equation, short
from gdcli.render.reports.fit import FitReport
from gdcli.training.records import Epoch, Scores, Status
from gdcli.training.streams import Run

ROUNDING = 1e-28  # of the first loss
ENDINGS = {
    Status.INTERRUPTED: "interrupted at epoch {} of {}",
    Status.STOPPED_EARLY: "stopped early at epoch {0} of {1}: no improvement for {2} epochs",
    Status.CONVERGED: "converged at epoch {} of {}",
}
RELATIVE = 1e-12  # an MSE this close to the optimum's is the optimum's


def kept(plan: Plan, run: Run) -> Epoch:
    """The record whose parameters count: the best where validation is watched, else (or if asked for) the last."""
    return run.best if plan.keeps_best else run.last


def scores(outputs: Array, targets: Array) -> Scores:
    """MSE, RMSE, MAE and R2."""
    names = (metrics.mse, metrics.rmse, metrics.mae, metrics.r2)
    return Scores(*(metric(outputs, targets) for metric in names))


def fitted(plan: Plan, run: Run) -> FitReport:
    """The run's figures, for the summary."""
    experiment, record = plan.experiment, kept(plan, run)
    data, held_out = experiment.data, experiment.validation
    mean = float(data.targets.mean())
    return FitReport(
        loss_name=plan.loss_name,
        target=data.target_name,
        terms=experiment.terms,
        names=experiment.names,
        parameters=raw(plan, record.parameters),
        scores=scores(experiment.outputs(record.parameters, data), data.targets),
        validation=None
        if held_out is None
        else scores(experiment.outputs(record.parameters, held_out), held_out.targets),
        baseline=(mean, metrics.mse(np.full(len(data), mean), data.targets)),
        optimum=optimum(plan),
        remarks=remarks(plan, run),
    )


def raw(plan: Plan, parameters: Array) -> list[float]:
    """Parameters in raw units."""
    with np.errstate(all="ignore"):
        return [float(value) for value in plan.experiment.basis.raw(parameters)]


def optimum(plan: Plan) -> tuple[list[float], Scores] | None:
    """The exact minimum and its scores, where there is a formula for it: MSE, without L1."""
    problem, data = plan.experiment.problem, plan.experiment.data
    if problem.loss is not losses.mse or problem.l1:
        return None
    parameters, _ = curvature.optimum(problem)
    if not np.isfinite(parameters).all():
        return None
    return raw(plan, parameters), scores(plan.experiment.outputs(parameters, data), data.targets)


def figures(plan: Plan, run: Run, told: FitReport, config: dict[str, Any], rerun: str) -> dict[str, Any]:
    """The object of `gdcli.fit/1`, without its history."""
    best = told.optimum
    return {
        "status": str(run.last.status),
        "parameters": dict(zip(told.names, told.parameters, strict=True)),
        "equation": equation(told.target, told.terms, told.parameters),
        "train": {"loss": float(kept(plan, run).loss), **told.scores._asdict()},
        "validation": told.validation and told.validation._asdict(),
        "baseline": {"mse": told.baseline[1]},
        "optimum": best and {**dict(zip(told.names, best[0], strict=True)), "mse": best[1].mse},
        "lr_max": plan.limit,
        "epochs": run.last.epoch,
        "steps": run.last.step,
        "best_epoch": run.best.epoch,
        "kept_epoch": kept(plan, run).epoch,
        "seed": plan.seed,
        "config": config,
        "rerun": rerun,
    }


def scale_name(loop: LoopOptions) -> str:
    """The scaling asked for, in a word."""
    return "standard" if loop.standardize else loop.scale or "none"


def configuration(plan: Plan, **more: Any) -> dict[str, Any]:
    """The settings that were in force."""
    problem, optimizer = plan.experiment.problem, plan.optimizer
    return {
        "lr": plan.rate,
        "optimizer": flag_name(type(optimizer).__name__),
        **dataclasses.asdict(optimizer),  # type: ignore[call-overload]  # every optimizer is a dataclass
        "batch_size": plan.batch_size or "full",
        "epochs": plan.epochs,
        "loss": problem.loss.__name__,
        "l1": problem.l1,
        "l2": problem.l2,
        **more,
    }


def remarks(plan: Plan, run: Run) -> list[tuple[str, str]]:
    """The learning rate beside its limit and how far there is to go; which epoch was kept; what to beware of."""
    lines = []
    if run.last.penalty is not None:
        lines.append(("penalty", f"{short(float(run.last.penalty))}, on top of the {plan.loss_name}"))
    if plan.experiment.validation is not None:
        lines.append(("kept", _kept(plan, run)))
    lines += cut_short(run.last, plan.epochs)
    if run.last.status in ENDINGS:
        lines.append(("ended", ENDINGS[run.last.status].format(run.last.epoch, plan.epochs, plan.stop.patience)))
    if run.last.status is not Status.DIVERGED:
        text = f"{_rate(plan)}{_remaining(plan, run)}"
        if text:
            lines.append(("rate", text))
    return lines


def _kept(plan: Plan, run: Run) -> str:
    best, last = run.best.epoch, run.last.epoch
    if plan.keeps_best:
        return f"epoch {best} of {last}: the best validation loss"
    return f"epoch {last} of {last}: the last; the best validation loss was at epoch {best}"


def _rate(plan: Plan) -> str:
    """The rate beside the largest stable one."""
    limit = plan.limit
    if limit is None or not isinstance(plan.schedule, Constant):
        return ""
    word = "largest that no batch can upset" if plan.batch_size else "largest stable one"
    return f"lr {exact(plan.rate)} is {short(100 * plan.rate / limit, 2)} % of the {word}, {short(limit)}. "


def _remaining(plan: Plan, run: Run) -> str:
    """Roughly how many epochs more the optimum is away."""
    best = optimum(plan)
    if best is None or plan.experiment.problem.l2:
        return ""
    floor, loss = best[1].mse, float(run.last.loss)
    excess = loss - floor
    if excess <= max(RELATIVE * floor, ROUNDING * float(run.losses[0])):
        return f"It has arrived: the MSE is the optimum's to {12 if floor else 14} digits."
    if plan.batch_size is not None:
        return f"The MSE is {short(excess)} above the optimum's, around which mini-batches wander."
    per_factor = _epochs_per_factor(plan, run, floor)
    if not per_factor:
        return f"It is {short(excess)} above the optimum's MSE."
    if floor and excess > 1e-6 * floor:
        more = per_factor * math.log(excess / (1e-6 * floor)) / math.log(100)
        return f"About {_about(more)} epochs more to the optimum's MSE within a millionth."
    return (
        f"About {_about(per_factor)} epochs more for each factor 100 in {'MSE' if not floor else 'the distance to it'}."
    )


def _epochs_per_factor(plan: Plan, run: Run, floor: float) -> float | None:
    """Epochs in which the distance to the optimum's loss falls by 100: by the spectrum, else by the run's own pace."""
    if plan.is_textbook:
        pace = plan.spectrum.steps_per_factor(plan.rate)
        return pace if math.isfinite(pace) else None
    half = len(run.losses) // 2
    before, now = run.losses[half] - floor, run.losses[-1] - floor
    span = len(run.losses) - 1 - half
    if not (0 < now < before and span):
        return None
    return span * math.log(100) / math.log(before / now)


def _about(value: float) -> str:
    """A count to two digits, as one says it aloud."""
    if value < 10:
        return str(max(1, round(value)))
    digits = 10 ** (math.floor(math.log10(value)) - 1)
    return f"{round(value / digits) * digits:,}"


def divergence(plan: Plan, run: Run) -> tuple[str, str]:
    """What happened, and what would work."""
    name, last, best = plan.loss_name, run.last, run.best
    value = f"{short(float(last.loss), 2)} and growing" if math.isfinite(last.loss) else "no longer finite"
    what = f"diverged at epoch {last.epoch}"
    if plan.batch_size is not None:
        what += f", step {last.step}"
    what += f": {name} {value} (it was best, {short(float(best.loss))}, at epoch {best.epoch})."
    return what, "\n".join(_advice(plan, float(last.learning_rate)))


def _advice(plan: Plan, last: float) -> list[str]:
    """What would work, given the rate of the last update."""
    limit, rate = plan.limit, exact(last)
    if limit is None or last <= limit:
        return [f"Try a smaller rate: --lr {exact(_down(plan.rate / 10, 1))}, or --standardize."]
    number = f"{short(limit)} (to all digits {limit!r})"
    lines = [f"lr {rate} is above the largest stable rate on this data, {number}"]
    if plan.is_textbook:
        spectrum = plan.spectrum
        growth = 1 - last * float(spectrum.eigenvalues[-1])
        lines[0] += f":\neach epoch multiplies the error along the steepest direction by {short(growth)}."
        advice = f"Try --lr {exact(_down(spectrum.best_rate, 4))} (the fastest constant rate)"
    else:
        lines[0] += "."
        advice = f"Try --lr {exact(_down(limit / 2, 2))}"
    if last > plan.rate:  # a turn of the dial, not --lr
        advice = f"Keep every rate of --lr-at up to {exact(_down(limit, 4))}"
    other = standardized(plan)
    if other and other > 2 * limit:
        advice += f", or --standardize, where any rate up to {short(_down(other, 4))} is stable"
    return [*lines[0].split("\n"), advice + "."]


def _down(value: float, digits: int) -> float:
    """Rounded down to so many significant digits.

    >>> _down(0.28571, 4)
    0.2857
    """
    if not (value > 0 and math.isfinite(value)):
        return value
    places = digits - 1 - math.floor(math.log10(value))
    scaled = math.floor(value * (1 + 1e-12) * 10.0**places)
    return float(f"{scaled}e{-places}")


Picture = tuple[dict[str, Any], tuple[Any, Any], dict[str, tuple[Any, Any]], str]


def drawing(plan: Plan, run: Run) -> Picture:
    """What the pictures show: the losses, the rows, the curves through them, and the x axis's name.

    One input is drawn as it is, with the start's and the fitted curve; of several, predictions against truth.
    """
    experiment, record = plan.experiment, kept(plan, run)
    data = experiment.data
    history = {"epoch": run.epochs, "loss": run.losses, "validation": run.validation_losses}
    if data.inputs.shape[1] > 1:
        truth = data.targets
        outputs = experiment.outputs(record.parameters, data)
        low, high = float(truth.min()), float(truth.max())
        return history, (outputs, truth), {"perfect": ([low, high], [low, high])}, "prediction"
    x = data.inputs[:, 0]
    grid = np.linspace(x.min(), x.max(), 200 if experiment.basis.degree > 1 else 2)
    points = Dataset(grid, grid * 0)
    lines = {
        "start": (grid, experiment.outputs(experiment.start, points)),
        "fitted": (grid, experiment.outputs(record.parameters, points)),
    }
    return history, (x, data.targets), lines, data.input_names[0]
