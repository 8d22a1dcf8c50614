"""Options: the fields of a spec, each with its text form, its reader and its line of help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, field, fields
from functools import cache
from typing import Any, Self

from gdcli.definitions import Kind, definitions, names
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.experiments import notation

__all__ = ["Group", "Option"]

LAST = 100  # the place of an option whose field asks for none


class Option(NamedTuple):
    """An option: a field of a spec.

    Args:
        name: The field.
        default: Its value where nothing is given.
        help: A line for people.
        metavar: What stands for its value.
        accepts: The name of its reader in `notation`; empty for a switch.
        flags: How it is written; by its name unless given. A switch that is on by default is written `--no-NAME`.
    """

    name: str
    default: Any
    help: str
    metavar: str = ""
    accepts: str = ""
    flags: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off."""
        return isinstance(self.default, bool) or self.accepts == "switch"

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be given more than once, its values together being one."""
        return self.accepts == "at"

    def read(self, given: Any) -> Any:
        """A value given as text, or as a value that has a text form.

        Raises:
            OptionError: If it is no value of this option.
        """
        if given is None or self.is_switch:
            return None if given is None else bool(given)
        if self.accepts in ("names", "columns", "text") and not isinstance(given, str):
            return str(given) if self.accepts == "text" else tuple(map(str, given))
        return notation.with_name(self.name, notation.READERS[self.accepts], notation.write(given))


def option(
    default: Any,
    help: str,  # noqa: A002 - a line of help
    metavar: str = "",
    accepts: str = "",
    flags: tuple[str, ...] = (),
) -> Any:
    """A spec's field that is an option."""
    return field(default=default, metadata={"help": help, "metavar": metavar, "accepts": accepts, "flags": flags})


def option_of(one: Field[Any]) -> Option:
    """A dataclass's field as an option; one that must be given has no default."""
    known = one.metadata
    default = None if one.default is MISSING else one.default
    return Option(one.name, default, known["help"], known["metavar"], known["accepts"], known.get("flags", ()))


def options_of_definitions(kind: Kind) -> tuple[Option, ...]:
    """The fields of all definitions of a kind as options, each name once; none has a default of its own.

    A field's metadata is its option: `metavar`, `help`, `accepts`, and `place`, its rank; those without one come last.
    """
    return _field_options(kind, tuple(names(kind)))


@cache
def _field_options(kind: Kind, known: tuple[str, ...]) -> tuple[Option, ...]:
    found: dict[str, tuple[Field[Any], str]] = {}
    defined = definitions(kind)
    for name in known:
        for one in fields(defined[name]):
            if one.metadata.get("internal"):
                continue  # filled in by an experiment
            if one.name not in found or (one.metadata and not found[one.name][0].metadata):
                found[one.name] = one, name
    ordered = sorted(found.values(), key=lambda pair: pair[0].metadata.get("place", LAST))
    return tuple(_field_option(one, owner) for one, owner in ordered)


def _field_option(one: Field[Any], owner: str) -> Option:
    about = one.metadata
    text = about.get("help", f"Of {owner}.")
    return Option(one.name, None, text, about.get("metavar", "VALUE"), about.get("accepts", "number"))


@cache
def _own_options(group: Any) -> tuple[Option, ...]:
    return tuple(option_of(one) for one in fields(group) if one.metadata)


class Group:
    """Options that belong together."""

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The options, in order."""
        return _own_options(cls)  # type: ignore[arg-type]  # a class is hashable

    @classmethod
    def arguments(cls) -> tuple[Option, ...]:
        """What is given without a flag."""
        return ()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The group with these values of its options; others are not looked at."""
        return cls(**{one.name: values[one.name] for one in (*cls.arguments(), *cls.options()) if one.name in values})

    def values(self) -> dict[str, Any]:
        """Each option's value."""
        return {one.name: getattr(self, one.name) for one in self.options()}
