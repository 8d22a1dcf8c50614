"""The index of names: each command's options and arguments, and each sample."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

INDEX = Path(__file__).with_name("index.tsv")
FLAG = "flag"


class Entry(NamedTuple):
    """A line of the index.

    Args:
        owner: A command, as `sweep fit`; empty for the program's own; `sample:` for a sample.
        names: How it is written, `--y --target`; an argument's place, `0`, or `0*` where more may follow; else a name.
        kind: What its value is: `choice:a|b`, `list:a|b`, `column`, `columns`, `data`, `file:.csv`, `flag`, `value`.
        help: A line about it; of `text`, paragraphs between ¶.
        metavar: What stands for its value.
        group: What it is about.
    """

    owner: str
    names: str
    kind: str
    help: str
    metavar: str = ""
    group: str = ""


def entries(owner: str) -> Iterator[Entry]:
    """The entries of one owner, in order."""
    with INDEX.open(encoding="utf-8") as file:
        for line in file:
            if line.partition("\t")[0] == owner:
                yield Entry(*line.rstrip("\n").split("\t"))


def owners() -> dict[str, None]:
    """All owners, in order."""
    with INDEX.open(encoding="utf-8") as file:
        return dict.fromkeys(line.partition("\t")[0] for line in file)
