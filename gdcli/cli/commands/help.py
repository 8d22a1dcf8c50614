"""`gdcli help`: the pages of help, by name."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gdcli.cli.app import COMMANDS
from gdcli.cli.helping import WHOLE
from gdcli.errors import OptionError, did_you_mean
from gdcli.said import say

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[COMMAND]", help="A command's name, as fit or sweep train.")
]


def command(
    context: typer.Context,
    names: NamesArgument = None,
    all_options: Annotated[bool, typer.Option("--all", help="Explain every option.", show_default=False)] = False,
) -> None:
    """Show the help of the program, or of a command.

    The same as --help behind the command; --all is the same as --help-all.
    """
    page: Any = context.find_root()
    for name in names or []:
        found = page.command.get_command(page, name) if hasattr(page.command, "get_command") else None
        if found is None:
            known = page.command.list_commands(page) if hasattr(page.command, "list_commands") else COMMANDS
            raise OptionError(say("there is no command '{name}'", name=name), did_you_mean(name, known))
        page = type(page)(found, info_name=name, parent=page, **found.context_settings)
    page.meta[WHOLE] = all_options
    typer.echo(page.get_help())
