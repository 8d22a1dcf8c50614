"""Excel workbooks, read by fastexcel: one sheet, `book.xlsx:Sheet`."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import field
from functools import cached_property, partial
from typing import Any

from gdcli.data.cells import data_error, no_rows, number
from gdcli.data.column_table import Column, ColumnTable, column_of
from gdcli.data.formats import table_format
from gdcli.data.frames import unreadable
from gdcli.data.header import check_names, unique_names
from gdcli.data.layout import Layout
from gdcli.data.place import Place
from gdcli.data.preamble import grouping_note, grouping_rows
from gdcli.data.warning import listed
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError, did_you_mean, install_hint
from gdcli.said import say

__all__ = ["read"]

_WHAT = say("an Excel file")
_UNNAMED = "__UNNAMED__"
_HEAD = 60
"""Rows that tell whether the names stand lower."""
_FORMULA_ALONE = re.compile(rb"(</f>|<f[^>]*/>)\s*(<v\s*/>|<v>\s*</v>)?\s*</c>")


@table_format(rb"PK\x03\x04", holds=b"xl/workbook")
def read(place: Place) -> ColumnTable:
    """The sheet asked for, or the only one; its first row holds the names, and rows without a value are left out.

    Raises:
        DataError: If fastexcel is not installed, or the file is damaged, or several sheets are there and none is named.
    """
    try:
        import fastexcel
        import polars as pl  # noqa: F401 - fastexcel hands its cells over to it
    except ImportError:
        what = say("{what} needs an extra, which is not installed", what=_WHAT)
        raise data_error(place.source, what, install_hint("data")) from None
    try:
        file = place.plain
        book = fastexcel.read_excel(file if isinstance(file, bytes) else str(file))
        sheet = _chosen(place, book.sheet_names)
        row = None if place.options.header is False else 0
        texts, numbers = (
            book.load_sheet(sheet, header_row=row, dtypes="string").to_polars(),
            book.load_sheet(sheet, header_row=row, dtypes="float").to_polars(),
        )
    except fastexcel.FastExcelError as error:
        raise unreadable(place, _WHAT, error) from None
    blank = partial(_blank_rows, book, sheet, texts.height + (row is not None))
    return _table(place, texts, numbers, blank)


def _blank_rows(book: Any, sheet: str, read: int) -> int:
    """The rows above the first that is not blank, which fastexcel leaves out."""
    whole = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string")
    return int(whole.total_height) - read


def _table(place: Place, texts: Any, numbers: Any, blank: Callable[[], int]) -> ColumnTable:
    """The sheet's cells, without rows that hold none."""
    pairs = zip(texts.get_columns(), numbers.get_columns(), strict=True)
    cells = [[*map(_cell, text.to_list(), exact.to_list())] for text, exact in pairs]
    rows = [row for row in range(texts.height) if any(column[row] for column in cells)]
    named = place.options.header is not False
    if not rows:
        raise no_rows(place.source, say("no rows below the first, which holds the names") if named else say("no rows"))
    if named:
        first = ["" if name.startswith(_UNNAMED) else name for name in texts.columns]
    else:
        first = [str(at) for at in range(1, texts.width + 1)]
    head = [[column[row] for column in cells] for row in rows[:_HEAD]]
    above = grouping_rows(first, head, ".") if named else 0
    if named and not above and place.options.header is None:
        check_names(first, place.source, 1, ".")
    others = head[: max(above - 1, 0)]
    names = unique_names([column[rows[above - 1]] for column in cells] if above else first)
    columns = {name: [column[row] for row in rows[above:]] for name, column in zip(names, cells, strict=True)}

    def column(name: str) -> Column:
        return column_of(columns[name])

    lines = [row + 1 + named for row in rows[above:]]
    layout = Layout(notes=(grouping_note(1, first, others, "row"),) if above else ())
    about = place.options
    return _Sheet(
        names, place.source, len(lines), column, {}, lines, options=about, layout=layout, place=place, blank=blank
    )


@dataclass(frozen=True, eq=False)
class _Sheet(ColumnTable):
    """A sheet's table, which knows of formulas that hold no value.

    Args:
        place: Where it stands.
        blank: Counts the rows above the first that is not blank.
    """

    place: Place = field(kw_only=True)
    blank: Callable[[], int] = field(kw_only=True)

    @cached_property
    def above(self) -> int:
        """The blank rows above: counted where a row is named, for the sheet is read again for it."""
        return self.blank()

    def line(self, row: int) -> int:
        return super().line(row) + self.above

    def problem(self, row: int, name: str) -> DataError:
        error = super().problem(row, name)
        if self.texts(name)[row] or not _never_calculated(self.place):
            return error
        what = say("the file has formulas without values: open it in a spreadsheet program and save it")
        return DataError(f"{error.message} ({what})", error.hint)


def _never_calculated(place: Place) -> bool:
    """Whether some sheet has a formula whose value was never stored, as programs that write workbooks leave it."""
    try:
        with zipfile.ZipFile(io.BytesIO(place.content)) as book:
            sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
            return any(_FORMULA_ALONE.search(book.read(name)) for name in sheets)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise unreadable(place, _WHAT, error) from None


def _cell(text: str | None, value: float | None) -> str:
    """A cell as text with all its digits: fastexcel's own text has ten of them, and truth values in small letters."""
    if text in ("true", "false"):
        return text.capitalize()
    known = None if text is None or value is None else number(text)
    return (text or "") if known is None or known == value else repr(value)


def _chosen(place: Place, known: list[str]) -> str:
    """The sheet asked for, or the only one."""
    if place.part:
        if place.part not in known:
            book = place.source.removesuffix(f":{place.part}")
            raise DataError(
                say("{book}: no sheet '{part}'", book=book, part=place.part), did_you_mean(place.part, known)
            )
        return place.part
    if len(known) != 1:
        what = say("{count} sheets: {listed}", count=len(known), listed=listed(known, 10))
        raise data_error(
            place.source,
            what,
            say("name one: '{source}:{known}'", source=place.source, known=known[0]) if known else "",
        )
    return known[0]
