"""A table without one of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from gdcli.arrays import Array
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError

__all__ = ["HidingTable"]


@dataclass(frozen=True, eq=False)
class HidingTable(Table):
    """A table in which a column is not among those to choose from.

    Args:
        base: The table as it was read.
    """

    base: Table

    @classmethod
    def of(cls, base: Table, hidden: str) -> HidingTable:
        """The table without that column."""
        names = tuple(name for name in base.names if name != hidden)
        return cls(names, base.source, base, layout=base.layout)

    def __len__(self) -> int:
        return len(self.base)

    def is_numeric(self, name: str) -> bool:
        return self.base.is_numeric(name)

    def stranger(self, name: str) -> str:
        return self.base.stranger(name)

    def texts(self, name: str) -> list[str]:
        return self.base.texts(name)

    def first_texts(self, name: str, most: int) -> list[str]:
        return self.base.first_texts(name, most)

    def line(self, row: int) -> int:
        return self.base.line(row)

    def kept(self, names: Sequence[str]) -> Array:
        return self.base.kept(names)

    def problem(self, row: int, name: str) -> DataError:
        return self.base.problem(row, name)

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        return self.base.error(row, name, what, hint)
