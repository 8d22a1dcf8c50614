"""Every example of docs/plugins.md is run: each file by `--plugin`, the command below it, the notebook.

Run as a script, it brings what the commands print up to date: `python tests/test_plugins_page.py`.
"""

import contextlib
import io
import re
import shlex
from pathlib import Path

import pytest
from test_docs import fits

from gdcli.definitions.plugins import loaded, unload

PAGE = Path(__file__).parent.parent / "docs/plugins.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FILES = {
    code.split("\n", 1)[0].removeprefix("# "): code for kind, code in BLOCKS if kind == "python" and code[:2] == "# "
}
COMMANDS = [text for kind, text in BLOCKS if kind == "console"]
NOTEBOOKS = [code for kind, code in BLOCKS if kind == "python" and code not in FILES.values()]
LONGEST = 40


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the page's files."""
    monkeypatch.chdir(tmp_path)
    for name, code in FILES.items():
        Path(name).write_text(code, encoding="utf-8")


def words_of(text):
    """The command of a block, and what it is said to print."""
    command, *printed = text.splitlines()
    return shlex.split(command.removeprefix("$ gdcli ")), printed


def without_plugin(words):
    at = words.index("--plugin")
    return [*words[:at], *words[at + 2 :]]


@pytest.mark.parametrize("text", COMMANDS, ids=lambda text: re.search(r"(\w+)\.py", text)[1])
@pytest.mark.usefixtures("folder")
def test_command_prints_what_the_page_shows(gdcli, text):
    words, printed = words_of(text)
    result = gdcli(*words)
    assert fits(printed, (result.out + result.err).splitlines())
    if printed[0].startswith("gdcli: "):
        assert (result.code, result.out) == (3 if "broken.py" in words else 2, "")
    else:
        assert result.code == 0
        assert gdcli(*without_plugin(words)).code == 2  # it is the plug-in that the command rests on


def test_every_file_is_used_and_short():
    used = {word for text in COMMANDS for word in words_of(text)[0] if word.endswith(".py")}
    assert used == set(FILES)
    assert max(len(code.splitlines()) for code in FILES.values()) <= LONGEST


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("code", NOTEBOOKS)
def test_notebook_prints_its_comments(code):
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(code, {})  # noqa: S102 - our own document
    finally:
        for one in loaded():
            unload(one)
    expected = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
    assert fits(expected, out.getvalue().splitlines())


def refresh():
    """Brings what the page's commands print up to date."""
    import os
    import tempfile

    from gdcli.cli.boundary import run
    from gdcli.cli.terminal import Terminal

    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as place:
        os.chdir(place)
        for name, code in FILES.items():
            Path(name).write_text(code, encoding="utf-8")
        for block in COMMANDS:
            streams = io.StringIO(), io.StringIO()
            run(words_of(block)[0], Terminal(None, *streams, {}))
            new = block.split("\n", 1)[0] + "\n" + "".join(one.getvalue() for one in streams)
            text = text.replace(f"```console\n{block}```", f"```console\n{new}```")
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    refresh()
