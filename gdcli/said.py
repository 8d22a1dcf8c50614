"""Sentences that another language can say too: English text that remembers its template and what was put into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, SupportsIndex

__all__ = ["Said", "capitalized", "clause", "enumerated", "say", "together", "uncapitalized"]


class Said(str):
    """A sentence in English, with the template and the fields that it was made of.

    It is the English text wherever text is asked for; whoever writes a screen may say it in another language.

    Args:
        text: The sentence.
        template: The same with its fields in braces, the key in a catalogue.
        fields: What stands in them; some may be sentences themselves.
    """

    template: str
    fields: Mapping[str, Any]

    def __new__(cls, text: str, template: str, fields: Mapping[str, Any]) -> Said:
        """The text, which remembers what it was made of."""
        made = super().__new__(cls, text)
        made.template, made.fields = template, fields
        return made

    def __str__(self) -> str:
        """Itself, so that an exception keeps it."""
        return self

    def __add__(self, other: str) -> Said:
        """Both texts, each still to be said in another language."""
        return together("", (self, other))

    def __radd__(self, other: str) -> Said:
        """Both texts, as above."""
        return together("", (other, self))

    def __mul__(self, times: SupportsIndex) -> Said:
        """The text so many times, which is mostly once or not at all."""
        return together("", [self] * int(times))

    def __reduce__(self) -> tuple[type[Said], tuple[str, str, dict[str, Any]]]:
        """To a worker it goes as what it was made of."""
        return Said, (str.__str__(self), self.template, dict(self.fields))


def say(template: str, /, **fields: Any) -> Said:
    """A sentence for people; its template, literal, is what catalogues translate.

    >>> say("lr {rate:.3g} is {times} times the largest", rate=0.58401, times=2)
    'lr 0.584 is 2 times the largest'
    >>> say("{count} rows", count=3).template
    '{count} rows'
    """
    return Said(template.format_map(fields), template, fields)


def capitalized(text: str) -> Said:
    """A text that begins a sentence: in English its first letter is a capital one.

    >>> capitalized(say("columns a and b"))
    'Columns a and b'
    """
    return Said(text[:1].upper() + text[1:], "{text}", {"text": text})


def uncapitalized(text: str) -> Said:
    """A sentence in the middle of another: in English its first letter is a small one."""
    return Said(text[:1].lower() + text[1:], "{text}", {"text": text})


def clause(message: str) -> str:
    """What a message says after its colon: "--beta1: sgd has none" without the option.

    >>> clause(say("{option}: {what}", option="--beta1", what=say("{name} has none", name="sgd"))).template
    '{name} has none'
    """
    if isinstance(message, Said):
        _, _, after = message.template.partition(": ")
        name = after.strip("{}")
        if after == f"{{{name}}}" and name in message.fields:
            return str(message.fields[name])
    return message.partition(": ")[2] or message


def together(separator: str, parts: Iterable[str]) -> Said:
    """Texts side by side.

    >>> together("   ", ["a line", say("{n} rows", n=3)])
    'a line   3 rows'
    """
    fields = {f"part{at}": part for at, part in enumerate(parts)}
    template = "{gap}".join(f"{{{name}}}" for name in fields)
    return Said(separator.join(fields.values()), template, {"gap": separator, **fields})


def enumerated(parts: Iterable[str]) -> str:
    """Texts with commas between them.

    >>> enumerated(["sgd", "adam", "rmsprop"])
    'sgd, adam, rmsprop'
    """
    return together(say(", "), parts)
