"""Where descent on a quadratic loss will be after k steps: each of the Hessian's directions goes its own way."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from gdcli.analysis.curvature import FORMULAS
from gdcli.analysis.distance import Course, course
from gdcli.analysis.objective import objective
from gdcli.arrays import Array
from gdcli.data.dataset import compress
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Linear
from gdcli.optim.optimizers import SGD, Nesterov, Optimizer
from gdcli.training.loop import Problem
from gdcli.training.stopping import EXPLODED

__all__ = ["Forecast", "forecast"]

BLOCK = 1024  # steps looked at together
MOST = 1_000_000  # steps looked at one by one
APART = 16  # of the steps beyond, each a 16th further on than the last
LONGEST = 10**18  # steps that nobody makes


@dataclass(frozen=True, eq=False)
class Forecast:
    """A run on a quadratic loss, known before it is made: w_k = w* + V e_k, with e_k = T^k e_0 in each direction.

    Args:
        problem: What is minimised, on as few rows as say the same.
        minimum: w*, where it is headed, shape (P,).
        directions: V, the Hessian's eigenvectors that are not flat, a column each, shape (P, r).
        start: e_0 and the velocity 0 in each direction, shape (r, 2).
        transfers: T, what a step does to (error, velocity) in each direction, shape (r, 2, 2).
        curved: Which of them have a curvature that is not 0, shape (r,).
        steady: Whether the loss falls at every step.
        way: The same without the loss of digits in 1 - rate c: what counts steps that nobody makes.
    """

    problem: Problem
    minimum: Array
    directions: Array
    start: Array
    transfers: Array
    curved: Array
    steady: bool
    way: Course | None

    @property
    def contraction(self) -> float:
        """What the slowest part of the error is multiplied by a step, in the long run; above 1 it runs away."""
        made = self.transfers[self.curved]
        return float(np.abs(np.linalg.eigvals(made)).max(initial=0.0)) if np.isfinite(made).all() else math.inf

    def steps_per_factor(self, factor: float = 100.0) -> float:
        """Steps in which the loss comes `factor` times nearer to its minimum, in the long run."""
        return math.inf if self.way is None else self.way.steps_per_factor(factor)

    def loss(self, steps: int) -> float:
        """The data loss after so many steps."""
        return float(self._losses(np.linalg.matrix_power(self.transfers, steps)[None] @ self.start[..., None])[0])

    def steps_to(self, target: float) -> int | None:
        """The first step after which the loss is at most `target`; None if it never is.

        Where the loss may rise and fall, steps beyond a million are known to some per cent.
        """
        with np.errstate(all="ignore"):
            if self.loss(0) <= target:
                return 0
            if not self.steady or self.way is None:
                return self._scanned(target)
            steps = self.way.steps_to(target - self.least)
            return None if steps is None else steps.count

    @property
    def least(self) -> float:
        """The loss at the minimum."""
        return float(self.problem.data_loss(self.minimum, self.problem.data))

    def _losses(self, states: Array) -> Any:
        """The losses of states (K, P, 2, 1)."""
        with np.errstate(all="ignore"):
            return self.problem.data_loss(self.minimum + states[:, :, 0, 0] @ self.directions.T, self.problem.data)

    def _scanned(self, target: float) -> int | None:
        """By looking at every step, as the loss may rise and fall."""
        powers = _powers(self.transfers, BLOCK)
        state, ceiling = self.start[..., None], EXPLODED * max(self.loss(0), np.finfo(float).tiny)
        for begin in range(0, MOST, BLOCK):
            losses = self._losses(powers @ state)
            below = np.flatnonzero(losses <= target)
            if len(below):
                return begin + int(below[0])
            if not losses[-1] <= ceiling:
                return None
            state = powers[-1] @ (self.transfers @ state)
        return self._beyond(target, ceiling)

    def _beyond(self, target: float, ceiling: float) -> int | None:
        """After the steps looked at one by one: by looking ever further ahead, then by halving."""
        above = below = MOST
        while below < LONGEST:
            above, below = below, below + below // APART
            loss = self.loss(below)
            if loss <= target:
                return self._between(above, below, target)
            if not loss <= ceiling:
                break
        return None

    def _between(self, above: int, below: int, target: float) -> int:
        """A step after which the loss is at most the target, and before which it is more."""
        while below - above > 1:
            middle = (above + below) // 2
            above, below = (above, middle) if self.loss(middle) <= target else (middle, below)
        return below


@np.errstate(all="ignore")
def forecast(
    problem: Problem, optimizer: Optimizer, rate: float, start: Array, noise: Array | None = None
) -> Forecast | None:
    """The run that full-batch descent with a constant rate will make; None where no formula tells.

    Args:
        problem: A linear model with MSE; an L2 penalty is part of it, an L1 penalty has no such formula.
        optimizer: SGD, Momentum or Nesterov.
        rate: The learning rate.
        start: Initial parameters, shape (P,).
        noise: Rounding of each column of the design, as `rank` has it, shape (P,).

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, mse
    >>> deck = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    >>> run = forecast(deck, SGD(), 0.1, np.array([-1.0, 5.0]))
    >>> round(run.loss(1), 12), run.steps_to(1e-6)
    (1.825, 491)

    Source: Goh 2017, Why Momentum Really Works, "Decomposing the Error" and "The Dynamics of Momentum".
    """
    true = objective(problem, optimizer, noise) if type(optimizer) in FORMULAS else None
    if true is None or not isinstance(problem.model, Linear):
        return None
    curvatures, directions = true.modes
    error = directions.T @ (start - true.optimum)
    return Forecast(
        problem=dataclasses.replace(problem, data=compress(problem.data), validation=None),
        minimum=true.optimum,
        directions=directions,
        start=np.stack([error, np.zeros_like(error)], axis=-1),
        transfers=_transfers(curvatures, optimizer, rate),
        curved=curvatures > 0,
        steady=type(optimizer) is SGD
        and rate * float(curvatures.max(initial=0.0)) <= 2
        and not (problem.l2 or true.weight_decay),
        way=course(true, optimizer, rate, start),
    )


def _transfers(curvatures: Array, optimizer: Optimizer, rate: float) -> Array:
    """What one step makes of (error e, velocity u) in a direction of curvature c, shape (P, 2, 2).

    u := momentum u + c e, then e := e - rate u; with Nesterov's e := e - rate (c e + momentum u).
    """
    kept = getattr(optimizer, "momentum", 0.0)
    ahead = type(optimizer) is Nesterov
    by_error = 1 - rate * curvatures * (1 + kept if ahead else 1.0)
    by_velocity = np.full_like(curvatures, -rate * kept * (kept if ahead else 1.0))
    rows = [[by_error, by_velocity], [curvatures, np.full_like(curvatures, kept)]]
    return np.moveaxis(np.array(rows), -1, 0)


def _powers(matrices: Array, count: int) -> Array:
    """I, T, T^2, ... of matrices (P, 2, 2): shape (count, P, 2, 2), by doubling."""
    powers = np.broadcast_to(np.eye(2), (1, *matrices.shape))
    while len(powers) < count:
        powers = np.concatenate([powers, powers @ (matrices @ powers[-1])])
    return powers[:count]
