"""`gdcli predict`: rows in; the same rows out, with a prediction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from gdcli.arrays import Array
from gdcli.cli.options import ModelArgument, OutputOptions, ShowOptions, option
from gdcli.cli.output import check, emit
from gdcli.cli.running import reader
from gdcli.cli.saved import refuse_target, rows_named
from gdcli.cli.terminal import Terminal
from gdcli.data.arriving import chunks
from gdcli.data.dataset import Dataset
from gdcli.data.files import STDIN
from gdcli.data.tables import Table, read_table
from gdcli.errors import DataError, OptionError
from gdcli.experiments.reading import read_options
from gdcli.experiments.saved import Model, load_model
from gdcli.experiments.spec import DataSpec
from gdcli.render import Report
from gdcli.render.reports.images import images
from gdcli.render.reports.predict import Lines, Predicted, Written
from gdcli.render.screen import Screen

CODE = re.compile(r"\s*0\d")  # a number would not read back the same


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
    saved = load_model(model)
    name = rows_named(data.source, terminal)
    if show.show:
        table = saved.table(name, data, reader(terminal), asked.labels)
        report = Report("gdcli.predict/1", before=lambda screen: _pictures(saved, table, show.show or 0, data, screen))
        emit(report, output, terminal)
        return
    if asked.probabilities and not saved.classes:
        raise OptionError("--probabilities: this model predicts numbers, not classes", "leave it out")
    records = _records(saved, name, data, asked, terminal)
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


def _records(
    saved: Model, name: str, options: DataSpec, asked: PredictOptions, terminal: Terminal
) -> Iterator[Predicted]:
    """Each row with its prediction; from a pipe of text as they come in."""
    if name != "-" or terminal.stdin is None:
        table = saved.table(name, options, reader(terminal), asked.labels)
        yield from _predicted(saved, table, options, asked.probabilities)
        return
    how = read_options(options)
    header, lines = b"", 0
    for at, chunk in enumerate(chunks(terminal.stdin)):
        if at == 0 and how.header is not False:
            header = chunk[: chunk.find(b"\n") + 1] or chunk
        before = lines if at == 0 else lines - header.count(b"\n")
        try:
            table = saved.with_values(read_table(chunk if at == 0 else header + chunk, STDIN, how))
            yield from _predicted(saved, table, options, asked.probabilities)
        except DataError as error:
            raise _renumbered(error, before) from None
        lines += chunk.count(b"\n")


def _renumbered(error: DataError, lines: int) -> DataError:
    """The same error with the line counted from the beginning of the stream."""
    message = re.sub(r"line (\d+)", lambda found: f"line {int(found[1]) + lines}", error.message, count=1)
    return DataError(message, error.hint)


def _predicted(saved: Model, table: Table, options: DataSpec, with_probabilities: bool) -> Iterator[Predicted]:
    """Each row of a table, with what is added to it."""
    prepared = saved.saved.preparation
    values, kept = saved.complete_rows(table, options)
    out = saved.outputs(values)
    told = _answers(saved, out)
    probabilities = prepared.probabilities(out) if prepared.classes and with_probabilities else None
    names = [name for name in table.names if "=" not in name or name not in prepared.input_names]
    cells = {name: _cells(table, name) for name in names}
    answer = _free("prediction", names)
    likely = [_free(f"p_{label}", names) for label in prepared.classes]
    for at, row in enumerate(np.flatnonzero(kept).tolist()):
        added: dict[str, Any] = {answer: told[at]}
        if probabilities is not None:
            added |= dict(zip(likely, map(_shortest, probabilities[at]), strict=True))
        yield Predicted({name: column[row] for name, column in cells.items()}, added)


def _answers(saved: Model, out: Array) -> list[Any]:
    """Classes as their labels, numbers as numbers; labels are numbers where all of them read back the same."""
    predicted = saved.saved.preparation.predicted(out)
    if not saved.classes:
        return [_shortest(value) for value in predicted]
    labels = saved.classes
    numeric = all(re.fullmatch(r"0|-?[1-9][0-9]*", label) for label in labels)
    return [int(labels[at]) if numeric else labels[at] for at in predicted.tolist()]


def _shortest(value: Any) -> float:
    """A float32 as the shortest decimal that is the same float32."""
    return float(str(value))


def _cells(table: Table, name: str) -> list[Any]:
    """A column's cells as they were written."""
    texts = table.texts(name)
    if not table.is_numeric(name):
        return texts
    try:
        values = table.numbers(name).tolist()
    except DataError:  # a column of the rows' own, which the model does not need
        return texts
    pairs = zip(values, texts, strict=True)
    return [text if value != value or CODE.match(text) else Written.of(value, text) for value, text in pairs]


def _free(name: str, taken: list[str]) -> str:
    """A column's name that the rows do not have yet."""
    while name in taken:
        name += "_"
    return name


def _pictures(saved: Model, table: Table, count: int, options: DataSpec, screen: Screen) -> Iterator[str]:
    """Rows as pictures, with what the network makes of them and how sure it is."""
    prepared = saved.saved.preparation
    values, kept = saved.complete_rows(table, options)
    out = saved.outputs(values[:count])
    answers = [str(answer) for answer in _answers(saved, out)]
    if prepared.classes:
        sure = prepared.probabilities(out).max(axis=1)
        answers = [f"{answer}  {100 * float(part):.0f} %" for answer, part in zip(answers, sure, strict=True)]
    if prepared.target_name in table.names:
        truth = [table.texts(prepared.target_name)[row] for row in np.flatnonzero(kept)[:count].tolist()]
        answers = [f"{true}: {answer}" for true, answer in zip(truth, answers, strict=True)]
    yield from images(Dataset(values[:count], np.zeros(len(answers))), count, screen, answers)
