"""jsonl: one object a row, each on its line as it comes."""

from typing import TextIO

from gdcli.render import Report
from gdcli.render.formats import output_format
from gdcli.render.formats.json import dumps
from gdcli.render.screen import Screen
from gdcli.render.throttle import Steady


@output_format(nested=True)
def render(report: Report, out: TextIO, screen: Screen) -> None:  # noqa: ARG001 - rows only, on any screen
    """Writes the rows."""
    steady = Steady(out)
    for record in report.records:
        out.write(dumps(report.nested(record)) + "\n")
        steady()
