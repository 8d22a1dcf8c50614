"""tsv: as csv, with tabs."""

from typing import TextIO

from gdcli.render import Report
from gdcli.render.formats import output_format
from gdcli.render.formats.csv import delimited
from gdcli.render.screen import Screen


@output_format()
def render(report: Report, out: TextIO, screen: Screen) -> None:  # noqa: ARG001 - rows only, on any screen
    """Writes the rows with tabs."""
    delimited(report, out, "\t")
