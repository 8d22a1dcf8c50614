"""What `gdcli train` tells of a run once it has ended, in any format; and the model it saves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from gdcli.analysis.evaluation import Evaluation, evaluate, outputs
from gdcli.analysis.overfitting import overfitting, still_falling
from gdcli.cli.network_plan import NetworkPlan
from gdcli.cli.options import OutputOptions, RateOptions, StreamOptions
from gdcli.cli.parse import flag_name
from gdcli.cli.showing import cut_short
from gdcli.data.dataset import Dataset
from gdcli.experiments.checkpoint import Resumption, SavedModel, save
from gdcli.nn import metrics
from gdcli.nn.networks import Dropout
from gdcli.render.reports.train import TrainingReport, draw_decision_regions, draw_training, summarize_training
from gdcli.render.screen import Screen
from gdcli.training.records import Epoch, Status
from gdcli.training.streams import Run

NOT_KEPT = {"data", "save", "resume", "show", "max_steps", *OutputOptions._fields, *StreamOptions._fields}
"""Options that say nothing about the run itself, or where to pause in it, so that a model does not remember them."""


class TrainTold:
    """What is told of a run once it has ended: measured once, shown in any format, saved."""

    def __init__(
        self, context: Any, plan: NetworkPlan, run: Run, again: str, save: str | None, rate: RateOptions
    ) -> None:
        self._context, self._plan, self._run = context, plan, run
        self._again, self._save, self._rate = again, save, rate
        self._evaluations: dict[str, Evaluation] = {}
        self._saved = False

    @property
    def kept(self) -> Epoch:
        """The record whose parameters count: the best where validation is watched, else (or if asked for) the last."""
        return self._run.best if self._plan.keeps_best else self._run.last

    def mark(self, record: Epoch) -> str:
        """A star at an epoch that was the best so far; the word at the best of all."""
        if self._plan.held_out is None:
            return ""
        if self._run.ended and record.epoch == self._run.best.epoch:
            return "* best"
        return "*" if record.epoch and record.epoch == self._run.best.epoch else ""

    def evaluations(self) -> dict[str, Evaluation]:
        """The kept parameters' figures on each set."""
        if not self._evaluations:
            plan = self._plan
            sets = {"train": plan.raw, "validation": plan.held_out, "test": plan.test}
            known = {name: rows for name, rows in sets.items() if rows is not None}
            for at, (name, rows) in enumerate(known.items()):
                told = None if at == len(known) - 1 else self._measured(name)
                self._evaluations[name] = told or self._evaluate(rows)
        return self._evaluations

    def _measured(self, name: str) -> Evaluation | None:
        """What the kept epoch's record says of a set of classes: only the last set needs a confusion matrix."""
        record, accuracy = self.kept, {"train": "accuracy", "validation": "validation_accuracy"}.get(name)
        if accuracy not in record.metrics:
            return None
        loss = record.loss if name == "train" else record.validation_loss
        return Evaluation(float(loss), {"accuracy": record.metrics[accuracy]}, None)

    def _evaluate(self, rows: Dataset) -> Evaluation:
        plan = self._plan
        return evaluate(
            plan.problem, plan.network, self.kept.parameters, plan.preparation, rows, plan.loss_unit, plan.smoothing
        )

    def figures(self) -> dict[str, Any]:
        """The object of `gdcli.train/1`, without its history."""
        plan, run, found = self._plan, self._run, self.evaluations()
        told = None if (judged := overfitting(run.best, run.last)) is None else judged._asdict()
        confusion = self._confusion()
        self.save()
        return {
            "status": str(run.last.status),
            "task": "classification" if plan.preparation.classes else "regression",
            "architecture": architecture(plan),
            "parameter_count": plan.network.size,
            **{name: found[name].told() if name in found else None for name in ("train", "validation", "test")},
            "classes": list(plan.preparation.classes) or None,
            "confusion": None if confusion is None else confusion[1].tolist(),
            "confusion_of": None if confusion is None else confusion[0],
            "overfitting": told,
            "epochs": run.last.epoch,
            "steps": run.last.step,
            "best_epoch": run.best.epoch,
            "kept_epoch": self.kept.epoch,
            "seed": plan.loop.seed,
            "config": self.config(),
            "model": self._save,
            "rerun": self._again,
        }

    def _confusion(self) -> tuple[str, Any] | None:
        """Of the test set, else the validation set, else the training set."""
        found = self.evaluations()
        name = next(name for name in ("test", "validation", "train") if name in found)
        counts = found[name].confusion
        return None if counts is None else (name, counts)

    def config(self) -> dict[str, Any]:
        """The settings that were in force."""
        plan, context = self._plan, self._context
        resolved = {"lr": plan.rate, "epochs": plan.epochs, "seed": plan.loop.seed}
        given = {
            name: resolved.get(name, context.params[name])
            for name in (parameter.name for parameter in context.command.params)
            if name not in NOT_KEPT and (name in resolved or context.get_parameter_source(name).name == "COMMANDLINE")
        }
        if plan.past is not None:
            given = plan.past.config.get("options", {}) | given
        return {
            "lr": plan.rate,
            "optimizer": flag_name(type(plan.optimizer).__name__),
            **dataclasses.asdict(plan.optimizer),  # type: ignore[call-overload]  # every optimizer is a dataclass
            "batch_size": plan.batch_size or "full",
            "epochs": plan.epochs,
            "schedule": self._rate.schedule,
            "loss": plan.loss_name,
            "l1": plan.problem.l1,
            "l2": plan.problem.l2,
            "label_smoothing": plan.smoothing,
            "class_weight": None if plan.weights is None else plan.weights.tolist(),
            "dtype": np.dtype(plan.dtype).name,
            "values": {column: list(known) for column, known in plan.values.items()},
            "options": given,
        }

    def blocks(self, screen: Screen, plotted: bool) -> Iterator[str]:
        """Under the table."""
        plan, run = self._plan, self._run
        if run.last.status is Status.DIVERGED:
            return
        told = self._told()
        self.save()
        if plotted:
            yield from draw_training(told, screen)
            if len(plan.raw.input_names) == 2 and plan.preparation.classes:
                yield from draw_decision_regions(*self._plane(screen), screen)
        yield ""
        yield from summarize_training(told, screen)

    def _told(self) -> TrainingReport:
        plan, run, found = self._plan, self._run, self.evaluations()
        confusion = self._confusion()
        worst = [] if confusion is None else metrics.worst_confusions(confusion[1], plan.preparation.classes)
        why = ": the best validation loss" if plan.keeps_best else ": the last"
        history: dict[str, Any] = {"epoch": run.epochs, "train": run.losses, "validation": run.validation_losses}
        accuracy = {
            "epoch": run.epochs,
            "train": [values["accuracy"] for values in run.metrics if "accuracy" in values],
            "validation": [values["validation_accuracy"] for values in run.metrics if "validation_accuracy" in values],
        }
        remarks = cut_short(run.last, plan.epochs)
        over = run.last.status is Status.COMPLETED and run.last.passes >= plan.epochs
        if over and still_falling(run.validation_losses or run.losses):
            watched = "validation" if plan.held_out is not None else "training"
            remarks.append(("too soon", f"the {watched} loss was still falling: more --epochs would lower it"))
        remarks += [("saved", f"{self._save}")] if self._save else []
        return TrainingReport(
            figures={name: evaluation.told() for name, evaluation in found.items()},
            kept=(self.kept.epoch, run.last.epoch, why),
            overfitting=overfitting(run.best, run.last),
            confusion=confusion,
            worst=worst,
            classes=plan.preparation.classes,
            history=history,
            accuracy=accuracy,
            remarks=remarks,
        )

    def _plane(self, screen: Screen) -> tuple[Any, Any, Any, list[tuple[float, float]], tuple[str, ...]]:
        """Predicted classes over the plane of both inputs, and the rows on it."""
        plan = self._plan
        rows = plan.raw.inputs.astype(float)
        low, high = rows.min(axis=0), rows.max(axis=0)
        margin = 0.05 * np.where(high > low, high - low, 1.0)
        ranges = [(float(a), float(b)) for a, b in zip(low - margin, high + margin, strict=True)]
        height = 2 * max(8, min(24, screen.height - 8))
        width = min(screen.width - 12, height * 2)
        axes = (np.linspace(*ranges[0], width), np.linspace(*ranges[1], height))
        grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        out = outputs(plan.network, self.kept.parameters, plan.preparation, grid)
        classes = plan.preparation.predicted(out).reshape(height, width)
        return classes, rows, plan.raw.targets, ranges, plan.raw.input_names

    def save(self) -> None:
        """Writes the model, once, if that was asked for."""
        if self._save is None or self._saved or self._run.last.status is Status.DIVERGED:
            return
        plan, run = self._plan, self._run
        best = run.last if plan.held_out is None else run.best_whole
        save(
            Path(self._save),
            SavedModel(
                network=plan.network,
                parameters=self.kept.parameters,
                preparation=plan.preparation,
                loss=plan.loss_name,
                config=self.config(),
                history=run.rows,
                best_epoch=self.kept.epoch,
                resumption=Resumption(plan.optimizer, run.last, best.epoch, best.parameters),
            ),
        )
        self._saved = True


def architecture(plan: NetworkPlan) -> str:
    """The network in a line: 784 - 128 relu - 10 softmax."""
    network, preparation = plan.network, plan.preparation
    hidden = zip(network.sizes[1:-1], network.activations, strict=True)
    parts = [str(network.sizes[0]), *(f"{size} {flag_name(one.__name__)}" for size, one in hidden)]
    head = "softmax" if network.sizes[-1] > 1 else "sigmoid" if preparation.classes else "linear"
    dropout = f"   dropout {network.rate:g}" if isinstance(network, Dropout) else ""
    return " - ".join([*parts, f"{network.sizes[-1]} {head}"]) + dropout
