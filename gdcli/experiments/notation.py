"""How a spec's values are written as text, on a command line and in `rerun:`, and how such a text is read.

`write` and the readers are inverse to each other. A reader takes the text of one option; it raises ValueError with
what it wants, for the caller to put the option's name before, or OptionError where there is more to say.

The file is long because a reader and its refusals stand together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import OptionError, did_you_mean
from gdcli.formatting import exact, whole_number
from gdcli.said import say

N = TypeVar("N", int, float)
LARGEST = 2**63 - 1
"""What a whole number may be at most: what 64 bits hold."""
SHOWN = 40
"""Signs of a number in a message."""
LR_AT = say("as in --lr-at 100:0.3,200:0.01")
AT = say("as in --at 100:lr=0.3 --at 100:batch-size=8")
SETTINGS = say("as in --schedule step:every=100,factor=0.5")
NEURONS = 1_000_000
Settings = tuple[tuple[str, float], ...]
"""Numbers by name, in the order given."""


class Named(NamedTuple):
    """A definition's name with settings of its own: `step:every=9,factor=0.5`.

    Args:
        name: The definition's name.
        settings: Its settings, as far as given.
    """

    name: str
    settings: Settings = ()

    def __str__(self) -> str:
        pairs = ",".join(f"{key}={exact(value)}" for key, value in self.settings)
        return f"{self.name}:{pairs}" if pairs else self.name


class Change(NamedTuple):
    """A learning rate from a step on: `100:0.3`.

    Args:
        step: The first update that uses it, from 1.
        rate: The learning rate.
    """

    step: int
    rate: float

    def __str__(self) -> str:
        return f"{self.step}:{exact(self.rate)}"


class Setting(NamedTuple):
    """A setting from a step on: `100:batch-size=8`.

    Args:
        step: The first update that uses it, from 1.
        name: The option's name, as in `batch_size`.
        value: Its value as text.
    """

    step: int
    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.step}:{self.name.replace('_', '-')}={self.value}"


class ClassWeight(NamedTuple):
    """How much a class counts: `spam=2`."""

    label: str
    weight: float

    def __str__(self) -> str:
        return f"{self.label}={exact(self.weight)}"


def write(value: Any) -> str:
    """A spec's value as the text that its reader takes; no layers at all are 0.

    >>> write((128, 64)), write(Named("step", (("every", 9.0),))), write(0.5)
    ('128,64', 'step:every=9', '0.5')
    """
    if isinstance(value, float):
        return exact(value)
    plain = isinstance(value, tuple | list) and not isinstance(value, Named | Change | Setting | ClassWeight)
    return ",".join(map(write, value)) or "0" if plain else str(value)


# numbers


def number(text: str) -> float:
    """A finite number."""
    return _checked(text, float, lambda _: True, say("a finite number"))


def positive(text: str) -> float:
    """A finite number above 0."""
    return _checked(text, float, lambda value: value > 0, say("a finite number above 0"))


def non_negative(text: str) -> float:
    """A finite number, 0 or above."""
    return _checked(text, float, lambda value: value >= 0, say("a finite number, 0 or above")) + 0.0  # -0 is 0


def below_one(text: str) -> float:
    """A number from 0 to below 1."""
    return _checked(text, float, lambda value: 0 <= value < 1, say("a number from 0 to below 1"))


def count(text: str) -> int:
    """A whole number above 0."""
    return _whole(text, 1, say("a whole number above 0"))


def degree(text: str) -> int:
    """A whole number from 1 to 100."""
    return _whole(text, 1, say("a whole number from 1 to 100"), most=100)


def whole(text: str) -> int:
    """A whole number, 0 or above."""
    return _whole(text, 0, say("a whole number, 0 or above"))


def note(text: str) -> str:
    """What was chosen, as `lr,epochs: lr 0.03 by range test`."""
    names, found, _ = text.partition(": ")
    if not found or not all(name.replace("_", "").isalnum() for name in names.split(",")):
        raise ValueError(say("{text!r:.60} is not OPTION,...: WORDS, as a rerun: line has it", text=text))
    return text


RANDOM = "random"
"""A start that is drawn."""


def _checked(text: str, kind: Callable[[str], N], good: Callable[[N], bool], wanted: str) -> N:
    try:
        value = kind(text)
        accepted = "_" not in text and math.isfinite(value) and good(value)
    except (ValueError, OverflowError):
        accepted = False
    if not accepted:
        raise ValueError(say("{text!r} is not {wanted}", text=text, wanted=wanted))
    return value


def _whole(text: str, least: int, wanted: str, most: int = LARGEST) -> int:
    """A whole number; of one that is too large or not in digits, what is the matter is said.

    >>> whole(str(2**63 - 1)) == 2**63 - 1
    True
    """
    shown = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    in_digits = text.strip().lstrip("+-").isdecimal()
    above = (len(text) > SHOWN or int(text) > LARGEST) if in_digits else LARGEST < value < math.inf
    if above and value > 0 and most == LARGEST:
        raise ValueError(say("{text!r} is above {largest}, the largest whole number", text=shown, largest=LARGEST))
    if not in_digits and value.is_integer() and least <= value <= most:
        raise ValueError(say("{text!r} is not a whole number in digits: write {value}", text=shown, value=int(value)))
    return _checked(text, int, lambda value: least <= value <= most, wanted)


def numbers(option: str, text: str, example: str = "") -> list[float]:
    """A list of finite numbers, as `1,2.5,-3`.

    Raises:
        OptionError: Naming the option and the bad part.
    """
    try:
        return [number(part.strip()) for part in text.split(",")]
    except ValueError as error:
        raise OptionError(
            say("{option}: {error}", option=option, error=error),
            example or say("as in {option} 1,2.5,-3", option=option),
        ) from None


def rates(text: str) -> tuple[float, ...]:
    """Learning rates between commas."""
    found = numbers("--lr", text, say("as in --lr 0.01,0.1,0.29"))
    for rate in found:
        if not rate > 0:
            raise OptionError(
                say("--lr: {rate} is not a finite number above 0", rate=exact(rate)), say("as in --lr 0.01,0.1,0.29")
            )
    return tuple(found)


# words


def text(text: str) -> str:
    """Any text."""
    return text


def names(text: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(part.strip() for part in text.split(","))


def columns(text: str) -> tuple[str, ...] | None:
    """Columns between commas, to be told apart by the table's names, which may have commas of their own."""
    return (text,) if text else None


def place(text: str) -> str | None:
    """Where results go: a file, or None for standard output, which `-` is.

    Raises:
        OptionError: If it begins with the `=` of `-o=FILE`, which would be a part of the name.
    """
    if text.startswith("="):
        raise OptionError(
            say("--output: '{text}' begins with =", text=text),
            say("write -o {name}, or ./{text} for a file of that name", name=text[1:] or "FILE", text=text),
        )
    return None if text == "-" else text


def one_of(option: str, text: str, choices: Sequence[str]) -> str:
    """One of some words, in any case.

    Raises:
        OptionError: With the nearest choice as a hint.
    """
    if text.lower() not in choices:
        what = say("there is no '{value}'", value=text)
        raise OptionError(say("{option}: {what}", option=option, what=what), did_you_mean(text, choices))
    return text.lower()


def missing(text: str) -> str:
    """What to do with gaps."""
    return one_of("--missing", text, ("fail", "drop", "mean"))


def keep(text: str) -> str:
    """Which epoch's parameters count."""
    return one_of("--keep", text, ("best", "last"))


def task(text: str) -> str:
    """What is learnt."""
    return one_of("--task", text, ("classification", "regression"))


def dtype(text: str) -> str:
    """The type of a network's numbers."""
    return one_of("--dtype", text, ("float32", "float64"))


# values with a form of their own


def named(option: str, text: str, example: str = "") -> Named:
    """A name with settings: `step:every=100,factor=0.5`.

    Raises:
        OptionError: If a setting is not NAME=NUMBER.
    """
    name, colon, rest = text.partition(":")
    settings = []
    for part in rest.split(",") if colon else []:
        key, equals, value = part.partition("=")
        if not (key and equals):
            raise OptionError(
                say("{option}: '{part}' is not NAME=NUMBER", option=option, part=part), example or SETTINGS
            )
        settings.append((key.strip(), numbers(f"{option}: {key.strip()}", value, example or SETTINGS)[0]))
    return Named(name, tuple(settings))


def schedule(text: str) -> Named:
    """A schedule's name and settings."""
    return named("--schedule", text)


def lr_at(text: str) -> tuple[Change, ...]:
    """`100:0.3,200:0.01`: from step 100 on 0.3, from step 200 on 0.01; step 1 is the first update."""
    changes = []
    for part in text.split(","):
        at, colon, rate = part.partition(":")
        value = numbers("--lr-at", rate, LR_AT)[0] if colon else math.nan
        if whole_number(at) < 0 or not value > 0:
            raise OptionError(say("--lr-at: '{part}' is not STEP:LR", part=part), LR_AT)
        changes.append(Change(whole_number(at), value))
    return tuple(changes)


def at(text: str) -> tuple[Setting, ...]:
    """`100:lr=0.3,200:batch-size=8`: from step 100 on that rate, from step 200 on batches of 8."""
    return tuple(map(_setting, text.split(",")))


def at_step(step: int, text: str) -> tuple[Setting, ...]:
    """`momentum=0.8,l2=0.01` as changes at a step.

    Raises:
        OptionError: If it is not NAME=VALUE.
    """
    for part in text.split(","):
        name, _, value = part.partition("=")
        if not (name.strip() and value.strip()):
            raise OptionError(say("'{part}' is not NAME=VALUE, as in momentum=0.8", part=part.strip()))
    return at(",".join(f"{step}:{part}" for part in text.split(",")))


def _setting(part: str) -> Setting:
    step, colon, rest = part.partition(":")
    name, equals, value = (one.strip() for one in rest.partition("="))
    if not (step.strip().isdecimal() and colon and name and equals and value):
        raise OptionError(say("--at: '{part}' is not STEP:NAME=VALUE", part=part), AT)
    if not 0 < whole_number(step) < LARGEST:
        raise OptionError(say("--at: '{part}': a step is a whole number from 1", part=part), AT)
    return Setting(int(step), name.lstrip("-").replace("-", "_"), value)


def start(text: str) -> tuple[float, ...] | str:
    """Parameters in raw units, or `random`."""
    return RANDOM if text.strip().lower() == RANDOM else tuple(numbers("--start", text))


def hidden(text: str) -> tuple[int, ...]:
    """`128,64`: neurons of each hidden layer; none or 0 for no hidden layer."""
    if text.strip().lower() in ("none", "0"):
        return ()
    parts = [part.strip() for part in text.split(",")]
    for part in parts:
        if not 0 < whole_number(part) <= NEURONS:
            raise OptionError(
                say("--hidden: '{part}' is not a number of neurons", part=part), say("as in --hidden 128,64")
            )
    return tuple(map(int, parts))


def batch_size(text: str) -> int | str:
    """Rows a step, or `full`."""
    if text.lower() == "full":
        return "full"
    if whole_number(text) < 1:
        raise OptionError(
            say(
                "{option}: {what}",
                option="--batch-size",
                what=say("'{text}' is neither a whole number above 0 nor 'full'", text=text),
            ),
            say("as in --batch-size 32"),
        )
    return int(text)


def scale(text: str) -> str | float:
    """A scaling's name, or a number to divide by."""
    try:
        factor = float(text)
    except ValueError:
        return one_of("--scale", text, ("none", "standard", "minmax"))
    if not (math.isfinite(factor) and factor > 0):
        raise OptionError(say("--scale: {text} is not a finite number above 0", text=text), say("as in --scale 255"))
    if not 0 < factor * factor < math.inf:
        raise OptionError(say("--scale: the square of {text} is beyond float64", text=text), say("as in --scale 255"))
    return factor


def validation(text: str) -> str | float:
    """A fraction of the rows, a file of them, or `none`."""
    if text.lower() == "none":
        return "none"
    try:
        fraction = float(text)
    except ValueError:
        return text
    if not 0 < fraction < 1:
        raise OptionError(
            say("--validation: {text} is not a fraction between 0 and 1", text=text),
            say("as in --validation 0.2, or none"),
        )
    return fraction


def class_weight(text: str) -> str | tuple[ClassWeight, ...]:
    """`balanced`, or `A=2,B=1`."""
    if text == "balanced":
        return text
    return tuple(map(_class_weight, text.split(",")))


def _class_weight(part: str) -> ClassWeight:
    label, equals, weight = part.rpartition("=")
    if not equals:
        raise OptionError(
            say("--class-weight: '{part}' is not CLASS=WEIGHT", part=part),
            say("as in --class-weight A=2,B=1, or balanced alone; a sweep parts its values with ;"),
        )
    value = numbers("--class-weight", weight)[0]
    if value < 0:
        raise OptionError(
            say("--class-weight: {weight} is below 0", weight=weight), say("0 leaves a class out, 1 is usual")
        )
    return ClassWeight(label, value)


def with_name(option: str, reader: Callable[[str], Any], text: str) -> Any:
    """What a reader makes of a text; the option's name goes before what it wants.

    Raises:
        OptionError: If it cannot be read.
    """
    try:
        return reader(text)
    except ValueError as error:
        raise OptionError(say("--{option}: {error}", option=option.replace("_", "-"), error=error)) from None


READERS: Mapping[str, Callable[[str], Any]] = {
    reader.__name__: reader
    for reader in (
        *(number, positive, non_negative, below_one, count, degree, whole, rates, text, note, place, names, columns),
        *(missing, keep, task, dtype, schedule, lr_at, at, start, hidden, batch_size, scale, validation, class_weight),
    )
}
"""The readers by name, as a field's `accepts` has it."""
