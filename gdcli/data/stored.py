"""Data sets whose rows stay on disk: batches come from a buffer that is filled from all over the file, and shuffled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from functools import cached_property

import numpy as np

from gdcli.arrays import Array, NDArray
from gdcli.data.dataset import GATHERED, Batch, Dataset
from gdcli.data.moments import TableMoments, moments_of
from gdcli.data.splitting import held_out
from gdcli.data.store import Store
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.said import say

__all__ = ["STRETCHES", "Portion", "StoredDataset", "split_stored"]

STRETCHES = 64
"""Stretches of neighbouring rows that a buffer is filled with."""

BLOCK_NUMBERS = 1 << 20
"""Numbers that are read at a time where rows come in their order."""

FEW, FEW_NUMBERS = 10_000, 1 << 22
"""Rows, and numbers in them, that stand for all of them in pictures and verdicts."""

Choice = Callable[[int, int], NDArray[np.bool_]]
"""Which of the rows from one number up to another are meant."""


@dataclass(frozen=True, eq=False)
class Portion:
    """Some of a store's rows.

    Args:
        store: Where they are.
        chosen: Which they are.
        classes: How many classes the targets are numbers of; 0 for numbers to predict.
    """

    store: Store
    chosen: Choice
    classes: int = 0

    @cached_property
    def count(self) -> int:
        """How many rows there are."""
        return sum(int(self.chosen(begin, end).sum()) for begin, end in self._cuts(1 << 16))

    @cached_property
    def moments(self) -> TableMoments:
        """What the rows are; all of them are read once."""
        return moments_of(self.blocks(), self.classes)

    def numbers(self, begin: int, end: int) -> Array:
        """The numbers of those rows that are among the store's from `begin` up to `end`."""
        return begin + np.flatnonzero(self.chosen(begin, min(end, len(self.store))))

    def read(self, begin: int, end: int) -> tuple[Array, Array]:
        """Those rows."""
        end = min(end, len(self.store))
        chosen = self.chosen(begin, end)
        inputs, targets = self.store.read(begin, end)
        return (inputs, targets) if chosen.all() else (inputs[chosen], targets[chosen])

    def blocks(self) -> Iterator[tuple[Array, Array]]:
        """All rows in their order."""
        for begin, end in self._cuts(max(1, BLOCK_NUMBERS // self.store.width)):
            inputs, targets = self.read(begin, end)
            if len(inputs):
                yield inputs, targets

    def some(self) -> tuple[Array, Array]:
        """A few of the rows, evenly from first to last."""
        step = max(1, self.count // max(1, min(FEW, FEW_NUMBERS // self.store.width)))
        picked, passed = [], 0
        for begin, end in self._cuts(1 << 16):
            numbers = self.numbers(begin, end)
            picked += numbers[-passed % step :: step].tolist()
            passed += len(numbers)
        inputs, targets = zip(*(self.store.read(at, at + 1) for at in picked), strict=True)
        return np.concatenate(inputs), np.concatenate(targets)

    def _cuts(self, size: int) -> Iterator[tuple[int, int]]:
        for begin in range(0, len(self.store), size):
            yield begin, min(begin + size, len(self.store))


@dataclass(frozen=True, eq=False)
class StoredDataset(Dataset):
    """Rows of which `inputs` and `targets` are a few, for pictures and verdicts; all others stay on disk.

    Each epoch, stretches of neighbouring rows are drawn from the whole file by (seed, epoch) until the buffer is full,
    shuffled in it, and handed out as batches; then the next ones. Rows that all fit in the buffer are shuffled as rows
    in memory are: the batches are the same to the last bit.

    Args:
        portion: The rows.
        buffer: Rows that are shuffled at a time.
        changes: What is done to rows once they are read.
    """

    portion: Portion = field(kw_only=True)
    buffer: int = field(kw_only=True)
    changes: tuple[Callable[[Dataset], Dataset], ...] = field(default=(), kw_only=True)

    @classmethod
    def of(cls, portion: Portion, buffer: int, like: Dataset) -> StoredDataset:
        """The rows of a portion, under the names and classes of another data set."""
        inputs, targets = portion.some()
        return cls(inputs, targets, like.input_names, like.target_name, like.classes, portion=portion, buffer=buffer)

    def __len__(self) -> int:
        return self.portion.count

    @property
    def in_memory(self) -> bool:
        return False

    @property
    def few(self) -> Dataset:
        """Some of the rows, in memory."""
        return Dataset(self.inputs, self.targets, self.input_names, self.target_name, self.classes)

    def loaded(self) -> Dataset:
        """All rows, in memory."""
        blocks = [self._changed(*block) for block in self.portion.blocks()]
        inputs, targets = (np.concatenate(columns) for columns in zip(*blocks, strict=True))
        return replace(self.few, inputs=inputs, targets=targets)

    def rows(self, index: Array | slice) -> Dataset:
        """Some of the few rows in memory."""
        return self.few.rows(index)

    def mapped(self, change: Callable[[Dataset], Dataset]) -> Dataset:
        """The rows, each changed alone once it is read."""
        few = change(self.few)
        few_names = few.input_names
        changes = (*self.changes, change)
        return replace(self, inputs=few.inputs, targets=few.targets, input_names=few_names, changes=changes)

    def class_counts(self) -> Array:
        """How many rows each class has, (K,)."""
        return self.portion.moments.classes

    def parts(self, size: int) -> Iterator[tuple[Array, Array]]:
        """Inputs and targets of so many rows at a time, in their order."""
        waiting: list[tuple[Array, Array]] = []
        for block in self.portion.blocks():
            waiting.append(block)
            if sum(len(targets) for _, targets in waiting) >= size:
                inputs, targets = (np.concatenate(columns) for columns in zip(*waiting, strict=True))
                full = len(targets) // size * size
                for begin in range(0, full, size):
                    yield self._changed(inputs[begin : begin + size], targets[begin : begin + size])
                waiting = [(inputs[full:], targets[full:])]
        inputs, targets = (np.concatenate(columns) for columns in zip(*waiting, strict=True))
        if len(targets):
            yield self._changed(inputs, targets)

    def batches(self, size: int | None, seed: int | None, epoch: int, skipped: int) -> Iterator[Batch]:
        """Number in the file, inputs and targets of each batch of an epoch; the first rows may be skipped.

        Raises:
            ValueError: If a batch is all rows.
        """
        if size is None:
            raise ValueError(say("rows on disk come in batches"))
        waiting: tuple[Array, Array, Array] | None = None
        for group in self._groups(size, seed, epoch, skipped):
            numbers, inputs, targets = group if waiting is None else _joined(waiting, group)
            full = len(numbers) // size * size
            waiting = numbers[full:], inputs[full:], targets[full:]
            yield from _cut(numbers[:full], *self._changed(inputs[:full], targets[:full]), size)
        if waiting is not None and len(waiting[0]):
            yield waiting[0], *self._changed(*waiting[1:])

    def _groups(self, size: int, seed: int | None, epoch: int, skipped: int) -> Iterator[tuple[Array, Array, Array]]:
        """Numbers, inputs and targets of rows in the order of the epoch, many batches at a time; some are skipped."""
        gathered = size * max(1, GATHERED // (size * self.portion.store.width))
        shuffling = None if seed is None else np.random.default_rng((seed, epoch))
        for stretches in self._buffers(seed, epoch):
            numbers = np.concatenate([self.portion.numbers(begin, end) for begin, end in stretches])
            order = np.arange(len(numbers)) if shuffling is None else shuffling.permutation(len(numbers))
            order, skipped = order[skipped:], max(0, skipped - len(order))
            if not len(order):
                continue
            inputs, targets = self._filled(stretches, len(numbers))
            for first in range(0, len(order), gathered):
                chosen = order[first : first + gathered]
                yield numbers[chosen], inputs.take(chosen, axis=0), targets.take(chosen, axis=0)
            del inputs, targets  # before the next ones are read

    def _buffers(self, seed: int | None, epoch: int) -> Iterator[list[tuple[int, int]]]:
        """The stretches that fill the buffer each time."""
        total = len(self.portion.store)
        length = -(-self.buffer // STRETCHES)
        stretches = [(begin, min(begin + length, total)) for begin in range(0, total, length)]
        at_a_time = len(stretches) if len(self) <= self.buffer else self.buffer // length
        drawn = np.arange(len(stretches))
        if seed is not None:
            drawn = np.random.default_rng((seed, epoch, 0)).permutation(len(stretches))  # dropout counts from 1
        for first in range(0, len(drawn), at_a_time):
            yield [stretches[at] for at in np.sort(drawn[first : first + at_a_time]).tolist()]

    def _filled(self, stretches: list[tuple[int, int]], count: int) -> tuple[Array, Array]:
        """The rows of some stretches, in their order."""
        store = self.portion.store
        inputs, targets, at = np.empty((count, store.width), store.dtype), None, 0
        for begin, end in stretches:
            some, known = self.portion.read(begin, end)
            targets = np.empty(count, known.dtype) if targets is None else targets
            inputs[at : at + len(some)], targets[at : at + len(some)] = some, known
            at += len(some)
        assert targets is not None  # noqa: S101 - there are stretches
        return inputs, targets

    def _changed(self, inputs: Array, targets: Array) -> tuple[Array, Array]:
        rows = Dataset(inputs, targets, self.input_names, self.target_name, self.classes)
        for change in self.changes:
            rows = change(rows)
        return rows.inputs, rows.targets


def split_stored(data: StoredDataset, fraction: float, seed: int, shuffle: bool = True) -> tuple[Dataset, Dataset]:
    """Training and held-out rows: each by its number and the seed alone, or the last ones; few are read into memory.

    Args:
        data: All rows.
        fraction: Part held out, in (0, 1).
        seed: Of the choice.
        shuffle: False holds out the last rows.

    Raises:
        OptionError: If either set would be empty.
    """
    total = len(data.portion.store)
    first_held = total - round(total * fraction)

    def is_held(begin: int, end: int) -> NDArray[np.bool_]:
        if not shuffle:
            return np.arange(begin, end) >= first_held
        return held_out(begin, end - begin, fraction, seed)

    held = replace(data.portion, chosen=is_held)
    trained = replace(data.portion, chosen=lambda begin, end: ~is_held(begin, end))
    if not (held.count and trained.count):
        what = say(
            "--validation {fraction:g} of {total} rows leaves {count} to train on",
            fraction=fraction,
            total=total,
            count=trained.count,
        )
        raise OptionError(
            say("{what} and {count} to validate on", what=what, count=held.count),
            say("give another fraction, or more data"),
        )
    train, validation = (StoredDataset.of(portion, data.buffer, data) for portion in (trained, held))
    return train, validation.loaded() if held.count <= data.buffer else validation


def _joined(waiting: tuple[Array, Array, Array], group: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
    numbers, inputs, targets = (np.concatenate(pair) for pair in zip(waiting, group, strict=True))
    return numbers, inputs, targets


def _cut(numbers: Array, inputs: Array, targets: Array, size: int) -> Iterator[Batch]:
    for begin in range(0, len(numbers), size):
        batch = slice(begin, begin + size)
        yield numbers[batch], inputs[batch], targets[batch]
