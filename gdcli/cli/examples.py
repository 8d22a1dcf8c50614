"""Reading what a network learns from: tables, images and their labels; classes or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gdcli.cli.models import needed_columns
from gdcli.cli.options import DataOptions, NetworkOptions
from gdcli.cli.parse import one_of
from gdcli.cli.reading import columns, read_table_named
from gdcli.cli.terminal import Terminal
from gdcli.data.columns import ColumnOptions, choose, classification, regression
from gdcli.data.dataset import Dataset
from gdcli.data.idx import is_mnist_folder, read_mnist_folder
from gdcli.data.selection import select, with_categories
from gdcli.data.tables import Table
from gdcli.data.tasks import guess_task
from gdcli.errors import DataError, OptionError


@dataclass(frozen=True, eq=False)
class Examples:
    """Raw rows to train on, and those that came along to test on.

    Args:
        data: Training rows; class indices and `classes`, or numbers.
        test: Test rows, or None.
        values: The known values of each text column taken as input.
    """

    data: Dataset
    test: Dataset | None
    values: dict[str, tuple[str, ...]]


def read_examples(
    name: str,
    options: DataOptions,
    network: NetworkOptions,
    dtype: Any,
    terminal: Terminal,
    known: tuple[tuple[str, ...], dict[str, tuple[str, ...]]] = ((), {}),
) -> Examples:
    """Reads training rows, and test rows from `--test` or from a folder with MNIST's files.

    Args:
        name: What DATA stands for.
        options: How to read it.
        network: What else there is to read.
        dtype: Of the inputs.
        terminal: Where standard input is.
        known: The classes and text columns' values of the run to go on with, if any.

    Raises:
        DataError: If they cannot be read.
        OptionError: If an option asks for what is not there.
    """
    if name != "-" and not name.startswith("sample:") and is_mnist_folder(name):
        train, test = read_mnist_folder(name)
        if network.test is not None:
            test = read_like(network.test, network.test_labels, train, {}, options, dtype, terminal)
        return Examples(train, test, {})
    table = read_table_named(name, options, terminal, network.labels)
    classes, before = known
    categorical = (network.categorical,) if network.categorical else ()
    selected = select(table, columns(options), categorical, before)
    values = selected.values
    data = _dataset(selected.table, selected.columns, network.task, dtype, classes)
    test_set = None
    if network.test is not None:
        test_set = read_like(network.test, network.test_labels, data, values, options, dtype, terminal)
    return Examples(data, test_set, values)


def _dataset(
    table: Table, chosen: ColumnOptions, task: str | None, dtype: Any, classes: tuple[str, ...] = ()
) -> Dataset:
    """Classes or numbers, as asked for or as the target looks."""
    names, target = choose(table, chosen)
    for name in names:
        if not table.is_numeric(name):
            what = f"{table.source}: column '{name}' holds text, and an input must be a number"
            raise DataError(what, f"take it one-hot with --categorical {name}, or leave it out of --x")
    kind = None if task is None else one_of("--task", task, ("classification", "regression"))
    if classes or kind == "classification" or (kind is None and guess_task(table, target) == "classification"):
        return classification(table, chosen, dtype, classes)
    return regression(table, chosen)


def read_like(
    name: str,
    labels: str | None,
    data: Dataset,
    values: dict[str, tuple[str, ...]],
    options: DataOptions,
    dtype: Any,
    terminal: Terminal,
) -> Dataset:
    """Reads further rows with the columns and classes of rows already read.

    Raises:
        DataError: If they cannot be read, or hold a class that the others do not.
    """
    if not name.startswith("sample:") and name != "-" and not Path(name).exists():
        raise DataError(f"{name}: no such file", "name a file of rows with the same columns")
    table = with_categories(read_table_named(name, options, terminal, labels), values)
    chosen = ColumnOptions(data.input_names, data.target_name, columns(options).missing)
    with needed_columns("it needs the training rows' columns; IDX images need --test-labels"):
        if data.classes:
            return classification(table, chosen, dtype, data.classes)
        return regression(table, chosen)


def hidden_sizes(text: str | None) -> tuple[int, ...]:
    """`128,64` as numbers; none or 0 for no hidden layer.

    Raises:
        OptionError: If it is not a list of whole numbers above 0.
    """
    if text is None or text.strip().lower() in ("none", "0"):
        return ()
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not (part.isdecimal() and 0 < int(part) <= 1_000_000):
            raise OptionError(f"--hidden: '{part}' is not a number of neurons", "as in --hidden 128,64")
    return tuple(int(part) for part in parts)
