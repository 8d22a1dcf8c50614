"""Sources of any size: rows in memory where they are few, else rows that pass in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from gdcli.data.array_source import array_source
from gdcli.data.cells import data_error
from gdcli.data.files import STDIN, Opened, opened, opened_stream
from gdcli.data.formats import format_of, stream_of
from gdcli.data.hive import FolderTable
from gdcli.data.idx import is_idx, is_mnist_folder
from gdcli.data.joined import check_alike
from gdcli.data.layout import ReadOptions
from gdcli.data.numpy_files import is_numpy
from gdcli.data.pieces import HEAD_BYTES, Bytes, Opening
from gdcli.data.place import Place, place_of
from gdcli.data.reading import Part, full_and_empty, left_out, load, parts_of, table_at
from gdcli.data.source import Divisible, Progress, Source, TableSource, first_rows_of, unwatched
from gdcli.data.sources import title
from gdcli.data.tables import Table
from gdcli.data.text_source import can_be_cut, text_source
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["LARGE_BYTES", "FilesSource", "as_source", "open_rows", "open_source", "source_at"]

LARGE_BYTES = 1 << 24
"""Text of so many bytes passes in blocks."""


Again = Callable[[], AbstractContextManager[Opened]]
"""Opens a stream once more."""


def open_rows(source: str, options: ReadOptions, stdin: BinaryIO | None = None) -> Table | Source:
    """Rows in memory or, of a large source, rows that pass in blocks.

    Args:
        source: As `load` has it.
        options: How to read a text table.
        stdin: The standard input, as bytes.

    Raises:
        DataError: If it cannot be read, or is no table.
    """
    if source == "-":
        stream = opened_stream(stdin, STDIN, options.limits.unpacked)
        return _streamed(Place(STDIN, options=options), stream, lambda: nullcontext(stream))
    if is_mnist_folder(source):
        return load(source, options)
    parts = parts_of(source, options)
    if parts is not None:
        full, empty = full_and_empty(parts)
        return _several(source, full, empty) if _are_large([part.place for part in full]) else load(source, options)
    return _one(place_of(source, options))


def open_source(source: str, options: ReadOptions, stdin: BinaryIO | None = None, labels: str | None = None) -> Source:
    """Rows that pass in blocks, whatever they are kept in; those of a small source are one block.

    Args:
        source: As `load` has it.
        options: How to read a text table.
        stdin: The standard input, as bytes.
        labels: The file of labels that goes with IDX images.

    Raises:
        DataError: If it cannot be read, or is no table.
        OptionError: If labels are given for something other than IDX images.
    """
    arrays = array_source(source, options, labels)
    if arrays is not None:
        return arrays
    return as_source(load(source, options, stdin, labels) if labels else open_rows(source, options, stdin))


def _are_large(places: Sequence[Place]) -> bool:
    return sum(place.size for place in places if place.path is None or Path(place.path).exists()) >= LARGE_BYTES


def _one(place: Place) -> Table | Source:
    """One file: a small one in memory."""
    if place.path is None or is_idx(place.head) or not (place.is_packed or _are_large([place])):
        return table_at(place)
    if not place.is_packed and _needs_all(place):
        return table_at(place)
    path = place.path
    most = place.options.limits.unpacked
    with opened(path, most) as stream:
        return _streamed(place, stream, _once_more(path, most), Path(path).stat().st_size)


def _once_more(path: str, most: int) -> Again:
    """Opens a file again, if it is still the same."""
    known = _identity(path)

    @contextmanager
    def again() -> Iterator[Opened]:
        with opened(path, most) as stream:
            if _identity(path) != known:
                raise data_error(
                    path, say("was replaced while it was read"), say("start again when nothing writes to it")
                )
            yield stream

    return again


def _identity(path: str) -> tuple[int, int]:
    found = Path(path).stat()
    return found.st_dev, found.st_ino


def _needs_all(place: Place) -> bool:
    """Whether it is in a format that does not come in lines."""
    reader = format_of(place)
    return is_idx(place.head) or is_numpy(place.head) or (reader is not None and not reader.stream)


def _streamed(place: Place, stream: Opened, again: Again, total: int | None = None) -> Table | Source:
    """What comes from a stream: in memory if it is short, or cannot be cut into lines."""
    is_large = total is not None and total >= LARGE_BYTES and not stream.is_compressed
    start = stream.read(HEAD_BYTES if is_large else LARGE_BYTES)
    here = Place(place.source, None, place.part, place.options, start)
    if not is_large and len(start) < LARGE_BYTES:
        return table_at(here)
    if can_be_cut(place.options.encoding) and not _needs_all(here):
        unpacked = replace(place, path=None) if stream.is_compressed else place
        passing = _in_lines(here, _after(len(start), again, stream), unpacked, total)
        if passing is not None:
            return passing
    return table_at(replace(here, piped=start + stream.read()))


def _in_lines(here: Place, rest: Opening, place: Place, total: int | None) -> Source | None:
    """Lines of text, or of objects."""
    reader = format_of(here)
    make = text_source if reader is None else stream_of(reader)
    return make(here.piped, rest, place, total)


def _after(begin: int, again: Again, first: Opened) -> Opening:
    """Opens a stream where its first bytes end; a pipe stands there already."""

    @contextmanager
    def rest() -> Iterator[Bytes]:
        with again() as stream:
            if stream is not first:
                stream.read(begin)
            yield stream

    return rest


@dataclass(frozen=True, eq=False)
class FilesSource(Source):
    """Several files, one below the other.

    Args:
        parts: The files.
    """

    parts: tuple[Part, ...]

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """The blocks of each file; its columns are compared with the first one's."""
        total, before = sum(part.place.size for part in self.parts), 0
        for part in self.parts:
            source = source_at(part.place)
            check_alike(self.head, FolderTable.of(source.head, part.values))
            inside = [name for name in names if name in source.head.names]
            for block in source.blocks(inside):
                yield FolderTable.of(block, part.values)
                progress(before, total)
            before += part.place.size


def _several(source: str, full: list[Part], empty: list[Part]) -> FilesSource:
    """Files that are large together; empty ones are left out, and said."""
    head = FolderTable.of(source_at(full[0].place).head, full[0].values)
    notes = (*head.layout.notes, *[left_out(empty)] * bool(empty))
    noted = replace(head, source=title(source), layout=replace(head.layout, notes=notes))
    return FilesSource(first_rows_of(noted), tuple(full))


def source_at(place: Place) -> Source:
    """The rows of one file in blocks, however few they are.

    Raises:
        DataError: If it cannot be read, or is no table.
    """
    return as_source(_one(place))


def as_source(rows: Table | Source) -> Source:
    """The rows in blocks; those that are in memory as one."""
    if isinstance(rows, Source):
        return rows
    return rows.source_of_blocks() if isinstance(rows, Divisible) else TableSource(rows)
