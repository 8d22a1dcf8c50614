"""Calls that fail, memory that runs out, signals: the file is the old one or the new one, and one line says why.

`python -m tests.faults` tries every call of every command with every error, and 200 moments of each.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, clean_environ
from faults import COMMANDS

from gdcli.data.growing_file import GrowingFile
from gdcli.errors import DataError

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each run is a fork")

OLD = b"what was there before"
WRITE = {"fsync": 1, "replace": 1, "write": 1, "open": 2, "read": 4}
"""Calls of each kind that a command that reads a table and writes a file has at least."""
READ = {"open": 1, "read": 2, "write": 2}
USUAL = [name for name in COMMANDS if name not in ("fit -o (table)", "evaluate -o", "surface -o")]
"""Those that are tried each time."""


def tried(*words):
    """The table that the command prints: for each command, how often each kind of call failed."""
    command = [sys.executable, "-m", "tests.faults", *map(str, words)]
    environ = clean_environ({"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])})
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert done.stdout.endswith("\n0 violations\n")
    lines = re.findall(r"^(\S.*?) +(\d+)  (.*?);", done.stdout, re.MULTILINE)
    return {name: {kind: int(n) for kind, n in re.findall(r"(\w+) (\d+)", kinds)} for name, _, kinds in lines}


def hold(table):
    for name, kinds in table.items():
        for kind, least in (WRITE if COMMANDS[name].target else READ).items():
            assert kinds.get(kind, 0) >= least, (name, kind)


@pytest.mark.parametrize("half", [0, 1])
def test_each_call_of_each_command_fails(half):
    names = USUAL[half::2]
    table = tried("--quick", "--moments", 2, "--seed", half, *names)
    assert [*table] == names
    hold(table)


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_each_call_with_each_error_and_more_moments(name):
    hold(tried("--moments", 30, "--seed", 1, name))


class TestGrowingFile:
    def test_what_was_there_stays_until_there_is_a_beginning(self, tmp_path):
        path = tmp_path / "out"
        path.write_bytes(OLD)
        with GrowingFile(path) as file:
            file.write("one\n")
            assert path.read_bytes() == OLD
            file.flush()
            assert path.read_text() == "one\n"
            file.write("two\n")
            file.flush()
            assert path.read_text() == "one\ntwo\n"
            file.write("not flushed")
        assert path.read_text() == "one\ntwo\n"
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    def test_a_line_that_does_not_fit_is_not_begun(self, tmp_path, monkeypatch):
        import gdcli.data.growing_file as module

        class Small(module.io.FileIO):
            def write(self, data):
                if self.tell() > 6:
                    raise OSError(28, "No space left on device")
                return super().write(data[:3])

        path = tmp_path / "out"
        with GrowingFile(path) as file:
            file.write("one\n")
            file.flush()
            monkeypatch.setattr(module.io, "FileIO", Small)
        with GrowingFile(path) as file:
            file.write("1\n")
            file.flush()
            file.write("23456789\n")
            with pytest.raises(OSError, match="space"):
                file.flush()
        assert path.read_text() == "1\n"

    def test_no_folder(self, tmp_path):
        with GrowingFile(tmp_path / "no" / "out") as file:
            file.write("1")
            with pytest.raises(DataError, match="no such file"):
                file.flush()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    def test_a_device(self, gdcli, refused):
        result = gdcli("live", "--plain", "--record", "/dev/full", stdin="n\nq\n")
        refused(result, 3, "/dev/full: cannot be written: no space left on device")


def test_a_job_whose_end_nobody_tells_is_noticed(gdcli, monkeypatch):
    """As where memory runs out between a future's result and its callbacks."""
    from concurrent.futures import Future

    monkeypatch.setattr(Future, "_invoke_callbacks", lambda _: None)
    result = gdcli("sweep", "fit", "--lr", "0.1,0.2", "--epochs", 3, "--format", "json")
    assert [run["status"] for run in result.json["runs"]] == ["completed", "completed"]
