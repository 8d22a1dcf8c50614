"""A line as a shell would cut it, where its last word is still being typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BREAKS = " \t\n\"'><=;|&(:"
"""Where bash begins a new word to complete, unless it is told otherwise."""
SPECIAL = frozenset(" \t\n\"'\\><=;|&(){}[]*?$`!#~^")


class Line(NamedTuple):
    """A line that is being typed.

    Args:
        words: The words before the last one, without their quotes.
        word: The last one, as far as it is typed.
        kept: How many of its letters the shell does not replace.
        quote: The quote that is open, if one is.
    """

    words: list[str]
    word: str = ""
    kept: int = 0
    quote: str = ""


def cut(text: str, breaks: str = BREAKS) -> Line:
    r"""The words of a line up to the cursor.

    >>> cut("gdcli fit 'a b.csv' --y=sp")
    Line(words=['gdcli', 'fit', 'a b.csv'], word='--y=sp', kept=4, quote='')
    >>> cut('gdcli fit sample:ir').kept, cut('gdcli fit "sepal le').quote
    (7, '"')
    """
    words: list[str] = []
    word, kept, quote, begun = "", 0, "", False
    signs: Iterator[str] = iter(text)
    for sign in signs:
        if quote:
            if sign == quote:
                quote = ""
            elif sign == "\\" and quote == '"':
                word += next(signs, "")
            else:
                word += sign
        elif sign in " \t\n":
            if begun:
                words.append(word)
            word, kept, begun = "", 0, False
            continue
        elif sign in "\"'":
            quote, kept = sign, len(word)
        else:
            word += next(signs, "") if sign == "\\" else sign
            kept = len(word) if sign in breaks else kept
        begun = True
    return Line(words, word, kept, quote)


def for_bash(candidate: str, line: Line) -> str:
    r"""What bash is to put in place of the last word.

    >>> for_bash("sample:iris", cut("gdcli fit sample:ir")), for_bash("sepal length", cut("gdcli fit --y se"))
    ('iris', 'sepal\\ length')
    """
    left = candidate[line.kept :]
    if line.quote == "'":
        return left
    special = frozenset('"\\$`') if line.quote else SPECIAL
    start = "~" if left.startswith("~/") and not line.quote else ""
    return start + "".join(f"\\{sign}" if sign in special else sign for sign in left[len(start) :])
