"""Which rows of a run are shown, and when they are stamped with the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from time import perf_counter

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import OptionError
from gdcli.formatting import whole_number
from gdcli.render import Column
from gdcli.render.layout import USUAL
from gdcli.said import say
from gdcli.training.records import Epoch, Row


def shown(every: str | None, usual: str, epochs: int, most: int = USUAL) -> Callable[[int], bool]:
    """Whether row 0, 1, 2, ... is to be shown, from `--every`, or as is usual; by auto at most so many.

    Raises:
        OptionError: If it is none of N, xK, auto.
    """
    text = (every or usual).lower()
    if text == "auto":
        return _auto(epochs, most)
    power = text.startswith("x")
    digits = text.removeprefix("x")
    if whole_number(digits) < (2 if power else 1):
        raise OptionError(
            say("--every: '{every}' is none of N, xK, auto", every=every), say("as in --every 10, --every x2")
        )
    step = int(digits)
    return (lambda index: _is_power(index, step)) if power else (lambda index: index % step == 0)


def _auto(epochs: int, most: int) -> Callable[[int], bool]:
    """All of a few rows, else a geometric choice of as many."""
    if epochs <= most:
        return lambda _: True
    between = max(1, most - 2)
    chosen = {0, epochs, *(round(epochs ** (k / between)) for k in range(max(most - 2, 0)))}
    return lambda index: index in chosen


def _is_power(index: int, base: int) -> bool:
    while index > 1 and index % base == 0:
        index //= base
    return index <= 1


class Timed(NamedTuple):
    """A record and the seconds since the run began."""

    record: Epoch
    seconds: float

    def row(self) -> Row:
        """The record's row, and `seconds`."""
        return self.record.row() | {"seconds": round(self.seconds, 6)}


def timed_columns(layout: Sequence[Column]) -> list[Column]:
    """A table's columns for records that are `Timed`, and one of seconds."""

    def within(column: Column) -> Column:
        return column._replace(cell=lambda timed_: column.cell(timed_.record))

    columns = [within(column) for column in layout]
    columns.insert(len(columns) - columns[-1].left, Column("s", lambda timed_: f"{timed_.seconds:.3f}", 8))
    return columns


def timed(records: Iterable[Epoch]) -> Iterator[Timed]:
    """Stamps each record as it comes."""
    begun = perf_counter()
    return (Timed(record, perf_counter() - begun) for record in records)
