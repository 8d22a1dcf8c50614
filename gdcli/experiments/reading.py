"""From DATA and its options to rows: tables, samples, images and their labels; numbers or classes to learn."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from gdcli.data import samples
from gdcli.data.categories import CategoryTable, categories, indicator_names
from gdcli.data.columns import ColumnOptions, choose, classification, find, regression
from gdcli.data.dataset import Dataset
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.experiments import notation
from gdcli.experiments.spec import DataSpec, NetworkSpec

MOST_CLASSES = 30  # more different whole numbers than this are quantities, not classes
SETTINGS = ("noise", "rows", "seed")  # of a toy
EXAMPLE, MOST = "as in sample:spiral:noise=0.2,rows=300,seed=1", 10_000_000
Values = dict[str, tuple[str, ...]]
"""The known values of each text column taken as input."""


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads rows by the name of their source.

    Args:
        stdin: Standard input, as bytes; None where it is closed.
        tables: Tables that are in memory already, by the name they go by.
        notes: Takes what there is to remark on.
    """

    stdin: BinaryIO | None = None
    tables: dict[str, Table] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def table(self, name: str, spec: DataSpec, labels: str | None = None) -> Table:
        """The table behind a name; `labels` is the file that goes with IDX images.

        Raises:
            DataError: If it cannot be read.
        """
        options = read_options(spec)  # refused here, whatever is read
        if name in self.tables:
            return self.tables[name]
        if name.startswith("sample:"):
            return read_table(sample_rows(name.removeprefix("sample:")), name, ReadOptions())
        if name == "-" and self.stdin is None:
            raise DataError("standard input: is closed", "name a file, or pipe rows in")
        from gdcli.data.reading import load  # knows zip, gzip and images: not needed for a sample

        return load(name, options, self.stdin, labels)

    def numbers(self, name: str, spec: DataSpec) -> Dataset:
        """Rows with a number to predict.

        Raises:
            DataError: If they cannot be read, or hold what is no number.
            OptionError: If an option asks for a column that is not there.
        """
        table = self.table(name, spec)
        data = regression(table, columns(spec))
        if len(data) < len(table):
            self.notes.append(f"{len(table) - len(data)} of {len(table)} rows left out: a cell is missing")
        return data


@dataclass(frozen=True, eq=False)
class Examples:
    """Raw rows to train a network on, and those that came along to test on.

    Args:
        data: Training rows; class indices and `classes`, or numbers.
        test: Test rows, or None.
        values: The known values of each text column taken as input.
    """

    data: Dataset
    test: Dataset | None
    values: Values


def read_options(spec: DataSpec) -> ReadOptions:
    """How a text table is read."""
    return ReadOptions(spec.delimiter, not spec.no_header, spec.encoding, spec.decimal)


def columns(spec: DataSpec) -> ColumnOptions:
    """Which columns are learnt from."""
    return ColumnOptions(spec.x or (), spec.y, spec.missing)


def sample_rows(text: str) -> bytes:
    """A sample's rows as csv: `spiral`, or a toy with settings, `spiral:noise=0.2,rows=300,seed=1`.

    Raises:
        OptionError: If there is no such sample, or a setting is none of its own.
    """
    if ":" not in text:
        return samples.content(text)
    name, pairs = notation.named(f"sample:{text}", text, EXAMPLE)
    settings = dict(pairs)
    for setting in settings.keys() - SETTINGS:
        raise OptionError(f"sample:{text}: there is no setting '{setting}'", did_you_mean(setting, SETTINGS))
    for setting in settings.keys() & {"rows", "seed"}:
        if not (0 <= settings[setting] <= MOST and settings[setting] == int(settings[setting])):
            raise OptionError(f"sample:{text}: {setting} takes a whole number up to {MOST:,}", EXAMPLE)
    rows = settings.get("rows")
    return samples.content(
        name, None if rows is None else int(rows), settings.get("noise"), int(settings.get("seed", 0))
    )


def read_examples(
    spec: DataSpec,
    network: NetworkSpec,
    reader: Reader,
    classes: tuple[str, ...] = (),
    values: Values | None = None,
) -> Examples:
    """Training rows, and test rows from `--test` or from a folder with MNIST's files.

    Args:
        spec: Where they are and how to read them.
        network: What else there is to read.
        reader: Reads them.
        classes: The classes of the run to go on with, if any.
        values: Its text columns' values.

    Raises:
        DataError: If they cannot be read.
        OptionError: If an option asks for what is not there.
    """
    name, dtype = str(spec.source), np.dtype(network.dtype or "float32")
    if network.test_labels is not None and network.test is None:
        raise OptionError("--test-labels goes with --test", "give --test the file of images")
    if name not in reader.tables and Path(name).is_dir():
        from gdcli.data.idx import is_mnist_folder, read_mnist_folder  # images are for few

        if not is_mnist_folder(name):
            reader.table(name, spec, network.labels)  # which says what is wrong with it
        train, test = read_mnist_folder(name)
        if network.test is not None:
            test = read_like(network.test, network.test_labels, train, {}, spec, dtype, reader)
        return Examples(train, test, {})
    table = reader.table(name, spec, network.labels)
    known = values or {column: categories(table, column) for column in _categorical(network, table)}
    data = _dataset(with_categories(table, known), _chosen(spec, known, table), network.task, dtype, classes)
    test_rows = None
    if network.test is not None:
        test_rows = read_like(network.test, network.test_labels, data, known, spec, dtype, reader)
    return Examples(data, test_rows, known)


def with_categories(table: Table, values: Values) -> Table:
    """The table with a column for each value of its text columns."""
    return CategoryTable.of(table, values) if values else table


def _categorical(network: NetworkSpec, table: Table) -> list[str]:
    return [find(table, name) for name in network.categorical or ()]


def _chosen(spec: DataSpec, values: Values, table: Table) -> ColumnOptions:
    """The columns asked for, with new ones in place of text columns."""
    wanted = columns(spec)
    if not values:
        return wanted
    if not wanted.x:
        _, y = choose(table, ColumnOptions(tuple(values), wanted.y))
        x, _ = choose(CategoryTable.of(table, values), dataclasses.replace(wanted, y=y))
        return dataclasses.replace(wanted, x=tuple(name for name in x if name not in values), y=y)
    expanded: list[str] = []
    for name in wanted.x:
        expanded += indicator_names({name: values[name]}) if name in values else [name]
    rest = {column: known for column, known in values.items() if column not in wanted.x}
    return dataclasses.replace(wanted, x=(*expanded, *indicator_names(rest)))


def _dataset(
    table: Table, chosen: ColumnOptions, task: str | None, dtype: Any, classes: tuple[str, ...] = ()
) -> Dataset:
    """Classes or numbers, as asked for or as the target looks."""
    names, target = choose(table, chosen)
    for name in names:
        if not table.is_numeric(name):
            what = f"{table.source}: column '{name}' holds text, and an input must be a number"
            raise DataError(what, f"take it one-hot with --categorical {name}, or leave it out of --x")
    if classes or task == "classification" or (task is None and looks_like_classes(table, target)):
        return classification(table, chosen, dtype, classes)
    return regression(table, chosen)


def looks_like_classes(table: Table, target: str, most: int = MOST_CLASSES) -> bool:
    """Whether a column is text, or few different whole numbers."""
    return not table.is_numeric(target) or 0 <= different_whole_numbers(table, target) <= most


def different_whole_numbers(table: Table, name: str) -> int:
    """How many different whole numbers a column holds; -1 if there is anything else in it."""
    values = table.numbers(name)
    values = values[~np.isnan(values)]
    return len(np.unique(values)) if bool((values == np.rint(values)).all()) else -1


def read_like(
    name: str, labels: str | None, data: Dataset, values: Values, spec: DataSpec, dtype: Any, reader: Reader
) -> Dataset:
    """Further rows with the columns and classes of rows already read.

    Raises:
        DataError: If they cannot be read, or hold a class that the others do not.
    """
    if not name.startswith("sample:") and name != "-" and not Path(name).exists():
        raise DataError(f"{name}: no such file", "name a file of rows with the same columns")
    table = with_categories(reader.table(name, spec, labels), values)
    chosen = ColumnOptions(data.input_names, data.target_name, spec.missing)
    with needed_columns("it needs the training rows' columns; IDX images need --test-labels"):
        if data.classes:
            return classification(table, chosen, dtype, data.classes)
        return regression(table, chosen)


def read_validation(name: str, data: Dataset, spec: DataSpec, reader: Reader) -> Dataset:
    """The rows of a file held out, by the training rows' column names."""
    if not name.startswith("sample:") and not Path(name).exists():
        raise DataError(f"{name}: no such file", "--validation takes a fraction, as 0.2, or a file of rows")
    return reader.numbers(name, dataclasses.replace(spec, x=data.input_names, y=data.target_name))


@contextmanager
def needed_columns(hint: str = "") -> Iterator[None]:
    """A column that is missing is the data's fault here, for no option named it."""
    try:
        yield
    except OptionError as error:
        raise DataError(error.message, hint or error.hint) from None
