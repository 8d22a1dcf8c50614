"""Output: what a command reports, for any format; formats, charts and pictures stand in folders of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, Protocol

from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render.screen import Screen


class Record(Protocol):
    """Anything with ordered, flat scalars to show."""

    def row(self) -> Mapping[str, Any]:
        """The scalars, by name."""


class Drawable(Protocol):
    """A picture as data."""

    def draw(self, screen: Screen, width: int, height: int) -> str:
        """The picture as text, on at most so many columns and lines."""


class Drawn(Protocol):
    """A picture on a screen, and what makes its data."""

    @property
    def content(self) -> Callable[[], Drawable] | None:
        """Makes the picture as data, if files can be drawn from it."""


class Column(NamedTuple):
    """One column of a table.

    Args:
        header: Its title.
        cell: What a record shows there.
        width: Columns on the screen; a longer cell is never cut, the row grows.
        left: Whether cells are set flush left.
    """

    header: str
    cell: Callable[[Any], str]
    width: int = 10
    left: bool = False


@dataclass(eq=False, repr=False)
class Report:
    """What a command has to say, for any format.

    Args:
        schema: Name and version of the object's form, as `gdcli.fit/1`.
        records: The rows, streamed.
        summary: The object without its rows; asked for when the rows are through.
        rows_name: The object's field that holds the rows; empty leaves them out.
        rows_in_kv: Whether the rows are what there is to say, so that kv says them too.
        kv_prefix: What kv puts before each name.
        columns: How a table shows a row.
        paragraph: How a table tells a row where columns cannot.
        nested: How json tells a row.
        before: What a table shows over the rows, line by line.
        blocks: What a table shows under the rows, line by line.
        pictures: The pictures that can be saved.
        words: What is written below them; None for all that a table shows.
        title: What they are about.
        names: The names of all that a run's summary may have, `NAME.*` for what is not known before; empty where there
            is no run to wait for.
    """

    schema: str
    records: Iterable[Record] = ()
    summary: Callable[[], dict[str, Any]] = dict
    rows_name: str = "history"
    rows_in_kv: bool = False
    kv_prefix: str = ""
    columns: Sequence[Column] = ()
    paragraph: Callable[[Any, Screen], Iterable[str]] | None = None
    nested: Callable[[Any], Mapping[str, Any]] = field(default=lambda record: record.row())
    before: Callable[[Screen], Iterable[str]] = field(default=lambda _: ())
    blocks: Callable[[Screen], Iterable[str]] = field(default=lambda _: ())
    pictures: Callable[[Screen], Iterable[Drawn]] = field(default=lambda _: ())
    words: Callable[[Screen], Iterable[str]] | None = None
    title: str = ""
    names: str = ""
