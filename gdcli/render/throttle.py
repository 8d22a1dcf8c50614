"""Sending rows out steadily: at once where they come slowly, some at a time where they come fast."""

from time import monotonic
from typing import TextIO

INTERVAL = 0.02


class Steady:
    """Flushes a stream after a row, unless it did so a moment ago.

    Args:
        out: The stream.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._due = 0.0

    def __call__(self) -> None:
        """A row has been written."""
        now = monotonic()
        if now >= self._due:
            self._out.flush()
            self._due = now + INTERVAL
