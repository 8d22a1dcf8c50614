"""A page's program ends with its server, even where the server is killed and can say nothing."""

from __future__ import annotations

import os
import select
import signal
import sys
from threading import Event, Thread

__all__ = ["end_with_server"]

GRACE = 2.0
"""Seconds to put a recording in order."""


def end_with_server() -> None:
    """From here on, the process ends when nobody holds the other end of its standard input any more."""
    if hasattr(select, "poll") and sys.__stdin__ is not None:  # Windows has none
        Thread(target=_watch, args=(sys.__stdin__.fileno(),), name="lifeline", daemon=True).start()


def _watch(stream: int) -> None:
    """Waits for a pipe to be hung up, without reading from it; then asks the process to end, and sees to it."""
    watched = select.poll()
    watched.register(stream, 0)
    watched.poll()
    os.kill(os.getpid(), signal.SIGTERM)
    Event().wait(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)
