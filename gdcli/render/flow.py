"""Paragraphs in lines of a screen, in English and in Chinese, whose signs take two columns and need no spaces."""

from __future__ import annotations

import re
from collections.abc import Callable

from gdcli.render.screen import columns, english

__all__ = ["broken", "error_lines", "flowed", "folded", "is_wide", "wrapped"]

CLOSING = "，。；：、？！）」』"
"""Signs that begin no line."""
OPENING = "（「『"
"""Signs that end no line."""


GAPS = re.compile("( {2,})")


def is_wide(text: str) -> bool:
    """Whether a text has a sign that takes two columns, and that a line may end after."""
    return not text.isascii() and any("\u2e80" <= sign <= "\uffef" for sign in text)


def flowed(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """A paragraph in lines of at most `width` columns; a word that is longer has a line of its own.

    Args:
        text: The paragraph.
        width: Columns.
        first: What the first line begins with.
        rest: What the others begin with.

    >>> flowed("梯度指向損失上升最快的方向。", 12)
    ['梯度指向損失', '上升最快的方', '向。']
    >>> flowed("the gradient", 8)
    ['the', 'gradient']
    """
    lines, empty = [first], True
    for piece in _pieces(text):
        if columns((lines[-1] + piece).rstrip()) > width and not empty:
            lines.append(rest)
            empty = True
        lines[-1] += piece.lstrip() if empty else piece
        empty = empty and not piece.strip()
    return [line.rstrip() for line in lines]


def folded(line: str, width: int, rest: str = "") -> list[str]:
    """A line in as many as the screen's edge makes of it, broken at wide gaps, else between words; its start is kept.

    Args:
        line: The line.
        width: Columns.
        rest: What the lines after the first begin with.

    >>> folded("  R2 0.98   MSE 1.5   the best line", 20, "    ")
    ['  R2 0.98   MSE 1.5', '    the best line']
    """
    if columns(line) <= width:
        return [line]
    body = line.lstrip(" ")
    lines = [line[: len(line) - len(body)]]
    parts = GAPS.split(body)
    for gap, part in zip(["", *parts[1::2]], parts[::2], strict=True):
        if columns(lines[-1] + gap + part) <= width:
            lines[-1] += gap + part
        elif columns(rest + part) <= width:
            lines.append(rest + part)
        else:
            lines[-1:] = flowed(part, width, first=lines[-1] + gap, rest=rest)
    return lines


def broken(text: str, width: int, first: str = "", rest: str = "") -> list[str]:
    """A text in lines: of words broken between them, Chinese between its signs; the arguments are as above."""
    if is_wide(text):
        return flowed(text, width, first, rest)
    import textwrap  # only where something is broken

    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def wrapped(text: str, width: int) -> list[str]:
    """A line of words, broken between them; what follows the first line is indented."""
    if len(text) <= width and columns(text) <= width:
        return [text]
    return broken(text, width, rest="  ") or [text]


def error_lines(message: str, hint: str, width: int, speak: Callable[[str], str] = english) -> list[str]:
    """An error and what to do about it, in lines of a terminal and the reader's language."""
    start, said = "gdcli: ", speak(message)
    fits = max(len(said), columns(said)) <= width - len(start)
    first = [start + said] if fits else broken(said, width, start, "  ") or [start]  # a long name stays beside it
    return [*first, *(part for line in speak(hint).split("\n") if hint for part in wrapped(f"  {line}", width))]


def _pieces(text: str) -> list[str]:
    """What is not broken: words with the space after them, Chinese signs with what must follow them."""
    found: list[str] = []
    for piece in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        if found and (piece[0] in CLOSING or found[-1][-1] in OPENING):
            found[-1] += piece
        else:
            found.append(piece)
    return found
