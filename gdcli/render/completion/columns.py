"""The column names of the file on a line that is being typed, without what reads whole tables."""

from __future__ import annotations

import csv
from pathlib import Path

from gdcli.render.completion.index import entries

ENOUGH = 1 << 16
MAGIC = b"\x1f\x8b"
MARKS = ",\t;|"


def columns(source: str, delimiter: str | None = None) -> list[str]:
    """The names in a table's first line; of one that cannot be read, none.

    Args:
        source: DATA: a path, or `sample:NAME`.
        delimiter: What stands between its cells, if that is given.
    """
    kind, _, name = source.partition("sample:")
    if name and not kind:
        return next((one.kind.split(",") for one in entries("sample:") if one.names == name.partition(":")[0]), [])
    try:
        lines = _head(Path(source).expanduser()).decode("utf-8-sig").splitlines()
    except (OSError, EOFError, UnicodeDecodeError):
        return []
    first = next((line for line in lines if line.strip() and not line.startswith(("#", "sep="))), "")
    return _cells(first, delimiter)


def _head(path: Path) -> bytes:
    """A file's beginning, up to the end of a line."""
    with path.open("rb") as file:
        head = file.read(ENOUGH)
    if head.startswith(MAGIC):
        import gzip

        with gzip.open(path) as packed:
            head = packed.read(ENOUGH)
    end = head.rfind(b"\n")
    return head[:end] if end > 0 and len(head) == ENOUGH else head


def _cells(line: str, delimiter: str | None) -> list[str]:
    """The cells of a header; where there are numbers among them, columns go by their places."""
    mark = {"\\t": "\t", "tab": "\t"}.get(delimiter or "", delimiter) or max(MARKS, key=line.count)
    if line.count(mark) == 0 and not delimiter:
        cells = line.split()
    else:
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=mark[0], skipinitialspace=True), [])]
    if any(_is_number(cell) for cell in cells):
        return [str(place) for place in range(1, len(cells) + 1)]
    return [cell for cell in cells if cell]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
