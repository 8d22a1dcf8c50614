"""What a linear run came to: its figures for machines, its remarks for people, its model on disk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gdcli.analysis import curvature
from gdcli.arrays import Array
from gdcli.experiments.building import optimizer_config
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.notation import write
from gdcli.experiments.result import Result, cut_short
from gdcli.formatting import equation, exact, short
from gdcli.nn import losses, metrics
from gdcli.training.records import Epoch, Scores, Status

ROUNDING = 1e-28  # of the first loss
ENDINGS = {
    Status.INTERRUPTED: "interrupted at epoch {} of {}",
    Status.STOPPED_EARLY: "stopped early at epoch {0} of {1}: no improvement for {2} epochs",
    Status.CONVERGED: "converged at epoch {} of {}",
}
RELATIVE = 1e-12  # an MSE this close to the optimum's is the optimum's


class Optimum(NamedTuple):
    """The exact minimum, where a closed form is known.

    Args:
        values: Its parameters, in raw units.
        scores: How it scores on the training rows.
    """

    values: list[float]
    scores: Scores


class Drawing(NamedTuple):
    """What the pictures of a fit show.

    Args:
        history: epoch, loss and, if any, validation.
        points: The rows to scatter.
        lines: Curves to draw through them, by name.
        axis: The x axis's name.
    """

    history: dict[str, Any]
    points: tuple[Any, Any]
    lines: dict[str, tuple[Any, Any]]
    axis: str


@dataclass(frozen=True, eq=False)
class LineResult(Result):
    """What a linear run came to.

    Args:
        experiment: What was run.
    """

    experiment: LineExperiment = None  # type: ignore[assignment]  # fields before it have defaults

    @property
    def kept(self) -> Epoch:
        """The best record where validation is watched, else (or if asked for) the last."""
        return self.run.best if self.experiment.keeps_best else self.run.last

    @cached_property
    def values(self) -> list[float]:
        """The parameters kept, in raw units."""
        return self.experiment.raw(self.kept.parameters)

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters kept, by name, in raw units."""
        return self.experiment.named_parameters(self.kept.parameters)

    @property
    def equation(self) -> str:
        """The fitted model."""
        return equation(self.experiment.data.target_name, self.experiment.terms, self.values)

    @cached_property
    def scores(self) -> Scores:
        """Of the parameters kept, on the training rows."""
        data = self.experiment.data
        return scores(self.experiment.predict(self.kept.parameters, data.inputs), data.targets)

    @cached_property
    def validation(self) -> Scores | None:
        """The same on the rows held out, or None."""
        rows = self.experiment.validation
        if rows is None:
            return None
        return scores(self.experiment.predict(self.kept.parameters, rows.inputs), rows.targets)

    @cached_property
    def baseline(self) -> tuple[float, float]:
        """The training targets' mean, and the MSE of predicting it."""
        targets = self.experiment.data.targets
        mean = float(targets.mean())
        return mean, metrics.mse(np.full(len(targets), mean), targets)

    @cached_property
    def optimum(self) -> Optimum | None:
        """The exact minimum: of MSE, without L1."""
        return optimum_of(self.experiment)

    @cached_property
    def remarks(self) -> list[tuple[str, str]]:
        """The rate beside its limit and how far there is to go; which epoch was kept; what to beware of."""
        experiment, run = self.experiment, self.run
        lines = []
        if run.last.penalty is not None:
            lines.append(("penalty", f"{short(float(run.last.penalty))}, on top of the {experiment.loss_name}"))
        if experiment.validation is not None:
            lines.append(("kept", self._kept_words()))
        lines += cut_short(run.last, experiment.epochs)
        if run.last.status in ENDINGS:
            patience = experiment.spec.stop.rule("patience")
            lines.append(("ended", ENDINGS[run.last.status].format(run.last.epoch, experiment.epochs, patience)))
        if not self.diverged and (text := f"{self._rate_words()}{self._remaining_words()}"):
            lines.append(("rate", text))
        return lines

    def predict(self, rows: Any) -> Array:
        """Predictions for raw inputs, shape (n, d) or, of one input, (n,)."""
        inputs = np.asarray(rows, float)
        return self.experiment.predict(self.kept.parameters, inputs[:, None] if inputs.ndim == 1 else inputs)

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.fit/1`, without its history."""
        best = self.optimum
        names = self.experiment.names
        return {
            "status": str(self.status),
            "parameters": self.parameters,
            "equation": self.equation,
            "train": {"loss": float(self.kept.loss), **self.scores._asdict()},
            "validation": self.validation and self.validation._asdict(),
            "baseline": {"mse": self.baseline[1]},
            "optimum": best and {**dict(zip(names, best.values, strict=True)), "mse": best.scores.mse},
            "lr_max": self.experiment.limit,
            "epochs": self.run.last.epoch,
            "steps": self.run.last.step,
            "best_epoch": self.run.best.epoch,
            "kept_epoch": self.kept.epoch,
            "seed": self.experiment.spec.loop.seed,
            "chosen": self.experiment.chosen.figures(),
            "config": self.config(),
            "rerun": self.rerun,
        }

    def config(self) -> dict[str, Any]:
        """The settings in force."""
        spec, rule = self.experiment.spec, self.experiment.spec.stop.rule
        return line_config(self.experiment) | {
            "scale": self.experiment.scale_name,
            "schedule": write(spec.rate.schedule),
            "warmup": spec.rate.warmup,
            "lr_at": None if spec.rate.lr_at is None else write(spec.rate.lr_at),
            "degree": self.experiment.basis.degree,
            "intercept": self.experiment.basis.intercept,
            "shuffle": spec.loop.shuffle,
            "validation": None if self.experiment.validation is None else write(spec.stop.validation),
            "patience": rule("patience"),
            "min_delta": rule("min_delta", 0.0),
            "tolerance": rule("tolerance"),
            "target_loss": rule("target_loss"),
            "max_steps": rule("max_steps"),
            "keep": spec.stop.keep,
        }

    def save(self, path: str) -> None:
        """Writes the fitted model, in raw units."""
        from gdcli.experiments.checkpoint import save, saved_line

        experiment = self.experiment
        saved = saved_line(experiment.data, experiment.basis, np.array(self.values), self.config(), self.kept.epoch)
        save(Path(path), saved)

    def divergence(self) -> tuple[str, str]:
        """What happened, and what would work."""
        name, last, best = self.experiment.loss_name, self.run.last, self.run.best
        value = f"{short(float(last.loss), 2)} and growing" if math.isfinite(last.loss) else "no longer finite"
        step = "" if self.experiment.batch_size is None else f", step {last.step}"
        what = f"diverged at epoch {last.epoch}{step}: {name} {value} (it was best, {short(float(best.loss))},"
        return f"{what} at epoch {best.epoch}).", "\n".join(self._advice(float(last.learning_rate)))

    def not_converged(self) -> str:
        """Where it stopped short of converging."""
        last = self.run.last
        ended = str(self.status).replace("_", " ")
        return f"not converged: {ended} after {last.epoch} epochs, {self.experiment.loss_name} {last.loss:.4g}"

    def drawing(self) -> Drawing:
        """What the pictures show.

        One input is drawn as it is, with the start's and the fitted curve; of several, predictions against truth.
        """
        experiment, record = self.experiment, self.kept
        data = experiment.data
        history = {"epoch": self.run.epochs, "loss": self.run.losses, "validation": self.run.validation_losses}
        if data.inputs.shape[1] > 1:
            truth = data.targets
            outputs = experiment.predict(record.parameters, data.inputs)
            ends = [float(truth.min()), float(truth.max())]
            return Drawing(history, (outputs, truth), {"perfect": (ends, ends)}, "prediction")
        x = data.inputs[:, 0]
        grid = np.linspace(x.min(), x.max(), 200 if experiment.basis.degree > 1 else 2)
        lines = {
            "start": (grid, experiment.predict(experiment.start, grid[:, None])),
            "fitted": (grid, experiment.predict(record.parameters, grid[:, None])),
        }
        return Drawing(history, (x, data.targets), lines, data.input_names[0])

    def _kept_words(self) -> str:
        best, last = self.run.best.epoch, self.run.last.epoch
        if self.experiment.keeps_best:
            return f"epoch {best} of {last}: the best validation loss"
        return f"epoch {last} of {last}: the last; the best validation loss was at epoch {best}"

    def _rate_words(self) -> str:
        """The rate beside the largest stable one."""
        experiment = self.experiment
        limit = experiment.limit
        if limit is None or not experiment.has_constant_rate:
            return ""
        word = "largest that no batch can upset" if experiment.batch_size else "largest stable one"
        share = short(100 * experiment.rate / limit, 2)
        return f"lr {exact(experiment.rate)} is {share} % of the {word}, {short(limit)}. "

    def _remaining_words(self) -> str:
        """Roughly how many epochs more the optimum is away."""
        best = self.optimum
        if best is None or self.experiment.problem.l2:
            return ""
        floor, loss = best.scores.mse, float(self.run.last.loss)
        excess = loss - floor
        if excess <= max(RELATIVE * floor, ROUNDING * float(self.run.losses[0])):
            return f"It has arrived: the MSE is the optimum's to {12 if floor else 14} digits."
        if self.experiment.batch_size is not None:
            return f"The MSE is {short(excess)} above the optimum's, around which mini-batches wander."
        per_factor = self._epochs_per_factor(floor)
        if not per_factor:
            return f"It is {short(excess)} above the optimum's MSE."
        if floor and excess > 1e-6 * floor:
            more = per_factor * math.log(excess / (1e-6 * floor)) / math.log(100)
            return f"About {_about(more)} epochs more to the optimum's MSE within a millionth."
        what = "the distance to it" if floor else "MSE"
        return f"About {_about(per_factor)} epochs more for each factor 100 in {what}."

    def _epochs_per_factor(self, floor: float) -> float | None:
        """Epochs in which the distance to the optimum's loss falls by 100: by the spectrum, else by the run's pace."""
        if self.experiment.is_textbook:
            pace = self.experiment.spectrum.steps_per_factor(self.experiment.rate)
            return pace if math.isfinite(pace) else None
        losses_ = self.run.losses
        half = len(losses_) // 2
        before, now = losses_[half] - floor, losses_[-1] - floor
        span = len(losses_) - 1 - half
        if not (0 < now < before and span):
            return None
        return span * math.log(100) / math.log(before / now)

    def _advice(self, last: float) -> list[str]:
        """What would work, given the rate of the last update."""
        experiment = self.experiment
        limit, rate = experiment.limit, exact(last)
        if limit is None or last <= limit:
            return [f"Try a smaller rate: --lr {exact(rounded_down(experiment.rate / 10, 1))}, or --standardize."]
        number = f"{short(limit)} (to all digits {limit!r})"
        lines = [f"lr {rate} is above the largest stable rate on this data, {number}"]
        if experiment.is_textbook:
            spectrum = experiment.spectrum
            growth = 1 - last * float(spectrum.eigenvalues[-1])
            lines[0] += f":\neach epoch multiplies the error along the steepest direction by {short(growth)}."
            advice = f"Try --lr {exact(rounded_down(spectrum.best_rate, 4))} (the fastest constant rate)"
        else:
            lines[0] += "."
            advice = f"Try --lr {exact(rounded_down(limit / 2, 2))}"
        if last > experiment.rate:  # a change by --lr-at, not --lr
            advice = f"Keep every rate of --lr-at up to {exact(rounded_down(limit, 4))}"
        other = experiment.standardized().limit
        if other and other > 2 * limit:
            advice += f", or --standardize, where any rate up to {short(rounded_down(other, 4))} is stable"
        return [*lines[0].split("\n"), advice + "."]


def scores(outputs: Array, targets: Array) -> Scores:
    """MSE, RMSE, MAE and R2."""
    names = (metrics.mse, metrics.rmse, metrics.mae, metrics.r2)
    return Scores(*(metric(outputs, targets) for metric in names))


def optimum_of(experiment: LineExperiment) -> Optimum | None:
    """The exact minimum and its scores, where a closed form is known: MSE, without L1."""
    problem, data = experiment.problem, experiment.data
    if problem.loss is not losses.mse or problem.l1:
        return None
    parameters, _ = curvature.optimum(problem)
    if not np.isfinite(parameters).all():
        return None
    return Optimum(experiment.raw(parameters), scores(experiment.predict(parameters, data.inputs), data.targets))


def line_config(experiment: LineExperiment) -> dict[str, Any]:
    """The settings that any descent on a line has."""
    problem = experiment.problem
    return {
        "lr": experiment.rate,
        **optimizer_config(experiment.optimizer),
        "batch_size": experiment.batch_size or "full",
        "epochs": experiment.epochs,
        "loss": experiment.loss_key,
        "l1": problem.l1,
        "l2": problem.l2,
    }


def _about(value: float) -> str:
    """A count to two digits, as one says it aloud."""
    if value < 10:
        return str(max(1, round(value)))
    digits = 10 ** (math.floor(math.log10(value)) - 1)
    return f"{round(value / digits) * digits:,}"


def rounded_down(value: float, digits: int) -> float:
    """Rounded down to so many significant digits.

    >>> rounded_down(0.28571, 4)
    0.2857
    """
    if not (value > 0 and math.isfinite(value)):
        return value
    places = digits - 1 - math.floor(math.log10(value))
    scaled = math.floor(value * (1 + 1e-12) * 10.0**places)
    return float(f"{scaled}e{-places}")
