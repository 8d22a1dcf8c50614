"""How a person looks at a run: what of it is drawn, and how large. None of it changes the run."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from gdcli.live.course import Course
from gdcli.live.setup import LineScene, LossLandscape, Range
from gdcli.said import say

__all__ = ["AUTOMATIC", "VIEWS", "Errors", "View", "Viewing"]

AUTOMATIC = 90
"""Columns below which the projector mode is on unless it was switched off."""
VIEWS = (
    *("projector", "errors", "arrows", "zoom_in", "zoom_out"),
    *("pan_up", "pan_left", "pan_down", "pan_right"),
)
"""Actions that change the view alone."""
CLOSEST, FARTHEST = 24, -3  # doublings of the surface's size
LEAST = 1000  # neighbouring numbers from the middle of what is seen to its edge
PAN = 0.25  # of what is seen
MIDDLE = 0.5, 0.5


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
        arrows: Whether the next step is drawn on the surface.
        zoom: How often the surface's size was doubled.
        centre: Its middle, as fractions of the whole surface.
    """

    projector: bool | None = None
    errors: Errors = Errors.NONE
    arrows: bool = True
    zoom: int = 0
    centre: tuple[float, float] = MIDDLE

    def projects(self, width: int) -> bool:
        """Whether a screen of so many columns shows one picture at a time."""
        return width < AUTOMATIC if self.projector is None else self.projector

    def window(self, landscape: LossLandscape) -> tuple[Range, Range]:
        """What of a surface is seen.

        Returns:
            The range across, and the range up.
        """
        if (self.zoom, self.centre) == (0, MIDDLE):
            return landscape.x_range, landscape.y_range
        x, y = (
            _part(whole, at, self.zoom)
            for whole, at in zip((landscape.x_range, landscape.y_range), self.centre, strict=True)
        )
        return x, y


def _part(whole: Range, centre: float, zoom: int) -> Range:
    """A part of a range, around a fraction of it; however far away, as wide as there are numbers to tell apart."""
    low, high = whole
    middle = low + centre * (high - low)
    half = max((high - low) / 2 ** (zoom + 1), LEAST * math.ulp(middle))
    return middle - half, middle + half


class Viewing:
    """The actions of a sitting that change the view."""

    view: View
    message: str

    def course(self) -> Course:
        """The run that is looked at."""
        raise NotImplementedError

    def switch_projector(self, width: int) -> None:
        """One picture with large figures, or all that have room."""
        self.view = self.view._replace(projector=not self.view.projects(width))
        self.message = say("One picture at a time: tab shows the next.") if self.view.projector else ""

    def errors(self) -> None:
        """Residuals as sticks, then their squares too, then neither."""
        if not isinstance(self.course().setup.scene, LineScene):
            self.message = say("Residuals are drawn on a line's data, and this is a network.")
            return
        self.view = self.view._replace(errors=Errors((self.view.errors + 1) % len(Errors)))
        self.message = SAID[self.view.errors]

    def arrows(self) -> None:
        """The next step on the surface, or not."""
        if self._place() is None:
            return
        self.view = self.view._replace(arrows=not self.view.arrows)
        shown = say("g is the gradient's part of the next step, v the velocity's, o where it ends.")
        self.message = shown if self.view.arrows else say("The next step is not drawn.")

    def zoom_in(self) -> None:
        """The surface twice as large, around the run or around where it was looked at."""
        self._zoom(1)

    def zoom_out(self) -> None:
        """The surface half as large."""
        self._zoom(-1)

    def _zoom(self, more: int) -> None:
        place = self._place()
        if place is None:
            return
        zoom = min(max(self.view.zoom + more, FARTHEST), CLOSEST)
        centre = place if (self.view.zoom, self.view.centre, more) == (0, MIDDLE, 1) else self.view.centre
        self.view = self.view._replace(zoom=zoom, centre=centre if zoom > 0 else MIDDLE)
        size = say("{zoom:,} times as large", zoom=2**zoom) if zoom > 0 else say("1/{zoom} as large", zoom=2 ** (-zoom))
        self.message = say("The surface is {size}.", size=size) if zoom else say("The surface is whole.")

    def pan_up(self) -> None:
        """What lies above."""
        self._pan(0, 1)

    def pan_down(self) -> None:
        """What lies below."""
        self._pan(0, -1)

    def pan_left(self) -> None:
        """What lies to the left."""
        self._pan(-1, 0)

    def pan_right(self) -> None:
        """What lies to the right."""
        self._pan(1, 0)

    def _pan(self, right: int, up: int) -> None:
        if self._place() is not None:
            part = PAN / 2.0**self.view.zoom
            x, y = self.view.centre
            self.view = self.view._replace(centre=(x + right * part, y + up * part))
            self.message = ""

    def _place(self) -> tuple[float, float] | None:
        """The run as fractions of the whole surface; the middle if it is nowhere. None without a surface."""
        run = self.course()
        scene = run.setup.scene
        if not isinstance(scene, LineScene) or scene.landscape is None:
            self.message = say("There is no loss surface here: it goes with a line of two parameters or more.")
            return None
        ranges = np.array([scene.landscape.x_range, scene.landscape.y_range])
        x, y = (run.way.values[-1] - ranges[:, 0]) / np.ptp(ranges, axis=1)
        return (float(x), float(y)) if np.isfinite([x, y]).all() else MIDDLE
