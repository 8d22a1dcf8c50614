"""Holding rows out: a seeded split, stratified for classes."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.errors import OptionError

__all__ = ["split"]


def split(dataset: Dataset, fraction: float, seed: int, shuffle: bool = True) -> tuple[Dataset, Dataset]:
    """Training and held-out rows, each in the order of the data.

    Args:
        dataset: The rows.
        fraction: Part held out, in (0, 1).
        seed: Of the choice.
        shuffle: False holds out the last rows, for time series.

    Returns:
        (training set, held-out set); for classes, each class gives its share.

    Raises:
        OptionError: If either set would be empty.

    >>> import numpy as np
    >>> train, held_out = split(Dataset(np.arange(10.0), np.arange(10.0)), 0.3, seed=0)
    >>> len(train), len(held_out)
    (7, 3)
    """
    n = len(dataset)
    count = round(n * fraction)
    if not 0 < count < n:
        raise OptionError(
            f"--validation {fraction:g} of {n} rows leaves {n - count} to train on and {count} to validate on",
            "give a fraction that leaves at least one row in each, or more data",
        )
    held_out = np.zeros(n, bool)
    held_out[_choose(dataset, count, seed) if shuffle else slice(n - count, n)] = True
    return dataset.rows(np.flatnonzero(~held_out)), dataset.rows(np.flatnonzero(held_out))


def _choose(dataset: Dataset, count: int, seed: int) -> Array:
    """Indices of `count` rows; for classes in proportion, the remainders going to the largest fractions."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(dataset))
    if not dataset.classes:
        return order[:count]
    labels = dataset.targets[order].astype(int)
    sizes = np.bincount(labels, minlength=len(dataset.classes))
    shares = sizes * (count / len(dataset))
    quota = np.floor(shares).astype(int)
    quota[np.argsort(quota - shares, kind="stable")[: count - quota.sum()]] += 1
    return np.concatenate([order[labels == k][: quota[k]] for k in range(len(quota))])
