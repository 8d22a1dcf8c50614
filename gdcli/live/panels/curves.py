"""The loss, and for classes the accuracy, as curves by step."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot, draw_axes, write_title
from gdcli.live.setup import NetworkScene
from gdcli.render import theme
from gdcli.render.charts.curves import PlottedSeries, Series, prepare_series
from gdcli.render.screen import columns
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["Accuracy", "Losses", "draw_series"]

DECADES = 12  # of a loss that falls without end, below its highest


class Losses:
    """Loss by step on a log axis: training, validation, the last batches, and the ghost's."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The curves that there are."""
        scene = run.setup.scene
        name, unit = (say("loss"), scene.loss_unit) if isinstance(scene, NetworkScene) else (run.setup.loss_name, 1.0)
        curves = _curves(run, ghost, 0, unit)
        if len(run.batches):
            curves.insert(
                0, Series(run.batches.steps, unit * run.batches.values[:, 0], say("batch"), meaning=theme.BATCH)
            )
        draw_series(page, area, name, curves, log=True)


class Accuracy:
    """Accuracy by step, training and validation."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The curves that there are."""
        draw_series(page, area, say("accuracy"), _curves(run, ghost, 2, 1.0), log=False)


def _curves(run: Course, ghost: Ghost | None, at: int, unit: float) -> list[Series]:
    """The ghost's, the training rows' and the validation rows' curve of a figure, in a unit."""
    steps, values = run.losses.steps, unit * run.losses.values[:, at : at + 2]
    curves = [Series(steps, values[:, 0], say("training"), meaning=theme.TRAINING)]
    if ghost is not None:
        label = say("ghost {label}", label=ghost.label) if not at else say("ghost")
        curves.insert(0, Series(ghost.curve.steps, unit * ghost.curve.values[:, at], label, meaning=theme.GHOST))
    if run.setup.problem.validation is not None:
        curves.append(Series(steps, values[:, 1], say("validation"), meaning=theme.VALIDATION))
    return curves


def draw_series(page: Page, area: Area, name: str, series: Sequence[Series], *, log: bool) -> Plot | None:
    """Curves by step, with axes and a legend; where they stand, if there is room."""
    if area.width < 12 or area.height < 4:
        return None
    words: list[tuple[str, Meaning]] = [(name, theme.HEADING)]
    if len(series) > 1:
        words += [(_entry(one, page), one.meaning) for one in series if len(one.x)]
    more = say("  log scale, by step") if log else say("  by step")
    words += (
        [(more, theme.NOTE)]
        if sum(columns(page.screen.speak(one)) for one in [*(text for text, _ in words), more]) <= area.width
        else []
    )
    curves = [prepare_series(one, log_y=log) for one in series]
    last = max((int(one.x[-1]) for one in series if len(one.x)), default=0)
    x_range = 0.0, float(max(last, 10))
    frame = draw_axes(
        page, write_title(page, area, words), x_range, _y_range(curves, log), log_y=log, x_label=say("step")
    )
    for curve in curves:
        frame.stroke(page, curve.points[:, 0], curve.points[:, 1], curve.series.meaning)
    return frame


def _entry(series: Series, page: Page) -> str:
    """A curve in the legend; without colour beside its mark."""
    mark = "" if page.screen.color else f" {series.meaning.sign(page.screen.unicode)}"
    return say("{mark} {label}", mark=mark, label=series.label)


def _y_range(curves: Sequence[PlottedSeries], log: bool) -> tuple[float, float]:
    values: Array = np.concatenate([curve.points[:, 1] for curve in curves])
    if not log:
        return max(0.0, math.floor(10 * float(values.min(initial=0.9))) / 10), 1.0
    high = float(values.max(initial=-300.0))
    low = max(float(values.min(initial=high)), high - DECADES)
    return (low, high) if high - low > 0.05 else (high - 0.5, high + 0.5)
