"""The library's front door: what the commands do, from a notebook, with the same numbers to the last bit."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli.data.columns import inputs
from gdcli.data.numpy_files import ArrayTable
from gdcli.data.tables import Table
from gdcli.errors import DataError
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.lecture import example
from gdcli.experiments.line import read_line
from gdcli.experiments.line_result import LineResult
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import Spec
from gdcli.training.streams import Run

if TYPE_CHECKING:
    from gdcli.arrays import Array
    from gdcli.experiments.network_result import NetworkResult
    from gdcli.experiments.saved import Model

__all__ = ["fit", "load", "train"]


def fit(data: Any = None, /, *, save: str | None = None, **options: Any) -> LineResult:
    """Fits a line, several inputs or a polynomial by gradient descent, as `gdcli fit` does.

    Args:
        data: A file's name, sample:NAME, a DataFrame, a mapping of columns, arrays (inputs, targets), or a `Spec`;
            without any, the lecture's example.
        save: A file for the model.
        **options: Options by the names of the flags: lr=0.1, epochs=500, standardize=True, optimizer="adam", ...

    Raises:
        GdcliError: If the data cannot be read, or an option is none or has no such value.

    >>> import gdcli
    >>> result = gdcli.fit("sample:deck", lr=0.1, epochs=491, m=-1, b=5)
    >>> result.equation, str(result.status), result.history[1]["m"]
    ('y = 1.99808x + 1.00311', 'completed', -0.7)
    """
    spec, reader = _spec("fit", data, options)
    if spec.data.source is None:
        spec = example(spec)
    experiment = read_line(spec, reader).compressed()
    run = Run(experiment.records(), spec.stop.rule("min_delta", 0.0))
    history = [record.row() for record in experiment.reported(iter(run))]
    result = LineResult(run, _invocation(experiment, save), history, experiment)
    if save and not result.diverged:
        result.save(save)
    return result


def train(data: Any, /, *, save: str | None = None, resume: str | None = None, **options: Any) -> NetworkResult:
    """Trains a network for classification or regression, as `gdcli train` does.

    Args:
        data: As for `fit`; also images in IDX files, or a folder with MNIST's four files.
        save: A file for the model.
        resume: A saved model whose run goes on.
        **options: Options by the names of the flags: hidden=[16], activation="tanh", epochs=30, patience=3, ...

    Raises:
        GdcliError: If the data cannot be read, or an option is none or has no such value.

    >>> import gdcli
    >>> result = gdcli.train("sample:iris", hidden=[8], epochs=3, dtype="float64")
    >>> result.classes, len(result.history)
    (('setosa', 'versicolor', 'virginica'), 4)
    """
    from gdcli.experiments.checkpoint import load as load_saved
    from gdcli.experiments.network import read_network
    from gdcli.experiments.network_result import NetworkResult
    from gdcli.experiments.resuming import continued_spec

    spec, reader = _spec("train", data, options)
    past = None if resume is None else load_saved(resume)
    if past is not None:
        values = spec.values()
        spec = continued_spec(past, spec, {name: values[name] for name in options})
    experiment = read_network(spec, reader, past)
    run = Run(experiment.records(), spec.stop.rule("min_delta", 0.0))
    history = [record.row() for record in run]
    result = NetworkResult(run, _invocation(experiment, save), history, experiment, save)
    if save and not result.diverged:
        result.save(save)
    return result


def load(path: str | PathLike[str]) -> Model:
    """A model that `save` wrote: `gdcli.load("model.safetensors").predict(rows)`.

    Raises:
        GdcliError: If the file is missing, broken, or no model of this program's.
    """
    from gdcli.experiments.saved import load_model

    return load_model(str(path))


def model_inputs(model: Model, rows: Any) -> Array:
    """The raw inputs that a saved model takes, from an array (n, d), or from anything with its columns."""
    prepared = model.saved.preparation
    if not _has_columns(rows):
        array = np.asarray(rows)
        array = array[:, None] if array.ndim == 1 and len(prepared.input_names) == 1 else np.atleast_2d(array)
        if array.shape[1] != len(prepared.input_names):
            raise DataError(f"{array.shape[1]} columns, and the model takes {', '.join(prepared.input_names)}")
        return array
    source, reader = _source(rows)
    table = model.with_values(reader.table(source, Spec.of("train", source, {}).data))
    return inputs(table, prepared.input_names, "fail", model.saved.parameters.dtype)[0]


def _spec(command: str, data: Any, options: Mapping[str, Any]) -> tuple[Spec, Reader]:
    """The spec of a call, and what reads its rows."""
    if isinstance(data, Spec):
        return data.replace(**options) if options else data, Reader()
    source, reader = (None, Reader()) if data is None else _source(data)
    return Spec.of(command, source, options), reader


def _has_columns(data: Any) -> bool:
    return isinstance(data, str | PathLike | Mapping) or hasattr(data, "columns")


def _source(data: Any) -> tuple[str, Reader]:
    """What rows are called, and what reads them: a file by its name, anything else as a table in memory."""
    if isinstance(data, str | PathLike):
        return str(data), Reader()
    table = _from_columns(data) if _has_columns(data) else _from_arrays(data)
    return "-", Reader(tables={"-": table})


def _from_arrays(data: Any) -> Table:
    """A pair (inputs, targets) of arrays."""
    if not isinstance(data, tuple) or len(data) != 2:
        raise DataError("rows are a file's name, a DataFrame, a mapping of columns, or a pair (inputs, targets)")
    block, targets = np.asarray(data[0]), np.asarray(data[1])
    block = block[:, None] if block.ndim == 1 else block
    from gdcli.arrays import default_names

    names = (*default_names(block.shape[1]), "y")
    return _columns_table(names, [*block.T, targets])


def _from_columns(data: Any) -> Table:
    """A DataFrame, or a mapping from names to columns."""
    names = [str(name) for name in (data.keys() if isinstance(data, Mapping) else data.columns)]
    keys: Iterable[Any] = data.keys() if isinstance(data, Mapping) else data.columns
    return _columns_table(tuple(names), [np.asarray(data[key]) for key in keys])


def _columns_table(names: tuple[str, ...], columns: list[Array]) -> Table:
    """Columns as a table: numbers as they are; with texts among them, as a csv would be read."""
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        raise DataError(f"columns of {len(lengths)} different lengths", "each row has a value in every column")
    if all(column.dtype.kind in "biuf" for column in columns):
        return ArrayTable(names, "the rows given", np.empty((lengths.pop(), 0)), tuple(columns))
    from gdcli.data.tables import ReadOptions, read_table

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(zip(*(map(_cell, column.tolist()) for column in columns), strict=True))
    return read_table(text.getvalue().encode(), "the rows given", ReadOptions(delimiter=","))


def _cell(value: Any) -> str:
    """A cell as a csv has it: a gap is empty, a number reads back exactly."""
    if value is None or value != value:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def _invocation(experiment: Experiment, save: str | None) -> Invocation:
    """The command that does the same, with every value that was chosen."""
    invocation = Invocation.of(experiment.spec, save=save)
    return invocation.with_options(lr=experiment.rate, epochs=experiment.epochs, seed=experiment.spec.loop.seed)
