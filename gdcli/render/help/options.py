"""A command's options on its page of help: those that people need first, or all of them by their groups."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render.help.about import About

WIDTH = 72
OTHERS = "Other options"
MORE = "More, explained by --help-all"


class Described(NamedTuple):
    """An option in words.

    Args:
        name: Its long name without dashes.
        flags: How it is written, as `-o, --output FILE`.
        help: A line about it.
        group: What it is about; empty where it stands alone.
    """

    name: str
    flags: str
    help: str
    group: str = ""


class Section(NamedTuple):
    """What stands under a heading.

    Args:
        title: The heading.
        rows: Pairs of how an option is written and what it does.
        lines: Lines that are not broken.
    """

    title: str
    rows: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()


def sections(options: Sequence[Described], about: About, whole: bool) -> Iterator[Section]:
    """The examples, then the options that come first and the names of the others, or all options by their groups."""
    if about.examples:
        yield Section("Examples", lines=examples(about))
    wanted = [one for name in about.first for one in options if one.name == name]
    if whole or not wanted:
        yield from by_group(options)
        return
    last = [one for one in options if one.name in ("help", "help-all") and one not in wanted]
    yield Section("Options", _rows([*wanted, *last]))
    others = [one for one in options if one not in wanted and one not in last]
    if others:
        names = " ".join(f"--{one.name}" for one in others)
        yield Section(MORE, lines=textwrap.wrap(names, WIDTH + 4, break_on_hyphens=False))


def examples(about: About) -> list[str]:
    """The examples as lines for a shell, what each shows behind it."""
    longest = max(len(one.command) for one in about.examples)
    fits = longest + max(len(one.note) for one in about.examples) <= WIDTH
    return [f"{one.command:{longest if fits else 0}}  # {one.note}" for one in about.examples]


def by_group(options: Iterable[Described]) -> Iterator[Section]:
    """All options, each under what it is about; those that are about nothing in common come last."""
    groups: dict[str, list[Described]] = {}
    for one in options:
        groups.setdefault(one.group or OTHERS, []).append(one)
    alone = groups.pop(OTHERS, [])
    for title, members in groups.items():
        yield Section(title, _rows(members))
    if alone:
        yield Section(OTHERS if groups else "Options", _rows(alone))


def _rows(options: Iterable[Described]) -> list[tuple[str, str]]:
    return [(one.flags, one.help) for one in options]


def title_of(words: str) -> str:
    """A heading from the first line of a group's docstring.

    >>> title_of("How a gradient becomes an update: an optimizer's name, and more.")
    'How a gradient becomes an update'
    """
    return words.strip().partition("\n")[0].partition(":")[0].rstrip(".")
