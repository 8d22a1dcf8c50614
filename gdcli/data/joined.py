"""Several files as one table, one below the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import accumulate

import numpy as np

from gdcli.arrays import Array
from gdcli.data.categories import missing_texts
from gdcli.data.cells import printable
from gdcli.data.tables import Table
from gdcli.data.warning import ReadWarning, column_name, listed
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say, together

__all__ = ["JoinedTable", "check_alike", "check_columns", "join"]


@dataclass(frozen=True, eq=False)
class JoinedTable(Table):
    """The rows of tables with the same columns.

    Args:
        parts: The tables, in order.
    """

    parts: tuple[Table, ...]

    def __len__(self) -> int:
        return self._ends[-1]

    def is_numeric(self, name: str) -> bool:
        numeric, text = (sum(map(len, parts)) for parts in self.by_kind(name))
        return 0 < numeric >= text

    def by_kind(self, name: str) -> tuple[list[Table], list[Table]]:
        """The tables in which a column holds numbers, and those in which it holds text; a blank one is neither."""
        numeric = [part for part in self.parts if part.is_numeric(name)]
        others = [part for part in self.parts if not part.is_numeric(name)]
        return numeric, [part for part in others if not missing_texts(part, name).all()]

    def stranger(self, name: str) -> str:
        return self.parts[0].stranger(name)

    def texts(self, name: str) -> list[str]:
        return [cell for part in self.parts for cell in part.texts(name)]

    def first_texts(self, name: str, most: int) -> list[str]:
        cells: list[str] = []
        for part in self.parts:
            if len(cells) < most:
                cells += part.first_texts(name, most - len(cells))
        return cells

    def line(self, row: int) -> int:
        part, inside = self._at(row)
        return part.line(inside)

    def kept(self, names: Sequence[str]) -> Array:
        return np.concatenate([part.kept(names) for part in self.parts])

    def problem(self, row: int, name: str) -> DataError:
        part, inside = self._at(row)
        return part.problem(inside, name)

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        part, inside = self._at(row)
        return part.error(inside, name, what, hint)

    def _at(self, row: int) -> tuple[Table, int]:
        """The table that a row is in, and its number there."""
        at = bisect_right(self._ends, row)
        return self.parts[at], row - (self._ends[at - 1] if at else 0)

    @cached_property
    def _ends(self) -> list[int]:
        return [*accumulate(len(part) for part in self.parts)]


def join(parts: Iterable[Table], source: str, notes: Sequence[ReadWarning] = ()) -> Table:
    """Tables one below the other; the columns are those of the first, in its order.

    Raises:
        DataError: If their columns differ; the tables after that one are not asked for.
    """
    alike: list[Table] = []
    for part in parts:
        check_alike(alike[0] if alike else part, part)
        alike.append(part)
    joined = JoinedTable(alike[0].names, source, tuple(alike), layout=alike[0].layout)
    return replace(joined, layout=replace(joined.layout, notes=(*joined.layout.notes, *notes, *_mixed(joined))))


def _mixed(table: JoinedTable) -> Iterator[ReadWarning]:
    """The remark that a column holds text in some files only."""
    for name in table.names:
        numeric, text = table.by_kind(name)
        if numeric and text:
            words = say(
                "{column_name} holds text in {listed}",
                column_name=column_name(name),
                listed=listed([printable(part.source) for part in text]),
            )
            kept = "" if table.is_numeric(name) else say(", so it is text")
            yield ReadWarning(
                "mixed column",
                (name,),
                say("{words}, numbers in {others}{kept}", words=words, others=_others(numeric), kept=kept),
            )


def _others(parts: Sequence[Table]) -> str:
    return printable(parts[0].source) if len(parts) == 1 else say("the other {count} files", count=len(parts))


def check_alike(first: Table, other: Table) -> None:
    """Refuses two files as one table if their columns differ.

    Raises:
        DataError: With the file and the columns.
    """
    check_columns(first.names, first.source, other)


def check_columns(names: Sequence[str], source: str, other: Table) -> None:
    """Refuses a file as part of a table if its columns are not those of the first one.

    Raises:
        DataError: With the file and the columns.
    """
    missing = [name for name in names if name not in other.names]
    added = [name for name in other.names if name not in names]
    if missing or added:
        parts = [say("lacks {columns}", columns=_columns(missing))] * bool(missing) + [
            say("has {columns} besides", columns=_columns(added))
        ] * bool(added)
        what = say(
            "{printable}: {names}, compared with {printable2}",
            printable=printable(other.source),
            names=together(say(" and "), parts),
            printable2=printable(source),
        )
        raise DataError(what, say("files that are one table have the same columns: name those that do"))


def _columns(names: Sequence[str]) -> str:
    quoted_names = [f"'{printable(name)}'" for name in names]
    return say("column{s} {listed}", s="s" * (len(names) > 1), listed=listed(quoted_names))
