"""What can stand where the cursor is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from gdcli.render.completion.columns import columns
from gdcli.render.completion.index import FLAG, Entry, entries, owners

SAMPLE = "sample:"
COMMANDS_OF_SEVERAL = ("sweep",)


class Candidate(NamedTuple):
    """A word that fits, and a line about it."""

    text: str
    help: str = ""


class Typed(NamedTuple):
    """What stands on the line before the cursor, as its command understands it.

    Args:
        options: Values by the option's names; of a flag, an empty text.
        arguments: What is no option.
        waiting: The option whose value comes next.
    """

    options: dict[str, str]
    arguments: list[str]
    waiting: Entry | None = None


def candidates(words: Sequence[str], word: str) -> list[Candidate]:
    """The words that can stand at the cursor, in order, each beginning with what is typed already.

    Args:
        words: The words before it, after the program's name.
        word: What is typed of the word at the cursor.

    >>> [one.text for one in candidates(["fit", "--optimizer"], "ad")]
    ['adagrad', 'adam', 'adamw']
    >>> [one.text for one in candidates(["fit", "sample:iris"], "--y=sp")]
    ['--y=species']
    """
    owner, rest = _owner(words)
    known = list(entries(owner))
    typed = _typed(rest, known)
    flag, equals, start = word.partition("=")
    named = _named(flag, known) if equals and word.startswith("--") else None
    if named is not None:
        fitting = _prefixed(f"{flag}=", _values(named, start, typed, known))
    elif typed.waiting is not None:
        fitting = list(_values(typed.waiting, word, typed, known))
    elif word.startswith("-"):
        fitting = list(_options(known, typed))
    else:
        fitting = [*_subcommands(owner, rest), *_arguments(known, word, typed)]
    return [one for one in dict.fromkeys(fitting) if one.text.startswith(word) and one.text.isprintable()]


def _owner(words: Sequence[str]) -> tuple[str, list[str]]:
    """The command that the words belong to, and those after its name."""
    known, owner, rest = owners(), "", list(words)
    while len(rest) > 1 and rest[0] == "--plugin":
        rest = rest[2:]
    while rest and f"{owner} {rest[0]}".strip() in known:
        owner, rest = f"{owner} {rest[0]}".strip(), rest[1:]
        if owner not in COMMANDS_OF_SEVERAL:
            break
    return owner, rest


def _typed(words: Iterable[str], known: Sequence[Entry]) -> Typed:
    options: dict[str, str] = {}
    arguments: list[str] = []
    waiting: Entry | None = None
    for word in words:
        flag, equals, value = word.partition("=")
        if waiting is not None:
            options[waiting.names], waiting = word, None
        elif (one := _named(flag if word.startswith("--") else word, known)) is not None:
            options[one.names] = value
            waiting = None if equals or one.kind == FLAG else one
        elif not word.startswith("-") or word == "-":
            arguments.append(word)
    return Typed(options, arguments, waiting)


def _named(flag: str, known: Iterable[Entry]) -> Entry | None:
    """The option of that name."""
    return next((one for one in known if flag.startswith("-") and flag in one.names.split()), None)


def _options(known: Iterable[Entry], typed: Typed) -> Iterator[Candidate]:
    """The options that are not given yet, by their long names."""
    for one in known:
        if one.names.startswith("-") and one.names not in typed.options:
            yield from (Candidate(name, one.help) for name in one.names.split() if name.startswith("--"))
            yield from (Candidate(name, one.help) for name in one.names.split() if not name.startswith("--"))


def _subcommands(owner: str, rest: Sequence[str]) -> Iterator[Candidate]:
    """The commands of the program, or of a command of several."""
    if any(not word.startswith("-") for word in rest):
        return
    start = f"{owner} ".lstrip()
    for name in owners():
        if name.startswith(start) and name != owner and " " not in name[len(start) :] and not name.endswith(":"):
            about = next((one.help for one in entries(name) if one.names == "command"), "")
            yield Candidate(name[len(start) :], about)


def _arguments(known: Iterable[Entry], word: str, typed: Typed) -> Iterator[Candidate]:
    """What the next argument can be."""
    place = len(typed.arguments)
    for one in known:
        number, again = one.names.removesuffix("*"), one.names.endswith("*")
        if number.isdecimal() and (int(number) == place or (again and int(number) < place)):
            yield from _values(one, word, typed, known)


def _values(option: Entry, word: str, typed: Typed, known: Iterable[Entry]) -> Iterator[Candidate]:
    """The values of an option or argument that begin with a word."""
    kind, _, rest = option.kind.partition(":")
    if kind in ("choice", "list"):
        words = [Candidate(name) for name in rest.split("|")]
        yield from _listed(words, word) if kind == "list" else words
    elif kind in ("column", "columns"):
        names = [Candidate(name) for name in columns(_source(typed, known), _given(typed, "--delimiter"))]
        yield from _listed(map(_in_list, names), word) if kind == "columns" else names
    elif kind in ("sample", "data"):
        begun = word.startswith(SAMPLE) or kind == "sample"
        start = SAMPLE if word.startswith(SAMPLE) else ""
        named = [Candidate(f"{start}{one.names}", one.help) for one in entries(SAMPLE)]
        yield from named if begun else [*files(word), Candidate(SAMPLE, "a data set that is here already")]
    elif kind == "file":
        suffixes, _, words_ = rest.partition("|")
        yield from (Candidate(name) for name in words_.split("|") if name)
        yield from files(word, suffixes)


def _listed(known: Iterable[Candidate], word: str) -> Iterator[Candidate]:
    """Names between commas: those that can follow the last comma."""
    start = word[: word.rfind(",") + 1]
    taken = start.split(",")
    return (one._replace(text=start + one.text) for one in known if one.text not in taken)


def _in_list(one: Candidate) -> Candidate:
    """A column's name as it stands between commas."""
    return one._replace(text=f'"{one.text}"') if "," in one.text else one


def _prefixed(start: str, known: Iterable[Candidate]) -> list[Candidate]:
    return [one._replace(text=start + one.text) for one in known]


def _given(typed: Typed, flag: str) -> str | None:
    """The value of an option on the line."""
    return next((value for names, value in typed.options.items() if flag in names.split()), None)


def _source(typed: Typed, known: Iterable[Entry]) -> str:
    """DATA, where the line has it."""
    places = [int(one.names.removesuffix("*")) for one in known if one.kind == "data"]
    return next((typed.arguments[place] for place in places if place < len(typed.arguments)), "")


def files(word: str, suffix: str = "") -> Iterator[Candidate]:
    """The files whose names begin with a word, and the folders, which end in `/`."""
    folder, name = os.path.split(word)
    try:
        found = sorted(Path(folder or ".").expanduser().iterdir())
    except OSError:
        return
    start = word[: len(word) - len(name)]
    for path in found:
        if path.name.startswith(name) and (name.startswith(".") or not path.name.startswith(".")):
            if path.is_dir():
                yield Candidate(f"{start}{path.name}/")
            elif path.name.endswith(suffix):
                yield Candidate(start + path.name)
