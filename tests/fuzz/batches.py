"""Inputs in forked batches: one that ends its process, or never answers, stops no other."""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .judge import violations
from .stock import Stock
from .surfaces import act, made
from .trial import run

SIZE = 250
"""Inputs of a process."""
MEMORY = 4 << 30
IN_MEMORY = "/dev/shm"  # noqa: S108 - a folder of our own is made in it
BEGUN = -1
"""In place of an exit code: the input is about to run."""
HANGS = 180.0
"""Seconds without a word after which a process is ended: the processor's time has a limit of its own."""


@dataclass(frozen=True)
class Verdict:
    """What came of an input.

    Args:
        number: Its number.
        surface: What it was thrown at.
        code: The exit code; None if it has ended its process.
        wrong: Violations.
        dumped: The input itself, where there are any.
        is_read: Whether data got past reading.
    """

    number: int
    surface: str
    code: int | None
    wrong: tuple[str, ...]
    dumped: str = ""
    is_read: bool = False


class Batch:
    """A process that runs inputs of a range, and reports each on a pipe."""

    def __init__(self, seed: int, numbers: range, stock: Stock, only: str | None = None) -> None:
        self._seed, self._stock, self._only = seed, stock, only
        self._left, self._tail = numbers, b""
        self._surface = self._dumped = ""
        self._start()

    def _start(self) -> None:
        self.pipe, end = os.pipe()
        self._heard = time.monotonic()
        self._pid = os.fork()
        if self._pid:
            os.close(end)
            return
        try:
            _work(self._seed, self._left, self._stock, self._only, end)
        finally:
            os._exit(0)

    def verdicts(self) -> Iterator[Verdict]:
        """Those that are there by now; a process that is gone is replaced until all inputs have run."""
        content = os.read(self.pipe, 1 << 16)
        if content:
            self._heard = time.monotonic()
            yield from self._taken(content)
            return
        os.close(self.pipe)
        _, status = os.waitpid(self._pid, 0)
        if self._left:
            yield self._lost(status)
            self._left = self._left[1:]
            if self._left:
                self._start()

    def _taken(self, content: bytes) -> Iterator[Verdict]:
        *lines, self._tail = (self._tail + content).split(b"\n")
        for line in lines:
            number, surface, code, wrong, dumped, is_read = json.loads(line)
            if code == BEGUN:
                self._surface, self._dumped = surface, dumped
                continue
            self._left = range(number + 1, self._left.stop)
            yield Verdict(number, surface, code, tuple(wrong), dumped, is_read)

    def _lost(self, status: int) -> Verdict:
        how = f"signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else f"exit {os.waitstatus_to_exitcode(status)}"
        return Verdict(self._left.start, self._surface, None, (f"the process ended: {how}",), self._dumped)

    @property
    def is_over(self) -> bool:
        """Whether all inputs have run."""
        return not self._left and _is_closed(self.pipe)

    def end_if_it_hangs(self) -> None:
        """Ends the process of an input that does not answer."""
        if time.monotonic() - self._heard > HANGS:
            os.kill(self._pid, signal.SIGKILL)


def _is_closed(pipe: int) -> bool:
    try:
        os.fstat(pipe)
    except OSError:
        return True
    return False


def in_batches(seed: int, numbers: range, stock: Stock, workers: int, only: str | None = None) -> Iterator[Verdict]:
    """All inputs of a range, in so many processes at once; in any order."""
    ranges = [numbers[at : at + SIZE] for at in range(0, len(numbers), SIZE)]
    running: list[Batch] = []
    while ranges or running:
        while ranges and len(running) < workers:
            running.append(Batch(seed, ranges.pop(0), stock, only))
        ready, _, _ = select.select([one.pipe for one in running], [], [], 5.0)
        for one in running:
            if one.pipe in ready:
                yield from one.verdicts()
            else:
                one.end_if_it_hangs()
        running = [one for one in running if not one.is_over]


def _work(seed: int, numbers: range, stock: Stock, only: str | None, end: int) -> None:
    """In the process of its own: runs, and reports."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdin = Path(os.devnull).open()  # noqa: SIM115 - nobody types here
    place = Path(tempfile.mkdtemp(prefix="gdcli-fuzz-", dir=IN_MEMORY if Path(IN_MEMORY).is_dir() else None))
    os.environ |= {"HOME": str(place), "TMPDIR": str(place), "XDG_CONFIG_HOME": str(place)}
    tempfile.tempdir = None
    try:
        for number in numbers:
            case = made(seed, number, stock, only)
            folder = place / "run"
            folder.mkdir()
            _tell(end, number, case.surface, BEGUN, [], case.dumped(), False)
            outcome = run(case, folder, act)
            wrong = violations(case, outcome)
            shutil.rmtree(folder)
            wrong += [f"left in a home or temporary folder: {path.name}" for path in place.iterdir()]
            _tell(end, number, case.surface, outcome.code, wrong, case.dumped() if wrong else "", outcome.is_read)
    except BaseException:
        import traceback

        traceback.print_exc()
        raise
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _tell(end: int, *what: object) -> None:
    line = json.dumps(what).encode() + b"\n"
    while line:
        line = line[os.write(end, line) :]
