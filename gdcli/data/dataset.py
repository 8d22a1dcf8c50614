"""Rows to learn from: inputs, targets, and the names they go by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from gdcli.arrays import Array, default_names
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["GATHERED", "Array", "Batch", "Dataset", "compress", "equivalent_rows"]

GATHERED = 2**17
"""Numbers gathered at a time from shuffled rows: half a megabyte, which the cache still has when they are used."""

Batch = tuple[Array | slice, Array, Array]
"""The index, the inputs and the targets of some rows."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """n rows of d inputs with one target each.

    Args:
        inputs: Shape (n, d); a vector (n,) is taken as one input.
        targets: Shape (n,): numbers, or class indices 0..K-1; or (n, K), a distribution over classes a row.
        input_names: d names; `x`, or `x1..xd`, unless given.
        target_name: The target's name.
        classes: For classification, the label of each class index; empty for regression.

    Raises:
        ValueError: If the shapes do not agree.

    >>> Dataset(inputs=[[1.0], [2.0]], targets=[3.0, 5.0]).input_names
    ('x',)
    """

    inputs: Array
    targets: Array
    input_names: tuple[str, ...] = ()
    target_name: str = "y"
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        inputs, targets = np.asarray(self.inputs), np.asarray(self.targets)
        inputs = inputs[:, None] if inputs.ndim == 1 else inputs
        if inputs.ndim != 2 or targets.shape[:1] != inputs.shape[:1]:
            raise ValueError(
                say(
                    "inputs {shape} and targets {shape2} do not have the same rows",
                    shape=inputs.shape,
                    shape2=targets.shape,
                )
            )
        names = self.input_names or default_names(inputs.shape[1])
        if len(names) != inputs.shape[1]:
            raise ValueError(say("{count} input names for {shape} inputs", count=len(names), shape=inputs.shape[1]))
        for field, value in (("inputs", inputs), ("targets", targets), ("input_names", tuple(names))):
            object.__setattr__(self, field, value)

    def __len__(self) -> int:
        return len(self.targets)

    def rows(self, index: Array | slice) -> Dataset:
        """The rows at `index`, under the same names."""
        return replace(self, inputs=self.inputs[index], targets=self.targets[index])

    @property
    def in_memory(self) -> bool:
        """Whether `inputs` and `targets` are all the rows."""
        return True

    def mapped(self, change: Callable[[Dataset], Dataset]) -> Dataset:
        """The rows, each changed alone."""
        return change(self)

    def class_counts(self) -> Array:
        """How many rows each class has, (K,)."""
        return np.bincount(self.targets.astype(int), minlength=len(self.classes))

    def parts(self, size: int) -> Iterator[tuple[Array, Array]]:
        """Inputs and targets of so many rows at a time, in their order."""
        for begin in range(0, len(self), size):
            yield self.inputs[begin : begin + size], self.targets[begin : begin + size]

    def batches(self, size: int | None, seed: int | None, epoch: int, skipped: int) -> Iterator[Batch]:
        """Index, inputs and targets of each batch of an epoch: the rows in their order, or shuffled by (seed, epoch).

        The first rows may be skipped. Shuffled rows are gathered many batches at a time, of which a batch is then a
        view.

        Args:
            size: Rows of a batch; None = all of them.
            seed: Of the shuffling; None leaves the rows in their order.
            epoch: Counted from 1.
            skipped: How many rows are left out at the beginning.
        """
        rows = len(self)
        size = rows if size is None else min(size, rows)
        if size == rows and not skipped:
            yield slice(None), self.inputs, self.targets
        elif seed is None:
            for begin in range(skipped, rows, size):
                batch = slice(begin, begin + size)
                yield batch, self.inputs[batch], self.targets[batch]
        else:
            order = np.random.default_rng((seed, epoch)).permutation(rows)
            gathered = size * max(1, GATHERED // (size * self.inputs.shape[1]))
            for first in range(skipped, rows, gathered):
                chosen = order[first : first + gathered]
                inputs, targets = self.inputs.take(chosen, axis=0), self.targets.take(chosen, axis=0)
                for begin in range(0, len(chosen), size):
                    batch = slice(begin, begin + size)
                    yield chosen[batch], inputs[batch], targets[batch]


def compress(dataset: Dataset) -> Dataset:
    """At most d + 2 rows with the same MSE and gradient as all n, at every parameter of any linear model.

    The MSE of a linear model depends on the rows only through the means and the R factor of the centred
    table [X | y] - mean, since |A v| = |R v|. The d + 1 rows of R are turned (by an orthonormal basis H of
    the complement of the ones vector) into k = d + 2 rows with those means and that scatter:
    mean + sqrt(k/n) H R. QR keeps the condition number that forming A^T A would square.

    Returns:
        A data set of min(n, d + 2) rows under the same names.

    >>> import numpy as np
    >>> x = np.arange(100.0)
    >>> len(compress(Dataset(x, 2 * x + 1)))
    3
    """
    n, k = len(dataset), dataset.inputs.shape[1] + 2
    if n <= k:
        return dataset
    table = np.column_stack([dataset.inputs, dataset.targets])
    mean = table.mean(axis=0)
    rows = equivalent_rows(mean, np.asarray(np.linalg.qr(table - mean, mode="r")), n)
    return replace(dataset, inputs=rows[:, :-1], targets=rows[:, -1])


def equivalent_rows(mean: Array, r: Array, rows: int) -> Array:
    """The k = d + 2 rows with the means and the scatter of a table of that many rows.

    Args:
        mean: Its columns' means, (d + 1,).
        r: The R factor of the centred table, (d + 1, d + 1).
        rows: How many there are.
    """
    k = len(mean) + 1
    basis = np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, : k - 1]]))[0][:, 1:]
    result: Array = mean + np.sqrt(k / rows) * basis @ r
    return result
