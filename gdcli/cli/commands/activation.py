"""`gdcli activation`: activation functions and their derivatives, drawn or as rows."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, RangeOptions, SaveOptions
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.terminal import Terminal
from gdcli.definitions import flag_name
from gdcli.experiments.function_profiles import FunctionRange, activations_named
from gdcli.render.reports.activation import report

NAMES_HELP = "{activation}; all of them unless named."


def command(
    context: typer.Context,
    asked: RangeOptions,
    saving: SaveOptions,
    output: OutputOptions,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help=NAMES_HELP, show_default=False)] = None,
) -> None:
    """Draw activation functions and their derivatives.

    Blue is the function, orange its derivative: what a gradient is multiplied by on its way back.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    names = [part for name in names or () for part in name.split(",")]
    chosen, grid = activations_named(names), FunctionRange(**asked.given())
    again = str(invocation(context, *map(flag_name, names)))
    screen = layout(asked.plot, output, terminal, f"rerun: {again}")
    emit(report(chosen, grid, format_of(output), screen, again), output, terminal, saving)
    terminal.note(f"rerun: {again}")
