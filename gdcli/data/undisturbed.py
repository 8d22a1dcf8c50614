"""Moments in which no signal may fall: it is heard when they are over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["undisturbed"]

ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within it, signals that would end the program wait; keep it short."""
    heard: list[int] = []

    def hear(signum: int, frame: Any) -> None:  # noqa: ARG001 - a signal handler's signature
        heard.append(signum)

    before = {each: handler for each in ENDING if (handler := signal.getsignal(each)) not in (None, signal.SIG_IGN)}
    if threading.current_thread() is not threading.main_thread():  # signals do not disturb it
        before = {}
    try:
        for each in before:
            signal.signal(each, hear)
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for signum in heard:
            signal.raise_signal(signum)
