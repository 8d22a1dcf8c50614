"""How many steps a descent on a quadratic loss still takes: counted in closed form, from where it is now."""

from __future__ import annotations

import math

import numpy as np

from gdcli.analysis.objective import Objective
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.optim.optimizers import SGD, Momentum, Nesterov, Optimizer

__all__ = ["Course", "Steps", "course"]

SCANNED = 2**21
"""Steps looked at one by one, where the loss may rise and fall."""

BLOCK = 1024
"""Of these at a time."""

COUNTED = 10**7
"""Steps after which a run's own rounding may move it by one."""

ROUNDING = 2e-13
"""Relative error of the smallest curvature, times the root of the condition number."""

LONGEST = 10**60
"""Steps that nobody makes."""


@dataclass(frozen=True)
class Steps:
    """A number of steps.

    Args:
        count: The first step after which the excess is at most the target.
        exact: Whether it is that very step; else it is right to some digits only.
    """

    count: int
    exact: bool


@dataclass(frozen=True, eq=False)
class Course:
    """The excess of a run from now on: excess_k = sum over directions of c |a r^k + b s^k|^2 / 2.

    In each of the Hessian's directions the error obeys a recurrence of two terms, whose roots r and s are known.

    Args:
        curvatures: c, of the directions that are not flat, shape (K,).
        roots: (1 - r, 1 - s) of each, complex, shape (2, K): near 1 they keep their digits so.
        shares: (a, b) of each, shape (2, K).
        falling: Whether the excess falls at every step.
        resolution: An excess that float64 cannot tell from 0.
    """

    curvatures: Array
    roots: Array
    shares: Array
    falling: bool
    resolution: float

    @property
    def contraction(self) -> float:
        """What the slowest part of the error is multiplied by a step, in the long run; from 1 on it never arrives."""
        return float(np.abs(1 - self.roots).max(initial=0.0))

    def steps_per_factor(self, factor: float = 100.0) -> float:
        """Steps in which the excess falls by `factor`, in the long run: ln(factor) / (-2 ln |r|) of the slowest part.

        Infinite where it never arrives, 1 where one step does.
        """
        if not self.stable:
            return math.inf
        with np.errstate(all="ignore"):
            decay = float(-self._logarithms().max(initial=-math.inf))
        return max(1.0, math.log(factor) / (2 * decay)) if decay > 0 else math.inf

    @property
    def stable(self) -> bool:
        """Whether it arrives in the end."""
        left = 2 * self.roots.real - np.abs(self.roots) ** 2  # 1 - |r|^2, with its digits
        return bool((left > 0).all())

    def excess(self, step: int) -> float:
        """The excess after so many steps from now."""
        return float(self._excesses(self._powers(np.array([float(step)])) * self.shares[:, :, None])[0])

    def steps_to(self, target: float) -> Steps | None:
        """The first step after which the excess is at most a target; None if it never is."""
        if self.excess(0) <= target:
            return Steps(0, True)
        if not self.stable or target <= 0:
            return None
        if not self.falling and self._kept(SCANNED) <= target:
            step = self._scanned(target)
            if step is not None:
                return Steps(step, True)
        count = self._searched(target)
        return None if count is None else Steps(count, self.falling and self._sure(count))

    def _kept(self, steps: int) -> float:
        """What is left of the excess for so many steps at least: the part of directions that decay without turning."""
        errors = [(self._powers(np.array([float(at)]))[:, :, 0] * self.shares).sum(axis=0).real for at in (0, steps)]
        still = (self.roots.imag == 0).all(axis=0) & (self.roots.real <= 1).all(axis=0) & (errors[0] * errors[1] > 0)
        least = np.minimum(np.abs(errors[0]), np.abs(errors[1]))  # a sum of two decays has one summit at most
        return float(self.curvatures @ np.where(still, least * least, 0.0)) / 2

    def _sure(self, count: int) -> bool:
        """Whether rounding of the curvatures cannot move the count by a step."""
        if count > COUNTED:
            return False
        uneven = math.sqrt(float(self.curvatures.max() / self.curvatures.min()))
        return count * ROUNDING * uneven < 1

    def _searched(self, target: float) -> int | None:
        """By doubling and halving."""
        above, below = 0, 1
        while not self.excess(below) <= target:
            above, below = below, 2 * below
            if below > LONGEST:
                return None
        while below - above > 1:
            middle = (above + below) // 2
            above, below = (above, middle) if self.excess(middle) <= target else (middle, below)
        return below

    def _scanned(self, target: float) -> int | None:
        """By looking at each step."""
        powers = self._powers(np.arange(float(BLOCK)))
        for begin in range(0, SCANNED, BLOCK):
            moved = self._powers(np.array([float(begin)])) * self.shares[:, :, None]
            below = np.flatnonzero(self._excesses(moved * powers) <= target)
            if len(below):
                return begin + int(below[0])
        return None

    def _powers(self, steps: Array) -> Array:
        """r^k and s^k for some k, shape (2, K, len(k))."""
        with np.errstate(all="ignore"):
            powers = self._logarithms()[:, :, None] + 1j * np.angle(1 - self.roots)[:, :, None]
            result: Array = np.where(steps == 0, 1.0, np.exp(steps * powers))
        return result

    def _logarithms(self) -> Array:
        """ln |r| and ln |s| of each, shape (2, K)."""
        near = np.log1p(np.abs(self.roots) ** 2 - 2 * self.roots.real) / 2  # NumPy's complex log1p loses digits
        result: Array = np.where(np.abs(1 - self.roots) > 0.5, near, np.log(np.abs(1 - self.roots)))
        return result

    def _excesses(self, parts: Array) -> Array:
        """Of (2, K, steps) parts of the error."""
        with np.errstate(all="ignore"):
            error = parts.sum(axis=0).real
            result: Array = self.curvatures @ (error * error) / 2
        return result


@np.errstate(all="ignore")
def course(
    objective: Objective, optimizer: Optimizer, rate: float, parameters: Array, velocity: Array | None = None
) -> Course | None:
    """What becomes of a full-batch descent with a constant rate; None where no formula is known.

    Args:
        objective: What it truly minimises.
        optimizer: SGD, Momentum or Nesterov.
        rate: The learning rate from now on.
        parameters: Where it is now, shape (P,).
        velocity: How it moves now, shape (P,): its optimizer's state; None for at rest.

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, Problem, mse
    >>> from gdcli.analysis.objective import objective
    >>> deck = objective(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), SGD())
    >>> way = course(deck, SGD(), 0.1, np.array([-1.0, 5.0]))
    >>> round(way.excess(1), 12), way.steps_to(1e-6)
    (1.825, Steps(count=491, exact=True))

    Source: Goh 2017, Why Momentum Really Works; Polyak 1964 for the recurrence of the heavy ball.
    """
    if type(optimizer) not in (SGD, Momentum, Nesterov):
        return None
    kept, ahead = getattr(optimizer, "momentum", 0.0), type(optimizer) is Nesterov
    values, directions = objective.modes
    error = directions.T @ (parameters - objective.destination(parameters))
    moving = np.zeros_like(error) if velocity is None else directions.T @ velocity
    following = kept * moving + values * error
    after = error - rate * ((values * error + kept * following) if ahead else following)
    roots = _roots(rate * values, kept, ahead)
    gap = roots[1] - roots[0]  # r - s
    shares = np.stack([(after - (1 - roots[1]) * error) / gap, ((1 - roots[0]) * error - after) / gap])
    steady = type(optimizer) is SGD and bool((rate * values < 2).all())
    return Course(values, roots, shares, steady, objective.resolution)


def _roots(pull: Array, kept: float, ahead: bool) -> Array:
    """1 - r and 1 - s, r and s the roots of the recurrence e'' - trace e' + det e = 0, where 1 - trace + det = pull."""
    middle = 1 - kept + pull * (1 + kept if ahead else 1)  # 2 - trace
    spread = np.sqrt((middle * middle - 4 * pull).astype(complex))
    close = 1e-5 * np.abs(middle)  # a double root has a formula of its own; one that is nearly double will do
    spread = np.where(np.abs(spread) < close, close, spread)
    far = (middle + spread) / 2
    return np.stack([pull / far, far])
