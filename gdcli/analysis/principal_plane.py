"""The plane in which a path through parameter space moves most."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gdcli.analysis.surfaces import Plane
from gdcli.arrays import Array

__all__ = ["PrincipalPlane", "principal_plane"]

_ROUNDING = 1e-12
"""A part of the variance that is rounding and nothing else."""


class PrincipalPlane(NamedTuple):
    """The two main directions of some points.

    Args:
        plane: Through their mean, along two directions of length 1.
        coordinates: Each point's projection on it, shape (n, 2).
        shares: The part of the variance along each direction.
    """

    plane: Plane
    coordinates: Array
    shares: tuple[float, float]


def principal_plane(points: Array) -> PrincipalPlane | None:
    """The plane that leaves the least of the points' variance out; None if they lie on a line.

    Args:
        points: Shape (n, P), n usually far below P.

    >>> found = principal_plane(np.array([[0.0, 0.0, 5.0], [2.0, 0.0, 5.0], [1.0, 1.0, 5.0], [1.0, -1.0, 5.0]]))
    >>> found.shares, found.plane.origin.tolist()
    ((0.5, 0.5), [1.0, 0.0, 5.0])

    Source: Li, Xu, Taylor, Studer & Goldstein 2018, Visualizing the Loss Landscape of Neural Nets, section 7.
    """
    if len(points) < 3:
        return None
    mean = points.mean(axis=0, dtype=np.float64)
    centred = points - mean
    variances, along = np.linalg.eigh(centred @ centred.T)  # n x n: P may be large
    total, (second, first) = float(variances.clip(0).sum()), variances[-2:]
    if not second > _ROUNDING * total:
        return None
    directions = (along[:, :-3:-1].T @ centred) / np.sqrt([[first], [second]])
    directions *= _signs(directions)
    return PrincipalPlane(
        Plane(mean, *directions), centred @ directions.T, (float(first / total), float(second / total))
    )


def _signs(directions: Array) -> Array:
    """The sign of each direction's largest part, so that the same path has the same picture everywhere."""
    largest = np.abs(directions).argmax(axis=1)[:, None]
    signs: Array = np.sign(np.take_along_axis(directions, largest, axis=1))
    return signs
