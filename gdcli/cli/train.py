"""`gdcli train`: a network for classification or regression, one row an epoch."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import typer

from gdcli import metrics, streams
from gdcli.cli.examples import read_examples
from gdcli.cli.fit import INTERRUPTED, plots
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.network_plan import NetworkPlan, dtype_named, network_plan
from gdcli.cli.options import (
    TRAIN_EPOCHS,
    DataOptions,
    EpochOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    OutputOptions,
    RateOptions,
    ResumeOptions,
    SaveOptions,
    ShowOptions,
    StopOptions,
    StreamOptions,
)
from gdcli.cli.output import check, check_place, emit, exact, rerun
from gdcli.cli.parse import flag_name
from gdcli.cli.picturing import images
from gdcli.cli.showing import shown, timed
from gdcli.cli.terminal import Terminal
from gdcli.data.dataset import Dataset
from gdcli.diagnosis import overfitting
from gdcli.errors import DataError, DivergedError, NotConvergedError, OptionError
from gdcli.evaluation import Evaluation, evaluate, outputs
from gdcli.networks import Dropout
from gdcli.records import Epoch, Status
from gdcli.render import Report
from gdcli.render.progress import Bar
from gdcli.render.screen import Screen
from gdcli.render.training import Trained, decision_regions, layout, pictures, summary
from gdcli.saving import Resumption, SavedModel
from gdcli.saving import load as load_model
from gdcli.saving import save as save_model
from gdcli.streams import Run

ARCHITECTURE = ("hidden", "activation", "init", "dropout", "dtype", "task", "categorical", "optimizer", "scale")
Known = tuple[tuple[str, ...], dict[str, tuple[str, ...]]]
NOT_KEPT = {"data", "output", "format", "quiet", "color", "debug", "every", "plot", "timing", "save", "resume", "show"}


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    network: NetworkOptions,
    rate: RateOptions,
    loop: LoopOptions,
    passes: EpochOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    stop: StopOptions,
    saving: SaveOptions,
    going_on: ResumeOptions,
    show: ShowOptions,
    stream: StreamOptions,
    output: OutputOptions,
) -> None:
    """Train a network for classification or regression.

    DATA is a table, IDX images with --labels, or a folder with MNIST's four files. Without --hidden it is logistic
    or softmax regression; a tenth of the rows is held out to watch.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    check_place(saving.save)
    name = data.data or ("-" if terminal.piped_in() else None)
    if name is None:
        raise OptionError("there is nothing to train on", "give DATA, as in gdcli train sample:digits --hidden 32")
    past = None if going_on.resume is None else load_model(going_on.resume)
    if past is not None:
        groups = (data, network, rate, loop, passes, optimizer, loss, stop)
        data, network, rate, loop, passes, optimizer, loss, stop = _as_before(context, groups, past)
    known: Known = ((), {}) if past is None else (past.preparation.classes, _values(past))
    examples = read_examples(name, data, network, dtype_named(network.dtype), terminal, known)
    epochs = TRAIN_EPOCHS if passes.epochs is None else passes.epochs
    plan = network_plan(name, examples, data, network, rate, loop, epochs, optimizer, loss, stop, past, terminal)
    again = rerun(context, data=name, lr=plan.rate, epochs=plan.epochs, seed=loop.seed)
    terminal.note(header(plan, name))
    keep = shown(stream.every, output.format, 0 if output.format == "table" and plan.epochs <= 60 else plan.epochs)
    with interruptible() as interrupted:
        bar = _bar(plan, terminal)
        run = Run(plan.records(interrupted, bar.watching), stop.min_delta)
        told = _Told(context, plan, run, again, saving.save, rate)
        records = streams.thin(run, keep, best=output.format == "table")
        stamped = timed(records) if stream.timing or output.format == "table" else records
        report = Report(
            schema="gdcli.train/1",
            records=bar.clearing(stamped),
            summary=told.figures,
            columns=layout(
                bool(plan.preparation.classes),
                plan.held_out is not None,
                plan.problem.l1 > 0 or plan.problem.l2 > 0,
                told.mark,
            ),
            before=lambda screen: images(plan.raw, show.show, screen) if show.show else (),
            blocks=lambda screen: told.blocks(screen, plots(stream.plot, output, terminal)),
        )
        emit(report, output, terminal)
    terminal.note(f"rerun: {again}")
    told.save()
    finish(plan, run, stop)


class _Told:
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
        """The record whose parameters count: the best where validation is watched, else the last."""
        return self._run.last if self._plan.held_out is None else self._run.best

    def mark(self, record: Epoch) -> str:
        """A star at an epoch that was the best so far; the word at the one kept."""
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
            for name, rows in sets.items():
                if rows is not None:
                    self._evaluations[name] = self._evaluate(rows)
        return self._evaluations

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
            yield from pictures(told, screen)
            if len(plan.raw.input_names) == 2 and plan.preparation.classes:
                yield from decision_regions(*self._plane(screen), screen)
        yield ""
        yield from summary(told, screen)

    def _told(self) -> Trained:
        plan, run, found = self._plan, self._run, self.evaluations()
        confusion = self._confusion()
        worst = [] if confusion is None else metrics.worst_confusions(confusion[1], plan.preparation.classes)
        why = ": the best validation loss" if plan.held_out is not None else ": the last"
        history: dict[str, Any] = {"epoch": run.epochs, "train": run.losses, "validation": run.validation_losses}
        accuracy = {
            "epoch": run.epochs,
            "train": [values["accuracy"] for values in run.metrics if "accuracy" in values],
            "validation": [values["validation_accuracy"] for values in run.metrics if "validation_accuracy" in values],
        }
        remarks = [("saved", f"{self._save}")] if self._save else []
        return Trained(
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
        save_model(
            Path(self._save),
            SavedModel(
                network=plan.network,
                parameters=self.kept.parameters,
                preparation=plan.preparation,
                loss=plan.loss_name,
                config=self.config(),
                history=run.rows,
                best_epoch=self.kept.epoch,
                resumption=Resumption(plan.optimizer, run.last_whole),
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


def header(plan: NetworkPlan, name: str) -> str:
    """What is about to happen, in a line."""
    rows = [f"{len(plan.raw):,} train"]
    rows += [] if plan.held_out is None else [f"{len(plan.held_out):,} validation"]
    rows += [] if plan.test is None else [f"{len(plan.test):,} test"]
    batch = "full batch" if plan.batch_size is None else f"batch {plan.batch_size}"
    parts = [
        architecture(plan),
        f"{plan.network.size:,} parameters",
        f"{', '.join(rows)} rows from {'standard input' if name == '-' else name}",
        plan.loss_name,
        f"{type(plan.optimizer).__name__}, lr {exact(plan.rate)}, {batch}",
        f"seed {plan.loop.seed}",
    ]
    return "   ".join(parts)


def finish(plan: NetworkPlan, run: Run, stop: StopOptions) -> None:
    """The exit code: how the run ended.

    Raises:
        DivergedError: If it diverged.
        NotConvergedError: If it had to converge and did not.
        typer.Exit: With 130, if it was interrupted.
    """
    status, last = run.last.status, run.last
    if status is Status.DIVERGED:
        smaller = exact(float(f"{plan.rate / 10:.0e}"))
        raise DivergedError(
            f"diverged at epoch {last.epoch}, step {last.step}: the loss is {float(last.loss):.2g}"
            f" (it was best, {run.best.monitored:.4g}, at epoch {run.best.epoch}).",
            f"lr {exact(plan.rate)} is too large for this network: try --lr {smaller}, or --scale standard.",
        )
    if status is Status.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if stop.require_converged and status is not Status.CONVERGED:
        raise NotConvergedError(
            f"not converged: {str(status).replace('_', ' ')} after {last.epoch} epochs, loss {float(last.loss):.4g}",
            "give more --epochs, a larger --lr, or a looser --tolerance",
        )


def _as_before(context: Any, groups: tuple[Any, ...], past: SavedModel) -> tuple[Any, ...]:
    """The options of the run to go on with, where no others are given.

    Raises:
        OptionError: If an option would change what is already there.
    """
    kept = past.config.get("options", {})
    given = {name for name in context.params if context.get_parameter_source(name).name == "COMMANDLINE"}
    for name in ARCHITECTURE:
        if name in given and context.params[name] != kept.get(name):
            raise OptionError(f"--{name} cannot change with --resume", "leave it out: the model knows its own")
    merged = []
    for group in groups:
        names = set(group._fields) - given
        merged.append(group._replace(**{name: _restored(context, name, kept[name]) for name in names & kept.keys()}))
    return tuple(merged)


def _restored(context: Any, name: str, value: Any) -> Any:
    """A saved option's value, through the option's own parser.

    Raises:
        DataError: If the parser will not have it.
    """
    parameter = next(one for one in context.command.params if one.name == name)
    if value is None or (isinstance(value, bool) and parameter.is_flag):
        return value
    try:
        return parameter.type_cast_value(context, str(value))
    except typer.BadParameter as error:
        raise DataError(f"--resume: a damaged model: {error.message}", "train it again") from None


def _values(past: SavedModel) -> dict[str, tuple[str, ...]]:
    """The known values of the text columns the run began with."""
    return {column: tuple(known) for column, known in (past.config.get("values") or {}).items()}


def _bar(plan: NetworkPlan, terminal: Terminal) -> Bar:
    visible = terminal.stderr.isatty() and not terminal.quiet
    color = terminal.screen(terminal.stderr).color
    steps = plan.epochs * plan.steps_per_epoch
    return Bar(terminal.stderr, steps, "steps", visible, lambda record: getattr(record, "step", 0), color)
