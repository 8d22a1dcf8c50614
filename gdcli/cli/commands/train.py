"""`gdcli train`: a network for classification or regression, one row an epoch."""

from __future__ import annotations

import math
from typing import Any

import typer

from gdcli.cli.commands.fit import plots
from gdcli.cli.examples import read_examples
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.network_plan import NetworkPlan, dtype_named, network_plan
from gdcli.cli.options import (
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
from gdcli.cli.picturing import images
from gdcli.cli.showing import shown, timed
from gdcli.cli.terminal import Terminal
from gdcli.cli.train_told import TrainTold, architecture
from gdcli.errors import INTERRUPTED, DataError, DivergedError, NotConvergedError, OptionError
from gdcli.experiments.checkpoint import SavedModel
from gdcli.experiments.checkpoint import load as load_model
from gdcli.render import Report
from gdcli.render.progress import ProgressBar
from gdcli.render.reports.train import training_columns
from gdcli.training import streams
from gdcli.training.records import Status
from gdcli.training.streams import Run

ARCHITECTURE = ("hidden", "activation", "init", "dropout", "dtype", "task", "categorical", "optimizer", "scale")
BATCHES = ("batch_size", "shuffle", "seed", "validation", "missing")
Known = tuple[tuple[str, ...], dict[str, tuple[str, ...]]]


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
    made_of = data, network, rate, loop, passes.epochs, optimizer, loss, stop
    plan = network_plan(name, examples, *made_of, past, terminal)
    again = rerun(context, data=name, lr=plan.rate, epochs=plan.epochs, seed=loop.seed)
    terminal.note(header(plan, name))
    keep = shown(stream.every, output.format, 0 if output.format == "table" and plan.passes <= 60 else plan.passes)
    with interruptible() as interrupted:
        bar = _bar(plan, terminal)
        run = Run(plan.records(interrupted, bar.watching), stop.min_delta)
        told = TrainTold(context, plan, run, again, saving.save, rate)
        records = streams.thin(run, keep, best=output.format == "table")
        stamped = timed(records) if stream.timing or output.format == "table" else records
        report = Report(
            schema="gdcli.train/1",
            records=bar.clearing(stamped),
            summary=told.figures,
            columns=training_columns(
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
        best = f" (it was best, {run.best.monitored:.4g}, at epoch {run.best.epoch})"
        raise DivergedError(
            f"diverged at epoch {last.epoch}, step {last.step}: the loss is {float(last.loss):.2g}"
            f"{best if math.isfinite(run.best.monitored) else ''}.",
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
    usual = {one.name: one.default for one in context.command.params}
    for name in (*ARCHITECTURE, "min_delta"):  # the last decided which epoch's parameters were kept
        if name in given and context.params[name] != kept.get(name, usual[name]):
            flag = f"--{name.replace('_', '-')}"
            raise OptionError(f"{flag} cannot change with --resume", "leave it out: the model knows its own")
    if past.resumption is not None and past.resumption.record.within:
        _refuse_other_batches(context, given, kept)
    merged = []
    for group in groups:
        names = set(group._fields) - given
        merged.append(group._replace(**{name: _restored(context, name, kept[name]) for name in names & kept.keys()}))
    return tuple(merged)


def _refuse_other_batches(context: Any, given: set[str], kept: dict[str, Any]) -> None:
    """Refuses to go on in the middle of an epoch with other batches than it began with."""
    usual = {one.name: one.default for one in context.command.params}
    for name in BATCHES:
        if name in given and context.params[name] != kept.get(name, usual[name]):
            raise OptionError(
                f"--{name.replace('_', '-')} cannot change with --resume: the model stopped in the middle of an epoch",
                "leave it out: the model knows its own",
            )


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


def _bar(plan: NetworkPlan, terminal: Terminal) -> ProgressBar:
    visible = terminal.stderr.isatty() and not terminal.quiet
    color = terminal.screen(terminal.stderr).color
    return ProgressBar(terminal.stderr, plan.steps, "steps", visible, lambda record: getattr(record, "step", 0), color)
