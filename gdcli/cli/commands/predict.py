"""`gdcli predict`: rows in; the same rows out, with a prediction."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, NamedTuple

import typer

from gdcli.cli.options import ModelArgument, OutputOptions, ShowOptions, option
from gdcli.cli.output import check, emit
from gdcli.cli.running import reader
from gdcli.cli.saved import refuse_target, rows_named
from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.row_predictions import predict_rows
from gdcli.experiments.saved import load_model
from gdcli.experiments.spec import DataSpec
from gdcli.render import Report
from gdcli.render.reports.predict import Lines, pictures
from gdcli.said import say


class PredictOptions(NamedTuple):
    """What is added to each row."""

    probabilities: Annotated[bool, option("--probabilities", help="Add each class's probability, as p_CLASS.")] = False
    labels: Annotated[str | None, option("--labels", metavar="FILE", help="Labels of IDX images.")] = None


def command(
    context: typer.Context,
    model: ModelArgument,
    data: DataSpec,
    asked: PredictOptions,
    show: ShowOptions,
    output: OutputOptions,
) -> None:
    """Add a saved model's prediction to each row.

    Rows come from DATA or a pipe and go out as they come in, with their columns; nothing waits for the last one.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    refuse_target(data)
    name = rows_named(data.source, terminal, model)
    saved = load_model(model, terminal.stdin)
    if show.show:
        table = saved.table(name, data, reader(terminal), asked.labels)
        report = Report("gdcli.predict/1", before=lambda screen: pictures(saved, table, show.show or 0, data, screen))
        emit(report, output, terminal)
        return
    if asked.probabilities and not saved.classes:
        raise OptionError(say("--probabilities: this model predicts numbers, not classes"), say("leave it out"))
    named = replace(data, source=name)
    records = predict_rows(saved, named, reader(terminal), asked.labels, asked.probabilities, terminal.flush)
    emit(
        Report(
            schema="gdcli.predict/1",
            records=records,
            rows_name="predictions",
            rows_in_kv=True,
            summary=lambda: {"model": model, "classes": list(saved.classes) or None},
            paragraph=Lines(),
        ),
        output,
        terminal,
    )
