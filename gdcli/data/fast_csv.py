"""Large plain csv through polars, where it is there: with the numbers of the project's own reader, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gdcli.arrays import Array
from gdcli.data.delimiters import BLANKS
from gdcli.data.frames import BATCH
from gdcli.data.layout import Text
from gdcli.data.source import NotPlainError, NumberBlock, Progress, Source, unwatched
from gdcli.data.tables import Table
from gdcli.errors import DataError

__all__ = ["PlainCsv", "is_plain"]

_MORE = "\0more"


def is_plain(text: Text) -> bool:
    """Whether the first lines are such that polars would read them as this project's reader does."""
    options = text.options
    plain = not (text.skip or options.group or options.na) and text.decimal == "."
    usual = plain and text.delimiter != BLANKS and text.delimiter.isascii() and options.encoding.lower() == "utf-8"
    return usual and b'"' not in text.content


@dataclass(frozen=True, eq=False)
class PlainCsv(Source):
    """A csv that polars reads.

    Args:
        text: The first lines, their layout known.
        path: The file.
        total: Its bytes.
    """

    text: Text
    path: str
    total: int

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """All rows, as blocks of the columns asked for.

        What polars would take for gaps (a short row, a blank line) or pass over (the end of a long row) ends it, and so
        does a number that is not finite; and the first rows must have the very numbers of the head.

        Raises:
            NotPlainError: Where this project's own reader has to decide.
        """
        wanted, before = [*names], 0
        expected = self._expected(wanted)
        each = (len(self.text.content) - self.text.offset) / len(self.head)
        for values in self._batches(wanted):
            known = expected[before : before + len(values)]
            if not np.array_equal(values[: len(known)], known):
                raise NotPlainError
            yield NumberBlock(tuple(wanted), self.text.source, values, before=before)
            before += len(values)
            progress(min(self.total, int(before * each)), self.total)

    def _expected(self, names: list[str]) -> Array:
        """The numbers of the first lines, by this project's own reader."""
        try:
            return self.head.matrix(names)
        except DataError:
            raise NotPlainError from None

    def _batches(self, names: list[str]) -> Iterator[Array]:
        import polars as pl
        from polars import exceptions

        schema = {name: pl.Float64 if name in names else pl.String for name in self.text.names} | {_MORE: pl.String}
        try:
            rows = pl.scan_csv(
                self.path,
                has_header=False,
                skip_lines=self.text.line - 1,
                separator=self.text.delimiter,
                quote_char=None,
                schema=schema,
                missing_columns="insert",
                extra_columns="raise",
                glob=False,
            )
            for batch in rows.select(*names, _MORE).collect_batches(chunk_size=BATCH):
                values = batch.select(names).to_numpy()
                if batch[_MORE].null_count() < batch.height or not np.isfinite(values).all():
                    raise NotPlainError
                yield values
        except (exceptions.PolarsError, exceptions.PanicException, OSError):
            raise NotPlainError from None
