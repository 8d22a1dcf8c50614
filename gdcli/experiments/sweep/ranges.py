"""Lists and ranges of option values: `0.01,0.1,0.29`, `1e-4..1:log20`, `1..9:lin5`, `4;8;16,8`."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from gdcli.errors import OptionError
from gdcli.said import say

__all__ = ["expand", "listed"]

LARGEST = 100_000
"""Values in one range."""

EXAMPLE = say("as in 1..9:lin5 or 1e-4..1:log20")
RANGE = re.compile(r"(?P<low>.*?)\.\.(?P<high>.*?)(?::(?P<kind>[a-zA-Z]*)(?P<count>.*))?")
NOT_IN_A_SETTING = re.compile(r",(?!\s*[\w-]+\s*=)")


def listed(option: str, texts: Sequence[str], *, commas: bool = True, whole: bool = False) -> list[str]:
    """All values that an option is given, as texts, in order and without repetition.

    A comma parts values, unless a `;` does: then commas belong to the values (`constant;step:every=9,factor=0.5`).
    Where a value is itself a list (`commas=False`), only `;` parts. A comma before `NAME=` belongs to a setting.

    Args:
        option: Its flag, for messages.
        texts: What was given, once for each time the option was.
        commas: Whether a comma parts values.
        whole: Whether values are whole numbers, to which those of a range are rounded.

    Raises:
        OptionError: If a value is empty, or a range is malformed.

    >>> listed("--lr", ["0.01,0.1", "1..2:lin3"])
    ['0.01', '0.1', '1', '1.5', '2']
    >>> listed("--hidden", ["4;16,8"], commas=False)
    ['4', '16,8']
    """
    values = [value for text in texts for part in _parts(option, text, commas) for value in expand(option, part, whole)]
    return list(dict.fromkeys(values))


def expand(option: str, text: str, whole: bool = False) -> list[str]:
    """A range's values as texts, both ends included; any other text as it is.

    Args:
        option: Its flag, for messages.
        text: `LOW..HIGH:linN`, N values at equal distances, or `LOW..HIGH:logN`, N at equal ratios.
        whole: Whether to round to whole numbers.

    Raises:
        OptionError: If it is malformed.

    >>> expand("--lr", "1e-4..1:log5")
    ['0.0001', '0.001', '0.01', '0.1', '1']
    >>> expand("--degree", "1..12:log4", whole=True)
    ['1', '2', '5', '12']
    """
    if ".." not in text or "/" in text or "\\" in text:  # a path is no range
        return [text]
    found = RANGE.fullmatch(text)
    kind, count = (found["kind"] or "", found["count"] or "") if found else ("", "")
    low, high = (_end(option, text, found[end] if found else "") for end in ("low", "high"))
    if kind not in ("lin", "log"):
        raise OptionError(
            say("{option}: '{text}' does not say how many values: :linN or :logN", option=option, text=text), EXAMPLE
        )
    if not (count.isascii() and count.isdecimal() and 1 <= int(count[:9]) <= LARGEST):
        raise OptionError(
            say(
                "{option}: '{text}': '{count}' is not a number of values from 1 to {largest:,}",
                option=option,
                text=text,
                count=count,
                largest=LARGEST,
            ),
            EXAMPLE,
        )
    if kind == "log" and not min(low, high) > 0:
        raise OptionError(
            say("{option}: '{text}': a log range needs both ends above 0", option=option, text=text), EXAMPLE
        )
    if low > high:
        raise OptionError(
            say("{option}: '{text}' runs from the larger end to the smaller", option=option, text=text), EXAMPLE
        )
    return list(dict.fromkeys(_text(value, whole) for value in _between(low, high, kind, int(count))))


def _parts(option: str, text: str, commas: bool) -> list[str]:
    parts = text.split(";") if ";" in text or not commas else NOT_IN_A_SETTING.split(text)
    parts = [part.strip() for part in parts]
    if not all(parts):
        example = "A,B,C" if commas else "A;B;C"
        raise OptionError(
            say("{option}: '{text}' has an empty value in its list", option=option, text=text),
            say("as in {option} {example}", option=option, example=example),
        )
    return parts


def _end(option: str, text: str, number: str) -> float:
    try:
        value = math.nan if "_" in number else float(number)
    except ValueError:
        value = math.nan
    if not number:
        raise OptionError(say("{option}: '{text}' is a range that lacks an end", option=option, text=text), EXAMPLE)
    if not math.isfinite(value):
        raise OptionError(
            say("{option}: '{text}': '{number}' is not a finite number", option=option, text=text, number=number),
            EXAMPLE,
        )
    return value


def _between(low: float, high: float, kind: str, count: int) -> list[float]:
    """The ends as they are, and what lies between them to 15 digits: 0.001 and not 0.0010000000000000002."""
    shares = [at / (count - 1) for at in range(1, count - 1)]
    inner = [low ** (1 - t) * high**t if kind == "log" else low * (1 - t) + high * t for t in shares]
    return [low, *(float(f"{value:.15g}") for value in inner), *([high] if count > 1 else [])]


def _text(value: float, whole: bool) -> str:
    if whole or (value == int(value) and abs(value) < 1e15):
        return str(round(value))
    return repr(value)
