"""`gdcli evaluate`: how a saved model does on rows with known answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, NamedTuple

import typer

from gdcli.arrays import Array
from gdcli.cli.options import ModelArgument, OutputOptions, WorkerOptions, option
from gdcli.cli.output import check, emit, plots
from gdcli.cli.running import employed, note_all, reading
from gdcli.cli.saved import rows_named
from gdcli.cli.terminal import Terminal
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.evaluating import Evaluated, evaluated
from gdcli.experiments.result import described
from gdcli.experiments.saved import load_model
from gdcli.experiments.spec import DataSpec
from gdcli.formatting import short
from gdcli.nn import metrics
from gdcli.render import Column, Report, theme
from gdcli.render.screen import Screen, paint, plain


class EvaluateOptions(NamedTuple):
    """What else is shown."""

    labels: Annotated[str | None, option("--labels", metavar="FILE", help="Labels of IDX images.")] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Pictures. [on a terminal]", show_default=False)
    ] = None


@dataclass(frozen=True)
class ClassFigures:
    """How one class does."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int

    def row(self) -> dict[str, Any]:
        """class, precision, recall, f1, support."""
        return {
            "class": self.label,
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "support": self.support,
        }


def command(
    context: typer.Context,
    model: ModelArgument,
    data: DataSpec,
    asked: EvaluateOptions,
    working: WorkerOptions,
    output: OutputOptions,
) -> None:
    """Measure a saved model on rows with known answers.

    Loss and accuracy, precision and recall of each class, and the confusion matrix; for numbers MSE, RMSE, MAE, R2.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    saved, named = load_model(model), replace(data, source=rows_named(data.source, terminal))
    with employed(working, terminal) as workers, reading(terminal) as rows:
        done = evaluated(saved, named, rows, asked.labels, workers)
    found, gaps = done.found, done.reading.gaps
    note_all([*gaps.lines(done.reading.rows, done.reading.target.name)], terminal)
    report = Report(
        schema="gdcli.evaluate/1",
        records=[] if found.confusion is None else _per_class(found.confusion, saved.classes),
        summary=lambda: {
            "rows": done.rows,
            **found.figures_with_loss(),
            **done.more,
            "classes": list(saved.classes) or None,
            "confusion": None if found.confusion is None else found.confusion.tolist(),
            "reading": described(done.reading),
        },
        rows_name="per_class",
        columns=_columns(saved.classes),
        blocks=lambda screen: _blocks(done, saved.classes, screen, plots(asked.plot, output, terminal)),
    )
    emit(report, output, terminal)


def _per_class(counts: Array, classes: tuple[str, ...]) -> list[ClassFigures]:
    figures = zip(classes, metrics.precision(counts), metrics.recall(counts), metrics.f1(counts), strict=True)
    support = counts.sum(axis=1)
    return [
        ClassFigures(label, float(precision), float(recall), float(f1), int(support[at]))
        for at, (label, precision, recall, f1) in enumerate(figures)
    ]


def _columns(classes: tuple[str, ...]) -> list[Column]:
    width = max((len(label) for label in classes), default=5) + 2
    return [
        Column("class", lambda r: plain(r.label, Screen()), width, left=True),
        Column("precision", lambda r: f"{r.precision:.4f}", 10),
        Column("recall", lambda r: f"{r.recall:.4f}", 8),
        Column("f1", lambda r: f"{r.f1:.4f}", 8),
        Column("rows", lambda r: f"{r.support:,}", 8),
    ]


def _blocks(done: Evaluated, classes: tuple[str, ...], screen: Screen, plotted: bool) -> Iterator[str]:
    found = done.found
    yield ""
    figures = {name: short(value) for name, value in (found.figures_with_loss() | dict(done.more)).items()}
    if figures.get("balanced_accuracy") == figures.get("accuracy"):
        figures.pop("balanced_accuracy", None)
    text = "   ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items())
    yield f" {paint('rows', theme.HEADING, screen)} {done.rows:,}   {text}"
    if found.confusion is None:
        return
    worst = metrics.worst_confusions(found.confusion, classes)
    if worst:
        mistakes = ", ".join(f"{true} read as {read}: {count}" for true, read, count in worst)
        yield f" {paint('mixed up', theme.HEADING, screen)} most often: {plain(mistakes, screen)}"
    if plotted or len(classes) <= 26:
        from gdcli.render.charts.plots import draw_confusion

        labels = [plain(label, screen) for label in classes]
        yield ""
        yield from draw_confusion(found.confusion, labels, screen, title="confusion").split("\n")
