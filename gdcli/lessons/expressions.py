"""Formulas as students write them: read and evaluated here, and never run as code.

`5m + 3b - 13`, `2/n * sum(x*(m*x + b - y))`, `mean((mx + b - y)^2)`: `^` and `**` are powers, a sign of
multiplication may be left out, and rows are summed by `sum` and averaged by `mean`; `2mx^2` is 2 m (x^2).
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
from gdcli.lessons.spellings import SIGMA, respelled
from gdcli.said import enumerated, say

__all__ = ["Expression", "parse", "shortened"]

LONGEST, DEEPEST = 5_000, 100
"""Characters of a formula, and brackets and signs within one another."""
NUMBER = r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
METHOD = r"\.(sum|mean)\(\s*\)"
TOKEN = re.compile(rf"\s*(?:{METHOD}|({NUMBER})|([^\W\d]\w*)|(\*\*|[-+*/^(),{SIGMA}]))")
LIMITED = re.compile(rf"{SIGMA}\s*[_^]")
ALSO = {
    name: known
    for known, names in {
        "x": "xi x_i",
        "y": "yi y_i",
        "y_hat": "yhat y_pred ypred pred y_hat_i yhat_i",
        "lr": "α η λ alpha eta lambda learning_rate",
    }.items()
    for name in names.split()
}
"""Other names of variables."""
BROADEST = max(map(len, ALSO))
"""Letters of the longest."""
CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sqrt": np.sqrt,
    "abs": np.abs,
    "exp": np.exp,
    "log": np.log,
    "ln": np.log,
    "tanh": np.tanh,
    "square": np.square,
}
OVER_ROWS: dict[str, Callable[..., Any]] = {"sum": np.sum, "mean": np.mean, "max": np.max, "min": np.min}
"""Functions of all rows; a number that is the same in each row counts once for each."""
ALIASES = {"average": "mean", "avg": "mean", "power": "pow", "len": "count"}
"""Other names of functions, as spreadsheets and programs have them; capitals are as good."""
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

WRITTEN = {
    "|": say("absolute values are abs(...)"),
    "=": say("give the formula alone, what stands after the ="),
    ":": say("cells and ranges are not known here: a column of rows is x or y, as in SUM(x*y)"),
    "'": say("y' is no name here: the predictions are y_hat"),
    ",": say("a decimal point is a dot, as in 2.5; a comma parts what pow(m, 2) takes"),
}
"""How to write what is no part of a formula."""

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
        self.tokens = [*self._tokens(respelled(text).rstrip())]
        self.at = 0

    def expression(self) -> Expression:
        """All of it."""
        self._sum(0, 0)
        if self.at < len(self.tokens):
            raise self._error(say("'{here}' is not expected here", here=self._here()), self._here())
        return Expression(self.text.strip(), frozenset(self.used), tuple(self.code))

    def _tokens(self, text: str) -> Any:
        if LIMITED.search(text):
            what = say("{what}: in '{shown}', a sum has limits", what=self.what, shown=self._shown())
            raise OptionError(what, say("it is over all rows here, i = 1 to n: leave them out"))
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
                    WRITTEN.get(sign) or self._hint(),
                )
            place = found.end()
            method, number, name, sign = found.groups()
            yield (
                ("method", method)
                if method
                else ("number", number)
                if number
                else ("name", name)
                if name
                else ("sign", "^" if sign == "**" else sign)
            )

    def _shown(self) -> str:
        return shortened(self.text)

    def _hint(self) -> str:
        return say(
            "it may have {names}, numbers, + - * / ^ ( ) and {names2}",
            names=enumerated(self.names),
            names2=enumerated((*OVER_ROWS, *FUNCTIONS)),
        )

    def _error(self, why: str, sign: str = "") -> OptionError:
        what = say("{what}: in '{shown}', {why}", what=self.what, shown=self._shown(), why=why)
        return OptionError(what, WRITTEN.get(sign) or self._hint())

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
        if kind != "sign" or text in ("(", SIGMA):
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
        elif text == SIGMA:
            self._sum(RULES["*"][0], depth + 1)
            self.code.append(_of_rows(np.sum))
        elif text == "(":
            self._sum(0, depth + 1)
            self._close()
        else:
            raise self._error(say("'{text}' is not expected here", text=text), text)
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "method":
            self.code.append(_of_rows(OVER_ROWS[self._next()[1]]))

    def _close(self) -> None:
        if self._here() != ")":
            why = (
                say("'{text}' is not expected here", text=",")
                if self._here() == ","
                else say("a bracket is not closed")
            )
            raise self._error(why, self._here())
        self.at += 1

    def _named(self, name: str, depth: int) -> None:
        """A variable, a constant, a function of a bracket, or variables written together, as in mx."""
        lower = name.lower()
        function = ALIASES.get(lower, lower)
        parts = self._parts(name) or self._parts(lower)
        if parts:
            self._variables(parts, depth)
        elif function in CALLS:
            self._call(name, function, depth)
        elif lower in CONSTANTS:
            self.code.append(_constant(CONSTANTS[lower]))
        elif self._here() == "(" and (split := self._before_function(lower)):
            self.tokens[self.at - 1 : self.at] = [("name", lower[:split]), ("name", lower[split:])]
            self._named(lower[:split], depth)
        else:
            what = say("{what}: in '{shown}', '{name}' is not known", what=self.what, shown=self._shown(), name=name)
            raise OptionError(what, did_you_mean(name, (*self.names, *FUNCTIONS, *OVER_ROWS, *CONSTANTS)))

    def _before_function(self, name: str) -> int:
        """Letters of the variables that stand before a function's name, as in nsum(...)."""
        ends = range(1, min(len(name), BROADEST))
        return next((end for end in ends if name[end:] in {*CALLS, *ALIASES} and self._parts(name[:end])), 0)

    def _call(self, name: str, function: str, depth: int) -> None:
        """A function and what it is of."""
        if self._here() != "(":
            raise self._error(say("{name} needs brackets, as in {name}(...)", name=name))
        arguments, instructions = CALLS[function]
        self.at += 1
        self._sum(0, depth + 1)
        for _ in range(arguments - 1):
            if self._here() != ",":
                raise self._error(say("{name} takes {arguments} values", name=name, arguments=arguments))
            self.at += 1
            self._sum(0, depth + 1)
        self._close()
        self.code.extend(instructions)

    def _parts(self, name: str) -> list[str]:
        """The variables that a name is, or is made of: one, several written together, or none."""
        ends = [0] * len(name)
        for begin in reversed(range(len(name))):
            most = min(len(name), begin + BROADEST)
            good = (end for end in range(most, begin, -1) if self._variable(name[begin:end]))
            ends[begin] = next((end for end in good if end == len(name) or ends[end]), 0)
        at, found = 0, list[str]()
        while at < len(name) and ends[at]:
            found.append(self._variable(name[at : ends[at]]))
            at = ends[at]
        return found

    def _variable(self, name: str) -> str:
        """The variable of a name; empty if there is none."""
        known = name if name in self.names else ALSO.get(name, "")
        return known if known in self.names else ""

    def _variables(self, names: Iterable[str], depth: int) -> None:
        """Variables, multiplied with one another; a power is the last one's."""
        *before, last = names
        self.used.update((*before, last))
        self.code.extend(map(_variable, (*before, last)))
        if before and self._here() == "^":
            self.at += 1
            self._sum(RULES["^"][1], depth + 1)
            self.code.append(_of_two(RULES["^"][2]))
        self.code.extend([_of_two(np.multiply)] * len(before))


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


def _dot(pile: list[Any], values: Values) -> None:
    """NumPy's: of two columns the sum of their products, with one number its multiples."""
    rows = np.shape(values[ROWS])[-1:]
    are_columns = all(np.shape(value)[-1:] == rows for value in pile[-2:])
    _of_two(np.multiply)(pile, values)
    if are_columns:
        _of_rows(np.sum)(pile, values)


CALLS: dict[str, tuple[int, tuple[Instruction, ...]]] = {
    **{name: (1, (_of_one(do),)) for name, do in FUNCTIONS.items()},
    **{name: (1, (_of_rows(do),)) for name, do in OVER_ROWS.items()},
    "pow": (2, (_of_two(np.float_power),)),
    "dot": (2, (_dot,)),
    "sumproduct": (2, (_of_two(np.multiply), _of_rows(np.sum))),
    "sumsq": (1, (_of_one(np.square), _of_rows(np.sum))),
    "sumxmy2": (2, (_of_two(np.subtract), _of_one(np.square), _of_rows(np.sum))),
    "count": (1, (_of_one(np.ones_like), _of_rows(np.sum))),
}
"""Each function's number of values, and what is done to them."""
