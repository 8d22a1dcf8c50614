"""Which of two models is better, and which of several sizes to keep: judged on the same rows held out."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np

from gdcli.analysis.claims import number
from gdcli.analysis.evidence import Mean, Verdict, mean_of
from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["Choice", "compare", "keep_smallest", "tends_higher"]

DEGREE = say("degree")
ENOUGH = 0.95
"""Of a larger size that is kept for being better."""
CONFIDENCE = 0.975
"""Of a difference that is said to be one: 5 % on both sides together."""


def compare(
    first: Array, second: Array, names: tuple[str, str] = ("a", "b"), lower: bool = True, what: str = ""
) -> Verdict:
    """The mean difference of two models' scores on the same rows or folds, beside its standard error.

    Args:
        first: One model's score of each row or fold.
        second: The other's, in the same order.
        names: What the models are called.
        lower: Whether a lower score is better, as of losses.
        what: What the scores are, as `log loss`.

    >>> import numpy as np
    >>> compare(np.array([0.2, 0.4, 0.3, 0.3]), np.array([0.3, 0.4, 0.2, 0.4])).sentence
    'a and b differ by 0.025, within the standard error of that, 0.048 (4 rows): no difference is shown.'

    Source: Student 1908, The Probable Error of a Mean, the paired test.
    """
    gap = mean_of(np.asarray(first, float) - np.asarray(second, float))
    size, error = (
        number(abs(gap.value), 2) + (say(" in {what}", what=what) if what else ""),
        number(gap.standard_error, 2),
    )
    basis = say("({count:,} rows)", count=gap.count)
    better = names[0] if (gap.value < 0) == lower else names[1]
    other = names[1] if better == names[0] else names[0]
    figures = {"difference": gap.value}
    if abs(gap.value) > gap.reach(CONFIDENCE):
        text = say(
            "{better} is better than {other} by {size}, with a standard error of {error} {basis}.",
            better=better,
            other=other,
            size=size,
            error=error,
            basis=basis,
        )
        return Verdict("different", text, figures, gap.count, gap.standard_error)
    start = say("{first} and {second} differ by {size}", first=names[0], second=names[1], size=size)
    if abs(gap.value) <= gap.standard_error:
        text = say(
            "{start}, within the standard error of that, {error} {basis}: no difference is shown.",
            start=start,
            error=error,
            basis=basis,
        )
        return Verdict("no difference", text, figures, gap.count, gap.standard_error)
    text = say(
        "{start}, with a standard error of {error} {basis}: the rows do not settle which is better.",
        start=start,
        error=error,
        basis=basis,
    )
    return Verdict("not settled", text, figures, gap.count, gap.standard_error)


def tends_higher(first: Array, second: Array, confidence: float = 0.95) -> bool:
    """Whether one model's losses are higher row by row: Wilcoxon's signed-rank test, by its normal approximation.

    Ranks are not upset by the few enormous errors that a model makes which overfits, as means are.

    Args:
        first: One model's loss of each row.
        second: The other's, in the same order.
        confidence: Of the one-sided test.

    >>> import numpy as np
    >>> tends_higher(np.array([9.0, 1, 1, 2, 3, 100]), np.array([1.0, 0.5, 1.2, 0, 1, 0]))
    True

    Source: Wilcoxon 1945, Individual Comparisons by Ranking Methods.
    """
    gaps = np.asarray(first, float) - np.asarray(second, float)
    gaps = gaps[gaps != 0]
    count = len(gaps)
    ranks = np.abs(gaps).argsort().argsort() + 1
    surplus = float(ranks[gaps > 0].sum()) - count * (count + 1) / 4
    spread = np.sqrt(count * (count + 1) * (2 * count + 1) / 24)
    return bool(surplus > NormalDist().inv_cdf(confidence) * spread)


@dataclass(frozen=True)
class Choice:
    """The size to keep.

    Args:
        kept: Its position among the sizes.
        best: The position of the one with the lowest mean.
        means: Each size's mean loss with its standard error.
        sentence: The choice, to be read aloud.
    """

    kept: int
    best: int
    means: tuple[Mean, ...]
    sentence: str


def _reach(losses: Array, size: int, best: int) -> float:
    """How much worse than the best a size may be."""
    if not np.isfinite(losses[[size, best]]).all():
        return 0.0
    return max(mean_of(losses[best]).standard_error, mean_of(losses[size] - losses[best]).reach(ENOUGH))


def keep_smallest(sizes: Sequence[float], losses: Array, name: str = DEGREE) -> Choice:
    """The smallest size whose mean loss is within one standard error of the best mean.

    Or not worse than the best, row by row, by a paired t test at 95 %: a few rows that lie well for a larger model make
    its standard error small, and it is not kept for a gain that the rows do not show.

    Args:
        sizes: What grows, in rising order: degrees, numbers of weights.
        losses: Each size's loss of each row held out, or of each fold, shape (sizes, n).
        name: What a size is called.

    Returns:
        The choice; a size whose losses are not all finite is never kept, unless there is no other.

    >>> import numpy as np
    >>> losses = np.array([[4.0, 5.0, 3.0, 4.0], [1.0, 1.2, 0.8, 1.0], [0.9, 1.2, 0.8, 1.0]])
    >>> keep_smallest([1, 3, 9], losses).sentence
    'Keep degree 3: its mean loss on 4 rows held out, 1, is not shown to be worse than the least, 0.975 of degree 9.'

    Source: Breiman, Friedman, Olshen & Stone 1984, Classification and Regression Trees, section 3.4.3.
    """
    means = tuple(mean_of(row) if np.isfinite(row).all() else Mean(np.inf, np.inf, len(row)) for row in losses)
    best = min(range(len(means)), key=lambda at: means[at].value)
    kept = next(
        (at for at in range(len(means)) if means[at].value - means[best].value <= _reach(losses, at, best)), best
    )
    count = means[best].count
    start = say(
        "Keep {name} {size}: its mean loss on {count:,} rows held out, {value},",
        name=name,
        size=number(sizes[kept]),
        count=count,
        value=number(means[kept].value, 3),
    )
    if kept == best:
        return Choice(kept, best, means, say("{start} is the least.", start=start))
    sentence = say(
        "{start} is not shown to be worse than the least, {least} of {name} {size}.",
        start=start,
        least=number(means[best].value, 3),
        name=name,
        size=number(sizes[best]),
    )
    return Choice(kept, best, means, sentence)
