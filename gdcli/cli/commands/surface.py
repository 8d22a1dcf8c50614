"""`gdcli surface`: the loss over two parameters as a picture, with the path of descent on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from gdcli.cli.example import or_example
from gdcli.cli.interrupts import interruptible
from gdcli.cli.invoked import invocation, is_given
from gdcli.cli.options import OutputOptions, SaveOptions, option
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.running import note_read, progress_bar, reader
from gdcli.cli.terminal import Terminal
from gdcli.data.sources import joined_names, names_in
from gdcli.errors import INTERRUPTED, OptionError
from gdcli.experiments.line_surface import (
    Descents,
    OptimizersSpec,
    RatesSpec,
    axes,
    descent,
    descents_config,
    line_runs,
)
from gdcli.experiments.ranges import axis_ranges, span
from gdcli.experiments.result import described
from gdcli.experiments.spec import DataSpec, EpochSpec, LineSpec, LoopSpec, LossSpec, Spec
from gdcli.experiments.step_spec import SmallNetworkSpec, refuse_line
from gdcli.experiments.surface import Drawing
from gdcli.formatting import exact
from gdcli.render.reports.headers import line_header, line_notes
from gdcli.render.reports.surface import LINES, report
from gdcli.said import say

T = TypeVar("T")
MODEL = ".safetensors"
NETWORKS_OWN = {"source", "rows", "x_range", "y_range", "save", "theme", "seed", "threads"}
EPOCHS = 100
RANGE = "LOW:HIGH[:COUNT]"
USUAL = "-1:1"


class SurfaceOptions(NamedTuple):
    """What of the surface is shown, and where else."""

    over: Annotated[
        str | None, option("--over", metavar="A,B", help="The two parameters, across and up. [m,b; or the first two]")
    ] = None
    x_range: Annotated[
        str | None, option("--x-range", metavar=RANGE, help="Across; COUNT points in csv and json. [what fits]")
    ] = None
    y_range: Annotated[str | None, option("--y-range", metavar=RANGE, help="Up. [what fits]")] = None
    m_range: Annotated[str | None, option("--m-range", metavar=RANGE, help="The axis of m, as -3:5:41.")] = None
    b_range: Annotated[str | None, option("--b-range", metavar=RANGE, help="The axis of b.")] = None
    epochs: Annotated[int, option("--epochs", accepts="whole", metavar="N", help="Length of the path. [100]")] = EPOCHS

    def axes(self) -> tuple[str | None, str | None]:
        """The ranges by axis."""
        return self.x_range, self.y_range


def command(
    context: typer.Context,
    data: DataSpec,
    asked: SurfaceOptions,
    line: LineSpec,
    network: SmallNetworkSpec,
    rate: RatesSpec,
    loop: LoopSpec,
    optimizer: OptimizersSpec,
    loss: LossSpec,
    saving: SaveOptions,
    output: OutputOptions,
) -> None:
    """Draw the loss over two parameters, with the path of descent.

    Bright is low. S is the start, x the minimum; a dot is where an epoch ended. Without DATA and with nothing piped
    in, it draws the lecture's example. With --hidden it trains a network and draws the plane in which it moved most.
    Of a network saved by train, it draws the loss along two random directions from its parameters; its rows follow it
    as DATA.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output, saving)
    saved, *rows = names_in(data.source or "")
    if saved.endswith(MODEL):
        named = replace(data, source=saved)
        drawing = _of_network(context, named, joined_names(rows) or None, asked, loop.seed, terminal)
    else:
        spec, start = or_example(Spec(line, data, rate, loop, EpochSpec(asked.epochs), optimizer, loss), terminal)
        if network.is_network:
            drawing = _of_paths(context, spec, network, rate, optimizer, asked, output, terminal)
        else:
            drawing = _of_line(context, spec, start, rate, optimizer, asked, output, terminal)
    screen = layout(None, output, terminal, f"rerun: {drawing.more['rerun']}")
    emit(report(drawing, format_of(output), screen), output, terminal, saving)
    terminal.note(f"rerun: {drawing.more['rerun']}")
    if drawing.interrupted:
        raise typer.Exit(INTERRUPTED)


def _of_line(
    context: Any,
    spec: Spec,
    start: dict[str, Any],
    rate: RatesSpec,
    optimizer: OptimizersSpec,
    asked: SurfaceOptions,
    output: OutputOptions,
    terminal: Terminal,
) -> Drawing:
    """Descends at each rate, and lays out what is drawn."""
    source = reader(terminal)
    rows = source.numbers(str(spec.data.source), spec.data)
    optimizers = list(optimizer.each())
    runs = line_runs([replace(spec, rate=one, optimizer=by) for one in rate.each() for by in optimizers], rows)
    first, names = runs[0], runs[0].names
    over = axes(asked.over, names)
    ranges = axis_ranges(asked.axes(), {"m": asked.m_range, "b": asked.b_range}, (names[over[0]], names[over[1]]))
    rates = list(dict.fromkeys(one.rate for one in runs))
    kinds = ", ".join(dict.fromkeys(type(one.optimizer).__name__ for one in runs))
    said = [line_header(first, ", ".join(map(exact, rates)), kinds), *line_notes(first)[1:]]
    note_read(source, spec, terminal, layout(None, output, terminal, *said, "", "").remarks(LINES, drawn=True), said)
    with interruptible() as interrupted:
        descents = [_watched(one, descent, interrupted, terminal) for one in runs]
        laid_out = Descents(first, descents, over)
        if len(names) > 2:
            terminal.note(
                say(
                    "over {names} and {names2}, the others fixed: {fixed_words}",
                    names=names[over[0]],
                    names2=names[over[1]],
                    fixed_words=laid_out.fixed_words(),
                )
            )
        given = start | first.chosen.options | {"lr": tuple(rates), "epochs": asked.epochs, "seed": spec.loop.seed}
        again = str(invocation(context, spec.data.source).with_options(**given))
        config = descents_config(runs, rates, [by.optimizer for by in optimizers])
        more = {"seed": spec.loop.seed, "config": config, "reading": described(source.reading), "rerun": again}
        return laid_out.drawing(ranges, more)


def _watched(one: Any, descend: Callable[..., T], interrupted: Any, terminal: Terminal) -> T:
    """A descent, with a bar while it goes on."""
    bar = progress_bar(one, terminal)
    found = descend(one, interrupted, bar.watching)
    bar.erase()
    return found


def _of_paths(
    context: Any,
    spec: Spec,
    network: SmallNetworkSpec,
    rate: RatesSpec,
    optimizer: OptimizersSpec,
    asked: SurfaceOptions,
    output: OutputOptions,
    terminal: Terminal,
) -> Drawing:
    """Trains a network, by each optimizer at each rate, and draws the plane of the paths."""
    from gdcli.experiments.network_paths import NAMES, draw_paths, paths_config, paths_words, read_paths, run_path

    refuse_line(spec.model, {"over": asked.over, "m-range": asked.m_range, "b-range": asked.b_range})
    source = reader(terminal)
    runs = read_paths(spec, network, rate, optimizer, source)
    header = paths_words(runs)
    note_read(source, runs[0].spec, terminal, layout(None, output, terminal, header, "", "").remarks(LINES), [header])
    ranges = axis_ranges(asked.axes(), {}, NAMES)
    with interruptible() as interrupted:
        descents = [_watched(one, run_path, interrupted, terminal) for one in runs]
    config = paths_config(runs)
    chosen = {name: config[name] for name in ("lr", "optimizer") if not isinstance(config[name], list)}
    again = invocation(context, spec.data.source).with_options(epochs=asked.epochs, seed=spec.loop.seed, **chosen)
    more = {"config": config, "reading": described(source.reading), "rerun": str(again)}
    return draw_paths(runs[0], descents, ranges, {"seed": spec.loop.seed} | more)


def _of_network(
    context: Any, data: DataSpec, rows: str | None, asked: SurfaceOptions, seed: int, terminal: Terminal
) -> Drawing:
    """The loss around a saved network's parameters, on its rows."""
    from gdcli.cli.saved import rows_named  # reads model files: only then
    from gdcli.experiments.network_surface import directions, drawing, problem_in_units, usual_count
    from gdcli.experiments.saved import load_model

    _refuse_descent(context)
    model = load_model(str(data.source))
    name = rows_named(rows, terminal)
    problem = problem_in_units(model, model.dataset(model.table(name, data, reader(terminal)), data))
    plane, count = directions(model, str(data.source), seed), usual_count(problem)
    spans = span("--x-range", asked.x_range or USUAL, count), span("--y-range", asked.y_range or USUAL, count)
    terminal.note(
        say(
            "{size:,} parameters, {count:,} rows, {count2} x {count3} points: alpha and beta are two "
            "random directions as long as the weights, seed {seed}",
            size=model.saved.network.size,
            count=len(problem.data),
            count2=spans[0].count,
            count3=spans[1].count,
            seed=seed,
        )
    )
    again = invocation(context, data.source, rows).with_options(seed=seed)
    return drawing(model, problem, plane, spans, seed, str(again))


def _refuse_descent(context: Any) -> None:
    """Refuses options of a descent where there is none."""
    known = NETWORKS_OWN | set(OutputOptions._fields) | {one.name for one in DataSpec.options()}
    for parameter in context.command.params:
        if is_given(context, parameter.name) and parameter.name not in known:
            raise OptionError(
                say(
                    "{opts}: a saved network is drawn along two random directions, without a path",
                    opts=parameter.opts[0],
                ),
                say("leave it out; --x-range and --y-range set the ranges"),
            )
