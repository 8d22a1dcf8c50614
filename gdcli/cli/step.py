"""`gdcli step`: one update, or a few, with all its arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

import numpy as np
import typer

from gdcli import curvature
from gdcli.cli import parse, telling
from gdcli.cli.grouping import grouped
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LossOptions,
    OptimizerOptions,
    OutputOptions,
    RateOptions,
    StepLoopOptions,
    StopOptions,
    option,
)
from gdcli.cli.output import check, emit, rerun
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.data.dataset import Array
from gdcli.optimizers import SGD
from gdcli.records import Step
from gdcli.render import Report
from gdcli.render.arithmetic import StepTold, blackboard
from gdcli.training import descend


@dataclass(frozen=True)
class StepOptions:
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
    loop: StepLoopOptions,
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
    steps = list(told(made, asked))
    report = Report(
        schema="gdcli.step/1",
        records=steps,
        rows_name="steps",
        nested=StepTold.nested,
        paragraph=blackboard,
        summary=lambda: {
            "gradient_formula": steps[0].formulas() if steps[0].whole else None,
            "config": telling.configuration(made, schedule=rate.schedule),
            "rerun": again,
        },
    )
    emit(report, output, terminal)
    terminal.note(f"rerun: {again}")


def told(made: Plan, asked: StepOptions) -> Iterator[StepTold]:
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
    for step in islice((record for record in stream if isinstance(record, Step)), asked.steps):
        yield _told(made, before, step, asked.trace, limit)
        before = step.parameters


def _told(made: Plan, before: Array, step: Step, trace: bool, limit: float | None) -> StepTold:
    problem, names = made.experiment.problem, made.experiment.names
    rows = problem.data.rows(step.rows)
    named = _Named(names)
    state = made.optimizer.trace(step.state) | {"effective_step": step.update} if trace else {}
    with np.errstate(all="ignore"):
        next_loss = float(problem.data_loss(step.parameters, rows))
    return StepTold(
        step=step.step,
        rows=len(rows),
        whole=made.batch_size is None,
        loss_name=telling.loss_name(made),
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
