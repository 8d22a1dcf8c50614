"""What a run's losses say about its learning rate: it converged, crawls, oscillates, diverged."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.training.records import Status
from gdcli.training.stacked import Outcome

__all__ = ["Goal", "arrived", "verdict"]

TURNED = 0.75
"""Steps back on the step before, as a part of all, from which a run oscillates."""
FLAT = 0.01
"""A second half that brings less than this part of the whole fall is flat."""
SLOW = 0.25
"""One that brings more than this part of it has hardly begun: a straight fall brings a half."""
FEW = 5
"""Records that are too few to call a run flat."""
SETTLED = 1e-3
"""The rest of the fall that does not count when asking when it happened."""


class Goal(NamedTuple):
    """Where a run should get, where a formula tells.

    Args:
        optimum: The least loss there is.
        near: How far above it counts as there.
    """

    optimum: float
    near: float


def arrived(losses: Array, goal: Goal | None) -> int | None:
    """The first epoch whose loss is as good as the optimum; None if there is none, or no goal.

    >>> arrived(np.array([2.5, 1e-3, 1e-7, 1e-9]), Goal(0.0, 1e-6))
    2
    """
    if goal is None:
        return None
    there = np.flatnonzero(losses <= goal.optimum + goal.near)
    return int(there[0]) if len(there) else None


@np.errstate(all="ignore")
def verdict(outcome: Outcome, goal: Goal | None = None, unstable: bool = False) -> str:
    """A run in a few words.

    converged; crawling (at its pace it would need more than as many epochs again); converging (fewer); oscillating
    (three steps of four go back on the one before); diverging, diverged; improved at first, then diverged.

    Args:
        outcome: The run.
        goal: The optimum, where it is known. Else a run whose second half brought nothing has converged.
        unstable: Whether its rate is known to be above the largest stable one.

    Returns:
        The words, as `converged, oscillating`.

    Source: the lecture, "How large may a step be?": above 1/L steps alternate, above 2/L they grow.
    """
    if outcome.status is Status.INTERRUPTED:
        return "interrupted"
    growing = _growing(outcome)
    if growing:
        lower = np.nanmin(outcome.losses) < outcome.losses[0]
        return f"improved at first, then {growing}" if lower else growing
    if unstable:
        return "improving, but will diverge"
    there = arrived(outcome.losses, goal)
    pace = "converged" if outcome.status is Status.CONVERGED or there is not None else _pace(outcome.losses, goal)
    if not _oscillates(outcome, goal, there):
        return pace
    return "converged, oscillating" if pace == "converged" else "oscillating"


def _growing(outcome: Outcome) -> str:
    """Whether the loss has exploded, or is about to."""
    if outcome.status is Status.DIVERGED:
        return "diverged"
    losses = outcome.losses
    tail = np.diff(losses[-max(5, len(losses) // 4) :])
    rising = len(tail) >= 4 and np.mean(tail > 0) >= 0.9 and losses[-1] > 1.1 * losses.min()
    return "diverging" if rising or losses[-1] > 2 * losses[0] else ""


def _pace(losses: Array, goal: Goal | None) -> str:
    """How fast a run that has not arrived is."""
    half, end = float(losses[: len(losses) // 2 + 1].min()), float(losses.min())
    if goal is not None:
        before, now = half - goal.optimum, end - goal.optimum
        if not (0 < now < before):
            return "crawling"
        left = math.log(now / goal.near) / math.log(before / now) / 2 if now > goal.near else 0.0
        return "converging" if left <= 1 else "crawling"
    fall = float(losses[0]) - end
    share = (half - end) / fall if fall > 0 else 1.0
    if share < FLAT and len(losses) > FEW:
        return "converged"
    return "crawling" if share > SLOW else "converging"


def _oscillates(outcome: Outcome, goal: Goal | None, there: int | None) -> bool:
    """Whether most steps went back on the one before: late on the way, or, without a known goal, at the end."""
    turned, losses = outcome.turned, outcome.losses
    if goal is None:
        rest = losses.min() + SETTLED * (losses[0] - losses.min())
        end = int(np.flatnonzero(losses <= rest)[0]) if losses[0] > losses.min() else len(losses) - 1
        late = turned[-max(2, len(turned) // 4) :]
        if len(turned) > 8 and late.mean() >= TURNED:
            return True
    else:
        end = len(losses) - 1 if there is None else there
    way = turned[end // 2 + 1 : end + 1]
    return len(way) >= 2 and float(way.mean()) >= TURNED
