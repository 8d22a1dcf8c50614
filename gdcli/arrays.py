"""The one array type: everything numeric passes as this."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "ones"]

Array = NDArray[Any]
"""A NumPy array of floats (float64, or float32 for networks)."""


@lru_cache(maxsize=64)
def ones(count: int, dtype: Any) -> Array:
    """A vector of ones that may be shared, because nobody can write to it."""
    made: Array = np.ones(count, dtype)
    made.flags.writeable = False
    return made
