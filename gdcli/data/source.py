"""Rows that pass in blocks: what there is to look at first, and all of them, once, from first to last."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from typing import Protocol, TypeVar, runtime_checkable

from gdcli.data.cells import data_error, quoted
from gdcli.data.numpy_files import ArrayTable
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = [
    "HEAD_ROWS",
    "Divisible",
    "NumberBlock",
    "Progress",
    "Separable",
    "Source",
    "TableSource",
    "first_rows_of",
    "unwatched",
]

HEAD_ROWS = 100_001
"""Rows that are looked at before the others pass."""

Progress = Callable[[int, int | None], None]
"""Takes how many bytes have been read, and how many there are, if that is known."""


def unwatched(done: int, total: int | None) -> None:
    """Nobody watches."""


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """A table whose rows pass in blocks.

    Args:
        head: Its first rows.
    """

    head: Table

    @property
    def tip(self) -> str:
        """What would have it pass more quickly; empty where nothing would."""
        return ""

    @property
    def count(self) -> int | None:
        """How many rows there are; None where they are to be read to be counted."""
        return None

    def located(self) -> Source:
        """The same rows, where an error about one names its line in the file, whatever that costs."""
        return self

    @abstractmethod
    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """All rows, the first ones too, as tables with at least these columns.

        Raises:
            DataError: If the rest cannot be read.
        """


@dataclass(frozen=True, eq=False)
class TableSource(Source):
    """A table that is in memory."""

    @property
    def count(self) -> int:
        """Its rows."""
        return len(self.head)

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:  # noqa: ARG002 - for who overrides it
        """The table itself."""
        yield self.head


@dataclass(frozen=True, eq=False)
class NumberBlock(ArrayTable):
    """A block of numbers, NaN where one is missing.

    Args:
        before: How many rows stand before it.
    """

    before: int = field(default=0, kw_only=True)

    def texts(self, name: str) -> list[str]:
        return ["" if cell == "nan" else cell for cell in super().texts(name)]

    def line(self, row: int) -> int:
        return self.before + row + 1

    def error(self, row: int, name: str, what: str, hint: str) -> DataError:
        return data_error(
            self.source,
            say("row {line}, column {quoted}: {what}", line=self.line(row), quoted=quoted(name), what=what),
            hint,
        )


@runtime_checkable
class Divisible(Protocol):
    """A table that can also pass in blocks, without being read whole."""

    def source_of_blocks(self) -> Source:
        """The same rows, in blocks."""


@runtime_checkable
class Separable(Protocol):
    """A source whose rows can be read in parts, each on its own."""

    def borders(self, count: int) -> list[int]:
        """Where so many parts of about the same size begin, and where the last one ends; empty if it cannot be cut."""

    def between(self, begin: int, end: int) -> Source:
        """The rows from one border to another."""


T = TypeVar("T", bound=Table)


def first_rows_of(table: T) -> T:
    """A table that is said to be the first rows of a larger one."""
    return replace(table, layout=replace(table.layout, whole=False))
