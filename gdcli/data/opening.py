"""Sources of any size: rows in memory where they are few, else rows that pass in blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from gdcli.data.files import STDIN, Opened, opened, opened_stream
from gdcli.data.formats import format_of, stream_of
from gdcli.data.hive import FolderTable, folder_values
from gdcli.data.idx import is_idx, is_mnist_folder
from gdcli.data.joined import check_alike
from gdcli.data.layout import ReadOptions
from gdcli.data.numpy_files import is_numpy
from gdcli.data.pieces import HEAD_BYTES, Bytes, Opening
from gdcli.data.place import Place, place_of
from gdcli.data.reading import files_of, left_out, load, table_at
from gdcli.data.source import Divisible, Progress, Source, TableSource, first_rows_of, unwatched
from gdcli.data.tables import Table
from gdcli.data.text_source import can_be_cut, text_source

__all__ = ["LARGE_BYTES", "FilesSource", "open_rows", "source_at"]

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
    folder, files = files_of(source)
    if files is not None:
        full = [file for file in files if file.stat().st_size]
        return _several(folder, full, files, options) if _are_large(full) else load(source, options)
    return _one(place_of(source, options))


def _are_large(files: Sequence[Path]) -> bool:
    return sum(file.stat().st_size for file in files) >= LARGE_BYTES


def _one(place: Place) -> Table | Source:
    """One file: a small one in memory."""
    if place.path is None or is_idx(place.head) or not (place.is_packed or _are_large([Path(place.path)])):
        return table_at(place)
    if not place.is_packed and _needs_all(place):
        return table_at(place)
    path = place.path
    most = place.options.limits.unpacked
    with opened(path, most) as stream:
        return _streamed(place, stream, lambda: opened(path, most), Path(path).stat().st_size)


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
        folder: The folder that they are in.
        files: The files.
        options: How text tables are read.
    """

    folder: Path
    files: tuple[Path, ...]
    options: ReadOptions

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """The blocks of each file; its columns are compared with the first one's."""
        total, before = sum(file.stat().st_size for file in self.files), 0
        for file in self.files:
            source = _source(file, self.options)
            values = folder_values(self.folder, file)
            check_alike(self.head, FolderTable.of(source.head, values))
            inside = [name for name in names if name in source.head.names]
            for block in source.blocks(inside):
                yield FolderTable.of(block, values)
                progress(before, total)
            before += file.stat().st_size


def _several(folder: Path, full: list[Path], files: list[Path], options: ReadOptions) -> FilesSource:
    """Files that are large together; empty ones are left out, and said."""
    head = FolderTable.of(_source(full[0], options).head, folder_values(folder, full[0]))
    empty = [str(file) for file in files if file not in full]
    notes = (*head.layout.notes, *[left_out(empty)] * bool(empty))
    noted = replace(head, source=str(folder), layout=replace(head.layout, notes=notes))
    return FilesSource(first_rows_of(noted), folder, tuple(full), options)


def _source(file: Path, options: ReadOptions) -> Source:
    """One file's rows in blocks."""
    return source_at(Place(str(file), str(file), options=options))


def source_at(place: Place) -> Source:
    """The rows of one file in blocks, however few they are.

    Raises:
        DataError: If it cannot be read, or is no table.
    """
    rows = _one(place)
    if isinstance(rows, Source):
        return rows
    return rows.source_of_blocks() if isinstance(rows, Divisible) else TableSource(rows)
