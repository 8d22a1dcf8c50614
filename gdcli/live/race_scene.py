"""Where the pictures of a race stand: all paths or the regions, the losses, and the table below them."""

from __future__ import annotations

from gdcli.live.page import Area
from gdcli.live.panels.base import Panel
from gdcli.live.panels.landscape import LossSurface
from gdcli.live.panels.race import RaceCurves, RaceRates, RaceSurface, RaceTable
from gdcli.live.session import Session
from gdcli.live.setup import LineScene
from gdcli.said import say

__all__ = ["race_pictures", "race_places"]

GAP = 2
LEFT = 0.45  # of the width, where three pictures have room
HIGH = 22  # rows of pictures from which there is room for a third
ARITHMETIC = 11  # rows
Places = list[tuple[Panel, Area]]


def race_places(
    session: Session, body: Area, dial: Area, surface: LossSurface, own: Panel, others: list[Panel]
) -> Places:
    """The pictures of a race and their areas.

    Args:
        session: The race.
        body: Where they stand.
        dial: Where the dial is.
        surface: Draws a loss surface.
        own: What is on the left of the lane at the keys where there is no loss surface.
        others: Further pictures of that lane, in turn by Tab.
    """
    lanes, at = session.lanes, session.at
    table, first = RaceTable(lanes, at), _first(session, surface, own)
    above = body.inside(bottom=table.height)
    high = above.height >= HIGH
    left = above._replace(width=round(above.width * (LEFT if high else 0.5)) - 1, height=above.height - high)
    right = left._replace(left=left.left + left.width + GAP, width=above.width - GAP - left.width)
    places: Places = [(RaceRates(lanes, at), dial), (table, body.inside(top=above.height)), (first, left)]
    curves: Panel = RaceCurves(lanes)
    if not high:
        pictures = [curves, *others]
        return [*places, (pictures[session.picture % len(pictures)], right)]
    low = right.inside(top=right.height - ARITHMETIC)
    return [*places, (curves, right.inside(bottom=ARITHMETIC + 1)), (others[session.picture % len(others)], low)]


def race_pictures(session: Session, surface: LossSurface, own: Panel) -> list[tuple[str, Panel]]:
    """The pictures one at a time, by their names."""
    first = _first(session, surface, own)
    table = RaceTable(session.lanes, session.at)
    return [
        (say("paths") if first is not own else say("regions"), first),
        (say("loss curves"), RaceCurves(session.lanes)),
        (say("table"), table),
    ]


def _first(session: Session, surface: LossSurface, own: Panel) -> Panel:
    """All paths where there is a surface; else a picture of the lane at the keys."""
    scene = session.run.setup.scene
    drawn = isinstance(scene, LineScene) and scene.landscape is not None
    return RaceSurface(surface, session.lanes, session.at) if drawn else own
