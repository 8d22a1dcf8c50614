"""Images in IDX files, and NumPy's arrays, in blocks: their rows have one size, so no more than some are read."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import field
from pathlib import Path
from typing import IO, Protocol

import numpy as np

from gdcli.arrays import Array
from gdcli.data.cells import data_error
from gdcli.data.files import opened
from gdcli.data.idx import idx_header, idx_table, is_idx, is_mnist_folder, mnist_files, other_size
from gdcli.data.layout import ReadOptions
from gdcli.data.numpy_files import ArrayTable, are_columns, damage, is_numpy, pair_keys, table_of_arrays
from gdcli.data.place import is_pipe, place_of
from gdcli.data.source import HEAD_ROWS, NumberBlock, Progress, Source, first_rows_of, unwatched
from gdcli.data.store import ArrayFile
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["ArraySource", "array_source"]

_NUMBERS = 1 << 20
"""Numbers of a block."""

_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


class _Bytes(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, eq=False)
class _Header:
    """What stands before an array's values."""

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    offset: int
    member: str = ""
    is_packed: bool = False

    @property
    def row_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    def rows(self, stream: _Bytes, count: int) -> Array:
        """The next rows.

        Raises:
            DataError: If there are fewer than the header promises.
        """
        wanted = count * self.row_bytes
        parts, left = [], wanted
        while left and (part := stream.read(left)):
            parts.append(part)
            left -= len(part)
        if left:
            raise data_error(self.path, say("the file is damaged or cut short"), say("fetch or write it again"))
        return np.frombuffer(b"".join(parts), self.dtype).reshape(count, *self.shape[1:])


@dataclass(frozen=True, eq=False)
class ArraySource(Source):
    """Arrays of the same number of rows, side by side.

    Args:
        arrays: Where each is, by its key.
        name: What the table is called.
        images: Whether they are images and labels in files of IDX.
    """

    arrays: Mapping[str, _Header] = field(kw_only=True)
    name: str = field(kw_only=True)
    images: bool = field(default=False, kw_only=True)

    def __len__(self) -> int:
        return next(iter(self.arrays.values())).shape[0]

    @property
    def numbers(self) -> int:
        """How many numbers there are in all rows."""
        return sum(math.prod(header.shape) for header in self.arrays.values())

    def files(self) -> tuple[ArrayFile, ArrayFile] | None:
        """The files of images and of labels, read by row; None where they are not as they are or something else."""
        headers = [*self.arrays.values()]
        if not self.images or len(headers) != 2 or any(header.is_packed for header in headers):
            return None
        images, labels = (ArrayFile(one.path, one.offset, one.dtype, one.shape) for one in headers)
        return images, labels

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:  # noqa: ARG002 - the pair's signature
        """Blocks of numbers."""
        before = 0
        for table in _tables(self.arrays, self.name, self.images):
            yield NumberBlock(table.names, table.source, table.block, table.columns, before=before)
            before += len(table)
            progress(before * self._row_bytes, len(self) * self._row_bytes)

    @property
    def _row_bytes(self) -> int:
        return sum(header.row_bytes for header in self.arrays.values())


def array_source(source: str, options: ReadOptions, labels: str | None = None) -> ArraySource | None:
    """Images with their labels, or arrays, in blocks; None of any other source, or where they need be read whole.

    Args:
        source: A file, or a folder with MNIST's files; a pipe is left alone.
        options: How to read a text table.
        labels: The file of labels that goes with IDX images.

    Raises:
        DataError: If it is damaged, or images and labels do not belong together.
    """
    if source == "-" or is_pipe(source):
        return None
    place = place_of(source, options)
    if place.path is None or place.part:
        return None
    if is_mnist_folder(place.path):
        return None if labels is not None else _images(*mnist_files(place.path), place.source)
    if not Path(place.path).is_file():
        return None
    if is_idx(place.head):
        return _images(place.path, labels, place.source)
    if labels is not None or not is_numpy(place.head) or place.is_packed:
        return None
    try:
        arrays = _numpy_headers(place.path)
    except damage():
        return None  # the one who reads it whole says what it is
    return _source(arrays, place.source, False) if arrays and _are_rows(arrays) else None


def _source(arrays: Mapping[str, _Header], name: str, images: bool) -> ArraySource:
    head = next(_tables(arrays, name, images, HEAD_ROWS))
    return ArraySource(first_rows_of(head), arrays=arrays, name=name, images=images)


def _images(images: str, labels: str | None, name: str) -> ArraySource:
    headers = {"images": _idx(images)} | ({} if labels is None else {"labels": _idx(labels)})
    return _source(_alike(headers, name), name, True)


def _alike(headers: Mapping[str, _Header], name: str) -> Mapping[str, _Header]:
    """Images, and labels of the same number.

    Raises:
        DataError: If they are something else.
    """
    shapes = [header.shape for header in headers.values()]
    if len(shapes[0]) > 1 and 0 not in shapes[0] and all(shape == shapes[0][:1] for shape in shapes[1:]):
        return headers
    few = [np.broadcast_to(np.uint8(0), shape) for shape in shapes]  # no memory
    _images_table(few, name)
    raise data_error(name, say("no images"), say("name the images, and give the labels with --labels"))


def _images_table(parts: Sequence[Array], name: str) -> ArrayTable:
    return idx_table(parts[0], parts[1] if len(parts) > 1 else None, name)


def _idx(path: str) -> _Header:
    with opened(path) as stream:
        start, shape = idx_header(stream.head, path)
        size = Path(path).stat().st_size - start
        if not stream.is_compressed and size != math.prod(shape):
            raise other_size(size, shape, path)
        return _Header(path, shape, np.dtype(np.uint8), start, is_packed=stream.is_compressed)


def _numpy_headers(path: str) -> dict[str, _Header] | None:
    """Where each array of a file is; None where one cannot be read in rows."""
    with Path(path).open("rb") as file:
        if file.read(2) != b"PK":
            file.seek(0)
            header = _npy(file, path)
            return None if header is None else {"": header}
    with zipfile.ZipFile(path) as archive:
        members = {name.removesuffix(".npy"): name for name in archive.namelist() if name.endswith(".npy")}
        headers = {key: _member(archive, path, member) for key, member in members.items()}
    pair = pair_keys(members)
    known = {key: header for key, header in headers.items() if header is not None}
    if all(pair) and not (len(known) == len(headers) and are_columns({key: one.shape for key, one in known.items()})):
        known, headers = {key: known[key] for key in pair if key in known}, {key: headers[key] for key in pair}
    return known if len(known) == len(headers) else None


def _member(archive: zipfile.ZipFile, path: str, member: str) -> _Header | None:
    """Where an array of an archive is; None where it cannot be read in rows."""
    with archive.open(member) as stream:
        return _npy(stream, path, member)


def _npy(stream: IO[bytes], path: str, member: str = "") -> _Header | None:
    read = _HEADERS.get(np.lib.format.read_magic(stream))
    if read is None:
        return None
    shape, by_columns, dtype = read(stream)
    if dtype.hasobject or dtype.names or not shape or (by_columns and len(shape) > 1):
        return None
    return _Header(path, shape, dtype, stream.tell(), member)


def _are_rows(arrays: Mapping[str, _Header]) -> bool:
    counts = {header.shape[0] for header in arrays.values()}
    return len(counts) == 1 and counts != {0}


def _tables(arrays: Mapping[str, _Header], name: str, images: bool, most: int = 1 << 62) -> Iterator[ArrayTable]:
    """The rows, some at a time."""
    headers = [*arrays.values()]
    width = sum(math.prod(header.shape[1:]) for header in headers)
    total, size = headers[0].shape[0], max(1, min(most, _NUMBERS // max(1, width)))
    with ExitStack() as stack:
        streams = [stack.enter_context(_values(header)) for header in headers]
        for begin in range(0, total, size):
            count = min(size, total - begin)
            parts = [header.rows(stream, count) for header, stream in zip(headers, streams, strict=True)]
            found = dict(zip(arrays, parts, strict=True))
            yield _images_table(parts, name) if images else table_of_arrays(found, name)


@contextmanager
def _values(header: _Header) -> Iterator[_Bytes]:
    """An array's values, from the first."""
    if not header.member:
        with opened(header.path) as stream:
            stream.read(header.offset)
            yield stream
        return
    try:
        with zipfile.ZipFile(header.path) as archive, archive.open(header.member) as member:
            member.read(header.offset)
            yield member
    except (zipfile.BadZipFile, EOFError) as error:
        raise DataError(
            say("{path}: the file is damaged or cut short ({error})", path=header.path, error=error),
            say("write it again"),
        ) from None
