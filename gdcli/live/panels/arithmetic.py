"""The last step's arithmetic, as `gdcli step` writes it."""

from __future__ import annotations

import re
from dataclasses import replace

from gdcli.live.history import Moment
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import title
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import Line
from gdcli.render.arithmetic import blackboard

__all__ = ["Arithmetic"]

SAID_ELSEWHERE = "  The largest stable"  # by the dial and the message
SPACES = re.compile(r"(\S) {2,}")
PLACED = re.compile(r"= (?=[^=]*\()[^=]*=")  # dMSE/dm = 5m + 3b - 13 [= 5(-1) + 3(5) - 13] = -3
WORDS = {"improved": "green", "overshot": "red", "diverged": "red"}


class Arithmetic:
    """Gradient with its formula, the assignment, the loss before and after."""

    def __init__(self) -> None:
        self._of: Moment | None = None
        self._lines: list[str] = []

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """As many lines as fit; blank ones go first."""
        lines = fitted(self.lines(run, page), area.width)
        if len(lines) > area.height:
            lines = [line for line in lines if line.strip()]
        if not lines:
            title(page, area, [("the step", "bold"), ("  n takes one, and shows its arithmetic here", "gray")])
        for row, line in enumerate(lines[: area.height]):
            style = next((color for word, color in WORDS.items() if word in line), "bold" if row == 0 else "")
            page.write(area.left, area.top + row, line, style, area.width)

    def lines(self, run: Course, page: Page) -> list[str]:
        """The step that led to where the run stands."""
        now, scene = run.now, run.setup.scene
        if not isinstance(scene, Line) or now.step is None or now.before is None:
            return []
        if self._of is not now:
            told = scene.told(now.before, now.step)
            screen = replace(page.screen, color=False, width=page.width)
            lines = [line for line in blackboard(told, screen) if not line.startswith(SAID_ELSEWHERE)]
            self._lines = "\n".join(lines).rstrip().split("\n")
            self._of = now
        return self._lines


def fitted(lines: list[str], width: int) -> list[str]:
    """Formulas that are too long in closer writing; if that is not enough, without the numbers in place."""
    formulas = [line for line in lines if line.startswith("  d")]
    closer = {line: SPACES.sub(r"\1 ", line) for line in formulas}
    if max(map(len, closer.values()), default=0) > width:
        closer = {line: PLACED.sub("=", line) for line in formulas}
    too_long = max(map(len, formulas), default=0) > width
    return [closer.get(line, line) if too_long else line for line in lines]
