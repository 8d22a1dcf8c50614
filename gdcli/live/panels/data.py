"""The data with the moving line; of several inputs, predictions against truth."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.formatting import equation
from gdcli.live.page import Area, Page
from gdcli.live.panels.base import Plot, plot, title
from gdcli.live.run import Course, Ghost
from gdcli.live.setup import Line

__all__ = ["MOST", "DataAndLine", "padded"]

MOST = 1500  # points drawn
CURVE = 80  # points of a curve


class DataAndLine:
    """Rows as points, the model as a line: the start's dim, the ghost's, and the one that moves."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:
        """Points and lines."""
        scene = run.setup.scene
        if not isinstance(scene, Line) or area.width < 12 or area.height < 4:
            return
        data = scene.data
        words = [("data", "bold"), (" and ", "gray"), (_equation(scene, run.now.parameters), "blue")]
        below = title(page, area, words)
        if data.inputs.shape[1] > 1:
            _against_truth(page, below, scene, run)
            return
        x, y = data.inputs[:, 0], data.targets
        frame = plot(page, below, padded(x), padded(y), x_label=data.input_names[0])
        for parameters, style, ascii_ in _lines(run, ghost):
            _curve(page, frame, scene, parameters, style, ascii_)
        few = slice(None, None, max(1, len(x) // MOST))
        frame.points(page, x[few], y[few], "bold")


def _lines(run: Course, ghost: Ghost | None) -> list[tuple[Array, str, str]]:
    lines = [(run.first.parameters, "gray", ".")]
    lines += [] if ghost is None else [(ghost.now.parameters, "orange", "+")]
    return [*lines, (run.now.parameters, "blue", "*")]


def _curve(page: Page, frame: Plot, scene: Line, parameters: Array, style: str, ascii_: str) -> None:
    x = np.linspace(frame.x.low, frame.x.high, CURVE)
    names = scene.data.input_names
    with np.errstate(all="ignore"):
        y = scene.outputs(parameters, Dataset(x, np.zeros(len(x)), names))
    frame.stroke(page, x, np.clip(y, -1e300, 1e300), style, ascii_)


def _against_truth(page: Page, area: Area, scene: Line, run: Course) -> None:
    """Predictions across, the truth up: a perfect model is the diagonal."""
    data = scene.data.rows(slice(None, None, max(1, len(scene.data) // MOST)))
    frame = plot(page, area, padded(data.targets), padded(data.targets), x_label="prediction")
    ends = np.array(padded(data.targets))
    frame.stroke(page, ends, ends, "gray", ".")
    frame.points(page, scene.outputs(run.now.parameters, data), data.targets, "blue")


def padded(values: Array) -> tuple[float, float]:
    """A range with a little room around some values."""
    low, high = float(values.min()), float(values.max())
    pad = 0.08 * (high - low) or abs(low) / 2 or 1.0
    return low - pad, high + pad


def _equation(scene: Line, parameters: Array) -> str:
    raw = scene.raw(parameters)
    if len(raw) > 4:
        return f"{len(raw)} parameters"
    return equation(scene.data.target_name, scene.terms, raw.tolist(), 5)
