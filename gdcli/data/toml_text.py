"""TOML that people write by hand: where each field stands, and what is wrong, with its line and its field."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.errors import GdcliError
from gdcli.said import say

__all__ = ["Fault", "Place", "places", "read_toml"]

DEEPEST = 50
"""Brackets within one another, and parts of a name with dots: beyond that a reader takes minutes."""
NAME = r"(?:[\w-]+|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*')"
DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}")
LONG = re.compile(r"[0-9A-Fa-f_]{1000}")
OPENING, CLOSING = ("[", "{"), ("]", "}")
START = re.compile(rf"[ \t]*(\[*)[ \t]*({NAME})?")
TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"""|\Z)|'
    r"'''.*?(?:'''|\Z)|"
    r'"(?:[^"\\\n]|\\.)*"?|'
    r"'[^'\n]*'?|#[^\n]*|[\[{]|[\]}]|\n|[^\"'#\[\]{}\n]+|.",
    re.DOTALL,
)
"""A text with its quotes, a comment, a bracket, the end of a line, or what is between them."""
QUOTE, TWICE = say("a quote is not closed"), say("is there twice")
CALLED = {
    "Unterminated string": QUOTE,
    'Expected "': QUOTE,
    "Illegal character '\\n'": QUOTE,
    "Illegal character": say("has a control character: TOML allows none"),
    "Found invalid character": say("has a character that TOML does not allow there"),
    "Cannot overwrite": TWICE,
    "Cannot declare": TWICE,
    "Cannot mutate": TWICE,
    "Cannot redefine": TWICE,
    "Duplicate inline": TWICE,
    "Unclosed array": say("a bracket [ is not closed, or a comma is missing"),
    "Unclosed inline": say("a table in braces is not closed, or a comma is missing"),
    "Invalid value": say("has no value that TOML knows: texts stand in quotes"),
    "Invalid date": say("is no date or time that there is"),
    "Invalid hex": say("the number after a backslash and u or x is no character's"),
    "Escaped character": say("the number after a backslash and u or x is no character's"),
    "Unescaped": say("a backslash within double quotes is to be written twice"),
    "Expected '='": say("there is no = after the name"),
    "Expected newline": say("something follows its value on the same line"),
    "Expected ']": say("a bracket ] is missing"),
    "Invalid statement": say("this is no NAME = VALUE"),
    "Invalid initial": say("this is no NAME = VALUE"),
}
"""What the reader's faults are called here, by how its words begin."""

Place = tuple[str | int, ...]
"""A field: its name, or the name of its table, the table's number and its name."""


class Fault(NamedTuple):
    """What is wrong with a text.

    Args:
        line: Where.
        field: In which field; empty where there is none.
        what: What it is.
    """

    line: int
    field: str
    what: str


class Statement(NamedTuple):
    """A field or the head of a table, as it stands in a text.

    Args:
        line: Its first line.
        name: Its name; empty where it has none.
        is_head: Whether a table begins.
        is_deep: Whether it has more brackets within one another, or parts of its name, than are read.
        is_long: Whether it has a number of more digits than are read.
    """

    line: int
    name: str
    is_head: bool
    is_deep: bool
    is_long: bool


def read_toml(text: str, refuse: Callable[[Fault], GdcliError]) -> dict[str, Any]:
    """The fields of a text.

    Args:
        text: TOML.
        refuse: The error for what is wrong.

    >>> read_toml('a = 3', lambda fault: GdcliError(fault.what))
    {'a': 3}
    >>> read_toml('a = 3\\nb = "x', lambda fault: GdcliError(f"{fault.line}: {fault.field}: {fault.what}"))
    Traceback (most recent call last):
    gdcli.errors.GdcliError: 2: b: a quote is not closed
    """
    import tomllib  # only where there is such a file

    statements = [*_statements(text)]
    for one in statements:
        if one.is_deep:
            raise refuse(Fault(one.line, one.name, say("is nested too deeply")))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refuse(_fault(str(error), statements)) from None
    except ValueError:  # more digits than Python reads, in a line that it does not say
        long = next((one for one in statements if one.is_long), statements[0])
        raise refuse(Fault(long.line, long.name, say("has a number that is too long"))) from None


def places(text: str) -> dict[Place, int]:
    """The line of each field, and of each table by its name and number.

    >>> places("a = 3\\n[[t]]\\nb = 1\\n[[t]]\\nb = 2")
    {('a',): 1, ('t', 0): 2, ('t',): 2, ('t', 0, 'b'): 3, ('t', 1): 4, ('t', 1, 'b'): 5}
    """
    found: dict[Place, int] = {}
    under: Place = ()
    seen = Counter[str]()
    for line, name, is_head, *_ in _statements(text):
        if is_head:
            under = (name, seen[name])
            seen[name] += 1
            found[under] = line
            found.setdefault((name,), line)
        elif name:
            found.setdefault((*under, name), line)
    return found


def _statements(text: str) -> Iterator[Statement]:
    """The statements of a text, in which nothing else need be right."""
    line, depth, begun = 1, 0, 1
    signs: list[str] = []
    for token in TOKEN.finditer(text):
        sign = token[0]
        if sign == "\n" and depth == 0:
            yield from _statement(begun, signs)
            signs = []
        elif signs or not (sign.isspace() or sign[0] == "#"):
            begun = begun if signs else line
            signs.append(sign)
            depth = max(0, depth + (sign in OPENING) - (sign in CLOSING))
        line += sign.count("\n")
    yield from _statement(begun, signs)


def _statement(line: int, signs: list[str]) -> Iterator[Statement]:
    """The statement of some signs, where there are any."""
    if signs:
        start = START.match("".join(signs[:4]))
        brackets, name = start.groups() if start else ("", "")
        bare = "".join("q" if sign[0] in "\"'" else sign for sign in signs if sign[0] != "#")
        is_deep, is_long = _is_deep(signs) or bool(DOTTED.search(bare)), bool(LONG.search(bare))
        yield Statement(line, (name or "").strip("\"'"), bool(brackets), is_deep, is_long)


def _is_deep(signs: list[str]) -> bool:
    depth = 0
    for sign in signs:
        depth += (sign in OPENING) - (sign in CLOSING)
        if depth > DEEPEST:
            return True
    return False


def _fault(said: str, statements: list[Statement]) -> Fault:
    """What the reader says, in words of here, and the field in which that is."""
    what, _, where = said.rpartition(" (at ")
    number = re.match(r"line (\d+)", where)
    line = int(number[1]) if number else max((one.line for one in statements), default=1)
    field = next((one.name for one in reversed(statements) if one.line <= line), "")
    usual = what[:1].lower() + what[1:]
    return Fault(line, field, next((text for start, text in CALLED.items() if what.startswith(start)), usual))
