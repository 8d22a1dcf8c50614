"""Ctrl-C as a wish: the run ends after the step it is in; a second Ctrl-C ends it at once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gdcli.cli.lifetime import stalled, unwound


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Within it, Ctrl-C only sets what the yielded function returns, unless nobody reads what the run would yet say."""
    asked = False

    def ask(signum: int, frame: Any) -> None:  # noqa: ARG001 - a signal handler's signature
        nonlocal asked
        again, asked = asked, True
        if again or stalled():
            raise KeyboardInterrupt

    with unwound():
        try:
            before = signal.signal(signal.SIGINT, ask)
        except ValueError:  # not the main thread: Ctrl-C is somebody else's
            yield lambda: False
            return
        try:
            yield lambda: asked
        finally:
            signal.signal(signal.SIGINT, before)
