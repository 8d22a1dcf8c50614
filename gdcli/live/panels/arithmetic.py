"""The last step's arithmetic, as `gdcli step` writes it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gdcli.experiments.stepping import StepReport
from gdcli.formatting import short
from gdcli.live.course import Course, Ghost
from gdcli.live.history import Moment
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import write_title
from gdcli.live.setup import SCALED, LineScene
from gdcli.render import theme
from gdcli.render.reports.step import write_blackboard
from gdcli.render.screen import Screen, columns
from gdcli.render.vocabulary import word
from gdcli.said import say
from gdcli.training.records import Step

__all__ = ["Arithmetic"]

SAID_ELSEWHERE = "  The largest stable"  # by the dial and the message
MOST = 8  # parameters whose formulas are written out
DIGITS = (6, 5, 4, 3)
SPACES = re.compile(r"(\S) {2,}")  # of columns
PLACED = re.compile(r"= [^=]*\([^=]*=")  # dMSE/dm = 5m + 3b - 13 [= 5(-1) + 3(5) - 13 =] -3
FORMULA = re.compile(r"=.*=")  # dMSE/dm [= 5m + 3b - 13] = -3
WORDS = {"improved": theme.IMPROVED, "overshot": theme.WRONG, "diverged": theme.WRONG}


class Arithmetic:
    """Gradient with its formula, the assignment, the loss before and after."""

    def __init__(self) -> None:
        self._of: tuple[Moment | None, int] = (None, 0)
        self._lines: list[str] = []

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """As many lines as fit; blank ones go first."""
        lines = self.lines(run, page.screen, area.width)
        if len(lines) > area.height:
            lines = [line for line in lines if line.strip()]
        if not lines:
            write_title(
                page,
                area,
                [(say("the step"), theme.HEADING), (say("  n takes one, and shows its arithmetic here"), theme.NOTE)],
            )
        for row, line in enumerate(lines[: area.height]):
            plain = theme.HEADING if row == 0 else theme.PLAIN
            meaning = next((meaning for said, meaning in WORDS.items() if page.screen.speak(word(said)) in line), plain)
            page.write(area.left, area.top + row, line, meaning, area.width)

    def lines(self, run: Course, screen: Screen, width: int) -> list[str]:
        """The step that led to where the run stands, with as many digits as there is room for."""
        now, scene = run.now, run.maker.scene
        if not isinstance(scene, LineScene) or now.step is None or now.before is None:
            return []
        if self._of[0] is not now or self._of[1] != width:
            report = scene.describe_step(now.before, now.step)
            if len(scene.names) > MOST:
                self._lines, self._of = [*map(screen.speak, _outlined(report, now.step))], (now, width)
                return self._lines
            for digits in DIGITS:
                self._lines = _written(replace(report, digits=digits), replace(screen, color=False), width)
                if max(map(columns, self._lines)) <= width:
                    break
            else:
                lines = [PLACED.sub("=", one) if one.startswith("  d") else one for one in self._lines]
                self._lines = [one if columns(one) <= width else FORMULA.sub("=", one) for one in lines]
            self._of = now, width
        return self._lines


def _outlined(report: StepReport, step: Step) -> list[str]:
    """A step of many parameters: how long its gradient is, and what it did."""
    size = short(float(np.linalg.norm(step.gradient.astype(np.float64))))
    head = say(
        "step {step}   learning rate {learning_rate}   {count} parameters",
        step=report.step,
        learning_rate=short(report.learning_rate, 6),
        count=len(report.before),
    )
    loss = say(
        "  {name}  {loss} -> {next_loss}   {verdict}",
        name=report.loss_name,
        loss=short(report.loss, 6),
        next_loss=short(report.next_loss, 6),
        verdict=word(report.verdict),
    )
    return [head, "", say("  length of the gradient  {size}", size=size), "", loss]


def _written(report: StepReport, screen: Screen, width: int) -> list[str]:
    """The blackboard's lines, but for what stands elsewhere on the screen; a line too wide in closer columns."""
    kept = (line for line in write_blackboard(report, screen) if not line.startswith(SAID_ELSEWHERE))
    head, *lines = (screen.speak(line).rstrip() for line in kept)
    while lines and not lines[-1]:
        lines.pop()
    if next(iter(report.before)).endswith(SCALED):
        head = _on_scaled(head, screen, width)
    return [head, *(line if columns(line) <= width else SPACES.sub(r"\1 ", line) for line in lines)]


def _on_scaled(head: str, screen: Screen, width: int) -> str:
    """The first line of a step on scaled inputs; where that is too wide, without the batch, which the header has."""
    said = screen.speak(say("{head}   on scaled inputs", head=head))
    return (
        said
        if columns(said) <= width
        else screen.speak(say("{head}   on scaled inputs", head=head.rpartition("   ")[0]))
    )
