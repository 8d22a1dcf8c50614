"""Models of odd tables: what is saved can be used and gone on with, and scores as the run that saved it."""

from __future__ import annotations

import json
import math
from io import BytesIO, StringIO
from random import Random
from typing import Any

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal

from .case import Case
from .data import KINDS
from .stock import Stock
from .values import NAMES, table, weighted

SUFFIXES = {"csv": "csv", "jsonl": "jsonl", "npz": "npz", "npy": "npy", "sqlite": "db", "frame": "parquet"}
"""Of files, by kind, without images and workbooks."""
RUNS = (
    ("fit", "--epochs", "4"),
    ("fit", "--epochs", "4", "--degree", "2"),
    ("fit", "--epochs", "3", "--validation", "0.3"),
    ("fit", "--epochs", "4", "--optimizer", "adam", "--batch-size", "4"),
    ("train", "--epochs", "2"),
    ("train", "--epochs", "2", "--validation", "0"),
    ("train", "--epochs", "2", "--hidden", "3", "--task", "regression"),
    ("train", "--epochs", "2", "--hidden", "3", "--validation", "0.3", "--optimizer", "sgd", "--lr", "0.1"),
)
MORE = (
    *((), (), (), ("--missing", "drop"), ("--missing", "mean"), ("--standardize",), ("--scale", "minmax")),
    *(("--y", "1"), ("--x", "1"), ("--x", "1,2"), ("--features", "x1^2")),
)
MODEL = "kept.safetensors"
SCORES = ("loss", "mse", "mae", "accuracy")


def case(rng: Random, stock: Stock) -> Case:
    """A run whose model is kept."""
    kind, write = weighted(rng, [(weight, one) for weight, one in KINDS if one[0] in SUFFIXES])
    names, rows = table(rng)
    if rng.random() < 0.6:
        names = [name if name in NAMES[:2] else f"x{at}" for at, name in enumerate(names, 1)]
    file = f"data.{SUFFIXES[kind]}"
    command, *words = rng.choice(RUNS)
    return Case(
        "uses", ("@use", command, file, *words, *rng.choice(MORE), "--save", MODEL), {file: write(rng, names, rows)}
    )


def check(case: Case, terminal: Terminal) -> int:
    """Holds that a model that is saved can be used on the rows it was made of, and scores as it did."""
    _, command, file, *words = case.argv
    made, code = _answer([command, file, *words, "--format", "json"], terminal)
    if code or made is None:
        return code
    dropped = ["--missing", "drop"] if "drop" in words else []
    found, code = _answer(["evaluate", MODEL, file, "--format", "json", *dropped], terminal)
    if found is not None and made["validation"] is None and "--missing" not in words:
        near = 1e-3 if "--degree" in words else 1e-6  # raw powers of columns that hardly differ have few digits
        for name in SCORES:
            ours, theirs = made["train"].get(name), found.get(name)
            if ours is not None and theirs is not None and not math.isclose(ours, theirs, rel_tol=near, abs_tol=1e-9):
                raise AssertionError(f"{name} {ours} of the run, {theirs} of its model")
    _, other = _answer(["predict", MODEL, file, "--format", "jsonl", *dropped], terminal)
    if command == "train":
        _, more = _answer(["train", file, "--resume", MODEL, "--epochs", "3", "--format", "json", *dropped], terminal)
        other = other or more
    return code or other


def _answer(words: list[str], terminal: Terminal) -> tuple[Any, int]:
    """What a command prints, and its exit code.

    Raises:
        AssertionError: If it finds fault with the model, or has a bug.
    """
    out, err = StringIO(newline=""), StringIO()
    code = run(words, Terminal(BytesIO(), out, err, terminal.environ))
    said = err.getvalue()
    if f"{MODEL}:" in said or "a bug:" in said:
        raise AssertionError(f"{words[0]}: {said[:300]}")
    return (json.loads(out.getvalue()) if not code and "json" in words else None), code
