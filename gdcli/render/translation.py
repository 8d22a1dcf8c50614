"""Sentences in the language of the screen: `Said` text looked up in a catalogue, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial, reduce
from pathlib import Path
from string import Formatter
from typing import Any

from gdcli.render.screen import columns
from gdcli.said import Said

__all__ = ["DOMAIN", "FOLDER", "Catalogue", "speaker", "translated"]

FOLDER = Path(__file__).parent / "translations"
"""A folder for each language, as gettext has them: sources `.po`, and `gdcli.mo` made of them."""
DOMAIN = "gdcli"
PADDED = re.compile(r"(?:(.)?([<>^]))?(\d+)s?")
HAN, LETTERS = re.compile("[\u4e00-\u9fff]"), re.compile("[A-Za-z0-9%]")
FULL = frozenset("。，；：！？）」")

Catalogue = Callable[[str], str]
"""From a message to its translation."""


@cache
def speaker(code: str) -> Callable[[str], str]:
    """What says a text in a language, as `zh-TW`."""
    import gettext  # English needs none

    return partial(translated, into=gettext.translation(DOMAIN, FOLDER, [code.replace("-", "_")]).gettext)


def translated(text: str, into: Catalogue) -> str:
    """A text in another language, as far as it is `Said`.

    >>> from gdcli.said import say
    >>> words = {"{count} rows": "{count}列", "of {what}": "{what}的"}.get
    >>> translated(say("of {what}", what=say("{count} rows", count=3)), words)
    '3 列的'
    """
    if not isinstance(text, Said) or not text.template:  # of nothing, gettext has the catalogue's own head
        return text
    template = into(text.template)
    parts = _parts(template, text.fields, into)
    return reduce(_beside if template != text.template else _after, parts, "")


def _parts(template: str, fields: Mapping[str, Any], into: Catalogue) -> Iterator[str]:
    """A template's literal texts and its fields, filled in."""
    for literal, name, spec, conversion in Formatter().parse(template):
        yield literal
        if name is not None:
            value = repr(fields[name]) if conversion == "r" else fields[name]
            form = (spec or "").format_map(fields)
            yield _filled(value if form else str(value), form, into)


def _filled(value: Any, spec: str, into: Catalogue) -> str:
    """A field; text is padded by columns, of which Chinese signs take two."""
    if not isinstance(value, str):
        return format(value, spec)
    text = translated(value, into)
    padded = PADDED.fullmatch(spec)
    return _padded(text, *padded.groups()) if padded else format(text, spec)


def _after(text: str, part: str) -> str:
    """Two parts of a line; no blank stands after a full-width sign."""
    return text + (part[1:] if text[-1:] in FULL and part[:1] == " " != part[1:2] else part)


def _beside(text: str, part: str) -> str:
    """Two parts of a sentence: a blank between Chinese and other letters, and none within Chinese."""
    before, after = text.rstrip(" "), part.lstrip(" ")
    blanks = len(text) - len(before) + len(part) - len(after)
    if not before or not after or blanks > 1:
        return text + part
    chinese = [bool(HAN.match(sign)) for sign in (before[-1], after[0])]
    if all(chinese):
        return before + after
    return f"{before} {after}" if any(chinese) and LETTERS.search(before[-1] + after[0]) else _after(text, part)


def _padded(text: str, fill: str | None, side: str | None, width: str) -> str:
    free, fill = max(0, int(width) - columns(text)), fill or " "
    if side == "^":
        return fill * (free // 2) + text + fill * (free - free // 2)
    return fill * free + text if side == ">" else text + fill * free
