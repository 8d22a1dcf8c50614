"""What is said of a command beside its options: which of them come first, and three examples."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gdcli.definitions.namedtuple import NamedTuple

TEXT = Path(__file__).with_name("commands.txt")


class Example(NamedTuple):
    """A command line to try, and what it shows."""

    command: str
    note: str


class About(NamedTuple):
    """A command's part of `commands.txt`.

    Args:
        first: The options that people need first, by their long names without dashes.
        examples: Command lines to try.
    """

    first: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()


def about(command: str) -> About:
    """What is said of a command, such as `sweep fit`.

    >>> about("fit").examples[0]
    Example(command='gdcli fit', note="the lecture's example")
    """
    first: tuple[str, ...] = ()
    examples: list[Example] = []
    for line in _lines(command):
        word, _, rest = line.partition(" ")
        if word == "first":
            first = tuple(rest.split())
        elif word == "$":
            text, _, note = rest.partition(" | ")
            examples.append(Example(text, note))
    return About(first, tuple(examples))


def _lines(command: str) -> Iterator[str]:
    """The lines under a command's name."""
    for paragraph in TEXT.read_text(encoding="utf-8").split("\n\n"):
        name, *lines = paragraph.strip().splitlines()
        if name == command:
            yield from lines
