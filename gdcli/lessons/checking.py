"""A student's own work against the truth: formulas of a line's loss, gradient and step, at many points.

A formula is right where it agrees with the truth at the start and at points drawn by a seed, whatever its form. Where
it does not, the first point shows both values, and the usual mistakes are tried: one that explains every value is said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.lessons.expressions import Expression
from gdcli.said import say, together

__all__ = ["KINDS", "NAMES", "Answer", "Line", "Verdict", "check"]

CLOSE = 1e-9
"""How far two values may be apart, relative to the larger of them and of the terms they are made of."""
NICE = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (2.0, 3.0))
POINTS, SPREAD, MOST = 40, 5.0, 2_000_000
"""Points drawn by a seed, how far from 0 they are, and how many numbers are worked out at most."""
NAMES = ("m", "b", "x", "y", "n", "y_hat", "lr")
"""What a formula may have: the parameters, the rows, their number, the predictions m x + b, and the learning rate."""


@dataclass(frozen=True, eq=False)
class Line:
    """A line's loss, gradient and step at many points at once: the truth.

    Args:
        x: The rows' inputs, (n,).
        y: Their targets, (n,).
        start: (m, b), the first point.
        learning_rate: Of a step.
        seed: Of the points.

    >>> truth = Line(np.array([1.0, 2.0]), np.array([3.0, 5.0]), (-1.0, 5.0), 0.1)
    >>> [round(float(value), 12) for value in (truth.grad_m[0], truth.grad_b[0], truth.step_m[0], truth.step_b[0])]
    [-3.0, -1.0, -0.7, 5.1]

    Source: the lecture, "The loss curve" and "The gradient".
    """

    x: Array
    y: Array
    start: tuple[float, float]
    learning_rate: float = 0.1
    seed: int = 0

    @cached_property
    def points(self) -> Array:
        """(m, b) at which everything is compared, (K, 2): the start first."""
        count = max(2, min(POINTS, MOST // max(1, len(self.x))))
        drawn = np.random.default_rng(self.seed).uniform(-SPREAD, SPREAD, (count, 2))
        return np.array([self.start, *NICE, *drawn])

    @property
    def m(self) -> Array:
        """The slopes, (K, 1)."""
        return self.points[:, :1]

    @property
    def b(self) -> Array:
        """The intercepts, (K, 1)."""
        return self.points[:, 1:]

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """The variables of a formula."""
        x, y = self.x[None, :], self.y[None, :]
        known = {"m": self.m, "b": self.b, "x": x, "y": y, "y_hat": self.m * x + self.b}
        return known | {"n": float(len(self.x)), "lr": self.learning_rate}

    @cached_property
    def residual(self) -> Array:
        """m x + b - y, (K, n)."""
        return self.m * self.x + self.b - self.y

    @cached_property
    def mse(self) -> Array:
        """mean((m x + b - y)^2), (K,)."""
        return np.asarray(np.mean(self.residual**2, axis=1))

    @property
    def rmse(self) -> Array:
        """Its square root."""
        return np.sqrt(self.mse)

    @cached_property
    def grad_m(self) -> Array:
        """2/n sum(x (m x + b - y)), (K,)."""
        return np.asarray(2 * np.mean(self.residual * self.x, axis=1))

    @cached_property
    def grad_b(self) -> Array:
        """2/n sum(m x + b - y), (K,)."""
        return np.asarray(2 * np.mean(self.residual, axis=1))

    @property
    def step_m(self) -> Array:
        """m - lr grad_m, (K,)."""
        return self.m[:, 0] - self.learning_rate * self.grad_m

    @property
    def step_b(self) -> Array:
        """b - lr grad_b, (K,)."""
        return self.b[:, 0] - self.learning_rate * self.grad_b

    @property
    def size(self) -> Array:
        """How large the terms are that the values at a point are made of, (K,)."""
        terms = np.abs(self.m) * np.max(np.abs(self.x)) + np.abs(self.b) + np.max(np.abs(self.y)) + 1
        return np.asarray(terms[:, 0] * max(1.0, float(np.max(np.abs(self.x)))))


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
        squared: Whether its terms are squares.
    """

    name: str
    words: str
    truth: Callable[[Line], Array]
    mistakes: tuple[Mistake, ...] = ()
    squared: bool = False

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


_LOSS: tuple[Mistake, ...] = (
    (say("the mean is missing: divide the sum by n"), lambda line: line.mse * len(line.x)),
    (say("half of it: this loss has no 1/2 before the mean"), lambda line: line.mse / 2),
    (say("divided by 2n: it is divided by n"), lambda line: line.mse / 2),
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
        (say("only the first row is in it"), lambda line: 2 * (line.residual * weight(line))[:, 0]),
        (say("only the last row is in it"), lambda line: 2 * (line.residual * weight(line))[:, -1]),
    )


def _step_mistakes(name: str, other: str) -> tuple[Mistake, ...]:
    """Mistakes of a step."""

    def at(line: Line) -> Array:
        return np.asarray(getattr(line, name)[:, 0])

    def slope(line: Line, of: str = name) -> Array:
        return np.asarray(getattr(line, f"grad_{of}"))

    def later(line: Line) -> Array:
        moved = {name: at(line), other: np.asarray(getattr(line, f"step_{other}"))}
        residual = moved["m"][:, None] * line.x + moved["b"][:, None] - line.y
        weight = line.x if name == "m" else np.ones_like(line.x)
        return np.asarray(at(line) - line.learning_rate * 2 * np.mean(residual * weight, axis=1))

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
    )


def _weight_of_m(line: Line) -> Array:
    return line.x


def _weight_of_b(line: Line) -> Array:
    return np.ones_like(line.x)


KINDS: tuple[Answer, ...] = (
    Answer(
        "loss",
        "MSE",
        lambda line: line.mse,
        ((say("this is the RMSE: the MSE has no root"), lambda line: line.rmse), *_LOSS),
        squared=True,
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
        ),
    ),
    Answer("grad_m", "dMSE/dm", lambda line: line.grad_m, _gradient_mistakes("m", "b", _weight_of_m)),
    Answer("grad_b", "dMSE/db", lambda line: line.grad_b, _gradient_mistakes("b", "m", _weight_of_b)),
    Answer("step_m", say("the new m"), lambda line: line.step_m, _step_mistakes("m", "b")),
    Answer("step_b", say("the new b"), lambda line: line.step_b, _step_mistakes("b", "m")),
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
        what = say("{flag}: '{text}' gives a number for each row, not one for all", flag=answer.flag, text=formula.text)
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
    wrong = ~_agree(values, truth, line, answer.squared)
    if not wrong.any():
        return Verdict(answer, given, True)
    first = int(np.argmax(wrong))
    m, b = line.points[first].tolist()
    mistake = _mistake(answer, values, line)
    return Verdict(answer, given, False, (m, b), float(values[first]), float(truth[first]), mistake)


def _agree(values: Array, truth: Array, line: Line, squared: bool) -> Array:
    size = np.maximum(np.maximum(np.abs(truth), line.size ** (2 if squared else 1)), 1.0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values - truth) <= CLOSE * size)


def _mistake(answer: Answer, values: Array, line: Line) -> str:
    """The usual mistake that gives exactly these values; else which coefficient is another; else nothing."""
    for words, wrong in answer.mistakes:
        if _agree(values, wrong(line), line, answer.squared).all():
            return words
    return _coefficients(values, answer.truth(line), line) if np.isfinite(values).all() else ""


def _coefficients(values: Array, truth: Array, line: Line) -> str:
    """Where both are of the form p m + q b + r: which of the three are wrong."""
    terms = np.column_stack([line.points, np.ones(len(line.points))])
    mine, right = (np.linalg.lstsq(terms, one, rcond=None)[0] for one in (values, truth))
    tolerance = CLOSE * 100 * (1 + np.abs(right).max())
    if max(np.abs(terms @ mine - values).max(), np.abs(terms @ right - truth).max()) > tolerance * 100:
        return ""
    names = (say("the coefficient of m"), say("the coefficient of b"), say("the constant"))
    pairs = ((name, a, b) for name, a, b in zip(names, mine, right, strict=True) if abs(a - b) > tolerance)
    return together(
        say("; "),
        (say("{name} is {short}, not {short2}", name=n, short=_short(a), short2=_short(b)) for n, a, b in pairs),
    )


def _short(value: float) -> str:
    return f"{0.0 if abs(value) < 1e-9 else value:.6g}"


def named(names: Sequence[str]) -> dict[str, Answer]:
    """Answers by their names."""
    return {one.name: one for one in KINDS if one.name in names}
