"""From DATA and its options to rows: tables, samples, images and their labels; numbers or classes to learn."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from gdcli.data import samples
from gdcli.data.categories import CategoryTable, refuse_absent, refuse_unknown
from gdcli.data.columns import ColumnOptions, classification, regression
from gdcli.data.dataset import Dataset
from gdcli.data.examine import examine
from gdcli.data.report import ReadReport, Remarks, report_of
from gdcli.data.selection import with_categories
from gdcli.data.source import Progress, Source, unwatched
from gdcli.data.sources import is_sample
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.experiments import notation
from gdcli.experiments.spec import DataSpec, NetworkSpec
from gdcli.said import say

SETTINGS = ("noise", "rows", "seed")  # of a toy
EXAMPLE, MOST = say("as in sample:spiral:noise=0.2,rows=300,seed=1"), 10_000_000
Values = dict[str, tuple[str, ...]]
"""The known values of each text column taken as input."""


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads rows by the name of their source.

    Args:
        stdin: Standard input, as bytes; None where it is closed.
        tables: Tables that are in memory already, by the name they go by.
        notes: Takes what there is to remark on.
        reports: Takes the report of each table that was read to learn from.
        progress: Takes how much of a large source has been read.
    """

    stdin: BinaryIO | None = None
    tables: dict[str, Table] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    reports: list[ReadReport] = field(default_factory=list)
    progress: Progress = unwatched

    @property
    def reading(self) -> ReadReport | None:
        """What was read to learn from; None before anything was."""
        return self.reports[0] if self.reports else None

    def take(self, report: ReadReport) -> None:
        """Keeps a report and what is to be said of it."""
        self.reports.append(report)
        self.say(report.notes())

    def say(self, lines: Iterable[str]) -> None:
        """Keeps remarks, each once."""
        self.notes.extend(line for line in dict.fromkeys(lines) if line not in self.notes)

    def remarks(self) -> Remarks:
        """All that there is to remark on, and what it is about."""
        known = (report.remarks().kinds for report in self.reports)
        return Remarks(self.notes, {text: kind for kinds in known for text, kind in kinds.items()})

    def table(self, name: str, spec: DataSpec, labels: str | None = None) -> Table:
        """The table behind a name; `labels` is the file that goes with IDX images.

        Raises:
            DataError: If it cannot be read.
        """
        options = read_options(spec)  # refused here, whatever is read
        if name in self.tables:
            return self.tables[name]
        if is_sample(name):
            return read_table(sample_rows(name.removeprefix("sample:")), name, ReadOptions())
        if name == "-" and self.stdin is None:
            raise DataError(say("standard input: is closed"), say("name a file, or pipe rows in"))
        from gdcli.data.reading import load  # knows zip, gzip and images: not needed for a sample

        return load(name, options, self.stdin, labels)

    def rows(self, name: str, spec: DataSpec) -> Table | Source:
        """The same, or, of a large source, rows that pass in blocks.

        Raises:
            DataError: If it cannot be read.
        """
        if name in self.tables or is_sample(name) or (name == "-" and self.stdin is None):
            return self.table(name, spec)
        from gdcli.data.opening import open_rows  # knows every format: not needed for a sample

        return open_rows(name, read_options(spec), self.stdin)

    def numbers(self, name: str, spec: DataSpec) -> Dataset:
        """Rows with a number to predict.

        Raises:
            DataError: If they cannot be read, or hold what is no number.
            OptionError: If an option asks for a column that is not there.
        """
        data, report = self.reported_numbers(name, spec)
        self.take(report)
        return data

    def reported_numbers(self, name: str, spec: DataSpec) -> tuple[Dataset, ReadReport]:
        """The same, with the report of what was read."""
        table, report = examine(self.table(name, spec), columns(spec), categorical=None, task="regression")
        return regression(table, with_gaps(report.columns)), report


@dataclass(frozen=True, eq=False)
class Examples:
    """Raw rows to train a network on, and those that came along to test on.

    Args:
        data: Training rows; class indices and `classes`, or numbers.
        test: Test rows, or None.
        values: The known values of each text column taken as input.
        report: What was read, of a table.
        texts: All texts of those columns.
    """

    data: Dataset
    test: Dataset | None
    values: Values
    report: ReadReport | None = None
    texts: Values = field(default_factory=dict)


def with_gaps(chosen: ColumnOptions) -> ColumnOptions:
    """The same columns with their gaps, where means are to fill them: those are learnt on training rows, once split."""
    return dataclasses.replace(chosen, missing="keep") if chosen.missing == "mean" else chosen


def read_options(spec: DataSpec) -> ReadOptions:
    """How a text table is read."""
    how = (spec.delimiter, spec.header, spec.encoding, spec.decimal, spec.na or (), spec.thousands, spec.comment)
    return ReadOptions(*how, allow=spec.allow or ())


def columns(spec: DataSpec) -> ColumnOptions:
    """Which columns are learnt from."""
    return ColumnOptions(spec.x or (), spec.y, spec.missing or "fail")


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
        raise OptionError(
            say("sample:{text}: there is no setting '{setting}'", text=text, setting=setting),
            did_you_mean(setting, SETTINGS),
        )
    for setting in settings.keys() & {"rows", "seed"}:
        if not (0 <= settings[setting] <= MOST and settings[setting] == int(settings[setting])):
            raise OptionError(
                say(
                    "sample:{text}: {setting} takes a whole number up to {most:,}",
                    text=text,
                    setting=setting,
                    most=MOST,
                ),
                EXAMPLE,
            )
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
    texts: Values | None = None,
) -> Examples:
    """Training rows, and test rows from `--test` or from a folder with MNIST's files.

    Args:
        spec: Where they are and how to read them.
        network: What else there is to read.
        reader: Reads them.
        classes: The classes of the run to go on with, if any.
        values: Its text columns' values.
        texts: All texts of those columns.

    Raises:
        DataError: If they cannot be read.
        OptionError: If an option asks for what is not there.
    """
    name = str(spec.source)
    if network.shuffle_rows is not None:
        raise OptionError(
            say("--shuffle-rows goes with train and lr-find train: here all rows are in memory"), say("leave it out")
        )
    if network.test_labels is not None and network.test is None:
        raise OptionError(say("--test-labels goes with --test"), say("give --test the file of images"))
    if name not in reader.tables and Path(name).is_dir() and _is_mnist_folder(name):
        from gdcli.data.idx import read_mnist_folder

        train, test = read_mnist_folder(name)
        if network.test is not None:
            test = read_like(network.test, network.test_labels, Examples(train, None, {}), spec, reader)
        report = report_of(train, name)
        reader.take(report)
        return Examples(train, test, {}, report)
    table = reader.table(name, spec, network.labels)
    task = "classification" if classes else network.task
    refuse_absent(table, values or {})
    refuse_unknown(table, texts or {})
    table, report = examine(table, columns(spec), network.categorical or (), task, values)
    known = texts or dict(report.texts)
    examples = Examples(dataset_of(table, report, classes), None, dict(report.values), report, known)
    if network.test is not None:
        test = read_like(network.test, network.test_labels, examples, spec, reader)
        examples = dataclasses.replace(examples, test=test)
    reader.take(report)
    return examples


def dataset_of(table: Table, report: ReadReport, classes: tuple[str, ...]) -> Dataset:
    """Classes or numbers, as the report has it, their gaps left to be filled.

    Raises:
        DataError: At a cell that is no number, or missing where that is refused.
    """
    for name in report.inputs:
        if not table.is_numeric(name):
            what = say(
                "{source}: column '{name}' holds text, and an input must be a number", source=table.source, name=name
            )
            raise DataError(what, say("take it one-hot with --categorical {name}, or leave it out of --x", name=name))
    if report.target.task == "classification":
        return classification(table, with_gaps(report.columns), classes)
    return regression(table, with_gaps(report.columns))


def read_like(name: str, labels: str | None, examples: Examples, spec: DataSpec, reader: Reader) -> Dataset:
    """Further rows with the columns and classes of rows already read, their gaps left to be filled as those are.

    Raises:
        DataError: If they cannot be read, or hold a class that the others do not.
    """
    if not _exists(name):
        raise DataError(say("{name}: no such file", name=name), say("name a file of rows with the same columns"))
    table, data = reader.table(name, spec, labels), examples.data
    refuse_unknown(table, examples.texts)
    table = with_categories(table, examples.values)
    chosen = with_gaps(ColumnOptions(data.input_names, data.target_name, spec.missing or "fail"))
    with needed_columns(say("it needs the training rows' columns; IDX images need --test-labels")):
        if data.classes:
            return classification(table, chosen, data.classes)
        return regression(table, chosen)


def read_validation(name: str, data: Dataset, spec: DataSpec, reader: Reader) -> Dataset:
    """The rows of a file held out, by the training rows' column names."""
    if name == "-" and spec.source == "-":
        raise OptionError(
            say("--validation: both rows and those held out cannot come by standard input"), say("name a file")
        )
    if not _exists(name):
        raise DataError(
            say("{name}: no such file", name=name), say("--validation takes a fraction, as 0.2, or a file of rows")
        )
    table, seen = reader.table(name, spec), reader.reading
    if seen is not None:
        refuse_unknown(table, seen.texts)
        table = CategoryTable.of(table, seen.values, data.input_names)
    chosen = with_gaps(ColumnOptions(data.input_names, data.target_name, spec.missing or "fail"))
    with needed_columns():
        return regression(table, chosen)


def _is_mnist_folder(name: str) -> bool:
    from gdcli.data.idx import is_mnist_folder  # images are for few

    return is_mnist_folder(name)


def _exists(name: str) -> bool:
    from gdcli.data.reading import exists  # knows every format: not needed for a sample

    return exists(name)


@contextmanager
def needed_columns(hint: str = "") -> Iterator[None]:
    """A column that is missing is the data's fault here, for no option named it."""
    try:
        yield
    except OptionError as error:
        raise DataError(error.message, hint or error.hint) from None
