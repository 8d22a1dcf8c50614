"""Single steps with all their arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice

import numpy as np

from gdcli.analysis import curvature
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.experiments.arithmetic import Sum, digits_for
from gdcli.experiments.experiment import never
from gdcli.experiments.line import LineExperiment
from gdcli.formatting import polynomial
from gdcli.optim.optimizers import SGD
from gdcli.training.loop import descend
from gdcli.training.records import Step
from gdcli.training.streams import with_updates


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
        digits: Significant digits of results; the numbers they come from have as many as give them.
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

    @cached_property
    def shown(self) -> int:
        """Significant digits of the numbers in sums: the fewest with which each sum shown gives its result."""
        sums = [*self.derivatives.values(), *self.assignments.values()]
        results = [*(self.gradient[name] for name in self.derivatives), *self.after.values()]
        return digits_for(zip(sums, results, strict=True), self.digits)

    @cached_property
    def derivatives(self) -> Mapping[str, Sum]:
        """Each parameter's gradient as a sum of coefficients times parameters, and a constant."""
        values = list(self.before.values())
        return {
            name: [*zip(coefficients, values, strict=True), (constant,)]
            for name, (coefficients, constant) in (self.formula or {}).items()
        }

    @cached_property
    def assignments(self) -> Mapping[str, Sum]:
        """Each new parameter as a sum: the old one, less rate times gradient, or plus the update."""
        if self.plain_descent:
            return {
                name: [(value,), (-1.0, self.learning_rate, self.gradient[name])] for name, value in self.before.items()
            }
        return {name: [(value,), (self.update[name],)] for name, value in self.before.items()}

    def formulas(self) -> dict[str, str | None] | None:
        """Each parameter's gradient in words: 5m + 3b - 13; None where a number of it is not finite."""
        return None if self.formula is None else {name: self.in_words(name) for name in self.formula}

    def in_words(self, name: str) -> str | None:
        """One parameter's gradient in words; None if it is no such sum, or a number of it is not finite."""
        if self.formula is None or name not in self.formula:
            return None
        coefficients, constant = self.formula[name]
        numbers = [*coefficients, constant]
        if not all(map(math.isfinite, numbers)):
            return None
        return polynomial(zip(numbers, [*self.before, ""], strict=True), self.shown)

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
        """The object that json has."""
        nested: dict[str, object] = {
            "step": self.step,
            "lr": self.learning_rate,
            **self.before,
            "loss": self.loss,
            **{kind: dict(self._of(kind)) for kind in ("gradient", "update", "next")},
            "next_loss": self.next_loss,
            "verdict": self.verdict,
        }
        if not self.whole:
            nested |= {"rows": self.rows, "gradient_formula": self.formulas()}
        return nested | ({"trace": self.trace} if self.trace else {})

    def _of(self, kind: str) -> list[tuple[str, float]]:
        return list({"gradient": self.gradient, "update": self.update, "next": self.after}[kind].items())


def steps(
    experiment: LineExperiment, count: int, *, trace: bool = False, interrupted: Callable[[], bool] = never
) -> Iterator[StepReport]:
    """The first steps of a run, each with its arithmetic.

    Args:
        experiment: What is run; its planned epochs are not looked at.
        count: How many steps.
        trace: Whether the optimizer's inner state is shown.
        interrupted: Asked after each step; True ends them.
    """
    loop = experiment.spec.loop
    stream = descend(
        experiment.problem,
        experiment.optimizer,
        learning_rate=experiment.schedule,
        epochs=count,
        start=experiment.start,
        batch_size=experiment.batch_size,
        seed=loop.seed,
        shuffle=loop.shuffle,
    )
    before = experiment.start
    limit = experiment.limit if experiment.batch_size is None else None
    made = (record for record in with_updates(stream, experiment.optimizer) if isinstance(record, Step))
    for step in islice(made, count):
        yield step_report(experiment, before, step, trace=trace, limit=limit)
        before = step.parameters
        if interrupted():
            return


def step_report(
    experiment: LineExperiment, before: Array, step: Step, *, trace: bool = False, limit: float | None = None
) -> StepReport:
    """A step of a run with all its numbers, from the parameters before it."""
    problem, names = experiment.problem, experiment.names
    rows = problem.data.rows(step.rows)
    optimizer = experiment.optimizer

    def named(values: Array) -> dict[str, float]:
        return dict(zip(names, map(float, values), strict=True))

    state = optimizer.trace(step.state) | {"effective_step": step.update} if trace else {}
    with np.errstate(all="ignore"):
        next_loss = float(problem.data_loss(step.parameters, rows))
    return StepReport(
        step=step.step,
        rows=len(rows) if experiment.batch_size is not None else len(experiment.data),
        whole=experiment.batch_size is None,
        loss_name=experiment.loss_name,
        learning_rate=float(step.learning_rate),
        formula=_formula(experiment, step),
        before=named(before),
        gradient=named(step.gradient),
        update=named(step.update),
        after=named(step.parameters),
        loss=float(step.loss),
        next_loss=next_loss,
        plain_descent=type(optimizer) is SGD and not optimizer.weight_decay,
        trace={kind: named(np.broadcast_to(value, len(names))) for kind, value in state.items()},
        limit=limit,
    )


FORMULAS = 1000
"""Parameters whose gradients are written out at most."""


def _formula(experiment: LineExperiment, step: Step) -> Mapping[str, tuple[Sequence[float], float]] | None:
    """Each parameter's gradient as coefficients and a constant; None of very many, whose formulas nobody reads."""
    if len(experiment.names) > FORMULAS:
        return None
    formula = curvature.gradient_formula(experiment.problem, step.rows)
    if formula is None:
        return None
    h, c = formula
    return {name: (h[at].tolist(), -float(c[at])) for at, name in enumerate(experiment.names)}
