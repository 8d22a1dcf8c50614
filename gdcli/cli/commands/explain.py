"""`gdcli explain`: the lecture's terms, in two languages."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.options import OutputOptions
from gdcli.cli.output import check, emit
from gdcli.cli.terminal import Terminal
from gdcli.lessons.glossary import find, terms
from gdcli.render.reports.explain import report

TERM = "A term, or a sentence with one in it; without it, all are listed."


def command(
    context: typer.Context,
    output: OutputOptions,
    term: Annotated[list[str] | None, typer.Argument(metavar="[TERM]...", help=TERM, show_default=False)] = None,
) -> None:
    """Explain a term of the lecture in three sentences, with its formula and a command that shows it.

    In English or Chinese; machine formats have both.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    found = [find(" ".join(term))] if term else list(terms())
    emit(report(found, not term, terminal.language), output, terminal)
