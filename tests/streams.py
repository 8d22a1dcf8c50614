"""Every kind of command, with a standard output or error that is full, closed, left by its reader, or never read.

Run as a script, it prints what was tried: `python -m tests.streams [--quick]`.
"""

from __future__ import annotations

import atexit
import fcntl
import io
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

ROWS = "a,b,y\n" + "".join(f"{x % 7},{x % 11},{(x * x) % 13}\n" for x in range(60))
LEARN = "train rows.csv -q --task regression --epochs 1"
COMMANDS = [
    *("fit rows.csv --epochs 9", "fit rows.csv --epochs 9 --format json", "fit rows.csv --epochs 9 --format csv"),
    *(f"{LEARN} --hidden 3", f"{LEARN} --hidden 3 --format json", "step rows.csv", "step rows.csv --format kv"),
    *("sweep fit rows.csv --lr 0.1,0.2 --epochs 3", "sweep fit rows.csv --lr 0.1,0.2 --epochs 3 --format jsonl"),
    *("limit rows.csv", "limit rows.csv --format json", "lr-find fit rows.csv", "lr-find fit rows.csv --format tsv"),
    *("surface rows.csv --x a", "surface rows.csv --x a --format csv", "show rows.csv", "show rows.csv --format json"),
    *("score rows.csv --x a --m 1 --b 1", "mse rows.csv --x a --m 1 --b 1", "rmse rows.csv --x a --m 1 --b 1"),
    *(
        "activation relu",
        "activation relu --format csv",
        "loss",
        "loss mse --format csv",
        "check sample:deck --loss (m+b-3)^2/2+(2m+b-5)^2/2",
        "explain",
        "explain gradient --format json",
        "sample",
        "sample line",
        "collapse model.safetensors rows.csv",
    ),
    *("evaluate model.safetensors rows.csv", "predict model.safetensors rows.csv", "live rows.csv --plain"),
    *("live --replay made.jsonl --plain", "fit rows.csv --epochs 9 --get train.r2", "help fit", "completion bash"),
    *("fit --help", "--help", "--version", "config show"),
]
"""Runs of every kind of command, in words or for programs."""
TYPED = b"n\nq\n"
PATIENCE = 60


class Ended(NamedTuple):
    """What became of a run."""

    code: int
    out: bytes
    err: str


class Folder:
    """Where runs happen."""

    def __init__(self, path: Path) -> None:
        self.path, self.loaded = path, set[str]()
        self.main = import_module("gdcli.__main__").main
        (path / "rows.csv").write_text(ROWS)
        (path / ".in").write_bytes(TYPED)
        for words in (f"{LEARN} --save model.safetensors", "live rows.csv --plain --record made.jsonl"):
            assert self.run(words).code == 0, words

    def run(self, words: str, out: int | None = 0, err: int | None = 0) -> Ended:
        """Runs words; a stream is a file of ours if it is 0, closed if it is None, else that descriptor."""
        return self.ended(self.begun(words, out, err))

    def begun(self, words: str, out: int | None, err: int | None = 0) -> int:
        """Runs words in a child."""
        child = os.fork()
        if child == 0:
            try:
                self._be(words.split(), out, err)
            finally:
                os._exit(99)
        return child

    def ended(self, child: int) -> Ended:
        """Waits for it."""
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out, err = (self._stream(child, number) for number in (1, 2))
        ended = Ended(code, out.read_bytes() if out.exists() else b"", err.read_text() if err.exists() else "")
        if (loaded := self._stream(child, 3)).exists():
            self.loaded.update(loaded.read_text().split())
        for number in (1, 2, 3):
            self._stream(child, number).unlink(missing_ok=True)
        return ended

    def load(self) -> None:
        """Imports here what runs have needed, so that no further child has to."""
        for name in sorted(self.loaded - sys.modules.keys()):
            if name.partition(".")[0] in ("gdcli", "numpy", "rich", "plotext", "typer"):
                import_module(name)

    def _stream(self, child: int, number: int) -> Path:
        return self.path.parent / f".{child}-{number}"

    def _be(self, words: list[str], *streams: int | None) -> None:
        os.chdir(self.path)
        os.dup2(os.open(".in", os.O_RDONLY), 0)
        for number, stream in enumerate(streams, start=1):
            if stream is None:
                os.close(number)
            else:
                file = stream or os.open(self._stream(os.getpid(), number), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(file, number)
        sys.stdin = open(0)  # noqa: SIM115
        sys.stdout = None if streams[0] is None else open(1, "w")  # type: ignore[assignment]  # noqa: SIM115
        sys.stderr = None if streams[1] is None else io.TextIOWrapper(io.FileIO(2, "w"), line_buffering=True)
        sys.argv = ["gdcli", *words]
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        try:
            self.main()
        except SystemExit:
            self._stream(os.getpid(), 3).write_text("\n".join(sys.modules))
            atexit._run_exitfuncs()


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def left() -> int:
    """A pipe whose reader is gone."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def unread() -> int:
    """A pipe that is full, and never read."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    try:
        while True:
            os.write(writing, b"." * 4096)
    except BlockingIOError:
        fcntl.fcntl(writing, fcntl.F_SETFL, 0)
    os.set_inheritable(reading, True)  # open as long as we are
    return writing


def untouched(ended: Ended, whole: Ended) -> Iterator[str]:
    """A standard error that cannot be written changes nothing else."""
    if (ended.code, ended.out) != (whole.code, whole.out):
        yield f"exit {ended.code}, {len(ended.out)} bytes in place of {len(whole.out)}"


def said(ended: Ended, _: Ended) -> Iterator[str]:
    """A standard output that cannot be written is an error, in one line."""
    lines = [line for line in ended.err.splitlines() if line.startswith("gdcli: ")]
    if ended.code != 3 or len(lines) != 1 or not lines[0].startswith("gdcli: standard output: "):
        yield f"exit {ended.code}: {lines}"


def silent(ended: Ended, _: Ended) -> Iterator[str]:
    """A reader that has had enough is no error."""
    if ended.code != 0 or "gdcli: " in ended.err:
        yield f"exit {ended.code}"


Check = Callable[[Ended, Ended], Iterator[str]]
STATES: dict[str, tuple[Callable[[], int | None], Callable[[], int | None], Check]] = {
    "stdout full": (full, int, said),
    "stdout closed": (lambda: None, int, said),
    "stdout left by its reader": (left, int, silent),
    "stderr full": (int, full, untouched),
    "stderr closed": (int, lambda: None, untouched),
    "stderr left by its reader": (int, left, untouched),
}


def one_each() -> list[str]:
    """One run of each kind of command."""
    return list({words.split()[0]: words for words in reversed(COMMANDS)}.values())


def tried(folder: Folder, commands: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Each command in each state: its name, the state, what is wrong."""
    for words in commands:
        whole = folder.run(words)
        folder.load()
        assert whole.code == 0, (words, whole.err)
        for name, (out, err, check) in STATES.items():
            streams = out(), err()
            ended = folder.run(words, *streams)
            for one in streams:
                if one:
                    os.close(one)
            yield words, name, [*check(ended, whole), *loud(ended)]


def loud(ended: Ended) -> list[str]:
    """What may not be said."""
    return [word for word in ("Traceback", "a bug:", "Exception ignored", "Warning") if word in ended.err]


def stalled(folder: Folder, commands: Iterable[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Each command writes to what is never read, and a signal comes: all of them at once, for each waits a while."""
    signs = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    running = []
    for at, words in enumerate(commands):
        stream = unread()
        running.append((words, signs[at % len(signs)], folder.begun(words, stream)))
    for _, sign, child in running:
        wait_until_blocked(child)
        os.kill(child, sign)
    for words, sign, child in running:
        ended = folder.ended(child)
        wrong = [] if ended.code == 128 + sign else [f"exit {ended.code} after {sign.name}: {ended.err}"]
        yield words, "stdout never read", wrong + loud(ended)


def wait_until_blocked(child: int) -> None:
    """Until it writes to a full pipe."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and "pipe_write" not in Path(f"/proc/{child}/wchan").read_text():
        time.sleep(0.02)


def main() -> int:
    commands = one_each() if "--quick" in sys.argv else COMMANDS
    wrong, counts = 0, Counter[str]()
    with tempfile.TemporaryDirectory() as place:
        (inner := Path(place) / "here").mkdir()
        for name in (
            "fit",
            "train",
            "sweep",
            "surface",
            "live",
            "limit",
            "step",
            "score",
            "show",
            "predict",
            "lr_find",
        ):
            import_module(f"gdcli.cli.commands.{name}")
        folder = Folder(inner)
        for words, state, wrongs in (*tried(folder, commands), *stalled(folder, commands)):
            counts[state] += 1
            wrong += len(wrongs)
            for one in wrongs:
                sys.stdout.write(f"WRONG {words}: {state}: {one}\n")
    for state, count in counts.items():
        sys.stdout.write(f"{state:<26} {count:>4} commands\n")
    sys.stdout.write(f"{wrong} violations\n")
    return int(wrong > 0)


if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(main())
