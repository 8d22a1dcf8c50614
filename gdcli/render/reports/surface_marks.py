"""What lies on a loss surface, and it in words: start, minimum, and the paths of descent."""

from __future__ import annotations

import math
from dataclasses import replace

from gdcli.experiments.surface import DescentPath, Scene, Spot
from gdcli.formatting import coordinate, short
from gdcli.render.flow import broken
from gdcli.render.screen import Screen, plain
from gdcli.render.vocabulary import word
from gdcli.said import say
from gdcli.training.records import Status

TIE = "\N{NO-BREAK SPACE}"


def wrap_words(text: str, width: int, screen: Screen) -> list[str]:
    """A text in lines, coordinates kept together."""
    lines = broken(plain(text, replace(screen, unicode=True)), width)
    return [line.replace(TIE, " ") for line in lines]


def describe_scene(scene: Scene) -> str:
    """Start, end and minimum in a line."""
    start = say(
        "{start_name} {format_spot}", start_name=word(scene.start_name), format_spot=_format_spot(scene, scene.start)
    )
    if len(scene.trails) == 1:
        start += say(" -> {describe_path}", describe_path=describe_path(scene, scene.trails[0]))
    if scene.minimum is None:
        return say("{start}; no loss in the picture is finite", start=start)
    remark = say("; {remark}", remark=scene.remark) if scene.remark else ""
    return say(
        "{start}; {minimum_name} {format_spot}{remark}",
        start=start,
        minimum_name=word(scene.minimum_name),
        format_spot=_format_spot(scene, scene.minimum),
        remark=remark,
    )


def describe_path(scene: Scene, trail: DescentPath) -> str:
    """Where a path led, in words: `after 100 steps (1.40, 1.97) MSE 0.0957`."""
    x, y = trail.points[-1].tolist()
    spot, steps = Spot(x, y, trail.losses[-1]), trail.steps[-1]
    after = say("after {steps:,} step{s}", steps=steps, s="s" * (steps != 1))
    if trail.status is Status.DIVERGED:
        left = scene.left_at(trail)
        where = "" if left is None else say("left the picture at step {steps:,} and ", steps=trail.steps[left])
        return say("{where}diverged: {after} {loss}", where=where, after=after, loss=_loss(scene, spot))
    beyond = "" if scene.inside([[x, y]]).all() else say(", outside the picture")
    ended = say("interrupted ") if trail.status is Status.INTERRUPTED else ""
    return say(
        "{ended}{after} {format_spot}{beyond}",
        ended=ended,
        after=after,
        format_spot=_format_spot(scene, spot),
        beyond=beyond,
    )


def _format_spot(scene: Scene, spot: Spot) -> str:
    place = f"({coordinate(spot.x)},{TIE}{coordinate(spot.y)})"
    return say("{place} {loss}", place=place, loss=_loss(scene, spot))


def _loss(scene: Scene, spot: Spot) -> str:
    loss = short(spot.loss, 3) if math.isfinite(spot.loss) else say("too large for a number")
    return say("{loss_name}{tie}{loss}", loss_name=scene.loss_name, tie=TIE, loss=loss)
