"""Text tables of any size: their lines in blocks, each read as a table of its own."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import numpy as np

from gdcli.data.bulk import read_block, with_gaps
from gdcli.data.cells import data_error
from gdcli.data.comments import strip_comments
from gdcli.data.encoding import decode
from gdcli.data.fast_csv import is_installed, is_plain, numbers
from gdcli.data.foreign import refuse_foreign
from gdcli.data.layout import Text, open_text
from gdcli.data.parallel import in_parallel
from gdcli.data.pieces import HEAD_BYTES, Bytes, Joined, Opening, cut_of, pieces
from gdcli.data.place import Place
from gdcli.data.source import Progress, Source, first_rows_of, unwatched
from gdcli.data.tables import MatrixTable, Table, table_of
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import install_hint
from gdcli.said import say

__all__ = ["TextSource", "can_be_cut", "text_source"]

_NEWLINE = ord("\n")
_FAST_FROM = 1 << 25  # bytes from which polars is quicker, its import included


@dataclass(frozen=True, eq=False)
class TextSource(Source):
    """A text whose first lines have been looked at.

    Args:
        text: Those lines, their layout known.
        rest: Opens what follows.
        total: Bytes of the file, if that is known.
        path: The file; None where it is compressed, or no file.
        begin: The byte of it where the first lines end.
    """

    text: Text
    rest: Opening
    total: int | None = None
    path: str | None = None
    begin: int = 0

    @property
    def tip(self) -> str:
        """The extra, where it would read the rows."""
        if (self.total or 0) < _FAST_FROM or not is_plain(self.text) or is_installed():
            return ""
        return say("polars reads a large csv in less time: {install_hint}", install_hint=install_hint("data"))

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """The first lines' table, then one for each block of lines: read by polars, once that is the quicker way."""
        yield self.head
        with self.rest() as rest:
            yield from self.tables(self._passing(rest, progress), names)
            if self.path is not None:
                self.refuse_shorter(rest.position, self.total or 0)

    def tables(self, texts: Iterator[Text], names: Sequence[str]) -> Iterator[Table]:
        """A table for each block of lines: read by polars, once that is the quicker way."""
        passed = 0
        for text in texts:
            passed += len(text.content)
            yield _table(text)
            if max(passed, self.total or 0) >= _FAST_FROM and self._is_fast(text, names):
                yield from in_parallel(partial(_fast, names=names), texts)

    def texts(self, contents: Iterable[bytes], line: int) -> Iterator[Text]:
        """Lines in blocks, the first of which has that number."""
        for content in contents:
            text = self._text(content, line)
            line += int(np.count_nonzero(np.frombuffer(text.content, np.uint8) == _NEWLINE))  # sooner than bytes.count
            if not text.content.isspace():
                yield text

    @property
    def line(self) -> int:
        """The number of the line after the first ones."""
        return self.text.line + self.text.content.count(b"\n", self.text.offset)

    def refuse_shorter(self, read: int, size: int) -> None:
        """Refuses a file that ended before its size.

        Raises:
            DataError: If fewer bytes were read.
        """
        if read < size:
            hint = say("it became shorter while it was read: read it when it is complete")
            raise data_error(
                self.text.source, say("ended after {read:,} of {size:,} bytes", read=read, size=size), hint
            )

    def _passing(self, rest: Bytes, progress: Progress) -> Iterator[Text]:
        """The lines after the first ones, in blocks."""

        def contents() -> Iterator[bytes]:
            for content in pieces(rest, self.text.source):
                progress(rest.position, self.total)
                yield content

        return self.texts(contents(), self.line)

    def _is_fast(self, text: Text, names: Sequence[str]) -> bool:
        """Whether polars reads a block, and finds the very numbers of this project's own reader."""
        if not is_installed() or not is_plain(self.text):
            return False
        values = numbers(text, names)
        return values is not None and np.array_equal(values, _table(text).matrix(names))

    def _text(self, content: bytes, line: int) -> Text:
        """A block of lines, laid out as the first ones are."""
        plain = decode(content, self.text.source, self.text.options.encoding, line)
        if self.text.mark:
            plain, _ = strip_comments(plain, self.text.mark)
        return replace(self.text, content=plain, offset=0, line=line)


def text_source(start: bytes, rest: Opening, place: Place, total: int | None = None) -> TextSource:
    """A text, its first lines looked at.

    Args:
        start: Its first bytes, some megabytes.
        rest: Opens what follows those.
        place: Where it stands, and how to read it.
        total: Bytes of the file, if that is known.

    Raises:
        DataError: If the first lines are no text table.
    """
    refuse_foreign(start, place.source)
    cut = cut_of(start[:HEAD_BYTES]) or cut_of(start)
    text = open_text(start[:cut], place.source, place.options)

    @contextmanager
    def after_head() -> Iterator[Bytes]:
        with rest() as stream:
            yield Joined(start[cut:], stream)

    return TextSource(first_rows_of(table_of(text)), text, after_head, total, place.path, cut)


def can_be_cut(encoding: str) -> bool:
    """Whether a byte that is a newline ends a line in an encoding, so that a text in it can be cut there."""
    return not codecs.lookup(encoding).name.startswith(("utf-16", "utf-32", "utf-7"))


def _fast(text: Text, names: Sequence[str]) -> Table:
    """A block as polars reads it, where it holds plain numbers."""
    values = numbers(text, names)
    if values is None:
        return _table(text)
    return MatrixTable(tuple(names), text.source, values, text, layout=text.layout)


def _table(text: Text) -> Table:
    """A block as a table: of numbers, if it holds nothing else."""
    if text.decimal != text.delimiter and text.delimiter.isascii() and not text.skip and not text.options.group:
        values = read_block(text.content, text)
        if values is not None:
            return MatrixTable(text.names, text.source, with_gaps(values, text.options), text, layout=text.layout)
    return table_of(text)
