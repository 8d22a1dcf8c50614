"""One lifetime for a run: what INT, TERM, HUP and QUIT do from its first line to its last.

Mostly there is nothing to put away, and a signal ends the process where it stands, with the exit code that a shell
has for it: no traceback, wherever it falls. Within `unwound` there is something: there it unwinds the stack.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from gdcli.cli.signals import SIGNALS, leave, overlook

PATIENCE = 1.0  # seconds in which a reader that is there takes something
AGAIN = 0.001


@contextmanager
def unwound() -> Iterator[None]:
    """Within it a signal unwinds the stack: files are put away, processes ended, the terminal is left as it was."""
    ours = [each for each in SIGNALS if signal.getsignal(each) is leave]
    hook = sys.unraisablehook
    try:
        for each in ours:
            signal.signal(each, signal.default_int_handler if each is signal.SIGINT else _unwind)
        sys.unraisablehook = _not_lost if ours else hook
        yield
    finally:
        sys.unraisablehook = hook
        for each in ours:
            signal.signal(each, leave)


def stalled() -> bool:
    """Whether what reads our output has taken nothing for a second."""
    return any(map(_stalled, (1, 2)))


def _stalled(stream: int) -> bool:
    import select  # takes time to load, and hardly any run needs it

    try:
        return not select.select([], [stream], [], PATIENCE)[1]
    except (OSError, ValueError):  # closed, or no stream that can be waited for
        return False


def _unwind(signum: int, frame: Any) -> NoReturn:  # noqa: ARG001 - a signal handler's signature
    raise SystemExit(128 + signum)


def _not_lost(lost: Any) -> None:
    """Raises a signal once more where it fell into a place that swallows exceptions, such as a `__del__`."""
    value = lost.exc_value
    if isinstance(value, KeyboardInterrupt):
        _soon(signal.SIGINT)
    elif isinstance(value, SystemExit) and isinstance(value.code, int) and value.code > 128:
        _soon(value.code - 128)
    else:
        overlook(lost)


def _soon(signum: int) -> None:
    """When the place that swallows is left."""
    with suppress(AttributeError):  # Windows has no timer
        signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signum))
        signal.setitimer(signal.ITIMER_REAL, AGAIN)
