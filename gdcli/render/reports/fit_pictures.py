"""The pictures of a linear fit: the loss by epoch, what a step makes of the error, the data and the line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.render import theme
from gdcli.render.layout import Picture
from gdcli.render.screen import Screen
from gdcli.render.vocabulary import word
from gdcli.said import say

if TYPE_CHECKING:
    from gdcli.experiments.line_result import Drawing, LineResult
    from gdcli.render.charts.plots import Chart, Series

__all__ = ["draw_fit"]


def draw_fit(result: LineResult, screen: Screen) -> list[Picture]:
    """The loss curve, and the data with the line drawn through it; of a run that diverged, the limit too."""
    from gdcli.experiments.growth import growth  # only where something is drawn

    drawing = result.drawing()
    pictures = [Picture.of(partial(_losses, result, drawing), screen)]
    factors = growth(result)
    if factors is not None:
        pictures.append(Picture.of(partial(_growth, result, factors), screen, rank=1))
    return [*pictures, Picture.of(partial(_data, result, drawing), screen, width=34, rank=2)]


def _losses(result: LineResult, drawing: Drawing) -> Chart:
    """The loss by epoch; of a run that diverged up to where it left, with the epoch where it was best."""
    from gdcli.render.charts.plots import Chart

    title, curves, log = _loss_curves(result, drawing.history)
    best = result.run.best.epoch
    return Chart(
        curves, title, log_y=log, marks=[(float(best), say("best {best}", best=best))] if result.diverged else []
    )


def _growth(result: LineResult, growth: tuple[Array, Array]) -> Chart:
    """What an epoch makes of the error, by the learning rate: above the limit it grows."""
    from gdcli.render.charts.plots import Chart, Series

    limit, rate = result.experiment.limit or math.inf, float(result.run.last.learning_rate)
    return Chart(
        [Series(*growth, meaning=theme.TRAINING)],
        say("error factor per epoch"),
        x_label=say("lr"),
        log_x=True,
        y_range=(0.0, 2.0),
        marks=[(limit, say("limit {limit}", limit=short(limit))), (rate, say("lr {rate}", rate=short(rate)))],
    )


def _data(result: LineResult, drawing: Drawing) -> Chart:
    """The rows and the line; of several inputs, predictions against truth."""
    from gdcli.render.charts.plots import Chart, Series

    _, points, lines, axis = drawing
    series = [Series(*points, label=word("data"), style="points", meaning=theme.DATA)]
    meanings = {"start": theme.START, "perfect": theme.PERFECT, "best": theme.BEST}
    series += [
        Series(*line, label=word(name), meaning=meanings.get(name, theme.FITTED)) for name, line in lines.items()
    ]
    return Chart(
        series, say("{target_name} by {axis}", target_name=result.experiment.data.target_name, axis=word(axis))
    )


def _loss_curves(result: LineResult, history: Mapping[str, Sequence[float]]) -> tuple[str, list[Series], bool]:
    """The title, the curves and whether the axis is a log one: down to the optimum if known, until all is settled."""
    from gdcli.render.charts.plots import Series

    losses, held_out = history["loss"], history.get("validation")
    end = _settled(losses)
    epochs = history["epoch"][:end]
    if result.optimum is not None and not held_out:
        floor = result.optimum.scores.mse
        above = [value - floor for value in losses[:end]]
        rounding = 1e-15 * max(losses[0], floor)
        above = [value if value > rounding else math.nan for value in above]
        title = say(
            "{loss_name}{what} (log scale) by epoch",
            loss_name=result.experiment.loss_name,
            what=say(" above the optimum") if floor else "",
        )
        return title, [Series(epochs, above, label=word("training"), meaning=theme.TRAINING)], True
    curves = [Series(epochs, losses[:end], label=word("training"), meaning=theme.TRAINING)]
    if held_out:
        curves.append(Series(epochs, held_out[:end], label=word("validation"), meaning=theme.VALIDATION))
    positive = [value for value in losses if 0 < value < math.inf]
    log = bool(positive) and max(positive) > 20 * min(positive)
    scale, name = say(" (log scale)") if log else "", result.experiment.loss_name
    return say("{loss_name}{what} by epoch", loss_name=name, what=scale), curves, log


def _settled(losses: Sequence[float]) -> int:
    """How many records to draw: twice as many as it took for all but a ten-thousandth of the fall, or all."""
    first, last = losses[0], losses[-1]
    near = abs(first - last) * 1e-4
    moving = next((at for at in range(len(losses) - 1, -1, -1) if not abs(losses[at] - last) <= near), 0)
    return min(len(losses), max(2 * moving, 10))
