"""Recordings of sittings, with lines that nobody recorded."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from .case import Case
from .stock import Stock
from .values import crafted, damaged

WORDS = ("n", "n 5", "e", "f", "b", "z", "r", "space", "c", "x", "o", "lr 0.1", "l", "?", "s", "d", "", "n x", "9", "é")


def case(rng: Random, stock: Stock) -> Case:
    """A recording played back."""
    name = rng.choice(list(stock.recordings))
    lines = stock.recordings[name].splitlines()
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        lines = _changed(rng, lines)
    content = b"\n".join(lines) + b"\n"
    if rng.random() < 0.1:
        content = damaged(rng, content)
    typed = "".join(f"{rng.choice(WORDS)}\n" for _ in range(rng.randrange(1, 12))) + "f\nq\n"
    files = {"r.jsonl": content} | {one: stock.files[one] for one in ("rows.csv", "classes.csv") if rng.random() < 0.9}
    how = ("--save", "out.html") if rng.random() < 0.1 else ("--plain",)
    return Case("recordings", ("live", *how, "--replay", "r.jsonl"), files, typed.encode())


def _changed(rng: Random, lines: list[bytes]) -> list[bytes]:
    if not lines:
        return lines
    at, kind = rng.randrange(len(lines)), rng.random()
    if kind < 0.06:
        return lines[:at] + lines[at + 1 :]
    if kind < 0.1:
        return lines[:at] + [lines[at]] + lines[at:]
    if kind < 0.16:
        lines = list(lines)
        to = rng.randrange(len(lines))
        lines[at], lines[to] = lines[to], lines[at]
        return lines
    if rng.random() < 0.5:  # the setups hold most
        at = rng.choice([number for number, line in enumerate(lines) if b'"setup"' in line] or [at])
    return [*lines[:at], _crafted(rng, lines[at]), *lines[at + 1 :]]


def _crafted(rng: Random, line: bytes) -> bytes:
    try:
        known: Any = json.loads(line)
    except ValueError:
        return line
    return json.dumps(crafted(rng, known)).encode()
