"""`gdcli check`: a student's own formulas, function or predictions against the truth."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from gdcli.cli.example import or_example
from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, emit, layout
from gdcli.cli.running import note_read, reader
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.spec import DataSpec, LineSpec, Spec
from gdcli.lessons.marking import ANSWERS, line_of, mark, read_predictions
from gdcli.render.reports.check import report
from gdcli.said import say

FORMULA = "FORMULA"


class AnswerOptions(NamedTuple):
    """What is checked."""

    loss: Annotated[str | None, option("--loss", metavar=FORMULA, help="The MSE, of m and b.")] = None
    rmse: Annotated[str | None, option("--rmse", metavar=FORMULA, help="The RMSE.")] = None
    grad_m: Annotated[str | None, option("--grad-m", metavar=FORMULA, help="dMSE/dm, as '5*m + 3*b - 13'.")] = None
    grad_b: Annotated[str | None, option("--grad-b", metavar=FORMULA, help="dMSE/db.")] = None
    step_m: Annotated[str | None, option("--step-m", metavar=FORMULA, help="m after a step at --lr.")] = None
    step_b: Annotated[str | None, option("--step-b", metavar=FORMULA, help="b after a step at --lr.")] = None
    python: Annotated[
        str | None, option("--python", metavar="FILE:FUNCTION", help="A function of m, b, x, y, ...: run apart.")
    ] = None
    wanted: Annotated[
        str | None, option("--as", metavar="NAME", help="What it is to be: loss, grad-m, ... [its name tells]")
    ] = None
    pred: Annotated[str | None, option("--pred", metavar="FILE", help="Predictions of the rows at m and b.")] = None


class PlaceOptions(NamedTuple):
    """Where a formula is compared first, and the step's rate."""

    m: Annotated[
        float | None,
        option("--m", accepts="number", metavar="M", help="The start. [the lecture's -1; 0]"),
    ] = None
    b: Annotated[float | None, option("--b", accepts="number", metavar="B", help="Its b. [the lecture's 5; 0]")] = None
    lr: Annotated[float, option("--lr", accepts="positive", metavar="LR", help="Of a step. [0.1]")] = 0.1
    seed: Annotated[int, option("--seed", accepts="whole", metavar="N", help="Of the other points. [0]")] = 0


def command(
    context: typer.Context, data: DataSpec, asked: AnswerOptions, place: PlaceOptions, output: OutputOptions
) -> None:
    """Check your own formulas, function or predictions against the truth.

    A formula is compared at the start and at points drawn by the seed, so that any form of it counts; it may have m,
    b, x, y, n, y_hat and lr, sums and means over rows, as mathematics (a sum sign), spreadsheets and NumPy write
    them, and signs of multiplication left out. Exit 0 if all is right, 1 if not.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    spec, start = or_example(Spec(LineSpec(m=place.m, b=place.b), data), terminal)
    rows = reader(terminal)
    table = rows.numbers(str(spec.data.source), spec.data)
    note_read(rows, spec, terminal, layout(False, output, terminal, "").remarks())
    line = line_of(table, (start.get("m", place.m or 0.0), start.get("b", place.b or 0.0)), place.lr, place.seed)
    formulas = {name: text for name in ANSWERS if (text := getattr(asked, name)) is not None}
    if asked.wanted is not None and asked.python is None:
        raise OptionError(
            say("--as goes with --python FILE:FUNCTION"), say("leave it out: a formula's option says what it is")
        )
    python = None if asked.python is None else (asked.python, asked.wanted)
    predictions = None if asked.pred is None else (asked.pred, read_predictions(asked.pred, data, rows))
    marks = mark(line, formulas, python, predictions)
    again = invocation(context, spec.data.source).with_options(**start)
    emit(report(marks, rows.reading, str(again)), output, terminal)
    terminal.note(f"rerun: {again}")
    if not marks.all_right:
        raise typer.Exit(1)
