"""Defaults of a network without hidden layers, whose loss is convex: a method that is known to arrive."""

from __future__ import annotations

import math

import numpy as np

from gdcli.arrays import Array
from gdcli.experiments.chosen import Choice
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.spec import NetworkSpec
from gdcli.formatting import rounded_down, short
from gdcli.nn import losses
from gdcli.said import say

__all__ = ["convex_method", "eigenvalues"]

AMPLE = 5
"""Rows a parameter from which least squares need no early end."""
MOMENTUM = 0.999
"""The largest of Nesterov's method with a fixed one."""
FLATTEST = 1e-10
"""Of the largest eigenvalue: directions in which nothing moves."""
WIDE, ITERATIONS = 400, 100
"""Inputs up to which all eigenvalues are worked out; rounds of power iteration beyond."""
FULL = 5e7
"""Products of one pass over the rows up to which full batches are taken."""
PART = 8192


def convex_method(one: Experiment) -> tuple[Choice, ...]:
    """Full batches, from zeros, by an accelerated method; nothing where the loss is not known to be convex.

    Args:
        one: The experiment with the usual values.
    """
    spec, inputs = one.spec, one.problem.data.inputs
    small = one.problem.data.in_memory and inputs.size * one.problem.model.size / inputs.shape[1] <= FULL
    if not (isinstance(spec.model, NetworkSpec) and not spec.model.hidden and small):
        return ()
    method = _of_a_quadratic(one) if one.problem.loss is losses.mse else _of_cross_entropy(one)
    if not method:
        return ()
    start = (
        () if spec.model.init is not None else (Choice("init", "zeros", say("a convex loss can be begun anywhere")),)
    )
    return (*start, *method, Choice("batch_size", "full", say("a convex loss has one optimum to go to")), *_kept(one))


def _kept(one: Experiment) -> tuple[Choice, ...]:
    """That the optimum counts, not a moment on the way to it, where there are rows enough to trust it."""
    ample = len(one.data) >= AMPLE * one.problem.model.size
    if one.spec.stop.keep is not None or one.validation is None or one.problem.loss is not losses.mse or not ample:
        return ()
    return (Choice("keep", "last", say("the optimum counts: there are rows enough to trust it")),)


def _of_cross_entropy(one: Experiment) -> tuple[Choice, ...]:
    """Nesterov's method with restarts, as the curvature falls by orders of magnitude on the way: rate 1/L or less.

    With A = [X 1] and rows' weights r, no curvature is above that of A^T diag(r) A / n: a quarter of it for a sigmoid,
    a half for softmax.

    Source: Bohning 1992, Multinomial logistic regression algorithm; O'Donoghue & Candes 2015, Adaptive Restart.
    """
    if "cross-entropy" not in one.loss_name:
        return ()
    inputs, outputs = one.problem.data.inputs, one.problem.model.size // (one.problem.data.inputs.shape[1] + 1)
    gram = _gram(inputs, _row_weights(one))
    if not np.isfinite(gram).all():
        return ()
    high = (0.25 if outputs == 1 else 0.5) * _steepest(gram) + one.problem.l2
    if not 0 < high < math.inf:
        return ()
    why = say("at most 1/L, as the largest curvature L is {high} or less", high=short(high))
    return (
        Choice("optimizer", "accelerated", say("the curvature of cross-entropy falls on the way")),
        Choice("lr", rounded_down(1 / high, 3), why),
    )


def _row_weights(one: Experiment) -> Array | None:
    """How much each row counts, by its class or by its part of each, (n,); None without class weights."""
    weights = getattr(one, "weights", None)
    if weights is None:
        return None
    targets = one.problem.data.targets
    parts = targets if targets.ndim > 1 else np.stack([1 - targets, targets], axis=1)
    return np.asarray(parts @ weights)


def _of_a_quadratic(one: Experiment) -> tuple[Choice, ...]:
    """Nesterov's method for MSE: rate 1/L and momentum (1 - q)/(1 + q), q the root of mu/L; or one that grows.

    Source: Nesterov 2004, Introductory Lectures, section 2.2, constant step scheme III.
    """
    low, high = eigenvalues(one)
    if not 0 < high < math.inf:
        return ()
    part = math.sqrt(low / high)
    momentum = float(f"{(1 - part) / (1 + part):.3f}")
    rate = Choice("lr", float(f"{1 / high:.3g}"), say("exact: 1/L, L = {high} the largest curvature", high=short(high)))
    if low and not momentum:
        return (Choice("optimizer", "sgd", say("all directions are curved alike")), rate)
    if not low or momentum > MOMENTUM:
        return (Choice("optimizer", "accelerated", say("MSE is a quadratic, curved very unevenly")), rate)
    known = say("exact for the condition number {high}", high=short(high / low, 2))
    return (
        Choice("optimizer", "nesterov", say("MSE is a quadratic")),
        Choice("momentum", momentum, known),
        rate,
    )


def eigenvalues(one: Experiment) -> tuple[float, float]:
    """The smallest that is not 0 and the largest eigenvalue of the Hessian of MSE; the smallest is 0 if not known.

    They are those of 2 A^T A / n with A = [X 1], and the L2 penalty more.
    """
    gram = 2 * _gram(one.problem.data.inputs)
    if not np.isfinite(gram).all():
        return 0.0, math.inf
    if len(gram) > WIDE:
        return 0.0, _steepest(gram) + one.problem.l2
    values = np.linalg.eigvalsh(gram)
    curved = values[values > FLATTEST * values[-1]]
    return float(curved[0]) + one.problem.l2, float(values[-1]) + one.problem.l2


def _gram(inputs: Array, weights: Array | None = None) -> Array:
    """A^T diag(r) A / n with A = [X 1] and rows' weights r, in float64, a part at a time."""
    gram = np.zeros((inputs.shape[1] + 1,) * 2)
    for begin in range(0, len(inputs), PART):
        part = inputs[begin : begin + PART].astype(np.float64)
        part = np.concatenate([part, np.ones((len(part), 1))], axis=1)
        gram += part.T @ (part if weights is None else part * weights[begin : begin + PART, None])
    return gram / len(inputs)


def _steepest(gram: Array) -> float:
    """The largest eigenvalue; of many inputs by power iteration, and a hundredth more for what that has not found."""
    if len(gram) <= WIDE:
        return float(np.linalg.eigvalsh(gram)[-1])
    vector = np.ones(len(gram))
    for _ in range(ITERATIONS):
        vector = gram @ (vector / np.linalg.norm(vector))
    return 1.01 * float(np.linalg.norm(vector))
