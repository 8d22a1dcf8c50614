"""Lines of a terminal as SVG text: the same words in the same columns, in the theme's colours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from gdcli.definitions.namedtuple import NamedTuple
from gdcli.render import theme
from gdcli.render.screen import ESCAPE, columns
from gdcli.render.svg.ink import MONO, Fragment, Ink, label
from gdcli.render.theme import Hue, Meaning

SIZE, LINE, CELL = 13, 18, 7.83
WORDS = re.compile(r"\S+(?: \S+)*")
HUES = {one.hue.rgb: one.hue for one in vars(theme).values() if isinstance(one, Meaning) and one.hue is not None}
"""Colours of a terminal and what they are on paper."""


class _Style(NamedTuple):
    """How text looks from here on."""

    hue: Hue | None = None
    bold: bool = False
    reverse: bool = False


def draw_words(lines: Sequence[str], ink: Ink) -> Fragment:
    """Lines of text as they stand on a terminal with 24-bit colour."""
    body = [part for at, line in enumerate(lines) for part in _line(line, LINE * at + 13, ink)]
    wide = max(map(columns, lines), default=0) * CELL
    text = f'<g font-family="{MONO}" font-size="{SIZE}">{"".join(body)}</g>' if body else ""
    return Fragment(text, wide, LINE * len(lines))


def _line(line: str, y: float, ink: Ink) -> Iterator[str]:
    """Each run of words at its column, so that columns stay columns in any font."""
    at = 0
    for style, text in _runs(line):
        for found in WORDS.finditer(text):
            before = at + columns(text[: found.start()])
            yield from _words(found[0], before * CELL, y, style, ink)
        at += columns(text)


def _words(text: str, x: float, y: float, style: _Style, ink: Ink) -> Iterator[str]:
    color = "currentColor" if style.hue is None else ink.hue(style.hue)
    more = f'fill="{color}"' + ' font-weight="bold"' * style.bold
    if style.reverse:
        wide = columns(text) * CELL + 2
        yield f'<rect x="{x - 1:.1f}" y="{y - 12:.1f}" width="{wide:.1f}" height="15" fill="{color}"/>'
        more = f'fill="{ink.ground.paper}"' + ' font-weight="bold"' * style.bold
    yield label(text, x, y, more=more)


def _runs(line: str) -> Iterator[tuple[_Style, str]]:
    """Text between escape sequences, each with its style."""
    style, texts = _Style(), ESCAPE.split(line)
    for text, code in zip(texts, [*ESCAPE.findall(line), ""], strict=True):
        if text:
            yield style, text
        style = _after(style, code[2:-1])


def _after(style: _Style, code: str) -> _Style:
    """The style after a sequence."""
    if code.startswith("38;2;"):
        red, green, blue = (int(part) for part in code.split(";")[2:5])
        own = f"#{red:02x}{green:02x}{blue:02x}"
        return style._replace(hue=HUES.get((red, green, blue), Hue((red, green, blue), 0, 0, own, own)))
    changed = {"1": style._replace(bold=True), "7": style._replace(reverse=True), "0": _Style()}
    return changed.get(code, style)
