"""The glossary: the lecture's terms, each with its formula, a command that shows it, and its chapter."""

from __future__ import annotations

import difflib
import re
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from gdcli.errors import OptionError
from gdcli.said import say, together

__all__ = ["Term", "find", "terms"]

FILE = "glossary.toml"


class Term(NamedTuple):
    """A term.

    Args:
        name: In English.
        zh: In Chinese.
        also: Other names, in both.
        text: Three sentences.
        zh_text: The same in Chinese.
        formula: What it comes to.
        command: What shows it.
        chapter: Of the lecture.
        zh_formula: The formula where it has words, in Chinese.
    """

    name: str
    zh: str
    also: tuple[str, ...]
    text: str
    zh_text: str
    formula: str
    command: str
    chapter: str
    zh_formula: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return (self.name, self.zh, *self.also)

    def row(self) -> dict[str, Any]:
        """All of it, the same in every language."""
        return self._asdict() | {"also": ", ".join(self.also), "zh_formula": self.zh_formula or self.formula}


@cache
def terms() -> tuple[Term, ...]:
    """All terms, in the lecture's order."""
    import tomllib  # not needed for --help

    content = tomllib.loads(files(__package__).joinpath(FILE).read_text(encoding="utf-8"))
    return tuple(Term(**one | {"also": tuple(one["also"])}) for one in content["term"])


def find(asked: str) -> Term:
    """The term of a name, or the one that a sentence asks about.

    Raises:
        OptionError: If there is none; with the nearest names.

    >>> find("lr").name, find("why does it say 2/L?").name, find("過擬合").name
    ('learning rate', 'largest stable rate', 'overfitting')
    """
    word = _plain(asked)
    known = {_plain(name): term for term in reversed(terms()) for name in term.names}
    if word in known:
        return known[word]
    inside = [name for name in known if _holds(word, name)]
    if inside:
        return known[max(inside, key=len)]
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.6)
    names = list(dict.fromkeys(known[name].name for name in near))
    hint = (
        say("did you mean {names}?", names=together(say(" or "), (repr(name) for name in names)))
        if names
        else say("gdcli explain lists all terms")
    )
    raise OptionError(say("explain: there is no term '{asked}'", asked=asked), hint)


def _plain(name: str) -> str:
    """A name without case, hyphens and signs at its ends."""
    return " ".join(re.sub(r"[-_\s]+", " ", name.lower()).strip(" ?.!,;:'\"？。").split())


def _holds(sentence: str, name: str) -> bool:
    """Whether a sentence has a name in it, as words of its own; Chinese has no spaces between words."""
    if not name.isascii():
        return name in sentence
    return len(name) > 1 and re.search(rf"(?<![\w/]){re.escape(name)}(?![\w/])", sentence) is not None
