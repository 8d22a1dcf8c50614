"""What lies on a loss surface, and it in words: start, minimum, and the paths of descent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gdcli.render.numbers import short
from gdcli.render.raster.geometry import Floats
from gdcli.render.screen import Screen, plain
from gdcli.render.theme import OPTIMUM, START
from gdcli.training.records import Status

Range = tuple[float, float]
TIE = "\N{NO-BREAK SPACE}"


class Spot(NamedTuple):
    """A place on the surface, and the loss there."""

    x: float
    y: float
    loss: float


@dataclass(frozen=True, eq=False)
class DescentPath:
    """One run's path over the surface.

    Args:
        rate: Its learning rate.
        steps: Updates made at each point.
        points: x and y of each, shape (n, 2).
        losses: The loss at each.
        status: How it ended.
    """

    rate: float
    steps: Sequence[int]
    points: Floats
    losses: Sequence[float]
    status: Status


@dataclass(frozen=True, eq=False)
class Scene:
    """What a picture of a surface shows besides the surface.

    Args:
        names: What x and y are.
        loss_name: What the colours measure.
        x_range: The x at the left and the right edge.
        y_range: The y at the lower and the upper edge.
        start: Marked S; where every trail begins.
        minimum: Marked x; None if there is no finite loss.
        trails: The paths, one picture each; without any, one picture.
        start_name: What the start is.
        minimum_name: What the minimum is.
    """

    names: tuple[str, str]
    loss_name: str
    x_range: Range
    y_range: Range
    start: Spot
    minimum: Spot | None
    trails: Sequence[DescentPath] = ()
    start_name: str = "start"
    minimum_name: str = "minimum"

    def inside(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Which of `(n, 2)` points are in the picture."""
        low, high = np.array([self.x_range, self.y_range]).T
        xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        return np.asarray(((xy >= low) & (xy <= high)).all(axis=1))

    def marks(self) -> list[tuple[Spot, str]]:
        """What is marked in the picture, the start on top."""
        spots = [(self.minimum, OPTIMUM.mark), (self.start, START.mark)]
        return [(spot, letter) for spot, letter in spots if spot is not None and self.inside(spot[:2]).all()]

    def left_at(self, trail: DescentPath) -> int | None:
        """The number of the first point outside the picture after one inside it; None if there is none."""
        outside = ~self.inside(trail.points)
        left = np.flatnonzero(outside[1:] & ~outside[:-1])
        return int(left[0]) + 1 if len(left) else None

    def drawn(self, trail: DescentPath) -> Floats:
        """The points of a path that are drawn: a diverging one ends where it leaves the picture."""
        left = self.left_at(trail) if trail.status is Status.DIVERGED else None
        return trail.points if left is None else trail.points[: left + 1]


def wrap_words(text: str, width: int) -> list[str]:
    """A text in lines, coordinates kept together."""
    lines = wrap(plain(text, Screen()), width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(TIE, " ") for line in lines]


def describe_scene(scene: Scene) -> str:
    """Start, end and minimum in a line."""
    start = f"{scene.start_name} {_format_spot(scene, scene.start)}"
    if len(scene.trails) == 1:
        start += f" -> {describe_path(scene, scene.trails[0])}"
    if scene.minimum is None:
        return f"{start}; no loss in the picture is finite"
    return f"{start}; {scene.minimum_name} {_format_spot(scene, scene.minimum)}"


def describe_path(scene: Scene, trail: DescentPath) -> str:
    """Where a path led, in words: `after 100 steps (1.40, 1.97) MSE 0.0957`."""
    x, y = trail.points[-1].tolist()
    spot, steps = Spot(x, y, trail.losses[-1]), trail.steps[-1]
    after = f"after {steps:,} step{'s' * (steps != 1)}"
    if trail.status is Status.DIVERGED:
        left = scene.left_at(trail)
        where = "" if left is None else f"left the picture at step {trail.steps[left]:,} and "
        return f"{where}diverged: {after} {_loss(scene, spot)}"
    beyond = "" if scene.inside([[x, y]]).all() else ", outside the picture"
    ended = "interrupted " if trail.status is Status.INTERRUPTED else ""
    return f"{ended}{after} {_format_spot(scene, spot)}{beyond}"


def _format_spot(scene: Scene, spot: Spot) -> str:
    return f"({coordinate(spot.x)},{TIE}{coordinate(spot.y)}) {_loss(scene, spot)}"


def _loss(scene: Scene, spot: Spot) -> str:
    loss = short(spot.loss, 3) if math.isfinite(spot.loss) else "too large for a number"
    return f"{scene.loss_name}{TIE}{loss}"


def coordinate(value: float) -> str:
    """A number to three digits; a zero at its end shows that there are more.

    >>> coordinate(-1.0), coordinate(1.3978835852112288), coordinate(0.00012345), coordinate(12345.6)
    ('-1', '1.40', '0.000123', '12346')
    """
    text = short(value, 3)
    if value == 0 or not 1e-4 <= abs(value) < 1e7 or float(text) == value:
        return text
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
