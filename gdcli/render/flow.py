"""Paragraphs in lines of a screen, in English and in Chinese, whose signs take two columns and need no spaces."""

from __future__ import annotations

import re

from gdcli.render.screen import columns

__all__ = ["flowed"]

CLOSING = "，。；：、？！）」』"
"""Signs that begin no line."""
OPENING = "（「『"
"""Signs that end no line."""


def flowed(text: str, width: int) -> list[str]:
    """A paragraph in lines of at most `width` columns; a word that is longer has a line of its own.

    >>> flowed("梯度指向損失上升最快的方向。", 12)
    ['梯度指向損失', '上升最快的方', '向。']
    >>> flowed("the gradient", 8)
    ['the', 'gradient']
    """
    lines = [""]
    for piece in _pieces(text):
        if columns((lines[-1] + piece).rstrip()) > width and lines[-1].strip():
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


def _pieces(text: str) -> list[str]:
    """What is not broken: words with the space after them, Chinese signs with what must follow them."""
    found: list[str] = []
    for piece in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        if found and (piece[0] in CLOSING or found[-1][-1] in OPENING):
            found[-1] += piece
        else:
            found.append(piece)
    return found
