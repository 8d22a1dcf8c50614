"""Options that come from definitions: the fields of optimizers and stopping rules, and the names in help texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, NamedTuple

import typer

import gdcli.cli.parse as parsers
from gdcli.definitions import (
    ACTIVATION,
    FORMAT,
    INITIALIZER,
    LOSS,
    OPTIMIZER,
    SCHEDULE,
    Kind,
    definitions,
    names,
)

__all__ = ["Field", "chosen", "fields_of", "group_of", "option", "with_names"]

LAST = 100
"""The place of an option whose field asks for none."""


class Field(NamedTuple):
    """One option of a group.

    Args:
        name: The field's.
        annotation: Its type, annotated with the typer option.
        default: Its value where it is not given.
    """

    name: str
    annotation: Any
    default: Any


def option(
    *words: str,
    help: str,  # noqa: A002 - as typer has it
    parser: Callable[[str], Any] | None = None,
    metavar: str | None = None,
    lists: Kind | None = None,
) -> Any:
    """A typer option whose default, if worth saying, is said in its help.

    Args:
        *words: The option's words: `--lr`, `--learning-rate`.
        help: What it is, in a line; `{optimizer}` and the like become the names of that kind (see `with_names`).
        parser: From the text to the value.
        metavar: What its value is called.
        lists: The kind whose names a shell may complete.
    """
    complete = None if lists is None else _completer(lists)
    return typer.Option(*words, help=help, parser=parser, metavar=metavar, show_default=False, autocompletion=complete)


def _completer(kind: Kind) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [name for name in names(kind) if name.startswith(incomplete.lower())]

    return complete


def fields_of(kind: Kind, own_defaults: bool = False) -> list[Field]:
    """The fields of all definitions of a kind as options, each name once.

    A field's metadata is its option: `metavar`, `help`, `accepts` (the name of a parser in `gdcli.cli.parse`) and
    `place` (its rank; those without come last, as they are defined). The first definition that has some speaks for all.

    Args:
        kind: Optimizers or stopping rules: dataclasses.
        own_defaults: Whether an option has its field's default; else it is None unless given.
    """
    found: dict[str, tuple[dataclasses.Field[Any], str]] = {}
    for name, definition in definitions(kind).items():
        for field in dataclasses.fields(definition):
            if field.name not in found or (field.metadata and not found[field.name][0].metadata):
                found[field.name] = field, name
    ordered = sorted(found.values(), key=lambda one: one[0].metadata.get("place", LAST))
    return [_field(field, owner, own_defaults) for field, owner in ordered]


def _field(field: dataclasses.Field[Any], owner: str, own_default: bool) -> Field:
    about = field.metadata
    parser = getattr(parsers, about.get("accepts", "number"))
    described = option(
        f"--{field.name.replace('_', '-')}",
        parser=parser,
        metavar=about.get("metavar", "VALUE"),
        help=about.get("help", f"Of {owner}."),
    )
    keeps = own_default and field.default is not dataclasses.MISSING
    return Field(field.name, Annotated[float | None, described], field.default if keeps else None)


def group_of(name: str, fields: Sequence[Field]) -> Any:
    """A group of options, as a named tuple."""
    made: Any = NamedTuple(name, [(one.name, one.annotation) for one in fields])  # type: ignore[misc]
    made.__new__.__defaults__ = tuple(one.default for one in fields)
    made._field_defaults = {one.name: one.default for one in fields}
    made.__module__ = __name__
    return made


def chosen(kind: Kind, options: Any) -> list[Any]:
    """The definitions of a kind that options ask for: those whose first field is given, with all that is given.

    Args:
        kind: Stopping rules.
        options: A group with the fields of `fields_of(kind)`.
    """
    made = []
    for definition in definitions(kind).values():
        fields = [field.name for field in dataclasses.fields(definition)]
        given = {name: getattr(options, name) for name in fields if getattr(options, name) is not None}
        if fields and fields[0] in given:
            made.append(definition(**given))
    return made


class _Names:
    """A kind in a help text: `{optimizer}` is all its names, `{loss:regression}` those for that task."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def __format__(self, tasks: str) -> str:
        known: Iterable[str] = names(self._kind)
        if tasks:
            wanted = set(tasks.split(","))
            known = [name for name, one in definitions(self._kind).items() if wanted & set(one.tasks)]
        return ", ".join(known)


_LISTED = {kind.name.split()[-1]: _Names(kind) for kind in (OPTIMIZER, SCHEDULE, LOSS, ACTIVATION, INITIALIZER, FORMAT)}


def with_names(text: str) -> str:
    """A help text with the names that it asks for.

    >>> with_names("One of {schedule}.")
    'One of constant, step, exponential, cosine, inverse-time, one-cycle.'
    """
    return text.format_map(_LISTED) if "{" in text else text
