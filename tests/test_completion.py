"""Completion: the index of names against the definitions, candidates, and TAB in real shells.

Run as a script, it writes the index anew: `python tests/test_completion.py`.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from conftest import ROOT, clean_environ

from gdcli.analysis import suggestions
from gdcli.cli.app import ABOUT, COMMANDS, load, program
from gdcli.data.reading import load as read
from gdcli.data.samples import content, samples
from gdcli.data.tables import ReadOptions, read_table
from gdcli.definitions import ACTIVATION, FORMAT, INITIALIZER, LOSS, OPTIMIZER, SCHEDULE, names
from gdcli.render.completion.candidates import candidates
from gdcli.render.completion.columns import columns
from gdcli.render.completion.index import INDEX
from gdcli.render.completion.line import cut, for_bash
from gdcli.render.help.options import title_of

KINDS = {"optimizer": OPTIMIZER, "schedule": SCHEDULE, "loss": LOSS, "activation": ACTIVATION, "init": INITIALIZER}
LISTS = {"activation"}
ARGUMENTS = {
    "MODEL": "file:.safetensors",
    "[DATA]...": "data",
    "[NAME]": "sample",
    "[COMMAND]": f"choice:{'|'.join(COMMANDS)}",
    "[NAME]...": f"choice:{'|'.join(names(ACTIVATION))}",
    "[LOSS]...": f"choice:{'|'.join([*names(LOSS), '1-p'])}",
}
VALUES = {
    "x": "columns",
    "categorical": "columns",
    "y": "column",
    "by": "column",
    "pred": "column",
    "validation": "file:|none",
    "resume": "file:.safetensors",
    "lang": "choice:en|zh-TW",
    "suggest": f"choice:{'|'.join(suggestions.NAMES)}",
}
PATIENCE = 60


# the index


def indexed():
    """The index, from the definitions."""
    lines = [("", " ".join(one.opts), kind_of("", one), one.help, one.metavar or "") for one in program().params]
    lines += [("", "--help -h", "flag", "Show this message and exit."), ("", "text", "flag", ABOUT)]
    for name in COMMANDS:
        command = load(name)
        lines += words_of(name, command)
        if not hasattr(command, "list_commands"):
            lines += options_of(name, command)
        for sub in command.list_commands(None) if hasattr(command, "list_commands") else ():
            lines += words_of(f"{name} {sub}", command.get_command(None, sub))
            lines += options_of(f"{name} {sub}", command.get_command(None, sub))
    for one in samples():
        known = read_table(content(one.name, None, None, 0), one.name).names
        lines.append(("sample:", one.name, ",".join(known), one.about))
    return "".join("\t".join(line).rstrip("\t") + "\n" for line in lines)


def words_of(owner, command):
    """A command's line, and what more is said of it."""
    first, _, rest = command.help.partition("\n\n")
    paragraphs = [one_line(part) for part in rest.split("\n\n") if "\b" not in part]
    yield owner, "command", "flag", first
    yield owner, "text", "flag", " ¶ ".join(paragraphs)


def options_of(owner, command):
    place = 0
    for parameter in command.params:
        if getattr(parameter, "hidden", False):
            continue
        if parameter.param_type_name == "argument":
            names_ = f"{place}{'*' * (parameter.nargs != 1)}"
            yield owner, names_, kind_of(owner, parameter), one_line(parameter.help), parameter.metavar
            place += 1
        else:
            flags = sorted((*parameter.opts, *parameter.secondary_opts), key=lambda flag: not flag.startswith("--"))
            group = title_of(command.titles.get(parameter.name, ""))
            metavar = "" if parameter.is_flag else parameter.metavar or ""
            yield owner, " ".join(flags), kind_of(owner, parameter), one_line(parameter.help), metavar, group
    yield owner, "--help -h", "flag", "Show this message and exit."


def one_line(text):
    return " ".join((text or "").split())


def kind_of(owner, parameter):
    """What a parameter's value is, from its name and what stands for its value."""
    if getattr(parameter, "is_flag", False):
        return "flag"
    metavar, name = parameter.metavar or "", parameter.name
    listed = name in LISTS or metavar.endswith(",...")
    several = "list" if (owner.startswith("sweep") and parameter.multiple) or listed else "choice"
    if metavar in ARGUMENTS:
        return ARGUMENTS[metavar]
    if name in KINDS:
        return f"{several}:{'|'.join(names(KINDS[name]))}"
    if name == "format":
        known = ["json", "kv"] if owner in ("mse", "rmse") else names(FORMAT)
        return f"choice:{'|'.join([*known, 'value'])}"
    if name in VALUES:
        return VALUES[name]
    if "FILE" in metavar:
        return f"file:{metavar.partition('FILE')[2]}"
    words = [word for word in metavar.split("|") if word.islower() and word.isalnum()]
    return f"{several}:{'|'.join(words)}" if words else "value"


def test_the_index_is_what_is_defined():
    assert INDEX.read_text(encoding="utf-8") == indexed(), "write it anew: python tests/test_completion.py"


# candidates


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as a user has one."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "samples" / "iris.csv", "iris.csv")
    Path("two words.csv").write_text('"sepal length;cm",petal width,kind\n1,2,a\n')
    Path("comma.csv").write_text('"size, sqft",age,price\n1,2,3\n')
    Path("m.safetensors").write_bytes(b"")
    Path("plug.py").write_text("")
    Path("sub").mkdir()
    Path("sub", "deep.csv").write_text("p,q\n1,2\n")
    Path(".hidden.csv").write_text("")
    return tmp_path


def texts(line):
    found = cut(line)
    return [one.text for one in candidates(found.words[1:], found.word)]


IRIS = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
FILES = ["comma.csv", "iris.csv", "m.safetensors", "plug.py", "sub/", "two words.csv", "sample:"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("gdcli ", list(COMMANDS)),
        ("gdcli s", [name for name in COMMANDS if name.startswith("s")]),
        ("gdcli --v", ["--version"]),
        ("gdcli --install-completion ", ["bash", "zsh", "fish"]),
        ("gdcli completion ", ["bash", "zsh", "fish"]),
        ("gdcli sweep ", ["fit", "train"]),
        ("gdcli lr-find ", ["fit", "train"]),
        ("gdcli fit ", FILES),
        ("gdcli fit su", ["sub/"]),
        ("gdcli fit sub/", ["sub/deep.csv"]),
        ("gdcli fit .", [".hidden.csv"]),
        ("gdcli fit sample:", [f"sample:{one.name}" for one in samples()]),
        ("gdcli fit sample:ir", ["sample:iris"]),
        ("gdcli fit iris.csv tw", ["two words.csv"]),
        ("gdcli sample ir", ["iris"]),
        ("gdcli fit --optimizer ", names(OPTIMIZER)),
        ("gdcli fit --optimizer=ada", ["--optimizer=adagrad", "--optimizer=adam", "--optimizer=adamw"]),
        ("gdcli fit --schedule c", ["constant", "cosine"]),
        ("gdcli fit -f ", [*names(FORMAT), "value"]),
        ("gdcli limit --format v", ["value"]),
        ("gdcli fit --missing ", ["fail", "drop", "mean"]),
        ("gdcli fit --color a", ["auto", "always"]),
        ("gdcli fit --lr ", []),
        ("gdcli fit --standard", ["--standardize"]),
        ("gdcli fit --standardize --standard", []),
        ("gdcli fit iris.csv --y ", IRIS),
        ("gdcli fit --y species iris.csv --x pe", ["petal_length", "petal_width"]),
        ("gdcli fit iris.csv --x petal_length,", [f"petal_length,{name}" for name in IRIS if name != "petal_length"]),
        ("gdcli fit iris.csv --x=petal_length,se", [f"--x=petal_length,sepal_{end}" for end in ("length", "width")]),
        ("gdcli fit sample:iris --target ", IRIS),
        ("gdcli fit 'two words.csv' --y ", ["sepal length;cm", "petal width", "kind"]),
        ("gdcli fit comma.csv --x ", ['"size, sqft"', "age", "price"]),
        ("gdcli fit nowhere.csv --y ", []),
        ("gdcli fit --y ", []),
        ("gdcli fit comma.csv --y s", ["size, sqft"]),
        ("gdcli evaluate ", ["m.safetensors", "sub/"]),
        ("gdcli evaluate m.safetensors i", ["iris.csv"]),
        ("gdcli evaluate m.safetensors iris.csv --y sp", ["species"]),
        ("gdcli train iris.csv --resume ", ["m.safetensors", "sub/"]),
        ("gdcli train iris.csv --validation ", ["none", *FILES[:-1]]),
        ("gdcli fit --plugin ", ["plug.py", "sub/"]),
        ("gdcli --plugin plug.py fi", ["fit"]),
        ("gdcli activation relu t", ["tanh"]),
        ("gdcli train iris.csv --activation relu,t", ["relu,tanh"]),
        ("gdcli sweep fit iris.csv --optimizer sgd,ad", ["sgd,adagrad", "sgd,adam", "sgd,adamw"]),
        ("gdcli sweep train --dtype ", ["float32", "float64"]),
        ("gdcli nonsense ", []),
        ("gdcli fit -- ", FILES),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_is_offered(line, expected):
    assert texts(line) == expected


@pytest.mark.usefixtures("folder")
def test_every_option_with_a_list_offers_it():
    """Each choice is one that the command takes."""
    for line in INDEX.read_text(encoding="utf-8").splitlines():
        owner, flags, kind, *_ = line.split("\t")
        if flags.startswith("--") and kind.partition(":")[0] in ("choice", "list"):
            assert texts(f"gdcli {owner} {flags.split()[0]} ") == kind.partition(":")[2].split("|")


CASES = sorted(path.name for path in (ROOT / "tests" / "cases").iterdir())
FOREIGN = {"libsvm.txt", "w.arff", "r_rownames.txt"}
"""Files without a line of names, or with one that lacks a name: for these no names or fewer are offered."""


@pytest.mark.parametrize("name", [name for name in CASES if name not in FOREIGN])
def test_columns_are_those_that_the_reader_finds(name):
    path = str(ROOT / "tests" / "cases" / name)
    offered = columns(path)
    found = read(path, ReadOptions(header=None if not name.startswith(("digits", "uci")) else False)).names
    if all(one.isdecimal() for one in offered):
        assert len(offered) <= len(found)
    else:
        assert set(offered) <= set(found) | {one.removesuffix("_2") for one in found}


def test_columns_of_what_is_no_table(tmp_path):
    import gzip

    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n"))
    (tmp_path / "t.tsv").write_bytes(b"\xef\xbb\xbfa b\tc\n1\t2\n")
    (tmp_path / "bad").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"a,b\n" * 999)[:20])
    (tmp_path / "empty").write_bytes(b"")
    assert columns(str(tmp_path / "t.csv.gz")) == ["a", "b"]
    assert columns(str(tmp_path / "t.tsv")) == ["a b", "c"]
    for name in ("bad", "cut.gz", "empty", "nowhere", ""):
        assert columns(str(tmp_path / name)) == []


# the line


@pytest.mark.parametrize(
    ("text", "words", "word"),
    [
        ("", [], ""),
        ("gdcli", [], "gdcli"),
        ("gdcli ", ["gdcli"], ""),
        ("gdcli fit a\\ b.c", ["gdcli", "fit"], "a b.c"),
        ("gdcli fit 'a b", ["gdcli", "fit"], "a b"),
        ('gdcli fit "a \\"b" --y', ["gdcli", "fit", 'a "b'], "--y"),
        ("gdcli fit '' ", ["gdcli", "fit", ""], ""),
    ],
)
def test_a_line_is_cut_as_a_shell_does(text, words, word):
    line = cut(text)
    assert (line.words, line.word) == (words, word)


@pytest.mark.parametrize(
    ("text", "candidate", "put"),
    [
        ("gdcli fit sample:ir", "sample:iris", "iris"),
        ("gdcli fit --y=sp", "--y=species", "species"),
        ("gdcli fit --y sep", "sepal length", "sepal\\ length"),
        ("gdcli fit --y 'sep", "sepal length", "sepal length"),
        ('gdcli fit --y "sep', 'sepal "$x"', 'sepal \\"\\$x\\"'),
        ("gdcli fit ~/a", "~/a b", "~/a\\ b"),
    ],
)
def test_what_bash_puts_in(text, candidate, put):
    assert for_bash(candidate, cut(text)) == put


# no command, no NumPy, no typer


@pytest.mark.quick
def test_it_loads_no_command(folder):
    code = "import sys; from gdcli.cli import main; main(); print(*sys.modules, file=sys.stderr)"
    environ = clean_environ({"_GDCLI_COMPLETE": "zsh", "PYTHONPATH": str(ROOT)})
    for words in (["fit", "iris.csv", "--y", "sp"], ["train", "--opt"], ["s"]):
        ran = subprocess.run(
            [sys.executable, "-c", code, *words], cwd=folder, env=environ, capture_output=True, text=True, check=True
        )
        assert ran.stdout
        loaded = set(ran.stderr.split())
        assert not loaded & {"numpy", "typer", "rich", "click", "gdcli.cli.app", "json"}
        assert not [name for name in loaded if name.startswith(("gdcli.cli.commands", "gdcli.experiments"))]


# installing


@pytest.mark.parametrize(
    ("shell", "files"),
    [
        ("bash", [".local/share/gdcli/completion.bash", ".bashrc"]),
        ("zsh", [".local/share/gdcli/completion.zsh", ".zshrc"]),
        ("fish", [".config/fish/completions/gdcli.fish"]),
    ],
)
def test_install(process, tmp_path, shell, files):
    environ = {"HOME": str(tmp_path), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": "", "ZDOTDIR": ""}
    start = tmp_path / files[-1]
    if shell != "fish":
        start.write_bytes(b"alias x=y \xff")
    for _ in range(2):
        result = process("--install-completion", shell, environ=environ)
        assert result.code == 0, result.err
        assert f"wrote {tmp_path / files[0]}" in result.out
    assert (tmp_path / files[0]).read_text() == process("completion", shell).out
    if shell != "fish":
        line = f"source {tmp_path / files[0]}\n".encode()
        assert start.read_bytes() == b"alias x=y \xff\n" + line, "once"


def test_install_refuses(gdcli, process, refused):
    refused(gdcli("completion", "tcsh"), 2, "there is no completion for 'tcsh'")
    refused(process("--install-completion", "powershell"), 2, "there is no completion for 'powershell'")
    refused(process("--install-completion", "bash", environ={"HOME": ""}), 3, "HOME is not set")
    refused(process("--install-completion", "bash", environ={"HOME": "/dev/null/x"}), 3, "/dev/null/x")
    assert gdcli("--install-completion").code == 2


# TAB


@contextlib.contextmanager
def shell_on_a_terminal(command, folder, environ):
    """A shell behind a pseudo-terminal: (what types, what waits until something is shown)."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 60, 200, 0, 0))
    command = ["setsid", "--ctty", "--wait", *command]  # the terminal is its own
    process = subprocess.Popen(command, cwd=folder, env=environ, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = bytearray()

    def until(text, begin=0):
        end = time.monotonic() + PATIENCE
        while text.encode() not in shown[begin:] and time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                shown.extend(os.read(ours, 65536))
        return shown[begin:].decode(errors="replace")

    def keys(text):
        os.write(ours, text.encode())
        return len(shown)

    try:
        yield keys, until
    finally:
        process.kill()
        process.wait()
        os.close(ours)


SHELLS = {
    "bash": ["bash", "--noprofile", "-i"],
    "zsh": ["zsh", "-i"],
    "fish": ["fish", "-i"],
}
"""Each reads its start-up file, in an empty home unless completion is installed there."""
BEGIN = {
    "bash": "PS1='READY''> '; bind 'set show-all-if-ambiguous on'",
    "zsh": "PS1='READY''> '",
    "fish": "function fish_prompt; echo -n 'READY''> '; end",
}
SOURCE = {
    "bash": "source <(gdcli completion bash)",
    "zsh": "autoload -Uz compinit && compinit -u -D; source <(gdcli completion zsh)",
    "fish": "gdcli completion fish | source",
}
LISTED = {
    "gdcli fit --optimizer ": names(OPTIMIZER),
    "gdcli train iris.csv --format ": [*names(FORMAT), "value"],
    "gdcli fit sample:": [one.name for one in samples()],
    "gdcli fit iris.csv --y ": ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"],
}
"""What a TAB lists at the end of these."""
TYPED = [
    ("gdcli fit --optimizer adamw", "gdcli fit --optimizer adamw", ""),
    ("gdcli fit --optimizer ad\t\t", "adagrad", "adam"),
    ("gdcli fit --format \t\t", "jsonl", "table"),
    ("gdcli fit sample:br\t", "sample:breast_cancer", ""),
    ("gdcli fit iris.csv --y sp\t", "--y species", ""),
    ("gdcli fit iris.csv --y \t\t", "sepal_length", "petal_width"),
    ("gdcli fit two\\ words.csv --y pet\t", "petal\\ width", ""),
    ("gdcli sweep fi\t", "sweep fit", ""),
]


@pytest.fixture
def environ(folder):
    """A user's, with the program on its path."""
    (folder / "bin").mkdir()
    gdcli = folder / "bin" / "gdcli"
    gdcli.write_text(f'#!/bin/sh\nexec {sys.executable} -m gdcli "$@"\n')
    gdcli.chmod(0o755)
    return clean_environ({"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "TERM": "xterm", "HOME": str(folder)})


def need(*programs):
    for program_ in programs:
        if shutil.which(program_) is None:
            pytest.skip(f"there is no {program_} here")


def test_tab_in_fish(folder, environ):
    need("fish")
    asked = {
        "gdcli fit --optimizer ad": ["adagrad", "adam", "adamw"],
        "gdcli fit --format ": [*names(FORMAT), "value"],
        "gdcli fit sample:br": ["sample:breast_cancer"],
        "gdcli fit iris.csv --y ": IRIS,
        "gdcli fit iris.csv --y=sp": ["--y=species"],
        "gdcli fit two\\ words.csv --y pet": ["petal width"],
        "gdcli fit 'two words.csv' --y 'pet": ["petal width"],
        "gdcli sweep fi": ["fit"],
    }
    script = "gdcli completion fish | source\n" + "".join(f"echo '>'; complete -C {in_fish(one)}\n" for one in asked)
    command = ["fish", "--no-config"]
    ran = subprocess.run(command, input=script, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    offered = [[line.partition("\t")[0] for line in part.splitlines()] for part in ran.stdout.split(">\n")[1:]]
    assert dict(zip(asked, offered, strict=True)) == asked


def in_fish(text):
    r"""Quoted for fish, where \\ and \' are special between single quotes."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_tab_in_a_real_shell(folder, environ, shell):
    need(shell, "setsid")
    with shell_on_a_terminal(SHELLS[shell], folder, environ) as (keys, until):
        begin = keys(f"{BEGIN[shell]}; {SOURCE[shell]}\n")
        assert "READY> " in until("READY> ", begin)
        for typed, first, second in TYPED:
            begin = keys(typed)
            shown = until(first, begin)
            assert first in shown, (typed, shown)
            assert second in until(second, begin), typed
            keys("\x15")  # the line is given up


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_lists_the_candidates_and_no_files(folder, environ, shell):
    need(shell, "setsid")
    for typed in LISTED:
        lists(typed, f"{BEGIN[shell]}; {SOURCE[shell]}", folder, environ, shell)


@pytest.mark.parametrize("shell", SHELLS)
def test_tab_where_completion_is_installed(folder, environ, shell):
    need(shell, "setsid")
    install = [str(folder / "bin" / "gdcli"), "--install-completion", shell]
    subprocess.run(install, env=environ, check=True, capture_output=True)
    lists("gdcli fit iris.csv --y ", BEGIN[shell], folder, environ, shell)


def lists(typed, begin, folder, environ, shell):
    """Holds that a shell, a TAB typed after that, lists what it should."""
    with shell_on_a_terminal(SHELLS[shell], folder, environ) as (keys, until):
        start = keys(f"{begin}\n")
        assert "READY> " in until("READY> ", start)
        start, shown = keys(f"{typed}\t"), ""
        for one in LISTED[typed]:
            shown = until(one, start)
    words = {word.rpartition(":")[2] for word in re.split(r"[\s()]+", ESCAPE.sub(" ", COLOUR.sub("", shown)))}
    assert {*LISTED[typed]} <= words, (typed, shown)
    assert not words & {"comma.csv", "m.safetensors", "plug.py", "sub/", "--lr", "show"}, (typed, shown)


ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]|\x1b[=>]|[\r\x00-\x1f]")
COLOUR = re.compile(r"\x1b\[[0-9;]*m|\x1b\(B")


if __name__ == "__main__":
    INDEX.write_text(indexed(), encoding="utf-8")
