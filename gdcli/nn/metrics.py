"""How good a prediction is. Metrics are only reported; what is minimised is a loss.

Numbers are compared as float64, whatever they came as, and survive squares that would overflow.
"""

import math
from collections.abc import Sequence

import numpy as np

from gdcli.arrays import Array

__all__ = [  # noqa: RUF022  # for numbers, then for classes
    "mse",
    "rmse",
    "mae",
    "r2",
    "accuracy",
    "confusion",
    "precision",
    "recall",
    "f1",
    "macro_f1",
    "balanced_accuracy",
    "rarest_recall",
    "worst_confusions",
    "log_loss",
    "roc_auc",
]


def mse(outputs: Array, targets: Array) -> float:
    """Mean squared error: mean((output - target)^2), the plain mean without a factor 1/2.

    Args:
        outputs: n predictions.
        targets: n numbers.

    Returns:
        The error in squared units of the target; inf where it passes the largest float, nan of no rows.

    >>> mse(np.array([4.0, 3.0]), np.array([3.0, 5.0]))
    2.5

    Source: How a Neural Network Trains, the loss.
    """
    errors, unit = _scaled(_residuals(outputs, targets))
    return _mean(errors**2) * unit * unit


def rmse(outputs: Array, targets: Array) -> float:
    """Root mean squared error: sqrt(MSE), in the units of the target.

    Args:
        outputs: n predictions.
        targets: n numbers.

    Returns:
        The error; inf where the MSE overflows.

    >>> rmse(np.array([4.0, 3.0]), np.array([3.0, 5.0]))
    1.5811388300841898

    Source: How a Neural Network Trains, the loss.
    """
    return math.sqrt(mse(outputs, targets))


def mae(outputs: Array, targets: Array) -> float:
    """Mean absolute error: mean(|output - target|).

    Args:
        outputs: n predictions.
        targets: n numbers.

    Returns:
        The error in the units of the target.

    >>> mae(np.array([4.0, 3.0]), np.array([3.0, 5.0]))
    1.5

    Source: Willmott & Matsuura 2005, Advantages of the MAE over the RMSE.
    """
    errors, unit = _scaled(_residuals(outputs, targets))
    return _mean(np.abs(errors)) * unit


@np.errstate(over="ignore", invalid="ignore")
def r2(outputs: Array, targets: Array) -> float:
    """Coefficient of determination: 1 - sum((output - target)^2) / sum((target - mean)^2).

    Args:
        outputs: n predictions.
        targets: n numbers.

    Returns:
        1 is perfect, 0 no better than predicting the mean, below 0 worse. Of constant targets: 1 if met
        exactly, else 0 (as scikit-learn has it).

    >>> r2(np.array([4.0, 3.0]), np.array([3.0, 5.0]))
    -1.5

    Source: Wright 1921, Correlation and Causation.
    """
    given, truth = (np.asarray(values, dtype=float) / 4 for values in (outputs, targets))  # differences stay finite
    errors, unit = _scaled(_residuals(given, truth))
    shifted = truth - truth[:1]  # exactly 0 where all are equal, which truth - mean may not be
    spread, spread_unit = _scaled(shifted - _mean(shifted))
    left, total, ratio = _mean(errors**2), _mean(spread**2), unit / spread_unit
    if total == 0:
        return float(left == 0)
    return 1 - left / total * ratio * ratio


def accuracy(predicted: Array, targets: Array) -> float:
    """Share of rows whose class was predicted: mean(predicted == target).

    Args:
        predicted: n class indices.
        targets: n class indices.

    Returns:
        From 0 to 1.

    >>> accuracy(np.array([0, 1, 1, 2]), np.array([0, 1, 2, 2]))
    0.75

    Source: How a Neural Network Trains, from regression to classification.
    """
    return _mean(np.asarray(predicted) == np.asarray(targets))


def confusion(predicted: Array, targets: Array, count: int) -> Array:
    """Confusion matrix: row = the true class, column = the predicted one, entry = how many rows.

    Args:
        predicted: n class indices.
        targets: n class indices.
        count: K, the number of classes.

    Returns:
        Integers, shape (K, K).

    Raises:
        IndexError: If an index is K or more.

    >>> confusion(np.array([0, 1, 1, 1]), np.array([0, 1, 0, 1]), 2)
    array([[1, 1],
           [0, 2]])

    Source: Stehman 1997, Selecting and Interpreting Measures of Thematic Classification Accuracy.
    """
    matrix = np.zeros((count, count), dtype=np.int64)
    np.add.at(matrix, (targets, predicted), 1)
    return matrix


def precision(matrix: Array) -> Array:
    """Of the rows given a class, the share that belong to it: diagonal / column sum.

    Args:
        matrix: A confusion matrix, shape (K, K).

    Returns:
        One number a class, shape (K,); 0 for a class never predicted.

    >>> precision(np.array([[1, 1], [0, 3]]))
    array([1.  , 0.75])

    Source: van Rijsbergen 1979, Information Retrieval, chapter 7.
    """
    return _ratio(np.diagonal(matrix), matrix.sum(axis=0))


def recall(matrix: Array) -> Array:
    """Of the rows that belong to a class, the share given it: diagonal / row sum.

    Args:
        matrix: A confusion matrix, shape (K, K).

    Returns:
        One number a class, shape (K,); 0 for a class without rows.

    >>> recall(np.array([[1, 1], [0, 3]]))
    array([0.5, 1. ])

    Source: van Rijsbergen 1979, Information Retrieval, chapter 7.
    """
    return _ratio(np.diagonal(matrix), matrix.sum(axis=1))


def f1(matrix: Array) -> Array:
    """Harmonic mean of precision and recall: 2 diagonal / (row sum + column sum).

    Args:
        matrix: A confusion matrix, shape (K, K).

    Returns:
        One number a class, shape (K,); 0 for a class that does not occur.

    >>> f1(np.array([[1, 1], [0, 3]])).round(4)
    array([0.6667, 0.8571])

    Source: van Rijsbergen 1979, Information Retrieval, chapter 7.
    """
    return _ratio(2 * np.diagonal(matrix), matrix.sum(axis=0) + matrix.sum(axis=1))


def macro_f1(matrix: Array) -> float:
    """Mean of the classes' F1, rare classes counting as much as common ones.

    Args:
        matrix: A confusion matrix, shape (K, K).

    Returns:
        From 0 to 1, over the classes that occur among the truths or the predictions.

    >>> round(macro_f1(np.array([[1, 1, 0], [0, 3, 0], [0, 0, 0]])), 4)
    0.7619

    Source: Sokolova & Lapalme 2009, A Systematic Analysis of Performance Measures for Classification Tasks.
    """
    return _mean(f1(matrix)[matrix.any(axis=0) | matrix.any(axis=1)])


def balanced_accuracy(matrix: Array) -> float:
    """Mean of the classes' recall: what accuracy would be if all classes were equally frequent.

    Args:
        matrix: A confusion matrix, shape (K, K).

    Returns:
        From 0 to 1, over the classes that have rows; 1/K for a model that always says the same.

    >>> balanced_accuracy(np.array([[29, 0], [1, 0]]))
    0.5

    Source: Brodersen et al. 2010, The Balanced Accuracy and Its Posterior Distribution.
    """
    return _mean(recall(matrix)[matrix.any(axis=1)])


def rarest_recall(matrix: Array, classes: Sequence[str]) -> tuple[str, float, int]:
    """Recall of the class with the fewest rows: (its label, its recall, its rows).

    Args:
        matrix: A confusion matrix, shape (K, K), with at least one row.
        classes: K names.

    Returns:
        Of the classes that have rows; of equally rare ones, the first.

    >>> rarest_recall(np.array([[29, 0], [1, 0]]), ["healthy", "ill"])
    ('ill', 0.0, 1)

    Source: Saito & Rehmsmeier 2015, on what a single accuracy hides of imbalanced classes.
    """
    rows = matrix.sum(axis=1)
    rarest = min(np.flatnonzero(rows).tolist(), key=lambda at: rows[at])
    return classes[rarest], float(recall(matrix)[rarest]), int(rows[rarest])


def worst_confusions(matrix: Array, classes: Sequence[str], n: int = 3) -> list[tuple[str, str, int]]:
    """The n most frequent mistakes: (true class, predicted class, how many rows), most frequent first.

    Args:
        matrix: A confusion matrix, shape (K, K).
        classes: K names.
        n: At most so many.

    Returns:
        Mistakes that were made; equally frequent ones in the order of the classes.

    >>> worst_confusions(np.array([[5, 1], [2, 7]]), ["cat", "dog"])
    [('dog', 'cat', 2), ('cat', 'dog', 1)]

    Source: the off-diagonal of `confusion`.
    """
    mistakes = matrix - np.diag(np.diagonal(matrix))
    found = [(classes[t], classes[p], int(mistakes[t, p])) for t, p in np.argwhere(mistakes)]
    return sorted(found, key=lambda mistake: -mistake[2])[:n]


def log_loss(probabilities: Array, targets: Array) -> float:
    """Cross-entropy of given probabilities: -mean(ln p(true class)), with p kept within 2.2e-16 of 0 and 1.

    Args:
        probabilities: Shape (n, K); or (n,) or (n, 1), the probability of class 1 of two.
        targets: n class indices.

    Returns:
        0 for certain and right; at most 36.04, where every row is certain and wrong.

    >>> log_loss(np.array([0.3, 0.7]), np.array([0, 1])) == -np.log(0.7)
    np.True_

    Source: Good 1952, Rational Decisions; the bound as in scikit-learn.
    """
    table, truth = np.asarray(probabilities, dtype=float), np.asarray(targets)
    if table.size == len(truth):
        table = np.column_stack([1 - table.ravel(), table.ravel()])
    tiny = np.finfo(float).eps
    return -_mean(np.log(np.clip(table[np.arange(len(truth)), truth], tiny, 1 - tiny)))


def roc_auc(scores: Array, targets: Array) -> float:
    """Area under the ROC curve: the chance that a row of class 1 scores above one of class 0 (ties: half).

    Args:
        scores: n numbers, higher for class 1.
        targets: n class indices, 0 or 1.

    Returns:
        1 is a perfect order, 0.5 chance; nan where a class has no rows.

    >>> roc_auc(np.array([0.1, 0.4, 0.4, 0.8]), np.array([0, 0, 1, 1]))
    0.875

    Source: Hanley & McNeil 1982, The Meaning and Use of the Area under a ROC Curve (the rank-sum formula).
    """
    positive = np.asarray(targets) == 1
    ones, zeros = int(np.sum(positive)), int(np.sum(~positive))
    _, place, ties = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(ties) - (ties - 1) / 2
    above = float(np.sum(rank[place][positive])) - ones * (ones + 1) / 2
    return above / (ones * zeros) if ones and zeros else math.nan


@np.errstate(over="ignore", invalid="ignore")
def _residuals(outputs: Array, targets: Array) -> Array:
    """Outputs less targets in the targets' shape: (n, 1) less (n,) would be a table of n x n."""
    truth = np.asarray(targets, dtype=float)
    difference: Array = np.reshape(outputs, truth.shape).astype(float) - truth
    return difference


def _scaled(values: Array) -> tuple[Array, float]:
    """Values over the power of two below the largest, and that power (1 or more): exact, safe to square."""
    largest = np.max(np.abs(values), initial=1, where=np.isfinite(values))
    unit = math.ldexp(1, math.frexp(largest)[1] - 1)
    return values / unit, unit


def _mean(values: Array) -> float:
    """The mean; nan, without a warning, of nothing."""
    return float(np.mean(values)) if values.size else math.nan


def _ratio(part: Array, whole: Array) -> Array:
    """Part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(len(whole)), where=whole != 0)
