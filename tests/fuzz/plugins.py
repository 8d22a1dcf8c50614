"""Plug-ins: the examples of docs/plugins.md, with a line, a name or a result that is not as it was."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from gdcli.cli import app
from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal

from .case import Case
from .stock import Stock
from .values import damaged

PAGE = Path(__file__).parents[2] / "docs" / "plugins.md"
EXAMPLE = re.compile(r"```python\n# (\w+\.py)\n(.*?)```\n+```console\n\$ gdcli ([^\n]*)", re.DOTALL)
RESULTS = (
    *("None", "'x'", "float('nan')", "[1]", "0", "1/0", "()", "(1, 2, 3)", "np.zeros(3)", "np.zeros((0,))", "{}"),
    *("exit(7)", "(None, None)", "(np.inf, np.nan)", "[]", "np.array(['a'])", "object()", "1j", "np.zeros(3), 1"),
)
LINES = (
    *(
        "raise ValueError('no')",
        "raise KeyError('x')",
        "import nowhere",
        "__all__ = ['nope']",
        "__all__ = []",
        "x = (",
        "exit(3)",
    ),
    *(
        "    pass",
        "import gdcli",
        "__all__ = [1]",
        "__all__ = 3",
        "raise RecursionError",
        "1/0",
        "é = 3",
    ),
    *(
        "raise SystemExit('bye')",
        "from gdcli.errors import DataError; raise DataError('a\\nb')",
        "raise MemoryError",
        "x = 3",
    ),
)
MARKS = ("", "@staticmethod", "@property", "@loss()", "@suits('nope')", "@toy('gdcli nope')", "@schedule")


@cache
def examples() -> list[tuple[str, str, list[str]]]:
    """The files of the page, and the command that shows each."""
    return [
        (name, source, shlex.split(words)) for name, source, words in EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    ]


def case(rng: Random, stock: Stock) -> Case:
    """A command with a plug-in."""
    name, source, argv = rng.choice(examples())
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        source = _changed(rng, source)
    content = source.encode()
    if rng.random() < 0.05:
        content = damaged(rng, content)
    if rng.random() < 0.15:
        argv = rng.choice(
            (["loss"], ["activation"], ["sample"], ["fit", "--help"], ["train", "rows.csv", "--epochs", "1"])
        )
        argv = [*argv, "--plugin", name]
    rows = {one: stock.files[one] for one in ("rows.csv", "classes.csv")}
    return Case("plugins", tuple(argv), {name: content, **rows})


def _changed(rng: Random, source: str) -> str:
    """Another result, line, name or mark."""
    kind, lines = rng.random(), source.split("\n")
    if kind < 0.35:
        returns = [at for at, line in enumerate(lines) if line.lstrip().startswith("return ")]
        at = rng.choice(returns or [0])
        head = lines[at].partition("return ")[0]
        lines[at] = head + f"return {rng.choice(RESULTS)}"
    elif kind < 0.5:
        at = rng.randrange(len(lines) + 1)
        near = lines[min(at, len(lines) - 1)]
        lines.insert(at, near[: len(near) - len(near.lstrip())] + rng.choice(LINES))
    elif kind < 0.65:
        del lines[rng.randrange(len(lines))]
    elif kind < 0.75:
        at = rng.choice([at for at, line in enumerate(lines) if line.startswith(("@", "def ", "class "))] or [0])
        lines[at] = rng.choice(MARKS) if lines[at].startswith("@") else lines[at].replace(": float", ": str")
    elif kind < 0.85:
        return re.sub(
            r"def (\w+)\(", lambda found: f"def {rng.choice((found[1], 'x', 'mse', '_y', 'é'))}(", source, count=1
        )
    else:
        return re.sub(
            r"\(([a-z_, ]+)\):", lambda found: f"({rng.choice((found[1], '', 'x', '*x', found[1] + ', z'))}):", source
        )
    return "\n".join(lines)


def load(case: Case, terminal: Terminal) -> int:
    """Runs it with commands made anew, which may have options of the plug-in's; its own arithmetic is its own."""
    clear = getattr(app.load, "cache_clear", lambda: None)
    clear()
    try:
        with np.errstate(all="ignore"):
            return run(list(case.argv), terminal)
    finally:
        clear()
