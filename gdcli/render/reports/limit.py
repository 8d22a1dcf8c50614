"""How learning-rate limits look: the curvature and its rates, what they predict, and the experiment beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gdcli.render import theme
from gdcli.render.numbers import short
from gdcli.render.reports.fit import wrap_remark
from gdcli.render.screen import Screen, paint, plain

__all__ = [
    "LimitReport",
    "LimitTrial",
    "LocalCurvature",
    "RateForecast",
    "describe_sharpness",
    "tabulate_forecasts",
    "tabulate_limits",
    "tabulate_trials",
]

BROAD, NARROW = (11, 12, 17, 15), (11, 11, 12, 12)
"""Columns of a table of forecasts, and of one of runs."""

MANY = 12
"""Eigenvalues that are listed."""

SLOW = 1e-3
"""Part of the first distance to the minimum that is left by a run that is slow."""


class LimitReport(NamedTuple):
    """What the spectrum says of learning rates, for one scaling of the inputs.

    Args:
        inputs: How they are scaled, in a word.
        lr_max: The largest stable rate of the optimizer asked for; None where no closed form is known.
        lr_max_sgd: 2/L, plain gradient descent's.
        lr_best: 2/(L + mu).
        lr_cautious: 1/L.
        condition_number: L/mu.
        eigenvalues: The Hessian's, from mu to L.
        flat: How many directions have none; they are left out of lr_best.
    """

    inputs: str
    lr_max: float | None
    lr_max_sgd: float
    lr_best: float
    lr_cautious: float
    condition_number: float
    eigenvalues: Sequence[float]
    flat: int = 0

    def row(self) -> dict[str, Any]:
        """The rates, the condition number, and the ends of the spectrum."""
        ends = {"smallest_eigenvalue": self.eigenvalues[0], "largest_eigenvalue": self.eigenvalues[-1]}
        return {name: value for name, value in self._asdict().items() if name != "eigenvalues"} | ends

    def figures(self) -> dict[str, Any]:
        """For json: all but how the inputs are scaled."""
        return {name: value for name, value in self._asdict().items() if name != "inputs"}


class LocalCurvature(NamedTuple):
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


class RateForecast(NamedTuple):
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


class LimitTrial(NamedTuple):
    """A real run near the limit, beside what was foretold of it.

    Args:
        factor: The rate as a part of the limit.
        lr: The rate.
        verdict: `converges`, `diverges`, or `neither`.
        as_predicted: Whether that is what the formula says.
        steps: The number of updates.
        first_loss: Before them.
        loss: After them.
        predicted_loss: What the closed form says of the loss after them.
        least_loss: The loss at the minimum.
    """

    factor: float
    lr: float
    verdict: str
    as_predicted: bool
    steps: int
    first_loss: float
    loss: float
    predicted_loss: float
    least_loss: float


def tabulate_limits(limits: Sequence[LimitReport], limit: tuple[str, str] | None, screen: Screen) -> Iterator[str]:
    """The rates and the curvature they come from, one column a scaling.

    Args:
        limits: The limits, of the inputs as they are and of standardised ones.
        limit: What else but plain descent is asked about, and the formula of its limit; None for plain descent.
        screen: What can be shown.
    """
    rows: list[tuple[str, list[float | None], str]] = []
    if limit:
        rows.append((f"with {limit[0]}", [one.lr_max for one in limits], limit[1]))
    rows += [
        (
            "plain descent" if limit else "largest stable lr",
            [one.lr_max_sgd for one in limits],
            "2/L: diverges above it",
        ),
        ("fastest lr", [one.lr_best for one in limits], "2/(L + mu), the best one"),
        ("cautious lr", [one.lr_cautious for one in limits], "1/L: nothing overshoots"),
        ("largest curvature", [one.eigenvalues[-1] for one in limits], "L, the steepest way"),
        ("smallest curvature", [one.eigenvalues[0] for one in limits], "mu, the flattest way"),
        ("condition number", [one.condition_number for one in limits], "L/mu: how uneven"),
    ]
    broad = max(len(label) for label, _, _ in rows)
    heads = [one.inputs for one in limits] if len(limits) > 1 else []
    if heads:
        yield paint(f" {'':<{broad}}" + "".join(f"{head:>14}" for head in heads), theme.HEADING, screen)
    for at, (label, values, note) in enumerate(rows):
        start = paint(f" {label:<{broad}}", theme.HEADING, screen)
        meaning = theme.LIMIT if at == 0 else theme.PLAIN
        cells = [paint(f"{_format(value):>14}", meaning, screen) for value in values]
        yield f"{start}{''.join(cells)}   {note}"
    if limits[0].flat:
        text = (
            f"in {limits[0].flat} of {len(limits[0].eigenvalues)} directions the loss is flat: many models fit equally"
        )
        yield from wrap_remark("flat", text, screen)
    count = len(limits[0].eigenvalues)
    if 2 < count <= MANY:
        yield from wrap_remark("spectrum", "   ".join(_format(value) for value in limits[0].eigenvalues), screen)


def describe_sharpness(curvature: LocalCurvature, why: str, screen: Screen) -> Iterator[str]:
    """The sharpness at a point, and how little it promises elsewhere.

    Args:
        curvature: What was measured.
        why: Why there is no limit, if there is none.
        screen: What can be shown.
    """
    yield from wrap_remark("at", f"{plain(curvature.where, screen)}: loss {short(curvature.loss)}", screen)
    yield from wrap_remark(
        "sharpness", f"{_format(curvature.sharpness)}, the Hessian's largest eigenvalue there", screen
    )
    if curvature.lr_max is None:
        yield from wrap_remark("lr limit", f"none: {why}", screen)
    else:
        yield from wrap_remark(
            "lr limit", f"{_format(curvature.lr_max)}, local: with a larger lr, descent leaves this place", screen
        )
    products = f"{curvature.products} Hessian-vector product{'s' * (curvature.products > 1)}"
    yield from wrap_remark("found by", f"{products}; off by {short(curvature.residual, 2)} at most", screen)
    yield from wrap_remark("elsewhere", "the curvature is another, and often grows as training goes on", screen)


def tabulate_forecasts(forecasts: Sequence[RateForecast], loss_name: str, screen: Screen) -> Iterator[str]:
    """What each rate will do, foretold from the spectrum."""
    target = forecasts[0].target_loss
    heads = ["lr", "error kept", "loss to 1/100"]
    heads += [] if target is None else [f"{loss_name} {short(target)} at"]
    yield ""
    yield paint(f" {'foretold':<22}" + _cells(heads), theme.HEADING, screen)
    for one in forecasts:
        cells = [
            short(one.lr),
            short(one.contraction if one.contraction > 1e-12 else 0.0, 6),
            _steps(one.steps_per_factor_100),
        ]
        cells += [] if target is None else ["never" if one.steps is None else f"step {one.steps:,}"]
        yield f" {one.name:<22}" + _cells(cells)


def tabulate_trials(trials: Sequence[LimitTrial], loss_name: str, screen: Screen) -> Iterator[str]:
    """Each run near the limit in a line: where it got, beside where it was foretold to get, and what that is."""
    yield ""
    yield paint(f" {'tried out':<13}" + _cells(["lr", "steps", loss_name, "foretold"], NARROW), theme.HEADING, screen)
    yield f" {'the start':<13}" + _cells(["", "0", short(trials[0].first_loss)], NARROW)
    for one in trials:
        cells = [short(one.lr), f"{one.steps:,}", short(one.loss), short(one.predicted_loss)]
        meaning = {"diverges": theme.WRONG, "converges": theme.IMPROVED}.get(one.verdict, theme.UNDECIDED)
        yield f" {f'{one.factor:g} x limit':<13}{_cells(cells, NARROW)}   {paint(_verdict(one), meaning, screen)}"
    if any(one.verdict == "neither" for one in trials):
        yield from wrap_remark("neither", "the start has no error in the steepest direction, or none at all.", screen)


def _verdict(one: LimitTrial) -> str:
    slow = one.loss - one.least_loss > SLOW * (one.first_loss - one.least_loss)
    word = f"{one.verdict} slowly" if one.verdict == "converges" and slow else one.verdict
    return word if one.as_predicted or one.verdict == "neither" else f"{word}: not as foretold"


def _cells(cells: Sequence[str], widths: Sequence[int] = BROAD) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))


def _steps(value: float) -> str:
    return "never" if math.isinf(value) else f"in {max(1, math.ceil(value)):,}"


def _format(value: float | None) -> str:
    """A number; what has no bound, or no formula, as a word."""
    if value is None:
        return "no formula"
    return "infinite" if math.isinf(value) else short(value)
