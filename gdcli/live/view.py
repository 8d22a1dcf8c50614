"""How a person looks at a run: what of it is drawn, and how large. None of it changes the run."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from gdcli.live.setup import LineScene, NetworkScene
from gdcli.said import say

__all__ = ["AUTOMATIC", "VIEWS", "Errors", "View", "Viewing"]

AUTOMATIC = 90
"""Columns below which the projector mode is on unless it was switched off."""
VIEWS = ("projector", "errors")
"""Actions that change the view alone."""


class Errors(IntEnum):
    """How the errors of a line are drawn on its data."""

    NONE, STICKS, SQUARES = range(3)


SAID = {
    Errors.NONE: say("No residuals."),
    Errors.STICKS: say("Each row's residual is a stick, from the prediction to the data."),
    Errors.SQUARES: say("Each residual is the side of a square: the mean of their areas is the MSE."),
}


class View(NamedTuple):
    """What is looked at.

    Args:
        projector: One picture at a time, with large figures; None for on narrow screens only.
        errors: What stands for the errors on the data.
    """

    projector: bool | None = None
    errors: Errors = Errors.NONE

    def projects(self, width: int) -> bool:
        """Whether a screen of so many columns shows one picture at a time."""
        return width < AUTOMATIC if self.projector is None else self.projector


class Viewing:
    """The actions of a sitting that change the view."""

    view: View
    message: str

    def scene(self) -> LineScene | NetworkScene:
        """What is shown of the run."""
        raise NotImplementedError

    def switch_projector(self, width: int) -> None:
        """One picture with large figures, or all that have room."""
        self.view = self.view._replace(projector=not self.view.projects(width))
        self.message = say("One picture at a time: tab shows the next.") if self.view.projector else ""

    def errors(self) -> None:
        """Residuals as sticks, then their squares too, then neither."""
        if not isinstance(self.scene(), LineScene):
            self.message = say("Residuals are drawn on a line's data, and this is a network.")
            return
        self.view = self.view._replace(errors=Errors((self.view.errors + 1) % len(Errors)))
        self.message = SAID[self.view.errors]
