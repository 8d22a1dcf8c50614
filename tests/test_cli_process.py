"""The program as a process: start-up, signals, pipes, and a terminal of its own."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest

from gdcli.cli.app import COMMANDS

DECK = ["sample:deck", "--m", "-1", "--b", "5"]
FOREVER = ["fit", *DECK, "--lr", "1e-7", "--epochs", "100000000"]
PATIENCE = 120


def test_library_as_in_a_notebook(process):
    script = """
import gdcli, numpy as np
data = gdcli.Dataset(inputs=np.array([[1.0], [2.0]]), targets=np.array([3.0, 5.0]))
problem = gdcli.Problem(gdcli.Linear(1), gdcli.mse, data)
run = gdcli.descend(problem, gdcli.SGD(), learning_rate=0.1, epochs=2, start=np.array([-1.0, 5.0]))
for record in gdcli.epochs(run):
    print(record.row())
"""
    result = process.python("-c", script)
    assert result.code == 0, result.err
    assert result.out.splitlines()[0] == "{'epoch': 0, 'step': 0, 'lr': 0.1, 'loss': 2.5, 'm': -1.0, 'b': 5.0}"


def test_every_command_has_help(process, gdcli, capsys):
    listed = process("--help")
    assert listed.code == 0
    for command in COMMANDS:
        assert command in listed.out
        assert gdcli(command, "--help").code == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        assert shown.out.startswith("Usage: gdcli")
        assert max(map(len, shown.out.splitlines())) <= 80


@pytest.mark.quick
def test_version(process):
    assert process("--version").code == 0


def test_without_a_command_it_shows_help(process):
    result = process()
    assert "fit" in result.out + result.err
    assert result.code in (0, 2)


def test_an_open_stdin_is_not_waited_for(process):
    """A stdin with nothing in it yet (a terminal left open) does not hold up a command that has its data."""
    reading, writing = os.pipe()
    try:
        assert process("mse", *DECK, stdin=reading).out == "2.5\n"
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("redirect", ["</dev/null", "<&-"])
def test_no_stdin_is_the_lecture(process, redirect):
    result = process("fit", "--format", "csv", script=f'"$@" {redirect}')
    assert result.out.splitlines()[1] == "0,0,0.1,2.5,-1.0,5.0"


def test_redirected_file_and_pipe_are_read(process, tmp_path):
    (tmp_path / "data.csv").write_text("x,y\n1,3\n2,5\n")
    assert process("rmse", "--m", 2, "--b", 1, script='"$@" <data.csv').out == "0.0\n"
    assert process("rmse", "--m", 2, "--b", 1, script='cat data.csv | "$@"').out == "0.0\n"
    assert process("rmse", "/dev/stdin", "--m", 2, "--b", 1, script='cat data.csv | "$@"').out == "0.0\n"
    assert process("rmse", "--m", 2, "--b", 1, script='"$@" <(cat data.csv)').out == "0.0\n"
    assert process("rmse", "--m", 2, "--b", 1, script=': | "$@"').code == 3


def test_rerun_line_works_in_a_shell(process, tmp_path):
    (tmp_path / "a b.csv").write_text("x,y\n1,3\n2,5\n")
    first = process("fit", "a b.csv", "--start", "-1,5", "--epochs", 3, "--format", "csv")
    command = next(line for line in first.err.splitlines() if line.startswith("rerun: ")).removeprefix("rerun: gdcli ")
    again = process(script=f'"$@" {command}')
    assert (again.code, again.out) == (0, first.out)


@pytest.mark.quick
def test_piped_into_the_next_program(process):
    last = process("fit", *DECK, "--format", "csv", script='set -o pipefail; "$@" | tail -1')
    assert (last.code, last.out.split(",")[0]) == (0, "500")
    first = process("fit", *DECK, "--format", "jsonl", script='set -o pipefail; "$@" | head -1')
    assert (first.code, json.loads(first.out)["loss"]) == (0, 2.5)


def started(arguments, cwd, **streams):
    """A process under way, in a group of its own."""
    environ = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
    environ |= {"PYTHONPATH": os.pathsep.join(sys.path), "TERM": "xterm-256color"}
    command = [sys.executable, "-W", "error", "-m", "gdcli", *arguments]
    return subprocess.Popen(command, cwd=cwd, env=environ, start_new_session=True, **streams)


def gathered(descriptor, until, limit=PATIENCE):
    """What comes out of a descriptor, until `until(text)` or its end."""
    data, end = b"", time.monotonic() + limit
    while time.monotonic() < end and not until(data.decode(errors="replace")):
        ready, _, _ = select.select([descriptor], [], [], 0.1)
        if ready:
            try:
                piece = os.read(descriptor, 65536)
            except OSError:  # a terminal whose other side has closed
                break
            if not piece:
                break
            data += piece
    return data.decode(errors="replace")


@contextlib.contextmanager
def interrupted(arguments, cwd, ready="\n", wait=0.3):
    """Runs, sends SIGINT some seconds after there is output, and gives (exit code, stdout, stderr)."""
    with started(arguments, cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        try:
            noticed = gathered(run.stderr.fileno(), lambda text: ready in text) if ready else ""
            time.sleep(wait)  # some epochs are to be reached; nothing is asserted about how many
            run.send_signal(signal.SIGINT)
            out, err = run.communicate(timeout=PATIENCE)
            yield run.returncode, out.decode(), noticed + err.decode()
        finally:
            run.kill()


class TestInterrupt:
    @pytest.mark.parametrize("form", ["csv", "jsonl", "json", "kv", "table"])
    def test_prints_what_was_reached(self, tmp_path, form):
        with interrupted([*FOREVER, "--every", "x10", "--format", form], tmp_path) as (code, out, err):
            assert code == 130
            assert "Traceback" not in err
            assert not re.search(r"[\r\x1b]|\bleft\b", out + err), "this is no terminal"
            if form == "csv":
                rows = list(csv.DictReader(io.StringIO(out)))
                assert int(rows[-1]["epoch"]) > 1
                assert float(rows[-1]["loss"]) < 2.5
            elif form == "jsonl":
                assert json.loads(out.splitlines()[-1])["epoch"] > 1
            elif form == "json":
                report = json.loads(out)
                assert report["status"] == "interrupted"
                assert report["epochs"] == report["history"][-1]["epoch"] > 1
            elif form == "kv":
                assert "run_status=interrupted" in out
            else:
                assert "fitted" in out
                assert "interrupted" in out + err

    def test_steps_that_were_taken_are_printed(self, tmp_path):
        words = ["step", *DECK, "--lr", "1e-7", "--steps", "100000000", "--format", "csv"]
        for wait in (1, 4, 16):  # nothing is printed before the end: a busy machine may not have begun
            with interrupted(words, tmp_path, ready=None, wait=wait) as (code, out, err):
                assert code == 130
                assert "Traceback" not in err
            if out:
                break
        assert out.startswith("step,")

    def test_with_an_output_file(self, tmp_path):
        with interrupted([*FOREVER, "--every", "x10", "--format", "json", "-o", "out.json"], tmp_path) as (
            code,
            out,
            _,
        ):
            assert (code, out) == (130, "")
            left = [path.name for path in tmp_path.iterdir()]
            assert left == ["out.json"]
            assert json.loads((tmp_path / "out.json").read_text())["status"] == "interrupted"


class TestTerminal:
    """On a pseudo-terminal."""

    def run(self, arguments, cwd, until, wires=("stdout", "stderr")):
        """Runs with these streams on one terminal until it shows something; the others are pipes."""
        ours, theirs = pty.openpty()
        streams = {name: theirs if name in wires else subprocess.DEVNULL for name in ("stdout", "stderr")}
        with started(arguments, cwd, stdin=theirs, **streams) as run:
            os.close(theirs)
            try:
                return gathered(ours, until), run.poll()
            finally:
                run.kill()
                os.close(ours)

    def test_a_long_fit_shows_progress_with_rate_and_time_left(self, tmp_path):
        words = [*FOREVER, "--epochs", "2000000", "--format", "csv", "--every", "10000000"]
        shown, _ = self.run(words, tmp_path, lambda text: "/s" in text and "left" in text, wires=["stderr"])
        assert "/s" in shown
        assert "left" in shown

    def test_a_short_fit_shows_none(self, tmp_path):
        shown, _ = self.run(["fit", *DECK, "--epochs", "20"], tmp_path, lambda text: "rerun:" in text)
        assert "left" not in shown
        assert "\x1b[" in shown, "and there is colour"

    def test_without_data_at_a_terminal_it_is_the_lecture(self, tmp_path):
        shown, _ = self.run(["fit"], tmp_path, lambda text: "rerun:" in text)
        assert "lecture" in shown
        assert "optimum" in shown
