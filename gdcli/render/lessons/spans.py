"""A terminal's text with its colours as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from gdcli.render.screen import ESCAPE

__all__ = ["spans"]


def spans(lines: Sequence[str]) -> str:
    """Lines of a terminal as HTML, a span for each change of colour.

    >>> spans(["\\x1b[38;2;1;2;3ma<b\\x1b[0m c", "\\x1b[1md"]).replace("#", "")
    '<span style="color:010203">a&lt;b</span> c\\n<b>d</b>'
    """
    return "\n".join("".join(_pieces(line)) for line in lines)


def _pieces(line: str) -> list[str]:
    """Texts between escape sequences, each in the colours that are on."""
    found, on, end = list[str](), dict[str, str](), 0
    for escaped in ESCAPE.finditer(line):
        found.append(_piece(line[end : escaped.start()], on))
        on, end = _after(escaped[0][2:-1], on), escaped.end()
    return [*found, _piece(line[end:], on)]


def _piece(text: str, on: dict[str, str]) -> str:
    if not text or not on:
        return _escaped(text)
    paints = dict(on)
    strong = paints.pop("strong", "")
    if paints.pop("reverse", ""):
        paints = {"color": paints.get("background", "Canvas"), "background": paints.get("color", "CanvasText")}
    style = ";".join(f"{name}:{value}" for name, value in paints.items())
    inner = f'<span style="{style}">{_escaped(text)}</span>' if style else _escaped(text)
    return f"<b>{inner}</b>" if strong else inner


def _escaped(text: str) -> str:
    """A text as HTML; a sign that takes two columns of a terminal takes two here, whatever font it is from.

    >>> _escaped("a<梯度")
    'a&lt;<i>梯</i><i>度</i>'
    """
    return re.sub(r"[\u2e80-\uffef]", r"<i>\g<0></i>", escape(text))


def _after(codes: str, on: dict[str, str]) -> dict[str, str]:
    """What is on after a sequence."""
    numbers = codes.split(";")
    if numbers[:2] in (["38", "2"], ["48", "2"]) and len(numbers) >= 5:
        name = "color" if numbers[0] == "38" else "background"
        rest = ";".join(numbers[5:])
        now = on | {name: "#" + "".join(f"{int(one):02x}" for one in numbers[2:5])}
        return _after(rest, now) if rest else now
    plain = {"": {}, "0": {}, "1": on | {"strong": "1"}, "7": on | {"reverse": "1"}}
    now = plain.get(numbers[0], on)
    return _after(";".join(numbers[1:]), now) if numbers[1:] else now
