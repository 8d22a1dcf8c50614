"""Functions on a grid of points: activations with their derivatives, and the facts about each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from gdcli.analysis.activation_shape import Shape, shape, trace
from gdcli.arrays import Array
from gdcli.definitions import ACTIVATION, named
from gdcli.definitions import names as definition_names
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.nn import initializers
from gdcli.nn.activations import Activation
from gdcli.said import say

__all__ = ["FunctionPoint", "FunctionRange", "Profile", "activations_named", "first_line", "profile_of"]

LANDMARKS = (-5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 5.0)
DRAWN, ROWS, MOST = 401, 41, 1_000_000


@dataclass(frozen=True)
class FunctionRange:
    """Where functions are evaluated.

    Args:
        low: The first point.
        high: The last, above `low`.
        points: How many; None for what suits the output.
        landmarks: The points of a table for people, where they lie in the range.

    Raises:
        OptionError: If there is no such range, or it has too many points.
    """

    low: float = -5.0
    high: float = 5.0
    points: int | None = None
    landmarks: Sequence[float] = LANDMARKS

    def __post_init__(self) -> None:
        example = say(
            "as in --from {landmarks:g} --to {landmarks2:g}", landmarks=self.landmarks[0], landmarks2=self.landmarks[-1]
        )
        if not self.low < self.high:
            raise OptionError(say("--from {low:g} is not below --to {high:g}", low=self.low, high=self.high), example)
        if not math.isfinite(self.high - self.low):
            raise OptionError(
                say("--from {low:g} and --to {high:g} are too far apart", low=self.low, high=self.high), example
            )
        if (self.points or 0) > MOST:
            raise OptionError(
                say("--points: {points} is more than {most}", points=self.points, most=MOST),
                say("a chart shows a few hundred"),
            )

    def values(self, for_people: bool, drawn: bool) -> Array:
        """The points: as many as asked for; else many for a chart, the landmarks for a table, 41 for programs."""
        if self.points is None and for_people and not drawn:
            return np.array([self.low, *(at for at in self.landmarks if self.low < at < self.high), self.high])
        return np.linspace(self.low, self.high, self.points or (DRAWN if for_people else ROWS))


@dataclass(frozen=True)
class FunctionPoint:
    """One function at one x."""

    x: float
    name: str
    value: float
    derivative: float

    def row(self) -> dict[str, Any]:
        """x, name, value, derivative."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Profile:
    """One activation on its points.

    Args:
        activation: The function.
        x: Where it is evaluated.
        value: Its values there.
        derivative: Its derivatives there.
        shape: What there is to know of it over all z.
    """

    activation: Activation
    x: Sequence[float]
    value: Sequence[float]
    derivative: Sequence[float]
    shape: Shape

    @property
    def name(self) -> str:
        """The function's name."""
        return self.activation.__name__

    @property
    def formula(self) -> str:
        """What it is, with its formula, in a line."""
        return first_line(self.activation)

    @property
    def spread(self) -> str:
        """The initialiser that suits it, in words."""
        return first_line(getattr(initializers, self.activation.initializer)).partition(":")[0]

    def rows(self) -> Iterator[FunctionPoint]:
        """Each point."""
        for x, value, derivative in zip(self.x, self.value, self.derivative, strict=True):
            yield FunctionPoint(x, self.name, value, derivative)

    def facts(self) -> dict[str, Any]:
        """The function in figures."""
        return {
            "formula": self.formula,
            "initializer": self.activation.initializer,
            "largest_slope": self.shape.steepest,
            "largest_slope_at": self.shape.steepest_at,
            "saturates_below": self.shape.flat_below,
            "saturates_above": self.shape.flat_above,
        }


def profile_of(activation: Activation, x: Array) -> Profile:
    """An activation on these points."""
    value, derivative = trace(activation, x)
    return Profile(activation, x.tolist(), value.tolist(), derivative.tolist(), shape(activation))


def activations_named(names: Sequence[str] | None) -> list[Activation]:
    """The activations by name, each once, in the order given; all unless named."""
    wanted = names or definition_names(ACTIVATION)
    return list(dict.fromkeys(named(ACTIVATION, "activation", name) for name in wanted))


def first_line(definition: Any) -> str:
    """A definition's formula in words: its docstring's first line, without the full stop."""
    return str(definition.__doc__ or "").partition("\n")[0].removesuffix(".")
