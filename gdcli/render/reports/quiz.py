"""What `quiz` shows: questions, whether an answer is right, the run that shows it, and a score."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any

from gdcli.errors import OptionError
from gdcli.lessons.language import Language
from gdcli.lessons.quiz import Marked, Question, letter, mark
from gdcli.render import Report, theme
from gdcli.render.flow import flowed
from gdcli.render.screen import Screen, paint, plain

__all__ = ["dialogue", "report"]

WIDEST = 88
"""Columns of a paragraph: longer lines are hard to read."""
PICTURE = 9
"""Lines of a curve."""
Ask = Callable[[], str | None]
ENOUGH = ("q", "quit", "exit")
WORDS = {
    "question": ("question {at} of {count}", "第 {at} 題，共 {count} 題"),
    "number": ("Answer with a number; q ends.", "請輸入數字；q 結束。"),
    "choice": ("Answer with a letter; q ends.", "請輸入字母；q 結束。"),
    "right": ("right", "答對了"),
    "wrong": ("wrong: the answer is {answer}", "答錯了：答案是 {answer}"),
    "answer": ("the answer is {answer}", "答案是 {answer}"),
    "see": ("see", "動手看"),
    "again": ("{message}: {hint}", "看不懂這個答案，請再回答一次"),
    "score": ("score", "得分"),
    "of": ("{right} of {asked} right", "{asked} 題答對 {right} 題"),
    "ended": ("; {left} not answered", "；{left} 題未作答"),
}
"""What is said, in English and in Chinese."""


def report(marked: Sequence[Marked], language: Language) -> Report:
    """The report of questions that are listed, not asked one by one, or of one that is answered.

    Args:
        marked: The questions.
        language: To speak.
    """
    answered = [one for one in marked if one.right is not None]
    return Report(
        schema="gdcli.quiz/1",
        records=marked,
        summary=lambda: {"questions": len(marked), "answered": len(answered), "correct": _count(answered)},
        rows_name="asked",
        rows_in_kv=True,
        nested=Marked.nested,
        paragraph=lambda one, screen: _paragraph(one, language, screen),
    )


def dialogue(questions: Sequence[Question], ask: Ask, language: Language) -> Report:
    """The report that asks question by question.

    Args:
        questions: The questions.
        ask: The next line typed; None when there are no more.
        language: To speak.
    """
    return Report("gdcli.quiz/1", blocks=lambda screen: _dialogue(questions, ask, language, screen))


def _dialogue(questions: Sequence[Question], ask: Ask, language: Language, screen: Screen) -> Iterator[str]:
    marked: list[Marked] = []
    for at, one in enumerate(questions, 1):
        yield paint(_say("question", language, at=at, count=len(questions)), theme.HEADING, screen)
        yield from _question(one, language, screen)
        yield paint(_say("choice" if one.choices else "number", language), theme.NOTE, screen)
        answer = yield from _answered(one, ask, language)
        if answer is None:
            break
        marked.append(answer)
        yield from _judged(answer, language, screen)
        yield ""
    left = len(questions) - len(marked)
    score = _say("of", language, right=_count(marked), asked=len(marked))
    ended = _say("ended", language, left=left) if left else ""
    yield f"{paint(_say('score', language), theme.HEADING, screen)}  {score}{ended}"


def _answered(question: Question, ask: Ask, language: Language) -> Generator[str, None, Marked | None]:
    """Asks until there is an answer, marked; None when there is none to come."""
    while (typed := ask()) is not None and typed.strip().lower() not in ENOUGH:
        try:
            return mark(question, typed)
        except OptionError as error:
            yield _say("again", language, message=error.message, hint=error.hint)
    return None


def _paragraph(one: Marked, language: Language, screen: Screen) -> Iterator[str]:
    yield from _question(one.question, language, screen)
    if one.revealed or one.right is not None:
        yield from _judged(one, language, screen)
    yield ""


def _question(one: Question, language: Language, screen: Screen) -> Iterator[str]:
    """The sentences, the picture, the choices."""
    width = min(screen.width, WIDEST)
    yield from flowed(one.zh_text if language.is_chinese else one.text, width)
    yield from _picture(one, screen)
    for at, choice in enumerate(one.choices):
        first, *more = flowed(choice.zh_text if language.is_chinese else choice.text, width - 5)
        yield f"  {letter(at)}  {first}"
        yield from (f"     {line}" for line in more)


def _picture(one: Question, screen: Screen) -> Iterator[str]:
    if one.curve:
        from gdcli.render.charts.plots import Series, chart  # load NumPy: where something is drawn

        curve = Series(list(range(len(one.curve))), one.curve, "")
        width = min(screen.width - 2, WIDEST)
        yield from chart([curve], screen, title="MSE", width=width, height=PICTURE).split("\n")
    if one.matrix:
        from gdcli.render.reports.confusion import draw_confusion

        yield from draw_confusion(one.matrix, one.classes, screen, title="").split("\n")[
            1:
        ]  # the question says what it is


def _judged(one: Marked, language: Language, screen: Screen) -> Iterator[str]:
    """Right or wrong, why, and the run that shows it."""
    said = {True: ("right", theme.BEST), False: ("wrong", theme.LIMIT), None: ("answer", theme.NOTE)}
    word, meaning = said[one.right]
    yield paint(_say(word, language, answer=one.question.letter), meaning, screen)
    why = one.question.zh_because if language.is_chinese else one.question.because
    yield from flowed(why, min(screen.width, WIDEST))
    yield f"{paint(_say('see', language), theme.NOTE, screen)}  {plain(one.question.command, screen)}"


def _count(marked: Sequence[Marked]) -> int:
    return sum(one.right is True for one in marked)


def _say(name: str, language: Language, **figures: Any) -> str:
    return WORDS[name][language.is_chinese].format(**figures)
