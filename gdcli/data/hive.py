"""Folders called `NAME=VALUE`, as Hive and Spark write them: each is a column of the files below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from gdcli.arrays import Array
from gdcli.data.cells import number
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError

__all__ = ["FolderTable", "folder_values"]


def folder_values(folder: Path, file: Path) -> dict[str, str]:
    """The columns that the folders on the way to a file stand for.

    >>> folder_values(Path("data"), Path("data/year=2023/month=1/part-0.csv"))
    {'year': '2023', 'month': '1'}
    """
    pairs = (part.partition("=") for part in file.relative_to(folder).parts[:-1])
    return {name: value for name, equals, value in pairs if equals and name}


@dataclass(frozen=True, eq=False)
class FolderTable(Table):
    """A table with further columns of one value each.

    Args:
        base: The table as it was read.
        values: The values, by column.
    """

    base: Table
    values: Mapping[str, str]

    @classmethod
    def of(cls, base: Table, values: Mapping[str, str]) -> Table:
        """The table with the columns that are not in it already, first: the target usually stands last."""
        further = {name: value for name, value in values.items() if name not in base.names}
        return cls((*further, *base.names), base.source, base, further, layout=base.layout) if further else base

    def __len__(self) -> int:
        return len(self.base)

    def is_numeric(self, name: str) -> bool:
        return number(self.values[name]) is not None if name in self.values else self.base.is_numeric(name)

    def texts(self, name: str) -> list[str]:
        return [self.values[name]] * len(self) if name in self.values else self.base.texts(name)

    def stranger(self, name: str) -> str:
        return "" if name in self.values else self.base.stranger(name)

    def line(self, row: int) -> int:
        return self.base.line(row)

    def kept(self, names: Sequence[str]) -> Array:
        return np.column_stack([self._numbers(name) for name in names])

    def problem(self, row: int, name: str) -> DataError:
        return super().problem(row, name) if name in self.values else self.base.problem(row, name)

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        return self.base.error(row, name, what, hint)

    def _numbers(self, name: str) -> Array:
        if name not in self.values:
            return self.base.kept([name])[:, 0]
        value = number(self.values[name])
        if value is None:
            raise self.problem(0, name)
        return np.full(len(self), value)
