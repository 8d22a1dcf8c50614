"""csv: one row a record, full precision that reads back exactly; a value that is not finite is an empty cell."""

import csv
import math
from collections.abc import Sequence
from typing import Any, TextIO

from gdcli.render import Report
from gdcli.render.formats import output_format
from gdcli.render.screen import Screen, plain
from gdcli.render.throttle import Steady


@output_format(verbatim=True)
def render(report: Report, out: TextIO, screen: Screen) -> None:  # noqa: ARG001 - rows only, on any screen
    """Writes the rows with commas, as RFC 4180 quotes them."""
    delimited(report, out, ",")


def delimited(report: Report, out: TextIO, delimiter: str) -> None:
    """Writes a header and the rows, each as it comes."""
    plainly = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    quoting = csv.writer(out, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    header = False
    cell = _shown if out.isatty() else _cell
    steady = Steady(out)
    for record in report.records:
        row = record.row()
        if not header:
            names = [cell(name) for name in row]
            (quoting if _like_a_comment(names) else plainly).writerow(names)
            header = True
        cells = [cell(value) for value in row.values()]
        (quoting if _like_a_comment(cells) else plainly).writerow(cells)
        steady()


def _like_a_comment(cells: Sequence[Any]) -> bool:
    """Whether a line of these cells would be read as a comment, if its texts were not in quotes."""
    return bool(cells) and isinstance(cells[0], str) and cells[0].startswith("#")


def _shown(value: Any) -> Any:
    """A cell on a terminal, which must not take a name or a text for its own commands."""
    return plain(value, Screen()) if isinstance(value, str) else _cell(value)


def _cell(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return value
