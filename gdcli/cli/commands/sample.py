"""`gdcli sample`: what there is to try, and the rows themselves."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Annotated

import typer

from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, destination, emit, format_of
from gdcli.cli.terminal import Terminal
from gdcli.data.samples import Sample, content, samples
from gdcli.data.tables import read_table
from gdcli.errors import OptionError
from gdcli.render import Report, theme
from gdcli.render.screen import Screen, paint, plain

LONGEST = 13  # letters of the longest name


def command(
    context: typer.Context,
    output: OutputOptions,
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The sample to print.", show_default=False)
    ] = None,
    rows: Annotated[int | None, option("--rows", accepts="count", metavar="N", help="How many rows.")] = None,
    noise: Annotated[
        float | None,
        option("--noise", accepts="non_negative", metavar="S", help="A toy's noise, a standard deviation."),
    ] = None,
    seed: Annotated[int, option("--seed", accepts="whole", metavar="N", help="A toy's seed. [0]")] = 0,
) -> None:
    """List the sample data sets and toy generators, or print one.

    Any command takes a sample as its DATA by the name sample:NAME; printed, it is csv (or --format).
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    if name is None:
        _list(output, terminal, {"--rows": rows, "--noise": noise})
    else:
        _print(name.removeprefix("sample:"), rows, noise, seed, output, terminal)


def _list(output: OutputOptions, terminal: Terminal, unused: dict[str, object]) -> None:
    for option_name, value in unused.items():
        if value is not None:
            raise OptionError(
                f"{option_name} goes with a sample's name", f"as in gdcli sample line {option_name} {value}"
            )
    listed = samples()
    report = Report(
        schema="gdcli.sample/1",
        records=listed,
        rows_name="samples",
        rows_in_kv=True,
        paragraph=_told,
    )
    emit(report, output, terminal)


def _told(one: Sample, screen: Screen) -> Iterator[str]:
    """A sample's name, what it is, and its command, within the screen's width."""
    indent = " " * (LONGEST + 2)
    about = textwrap.wrap(plain(one.about, screen), max(screen.width, 60) - len(indent), break_on_hyphens=False)
    yield f"{paint(one.name.ljust(LONGEST), theme.HEADING, screen)}  {about[0]}"
    yield from (indent + line for line in about[1:])
    yield f"{indent}{paint(one.command, theme.COMMAND, screen)}"


def _print(
    name: str, rows: int | None, noise: float | None, seed: int, output: OutputOptions, terminal: Terminal
) -> None:
    text = content(name, rows, noise, seed)
    if format_of(output).verbatim:  # the sample's own text, digit for digit
        with destination(output.output, terminal.for_programs()) as out:
            out.write(text.decode())
        return
    table = read_table(text, name)
    columns = {column: _values(table, column) for column in table.names}
    records = [_Row(dict(zip(columns, cells, strict=True))) for cells in zip(*columns.values(), strict=True)]
    report = Report("gdcli.sample/1", records, lambda: {"name": name}, "rows", rows_in_kv=True)
    emit(report, output, terminal)


class _Row:
    """One row of a sample."""

    def __init__(self, cells: dict[str, object]) -> None:
        self._cells = cells

    def row(self) -> dict[str, object]:
        """The cells, by column."""
        return self._cells


def _values(table: object, column: str) -> list[object]:
    return table.numbers(column).tolist() if table.is_numeric(column) else table.texts(column)  # type: ignore[attr-defined, no-any-return]
