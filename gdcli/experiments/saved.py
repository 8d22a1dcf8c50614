"""A saved model and the rows it is put to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np

from gdcli.analysis.evaluation import Evaluation, evaluate, outputs, row_outputs
from gdcli.arrays import Array
from gdcli.data.categories import CategoryTable, refuse_absent, refuse_unknown
from gdcli.data.columns import ColumnOptions, classification, inputs, regression
from gdcli.data.dataset import Dataset
from gdcli.data.examine import count_gaps
from gdcli.data.files import STDIN
from gdcli.data.idx import is_mnist_folder, mnist_table
from gdcli.data.missing import OTHER_INPUTS, Rows
from gdcli.data.report import ReadReport, report_of
from gdcli.data.selection import Selection
from gdcli.data.tables import Table
from gdcli.definitions import LOSS, named
from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import SavedModel, load, parse
from gdcli.experiments.in_memory import has_columns, source_of
from gdcli.experiments.reading import Reader, needed_columns
from gdcli.experiments.spec import DataSpec
from gdcli.nn import losses
from gdcli.nn.losses import LossDefinition
from gdcli.said import enumerated, say
from gdcli.training.loop import Problem

__all__ = ["Model", "load_model"]


class Model:
    """A saved model, ready to be put to rows.

    Args:
        saved: What was read from its file.
    """

    def __init__(self, saved: SavedModel) -> None:
        self.saved = saved

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels of its classes; none of a model that predicts numbers."""
        return self.saved.preparation.classes

    @property
    def smoothing(self) -> float:
        """Part of a label that was spread over all classes."""
        return float(self.saved.config.get("label_smoothing", 0.0))

    @property
    def loss(self) -> LossDefinition:
        """What it was trained to minimise."""
        found: LossDefinition = named(LOSS, "loss", self.saved.loss)
        return found

    @property
    def unit(self) -> float:
        """What a loss of standardised targets is multiplied by to be in the target's units."""
        return 1.0 if self.classes else losses.scale(self.loss, self.saved.preparation.factor)

    def table(self, name: str, spec: DataSpec, reader: Reader, labels: str | None = None) -> Table:
        """The rows as the model's columns need them; of a folder with MNIST's files, the test images.

        Raises:
            OptionError: If other inputs are asked for.
        """
        if spec.x is not None:
            raise OptionError(say("--x: a saved model knows its inputs"), say("leave it out"))
        if _is_images(name):
            return mnist_table(name, "test")
        return self.with_values(reader.table(name, spec, labels))

    def tables(self, name: str, spec: DataSpec, reader: Reader, labels: str | None = None) -> Iterator[Table]:
        """The same rows, in blocks where they are many.

        Raises:
            OptionError: If other inputs are asked for.
        """
        if spec.x is not None or _is_images(name):
            yield self.table(name, spec, reader, labels)
            return
        from gdcli.experiments.streaming import in_blocks

        for table in in_blocks(name, spec, reader, labels):
            yield self.with_values(table)

    def with_values(self, table: Table) -> Table:
        """The table with the indicator columns the model was trained on, and truth values where it knows numbers.

        Raises:
            DataError: If one of their text columns is not there, or holds a text that the training rows do not.
        """
        refuse_unknown(table, self.saved.preparation.texts)
        values = self.saved.config.get("values") or {}
        refuse_absent(table, values)
        wide = CategoryTable.of(table, values, self.saved.preparation.input_names)
        return wide if values or wide.truths else table

    def dataset(self, table: Table, spec: DataSpec) -> Dataset:
        """The rows with their truth: the model's inputs, its target unless --y names another, its classes."""
        prepared = self.saved.preparation
        chosen = ColumnOptions(prepared.input_names, spec.y or prepared.target_name, self.gaps(spec))
        with needed_columns():
            known = prepared.classes
            rows = classification(table, chosen, known) if known else regression(table, chosen)
        return replace(rows, inputs=prepared.filled(rows.inputs))

    def reading(self, table: Table, rows: Dataset, spec: DataSpec) -> ReadReport:
        """What of a table the model reads, and what becomes of its gaps; `rows` are its `dataset`."""
        values = {column: tuple(known) for column, known in (self.saved.config.get("values") or {}).items()}
        chosen = ColumnOptions(rows.input_names, rows.target_name, self.gaps(spec))
        gaps = count_gaps(Selection(table, table, chosen, values))
        layout = table.layout
        return replace(
            report_of(rows, table.source),
            rows=len(table),
            header=layout.header,
            delimiter=layout.delimiter,
            gaps=gaps,
            values=values,
            missing=chosen.missing,
        )

    def gaps(self, spec: DataSpec) -> str:
        """What is done about gaps: kept, to be filled with the training means, where those are asked for."""
        asked = spec.missing or self.saved.preparation.missing
        return "keep" if asked == "mean" else spec.missing or "fail"

    def complete_rows(self, table: Table, spec: DataSpec) -> tuple[Array, Rows]:
        """The model's inputs without gaps, and which rows have them."""
        prepared = self.saved.preparation
        try:
            with needed_columns():
                values, kept = inputs(table, prepared.input_names, self.gaps(spec))
        except DataError as error:  # a saved model knows its inputs
            raise DataError(error.message, "" if error.hint == OTHER_INPUTS else error.hint) from None
        return prepared.filled(values), kept

    def problem(self) -> Problem:
        """A problem with the model's loss, on no data: what is measured needs no more."""
        saved = self.saved
        weights = saved.config.get("class_weight")
        weighted = None if weights is None else np.array(weights, float)
        bound = losses.classifier(self.loss, weighted) if self.classes else self.loss
        width = len(saved.preparation.scaler.offset)
        return Problem(saved.network, bound, Dataset(np.empty((0, width)), np.empty(0)))

    def problem_on(self, rows: Dataset, dtype: Any) -> Problem:
        """What the model was trained to minimise, penalties included, on these rows."""
        bare, config = self.problem(), self.saved.config
        encoded = self.saved.preparation.encoded(rows, dtype, self.smoothing)
        l1, l2 = float(config.get("l1", 0.0)), float(config.get("l2", 0.0))
        return Problem(bare.model, bare.loss, encoded, None, l1, l2)

    def evaluate(self, rows: Dataset) -> Evaluation:
        """How it does on rows with known answers."""
        saved = self.saved
        return evaluate(
            self.problem(), saved.network, saved.parameters, saved.preparation, rows, self.unit, self.smoothing
        )

    def outputs(self, raw: Array) -> Array:
        """The network's outputs for raw inputs."""
        return outputs(self.saved.network, self.saved.parameters, self.saved.preparation, raw)

    def row_outputs(self, raw: Array) -> Array:
        """The same, each row's whatever rows it comes with."""
        return row_outputs(self.saved.network, self.saved.parameters, self.saved.preparation, raw)

    def inputs(self, rows: Any) -> Array:
        """The raw inputs that the model takes, from an array (n, d), or from anything with its columns."""
        prepared = self.saved.preparation
        if has_columns(rows):
            source, reader = source_of(rows)
            spec = DataSpec(source)
            return self.complete_rows(self.with_values(reader.table(source, spec)), spec)[0]
        array = np.asarray(rows)
        array = array[:, None] if array.ndim == 1 and len(prepared.input_names) == 1 else np.atleast_2d(array)
        if array.shape[1] != len(prepared.input_names):
            raise DataError(
                say(
                    "{shape} columns, and the model takes {names}",
                    shape=array.shape[1],
                    names=enumerated(prepared.input_names),
                )
            )
        return prepared.complete(array)

    def predict(self, rows: Any) -> Array:
        """Labels of classes, or numbers, for raw inputs: an array (n, d), a DataFrame, or a file's name."""
        found = self.saved.preparation.predicted(self.row_outputs(self.inputs(rows)))
        return np.array(self.classes)[found] if self.classes else found


def _is_images(name: str) -> bool:
    """Whether it is a folder with MNIST's files."""
    return name != "-" and not name.startswith("sample:") and is_mnist_folder(name)


def load_model(path: str, stdin: BinaryIO | None = None) -> Model:
    """Reads a model that `--save` wrote.

    Args:
        path: Its file; `-` for standard input, where that is given.
        stdin: Standard input, as bytes.

    Raises:
        DataError: If the file is missing, broken, or no model of this program's.
    """
    return Model(load(path) if path != "-" or stdin is None else parse(stdin.read(), STDIN))
