"""`gdcli loss`: losses and their gradients, drawn or as rows."""

from __future__ import annotations

from typing import Annotated

import typer

from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, RangeOptions, SaveOptions, option
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.terminal import Terminal
from gdcli.experiments.loss_profiles import pictures_of
from gdcli.render.reports.loss import report

NAMES_HELP = "{loss}, or 1-p to compare with; all of them unless named."
AGAINST_HELP = "The true class's probability, or prediction minus target. [both]"


def command(
    context: typer.Context,
    asked: RangeOptions,
    saving: SaveOptions,
    output: OutputOptions,
    against: Annotated[str | None, option("--against", metavar="p|residual", help=AGAINST_HELP)] = None,
    names: Annotated[list[str] | None, typer.Argument(metavar="[LOSS]...", help=NAMES_HELP, show_default=False)] = None,
) -> None:
    """Draw losses and their gradients against the prediction.

    Of classes against p, the probability given to the true one; of numbers against the residual. The slope by the
    logit is what a row's gradient starts from on its way back.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    names = [part for name in names or () for part in name.split(",")]
    pictures = pictures_of(names, against, asked.given())
    again = str(invocation(context, *(name.lower().replace("_", "-") for name in names or ())))
    plotted = layout(asked.plot, output, terminal).plotted
    emit(report(pictures, format_of(output), plotted, again), output, terminal, saving)
    terminal.note(f"rerun: {again}")
