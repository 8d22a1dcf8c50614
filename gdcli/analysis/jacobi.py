"""Singular values with all their digits, the small ones too, of a matrix whose columns differ much in size."""

from __future__ import annotations

import math

import numpy as np

from gdcli.arrays import Array

__all__ = ["singular"]

WIDE = 32
"""Columns up to which rotations are cheap; wider matrices go to LAPACK, whose small values are off by eps times the
largest one."""

SWEEPS = 40
"""Rounds at most; a dozen is usual."""


def singular(a: Array) -> tuple[Array, Array]:
    """Singular values of a matrix (m, P), and its right singular vectors as columns (P, P).

    >>> import numpy as np
    >>> values, _ = singular(np.array([[1e12, 1e12], [0.0, 1.0]]))
    >>> bool(np.isclose(values.prod(), 1e12, rtol=1e-12))  # the determinant
    True

    Source: Demmel & Veselic 1992, Jacobi's Method is More Accurate than QR; Hestenes 1958 for the rotations.
    """
    width = a.shape[1]
    square: Array = np.vstack([a, np.zeros((max(0, width - len(a)), width))])
    if len(a) > width:
        square = np.asarray(np.linalg.qr(a, mode="r"))
    if width > WIDE:
        _, values, rows = np.linalg.svd(square)
        return values, rows.T
    work, turned = square.T.copy(), np.eye(width)  # rows are the columns: they lie together in memory
    order = np.argsort(-np.abs(work).max(axis=1, initial=0.0))
    work, turned = work[order], turned[order]
    for _ in range(SWEEPS):
        turns = [_rotate(work, turned, i, j) for i in range(width) for j in range(i + 1, width)]
        if not any(turns):
            break
    return np.sqrt((work * work).sum(axis=1)), turned.T


def _rotate(work: Array, turned: Array, i: int, j: int) -> bool:
    """Turns two columns until they are at right angles; whether they were not."""
    first, second, both = float(work[i] @ work[i]), float(work[j] @ work[j]), float(work[i] @ work[j])
    if abs(both) <= np.finfo(float).eps * math.sqrt(first) * math.sqrt(second) or both == 0:
        return False
    skew = (second - first) / (2 * both)
    tangent = math.copysign(1.0, skew) / (abs(skew) + math.hypot(1.0, skew))
    cosine = 1 / math.hypot(1.0, tangent)
    turn = np.array([[cosine, -cosine * tangent], [cosine * tangent, cosine]])
    work[[i, j]] = turn @ work[[i, j]]
    turned[[i, j]] = turn @ turned[[i, j]]
    return True
