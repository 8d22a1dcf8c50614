"""The learning-rate dial: a log ruler with a pointer, and the stability limit as a red mark."""

from __future__ import annotations

import math

from gdcli.formatting import short
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.render import theme
from gdcli.render.screen import columns
from gdcli.said import say

__all__ = ["HIGHEST", "LOWEST", "DialPanel", "column_of", "finer", "laddered"]

LOWEST, HIGHEST = 1e-5, 10.0
DECADES = math.log10(HIGHEST / LOWEST)
LADDER = (1.0, 3.0)
EXTREMES = (1e-12, 1e6)
FINE = 1.05


class DialPanel:
    """A ruler from 1e-5 to 10; a click on it sets the rate."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Three rows: pointer, ruler, numbers."""
        unicode, rate, limit = page.screen.unicode, run.rate, run.limit
        line, tick = "─┴" if unicode else "-+"
        page.write(area.left, area.top + 1, line * area.width, theme.NOTE)
        decades = round(DECADES)
        label, begin = self._limit(page, area, run)
        free = area.left
        for at in range(decades + 1):
            text = short(LOWEST * 10**at) if at > 1 else f"1e-{5 - at}"
            column = column_of(LOWEST * 10**at, area)
            page.write(column, area.top + 1, tick, theme.NOTE)
            column = min(column, area.left + area.width - len(text))
            beside = not label or column > begin + columns(label) or column + len(text) < begin
            if column >= free and beside:
                free = page.write(column, area.top + 2, text, theme.NOTE) + 1
        above = limit is not None and rate > limit
        if label and limit is not None:
            page.write(column_of(limit, area), area.top + 1, theme.LIMIT.sign(unicode), theme.LIMIT)
            page.write(begin, area.top + 2, label, theme.LIMIT)
        column = column_of(rate, area)
        text = (
            say("learning rate {rate}", rate=short(rate, 6))
            if area.width > 50
            else say("lr {rate}", rate=short(rate, 6))
        )
        meaning = theme.WARNING if above else theme.RATE
        page.write(column, area.top, theme.RATE.sign(unicode), meaning)
        text = page.screen.speak(text)
        left = column - columns(text) - 1
        page.write(left if left >= area.left else column + 2, area.top, text, meaning)

    @staticmethod
    def _limit(page: Page, area: Area, run: Course) -> tuple[str, int]:
        """What names the limit, and its first column; nothing where it is not on the ruler."""
        limit = run.limit
        if limit is None or not LOWEST <= limit <= HIGHEST:
            return "", area.left
        wide = area.width > 50
        text = say("{formula} {limit}", formula=run.limit_formula, limit=short(limit)) if wide else short(limit)
        label = page.screen.speak(text)
        return label, min(column_of(limit, area), area.left + area.width - columns(label))

    @staticmethod
    def rate_at(column: int, area: Area) -> float:
        """The rate at a column, in as few digits as lead back to it."""
        along = (column - area.left) / max(1, area.width - 1)
        rate = LOWEST * 10 ** (DECADES * min(max(along, 0), 1))
        few = float(f"{rate:.1e}")
        return few if column_of(few, area) == column else float(f"{rate:.2e}")


def column_of(rate: float, area: Area) -> int:
    """Where a rate stands on the ruler."""
    along = math.log10(min(max(rate, LOWEST), HIGHEST) / LOWEST) / DECADES
    return area.left + round(along * (area.width - 1))


def laddered(rate: float, direction: int) -> float:
    """The next rung of 1, 3, 10, 30, ... above (1) or below (-1).

    >>> laddered(0.1, 1), laddered(0.1, -1), laddered(0.25, 1), laddered(0.3, 1)
    (0.3, 0.03, 0.3, 1.0)
    """
    if rate <= 0:  # at the end of a schedule
        return _limited(LOWEST, rate, direction)
    exponent = math.floor(math.log10(rate) + 1e-12)
    rungs = [float(f"{step:g}e{exponent + shift}") for shift in (-1, 0, 1) for step in LADDER]
    if direction > 0:
        rung = next(rung for rung in rungs if rung > rate * (1 + 1e-9))
    else:
        rung = next(rung for rung in reversed(rungs) if rung < rate * (1 - 1e-9))
    return _limited(rung, rate, direction)


def finer(rate: float, direction: int) -> float:
    """Five per cent more or less, to three digits.

    >>> finer(0.1, 1), finer(0.1, -1)
    (0.105, 0.0952)
    """
    return _limited(float(f"{max(rate, 0.0) * FINE**direction:.2e}"), rate, direction)


def _limited(rung: float, rate: float, direction: int) -> float:
    """Within what a key reaches; from beyond it no key goes the wrong way."""
    low, high = EXTREMES
    return max(rate, min(rung, high)) if direction > 0 else min(rate, max(rung, low))
