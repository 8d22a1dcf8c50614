"""The engine of claims: all that can be said of one descent, from its problem, its optimizer and its rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from gdcli.analysis import claims, outlook, remaining
from gdcli.analysis.claims import Claim, number
from gdcli.analysis.curvature import FORMULAS
from gdcli.analysis.objective import Change, Objective, objective
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.optim.optimizers import Optimizer
from gdcli.said import say
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch

__all__ = ["Descent"]


@dataclass(frozen=True, eq=False)
class Descent:
    """A descent of which something is to be said.

    Args:
        problem: What is minimised, as the model sees it.
        optimizer: The optimizer, for its momentum and weight decay.
        rate: The constant learning rate; None under a schedule.
        batches: Whether steps are taken on parts of the data.
        loss_name: What is minimised, as people write it.
        back: A matrix (P, P) from the model's parameters to those that are shown; None where they are the same.
        noise: Rounding of each column of the design where the inputs were centred, shape (P,).
        unit: What its loss is multiplied by to be in the target's own units.
        compressed: Whether the problem's rows stand for many more.
        blurred: Raw powers that float64 does not tell from sums of others, where standardised ones are told apart.

    >>> import numpy as np
    >>> from gdcli import SGD, Dataset, Linear, mse
    >>> deck = Descent(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), SGD(), 0.1)
    >>> deck.share.sentence, deck.best.sentence
    ('lr 0.1 is 34 % of the largest stable one, 0.2918.', 'The fastest constant learning rate is 2/(L + mu) = 0.2857.')
    """

    problem: Problem
    optimizer: Optimizer
    rate: float | None = None
    batches: bool = False
    loss_name: str = "MSE"
    back: Change | None = None
    noise: Array | None = None
    unit: float = 1.0
    blurred: tuple[str, ...] = ()
    compressed: bool = False

    @cached_property
    def objective(self) -> Objective | None:
        """What it truly minimises, where that has a closed form."""
        return objective(self.problem, self.optimizer, self.noise, self.compressed)

    def beside(self, scaled: Callable[[], Descent]) -> Descent:
        """The same, knowing which of its columns float64 does not tell from sums of others, where `scaled` does."""
        known = self.objective
        if self.back is not None or known is None or known.unique or known.l2 or known.weight_decay:
            return self
        other = scaled().objective
        lost = tuple(fact.column for fact in known.rank.dependences)
        return replace(self, blurred=lost) if other is not None and other.unique else self

    @cached_property
    def limit(self) -> Claim | None:
        """The largest stable rate."""
        return outlook.stable_rate(self.problem, self.optimizer, self.batches)

    @property
    def share(self) -> Claim | None:
        """Its rate beside that."""
        return None if self.rate is None else outlook.share(self.rate, self.limit)

    @property
    def best(self) -> Claim | None:
        """The fastest constant rate for full batches."""
        return None if self.objective is None or self.batches else outlook.best_rate(self.objective, self.optimizer)

    @property
    def arrives(self) -> bool:
        """Whether it is known to come to an optimum: full batches, a formula, and a rate below the limit."""
        limit = None if self.limit is None or self.batches else self.limit.value
        return isinstance(limit, float) and self.rate is not None and self.rate < limit

    def optimum(self, start: Array | None = None) -> tuple[Claim, ...]:
        """What its optimum is called, to how many digits it is known, and, of many, which one is shown."""
        name = claims.optimum_name(self.objective)
        if self.objective is None or name is None:
            return ()
        if self.blurred:
            return (name, claims.blurred_powers(self.blurred))
        known = (name, claims.digits(self.objective, self.back))
        if self.objective.unique:
            return known
        return (*known, claims.uniqueness(self.objective, start if self.arrives else None, self.inputs))

    @property
    def inputs(self) -> str:
        """What its parameters multiply, where that is not the columns as they are; else nothing."""
        return "" if self.back is None else say("scaled inputs")

    @property
    def minimised(self) -> str:
        """What excesses are of, in words."""
        return self.loss_name if self.objective is None else outlook.minimised(self.objective, self.loss_name)

    def pace(self, now: Epoch) -> Claim | None:
        """How many epochs each factor 100 takes, where that is so from now on."""
        if self.objective is None or self.batches or self.rate is None or self.blurred:
            return None
        return outlook.each_factor(self.objective, self.optimizer, self.rate, now.parameters, self.loss_name)

    def ahead(self, now: Epoch, losses: Sequence[float] = ()) -> Claim | None:
        """How far it still has to go: counted where a formula is known, else how far it is; None where neither is.

        Args:
            now: The run's last record, with its optimizer's state.
            losses: The data loss at each epoch, for optimizers without a formula.
        """
        if self.objective is None or self.blurred:
            return None
        excess = float(self.objective.excess(now.parameters))
        if self.batches or self.rate is None or type(self.optimizer) not in FORMULAS:
            there = outlook.arrived(self.objective, excess, self.minimised)
            if there is not None:
                return there
        if self.batches:
            return self._wandering(self.unit * excess)
        if self.rate is not None:
            velocity = getattr(now.state, "velocity", None)
            counted = outlook.distance(
                self.objective, self.optimizer, self.rate, now.parameters, velocity, self.loss_name
            )
            if counted is not None:
                return counted
        penalised = self.objective.l2 or self.objective.weight_decay
        least = self.unit * self.objective.least
        known = not penalised and self.rate is not None
        resolution = self.unit * self.objective.resolution
        pace = outlook.pace(losses, least, self.loss_name, resolution) if known else None
        return pace or self._apart(self.unit * excess)

    def left(self, start: Epoch, now: Epoch) -> float:
        """The part of the way that is left: what `--tolerance` is compared with, free of units.

        The loss above the optimum's, as a part of the start's, where the optimum is known; else the largest component
        of the gradient, as a part of the start's.

        Args:
            start: The run's first record.
            now: A later one; both with their gradients, where there is no known optimum.
        """
        if self.objective is not None:
            return remaining.relative_excess(self.objective, start.parameters, now.parameters)
        if start.gradient is None or now.gradient is None:
            return math.nan
        return remaining.relative_gradient(start.gradient, now.gradient)

    def claims(self, start: Array, now: Epoch, losses: Sequence[float] = ()) -> tuple[Claim, ...]:
        """All of them, in the order in which one says them.

        Args:
            start: The run's first parameters.
            now: Its last record.
            losses: The data loss at each epoch.
        """
        parts = (*self.optimum(start), self.share, self.ahead(now, losses), self.pace(now))
        return tuple(claim for claim in parts if claim is not None)

    def converged(self, start: Epoch, now: Epoch) -> Claim:
        """What is left of the way, of a run that has converged by a tolerance."""
        sentence = say("It has converged: {left_words}.", left_words=self.left_words(start, now))
        return Claim("exact", "left", self.left(start, now), sentence)

    def left_words(self, start: Epoch, now: Epoch) -> str:
        """What is left of the way, in words."""
        left = number(self.left(start, now), 2)
        if self.objective is None:
            return say("the gradient's largest component is {left} of the start's", left=left)
        return say("{left} of the start's {loss_name} above the optimum's is left", left=left, loss_name=self.minimised)

    def _wandering(self, excess: float) -> Claim:
        sentence = say(
            "The {loss_name} is {excess} above the optimum's, around which mini-batches wander.",
            loss_name=self.minimised,
            excess=number(excess),
        )
        return Claim("exact", "excess", excess, sentence)

    def _apart(self, excess: float) -> Claim:
        sentence = say(
            "The {loss_name} is {excess} above the optimum's.", loss_name=self.minimised, excess=number(excess)
        )
        return Claim("exact", "excess", excess, sentence)
