"""Formulas as students write them: read and evaluated here, and never run as code.

`5m + 3b - 13`, `2/n * sum(x*(m*x + b - y))`, `mean((mx + b - y)^2)`: `^` and `**` are powers, a sign of
multiplication may be left out, and rows are summed by `sum` and averaged by `mean`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError, did_you_mean
from gdcli.said import enumerated, say

__all__ = ["Expression", "parse", "shortened"]

LONGEST, DEEPEST = 5_000, 100
"""Characters of a formula, and brackets and signs within one another."""
NUMBER = r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
TOKEN = re.compile(rf"\s*(?:({NUMBER})|([^\W\d]\w*)|(\*\*|[-+*/^(),]))")
SPELLED = str.maketrans(
    {
        "\u2212": "-",
        "\u2013": "-",
        "·": "*",
        "\u00d7": "*",
        "⋅": "*",
        "÷": "/",
        "[": "(",
        "]": ")",
        "²": "^2",
        "ŷ": "y_hat",
        "{": "(",
        "}": ")",
        "√": "sqrt",
    }
    | {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
)
"""How signs are written that are not on every keyboard; letters and digits as wide as Chinese signs are the usual."""
ALSO = {
    name: known
    for known, names in {"x": "xi x_i", "y": "yi y_i", "y_hat": "yhat y_pred", "lr": "α η λ alpha eta"}.items()
    for name in names.split()
}
"""Other names of variables."""
CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sqrt": np.sqrt,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "ln": np.log,
    "tanh": np.tanh,
}
OVER_ROWS: dict[str, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min}
"""Functions of all rows; a number that is the same in each row counts once for each."""
ROWS = "x"
"""The variable that has a value for each row."""
RULES: dict[str, tuple[int, int, Callable[[Any, Any], Any]]] = {
    "+": (1, 2, np.add),
    "-": (1, 2, np.subtract),
    "*": (3, 4, np.multiply),
    "/": (3, 4, np.divide),
    "^": (8, 7, np.float_power),
}
"""How tightly each sign holds to its left and to its right, and what it does."""
UNARY = 5
"""How tightly a sign before a number holds: -m^2 is -(m^2), and -m x is (-m) x."""

Values = Mapping[str, Any]
Instruction = Callable[[list[Any], Values], None]
"""What is done to a pile of values, the last result on top."""


@dataclass(frozen=True, eq=False)
class Expression:
    """A formula.

    Args:
        text: As it was written.
        names: The variables in it.
        instructions: What is done in turn: however long a formula is, none waits inside another.
    """

    text: str
    names: frozenset[str]
    instructions: tuple[Instruction, ...]

    def __call__(self, values: Values) -> Array:
        """Its value; what is undefined is not a number, and what is too large is infinite.

        >>> float(parse("5m + 3b - 13", ("m", "b"))({"m": -1.0, "b": 5.0}))
        -3.0
        """
        pile: list[Any] = []
        with np.errstate(all="ignore"):
            for instruct in self.instructions:
                instruct(pile, values)
        return np.asarray(pile.pop(), dtype=float)


def parse(text: str, names: tuple[str, ...], what: str = "formula") -> Expression:
    """Reads a formula.

    Args:
        text: The formula.
        names: The variables that it may have.
        what: What it is called in an error, as `--grad-m`.

    Raises:
        OptionError: If it is none: with the place, and what was expected there.

    Source: Pratt 1973, Top down operator precedence.

    >>> round(float(parse("2(m + 1)^2 / 2", ("m",))({"m": 2.0})), 12)
    9.0
    """
    if len(text) > LONGEST:
        raise OptionError(
            say("{what}: {count:,} characters, more than {longest:,}", what=what, count=len(text), longest=LONGEST),
            say("give a shorter formula"),
        )
    return _Parser(text, names, what).expression()


def shortened(text: str) -> str:
    """A formula in a sentence: of a long one how it begins.

    >>> shortened(" m + " * 20)
    'm +  m +  m +  m +  m +  m +  m +  m +  m +  m +  m +  m ...'
    """
    text = text.strip()
    return text if len(text) <= 60 else text[:57] + "..."


class _Parser:
    """Reads a formula from left to right."""

    def __init__(self, text: str, names: tuple[str, ...], what: str) -> None:
        self.text, self.names, self.what = text, names, what
        self.used, self.code = set[str](), list[Instruction]()
        self.tokens = [*self._tokens(text.translate(SPELLED).rstrip())]
        self.at = 0

    def expression(self) -> Expression:
        """All of it."""
        self._sum(0, 0)
        if self.at < len(self.tokens):
            raise self._error(say("'{here}' is not expected here", here=self._here()))
        return Expression(self.text.strip(), frozenset(self.used), tuple(self.code))

    def _tokens(self, text: str) -> Any:
        place = 0
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None:
                sign = text[place:].lstrip()[:1]
                raise OptionError(
                    say(
                        "{what}: {sign!r} in '{shown}' is no part of a formula",
                        what=self.what,
                        sign=sign,
                        shown=self._shown(),
                    ),
                    self._hint(),
                )
            place = found.end()
            number, name, sign = found.groups()
            yield ("number", number) if number else ("name", name) if name else ("sign", "^" if sign == "**" else sign)

    def _shown(self) -> str:
        return shortened(self.text)

    def _hint(self) -> str:
        return say(
            "it may have {names}, numbers, + - * / ^ ( ) and {names2}",
            names=enumerated(self.names),
            names2=enumerated((*OVER_ROWS, *FUNCTIONS)),
        )

    def _error(self, why: str) -> OptionError:
        return OptionError(
            say("{what}: in '{shown}', {why}", what=self.what, shown=self._shown(), why=why), self._hint()
        )

    def _here(self) -> str:
        return str(self.tokens[self.at][1]) if self.at < len(self.tokens) else ""

    def _next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise self._error(say("something is missing at the end"))
        self.at += 1
        kind, text = self.tokens[self.at - 1]
        return kind, text

    def _sum(self, least: int, depth: int) -> None:
        """Operands and the signs between them, as far as they hold more tightly than `least`."""
        if depth > DEEPEST:
            raise self._error(say("brackets or signs are more than {deepest} deep", deepest=DEEPEST))
        self._operand(depth)
        while True:
            sign, written = self._sign()
            if sign is None or RULES[sign][0] < least:
                return
            self.at += written
            self._sum(RULES[sign][1], depth + 1)
            self.code.append(_of_two(RULES[sign][2]))

    def _sign(self) -> tuple[str | None, int]:
        """The sign that comes next, and whether it is written: between two operands it may be left out."""
        if self.at >= len(self.tokens):
            return None, 0
        kind, text = self.tokens[self.at]
        if kind != "sign" or text == "(":
            return "*", 0
        return (text, 1) if text in RULES else (None, 0)

    def _operand(self, depth: int) -> None:
        kind, text = self._next()
        if kind == "number":
            self.code.append(_constant(float(text)))
        elif kind == "name":
            self._named(text, depth)
        elif text in ("+", "-"):
            self._sum(UNARY, depth + 1)
            self.code.extend([_of_one(np.negative)] * (text == "-"))
        elif text == "(":
            self._bracket(depth)
        else:
            raise self._error(say("'{text}' is not expected here", text=text))

    def _bracket(self, depth: int) -> None:
        self._sum(0, depth + 1)
        if self._here() != ")":
            raise self._error(say("a bracket is not closed"))
        self.at += 1

    def _named(self, name: str, depth: int) -> None:
        """A variable, a constant, a function of a bracket, or variables written together, as in mx."""
        name = name if name in self.names or ALSO.get(name) not in self.names else ALSO[name]
        if name in self.names:
            self._variables([name])
        elif name in FUNCTIONS or name in OVER_ROWS:
            if self._here() != "(":
                raise self._error(say("{name} needs brackets, as in {name}(...)", name=name))
            self.at += 1
            self._bracket(depth)
            self.code.append(_of_rows(OVER_ROWS[name]) if name in OVER_ROWS else _of_one(FUNCTIONS[name]))
        elif name in CONSTANTS:
            self.code.append(_constant(CONSTANTS[name]))
        elif all(letter in self.names for letter in name):
            self._variables(name)
        else:
            what = say("{what}: in '{shown}', '{name}' is not known", what=self.what, shown=self._shown(), name=name)
            raise OptionError(what, did_you_mean(name, (*self.names, *FUNCTIONS, *OVER_ROWS, *CONSTANTS)))

    def _variables(self, names: Iterable[str]) -> None:
        """Variables, multiplied with one another."""
        for at, name in enumerate(names):
            self.used.add(name)
            self.code.extend([_variable(name), *[_of_two(np.multiply)] * bool(at)])


def _constant(value: float) -> Instruction:
    return lambda pile, _: pile.append(value)


def _variable(name: str) -> Instruction:
    return lambda pile, values: pile.append(values[name])


def _of_one(do: Callable[[Any], Any]) -> Instruction:
    return lambda pile, _: pile.append(do(pile.pop()))


def _of_rows(do: Callable[..., Any]) -> Instruction:
    def instruct(pile: list[Any], values: Values) -> None:
        value, rows = np.atleast_1d(pile.pop()), np.shape(values[ROWS])[-1]
        pile.append(do(np.broadcast_to(value, (*value.shape[:-1], rows)), axis=-1, keepdims=True))

    return instruct


def _of_two(do: Callable[[Any, Any], Any]) -> Instruction:
    def instruct(pile: list[Any], _: Values) -> None:
        right, left = pile.pop(), pile.pop()
        pile.append(do(left, right))

    return instruct
