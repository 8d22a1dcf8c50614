"""The loss's curvature: what it says about learning rates, and where the exact minimum lies."""

from __future__ import annotations

import math

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import compress
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim.optimizers import SGD, Momentum, Nesterov, Optimizer
from gdcli.training.loop import Problem

__all__ = [
    "BATCH_FORMULAS",
    "FORMULAS",
    "Spectrum",
    "batch_factor",
    "gradient_formula",
    "largest_stable_rate",
    "least_squares",
    "linear_system",
    "optimum",
    "spectrum",
    "stability_factor",
]

FORMULAS: dict[type, str] = {SGD: "2/L", Momentum: "2(1 + u)/L", Nesterov: "2(1 + u)/((1 + 2u) L)"}
"""The largest stable rate of full batches, u the momentum and L the largest curvature."""
BATCH_FORMULAS: dict[type, str] = {
    SGD: "2/L",
    Momentum: "2(1 - u)^2/((1 + u) L)",
    Nesterov: "2(1 - u)^2/((1 - u + 2u^2) L)",
}
"""The rate up to which no order of mini-batches makes a run grow, L the curvature of the worst row."""

ROUNDING = 1e-14  # of two inputs' sizes: their product's mean below it is rounding
STABLE = 1e-15  # of a curvature: two smaller parts of it round to none


@dataclass(frozen=True, eq=False)
class Spectrum:
    """The eigenvalues of a loss's Hessian, in rising order, mu the smallest and L the largest.

    Args:
        eigenvalues: Shape (P,), not negative.
    """

    eigenvalues: Array

    @property
    def largest_stable_rate(self) -> float:
        """2 / L: gradient descent with a constant rate converges below it and diverges above it."""
        return _divide(2.0, float(self.eigenvalues[-1]))

    @property
    def best_rate(self) -> float:
        """2 / (L + mu): the constant rate with the fastest guaranteed convergence.

        Where mu is less than the last digit of L, the rate is not rounded to 2 / L, at which nothing converges.
        """
        least, most = float(self.eigenvalues[0]), float(self.eigenvalues[-1])
        return _divide(2.0, least + most) * (1 - STABLE if 0 < least < STABLE * most else 1)

    @property
    def condition_number(self) -> float:
        """L / mu: how much steeper the steepest direction is than the flattest."""
        return _divide(float(self.eigenvalues[-1]), float(self.eigenvalues[0]))

    def contraction(self, rate: float) -> float:
        """max |1 - rate lambda|: what the slowest part of the error is multiplied by at each step.

        Directions without any curvature do not move and do not count.
        """
        curved = self.eigenvalues[self.eigenvalues > 1e-15 * self.eigenvalues[-1]]
        return float(np.abs(1 - rate * curved).max(initial=0.0))

    def steps_per_factor(self, rate: float, factor: float = 100.0) -> float:
        """Steps in which a quadratic loss falls by `factor`: log(factor) / (-2 log contraction)."""
        contraction = self.contraction(rate)
        if contraction >= 1:
            return math.inf
        return math.log(factor) / (-2 * math.log(contraction)) if contraction > 0 else 1.0


@np.errstate(all="ignore")
def spectrum(problem: Problem, weight_decay: float = 0.0) -> Spectrum:
    """The exact spectrum of MSE for a linear model: H = (2/n) A^T A, plus l2 on the weights, plus weight decay on all.

    By singular values of A, so that the small eigenvalues keep their digits.

    Source: the lecture, "How large may a step be?"; Nesterov 2004, Introductory Lectures, section 2.1.
    """
    a, _ = linear_system(problem)
    if not np.isfinite(a).all():
        return Spectrum(np.full(problem.model.size, math.inf))
    singular = np.linalg.svd(a, compute_uv=False)
    padded = np.zeros(problem.model.size)
    padded[: len(singular)] = singular**2
    return Spectrum(np.sort(padded) + weight_decay)


def stability_factor(optimizer: Optimizer) -> float | None:
    """How many times 2/L the largest stable rate is: 1, 1 + u with momentum u, (1 + u)/(1 + 2u) with Nesterov's.

    None where no closed form is known.

    >>> stability_factor(SGD()), stability_factor(Momentum(momentum=0.5)), stability_factor(Nesterov(momentum=0.5))
    (1.0, 1.5, 0.75)

    Source: Polyak 1964; Lessard, Recht & Packard 2016, Analysis and Design of Optimization Algorithms, table 1.
    """
    kept = getattr(optimizer, "momentum", 0.0)
    factors = {SGD: 1.0, Momentum: 1 + kept, Nesterov: (1 + kept) / (1 + 2 * kept)}
    return factors.get(type(optimizer))


def batch_factor(optimizer: Optimizer) -> float | None:
    """How many times 2/L the rate is up to which steps on any rows, in any order, cannot make a run grow.

    Rates that are stable on each row alone are not on rows in turn: what one row has set going, the momentum carries on
    where another row does not hold it back. The update as a linear filter of the gradients, with poles 1 and u, must
    keep to the right of -1/L: its real part is least at frequency 0.

    >>> batch_factor(SGD()), round(batch_factor(Momentum(momentum=0.9)), 4), batch_factor(Nesterov(momentum=0.5))
    (1.0, 0.0053, 0.25)

    Source: the circle criterion: Tsypkin 1962, Frequency criteria for the absolute stability of nonlinear sampled-data
    systems; Zames 1966, On the Input-Output Stability of Time-Varying Nonlinear Feedback Systems II.
    """
    u = getattr(optimizer, "momentum", 0.0)
    rest = (1 - u) ** 2
    factors = {SGD: 1.0, Momentum: rest / (1 + u), Nesterov: rest / (1 - u + 2 * u * u)}
    return factors.get(type(optimizer))


@np.errstate(all="ignore")
def largest_stable_rate(problem: Problem, optimizer: Optimizer, batches: bool = False) -> float | None:
    """The largest constant learning rate at which descent does not run away; None where no formula tells.

    2/L for gradient descent, with momentum times `stability_factor`. On mini-batches, L is the curvature of the
    worst single row, as no batch is steeper than its steepest row; with momentum times `batch_factor`.

    Args:
        problem: A linear model with MSE.
        optimizer: One of the three.
        batches: Whether steps are taken on parts of the data.

    Source: Polyak 1964; Lessard, Recht & Packard 2016, Analysis and Design of Optimization Algorithms, table 1.
    """
    if problem.loss is not mse or not isinstance(problem.model, Linear):
        return None
    factor = batch_factor(optimizer) if batches else stability_factor(optimizer)
    if factor is None:
        return None
    if batches:
        design = problem.model.design(problem.data.inputs)
        steepest = 2 * float((design * design).sum(axis=1).max()) + problem.l2 + optimizer.weight_decay
    else:
        steepest = float(spectrum(problem, optimizer.weight_decay).eigenvalues[-1])
    limit = _divide(2.0 * factor, steepest)
    return limit if 0 < limit < math.inf else None


def gradient_formula(problem: Problem, rows: Array | slice) -> tuple[Array, Array] | None:
    """H and c with gradient = H w - c on some rows: MSE and L2 on a linear model; None where it is not so.

    A coefficient that is rounding and nothing else, as of centred inputs with the bias, is 0.

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, Problem, mse
    >>> h, c = gradient_formula(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), slice(None))
    >>> h.tolist(), c.tolist()
    ([[5.0, 3.0], [3.0, 2.0]], [13.0, 8.0])

    Source: the lecture, "The gradient": dMSE/dm = 5m + 3b - 13, dMSE/db = 3m + 2b - 8.
    """
    model, data = problem.model, problem.data.rows(rows)
    if problem.loss is not mse or not isinstance(model, Linear) or problem.l1:
        return None
    a, n = model.design(data.inputs), len(data)
    h = 2 * (a.T @ a) / n
    h[np.abs(h) <= ROUNDING * np.sqrt(np.outer(np.diag(h), np.diag(h)))] = 0
    return h + np.diag(problem.l2 * model.penalised), 2 * (a.T @ data.targets) / n


@np.errstate(all="ignore")
def optimum(problem: Problem) -> tuple[Array, bool]:
    """The exact minimum of MSE (plus l2) for a linear model, and whether it is the only one.

    Where the numbers are too large for float64 the parameters are not finite.
    """
    a, y = linear_system(problem)
    if not (np.isfinite(a).all() and np.isfinite(y).all()):
        return np.full(problem.model.size, math.nan), False
    return least_squares(a, y)


def least_squares(a: Array, y: Array) -> tuple[Array, bool]:
    """The w that minimises |A w - y|, and whether it is the only one (else: the smallest, columns scaled).

    Columns are brought to one size, and the solution is refined with residuals of extended precision.

    Source: Bjorck 1967, Iterative refinement of linear least squares solutions I.
    """
    size = np.abs(a).max(axis=0, initial=0.0)  # first by the largest, whose square may be too large
    size[size == 0] = 1.0
    size = size * np.sqrt(((a / size) ** 2).sum(axis=0))
    size[size == 0] = 1.0
    scaled = a / size
    pseudo_inverse = np.linalg.pinv(scaled, rcond=1e-13)
    wide, target = scaled.astype(np.longdouble), y.astype(np.longdouble)
    w = (pseudo_inverse @ y).astype(np.longdouble)
    for _ in range(3):
        w = w + pseudo_inverse @ (target - wide @ w).astype(float)
    unique = bool(np.linalg.matrix_rank(scaled, rtol=1e-13) == a.shape[1])
    return (w / size).astype(float), unique


def linear_system(problem: Problem) -> tuple[Array, Array]:
    """A and y with loss = |A w - y|^2 / 2, so that the Hessian is A^T A; an L2 penalty is one more row a weight."""
    model, data = problem.model, compress(problem.data)
    if not isinstance(model, Linear):
        raise TypeError("only a model that is linear in its parameters has one Hessian")
    scale = math.sqrt(2 / len(data))
    a, y = model.design(data.inputs) * scale, data.targets * scale
    if problem.l2:
        a = np.vstack([a, math.sqrt(problem.l2) * np.diag(model.penalised)])
        y = np.concatenate([y, np.zeros(model.size)])
    return a, y


def _divide(a: float, b: float) -> float:
    return a / b if b > 0 else math.inf
