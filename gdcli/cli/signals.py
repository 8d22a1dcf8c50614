"""The first thing that happens: from here on a signal ends the process at once, with the exit code a shell has for it.

It imports next to nothing: until it has run, a signal is the interpreter's, which answers with a traceback.
"""

from __future__ import annotations

import os
import signal
import sys

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name)]


def begin() -> None:
    """Takes the signals; a hang-up only if it is not ignored, as under nohup."""
    sys.unraisablehook = overlook
    for each in SIGNALS:
        if each.name != "SIGHUP" or signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, leave)


def leave(signum: int, frame: object) -> None:  # noqa: ARG001 - a signal handler's signature
    """Ends the process where it stands: there is nothing to put away."""
    os._exit(128 + signum)


def overlook(lost: sys.UnraisableHookArgs) -> None:
    """What is said of an exception where none can be raised: nothing, if memory ran out as something was put away."""
    if not issubclass(lost.exc_type, MemoryError):
        sys.__unraisablehook__(lost)
