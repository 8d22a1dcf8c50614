"""The ranges of an axis on the command line: LOW:HIGH[:COUNT]."""

from __future__ import annotations

from gdcli.analysis.surfaces import Span
from gdcli.errors import OptionError
from gdcli.experiments.notation import numbers
from gdcli.formatting import exact

COUNT, MOST = 41, 1000
RANGE = "as in {} -3:5:41"


def span(flag: str, text: str, count: int = COUNT) -> Span:
    """`LOW:HIGH:COUNT`, or `LOW:HIGH`.

    Raises:
        OptionError: Naming what is wrong with it.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise OptionError(f"{flag}: '{text}' is not LOW:HIGH:COUNT", RANGE.format(flag))
    low, high = (numbers(flag, part, RANGE.format(flag))[0] for part in parts[:2])
    if not low < high:
        raise OptionError(f"{flag}: {exact(low)} is not below {exact(high)}", RANGE.format(flag))
    if not 1e-9 * max(abs(low), abs(high)) < high - low < 1e300:
        raise OptionError(f"{flag}: {exact(low)} and {exact(high)} are too near or too far apart", RANGE.format(flag))
    return Span(low, high, _count(flag, parts[2]) if len(parts) == 3 else count)


def _count(flag: str, text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 2:
        raise OptionError(f"{flag}: '{text}' is not a count of 2 or more points", RANGE.format(flag))
    if len(text) > 9 or int(text) > MOST:
        raise OptionError(f"{flag}: {text} points are more than {MOST}", RANGE.format(flag))
    return int(text)
