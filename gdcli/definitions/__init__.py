"""Definitions by name: each kind's own module lists them, and a plug-in adds its own to that list.

A definition (an optimizer, a loss, ...) carries its kind as `kind`, set by the decorator or base class of the kind's
module. Nothing is registered: what a module's `__all__` lists is what there is, on the command line as in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.said import say

__all__ = [
    "ACTIVATION",
    "FORMAT",
    "INITIALIZER",
    "KINDS",
    "LOSS",
    "OPTIMIZER",
    "SCHEDULE",
    "STOPPING_RULE",
    "TABLE_FORMAT",
    "TOY",
    "Kind",
    "definitions",
    "flag_name",
    "named",
    "names",
]


@dataclass(frozen=True)
class Kind:
    """A kind of definition.

    Args:
        name: As people say it.
        home: The module whose `__all__` lists the definitions, in order; imported when one is asked for.
        takes: What it must have: (method, its arguments); an empty name stands for the definition itself.
        entry: The function of a definition that is a module.
    """

    name: str
    home: str
    takes: tuple[tuple[str, str], ...]
    entry: str = ""


OPTIMIZER = Kind(
    "optimizer",
    "gdcli.optim.optimizers",
    (("init", "self, parameters"), ("update", "self, gradient, state, parameters, learning_rate")),
)
SCHEDULE = Kind("schedule", "gdcli.optim.schedules", (("__call__", "self, step"),))
LOSS = Kind("loss", "gdcli.nn.losses", (("", "outputs, targets"),))
ACTIVATION = Kind("activation", "gdcli.nn.activations", (("", "z"),))
INITIALIZER = Kind("initializer", "gdcli.nn.initializers", (("", "rng, fan_in, fan_out"),))
TOY = Kind("toy data set", "gdcli.data.toys", (("", "rows, noise, rng"),))
TABLE_FORMAT = Kind("table format", "gdcli.data.formats", (("", "place"),), entry="read")
FORMAT = Kind("output format", "gdcli.render.formats", (("", "report, out, screen"),), entry="render")
STOPPING_RULE = Kind("stopping rule", "gdcli.training.rules", (("init", "self"), ("update", "self, record, state")))
KINDS = (OPTIMIZER, SCHEDULE, LOSS, ACTIVATION, INITIALIZER, TOY, TABLE_FORMAT, FORMAT, STOPPING_RULE)


def names(kind: Kind) -> list[str]:
    """The flag names of a kind's definitions, in order of definition.

    >>> names(SCHEDULE)
    ['constant', 'step', 'exponential', 'cosine', 'inverse-time', 'one-cycle']
    """
    return [flag_name(name) for name in import_module(kind.home).__all__]


def definitions(kind: Kind) -> Mapping[str, Any]:
    """A kind's definitions by flag name, in order of definition."""
    home = import_module(kind.home)
    return {flag_name(name): _member(kind, name) for name in home.__all__}


def named(kind: Kind, option: str, text: str) -> Any:
    """The definition of a name: `one-cycle` is `OneCycle`, `leaky-relu` and `leaky_relu` are `leaky_relu`.

    Args:
        kind: What is asked for.
        option: Where it is asked for, for the message.
        text: The name, in any case.

    Raises:
        OptionError: With the nearest name as a hint.
    """
    known = {flag_name(name): name for name in import_module(kind.home).__all__}
    flag = text.lower().replace("_", "-")
    if flag not in known:
        what = say("there is no '{value}'", value=text)
        raise OptionError(say("{option}: {what}", option=option, what=what), did_you_mean(flag, known))
    return _member(kind, known[flag])


def _member(kind: Kind, name: str) -> Any:
    thing = getattr(import_module(kind.home), name)
    return getattr(thing, kind.entry, thing) if kind.entry else thing


@cache
def flag_name(name: str) -> str:
    """A definition's name as a flag's value.

    >>> [flag_name(name) for name in ("SGD", "RMSprop", "OneCycle", "leaky_relu", "AdamW")]
    ['sgd', 'rmsprop', 'one-cycle', 'leaky-relu', 'adamw']
    """
    words = [""]
    for before, char in zip(" " + name, name, strict=False):
        following = name[len("".join(words)) + 1 :][:1]
        if char.isupper() and before.islower() and following.islower():
            words.append("")
        words[-1] += char.lower()
    return "-".join(words).replace("_", "-")
