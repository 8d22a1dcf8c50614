"""`gdcli collapse`: an all-linear network is one layer, however deep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from gdcli.analysis.collapse import collapse, is_linear, largest_difference, witness
from gdcli.cli.options import ModelArgument, OutputOptions
from gdcli.cli.output import check, emit
from gdcli.cli.running import reader
from gdcli.cli.saved import refuse_target, rows_named
from gdcli.cli.terminal import Terminal
from gdcli.data.scaling import power_names
from gdcli.definitions import flag_name
from gdcli.errors import GdcliError
from gdcli.experiments.checkpoint import SavedModel
from gdcli.experiments.saved import Model, load_model
from gdcli.experiments.spec import DataSpec
from gdcli.render import Report
from gdcli.render.reports.collapse import CollapseReport, describe_collapse, describe_refusal
from gdcli.render.screen import Screen


def command(
    context: typer.Context,
    model: ModelArgument,
    data: DataSpec,
    output: OutputOptions,
) -> None:
    """Show an all-linear network as the one layer that it is.

    The weights of its layers are multiplied into one W and b, and compared with it on the rows of DATA. A network
    that bends is refused (exit 1), with two inputs and the point halfway between them as the proof.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    refuse_target(data)
    name = rows_named(data.source, terminal, model)
    loaded = load_model(model, terminal.stdin)
    saved = loaded.saved
    rows = _rows(loaded, name, data, terminal)
    if is_linear(saved.network):
        emit(_one_layer(saved, rows), output, terminal)
        return
    emit(_witnessed(saved, rows), output, terminal)
    names = ", ".join(sorted({flag_name(one.__name__) for one in saved.network.activations}))
    raise GdcliError(f"{model}: this network is not linear ({names})", "train one with --activation linear")


def _rows(model: Model, name: str, data: DataSpec, terminal: Terminal) -> Any:
    """The inputs as the network sees them."""
    table, saved = model.table(name, data, reader(terminal)), model.saved
    return saved.preparation.inputs(model.complete_rows(table, data)[0], saved.parameters.dtype)


def _names(saved: SavedModel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    prepared = saved.preparation
    outputs = prepared.classes if prepared.outputs > 1 else (prepared.target_name,)
    return power_names(prepared.input_names, prepared.degree), outputs


def _one_layer(saved: SavedModel, rows: Any) -> Report:
    weights, bias = collapse(saved.network, saved.parameters)
    difference = largest_difference(saved.network, saved.parameters, weights, bias, rows)
    input_names, output_names = _names(saved)
    told = CollapseReport(
        saved.network.sizes, weights.tolist(), bias.tolist(), input_names, output_names, difference, len(rows)
    )
    return Report(
        schema="gdcli.collapse/1",
        rows_name="",
        summary=lambda: {
            "linear": True,
            "layers": list(saved.network.sizes),
            "weights": weights.tolist(),
            "bias": bias.tolist(),
            "inputs": list(input_names),
            "outputs": list(output_names),
            "largest_difference": difference,
            "rows": len(rows),
        },
        blocks=lambda screen: (*describe_collapse(told, screen), *_scaled(saved)),
    )


def _scaled(saved: SavedModel) -> tuple[str, ...]:
    """A remark where the network's inputs are not the raw ones."""
    scaler = saved.preparation.scaler
    raw = not scaler.offset.any() and (scaler.factor == 1).all()
    return () if raw else ("", " inputs are scaled first, as the network sees them: (x - offset) / factor")


def _witnessed(saved: SavedModel, rows: Any) -> Report:
    found = witness(saved.network, saved.parameters, rows)
    input_names, output_names = _names(saved)
    names = tuple(flag_name(one.__name__) for one in saved.network.activations)

    def blocks(screen: Screen) -> Iterator[str]:
        yield from describe_refusal(found, input_names, output_names[found.output], names, screen)

    return Report(
        schema="gdcli.collapse/1",
        rows_name="",
        summary=lambda: {"linear": False, **found.row()},
        blocks=blocks,
    )
