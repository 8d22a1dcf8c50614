"""What is imported when: start-up is paid by every command, so each loads only what it uses."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import gdcli

TERMINAL = {"typer", "rich", "textual"}
CHARTS = "gdcli.render.charts.plots"
PACKAGE = Path(gdcli.__file__)

CALL = """
import sys
from gdcli.cli import main
for arguments in {commands!r}:
    sys.argv = ["gdcli", *arguments]
    try:
        main()
    except SystemExit as end:
        assert not end.code or not arguments, (arguments, end.code)
print(*sys.modules, file=sys.stderr)
"""
HELP = [[], ["--help"], ["--version"], ["fit", "--help"]]
NUMBERS = [
    ["fit", "sample:deck", "--format", "csv"],
    ["fit", "sample:deck", "--format", "json", "-q"],
    ["mse", "sample:deck", "--m", "2", "--b", "1"],
    *([name, "--help"] for name in ("fit", "mse", "score", "step", "sample")),
]
TABLES = [
    ["fit", "sample:deck"],
    ["step", "sample:deck"],
    ["sample"],
    ["train", "sample:xor", "--epochs", "1"],
]


def modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after running some code; the last line of stderr."""
    return {name.partition(".")[0] for name in all_modules_after(code)}


def all_modules_after(code: str) -> set[str]:
    """All modules that a fresh interpreter has loaded after running some code, by their full names."""
    ran = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return set(ran.stderr.splitlines()[-1].split())


@pytest.mark.quick
def test_rows_alone_need_nothing_that_speaks_of_the_run() -> None:
    loaded = all_modules_after(CALL.format(commands=[NUMBERS[0]]))
    assert not loaded & {
        f"gdcli.analysis.{name}" for name in ("claims", "descent", "outlook", "overfitting", "verdicts")
    }
    assert not loaded & {"gdcli.experiments.folds", "gdcli.experiments.judgement", "gdcli.data.reading", "numpy.ma"}


@pytest.mark.quick
@pytest.mark.parametrize(
    ("commands", "never"),
    [(HELP, ["numpy", CHARTS, "rich"]), (NUMBERS, ["rich", CHARTS]), (TABLES, [CHARTS])],
    ids=["help", "numbers", "tables"],
)
def test_commands_import_only_what_they_use(commands: list[list[str]], never: list[str]) -> None:
    """One process for the commands that share what they never load: what none of them loads, each does not."""
    loaded = all_modules_after(CALL.format(commands=commands))
    assert "gdcli" in loaded
    assert commands is HELP or "numpy" in loaded
    assert not loaded & {*never, "textual", "aiohttp"}, "what draws the playground is for the playground"


def test_plot_is_what_loads_charts() -> None:
    assert CHARTS in all_modules_after(CALL.format(commands=[["fit", "sample:deck", "--epochs", "3", "--plot"]]))


def test_package_alone_loads_nothing() -> None:
    loaded = modules_after("import gdcli, sys; gdcli.__version__; print(*sys.modules, file=sys.stderr)")
    assert not loaded & (TERMINAL | {"numpy"})


def test_whole_core_needs_no_terminal_library() -> None:
    code = "import gdcli, sys; [getattr(gdcli, name) for name in gdcli.__all__]; print(*sys.modules, file=sys.stderr)"
    loaded = modules_after(code)
    assert "numpy" in loaded
    assert not loaded & TERMINAL


@pytest.mark.quick
def test_lazy_names_resolve() -> None:
    for name in gdcli.__all__:
        assert getattr(gdcli, name) is not None, name
        assert name in dir(gdcli)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'adamant'"):
        _ = gdcli.adamant


@pytest.mark.quick
def test_lazy_names_and_those_for_type_checkers_are_the_same() -> None:
    tree = ast.parse(PACKAGE.read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    typed = {
        alias.asname: (node.module, alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for name, (home, original) in typed.items():
        assert getattr(gdcli, str(name)) is getattr(importlib.import_module(str(home)), original)
    assert set(typed) | {"__version__"} == set(gdcli.__all__)
