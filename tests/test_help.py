"""Help: what comes first, every option somewhere, every example run, and manual pages."""

import io
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

from gdcli.cli.app import COMMANDS, load
from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.render.completion.index import entries
from gdcli.render.help.about import TEXT, about
from gdcli.render.help.manual import pages

PAGES = [*(name for name in COMMANDS if name != "sweep"), "sweep fit", "sweep train"]
SCREEN = 24


def command_of(page):
    name, _, sub = page.partition(" ")
    return load(name).get_command(None, sub) if sub else load(name)


def longest(option):
    """Its long name, the first of several."""
    return next(word for word in option.opts if word.startswith("--"))


@pytest.fixture
def page(gdcli, capsys, monkeypatch):
    """What a page of help shows, 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")

    def show(*words):
        assert gdcli(*words).code == 0
        return capsys.readouterr().out

    return show


@pytest.mark.parametrize("name", PAGES)
def test_what_people_need_comes_first_and_all_is_named(page, name):
    short, whole = page(*name.split(), "--help"), page(*name.split(), "--help-all")
    for parameter in command_of(name).params:
        if parameter.param_type_name == "option" and parameter.hidden:
            assert longest(parameter) not in whole
        elif parameter.param_type_name == "option":
            assert longest(parameter) in short
            assert all(flag in whole for flag in (*parameter.opts, *parameter.secondary_opts))
            assert " ".join(parameter.help.split()[:3]) in " ".join(whole.split())
    assert max(map(len, (short + whole).splitlines())) <= 80
    if about(name).first:
        shown = short.partition("Options:\n")[2].partition("\n\n")[0]
        flags = [line.split("  ")[1] for line in shown.splitlines() if line.startswith("  -")]
        known = [next(word for word in flag.replace(",", "").split() if word.startswith("--")) for flag in flags]
        assert known == [*(f"--{one}" for one in about(name).first), "--help-all", "--help"]


def test_fit_fits_two_screens(page):
    assert len(page("fit", "--help").splitlines()) <= 2 * SCREEN


def test_options_of_one_thing_stand_together(page):
    whole = page("fit", "--help-all")
    headings = [line.rstrip(":") for line in whole.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert headings[:2] == ["Arguments", "Examples"]
    assert {"The learning rate and how it moves", "What is minimised", "Pictures and models as files"} <= set(headings)
    part = whole.partition("The learning rate and how it moves:")[2].partition("\n\n")[0]
    assert [line.split()[0].strip(",") for line in part.splitlines() if line.startswith("  --")] == [
        *("--lr", "--schedule", "--warmup", "--lr-at")
    ]


def test_first_options_are_options():
    for name in PAGES:
        known = {longest(one) for one in command_of(name).params if one.param_type_name == "option"}
        assert {f"--{one}" for one in about(name).first} <= known, name


def test_help_by_name_is_the_same_page(page):
    assert page("help") == page("--help")
    for name in ("fit", "sweep", "sweep train"):
        assert page("help", *name.split()) == page(*name.split(), "--help")
    assert page("help", "fit", "--all") == page("fit", "--help-all")


def test_help_of_what_is_no_command(gdcli, refused):
    refused(gdcli("help", "fitt"), 2, "there is no command 'fitt'")
    refused(gdcli("help", "sweep", "fitt"), 2, "there is no command 'fitt'")
    refused(gdcli("help", "fit", "more"), 2, "there is no command 'more'")


def test_version_has_a_short_flag(page):
    assert page("-V") == page("--version")


# examples


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files that the examples name."""
    from gdcli import train

    folder = tmp_path_factory.mktemp("examples")
    shutil.copy(ROOT / "samples" / "iris.csv", folder)
    rows = [(x, 2 * x + 1 + (x * 7 % 3) / 10) for x in range(1, 13)]
    (folder / "line.csv").write_text("x,y\n" + "".join(f"{x / 10},{y}\n" for x, y in rows))
    (folder / "scored.csv").write_text("y,y_hat\n" + "".join(f"{y},{2 * x + 1}\n" for x, y in rows))
    train(str(folder / "iris.csv"), epochs=2, save=str(folder / "model.safetensors"))
    sample = run(["sample", "xor", "-o", str(folder / "xor.csv")], Terminal(None, io.StringIO(), io.StringIO()))
    assert sample == 0
    linear = str(folder / "linear.safetensors")
    train("sample:xor", hidden=[4], activation=["linear"], epochs=1, save=linear)
    return folder


EXAMPLES = [(name, one.command) for name in PAGES for one in about(name).examples]


@pytest.mark.parametrize(("name", "line"), EXAMPLES, ids=[line for _, line in EXAMPLES])
def test_example(files, tmp_path, monkeypatch, gdcli, name, line):
    """It runs, from a folder with the files that it names; `live` as far as it goes without a terminal."""
    for path in files.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    program, *words = shlex.split(line)
    assert program == "gdcli"
    assert words[: len(name.split())] == name.split()
    stdin = None
    for sign in (">", "<"):
        if sign in words:
            at = words.index(sign)
            stdin = Path(words[at + 1]).read_bytes() if sign == "<" else stdin
            words[at : at + 2] = []
    result = gdcli(*words, *(["--plain"] if name == "live" else []), stdin=b"q\n" if name == "live" else stdin)
    assert (result.code, "did you mean" in result.err) == (0, False), result.err


def test_three_examples_each():
    assert {name: len(about(name).examples) for name in PAGES} == dict.fromkeys(PAGES, 3)
    named = [paragraph.splitlines()[0] for paragraph in TEXT.read_text(encoding="utf-8").split("\n\n")[1:]]
    assert sorted(named) == sorted(PAGES)


# manual pages


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    for name, text in pages("1.2", "2026-01-02"):
        (folder / name).write_text(text)
    return folder


def test_there_is_a_page_for_each_command_with_all_its_options(manual):
    names = {"gdcli.1"} | {f"gdcli-{name.replace(' ', '-')}.1" for name in [*PAGES, "sweep"]}
    assert {path.name for path in manual.iterdir()} == names
    for name in PAGES:
        text = (manual / f"gdcli-{name.replace(' ', '-')}.1").read_text()
        for one in entries(name):
            if one.names.startswith("-"):
                assert all(f"\\fB{flag.replace('-', chr(92) + '-')}\\fR" in text for flag in one.names.split())


def test_a_linter_finds_nothing(manual):
    if shutil.which("mandoc") is None:
        pytest.skip("there is no mandoc here")
    found = subprocess.run(["mandoc", "-Tlint", *manual.iterdir()], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout + found.stderr) == (0, "")


@pytest.mark.long
def test_the_wheel_has_them(manual, tmp_path):
    """Built as anyone would; a build needs the index, or a cache of it."""
    for part in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "gdcli", "samples"):
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, tmp_path / "src" / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (tmp_path / "src").mkdir(exist_ok=True)
            shutil.copy(source, tmp_path / "src")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(tmp_path / "src")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode and "hatchling" in built.stderr:
        pytest.skip("hatchling cannot be installed here")
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    inside = zipfile.ZipFile(wheel).namelist()
    assert {Path(name).name for name in inside if "/data/share/man/man1/" in name} == {
        path.name for path in manual.iterdir()
    }
    for name in ("completion/index.tsv", "completion/gdcli.bash", "help/commands.txt"):
        assert f"gdcli/render/{name}" in inside


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_a_page_of_all_its_options(page, name):
    assert page(name, "--help-all").startswith(f"Usage: gdcli {name}")


def test_no_line_of_the_first_page_is_wider_than_a_screen(page):
    assert [line for line in page("--help").splitlines() if len(line) >= 80] == []
