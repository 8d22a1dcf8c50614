"""What a linear run came to: its figures for machines, its remarks for people, its model on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.experiments.building import optimizer_config
from gdcli.experiments.divergence import advice
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.notation import write
from gdcli.experiments.result import Result, described, ended_words, ending, explain_start
from gdcli.formatting import short
from gdcli.said import say, together
from gdcli.training.records import Epoch, Scores, Status

if TYPE_CHECKING:
    from gdcli.analysis.claims import Claim

AHEAD = ("epochs to go", "epochs per factor 100", "excess")
"""What may be said of the way ahead."""

SAID = {"unique": "optima", "near twins": "twins"}
"""Claims with a line of their own, where they are made, and its label."""

PLENTY = 14
"""Digits of the optimum, from which nothing is said of them."""

FAR, STEEP = 1e5, 100
"""Epochs, and times a better condition number, from which standardising is named."""


class Optimum(NamedTuple):
    """The exact minimum, where a closed form is known.

    Args:
        values: Its parameters, in raw units.
        scores: How it scores on the training rows.
        name: What it is called: exact least squares.
        digits: To how many digits each parameter is known.
    """

    values: list[float]
    scores: Scores
    name: str
    digits: list[int]


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
        from gdcli.experiments.equations import shown_equation  # rows alone need none

        return shown_equation(self.experiment, self.values, self.scores.mse)

    @cached_property
    def scores(self) -> Scores:
        """Of the parameters kept, on the training rows."""
        return self._scores_on(self.experiment.data, self.experiment.passed is None)

    @cached_property
    def validation(self) -> Scores | None:
        """The same on the rows held out, or None."""
        rows = self.experiment.validation
        if rows is None:
            return None
        passed = self.experiment.passed
        return self._scores_on(rows, passed is None or passed.held is None)

    def _scores_on(self, rows: Dataset, are_all: bool) -> Scores:
        """Of the parameters kept; without the MAE, where a few rows stand for many."""
        known = scores(self.experiment.predict(self.kept.parameters, rows.inputs), rows.targets)
        return known if are_all else known._replace(mae=math.nan)

    @cached_property
    def baseline(self) -> tuple[float, float]:
        """The training targets' mean, and the MSE of predicting it."""
        from gdcli.nn import metrics  # rows alone need none

        targets = self.experiment.data.targets
        mean = float(targets.mean())
        return mean, metrics.mse(np.full(len(targets), mean), targets)

    @cached_property
    def optimum(self) -> Optimum | None:
        """The exact minimum: of MSE, with its penalties but L1."""
        return optimum_of(self.experiment)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What is claimed of its optimum, its rate, its way there and its quality, and how sure that is."""
        from gdcli.analysis import claims  # few formats say them

        experiment, last = self.experiment, self.run.last
        descent, data = experiment.descent, experiment.data
        if self.diverged:
            return tuple(claim for claim in (*descent.optimum(), descent.share) if claim is not None)
        made = list(descent.claims(experiment.start, last, self.run.losses))
        if last.status is Status.CONVERGED and experiment.spec.stop.rule("target_loss") is None:
            made = [claim for claim in made if claim.subject not in AHEAD]
            made.append(descent.converged(self._first, last))
        if experiment.basis.degree == 1 and descent.objective is not None:
            twins = claims.twins(data.inputs, data.input_names, descent.objective.rank.dependences)
            made += [] if twins is None else [twins]
        if not experiment.basis.intercept:
            outputs = experiment.predict(self.kept.parameters, data.inputs)
            made.append(claims.r_squared(outputs, data.targets, intercept=False))
        return tuple(made)

    @cached_property
    def remarks(self) -> list[tuple[str, str]]:
        """The rate beside its limit and how far there is to go; which epoch was kept; where the model was saved."""
        experiment, run = self.experiment, self.run
        lines = list[tuple[str, str]]()
        if run.last.penalty is not None:
            lines.append(
                (
                    "penalty",
                    say(
                        "{penalty}, on top of the {loss_name}",
                        penalty=short(float(run.last.penalty)),
                        loss_name=experiment.loss_name,
                    ),
                )
            )
        if experiment.validation is not None:
            lines.append(("kept", self._kept_words()))
        lines += ending(run.last, experiment.epochs, experiment.stopping.rules) + claimed(self)
        return lines + ([("saved", self.saving.written)] if self.saving.written else [])

    def predict(self, rows: Any) -> Array:
        """Predictions for raw inputs, shape (n, d) or, of one input, (n,)."""
        inputs = np.asarray(rows, float)
        return self.experiment.predict(self.kept.parameters, inputs[:, None] if inputs.ndim == 1 else inputs)

    FIGURES: ClassVar[str] = (
        "status parameters.* equation train.loss train.mse train.rmse train.mae train.r2 validation.mse "
        "validation.rmse validation.mae validation.r2 baseline.mse verdicts.* folds.* optimum.* optimum_digits.* "
        "claims.* lr_max epochs steps best_epoch kept_epoch seed chosen.* config.* reading.* rerun"
    )
    """Their names."""

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
            "verdicts": [verdict.row() for verdict in self.verdicts],
            "folds": None if self.folds is None else self.folds.row(),
            "optimum": best and {**dict(zip(names, best.values, strict=True)), "mse": best.scores.mse},
            "optimum_digits": best and dict(zip(names, best.digits, strict=True)),
            "claims": [claim.row() for claim in self.claims],
            "lr_max": self.experiment.limit,
            "epochs": self.run.last.epoch,
            "steps": self.run.last.step,
            "best_epoch": self.run.best.epoch,
            "kept_epoch": self.kept.epoch,
            "seed": self.experiment.spec.loop.seed,
            "chosen": self.experiment.choices,
            "config": self.config(),
            "reading": described(self.reading),
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
            **({"at": write(spec.changes.at)} if spec.changes.at else {}),
            "degree": self.experiment.basis.degree,
            "intercept": self.experiment.basis.intercept,
            "shuffle": spec.loop.shuffle,
            "validation": None if self.experiment.validation is None else write(spec.stop.validation),
            "patience": rule("patience"),
            "min_delta": rule("min_delta", 0.0),
            "tolerance": rule("tolerance"),
            "target_loss": rule("target_loss"),
            "max_steps": rule("max_steps"),
            "keep": spec.stop.keep or "best",
        }

    def save(self, path: str) -> None:
        """Writes the fitted model, in raw units unless few digits would be left of it."""
        from gdcli.experiments.checkpoint import save, saved_line

        experiment = self.experiment
        missing = experiment.spec.data.missing or "fail"
        data = experiment.data if experiment.unfilled is None else experiment.unfilled[0]
        config, texts = self.config(), None
        if self.reading is not None and self.reading.values:
            config["values"] = {column: list(known) for column, known in self.reading.values.items()}
            texts = self.reading.texts
        saved = saved_line(data, experiment.basis, self.kept.parameters, config, self.kept.epoch, missing, texts)
        save(Path(path), saved)

    def explain_divergence(self) -> tuple[str, str]:
        """What happened, and what would work."""
        last, best = self.run.last, self.run.best
        if not last.step and math.isfinite(self.experiment.baseline):
            return explain_start(self.experiment.loss_name, float(last.loss), self.experiment.data.target_name)
        growing = say("{loss} and growing", loss=short(float(last.loss), 2))
        what = say(
            "diverged at epoch {epoch:,}{step}: {name} {value} (it was best, {loss}, at epoch {best:,}).",
            epoch=last.epoch,
            step="" if self.experiment.batch_size is None else say(", step {step}", step=last.step),
            name=self.experiment.loss_name,
            value=growing if math.isfinite(last.loss) else say("no longer finite"),
            loss=short(float(best.loss)),
            best=best.epoch,
        )
        return what, together("\n", advice(self.experiment, float(last.learning_rate)))

    def not_converged(self) -> str:
        """Where it stopped short of converging, and how much is left where a tolerance asked."""
        last, target = self.run.last, self.experiment.spec.stop.rule("target_loss")
        ended = ended_words(self.status)
        text = say(
            "not converged: {ended} after {epoch} epoch{s}, {loss_name} {loss:.4g}",
            ended=ended,
            epoch=last.epoch,
            s="s" * (last.epoch != 1),
            loss_name=self.experiment.loss_name,
            loss=last.loss,
        )
        return (
            text
            if target is not None
            else say(
                "{text}; {left_words}", text=text, left_words=self.experiment.descent.left_words(self._first, last)
            )
        )

    @cached_property
    def _first(self) -> Epoch:
        """The state before training, with its gradient."""
        return next(self.experiment.records())

    def drawing(self) -> Drawing:
        """What the pictures show.

        One input is drawn as it is, with the start's and the fitted curve; of several, predictions against truth.
        """
        experiment, record = self.experiment, self.run.best if self.diverged else self.kept
        data, drawn = experiment.shown, "best" if self.diverged else "fitted"
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
            drawn: (grid, experiment.predict(record.parameters, grid[:, None])),
        }
        return Drawing(history, (x, data.targets), lines, data.input_names[0])

    def _kept_words(self) -> str:
        best, last = self.run.best.epoch, self.run.last.epoch
        if self.experiment.keeps_best:
            return say("epoch {best:,} of {last:,}: the best validation loss", best=best, last=last)
        return say(
            "epoch {last:,} of {last:,}: the last; the best validation loss was at epoch {best:,}", last=last, best=best
        )


def scores(outputs: Array, targets: Array) -> Scores:
    """MSE, RMSE, MAE and R2."""
    from gdcli.nn import metrics

    names = (metrics.mse, metrics.rmse, metrics.mae, metrics.r2)
    return Scores(*(metric(outputs, targets) for metric in names))


def optimum_of(experiment: LineExperiment) -> Optimum | None:
    """The exact minimum and its scores, where a closed form is known: MSE, with L2 and weight decay, without L1."""
    descent, data = experiment.descent, experiment.data
    if descent.objective is None:
        return None
    if descent.blurred:
        return optimum_of(experiment.standardized())
    best, back = descent.objective.optimum, descent.back
    judged = best if back is None else back @ best  # where one is 0 in either order of summing, the claims are of this
    return Optimum(
        [own if own and other else float(other) for own, other in zip(experiment.raw(best), judged, strict=True)],
        scores(experiment.predict(best, data.inputs), data.targets),
        descent.objective.name,
        descent.objective.digits(descent.back).tolist(),
    )


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


def claimed(result: LineResult) -> list[tuple[str, str]]:
    """The claims that are said under a fit, with their labels."""
    if result.diverged:
        return []
    known = {claim.subject: claim for claim in result.claims}
    lines = [(label, known[subject].sentence) for subject, label in SAID.items() if subject in known]
    if "digits" in known and int(known["digits"].value or 0) < PLENTY:
        lines.insert(0, ("digits", known["digits"].sentence))
    rate = [known[subject].sentence for subject in ("share of the limit", *AHEAD, "left") if subject in known]
    if "epochs per factor 100" in known:
        rate = [text for text in rate if text != known["epochs to go"].sentence]
    lines += [("rate", together(" ", rate))] if rate else []
    return lines + _better_conditioned(result, known)


def _better_conditioned(result: LineResult, known: Mapping[str, Claim]) -> list[tuple[str, str]]:
    """That standardising shortens the way, where it is long."""
    ahead, objective = known.get("epochs to go"), result.experiment.descent.objective
    far = ahead is not None and isinstance(ahead.value, int | float) and ahead.value > FAR
    if not far or objective is None:
        return []
    scaled = result.experiment.standardized().descent.objective
    before = objective.curved.condition_number
    if scaled is None or not before > STEEP * scaled.curved.condition_number:
        return []
    from gdcli.analysis.claims import number

    now = number(scaled.curved.condition_number, 2)
    return [
        (
            "try",
            say(
                "--standardize: it lowers the condition number from {before} to {now}.",
                before=number(before, 2),
                now=now,
            ),
        )
    ]
