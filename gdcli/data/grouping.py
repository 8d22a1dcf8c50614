"""Rows of many groups reduced, while they pass, to what a linear model of each group needs of them."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.definitions.dataclass import dataclass

__all__ = ["GroupCondenser", "GroupScatter"]

_NUMBERS = 1 << 22  # of rows that wait to be condensed, and of one batch of matrices


@dataclass(frozen=True, eq=False)
class GroupScatter:
    """What is left of the rows of G groups, in q columns, the target's last.

    Args:
        rows: How many they were, (G,).
        mean: The columns' means, (G, q).
        scatter: The R factors of the centred tables, (G, q, q).
        low: The columns' smallest values, (G, q).
        high: Their largest.
    """

    rows: NDArray[np.int64]
    mean: Array
    scatter: Array
    low: Array
    high: Array

    @property
    def deviation(self) -> Array:
        """The columns' population standard deviations, (G, q)."""
        norms = np.sqrt(np.square(self.scatter).sum(axis=1))
        result: Array = norms / np.sqrt(np.maximum(self.rows, 1))[:, None]
        return result

    def equivalent(self, offset: Array, factor: Array) -> tuple[Array, Array]:
        """The k = d + 2 rows of each group with its means and scatter, inputs scaled: (G, k, d) and (G, k).

        Args:
            offset: What is taken from the inputs, (G, d).
            factor: What they are divided by, (G, d).
        """
        width = self.mean.shape[1]
        k = width + 1
        basis = np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, : k - 1]]))[0][:, 1:]
        spread = basis @ self.scatter * np.sqrt(k / np.maximum(self.rows, 1))[:, None, None]
        inputs = (self.mean[:, None, :-1] - offset[:, None]) / factor[:, None] + spread[..., :-1] / factor[:, None]
        return inputs, self.mean[:, -1:] + spread[..., -1]

    def only(self, chosen: Array) -> GroupScatter:
        """The same of some groups."""
        parts = (self.rows, self.mean, self.scatter, self.low, self.high)
        return GroupScatter(*(part[chosen] for part in parts))


class GroupCondenser:
    """Takes rows with the numbers of their groups, and keeps each group's means and the R factor about them.

    Factors of two parts of a group are merged by one QR of [R_a; R_b; sqrt(n_a n_b / n) (mean_b - mean_a)].

    Args:
        columns: Inputs and the target.

    >>> condenser = GroupCondenser(2)
    >>> condenser.add(np.array([1, 0, 1]), np.array([[1.0, 3.0], [5.0, 5.0], [3.0, 7.0]]))
    >>> few = condenser.result(2)
    >>> few.rows.tolist(), few.mean.tolist(), few.deviation.tolist()
    ([1, 2], [[5.0, 5.0], [2.0, 5.0]], [[0.0, 0.0], [1.0, 2.0]])

    Source: Chan, Golub, LeVeque 1983, Algorithms for computing the sample variance (the merging of means).
    """

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._waiting: list[tuple[NDArray[np.int64], Array]] = []
        self._numbers = 0
        self._kept = _nothing(0, columns)

    def add(self, groups: NDArray[np.int64], rows: Array) -> None:
        """Takes further rows, (n, columns), and their groups, (n,)."""
        self._waiting.append((groups, rows))
        self._numbers += rows.size
        if self._numbers >= _NUMBERS:
            self._condense()

    def result(self, count: int) -> GroupScatter:
        """What is left of the rows of groups 0 .. count - 1."""
        self._condense()
        self._grow(count)
        kept = self._kept.only(np.arange(count))
        constant = kept.low == kept.high
        mean = np.where(constant, kept.low, kept.mean)
        scatter = np.where(constant[:, None, :], 0.0, kept.scatter)
        return GroupScatter(kept.rows, mean, scatter, kept.low, kept.high)

    def _grow(self, count: int) -> None:
        """Makes room for so many groups."""
        more = count - len(self._kept.rows)
        if more > 0:
            own, new = vars(self._kept), vars(_nothing(more, self._columns))
            self._kept = GroupScatter(**{name: np.concatenate([own[name], new[name]]) for name in own})

    def _condense(self) -> None:
        if not self._waiting:
            return
        groups = np.concatenate([part for part, _ in self._waiting])
        rows = np.concatenate([part for _, part in self._waiting])
        self._waiting, self._numbers = [], 0
        present, part = _condensed(groups, rows)
        if len(present):
            top = int(present[-1]) + 1
            if top > len(self._kept.rows):
                self._grow(max(top, 2 * len(self._kept.rows)))
            before = self._kept.only(present)
            merged = part if not before.rows.any() else _merged(before, part)
            for name, values in vars(self._kept).items():
                values[present] = vars(merged)[name]


def _nothing(count: int, columns: int) -> GroupScatter:
    zeros = np.zeros((count, columns))
    scatter = np.zeros((count, columns, columns))
    return GroupScatter(np.zeros(count, np.int64), zeros, scatter, zeros + np.inf, zeros - np.inf)


def _condensed(groups: NDArray[np.int64], rows: Array) -> tuple[NDArray[np.int64], GroupScatter]:
    """The groups that have rows, in order, and what is left of those."""
    order = np.argsort(groups, kind="stable")
    groups, rows = groups[order], rows[order]
    begins = np.flatnonzero(np.diff(groups, prepend=-1))
    counts = np.diff(begins, append=len(groups))
    mean = np.add.reduceat(rows, begins, axis=0) / counts[:, None]
    centred = rows - np.repeat(mean, counts, axis=0)
    rest = np.add.reduceat(centred, begins, axis=0) / counts[:, None]  # what rounding left in the mean
    centred -= np.repeat(rest, counts, axis=0)
    low, high = np.minimum.reduceat(rows, begins, axis=0), np.maximum.reduceat(rows, begins, axis=0)
    return groups[begins], GroupScatter(counts, mean + rest, _factors(centred, begins, counts), low, high)


def _factors(rows: Array, begins: NDArray[np.int64], counts: NDArray[np.int64]) -> Array:
    """The R factor of each group's rows: groups of about one size at a time, filled up with zeros."""
    columns = rows.shape[1]
    result = np.zeros((len(begins), columns, columns))
    sizes = np.exp2(np.ceil(np.log2(np.maximum(counts, columns)))).astype(np.int64)
    for size in np.unique(sizes):
        alike = np.flatnonzero(sizes == size)
        for some in np.array_split(alike, -(-len(alike) * int(size) * columns // _NUMBERS)):
            place = begins[some, None] + np.arange(size)
            inside = np.arange(size) < counts[some, None]
            table = rows[np.minimum(place, len(rows) - 1)] * inside[..., None]
            result[some] = np.linalg.qr(table, mode="r")
    return result


def _merged(a: GroupScatter, b: GroupScatter) -> GroupScatter:
    """Two parts of the same groups as one."""
    rows = a.rows + b.rows
    apart = b.mean - a.mean
    moved = apart * np.sqrt(a.rows / rows * b.rows)[:, None]
    scatter = np.asarray(np.linalg.qr(np.concatenate([a.scatter, b.scatter, moved[:, None]], axis=1), mode="r"))
    mean = a.mean + apart * (b.rows / rows)[:, None]
    return GroupScatter(rows, mean, scatter, np.minimum(a.low, b.low), np.maximum(a.high, b.high))
