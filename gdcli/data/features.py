"""Features: inputs that are made from the columns, as x1^2, x1x2 or sin(x1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.errors import DataError, OptionError, did_you_mean
from gdcli.said import enumerated, say

__all__ = ["FUNCTIONS", "Feature", "features", "with_features"]

POWERS = range(2, 10)
EXAMPLE = say("as in --features x1^2,x1x2,sin(x1)")
FUNCTIONS: dict[str, Callable[[Array], Array]] = {"sin": np.sin, "cos": np.cos, "exp": np.exp, "abs": np.abs}
"""The functions by name: one entry is one more."""
CALL = re.compile(r"(?P<function>[^\W\d]\w*)\((?P<of>.+)\)")
MULTIPLE = re.compile(r"(?P<times>\d+\.?\d*|\.\d+)\*?(?P<of>.+)")
POWER = re.compile(r"(?P<of>.+)\^(?P<power>[^^]*)")


class Feature(NamedTuple):
    """A number made from a row's inputs.

    Args:
        text: As it is written.
        of: From inputs (n, d) to its values (n,).
    """

    text: str
    of: Callable[[Array], Array]


def features(texts: Sequence[str], names: Sequence[str]) -> tuple[Feature, ...]:
    """What texts stand for: a power, a product of two columns, or a function of a column or of a multiple of it.

    Args:
        texts: As they are written.
        names: The columns' names.

    Raises:
        OptionError: If one is no feature of these columns, or is there already.

    >>> [one.of(np.array([[3.0, 5.0]])).tolist() for one in features(["a^2", "ab", "abs(2b)"], ["a", "b"])]
    [[9.0], [15.0], [10.0]]
    """
    for at, text in enumerate(texts):
        if text in names:
            raise OptionError(say("--features: '{text}' is a column, and an input already", text=text), EXAMPLE)
        if text in texts[:at]:
            raise OptionError(say("--features: '{text}' is there twice", text=text), say("leave one out"))
    return tuple(Feature(text, _values(text, tuple(names))) for text in texts)


def with_features(inputs: Array, made: Sequence[Feature]) -> Array:
    """The inputs (n, d) and the features after them, (n, d + k).

    Raises:
        DataError: If a feature leaves float64.

    >>> with_features(np.array([[2.0], [3.0]]), features(["x^2"], ["x"])).tolist()
    [[2.0, 4.0], [3.0, 9.0]]
    """
    if not made:
        return inputs
    with np.errstate(over="ignore"):
        columns = [one.of(inputs) for one in made]
    for one, values in zip(made, columns, strict=True):
        if np.isinf(values).any():
            what = say("feature '{text}': a value is beyond float64", text=one.text)
            raise DataError(what, say("give the column in another unit"))
    return np.column_stack([inputs, *columns])


def _values(text: str, names: tuple[str, ...]) -> Callable[[Array], Array]:
    """What a text stands for, from inputs to its values."""
    pairs = [*_pairs(text, names)]
    if len(pairs) > 1:
        what = say("--features: '{text}' is more than one product", text=text)
        raise OptionError(what, say("write * between the columns"))
    if pairs:
        ((first, second),) = pairs
        return lambda inputs: inputs[:, first] * inputs[:, second]
    if (call := CALL.fullmatch(text)) is not None:
        return _function(call, names)
    if (power := POWER.fullmatch(text)) is not None:
        return _power(text, power, names)
    columns = enumerated([*names[:5], *(["..."] if len(names) > 5 else [])])
    what = say("--features: '{text}' is no power, product or function of {columns}", text=text, columns=columns)
    raise OptionError(what, EXAMPLE)


def _pairs(text: str, names: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Two columns that a text is the product of, written side by side or with * between them."""
    for at in range(1, len(text)):
        first, second = text[:at], text[at:].removeprefix("*")
        if first in names and second in names:
            yield names.index(first), names.index(second)


def _function(call: re.Match[str], names: tuple[str, ...]) -> Callable[[Array], Array]:
    name = call["function"]
    if name not in FUNCTIONS:
        raise OptionError(say("--features: there is no function '{name}'", name=name), did_you_mean(name, FUNCTIONS))
    of, function = call["of"], FUNCTIONS[name]
    multiple = None if of in names else MULTIPLE.fullmatch(of)
    times, column = (1.0, of) if multiple is None else (float(multiple["times"]), multiple["of"])
    at = _column(column, names)
    return lambda inputs: function(times * inputs[:, at])


def _power(text: str, power: re.Match[str], names: tuple[str, ...]) -> Callable[[Array], Array]:
    at, by = _column(power["of"], names), power["power"]
    if by not in map(str, POWERS):
        what = say(
            "--features: '{text}': a power is a whole number from {low} to {high}",
            text=text,
            low=POWERS[0],
            high=POWERS[-1],
        )
        raise OptionError(what, EXAMPLE)
    return lambda inputs: inputs[:, at] ** int(by)


def _column(name: str, names: tuple[str, ...]) -> int:
    if name not in names:
        raise OptionError(say("--features: there is no input '{name}'", name=name), did_you_mean(name, names))
    return names.index(name)
