"""How a linear fit looks: its table's columns, its summary in words, its pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from gdcli.formatting import equation, fixed, short
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, columns, paint, plain
from gdcli.training.records import Epoch, Status

if TYPE_CHECKING:
    from gdcli.analysis.evidence import Verdict
    from gdcli.experiments.folds import FoldScores
    from gdcli.experiments.line_result import LineResult
    from gdcli.render.charts.plots import Series

SHOWN = 5
"""Digits of an equation's numbers."""

__all__ = ["blocks", "draw_fit", "fit_columns", "report", "stamped", "status_word", "summarize_fit", "wrap_remark"]


def report(result: LineResult, records: Iterable[Any], width: int, plotted: bool, timed: bool) -> Report:
    """A fit, for any format.

    Args:
        result: The fit; it is asked for what it came to when the records have passed.
        records: Its rows as they come, stamped with the time if `timed`.
        width: Columns to keep to.
        plotted: Whether pictures are drawn.
        timed: Whether the rows show when they came.
    """
    return Report(
        schema="gdcli.fit/1",
        records=records,
        summary=result.figures,
        columns=stamped(fit_columns(result, width)) if timed else fit_columns(result, width),
        blocks=lambda screen: blocks(result, screen, plotted),
    )


def stamped(columns: Sequence[Column]) -> list[Column]:
    """The columns for records that are stamped with the time, and the seconds."""
    inner = [column._replace(cell=partial(_of_record, column.cell)) for column in columns]
    return [*inner, Column("s", lambda stamp: f"{stamp.seconds:.1f}", 8)]


def _of_record(cell: Callable[[Any], str], stamp: Any) -> str:
    return cell(stamp.record)


def blocks(result: LineResult, screen: Screen, plotted: bool) -> Iterator[str]:
    """Under the table: nothing of a run that diverged."""
    if result.diverged:
        return
    if plotted:
        yield from draw_fit(result, screen)
    yield ""
    yield from summarize_fit(result, screen)


def fit_columns(result: LineResult, width: int) -> list[Column]:
    """The table's columns; as many parameters as fit the width."""
    experiment, run = result.experiment, result.run
    names, loss_name, validation = experiment.names, experiment.loss_name, experiment.validation is not None

    def best(record: Epoch) -> bool:
        return run.ended and record.epoch == run.best.epoch

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


def summarize_fit(result: LineResult, screen: Screen) -> Iterator[str]:
    """The answer: the fitted model, beside the best there is and beside no model at all."""
    target = result.experiment.data.target_name
    rows = [("fitted", result.values, result.scores, _quality(result))]
    if result.optimum is not None:
        best = result.optimum
        rows.append(("optimum", best.values, best.scores, best.name))
    equations = [equation(target, result.experiment.terms, list(parameters), 5) for _, parameters, _, _ in rows]
    if result.optimum is not None and min(result.optimum.digits) < SHOWN:
        equations[1] = ""  # it has fewer digits than an equation shows: each parameter has a line of its own
    wide = "" in equations or max(columns(text) for text in equations) > max(40, screen.width - 46)
    mean, mse = result.baseline
    labels = [label for label, *_ in rows]
    cells = [f"MSE {short(scores.mse)}" for _, _, scores, _ in rows]
    notes = [note for *_, note in rows]
    labels.append("baseline")
    equations.append(f"{target} = {short(mean, 5)}")
    cells.append(f"MSE {short(mse)}")
    notes.append("predicting the mean")
    if wide:
        yield from _parameters(result)
        yield ""
        equations = ["", "", equations[-1]] if len(rows) == 2 else ["", equations[-1]]
    if result.validation is not None:
        labels.insert(1, "held out")
        equations.insert(1, "")
        cells.insert(1, f"MSE {short(result.validation.mse)}")
        notes.insert(1, f"R2 {_r2(result.validation.r2)}")
    broad = max(columns(text) for text in equations) + 3
    tall = max(columns(text) for text in cells) + 3
    for label, text, cell, note in zip(labels, equations, cells, notes, strict=True):
        start = paint(f" {label:<10}", theme.HEADING, screen)
        yield f"{start} {plain(text, screen):<{broad}}{cell:<{tall}}{note}"
    if result.folds is not None:
        yield from wrap_remark("folds", describe_folds(result.folds), screen)
    if result.validation is not None:
        yield from summarize_verdicts(result.verdicts, screen)
    for label, text in result.remarks:
        yield from wrap_remark(label, text, screen)


def _quality(result: LineResult) -> str:
    """R2, and which, where the model has no intercept."""
    centred = f"R2 {_r2(result.scores.r2)}"
    about_zero = next((claim.value for claim in result.claims if claim.subject == "R2 uncentred"), None)
    return f"{centred} beside the mean, {_r2(float(about_zero))} beside 0" if about_zero is not None else centred


def describe_folds(folds: FoldScores) -> str:
    """The mean score with its standard error."""
    return f"{folds} (with --folds {len(folds.scores)})"


def summarize_verdicts(verdicts: Sequence[Verdict], screen: Screen) -> Iterator[str]:
    """Each verdict's sentence, under one label."""
    for at, verdict in enumerate(verdicts):
        yield from wrap_remark("" if at else "verdict", plain(verdict.sentence, screen), screen)


def _r2(value: float) -> str:
    return f"{value:.4f}" if math.isfinite(value) and abs(value) < 1e4 else short(value)


def _parameters(result: LineResult) -> Iterator[str]:
    """Many parameters, one a line, with the optimum beside them."""
    best = result.optimum
    exact = None if best is None else [_known(*pair) for pair in zip(best.values, best.digits, strict=True)]
    names = result.experiment.names
    width = max(len(name) for name in names) + 2
    yield f" {'':{width}}{'fitted':>14}" + (f"{'optimum':>14}" if exact is not None else "")
    for i, name in enumerate(names):
        right = f"{exact[i]:>14}" if exact is not None else ""
        yield f" {plain(name, Screen()):{width}}{short(result.values[i], 6):>14}{right}"


def _known(value: float, digits: int) -> str:
    """A parameter of the optimum, to the digits that are known of it; blank where none is."""
    if not value or not digits:
        return "" if value else "0"
    return f"{value:.{digits}g}" if abs(value) >= 10.0**digits and digits < 6 else short(value, min(6, digits))


def wrap_remark(label: str, text: str, screen: Screen) -> Iterator[str]:
    """A remark under its label, broken at words to stay within 80 columns, or the terminal's if wider."""
    start = paint(f" {label:<10}", theme.HEADING, screen) + " "
    lines = wrap(" ".join(text.split()), max(80, screen.width) - 12, break_long_words=False, break_on_hyphens=False)
    for at, line in enumerate(lines or [""]):
        yield (" " * 12 if at else start) + line


def draw_fit(result: LineResult, screen: Screen) -> Iterator[str]:
    """The loss curve beside the data and the line drawn through it."""
    from gdcli.render.charts.plots import Series, chart, side_by_side

    width = (screen.width - 4) // 2 if screen.width >= 100 else screen.width - 2
    height = 16 if screen.width >= 100 else 11
    history, points, lines, axis = result.drawing()
    title, curves, log = _loss_curves(result, history)
    loss = chart(curves, screen, title=title, width=width, height=height, log_y=log)
    series = [Series(*points, label="data", style="points", meaning=theme.DATA)]
    meanings = {"start": theme.START, "perfect": theme.PERFECT}
    series += [Series(*line, label=name, meaning=meanings.get(name, theme.FITTED)) for name, line in lines.items()]
    data = chart(
        series,
        screen,
        title=f"{plain(result.experiment.data.target_name, screen)} by {plain(axis, screen)}",
        width=width,
        height=height,
    )
    yield ""
    yield from side_by_side([loss, data], screen).split("\n")


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
        title = f"{result.experiment.loss_name}{' above the optimum' if floor else ''} (log scale) by epoch"
        return title, [Series(epochs, above, label="training", meaning=theme.TRAINING)], True
    curves = [Series(epochs, losses[:end], label="training", meaning=theme.TRAINING)]
    if held_out:
        curves.append(Series(epochs, held_out[:end], label="validation", meaning=theme.VALIDATION))
    positive = [value for value in losses if 0 < value < math.inf]
    log = bool(positive) and max(positive) > 20 * min(positive)
    return f"{result.experiment.loss_name}{' (log scale)' if log else ''} by epoch", curves, log


def _settled(losses: Sequence[float]) -> int:
    """How many records to draw: twice as many as it took for all but a ten-thousandth of the fall, or all."""
    first, last = losses[0], losses[-1]
    near = abs(first - last) * 1e-4
    moving = next((at for at in range(len(losses) - 1, -1, -1) if not abs(losses[at] - last) <= near), 0)
    return min(len(losses), max(2 * moving, 10))


def status_word(status: Status) -> str:
    """A status as people say it."""
    return str(status).replace("_", " ")
