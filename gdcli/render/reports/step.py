"""One step as it would stand on a blackboard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gdcli.experiments.arithmetic import agreed
from gdcli.experiments.stepping import StepReport
from gdcli.formatting import polynomial, short, signed
from gdcli.render import theme
from gdcli.render.layout import UNLIMITED, Layout
from gdcli.render.screen import Screen, columns, paint, plain

KINDS = ("gradient", "update", "next")
FILLED = 17  # significant digits that tell each float64 from its neighbours
NAME = 20  # columns of a name where each parameter has one line
SUBSTITUTED = 4  # terms up to which a formula is also written with its numbers in place


def write_blackboard(report: StepReport, screen: Screen, layout: Layout = UNLIMITED) -> Iterator[str]:
    """The step, line by line; where a screen has no room for that, a line a parameter."""
    lines = list(_write_all(report, screen))
    return iter(
        lines if layout.rows is None or layout.height_of(lines) <= layout.rows else _write_short(report, screen, layout)
    )


def _write_short(report: StepReport, screen: Screen, layout: Layout) -> Iterator[str]:
    """Derivative, assignment and optimizer's state of each parameter in a line, as many as have room."""
    yield _title(report, screen)
    outcome = list(_outcome(report, screen))
    kept = list(report.before)[: max(1, (layout.rows or 0) - layout.height_of(outcome) - 3)]
    rows = [_in_a_line(report, name) for name in kept]
    while len(rows[0]) > 2 and layout.width < max(map(columns, _aligned(rows, screen))):
        rows = [[*row[:-2], row[-1]] for row in rows]
    yield from _aligned(rows, screen)
    if len(kept) < len(report.before):
        yield f"  ... {len(report.before) - len(kept)} more: --format kv has them all"
    yield from outcome


def _in_a_line(report: StepReport, name: str) -> list[str]:
    """dMSE/dm = -3, m := -1 - 0.1 × (-3), the optimizer's state, the new value."""
    brief = name if len(name) <= NAME else f"{name[: NAME - 1]}."
    derivative = f"d{report.loss_name.split()[0]}/d{brief} = {short(report.gradient[name], report.digits)}"
    assignment, after = _assignment(report, name)
    state = [f"{kind.replace('_', ' ')} {short(values[name], report.digits)}" for kind, values in report.trace.items()]
    return [derivative, assignment.replace(name, brief, 1), *state, after]


def _write_all(report: StepReport, screen: Screen) -> Iterator[str]:
    """All the arithmetic."""
    yield _title(report, screen)
    yield ""
    yield from _aligned([_derivative(report, name) for name in report.before], screen)
    yield ""
    yield from _traced(report, screen)
    yield from _aligned([_assignment(report, name) for name in report.before], screen)
    yield ""
    yield from _outcome(report, screen)
    yield ""


def _title(report: StepReport, screen: Screen) -> str:
    batch = f"full batch of {report.rows} rows" if report.whole else f"a batch of {report.rows} of the rows"
    step = paint(f"step {report.step}", theme.HEADING, screen)
    return f"{step}   learning rate {short(report.learning_rate, report.shown)}   {batch}"


def _derivative(report: StepReport, name: str) -> list[str]:
    """dMSE/dm = 5m + 3b - 13, the same with numbers in place, and the value."""
    left = f"d{report.loss_name.split()[0]}/d{name}"
    formula = (report.formulas() or {}).get(name)
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
        [kind.replace("_", " "), *(short(values[name], report.digits) for name in names)]
        for kind, values in report.trace.items()
    ]
    yield from _aligned([[cell.rjust(12) if at else cell for at, cell in enumerate(row)] for row in rows], screen)
    yield ""


def _outcome(report: StepReport, screen: Screen) -> Iterator[str]:
    digits, more = _change(report)
    verdict = report.verdict
    word = paint(verdict, theme.IMPROVED if verdict == "improved" else theme.WRONG, screen) + more
    losses = f"{short(report.loss, digits)} -> {short(report.next_loss, digits)}"
    yield f"  {report.loss_name}  {losses}   {word}"
    if report.limit is not None and report.learning_rate > report.limit:
        hint = short(float(f"{report.limit / 2:.0e}"), 2)
        yield f"  The largest stable learning rate on this data is {short(report.limit)}; try --lr {hint}."


def _change(report: StepReport) -> tuple[int, str]:
    """How the loss changed, in words, and the fewest digits of the losses from which that follows."""
    wanted = _words(report.loss, report.next_loss, report.verdict)
    for digits in range(report.digits, FILLED):
        shown = float(short(report.loss, digits)), float(short(report.next_loss, digits))
        if _words(*shown, report.verdict) == wanted:
            return digits, wanted
    return FILLED, wanted


def _words(loss: float, following: float, verdict: str) -> str:
    ratio = following / loss if loss else math.inf
    if verdict == "improved":
        return f": {short(100 * (1 - ratio), 2)} % lower."
    if verdict != "overshot":
        return ""
    if not math.isfinite(ratio):
        return ": it was at the minimum."
    return f": {short(ratio, 2)} times larger." if ratio >= 2 else f": {short(100 * (ratio - 1), 2)} % larger."


def _aligned(rows: Sequence[Sequence[str]], screen: Screen) -> Iterator[str]:
    """Cells in columns, two spaces apart, indented."""
    longest = max(map(len, rows))
    padded = [[*row[:-1], *[""] * (longest - len(row)), row[-1]] for row in rows]
    cells = [[plain(cell, screen) for cell in row] for row in padded]
    widths = [max(columns(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        yield "  " + "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True))
