"""csv: one row a record, full precision that reads back exactly; a value that is not finite is an empty cell."""

import csv
import math
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
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    header = False
    cell = _shown if out.isatty() else _cell
    steady = Steady(out)
    for record in report.records:
        row = record.row()
        if not header:
            writer.writerow([cell(name) for name in row])
            header = True
        writer.writerow([cell(value) for value in row.values()])
        steady()


def _shown(value: Any) -> Any:
    """A cell on a terminal, which must not take a name or a text for its own commands."""
    return plain(value, Screen()) if isinstance(value, str) else _cell(value)


def _cell(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return ""
    return value
