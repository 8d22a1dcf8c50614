"""An input run in process, in an empty folder, with streams of its own, and what it left behind."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from gdcli.cli import app, boundary
from gdcli.cli.terminal import Terminal

from .case import Case

SECONDS = 10.0
"""Of the processor, in which there is an answer."""


class TooLong(BaseException):
    """No answer in time; no `except Exception` takes it."""


class Tty(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@dataclass(frozen=True)
class Outcome:
    """What a run left behind.

    Args:
        code: The exit code.
        out: Standard output.
        err: Standard error.
        stray: What went past the terminal to the process's own streams.
        before: The files there were, by name.
        after: The files there are.
        raised: An exception that nothing took, in a line.
        is_read: Whether data got past reading.
    """

    code: int
    out: bytes
    err: bytes
    stray: bytes
    before: dict[str, bytes]
    after: dict[str, bytes]
    raised: str = ""
    is_read: bool = False


class Tables:
    """How many tables readers have given."""

    count = 0

    @classmethod
    def counted(cls, read: Callable[..., object]) -> Callable[..., object]:
        """A reader that counts."""

        @functools.wraps(read)
        def reading(*given: object, **named: object) -> object:
            table = read(*given, **named)
            cls.count += 1
            return table

        return reading


def prepare() -> None:
    """Imports what all runs need and keeps the commands that are made, so that a run takes milliseconds."""
    from gdcli.cli.commands import sweep

    for name in app.COMMANDS:
        app.load(name)
    from gdcli.experiments.reading import Reader

    Reader.table = Tables.counted(Reader.table)
    app.load = boundary.load = functools.cache(app.load)
    boundary.program = functools.cache(boundary.program)
    sweep.subcommand = functools.cache(sweep.subcommand)
    gc.freeze()
    gc.freeze = lambda: None


def run(case: Case, folder: Path, action: Callable[[Case, Terminal], int]) -> Outcome:
    """Runs an input in an empty folder.

    Args:
        case: The input.
        folder: The folder.
        action: What runs it, giving an exit code.
    """
    for name, content in case.files.items():
        (folder / name).write_bytes(content)
    kind = Tty if case.tty else io.TextIOWrapper
    out, err = io.BytesIO(), io.BytesIO()
    streams = [kind(each, case.encoding, "backslashreplace", newline="\n") for each in (out, err)]
    stdin = None if case.stdin is None else io.BytesIO(case.stdin)
    terminal = Terminal(stdin, *streams, dict(case.environ))
    code, raised, tables = 1, [], Tables.count
    with contextlib.chdir(folder), _own_streams() as stray, _unraisable(raised), warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with _limit(), contextlib.redirect_stdout(streams[0]), contextlib.redirect_stderr(streams[1]):
                code = action(case, terminal)
        except TooLong:
            raised.append(f"no answer in {SECONDS:g} s")
        except BaseException as error:  # noqa: BLE001 - whatever nothing took is what is looked for
            raised.append(f"{type(error).__name__}: {error}")
        for stream in streams:
            stream.flush()
    text = stray()
    is_read = code in (0, 4, 5) or Tables.count > tables
    printed, after = (out.getvalue(), err.getvalue(), text), contents(folder)
    return Outcome(code, *printed, dict(case.files), after, "; ".join(raised), is_read)


def contents(folder: Path) -> dict[str, bytes]:
    """The files in a folder, by name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextlib.contextmanager
def _limit() -> Iterator[None]:
    def late(signum: int, frame: FrameType | None) -> None:
        raise TooLong

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@contextlib.contextmanager
def _own_streams() -> Iterator[Callable[[], bytes]]:
    """What reaches file descriptors 1 and 2: nothing should."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    kept = os.dup(1), os.dup(2)
    file = os.memfd_create("stray")
    os.dup2(file, 1)
    os.dup2(file, 2)
    seen = []
    try:
        yield lambda: seen[0]
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        os.lseek(file, 0, os.SEEK_SET)
        seen.append(os.read(file, 100_000))
        for each in (*kept, file):
            os.close(each)


@contextlib.contextmanager
def _unraisable(seen: list[str]) -> Iterator[None]:
    """Exceptions in places that swallow them, and in threads."""
    hooks = sys.unraisablehook, threading.excepthook
    sys.unraisablehook = lambda lost: seen.append(f"unraisable {lost.exc_value!r}")
    threading.excepthook = lambda lost: seen.append(f"in a thread {lost.exc_value!r}")
    try:
        yield
    finally:
        sys.unraisablehook, threading.excepthook = hooks
