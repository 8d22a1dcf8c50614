"""The local limit by step beside the learning rate: where they meet is the edge of stability."""

from __future__ import annotations

import numpy as np

from gdcli.live.course import Course, Ghost
from gdcli.live.page import Area, Page
from gdcli.live.panels.curves import draw_series
from gdcli.render import theme
from gdcli.render.charts.curves import Series
from gdcli.said import say

__all__ = ["LocalLimitCurve"]


class LocalLimitCurve:
    """2/S, S the sharpness where the run was, and the rate it went on with."""

    def draw(self, page: Page, area: Area, run: Course, ghost: Ghost | None) -> None:  # noqa: ARG002 - a panel's
        """Both curves."""
        curve = run.limits.curve
        rates = np.array([float(run.dial(max(int(step) - 1, 0))) for step in curve.steps])
        series = [
            Series(curve.steps, curve.values[:, 0], say("local limit"), meaning=theme.LIMIT),
            Series(curve.steps, rates, "rate", meaning=theme.RATE),
        ]
        draw_series(page, area, say("edge of stability"), series, log=True)
