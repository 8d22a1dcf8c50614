"""`gdcli step`: one update, or a few, with all its arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from gdcli.cli.example import or_example
from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, SaveOptions
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.running import note_read, reader
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED
from gdcli.experiments.line import on_rows
from gdcli.experiments.spec import DataSpec, EpochSpec, LineSpec, LoopSpec, LossSpec, OptimizerSpec, RateSpec, Spec
from gdcli.experiments.step_spec import BlackboardSpec, StepSpec, refuse_line
from gdcli.render import Report
from gdcli.render.reports.step import report
from gdcli.said import say


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    network: BlackboardSpec,
    asked: StepSpec,
    rate: RateSpec,
    loop: LoopSpec,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Take one step of gradient descent and show all its arithmetic.

    Without DATA and with nothing piped in, it steps the lecture's example: (1, 3) and (2, 5), from m = -1, b = 5.
    With --hidden it steps a network: a row's way forward, its loss, the chain rule layer by layer, and the update.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    spec = Spec(line, data, rate, loop, EpochSpec(asked.steps), optimizer, loss)
    make = _of_network if network.is_network else _of_line
    asked.refuse_derivation(network.is_network, format_of(output).rows_only)
    with interruptible() as interrupted:
        made, again = make(context, spec, network, asked, interrupted, output, terminal)
        emit(made, output, terminal, saving)
        if interrupted():
            terminal.note(say("interrupted"))
            raise typer.Exit(INTERRUPTED)
    terminal.note(f"rerun: {again}")


def _of_line(
    context: Any,
    spec: Spec,
    _: BlackboardSpec,
    asked: StepSpec,
    interrupted: Callable[[], bool],
    output: OutputOptions,
    terminal: Terminal,
) -> tuple[Report, str]:
    """The steps of a line, and the command that repeats them."""
    spec, start = or_example(spec, terminal)
    rows = reader(terminal)
    experiment = on_rows(spec, rows.numbers(str(spec.data.source), spec.data))
    again = str(invocation(context, spec.data.source).with_options(**start, lr=experiment.rate, seed=spec.loop.seed))
    said = [say("parameters are those of the scaled inputs: that is where the step is taken")] * spec.loop.is_scaled
    note_read(rows, spec, terminal, layout(False, output, terminal, *said, f"rerun: {again}").remarks(), said)
    screen = layout(False, output, terminal, f"rerun: {again}")
    return report(experiment, asked, rows.reading, interrupted, screen, again), again


def _of_network(
    context: Any,
    spec: Spec,
    network: BlackboardSpec,
    asked: StepSpec,
    interrupted: Callable[[], bool],
    output: OutputOptions,
    terminal: Terminal,
) -> tuple[Report, str]:
    """The steps of a network, and the command that repeats them."""
    from gdcli.experiments.network_stepping import read_network_steps
    from gdcli.render.reports.network_step import report as network_report

    refuse_line(spec.model)
    spec, _ = or_example(spec, terminal)
    rows = reader(terminal)
    steps = read_network_steps(spec, network, asked, rows, interrupted)
    chosen = steps.chosen()
    again = str(invocation(context, spec.data.source).with_options(**chosen))
    room = layout(False, output, terminal, *steps.notes(), f"rerun: {again}").remarks()
    note_read(rows, steps.experiment.spec, terminal, room, steps.notes())
    screen = layout(False, output, terminal, f"rerun: {again}")
    return network_report(steps, rows.reading, screen, again), again
