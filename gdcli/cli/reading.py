"""From the DATA argument and its options to a data set."""

from __future__ import annotations

from gdcli.cli.options import DataOptions
from gdcli.cli.parse import one_of
from gdcli.cli.terminal import Terminal
from gdcli.data import samples
from gdcli.data.columns import ColumnOptions, regression
from gdcli.data.dataset import Dataset
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.errors import DataError


def read(name: str, options: DataOptions, terminal: Terminal) -> Dataset:
    """Reads a regression data set.

    Raises:
        DataError: If it cannot be read, or holds what is no number.
        OptionError: If an option asks for a column that is not there.
    """
    table = read_table_named(name, options, terminal)
    data = regression(table, columns(options))
    if len(data) < len(table):
        terminal.note(f"{len(table) - len(data)} of {len(table)} rows left out: a cell is missing")
    return data


def read_table_named(name: str, options: DataOptions, terminal: Terminal, labels: str | None = None) -> Table:
    """The table behind a name; `labels` is the file that goes with IDX images."""
    how = ReadOptions(options.delimiter, not options.no_header, options.encoding, options.decimal)
    if name.startswith("sample:"):
        return read_table(samples.content(name.removeprefix("sample:")), name, ReadOptions())
    if name == "-" and terminal.stdin is None:
        raise DataError("standard input: is closed", "name a file, or pipe rows in")
    from gdcli.data.reading import load  # knows zip, gzip and images: not needed for a sample

    return load(name, how, terminal.stdin, labels)


def columns(options: DataOptions) -> ColumnOptions:
    """The column options of the command line."""
    names = tuple(part.strip() for part in options.x.split(",")) if options.x else ()
    missing = one_of("--missing", options.missing, ("fail", "drop", "mean"))
    return ColumnOptions(names, options.y, missing)
