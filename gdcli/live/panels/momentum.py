"""The second dial: momentum or beta1 on a ruler on which 0.9, 0.99 and 0.999 are as far apart."""

from __future__ import annotations

import math

from gdcli.formatting import short
from gdcli.live.course import Course, Ghost
from gdcli.live.momentum import LADDER, kept
from gdcli.live.page import Area, Page
from gdcli.render import theme

__all__ = ["MomentumDial"]

TICKS, NUMBERED = (0.0, 0.5, 0.9, 0.99, 0.999), 4  # of which the last has no number


class MomentumDial:
    """A ruler from 0 to 0.999."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Three rows: the value, the ruler with a pointer, numbers; none of an optimizer without."""
        now = kept(run.setup.optimizer)
        if now is None:
            return
        unicode = page.screen.unicode
        line, tick = "─┴" if unicode else "-+"
        page.write(area.left, area.top + 1, line * area.width, theme.NOTE)
        for at, rung in enumerate(TICKS):
            page.write(_column(rung, area), area.top + 1, tick, theme.NOTE)
            page.write(_column(rung, area), area.top + 2, short(rung) if at < NUMBERED else "", theme.NOTE)
        page.write(area.left, area.top, f"{now.name} {short(now.value)}", theme.RATE)
        page.write(_column(now.value, area), area.top + 1, theme.RATE.sign(unicode), theme.RATE)


def _column(value: float, area: Area) -> int:
    """Where a value stands: by the logarithm of what is not kept."""
    along = math.log(1 - min(max(value, 0.0), LADDER[-1])) / math.log(1 - LADDER[-1])
    return area.left + round(along * (area.width - 1))
