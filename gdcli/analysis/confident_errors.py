"""How hard each loss pulls at a row that is confidently wrong: why not the RMSE of probabilities?"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gdcli.nn.losses import Loss

__all__ = ["PROBABILITIES", "gradients_of_errors"]

PROBABILITIES = (0.5, 0.1, 0.01, 0.001)
"""Of the true class: from undecided to confidently wrong."""


def gradients_of_errors(
    loss: Loss, one_logit: bool, probabilities: Sequence[float] = PROBABILITIES
) -> tuple[float, ...]:
    """Each loss's derivative by the true class's logit, of a row that a model gives that class so much probability.

    Args:
        loss: A loss of logits.
        one_logit: Whether two classes share one logit; else there are two.
        probabilities: Of the true class.

    >>> from gdcli.nn.losses import binary_cross_entropy, mse_of_probabilities
    >>> [round(slope, 4) for slope in gradients_of_errors(binary_cross_entropy, True)]
    [-0.5, -0.9, -0.99, -0.999]
    >>> [round(slope, 4) for slope in gradients_of_errors(mse_of_probabilities, True)]
    [-0.25, -0.162, -0.0196, -0.002]

    Source: the lecture, from regression to classification; Bishop 1995, Neural Networks for Pattern Recognition, 6.8.
    """
    return tuple(_slope(loss, one_logit, probability) for probability in probabilities)


def _slope(loss: Loss, one_logit: bool, probability: float) -> float:
    if one_logit:
        logit = math.log(probability / (1 - probability))
        return float(loss(np.array([logit]), np.array([1.0]))[1][0])
    logits = np.log([[probability, 1 - probability]])
    return float(loss(logits, np.array([[1.0, 0.0]]))[1][0, 0])
