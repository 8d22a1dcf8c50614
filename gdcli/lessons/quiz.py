"""A question of the quiz in two languages, and the mark of an answer."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

from gdcli.errors import OptionError
from gdcli.said import say

__all__ = ["Choice", "Marked", "Question", "letter", "mark"]


class Choice(NamedTuple):
    """One answer to choose.

    Args:
        key: Its word.
        text: What it says.
        zh_text: The same in Chinese.
    """

    key: str
    text: str
    zh_text: str


class Question(NamedTuple):
    """A question, and what it is to be answered.

    Args:
        topic: What it is about.
        seed: What it is drawn by.
        text: The question.
        zh_text: The same in Chinese.
        answer: The right choice's word, or a number.
        because: The run's figure that shows it.
        zh_because: The same in Chinese.
        command: The run.
        choices: What to choose from; none where a number is asked for.
        within: How far a number may be from the right one.
        curve: Losses, epoch by epoch, to draw.
        matrix: A confusion matrix to draw,
        classes: and its classes.
    """

    topic: str
    seed: int
    text: str
    zh_text: str
    answer: str
    because: str
    zh_because: str
    command: str
    choices: tuple[Choice, ...] = ()
    within: float = 0.0
    curve: tuple[float, ...] = ()
    matrix: tuple[tuple[int, ...], ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def letter(self) -> str:
        """The right answer as it is typed: a letter, or the number."""
        return next((letter(at) for at, one in enumerate(self.choices) if one.key == self.answer), self.answer)


class Marked(NamedTuple):
    """A question, with what was answered.

    Args:
        question: The question.
        given: What was typed; None if nothing was.
        right: Whether it is right; None if nothing was answered.
        revealed: Whether the right answer is told.
    """

    question: Question
    given: str | None = None
    right: bool | None = None
    revealed: bool = False

    def row(self) -> dict[str, Any]:
        """Flat scalars, the same in every language; the right answer only where it is told."""
        one = self.question
        asked = {"topic": one.topic, "seed": one.seed, "question": one.text, "zh_question": one.zh_text}
        asked |= {"within": one.within, "given": self.given, "right": self.right}
        told = {"answer": one.letter, "because": one.because, "zh_because": one.zh_because, "command": one.command}
        return asked | (told if self.revealed else {})

    def nested(self) -> dict[str, Any]:
        """The same with choices, curve and matrix."""
        one = self.question
        choices = [{"letter": letter(at), **choice._asdict()} for at, choice in enumerate(one.choices)]
        return self.row() | {"choices": choices, "curve": one.curve, "matrix": one.matrix, "classes": one.classes}


def letter(at: int) -> str:
    """The letter of a choice.

    >>> letter(0), letter(2)
    ('a', 'c')
    """
    return chr(ord("a") + at)


def mark(question: Question, given: str) -> Marked:
    """Marks an answer: a choice's letter, number or word, or a number within the tolerance.

    Raises:
        OptionError: If it is no answer to that question.
    """
    typed = unicodedata.normalize("NFKC", given).strip().replace("−", "-").lower()
    if not question.choices:
        return Marked(question, given.strip(), abs(_number(typed) - float(question.answer)) <= question.within)
    chosen = _chosen(typed, question.choices)
    return Marked(question, given.strip(), chosen.key == question.answer)


def _number(typed: str) -> float:
    """A number: a decimal, a fraction or per cent.

    Raises:
        OptionError: If it is none.
    """
    text, percent = typed.removesuffix("%").replace(",", "."), typed.endswith("%")
    above, slash, below = text.partition("/")
    try:
        value = float(above) / (float(below) if slash else 1.0) / (100 if percent else 1)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise OptionError(
            say("'{typed}' is not a number", typed=typed[:40]), say("answer with a number, as 0.25 or 1/4")
        )
    return value


def _chosen(typed: str, choices: Sequence[Choice]) -> Choice:
    """The choice of a letter, a number or a word.

    Raises:
        OptionError: If there is none.
    """
    for at, one in enumerate(choices):
        if typed in (letter(at), str(at + 1), one.key, one.text.lower(), one.zh_text.lower()):
            return one
    letters = ", ".join(letter(at) for at in range(len(choices)))
    raise OptionError(
        say("'{typed}' is none of the choices", typed=typed[:40]), say("answer with one of {letters}", letters=letters)
    )
