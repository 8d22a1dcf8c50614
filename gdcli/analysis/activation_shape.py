"""The shape of an activation: where it is flat, how steep it gets, what it does below zero."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.activations import Activation

__all__ = ["Shape", "shape", "trace"]

FLAT = 0.01
"""A slope below this counts as none: a gradient loses 99 % there."""

_Z = np.arange(-40_000, 40_001) / 1000


@dataclass(frozen=True)
class Shape:
    """What can be said of an activation over all z; positions are exact to 0.001.

    Args:
        flat_below: The z below which the slope stays under 0.01; None if it never does.
        flat_above: The z above which it does; None if it never does.
        far_left: The value at z = -40.
        far_right: The value at z = 40.
        at_zero: The value at z = 0.
        steepest: The largest slope.
        steepest_at: Where; None where it is held, not met at one point.
        steepest_from: The z from which on it is held, within 1 %; None if it is not; -inf if everywhere.
        lowest: The least value below zero.
        lowest_at: Where.
        slope_below: The slope below zero where it is the same everywhere, else None.
    """

    flat_below: float | None
    flat_above: float | None
    far_left: float
    far_right: float
    at_zero: float
    steepest: float
    steepest_at: float | None
    steepest_from: float | None
    lowest: float
    lowest_at: float
    slope_below: float | None


def trace(activation: Activation, z: Array) -> tuple[Array, Array]:
    """An activation's values f(z) and derivatives f'(z).

    Args:
        activation: The function.
        z: Where, of any shape.

    Returns:
        Values and derivatives, shaped like z; a zero has no sign.

    >>> from gdcli.nn.activations import sigmoid
    >>> trace(sigmoid, np.zeros(1))
    (array([0.5]), array([0.25]))

    Source: the chain rule: a way back given 1 returns the derivative.
    """
    value, backprop = activation(z)
    return value + 0.0, backprop(np.ones_like(z)) + 0.0


def shape(activation: Activation) -> Shape:
    """Measures an activation on 80,001 points from -40 to 40.

    Args:
        activation: The function.

    Returns:
        Its shape.

    >>> from gdcli.nn.activations import sigmoid
    >>> found = shape(sigmoid)
    >>> found.steepest, found.steepest_at, found.flat_above
    (0.25, 0.0, 4.585)

    Source: Glorot & Bengio 2010, section 3, on saturation and the slope at zero.
    """
    value, slope = trace(activation, _Z)
    below = _Z < 0
    least = int(np.argmin(value[below]))
    flat_below, flat_above = _flat(np.abs(slope) >= FLAT)
    steepest_at, steepest_from = _steepest(slope)
    return Shape(
        flat_below=flat_below,
        flat_above=flat_above,
        far_left=float(value[0]),
        far_right=float(value[-1]),
        at_zero=float(value[~below][0]),
        steepest=float(slope.max()),
        steepest_at=steepest_at,
        steepest_from=steepest_from,
        lowest=float(value[least]),
        lowest_at=float(_Z[least]),
        slope_below=float(slope[0]) if np.ptp(slope[below]) == 0 else None,
    )


def _flat(steep: Array) -> tuple[float | None, float | None]:
    """Up to which z and from which z on it is flat; None where the steepness goes on to the edge."""
    at = np.flatnonzero(steep)
    if not len(at):
        return None, None
    before, after = int(at[0]) - 1, int(at[-1]) + 1
    return float(_Z[before]) if before >= 0 else None, float(_Z[after]) if after < len(_Z) else None


def _steepest(slope: Array) -> tuple[float | None, float | None]:
    """Where the slope is largest: at a point, or from one point on."""
    held = slope >= 0.99 * slope.max()
    if not held[-1]:
        return float(_Z[np.argmax(slope)]), None
    lower = np.flatnonzero(~held)
    return None, float(_Z[lower[-1]]) if len(lower) else -np.inf
