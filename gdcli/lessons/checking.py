"""A student's own work against the truth: formulas of a line's loss, gradient and step, at many points.

A formula is right where it agrees with the truth at the start and at points drawn by a seed, whatever its form. Where
it does not, the first point shows both values, and the usual mistakes are tried: one that explains every value is said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.formatting import short
from gdcli.lessons.expressions import Expression, shortened
from gdcli.lessons.true_line import Line
from gdcli.said import say, together

__all__ = ["KINDS", "NAMES", "Answer", "Line", "Verdict", "check"]

CLOSE = 1e-9
"""How far two values may be apart, relative to the larger of them and of the terms they are made of."""
NAMES = ("m", "b", "x", "y", "n", "y_hat", "lr")
"""What a formula may have: the parameters, the rows, their number, the predictions m x + b, and the learning rate."""


Mistake = tuple[str, Callable[[Line], Array]]
"""What is said of it, and the values that it gives."""


@dataclass(frozen=True)
class Answer:
    """What a student may be asked for.

    Args:
        name: As in `--grad-m`, with `_` for `-`.
        words: As people write it.
        truth: Its values.
        mistakes: The usual ones.
        size: How large the terms are that its values are made of.
    """

    name: str
    words: str
    truth: Callable[[Line], Array]
    mistakes: tuple[Mistake, ...] = ()
    size: Callable[[Line], Array] = lambda line: line.terms

    @property
    def flag(self) -> str:
        """Its option."""
        return "--" + self.name.replace("_", "-")


def _row_mean(weight: Callable[[Line], Array]) -> Callable[[Line], Array]:
    """The mean over rows."""
    return lambda line: np.mean(weight(line), axis=1)


def _without(line: Line, name: str) -> Array:
    """The residual as it is where b or m x is forgotten."""
    return line.m * line.x - line.y if name == "b" else line.b + 0 * line.m * line.x - line.y


def _exchanged(line: Line) -> Array:
    """The residual of b x + m."""
    return line.b * line.x + line.m - line.y


_LOSS: tuple[Mistake, ...] = (
    (say("the mean is missing: divide the sum by n"), lambda line: line.mse * len(line.x)),
    (say("half of it: this loss has no 1/2 before the mean"), lambda line: line.mse / 2),
    (say("divided by n - 1: it is divided by n"), lambda line: line.mse * len(line.x) / max(1, len(line.x) - 1)),
    (say("the errors are not squared: they cancel one another"), _row_mean(lambda line: line.residual)),
    (say("the absolute errors are averaged (MAE): square them instead"), _row_mean(lambda line: np.abs(line.residual))),
    (say("b is missing in the prediction mx + b"), _row_mean(lambda line: _without(line, "b") ** 2)),
    (say("mx is missing in the prediction mx + b"), _row_mean(lambda line: _without(line, "m") ** 2)),
    (say("y is added where it is subtracted"), _row_mean(lambda line: (line.residual + 2 * line.y) ** 2)),
    (
        say("the mean is squared: square each error, then take the mean"),
        lambda line: np.mean(line.residual, axis=1) ** 2,
    ),
    (
        say("the sum is squared: square each error, as in sum((...)^2)"),
        lambda line: np.mean(line.residual, axis=1) ** 2 * len(line.x),
    ),
    (say("m and b are exchanged: the prediction is mx + b"), _row_mean(lambda line: _exchanged(line) ** 2)),
    (
        say("b is subtracted: the prediction is mx + b"),
        _row_mean(lambda line: (line.residual - 2 * line.b) ** 2),
    ),
    (say("a sign: every value has the opposite one"), lambda line: -line.mse),
)


def _gradient_mistakes(name: str, other: str, weight: Callable[[Line], Any]) -> tuple[Mistake, ...]:
    """Mistakes of a derivative: `weight` is what each residual is multiplied by."""

    def truth(line: Line) -> Array:
        return np.asarray(getattr(line, f"grad_{name}"))

    return (
        (say("a sign: every value has the opposite one"), lambda line: -truth(line)),
        (say("the 2/n is missing before the sum"), lambda line: truth(line) * len(line.x) / 2),
        (say("the mean is missing: divide the sum by n"), lambda line: truth(line) * len(line.x)),
        (say("the 2 is missing that the square leaves behind"), lambda line: truth(line) / 2),
        (say("twice as large: the 2 is there twice"), lambda line: 2 * truth(line)),
        (say("divided by n twice"), lambda line: truth(line) / len(line.x)),
        (say("divided by 2n: 2/n is before the sum"), lambda line: truth(line) / 4),
        (say("divided by n - 1: it is divided by n"), lambda line: truth(line) * len(line.x) / max(1, len(line.x) - 1)),
        (
            say("this is the derivative by {other}", other=other),
            lambda line: np.asarray(getattr(line, f"grad_{other}")),
        ),
        (
            say("b is missing in the prediction mx + b"),
            lambda line: 2 * np.mean(_without(line, "b") * weight(line), axis=1),
        ),
        (
            say("mx is missing in the prediction mx + b"),
            lambda line: 2 * np.mean(_without(line, "m") * weight(line), axis=1),
        ),
        (
            say("y is added where it is subtracted"),
            lambda line: 2 * np.mean((line.residual + 2 * line.y) * weight(line), axis=1),
        ),
        (say("this is the loss itself, not its derivative"), lambda line: line.mse),
        (
            say(
                "the inner derivative is missing: the square's 2 is there, what is inside it is not derived by {name}",
                name=name,
            ),
            lambda line: 2 * np.mean(line.residual, axis=1) + 0 * truth(line),
        ),
        (
            say("m and b are exchanged: the prediction is mx + b"),
            lambda line: 2 * np.mean(_exchanged(line) * weight(line), axis=1),
        ),
        (
            say("b is subtracted: the prediction is mx + b"),
            lambda line: 2 * np.mean((line.residual - 2 * line.b) * weight(line), axis=1),
        ),
        (
            say("y is missing: the error is mx + b - y"),
            lambda line: 2 * np.mean((line.residual + line.y) * weight(line), axis=1),
        ),
        (
            say("the error is still squared: its derivative is 2 times the error"),
            lambda line: 2 * np.mean(line.residual**2 * weight(line), axis=1),
        ),
        (
            say("multiplied by {name} itself: the inner derivative is what {name} is multiplied by", name=name),
            lambda line: 2 * np.mean(line.residual, axis=1) * getattr(line, name)[:, 0],
        ),
        (
            say("a product of means: multiply in each row, then take the mean"),
            lambda line: 2 * np.mean(line.residual, axis=1) * np.mean(weight(line)),
        ),
        (say("only the first row is in it"), lambda line: 2 * (line.residual * weight(line))[:, 0]),
        (say("only the last row is in it"), lambda line: 2 * (line.residual * weight(line))[:, -1]),
    )


_WEIGHTS: dict[str, Callable[[Line], Array]] = {"m": lambda line: line.x, "b": lambda line: np.ones_like(line.x)}
"""What each residual is multiplied by in the derivative by a parameter."""


def _step_mistakes(name: str, other: str) -> tuple[Mistake, ...]:
    """Mistakes of a step."""

    def at(line: Line) -> Array:
        return np.asarray(getattr(line, name)[:, 0])

    def slope(line: Line, of: str = name) -> Array:
        return np.asarray(getattr(line, f"grad_{of}"))

    def later(line: Line) -> Array:
        moved = {name: at(line), other: np.asarray(getattr(line, f"step_{other}"))}
        residual = moved["m"][:, None] * line.x + moved["b"][:, None] - line.y
        return np.asarray(at(line) - line.learning_rate * 2 * np.mean(residual * _WEIGHTS[name](line), axis=1))

    return (
        (
            say("it goes up the slope: subtract the step, do not add it"),
            lambda line: at(line) + line.learning_rate * slope(line),
        ),
        (say("the learning rate is missing"), lambda line: at(line) - slope(line)),
        (
            say("this is the change alone: the new {name} is {name} minus it", name=name),
            lambda line: line.learning_rate * slope(line),
        ),
        (
            say("this is the change alone: the new {name} is {name} plus it", name=name),
            lambda line: -line.learning_rate * slope(line),
        ),
        (
            say("the derivative by {other} is used", other=other),
            lambda line: at(line) - line.learning_rate * slope(line, other),
        ),
        (say("this is the gradient, not the new {name}", name=name), slope),
        (say("the new {other} is used: both move from the same point", other=other), later),
        (
            say("the step is half of what it is: the gradient's 2 is missing"),
            lambda line: at(line) - line.learning_rate * slope(line) / 2,
        ),
        *(
            (
                say("the derivative in it is wrong: {mistake}", mistake=words),
                lambda line, wrong=wrong: at(line) - line.learning_rate * wrong(line),
            )
            for words, wrong in _gradient_mistakes(name, other, _WEIGHTS[name])
        ),
    )


KINDS: tuple[Answer, ...] = (
    Answer(
        "loss",
        "MSE",
        lambda line: line.mse,
        ((say("this is the RMSE: the MSE has no root"), lambda line: line.rmse), *_LOSS),
        size=lambda line: line.terms**2,
    ),
    Answer(
        "rmse",
        "RMSE",
        lambda line: line.rmse,
        (
            (say("the root is missing: this is the MSE"), lambda line: line.mse),
            (say("the root of the sum: divide by n inside the root"), lambda line: line.rmse * np.sqrt(len(line.x))),
            (say("divided by n outside the root: divide inside it"), lambda line: line.rmse / np.sqrt(len(line.x))),
            (say("the absolute errors are averaged (MAE)"), _row_mean(lambda line: np.abs(line.residual))),
            (say("half of the MSE is under the root"), lambda line: np.sqrt(line.mse / 2)),
            (
                say("divided by n - 1: it is divided by n"),
                lambda line: line.rmse * np.sqrt(len(line.x) / max(1, len(line.x) - 1)),
            ),
            (
                say("the mean is squared: square each error, then take the mean"),
                lambda line: np.abs(np.mean(line.residual, axis=1)),
            ),
        ),
        size=lambda line: line.terms**2 / np.maximum(line.rmse, 1e-4 * line.terms),  # rounding under a root near 0
    ),
    Answer(
        "grad_m",
        "dMSE/dm",
        lambda line: line.grad_m,
        _gradient_mistakes("m", "b", _WEIGHTS["m"]),
        size=lambda line: line.terms * line.reach,
    ),
    Answer("grad_b", "dMSE/db", lambda line: line.grad_b, _gradient_mistakes("b", "m", _WEIGHTS["b"])),
    Answer(
        "step_m",
        say("the new m"),
        lambda line: line.step_m,
        _step_mistakes("m", "b"),
        size=lambda line: np.abs(line.m[:, 0]) + abs(line.learning_rate) * line.terms * line.reach,
    ),
    Answer(
        "step_b",
        say("the new b"),
        lambda line: line.step_b,
        _step_mistakes("b", "m"),
        size=lambda line: np.abs(line.b[:, 0]) + abs(line.learning_rate) * line.terms,
    ),
)
"""All that may be asked for, in the lecture's order."""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right.

    Args:
        answer: What was asked for.
        given: The answer, as it was written.
        right: Whether it agrees at every point.
        at: (m, b) of the first point at which it does not.
        value: What it comes to there.
        truth: What is right there.
        mistake: What went wrong, where it can be told.
    """

    answer: Answer
    given: str
    right: bool
    at: tuple[float, float] | None = None
    value: float | None = None
    truth: float | None = None
    mistake: str = ""

    def row(self) -> dict[str, Any]:
        """check, right, m, b, yours, truth, mistake."""
        m, b = self.at or (None, None)
        shown = None if self.value is None or not np.isfinite(self.value) else self.value
        head = {"check": self.answer.name, "given": self.given, "right": self.right}
        return head | {"m": m, "b": b, "yours": shown, "truth": self.truth, "mistake": self.mistake or None}


def check(answer: Answer, formula: Expression, line: Line) -> Verdict:
    """Compares a formula with the truth.

    Args:
        answer: What it is to be.
        formula: The student's.
        line: The truth.

    Raises:
        OptionError: If it gives a number for each row.
    """
    values = formula(line.values)
    count = len(line.points)
    if values.ndim > 1 and values.shape[-1] > 1:
        shown = shortened(formula.text)
        what = say("{flag}: '{text}' gives a number for each row, not one for all", flag=answer.flag, text=shown)
        raise OptionError(what, say("sum(...) adds rows up, mean(...) averages them"))
    return compare(answer, formula.text, np.broadcast_to(values.reshape(-1), (count,)), line)


def compare(answer: Answer, given: str, values: Array, line: Line) -> Verdict:
    """Compares a student's values with the truth, at every point of a line.

    Args:
        answer: What they are to be.
        given: How the student says it.
        values: The student's values, (K,).
        line: The truth.
    """
    truth = answer.truth(line)
    wrong = ~_agree(values, truth, answer, line)
    if not wrong.any():
        return Verdict(answer, given, True)
    first = int(np.argmax(wrong))
    m, b = line.points[first].tolist()
    mistake = _mistake(answer, values, line)
    return Verdict(answer, given, False, (m, b), float(values[first]), float(truth[first]), mistake)


def _agree(values: Array, truth: Array, answer: Answer, line: Line) -> Array:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values - truth) <= CLOSE * np.maximum(np.abs(truth), answer.size(line)))


def _mistake(answer: Answer, values: Array, line: Line) -> str:
    """The usual mistake that gives exactly these values; else which coefficient is another; else nothing."""
    if np.ptp(values) == 0 and _agree(values, answer.truth(line), answer, line)[0]:
        m, b = (short(one, 6) for one in line.start)
        return say("one number, right at the start, m = {m} and b = {b}: a formula is right at any m and b", m=m, b=b)
    for words, wrong in answer.mistakes:
        if _agree(values, wrong(line), answer, line).all():
            return words
    return _coefficients(values, answer.truth(line), line) if np.isfinite(values).all() else ""


def _coefficients(values: Array, truth: Array, line: Line) -> str:
    """Where both are of the form p m + q b + r: which of the three are wrong."""
    terms = np.column_stack([line.points, np.ones(len(line.points))])
    scale = np.abs(terms).max(axis=0)
    mine, right = (np.linalg.lstsq(terms / scale, one, rcond=None)[0] / scale for one in (values, truth))
    size = np.abs(values).max() + np.abs(truth).max()
    if max(np.abs(terms @ mine - values).max(), np.abs(terms @ right - truth).max()) > CLOSE * size:
        return ""
    tolerance = CLOSE / 1000 * size / scale
    names = (say("the coefficient of m"), say("the coefficient of b"), say("the constant"))
    every = zip(names, mine, right, tolerance, strict=True)
    pairs = ((name, *_apart(a, b, near)) for name, a, b, near in every if abs(a - b) > near)
    return together(
        say("; "), (say("{name} is {short}, not {short2}", name=name, short=a, short2=b) for name, a, b in pairs)
    )


def _apart(value: float, truth: float, near: float) -> tuple[str, str]:
    """Two numbers in as few digits as tell them apart, six at least."""
    both = [0.0 if abs(one) <= near else one for one in (value, truth)]
    forms = ((f"{both[0]:.{digits}g}", f"{both[1]:.{digits}g}") for digits in range(6, 18))
    return next((pair for pair in forms if pair[0] != pair[1]), (repr(value), repr(truth)))


def named(names: Sequence[str]) -> dict[str, Answer]:
    """Answers by their names."""
    return {one.name: one for one in KINDS if one.name in names}
