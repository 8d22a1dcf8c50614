"""Model files with crafted metadata and tensors: sound safetensors around what no training wrote."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from .case import Case
from .stock import Stock
from .values import crafted, damaged, json_value

AMOUNTS = (0, 1, 2, 3, -1, 0.5, 0.25, 1e-9, 1e300, 10**6, 10**12, 2**63, 1e18)
NAME = "m.safetensors"


def parts(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray[Any, Any]]]:
    """What a model says of itself, and its tensors."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["gdcli"]), load(content)


def whole(about: Any, tensors: dict[str, np.ndarray[Any, Any]]) -> bytes:
    """A model of both."""
    return save({name: np.ascontiguousarray(one) for name, one in tensors.items()}, {"gdcli": json.dumps(about)})


def case(rng: Random, stock: Stock) -> Case:
    """A command on a model."""
    base = rng.choice(stock.models)
    about, tensors = parts(stock.files[base])
    kind = rng.random()
    if kind < 0.6:
        about = rng.choice((crafted, _field, _amount))(rng, about)
    if kind > 0.45:
        tensors = _tensors(rng, tensors)
    content = whole(about, tensors)
    if kind > 0.93:
        content = damaged(rng, content)
    rows = stock.rows_of[base]
    return on_model(rng, "models", content, rows, stock)


def on_model(rng: Random, surface: str, content: bytes, rows: str, stock: Stock) -> Case:
    """A command that reads a model."""
    argv = rng.choice((
        ["predict", NAME, rows],
        ["predict", NAME, rows, "--probabilities"],
        ["evaluate", NAME, rows],
        ["evaluate", NAME, rows, "--plot"],
        ["limit", NAME, "--on", rows],
        ["limit", NAME],
        ["collapse", NAME],
        ["collapse", NAME, rows],
        ["surface", NAME, rows],
        ["train", rows, "--resume", NAME, "--epochs", "4"],
        ["train", rows, "--resume", NAME, "--epochs", "4"],
        ["train", rows, "--resume", NAME, "--epochs", "4", "--lr", "0.1", "--save", "out.safetensors"],
    ))  # fmt: skip
    form = ["--format", rng.choice(("json", "csv", "kv", "jsonl", "table"))] if rng.random() < 0.7 else []
    return Case(surface, (*argv, *form), {NAME: content, rows: stock.files[rows]}, tty=rng.random() < 0.05)


def _field(rng: Random, about: dict[str, Any]) -> dict[str, Any]:
    """Another value for a field."""
    name = rng.choice([one for one in about if one != "format"])
    return about | {name: json_value(rng)}


def _amount(rng: Random, about: Any) -> Any:
    """Another number where there was one."""
    if isinstance(about, dict) and about:
        name = rng.choice(list(about))
        return about | {name: _amount(rng, about[name])}
    if isinstance(about, list) and about:
        at = rng.randrange(len(about))
        return [*about[:at], _amount(rng, about[at]), *about[at + 1 :]]
    if isinstance(about, int | float):
        return rng.choice((*AMOUNTS, about + 1, about - 1, about * 2))
    return about


def _tensors(rng: Random, tensors: dict[str, np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    name = rng.choice(list(tensors))
    one = tensors[name]
    kind = rng.randrange(9)
    if kind == 0:
        return {key: each for key, each in tensors.items() if key != name}
    if kind == 1:
        return tensors | {name: one.astype(rng.choice(("f4", "f8", "f2", "i8", "u1", "?")))}
    if kind == 2:
        return tensors | {name: rng.choice((one.ravel(), one[None], one.T, one[:0], one.reshape(-1)[:1], np.zeros(())))}
    if kind == 3:
        return tensors | {name: tensors[rng.choice(list(tensors))]}
    if kind == 4:
        return tensors | {rng.choice(("x", "", "9.weight", "optimizer.z", "resume.best")): one}
    if kind == 5:
        return {(rng.choice(list(tensors)) if key == name else key): each for key, each in tensors.items()}
    changed = np.array(one)
    if changed.size and changed.dtype.kind == "f":
        changed.flat[rng.randrange(changed.size)] = rng.choice((np.nan, np.inf, -np.inf, 1e38, -1e38, 0.0, 1e-40, -1.0))
    return tensors | {name: changed}
