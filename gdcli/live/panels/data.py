"""The data with the moving line; of several inputs, predictions against truth."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.formatting import equation
from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot, draw_axes, write_title
from gdcli.live.panels.errors import draw_errors, errors_in_words
from gdcli.live.setup import LineScene
from gdcli.live.view import View
from gdcli.render import theme
from gdcli.render.theme import Meaning
from gdcli.said import say

__all__ = ["DataAndLine", "draw_by_truth", "padded", "sampled"]

MOST = 1500  # points drawn
CURVE = 80  # points of a curve


class DataAndLine:
    """Rows as points, the model as a line: the start's dim, the ghost's, and the one that moves."""

    view = View()

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """Points and lines."""
        scene = run.setup.scene
        if not isinstance(scene, LineScene) or area.width < 12 or area.height < 4:
            return
        data = scene.data
        fitted = _equation(scene, run.now.parameters), theme.FITTED
        words = [(say("data"), theme.HEADING), (say(" and "), theme.NOTE), fitted]
        if self.view.errors:
            residuals = data.targets - scene.outputs(run.now.parameters, data)
            words.append((errors_in_words(residuals, self.view), theme.NOTE))
        below = write_title(page, area, words)
        if data.inputs.shape[1] > 1:
            rows = sampled(data)
            draw_by_truth(page, below, scene.outputs(run.now.parameters, rows), rows.targets, self.view)
            return
        x, y = data.inputs[:, 0], data.targets
        frame = draw_axes(page, below, padded(x), padded(y), x_label=data.input_names[0])
        rows = sampled(data)
        draw_errors(page, frame, self.view, x, scene.outputs(run.now.parameters, data), y)
        for parameters, meaning in _lines(run, ghost):
            _draw_line(page, frame, scene, parameters, meaning)
        frame.points(page, rows.inputs[:, 0], rows.targets, theme.DATA)


def _lines(run: Course, ghost: Ghost | None) -> list[tuple[Array, Meaning]]:
    lines = [(run.first.parameters, theme.START)]
    lines += [] if ghost is None else [(ghost.now.parameters, theme.GHOST)]
    return [*lines, (run.now.parameters, theme.FITTED)]


def _draw_line(page: Page, frame: Plot, scene: LineScene, parameters: Array, meaning: Meaning) -> None:
    x = np.linspace(frame.x.low, frame.x.high, CURVE)
    names = scene.data.input_names
    with np.errstate(all="ignore"):
        y = scene.outputs(parameters, Dataset(x, np.zeros(len(x)), names))
    frame.stroke(page, x, np.clip(y, -1e300, 1e300), meaning)


def sampled(data: Dataset) -> Dataset:
    """Rows at equal distances, as many as are drawn."""
    return data.rows(slice(None, None, max(1, len(data) // MOST)))


def draw_by_truth(page: Page, area: Area, predictions: Array, truth: Array, view: View | None = None) -> None:
    """Predictions across, the truth up: a perfect model is the diagonal."""
    ends = padded(truth)
    frame = draw_axes(page, area, ends, ends, x_label=say("prediction"))
    if view is not None:  # the diagonal is what the data has to be to be predicted
        draw_errors(page, frame, view, predictions, predictions, truth)
    frame.stroke(page, np.array(ends), np.array(ends), theme.PERFECT)
    frame.points(page, predictions, truth, theme.FITTED)


def padded(values: Array) -> tuple[float, float]:
    """A range with a little room around some values."""
    low, high = float(values.min()), float(values.max())
    pad = 0.08 * (high - low) or abs(low) / 2 or 1.0
    return low - pad, high + pad


def _equation(scene: LineScene, parameters: Array) -> str:
    raw = scene.raw(parameters)
    if len(raw) > 4:
        return say("{count} parameters", count=len(raw))
    return equation(scene.data.target_name, scene.terms, raw.tolist(), 5)
