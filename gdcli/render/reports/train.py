"""How a network's training looks: its table's columns, its verdicts in words, its pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gdcli.render import Column, theme
from gdcli.render.numbers import short
from gdcli.render.reports.fit import wrap_remark
from gdcli.render.screen import Screen, paint, plain
from gdcli.training.records import Overfitting


@dataclass(frozen=True, eq=False)
class TrainingReport:
    """The result of a network's training, ready for a table.

    Args:
        figures: For each set (train, validation, test), its figures by name.
        kept: (the epoch the parameters are from, the last epoch, why that one).
        overfitting: The verdict, or None.
        confusion: (the set it is of, its counts), or None.
        worst: (true class, predicted class, how often) of the worst confusions.
        classes: The classes' labels.
        history: epoch, loss and validation loss, as far as there are any.
        accuracy: The same for accuracy.
        remarks: Further lines, as (label, text).
    """

    figures: Mapping[str, Mapping[str, float]]
    kept: tuple[int, int, str]
    overfitting: Overfitting | None
    confusion: tuple[str, Any] | None
    worst: Sequence[tuple[str, str, int]]
    classes: Sequence[str]
    history: Mapping[str, Sequence[float]]
    accuracy: Mapping[str, Sequence[float]]
    remarks: Sequence[tuple[str, str]]


def training_columns(classes: bool, validation: bool, penalty: bool, mark: Callable[[Any], str]) -> list[Column]:
    """The table's columns; records are `Timed`."""
    columns = [Column("epoch", lambda r: str(r.record.epoch), 6)]
    columns.append(Column("train loss", lambda r: short(r.record.loss), 11))
    if classes:
        columns.append(Column("acc", lambda r: f"{r.record.metrics['accuracy']:.3f}", 6))
    if validation:
        columns.append(Column("val loss", lambda r: short(r.record.validation_loss), 10))
        if classes:
            columns.append(Column("acc", lambda r: f"{r.record.metrics['validation_accuracy']:.3f}", 6))
    if penalty:
        columns.append(Column("penalty", lambda r: short(float(r.record.penalty)), 9))
    columns.append(Column("lr", lambda r: short(float(r.record.learning_rate), 3), 9))
    columns.append(Column("s", lambda r: f"{r.seconds:.1f}" if r.record.epoch else "-", 6))
    columns.append(Column("", lambda r: f" {mark(r.record)}", 6, left=True))
    return columns


def summarize_training(report: TrainingReport, screen: Screen) -> Iterator[str]:
    """The answer: how it does on rows it has not seen, whether it overfits, what it mixes up."""
    order = [name for name in ("test", "validation", "train") if report.figures.get(name)]
    for name in order:
        text = "   ".join(f"{_word(key)} {_figure(key, value)}" for key, value in report.figures[name].items())
        yield _labelled(name, text, screen)
    kept, last, why = report.kept
    yield _labelled("kept", f"epoch {kept} of {last}{why}", screen)
    if report.overfitting is not None:
        yield from wrap_remark("fit", describe_overfitting(report.overfitting), screen)
    if report.worst:
        text = ", ".join(f"{true} read as {read}: {count}" for true, read, count in report.worst)
        yield from wrap_remark("mixed up", f"most often: {text}", screen)
    for label, text in report.remarks:
        yield from wrap_remark(label, text, screen)


def describe_overfitting(report: Overfitting) -> str:
    """Whether it overfits, in words a student knows."""
    losses = f"training loss {short(report.best_train, 3)}, validation {short(report.best_validation, 3)}"
    if report.rose:
        degree = {"strong": "overfitting", "slight": "slightly overfitting"}.get(report.verdict, "overfitting")
        return (
            f"{degree}: after epoch {report.best_epoch} training loss fell from {short(report.best_train, 3)} to"
            f" {short(report.last_train, 3)} while validation rose from {short(report.best_validation, 3)} to"
            f" {short(report.last_validation, 3)}. Stop at epoch {report.best_epoch}."
        )
    if report.verdict == "strong":
        return (
            f"it overfits: at its best epoch, {report.best_epoch}, {losses}; more data or a smaller network would help."
        )
    if report.verdict == "slight":
        return f"slightly overfitting: at epoch {report.best_epoch}, {losses}."
    return f"no overfitting: at epoch {report.best_epoch}, {losses}."


def draw_training(report: TrainingReport, screen: Screen) -> Iterator[str]:
    """Loss and accuracy curves with the kept epoch marked, then the confusion matrix."""
    from gdcli.render.charts.plots import Series, chart, draw_confusion, side_by_side

    wide = screen.width >= 100
    width = (screen.width - 4) // 2 if wide else screen.width - 2
    height = 16 if wide else 12
    kept = report.kept[0]
    marks = [(float(kept), f"kept {kept}")] if report.history.get("validation") and kept else []
    blocks = []
    for title, curves in (("loss by epoch", report.history), ("accuracy by epoch", report.accuracy)):
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
    if report.confusion is not None:
        name, counts = report.confusion
        labels = [plain(label, screen) for label in report.classes]
        yield ""
        yield from draw_confusion(counts, labels, screen, title=f"{name} set").split("\n")


def draw_decision_regions(
    classes: Any, points: Any, labels: Any, ranges: Sequence[tuple[float, float]], names: Sequence[str], screen: Screen
) -> Iterator[str]:
    """Which class each point of the plane would get, with the rows on top.

    Args:
        classes: (h, w) class indices, the first row lowest.
        points: (n, 2) rows.
        labels: (n,) their classes.
        ranges: Of both inputs.
        names: Of both inputs.
        screen: What can be shown.
    """
    from gdcli.render.charts.axes import frame_picture
    from gdcli.render.raster.canvas import half_blocks
    from gdcli.render.raster.pictures import draw_regions

    rgb = draw_regions(classes, screen, points=points, labels=labels, x_range=ranges[0], y_range=ranges[1])
    yield ""
    yield "decision regions"
    yield from frame_picture(half_blocks(rgb, screen), ranges[0], ranges[1], names[0], names[1], screen).split("\n")


def _spread(series: Sequence[Any]) -> float:
    values = np.concatenate([np.asarray(one.y, float) for one in series])
    values = values[np.isfinite(values) & (values > 0)]
    return float(values.max() / values.min()) if values.size else 1.0


def _word(name: str) -> str:
    return {"mse": "MSE", "rmse": "RMSE", "mae": "MAE", "r2": "R2"}.get(name, name)


def _figure(name: str, value: float) -> str:
    return f"{value:.4f}" if name in ("accuracy", "r2") else short(value)


def _labelled(label: str, text: str, screen: Screen) -> str:
    start = paint(f" {label:<10}", theme.HEADING, screen)
    return f"{start} {text}".rstrip()
