"""`gdcli step`: one update, or a few, with all its arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from gdcli.analysis import curvature
from gdcli.arrays import Array
from gdcli.cli import parse, telling
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    OutputOptions,
    RateOptions,
    StopOptions,
    option,
)
from gdcli.cli.output import check, emit, rerun
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED
from gdcli.optim.optimizers import SGD
from gdcli.render import Report
from gdcli.render.reports.step import StepReport, write_blackboard
from gdcli.training.loop import descend
from gdcli.training.records import Step
from gdcli.training.streams import with_updates


class StepOptions(NamedTuple):
    """How many steps, and how closely."""

    steps: Annotated[int, option("--steps", parser=parse.count, metavar="K", help="How many steps. [1]")] = 1
    trace: Annotated[bool, option("--trace", help="Show the optimizer's inner state.")] = False


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    asked: StepOptions,
    rate: RateOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    output: OutputOptions,
) -> None:
    """Take one step of gradient descent and show all its arithmetic.

    Without DATA and with nothing piped in, it steps the lecture's example: (1, 3) and (2, 5), from m = -1, b = 5.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    name, line = lecture(data, line, terminal)
    rows = read(name, data, terminal)
    made = plan(rows, None, line, rate, loop, asked.steps, optimizer, loss, StopOptions())
    again = rerun(context, data=name, **start_words(line, data), lr=made.rate, seed=loop.seed)
    if loop.scaled:
        terminal.note("parameters are those of the scaled inputs: that is where the step is taken")
    first: list[StepReport] = []
    with interruptible() as interrupted:
        report = Report(
            schema="gdcli.step/1",
            records=_remembering(first, told(made, asked, interrupted)),
            rows_name="steps",
            rows_in_kv=True,
            nested=StepReport.nested,
            paragraph=write_blackboard,
            summary=lambda: {
                "gradient_formula": first[0].formulas() if first and first[0].whole else None,
                "config": telling.configuration(made, schedule=rate.schedule, scale=telling.scale_name(loop)),
                "rerun": again,
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


def told(made: Plan, asked: StepOptions, interrupted: Callable[[], bool]) -> Iterator[StepReport]:
    """Each step of the run, told."""
    problem = made.experiment.problem
    stream = descend(
        problem,
        made.optimizer,
        learning_rate=made.schedule,
        epochs=asked.steps,
        start=made.experiment.start,
        batch_size=made.batch_size,
        seed=made.seed,
        shuffle=made.shuffle,
    )
    before = made.experiment.start
    limit = made.limit if made.batch_size is None else None
    steps = (record for record in with_updates(stream, made.optimizer) if isinstance(record, Step))
    for step in islice(steps, asked.steps):
        yield step_told(made, before, step, trace=asked.trace, limit=limit)
        before = step.parameters
        if interrupted():
            return


def step_told(made: Plan, before: Array, step: Step, *, trace: bool, limit: float | None) -> StepReport:
    """A step of a run with all its numbers, from the parameters before it."""
    problem, names = made.experiment.problem, made.experiment.names
    rows = problem.data.rows(step.rows)
    named = _Named(names)
    state = made.optimizer.trace(step.state) | {"effective_step": step.update} if trace else {}
    with np.errstate(all="ignore"):
        next_loss = float(problem.data_loss(step.parameters, rows))
    return StepReport(
        step=step.step,
        rows=len(rows) if made.batch_size is not None else len(made.experiment.data),
        whole=made.batch_size is None,
        loss_name=made.loss_name,
        learning_rate=float(step.learning_rate),
        formula=_formula(made, step, names),
        before=named(before),
        gradient=named(step.gradient),
        update=named(step.update),
        after=named(step.parameters),
        loss=float(step.loss),
        next_loss=next_loss,
        plain_descent=type(made.optimizer) is SGD and not made.optimizer.weight_decay,
        trace={kind: named(np.broadcast_to(value, len(names))) for kind, value in state.items()},
        limit=limit,
    )


class _Named:
    """Arrays as numbers by parameter name."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def __call__(self, values: Array) -> dict[str, float]:
        return dict(zip(self._names, map(float, values), strict=True))


def _formula(made: Plan, step: Step, names: tuple[str, ...]) -> dict[str, Any] | None:
    """Each parameter's gradient as coefficients and a constant."""
    found = curvature.gradient_formula(made.experiment.problem, step.rows)
    if found is None:
        return None
    h, c = found
    return {name: (h[at].tolist(), -float(c[at])) for at, name in enumerate(names)}
