"""What each row alone costs: of numbers by their predictions, of classes by their probabilities."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.nn.losses import LossDefinition, classifier

__all__ = ["of_numbers", "of_probabilities"]

_LEAST = 5e-324
"""The smallest number above 0; its logarithm, -744, stands in for that of 0."""
_ENDLESS = 700.0
"""A loss above this at a probability of 0 grows without end, as -log p does."""


def of_numbers(definition: LossDefinition, outputs: Array, targets: Array) -> Array:
    """Each row's loss, shape (n,).

    Args:
        definition: A loss of numbers.
        outputs: Predictions, shape (n,).
        targets: True values, shape (n,).

    >>> from gdcli.nn.losses import mae
    >>> of_numbers(mae, np.array([4.0, 3.0]), np.array([3.0, 5.0])).tolist()
    [1.0, 2.0]

    Source: a mean over one row is that row's loss.
    """
    each = [definition(outputs[at : at + 1], targets[at : at + 1])[0] for at in range(len(targets))]
    return np.array(each, dtype=np.float64)


@np.errstate(divide="ignore")
def of_probabilities(definition: LossDefinition, p: Array, targets: Array) -> Array:
    """Each row's loss, shape (n,); infinite where a loss like -log p meets a true class of probability 0.

    Args:
        definition: A loss of classes.
        p: Probabilities, shape (n, K), each row's sum above 0; they are divided by it.
        targets: Class indices, shape (n,).

    >>> from gdcli.nn.losses import cross_entropy, mse
    >>> p = np.array([[0.25, 0.75], [1.0, 0.0]])
    >>> of_probabilities(cross_entropy, p, np.array([0, 1])).round(12).tolist()
    [1.38629436112, inf]
    >>> of_probabilities(mse, p, np.array([0, 1])).round(12).tolist()
    [0.5625, 1.0]

    Source: softmax(log p) = p / sum p.
    """
    logits, of_logits = np.log(np.maximum(p, _LEAST)), classifier(definition)
    one_logit = p.shape[1] == 2 and "binary" in definition.tasks
    result = np.empty(len(p))
    for index in range(p.shape[1]):
        rows = targets == index
        if one_logit:
            each, target = (logits[rows, 1] - logits[rows, 0])[:, None], np.array([float(index)])
        else:
            each, target = logits[rows][:, None], np.eye(p.shape[1])[[index]]
        result[rows] = of_logits(each, target)[0]
    impossible = p[np.arange(len(p)), targets] == 0
    return np.where(impossible & (result > _ENDLESS), np.inf, result)
