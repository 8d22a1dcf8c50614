"""Contests: whole processes in turns, so that a busy moment hits all alike, and ratios within a round."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | ONE_THREAD


@dataclass(frozen=True)
class Figure:
    """What a process cost.

    Args:
        seconds: Wall time.
        cpu: Seconds of all its threads.
        megabytes: The most memory it held at a time.
    """

    seconds: float
    cpu: float
    megabytes: float


@dataclass(frozen=True)
class Contender:
    """A command.

    Args:
        name: What it is.
        command: Its words.
        needs: A module or program that it runs on; it is left out where there is none.
        variables: Of its environment.
    """

    name: str
    command: Sequence[str]
    needs: str = ""
    variables: Mapping[str, str] | None = None

    @property
    def is_there(self) -> bool:
        """Whether what it needs is installed."""
        return not self.needs or find_spec(self.needs) is not None or shutil.which(self.needs) is not None


def gdcli(*words: str) -> list[str]:
    """The installed program, as people start it.

    Raises:
        SystemExit: If it is not installed.
    """
    beside = Path(sys.executable).with_name("gdcli")
    found = str(beside) if beside.exists() else shutil.which("gdcli")
    if not found:
        sys.exit("gdcli is not installed: pip install '.[bench]'")
    return [found, *words]


def python(code: str, *words: str) -> list[str]:
    """A program in Python."""
    return [sys.executable, "-c", code, *words]


def cost(contender: Contender) -> Figure:
    """Of one run of it.

    Raises:
        SystemExit: If it fails.
    """
    begun = time.perf_counter()
    with subprocess.Popen(
        contender.command,
        env={**ENVIRONMENT, **(contender.variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{contender.name} failed: {said.strip()}")
    return Figure(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turns(contenders: Sequence[Contender], rounds: int) -> dict[str, list[Figure]]:
    """The figures of each that is there, by its name; the first round, which warms up, does not count."""
    there = [one for one in contenders if one.is_there]
    for one in there:
        cost(one)
    figures: dict[str, list[Figure]] = {one.name: [] for one in there}
    for _ in range(rounds):
        for one in there:
            figures[one.name].append(cost(one))
    return figures


def ratios(figures: Mapping[str, Sequence[Figure]], of: str, to: str) -> list[float]:
    """How many times as long one takes as another, round by round."""
    return [mine.seconds / other.seconds for mine, other in zip(figures[of], figures[to], strict=True)]


def spread(values: Sequence[float]) -> str:
    """The median, and the range: "1.23 (1.19-1.40)"."""
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def table(figures: Mapping[str, Sequence[Figure]], yardstick: str) -> Iterator[str]:
    """Lines of Markdown: seconds, times the yardstick, memory."""
    yield f"| whole process | seconds | times `{yardstick}` | MB at most |"
    yield "|---|---:|---:|---:|"
    for name, runs in figures.items():
        seconds, megabytes = (statistics.median(values) for values in zip(*map(_pair, runs), strict=True))
        yield f"| {name} | {seconds:.3f} | {spread(ratios(figures, name, yardstick))} | {megabytes:.0f} |"


def _pair(figure: Figure) -> tuple[float, float]:
    return figure.seconds, figure.megabytes
