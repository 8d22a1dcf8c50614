"""Text tables of any size: their lines in blocks, each read as a table of its own."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec

from gdcli.data.bulk import read_block, with_gaps
from gdcli.data.comments import strip_comments
from gdcli.data.encoding import decode
from gdcli.data.fast_csv import PlainCsv, is_plain
from gdcli.data.foreign import refuse_foreign
from gdcli.data.layout import Text, open_text
from gdcli.data.pieces import HEAD_BYTES, Bytes, Joined, Opening, cut_of, pieces
from gdcli.data.place import Place
from gdcli.data.source import Progress, Source, first_rows_of, unwatched
from gdcli.data.tables import MatrixTable, Table, table_of
from gdcli.errors import install_hint

__all__ = ["TextSource", "can_be_cut", "text_source"]

_FAST_FROM = 1 << 25  # bytes from which polars is quicker, its import included


@dataclass(frozen=True, eq=False)
class TextSource(Source):
    """A text whose first lines have been looked at.

    Args:
        text: Those lines, their layout known.
        rest: Opens what follows.
        total: Bytes of the file, if that is known.
        path: The file, if it is one that is not packed.
    """

    text: Text
    rest: Opening
    total: int | None = None
    path: str | None = None

    @property
    def ways(self) -> tuple[Source, ...]:
        """polars, where it is installed and the first lines are plain; then this project's own reader."""
        if self.path is None or not self._is_fast or find_spec("polars") is None:
            return (self,)
        return PlainCsv(self.head, self.text, self.path, self.total or 0), self

    @property
    def tip(self) -> str:
        """The extra, where it would read the file."""
        if not self._is_fast or find_spec("polars"):
            return ""
        return f"polars reads a large csv in less time: {install_hint('data')}"

    @property
    def _is_fast(self) -> bool:
        """Whether polars, once it is there, is quicker."""
        return self.path is not None and (self.total or 0) >= _FAST_FROM and is_plain(self.text)

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:  # noqa: ARG002
        """The first lines' table, then one for each block of lines."""
        yield self.head
        line = self.text.line + self.text.content.count(b"\n", self.text.offset)
        with self.rest() as rest:
            for content in pieces(rest, self.text.source):
                progress(rest.position, self.total)
                text = self._text(content, line)
                line += text.content.count(b"\n")
                if not text.content.isspace():
                    yield _table(text)

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

    return TextSource(first_rows_of(table_of(text)), text, after_head, total, place.path)


def can_be_cut(encoding: str) -> bool:
    """Whether a byte that is a newline ends a line in an encoding, so that a text in it can be cut there."""
    return not codecs.lookup(encoding).name.startswith(("utf-16", "utf-32", "utf-7"))


def _table(text: Text) -> Table:
    """A block as a table: of numbers, if it holds nothing else."""
    if text.decimal != text.delimiter and text.delimiter.isascii() and not text.skip and not text.options.group:
        values = read_block(text.content, text)
        if values is not None:
            return MatrixTable(text.names, text.source, with_gaps(values, text.options), text, layout=text.layout)
    return table_of(text)
