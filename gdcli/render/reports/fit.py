"""How a linear fit looks: its table's columns, its summary in words, its pictures."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gdcli.formatting import column_term, fixed, score, short
from gdcli.render import Column, Report, theme
from gdcli.render.flow import broken, error_lines
from gdcli.render.layout import LEAST, UNLIMITED, Counted, Layout
from gdcli.render.reports.fit_pictures import draw_fit
from gdcli.render.reports.headers import line_header
from gdcli.render.screen import Screen, clip_apart, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import say, together
from gdcli.training.records import Epoch, Status

if TYPE_CHECKING:
    from gdcli.analysis.evidence import Verdict
    from gdcli.experiments.folds import FoldScores
    from gdcli.experiments.line import LineExperiment
    from gdcli.experiments.line_result import LineResult

SHOWN = 5
"""Digits of an equation's numbers."""
FEW = 4
"""Parameters that an equation holds on a screen."""
WIDE = 8
"""Columns of a number beside its digits: blanks, its sign, its point and its power of ten."""
CELL, PARTED = 11, "  "
"""Columns of a number on a screen, and what stands between parameters in a line."""
NUMBERS = 1 + 2 * CELL
"""Columns of a parameter besides its name."""
LEGIBLE = 10
"""Columns of a name that is cut, at least."""
MOST_COLUMNS = 10_000
"""Columns from which no screen is meant."""
SPARE = 4
"""Columns for a number that is longer than its column."""
TIME = 9
"""Columns of the seconds."""

__all__ = [
    "answer_lines",
    "blocks",
    "fit_columns",
    "report",
    "stamped",
    "status_word",
    "summarize_fit",
    "wrap_remark",
]


def report(result: LineResult, records: Iterable[Any], layout: Layout, timed: bool) -> Report:
    """A fit, for any format.

    Args:
        result: The fit; it is asked for what it came to when the records have passed.
        records: Its rows as they come, stamped with the time if `timed`.
        layout: What there is of the screen.
        timed: Whether the rows show when they came.
    """
    columns = fit_columns(result, layout.width - TIME * timed)
    rows = Counted(records)
    return Report(
        schema="gdcli.fit/1",
        records=rows,
        summary=result.figures,
        names=result.FIGURES,
        columns=stamped(columns) if timed else columns,
        blocks=lambda screen: blocks(result, screen, layout, rows.lines),
        pictures=lambda screen: draw_fit(result, screen),
        words=lambda screen: said_of(result, screen),
        title=line_header(result.experiment),
    )


def said_of(result: LineResult, screen: Screen) -> Iterable[str]:
    """The answer where nothing has to fit; of a run that diverged, what the error line says."""
    return (
        error_lines(*result.divergence(), screen.width, screen.speak)
        if result.diverged
        else summarize_fit(result, screen, UNLIMITED)
    )


def answer_lines(experiment: LineExperiment, layout: Layout) -> int:
    """Lines that the answer of a run will take, about."""
    many = len(experiment.names)
    parameters = 0 if many <= FEW else 2 + -(-many // _abreast(_parameter_names(experiment.names, layout), layout))
    held_out = 0 if experiment.validation is None else 4
    return 7 + parameters + held_out + bool(experiment.spec.folds.folds)


def stamped(columns: Sequence[Column]) -> list[Column]:
    """The columns for records that are stamped with the time, and the seconds."""
    inner = [column._replace(cell=partial(_of_record, column.cell)) for column in columns]
    return [*inner, Column("s", lambda stamp: f"{stamp.seconds:.1f}", 8)]


def _of_record(cell: Callable[[Any], str], stamp: Any) -> str:
    return cell(stamp.record)


def blocks(result: LineResult, screen: Screen, layout: Layout, used: int) -> Iterator[str]:
    """Under a table of so many lines: the pictures, then the answer; of a run that diverged the error line says it."""
    after = error_lines(*result.divergence(), layout.width, screen.speak) if result.diverged else []
    answer = [] if result.diverged else list(summarize_fit(result, screen, layout, used))
    pictures = draw_fit(result, screen) if layout.plotted else []
    return layout.compose(pictures, answer, used + layout.height_of(after), screen)


def fit_columns(result: LineResult, width: int) -> list[Column]:
    """The table's columns; as many parameters as fit the width."""
    experiment, run = result.experiment, result.run
    names, loss_name, validation = experiment.names, experiment.loss_name, experiment.validation is not None

    def best(record: Epoch) -> bool:
        return run.ended and record.epoch == run.best.epoch

    left = [
        Column(say("epoch"), lambda r: str(r.epoch), 6),
        Column(say("step"), lambda r: str(r.step), 6),
        Column(say("loss"), lambda r: short(r.loss), 10),
    ]
    if validation:
        left.append(Column(say("val loss"), lambda r: short(r.validation_loss), 10))
    elif loss_name == "MSE":
        left.append(Column("RMSE", lambda r: short(math.sqrt(r.loss)), 9))
    sized = Column(say("|gradient|"), lambda r: short(_norm(r), 3), 10)
    marked = Column("", lambda r: say(" best") if best(r) else "", 5, left=True)
    right, used = [sized, marked], _used([*left, sized, marked])
    if used + SPARE + CELL > width:  # a parameter says more than what follows from others
        left, right = left[:3] if loss_name == "MSE" and not validation else left, [marked]
        used = _used([*left, *right])
    shown = names[: max(1, (width - used - SPARE) // 11)]
    room = max(10, (width - used - SPARE) // max(1, len(shown)) - 1)
    named = [plain(one, Screen()) for one in shown]
    heads = named if width > MOST_COLUMNS else clip_apart(named, room)
    wide = 10 if width > MOST_COLUMNS else max(map(columns, heads), default=10)
    most = sys.maxsize if width > MOST_COLUMNS else max(10, wide)
    values = [Column(head, partial(_parameter, at=at, most=most), max(10, wide)) for at, head in enumerate(heads)]
    return [*left, *values, *right]


def _used(columns: Iterable[Column]) -> int:
    return sum(column.width + 1 for column in columns)


def _parameter(record: Epoch, at: int, most: int) -> str:
    """A parameter; with fewer digits where it is wider than its column."""
    text = fixed(record.parameters[at])
    return text if len(text) <= most else short(float(record.parameters[at]))


def _norm(record: Epoch) -> float | None:
    """The gradient's length."""
    if record.gradient is None:
        return None
    return math.sqrt(sum(value * value for value in record.gradient.tolist())) if _finite(record) else math.inf


def _finite(record: Epoch) -> bool:
    gradient = record.gradient
    return gradient is not None and all(abs(value) < 1e150 for value in gradient.tolist())


def summarize_fit(result: LineResult, screen: Screen, layout: Layout, used: int = 0) -> Iterator[str]:
    """The answer: the fitted model, beside the best there is and beside no model at all."""
    from gdcli.experiments.equations import shown_equation  # rows alone need none

    target = result.experiment.data.target_name
    rows = [(word("fitted"), result.values, result.scores, _quality(result))]
    if result.optimum is not None:
        best = result.optimum
        rows.append((word("optimum"), best.values, best.scores, best.name))
    equations = [shown_equation(result.experiment, parameters, scores.mse, 5) for _, parameters, scores, _ in rows]
    if result.optimum is not None and min(result.optimum.digits) < SHOWN:
        equations[1] = ""  # it has fewer digits than an equation shows: each parameter has a line of its own
    wide = "" in equations or max(columns(text) for text in equations) > max(40, screen.width - 46)
    mean, mse = result.baseline
    labels = [label for label, *_ in rows]
    cells = [f"MSE {short(scores.mse)}" for _, _, scores, _ in rows]
    notes = [note for *_, note in rows]
    labels.append(word("baseline"))
    equations.append(f"{column_term(target)} = {short(mean, 5)}")
    cells.append(f"MSE {short(mse)}")
    notes.append(say("predicting the mean"))
    if wide:
        equations = ["", "", equations[-1]] if len(rows) == 2 else ["", equations[-1]]
    if wide and layout.fits:
        equations[-1], notes[-1] = "", say("predicting the mean, {mean}", mean=short(mean, 5))
    if result.validation is not None:
        labels.insert(1, say("held out"))
        equations.insert(1, "")
        cells.insert(1, f"MSE {short(result.validation.mse)}")
        notes.insert(1, f"R2 {score(result.validation.r2)}")
    said = [*_scores(zip(labels, equations, cells, notes, strict=True), screen), *_remarks(result, screen)]
    if wide:
        said = layout.shortened(said, (layout.rows or 0) - used - 1 - FEW)
        yield from _parameters(result, layout, used + 1 + layout.height_of(said))
        yield from [""] * (layout.rows is None)
    yield from said


def _scores(rows: Iterable[tuple[str, str, str, str]], screen: Screen) -> Iterator[str]:
    """Label, equation, error and a note in columns."""
    lines = list(rows)
    broad = max(columns(text) for _, text, _, _ in lines) + 3
    tall = max(columns(text) for _, _, text, _ in lines) + 3
    for label, text, cell, note in lines:
        start = paint(say(" {label:<10}", label=label), theme.HEADING, screen)
        yield say(
            "{start} {text:<{broad}}{cell:<{tall}}{note}",
            start=start,
            broad=broad,
            text=plain(text, screen),
            tall=tall,
            cell=cell,
            note=note,
        )


def _remarks(result: LineResult, screen: Screen) -> Iterator[str]:
    """What is said of the run in words."""
    if result.folds is not None:
        yield from wrap_remark(say("folds"), describe_folds(result.folds), screen)
    if result.validation is not None:
        yield from summarize_verdicts(result.verdicts, screen)
    for label, text in result.remarks:
        yield from wrap_remark(label, text, screen)


def _quality(result: LineResult) -> str:
    """R2, and which, where the model has no intercept."""
    centred = f"R2 {score(result.scores.r2)}"
    about_zero = next((claim.value for claim in result.claims if claim.subject == "R2 uncentred"), None)
    return (
        say("{centred} beside the mean, {r2} beside 0", centred=centred, r2=score(float(about_zero)))
        if about_zero is not None
        else centred
    )


def describe_folds(folds: FoldScores) -> str:
    """The mean score with its standard error, and whether runs diverged, which makes it worthless."""
    scores = say("{folds} (mean of {count} folds)", folds=str(folds), count=len(folds.scores))
    if not folds.diverged:
        return scores
    return scores + say("; {diverged} of {count} runs diverged", diverged=folds.diverged, count=len(folds.scores))


def summarize_verdicts(verdicts: Sequence[Verdict], screen: Screen) -> Iterator[str]:
    """Each verdict's sentence, under one label."""
    for at, verdict in enumerate(verdicts):
        yield from wrap_remark("" if at else word("verdict"), plain(verdict.sentence, screen), screen)


def _parameters(result: LineResult, layout: Layout, used: int) -> Iterator[str]:
    """Many parameters, one a line, with the optimum beside them; on a screen as many abreast as have room.

    Args:
        result: The fit.
        layout: What there is of the screen.
        used: Lines that everything else takes.
    """
    from gdcli.experiments.equations import digits_shown

    best, usual, room = result.optimum, *((6, 14) if layout.rows is None else (4, CELL))
    digits = usual
    if len(result.values) <= FEW:  # as many as give the MSE beside them
        digits = digits_shown(result.experiment, result.values, result.scores.mse, usual)
        room = max(room, digits + WIDE)
    exact = None if best is None else [_known(*pair, digits) for pair in zip(best.values, best.digits, strict=True)]
    names = _parameter_names(result.experiment.names, layout)
    width = max(map(columns, names)) + 2 * (layout.rows is None)
    pairs = zip(map(partial(short, digits=digits), result.values), exact or [""] * len(names), strict=True)
    cells = [
        say(" {name}{more}{value:>{room}}", name=name, more=" " * (width - columns(name)), room=room, value=value)
        + say("{other:>{room}}", room=room, other=other) * (exact is not None)
        for name, (value, other) in zip(names, pairs, strict=True)
    ]
    head = say(" {value:{width}}{value2:>{room}}", width=width, value="", room=room, value2=word("fitted")) + say(
        "{value:>{room}}", room=room, value=word("optimum")
    ) * (exact is not None)
    abreast = min(_abreast(names, layout), len(cells)) if digits == usual else 1
    lines = -(-len(cells) // abreast)
    room = lines if layout.rows is None else layout.rows - used - 2
    room -= LEAST * (layout.plotted and lines > room)  # a picture says more than some of the parameters
    kept = min(lines, max(1, room))
    kept += lines - kept == 1  # the last line is as long as the one that would say that it is missing
    if kept == 1 and layout.rows is not None and lines > 1:  # a heading and a line for so few
        yield say(" ... {count} parameters: --format kv has them all", count=len(cells))
        return
    yield together(PARTED, [head] * abreast)
    for at in range(kept):
        yield together(PARTED, cells[at::lines])
    if kept < lines:
        left_out = len(cells) - sum(len(cells[at::lines]) for at in range(kept))
        yield say(" ... {count} more: --format kv has them all", count=left_out)


def _parameter_names(names: Sequence[str], layout: Layout) -> list[str]:
    """Names as they are printed; on a screen, cut where they leave no room for the numbers."""
    half = layout.width // 2 - NUMBERS - 2
    longest = layout.width if layout.rows is None else half if half >= LEGIBLE else layout.width - NUMBERS
    return clip_apart([plain(name, Screen()) for name in names], longest)


def _abreast(names: Sequence[str], layout: Layout) -> int:
    """How many parameters with these names, as they are printed, stand in a line."""
    if layout.rows is None:
        return 1
    one = max(map(columns, names)) + NUMBERS + len(PARTED)
    return max(1, (layout.width + len(PARTED)) // one)


def _known(value: float, digits: int, most: int) -> str:
    """A parameter of the optimum, to the digits that are known of it; blank where none is."""
    if not value or not digits:
        return "" if value else "0"
    return f"{value:.{digits}g}" if abs(value) >= 10.0**digits and digits < most else short(value, min(most, digits))


def wrap_remark(label: str, text: str, screen: Screen) -> Iterator[str]:
    """A remark under its label, broken at words to stay within the screen's columns."""
    start = paint(say(" {label:<10}", label=word(label)), theme.HEADING, screen) + " "
    lines = broken(" ".join(screen.speak(text).split()), screen.width - 12)
    for at, line in enumerate(lines or [""]):
        yield (" " * 12 if at else start) + line


def status_word(status: Status) -> str:
    """A status as people say it."""
    return word(str(status).replace("_", " "))
