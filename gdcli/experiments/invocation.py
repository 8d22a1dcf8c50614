"""The command line that does this: one value, from which every `rerun:` is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import Any

from gdcli.data.sources import names_in
from gdcli.definitions.dataclass import dataclass
from gdcli.definitions.plugins import files
from gdcli.experiments.notation import Setting, write
from gdcli.experiments.shell import quoted
from gdcli.experiments.spec import DataSpec, LineSpec, Spec, options_of

__all__ = ["Invocation", "Repeated", "show_command"]

LOOKED = "task", "categorical", "labels", "test", "validation", "shuffle"
"""Options of a run that `show` has too, beside those of the rows."""


class Repeated(tuple[Any, ...]):
    """The values of an option that is written once for each."""

    __slots__ = ()


@dataclass(frozen=True)
class Invocation:
    """A command with its arguments and options, and the plug-ins in force.

    Args:
        command: Its name: `fit`, `sweep train`.
        arguments: What stands before the options: DATA, MODEL.
        order: The names of all its options, in the order in which they are written.
        options: The values of those that are given.
        flags: How an option is written whose flag is not its name.

    >>> str(Invocation("fit", ("a b.csv",), ("lr", "shuffle"), {"shuffle": False, "lr": 0.5}))
    "gdcli fit 'a b.csv' --lr 0.5 --no-shuffle"
    """

    command: str
    arguments: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    flags: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: Spec, **more: Any) -> Invocation:
        """The command that runs a spec, with further options after its own; None leaves one out."""
        own = tuple(one.name for one in options_of(spec.command))
        source = () if spec.data.source is None else (spec.data.source,)
        return cls(spec.command, source, (*own, *more), spec.given() | more)

    def with_options(self, **values: Any) -> Invocation:
        """The same with some options given, or (as None) not given; those the command does not have are left out."""
        return replace(self, options={**self.options, **values})

    def on(self, *arguments: str | None) -> Invocation:
        """The same with other arguments; None leaves one out."""
        return replace(self, arguments=tuple(one for one in arguments if one is not None))

    def to(self, command: str, order: Iterable[str]) -> Invocation:
        """Another command with the options of this one, as far as it has them."""
        return replace(self, command=command, order=tuple(order))

    def words(self) -> list[str]:
        """The words after the program's name, not quoted."""
        return [*self.command.split(), *map(_argument, self._names()), *self._option_words()]

    def _names(self) -> Iterator[str]:
        return (name for argument in self.arguments for name in names_in(argument))

    def _option_words(self) -> Iterator[str]:
        for name in self.order:
            flag = f"--{self.flags.get(name, name).replace('_', '-')}"
            yield from _words(flag, self.options.get(name))
        for file in files():
            yield from ("--plugin", file)

    def __str__(self) -> str:
        """The command line, quoted for a shell."""
        return " ".join(["gdcli", *map(_quoted, self.words())])


def show_command(spec: Spec) -> str:
    """The command that shows the rows of a spec, and says all that is worth knowing about them."""
    seen = Invocation.of(spec).to("show", (*(one.name for one in DataSpec.options()), *LOOKED))
    return str(seen.with_options(task="regression") if isinstance(spec.model, LineSpec) else seen)


def _argument(word: str) -> str:
    """A file's name that cannot be taken for an option."""
    return f"./{word}" if word.startswith("-") and word != "-" else word


def _words(flag: str, value: Any) -> Iterator[str]:
    """An option and its value; a switch is its flag, and `--no-...` where it is off."""
    if value is None:
        return
    if isinstance(value, Repeated) or (isinstance(value, tuple) and value and isinstance(value[0], Setting)):
        yield from (word for one in value for word in _words(flag, one))
    elif isinstance(value, bool):
        yield flag if value else flag.replace("--", "--no-", 1)
    else:
        text = write(value)
        number = isinstance(value, int | float)
        yield from [f"{flag}={text}"] if text.startswith("-") and not number else [flag, text]


def _quoted(word: str) -> str:
    """A word as a shell takes it; of --option=VALUE, the value."""
    flag, equals, value = word.partition("=")
    if equals and flag.startswith("--"):
        return f"{flag}={quoted(value)}"
    return quoted(word)
