"""Settings: a gdcli.toml and variables, with values that are none, in commands that show results."""

from __future__ import annotations

from random import Random
from typing import Any

from .case import Case
from .lessons import TOML, table
from .stock import Stock
from .values import NO_NUMBERS, ODD_NUMBERS, damaged

VALUES: dict[str, tuple[Any, ...]] = {
    "color": ("auto", "never", "ALWAYS", "sometimes", True),
    "format": ("table", "json", "csv", "kv", "JSONL", "tsv", "value", "yaml", 3),
    "lang": ("en", "zh-TW", "zh_TW.UTF-8", "auto", "fr", "C", "", "zh", 3),
    "plot": (True, False, "auto", "yes", "off", 2, "perhaps"),
    "quiet": (True, False, "on", "no", 1, "quite"),
    "threads": (1, 2, "auto", 0, -1, 1024, 1025, "two", 1.5),
}
OTHERS = ("lr", "seed", "epochs", "colour", "formt", "fit", "GDCLI", "x", "", "é", "standardize")
COMMANDS = (
    *(["config", "show"], ["config", "show", "-f", "json"], ["config", "show", "-f", "csv"]),
    *(["fit", "rows.csv", "--x", "x1", "--epochs", "2"], ["fit", "rows.csv", "--epochs", "2", "-f", "json"]),
    *(
        ["mse", "rows.csv", "--pred", "x1"],
        ["show", "rows.csv"],
        ["sample"],
        ["step"],
        ["lesson"],
        ["explain", "epoch"],
    ),
    *(["--help"], ["fit", "--help"], ["help", "fit"], ["fitt"], ["quiz", "--answer", "3"], ["check", "--rmse", "m"]),
    *(
        ["train", "classes.csv", "--epochs", "1"],
        ["live", "--plain"],
        ["sweep", "fit", "--lr", "0.1,3", "--epochs", "2"],
    ),
)


def case(rng: Random, stock: Stock) -> Case:
    """A command under settings."""
    command = rng.choice(COMMANDS)
    some = rng.sample(list(VALUES), rng.choice((1, 1, 2, 3)))
    fields = {name: rng.choice(VALUES[name]) for name in some}
    if rng.random() < 0.15:
        fields[rng.choice(OTHERS)] = rng.choice((1, "x", 0.1, {"a": 1}, [1]))
    files = {name: content for name, content in stock.files.items() if name.endswith(".csv")}
    environ = {"TERM": rng.choice(("xterm", "dumb", "xterm-256color"))}
    if rng.random() < 0.75:
        files["gdcli.toml"] = _file(rng, fields)
    if rng.random() < 0.4 or "gdcli.toml" not in files:
        environ |= {f"GDCLI_{name.upper()}": _text(rng, one) for name, one in fields.items() if rng.random() < 0.7}
    if rng.random() < 0.1:
        environ |= {rng.choice(("LANG", "LC_ALL", "LC_MESSAGES")): rng.choice(("zh_TW.UTF-8", "C", "fr_FR", "zh", ""))}
    return Case(
        "settings",
        tuple(command),
        files,
        rng.choice((None, b"n\nq\n")),
        environ=environ,
        tty=rng.random() < 0.2,
        encoding="utf-8" if "format" in fields else rng.choice(("utf-8", "utf-8", "ascii", "latin-1")),
    )


def _file(rng: Random, fields: dict[str, Any]) -> bytes:
    content = table(rng, fields)
    if rng.random() < 0.15:
        content += b"\n" + rng.choice(TOML).encode()
    return damaged(rng, content) if rng.random() < 0.2 else content


def _text(rng: Random, value: Any) -> str:
    text = str(value) if rng.random() < 0.8 else rng.choice(NO_NUMBERS + ODD_NUMBERS)
    return text.replace("\0", "")
