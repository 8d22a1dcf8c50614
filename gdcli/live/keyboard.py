"""One key at a time from a terminal, or a line at a time from anything else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

__all__ = ["BACK", "END", "ON", "keys"]

LONGEST, AT_ONCE = 8, 0.02
"""Bytes that a key sends at most, and seconds between them."""
ON, BACK, END = "on", "back", "end"
PRESSED = {b"b": BACK, b"B": BACK, b"p": BACK, b"\x7f": BACK, b"\x08": BACK, b"\x1b[D": BACK, b"\x1b[5~": BACK}
PRESSED |= {b"q": END, b"Q": END, b"\x04": END, b"\x1b": END, b"": END}
"""All others go on."""


@contextmanager
def keys(stdin: BinaryIO | None) -> Iterator[Callable[[], str]]:
    """Within it, a function that waits for the next key; an input that is closed ends.

    Args:
        stdin: The standard input.
    """
    if stdin is None:
        yield lambda: END
    elif stdin.isatty() and os.name == "posix":
        with _unbuffered(stdin.fileno()):
            yield lambda: PRESSED.get(_pressed(stdin.fileno()), ON)
    else:
        yield lambda: _of_line(stdin.readline())


def _pressed(number: int) -> bytes:
    """The next key, with all that it sends."""
    import select  # POSIX only

    key = os.read(number, 1)
    while key[:1] == b"\x1b" and len(key) < LONGEST and select.select([number], [], [], AT_ONCE)[0]:
        key += os.read(number, 1)
        if (key[2:] and key[-1:].isalpha()) or key[-1:] == b"~":
            break
    return key


def _of_line(line: bytes) -> str:
    """What a line asks for."""
    return PRESSED.get(line.strip()[:1], ON) if line.strip() else (ON if line else END)


@contextmanager
def _unbuffered(number: int) -> Iterator[None]:
    """A terminal that hands on each key at once, and does not show it."""
    import termios  # POSIX only
    import tty

    before = termios.tcgetattr(number)
    try:
        tty.setcbreak(number, termios.TCSADRAIN)
        yield
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)
