"""A source in partitions: each is read on its own, wherever that is; they depend on the files alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from gdcli.data.cells import data_error
from gdcli.data.hive import FolderTable
from gdcli.data.joined import check_columns
from gdcli.data.layout import ReadOptions
from gdcli.data.line_range import Lines
from gdcli.data.opening import FilesSource, source_at
from gdcli.data.place import Place, place_of
from gdcli.data.source import Separable, Source
from gdcli.data.tables import Table
from gdcli.data.text_source import TextSource
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["Partition", "Piece", "partitions"]

LEAST_BYTES = 1 << 25
"""Bytes of files that are worth a partition."""
MOST = 4096
"""Partitions of very large sources."""


@dataclass(frozen=True)
class Piece:
    """A file, or some of its rows.

    Args:
        source: What it is called in messages.
        path: Where it is.
        size: Its bytes.
        part: The sheet or table in it; empty for the only one.
        values: The columns that folders on the way to it stand for.
        begin: The border where its rows begin,
        end: and where they end; None for the whole file.
        share: About how many of its bytes those are.
    """

    source: str
    path: str
    size: int
    part: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    begin: int = 0
    end: int | None = None
    share: int = 0

    def rows(self, options: ReadOptions) -> Source:
        """Its rows in blocks.

        Raises:
            DataError: If it is not there, or is another file than where the partitions were made.
        """
        self._refuse_other()
        whole = source_at(Place(self.source, self.path, self.part, options))
        if self.end is None:
            return whole
        separable = _separable(whole)
        if separable is None:
            raise self._other(say("another kind of file where it is read"))
        return separable.between(self.begin, self.end)

    def _refuse_other(self) -> None:
        try:
            size = Path(self.path).stat().st_size
        except OSError:
            raise self._other(say("no such file where it is to be read")) from None
        if size != self.size:
            raise self._other(say("{size:,} bytes where it is read, and {size2:,} here", size=size, size2=self.size))

    def _other(self, what: str) -> DataError:
        hint = say(
            "every machine that reads needs the same files under the same names: a folder that all of them share"
        )
        return data_error(self.source, what, hint)


@dataclass(frozen=True)
class Partition:
    """Pieces one below the other.

    Args:
        pieces: The pieces.
        names: The columns that each has, by the first file.
        source: What the first file is called in messages.
        options: How text tables are read.
    """

    pieces: tuple[Piece, ...]
    names: tuple[str, ...]
    source: str
    options: ReadOptions

    @cached_property
    def size(self) -> int:
        """About how many bytes are read."""
        return sum(piece.share for piece in self.pieces)

    def count(self) -> int | None:
        """How many rows there are; None where they are to be read to be counted."""
        counts = [piece.rows(self.options).count for piece in self.pieces]
        return None if None in counts else sum(count or 0 for count in counts)

    def blocks(self, names: Sequence[str]) -> Iterator[Table]:
        """The blocks of each piece; its columns are compared with the first file's."""
        for piece in self.pieces:
            yield from self._blocks(piece, piece.rows(self.options), names)

    def located(self, names: Sequence[str]) -> Iterator[Table]:
        """The same, where errors name the line in the file, whatever that costs."""
        for piece in self.pieces:
            yield from self._blocks(piece, piece.rows(self.options).located(), names)

    def _blocks(self, piece: Piece, rows: Source, names: Sequence[str]) -> Iterator[Table]:
        check_columns(self.names, self.source, FolderTable.of(rows.head, piece.values))
        inside = [name for name in names if name in rows.head.names]
        for block in rows.blocks(inside):
            yield FolderTable.of(block, piece.values)


def partitions(
    name: str, rows: Source, names: tuple[str, ...], options: ReadOptions, uncut: Collection[str] = ()
) -> list[Partition]:
    """A source in partitions of 32 MB and more: of a large file several, of small files several in one.

    Args:
        name: The source's name.
        rows: Its rows.
        names: Their columns.
        options: How text tables are read.
        uncut: Paths of files that cannot be cut.

    Returns:
        The partitions in the order of the rows; none of what comes through a pipe.
    """
    files = [*_files(name, rows, options)]
    most = max(LEAST_BYTES, sum(file.size for file in files) // MOST)
    pieces = (piece for file in files for piece in ([file] if file.path in uncut else _cut(file, options, most)))
    return [Partition(tuple(group), names, files[0].source, options) for group in _grouped(pieces, most)]


def _files(name: str, rows: Source, options: ReadOptions) -> Iterator[Piece]:
    """Each file as a piece."""
    if isinstance(rows, FilesSource):
        for part in rows.parts:
            yield _whole(part.place, part.values)
        return
    place = place_of(name, options)
    if place.path is not None:
        yield _whole(place, {})


def _whole(place: Place, values: Mapping[str, str]) -> Piece:
    path = Path(str(place.path)).absolute()
    size = path.stat().st_size
    return Piece(place.source, str(path), size, place.part, values, share=size)


def _cut(file: Piece, options: ReadOptions, most: int) -> Iterator[Piece]:
    """A file in pieces, if it is so large and can be cut."""
    count = -(-file.size // most)
    separable = _separable(file.rows(options)) if count > 1 else None
    borders = separable.borders(count) if separable is not None else []
    for begin, end in pairwise(borders):
        yield replace(file, begin=begin, end=end, share=file.size // count)
    if not borders:
        yield file


def _grouped(pieces: Iterable[Piece], most: int) -> Iterator[list[Piece]]:
    """Pieces together, until they are large enough."""
    group: list[Piece] = []
    for piece in pieces:
        if group and sum(one.share for one in (*group, piece)) > most:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def _separable(source: Source) -> Separable | None:
    if isinstance(source, TextSource):
        return Lines(source)
    return source if isinstance(source, Separable) else None
