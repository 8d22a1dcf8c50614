"""`gdcli activation`: activation functions and their derivatives, drawn or as rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from gdcli.analysis.activation_shape import Shape, shape, trace
from gdcli.arrays import Array
from gdcli.cli.invoked import invocation
from gdcli.cli.options import OutputOptions, option
from gdcli.cli.output import check, emit, format_of, layout
from gdcli.cli.terminal import Terminal
from gdcli.definitions import ACTIVATION, flag_name, named
from gdcli.definitions import names as definition_names
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import OptionError
from gdcli.nn import initializers
from gdcli.nn.activations import Activation
from gdcli.render import Report
from gdcli.render.reports.activation import (
    ActivationProfile,
    describe_activation,
    show_activations,
)

LANDMARKS = (-5.0, -2.0, -1.0, 0.0, 1.0, 2.0, 5.0)
DRAWN, ROWS, MOST = 401, 41, 1_000_000
NAMES_HELP = "{activation}; all of them unless named."


class RangeOptions(NamedTuple):
    """Where the functions are looked at."""

    low: Annotated[float, option("--from", accepts="number", metavar="Z", help="Where z begins. [-5]")] = -5.0
    high: Annotated[float, option("--to", accepts="number", metavar="Z", help="Where z ends. [5]")] = 5.0
    points: Annotated[
        int | None,
        option("--points", accepts="count", metavar="N", help="How many z for each function. [csv, json: 41]"),
    ] = None
    plot: Annotated[
        bool | None, typer.Option("--plot/--no-plot", help="Pictures. [on a terminal]", show_default=False)
    ] = None


@dataclass(frozen=True)
class Sample:
    """One function at one x."""

    x: float
    name: str
    value: float
    derivative: float

    def row(self) -> dict[str, Any]:
        """x, name, value, derivative."""
        return asdict(self)


def command(
    context: typer.Context,
    asked: RangeOptions,
    output: OutputOptions,
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help=NAMES_HELP, show_default=False)] = None,
) -> None:
    """Draw activation functions and their derivatives.

    Blue is the function, orange its derivative: what a gradient is multiplied by on its way back.
    """
    terminal: Terminal = context.obj.styled(output.color, output.quiet)
    check(output)
    chosen = _chosen(names or definition_names(ACTIVATION))
    _check_range(asked)
    again = str(invocation(context, *map(flag_name, names or ())))
    screen = layout(asked.plot, output, terminal, f"rerun: {again}")
    form = format_of(output)
    portraits = [_portrait(one, _grid(asked, output, screen.plotted)) for one in chosen]
    report = Report(
        schema="gdcli.activation/1",
        records=() if format_of(output).for_people else _rows(portraits),
        rows_name="points",
        summary=lambda: _figures(chosen, asked, again) | ({} if form.rows_only or form.nested else _columns(portraits)),
        blocks=lambda shown: show_activations(portraits, shown, screen),
    )
    emit(report, output, terminal)
    terminal.note(f"rerun: {again}")


def _chosen(names: Sequence[str]) -> list[Activation]:
    """The functions by name, each once, in the order given."""
    return list(dict.fromkeys(named(ACTIVATION, "activation", name) for name in names))


def _check_range(asked: RangeOptions) -> None:
    if not asked.low < asked.high:
        raise OptionError(f"--from {asked.low:g} is not below --to {asked.high:g}", "as in --from -5 --to 5")
    if not math.isfinite(asked.high - asked.low):
        raise OptionError(f"--from {asked.low:g} and --to {asked.high:g} are too far apart", "as in --from -5 --to 5")
    if (asked.points or 0) > MOST:
        raise OptionError(f"--points: {asked.points} is more than {MOST}", "a chart shows a few hundred")


def _grid(asked: RangeOptions, output: OutputOptions, drawn: bool) -> Array:
    """The z to evaluate: as many as asked; else fine for a chart, round for a table."""
    if asked.points is None and format_of(output).for_people and not drawn:
        return np.array([asked.low, *(z for z in LANDMARKS if asked.low < z < asked.high), asked.high])
    usual = DRAWN if format_of(output).for_people else ROWS
    return np.linspace(asked.low, asked.high, asked.points or usual)


def _portrait(activation: Activation, z: Array) -> ActivationProfile:
    value, derivative = trace(activation, z)
    spread = _first_line(getattr(initializers, activation.initializer)).partition(":")[0]
    return ActivationProfile(
        activation.__name__,
        _first_line(activation),
        z.tolist(),
        value.tolist(),
        derivative.tolist(),
        describe_activation(shape(activation), activation.initializer, spread),
    )


def _first_line(definition: Any) -> str:
    return str(definition.__doc__ or "").partition("\n")[0].removesuffix(".")


def _rows(portraits: Sequence[ActivationProfile]) -> Iterator[Sample]:
    for one in portraits:
        for x, value, derivative in zip(one.x, one.value, one.derivative, strict=True):
            yield Sample(x, one.name, value, derivative)


def _columns(portraits: Sequence[ActivationProfile]) -> dict[str, Any]:
    """The rows as numbered names, for kv."""
    named = {one.name: {"value": one.value, "derivative": one.derivative} for one in portraits}
    return {"x": portraits[0].x, **named}


def _figures(chosen: Sequence[Activation], asked: RangeOptions, again: str) -> dict[str, Any]:
    functions = {one.__name__: _facts(one, shape(one)) for one in chosen}
    return {"from": asked.low, "to": asked.high, "functions": functions, "rerun": again}


def _facts(activation: Activation, found: Shape) -> dict[str, Any]:
    return {
        "formula": _first_line(activation),
        "initializer": activation.initializer,
        "largest_slope": found.steepest,
        "largest_slope_at": found.steepest_at,
        "saturates_below": found.flat_below,
        "saturates_above": found.flat_above,
    }
