"""`gdcli evaluate`: how a saved model does on rows with known answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NamedTuple

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import ModelArgument, OutputOptions, SaveOptions, WorkerOptions, option
from gdcli.cli.output import check, emit, layout
from gdcli.cli.running import employed, note_all, reading
from gdcli.cli.saved import rows_named
from gdcli.cli.terminal import Terminal
from gdcli.experiments.saved import load_model
from gdcli.experiments.spec import DataSpec
from gdcli.experiments.spread_evaluation import evaluated
from gdcli.render.reports.evaluate import report


class EvaluateOptions(NamedTuple):
    """What else is shown."""

    labels: Annotated[str | None, option("--labels", metavar="FILE", help="Labels of IDX images.")] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Pictures. [on a terminal]", show_default=False)
    ] = None


def command(
    context: typer.Context,
    model: ModelArgument,
    data: DataSpec,
    asked: EvaluateOptions,
    working: WorkerOptions,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Measure a saved model on rows with known answers.

    Loss and accuracy, precision and recall of each class, and the confusion matrix; for numbers MSE, RMSE, MAE, R2.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    named = replace(data, source=rows_named(data.source, terminal, model))
    saved = load_model(model, terminal.stdin)
    with employed(working, terminal) as workers, reading(terminal) as rows:
        done = evaluated(saved, named, rows, asked.labels, workers)
    again = invocation(context, model, named.source)
    note_all([*done.reading.gaps.lines(done.reading.rows, done.reading.target.name)], terminal)
    emit(report(done, layout(asked.plot, output, terminal)), output, terminal, saving, again)
