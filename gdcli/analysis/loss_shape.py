"""One row's loss against its prediction: the residual of a number, or the probability of the true class."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.nn.losses import LossDefinition, classifier, loss, probabilities

__all__ = ["by_probability", "by_residual", "one_minus_p"]


@loss("1 - p", tasks=("binary",), formulas={"p": ("1 - p", "-1", "-p(1 - p)")})
def one_minus_p(logits: Array, targets: Array) -> tuple[Any, Array]:
    """What is missing to certainty: mean of 1 - p, p the probability of the true class; to be compared with.

    Args:
        logits: z, shape (..., n); the probability of class 1 is 1 / (1 + exp(-z)).
        targets: 0 or 1, shape (n,).

    Returns:
        The mean of |y - p|; and its gradient by the logits.

    >>> value, gradient = one_minus_p(np.array([0.0]), np.array([1.0]))
    >>> float(value), gradient.tolist()
    (0.5, [-0.25])

    Source: the lecture, "Cross-entropy".
    """
    p, n = probabilities(logits, classes=False), logits.shape[-1]
    return np.abs(targets - p).mean(axis=-1), np.sign(p - targets) * p * (1 - p) / n


def by_residual(definition: LossDefinition, residual: Array) -> tuple[Array, Array]:
    """One row's loss and its slope by the prediction, at residuals r = y_hat - y.

    Args:
        definition: A loss of numbers.
        residual: r, shape (k,).

    Returns:
        The losses and the slopes, shape (k,) each; a zero has no sign.

    >>> from gdcli.nn.losses import mse
    >>> [each.tolist() for each in by_residual(mse, np.array([-1.0, 3.0]))]
    [[1.0, 9.0], [-2.0, 6.0]]

    Source: a mean over one row is that row's loss.
    """
    value, gradient = definition(residual[:, None], np.zeros(1))
    return value + 0.0, gradient[:, 0] + 0.0


def by_probability(definition: LossDefinition, p: Array) -> tuple[Array, Array, Array]:
    """One row's loss and its slopes by p and by the logit, where the true class has the probability p.

    Args:
        definition: A loss of classes; of several, two are looked at.
        p: Between 0 and 1, both left out, shape (k,).

    Returns:
        The losses, the slopes by p, and the slopes by the true class's logit z, p = 1 / (1 + exp(-z)).

    >>> from gdcli.nn.losses import cross_entropy
    >>> [each.round(12).tolist() for each in by_probability(cross_entropy, np.array([0.5]))]
    [[0.69314718056], [-2.0], [-0.5]]

    Source: the chain rule, dL/dz = dL/dp p (1 - p).
    """
    z, of_logits = np.log(p) - np.log1p(-p), classifier(definition)
    if "binary" in definition.tasks:
        value, gradient = of_logits(z[:, None], np.ones(1))
        by_logit = gradient[:, 0]
    else:
        value, gradient = of_logits(np.stack([np.zeros_like(z), z], axis=-1)[:, None], np.array([[0.0, 1.0]]))
        by_logit = gradient[:, 0, 1]
    return value + 0.0, by_logit / (p * (1 - p)) + 0.0, by_logit + 0.0
