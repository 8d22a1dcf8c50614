"""`gdcli sample`: what there is to try, and the rows themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, destination, emit, format_of
from gdcli.cli.terminal import Terminal
from gdcli.data.samples import content, samples
from gdcli.data.tables import read_table
from gdcli.errors import OptionError
from gdcli.render.reports.sample import report, rows_report
from gdcli.said import say


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
                say("{option_name} goes with a sample's name", option_name=option_name),
                say("as in gdcli sample line {option_name} {value}", option_name=option_name, value=value),
            )
    emit(report(samples()), output, terminal)


def _print(
    name: str, rows: int | None, noise: float | None, seed: int, output: OutputOptions, terminal: Terminal
) -> None:
    text = content(name, rows, noise, seed)
    if format_of(output).verbatim:  # the sample's own text, digit for digit
        with destination(output.output, terminal.for_programs()) as out:
            out.write(text.decode())
        return
    emit(rows_report(read_table(text, name), name), output, terminal)
