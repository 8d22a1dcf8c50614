"""Losses: what descent minimises. Each returns its value and the way back, in one function.

A loss is `(outputs, targets) -> (value, gradient)`: the mean over the rows, and its derivative with respect
to the outputs. A leading axis of the outputs, if any, is a stack of runs and stays in both results. A loss carries
what else the program must know of it: its name, its unit, and the tasks it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Protocol, cast

from gdcli.arrays import Array, np, ones
from gdcli.definitions import LOSS, Kind, definitions, flag_name
from gdcli.said import say

# In order of complexity.
__all__ = ["mse", "mae", "huber", "binary_cross_entropy", "cross_entropy"]  # noqa: RUF022

Loss = Callable[[Array, Array], tuple[Any, Array]]
"""`(outputs (..., n), targets (n,)) -> (value (...), gradient (..., n))`; for K classes `(..., n, K)`."""
Task = Literal["regression", "binary", "multiclass"]
"""A number to predict; two classes by one logit; K classes by K logits."""
Unit = Literal["none", "linear", "squared"]
"""How a loss grows with its targets: not by a power, with their factor, or with its square."""
POWERS: dict[Unit, int] = {"none": 0, "linear": 1, "squared": 2}


class LossDefinition(Protocol):
    """A loss, with what the program must know of it."""

    __name__: str
    kind: Kind
    title: str
    """Its name, as people write it."""
    unit: Unit
    tasks: tuple[Task, ...]
    weighted: bool
    """Whether it takes `weights`, a number for each class."""
    of_logits: Loss | None
    """What stands in for it where the outputs are logits."""
    formulas: Mapping[str, tuple[str, ...]]
    """What one row adds, and its slopes, as text; empty if not given."""

    def __call__(self, outputs: Array, targets: Array, /, **weights: Any) -> tuple[Any, Array]: ...


def loss(
    title: str,
    unit: Unit = "none",
    tasks: Sequence[Task] = ("regression",),
    weighted: bool = False,
    of_logits: Loss | None = None,
    formulas: Mapping[str, tuple[str, ...]] | None = None,
) -> Callable[[Callable[..., tuple[Any, Array]]], LossDefinition]:
    """Marks a function `(outputs, targets) -> (value, gradient)` as a loss.

    Args:
        title: Its name, as people write it.
        unit: How it grows with the targets: `squared` as MSE does, `linear` as MAE does, `none` if by no power.
        tasks: What it is for: `regression` (lines too), `binary`, `multiclass`.
        weighted: Whether it takes `weights`, a number for each class.
        of_logits: What stands in for it where the outputs are logits.
        formulas: What one row adds and its slopes, as text: by `residual` r = y_hat - y, (loss, slope); by `p`, the
            probability of the true class, (loss, slope by p, slope by the logit); of one `logit` or K `logits`, with
            each class's p and y, (loss, slope by a logit).
    """

    def mark(function: Callable[..., tuple[Any, Array]]) -> LossDefinition:
        made = cast("LossDefinition", function)
        made.kind, made.title, made.unit, made.tasks = LOSS, title, unit, tuple(tasks)
        made.weighted, made.of_logits, made.formulas = weighted, of_logits, formulas or {}
        return made

    return mark


def suited(*tasks: Task) -> list[str]:
    """The flag names of the losses that are for one of these tasks.

    >>> suited("regression")
    ['mse', 'mae', 'huber']
    """
    return [flag for flag, one in definitions(LOSS).items() if set(tasks) & set(one.tasks)]


def title(function: Loss) -> str:
    """A loss's name as people write it; of a function that is no definition, its own.

    >>> title(mse), title(huber)
    ('MSE', 'Huber loss')
    """
    own: str = getattr(function, "title", "") or flag_name(getattr(function, "__name__", "loss"))
    return own


def scale(definition: LossDefinition, factor: float) -> float:
    """What the loss of standardised targets is multiplied by to be in the targets' own units.

    >>> scale(mse, 3.0), scale(mae, 3.0), scale(huber, 3.0)
    (9.0, 3.0, 1.0)
    """
    return factor ** POWERS[definition.unit]


def classifier(definition: LossDefinition, weights: Array | None = None) -> Loss:
    """A loss of logits, with class weights bound to it if it takes some."""
    if definition.of_logits is not None:
        return definition.of_logits
    return partial(definition, weights=weights) if definition.weighted and weights is not None else definition


def mse_of_probabilities(logits: Array, targets: Array) -> tuple[Any, Array]:
    """Mean squared error of probabilities: mean((p - y)^2), p = sigmoid(z) or softmax(z).

    What is wrong with it shows in its gradient: the slope p (1 - p) of the probability is a factor, so a row that
    is confidently wrong hardly pulls at all.

    Args:
        logits: z, shape (..., n), or (..., n, K) for K classes.
        targets: 0 or 1, shape (n,); or a distribution for each row, shape (n, K).

    Returns:
        The mean over rows and classes; and its gradient by the logits.

    >>> import numpy as np
    >>> value, gradient = mse_of_probabilities(np.array([0.0]), np.array([1.0]))
    >>> float(value), gradient.tolist()
    (0.25, [-0.25])

    Source: the lecture, "What is wrong with the RMSE of probabilities?"; Brier 1950.
    """
    p = probabilities(logits, classes=targets.ndim > 1)
    residual = p - targets
    slope = residual * (2 / targets.size)
    if targets.ndim == 1:
        return np.vecdot(residual, residual) / targets.size, slope * p * (1 - p)
    value = np.add.reduce(residual * residual, axis=(-1, -2)) / targets.size
    return value, p * (slope - np.add.reduce(slope * p, axis=-1, keepdims=True))


def probabilities(logits: Array, classes: bool) -> Array:
    """softmax over the last axis if there are `classes`, else the sigmoid of each logit."""
    if classes:
        powers = np.exp(logits - np.maximum.reduce(logits, axis=-1, keepdims=True))
        result: Array = powers / np.add.reduce(powers, axis=-1, keepdims=True)
        return result
    small = np.exp(-np.abs(logits))
    positive: Array = np.where(logits >= 0, 1, small) / (1 + small)
    return positive


def log_losses(logits: Array, classes: Array) -> Array:
    """-ln p(class) of each row: what all classifiers are measured by, finite where p itself is 0 in float64.

    Args:
        logits: Of class 1 of two, shape (n,); or of each class, shape (n, K).
        classes: n class indices.

    >>> import numpy as np
    >>> log_losses(np.array([0.0, -1000.0]), np.array([0, 1])).round(4).tolist()
    [0.6931, 1000.0]
    >>> log_losses(np.array([[1000.0, 0.0, 0.0]]), np.array([2])).tolist()
    [1000.0]
    """
    logits = np.asarray(logits, np.float64)
    if logits.ndim == 1:
        found: Array = np.logaddexp(0.0, np.where(classes == 1, -logits, logits))
        return found
    shifted = logits - np.maximum.reduce(logits, axis=-1, keepdims=True)
    chosen = shifted[np.arange(len(shifted)), np.asarray(classes).astype(int)]
    return np.log(np.add.reduce(np.exp(shifted), axis=-1)) - chosen  # type: ignore[no-any-return]  # an array


SQUARES = {
    "residual": ("r^2", "2r"),
    "p": ("(1 - p)^2", "-2(1 - p)", "-2p(1 - p)^2"),
    "logit": ("(p - y)^2", "2(p - y)p(1 - p)"),
    "logits": ("mean of (p - y)^2", "p(s - sum of p s), s = 2(p - y)/K"),
}
OF_CLASSES = "-log p(y)", "p - y"
LOGARITHMS = {"p": ("-log p", "-1/p", "p - 1"), "logit": OF_CLASSES, "logits": OF_CLASSES}


@loss("MSE", "squared", ("regression", "binary", "multiclass"), of_logits=mse_of_probabilities, formulas=SQUARES)
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
    square = residual.dot(residual) if residual.ndim == 1 else np.vecdot(residual, residual)  # the same, sooner
    return square / n, residual * (2.0 / n)


@loss("MAE", "linear", formulas={"residual": ("|r|", "sign r")})
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


@loss(say("Huber loss"), formulas={"residual": ("r^2/2, or |r| - 1/2", "r, within -1 and 1")})
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


@loss(say("binary-cross-entropy"), tasks=("binary",), weighted=True, formulas=LOGARITHMS)
def binary_cross_entropy(
    logits: Array, targets: Array, weights: Sequence[float] | Array | None = None
) -> tuple[Any, Array]:
    """Binary cross-entropy from logits: mean of -w_1 y log p - w_0 (1 - y) log(1 - p), p = 1 / (1 + exp(-z)).

    It is `cross_entropy` of the two logits (0, z) and the distribution (1 - y, y), whatever the smoothing and the
    weights; stable at any z, for -log p = max(-z, 0) + log(1 + exp(-|z|)).

    Args:
        logits: z, shape (..., n); the probability of class 1 is 1 / (1 + exp(-z)).
        targets: y, shape (n,): 0 or 1, or between them with label smoothing.
        weights: w_0 and w_1, how much each class counts; 1 unless given. The mean is over n rows, not over weights.

    Returns:
        The loss, in nats; and (sigmoid(z) - y) / n, or with weights (w_0 (1 - y) p - w_1 y (1 - p)) / n.

    >>> import numpy as np
    >>> value, gradient = binary_cross_entropy(np.array([0.0, 0.0]), np.array([0.0, 1.0]))
    >>> round(float(value), 12), gradient.tolist()
    (0.69314718056, [0.25, -0.25])

    Source: the lecture, "From regression to classification"; Bishop 2006, Pattern Recognition, equation 4.90.
    """
    n = logits.shape[-1]
    small = np.exp(-np.abs(logits))
    rest, p = np.log1p(small), np.where(logits >= 0, 1, small) / (1 + small)
    if weights is None:
        each, gradient = np.maximum(logits, 0) - targets * logits + rest, (p - targets) / n
        return np.add.reduce(each, axis=-1) / n, gradient
    w_0, w_1 = map(float, weights)  # Python's numbers take the precision of what they meet
    negative, positive = w_0 * (1 - targets), w_1 * targets
    each = negative * (np.maximum(logits, 0) + rest) + positive * (np.maximum(-logits, 0) + rest)
    return np.add.reduce(each, axis=-1) / n, negative * (p / n) - positive * ((1 - p) / n)


@loss(say("cross-entropy"), tasks=("multiclass",), weighted=True, formulas=LOGARITHMS)
def cross_entropy(logits: Array, targets: Array, weights: Array | None = None) -> tuple[Any, Array]:
    """Categorical cross-entropy from logits: mean of -sum_k w_k t_k log p_k, p = softmax(z), stable at any z.

    Of a class index y it is log sum_k exp(z_k) - z_y, w_y times. A distribution t smoothed by e is 1 - e for the
    row's class and e / K for every one, and each term has the weight of its own class, as in `binary_cross_entropy`.

    Args:
        logits: z, shape (..., n, K); softmax(z) are the classes' probabilities.
        targets: Class indices, shape (n,); or a distribution over the classes for each row, shape (n, K).
        weights: w, how much each class counts, shape (K,); 1 unless given. The mean is over n rows, not over weights.

    Returns:
        The loss, in nats; and (p sum_k w_k t_k - w t) / n, shape (..., n, K).

    >>> import numpy as np
    >>> value, gradient = cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(float(value), 12), gradient.tolist()
    (0.69314718056, [[-0.5, 0.5]])

    Source: the lecture, "Cross-entropy"; Bishop 2006, Pattern Recognition, equation 4.108.
    """
    n = logits.shape[-2]
    if targets.ndim == 1:
        targets = one_hot(targets, logits.shape[-1], dtype=logits.dtype)
    z = logits - np.maximum.reduce(logits, axis=-1, keepdims=True)
    gradient = np.exp(z)
    total = gradient @ ones(gradient.shape[-1], gradient.dtype)[:, None]  # a product sums in half the time
    gradient /= total
    if weights is None:
        value = _total(np.log(total)) - _inner(targets, z)
    else:
        targets = targets * np.asarray(weights, logits.dtype)
        mass = np.add.reduce(targets, axis=-1, keepdims=True)
        value = _total(mass * np.log(total)) - _inner(targets, z)
        gradient *= mass
    gradient -= targets
    gradient *= 1 / n
    return value / n, gradient


def one_hot(targets: Array, classes: int, smoothing: float = 0.0, dtype: Any = "float32") -> Array:
    """A distribution for each row: 1 - smoothing for its class, and smoothing spread evenly over all.

    >>> one_hot(np.array([1]), 2, smoothing=0.2).round(3).tolist()
    [[0.10000000149011612, 0.8999999761581421]]

    Source: Szegedy et al. 2016, Rethinking the Inception Architecture, section 7.
    """
    result = np.full((len(targets), classes), smoothing / classes, dtype)
    result[np.arange(len(targets)), targets] += 1 - smoothing
    return result


def _total(a: Array) -> Any:
    """The sum over the last two axes; over all at once it is quicker."""
    return np.add.reduce(a, axis=None if a.ndim == 2 else (-1, -2))


def _inner(a: Array, b: Array) -> Any:
    """sum(a b) over the last two axes."""
    return np.vdot(a, b) if b.ndim == 2 else np.add.reduce(a * b, axis=(-1, -2))
