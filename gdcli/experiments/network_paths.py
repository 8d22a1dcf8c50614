"""The paths of a network's training, on the loss over the plane in which they move most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gdcli.analysis.principal_plane import PrincipalPlane, principal_plane
from gdcli.analysis.surfaces import Plane, Span, span_around
from gdcli.arrays import Array
from gdcli.definitions import flag_name
from gdcli.errors import OptionError
from gdcli.experiments import building
from gdcli.experiments.experiment import Watch, never, unwatched
from gdcli.experiments.line_surface import OptimizersSpec, RatesSpec
from gdcli.experiments.network import NetworkExperiment, network_experiment
from gdcli.experiments.network_surface import usual_count
from gdcli.experiments.reading import Reader, read_examples
from gdcli.experiments.spec import OptimizerSpec, RateSpec, Spec, StopSpec
from gdcli.experiments.step_spec import SmallNetworkSpec
from gdcli.experiments.surface import Descent, DescentPath, Drawing, Landscape, Scene, Spot
from gdcli.formatting import exact, short
from gdcli.said import say, together
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Status

__all__ = ["NAMES", "draw_paths", "paths_config", "paths_words", "read_paths", "run_path"]

NAMES = ("pc1", "pc2")
USUAL = "adam"
FARTHEST = 1e100
CLIMB = 10.0
"""What climbs above so many times the start's loss has no say in where the plane lies."""


def read_paths(
    spec: Spec, network: SmallNetworkSpec, rates: RatesSpec, optimizers: OptimizersSpec, reader: Reader
) -> list[NetworkExperiment]:
    """An experiment for each rate and optimizer, all from one start, on all rows.

    Raises:
        DataError: If the rows cannot be read, or cannot be learned from.
        OptionError: If an option cannot be.
    """
    model = network.network()
    examples = read_examples(spec.data, model, reader)
    each = rates.each() if rates.lr is not None else [None]
    pairs = [(rate, by) for rate in each for by in optimizers.each()]
    whole = replace(spec, model=model, stop=StopSpec(validation="none"))
    return [network_experiment(_with(whole, rate, by, rates), examples, reader) for rate, by in pairs]


def _with(spec: Spec, rate: RateSpec | None, by: OptimizerSpec, rates: RatesSpec) -> Spec:
    """The spec of one path; without a rate at the optimizer's usual one."""
    usual = type(building.optimizer(by, USUAL)).usual_learning_rate
    chosen = rate or RateSpec(usual, rates.schedule, rates.warmup, rates.lr_at)
    return replace(spec, rate=chosen, optimizer=by if by.optimizer is not None else replace(by, optimizer=USUAL))


def run_path(one: NetworkExperiment, interrupted: Callable[[], bool] = never, watch: Watch = unwatched) -> Descent:
    """One run; its records have the loss in the target's units."""
    records = [record._replace(names=NAMES, gradient=None, state=None) for record in one.records(interrupted, watch)]
    return Descent(one.rate, records, flag_name(type(one.optimizer).__name__))


def paths_words(runs: Sequence[NetworkExperiment]) -> str:
    """What is about to happen, in a line."""
    one = runs[0]
    kinds = dict.fromkeys(
        say("{name}, lr {rate}", name=type(run.optimizer).__name__, rate=exact(run.rate)) for run in runs
    )
    batch = say("full batch") if one.batch_size is None else say("batch {batch_size}", batch_size=one.batch_size)
    rows = say("{count:,} rows from {name}", count=len(one.data), name=one.spec.name)
    return together(
        "   ", [one.model_words, rows, one.loss_title, *kinds, batch, say("seed {seed}", seed=one.spec.loop.seed)]
    )


def paths_config(runs: Sequence[NetworkExperiment]) -> dict[str, Any]:
    """The settings of all runs; a list where they differ."""
    one = runs[0]
    rates = list(dict.fromkeys(run.rate for run in runs))
    optimizers = list(dict.fromkeys(flag_name(type(run.optimizer).__name__) for run in runs))
    return {
        "hidden": list(one.network.sizes[1:-1]),
        "activation": [each.__name__ for each in one.network.activations],
        "lr": rates[0] if len(rates) == 1 else rates,
        **(building.optimizer_config(one.optimizer) if len(optimizers) == 1 else {"optimizer": optimizers}),
        "batch_size": one.batch_size or "full",
        "epochs": one.epochs,
        "loss": one.loss_name,
        "l1": one.problem.l1,
        "l2": one.problem.l2,
    }


def draw_paths(
    experiment: NetworkExperiment,
    descents: Sequence[Descent],
    asked: tuple[Span | None, Span | None],
    more: dict[str, Any],
) -> Drawing:
    """The loss over the main plane of all paths, and the paths on it.

    Raises:
        OptionError: If the paths have no two directions.
    """
    finite = [one._replace(records=[record for record in one.records if _is_finite(record)]) for one in descents]
    highest = CLIMB * float(descents[0].records[0].loss)
    low = [record.parameters for one in finite for record in one.records if record.loss <= highest]
    found = principal_plane(np.stack(low))
    if found is None:
        what = say("the paths span no plane: they go along one line, leave at once, or do not move")
        raise OptionError(what, say("take more --epochs, or another --lr"))
    projected = [*_projected(finite, found)]
    spans = _spans(projected, asked, usual_count(experiment.problem))
    landscape = Landscape(_in_target_units(experiment), _in(found.plane, experiment.dtype), spans)
    variance = dict(zip(NAMES, found.shares, strict=True))
    interrupted = any(one.records[-1].status is Status.INTERRUPTED for one in descents)
    scene = _scene(experiment, projected, landscape, found)
    return Drawing(landscape, scene, (0, 1), projected, {"variance": variance} | more, interrupted=interrupted)


def _is_finite(record: Epoch) -> bool:
    return bool(np.isfinite(record.parameters).all() and np.abs(record.parameters).max() < FARTHEST)


def _projected(descents: Sequence[Descent], found: PrincipalPlane) -> Iterator[Descent]:
    """The runs with coordinates on the plane in place of parameters."""
    plane = found.plane
    across = np.stack([plane.across, plane.up], axis=1)
    for one in descents:
        yield one._replace(
            records=[record._replace(parameters=(record.parameters - plane.origin) @ across) for record in one.records]
        )


def _spans(descents: Sequence[Descent], asked: tuple[Span | None, Span | None], count: int) -> tuple[Span, Span]:
    """The ranges asked for, or those of the paths, as far as these do not climb."""
    first = descents[0].records[0]
    shown = np.array([one.parameters for run in descents for one in run.records if one.loss <= first.loss])
    x, y = (
        given or replace(span_around(values.tolist()), count=count)
        for given, values in zip(asked, shown.T, strict=True)
    )
    return x, y


def _in_target_units(experiment: NetworkExperiment) -> Problem:
    """The network's problem, its loss in the target's units."""
    problem, unit = experiment.problem, experiment.unit
    if unit == 1:
        return problem

    def loss(outputs: Array, targets: Array) -> tuple[Any, Array]:
        value, gradient = problem.loss(outputs, targets)
        return value * unit, gradient * unit

    return replace(problem, loss=loss)


def _in(plane: Plane, dtype: Any) -> Plane:
    return Plane(*(np.asarray(part, dtype) for part in (plane.origin, plane.across, plane.up)))


def _scene(
    experiment: NetworkExperiment, descents: Sequence[Descent], landscape: Landscape, found: PrincipalPlane
) -> Scene:
    lowest, (x, y) = landscape.grid.lowest, landscape.spans
    start = descents[0].records[0]
    at_x, at_y = (float(each) for each in start.parameters)
    first, second = (short(100 * share, 3) for share in found.shares)
    both = short(100 * sum(found.shares), 3)
    whose = say("the path's") if len(descents) == 1 else say("the paths'")
    return Scene(
        NAMES,
        experiment.loss_title,
        (x.low, x.high),
        (y.low, y.high),
        Spot(at_x, at_y, float(start.loss)),
        None if lowest is None else Spot(*lowest),
        [_trail(one) for one in descents],
        minimum_name=say("lowest on the grid"),
        remark=say(
            "pc1 and pc2, {whose} main directions, have {both} % of the variance: {first} and {second}",
            whose=whose,
            both=both,
            first=first,
            second=second,
        ),
    )


def _trail(one: Descent) -> DescentPath:
    points = np.array([record.parameters for record in one.records], dtype=np.float64)
    steps, losses = [record.step for record in one.records], [float(record.loss) for record in one.records]
    return DescentPath(one.rate, steps, points, losses, one.records[-1].status, one.optimizer)
