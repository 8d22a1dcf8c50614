"""The loss of a saved network along two random directions from its parameters."""

from __future__ import annotations

import dataclasses

import numpy as np

from gdcli.analysis.surfaces import Plane, Span, filter_normalised, surface
from gdcli.data.dataset import Dataset
from gdcli.errors import OptionError
from gdcli.experiments.saved import Model
from gdcli.experiments.surface import Drawing, Landscape, Scene, Spot, affordable
from gdcli.said import say
from gdcli.training.loop import Problem

NAMES = ("alpha", "beta")
COUNT, COARSE = 41, 21


def directions(model: Model, name: str, seed: int) -> Plane:
    """The plane of two random directions as long as the weights.

    Raises:
        OptionError: If the network is too small for two directions.
    """
    plane = filter_normalised(model.saved.network, model.saved.parameters, np.random.default_rng(seed))
    if plane.is_flat:
        raise OptionError(
            say("{name}: a network this small has no two directions", name=name),
            say("gdcli surface DATA draws the loss of a line"),
        )
    return plane


def problem_in_units(model: Model, rows: Dataset) -> Problem:
    """The network's loss on the rows, in the target's units."""
    bare, unit = model.problem(), model.unit
    encoded = model.saved.preparation.encoded(rows, model.saved.parameters.dtype, model.smoothing)

    def in_units(outputs: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = bare.loss(outputs, targets)
        return value * unit, gradient * unit

    return dataclasses.replace(bare, data=encoded, loss=bare.loss if unit == 1 else in_units)


def usual_count(problem: Problem) -> int:
    """Points along an axis: fewer where many would take too long."""
    return COUNT if affordable(problem, COUNT * COUNT) else COARSE


def drawing(model: Model, problem: Problem, plane: Plane, spans: tuple[Span, Span], seed: int, rerun: str) -> Drawing:
    """The loss around a saved network's parameters."""
    landscape = Landscape(problem, plane, spans)
    return Drawing(landscape, _scene(model, landscape), more={"seed": seed, "rerun": rerun})


def _scene(model: Model, landscape: Landscape) -> Scene:
    here = np.zeros(1)
    start = float(surface(landscape.problem, landscape.plane, here, here).height[0, 0])
    lowest, (x, y) = landscape.grid.lowest, landscape.spans
    return Scene(
        NAMES,
        model.loss.title,
        (x.low, x.high),
        (y.low, y.high),
        Spot(0.0, 0.0, start),
        None if lowest is None else Spot(*lowest),
        start_name=say("saved parameters"),
        minimum_name=say("lowest on the grid"),
    )
