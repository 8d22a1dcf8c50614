"""What training a network came to: its figures for machines, its remarks for people, its model on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from gdcli.analysis.claims import Claim
from gdcli.analysis.descent import Descent
from gdcli.analysis.evaluation import Evaluation, evaluate
from gdcli.analysis.overfitting import overfitting
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.stored import StoredDataset
from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.plugins import files
from gdcli.experiments.building import optimizer_config
from gdcli.experiments.checkpoint import Resumption, SavedModel, save
from gdcli.experiments.chosen import read_note
from gdcli.experiments.network import NetworkExperiment
from gdcli.experiments.notation import write
from gdcli.experiments.result import Result, described, ended_words, ending, explain_start, in_order, plain_options
from gdcli.formatting import exact
from gdcli.nn import metrics
from gdcli.said import say
from gdcli.training.records import Overfitting
from gdcli.training.segments import made_by

USUAL = 0.1
"""The largest rate that is named where a much larger one diverged."""


@dataclass(frozen=True, eq=False)
class NetworkResult(Result):
    """What training a network came to.

    Args:
        experiment: What was run.
    """

    experiment: NetworkExperiment = None  # type: ignore[assignment]  # fields before it have defaults

    @property
    def parameters(self) -> dict[str, Array]:
        """The weights and biases kept, layer by layer, as PyTorch names them."""
        return self.experiment.named_parameters(self.kept.parameters)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' labels; none of numbers."""
        return self.experiment.preparation.classes

    @cached_property
    def evaluations(self) -> dict[str, Evaluation]:
        """The kept parameters' figures on each set: train, validation, test."""
        experiment = self.experiment
        sets = {"train": experiment.data, "validation": experiment.validation, "test": experiment.test}
        return {name: self._evaluate(rows) for name, rows in sets.items() if rows is not None}

    @property
    def scores(self) -> dict[str, dict[str, float]]:
        """Each set's figures by name."""
        return {name: found.figures_with_loss() | _balanced(found) for name, found in self.evaluations.items()}

    def _evaluate(self, rows: Dataset) -> Evaluation:
        one = self.experiment
        return evaluate(one.problem, one.network, self.kept.parameters, one.preparation, rows, one.unit, one.smoothing)

    @property
    def overfitting(self) -> Overfitting | None:
        """Training against the rows held out."""
        return overfitting(self.run.best, self.run.last, self.verdicts)

    @cached_property
    def baseline(self) -> dict[str, Any]:
        """What knows no input scores on the rows of the confusion matrix: always the training rows' usual class.

        Of numbers: always their mean, on the last set there is.
        """
        name = [*self.evaluations][-1]
        sets = {"train": self.experiment.data, "validation": self.experiment.validation, "test": self.experiment.test}
        rows, trained = sets[name], self.experiment.data
        assert rows is not None  # noqa: S101 - it has been evaluated
        if not self.classes:
            mean = _mean(trained)
            return {"set": name, "mean": mean, "mse": _mse_about(mean, rows)}
        usual = int(trained.class_counts().argmax())
        return {"set": name, "class": self.classes[usual], "accuracy": float(rows.class_counts()[usual] / len(rows))}

    @cached_property
    def confusion(self) -> tuple[str, Array] | None:
        """The set it is of, and its counts: of the test set, else the validation set, else the training set."""
        name = next(name for name in ("test", "validation", "train") if name in self.evaluations)
        counts = self.evaluations[name].confusion
        return None if counts is None else (name, counts)

    @property
    def worst_confusions(self) -> Sequence[tuple[str, str, int]]:
        """(true class, predicted class, how often) of the most frequent mistakes."""
        return [] if self.confusion is None else metrics.worst_confusions(self.confusion[1], self.classes)

    @property
    def kept_words(self) -> str:
        """Which epoch the parameters are from, and why."""
        why = say("the best validation loss") if self.experiment.keeps_best else say("the last")
        return say("epoch {epoch:,} of {epoch2:,}: {why}", epoch=self.kept.epoch, epoch2=self.run.last.epoch, why=why)

    @property
    def loss_history(self) -> Mapping[str, Sequence[float]]:
        """epoch, train and validation loss, as far as there are any."""
        return {"epoch": self.run.epochs, "train": self.run.losses, "validation": self.run.validation_losses}

    @property
    def accuracy_history(self) -> Mapping[str, Sequence[float]]:
        """The same for accuracy."""
        rows = self.run.metrics
        return {
            "epoch": self.run.epochs,
            "train": [values["accuracy"] for values in rows if "accuracy" in values],
            "validation": [values["validation_accuracy"] for values in rows if "validation_accuracy" in values],
        }

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """What is claimed of its optimum and its way there: of a model without hidden layers, where that is known."""
        one, last = self.experiment, self.run.last
        if len(one.network.sizes) > 2 or self.diverged or not one.data.in_memory:
            return ()
        counted = one.has_constant_rate and one.dtype == np.float64  # float32 rounds too much to count epochs
        rate = one.rate if counted else None
        last_one = one.segments[-1]
        in_batches = last_one.batch_size is not None
        descent = Descent(last_one.problem, last_one.optimizer, rate, in_batches, unit=one.unit)
        made = descent.claims(one.start, last, self.run.losses)
        return tuple(claim for claim in made if claim.subject != "digits")  # its parameters are not shown

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """Further lines for people."""
        run, experiment = self.run, self.experiment
        remarks = ending(run.last, experiment.epochs, experiment.stopping.rules)
        before = experiment.resumed
        if before is not None and before.epoch >= experiment.epochs > 0 and run.last.epoch == before.epoch:
            there = say(
                "nothing was added: the saved run has been through {epoch:,} epochs, which --epochs counts",
                epoch=before.epoch,
            )
            remarks = [("ended", there)]
        return remarks + ([("saved", self.saving.written)] if self.saving.written else [])

    def predict(self, rows: Any) -> Array:
        """Labels of classes, or numbers, for raw inputs (n, d)."""
        raw = self.experiment.preparation.complete(np.asarray(rows))
        found = self.experiment.predict(self.kept.parameters, raw)
        return np.array(self.classes)[found] if self.classes else found

    FIGURES: ClassVar[str] = (
        "status task architecture parameter_count train.* validation.* test.* classes.* confusion.* confusion_of "
        "overfitting.* baseline.* claims.* verdicts.* folds.* epochs steps best_epoch kept_epoch seed chosen.* "
        "config.* reading.* model rerun"
    )
    """Their names."""

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.train/1`, without its history."""
        run, found, judged = self.run, self.scores, self.overfitting
        return {
            "status": str(run.last.status),
            "task": "classification" if self.classes else "regression",
            "architecture": self.experiment.model_words,
            "parameter_count": self.experiment.network.size,
            **{name: found.get(name) for name in ("train", "validation", "test")},
            "classes": list(self.classes) or None,
            "confusion": None if self.confusion is None else self.confusion[1].tolist(),
            "confusion_of": None if self.confusion is None else self.confusion[0],
            "overfitting": None if judged is None else judged._asdict(),
            "baseline": self.baseline,
            "claims": [claim.row() for claim in self.claims],
            "verdicts": [verdict.row() for verdict in self.verdicts],
            "folds": None if self.folds is None else self.folds.row(),
            "epochs": run.last.epoch,
            "steps": run.last.step,
            "best_epoch": run.best.epoch,
            "kept_epoch": self.kept.epoch,
            "seed": self.experiment.spec.loop.seed,
            "chosen": self.experiment.choices,
            "config": self.config(),
            "reading": described(self.reading),
            "model": self.saving.written,
            "rerun": self.rerun,
        }

    def config(self) -> dict[str, Any]:
        """The settings in force."""
        one, spec = self.experiment, self.experiment.spec
        return {
            "lr": one.rate,
            **optimizer_config(one.optimizer),
            "batch_size": one.batch_size or "full",
            **({"shuffle_rows": one.data.buffer} if isinstance(one.data, StoredDataset) else {}),
            "epochs": one.epochs,
            "schedule": write(spec.rate.schedule),
            "loss": one.loss_name,
            "l1": one.problem.l1,
            "l2": one.problem.l2,
            "label_smoothing": one.smoothing,
            "class_weight": None if one.weights is None else one.weights.tolist(),
            "dtype": np.dtype(one.dtype).name,
            "values": {column: list(known) for column, known in one.values.items()},
            "options": self._options(),
            "chosen": sorted(read_note(one.choice_note)[0]),
            **({"plugins": list(plugins)} if (plugins := files()) else {}),
        }

    def _options(self) -> dict[str, Any]:
        """The options given, and the chosen rate, epochs and seed; where to pause says nothing about the run."""
        one = self.experiment
        spec = one.spec.replace(max_steps=None, chosen=None)
        options = plain_options(spec, lr=one.rate, epochs=one.epochs, seed=spec.loop.seed)
        return in_order(spec, options)

    def save(self, path: str) -> None:
        """Writes the model."""
        one, run = self.experiment, self.run
        best = run.last if one.validation is None else run.best_whole
        save(
            Path(path),
            SavedModel(
                network=one.network,
                parameters=self.kept.parameters,
                preparation=one.preparation,
                loss=one.loss_name,
                config=self.config(),
                history=run.rows,
                best_epoch=self.kept.epoch,
                resumption=Resumption(
                    made_by(one.segments, run.last.step).optimizer, run.last, best.epoch, best.parameters
                ),
                spec=one.spec.replace(lr=one.rate, epochs=one.epochs, max_steps=None, chosen=one.choice_note or None),
            ),
        )

    def explain_divergence(self) -> tuple[str, str]:
        """What happened, and what would work."""
        last, best, rate = self.run.last, self.run.best, self.experiment.rate
        if not last.step:
            name = self.experiment.loss_title
            return explain_start(name, float(last.loss), self.experiment.data.target_name)
        was = (
            say(" (it was best, {monitored:.4g}, at epoch {epoch:,})", monitored=best.monitored, epoch=best.epoch)
            if math.isfinite(best.monitored)
            else ""
        )
        return (
            say(
                "diverged at epoch {epoch:,}, step {step:,}: the loss is {loss:.2g}{was}.",
                epoch=last.epoch,
                step=last.step,
                loss=float(last.loss),
                was=was,
            ),
            say(
                "lr {rate} is too large for this network: try --lr {value}{scaled}.",
                rate=exact(rate),
                value=exact(float(f"{min(rate / 10, USUAL):.0e}")),
                scaled=say(", or --scale standard") if self.experiment.spec.loop.takes_raw else "",
            ),
        )

    def not_converged(self) -> str:
        """Where it stopped short of converging."""
        ended, last = ended_words(self.status), self.run.last
        return say(
            "not converged: {ended} after {epoch} epoch{s}, loss {loss:.4g}",
            ended=ended,
            epoch=last.epoch,
            s="s" * (last.epoch != 1),
            loss=float(last.loss),
        )


def _mean(rows: Dataset) -> float:
    """The targets' mean."""
    if isinstance(rows, StoredDataset):
        return float(rows.portion.moments.targets.mean[0])
    return float(rows.targets.mean(dtype=float))


def _mse_about(mean: float, rows: Dataset) -> float:
    """The MSE of predicting one number."""
    if isinstance(rows, StoredDataset):
        known = rows.portion.moments.targets
        return float(known.squares[0] / len(rows) + (known.mean[0] - mean) ** 2)
    return metrics.mse(np.full(len(rows), mean), rows.targets)


def _balanced(found: Evaluation) -> dict[str, float]:
    return {} if found.confusion is None else {"balanced_accuracy": metrics.balanced_accuracy(found.confusion)}
