"""Option values: each parser turns a word of the command line into a value, or says what would be one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from gdcli.definitions import flag_name as flag_name
from gdcli.errors import OptionError, did_you_mean

N = TypeVar("N", int, float)
LARGEST = 2**63
SETTINGS = "as in --schedule step:every=100,factor=0.5"


def number(text: str) -> float:
    """A finite number."""
    return _checked(text, float, lambda _: True, "a finite number")


def positive(text: str) -> float:
    """A finite number above 0."""
    return _checked(text, float, lambda value: value > 0, "a finite number above 0")


def non_negative(text: str) -> float:
    """A finite number, 0 or above."""
    return _checked(text, float, lambda value: value >= 0, "a finite number, 0 or above")


def below_one(text: str) -> float:
    """A number from 0 to below 1."""
    return _checked(text, float, lambda value: 0 <= value < 1, "a number from 0 to below 1")


def count(text: str) -> int:
    """A whole number above 0."""
    return _checked(text, int, lambda value: 0 < value < LARGEST, "a whole number above 0")


def degree(text: str) -> int:
    """A whole number from 1 to 100."""
    return _checked(text, int, lambda value: 0 < value <= 100, "a whole number from 1 to 100")


def whole(text: str) -> int:
    """A whole number, 0 or above."""
    return _checked(text, int, lambda value: 0 <= value < LARGEST, "a whole number, 0 or above")


def _checked(text: str, kind: Callable[[str], N], good: Callable[[N], bool], wanted: str) -> N:
    """The value, or the option parser's own error, which knows the option's name."""
    text = str(text)  # typer hands over defaults as they are
    try:
        value = kind(text)
        accepted = "_" not in text and math.isfinite(value) and good(value)
    except (ValueError, OverflowError):
        accepted = False
    if not accepted:
        raise typer.BadParameter(f"{text!r} is not {wanted}")
    return value


def numbers(option: str, text: str, example: str = "") -> list[float]:
    """A list of finite numbers, as `1,2.5,-3`.

    Raises:
        OptionError: Naming the option and the bad part.
    """
    try:
        return [number(part.strip()) for part in text.split(",")]
    except typer.BadParameter as error:
        raise OptionError(f"{option}: {error.message}", example or f"as in {option} 1,2.5,-3") from None


def one_of(option: str, text: str, choices: Sequence[str]) -> str:
    """One of some words, in any case.

    Raises:
        OptionError: With the nearest choice as a hint.
    """
    if text.lower() not in choices:
        raise OptionError(f"{option}: there is no '{text}'", did_you_mean(text, choices))
    return text.lower()


def fields(option: str, text: str, example: str = "") -> tuple[str, dict[str, float]]:
    """A name with settings: `step:every=100,factor=0.5` gives ("step", {"every": 100, "factor": 0.5}).

    Raises:
        OptionError: If a setting is not NAME=NUMBER.
    """
    name, colon, rest = text.partition(":")
    settings: dict[str, float] = {}
    for part in rest.split(",") if colon else []:
        key, equals, value = part.partition("=")
        if not (key and equals):
            raise OptionError(f"{option}: '{part}' is not NAME=NUMBER", example or SETTINGS)
        settings[key.strip()] = numbers(f"{option}: {key.strip()}", value, example or SETTINGS)[0]
    return name, settings
