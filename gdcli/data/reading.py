"""What a source is, and reading it: a text table, another format, IDX, several files, or a folder of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from gdcli.data.cells import data_error
from gdcli.data.files import STDIN, read_file, read_stream
from gdcli.data.formats import format_of
from gdcli.data.hive import FolderTable, folder_values
from gdcli.data.idx import idx_table, is_idx, is_mnist_folder, mnist_table, read_idx
from gdcli.data.joined import join
from gdcli.data.numpy_files import is_numpy, read_numpy
from gdcli.data.place import Place, place_of
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.data.walking import WILD, Walk
from gdcli.data.warning import ReadWarning, count, listed
from gdcli.errors import DataError, OptionError

__all__ = ["ReadOptions", "Table", "exists", "files_of", "full_and_empty", "left_out", "load", "table_at"]


def load(source: str, options: ReadOptions, stdin: BinaryIO | None = None, labels: str | None = None) -> Table:
    """Reads a table from wherever it is, in whatever form; the first bytes tell, not the name.

    Args:
        source: A path, one with `*` in it for several files, or `-` for the standard input. A folder with MNIST's
            files gives the training images; any other folder, the files in it as one table.
        options: How to read a text table.
        stdin: The standard input, as bytes.
        labels: The file of labels that goes with IDX images.

    Raises:
        DataError: If it cannot be read, or is no table.
        OptionError: If labels are given for something other than IDX images.
    """
    if source == "-":
        return table_at(Place(STDIN, options=options, piped=read_stream(stdin, STDIN, options.limits.unpacked)), labels)
    if is_mnist_folder(source):
        return _without_labels(mnist_table(source), labels)
    folder, files = files_of(source, options)
    if files is None:
        return table_at(place_of(source, options), labels)
    return _without_labels(_joined(source, folder, files, options), labels)


def exists(source: str) -> bool:
    """Whether a name stands for rows: a sample, a pipe, a file, a part of one, or several."""
    if source == "-" or source.startswith("sample:"):
        return True
    path = place_of(source, ReadOptions()).path
    return bool(path and Path(path).exists()) or bool(files_of(source, ReadOptions())[1])


def table_at(place: Place, labels: str | None = None) -> Table:
    """The table of one file, or of what came through a pipe.

    Raises:
        DataError: If it cannot be read, or has more columns than may be.
    """
    table, limits = _read(place, labels), place.options.limits
    if len(table.names) > limits.columns:
        what = f"{len(table.names):,} columns, more than {limits.columns:,}"
        raise data_error(place.source, what, limits.raised("columns"))
    return table


def _read(place: Place, labels: str | None) -> Table:
    if is_idx(place.head):
        images = read_idx(place.content, place.source)
        return idx_table(images, read_idx(read_file(labels), labels) if labels else None, place.source)
    return _without_labels(_of_one(place), labels)


def _of_one(place: Place) -> Table:
    """The table of one file that is no IDX."""
    reader = format_of(place)
    if reader is not None:
        return reader(place)
    if place.part:
        raise place.no_part()
    if is_numpy(place.head):
        return read_numpy(place.content, place.source)
    return read_table(place.content, place.source, place.options)


def _without_labels(table: Table, labels: str | None) -> Table:
    if labels is not None:
        raise OptionError(f"--labels goes with IDX images, and {table.source} holds none", "leave --labels out")
    return table


def files_of(source: str, options: ReadOptions) -> tuple[Path, list[Path] | None]:
    """The files that a pattern or a folder stands for, and the folder that they are in; None for one file.

    Raises:
        DataError: If a folder cannot be opened, or there is more in it than may be looked at.
    """
    path, walk = Path(source), Walk(source, options.limits)
    if source and path.is_dir():
        return path, sorted(walk.below(path))
    if not any(sign in source for sign in WILD) or path.exists():
        return path, None
    wild = next(place for place, part in enumerate(path.parts) if any(sign in part for sign in WILD))
    folder = Path(*path.parts[:wild])
    return folder, sorted(set(walk.matching(folder, path.parts[wild:])))


def _joined(source: str, folder: Path, files: list[Path], options: ReadOptions) -> Table:
    """Several files as one table; empty ones are left out, and said.

    Raises:
        DataError: If there are none, or their columns differ.
    """
    if not files:
        what = "no readable file in the folder" if folder == Path(source) else "no file has such a name"
        raise data_error(source, what, "name files of rows: 'folder/*.csv'")
    full, empty = full_and_empty(files)
    if not full:
        what = f"{count(len(files), 'file')}, and nothing in {'it' if len(files) == 1 else 'them'}"
        raise data_error(source, what, "name files of rows: 'folder/*.csv'")
    return join(_parts(folder, full, options), source, [left_out(empty)] * bool(empty))


def full_and_empty(files: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """Files with something in them, and files with nothing."""
    parts: tuple[list[Path], list[Path]] = ([], [])
    for file in files:
        parts[file.stat().st_size == 0].append(file)
    return parts


def _parts(folder: Path, files: list[Path], options: ReadOptions) -> Iterator[Table]:
    for file in files:
        place = Place(str(file), str(file), options=options)
        if is_idx(place.head):
            raise DataError(f"{file}: IDX images, which cannot be one of several files", "name one file of images")
        yield FolderTable.of(_of_one(place), folder_values(folder, file))


def left_out(files: Sequence[Path]) -> ReadWarning:
    """The remark that some of several files are empty."""
    what = f"{listed([*map(str, files)])} {'is' if len(files) == 1 else 'are'} empty and left out"
    return ReadWarning("empty files", (), what)
