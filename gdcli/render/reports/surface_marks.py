"""What lies on a loss surface, and it in words: start, minimum, and the paths of descent."""

from __future__ import annotations

import math
from textwrap import wrap

from gdcli.experiments.surface import DescentPath, Scene, Spot
from gdcli.formatting import coordinate, short
from gdcli.render.screen import Screen, plain
from gdcli.training.records import Status

TIE = "\N{NO-BREAK SPACE}"


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
    remark = f"; {scene.remark}" if scene.remark else ""
    return f"{start}; {scene.minimum_name} {_format_spot(scene, scene.minimum)}{remark}"


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
