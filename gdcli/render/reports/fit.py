"""How a linear fit looks: its table's columns, its summary in words, its pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from gdcli.render import Column, theme
from gdcli.render.numbers import equation, fixed, short
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.training.records import Epoch, Scores

if TYPE_CHECKING:
    from gdcli.render.charts.plots import Series

__all__ = ["FitReport", "draw_fit", "fit_columns", "summarize_fit", "wrap_remark"]


class FitReport(NamedTuple):
    """The result of a fit, ready for a table.

    Args:
        loss_name: What was minimised, as people write it: MSE.
        target: The target's name.
        terms: What each parameter multiplies; "" for the bias.
        names: The parameters' names.
        parameters: The ones kept.
        scores: Of the kept parameters on the training rows.
        validation: On the rows held out, or None.
        baseline: (the training targets' mean, the MSE of predicting it).
        optimum: The exact least-squares parameters and their scores, or None.
        remarks: Further lines, as (label, text).
    """

    loss_name: str
    target: str
    terms: Sequence[str]
    names: Sequence[str]
    parameters: Sequence[float]
    scores: Scores
    validation: Scores | None
    baseline: tuple[float, float]
    optimum: tuple[Sequence[float], Scores] | None
    remarks: Sequence[tuple[str, str]]


def fit_columns(
    names: Sequence[str], loss_name: str, validation: bool, best: Callable[[Epoch], bool], width: int
) -> list[Column]:
    """The table's columns; as many parameters as fit the width."""
    left = [
        Column("epoch", lambda r: str(r.epoch), 6),
        Column("step", lambda r: str(r.step), 6),
        Column("loss", lambda r: short(r.loss), 10),
    ]
    if validation:
        left.append(Column("val loss", lambda r: short(r.validation_loss), 10))
    elif loss_name == "MSE":
        left.append(Column("RMSE", lambda r: short(math.sqrt(r.loss)), 9))
    right = [
        Column("|gradient|", lambda r: short(_norm(r), 3), 10),
        Column("", lambda r: " best" if best(r) else "", 5, left=True),
    ]
    used = sum(column.width + 1 for column in left + right)
    shown = names[: max(1, (width - used) // 11)]
    values = [Column(plain(name, Screen()), partial(_parameter, at=at), 10) for at, name in enumerate(shown)]
    return [*left, *values, *right]


def _parameter(record: Epoch, at: int) -> str:
    return fixed(record.parameters[at])


def _norm(record: Epoch) -> float | None:
    """The gradient's length."""
    if record.gradient is None:
        return None
    return math.sqrt(sum(value * value for value in record.gradient.tolist())) if _finite(record) else math.inf


def _finite(record: Epoch) -> bool:
    gradient = record.gradient
    return gradient is not None and all(abs(value) < 1e150 for value in gradient.tolist())


def summarize_fit(report: FitReport, screen: Screen) -> Iterator[str]:
    """The answer: the fitted model, beside the best there is and beside no model at all."""
    rows = [("fitted", report.parameters, report.scores, f"R2 {_r2(report.scores.r2)}")]
    if report.optimum is not None:
        rows.append(("optimum", *report.optimum, "exact least squares"))
    equations = [equation(report.target, report.terms, list(parameters), 5) for _, parameters, _, _ in rows]
    wide = max(columns(text) for text in equations) > max(40, screen.width - 46)
    mean, mse = report.baseline
    labels = [label for label, *_ in rows]
    cells = [f"MSE {short(scores.mse)}" for _, _, scores, _ in rows]
    notes = [note for *_, note in rows]
    labels.append("baseline")
    equations.append(f"{report.target} = {short(mean, 5)}")
    cells.append(f"MSE {short(mse)}")
    notes.append("predicting the mean")
    if wide:
        yield from _parameters(report)
        yield ""
        equations = ["", "", equations[-1]] if len(rows) == 2 else ["", equations[-1]]
    if report.validation is not None:
        labels.insert(1, "held out")
        equations.insert(1, "")
        cells.insert(1, f"MSE {short(report.validation.mse)}")
        notes.insert(1, f"R2 {_r2(report.validation.r2)}")
    broad = max(columns(text) for text in equations) + 3
    tall = max(columns(text) for text in cells) + 3
    for label, text, cell, note in zip(labels, equations, cells, notes, strict=True):
        start = paint(f" {label:<10}", theme.HEADING, screen)
        yield f"{start} {plain(text, screen):<{broad}}{cell:<{tall}}{note}"
    for label, text in report.remarks:
        yield from wrap_remark(label, text, screen)


def _r2(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) and abs(value) < 1e4 else short(value)


def _parameters(report: FitReport) -> Iterator[str]:
    """Many parameters, one a line, with the optimum beside them."""
    exact = report.optimum[0] if report.optimum else None
    width = max(len(name) for name in report.names) + 2
    yield f" {'':{width}}{'fitted':>14}" + (f"{'optimum':>14}" if exact is not None else "")
    for i, name in enumerate(report.names):
        right = f"{short(exact[i], 6):>14}" if exact is not None else ""
        yield f" {plain(name, Screen()):{width}}{short(report.parameters[i], 6):>14}{right}"


def wrap_remark(label: str, text: str, screen: Screen) -> Iterator[str]:
    """A remark under its label, broken at words to stay within 80 columns, or the terminal's if wider."""
    start = paint(f" {label:<10}", theme.HEADING, screen) + " "
    lines = wrap(" ".join(text.split()), max(80, screen.width) - 12, break_long_words=False, break_on_hyphens=False)
    for at, line in enumerate(lines or [""]):
        yield (" " * 12 if at else start) + line


def draw_fit(
    report: FitReport,
    history: Mapping[str, Sequence[float]],
    points: tuple[Sequence[float], Sequence[float]],
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    axis: str,
    screen: Screen,
) -> Iterator[str]:
    """The loss curve beside the data and the line drawn through it.

    Args:
        report: The fit.
        history: epoch, loss and, if any, validation.
        points: The data to scatter.
        lines: Curves to draw through them, by name.
        axis: The x axis's name of the second picture.
        screen: What can be shown.
    """
    from gdcli.render.charts.plots import Series, chart, side_by_side

    width = (screen.width - 4) // 2 if screen.width >= 100 else screen.width - 2
    height = 16 if screen.width >= 100 else 11
    title, curves, log = _loss_curves(report, history)
    loss = chart(curves, screen, title=title, width=width, height=height, log_y=log)
    series = [Series(*points, label="data", style="points", meaning=theme.DATA)]
    meanings = {"start": theme.START, "perfect": theme.PERFECT}
    series += [Series(*line, label=name, meaning=meanings.get(name, theme.FITTED)) for name, line in lines.items()]
    data = chart(
        series, screen, title=f"{plain(report.target, screen)} by {plain(axis, screen)}", width=width, height=height
    )
    yield ""
    yield from side_by_side([loss, data], screen).split("\n")


def _loss_curves(report: FitReport, history: Mapping[str, Sequence[float]]) -> tuple[str, list[Series], bool]:
    """The title, the curves and whether the axis is a log one: down to the optimum if known, until all is settled."""
    from gdcli.render.charts.plots import Series

    losses, held_out = history["loss"], history.get("validation")
    end = _settled(losses)
    epochs = history["epoch"][:end]
    if report.optimum is not None and not held_out:
        floor = report.optimum[1].mse
        above = [value - floor for value in losses[:end]]
        rounding = 1e-15 * max(losses[0], floor)
        above = [value if value > rounding else math.nan for value in above]
        title = f"{report.loss_name}{' above the optimum' if floor else ''} (log scale) by epoch"
        return title, [Series(epochs, above, label="training", meaning=theme.TRAINING)], True
    curves = [Series(epochs, losses[:end], label="training", meaning=theme.TRAINING)]
    if held_out:
        curves.append(Series(epochs, held_out[:end], label="validation", meaning=theme.VALIDATION))
    positive = [value for value in losses if 0 < value < math.inf]
    log = bool(positive) and max(positive) > 20 * min(positive)
    return f"{report.loss_name}{' (log scale)' if log else ''} by epoch", curves, log


def _settled(losses: Sequence[float]) -> int:
    """How many records to draw: twice as many as it took for all but a ten-thousandth of the fall, or all."""
    first, last = losses[0], losses[-1]
    near = abs(first - last) * 1e-4
    moving = next((at for at in range(len(losses) - 1, -1, -1) if not abs(losses[at] - last) <= near), 0)
    return min(len(losses), max(2 * moving, 10))
