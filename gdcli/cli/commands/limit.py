"""`gdcli limit`: how large a learning rate may be, foretold from the loss's curvature and tried out."""

from __future__ import annotations

import typer

from gdcli.cli import value
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.limit_exact import of_line
from gdcli.cli.limit_found import Found, LimitOptions
from gdcli.cli.options import DataOptions, LineOptions, LoopOptions, LossOptions, OptimizerOptions, OutputOptions
from gdcli.cli.output import emit
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED, GdcliError, OptionError

MODEL = ".safetensors"


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    asked: LimitOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    loop: LoopOptions,
    output: OutputOptions,
) -> None:
    """Tell the largest stable learning rate of this data, and the best.

    With MSE it is exact: 2/L, L the Hessian's largest eigenvalue; and it is tried out, just below and just above.
    For another loss, or a saved model (DATA a .safetensors, its rows --on FILE), it is the curvature at one point.
    --format value prints the rate alone.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    bare = value.asked(output)
    if optimizer.momentum is not None and optimizer.optimizer is None:
        optimizer = optimizer._replace(optimizer="momentum")
    if (data.data or "").endswith(MODEL):
        from gdcli.cli.limit_local import of_model  # knows saved models: not needed for a line

        found = of_model(context, data, asked, optimizer, terminal)
    elif asked.on is not None:
        raise OptionError("--on goes with a saved model as DATA", "as in gdcli limit model.safetensors --on rows.csv")
    else:
        found = of_line(context, data, line, asked, optimizer, loss, loop, terminal)
    if bare:
        value.put(_number(found), output, terminal)
        return
    with interruptible() as interrupted:
        emit(found.report(interrupted), output, terminal)
        if interrupted():
            raise typer.Exit(INTERRUPTED)
    terminal.note(f"rerun: {found.again}")


def _number(found: Found) -> float:
    """The rate.

    Raises:
        GdcliError: If there is none.
    """
    if found.lr_max is None:
        raise GdcliError(f"there is no limit to print: {found.why}", "gdcli lr-find finds a rate by trying")
    return found.lr_max
