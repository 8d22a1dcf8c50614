"""One step as it would stand on a blackboard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gdcli.render import theme
from gdcli.render.numbers import polynomial, short, signed
from gdcli.render.screen import Screen, columns, paint, plain

KINDS = ("gradient", "update", "next")
SUBSTITUTED = 4  # terms up to which a formula is also written with its numbers in place


@dataclass(frozen=True)
class StepReport:
    """One update with all its numbers.

    Args:
        step: From 1.
        rows: How many rows the step was taken on.
        whole: Whether those are all the rows there are.
        loss_name: What is minimised, as people write it: MSE.
        learning_rate: Of this step.
        formula: For each parameter, the coefficients of its gradient and the constant; None without a formula.
        before: Parameters, by name.
        gradient: By parameter.
        update: What is added, by parameter.
        after: Parameters after the step.
        loss: On the step's rows, before it.
        next_loss: On the same rows, after it.
        plain_descent: Whether the update is just -lr times the gradient.
        trace: The optimizer's inner state, by name and parameter; empty unless asked for.
        limit: The largest stable rate on this data, or None.
        digits: How many significant digits numbers have.
    """

    step: int
    rows: int
    whole: bool
    loss_name: str
    learning_rate: float
    formula: Mapping[str, tuple[Sequence[float], float]] | None
    before: Mapping[str, float]
    gradient: Mapping[str, float]
    update: Mapping[str, float]
    after: Mapping[str, float]
    loss: float
    next_loss: float
    plain_descent: bool
    trace: Mapping[str, Mapping[str, float]]
    limit: float | None
    digits: int = 6

    @property
    def verdict(self) -> str:
        """improved, unchanged, overshot, or diverged."""
        if not math.isfinite(self.next_loss):
            return "diverged"
        if self.next_loss == self.loss:
            return "unchanged"
        return "improved" if self.next_loss < self.loss else "overshot"

    def formulas(self) -> dict[str, str] | None:
        """Each parameter's gradient in words: 5m + 3b - 13."""
        if self.formula is None:
            return None
        names = [*self.before, ""]
        return {
            name: polynomial(zip([*coefficients, constant], names, strict=True), self.digits)
            for name, (coefficients, constant) in self.formula.items()
        }

    def row(self) -> dict[str, float | int | str | None]:
        """step, lr, then parameters, loss, gradient, update and next, flat."""
        flat = {f"{kind}_{name}": value for kind in KINDS for name, value in self._of(kind).items()}
        traced = {f"{kind}_{name}": value for kind, values in self.trace.items() for name, value in values.items()}
        return self._start() | flat | self._end() | traced

    def nested(self) -> dict[str, object]:
        """The step as a nested object, for json."""
        kinds = {kind: dict(self._of(kind)) for kind in KINDS}
        part = {} if self.whole else {"rows": self.rows, "gradient_formula": self.formulas()}
        return self._start() | kinds | self._end() | part | ({"trace": self.trace} if self.trace else {})

    def _start(self) -> dict[str, Any]:
        return {"step": self.step, "lr": self.learning_rate, **self.before, "loss": self.loss}

    def _end(self) -> dict[str, Any]:
        return {"next_loss": self.next_loss, "verdict": self.verdict}

    def _of(self, kind: str) -> Mapping[str, float]:
        return {"gradient": self.gradient, "update": self.update, "next": self.after}[kind]


def write_blackboard(report: StepReport, screen: Screen) -> Iterator[str]:
    """The step, line by line."""
    batch = f"full batch of {report.rows} rows" if report.whole else f"a batch of {report.rows} of the rows"
    step = paint(f"step {report.step}", theme.HEADING, screen)
    yield f"{step}   learning rate {short(report.learning_rate, report.digits)}   {batch}"
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
    value = short(report.gradient[name], report.digits)
    left = f"d{report.loss_name.split()[0]}/d{name}"
    formulas = report.formulas()
    if report.formula is None or formulas is None:
        return [f"{left} =", value]
    cells = [f"{left} = {formulas[name]}"]
    if len(report.before) <= SUBSTITUTED:
        coefficients, constant = report.formula[name]
        factors = [f"({short(parameter, report.digits)})" for parameter in report.before.values()]
        terms = zip([*coefficients, constant], [*factors, ""], strict=True)
        cells.append("=  " + polynomial(terms, report.digits, unit="1"))
    return [*cells, f"=  {value}"]


def _assignment(report: StepReport, name: str) -> list[str]:
    """m := -1 - 2 x (-3) = 5, or with the optimizer's own update."""
    before, after = short(report.before[name], report.digits), short(report.after[name], report.digits)
    rate, gradient = short(report.learning_rate, report.digits), signed(report.gradient[name], report.digits)
    right = f"- {rate} × {gradient}" if report.plain_descent else f"+ {signed(report.update[name], report.digits)}"
    return [f"{name} := {before:>{_widest(report)}} {right}", f"=  {after}"]


def _widest(report: StepReport) -> int:
    return max(len(short(value, report.digits)) for value in report.before.values())


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
    verdict = report.verdict
    word = paint(verdict, theme.IMPROVED if verdict == "improved" else theme.WRONG, screen)
    ratio = report.next_loss / report.loss if report.loss else math.inf
    if verdict == "overshot":
        size = f": {short(ratio, 2)} times larger." if ratio >= 2 else f": {short(100 * (ratio - 1), 2)} % larger."
        word += size if math.isfinite(ratio) else ": it was at the minimum."
    elif verdict == "improved":
        word += f": {short(100 * (1 - ratio), 2)} % lower."
    losses = f"{short(report.loss, report.digits)} -> {short(report.next_loss, report.digits)}"
    yield f"  {report.loss_name}  {losses}   {word}"
    if report.limit is not None and report.learning_rate > report.limit:
        hint = short(float(f"{report.limit / 2:.0e}"), 2)
        yield f"  The largest stable learning rate on this data is {short(report.limit)}; try --lr {hint}."


def _aligned(rows: Sequence[Sequence[str]], screen: Screen) -> Iterator[str]:
    """Cells in columns, two spaces apart, indented."""
    cells = [[plain(cell, screen) for cell in row] for row in rows]
    widths = [max(columns(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        yield "  " + "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True))
