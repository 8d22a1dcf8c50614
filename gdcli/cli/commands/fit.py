"""`gdcli fit`: gradient descent on a linear model, one row an epoch."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING

import typer

from gdcli.cli import experiment as build
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.options import (
    FIT_EPOCHS,
    DataOptions,
    EpochOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    OutputOptions,
    RateOptions,
    SaveOptions,
    StopOptions,
    StreamOptions,
)
from gdcli.cli.output import check, check_place, emit, exact, rerun
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.showing import shown, timed
from gdcli.cli.terminal import Terminal
from gdcli.data.dataset import Dataset
from gdcli.errors import INTERRUPTED, DataError, DivergedError, NotConvergedError
from gdcli.render import Report
from gdcli.render.numbers import bracketed
from gdcli.render.progress import ProgressBar
from gdcli.training import streams
from gdcli.training.records import Status
from gdcli.training.streams import Run

if TYPE_CHECKING:
    from gdcli.cli.fit_told import FitTold


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    rate: RateOptions,
    loop: LoopOptions,
    passes: EpochOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    stop: StopOptions,
    saving: SaveOptions,
    stream: StreamOptions,
    output: OutputOptions,
) -> None:
    """Fit a line, several inputs or a polynomial by gradient descent.

    Without DATA and with nothing piped in, it fits the lecture's example: (1, 3) and (2, 5), from m = -1, b = 5.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    check_place(saving.save)
    name, line = lecture(data, line, terminal)
    rows = read(name, data, terminal)
    train, held_out = build.held_out(rows, stop.validation, loop, data, terminal)
    refuse_unfit(train, name)
    epochs = FIT_EPOCHS if passes.epochs is None else passes.epochs
    run_plan = plan(train, held_out, line, rate, loop, epochs, optimizer, loss, stop).compressed()
    named = start_words(line, data) | {"lr": run_plan.rate, "epochs": run_plan.epochs, "seed": loop.seed}
    again = rerun(context, data=name, **named)
    auto = stream.every == "auto" or (stream.every is None and output.format == "table")
    keep = shown(stream.every, output.format, run_plan.passes)
    terminal.note(header(run_plan, name, loop))
    note_few_rows(run_plan, terminal)
    with interruptible() as interrupted:
        bar = progress_bar(run_plan, terminal)
        run = Run(run_plan.records(interrupted, bar.watching), stop.min_delta)
        records = streams.reported(
            streams.thin(run, keep, best=auto), run_plan.experiment.names, run_plan.experiment.basis.raw
        )
        told = cache(lambda: _told(run_plan, run, again, line, loop, rate))
        report = Report(
            schema="gdcli.fit/1",
            records=bar.clearing(timed(records) if stream.timing else records),
            summary=lambda: told().figures(),
            columns=told().columns(output_width(output, terminal)) if output.format == "table" else (),
            blocks=lambda screen: told().blocks(screen, plots(stream.plot, output, terminal)),
        )
        emit(report, output, terminal)
    terminal.note(f"rerun: {again}")
    if saving.save and run.last.status is not Status.DIVERGED:
        told().save(saving.save)
    finish(run_plan, run, stop)


def _told(plan_: Plan, run: Run, again: str, line: LineOptions, loop: LoopOptions, rate: RateOptions) -> FitTold:
    """What is told of the run; csv does without it, and without the time to load it."""
    from gdcli.cli.fit_told import FitTold

    return FitTold(plan_, run, again, line, loop, rate)


def header(plan_: Plan, name: str, loop: LoopOptions) -> str:
    """What is about to happen, in a line."""
    experiment = plan_.experiment
    model = equation_of(plan_)
    held = "" if experiment.validation is None else f", {len(experiment.validation):,} held out"
    where = "standard input" if name == "-" else name
    batch = "full batch" if plan_.batch_size is None else f"batches of {plan_.batch_size}"
    scale = "standardized" if loop.standardize else f"scale {loop.scale}" if loop.scale else ""
    parts = [
        model,
        f"{len(experiment.data):,} rows from {where}{held}",
        scale,
        plan_.loss_name,
        f"{type(plan_.optimizer).__name__}, lr {exact(plan_.rate)}, {batch}",
        f"seed {plan_.seed}",
    ]
    return "   ".join(part for part in parts if part)


def equation_of(plan_: Plan) -> str:
    """The model with letters for its parameters."""
    experiment = plan_.experiment
    target, terms = experiment.data.target_name, [term for term in experiment.terms if term]
    if experiment.names[:1] == ("m",):
        x, bias = bracketed(terms[0]), " + b" if experiment.basis.intercept else ""
        return f"{bracketed(target)} = m{'' if len(x) == 1 else ' '}{x}{bias}"
    inputs = ", ".join(terms) if len(terms) <= 4 else f"{len(experiment.data.input_names)} inputs"
    return f"{target} from {inputs}   {len(experiment.names)} parameters"


def refuse_unfit(data: Dataset, name: str) -> None:
    """Refuses rows through which there is no one line.

    Raises:
        DataError: If there is one row, or no input varies.
    """
    where = "standard input" if name == "-" else name
    if len(data) < 2:
        raise DataError(f"{where}: one row of data, and a line needs two", "add rows")
    if (data.inputs == data.inputs[0]).all():
        column, value = data.input_names[0], exact(float(data.inputs[0, 0]))
        raise DataError(
            f"{where}: column '{column}' is constant: {value} in every row",
            "a slope needs an input that varies; choose another with --x",
        )


def note_few_rows(plan_: Plan, terminal: Terminal) -> None:
    """Remarks that the optimum is not the only one."""
    rows, parameters = len(plan_.experiment.data), plan_.experiment.problem.model.size
    if rows < parameters:
        terminal.note(f"{rows} rows for {parameters} parameters: many models fit these rows equally well")


def progress_bar(plan_: Plan, terminal: Terminal) -> ProgressBar:
    """A bar over the run's steps, on a terminal."""
    visible = terminal.stderr.isatty() and not terminal.quiet
    color = terminal.screen(terminal.stderr).color
    return ProgressBar(terminal.stderr, plan_.steps, "steps", visible, lambda record: getattr(record, "step", 0), color)


def output_width(output: OutputOptions, terminal: Terminal) -> int:
    """Columns to keep to: the terminal's; anywhere else nothing is left out."""
    on_terminal = output.output is None and terminal.stdout.isatty()
    return terminal.screen().width if on_terminal else sys.maxsize


def plots(asked: bool | None, output: OutputOptions, terminal: Terminal) -> bool:
    """Whether pictures are drawn: as asked, else on a terminal."""
    if asked is not None:
        return asked
    return output.output is None and terminal.stdout.isatty()


def finish(plan_: Plan, run: Run, stop: StopOptions) -> None:
    """The exit code: how the run ended.

    Raises:
        DivergedError: If it diverged.
        NotConvergedError: If it had to converge and did not.
        typer.Exit: With 130, if it was interrupted.
    """
    status = run.last.status
    if status is Status.DIVERGED:
        from gdcli.cli.telling import divergence

        raise DivergedError(*divergence(plan_, run))
    if status is Status.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)
    if stop.require_converged and status is not Status.CONVERGED:
        raise NotConvergedError(
            f"not converged: {str(status).replace('_', ' ')} after {run.last.epoch} epochs,"
            f" {plan_.loss_name} {run.last.loss:.4g}",
            "give more --epochs, a larger --lr, or a looser --tolerance",
        )
