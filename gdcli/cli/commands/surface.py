"""`gdcli surface`: the loss over two parameters as a picture, with the path of descent on it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gdcli.atomic_write import replaced
from gdcli.cli.commands.fit import output_width
from gdcli.cli.drawing import Drawing, GridRow
from gdcli.cli.grouping import grouped
from gdcli.cli.interrupts import interruptible
from gdcli.cli.lecture import lecture, start_words
from gdcli.cli.options import DataOptions, LineOptions, LoopOptions, LossOptions, OptimizerOptions, OutputOptions
from gdcli.cli.output import check, emit, exact, rerun
from gdcli.cli.surface_line import drawn
from gdcli.cli.surface_options import RatesOptions, SurfaceOptions
from gdcli.cli.terminal import Terminal
from gdcli.errors import INTERRUPTED, DataError, OptionError
from gdcli.render import Report
from gdcli.render.screen import Screen

MODEL = ".safetensors"
NETWORKS_OWN = {"data", "rows", "x_range", "y_range", "save", "seed", "threads"}


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    asked: SurfaceOptions,
    line: LineOptions,
    rate: RatesOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    output: OutputOptions,
    rows: Annotated[
        str | None, typer.Argument(metavar="[ROWS]", help="After a saved network in place of DATA: its rows.")
    ] = None,
) -> None:
    """Draw the loss over two parameters, with the path of descent.

    Bright is low. S is the start, x the minimum; a dot is where an epoch ended. Without DATA and with nothing piped
    in, it draws the lecture's example. Of a network saved by train, it draws the loss along two random directions
    from its parameters.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    _check_place(asked.save)
    if data.data is not None and data.data.endswith(MODEL):
        from gdcli.cli import surface_network  # reads model files: only then

        _refuse_descent(context)
        again = _again(context, [data.data, rows], seed=loop.seed)
        drawing = surface_network.drawn(data.data, data._replace(data=rows), asked, loop, terminal, again)
    else:
        if rows is not None:
            raise OptionError(f"there are two DATA, '{data.data}' and '{rows}'", f"a network's file ends in {MODEL}")
        name, line = lecture(data, line, terminal)
        named = start_words(line, data) | {"lr": ",".join(map(exact, rate.rates)), "epochs": asked.epochs}
        again = _again(context, [name], **named, seed=loop.seed)
        with interruptible() as interrupted:
            drawing = drawn(
                name, data, asked, line, rate, loop, optimizer, loss, terminal=terminal, again=again, stop=interrupted
            )
    emit(_report(drawing, output, output_width(output, terminal)), output, terminal)
    if asked.save is not None:
        _save(drawing, Path(asked.save))
    terminal.note(f"rerun: {again}")
    if drawing.interrupted:
        raise typer.Exit(INTERRUPTED)


def _check_place(save: str | None) -> None:
    """Finds out before the work whether the picture will have somewhere to go."""
    if save is None:
        return
    path = Path(save)
    if path.suffix.lower() != ".svg":
        raise OptionError(f"--save: '{save}' does not end in .svg", f"as in --save {path.stem or 'surface'}.svg")
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(f"{save}: there is no folder '{path.parent}' to write a file in", "make it first")


def _refuse_descent(context: Any) -> None:
    """Refuses options of a descent where there is none."""
    known = NETWORKS_OWN | set(OutputOptions._fields) | set(DataOptions._fields)
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name).name == "COMMANDLINE"
        if given and parameter.name not in known:
            raise OptionError(
                f"{parameter.opts[0]}: a saved network is drawn along two random directions, without a path",
                "leave it out; --x-range and --y-range set the ranges",
            )


def _again(context: Any, positional: list[str | None], **forced: Any) -> str:
    """The command that draws the same."""
    program, itself, *options = rerun(context, data=None, rows=None, **forced).split(" ", 2)
    names = [f"./{name}" if name.startswith("-") and name != "-" else name for name in positional if name]
    return " ".join([program, itself, *map(shlex.quote, names), *options])


def _report(drawing: Drawing, output: OutputOptions, width: int) -> Report:
    listed = output.format in ("csv", "tsv", "jsonl")
    return Report(
        schema="gdcli.surface/1",
        records=GridRow.of(drawing.grid, drawing.scene.names) if listed else (),
        rows_name="",
        summary=drawing.outline if output.format == "kv" else drawing.figures,
        blocks=lambda screen: _blocks(drawing, screen, width),
    )


def _blocks(drawing: Drawing, screen: Screen, width: int) -> Iterator[str]:
    from gdcli.render.reports.surface import draw_surface, picture_size

    columns, lines = picture_size(drawing.scene, screen)
    yield from draw_surface(drawing.scene, drawing.values(columns, 2 * lines), screen, width)


def _save(drawing: Drawing, path: Path) -> None:
    """Writes the picture file, all or nothing."""
    from gdcli.render.svg import PIXELS, draw_svg

    text = draw_svg(drawing.scene, drawing.values(*PIXELS))
    with replaced(path) as file:
        file.write(text)
