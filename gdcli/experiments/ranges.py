"""The ranges of an axis on the command line: LOW:HIGH[:COUNT]."""

from __future__ import annotations

from collections.abc import Mapping

from gdcli.analysis.surfaces import Span
from gdcli.errors import OptionError
from gdcli.experiments.notation import numbers
from gdcli.experiments.spec import reject_together
from gdcli.formatting import exact
from gdcli.said import say, together

COUNT, MOST = 41, 1000
RANGE = say("as in {{}} -3:5:41")


def span(flag: str, text: str, count: int = COUNT) -> Span:
    """`LOW:HIGH:COUNT`, or `LOW:HIGH`.

    Raises:
        OptionError: Naming what is wrong with it.
    """
    parts = text.split(":")
    if len(parts) not in (2, 3):
        raise OptionError(say("{flag}: '{text}' is not LOW:HIGH:COUNT", flag=flag, text=text), RANGE.format(flag))
    low, high = (numbers(flag, part, RANGE.format(flag))[0] for part in parts[:2])
    if not low < high:
        raise OptionError(
            say("{flag}: {low} is not below {high}", flag=flag, low=exact(low), high=exact(high)), RANGE.format(flag)
        )
    if not 1e-9 * max(abs(low), abs(high)) < high - low < 1e300:
        raise OptionError(
            say("{flag}: {low} and {high} are too near or too far apart", flag=flag, low=exact(low), high=exact(high)),
            RANGE.format(flag),
        )
    return Span(low, high, _count(flag, parts[2]) if len(parts) == 3 else count)


def axis_ranges(
    by_axis: tuple[str | None, str | None], by_name: Mapping[str, str | None], names: tuple[str, str]
) -> tuple[Span | None, Span | None]:
    """The ranges asked for, by axis or by the parameter on it; None where none is.

    Args:
        by_axis: Of the axis across and the axis up.
        by_name: Of parameters.
        names: The parameters on the two axes.

    Raises:
        OptionError: If a range is none, is asked for twice, or is of a parameter that is on no axis.
    """
    for name, text in by_name.items():
        if text is not None and name not in names:
            raise OptionError(
                say("--{name}-range: the axes are {names}", name=name, names=together(say(" and "), names)),
                say("use --x-range and --y-range"),
            )
    x, y = (
        _on_axis(axis, text, name, by_name.get(name)) for axis, text, name in zip("xy", by_axis, names, strict=True)
    )
    return x, y


def _on_axis(axis: str, by_axis: str | None, name: str, by_name: str | None) -> Span | None:
    reject_together({f"--{axis}-range": by_axis is not None, f"--{name}-range": by_name is not None})
    flag, text = (f"--{axis}-range", by_axis) if by_name is None else (f"--{name}-range", by_name)
    return None if text is None else span(flag, text)


def _count(flag: str, text: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal()) or int(text[:9]) < 2:
        raise OptionError(
            say("{flag}: '{text}' is not a count of 2 or more points", flag=flag, text=text), RANGE.format(flag)
        )
    if len(text) > 9 or int(text) > MOST:
        raise OptionError(
            say("{flag}: {text} points are more than {most}", flag=flag, text=text, most=MOST), RANGE.format(flag)
        )
    return int(text)
