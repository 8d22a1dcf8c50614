"""How a network's training looks: its table's columns, its verdicts in words, its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli.arrays import Array
from gdcli.formatting import short
from gdcli.render import Column, Report, theme
from gdcli.render.reports.fit import describe_folds, summarize_verdicts, wrap_remark
from gdcli.render.reports.images import images
from gdcli.render.screen import Screen, paint, plain
from gdcli.training.records import Epoch

if TYPE_CHECKING:
    from gdcli.experiments.network_result import NetworkResult

SAME = 5e-4
"""Accuracies nearer to each other than this are printed as one."""


def report(result: NetworkResult, records: Iterable[Any], plotted: bool, show: int | None) -> Report:
    """A network's training, for any format.

    Args:
        result: The training; it is asked for what it came to when the records have passed.
        records: Its rows as they come, stamped with the time.
        plotted: Whether pictures are drawn.
        show: How many rows of image data are shown first.
    """
    return Report(
        schema="gdcli.train/1",
        records=records,
        summary=result.figures,
        columns=training_columns(result),
        before=lambda screen: images(result.experiment.data, show, screen) if show else (),
        blocks=lambda screen: blocks(result, screen, plotted),
    )


def blocks(result: NetworkResult, screen: Screen, plotted: bool) -> Iterator[str]:
    """Under the table: nothing of a run that diverged."""
    if result.diverged:
        return
    if plotted:
        yield from draw_training(result, screen)
        if len(result.experiment.data.input_names) == 2 and result.classes:
            yield from draw_decision_regions(result, screen)
    yield ""
    yield from summarize_training(result, screen)


def _share(value: float) -> str:
    """An accuracy; a run that goes on may not have measured it before."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def _measured(record: Epoch, value: float) -> str:
    """A figure beside the loss; a run that goes on may not have measured it before."""
    return "-" if math.isfinite(record.loss) and not math.isfinite(value) else short(value)


def training_columns(result: NetworkResult) -> list[Column]:
    """The table's columns; records are stamped with the time."""
    experiment, classes = result.experiment, bool(result.classes)
    validation, penalty = experiment.validation is not None, bool(experiment.problem.l1 or experiment.problem.l2)
    columns = [Column("epoch", lambda r: str(r.record.epoch), 6)]
    columns.append(Column("train loss", lambda r: short(r.record.loss), 11))
    if classes:
        columns.append(Column("acc", lambda r: _share(r.record.metrics["accuracy"]), 6))
    if validation:
        columns.append(Column("val loss", lambda r: _measured(r.record, r.record.validation_loss), 10))
        if classes:
            columns.append(Column("acc", lambda r: _share(r.record.metrics["validation_accuracy"]), 6))
    if penalty:
        columns.append(Column("penalty", lambda r: _measured(r.record, float(r.record.penalty)), 9))
    columns.append(Column("lr", lambda r: short(float(r.record.learning_rate), 3), 9))
    columns.append(Column("s", lambda r: f"{r.seconds:.1f}" if r.record.epoch else "-", 6))
    columns.append(Column("", lambda r: f" {_mark(result, r.record)}", 6, left=True))
    return columns


def _mark(result: NetworkResult, record: Epoch) -> str:
    """A star at an epoch that was the best so far; the word at the best of all."""
    if result.experiment.validation is None:
        return ""
    if result.run.ended and record.epoch == result.run.best.epoch:
        return "* best"
    return "*" if record.epoch and record.epoch == result.run.best.epoch else ""


def summarize_training(result: NetworkResult, screen: Screen) -> Iterator[str]:
    """The answer: how it does on rows it has not seen beside no model at all, what is said of it, what it mixes up."""
    figures, worst = result.scores, result.worst_confusions
    order = [name for name in ("test", "validation", "train") if figures.get(name)]
    for name in order:
        text = "   ".join(f"{_word(key)} {_figure(key, value)}" for key, value in _shown(figures[name]).items())
        yield _labelled(name, text, screen)
    yield _labelled("baseline", describe_baseline(result.baseline), screen)
    if result.folds is not None:
        yield _labelled("folds", describe_folds(result.folds), screen)
    yield _labelled("kept", result.kept_words, screen)
    yield from summarize_verdicts(result.verdicts, screen)
    if worst:
        text = ", ".join(f"{true} read as {read}: {count}" for true, read, count in worst)
        yield from wrap_remark("mixed up", f"most often: {text}", screen)
    for label, text in result.remarks:
        yield from wrap_remark(label, text, screen)


def describe_baseline(baseline: Mapping[str, Any]) -> str:
    """What knows no input scores, in words."""
    if "class" in baseline:
        return f"accuracy {baseline['accuracy']:.4f}   always '{baseline['class']}'"
    return f"MSE {short(baseline['mse'])}   always the mean, {short(baseline['mean'])}"


def _shown(figures: Mapping[str, float]) -> dict[str, float]:
    """The figures to print: balanced accuracy where it is another number than accuracy."""
    same = abs(figures.get("balanced_accuracy", 0) - figures.get("accuracy", 0)) < SAME
    return {name: value for name, value in figures.items() if not (same and name == "balanced_accuracy")}


def draw_training(result: NetworkResult, screen: Screen) -> Iterator[str]:
    """Loss and accuracy curves with the kept epoch marked, then the confusion matrix."""
    from gdcli.render.charts.plots import Series, chart, draw_confusion, side_by_side

    wide = screen.width >= 100
    width = (screen.width - 4) // 2 if wide else screen.width - 2
    height = 16 if wide else 12
    kept = result.kept.epoch
    marks = [(float(kept), f"kept {kept}")] if result.loss_history.get("validation") and kept else []
    blocks = []
    for title, curves in (("loss by epoch", result.loss_history), ("accuracy by epoch", result.accuracy_history)):
        series = [
            Series(curves["epoch"][-len(values) :], values, label=name, meaning=meaning)
            for name, meaning in (("train", theme.TRAINING), ("validation", theme.VALIDATION))
            if (values := curves.get(name))
        ]
        if series:
            log = title.startswith("loss") and _spread(series) > 20
            heading = title.replace("loss", "loss (log scale)") if log else title
            blocks.append(chart(series, screen, title=heading, width=width, height=height, log_y=log, marks=marks))
    yield ""
    yield from side_by_side(blocks, screen).split("\n")
    if result.confusion is not None:
        name, counts = result.confusion
        labels = [plain(label, screen) for label in result.classes]
        yield ""
        yield from draw_confusion(counts, labels, screen, title=f"{name} set").split("\n")


def draw_decision_regions(result: NetworkResult, screen: Screen) -> Iterator[str]:
    """Which class each point of the plane of both inputs would get, with the rows on top."""
    from gdcli.render.charts.axes import frame_picture
    from gdcli.render.raster.canvas import half_blocks
    from gdcli.render.raster.pictures import draw_regions

    data = result.experiment.data
    across, up = data.input_names
    rows = data.inputs.astype(float)
    x_range, y_range = _ranges(rows)
    height = 2 * max(8, min(24, screen.height - 8))
    width = min(screen.width - 12, height * 2)
    grid = np.stack(np.meshgrid(np.linspace(*x_range, width), np.linspace(*y_range, height)), axis=-1).reshape(-1, 2)
    classes = result.experiment.predict(result.kept.parameters, grid).reshape(height, width)
    rgb = draw_regions(classes, screen, points=rows, labels=data.targets, x_range=x_range, y_range=y_range)
    yield ""
    yield "decision regions"
    yield from frame_picture(half_blocks(rgb, screen), x_range, y_range, across, up, screen).split("\n")


def _ranges(rows: Array) -> list[tuple[float, float]]:
    """Of both inputs, with a margin."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    margin = 0.05 * np.where(high > low, high - low, 1.0)
    return [(float(a), float(b)) for a, b in zip(low - margin, high + margin, strict=True)]


def _spread(series: Sequence[Any]) -> float:
    values = np.concatenate([np.asarray(one.y, float) for one in series])
    values = values[np.isfinite(values) & (values > 0)]
    return float(values.max() / values.min()) if values.size else 1.0


def _word(name: str) -> str:
    return {"mse": "MSE", "rmse": "RMSE", "mae": "MAE", "r2": "R2"}.get(name, name.replace("_", " "))


def _figure(name: str, value: float) -> str:
    return f"{value:.4f}" if name in ("accuracy", "balanced_accuracy", "r2") else short(value)


def _labelled(label: str, text: str, screen: Screen) -> str:
    start = paint(f" {label:<10}", theme.HEADING, screen)
    return f"{start} {text}".rstrip()
