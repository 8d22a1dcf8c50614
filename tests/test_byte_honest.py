"""Bytes: machine formats whatever the locale, nothing for a terminal to obey, names for a shell, streams."""

import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from conftest import PROGRAM, ROOT, Tty, clean_environ

from gdcli.cli.app import COMMANDS
from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.experiments.shell import ascii_only, quoted, single_quoted
from gdcli.render.formats.json import dumps

HOSTILE = "a\x1b]0;x\x07\x9b31m\u202eé\u2066\x7f\u2028\u200bb"
ROWS = "\n".join(f"{x},{x * x % 7},{2 * x + 1}" for x in range(1, 13))
TABLE = f'"{HOSTILE}",c,"y{HOSTILE}"\n{ROWS}\n'
CLASSES = f'"{HOSTILE}",c,"y{HOSTILE}"\n' + "\n".join(
    f'{x},{x * x % 7},"{"p" if x % 2 else "q"}{HOSTILE}"' for x in range(1, 41)
)


def controls(text):
    """The signs that a terminal may obey, but for line ends."""
    return {sign for sign in text if unicodedata.category(sign)[0] == "C" or sign in "\u2028\u2029"} - {"\n"}


# the locale


@pytest.mark.parametrize("codec", ["ascii", "latin-1", "cp1252", "utf-16"])
def test_machine_formats_are_utf_8_whatever_the_locale(gdcli, codec):
    words = ["fit", "-", "--y", "größe", "--epochs", "1", "-q", "--format"]
    rows = "größe,y\n1,3\n2,5\n3,8\n"
    for form in ("json", "jsonl", "csv", "tsv", "kv"):
        out = io.TextIOWrapper(io.BytesIO(), encoding=codec)
        assert run([*words, form], Terminal(io.BytesIO(rows.encode()), out, io.StringIO(), {})) == 0
        assert out.buffer.getvalue().decode() == gdcli(*words, form, stdin=rows).out


def test_json_under_an_ascii_locale(process, tmp_path):
    (tmp_path / "größe.csv").write_text("größe,y\n1,3\n2,5\n3,8\n")
    environ = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    result = process("fit", "größe.csv", "--y", "größe", "--epochs", 1, "--format", "json", environ=environ)
    assert result.json["rerun"].startswith("gdcli fit 'größe.csv' --y 'größe'")


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "kv", "table"])
def test_a_name_that_is_no_utf_8(process, tmp_path, form):
    (tmp_path / os.fsdecode(b"n\xff.csv")).write_text("x,y\n1,3\n2,5\n3,8\n")
    words = ["fit", os.fsdecode(b"n\xff.csv"), "--epochs", "1", "--format", form]
    shown = process(*words)
    written = process(*words, "-o", "out")
    assert (shown.code, written.code) == (0, 0), written.err
    if form not in ("json", "kv"):  # these hold the command itself, with its -o
        assert (tmp_path / "out").read_text() == shown.out
    assert "rerun: gdcli fit $'n\\377.csv' " in shown.err
    if form == "json":
        assert "$'n\\377.csv'" in shown.json["rerun"]


# the terminal


def test_json_spells_out_what_a_terminal_obeys_and_means_the_same():
    text = dumps({HOSTILE: [HOSTILE, 1.5, "\U000e0001"]})
    assert not controls(text)
    assert "é" in text
    assert json.loads(text) == {HOSTILE: [HOSTILE, 1.5, "\U000e0001"]}
    assert dumps("\udcff").isascii()


LINES = [
    ["fit", "--epochs", "3"],
    ["show"],
    ["score", "--start", "1,1,1"],
    ["step"],
    ["limit"],
    ["surface", "--x", "c"],
    ["lr-find", "fit"],
    ["sweep", "fit", "--lr", "0.001,0.002", "--epochs", "3"],
]
NETWORKS = [["train", "--epochs", "2"], ["sweep", "train", "--lr", "0.1,0.2", "--epochs", "2"], ["lr-find", "train"]]
SAVED = [["evaluate"], ["predict"], ["predict", "--probabilities"]]


def on_terminal(words, rows):
    out, err = Tty(), Tty()
    code = run(words, Terminal(io.BytesIO(rows.encode()), out, err, {"NO_COLOR": "1"}))
    assert code in (0, 4, 5), err.getvalue()
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "tsv", "kv"])
def test_nothing_for_a_terminal_to_obey(tmp_path, form):
    """In any format of any command, whatever columns, labels and files are called."""
    model = str(tmp_path / f"m{HOSTILE}.safetensors")
    assert run(["train", "--epochs", "1", "--save", model], quiet_terminal(CLASSES)) == 0
    runs = [(words, TABLE) for words in LINES] + [(words, CLASSES) for words in NETWORKS]
    runs += [([words[0], model, *words[1:]], CLASSES) for words in SAVED]
    for words, rows in runs:
        forms = "json" if words[0] == "limit" and form not in ("table", "kv") else form  # it has no rows
        out, err = on_terminal([*words, "--format", forms], rows)
        assert out, words
        assert not controls(out) - ({"\t"} if form == "tsv" else set()), words
        assert not controls(err), words


def quiet_terminal(rows):
    return Terminal(io.BytesIO(rows.encode()), io.StringIO(), io.StringIO(), {})


# the shell


def hostile_names(count=160, seed=0):
    """Names of every kind that a file may have: blanks, quotes, controls, bidi marks, what is no UTF-8."""
    chosen = random.Random(seed)  # noqa: S311 - reproducible, not secret
    pieces = [
        *(bytes([code]) for code in range(1, 128) if code != ord("/")),
        *(sign.encode() for sign in "é漢\u202e\u2066\u200b\u2028\x9b\u00a0\U0001f642\ufeff"),
        *(b"\xff", b"\xc3", b"\xed\xa0\x80", b"$(touch pwned)", b"`touch pwned`", b"'\"", b"\\n", b"\\", b"--lr", b"7"),
        *(b"\t9", b"\x1b[31m", b"\xff0", b"!!", b"~", b"=ls", b":=ls", b"{a,b}", b"*", b"sample", b"%1", b"#"),
    ]
    names = {b"".join(chosen.choices(pieces, k=chosen.randint(1, 6))) + b".csv" for _ in range(count + 20)}
    return sorted(name for name in names if name != b".csv")[:count]


def words_by(shell, lines, folder):
    """What a shell makes of command lines of gdcli: the words of each, as bytes."""
    script = "gdcli() { printf '%s\\0' \"$@\"; printf '\\0'; }\n" + "\n".join(lines) + "\n"
    done = subprocess.run([shell], input=os.fsencode(script), capture_output=True, cwd=folder, check=True)
    assert done.stderr == b""
    return [entry.split(b"\0") for entry in done.stdout.removesuffix(b"\0\0").split(b"\0\0")]


def rerun_line(err):
    (line,) = (line for line in err.splitlines() if line.startswith("rerun: "))
    return line.removeprefix("rerun: ")


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
def test_rerun_of_160_hostile_names_runs(tmp_path, monkeypatch, gdcli):
    """The line of each, cut by a real bash and run again: the same bytes, and nothing else was run."""
    monkeypatch.chdir(tmp_path)
    names = [os.fsdecode(name) for name in hostile_names()]
    assert len(names) == 160
    first = []
    for at, name in enumerate(names):
        (tmp_path / name).write_text(f"x,y\n1,{at}\n2,5\n3,8\n")
        result = gdcli("fit", f"./{name}", "--epochs", 1, "--format", "csv")
        assert result.code == 0, result.err
        assert not controls(result.err)
        first.append(result)
    cut = words_by("bash", [rerun_line(result.err) for result in first], tmp_path)
    assert len(cut) == len(names)
    for before, words in zip(first, cut, strict=True):
        again = gdcli(*map(os.fsdecode, words))
        assert (again.code, again.out) == (0, before.out), words
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems take UTF-8 names only")
def test_rerun_line_runs_as_it_is(tmp_path):
    """Through the program itself, on a stderr that can only write ASCII."""
    function = f"gdcli() {{ '{sys.executable}' -m gdcli \"$@\"; }}\n"
    for name in (b"\xe9\t\xff\x1b[0m'.csv", "größe\u202e.csv".encode(), "é ü.csv".encode()):
        (tmp_path / os.fsdecode(name)).write_text("x,y\n1,3\n2,5\n3,8\n")
        command = [*PROGRAM, "fit", name, "--epochs", "1", "--format", "csv"]
        environ = clean_environ({"PYTHONIOENCODING": "ascii"})
        first = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, check=True)
        line = function + rerun_line(first.stderr.decode("ascii"))
        again = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environ, capture_output=True, check=True)
        assert again.stdout == first.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_words_come_back(shell, tmp_path):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    words = [os.fsdecode(name) for name in hostile_names(400, seed=1)]
    for write in (quoted, lambda word: ascii_only(quoted(word))):
        lines = [f"gdcli {write(word)}" for word in words]
        assert [os.fsdecode(cut[0]) for cut in words_by(shell, lines, tmp_path)] == words


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "sh"])
class TestEval:
    """kv, as a shell's eval takes it."""

    def taken(self, shell, text, names, folder):
        if shutil.which(shell) is None:
            pytest.skip(f"there is no {shell} here")
        show = "; ".join(f'printf "%s\\n" "${name}"' for name in names)
        done = subprocess.run(
            [shell, "-c", f'set -e; eval "$1"; {show}', shell, text], cwd=folder, capture_output=True, check=True
        )
        assert done.stderr == b""
        return done.stdout.decode().splitlines()

    def test_every_command(self, gdcli, shell, tmp_path):
        model = tmp_path / "m.safetensors"
        assert gdcli("train", "sample:xor", "--hidden", 2, "--epochs", 1, "--save", model).code == 0
        for words in (
            *(["fit", "sample:bmi", "--epochs", 2], ["show", "sample:iris"], ["step", "--steps", 2], ["limit"]),
            *(["score", "--m", 1, "--b", 0], ["surface"], ["sweep", "fit", "--lr", "0.1,0.2", "--epochs", 2]),
            *(["lr-find", "fit", "sample:bmi"], ["activation", "relu", "--points", 3], ["sample"], ["mse", "--m", 1]),
            *(["train", "sample:iris", "--epochs", 1], ["evaluate", model, "sample:xor"]),
            ["predict", model, "sample:xor"],
        ):
            result = gdcli(*words, "--format", "kv")
            assert result.code == 0, result.err
            pairs = [line.split("=", 1) for line in result.out.splitlines()]
            values = self.taken(shell, result.out, [name for name, _ in pairs], tmp_path)
            plain = [value for value, (_, written) in zip(values, pairs, strict=True) if value == written]
            assert len(values) == len(pairs)
            assert plain, "numbers stand as they are"

    def test_status_is_run_status_and_a_prefix_goes_before_all(self, gdcli, shell, tmp_path):
        words = ["fit", "--epochs", 2, "--format", "kv"]
        told = gdcli(*words).out
        assert self.taken(shell, told, ["run_status", "epochs"], tmp_path) == ["completed", "2"]
        assert not re.search("^status=", told, re.MULTILINE)
        prefixed = gdcli(*words, "--prefix", "gd_").out
        names = [line.split("=")[0] for line in told.splitlines()]
        assert [line.split("=")[0] for line in prefixed.splitlines()] == [f"gd_{name}" for name in names]
        assert self.taken(shell, prefixed, ["gd_run_status", "gd_epochs"], tmp_path) == ["completed", "2"]

    def test_columns_that_are_a_shells_own(self, gdcli, shell, tmp_path):
        model = tmp_path / "m.safetensors"
        columns = ["PATH", "path", "IFS", "PS4", "PROMPT_COMMAND", "LD_PRELOAD", "BASH_ENV", "status", "argv", "_", "y"]
        rows = [",".join(columns)] + [",".join(str((at * k) % 7) for k in range(1, 12)) for at in range(1, 15)]
        table = "\n".join(rows)
        assert gdcli("train", "--task", "regression", "--epochs", 1, "--save", model, stdin=table).code == 0
        told = gdcli("predict", model, "--format", "kv", stdin="\n".join(rows[:2])).out
        given = [line.split("=")[0] for line in told.splitlines()]
        assert not {*columns} - {"y"} & {*given}
        assert self.taken(shell, told, ["PATH_", "run_status", "y"], tmp_path) == ["1", "1", "4"]

    def test_hostile_values(self, shell, tmp_path):
        for text in ("$(touch pwned)", "`touch pwned`", "it's", "=ls", "a:=ls", "~", "a\nb", "!!", "{a,b}", "*", "\\"):
            line = f"v={single_quoted(text)}\n"
            assert "\n".join(self.taken(shell, line, ["v"], tmp_path)) == text
        assert not list(tmp_path.iterdir())


def test_prefix_is_for_kv(gdcli, refused):
    refused(gdcli("fit", "--prefix", "gd_"), 2, "--prefix goes with --format kv")
    for bad in ("1a", "a-b", "", "é"):
        refused(gdcli("fit", "--format", "kv", "--prefix", bad), 2, "--prefix")
        refused(gdcli("mse", "--m", 1, "--format", "kv", "--prefix", bad), 2, "--prefix")
    assert gdcli("mse", "--m", -1, "--b", 5, "--format", "kv", "--prefix", "a_").out.splitlines()[1] == "a_mse=2.5"


# streams


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
@pytest.mark.parametrize(
    "words",
    [
        *(["fit", "--epochs", "3", "--format", "csv"], ["limit", "--format", "json"], ["mse", "--m", "1"]),
        *(["fit", "--help"], ["--version"]),
    ],
    ids=" ".join,
)
def test_a_closed_or_full_stdout_is_an_error(process, where, words):
    result = process(*words, script=f'"$@" {where}')
    assert result.code == 3
    assert result.err.splitlines()[-1].startswith("gdcli: standard output: ")
    assert "Traceback" not in result.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("epochs", [3, 15, 60])
def test_results_of_any_size_are_missed_where_they_cannot_be_written(process, epochs):
    """Those of 4 to 8 KiB are lost with the first flush that fails, before the last one."""
    result = process("fit", "--epochs", epochs, "--format", "json", script='"$@" >/dev/full')
    assert result.code == 3
    assert result.err.splitlines()[-1] == "gdcli: standard output: no space left on device"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each run is a fork")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("words", [["--quick"], pytest.param([], marks=pytest.mark.long)], ids=["one of each", "all"])
def test_streams_of_every_command(words):
    """Full, closed, left by their readers, or never read: as `python -m tests.streams` has them."""
    command = [sys.executable, "-m", "tests.streams", *words]
    environ = clean_environ({"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])})
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    counts = dict(re.findall(r"^(std.*?) +(\d+) commands$", done.stdout, re.MULTILINE))
    assert len(counts) == 7
    assert min(map(int, counts.values())) >= len(COMMANDS)


@pytest.mark.parametrize("where", [">/dev/full", ">&-"])
def test_a_file_needs_no_stdout(process, tmp_path, where):
    result = process("fit", "--epochs", 3, "--format", "csv", "-o", "out.csv", script=f'"$@" {where}')
    assert result.code == 0, result.err
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 5


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", "2> >(true)"])
@pytest.mark.parametrize("words", [["fit", "--epochs", "3"], ["sweep", "fit", "--lr", "0.1,0.2", "--epochs", "3"]])
def test_a_full_stderr_loses_no_result(process, where, words):
    result = process(*words, "--format", "json", script=f'"$@" {where}')
    assert result.code == 0
    assert result.json == process(*words, "--format", "json").json
    assert process("fit", "nowhere.csv", script=f'"$@" {where}').code == 3
