"""The one array type, NumPy as the modules of definitions have it, and the names of columns that have none."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["Array", "ArrayLike", "DTypeLike", "NDArray", "default_names", "distinct", "np", "ones"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Array = NDArray[Any]
    """A NumPy array of floats (float64, or float32 for networks)."""
else:
    Array = ArrayLike = DTypeLike = Any  # numpy.typing takes time to load
    NDArray = list  # which has what aliases need: brackets
    np = ModuleType("numpy", "NumPy, imported when it is first used: help lists definitions and computes nothing.")

    def _from_numpy(name):  # noqa: ANN001, ANN202 - the type checker sees NumPy itself
        value = getattr(import_module("numpy"), name)
        setattr(np, name, value)
        return value

    np.__getattr__ = _from_numpy


@lru_cache(maxsize=64)
def ones(count: int, dtype: Any) -> Array:
    """A vector of ones that may be shared, because nobody can write to it."""
    made: Array = np.ones(count, dtype)
    made.flags.writeable = False
    return made


def distinct(values: Array) -> Array:
    """The different values, in order, as `np.unique` gives them, which first imports NumPy's masked arrays.

    >>> distinct(np.array([3.0, 1.0, 3.0])).tolist()
    [1.0, 3.0]
    """
    ordered = np.sort(values)
    before, first = ordered[:-1], np.ones(len(ordered), bool)
    first[1:] = (ordered[1:] != before) & (before == before)  # NaN, which stands last, is unlike itself
    result: Array = ordered[first]
    return result


def default_names(count: int) -> tuple[str, ...]:
    """`x` for one input, `x1`, `x2`, ... for several."""
    return ("x",) if count == 1 else tuple(f"x{i + 1}" for i in range(count))
