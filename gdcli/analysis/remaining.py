"""What is left of the way from the start: what `--tolerance` is compared with, free of units."""

from __future__ import annotations

import math

import numpy as np

from gdcli.analysis.objective import Objective
from gdcli.arrays import Array
from gdcli.training.loop import Problem

__all__ = ["gradient_rounding", "relative_excess", "relative_gradient"]


def relative_excess(objective: Objective, start: Array, parameters: Array) -> float:
    """The part of the start's distance to the optimum that is left: (J(w) - J*) / (J(start) - J*).

    J is the true objective, penalties and weight decay included. What float64 cannot tell from the optimum is 0, so a
    run that starts there has converged. This is what `--tolerance` is compared with where the optimum is known.

    Args:
        objective: J.
        start: The run's first parameters, shape (P,).
        parameters: Those now.

    >>> import numpy as np
    >>> from gdcli import Dataset, Linear, mse
    >>> from gdcli.analysis.objective import objective
    >>> deck = objective(Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0])), SGD())
    >>> round(relative_excess(deck, np.array([-1.0, 5.0]), np.array([-0.7, 5.1])), 4)  # MSE 2.5, then 1.825
    0.73
    """
    now, first = float(objective.excess(parameters)), float(objective.excess(start))
    if now <= objective.resolution:
        return 0.0
    return now / first if first > 0 else math.inf


def relative_gradient(start: Array, gradient: Array) -> float:
    """The largest component of a gradient beside the start's largest: what `--tolerance` is compared with elsewhere.

    >>> import numpy as np
    >>> relative_gradient(np.array([-3.0, -1.0]), np.array([0.0, -0.75]))
    0.25
    """
    now, first = float(np.abs(gradient).max(initial=0.0)), float(np.abs(start).max(initial=0.0))
    if now == 0:
        return 0.0
    return now / first if first > 0 else math.inf


def gradient_rounding(problem: Problem, start: Array) -> float:
    """What rounding may leave of a component of the gradient where its terms cancel; 0 if there are hidden layers.

    The gradient by a weight is a sum of input times slope over the rows, each of them rounded: what the type tells
    apart, times the largest sum of |input| |slope| at the start.

    Args:
        problem: The model, the loss, the rows.
        start: Its parameters before the first step, in the type of the run.

    >>> import numpy as np
    >>> from gdcli import Dataset, Network, binary_cross_entropy
    >>> xor = Dataset([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    >>> gradient_rounding(Problem(Network((2, 1)), binary_cross_entropy, xor), np.zeros(3)) < 1e-15
    True
    """
    if len(getattr(problem.model, "sizes", ())) != 2 or not problem.data.in_memory:
        return 0.0
    inputs = np.asarray(problem.data.inputs)
    slopes = np.abs(problem.loss(problem.model(start, inputs)[0], problem.data.targets)[1])
    terms = max(float((np.abs(inputs).T @ slopes).max()), float(slopes.sum(axis=0).max()))
    return float(np.finfo(start.dtype).eps) * terms
