"""Holding rows out: a seeded split, stratified for classes."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.dataset import Dataset
from gdcli.errors import OptionError
from gdcli.said import say

__all__ = ["check_folds", "folds", "held_out", "split"]

LEAST, USUAL = 2, 10
"""Folds there must be at least; and rows from which a usual number of them can be."""


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
            say(
                "--validation {fraction:g} of {n} rows leaves {n2} to train on and {count} to validate on",
                fraction=fraction,
                n=n,
                n2=n - count,
                count=count,
            ),
            say("give a fraction that leaves at least one row in each, or more data"),
        )
    held_out = np.zeros(n, bool)
    held_out[_choose(dataset, count, seed) if shuffle else slice(n - count, n)] = True
    return dataset.rows(np.flatnonzero(~held_out)), dataset.rows(np.flatnonzero(held_out))


def check_folds(count: int, rows: int) -> None:
    """Refuses folds that cannot be.

    Raises:
        OptionError: If there is one, or more than rows.
    """
    if rows < LEAST:
        raise OptionError(say("--folds {count}: one row makes no folds", count=count), say("leave out --folds"))
    if not LEAST <= count <= rows:
        what = say("--folds {count}: {rows} rows make from 2 to {rows} folds", count=count, rows=rows)
        few = say("--folds {rows} leaves out a row at a time", rows=rows)
        raise OptionError(what, say("5 or 10 are usual") if rows >= USUAL else few)


def folds(dataset: Dataset, k: int, seed: int) -> list[tuple[Dataset, Dataset]]:
    """k-fold cross-validation: each row is held out once.

    Args:
        dataset: The rows.
        k: How many parts; as many as there are rows leaves one out at a time.
        seed: Of the shuffling.

    Returns:
        k pairs (training set, held-out set), each in the order of the data; for classes, each class is spread evenly.

    Raises:
        OptionError: If there are fewer rows than parts, or fewer than two parts.

    >>> import numpy as np
    >>> parts = folds(Dataset(np.arange(7.0), np.arange(7.0)), 3, seed=0)
    >>> [len(held_out) for _, held_out in parts], sorted(np.concatenate([part.targets for _, part in parts]).tolist())
    ([3, 2, 2], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

    Source: Stone 1974, Cross-Validatory Choice and Assessment of Statistical Predictions; Kohavi 1995 for stratifying.
    """
    n = len(dataset)
    check_folds(k, n)
    order = np.random.default_rng(seed).permutation(n)
    if dataset.classes:
        order = order[np.argsort(dataset.targets[order], kind="stable")]
    part = np.empty(n, int)
    part[order] = np.arange(n) % k
    return [(dataset.rows(np.flatnonzero(part != at)), dataset.rows(np.flatnonzero(part == at))) for at in range(k)]


def held_out(begin: int, count: int, fraction: float, seed: int) -> NDArray[np.bool_]:
    """Which of some rows are held out, each by its number and the seed alone: no second pass, and no block matters.

    Args:
        begin: The first row's number.
        count: How many rows.
        fraction: The part held out, on average.
        seed: Of the choice.

    >>> held_out(0, 100_000, 0.2, seed=0).mean().round(2).item()
    0.2

    Source: Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators (the mixing of SplitMix64).
    """
    with np.errstate(over="ignore"):
        z = np.arange(begin, begin + count, dtype=np.uint64) + np.uint64(1)
        z = (z + np.uint64(seed % (1 << 64)) * np.uint64(0xD1342543DE82EF95)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    chosen: NDArray[np.bool_] = (z ^ (z >> np.uint64(31))) < np.uint64(round(fraction * 2.0**64))
    return chosen


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
