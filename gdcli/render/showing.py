"""Which rows of a run are shown, and when they are stamped with the time."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import OptionError
from gdcli.formatting import whole_number
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


class Stopwatch:
    """When each record of a run was made, whenever it is shown."""

    def __init__(self) -> None:
        self._begun = perf_counter()
        self._epochs, self._seconds = array("d"), array("d")

    def watching(self, records: Iterable[Epoch]) -> Iterator[Epoch]:
        """Passes records on as they are made."""
        for record in records:
            self._epochs.append(record.epoch)
            self._seconds.append(perf_counter() - self._begun)
            yield record

    def stamped(self, records: Iterable[Epoch]) -> Iterator[Timed]:
        """Some of them, with their seconds."""
        return (Timed(one, self._seconds[bisect_right(self._epochs, one.epoch) - 1]) for one in records)
