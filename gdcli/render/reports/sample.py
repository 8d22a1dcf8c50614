"""What `sample` shows: each sample's name, what it is, and a command to try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gdcli.data.samples import Sample
from gdcli.data.tables import Table
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import Report, theme
from gdcli.render.flow import broken
from gdcli.render.screen import Screen, paint, plain
from gdcli.render.vocabulary import word

__all__ = ["report", "rows_report"]

LONGEST = 13
"""Letters of the longest name."""


def report(samples: Sequence[Sample]) -> Report:
    """The report of all samples."""
    return Report("gdcli.sample/1", samples, rows_name="samples", rows_in_kv=True, paragraph=_described)


def _described(one: Sample, screen: Screen) -> Iterator[str]:
    """A sample's name, what it is, and its command, within the screen's width."""
    indent = " " * (LONGEST + 2)
    about = broken(plain(word(one.about), screen), max(screen.width, 60) - len(indent))
    yield f"{paint(one.name.ljust(LONGEST), theme.HEADING, screen)}  {about[0]}"
    yield from (indent + line for line in about[1:])
    yield f"{indent}{paint(one.command, theme.COMMAND, screen)}"


class _Row(NamedTuple):
    """One row of a sample."""

    cells: dict[str, Any]

    def row(self) -> dict[str, Any]:
        """The cells, by column."""
        return self.cells


def rows_report(table: Table, name: str) -> Report:
    """The report of one sample's rows."""
    columns = {one: table.numbers(one).tolist() if table.is_numeric(one) else table.texts(one) for one in table.names}
    records = [_Row(dict(zip(columns, cells, strict=True))) for cells in zip(*columns.values(), strict=True)]
    return Report("gdcli.sample/1", records, lambda: {"name": name}, "rows", rows_in_kv=True)
