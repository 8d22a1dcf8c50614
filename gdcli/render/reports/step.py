"""One step as it would stand on a blackboard."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from gdcli.data.report import ReadReport
from gdcli.data.warning import count
from gdcli.experiments.arithmetic import agreed
from gdcli.experiments.derivation import Derivation, derive, derive_or_refuse
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.line_result import line_config
from gdcli.experiments.notation import write
from gdcli.experiments.result import described
from gdcli.experiments.step_spec import StepSpec
from gdcli.experiments.stepping import StepReport, steps
from gdcli.formatting import polynomial, short, signed
from gdcli.render import Report, theme
from gdcli.render.flow import folded
from gdcli.render.layout import UNLIMITED, Layout
from gdcli.render.reports.many_steps import ManySteps
from gdcli.render.screen import Screen, clip_apart, columns, paint, plain
from gdcli.render.vocabulary import word
from gdcli.said import say


def report(
    experiment: LineExperiment,
    asked: StepSpec,
    reading: ReadReport | None,
    interrupted: Callable[[], bool],
    layout: Layout,
    again: str,
) -> Report:
    """The first steps of a line's run, for any format.

    Args:
        experiment: The run.
        asked: How many steps, and how closely.
        reading: How the rows are understood.
        interrupted: Asked after each step; True ends them.
        layout: What there is of the screen.
        again: The command that repeats it.
    """
    first: list[StepReport] = []
    config = line_config(experiment) | {
        "schedule": write(experiment.spec.rate.schedule),
        "scale": experiment.scale_name,
    }
    made = steps(experiment, asked.steps, trace=asked.trace, interrupted=interrupted)
    derivation = derive_or_refuse(experiment) if asked.derive else derive(experiment) if layout.fits else None
    board = ManySteps(
        asked.steps,
        layout,
        lambda step, screen, rows: [
            *_with_derivation(step, derivation, asked.derive, replace(layout, rows=rows), screen, asked.steps > 1)
        ],
        _numbers,
        _outcome,
        experiment.loss_name,
    )
    return Report(
        schema="gdcli.step/1",
        records=_remembering(first, made),
        rows_name="steps",
        rows_in_kv=True,
        title=say("gradient descent on the blackboard: {model_words}", model_words=experiment.model_words),
        nested=StepReport.nested,
        paragraph=board,
        blocks=board.ending,
        summary=lambda: {
            "gradient_formula": first[0].formulas() if first and first[0].whole else None,
            **({"derivation": derivation.in_words()} if asked.derive and derivation else {}),
            "config": config,
            "reading": described(reading),
            "rerun": again,
        },
    )


def _numbers(step: StepReport) -> dict[str, float]:
    """The numbers of a step that have columns, where it has a line."""
    slopes = {f"d{step.loss_name.split()[0]}/d{name}": value for name, value in step.gradient.items()}
    traced: dict[str, float] = {
        say("{kind} {name}", kind=word(kind.replace("_", " ")), name=name): value
        for kind, values in step.trace.items()
        for name, value in values.items()
    }
    return {**step.before, **slopes, **traced}


def _remembering(first: list[StepReport], steps: Iterator[StepReport]) -> Iterator[StepReport]:
    """Passes steps on, and keeps the first."""
    for step in steps:
        if not first:
            first.append(step)
        yield step


def _with_derivation(
    step: StepReport, derivation: Derivation | None, asked: bool, layout: Layout, screen: Screen, several: bool
) -> Iterator[str]:
    """The step, before the first the formula's derivation, if that is asked for or one step has room for it."""
    lines, whole = [*write_blackboard(step, screen, layout)], [*write_blackboard(step, screen)]
    before = [*_derived(derivation, screen)] if derivation is not None and step.step == 1 else []
    fits = not several and (layout.rows is None or layout.height_of([*whole, *before]) < layout.rows)
    yield from [lines[0], "", *before, *lines[1:]] if before and (asked or fits) else lines


def _derived(derivation: Derivation, screen: Screen) -> Iterator[str]:
    """How the gradient comes about, up to the formula that the step begins with; a line each where there is room."""
    for left, *rights in derivation.lines():
        rights = rights[:-1] if len(rights) > LEAST else rights
        whole = "  =  ".join([f"  {left}", *rights])
        if len(whole) <= screen.width:
            yield plain(whole, screen)
            continue
        yield plain(f"  {left}  =  {rights[0]}", screen)
        yield from (plain(f"  {' ' * len(left)}  =  {right}", screen) for right in rights[1:])


LEAST = 2  # right-hand sides of the loss itself, which ends on no formula
FEW = 0.005  # a part of a loss so small that in per cent the whole of it seems gone
KINDS = ("gradient", "update", "next")
FILLED = 17  # significant digits that tell each float64 from its neighbours
NAMES = 20, 14, 9  # columns of a name where each parameter has one line
SUBSTITUTED = 4  # terms up to which a formula is also written with its numbers in place


def write_blackboard(report: StepReport, screen: Screen, layout: Layout = UNLIMITED) -> Iterator[str]:
    """The step, line by line; where a screen has no room for that, a line a parameter."""
    lines = list(_write_all(report, screen, layout.width))
    return iter(
        lines if layout.rows is None or layout.height_of(lines) <= layout.rows else _write_short(report, screen, layout)
    )


def _write_short(report: StepReport, screen: Screen, layout: Layout) -> Iterator[str]:
    """Derivative, assignment and optimizer's state of each parameter in a line, as many as have room."""
    yield _title(report, screen)
    outcome = list(_outcome(report, screen))
    kept = list(report.before)[: max(1, (layout.rows or 0) - layout.height_of(outcome) - 3)]
    yield from _aligned(_in_lines(report, kept, layout.width, screen), screen)
    if len(kept) < len(report.before):
        yield say("  ... {count} more: --format kv has them all", count=len(report.before) - len(kept))
    yield from outcome


def _in_lines(report: StepReport, names: Sequence[str], width: int, screen: Screen) -> list[list[str]]:
    """A row for each parameter: with shorter names, then without the optimizer's state, where the screen is narrow."""
    rows: list[list[str]] = []
    for traced, longest in product((True, False), NAMES):
        brief = clip_apart([plain(name, screen) for name in names], longest)
        rows = [_in_a_line(report, *pair, traced) for pair in zip(names, brief, strict=True)]
        if max(map(columns, _aligned(rows, screen))) <= width:
            return rows
    pairs = zip(brief, names, strict=True)
    return [
        [row[0], f"{short_name} := {short(report.after[name], report.digits)}"]
        for row, (short_name, name) in zip(rows, pairs, strict=True)
    ]


def _in_a_line(report: StepReport, name: str, brief: str, traced: bool) -> list[str]:
    """dMSE/dm = -3, m := -1 - 0.1 × (-3), the optimizer's state, the new value."""
    derivative = f"d{report.loss_name.split()[0]}/d{brief} = {short(report.gradient[name], report.digits)}"
    assignment, after = _assignment(report, name)
    state = [
        say("{kind} {value}", kind=word(kind.replace("_", " ")), value=short(values[name], report.digits))
        for kind, values in report.trace.items()
        if traced
    ]
    return [derivative, assignment.replace(name, brief, 1), *state, after]


def _write_all(report: StepReport, screen: Screen, width: int) -> Iterator[str]:
    """All the arithmetic."""
    yield _title(report, screen)
    yield ""
    yield from _within([_derivative(report, name) for name in report.before], screen, width)
    yield ""
    yield from _traced(report, screen)
    yield from _within([_assignment(report, name) for name in report.before], screen, width)
    yield ""
    yield from _outcome(report, screen)
    yield ""


def _title(report: StepReport, screen: Screen) -> str:
    batch = (
        say("full batch of {rows}", rows=count(report.rows, "row"))
        if report.whole
        else say("a batch of {rows} of the rows", rows=report.rows)
    )
    step = paint(say("step {step}", step=report.step), theme.HEADING, screen)
    return say(
        "{step}   learning rate {learning_rate}   {batch}",
        step=step,
        learning_rate=short(report.learning_rate, report.shown),
        batch=batch,
    )


def _derivative(report: StepReport, name: str) -> list[str]:
    """dMSE/dm = 5m + 3b - 13, the same with numbers in place, and the value."""
    left = f"d{report.loss_name.split()[0]}/d{name}"
    formula = report.in_words(name)
    if report.formula is None or formula is None:
        return [f"{left} =", short(report.gradient[name], report.digits)]
    cells = [f"{left} = {formula}"]
    if len(report.before) <= SUBSTITUTED:
        coefficients, constant = report.formula[name]
        factors = [f"({short(parameter, report.shown)})" for parameter in report.before.values()]
        terms = zip([*coefficients, constant], [*factors, ""], strict=True)
        cells.append("=  " + polynomial(terms, report.shown, unit="1"))
    return [*cells, f"=  {agreed(report.derivatives[name], report.gradient[name], report.shown, report.digits)}"]


def _assignment(report: StepReport, name: str) -> list[str]:
    """m := -1 - 2 × (-3) = 5, or with the optimizer's own update."""
    before = short(report.before[name], report.shown)
    rate, gradient = short(report.learning_rate, report.shown), signed(report.gradient[name], report.shown)
    right = f"- {rate} × {gradient}" if report.plain_descent else f"+ {signed(report.update[name], report.shown)}"
    after = agreed(report.assignments[name], report.after[name], report.shown, report.digits)
    return [f"{name} := {before:>{_widest(report)}} {right}", f"=  {after}"]


def _widest(report: StepReport) -> int:
    return max(len(short(value, report.shown)) for value in report.before.values())


def _traced(report: StepReport, screen: Screen) -> Iterator[str]:
    """The optimizer's state, a line a name."""
    if not report.trace:
        return
    names = list(report.before)
    rows = [["", *names]] + [
        [screen.speak(word(kind.replace("_", " "))), *(short(values[name], report.digits) for name in names)]
        for kind, values in report.trace.items()
    ]
    yield from _aligned([[cell.rjust(12) if at else cell for at, cell in enumerate(row)] for row in rows], screen)
    yield ""


def _outcome(report: StepReport, screen: Screen) -> Iterator[str]:
    yield describe_change(report.loss_name, report.loss, report.next_loss, report.verdict, report.digits, screen)
    if report.limit is not None and report.learning_rate > report.limit:
        hint = short(float(f"{report.limit / 2:.0e}"), 2)
        yield say(
            "  The largest stable learning rate on this data is {limit}; try --lr {hint}.",
            limit=short(report.limit),
            hint=hint,
        )


def describe_change(name: str, loss: float, following: float, verdict: str, least: int, screen: Screen) -> str:
    """The loss before and after a step, and what became of it, in a line.

    Args:
        name: The loss.
        loss: Before.
        following: After.
        verdict: improved, unchanged, overshot or diverged.
        least: Significant digits of the losses; more where what is said of them needs more.
        screen: What the terminal can do.
    """
    digits, more = _change(loss, following, verdict, least)
    said = paint(word(verdict), theme.IMPROVED if verdict == "improved" else theme.WRONG, screen) + more
    return say(
        "  {name}  {loss} -> {following}   {word}",
        name=name,
        loss=short(loss, digits),
        following=short(following, digits),
        word=said,
    )


def _change(loss: float, following: float, verdict: str, least: int) -> tuple[int, str]:
    """The fewest digits of the losses from which the words follow, and the words."""
    wanted = _words(loss, following, verdict)
    for digits in range(least, FILLED):
        shown = float(short(loss, digits)), float(short(following, digits))
        if _words(*shown, verdict) == wanted:
            return digits, wanted
    return FILLED, wanted


def _words(loss: float, following: float, verdict: str) -> str:
    ratio = following / loss if loss else math.inf
    if verdict == "improved" and 0 < ratio < FEW:
        return say(": {ratio} times smaller.", ratio=short(1 / ratio, 2))
    if verdict == "improved":
        return say(": {ratio} % lower.", ratio=short(100 * (1 - ratio), 2))
    if verdict != "overshot":
        return ""
    if not math.isfinite(ratio):
        return say(": it was at the minimum.")
    return (
        say(": {ratio} times larger.", ratio=short(ratio, 2))
        if ratio >= 2
        else say(": {ratio} % larger.", ratio=short(100 * (ratio - 1), 2))
    )


def _aligned(rows: Sequence[Sequence[str]], screen: Screen) -> Iterator[str]:
    """Cells in columns, two spaces apart, indented."""
    longest = max(map(len, rows))
    padded = [[*row[:-1], *[""] * (longest - len(row)), row[-1]] for row in rows]
    cells = [[plain(cell, screen) for cell in row] for row in padded]
    widths = [max(columns(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        yield "  " + "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True))


def _within(rows: Sequence[Sequence[str]], screen: Screen, width: int) -> Iterator[str]:
    """Cells in columns; where these are wider than the screen, each row's cells after each other, in lines."""
    lines = [*_aligned(rows, screen)]
    if max(map(columns, lines)) <= width:
        yield from lines
        return
    for first, *others in rows:
        line = "  " + plain(first, screen)
        for cell in (plain(other, screen) for other in others):
            if columns(line) + columns(cell) + 2 > width:
                yield from folded(line, width, rest="        ")
                line = "    "
            line += "  " + cell
        yield from folded(line, width, rest="        ")
