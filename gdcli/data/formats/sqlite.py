"""SQLite: a table or a view of a database, `base.sqlite:table`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import field

from gdcli.data.cells import data_error, no_rows
from gdcli.data.column_table import Column, ColumnTable, column_of
from gdcli.data.formats import table_format
from gdcli.data.header import unique_names
from gdcli.data.place import Place
from gdcli.data.source import HEAD_ROWS, Progress, Source, first_rows_of, unwatched
from gdcli.data.tables import Table
from gdcli.data.warning import listed
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, did_you_mean
from gdcli.said import say

__all__ = ["read"]

_BLOCK_ROWS = 20_000
_HIDDEN = 1
_TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY rowid"


@table_format(rb"SQLite format 3\x00")
def read(place: Place) -> ColumnTable:
    """The table asked for, or the only one; each column is read when it is needed.

    Raises:
        DataError: If there is no such table, several of which none is named, or the file is damaged.
    """
    with _connected(place) as base:
        table = _quoted(_chosen(place, [name for (name,) in base.execute(_TABLES)]))
        known = [  # generated columns too, and none that a virtual table hides
            (name, kind.upper())
            for _, name, kind, *_, hidden in base.execute(f"PRAGMA table_xinfo({table})")
            if hidden != _HIDDEN
        ]
        (rows,) = base.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names are quoted
    if not rows:
        raise no_rows(place.source, say("no rows"))

    columns = dict(zip(unique_names([name for name, _ in known]), known, strict=True))

    def column(name: str) -> Column:
        called, declared = columns[name]
        with _connected(place) as base:
            values = [value for (value,) in base.execute(f"SELECT {_quoted(called)} FROM {table}")]  # noqa: S608 - names are quoted
        return column_of(_typed(values, declared))

    names, about = (*columns,), place.options
    return SqliteTable(names, place.source, rows, column, options=about, place=place, table=table, columns=columns)


@dataclass(frozen=True, eq=False)
class SqliteTable(ColumnTable):
    """A table of a database.

    Args:
        place: Where it stands.
        table: Its name there, quoted.
        columns: What each column is called there, and the type it is declared as, in capitals.
    """

    place: Place = field(kw_only=True)
    table: str = field(kw_only=True)
    columns: Mapping[str, tuple[str, str]] = field(kw_only=True)

    def source_of_blocks(self) -> Source:
        """The same rows, in blocks."""
        head = next(self.in_blocks(self.names, HEAD_ROWS))
        return SqliteSource(first_rows_of(head), self)

    def in_blocks(self, names: Sequence[str], rows: int) -> Iterator[ColumnTable]:
        """So many rows at a time."""
        listed, before = ", ".join(_quoted(self.columns[name][0]) for name in names), 0
        with _connected(self.place) as base:
            cursor = base.execute(f"SELECT {listed} FROM {self.table}")  # noqa: S608 - names are quoted
            while block := cursor.fetchmany(rows):
                cells = dict(zip(names, zip(*block, strict=True), strict=True))
                columns = {name: column_of(_typed(values, self.columns[name][1])) for name, values in cells.items()}
                lines = range(before + 1, before + len(block) + 1)
                read = columns.__getitem__
                yield ColumnTable(tuple(names), self.source, len(block), read, lines=lines, options=self.options)
                before += len(block)


@dataclass(frozen=True, eq=False)
class SqliteSource(Source):
    """A table of a database whose rows pass in blocks.

    Args:
        table: The whole of it.
    """

    table: SqliteTable

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """Some ten thousand rows at a time."""
        done = 0
        for block in self.table.in_blocks(names, _BLOCK_ROWS):
            yield block
            done += len(block)
            progress(self.table.place.size * done // len(self.table), self.table.place.size)


def _typed(values: Sequence[object], declared: str) -> Sequence[object]:
    """Values as their column's type has them: SQLite keeps truth values as 0 and 1."""
    if not declared.startswith("BOOL"):
        return values
    return [value == 1 if value in (0, 1) else value for value in values]


@contextmanager
def _connected(place: Place) -> Iterator[sqlite3.Connection]:
    """The database, to be read only.

    Raises:
        DataError: If it is damaged, or busy.
    """
    try:
        with closing(_connection(place)) as base:
            base.text_factory = lambda content: content.decode(errors="replace")
            yield base
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a message of SQLite's own that quotes damaged text
        what = say("its text is no UTF-8") if isinstance(error, UnicodeDecodeError) else error
        busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        hint = (
            say("wait for the program that writes to it") if busy else say("check the database: PRAGMA integrity_check")
        )
        raise data_error(place.source, f"SQLite: {what}", hint) from None


def _connection(place: Place) -> sqlite3.Connection:
    file = place.plain
    _refuse_cut_short(place, len(file) if isinstance(file, bytes) else file.stat().st_size)
    if not isinstance(file, bytes):
        return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    base = sqlite3.connect(":memory:")
    base.deserialize(file)
    return base


def _refuse_cut_short(place: Place, size: int) -> None:
    """Refuses a file of fewer pages than its header counts, which SQLite reads as if the rest held gaps.

    Raises:
        DataError: If it is one.

    Source: The SQLite database file format, section 1.3.7: the count holds where two change counters agree.
    """
    head = place.head[:100]
    page = int.from_bytes(head[16:18], "big")
    needed = (65536 if page == 1 else page) * int.from_bytes(head[28:32], "big")
    if len(head) == 100 and head[24:28] == head[92:96] and size < needed:
        what = say("a database that is cut short: {size:,} of {needed:,} bytes", size=size, needed=needed)
        raise data_error(place.source, what, say("fetch or write it again"))


def _chosen(place: Place, known: list[str]) -> str:
    """The table asked for, or the only one."""
    name = place.source.removesuffix(f":{place.part}") if place.part else place.source
    if place.part:
        if place.part not in known:
            raise DataError(
                say("{name}: no table '{part}'", name=name, part=place.part), did_you_mean(place.part, known)
            )
        return place.part
    if len(known) != 1:
        tables = (
            say("{count} tables: {listed}", count=len(known), listed=listed(known, 10)) if known else say("no table")
        )
        raise data_error(
            name,
            say("a database of {tables}", tables=tables),
            say("name one: {name}:{known}", name=name, known=known[0]) if known else "",
        )
    return known[0]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
