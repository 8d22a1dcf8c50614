"""The one array type, and the names of columns that have none."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "default_names", "ones"]

Array = NDArray[Any]
"""A NumPy array of floats (float64, or float32 for networks)."""


@lru_cache(maxsize=64)
def ones(count: int, dtype: Any) -> Array:
    """A vector of ones that may be shared, because nobody can write to it."""
    made: Array = np.ones(count, dtype)
    made.flags.writeable = False
    return made


def default_names(count: int) -> tuple[str, ...]:
    """`x` for one input, `x1`, `x2`, ... for several."""
    return ("x",) if count == 1 else tuple(f"x{i + 1}" for i in range(count))
