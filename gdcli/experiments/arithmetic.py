"""Arithmetic that can be redone: how many digits a sum is written with, so that what is shown gives its result."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from gdcli.formatting import short

__all__ = ["Sum", "agreed", "decimal", "digits_for"]

MOST = 16
"""Significant digits that a float64 fills."""

EXACT = 200
"""Digits that products of such numbers have at most, in a sum worth writing."""

Sum = Sequence[Sequence[float]]
"""Terms, each the product of its factors."""


def digits_for(sums: Iterable[tuple[Sum, float]], least: int = 6) -> int:
    """The fewest digits of the numbers of some sums, from `least` on, that give each its result to `least` digits.

    16 where none do: terms that cancel to the last digit.

    Args:
        sums: The terms that are added up, and what they come to.
        least: Digits of the results.

    >>> digits_for([([[5, -1], [3, 5], [-13]], -3)])
    6
    >>> digits_for([([[1234.5678], [-1234.5666]], 0.0012)])
    8
    """
    pairs = list(sums)
    for digits in range(least, MOST):
        if all(_gives(decimal(terms, digits), result, least) for terms, result in pairs):
            return digits
    return MOST


def agreed(terms: Sum, result: float, digits: int, least: int = 6) -> str:
    """The result, to as many digits as the sum shown gives; "0" where rounding leaves none.

    Args:
        terms: What is added up.
        result: What it comes to.
        digits: Of the numbers of the sum.
        least: Digits of the result, if the sum gives them.

    >>> agreed([[0.1], [0.2], [-0.3]], 5.551115123125783e-17, 16)
    '0'
    """
    total = decimal(terms, digits)
    if total is None or not math.isfinite(result):
        return short(result, least)
    known = (kept for kept in range(least, 0, -1) if _gives(total, result, kept))
    kept = next(known, 0)
    return short(result, kept) if kept else "0"


def decimal(terms: Sum, digits: int) -> Decimal | None:
    """The sum of the numbers as they are shown, exactly; None where one is not finite."""
    if not all(math.isfinite(factor) for term in terms for factor in term):
        return None
    with localcontext() as context:
        context.prec = EXACT
        return sum((_product(term, digits) for term in terms), Decimal(0))


def _product(factors: Sequence[float], digits: int) -> Decimal:
    value = Decimal(1)
    for factor in factors:
        value *= Decimal(short(factor, digits))
    return value


def _gives(total: Decimal | None, result: float, digits: int) -> bool:
    """Whether a sum is the result as it is shown, to half a unit of its last digit."""
    if total is None or not math.isfinite(result):
        return True
    shown = Decimal(short(result, digits))
    if not shown:
        return not total
    with localcontext() as context:
        context.prec = EXACT
        return abs(total - shown) <= Decimal(5).scaleb(shown.adjusted() - digits)
