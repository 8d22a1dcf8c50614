"""One step as it would stand on a blackboard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from gdcli.experiments.arithmetic import agreed
from gdcli.experiments.stepping import StepReport
from gdcli.formatting import polynomial, short, signed
from gdcli.render import theme
from gdcli.render.screen import Screen, columns, paint, plain

KINDS = ("gradient", "update", "next")
FILLED = 17  # significant digits that tell each float64 from its neighbours
SUBSTITUTED = 4  # terms up to which a formula is also written with its numbers in place


def write_blackboard(report: StepReport, screen: Screen) -> Iterator[str]:
    """The step, line by line."""
    batch = f"full batch of {report.rows} rows" if report.whole else f"a batch of {report.rows} of the rows"
    step = paint(f"step {report.step}", theme.HEADING, screen)
    yield f"{step}   learning rate {short(report.learning_rate, report.shown)}   {batch}"
    yield ""
    yield from _aligned([_derivative(report, name) for name in report.before], screen)
    yield ""
    yield from _traced(report, screen)
    yield from _aligned([_assignment(report, name) for name in report.before], screen)
    yield ""
    yield from _outcome(report, screen)
    yield ""


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
