"""What a source is, and reading it: a text table, another format, IDX, several files, or a folder of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from gdcli.data.cells import data_error
from gdcli.data.files import STDIN, read_file, read_stream
from gdcli.data.formats import format_of
from gdcli.data.hive import FolderTable, folder_values
from gdcli.data.idx import idx_table, is_idx, is_mnist_folder, mnist_table, read_idx
from gdcli.data.joined import join
from gdcli.data.numpy_files import is_numpy, read_numpy
from gdcli.data.place import Place, place_of
from gdcli.data.sources import is_sample, names_in, title
from gdcli.data.tables import ReadOptions, Table, read_table
from gdcli.data.walking import WILD, Walk
from gdcli.data.warning import ReadWarning, count, listed
from gdcli.errors import DataError, GdcliError, NoRowsError, OptionError
from gdcli.said import say

__all__ = [
    "Part",
    "ReadOptions",
    "Table",
    "exists",
    "full_and_empty",
    "left_out",
    "load",
    "parts_of",
    "table_at",
    "without_labels",
]

_FEW_BYTES = 1 << 13
"""Below so many a file may hold no rows."""


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
        return without_labels(mnist_table(source), labels)
    parts = parts_of(source, options)
    if parts is None:
        return table_at(place_of(source, options), labels)
    return without_labels(_joined(source, parts), labels)


def exists(source: str) -> bool:
    """Whether a name stands for rows: a sample, a pipe, a file, a part of one, or several."""
    if source == "-" or is_sample(source):
        return True
    path = place_of(source, ReadOptions()).path
    return bool(path and Path(path).exists()) or bool(parts_of(source, ReadOptions()))


def table_at(place: Place, labels: str | None = None) -> Table:
    """The table of one file, or of what came through a pipe.

    Raises:
        DataError: If it cannot be read, or has more columns than may be.
    """
    table, limits = _read(place, labels), place.options.limits
    if len(table.names) > limits.columns:
        what = say("{count:,} columns, more than {columns:,}", count=len(table.names), columns=limits.columns)
        raise data_error(place.source, what, limits.raised("columns"))
    return table


def _read(place: Place, labels: str | None) -> Table:
    if is_idx(place.head):
        images = read_idx(place.content, place.source)
        return idx_table(images, read_idx(read_file(labels), labels) if labels else None, place.source)
    return without_labels(_of_one(place), labels)


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


def without_labels(table: Table, labels: str | None) -> Table:
    """The table, if no labels are given for it.

    Raises:
        OptionError: If some are: they go with IDX images alone.
    """
    if labels is not None:
        raise OptionError(
            say("--labels goes with IDX images, and {source} holds none", source=table.source),
            say("leave --labels out"),
        )
    return table


class Part(NamedTuple):
    """One of several files.

    Args:
        place: Where it stands.
        folder: The folder below which the folders' names are columns.
    """

    place: Place
    folder: Path

    @property
    def values(self) -> dict[str, str]:
        """The columns that the folders on the way to it stand for."""
        return folder_values(self.folder, Path(self.place.source))

    @property
    def is_empty(self) -> bool:
        """Whether no row is in it; what is missing is found out when it is opened."""
        if self.place.path is not None and not Path(self.place.path).exists():
            return False
        return self.place.size == 0 or (self.place.size < _FEW_BYTES and _has_no_rows(self.place))


def parts_of(source: str, options: ReadOptions) -> list[Part] | None:
    """The files that several names, a pattern or a folder stand for; None for one file.

    Raises:
        DataError: If a folder cannot be opened, or there is more in it than may be looked at; if a file is named twice.
    """
    names = names_in(source)
    if len(names) == 1:
        return _parts_of(source, options)
    parts = [part for name in names for part in _named(name, names, options)]
    seen = set[Path]()
    for place, _ in parts:
        path = Path(place.source).resolve()
        if path in seen:
            raise DataError(
                say("{source}: is named twice", source=place.source),
                say("name each file once: its rows would count twice"),
            )
        seen.add(path)
    return parts


def _named(name: str, names: Sequence[str], options: ReadOptions) -> list[Part]:
    """The files that one of several names stands for.

    Raises:
        OptionError: If it is no file's.
        DataError: If it stands for none.
    """
    if name == "-" or is_sample(name):
        others = ", ".join(one for one in names if one != name)
        what = say(
            "{stdin}: no file, so it cannot be one table with {others}",
            stdin=STDIN if name == "-" else name,
            others=others,
        )
        raise OptionError(what, say("write it to a file first, and name that"))
    parts = _parts_of(name, options)
    if parts is None:
        return [Part(place_of(name, options), Path(name).parent)]
    _refuse_none(name, parts)
    return parts


def _parts_of(source: str, options: ReadOptions) -> list[Part] | None:
    """The files that a pattern or a folder stands for; None for one file."""
    path, walk = Path(source), Walk(source, options.limits)
    if source and path.is_dir():
        return _below(path, walk.below(path), options)
    if not any(sign in source for sign in WILD) or path.exists():
        return None
    wild = next(place for place, part in enumerate(path.parts) if any(sign in part for sign in WILD))
    folder = Path(*path.parts[:wild])
    return _below(folder, walk.matching(folder, path.parts[wild:]), options)


def _below(folder: Path, files: Iterable[Path], options: ReadOptions) -> list[Part]:
    return [Part(Place(str(file), str(file), options=options), folder) for file in sorted(set(files))]


def _refuse_none(source: str, parts: Sequence[Part]) -> None:
    """Refuses a folder or a pattern that stands for no file.

    Raises:
        DataError: If there is none.
    """
    if not parts:
        what = say("no readable file in the folder") if Path(source).is_dir() else say("no file has such a name")
        raise data_error(source, what, say("name files of rows: 'folder/*.csv'"))


def _joined(source: str, parts: Sequence[Part]) -> Table:
    """Several files as one table; empty ones are left out, and said.

    Raises:
        DataError: If there are none, or their columns differ.
    """
    _refuse_none(source, parts)
    full, empty = full_and_empty(parts)
    if not full:
        what = say(
            "{count}, and nothing in {them}",
            count=count(len(parts), "file"),
            them="it" if len(parts) == 1 else "them",
        )
        raise data_error(title(source), what, say("name files of rows: 'folder/*.csv'"))
    return join(_tables(full), title(source), [left_out(empty)] * bool(empty))


def full_and_empty(parts: Iterable[Part]) -> tuple[list[Part], list[Part]]:
    """Files with rows in them, and files without."""
    found: tuple[list[Part], list[Part]] = ([], [])
    for part in parts:
        found[part.is_empty].append(part)
    return found


def _has_no_rows(place: Place) -> bool:
    """Whether a file holds the names of its columns at most; what else is wrong is found out when it is opened."""
    try:
        _of_one(place)
    except NoRowsError:
        return True
    except GdcliError:
        return False
    return False


def _table_of(part: Part) -> Table:
    if is_idx(part.place.head):
        raise DataError(
            say("{source}: IDX images, which cannot be one of several files", source=part.place.source),
            say("name one file of images"),
        )
    return FolderTable.of(_of_one(part.place), part.values)


def _tables(parts: Sequence[Part]) -> Iterator[Table]:
    """Their tables; where one of another ending than most cannot be read, the hint names the others."""
    usual = Counter(Path(part.place.source).suffix for part in parts).most_common(1)[0][0]
    for part in parts:
        try:
            table = _table_of(part)
        except DataError as error:
            if Path(part.place.source).suffix == usual:
                raise
            raise DataError(
                error.message, say("name the files of rows alone: '{folder}'", folder=part.folder / f"*{usual}")
            ) from None
        yield table


def left_out(files: Sequence[Part]) -> ReadWarning:
    """The remark that some of several files have no rows."""
    has = say("has no rows and is") if len(files) == 1 else say("have no rows and are")
    what = say("{listed} {has} left out", listed=listed([file.place.source for file in files]), has=has)
    return ReadWarning("empty files", (), what)
