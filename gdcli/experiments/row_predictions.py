"""A saved model's predictions, row by row: each row as it came, and what is added to it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.arriving import chunks, comes_whole
from gdcli.data.files import STDIN
from gdcli.data.place import Place
from gdcli.data.reading import table_at
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.experiments.reading import Reader, read_options
from gdcli.experiments.saved import Model
from gdcli.experiments.spec import DataSpec

__all__ = ["Predicted", "Written", "predict_rows", "predicted_answers"]

CODE = re.compile(r"\s*0\d")  # a number would not read back the same
OBJECT = re.compile(rb"(\xef\xbb\xbf)?\s*\{\s*(\"|\})")  # a row of json lines, which needs no line of names
ARRAY = re.compile(rb"(\xef\xbb\xbf)?\s*\[\s*\{")  # one array of json, which is read when all of it is there


@dataclass(frozen=True)
class Predicted:
    """A row as it came, and what is added to it."""

    cells: dict[str, Any]
    added: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """The cells, then prediction and probabilities."""
        return self.cells | self.added


class Written(float):
    """A number that is printed as it was written, and is a number to json."""

    text: str

    @classmethod
    def of(cls, value: float, text: str) -> Written:
        """The value and its text."""
        made = cls(value)
        made.text = text
        return made

    def __str__(self) -> str:
        return self.text


def predict_rows(
    saved: Model,
    options: DataSpec,
    rows: Reader,
    labels: str | None = None,
    probabilities: bool = False,
    before_waiting: Callable[[], None] = lambda: None,
) -> Iterator[Predicted]:
    """Each row with its prediction; from a pipe of text, or a large file, as they come in.

    Args:
        saved: The model.
        options: Where the rows come from and how to read them.
        rows: What reads them.
        labels: A file of the labels of IDX images.
        probabilities: Whether each class's probability is added.
        before_waiting: Called before each read of a pipe.
    """
    name = str(options.source)
    if name != "-" or rows.stdin is None:
        for table in saved.tables(name, options, rows, labels):
            yield from _predicted(saved, table, options, probabilities)
        return
    arriving = chunks(rows.stdin, before_waiting)
    first = next(arriving, b"")
    if comes_whole(first) or ARRAY.match(first):
        all_of_it = replace(rows, stdin=io.BytesIO(first + b"".join(arriving)))
        yield from _predicted(saved, saved.table("-", options, all_of_it, labels), options, probabilities)
        return
    how = read_options(options)
    header = b"" if how.header is False or OBJECT.match(first) else first[: first.find(b"\n") + 1] or first
    lines = 0
    for chunk in chain((first,), arriving):
        begin = b"" if lines == 0 else header
        try:
            table = saved.with_values(table_at(Place(STDIN, options=how, piped=begin + chunk)))
            yield from _predicted(saved, table, options, probabilities)
        except DataError as error:
            raise _renumbered(error, lines - begin.count(b"\n")) from None
        lines += chunk.count(b"\n")


def _renumbered(error: DataError, lines: int) -> DataError:
    """The same error with the line counted from the beginning of the stream."""
    message = re.sub(r"line (\d+)", lambda found: f"line {int(found[1]) + lines}", error.message, count=1)
    return DataError(message, error.hint)


def _predicted(saved: Model, table: Table, options: DataSpec, with_probabilities: bool) -> Iterator[Predicted]:
    """Each row of a table, with what is added to it."""
    prepared = saved.saved.preparation
    values, kept = saved.complete_rows(table, options)
    out = saved.row_outputs(values)
    told = predicted_answers(saved, out)
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


def predicted_answers(saved: Model, out: Array) -> list[Any]:
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
