"""One step as it would stand on a blackboard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gdcli.render import theme
from gdcli.render.numbers import polynomial, short, signed
from gdcli.render.screen import Screen, columns, paint, plain

SUBSTITUTED = 4  # terms up to which a formula is also written with its numbers in place


@dataclass(frozen=True)
class StepTold:
    """One update, told with all its numbers.

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
        digits: How many significant digits numbers are told with.
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
        flat = {f"{kind}_{name}": value for kind in ("gradient", "update", "next") for name, value in self._of(kind)}
        traced = {f"{kind}_{name}": value for kind, values in self.trace.items() for name, value in values.items()}
        head: dict[str, float | int | str | None] = {
            "step": self.step,
            "lr": self.learning_rate,
            **self.before,
            "loss": self.loss,
        }
        return head | flat | {"next_loss": self.next_loss, "verdict": self.verdict} | traced

    def nested(self) -> dict[str, object]:
        """The same as json tells it."""
        told: dict[str, object] = {
            "step": self.step,
            "lr": self.learning_rate,
            **self.before,
            "loss": self.loss,
            **{kind: dict(self._of(kind)) for kind in ("gradient", "update", "next")},
            "next_loss": self.next_loss,
            "verdict": self.verdict,
        }
        if not self.whole:
            told |= {"rows": self.rows, "gradient_formula": self.formulas()}
        return told | ({"trace": self.trace} if self.trace else {})

    def _of(self, kind: str) -> list[tuple[str, float]]:
        return list({"gradient": self.gradient, "update": self.update, "next": self.after}[kind].items())


def blackboard(told: StepTold, screen: Screen) -> Iterator[str]:
    """The step, line by line."""
    batch = f"full batch of {told.rows} rows" if told.whole else f"a batch of {told.rows} of the rows"
    step = paint(f"step {told.step}", theme.HEADING, screen)
    yield f"{step}   learning rate {short(told.learning_rate, told.digits)}   {batch}"
    yield ""
    yield from _aligned([_derivative(told, name) for name in told.before], screen)
    yield ""
    yield from _traced(told, screen)
    yield from _aligned([_assignment(told, name) for name in told.before], screen)
    yield ""
    yield from _outcome(told, screen)
    yield ""


def _derivative(told: StepTold, name: str) -> list[str]:
    """dMSE/dm = 5m + 3b - 13, the same with numbers in place, and the value."""
    value = short(told.gradient[name], told.digits)
    left = f"d{told.loss_name.split()[0]}/d{name}"
    formulas = told.formulas()
    if told.formula is None or formulas is None:
        return [f"{left} =", value]
    cells = [f"{left} = {formulas[name]}"]
    if len(told.before) <= SUBSTITUTED:
        coefficients, constant = told.formula[name]
        factors = [f"({short(parameter, told.digits)})" for parameter in told.before.values()]
        terms = zip([*coefficients, constant], [*factors, ""], strict=True)
        cells.append("=  " + polynomial(terms, told.digits, unit="1"))
    return [*cells, f"=  {value}"]


def _assignment(told: StepTold, name: str) -> list[str]:
    """m := -1 - 2 x (-3) = 5, or with the optimizer's own update."""
    before, after = short(told.before[name], told.digits), short(told.after[name], told.digits)
    rate, gradient = short(told.learning_rate, told.digits), signed(told.gradient[name], told.digits)
    right = f"- {rate} × {gradient}" if told.plain_descent else f"+ {signed(told.update[name], told.digits)}"
    return [f"{name} := {before:>{_widest(told)}} {right}", f"=  {after}"]


def _widest(told: StepTold) -> int:
    return max(len(short(value, told.digits)) for value in told.before.values())


def _traced(told: StepTold, screen: Screen) -> Iterator[str]:
    """The optimizer's state, a line a name."""
    if not told.trace:
        return
    names = list(told.before)
    rows = [["", *names]] + [
        [kind.replace("_", " "), *(short(values[name], told.digits) for name in names)]
        for kind, values in told.trace.items()
    ]
    yield from _aligned([[cell.rjust(12) if at else cell for at, cell in enumerate(row)] for row in rows], screen)
    yield ""


def _outcome(told: StepTold, screen: Screen) -> Iterator[str]:
    verdict = told.verdict
    word = paint(verdict, theme.IMPROVED if verdict == "improved" else theme.WRONG, screen)
    ratio = told.next_loss / told.loss if told.loss else math.inf
    if verdict == "overshot":
        size = f": {short(ratio, 2)} times larger." if ratio >= 2 else f": {short(100 * (ratio - 1), 2)} % larger."
        word += size if math.isfinite(ratio) else ": it was at the minimum."
    elif verdict == "improved":
        word += f": {short(100 * (1 - ratio), 2)} % lower."
    yield f"  {told.loss_name}  {short(told.loss, told.digits)} -> {short(told.next_loss, told.digits)}   {word}"
    if told.limit is not None and told.learning_rate > told.limit:
        hint = short(float(f"{told.limit / 2:.0e}"), 2)
        yield f"  The largest stable learning rate on this data is {short(told.limit)}; try --lr {hint}."


def _aligned(rows: Sequence[Sequence[str]], screen: Screen) -> Iterator[str]:
    """Cells in columns, two spaces apart, indented."""
    cells = [[plain(cell, screen) for cell in row] for row in rows]
    widths = [max(columns(row[at]) for row in cells) for at in range(len(cells[0]))]
    for row in cells:
        yield "  " + "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True))
