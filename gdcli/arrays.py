"""The one array type: everything numeric passes as this."""

from typing import Any

from numpy.typing import NDArray

__all__ = ["Array"]

Array = NDArray[Any]
"""A NumPy array of floats (float64, or float32 for networks)."""
