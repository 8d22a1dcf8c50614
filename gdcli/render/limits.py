"""How learning-rate limits look: the curvature and its rates, what they foretell, and the experiment beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from gdcli.render.fitting import wrapped
from gdcli.render.numbers import short
from gdcli.render.screen import Screen, paint

__all__ = ["Limits", "Local", "Outlook", "Trial", "limits", "local", "outlooks", "trials"]

MANY = 12
"""Eigenvalues told one by one."""


class Limits(NamedTuple):
    """What the spectrum says of learning rates, for one scaling of the inputs.

    Args:
        inputs: How they are scaled, in a word.
        lr_max: The largest stable rate of the optimizer asked for; None where no formula tells.
        lr_max_sgd: 2/L, plain gradient descent's.
        lr_best: 2/(L + mu).
        lr_cautious: 1/L.
        condition_number: L/mu.
        eigenvalues: The Hessian's, from mu to L.
    """

    inputs: str
    lr_max: float | None
    lr_max_sgd: float
    lr_best: float
    lr_cautious: float
    condition_number: float
    eigenvalues: Sequence[float]

    def row(self) -> dict[str, Any]:
        """The rates, the condition number, and the ends of the spectrum."""
        ends = {"smallest_eigenvalue": self.eigenvalues[0], "largest_eigenvalue": self.eigenvalues[-1]}
        return {name: value for name, value in self._asdict().items() if name != "eigenvalues"} | ends

    def figures(self) -> dict[str, Any]:
        """For json: all but how the inputs are scaled."""
        return {name: value for name, value in self._asdict().items() if name != "inputs"}


class Local(NamedTuple):
    """The curvature at one point of a loss that has another one elsewhere.

    Args:
        where: The point, in words.
        lr_max: 2 / sharpness, with the momentum's factor; None where the loss is not curved upwards.
        sharpness: The Hessian's largest eigenvalue there.
        loss: The loss there.
        residual: How far off the eigenvalue can be.
        products: Hessian-vector products that it took.
    """

    where: str
    lr_max: float | None
    sharpness: float
    loss: float
    residual: float
    products: int

    def row(self) -> dict[str, Any]:
        """lr_max, sharpness, loss, residual, products."""
        return {name: value for name, value in self._asdict().items() if name != "where"}


class Outlook(NamedTuple):
    """What a constant rate will do.

    Args:
        name: Which rate it is.
        lr: The rate.
        contraction: What the slowest part of the error is multiplied by a step.
        steps_per_factor_100: Steps in which the loss comes 100 times nearer to its minimum.
        target_loss: The loss asked for, or None.
        steps: The first step that reaches it; None if none does.
    """

    name: str
    lr: float
    contraction: float
    steps_per_factor_100: float
    target_loss: float | None
    steps: int | None


class Trial(NamedTuple):
    """A real run near the limit, beside what was foretold of it.

    Args:
        factor: The rate as a part of the limit.
        lr: The rate.
        verdict: `converges`, `diverges`, or `neither`.
        as_predicted: Whether that is what the formula says.
        steps: How many were made.
        first_loss: Before them.
        loss: After them.
        predicted_loss: What the closed form says of the loss after them.
    """

    factor: float
    lr: float
    verdict: str
    as_predicted: bool
    steps: int
    first_loss: float
    loss: float
    predicted_loss: float


def limits(found: Sequence[Limits], name: str, screen: Screen) -> Iterator[str]:
    """The rates and the curvature they come from, one column a scaling.

    Args:
        found: The limits, of the inputs as they are and of standardised ones.
        name: The optimizer, and its momentum; empty for plain gradient descent.
        screen: What can be shown.
    """
    rows: list[tuple[str, list[float | None], str]] = []
    if name:
        rows.append((f"limit of {name}", [one.lr_max for one in found], ""))
    rows += [
        ("largest stable lr", [one.lr_max_sgd for one in found], "2/L: descent runs away above it"),
        ("fastest lr", [one.lr_best for one in found], "2/(L + mu), the best constant one"),
        ("cautious lr", [one.lr_cautious for one in found], "1/L: no direction overshoots"),
        ("largest curvature L", [one.eigenvalues[-1] for one in found], "of the steepest direction"),
        ("smallest, mu", [one.eigenvalues[0] for one in found], "of the flattest"),
        ("condition number", [one.condition_number for one in found], "L/mu: how uneven they are"),
    ]
    broad = max(len(label) for label, _, _ in rows) + 1
    heads = [one.inputs for one in found] if len(found) > 1 else []
    yield paint(f" {'':<{broad}}" + "".join(f"{head:>14}" for head in heads), "bold", screen)
    for at, (label, values, note) in enumerate(rows):
        start = paint(f" {label:<{broad}}", "bold", screen)
        cells = [f"{_told(value):>14}" for value in values]
        yield start + "".join(paint(cell, "green" if at == 0 else "", screen) for cell in cells) + f"   {note}"
    count = len(found[0].eigenvalues)
    if 2 < count <= MANY:
        yield from wrapped("spectrum", "   ".join(_told(value) for value in found[0].eigenvalues), screen)


def local(found: Local, screen: Screen) -> Iterator[str]:
    """The sharpness at a point, and how little it promises elsewhere."""
    yield f" {paint('sharpness', 'bold', screen)}   {_told(found.sharpness)}   largest eigenvalue of the Hessian there"
    if found.lr_max is None:
        why = "the loss is not curved upwards there, so no rate is too large for it"
        yield from wrapped("local", f"no limit: {why}.", screen)
    else:
        yield f" {paint('lr limit', 'bold', screen)}    {paint(_told(found.lr_max), 'green', screen)}   local"
        text = "this is the curvature at that point alone. Training moves on to where it is another, often sharper."
        yield from wrapped("local", text, screen)
    yield from wrapped("at", f"{found.where}, loss {short(found.loss)}", screen)
    sure = f"{found.products} Hessian-vector products; off by {short(found.residual, 2)} at most"
    yield from wrapped("found by", sure, screen)


def outlooks(found: Sequence[Outlook], loss_name: str, screen: Screen) -> Iterator[str]:
    """What each rate will do, foretold from the spectrum."""
    target = found[0].target_loss if found else None
    heads = ["lr", "error x, a step", "a factor 100 in"]
    heads += [] if target is None else [f"{loss_name} {short(target)} at"]
    yield ""
    yield paint(" " + " ".join(f"{head:>17}" for head in heads), "bold", screen)
    for one in found:
        cells = [_told(one.lr), short(one.contraction), _steps(one.steps_per_factor_100)]
        cells += [] if target is None else ["never" if one.steps is None else f"step {one.steps:,}"]
        yield " " + " ".join(f"{cell:>17}" for cell in cells) + f"   {one.name}"


def trials(found: Iterable[Trial], loss_name: str, screen: Screen) -> Iterator[str]:
    """Each run near the limit in a line: what it did, and what was foretold."""
    yield ""
    for one in found:
        start = paint(f" {one.factor:g} x limit", "bold", screen)
        color = "orange" if one.verdict == "neither" else "red" if one.verdict == "diverges" else "green"
        path = f"{loss_name} {short(one.first_loss)} -> {short(one.loss)} in {one.steps:,} steps"
        yield f"{start}, lr {short(one.lr)}: {paint(f'{one.verdict:<9}', color, screen)} {path}"
        yield f"   {_beside(one)}"


def _beside(one: Trial) -> str:
    """The prediction beside the experiment."""
    told = f"foretold for that step: {short(one.predicted_loss)}"
    if one.verdict == "neither":
        return f"{told}. It starts too near to the minimum, or has no error in the steepest direction."
    return told if one.as_predicted else f"{told}. Not as the formula says."


def _steps(value: float) -> str:
    return "never" if math.isinf(value) else f"{max(1, math.ceil(value)):,} steps"


def _told(value: float | None) -> str:
    """A number; what has no bound, or no formula, as a word."""
    if value is None:
        return "no formula"
    return "no limit" if math.isinf(value) else short(value)
