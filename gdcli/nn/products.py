"""Products of matrices, each in the way that OpenBLAS is quickest at."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from gdcli.arrays import Array

__all__ = ["product_for"]

LARGE = 50_000
"""Parameters from which it pays to look at each product's sizes."""

UNPACKED = 10**6
"""Multiplications up to which OpenBLAS takes matrices as they lie, on some processors; beyond, it copies them first."""

PROCESSORS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
"""Those, as OpenBLAS calls them: all that have AVX-512."""

WIDTH = 32
"""Columns of a block."""


def product_for(parameters: Array) -> Callable[..., Array]:
    """What multiplies the matrices of a network with these parameters: called as `np.matmul` is, `out` included."""
    if parameters.ndim > 1:
        return np.matmul
    return np.dot if parameters.size < LARGE else _large  # for two dimensions dot is the quicker


def _large(a: Array, b: Array, out: Array | None = None) -> Array:
    """a b, for a batch's few rows in blocks of columns that OpenBLAS need not copy.

    Other products of few rows are made as (b^T a^T)^T where they may lie as they come: that takes up to a third less.
    """
    (rows, inner), columns = a.shape, b.shape[1]
    block = rows * inner * WIDTH
    if block > UNPACKED or columns % WIDTH or rows * inner * columns < 3 * UNPACKED or not _takes_unpacked():
        return np.dot(b.T, a.T).T if out is None and rows < columns else np.dot(a, b, out=out)
    out = np.empty((rows, columns), a.dtype) if out is None else out
    np.matmul(a, _blocks(b), out=_blocks(out))
    return out


def _blocks(matrix: Array) -> Array:
    """A view of a matrix (rows, columns), as blocks of columns: (blocks, rows, WIDTH)."""
    return matrix.reshape(len(matrix), -1, WIDTH).swapaxes(0, 1)


@cache
def _takes_unpacked() -> bool:
    """Whether NumPy's OpenBLAS has kernels for that, and one thread; two or more share large products only."""
    from threadpoolctl import threadpool_info  # needed for large networks only

    blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return any(library.get("architecture") in PROCESSORS and library["num_threads"] == 1 for library in blas)
