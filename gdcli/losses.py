"""Losses: what descent minimises. Each returns its value and the way back, in one function.

A loss is `(outputs, targets) -> (value, gradient)`: the mean over the rows, and its derivative with respect
to the outputs. A leading axis of the outputs, if any, is a stack of runs and stays in both results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gdcli.data.dataset import Array

__all__ = ["huber", "mae", "mse"]

Loss = Callable[[Array, Array], tuple[Any, Array]]
"""`(outputs (..., n), targets (n,)) -> (value (...), gradient (..., n))`."""


def mse(outputs: Array, targets: Array) -> tuple[Any, Array]:
    """Mean squared error: mean((y_hat - y)^2). A plain mean, so its gradient carries the 2/n.

    Args:
        outputs: Predictions y_hat, shape (..., n).
        targets: True values y, shape (n,).

    Returns:
        The loss, shape (...), in squared units of y; and its gradient 2 (y_hat - y) / n, shape (..., n).

    >>> import numpy as np
    >>> value, gradient = mse(np.array([4.0, 3.0]), np.array([3.0, 5.0]))
    >>> float(value), gradient.tolist()
    (2.5, [1.0, -2.0])

    Source: the lecture, "How wrong is the line?".
    """
    residual = outputs - targets
    n = residual.shape[-1]
    return np.vecdot(residual, residual) / n, residual * (2.0 / n)


def mae(outputs: Array, targets: Array) -> tuple[Any, Array]:
    """Mean absolute error: mean(|y_hat - y|); where a residual is exactly 0 its subgradient is 0.

    Args:
        outputs: Predictions y_hat, shape (..., n).
        targets: True values y, shape (n,).

    Returns:
        The loss, in units of y; and sign(y_hat - y) / n.

    >>> import numpy as np
    >>> value, gradient = mae(np.array([4.0, 3.0]), np.array([3.0, 5.0]))
    >>> float(value), gradient.tolist()
    (1.5, [0.5, -0.5])

    Source: Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, section 10.6.
    """
    residual = outputs - targets
    n = residual.shape[-1]
    return np.add.reduce(np.abs(residual), axis=-1) / n, np.sign(residual) / n


def huber(outputs: Array, targets: Array, delta: float = 1.0) -> tuple[Any, Array]:
    """Huber loss: mean of r^2/2 where |r| <= delta, else delta (|r| - delta/2), with r = y_hat - y.

    Args:
        outputs: Predictions y_hat, shape (..., n).
        targets: True values y, shape (n,).
        delta: Where squared becomes linear, in units of y.

    Returns:
        The loss; and r clipped to [-delta, delta], over n.

    >>> import numpy as np
    >>> value, gradient = huber(np.array([3.5, 3.0]), np.array([3.0, 5.0]))
    >>> float(value), gradient.tolist()
    (0.8125, [0.25, -0.5])

    Source: Huber 1964, Robust Estimation of a Location Parameter, section 4; PyTorch's HuberLoss.
    """
    residual = outputs - targets
    n = residual.shape[-1]
    clipped = np.clip(residual, -delta, delta)
    return np.vecdot(clipped, residual - 0.5 * clipped) / n, clipped / n
