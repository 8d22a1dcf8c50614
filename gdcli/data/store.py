"""Rows on disk that are read by their numbers: a file of fixed-size rows, or numbers that were written as they came."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import IO, Protocol
from weakref import finalize

import numpy as np

from gdcli.arrays import Array, DTypeLike
from gdcli.data.cells import data_error
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, reason
from gdcli.said import say

__all__ = ["ArrayFile", "PairStore", "Spool", "Store"]


class Store(Protocol):
    """Inputs and targets of numbered rows."""

    def __len__(self) -> int:
        """How many rows there are."""

    @property
    def width(self) -> int:
        """Inputs of a row."""

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The type that holds all inputs."""

    def read(self, begin: int, end: int) -> tuple[Array, Array]:
        """Inputs and targets of the rows from `begin` up to `end`.

        Raises:
            DataError: If the file is no longer what it was.
        """


class ArrayFile:
    """An array in a file, row after row, of which a part is read at a time.

    The file stays open: one that takes its name later is not read.

    Args:
        path: The file.
        offset: Where its first value stands.
        dtype: Of its values.
        shape: Its rows, and what a row is.
    """

    def __init__(self, path: str, offset: int, dtype: DTypeLike, shape: tuple[int, ...]) -> None:
        self.path, self.offset, self.dtype, self.shape = path, offset, np.dtype(dtype), shape
        self._file: IO[bytes] = Path(path).open("rb", buffering=0)  # noqa: SIM115 - open as long as it is read
        self._state = self._seen()
        finalize(self, self._file.close)

    def __len__(self) -> int:
        return self.shape[0]

    def read(self, begin: int, end: int) -> Array:
        """The rows from `begin` up to `end`.

        Raises:
            DataError: If the file was changed meanwhile.
        """
        rows: Array = np.empty((max(0, min(end, self.shape[0]) - begin), *self.shape[1:]), self.dtype)
        self._file.seek(self.offset + begin * int(np.prod(self.shape[1:], dtype=np.int64)) * self.dtype.itemsize)
        if _filled(self._file, rows) < rows.nbytes or self._seen() != self._state:
            what = say("was changed while it was read")
            raise data_error(self.path, what, say("start again when nothing writes to it"))
        return rows

    def _seen(self) -> tuple[int, int]:
        found = os.fstat(self._file.fileno())
        return found.st_size, found.st_mtime_ns


@dataclass(frozen=True, eq=False)
class PairStore:
    """Inputs in one file, and a class number for each of the values in another.

    Args:
        inputs: (n, ...): a row of any shape is its values one after the other.
        labels: (n,), bytes.
        codes: (256,), the class number of each byte.
    """

    inputs: ArrayFile
    labels: ArrayFile
    codes: Array

    def __len__(self) -> int:
        return self.inputs.shape[0]

    @property
    def width(self) -> int:
        """Inputs of a row."""
        return int(np.prod(self.inputs.shape[1:]))

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Of the inputs as they are kept."""
        return self.inputs.dtype

    def read(self, begin: int, end: int) -> tuple[Array, Array]:
        """Inputs and targets of the rows from `begin` to `end`."""
        return self.inputs.read(begin, end).reshape(-1, self.width), self.codes[self.labels.read(begin, end)]


@dataclass(eq=False)
class Spool:
    """Rows that are written to unnamed temporary files as they come, each block in the type that it has.

    Args:
        width: Inputs of a row.
        order: The class number of each target, where those are numbered as they came.

    >>> spool = Spool(1)
    >>> spool.add(np.array([[1], [2]], np.uint8), np.array([3.0, 5.0]))
    >>> spool.add(np.array([[0.5]]), np.array([2.0]))
    >>> inputs, targets = spool.read(1, 3)
    >>> inputs.tolist(), targets.tolist(), len(spool)
    ([[2.0], [0.5]], [5.0, 2.0], 3)
    """

    width: int
    order: Array | None = None
    _ends: list[int] = field(default_factory=list)
    _types: list[np.dtype[np.generic]] = field(default_factory=list)
    _offsets: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        import tempfile  # rows in memory need none

        self._inputs, self._targets = (tempfile.TemporaryFile(buffering=0) for _ in range(2))  # noqa: SIM115 - they end with it
        for file in (self._inputs, self._targets):
            finalize(self, file.close)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Of the inputs as they are kept."""
        return np.result_type(*set(self._types)) if self._types else np.dtype(np.float64)

    def add(self, inputs: Array, targets: Array) -> None:
        """Takes further rows.

        Raises:
            DataError: If there is no room for them.
        """
        if not len(inputs):
            return
        try:
            _written(self._inputs, np.ascontiguousarray(inputs))
            _written(self._targets, np.ascontiguousarray(targets, np.float64))
        except OSError as error:
            raise _no_room(error, self._offsets[-1]) from None
        self._ends.append(len(self) + len(inputs))
        self._types.append(inputs.dtype)
        self._offsets.append(self._offsets[-1] + inputs.nbytes)

    def read(self, begin: int, end: int) -> tuple[Array, Array]:
        """Inputs and targets of the rows from `begin` to `end`."""
        end = min(end, len(self))
        targets: Array = np.empty(max(0, end - begin))
        self._targets.seek(8 * begin)
        _filled(self._targets, targets)
        parts = [*self._parts(begin, end)] or [np.empty((0, self.width))]
        inputs = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return inputs, targets if self.order is None else self.order[targets.astype(np.int64)]

    def _parts(self, begin: int, end: int) -> Iterator[Array]:
        """The rows of each block."""
        at = bisect_right(self._ends, begin)
        while begin < end:
            first, last = self._ends[at - 1] if at else 0, min(end, self._ends[at])
            rows: Array = np.empty((last - begin, self.width), self._types[at])
            self._inputs.seek(self._offsets[at] + (begin - first) * self.width * rows.itemsize)
            _filled(self._inputs, rows)
            yield rows
            begin, at = last, at + 1


def _filled(file: IO[bytes], rows: Array) -> int:
    """Reads an array's bytes, and tells how many there were."""
    into, done = rows.reshape(-1).view(np.uint8).data, 0
    while done < rows.nbytes and (count := file.readinto(into[done:])):  # type: ignore[attr-defined]  # a raw file
        done += count
    return done


def _written(file: IO[bytes], rows: Array) -> None:
    """Writes an array's bytes, all of them."""
    content, done = rows.reshape(-1).view(np.uint8).data, 0
    while done < len(content):
        done += file.write(content[done:])


def _no_room(error: OSError, written: int) -> DataError:
    import tempfile

    what = say(
        "{gettempdir}: {reason}: the rows are kept there, {written:,} bytes so far",
        gettempdir=tempfile.gettempdir(),
        reason=reason(error),
        written=written,
    )
    return DataError(what, say("name another folder for temporary files: TMPDIR=FOLDER"))
