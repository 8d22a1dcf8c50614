"""`gdcli collapse`: an all-linear network is one layer, however deep."""

from __future__ import annotations

from typing import Any

import typer

from gdcli.analysis.collapse import is_linear
from gdcli.cli.invoked import invocation
from gdcli.cli.options import ModelArgument, OutputOptions, SaveOptions
from gdcli.cli.output import check, emit
from gdcli.cli.running import reader
from gdcli.cli.saved import refuse_target, rows_named
from gdcli.cli.terminal import Terminal
from gdcli.definitions import flag_name
from gdcli.errors import GdcliError
from gdcli.experiments.saved import Model, load_model
from gdcli.experiments.spec import DataSpec
from gdcli.render.reports.collapse import report
from gdcli.said import say


def command(
    context: typer.Context, model: ModelArgument, data: DataSpec, saving: SaveOptions, output: OutputOptions
) -> None:
    """Show an all-linear network as the one layer that it is.

    The weights of its layers are multiplied into one W and b, and compared with it on the rows of DATA. A network
    that bends is refused (exit 1), with two inputs and the point halfway between them as the proof.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    refuse_target(data)
    name = rows_named(data.source, terminal, model)
    loaded = load_model(model, terminal.stdin)
    saved = loaded.saved
    rows = _rows(loaded, name, data, terminal)
    again = str(invocation(context, model, name))
    emit(report(saved, rows), output, terminal, saving, again)
    if is_linear(saved.network):
        return
    names = ", ".join(sorted({flag_name(one.__name__) for one in saved.network.activations}))
    raise GdcliError(
        say("{model}: this network is not linear ({names})", model=model, names=names),
        say("train one with --activation linear"),
    )


def _rows(model: Model, name: str, data: DataSpec, terminal: Terminal) -> Any:
    """The inputs as the network sees them."""
    table, saved = model.table(name, data, reader(terminal)), model.saved
    return saved.preparation.inputs(model.complete_rows(table, data)[0], saved.parameters.dtype)
