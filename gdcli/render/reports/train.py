"""How a network's training looks: its table's columns, its verdicts in words, its pictures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli.formatting import score, short
from gdcli.render import Column, Report, theme
from gdcli.render.flow import error_lines
from gdcli.render.layout import Counted, Layout, Picture
from gdcli.render.reports.confusion import confusion_picture
from gdcli.render.reports.fit import describe_folds, summarize_verdicts, wrap_remark
from gdcli.render.reports.headers import network_header
from gdcli.render.reports.images import images
from gdcli.render.screen import Screen, paint
from gdcli.render.vocabulary import word
from gdcli.said import enumerated, say, together
from gdcli.training.records import Epoch

if TYPE_CHECKING:
    from gdcli.experiments.network import NetworkExperiment
    from gdcli.experiments.network_result import NetworkResult
    from gdcli.render.charts.plots import Chart
    from gdcli.render.reports.regions import Regions

MARK = 7
"""Columns of the mark at the best epoch."""
NAMED = 36
"""Columns of curves that have a title and names."""
LOW, REGIONS = 12, 20
"""Lines of curves and of decision regions where no screen limits them."""
SAME = 5e-4
"""Accuracies nearer to each other than this are printed as one."""


def report(result: NetworkResult, records: Iterable[Any], layout: Layout, show: int | None) -> Report:
    """A network's training, for any format.

    Args:
        result: The training; it is asked for what it came to when the records have passed.
        records: Its rows as they come, stamped with the time.
        layout: What there is of the screen.
        show: How many rows of image data are shown first.
    """
    rows = Counted(records)
    return Report(
        schema="gdcli.train/1",
        records=rows,
        summary=result.figures,
        names=result.FIGURES,
        columns=training_columns(result, layout.width),
        before=lambda screen: images(result.experiment.data, show, screen) if show else (),
        blocks=lambda screen: blocks(result, screen, layout, rows.lines),
        pictures=lambda screen: draw_training(result, screen),
        words=lambda screen: said_of(result, screen),
        title=network_header(result.experiment),
    )


def said_of(result: NetworkResult, screen: Screen) -> Iterable[str]:
    """The answer; of a run that diverged, what the error line says."""
    return (
        error_lines(*result.divergence(), screen.width, screen.speak)
        if result.diverged
        else summarize_training(result, screen)
    )


def answer_lines(experiment: NetworkExperiment) -> int:
    """Lines that the answer of a run will take, about."""
    parts = [experiment.validation, experiment.test, experiment.spec.folds.folds]
    return 7 + sum(part is not None for part in parts) + 2 * (experiment.validation is not None)


def blocks(result: NetworkResult, screen: Screen, layout: Layout, used: int) -> Iterator[str]:
    """Under a table of so many lines: the pictures, then the answer; of a run that diverged the error line says it."""
    after = error_lines(*result.divergence(), layout.width, screen.speak) if result.diverged else []
    answer = [] if result.diverged else list(summarize_training(result, screen))
    pictures = draw_training(result, screen) if layout.plotted else []
    return layout.compose(pictures, answer, used + layout.height_of(after), screen)


def _share(value: float) -> str:
    """An accuracy; a run that goes on may not have measured it before."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def _measured(record: Epoch, value: float) -> str:
    """A figure beside the loss; a run that goes on may not have measured it before."""
    return "-" if math.isfinite(record.loss) and not math.isfinite(value) else short(value)


def training_columns(result: NetworkResult, width: int) -> list[Column]:
    """The table's columns, on a narrow screen without the last ones; records are stamped with the time."""
    experiment, classes = result.experiment, bool(result.classes)
    validation, penalty = experiment.validation is not None, bool(experiment.problem.l1 or experiment.problem.l2)
    columns = [Column(say("epoch"), lambda r: str(r.record.epoch), 6)]
    columns.append(Column(say("train loss"), lambda r: short(r.record.loss), 11))
    if classes:
        columns.append(Column(say("acc"), lambda r: _share(r.record.metrics["accuracy"]), 6))
    if validation:
        columns.append(Column(say("val loss"), lambda r: _measured(r.record, r.record.validation_loss), 10))
        if classes:
            columns.append(Column(say("acc"), lambda r: _share(r.record.metrics["validation_accuracy"]), 6))
    if penalty:
        columns.append(Column(say("penalty"), lambda r: _measured(r.record, float(r.record.penalty)), 9))
    columns.append(Column(say("lr"), lambda r: short(float(r.record.learning_rate), 3), 9))
    columns.append(Column("s", lambda r: f"{r.seconds:.1f}" if r.record.epoch else "-", 6))
    marks = Column("", lambda r: say(" {mark}", mark=_mark(result, r.record)), MARK, left=True)
    while len(columns) > 2 and sum(column.width + 1 for column in columns) + MARK > width:
        columns.pop()
    return [*columns, marks]


def _mark(result: NetworkResult, record: Epoch) -> str:
    """A star at an epoch that was the best so far; the word at the best of all."""
    if result.experiment.validation is None:
        return ""
    if result.run.ended and record.epoch == result.run.best.epoch:
        return say("* best")
    return "*" if record.epoch and record.epoch == result.run.best.epoch else ""


def summarize_training(result: NetworkResult, screen: Screen) -> Iterator[str]:
    """The answer: how it does on rows it has not seen beside no model at all, what is said of it, what it mixes up."""
    figures, worst = result.scores, result.worst_confusions
    order = [name for name in ("test", "validation", "train") if figures.get(name)]
    for name in order:
        parts = (
            say("{name} {figure}", name=_word(key), figure=_figure(key, value))
            for key, value in _shown(figures[name]).items()
        )
        yield _labelled(word(name), together("   ", parts), screen)
    yield _labelled(say("baseline"), describe_baseline(result.baseline), screen)
    if result.folds is not None:
        yield _labelled(say("folds"), describe_folds(result.folds), screen)
    yield _labelled(say("kept"), result.kept_words, screen)
    yield from summarize_verdicts(result.verdicts, screen)
    if worst:
        text = enumerated(
            (say("{true} read as {read}: {count:,}", true=true, read=read, count=count) for true, read, count in worst)
        )
        yield from wrap_remark(say("mixed up"), say("most often: {text}", text=text), screen)
    for label, text in result.remarks:
        yield from wrap_remark(label, text, screen)


def describe_baseline(baseline: Mapping[str, Any]) -> str:
    """What knows no input scores, in words."""
    if "class" in baseline:
        return say(
            "accuracy {baseline:.4f}   always '{baseline2}'", baseline=baseline["accuracy"], baseline2=baseline["class"]
        )
    return say(
        "MSE {baseline}   always the mean, {baseline2}",
        baseline=short(baseline["mse"]),
        baseline2=short(baseline["mean"]),
    )


def _shown(figures: Mapping[str, float]) -> dict[str, float]:
    """The figures to print: balanced accuracy where it is another number than accuracy."""
    same = abs(figures.get("balanced_accuracy", 0) - figures.get("accuracy", 0)) < SAME
    return {name: value for name, value in figures.items() if not (same and name == "balanced_accuracy")}


def draw_training(result: NetworkResult, screen: Screen) -> list[Picture]:
    """Loss and accuracy curves with the kept epoch marked, the confusion matrix, and the decision regions."""
    pictures = [Picture.of(partial(_curves, result, "loss", result.loss_history), screen, usual=LOW, width=NAMED)]
    if result.accuracy_history.get("train"):
        accuracy = partial(_curves, result, "accuracy", result.accuracy_history)
        pictures.append(Picture.of(accuracy, screen, usual=LOW, rank=3))
    if result.diverged:
        return pictures
    if result.confusion is not None:
        name, counts = result.confusion
        pictures.append(confusion_picture(counts, result.classes, say("{name} set", name=word(name)), screen, rank=2))
    if len(result.experiment.data.input_names) == 2 and result.classes:
        size = {"usual": REGIONS, "wide": REGIONS, "width": 24, "height": 12}
        pictures.append(Picture.of(partial(_regions, result), screen, **size, rank=1))
    return pictures


def _curves(result: NetworkResult, name: str, curves: Mapping[str, Any]) -> Chart:
    """Training and validation by epoch."""
    from gdcli.render.charts.plots import Chart, Series

    kept = result.kept.epoch
    marks = [(float(kept), say("kept {kept}", kept=kept))] if result.loss_history.get("validation") and kept else []
    series = [
        Series(curves["epoch"][-len(values) :], values, label=word(part), meaning=meaning)
        for part, meaning in (("train", theme.TRAINING), ("validation", theme.VALIDATION))
        if (values := curves.get(part))
    ]
    log = name == "loss" and _spread(series) > 20
    return Chart(
        series,
        say("{name}{what} by epoch", name=word(name), what=say(" (log scale)") if log else ""),
        log_y=log,
        marks=marks,
    )


def _regions(result: NetworkResult) -> Regions:
    """Which class each point of the plane of both inputs would get, with the rows on top."""
    from gdcli.render.reports.regions import Regions

    data, (across, up) = result.experiment.data, result.experiment.data.input_names
    predict = partial(result.experiment.predict, result.kept.parameters)
    return Regions(predict, data.inputs.astype(float), data.targets, (across, up), data.classes)


def _spread(series: Sequence[Any]) -> float:
    values = np.concatenate([np.asarray(one.y, float) for one in series])
    values = values[np.isfinite(values) & (values > 0)]
    return float(values.max() / values.min()) if values.size else 1.0


def _word(name: str) -> str:
    return {"mse": "MSE", "rmse": "RMSE", "mae": "MAE", "r2": "R2"}.get(name, word(name.replace("_", " ")))


def _figure(name: str, value: float) -> str:
    return score(value) if name in ("accuracy", "balanced_accuracy", "r2") else short(value)


def _labelled(label: str, text: str, screen: Screen) -> str:
    start = paint(say(" {label:<10}", label=label), theme.HEADING, screen)
    return say("{start} {text}", start=start, text=text)
