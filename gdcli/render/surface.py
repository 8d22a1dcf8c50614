"""The loss surface on a terminal: the heat map with contours and paths, its axes and colour bar, and it in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gdcli.records import Status
from gdcli.render.axes import axis, gutter
from gdcli.render.blocks import side_by_side
from gdcli.render.canvas import Mark, framed, half_blocks, heat, places, scale_bar
from gdcli.render.geometry import Floats
from gdcli.render.numbers import short
from gdcli.render.screen import Screen, paint, plain

Range = tuple[float, float]

NARROWEST = 34  # columns of a picture beside others
ASPECT = 2.2  # a picture is at most so many times as wide as high
CONTOURS = 8
AROUND = 9  # lines on the screen besides one picture
LARGEST, LEAST = 60, 8  # lines of a picture
GAP = 2


class Spot(NamedTuple):
    """A place on the surface, and the loss there."""

    x: float
    y: float
    loss: float


@dataclass(frozen=True, eq=False)
class Trail:
    """One run's way over the surface.

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
    trails: Sequence[Trail] = ()
    start_name: str = "start"
    minimum_name: str = "minimum"

    def inside(self, points: ArrayLike) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of `(n, 2)` points are in the picture."""
        low, high = np.array([self.x_range, self.y_range]).T
        xy = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        return np.asarray(((xy >= low) & (xy <= high)).all(axis=1))


def size(scene: Scene, screen: Screen) -> tuple[int, int]:
    """Columns and lines of each picture, such that one, or a row of several, fits the screen."""
    beside = max(1, min(len(scene.trails), (screen.width + GAP) // (NARROWEST + GAP)))
    rows = min(max(screen.height - AROUND - (beside > 1), LEAST), LARGEST)
    room = (screen.width + GAP) // beside - GAP - gutter(axis(*scene.y_range, min(rows // 3, 8)))
    width = min(room, round(2 * rows * ASPECT))
    return width, min(rows, max(LEAST, width // 2))


def pictures(scene: Scene, values: Floats, screen: Screen, width: int) -> Iterator[str]:
    """The surface with its paths, the colour bar, and what there is to say.

    Args:
        scene: What is on the surface.
        values: The surface, `(height, width)`, lowest row first.
        screen: What the terminal can do.
        width: Columns to keep text to.
    """
    columns, rows = size(scene, screen)
    values = _resampled(values, columns, 2 * rows)
    if len(scene.trails) > 1:
        panels = [_panel(scene, trail, values, screen) for trail in scene.trails]
        yield from side_by_side(panels, screen, GAP).split("\n")
        yield ""
    else:
        yield from _picture(scene, scene.trails, values, screen).split("\n")
    indent = gutter(axis(*scene.y_range, min(rows // 3, 8)))
    yield " " * indent + scale_bar(values, screen, width=min(screen.width - indent, 72), label=scene.loss_name)
    yield ""
    yield from wrap(plain(sentence(scene), screen), width, break_long_words=False, break_on_hyphens=False)


def _picture(scene: Scene, trails: Sequence[Trail], values: Floats, screen: Screen) -> str:
    """Heat, contours, paths, S and x, with axes around them."""
    ranges = scene.x_range, scene.y_range
    path = np.concatenate([trail.points for trail in trails]) if trails else ()
    rgb = heat(values, screen, contours=CONTOURS, path=path, x_range=ranges[0], y_range=ranges[1])
    lines = half_blocks(rgb, screen, _marks(scene, rgb.shape))
    return framed(lines, *ranges, *scene.names, screen)


def _marks(scene: Scene, shape: tuple[int, ...]) -> list[Mark]:
    spots = [(scene.minimum, "x"), (scene.start, "S")]
    shown = [(spot, letter) for spot, letter in spots if spot and scene.inside(spot[:2]).all()]
    where = places([spot[:2] for spot, _ in shown], scene.x_range, scene.y_range, shape)
    return [(row, column, letter) for (row, column), (_, letter) in zip(where.tolist(), shown, strict=True)]


def _panel(scene: Scene, trail: Trail, values: Floats, screen: Screen) -> str:
    """One of several pictures: its rate above, how it went below."""
    picture = _picture(scene, [trail], values, screen)
    title = paint(f"lr {short(trail.rate, 6)}", "bold", screen)
    indent = gutter(axis(*scene.y_range, min(len(values) // 6, 8)))
    text = wrap(outcome(scene, trail), values.shape[1], break_long_words=False)
    below = [" " * indent + plain(line, screen) for line in text]
    return "\n".join([" " * indent + title, picture, *below])


def _resampled(values: Floats, width: int, height: int) -> Floats:
    """The nearest value for each pixel; those of a picture's own size stay as they are."""
    rows = np.rint(np.linspace(0, len(values) - 1, height)).astype(np.intp)
    columns = np.rint(np.linspace(0, values.shape[1] - 1, width)).astype(np.intp)
    return values[np.ix_(rows, columns)]


def sentence(scene: Scene) -> str:
    """Start, end and minimum in a line."""
    start = f"{scene.start_name} {_told(scene, scene.start)}"
    if len(scene.trails) == 1:
        start += f" -> {outcome(scene, scene.trails[0])}"
    if scene.minimum is None:
        return f"{start}; no loss in the picture is finite"
    return f"{start}; {scene.minimum_name} {_told(scene, scene.minimum)}"


def outcome(scene: Scene, trail: Trail) -> str:
    """Where a path led, in words: `after 100 steps (1.40, 1.97) MSE 0.0957`."""
    x, y = trail.points[-1].tolist()
    spot, steps = Spot(x, y, trail.losses[-1]), trail.steps[-1]
    after = f"after {steps:,} step{'s' * (steps != 1)}"
    if trail.status is Status.DIVERGED:
        return f"{_left(scene, trail)}diverged: {after} {_loss(scene, spot)}"
    beyond = "" if scene.inside([[x, y]]).all() else ", outside the picture"
    ended = "interrupted " if trail.status is Status.INTERRUPTED else ""
    return f"{ended}{after} {_told(scene, spot)}{beyond}"


def _left(scene: Scene, trail: Trail) -> str:
    """At which step a path left the picture."""
    outside = np.flatnonzero(~scene.inside(trail.points))
    if not len(outside):
        return ""
    return f"left the picture at step {trail.steps[int(outside[0])]:,} and " if outside[0] else ""


def _told(scene: Scene, spot: Spot) -> str:
    return f"({coordinate(spot.x)}, {coordinate(spot.y)}) {_loss(scene, spot)}"


def _loss(scene: Scene, spot: Spot) -> str:
    return f"{scene.loss_name} {short(spot.loss, 3)}" if math.isfinite(spot.loss) else "its numbers are too large"


def coordinate(value: float) -> str:
    """A number to three digits; a zero at its end shows that there are more.

    >>> coordinate(-1.0), coordinate(1.3978835852112288), coordinate(0.00012345), coordinate(12345.6)
    ('-1', '1.40', '0.000123', '12346')
    """
    text = short(value, 3)
    if value == 0 or not 1e-4 <= abs(value) < 1e7 or float(text) == value:
        return text
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"
