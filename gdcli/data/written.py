"""Cells as a user writes them, in the one form that is read: no thousands separators, one word for a gap."""

from __future__ import annotations

import re

from gdcli.data.layout import ReadOptions

__all__ = ["plain_cells"]


def plain_cells(cells: list[str], options: ReadOptions) -> list[str]:
    """The cells of a column: those with a further word for "no value" empty, numbers without thousands separators.

    >>> plain_cells(["1,234.5", "n.a.", "Bern, 1,000"], ReadOptions(na=("n.a.",), thousands=","))
    ['1234.5', '', 'Bern, 1,000']
    """
    if not options.na and not options.group:
        return cells
    words = {word.strip().casefold() for word in options.na}
    grouped = _grouped(options)
    plain = {cell: "" if cell.strip().casefold() in words else _ungrouped(cell, grouped) for cell in set(cells)}
    return [plain[cell] for cell in cells]


def _grouped(options: ReadOptions) -> re.Pattern[str] | None:
    """Numbers in groups of three digits; a blank stands for every kind of blank."""
    if options.group is None:
        return None
    mark = "[ \u00a0\u202f]" if options.group == " " else re.escape(options.group)
    decimal = re.escape(options.decimal)
    return re.compile(rf"([+-]?[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+)({decimal}[0-9]*)?")


def _ungrouped(cell: str, grouped: re.Pattern[str] | None) -> str:
    match = grouped.fullmatch(cell.strip()) if grouped else None
    return cell if match is None else re.sub("[^0-9+-]", "", match[1]) + (match[2] or "")
