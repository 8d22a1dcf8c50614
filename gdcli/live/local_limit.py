"""The local limit of a network's run, measured a little at a time while there is nothing else to do."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gdcli.analysis.local_limit import Stability, preconditioned, stability
from gdcli.analysis.sharpness import Sharpness, approach, hessian_product
from gdcli.arrays import Array
from gdcli.live.history import Curve, Moment
from gdcli.live.setup import NetworkScene, Setup
from gdcli.training.problem import Problem

__all__ = ["LocalLimit", "LocalLimits"]

NEAR = 3e-3
"""Residual of the sharpness, as a part of it, at which it is known well enough."""
MOST = 60
"""Hessian-vector products for one measurement at most."""
WORK = 4_000_000
"""Parameters times rows of one product: a few milliseconds."""
FEWEST, LARGEST = 64, 4096
"""Rows it is measured on."""


class LocalLimit(NamedTuple):
    """The limit at one moment.

    Args:
        number: Updates made before it.
        value: The largest stable rate there, by its curvature; infinite where the loss is not curved upwards.
        formula: What it is made of, S the sharpness.
    """

    number: int
    value: float
    formula: str


class LocalLimits:
    """The local limits of a run, by step.

    Args:
        setup: The run's.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup, self._since, self._kept = setup, 0, True
        self._problem: Problem | None = None
        self._search: Iterator[Sharpness] | None = None
        self._of: tuple[int, Stability] | None = None
        self._near: Array | None = None
        self.newest: LocalLimit | None = None
        self.curve = Curve(1, lambda value: (value,))

    def follow(self, setup: Setup, number: int, kept: bool) -> None:
        """Another setup from here on.

        Args:
            setup: What makes the next update.
            number: Updates made.
            kept: Whether it goes on with the optimizer's state.
        """
        self._setup, self._since, self._kept = setup, number, kept
        self._problem = self._search = self._of = self.newest = None

    def _stability(self, now: Moment) -> Stability | None:
        """What the optimizer's limit is made of now."""
        fresh = not self._kept and now.number == self._since
        state = self._setup.optimizer.init(now.parameters) if fresh else getattr(now.record, "state", None)
        return stability(self._setup.optimizer, state)

    def wants(self, now: Moment) -> bool:
        """Whether there is something to measure at a moment."""
        if self._search is not None:
            return True
        new = self.newest is None or self.newest.number != now.number
        return new and isinstance(self._setup.scene, NetworkScene) and self._stability(now) is not None

    @np.errstate(all="ignore")
    def advance(self, now: Moment) -> bool:
        """One Hessian-vector product more; True if a limit is known by it."""
        if not self.wants(now):
            return False
        if self._search is None:
            self._begin(now)
        assert self._search is not None and self._of is not None, "it has begun"  # noqa: S101 - for types
        found = next(self._search, None)
        if found is None:
            self._search = None
            return False
        done = found.residual <= NEAR * abs(found.value) or found.products >= min(MOST, now.parameters.size)
        if done or math.isnan(found.value):
            self._take(found)
        return self._search is None

    def finish(self, now: Moment) -> None:
        """Measures at a moment, without a break."""
        if self._of is not None and self._of[0] != now.number:
            self._search = None
        while self.wants(now):
            self.advance(now)

    def back_to(self, number: int) -> None:
        """Forgets what came after a step."""
        self._search = self._of = None
        self.curve.back_to(number)
        if self.newest is not None and self.newest.number > number:
            self.newest = None

    def _begin(self, now: Moment) -> None:
        known = self._stability(now)
        assert known is not None, "something is to be measured"  # noqa: S101 - for the type checker
        self._problem = self._problem or _sampled(self._setup)
        product = preconditioned(hessian_product(self._problem, now.parameters), known)
        self._of = now.number, known
        self._search = approach(product, now.parameters.size, self._near, MOST)

    def _take(self, found: Sharpness) -> None:
        assert self._of is not None, "it was measured somewhere"  # noqa: S101 - for the type checker
        number, known = self._of
        value = known.limit(found.value) if math.isfinite(found.value) else math.inf
        self.newest = LocalLimit(number, value, known.formula)
        self._search, self._near = None, found.direction if math.isfinite(found.value) else None
        if math.isfinite(value) and (not len(self.curve) or number > self.curve.steps[-1]):
            self.curve.add(number, value)


def _sampled(setup: Setup) -> Problem:
    """The problem on so many rows that a product is quick: evenly spaced ones."""
    most = min(max(WORK // setup.start.size, FEWEST), LARGEST)
    every = -(-len(setup.problem.data) // most)
    return (
        setup.problem if every == 1 else replace(setup.problem, data=setup.problem.data.rows(slice(None, None, every)))
    )
