"""A saved model and the rows it is put to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import numpy as np
import typer

from gdcli.cli.options import DataOptions
from gdcli.cli.reading import columns, read_table_named
from gdcli.cli.terminal import Terminal
from gdcli.data.categories import CategoryTable
from gdcli.data.columns import ColumnOptions, classification, regression
from gdcli.data.dataset import Dataset
from gdcli.data.idx import is_mnist_folder, mnist_table
from gdcli.data.tables import Table
from gdcli.definitions import LOSS, named
from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import SavedModel
from gdcli.nn import losses
from gdcli.nn.losses import LossDefinition
from gdcli.training.loop import Problem

ModelArgument = Annotated[str, typer.Argument(metavar="MODEL", help="A file written by --save.", show_default=False)]


def rows_named(options: DataOptions, terminal: Terminal) -> str:
    """What DATA stands for.

    Raises:
        OptionError: If nothing is given and nothing is piped in.
    """
    if options.data is not None:
        return options.data
    if terminal.piped_in():
        return "-"
    raise OptionError("there are no rows to read", "give DATA after MODEL, or pipe rows in")


def table_for(
    model: SavedModel, name: str, options: DataOptions, terminal: Terminal, labels: str | None = None
) -> Table:
    """The rows as the model's columns need them; of a folder with MNIST's files, the test images.

    Raises:
        OptionError: If other inputs are asked for.
    """
    if options.x is not None:
        raise OptionError("--x: a saved model knows its inputs", "leave it out")
    if name != "-" and not name.startswith("sample:") and is_mnist_folder(name):
        return mnist_table(name, "test")
    return with_values(model, read_table_named(name, options, terminal, labels))


def with_values(model: SavedModel, table: Table) -> Table:
    """The table with the indicator columns the model was trained on."""
    values = model.config.get("values") or {}
    for column in values:
        if column not in table.names:
            raise DataError(f"{table.source}: no column '{column}', which the model was trained on", "add the column")
    return CategoryTable.of(table, values) if values else table


def dataset_for(model: SavedModel, table: Table, options: DataOptions) -> Dataset:
    """The rows with their truth: the model's inputs, its target unless --y names another, its classes."""
    prepared = model.preparation
    chosen = ColumnOptions(prepared.input_names, options.y or prepared.target_name, columns(options).missing)
    with needed_columns():
        if prepared.classes:
            return classification(table, chosen, model.parameters.dtype, prepared.classes)
        return regression(table, chosen)


@contextmanager
def needed_columns(hint: str = "") -> Iterator[None]:
    """A column that is missing is the data's fault here, for no option named it."""
    try:
        yield
    except OptionError as error:
        raise DataError(error.message, hint or error.hint) from None


def problem_for(model: SavedModel) -> Problem:
    """A problem with the model's loss, on no data: what is measured needs no more."""
    loss: LossDefinition = named(LOSS, "loss", model.loss)
    weights = model.config.get("class_weight")
    weighted = None if weights is None else np.array(weights, float)
    bound = losses.classifier(loss, weighted) if model.preparation.classes else loss
    width = len(model.preparation.scaler.offset)
    return Problem(model.network, bound, Dataset(np.empty((0, width)), np.empty(0)))


def loss_unit(model: SavedModel) -> float:
    """What a loss of standardised targets is multiplied by to be in the target's units."""
    prepared = model.preparation
    return 1.0 if prepared.classes else losses.scale(named(LOSS, "loss", model.loss), prepared.factor)
