"""`gdcli limit`: how large a learning rate may be, foretold from the loss's curvature and tried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import typer

from gdcli.cli import value
from gdcli.cli.example import or_example
from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation, is_given
from gdcli.cli.options import OutputOptions, SaveOptions, option
from gdcli.cli.output import emit, layout
from gdcli.cli.running import note_read, reader
from gdcli.cli.terminal import Terminal
from gdcli.data.sources import joined_names, names_in
from gdcli.errors import INTERRUPTED, OptionError
from gdcli.experiments import building
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.limits import STEPS, LineLimits, LocalLimit, at_start, largest_rate, local_limit, refuse_forecast
from gdcli.experiments.line import on_rows
from gdcli.experiments.spec import (
    DataSpec,
    EpochSpec,
    LineSpec,
    LoopSpec,
    LossSpec,
    OptimizerSpec,
    RateSpec,
    Spec,
    reject_together,
)
from gdcli.nn import losses
from gdcli.render.reports.limit import LINES, line_report, local_report
from gdcli.said import say

MODEL = ".safetensors"


class LimitOptions(NamedTuple):
    """What is to be foretold."""

    lr: Annotated[
        float | None,
        option("--lr", "--learning-rate", accepts="positive", metavar="LR", help="A rate to say more about."),
    ] = None
    target_loss: Annotated[
        float | None,
        option("--target-loss", accepts="number", metavar="L", help="Foretell how many steps it takes to this loss."),
    ] = None
    on: Annotated[
        str | None, typer.Option("--on", metavar="FILE", help="Rows of a saved model, as DATA after it.", hidden=True)
    ] = None


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    asked: LimitOptions,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    loop: LoopSpec,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Compute the largest stable learning rate of this data, and the best.

    With MSE it is exact: 2/L, L the Hessian's largest eigenvalue; and it is tried out, just below and just above.
    For another loss, or a saved model (its rows follow it as DATA), it is the curvature at one point.
    --format value prints the rate alone.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    bare = value.asked(output, saving)
    found: LineLimits | LocalLimit
    _refuse_chance(context)
    if optimizer.optimizer is None and "momentum" in dict(optimizer.settings):
        optimizer = replace(optimizer, optimizer="momentum")
    model, *rows = names_in(data.source or "")
    if model.endswith(MODEL):
        reject_together({"--on": asked.on, "DATA after MODEL": rows})
        named = replace(data, source=asked.on or joined_names(rows) or None)
        found, again = _of_model(context, model, named, asked, optimizer, terminal)
    elif asked.on is not None:
        raise OptionError(
            say("--on goes with a saved model as DATA"), say("as in gdcli limit model.safetensors rows.csv")
        )
    else:
        spec = Spec(line, data, RateSpec(asked.lr), loop, EpochSpec(STEPS), optimizer, loss)
        found, again = _of_line(context, spec, asked, terminal, output, bare)
    if bare:
        value.put(largest_rate(found), output, terminal)
        return
    with interruptible() as interrupted:
        if isinstance(found, LocalLimit):
            report = local_report(found, str(again))
        else:
            screen = layout(False, output, terminal, f"rerun: {again}")
            report = line_report(found, str(again), list(found.trials(interrupted)), screen)
        emit(report, output, terminal, saving)
        if interrupted():
            raise typer.Exit(INTERRUPTED)
    terminal.note(f"rerun: {again}")


def _refuse_chance(context: Any) -> None:
    """Refuses options that a limit does not depend on."""
    for name, flag in {"seed": "--seed", "shuffle": "--no-shuffle"}.items():
        if is_given(context, name):
            raise OptionError(
                say("{flag}: a limit does not depend on the order of the rows", flag=flag), say("leave it out")
            )


def _of_line(
    context: Any, spec: Spec, asked: LimitOptions, terminal: Terminal, output: OutputOptions, bare: bool
) -> tuple[LineLimits | LocalLimit, Invocation]:
    """A linear model's limits: exact with MSE, else by the curvature at the start."""
    spec, start = or_example(spec, terminal)
    rows = reader(terminal)
    data = rows.numbers(str(spec.data.source), spec.data)
    experiment = replace(on_rows(spec, data), reading=rows.reading).compressed()
    again = invocation(context, spec.data.source).with_options(**start)
    if not bare:
        note_read(rows, spec, terminal, layout(False, output, terminal, f"rerun: {again}").remarks(LINES))
    if experiment.problem.loss is losses.mse:
        return LineLimits(experiment, asked.lr, asked.target_loss), again
    refuse_forecast({"--lr": asked.lr, "--target-loss": asked.target_loss}, experiment.loss_name)
    return at_start(experiment), again


def _of_model(
    context: Any, name: str, data: DataSpec, asked: LimitOptions, optimizer: OptimizerSpec, terminal: Terminal
) -> tuple[LocalLimit, Invocation]:
    """The limit by the curvature at a saved model's parameters, on rows given or piped in.

    Raises:
        OptionError: If there are no rows.
    """
    import numpy as np

    from gdcli.cli.saved import rows_named  # reads model files: not needed for a line
    from gdcli.experiments.saved import load_model

    refuse_forecast({"--lr": asked.lr, "--target-loss": asked.target_loss}, say("a saved model"))
    model, rows = load_model(name), rows_named(data.source, terminal)
    problem = model.problem_on(model.dataset(model.table(rows, data, reader(terminal)), data), np.float64)
    where = say("the parameters of {name}, on {count:,} rows", name=name, count=len(problem.data))
    kind = building.optimizer(optimizer, "sgd")
    again = invocation(context, name, rows).with_options(on=None)
    return local_limit(problem, model.saved.parameters, kind, where, model.unit), again
