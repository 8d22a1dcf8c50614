"""How a sweep looks: its ranked table, all loss curves in one chart, error over model size, chosen fits."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from gdcli.render import Column, theme
from gdcli.render.numbers import short
from gdcli.render.reports.fit import wrap_remark
from gdcli.render.screen import Screen, plain
from gdcli.training.records import RISE

NAMED = 12
"""Curves that are all named; of more, only the best few are."""
FEW = 5
OTHERS = 15
"""Curves without a name, from all ranks."""
TABLE_ROWS = 30
"""Rows of a table on a terminal."""
DEEP = 1e-12
"""Below the highest curve's start by this factor, nothing is drawn."""


class RankedRun(NamedTuple):
    """A run as it is shown.

    Args:
        number: Its number, from 1.
        rank: Its rank, from 1.
        values: Its values of the options in which runs differ.
        label: Its name on a chart.
        name: Its name in a sentence.
        verdict: What became of it.
        losses: Best and final losses by name; None where there is none.
        arrived: The epoch from which it was as good as the optimum, or None.
        curve: The loss after 0, 1, 2, ... epochs; the validation loss where it is watched.
        diverged: Whether it did.
    """

    number: int
    rank: int
    values: Sequence[str]
    label: str
    name: str
    verdict: str
    losses: Mapping[str, Any]
    arrived: int | None
    curve: Any
    diverged: bool


class FittedCurve(NamedTuple):
    """A curve through the data, or the data.

    Args:
        label: Its name.
        x: Positions.
        y: Heights.
    """

    label: str
    x: Any
    y: Any


def sweep_columns(names: Sequence[str], runs: Sequence[RankedRun], width: int) -> list[Column]:
    """The table's columns: rank, the options that differ, the verdict, the losses; as many as fit the width.

    Args:
        names: The options that differ.
        runs: The rows to be shown.
        width: Columns there are.
    """
    held_out = any("best_validation_loss" in run.losses for run in runs)
    left = [Column("rank", lambda ran: str(ran.rank), 4)]
    for at, name in enumerate(names):
        size = max([len(name), *(len(run.values[at]) for run in runs)]) + 1
        left.append(Column(name, partial(_value, at=at), size))
    words = max([len("verdict"), *(len(run.verdict) for run in runs)]) + 1
    left.append(Column(" verdict", lambda ran: f" {ran.finished.verdict}", words, left=True))
    best = [Column("val loss", partial(_loss, name="best_validation_loss"), 9)] if held_out else []
    best.append(
        Column("train loss" if held_out else "best loss", partial(_loss, name="best_loss"), 10 if held_out else 9)
    )
    best.append(Column("at", partial(_loss, name="best_epoch"), 5))
    more = [Column("final loss", partial(_loss, name="final_loss"), 10)]
    if any("validation_accuracy" in run.losses for run in runs):
        more.insert(0, Column("val acc", partial(_loss, name="validation_accuracy"), 8))
    elif any("accuracy" in run.losses for run in runs):
        more.insert(0, Column("acc", partial(_loss, name="accuracy"), 7))
    if any(run.arrived is not None for run in runs):
        more.append(Column("arrived", lambda ran: short(ran.finished.arrived), 7))
    while more and sum(column.width + 1 for column in (*left, *best, *more)) - 1 > width:
        more.pop(-2 if len(more) > 1 else -1)
    return [*left, *best, *more]


def _value(ran: Any, at: int) -> str:
    return plain(list(ran.texts.values())[at], Screen())


def _loss(ran: Any, name: str) -> str:
    return short(ran.losses.get(name))


def draw_sweep(
    runs: Sequence[RankedRun],
    sizes: Sequence[tuple[float, RankedRun]],
    fits: Sequence[FittedCurve],
    size: str,
    screen: Screen,
) -> Iterator[str]:
    """All loss curves on one log axis; beside it error over model size, and the chosen fits, if there are any.

    Args:
        runs: All runs, the best first.
        sizes: The best run of each model size, by size.
        fits: The data, and curves through it.
        size: What makes models larger: `degree` or `hidden`.
        screen: What can be shown.
    """
    from gdcli.render.charts.plots import side_by_side

    wide = screen.width >= 100
    full, half = screen.width - 2, (screen.width - 4) // 2 if wide else screen.width - 2
    height = 13 if len(sizes) > 1 or not wide else min(20, max(12, screen.height - 12))
    yield ""
    yield from _curves(runs, screen, full, height).split("\n")
    if len(sizes) > 1:
        name = "degree" if size == "degree" else "parameters"
        blocks = [_sizes(sizes, name, screen, half, 15), _fits(fits, screen, half, 15) if fits else ""]
        yield ""
        yield from side_by_side(blocks, screen).split("\n")


def _curves(runs: Sequence[RankedRun], screen: Screen, width: int, height: int) -> str:
    """The loss curves; the best lie on top."""
    from gdcli.render.charts.plots import Series, chart

    every = [run for run in runs if len(run.curve)]
    drawn = every if len(every) <= NAMED else [*every[:FEW], *every[FEW :: -(-(len(every) - FEW) // OTHERS)]]
    named = {run.number for run in (drawn if len(every) <= NAMED else drawn[:FEW])}
    first = max((float(run.curve[0]) for run in drawn if math.isfinite(run.curve[0])), default=1.0)
    low, high = _range([run.curve for run in drawn], first)
    series = []
    for at, run in reversed(list(enumerate(drawn))):
        meaning = theme.CLASSES[at % len(theme.CLASSES)] if run.number in named else theme.NOTE
        label = plain(run.label, screen) if run.number in named else ""
        y = np.where((run.curve > 0) & np.isfinite(run.curve), np.minimum(run.curve, 1e300), math.nan)
        y = np.where(run.curve <= 0, low, y)
        shown = ~np.isnan(y)
        series.append(Series(np.flatnonzero(shown).tolist(), y[shown].tolist(), label=label, meaning=meaning))
    held_out = any("best_validation_loss" in run.losses for run in drawn)
    title = ("validation loss" if held_out else "loss") + " (log scale) by epoch"
    if len(drawn) < len(every):
        title += f"; the best {FEW} by name, {len(drawn) - FEW} of the other {len(every) - FEW} without"
    return chart(
        series, screen, title=title, width=width, height=height, x_label="epoch", log_y=True, y_range=(low, high)
    )


def _range(curves: Sequence[Any], first: float) -> tuple[float, float]:
    """From the lowest point, or as deep as one can see, to well above the start: what grows leaves the picture."""
    values = np.concatenate([np.asarray(curve, float) for curve in curves]) if curves else np.ones(1)
    values = values[np.isfinite(values) & (values > 0)]
    first = first if first > 0 else 1.0
    lowest = float(values.min()) if values.size else first / 10
    highest = float(values.max()) if values.size else first
    low = max(lowest, DEEP * first)
    high = min(highest, 30 * first)
    return low, max(high * 1.05, low * 1.5)


def _sizes(sizes: Sequence[tuple[float, RankedRun]], name: str, screen: Screen, width: int, height: int) -> str:
    """Training against validation loss over model size, with the one to keep marked."""
    from gdcli.render.charts.plots import Series, chart

    x = [size for size, _ in sizes]
    held = [run.losses["best_validation_loss"] for _, run in sizes]
    train = [run.losses["best_loss"] for _, run in sizes]
    best = min(held)
    keep = next(pair for pair in sizes if pair[1].losses["best_validation_loss"] <= RISE * best)
    positive = [value for value in (*held, *train) if value > 0]
    log = bool(positive) and len(positive) == 2 * len(x) and max(positive) > 10 * min(positive)
    return chart(
        [
            Series(x, train, label="training", meaning=theme.TRAINING),
            Series(x, held, label="validation", meaning=theme.VALIDATION),
        ],
        screen,
        title=f"loss{' (log scale)' if log else ''} by model size",
        width=width,
        height=height,
        x_label=name,
        log_y=log,
        marks=[(keep[0], f"keep {plain(keep[1].label, screen)}")],
    )


def _fits(fits: Sequence[FittedCurve], screen: Screen, width: int, height: int) -> str:
    """The data, and the chosen models' curves through it, cut where they leave the data's surroundings."""
    from gdcli.render.charts.plots import Series, chart

    data, *curves = fits
    low, high = float(np.min(data.y)), float(np.max(data.y))
    air = 0.15 * (high - low or 1.0)
    series = [Series(data.x, data.y, label="data", style="points", meaning=theme.DATA)]
    meanings = [theme.CLASSES[at] for at in ((4, 1, 0) if len(curves) == 3 else (4, 1))]
    for curve, meaning in zip(curves, meanings, strict=False):
        series.append(Series(curve.x, curve.y, label=plain(curve.label, screen), meaning=meaning))
    return chart(
        series, screen, title="Which trend line is better?", width=width, height=height, y_range=(low - air, high + air)
    )


def summarize_sweep(
    runs: Sequence[RankedRun], limit: float | None, near: float | None, keep: RankedRun | None, screen: Screen
) -> Iterator[str]:
    """The answer: the best run, the limit that explains the others, the size to keep.

    Args:
        runs: All runs, the best first.
        limit: The largest stable learning rate, if one holds for all.
        near: The loss from which a run counts as arrived, if one holds for all.
        keep: The run of the size to keep, if that is the question.
        screen: What can be shown.
    """
    best = runs[0]
    losses = best.losses
    value, kind = (
        (losses["best_validation_loss"], "validation loss")
        if "best_validation_loss" in losses
        else (losses["best_loss"], "loss")
    )
    name = f"{plain(best.name, screen)}: " if best.name else ""
    if best.diverged:
        yield from wrap_remark("best", "none: every run that ended has diverged. Try smaller learning rates.", screen)
    else:
        yield from wrap_remark(
            "best", f"{name}{kind} {short(value)} at epoch {losses['best_epoch']}, {best.verdict}", screen
        )
    if keep is not None:
        yield from wrap_remark("keep", _kept(runs, keep, screen), screen)
    if any(run.arrived is not None for run in runs) and near is not None:
        yield from wrap_remark("arrived", f"at a loss of {short(near)}, as good as the optimum's", screen)
    if limit is not None:
        yield from wrap_remark("rate", f"largest stable learning rate {short(limit)}", screen)
    gone = sum(run.diverged for run in runs)
    if gone:
        yield from wrap_remark("diverged", f"{gone} of {len(runs)} runs", screen)


def _kept(runs: Sequence[RankedRun], keep: RankedRun, screen: Screen) -> str:
    losses = keep.losses
    text = f"{plain(keep.name, screen)}: validation loss {short(losses['best_validation_loss'])}"
    text += f", training {short(losses['best_loss'])}"
    if keep.number != runs[0].number:
        text += f". What is larger is better by less than {round(100 * (RISE - 1))} % on rows held out"
    tighter = [
        run
        for run in runs
        if not run.diverged
        and "best_validation_loss" in run.losses
        and run.losses["best_loss"] < losses["best_loss"]
        and run.losses["best_validation_loss"] > RISE * losses["best_validation_loss"]
    ]
    if tighter:
        other = min(tighter, key=lambda run: float(run.losses["best_loss"]))
        text += (
            f". {plain(other.name, screen)} fits the training rows better ({short(other.losses['best_loss'])})"
            f" and new ones worse ({short(other.losses['best_validation_loss'])}): it overfits"
        )
    return f"{text}."
