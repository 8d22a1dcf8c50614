"""Sentences in the language of the screen: `Said` text looked up in a catalogue, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
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
    >>> words = {"{count} rows": "{count} 列", "of {what}": "{what}的"}.get
    >>> translated(say("of {what}", what=say("{count} rows", count=3)), words)
    '3 列的'
    """
    if not isinstance(text, Said):
        return text
    return _Fields(into).vformat(into(text.template), (), text.fields)


class _Fields(Formatter):
    """Fills in a template, with fields that may have to be translated themselves."""

    def __init__(self, into: Catalogue) -> None:
        self._into = into

    def get_value(self, key: int | str, args: Any, kwargs: Mapping[str, Any]) -> Any:  # noqa: ARG002 - Formatter's
        """The field of that name."""
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        """A field; text is padded by columns, of which Chinese signs take two."""
        value = str(value) if isinstance(value, BaseException) else value
        if not isinstance(value, str):
            return str(format(value, format_spec))
        text = translated(value, self._into)
        padded = PADDED.fullmatch(format_spec)
        return _padded(text, *padded.groups()) if padded else format(text, format_spec)


def _padded(text: str, fill: str | None, side: str | None, width: str) -> str:
    free, fill = max(0, int(width) - columns(text)), fill or " "
    if side == "^":
        return fill * (free // 2) + text + fill * (free - free // 2)
    return fill * free + text if side == ">" else text + fill * free
