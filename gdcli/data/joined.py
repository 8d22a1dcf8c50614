"""Several files as one table, one below the other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np

from gdcli.arrays import Array
from gdcli.data.cells import printable
from gdcli.data.tables import Table
from gdcli.data.warning import ReadWarning, listed
from gdcli.errors import DataError

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
        numeric = sum(len(part) for part in self.parts if part.is_numeric(name))
        return 2 * numeric >= len(self)

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


def join(parts: Sequence[Table], source: str, notes: Sequence[ReadWarning] = ()) -> Table:
    """Tables one below the other; the columns are those of the first, in its order.

    Raises:
        DataError: If their columns differ.
    """
    first = parts[0]
    for part in parts[1:]:
        check_alike(first, part)
    layout = replace(first.layout, notes=(*first.layout.notes, *notes))
    return JoinedTable(first.names, source, tuple(parts), layout=layout)


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
        parts = [f"lacks {_columns(missing)}"] * bool(missing) + [f"has {_columns(added)} besides"] * bool(added)
        what = f"{printable(other.source)}: {' and '.join(parts)}, compared with {printable(source)}"
        raise DataError(what, "files that are one table have the same columns: name those that do")


def _columns(names: Sequence[str]) -> str:
    quoted_names = [f"'{printable(name)}'" for name in names]
    return f"column{'s' * (len(names) > 1)} {listed(quoted_names)}"
