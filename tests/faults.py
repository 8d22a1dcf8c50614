"""Faults on purpose: each call to the system fails in turn, memory runs out, signals come; files must stay whole.

Run as a script, it prints how many calls of each command failed, and what became of them:
`python -m tests.faults [--moments N] [COMMAND...]`.
"""

from __future__ import annotations

import argparse
import atexit
import builtins
import errno
import io
import json
import os
import random
import signal
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)
SIGNS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGQUIT: 131}
OLD = b"what was there before"
ROWS = "a,b,y\n" + "".join(f"{x % 7},{x % 11},{(x * x) % 13}\n" for x in range(60))
TYPED = "n 3\nlr 0.01\nn\nq\n"


# calls that fail


class Calls:
    """The calls to the system so far, the n-th of which fails.

    Args:
        failing: Its number, from 0 on; None for none.
        code: Its error's number.
    """

    def __init__(self, failing: int | None = None, code: int = errno.EIO) -> None:
        self.failing, self.code = failing, code
        self.made: list[tuple[str, str]] = []

    def __call__(self, kind: str, name: Any, *named: Any) -> None:
        """One more; what packages say of themselves is the installation's."""
        if str(name).endswith("entry_points.txt"):
            return
        self.made.append((kind, str(name)))
        if len(self.made) - 1 == self.failing:
            raise OSError(self.code, os.strerror(self.code), *map(os.fspath, named))


class RawFile(io.FileIO):
    """A file whose reads and writes are counted."""

    calls: Calls

    def read(self, size: int | None = -1, /) -> bytes | None:
        self.calls("read", self.name)
        return super().read(size)

    def readall(self) -> bytes:
        self.calls("read", self.name)
        return super().readall()

    def readinto(self, buffer: Any, /) -> int | None:
        self.calls("read", self.name)
        return super().readinto(buffer)

    def write(self, data: Any, /) -> int | None:
        self.calls("write", self.name)
        return super().write(data)


def opened(
    calls: Calls, file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None,
    newline: Any = None, closefd: bool = True, opener: Any = None,
) -> Any:  # fmt: skip
    """As `open` does, with the calls counted."""
    if not isinstance(file, int):
        calls("open", os.fspath(file), os.fspath(file))
    raw = type("File", (RawFile,), {"calls": calls})(file, mode.replace("b", "").replace("t", ""), closefd, opener)
    if buffering == 0:
        return raw
    kind = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
    buffered = kind(raw)
    if "b" in mode:
        return buffered
    text = io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline)
    text.mode = mode  # type: ignore[misc]
    return text


COUNTED = {"open": True, "replace": True, "rename": True, "link": True, "mkdir": True, "scandir": True, "stat": True}
"""Functions of `os` about a path; the error of which names it."""
COUNTED |= {"fsync": False, "read": False, "write": False, "ftruncate": False}


def install(calls: Calls) -> None:
    """Counts the calls of this process from now on."""
    for name, has_path in COUNTED.items():
        setattr(os, name, partial(_counted, calls, name, getattr(os, name), has_path))
    builtins.open = io.open = partial(opened, calls)  # type: ignore[assignment]


def _counted(calls: Calls, name: str, real: Callable[..., Any], has_path: bool, *given: Any, **options: Any) -> Any:
    calls(name, given[0] if given else ".", *given[: int(has_path)])
    return real(*given, **options)


# moments


class Moments:
    """Calls of functions so far, at one of which something happens.

    Args:
        chosen: At which; None for none.
        happens: What.
    """

    def __init__(self, chosen: int | None, happens: Callable[[], None]) -> None:
        self.chosen, self.happens, self.count = chosen, happens, 0

    def __call__(self, frame: Any, event: str, argument: Any) -> None:  # noqa: ARG002 - a profiler's signature
        """A profiler's event."""
        if event not in ("call", "c_call") or frame.f_code.co_filename == __file__:
            return
        self.count += 1
        if self.count - 1 == self.chosen:
            self.happens()

    def begin(self) -> None:
        """In all threads."""
        threading.setprofile(self)
        sys.setprofile(self)


def no_memory() -> None:
    raise MemoryError


def come(sign: signal.Signals) -> None:
    """A signal, once they are taken: before that it is the interpreter's."""
    if signal.getsignal(sign) not in (signal.SIG_DFL, signal.default_int_handler):
        signal.raise_signal(sign)


# a command in a process of its own


class Command(NamedTuple):
    """A command that writes a file.

    Args:
        words: Its words.
        target: The file; None if it writes none.
        typed: What is typed.
    """

    words: str
    target: str | None = "out"
    typed: str = ""


LEARNT = "train rows.csv -q --task regression --hidden 4 --epochs"
COMMANDS = {
    "fit -o": Command("fit rows.csv --epochs 30 --format json -o out"),
    "fit -o (table)": Command("fit rows.csv --epochs 30 -o out"),
    "fit --save": Command("fit rows.csv --epochs 30 --format kv --save out.safetensors", "out.safetensors"),
    "train --save": Command(f"{LEARNT} 3 --save out.safetensors", "out.safetensors"),
    "train --resume --save": Command(
        "train rows.csv -q --resume out.safetensors --epochs 4 --save out.safetensors", "out.safetensors"
    ),
    "sweep -o": Command("sweep fit rows.csv --lr 0.001,0.002 --epochs 9 --format json -o out"),
    "live --record": Command("live rows.csv --plain --record out", "out", TYPED),
    "live --replay": Command("live --replay made.jsonl --plain", None, "n\nn\nq\n"),
    "predict -o": Command("predict model.safetensors rows.csv --format csv -o out"),
    "evaluate -o": Command("evaluate model.safetensors rows.csv --format json -o out"),
    "surface -o": Command("surface rows.csv --x a --format csv -o out"),
}


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: bytes
    err: str
    content: bytes | None
    left: list[str]
    told: Any


class Place:
    """A folder in which one command is run again and again."""

    def __init__(self, folder: Path, command: Command) -> None:
        self.command, self.folder = command, folder / "here"
        self.temporary, self.streams = folder / "tmp", folder / "streams"
        for one in (self.folder, self.temporary, self.streams):
            one.mkdir(exist_ok=True)
        (self.folder / "rows.csv").write_text(ROWS)
        (self.streams / "in").write_text(command.typed)
        for words in (f"{LEARNT} 1 --save model.safetensors", "live rows.csv --plain --record made.jsonl"):
            (self.streams / "in").write_text("n\nn\nq\n")
            assert self.forked(nothing, words).code == 0, words
        (self.streams / "in").write_text(command.typed)
        resumed = "--resume" in command.words
        self.old = (self.folder / "model.safetensors").read_bytes() if resumed else OLD
        self.kept = {path.name for path in self.folder.iterdir()} | ({command.target} if command.target else set())

    def run(self, before: Callable[[], Told]) -> Ended:
        """Runs the command, over a file that was there before; `before` gives what tells afterwards."""
        if self.command.target:
            (self.folder / self.command.target).write_bytes(self.old)
        return self.forked(before, self.command.words)

    def forked(self, before: Callable[[], Told], words: str) -> Ended:
        """Runs words in a child."""
        child = os.fork()
        if child == 0:
            self._be(before, words.split())
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out, err, told = (self.streams / name for name in ("out", "err", "told"))
        target = self.folder / self.command.target if self.command.target else None
        left = sorted([*self.folder.iterdir(), *self.temporary.iterdir()])
        content = target.read_bytes() if target is not None and target.exists() else None
        said = json.loads(told.read_text() or "null") if told.exists() else None
        return Ended(
            code, out.read_bytes(), err.read_text(errors="replace"), content, [path.name for path in left], said
        )

    def _be(self, before: Callable[[], Told], words: list[str]) -> None:
        """The child's life."""
        real, write = os._exit, os.write
        try:
            os.chdir(self.folder)
            os.environ["TMPDIR"] = str(self.temporary)
            tempfile.tempdir = None
            told = os.open(self.streams / "told", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for number, name in enumerate(("in", "out", "err")):
                flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
                os.dup2(os.open(self.streams / name, flags), number)
            sys.argv = ["gdcli", *words]
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            main = import_module("gdcli.__main__").main
            begin, tell = before()
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), io.TextIOWrapper(io.FileIO(2, "w"))  # noqa: SIM115

            def leave(code: int) -> None:
                sys.setprofile(None)
                write(told, json.dumps(tell()).encode())
                real(code)

            os._exit = leave  # type: ignore[assignment]
            try:
                begin()
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
            except BaseException:  # noqa: BLE001 - as the interpreter does
                sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
                code = 1
            atexit._run_exitfuncs()
            real(code)
        finally:
            real(99)


Told = tuple[Callable[[], None], Callable[[], Any]]
"""What begins when the command does, and what it tells at its end."""


def nothing() -> Told:
    """Nothing happens; told is which modules a run needs."""
    return bool, lambda: sorted(sys.modules)


def load(place: Place) -> None:
    """Imports here what the command needs, so that no child has to."""
    for name in place.run(nothing).told or ():
        if name.partition(".")[0] in ("gdcli", "numpy", "rich", "typer", "safetensors", "plotext"):
            import_module(name)


def failing(number: int | None, code: int) -> Told:
    """The n-th call fails."""
    calls = Calls(number, code)
    install(calls)
    return bool, lambda: calls.made


def at(moment: int | None, happens: Callable[[], None]) -> Told:
    """Something happens at a moment."""
    moments = Moments(moment, happens)
    return moments.begin, lambda: moments.count


# what must be so


def wrong(ended: Ended, whole: Ended, place: Place, codes: Iterable[int]) -> Iterator[str]:
    """What must not be."""
    if ended.code not in codes:
        yield f"exit code {ended.code}"
    for word in ("Traceback", "a bug:", "Exception ignored", "Warning", "object at 0x"):
        if word in ended.err:
            yield word
    lines = [line for line in ended.err.splitlines() if line.startswith("gdcli: ")]
    if len(lines) != int(ended.code in (1, 2, 3)):
        yield f"{len(lines)} lines of error"
    if not is_whole(ended, whole, place):
        yield f"a torn file of {len(ended.content or b'')} bytes"
    if ended.code == 0 and place.command.target and ended.content == place.old:
        yield "exit 0, and nothing is written"
    if litter := set(ended.left) - place.kept:
        yield f"litter: {', '.join(sorted(litter))}"


def misnamed(ended: Ended, name: str, place: Place) -> Iterator[str]:
    """Whether an error is said to be another file's."""
    known = {"0": "standard input", "1": "standard output"}
    hidden = name.isdecimal() or name.startswith("/proc") or ".gdcli-" in name or name == str(place.folder)
    meant = known.get(name) or (str(place.command.target) if hidden else Path(name).name)
    if ended.code == 3 and meant not in ended.err.partition("gdcli: ")[2].partition("\n")[0]:
        yield f"{meant} is not named"


def is_whole(ended: Ended, whole: Ended, place: Place) -> bool:
    """Whether the file is the old one or a new one."""
    content = ended.content
    if content in (place.old, whole.content):
        return True
    if content is not None and "--record" in place.command.words:
        from gdcli.errors import DataError
        from gdcli.live.recording import read_recording

        try:
            read_recording(iter(content.decode().splitlines(keepends=True)), "recording")
        except DataError:
            return False
        return content.endswith(b"\n")
    return interrupted_whole(content)


def interrupted_whole(content: bytes | None) -> bool:
    """Whether it is what a run leaves that was interrupted."""
    if not content:
        return False
    if content[:1] == b"{":
        try:
            return json.loads(content).get("status", "interrupted") == "interrupted"
        except ValueError:
            return False
    length = int.from_bytes(content[:8], "little")
    is_table, is_model = b"\n fitted" in content, content[8:9] == b"{"
    return content.endswith(b"\n") if is_table else is_model and length < len(content)


class Table(NamedTuple):
    """What was tried, and what went wrong."""

    tried: Counter[str]
    ends: Counter[str]
    wrongs: list[str]


def each_call(place: Place, quick: bool) -> Table:
    """Every call fails in turn, with every error; or quickly, those that read and write, with one error each."""
    whole = place.run(partial(failing, None, 0))
    assert whole.code == 0, whole.err
    table = Table(Counter(), Counter(), [])
    for number, (kind, name) in enumerate(whole.told):
        for code in ERRORS if not quick else [ERRORS[number % len(ERRORS)]] if kind != "stat" else []:
            ended = place.run(partial(failing, number, code))
            table.tried[kind] += 1
            table.ends[f"exit {ended.code}"] += 1
            what = f"call {number} of {len(whole.told)} ({kind} {name}: {errno.errorcode[code]})"
            wrongs = [*wrong(ended, whole, place, (0, 3)), *misnamed(ended, name, place)]
            table.wrongs.extend(f"{what}: {one}\n    {ended.err}" for one in wrongs)
    return table


def each_moment(place: Place, count: int, seed: int = 0) -> Table:
    """Memory runs out, or a signal comes, at moments drawn by a seed."""
    whole = place.run(partial(at, None, no_memory))
    assert whole.code == 0, whole.err
    chosen = random.Random(seed)  # noqa: S311 - reproducible, not secret
    table = Table(Counter(), Counter(), [])
    for number in range(count):
        moment = chosen.randrange(whole.told)
        sign = chosen.choice([*SIGNS])
        for kind, happens, codes in (
            ("memory", no_memory, (0, 3)),
            (sign.name, partial(come, sign), (0, SIGNS[sign])),
        ):
            ended = place.run(partial(at, moment, happens))
            table.tried[kind] += 1
            table.ends[f"exit {ended.code}"] += 1
            what = f"moment {number}: {kind} at {moment} of {whole.told}"
            table.wrongs.extend(f"{what}: {one}\n    {ended.err}" for one in wrong(ended, whole, place, codes))
    return table


@contextmanager
def place_of(name: str) -> Iterator[Place]:
    """A place for a command, with what it needs imported."""
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), COMMANDS[name])
        load(place)
        yield place


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=200, help="how many moments of each command [200]")
    parser.add_argument("--quick", action="store_true", help="only calls that read and write, with one error each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("commands", nargs="*", choices=[[], *COMMANDS])
    asked = parser.parse_args()
    violations = 0
    sys.stdout.write(f"{'command':<24} {'n':>5}  calls that failed; how it ended\n")
    for name in asked.commands or COMMANDS:
        with place_of(name) as place:
            calls = each_call(place, asked.quick)
            moments = (
                each_moment(place, asked.moments, asked.seed) if asked.moments else Table(Counter(), Counter(), [])
            )
        tried = calls.tried.total() // (1 if asked.quick else len(ERRORS))
        for label, number, table in ((name, tried, calls), (" moments", moments.tried.total(), moments)):
            words = ", ".join(f"{kind} {count}" for kind, count in sorted(table.tried.items()))
            ends = ", ".join(f"{end}: {count}" for end, count in sorted(table.ends.items()))
            sys.stdout.write(f"{label:<24} {number:>5}  {words}; {ends}\n")
            for one in table.wrongs:
                sys.stdout.write(f"  WRONG {one}\n")
            violations += len(table.wrongs)
            sys.stdout.flush()
    sys.stdout.write(f"{violations} violations\n")
    return int(violations > 0)


if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.exit(main())
