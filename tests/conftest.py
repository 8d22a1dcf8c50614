"""Fixtures: the program in process with streams of our own, and as a real process."""

import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal

ROOT = Path(__file__).parent.parent
PROGRAM = [sys.executable, "-W", "error", "-m", "gdcli"]

settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")  # a busy machine fails no test


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@dataclass(frozen=True)
class Result:
    """What a run left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out, parse_constant=_refuse)

    @property
    def jsonl(self):
        return [json.loads(line, parse_constant=_refuse) for line in self.out.splitlines()]

    @property
    def csv(self):
        return list(csv.DictReader(io.StringIO(self.out)))

    @property
    def tsv(self):
        return list(csv.DictReader(io.StringIO(self.out), delimiter="\t"))

    @property
    def floats(self):
        """The csv's rows as numbers."""
        return [{name: float(cell) for name, cell in row.items()} for row in self.csv]

    @property
    def rerun(self):
        """The command on the `rerun:` line, without the program's name, as a shell cuts it."""
        import shlex

        lines = [line for line in self.err.splitlines() if line.startswith("rerun: ")]
        assert len(lines) == 1, self.err
        program, *words = shlex.split(lines[0].removeprefix("rerun: "))
        assert program == "gdcli"
        return words


def _refuse(name):
    raise AssertionError(f"JSON holds {name}")


@pytest.fixture
def gdcli():
    """Runs the program in process: `gdcli("fit", "data.csv", stdin=b"", environ={}, tty=False)`."""

    def call(*arguments, stdin=None, environ=None, tty=False):
        out, err = (Tty(), Tty()) if tty else (io.StringIO(), io.StringIO())
        source = None if stdin is None else io.BytesIO(stdin if isinstance(stdin, bytes) else stdin.encode())
        code = run([str(word) for word in arguments], Terminal(source, out, err, environ or {}))
        return Result(code, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def process(tmp_path):
    """Runs `python -m gdcli` as a process of its own, in an empty folder; `script` gets the command as "$@"."""

    def python(*command, stdin=subprocess.DEVNULL, environ=None):
        return finished([sys.executable, *command], stdin, environ)

    def call(*arguments, script=None, stdin=subprocess.DEVNULL, environ=None):
        command = [*PROGRAM, *map(str, arguments)]
        return finished(["bash", "-c", script, "bash", *command] if script else command, stdin, environ)

    def finished(command, stdin, environ):
        given = {"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}
        done = subprocess.run(
            command, capture_output=True, timeout=300, cwd=tmp_path, env=clean_environ(environ), check=False, **given
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())

    call.python = python
    return call


def clean_environ(more=None):
    """The environment without what steers colour and buffers, with the program importable."""
    steering = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if name not in steering}
    return kept | {"PYTHONPATH": str(ROOT)} | (more or {})


@pytest.fixture
def table(tmp_path):
    """Writes a file of that text (or bytes) and gives its path."""

    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def refused():
    """Holds that a run was refused: that code, one line that says so, nothing on stdout."""

    def hold(result, code, *parts):
        lines = result.err.splitlines()
        assert result.code == code, result.err
        assert result.out == ""
        assert [line for line in lines if line.startswith("gdcli: ")] == lines[:1], result.err
        assert all(line.startswith("  ") for line in lines[1:]), result.err
        assert "Traceback" not in result.err
        assert "Warning" not in result.err
        for part in parts:
            assert part in lines[0], f"{part!r} is not in {lines[0]!r}"

    return hold
