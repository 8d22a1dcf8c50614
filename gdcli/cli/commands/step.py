"""`gdcli step`: one update, or a few, with all its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, NamedTuple

import typer

from gdcli.cli.example import or_example
from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, emit, layout
from gdcli.cli.running import note_all, reader
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED
from gdcli.experiments.line import on_rows
from gdcli.experiments.line_result import line_config
from gdcli.experiments.notation import write
from gdcli.experiments.result import described
from gdcli.experiments.spec import (
    DataSpec,
    EpochSpec,
    LineSpec,
    LoopSpec,
    LossSpec,
    OptimizerSpec,
    RateSpec,
    Spec,
)
from gdcli.experiments.stepping import StepReport, steps
from gdcli.render import Report
from gdcli.render.reports.step import write_blackboard


class StepOptions(NamedTuple):
    """How many steps, and how closely."""

    steps: Annotated[int, option("--steps", accepts="count", metavar="K", help="How many steps. [1]")] = 1
    trace: Annotated[bool, option("--trace", help="Show the optimizer's inner state.")] = False


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    asked: StepOptions,
    rate: RateSpec,
    loop: LoopSpec,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    output: OutputOptions,
) -> None:
    """Take one step of gradient descent and show all its arithmetic.

    Without DATA and with nothing piped in, it steps the lecture's example: (1, 3) and (2, 5), from m = -1, b = 5.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    spec, start = or_example(Spec(line, data, rate, loop, EpochSpec(asked.steps), optimizer, loss), terminal)
    rows = reader(terminal)
    experiment = on_rows(spec, rows.numbers(str(spec.data.source), spec.data))
    note_all(rows.notes, terminal)
    again = invocation(context, spec.data.source).with_options(**start, lr=experiment.rate, seed=loop.seed)
    if loop.is_scaled:
        terminal.note("parameters are those of the scaled inputs: that is where the step is taken")
    first: list[StepReport] = []
    config = line_config(experiment) | {"schedule": write(rate.schedule), "scale": experiment.scale_name}
    with interruptible() as interrupted:
        report = Report(
            schema="gdcli.step/1",
            records=_remembering(first, steps(experiment, asked.steps, trace=asked.trace, interrupted=interrupted)),
            rows_name="steps",
            rows_in_kv=True,
            nested=StepReport.nested,
            paragraph=partial(write_blackboard, layout=layout(False, output, terminal, f"rerun: {again}")),
            summary=lambda: {
                "gradient_formula": first[0].formulas() if first and first[0].whole else None,
                "config": config,
                "reading": described(rows.reading),
                "rerun": str(again),
            },
        )
        emit(report, output, terminal)
        if interrupted():
            terminal.note("interrupted")
            raise typer.Exit(INTERRUPTED)
    terminal.note(f"rerun: {again}")


def _remembering(first: list[StepReport], steps: Iterator[StepReport]) -> Iterator[StepReport]:
    """Passes steps on, and keeps the first."""
    for step in steps:
        if not first:
            first.append(step)
        yield step
