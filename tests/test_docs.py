"""The documents say what the program does: every console example is run, and every option is listed.

Run as a script, it brings the examples up to date: `python tests/test_docs.py`. One with a wildcard (a line `...`)
that no longer fits is only shown; a person decides what to leave out. A command without a chapter gets one.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gdcli.cli.app import COMMANDS, load

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ("README.md", "docs/tour.md", "docs/commands.md", "docs/reference.md", "docs/library.md")
EXAMPLES += ("docs/defaults.md", "docs/shell.md")
LINKED = (*EXAMPLES, "CHANGELOG.md", "CONTRIBUTING.md", "docs/plugins.md", "docs/benchmarks.md", "samples/README.md")
LINKED += ("docs/README.md", "docs/install.md", "docs/scale.md", "SECURITY.md", "docs/reliability.md")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LONG_NUMBER = re.compile(r"\b\d+\.\d{9,}(?:e[+-]?\d+)?\b")
MARK = "~~~ end of a command ~~~"
PROGRAMS = {"gdcli": "-m gdcli", "python": ""}


@dataclass(frozen=True)
class Example:
    """A console block.

    Args:
        document: The file it stands in.
        line: The line it begins at.
        text: All of it.
    """

    document: str
    line: int
    text: str

    @property
    def commands(self) -> list[tuple[str, list[str]]]:
        """Each command, and the lines that it is said to print."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            elif found:
                found[-1][1].append(line)
        return found

    def run(self, folder: Path) -> list[list[str]]:
        """What each command prints, on a terminal's two streams together, in one shell."""
        script = "".join(f"{command}\n__=$?; printf '%s\\n' {MARK!r}; (exit $__)\n" for command, _ in self.commands)
        ran = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return [part.removeprefix("\n").splitlines() for part in ran.stdout.split(MARK)[:-1]]


def examples(document: str) -> list[Example]:
    """A document's console blocks."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [Example(document, text.count("\n", 0, m.start()) + 1, m[1]) for m in BLOCK.finditer(text)]


ALL_EXAMPLES = [example for document in EXAMPLES for example in examples(document)]


def environment(folder: Path) -> dict[str, str]:
    """A plain terminal's, with the programs that the documents call."""
    ours = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "COLUMNS": "80", "TERM": "xterm", "PYTHONUTF8": "1"}
    ours["XDG_CONFIG_HOME"] = str(folder)  # whose settings are nobody's
    unwanted = {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLORTERM", "PYTHONUNBUFFERED"}
    return {name: value for name, value in os.environ.items() if name not in unwanted} | ours


def prepare(folder: Path) -> Path:
    """A folder like a fresh checkout's: the samples, and the programs."""
    (folder / "samples").symlink_to(ROOT / "samples")
    (folder / "bin").mkdir()
    for name, arguments in PROGRAMS.items():
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {arguments} "$@"\n')
        program.chmod(0o755)
    return folder


def fits(expected: list[str], printed: list[str]) -> bool:
    """Whether lines are as expected; `...` on a line of its own stands for any lines."""
    parts = [".*" if line == "..." else re.escape(f"{comparable(line)}\n") for line in expected]
    return re.fullmatch("".join(parts), "".join(f"{comparable(line)}\n" for line in printed), re.DOTALL) is not None


def comparable(line: str) -> str:
    """A line without blanks at its end, and numbers of more than ten digits as they are on any processor."""
    return LONG_NUMBER.sub(lambda number: f"{float(number[0]):.9g}", line.rstrip())


def named(example: Example) -> str:
    return f"{example.document}:{example.line}"


@pytest.mark.parametrize("example", ALL_EXAMPLES, ids=named)
def test_example_prints_what_the_document_shows(example: Example, tmp_path: Path) -> None:
    printed = example.run(prepare(tmp_path))
    assert len(printed) == len(example.commands) > 0
    for (command, expected), lines in zip(example.commands, printed, strict=True):
        difference = "\n".join(difflib.unified_diff(expected, lines, "documented", "printed", lineterm=""))
        assert fits(expected, lines), f"$ {command}\n{difference}"


@pytest.mark.parametrize("document", EXAMPLES)
def test_python_example_prints_its_comments(
    document: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(prepare(tmp_path))  # an example may save a model
    for code in PYTHON.findall((ROOT / document).read_text(encoding="utf-8")):
        exec(code, {})  # noqa: S102 - our own document
        expected = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
        printed = capsys.readouterr().out.splitlines()
        assert fits(expected, printed), printed


@pytest.mark.quick
@pytest.mark.parametrize("name", COMMANDS)
def test_command_has_its_chapter_and_every_option_in_it(name: str) -> None:
    chapters = re.split(r"^## ", (ROOT / "docs/commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    (chapter,) = (text for text in chapters if text.startswith(f"`gdcli {name}`"))
    words = set(re.findall(r"--?[a-z][a-z0-9-]*", chapter))
    known = [one for one in load(name).params if not getattr(one, "hidden", False)]
    options = [word for parameter in known for word in (*parameter.opts, *parameter.secondary_opts)]
    assert {word for word in options if word.startswith("-")} <= words
    assert f"gdcli {name}" in (ROOT / "README.md").read_text(encoding="utf-8"), "the README does not name it"


@pytest.mark.quick
@pytest.mark.parametrize("name", COMMANDS)
def test_help_line_is_the_first_line_of_the_docstring(name: str) -> None:
    assert (load(name).help or "").splitlines()[0] == COMMANDS[name]


@pytest.mark.quick
@pytest.mark.parametrize("document", LINKED)
def test_links_inside_the_project_lead_somewhere(document: str) -> None:
    path = ROOT / document
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8"))
    missing = [link for link in links if ":" not in link and not (path.parent / link).exists()]
    assert not missing


def test_the_readme_s_commands_are_what_is_checked_on_a_fresh_machine() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^pip install '\.\[test\]' && .*$", readme, re.MULTILINE)
    assert command in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def refreshed(example: Example, folder: Path) -> Iterator[str]:
    """The block's lines with what its commands print now."""
    for (command, expected), printed in zip(example.commands, example.run(folder), strict=True):
        yield f"$ {command}"
        current = fits(expected, printed)
        if not current and "..." in expected:
            sys.stderr.write(f"{named(example)}: edit by hand: {command}\n" + "\n".join(printed) + "\n")
            current = True
        yield from expected if current else [line.rstrip() for line in printed]


def refresh(document: str) -> None:
    """Rewrites a document's examples."""
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    for example in examples(document):
        with tempfile.TemporaryDirectory() as folder:
            lines = "".join(f"{line}\n" for line in refreshed(example, prepare(Path(folder))))
        text = text.replace(f"```console\n{example.text}```", f"```console\n{lines}```")
    path.write_text(text, encoding="utf-8")


def add_chapters() -> None:
    """Gives each command that has none a chapter with its help."""
    path = ROOT / "docs/commands.md"
    text = path.read_text(encoding="utf-8")
    new = [name for name in COMMANDS if f"\n## `gdcli {name}`\n" not in text]
    chapters = [f"\n## `gdcli {name}`\n\n```console\n$ gdcli {name} --help-all\n```\n" for name in new]
    path.write_text(text + "".join(chapters), encoding="utf-8")


if __name__ == "__main__":
    add_chapters()
    for each in EXAMPLES:
        refresh(each)
