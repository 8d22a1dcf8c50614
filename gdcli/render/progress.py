"""A progress bar on stderr: rate and time left, only on a terminal, erased at the end. Drawn by rich."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, TextIO, TypeVar

from gdcli.render.screen import english
from gdcli.render.vocabulary import word
from gdcli.said import say

if TYPE_CHECKING:
    from rich.progress import Progress

T = TypeVar("T")


class ProgressBar:
    """A bar drawn beside a stream of records.

    Args:
        stream: Where to draw.
        total: How many units the whole run has.
        unit: What they are, as "epochs".
        visible: False draws nothing: the stream is no terminal.
        done: How many units a record stands for.
        color: Whether it may be coloured.
        speak: Says a text in the reader's language.
    """

    DELAY = 0.5  # seconds before it first shows: short runs need none, and do not load rich
    INTERVAL = 0.1

    def __init__(
        self,
        stream: TextIO,
        total: int,
        unit: str,
        visible: bool,
        done: Callable[[object], int],
        color: bool = True,
        speak: Callable[[str], str] = english,
    ) -> None:
        self._stream = stream
        self._total = total
        self._unit = word(unit)
        self._visible = visible
        self._done = done
        self._color = color
        self._speak = speak
        self._progress: Progress | None = None

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
                    self.draw(self._done(record), now - begun, self._total)
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
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def draw(self, done: int, seconds: float, total: int | None) -> None:
        """Draws how much is done of how much, which may not be known, and for how long that will go on."""
        if self._progress is None:
            self._progress = self._build()
            self._progress.start()
        rate = done / seconds
        left = "" if total is None else say("   {clock} left", clock=clock((total - done) / rate) if rate else "?")
        of = "" if total is None else f"/{total:,}"
        text = say(
            "{done:,}{of} {unit}   {rate:,.0f} {unit}/s{left}", done=done, of=of, unit=self._unit, rate=rate, left=left
        )
        said = self._speak(text)
        self._progress.update(self._progress.task_ids[0], completed=done, total=total, description=said)
        self._progress.refresh()

    def _build(self) -> Progress:
        """A transient bar of one task, redrawn on request only."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(file=self._stream, force_terminal=True, no_color=not self._color)
        columns = (BarColumn(16), TextColumn("{task.description}", markup=False))
        progress = Progress(
            *columns, console=console, transient=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        )
        progress.add_task("", total=self._total)
        return progress


class ReadingBar:
    """A bar that is told how many bytes have been read; where their number is not known, it says how many there were.

    Args:
        stream: Where to draw.
        visible: False draws nothing: the stream is no terminal.
        color: Whether it may be coloured.
        speak: Says a text in the reader's language.
    """

    UNIT = 1_000_000

    def __init__(
        self, stream: TextIO, visible: bool, color: bool = True, speak: Callable[[str], str] = english
    ) -> None:
        self._bar = ProgressBar(stream, 0, "MB", visible, lambda _: 0, color, speak)
        self._visible = visible
        self._begun = monotonic()
        self._due = self._begun + ProgressBar.DELAY

    def __call__(self, done: int, total: int | None) -> None:
        """Draws how far it is, if that is due."""
        now = monotonic()
        if self._visible and now >= self._due:
            self._bar.draw(done // self.UNIT, now - self._begun, None if total is None else total // self.UNIT)
            self._due = now + ProgressBar.INTERVAL

    def erase(self) -> None:
        """Takes the bar off the screen."""
        self._bar.erase()


def clock(seconds: float) -> str:
    """Minutes and seconds, or hours, minutes and seconds.

    >>> clock(3), clock(3725)
    ('0:03', '1:02:05')
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
