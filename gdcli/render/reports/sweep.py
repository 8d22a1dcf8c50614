"""How a sweep looks: its ranked table, all loss curves in one chart, error over model size, chosen fits."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.render import Column, Report, theme
from gdcli.render.formats import Format
from gdcli.render.layout import Layout, Picture
from gdcli.render.reports.fit import wrap_remark
from gdcli.render.reports.sweep_lines import header
from gdcli.render.screen import Screen, columns, plain
from gdcli.render.vocabulary import word
from gdcli.said import say, together

if TYPE_CHECKING:
    from gdcli.experiments.folds import Measured
    from gdcli.experiments.sweep.result import Curve, RunningSweep, SweepResult
    from gdcli.experiments.sweep.swept_run import SweptRun
    from gdcli.render.charts.plots import Chart

NAMED = 12
"""Curves that are all named; of more, only the best few are."""
FEW = 5
OTHERS = 15
"""Curves without a name, from all ranks."""
LOSSES = 7
"""Lines of the loss curves at least."""
TABLE_ROWS = 30
"""Rows of a table on a terminal."""
WEAK = 10
"""A pull that is so many times weaker is worth a word."""
DEEP = 1e-12
"""Below the highest curve's start by this factor, nothing is drawn."""


def report(
    sweep: RunningSweep, form: Format, layout: Layout, shown: Callable[[SweptRun], Callable[[int], bool]]
) -> Report:
    """A sweep, for any format: rows as the runs end, or ranked where all are waited for.

    Args:
        sweep: The sweep.
        form: The format.
        layout: What there is of the screen.
        shown: Which epochs a run's history has.
    """
    ranked = form.for_people
    return Report(
        schema="gdcli.sweep/1",
        records=_records(sweep, form, layout),
        summary=lambda: sweep.result.figures(),
        names=sweep.FIGURES,
        rows_name="runs",
        rows_in_kv=True,
        columns=sweep_columns(sweep.result, layout.width) if ranked else (),
        nested=lambda run: run.figures(shown(run)),
        blocks=lambda screen: blocks(sweep.result, screen, layout),
        pictures=lambda screen: draw_sweep(sweep.result, screen) if sweep.result.best else [],
        words=lambda screen: summarize_sweep(sweep.result, screen) if sweep.result.best else [],
        title=header(sweep.plan),
    )


def _records(sweep: RunningSweep, form: Format, layout: Layout) -> Iterable[SweptRun]:
    """The runs in the order of their ranks, of the grid, or as they end, by stacks."""
    if form.for_people:
        return sweep.result.ranked[: len(sweep.result) - _left_out(sweep.result, layout)]
    return sweep.in_turn() if form.rows_only else _numbered(sweep)


def _numbered(sweep: RunningSweep) -> Iterator[SweptRun]:
    yield from sweep.result.numbered


def _left_out(result: SweepResult, layout: Layout) -> int:
    """Rows that a table leaves out: on a terminal, those after the first so many."""
    if layout.width == sys.maxsize:
        return 0
    most = TABLE_ROWS if layout.rows is None else _rows_on(layout, layout.rows, result)
    return len(result) - most if len(result) > most + 1 else 0


def _rows_on(layout: Layout, rows: int, result: SweepResult) -> int:
    """Rows of a table on a screen of so many lines, beside the answer and a picture."""
    drawn = result.best is not None
    answer = layout.height_of(summarize_sweep(result, Screen(layout.width))) if drawn else 0
    most = layout.table_rows(answer + 2, drawn) + 2
    return max(2, min(most, rows - answer - LOSSES - 3)) if drawn and layout.plotted else most


def blocks(result: SweepResult, screen: Screen, layout: Layout) -> Iterator[str]:
    """Under the table."""
    if result.best is None:
        return
    left_out = _left_out(result, layout)
    if left_out:
        yield say(" ... {left_out} more: --format csv has them all", left_out=left_out)
    pictures = draw_sweep(result, screen) if layout.plotted else []
    used = 1 + len(result) - left_out + bool(left_out)
    yield from layout.compose(pictures, list(summarize_sweep(result, screen)), used, screen)


def sweep_columns(result: SweepResult, width: int) -> list[Column]:
    """The table's columns: rank, the options that differ, the verdict, the losses; as many as fit the width."""
    runs = result.ranked
    held_out = any("best_validation_loss" in run.losses for run in runs)
    left = [Column(say("rank"), lambda run: str(run.rank), 4)]
    for name in result.plan.grid.differing:
        size = max([len(name), *(columns(run.texts[name]) for run in runs)]) + 1
        left.append(Column(name.replace("_", "-"), partial(_value, name=name), size))
    words = max([len("verdict"), *(len(run.verdict) for run in runs)]) + 1
    left.append(Column(say(" verdict"), lambda run: say(" {verdict}", verdict=run.verdict), words, left=True))
    best = _measure_columns(result)
    if held_out:
        best.append(Column(say("val loss"), partial(_loss, name="best_validation_loss"), 9))
    best.append(
        Column(
            say("train loss") if held_out else say("best loss"), partial(_loss, name="best_loss"), 10 if held_out else 9
        )
    )
    best.append(Column(say("at"), partial(_loss, name="best_epoch"), 5))
    more = [Column(say("final loss"), partial(_loss, name="final_loss"), 10)]
    if any("validation_accuracy" in run.losses for run in runs):
        more.insert(0, Column(say("val acc"), partial(_loss, name="validation_accuracy"), 8))
    elif any("accuracy" in run.losses for run in runs):
        more.insert(0, Column(say("acc"), partial(_loss, name="accuracy"), 7))
    if any(run.arrived is not None for run in runs):
        more.append(Column(say("arrived"), lambda run: short(run.arrived), 7))
    while more and sum(column.width + 1 for column in (*left, *best, *more)) - 1 > width:
        more.pop(-2 if len(more) > 1 else -1)
    while len(best) > 1 and sum(column.width + 1 for column in (*left, *best)) - 1 > width:
        best.pop()
    return [*left, *best, *more]


def _measure_columns(result: SweepResult) -> list[Column]:
    """The common measure with its standard error, if there is one."""
    one = next((run.measured for run in result.ranked if run.measured is not None), None)
    if one is None:
        return []
    return [
        Column(one.title, partial(_loss, name=one.metric), 8),
        Column("+-", partial(_loss, name=f"{one.metric}_standard_error"), 8),
    ]


def _value(run: SweptRun, name: str) -> str:
    return plain(run.texts[name], Screen())


def _loss(run: SweptRun, name: str) -> str:
    return short(run.losses.get(name))


def draw_sweep(result: SweepResult, screen: Screen) -> list[Picture]:
    """All loss curves on one log axis; error over model size, and the chosen fits, if there are any."""
    sizes = [] if result.keep is None else [(result.size(run), run) for run in result.by_size]
    losses = partial(_losses, result.ranked, result.is_mixed)
    pictures = [Picture.of(losses, screen, usual=13, wide=13 if len(sizes) > 1 else 20, height=LOSSES)]
    if len(sizes) > 1 and result.keep is not None:
        name = say("degree") if result.size_option == "degree" else say("parameters")
        pictures.append(Picture.of(partial(_sizes, sizes, result.keep, name), screen, usual=15, wide=15, rank=1))
        if result.curves:
            pictures.append(Picture.of(partial(_fits, result.curves), screen, usual=15, wide=15, rank=2))
    return pictures


def _losses(runs: Sequence[SweptRun], mixed: bool) -> Chart:
    """The loss curves; the best lie on top. Losses of different kinds are drawn as parts of their first values."""
    from gdcli.render.charts.plots import Chart, Series

    every = [run for run in runs if len(run.curve)]
    drawn = every if len(every) <= NAMED else [*every[:FEW], *every[FEW :: -(-(len(every) - FEW) // OTHERS)]]
    named = {run.number for run in (drawn if len(every) <= NAMED else drawn[:FEW])}
    curves = [_relative(run.curve) if mixed else run.curve for run in drawn]
    first = max((float(curve[0]) for curve in curves if math.isfinite(curve[0])), default=1.0)
    low, high = _range(curves, first)
    series = []
    for at, run in reversed(list(enumerate(drawn))):
        meaning = theme.CLASSES[at % len(theme.CLASSES)] if run.number in named else theme.NOTE
        label = run.label if run.number in named else ""
        curve = curves[at]
        y = np.where((curve > 0) & np.isfinite(curve), np.minimum(curve, 1e300), math.nan)
        y = np.where(curve <= 0, low, y)
        shown = ~np.isnan(y)
        series.append(Series(np.flatnonzero(shown).tolist(), y[shown].tolist(), label=label, meaning=meaning))
    held_out = any("best_validation_loss" in run.losses for run in drawn)
    title = say("validation loss") if held_out else say("loss")
    title += say(", as part of its first value (log scale) by epoch") if mixed else say(" (log scale) by epoch")
    if len(drawn) < len(every):
        title += say(
            "; the best {few} by name, {count} of the other {count2} without",
            few=FEW,
            count=len(drawn) - FEW,
            count2=len(every) - FEW,
        )
    return Chart(series, title, x_label=say("epoch"), log_y=True, y_range=(low, high))


def _relative(curve: Array) -> Array:
    return curve / curve[0] if curve[0] > 0 else curve


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


def _sizes(sizes: Sequence[tuple[float, SweptRun]], keep: SweptRun, name: str) -> Chart:
    """Training against validation loss over model size, with the one to keep marked."""
    from gdcli.render.charts.plots import Chart, Series

    x = [size for size, _ in sizes]
    scores = [run.measured for _, run in sizes if run.measured is not None]
    held, train = [one.value for one in scores], [one.training for one in scores]
    positive = [value for value in (*held, *train) if value > 0]
    log = bool(positive) and len(positive) == 2 * len(x) and max(positive) > 10 * min(positive)
    return Chart(
        [
            Series(x, train, label=word("training"), meaning=theme.TRAINING),
            Series(x, held, label=say("held out"), meaning=theme.VALIDATION),
        ],
        say("{title}{what} by model size", title=scores[0].title, what=say(" (log scale)") if log else ""),
        x_label=name,
        log_y=log,
        marks=[(next(size for size, run in sizes if run.number == keep.number), say("keep {label}", label=keep.label))],
    )


def _fits(curves: Sequence[Curve]) -> Chart:
    """The data, and the chosen models' curves through it, cut where they leave the data's surroundings."""
    from gdcli.render.charts.plots import Chart, Series

    data, *fitted = curves
    low, high = float(np.min(data.y)), float(np.max(data.y))
    air = 0.15 * (high - low or 1.0)
    series = [Series(data.x, data.y, label=word("data"), style="points", meaning=theme.DATA)]
    meanings = [theme.CLASSES[at] for at in ((4, 1, 0) if len(fitted) == 3 else (4, 1))]
    for curve, meaning in zip(fitted, meanings, strict=False):
        series.append(Series(curve.x, curve.y, label=word(curve.label), meaning=meaning))
    return Chart(series, say("Which trend line is better?"), y_range=(low - air, high + air))


def summarize_sweep(result: SweepResult, screen: Screen) -> Iterator[str]:
    """The answer: the best run, the limit that explains the others, the size to keep."""
    runs, keep, near, limit = result.ranked, result.keep, result.near, result.limit
    best = runs[0]
    if best.diverged:
        yield from wrap_remark(
            say("best"), say("none: every run that ended has diverged. Try smaller learning rates."), screen
        )
    else:
        yield from wrap_remark(say("best"), _best(best, screen), screen)
    if result.comparison is not None and keep is None:
        yield from wrap_remark(say("compared"), plain(result.comparison.sentence, screen), screen)
    yield from _gradients(result, screen)
    if keep is not None:
        yield from wrap_remark(say("keep"), _kept(result, keep, screen), screen)
    if any(run.arrived is not None for run in runs) and near is not None:
        yield from wrap_remark(
            say("arrived"),
            say("at a loss of {near}: a millionth of the baseline's above the optimum's", near=short(near)),
            screen,
        )
    if limit is not None:
        yield from wrap_remark(say("rate"), say("largest stable learning rate {limit}", limit=short(limit)), screen)
    yield from _diverged_in_folds(result, screen)
    gone = sum(run.diverged for run in runs)
    if gone:
        yield from wrap_remark(say("diverged"), say("{gone} of {count} runs", gone=gone, count=len(runs)), screen)


def _diverged_in_folds(result: SweepResult, screen: Screen) -> Iterator[str]:
    """The runs whose folds tell nothing, as they diverged there though not on all rows."""
    for run in result.ranked:
        if run.measured is not None and run.measured.diverged and not run.diverged:
            text = say(
                "{name}: {count} of its runs on folds diverged, though not the one on all rows; with a smaller "
                "learning rate they tell how good it is",
                name=plain(run.name, screen),
                count=run.measured.diverged,
            )
            yield from wrap_remark(say("folds"), text, screen)


def _gradients(result: SweepResult, screen: Screen) -> Iterator[str]:
    """How hard each loss pulls at a row, the surer the model is of another class."""
    from gdcli.analysis.confident_errors import PROBABILITIES

    if len(result.gradients) < 2:
        return
    wide = max(map(len, result.gradients)) + 1
    head = "".join(f"{chance:>9g}" for chance in PROBABILITIES)
    yield from wrap_remark(say("gradient"), say("by the logit of a row's true class, whose probability is"), screen)
    yield say("            {value:{wide}}{head}", wide=wide, value="", head=head)
    for name, slopes in result.gradients.items():
        yield say("            {name:{wide}}", wide=wide, name=plain(name, screen)) + together(
            "", (f"{slope:>9.3g}" for slope in slopes)
        )
    last = {name: abs(slopes[-1]) for name, slopes in result.gradients.items()}
    weak, strong = min(last, key=last.__getitem__), max(last, key=last.__getitem__)
    if last[strong] > WEAK * last[weak]:
        text = say(
            "With {weak}, a row that is confidently wrong hardly pulls at all: {last}",
            weak=weak,
            last=short(last[strong] / last[weak], 2),
        )
        yield from wrap_remark("", say("{text} times less than with {strong}.", text=text, strong=strong), screen)


def _best(best: SweptRun, screen: Screen) -> str:
    """The first in rank, and by what it is."""
    name, losses, one = say("{name}: ", name=plain(best.name, screen)) if best.name else "", best.losses, best.measured
    if one is not None:
        accuracy = "" if one.right is None else say(", accuracy {accuracy:.3f}", accuracy=float(np.mean(one.right)))
        return say(
            "{name}{score}{accuracy} on {count:,} {of}, {verdict}",
            name=name,
            score=_score(one),
            accuracy=accuracy,
            count=len(one.losses),
            of=one.of,
            verdict=best.verdict,
        )
    held_out = "best_validation_loss" in losses
    value, kind = (
        (losses["best_validation_loss"], say("validation loss")) if held_out else (losses["best_loss"], say("loss"))
    )
    return say(
        "{name}{kind} {value} at epoch {losses:,}, {verdict}",
        name=name,
        kind=kind,
        value=short(value),
        losses=losses["best_epoch"],
        verdict=best.verdict,
    )


def _score(one: Measured) -> str:
    return say(
        "{title} {value} +- {standard_error}",
        title=one.title,
        value=short(one.value),
        standard_error=short(one.standard_error, 2),
    )


def _kept(result: SweepResult, keep: SweptRun, screen: Screen) -> str:
    """The size to keep by the one-standard-error rule, and one that overfits, if any."""
    one, other = keep.measured, result.overfitted
    if one is None or result.choice is None:
        return plain(keep.name, screen)
    best = result.by_size[result.choice.best]
    text = say(
        "{name}: {score} on {count:,} {of}, ",
        name=plain(keep.name, screen),
        score=_score(one),
        count=len(one.losses),
        of=one.of,
    )
    if one.value <= one.rounding:
        text += say("exact but for rounding")
    elif best.number == keep.number or best.measured is None:
        text += say("the least")
    else:
        text += say(
            "the smallest that is not shown to be worse than the least, {value} of {name}",
            value=short(best.measured.value),
            name=plain(best.name, screen),
        )
    if other is not None and other.measured is not None:
        text += say(
            ". {name} fits the training rows better ({title} {training}, not {training2}) and rows "
            "it has not seen worse ({value}): it overfits",
            name=plain(other.name, screen),
            title=one.title,
            training=short(other.measured.training),
            training2=short(one.training),
            value=short(other.measured.value),
        )
    return say("{text}.", text=text)
