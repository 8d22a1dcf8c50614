"""A progress bar on stderr: rate and time left, only on a terminal, erased at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TextIO, TypeVar

T = TypeVar("T")
ERASE = "\r\x1b[K"


class Bar:
    """A bar drawn beside a stream of records.

    Args:
        stream: Where to draw.
        total: How many units the whole run has.
        unit: What they are, as "epochs".
        visible: False draws nothing: the stream is no terminal.
        done: How many units a record stands for.
    """

    DELAY = 0.5  # seconds before it first shows: short runs need none
    INTERVAL = 0.1
    WIDTH = 16

    def __init__(self, stream: TextIO, total: int, unit: str, visible: bool, done: Callable[[object], int]) -> None:
        self._stream = stream
        self._total = total
        self._unit = unit
        self._visible = visible
        self._done = done
        self._drawn = False

    def watching(self, records: Iterable[T]) -> Iterator[T]:
        """Passes records on, and draws how far they are."""
        if not self._visible:
            yield from records
            return
        begun = monotonic()
        due = begun + self.DELAY
        try:
            for record in records:
                now = monotonic()
                if now >= due:
                    self._draw(self._done(record), now - begun)
                    due = now + self.INTERVAL
                yield record
        finally:
            self.erase()

    def clearing(self, records: Iterable[T]) -> Iterator[T]:
        """Passes records on to someone who prints them, with the bar out of the way."""
        for record in records:
            self.erase()
            yield record

    def erase(self) -> None:
        """Takes the bar off the screen."""
        if self._drawn:
            self._stream.write(ERASE)
            self._stream.flush()
            self._drawn = False

    def _draw(self, done: int, seconds: float) -> None:
        part = min(1.0, done / self._total) if self._total else 0.0
        bar = ("#" * round(part * self.WIDTH)).ljust(self.WIDTH, "-")
        rate = done / seconds
        left = clock((self._total - done) / rate) if rate else "?"
        self._stream.write(
            f"{ERASE} [{bar}] {done:,}/{self._total:,} {self._unit}   {rate:,.0f} {self._unit}/s   {left} left"
        )
        self._stream.flush()
        self._drawn = True


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours, minutes and seconds.

    >>> clock(3), clock(3725)
    ('0:03', '1:02:05')
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
