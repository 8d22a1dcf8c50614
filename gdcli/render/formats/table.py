"""table: rows of fixed width as they come, then the summary in words, then pictures."""

from collections.abc import Sequence
from typing import TextIO

from gdcli.render import Column, Report, theme
from gdcli.render.formats import output_format
from gdcli.render.screen import Screen, columns, guarded, paint


@output_format(for_people=True, rows_only=False, verbatim=True)
def render(report: Report, out: TextIO, screen: Screen) -> None:
    """Writes the header and rows as they stream, then the report's blocks."""
    header = False
    out.writelines(f"{guarded(line, screen).rstrip()}\n" for line in report.before(screen))
    for record in report.records:
        if not header and report.columns:
            titles = _line(report.columns, [screen.speak(column.header) for column in report.columns])
            out.write(paint(guarded(titles, screen), theme.HEADING, screen) + "\n")
            header = True
        if report.paragraph:
            lines = report.paragraph(record, screen)
        else:
            lines = [_line(report.columns, [screen.speak(column.cell(record)) for column in report.columns])]
        out.writelines(f"{guarded(line, screen).rstrip()}\n" for line in lines)
        out.flush()
    out.writelines(f"{guarded(line, screen).rstrip()}\n" for line in report.blocks(screen))


def _line(layout: Sequence[Column], cells: list[str]) -> str:
    """Cells side by side, each padded to its column's width."""
    parts = []
    for column, cell in zip(layout, cells, strict=True):
        padding = " " * (column.width - columns(cell))
        parts.append(cell + padding if column.left else padding + cell)
    return " ".join(parts).rstrip()
