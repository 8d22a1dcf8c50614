"""What a descent on a linear model truly minimises, penalties and weight decay included, and where that is least."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from gdcli.analysis.collinearity import Rank, rank, unit_columns
from gdcli.analysis.curvature import Spectrum
from gdcli.analysis.jacobi import singular
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset, compress
from gdcli.data.scaling import Undoing
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim.optimizers import AdamW, Optimizer
from gdcli.said import say
from gdcli.training.loop import Problem

__all__ = ["Objective", "design", "objective"]

Change = Array | Undoing
"""A matrix from some parameters to others."""

SMALL = 200_000
"""Numbers of a table that is solved as it is; a larger one is compressed first."""

REFINED = 4
"""Rounds of refinement: each gains the digits that the condition number leaves."""


@dataclass(frozen=True, eq=False)
class Objective:
    """MSE of a linear model, plus its L2 penalties: |A w - y|^2 / 2, with the Hessian A^T A.

    Args:
        table: A, the scaled design with a row for each penalty, shape (m, P).
        values: y, shape (m,).
        names: What each parameter multiplies; "" for the bias.
        rank: Which columns of A say something of their own.
        rows: Rows of the training data.
        l2: The L2 penalty on the weights.
        weight_decay: The optimizer's, on all parameters.
        compressed: Whether A stands for many more rows, and so is rounded itself.
    """

    table: Array
    values: Array
    names: tuple[str, ...]
    rank: Rank
    rows: int
    l2: float = 0.0
    weight_decay: float = 0.0
    compressed: bool = False

    @property
    def unique(self) -> bool:
        """Whether there is one optimum only."""
        return self.rank.full

    @property
    def name(self) -> str:
        """What the optimum is called."""
        return say("exact ridge solution") if self.l2 or self.weight_decay else say("exact least squares")

    @cached_property
    def optimum(self) -> Array:
        """The best parameters; of many, those nearest to zero, in the coordinates of this descent, shape (P,)."""
        chosen = list(self.rank.independent)
        solved = np.zeros(self.table.shape[1])
        if chosen:
            solved[chosen] = solve(self.table[:, chosen], self.values)
        return self._without_null(solved)

    def destination(self, start: Array) -> Array:
        """The optimum that plain, momentum and Nesterov descent go to from a start: the one nearest to it."""
        return self.optimum + self.rank.flat_part(start)

    @cached_property
    def least(self) -> float:
        """The objective at its optimum."""
        return self.value(self.optimum)

    def value(self, parameters: Array) -> float:
        """The objective at some parameters, shape (P,)."""
        rest = self.table @ parameters - self.values
        return float(rest @ rest) / 2

    def excess(self, parameters: Array) -> Any:
        """How far the objective at some parameters (..., P) is above its least value: |A (w - w*)|^2 / 2.

        Without the cancellation that the difference of two losses has.
        """
        with np.errstate(all="ignore"):
            moved = (parameters - self.optimum) @ self.table.T
            return np.vecdot(moved, moved) / 2

    @cached_property
    def resolution(self) -> float:
        """An excess that float64 cannot tell from 0 at the optimum: that of outputs in which each term is rounded."""
        return float(self.resolution_at(self.optimum))

    def resolution_at(self, parameters: Array) -> Any:
        """The same at other parameters (..., P), whose terms may be smaller, shape (...)."""
        terms = np.abs(parameters) @ np.abs(self.table).T + np.abs(self.values)
        return np.vecdot(terms, terms) * float(np.finfo(float).eps) ** 2

    @cached_property
    def blur(self) -> float:
        """How far rounding of the outputs alone moves the value at the optimum: |r| |dy|, where it leaves a residual r.

        An excess below this is real, and cannot be read off two losses.
        """
        return math.sqrt(2 * self.least * self.resolution)

    @cached_property
    def modes(self) -> tuple[Array, Array]:
        """The Hessian's eigenvalues that are not 0, in rising order, and their eigenvectors as columns."""
        curved = self._curved_directions()
        values, directions = singular(self.table @ curved)
        order = np.argsort(values)
        return values[order] ** 2, curved @ directions[:, order]

    def _curved_directions(self) -> Array:
        if self.rank.is_wide:
            return self.rank.row_space
        null = self.rank.null
        count = null.shape[1]
        return np.linalg.qr(np.column_stack([null, np.eye(len(null))]))[0][:, count:] if count else np.eye(len(null))

    @property
    def spectrum(self) -> Spectrum:
        """The curvature of all directions."""
        values = self.modes[0]
        return Spectrum(np.concatenate([np.zeros(self.table.shape[1] - len(values)), values]))

    @property
    def curved(self) -> Spectrum:
        """The curvature of the directions that are not flat."""
        return Spectrum(self.modes[0])

    @property
    def condition_number(self) -> float:
        """L / mu: infinite where a direction is flat."""
        return self.spectrum.condition_number

    def digits(self, back: Change | None = None) -> Array:
        """Significant digits of each of the optimum's parameters that rounding of the data leaves, shape (P,).

        Every number of the table, as a float64, is off by up to half a unit of its last digit. To first order, the
        solution moves by (A^T A)^-1 dA^T r - A^+ (dA w - dy); taking the roundings as independent, twice the standard
        deviation of that is how far off a parameter is. Of very many rows, whose few stand-ins are rounded too, it is a
        digit less.

        Args:
            back: A matrix (P, P) from these parameters to those that are shown, as of raw inputs.

        Source: Bjorck 1996, Numerical Methods for Least Squares Problems, section 1.4; Higham 2002, Accuracy and
        Stability of Numerical Algorithms, section 2.8 (why the statistical estimate is the realistic one).
        """
        shown, spread = self.optimum, self._spread(back)
        if back is not None:
            shown = back @ self.optimum
        with np.errstate(all="ignore"):
            exact = -np.log10(spread / np.abs(shown))
        exact = np.where(shown == 0, 0.0, np.where(np.isfinite(exact), exact, 0.0))
        lost = int(self.compressed)
        return np.asarray(np.clip(np.floor(exact) - lost, 0, 15 - lost).astype(int))

    def _spread(self, back: Change | None) -> Array:
        """How far off each parameter shown is."""
        scaled, size = unit_columns(self.table[:, list(self.rank.independent)])
        inverse = np.linalg.pinv(scaled, rcond=0.0)
        chosen = self.optimum[list(self.rank.independent)] * size
        rest = self.values - self.table @ self.optimum
        by_row = np.sqrt((scaled * scaled) @ (chosen * chosen) + self.values**2)
        by_column = np.sqrt((scaled * scaled).T @ (rest * rest))
        roots = np.hstack([inverse * by_row, (inverse @ inverse.T) * by_column])
        moved = self._shown(back) / size @ roots
        unit = float(np.finfo(float).eps) / math.sqrt(12)  # of numbers rounded to nearest: half of eps at most
        spread = unit * np.sqrt((moved * moved).sum(axis=1))
        squares = self.optimum**2
        shown: Array = np.sqrt(squares if back is None else (back * back) @ squares) * unit
        result: Array = 2 * np.hypot(spread, shown)
        return result

    def _shown(self, back: Change | None) -> Array:
        """What each parameter shown has of each independent one, (P, r)."""
        chosen = list(self.rank.independent)
        if back is not None:
            return back[:, chosen]
        units = np.zeros((len(self.names), len(chosen)))
        units[chosen, np.arange(len(chosen))] = 1.0
        return units

    def _without_null(self, parameters: Array) -> Array:
        return parameters - self.rank.flat_part(parameters)


@np.errstate(all="ignore")
def objective(
    problem: Problem, optimizer: Optimizer, noise: Array | None = None, compressed: bool = False
) -> Objective | None:
    """The true objective of a descent, where its optimum has a closed form; else None.

    That is MSE on a model that is linear in its parameters, with L2 and with weight decay that is part of the
    gradient. L1 has no closed form; AdamW's decay is no part of any objective.

    Args:
        problem: The model, the loss, the rows.
        optimizer: For its weight decay.
        noise: Rounding of each column of the design, as `rank` has it, shape (P,); that of inputs which are no
            float64 is added.
        compressed: Whether the rows stand for many more.

    >>> import numpy as np
    >>> from gdcli import SGD, Dataset
    >>> deck = objective(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), SGD())
    >>> deck.name, deck.optimum.round(12).tolist(), round(float(deck.excess(np.array([-1.0, 5.0]))), 12)
    ('exact least squares', [2.0, 1.0], 2.5)
    """
    decay = optimizer.weight_decay
    table = (
        None if problem.loss is not mse or problem.l1 or (decay and isinstance(optimizer, AdamW)) else design(problem)
    )
    if table is None:
        return None
    a, y = table
    noise = _with_that_of_type(noise, a, problem.data.inputs.dtype)
    names = (*problem.data.input_names, *([""] if a.shape[1] > len(problem.data.input_names) else []))
    scale = math.sqrt(2 / len(a))
    penalties = problem.l2 * np.asarray(problem.model.penalised, float) + decay
    a, y = a * scale, y * scale
    if penalties.any():
        a, y = np.vstack([a, np.diag(np.sqrt(penalties))]), np.concatenate([y, np.zeros(len(penalties))])
    if not (np.isfinite(a * a).all() and np.isfinite(y * y).all()):
        return None
    sizes = np.abs(a).max(axis=0, initial=0.0)
    if not np.isfinite((1.0 + np.abs(y).max(initial=0.0)) / sizes[sizes > 0]).all():  # a weight beyond floats
        return None
    noise = noise if noise is None else noise * scale
    fewer = compressed or len(table[0]) < len(problem.data)
    return Objective(a, y, names, rank(a, names, noise), len(problem.data), problem.l2, decay, fewer)


def _with_that_of_type(noise: Array | None, a: Array, dtype: Any) -> Array | None:
    """The rounding of each column, at least that of numbers of this type; ones for the bias are exact."""
    if dtype.kind != "f" or dtype == np.float64:
        return noise
    own: Array = np.sqrt((a * a).mean(axis=0)) * (float(np.finfo(dtype).eps) / 2)
    own[(a == 1).all(axis=0)] = 0.0
    return np.maximum(own, 0.0 if noise is None else noise)


def design(problem: Problem) -> tuple[Array, Array] | None:
    """A and y with outputs A w, of all rows or of the few that say the same; None where the model is not linear."""
    model, data = problem.model, problem.data
    if data.targets.ndim > 1:
        return None
    if data.inputs.size > SMALL:
        data = compress(_in_float64(data))
    data = _in_float64(data)
    if isinstance(model, Linear):
        return model.design(data.inputs), data.targets
    sizes: tuple[int, ...] = getattr(model, "sizes", ())
    if len(sizes) == 2 and sizes[1] == 1:  # a network without hidden layers
        return np.column_stack([data.inputs, np.ones(len(data))]), data.targets
    return None


def solve(a: Array, y: Array) -> Array:
    """The w that minimises |A w - y|, of independent columns, refined with residuals of extended precision.

    Source: Bjorck 1967, Iterative refinement of linear least squares solutions I.
    """
    scaled, size = unit_columns(a)
    q, triangle = np.linalg.qr(scaled)
    wide, target = scaled.astype(np.longdouble), y.astype(np.longdouble)
    w, rest = np.zeros(len(size), np.longdouble), target * 0
    for _ in range(1 + REFINED):
        missed = (target - rest - wide @ w).astype(float)
        skewed = np.linalg.solve(triangle.T, (-(wide.T @ rest)).astype(float))
        within = q.T @ missed
        w = w + np.linalg.solve(triangle, within - skewed)
        rest = rest + missed - q @ (within - skewed)
    return (w / size).astype(float)


def _in_float64(data: Dataset) -> Dataset:
    return Dataset(data.inputs.astype(float), data.targets.astype(float), data.input_names, data.target_name)
