"""Lesson files: sound ones with a field, a command or some bytes that are not as they were."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from .case import Case
from .stock import Stock
from .values import FILE_NAMES, NO_NUMBERS, ODD_NUMBERS, crafted, damaged, json_value, weighted

SOUND: dict[str, Any] = {
    "title": "A first line",
    "text": ["A paragraph.", "Eine Zeile, 一行, a \u2028 line.", "{rate} %s {} {0}"],
    "code": "print(2 + 3)\n# '''\n",
    "prints": "5",
    "try": "Take a larger rate.",
    "try_command": "gdcli fit rows.csv --x x1 --epochs 2",
    "question": "What is m?",
    "answer": "The slope.",
}
COMMANDS: list[dict[str, Any]] = [
    {"run": "gdcli fit rows.csv --x x1 --epochs 3", "look": "It falls."},
    {"run": "gdcli fit rows.csv --lr 1000 --epochs 9", "look": "It diverges.", "exit": 4},
    {"run": "gdcli step --lr 0.1"},
    {"run": "gdcli show rows.csv", "look": ""},
    {"run": "gdcli fit none.csv", "exit": 3},
    {"run": "gdcli check --grad-m '5*m + 3*b - 13'"},
]
WORDS = (
    *("fit", "gdcli", "--lr", "0.1", "rows.csv", "none.csv", "-o", "out.txt", "--save", "m.safetensors", "../x", "|"),
    *(">x", "'", '"', "--plugin", "p.py", "--help", "-", "live", "lesson", "quiz", "\\", "&&", "--epochs", "1e9", ""),
    *("help", "--python", "sample:deck", "a/b", "--lang", "zh-TW", "--debug", "$(id)", "#", "\n"),
)
TOML = ("[[command]]", "[command]", "x = 1", "a.b.c = 1", "'''", '"""', "]", "title = 3", "[[[", "= 3", "é = 1", "# x")
WAYS = (
    (6, ("--check",)),
    (3, ("--plain",)),
    (1, ()),
    (1, ("--save", "out.html")),
    (1, ("--save", "out.md")),
    (1, ("--format", "json")),
)


def case(rng: Random, stock: Stock) -> Case:
    """A lesson given, checked or saved."""
    fields = dict(SOUND, command=rng.sample(COMMANDS, rng.randrange(3)))
    for name in rng.sample(list(SOUND)[2:], rng.randrange(6)):
        del fields[name]
    kind = rng.random()
    if kind < 0.35:
        fields = crafted(rng, fields)
    elif kind < 0.7 and fields["command"]:
        one = rng.choice(fields["command"])
        fields["command"] = [dict(one, run=_changed(rng, one["run"]))]
    content = "\n".join(_written(fields)).encode("utf-8", "surrogateescape")
    if rng.random() < 0.2:
        lines = content.split(b"\n")
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(TOML).encode())
        content = b"\n".join(lines)
    if rng.random() < 0.15:
        content = damaged(rng, content)
    name = rng.choice(("own.toml", "own.toml", "own.toml", *(one for one in FILE_NAMES if not one.startswith("-"))))
    way = list(weighted(rng, WAYS))
    argv = ["lesson", *way, name] if way[:1] == ["--check"] else ["lesson", name, *way]
    languages = (["--lang", "zh-TW"],) if rng.random() < 0.3 else ([],)
    return Case(
        "lessons",
        (*argv, *rng.choice(languages)),
        {name: content, "rows.csv": stock.files["rows.csv"]},
        rng.choice((None, b"\n\n\nq\n")),
        tty=rng.random() < 0.1,
        encoding=rng.choice(("utf-8", "utf-8", "utf-8", "ascii", "latin-1")),
    )


def _changed(rng: Random, command: str) -> str:
    """A command with other words."""
    words = command.split(" ")
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(words) + 1)
        words[at : at + rng.randrange(2)] = [rng.choice(WORDS if rng.random() < 0.8 else NO_NUMBERS + ODD_NUMBERS)]
    return " ".join(words)


def _written(fields: Any) -> list[str]:
    """A table as TOML, its tables last; what TOML has no word for is written all the same."""
    if not isinstance(fields, dict):
        return [f"title = {_value(fields)}"]
    commands = fields.get("command")
    as_tables = isinstance(commands, list) and all(isinstance(one, dict) for one in commands)
    lines = [f"{_name(name)} = {_value(one)}" for name, one in fields.items() if not (as_tables and name == "command")]
    for one in commands if as_tables else ():
        lines += ["", "[[command]]", *(f"{_name(name)} = {_value(value)}" for name, value in one.items())]
    return lines


def _name(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    """A value as TOML: mostly as JSON has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_name(name)} = {_value(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("NaN", "nan").replace("Infinity", "inf")


def table(rng: Random, fields: dict[str, Any]) -> bytes:
    """Plain keys as TOML, some of them changed."""
    changed = {name: (json_value(rng) if rng.random() < 0.15 else one) for name, one in fields.items()}
    return "\n".join(_written(changed)).encode("utf-8", "surrogateescape")
