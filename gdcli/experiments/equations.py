"""A fitted model in words, with as many digits as its predictions need."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gdcli.arrays import Array
from gdcli.data.scaling import polynomial
from gdcli.experiments.line import LineExperiment
from gdcli.formatting import equation, short

__all__ = ["digits_needed", "digits_shown", "shown_equation"]

MOST_ROWS, FEW_ROWS, CELLS = 1000, 10, 200_000
"""Rows that are predicted: fewer of wide tables."""
OFF, FINE = 0.02, 2e-4
"""How far off predictions may be: parts of the RMSE, or of the target's standard deviation if that is more."""
DISTINCT = 17
"""Digits that tell every float64 from the next."""


def shown_equation(one: LineExperiment, parameters: Sequence[float], mse: float, digits: int = 6) -> str:
    """A model of the experiment's terms, with the digits that are shown of its parameters; as `digits_shown`."""
    return equation(one.data.target_name, one.terms, parameters, digits_shown(one, parameters, mse, digits))


def digits_shown(one: LineExperiment, parameters: Sequence[float], mse: float, digits: int = 6) -> int:
    """Digits of a model's parameters: so many, or as many as its predictions need.

    Args:
        one: Its rows and terms.
        parameters: In raw units.
        mse: Of these parameters.
        digits: As many at least.
    """
    inputs = one.data.inputs if one.passed is None else one.passed.ends
    rows = max(FEW_ROWS, min(MOST_ROWS, CELLS // max(1, len(parameters))))
    columns = polynomial(inputs[:rows], one.basis.degree)
    columns = np.column_stack([columns, np.ones(len(columns))]) if one.basis.intercept else columns
    off = max(OFF * math.sqrt(mse), FINE * float(one.data.targets.std())) if mse >= 0 else math.inf
    return digits_needed(columns, parameters, off, digits)


def digits_needed(columns: Array, parameters: Sequence[float], off: float, least: int = 6) -> int:
    """The fewest digits of a linear model's parameters, from `least` on, that leave its predictions about as they are.

    Where terms cancel, as of inputs far from 0, a few digits of each term leave none of the sum.

    Args:
        columns: What each parameter multiplies, in some rows, shape (n, P).
        parameters: P numbers.
        off: How far off the predictions may be, in the root mean square.
        least: Digits from which to try.

    >>> year = np.array([[1990.0, 1.0], [2000.0, 1.0], [2010.0, 1.0]])
    >>> digits_needed(year, [2.0009, -3999.1234567], 0.01, 4)
    6
    """
    exact = np.array(parameters, float)
    for digits in range(least, DISTINCT):
        rounded = np.array([float(short(value, digits)) for value in parameters])
        with np.errstate(all="ignore"):
            wrong = columns @ (rounded - exact)
            if not wrong @ wrong > len(wrong) * off * off:
                return digits
    return DISTINCT
