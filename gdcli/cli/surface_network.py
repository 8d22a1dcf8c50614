"""`gdcli surface` of a saved network: the loss along two random directions from its parameters."""

from __future__ import annotations

import dataclasses

import numpy as np

from gdcli.analysis.surfaces import filter_normalised, surface
from gdcli.cli.drawing import COARSE, COUNT, Drawing, Landscape, affordable, span
from gdcli.cli.models import dataset_for, loss_unit, problem_for, rows_named, table_for
from gdcli.cli.options import DataOptions, LoopOptions
from gdcli.cli.surface_options import SurfaceOptions
from gdcli.cli.terminal import Terminal
from gdcli.definitions import LOSS, named
from gdcli.errors import OptionError
from gdcli.experiments.checkpoint import SavedModel, load
from gdcli.render.reports.surface_marks import Scene, Spot
from gdcli.training.loop import Problem

NAMES = ("alpha", "beta")
USUAL = "-1:1"


def drawn(
    model: str, data: DataOptions, asked: SurfaceOptions, loop: LoopOptions, terminal: Terminal, again: str
) -> Drawing:
    """The loss around a saved network's parameters, on the rows of DATA.

    Raises:
        OptionError: If the network is too small for two directions.
    """
    saved = load(model)
    problem = _problem(saved, data, terminal)
    plane = filter_normalised(saved.network, saved.parameters, np.random.default_rng(loop.seed))
    if plane.is_flat:
        raise OptionError(
            f"{model}: a network this small has no two directions", "gdcli surface DATA draws the loss of a line"
        )
    count = COUNT if affordable(problem, COUNT * COUNT) else COARSE
    spans = span("--x-range", asked.x_range or USUAL, count), span("--y-range", asked.y_range or USUAL, count)
    terminal.note(
        f"{saved.network.size:,} parameters, {len(problem.data):,} rows, {spans[0].count} x {spans[1].count} points:"
        f" alpha and beta are two random directions as long as the weights, seed {loop.seed}"
    )
    landscape = Landscape(problem, plane, spans)
    return Drawing(landscape, _scene(saved, landscape), more={"seed": loop.seed, "rerun": again})


def _problem(saved: SavedModel, data: DataOptions, terminal: Terminal) -> Problem:
    """The network's loss on the rows, in the target's units."""
    rows = dataset_for(saved, table_for(saved, rows_named(data, terminal), data, terminal), data)
    smoothing = float(saved.config.get("label_smoothing", 0.0))
    bare, unit = problem_for(saved), loss_unit(saved)
    encoded = saved.preparation.encoded(rows, saved.parameters.dtype, smoothing)

    def in_units(outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = bare.loss(outputs, targets)
        return value * unit, gradient * unit

    return dataclasses.replace(bare, data=encoded, loss=bare.loss if unit == 1 else in_units)


def _scene(saved: SavedModel, landscape: Landscape) -> Scene:
    here = np.zeros(1)
    start = float(surface(landscape.problem, landscape.plane, here, here).height[0, 0])
    lowest, (x, y) = landscape.grid.lowest, landscape.spans
    return Scene(
        NAMES,
        named(LOSS, "loss", saved.loss).title,
        (x.low, x.high),
        (y.low, y.high),
        Spot(0.0, 0.0, start),
        None if lowest is None else Spot(*lowest),
        start_name="saved parameters",
        minimum_name="lowest on the grid",
    )
