"""`gdcli config`: the settings in force, and where each comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.options import OutputOptions
from gdcli.cli.output import check, emit
from gdcli.cli.settled import settings_of
from gdcli.cli.terminal import Terminal
from gdcli.experiments.notation import one_of
from gdcli.render.reports.config import report

WhatArgument = Annotated[str, typer.Argument(metavar="show", help="Show them.", show_default=False)]


def command(context: typer.Context, output: OutputOptions, what: WhatArgument = "show") -> None:
    """Show the settings in force, and where each comes from.

    A setting is a default of the command line: a variable, as GDCLI_FORMAT=json, or a key of a file gdcli.toml, the
    nearest in this folder or above, then the user's in ~/.config/gdcli. An option goes before a variable, and that
    before a file. What a run computes is never a setting.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    one_of("config", what, ("show",))
    emit(report(settings_of(terminal.environ)), output, terminal)
