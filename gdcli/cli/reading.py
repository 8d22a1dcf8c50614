"""From the DATA argument and its options to a data set."""

from __future__ import annotations

from gdcli.cli.options import DataOptions
from gdcli.cli.parse import fields, one_of
from gdcli.cli.terminal import Terminal
from gdcli.data import samples
from gdcli.data.columns import ColumnOptions, regression
from gdcli.data.dataset import Dataset
from gdcli.data.selection import select
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.errors import DataError, OptionError, did_you_mean

SETTINGS = ("noise", "rows", "seed")  # of a toy
EXAMPLE, MOST = "as in sample:spiral:noise=0.2,rows=300,seed=1", 10_000_000


def read(name: str, options: DataOptions, terminal: Terminal) -> Dataset:
    """Reads a regression data set.

    Raises:
        DataError: If it cannot be read, or holds what is no number.
        OptionError: If an option asks for a column that is not there.
    """
    table = read_table_named(name, options, terminal)
    selected = select(table, columns(options))
    data = regression(selected.table, selected.columns)
    if len(data) < len(table):
        terminal.note(f"{len(table) - len(data)} of {len(table)} rows left out: a cell is missing")
    return data


def read_table_named(name: str, options: DataOptions, terminal: Terminal, labels: str | None = None) -> Table:
    """The table behind a name; `labels` is the file that goes with IDX images."""
    how = read_options(options)
    if name.startswith("sample:"):
        return read_table(sample_named(name.removeprefix("sample:")), name, ReadOptions())
    if name == "-" and terminal.stdin is None:
        raise DataError("standard input: is closed", "name a file, or pipe rows in")
    from gdcli.data.reading import load  # knows zip, gzip and images: not needed for a sample

    return load(name, how, terminal.stdin, labels)


def read_options(options: DataOptions) -> ReadOptions:
    """How to read a text table, from the command line."""
    if options.header and options.no_header:
        raise OptionError("--header and --no-header exclude each other", "leave one of them out")
    header = False if options.no_header else True if options.header else None
    words = tuple(options.na.split(",")) if options.na else ()
    marks = (options.encoding, options.decimal, words, options.thousands, options.comment)
    return ReadOptions(options.delimiter, header, *marks)


def sample_named(text: str) -> bytes:
    """A sample's rows as csv: `spiral`, or a toy with settings, `spiral:noise=0.2,rows=300,seed=1`.

    Raises:
        OptionError: If there is no such sample, or a setting is none of its own.
    """
    if ":" not in text:
        return samples.content(text)
    name, settings = fields(f"sample:{text}", text, EXAMPLE)
    for setting in settings.keys() - SETTINGS:
        raise OptionError(f"sample:{text}: there is no setting '{setting}'", did_you_mean(setting, SETTINGS))
    for setting in settings.keys() & {"rows", "seed"}:
        if not (0 <= settings[setting] <= MOST and settings[setting] == int(settings[setting])):
            raise OptionError(f"sample:{text}: {setting} takes a whole number up to {MOST:,}", EXAMPLE)
    rows = settings.get("rows")
    return samples.content(
        name, None if rows is None else int(rows), settings.get("noise"), int(settings.get("seed", 0))
    )


def columns(options: DataOptions) -> ColumnOptions:
    """The column options of the command line."""
    names = (options.x,) if options.x else ()
    missing = one_of("--missing", options.missing, ("fail", "drop", "mean"))
    return ColumnOptions(names, options.y, missing)
