"""Claims about what a descent will do: its largest stable rate, its best one, how far it is, when it arrives."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gdcli.analysis.claims import Claim, number
from gdcli.analysis.curvature import BATCH_FORMULAS, FORMULAS, largest_stable_rate
from gdcli.analysis.distance import Steps, course
from gdcli.analysis.objective import Objective
from gdcli.arrays import Array
from gdcli.formatting import exact
from gdcli.optim.optimizers import SGD, Optimizer
from gdcli.said import say
from gdcli.training.loop import Problem

__all__ = [
    "arrived",
    "best_rate",
    "distance",
    "each_factor",
    "pace",
    "share",
    "stable_rate",
]

WITHIN = 1e-6
"""An objective that is within this part of its least value is as good as there."""

ARRIVED = 1e-12
"""One within this part of it has the optimum's digits."""

NEARER = 100.0
"""The factor by which a distance is to shrink where there is nothing to compare it with."""

LEAST_SQUARES = say("exact least squares")

CARRIED_OUT = 1e10
"""Epochs beyond which a number stands for never."""

STEADY = 0.1
"""Two spans of a run whose paces differ by no more of each other have one pace,"""
DRIFT = 0.2
"""and part by which it may be another, on average, on the way that is foretold, if it goes on changing so."""
PLATEAU = 1e-9
"""Of a contraction: rates that differ by less are as fast."""


def stable_rate(problem: Problem, optimizer: Optimizer, batches: bool = False) -> Claim | None:
    """The largest stable constant rate: exact for full batches, a bound for parts of the data; None without a formula.

    Args:
        problem: A linear model with MSE.
        optimizer: SGD, Momentum or Nesterov.
        batches: Whether steps are taken on parts of the data.

    >>> from gdcli import Dataset, Linear, mse
    >>> deck = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    >>> stable_rate(deck, SGD()).sentence
    'The largest stable learning rate is exactly 2/L = 0.2918.'
    """
    limit = largest_stable_rate(problem, optimizer, batches)
    if limit is None or problem.l1:
        return None
    formula = (BATCH_FORMULAS if batches else FORMULAS)[type(optimizer)]
    if batches:
        sentence = say(
            "No mini-batch can upset a learning rate of at most {formula} = {limit}, L of the worst row.",
            formula=formula,
            limit=number(limit),
        )
        return Claim("bound", "largest stable rate", limit, sentence)
    return Claim(
        "exact",
        "largest stable rate",
        limit,
        say("The largest stable learning rate is exactly {formula} = {limit}.", formula=formula, limit=number(limit)),
    )


def share(rate: float, limit: Claim | None) -> Claim | None:
    """A rate beside the largest stable one.

    >>> share(0.1, Claim("exact", "largest stable rate", 0.2918, "")).sentence
    'lr 0.1 is 34 % of the largest stable one, 0.2918.'
    """
    if limit is None or not isinstance(limit.value, float):
        return None
    part = rate / limit.value
    name = say("largest stable one") if limit.kind == "exact" else say("largest that no batch can upset")
    size = say("{part} % of", part=number(100 * part, 2)) if part < 10 else say("{part} times", part=number(part, 2))
    sentence = say(
        "lr {rate} is {size} the {name}, {value}.",
        rate=exact(rate),
        size=size,
        name=name,
        value=number(limit.value),
    )
    return Claim(limit.kind, "share of the limit", part, sentence)


def best_rate(objective: Objective, optimizer: Optimizer) -> Claim | None:
    """The constant rate with the fastest guaranteed approach, in the directions that are not flat.

    2/(L + mu) for gradient descent; with a given momentum it is searched for. None for other optimizers.

    Source: Nesterov 2004, Introductory Lectures, theorem 2.1.15; Golden section: Kiefer 1953.
    """
    if type(optimizer) not in FORMULAS or not len(objective.curved.eigenvalues):
        return None
    if type(optimizer) is SGD:
        rate, how = objective.curved.best_rate, "2/(L + mu) = "
    else:
        low, high = _searched(objective, optimizer)
        rate, how = math.sqrt(low * high), ""
        if high > 1.01 * low:
            alike = say(
                "Constant learning rates from {low} to {high} are the fastest, and alike in the long run.",
                low=number(low),
                high=number(high),
            )
            return Claim("exact", "best rate", rate, alike)
    return Claim(
        "exact",
        "best rate",
        rate,
        say("The fastest constant learning rate is {how}{rate}.", how=how, rate=number(rate)),
    )


def _searched(objective: Objective, optimizer: Optimizer) -> tuple[float, float]:
    """The rates of the least contraction, from the lowest to the highest, by golden section on their logarithm.

    With momentum u there may be many: all directions that turn back and forth shrink by the root of u alike.
    """
    top = math.log(2 * (1 + getattr(optimizer, "momentum", 0.0)) / float(objective.curved.eigenvalues[-1]))
    low, high, part = top - math.log(1e4), top, (math.sqrt(5) - 1) / 2
    while high - low > 1e-6:
        first, second = high - part * (high - low), low + part * (high - low)
        if _contraction(objective, optimizer, math.exp(first)) <= _contraction(objective, optimizer, math.exp(second)):
            high = second
        else:
            low = first
    lowest = (low + high) / 2
    least = _contraction(objective, optimizer, math.exp(lowest)) * (1 + PLATEAU)
    low, high = lowest, top
    while high - low > 1e-6:
        middle = (low + high) / 2
        if _contraction(objective, optimizer, math.exp(middle)) <= least:
            low = middle
        else:
            high = middle
    return math.exp(lowest), math.exp(low)


def _contraction(objective: Objective, optimizer: Optimizer, rate: float) -> float:
    steps = course(objective, optimizer, rate, objective.optimum)
    return math.inf if steps is None else steps.contraction


def distance(
    objective: Objective,
    optimizer: Optimizer,
    rate: float,
    parameters: Array,
    velocity: Array | None = None,
    loss_name: str = "MSE",
) -> Claim | None:
    """How many epochs of full batches the optimum is away: counted, not estimated; None where no formula is known.

    Args:
        objective: What the descent minimises.
        optimizer: SGD, Momentum or Nesterov.
        rate: Its constant learning rate.
        parameters: Where it is now, shape (P,).
        velocity: How it moves now, shape (P,): the `velocity` of its state, if it has one.
        loss_name: What is minimised, as people write it.

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, mse
    >>> from gdcli.analysis.objective import objective
    >>> deck = objective(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), SGD())
    >>> distance(deck, SGD(), 0.1, np.array([-1.0, 5.0])).sentence
    "Exactly 146 epochs more bring the MSE 100 times nearer to the optimum's."
    """
    way = course(objective, optimizer, rate, parameters, velocity)
    if way is None:
        return None
    what = minimised(objective, loss_name)
    now = way.excess(0)
    there = arrived(objective, now, what)
    if there is None and objective.value(parameters) <= objective.least:  # no true loss is below the least
        there = _arrived_but_for_rounding(what)
    if there is not None:
        return there
    if not way.stable:
        return Claim(
            "exact",
            "epochs to go",
            math.inf,
            say("With lr {rate} the {what} never comes to its optimum.", rate=number(rate), what=what),
        )
    target, goal = _target(objective, now)
    steps = way.steps_to(target)
    return None if steps is None else _counted(steps, what, goal)


def minimised(objective: Objective, loss_name: str = "MSE") -> str:
    """What excesses are of, in words: the loss, with the penalty or weight decay that is minimised along with it."""
    penalised = objective.l2 or objective.weight_decay
    return say("{loss_name} with its penalty", loss_name=loss_name) if penalised else loss_name


def arrived(objective: Objective, now: float, what: str = "MSE") -> Claim | None:
    """That an excess of `now` is no more than the optimum's digits or rounding leave; None where it is more."""
    if now <= ARRIVED * objective.least:
        return Claim(
            "exact", "epochs to go", 0, say("It has arrived: the {what} is the optimum's to 12 digits.", what=what)
        )
    if now <= max(objective.resolution, objective.blur):
        return _arrived_but_for_rounding(what)
    return None


def _arrived_but_for_rounding(what: str) -> Claim:
    sentence = say("It has arrived: the {what} is the optimum's but for rounding.", what=what)
    return Claim("exact", "epochs to go", 0, sentence)


def _target(objective: Objective, now: float) -> tuple[float, str]:
    """What to ask for next: a millionth of the optimum's value, else a hundredth of what is left."""
    near = WITHIN * objective.least
    least = max(objective.resolution, objective.blur)
    if now > near > least:
        return near, say("within a millionth of the optimum's")
    return max(now / NEARER, least), say("{nearer:g} times nearer to the optimum's", nearer=NEARER)


def _counted(steps: Steps, what: str, goal: str) -> Claim:
    count = f"{steps.count:,}" if steps.count < CARRIED_OUT else number(float(steps.count), 2)
    if steps.exact:
        said = {"count": count, "s": "s" * (steps.count != 1), "brings": _brings(steps), "what": what, "goal": goal}
        sentence = say("Exactly {count} epoch{s} more {brings} the {what} {goal}.", **said)
        return Claim("exact", "epochs to go", steps.count, sentence)
    rounded = float(f"{steps.count:.2g}") if steps.count < 2**53 else float(steps.count)
    never = say(": more than anyone can wait for") if steps.count > CARRIED_OUT else ""
    sentence = say(
        "About {count} epoch{s} more {brings} the {what} {goal}{never}.",
        count=number(rounded, 2),
        s="s" * (steps.count != 1),
        brings=_brings(steps),
        what=what,
        goal=goal,
        never=never,
    )
    return Claim("extrapolation", "epochs to go", steps.count, sentence)


def _brings(steps: Steps) -> str:
    return "brings" if steps.count == 1 else "bring"


def each_factor(
    objective: Objective, optimizer: Optimizer, rate: float, parameters: Array, loss_name: str = "MSE"
) -> Claim | None:
    """How many epochs each factor 100 takes, where the optimum's loss is 0 and one pace is left; else None.

    Only of plain descent: its slowest direction sets the pace, once the others are done.

    Args:
        objective: What the descent minimises.
        optimizer: SGD.
        rate: Its constant learning rate.
        parameters: Where it is now, shape (P,).
        loss_name: What is minimised, as people write it.
    """
    if type(optimizer) is not SGD or objective.least > objective.resolution or objective.name != LEAST_SQUARES:
        return None
    way = course(objective, optimizer, rate, parameters)
    if way is None or not way.falling or way.excess(0) <= objective.resolution:
        return None
    steps, each = way.steps_to(max(way.excess(0) / NEARER, objective.resolution)), way.steps_per_factor(NEARER)
    if steps is None or abs(steps.count - each) > 1:
        return None
    count = number(float(f"{each:.2g}"), 2)
    sentence = say(
        "About {count} epochs more for each factor {nearer:g} in {loss_name}.",
        count=count,
        nearer=NEARER,
        loss_name=loss_name,
    )
    return Claim("extrapolation", "epochs per factor 100", each, sentence)


def pace(losses: Sequence[float], least: float, loss_name: str = "MSE", resolution: float = 0.0) -> Claim | None:
    """How many epochs the optimum is away if a run goes on as it went; None where it has no steady pace.

    For optimizers without a formula. The third and the last quarter of the run must agree on the pace, the better the
    longer the way that is foretold: what changes by a tenth in a quarter of the run is another pace four runs later.

    Args:
        losses: The loss at each epoch.
        least: The loss at the optimum.
        loss_name: What is minimised, as people write it.
        resolution: An excess that float64 cannot tell from 0.
    """
    quarter = (len(losses) - 1) // 4
    if quarter < 5:
        return None
    above = [losses[at] - least for at in (-1 - 2 * quarter, -1 - quarter, -1)]
    if not above[0] > above[1] > above[2] > max(ARRIVED * abs(least), 0.0):
        return None
    earlier, later = math.log(above[0] / above[1]), math.log(above[1] / above[2])
    if abs(earlier - later) > STEADY * max(earlier, later):
        return None
    near = WITHIN * least if above[2] > WITHIN * least > resolution else above[2] / NEARER
    more = quarter * math.log(above[2] / near) / later
    drift = abs(earlier - later) / later * (more / quarter) / 2
    if near <= resolution or drift > DRIFT:
        return None
    goal = (
        say("within a millionth of the optimum's")
        if near == WITHIN * least
        else say("{nearer:g} times nearer to it", nearer=NEARER)
    )
    count = float(f"{more:.2g}")
    sentence = say(
        "At the pace of its last {quarter} epochs, about {count} more bring the {loss_name} {goal}.",
        quarter=2 * quarter,
        count=number(count),
        loss_name=loss_name,
        goal=goal,
    )
    return Claim("extrapolation", "epochs to go", count, sentence)
