"""`gdcli completion`: the script that teaches a shell to complete."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.lifetime import unwound
from gdcli.cli.terminal import Terminal
from gdcli.render.completion.installing import script

ShellArgument = Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="The shell.", show_default=False)]


def command(context: typer.Context, shell: ShellArgument) -> None:
    """Print the script that teaches a shell to complete.

    It completes commands, options and their values, samples, files, and the column names of the file on the line.
    Read it in a start-up file, or let gdcli --install-completion SHELL do that.
    """
    terminal: Terminal = context.obj
    with unwound():
        terminal.for_programs().stdout.write(script(shell))
