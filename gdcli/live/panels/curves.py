"""The loss, and for classes the accuracy, as curves by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import plot, title
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import Net

__all__ = ["Accuracy", "Losses"]

DEEPEST = 1e-300
DECADES = 12  # of a loss that falls without end, below its highest


class _Stroke(NamedTuple):
    """One curve: what it is, its points and its colour."""

    name: str
    steps: Array
    values: Array
    style: str
    ascii_: str


class Losses:
    """Loss by step on a log axis: training, validation, the last batches, and the ghost's."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The curves that there are."""
        strokes = []
        if len(run.batches):
            strokes.append(_Stroke("batch", run.batches.steps, run.batches.values[:, 0], "gray", "."))
        if ghost is not None:
            strokes.append(_Stroke(f"ghost {ghost.label}", ghost.curve.steps, ghost.curve.values[:, 0], "orange", "+"))
        strokes.append(_Stroke("training", run.losses.steps, run.losses.values[:, 0], "blue", "*"))
        if run.setup.problem.validation is not None:
            strokes.append(_Stroke("validation", run.losses.steps, run.losses.values[:, 1], "red", "x"))
        if isinstance(run.setup.scene, Net):
            unit = run.setup.scene.loss_unit
            strokes = [stroke._replace(values=stroke.values * unit) for stroke in strokes]
        name = "loss" if isinstance(run.setup.scene, Net) else run.setup.loss_name
        _draw(page, area, name, [_logged(stroke) for stroke in strokes], log=True)


class Accuracy:
    """Accuracy by step, training and validation."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """The curves that there are."""
        strokes = []
        if ghost is not None:
            strokes.append(_Stroke("ghost", ghost.curve.steps, ghost.curve.values[:, 2], "orange", "+"))
        strokes.append(_Stroke("training", run.losses.steps, run.losses.values[:, 2], "blue", "*"))
        if run.setup.problem.validation is not None:
            strokes.append(_Stroke("validation", run.losses.steps, run.losses.values[:, 3], "red", "x"))
        _draw(page, area, "accuracy", strokes, log=False)


def _logged(stroke: _Stroke) -> _Stroke:
    known = np.isfinite(stroke.values) & (stroke.values >= 0)
    values = np.log10(np.maximum(stroke.values[known], DEEPEST))
    return stroke._replace(steps=stroke.steps[known], values=values)


def _draw(page: Page, area: Area, name: str, strokes: Sequence[_Stroke], *, log: bool) -> None:
    if area.width < 12 or area.height < 4:
        return
    words = [(name, "bold")]
    if len(strokes) > 1:
        words += [(f" {stroke.name}", stroke.style) for stroke in strokes if len(stroke.steps)]
    more = "  log scale, by step" if log else "  by step"
    words += [(more, "gray")] if sum(len(word) for word, _ in words) + len(more) <= area.width else []
    below = title(page, area, words)
    frame = plot(page, below, _x_range(strokes), _y_range(strokes, log), log_y=log, x_label="step")
    for stroke in strokes:
        frame.stroke(page, stroke.steps, stroke.values, stroke.style, stroke.ascii_)


def _x_range(strokes: Sequence[_Stroke]) -> tuple[float, float]:
    last = max((int(stroke.steps[-1]) for stroke in strokes if len(stroke.steps)), default=0)
    return 0.0, float(max(last, 10))


def _y_range(strokes: Sequence[_Stroke], log: bool) -> tuple[float, float]:
    values = np.concatenate([stroke.values for stroke in strokes])
    values = values[np.isfinite(values)]
    if not log:
        return max(0.0, math.floor(10 * float(values.min(initial=0.9))) / 10), 1.0
    high = float(values.max(initial=-300.0))
    low = max(float(values.min(initial=high)), high - DECADES)
    return (low, high) if high - low > 0.05 else (high - 0.5, high + 0.5)
