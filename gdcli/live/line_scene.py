"""The line scene: a linear run and its loss surface on the screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np

from gdcli.analysis.surfaces import Span
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset, compress
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.line_surface import Descents, descent
from gdcli.experiments.stepping import StepReport, step_report
from gdcli.experiments.surface import Landscape
from gdcli.live.experiment_setup import chained, setup_of
from gdcli.live.setup import SCALED, LineScene, LossLandscape, NetworkScene, Range, Setup
from gdcli.nn.losses import mse
from gdcli.render.reports.surface import resample
from gdcli.said import say
from gdcli.training import streams
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Step

T = TypeVar("T")
EPOCHS = 100  # of the path that `surface` draws
TRACED = ("velocity", "v", "sum_of_squares", "m_hat", "v_hat")
"""What is shown of an optimizer's state: Adam's means without their bias, and of others what they keep."""
CELLS = 41  # of a surface that is laid out as another, across and up
FEW = 100  # rows that are not compressed
PREVIEW = 500  # steps of the descent that the surface's ranges are made for


def line_setup(experiment: LineExperiment, name: str) -> Setup:
    """A linear run with what changes in mid-run; `name` is what the data is called."""
    return chained(experiment.compressed(), partial(_setup, name))


def _setup(name: str, experiment: LineExperiment, like: LineScene | NetworkScene | None) -> Setup:
    """A linear run in which nothing changes, on the loss surface of another scene of it, if there is one."""
    limit = experiment.limit

    initial = experiment.optimizer.init(experiment.start)
    state = _state_shown(experiment)
    scaled = not experiment.basis.is_raw

    def report(before: Step | Epoch, step: Step) -> StepReport:
        known = step.state is not None  # which a recording of many parameters does not hold
        if isinstance(step.state, dict):
            step = step._replace(state=type(initial)(**step.state))
        step = step if step.replay else streams.with_update(step, before, experiment.optimizer)
        made = step_report(experiment, before.parameters, step, trace=known, limit=limit)
        made = replace(made, trace={kind: made.trace[kind] for kind in state if kind in made.trace})
        return _renamed(made) if scaled else made

    def predictions(parameters: Array, rows: Dataset) -> Array:
        return experiment.predict(parameters, rows.inputs)

    scene = LineScene(
        data=experiment.data,
        names=experiment.names,
        terms=experiment.terms,
        raw=experiment.basis.raw,
        outputs=predictions,
        describe_step=report,
        state=state,
        landscape=None if len(experiment.names) < 2 else landscape(experiment, getattr(like, "landscape", None)),
    )
    return setup_of(experiment, scene, name, limit, say("batches of"))


def _state_shown(experiment: LineExperiment) -> tuple[str, ...]:
    """Of an optimizer's state, what its arithmetic shows."""
    with np.errstate(all="ignore"):  # means of no gradient yet
        known = experiment.optimizer.trace(experiment.optimizer.init(experiment.start))
    return tuple(kind for kind in TRACED if kind in known and not (kind == "v" and "v_hat" in known))


def _renamed(made: StepReport) -> StepReport:
    """The step of a run on scaled inputs, whose parameters are not those of the raw columns: m_s, b_s."""

    def renamed(values: Mapping[str, T]) -> dict[str, T]:
        return {f"{name}{SCALED}": value for name, value in values.items()}

    return replace(
        made,
        formula=None if made.formula is None else renamed(made.formula),
        before=renamed(made.before),
        gradient=renamed(made.gradient),
        update=renamed(made.update),
        after=renamed(made.after),
        trace={kind: renamed(values) for kind, values in made.trace.items()},
    )


def landscape(experiment: LineExperiment, like: LossLandscape | None = None) -> LossLandscape:
    """The loss over the first two parameters, on the ranges that `surface` takes for the same run, or of another."""
    wanted = (None, None) if like is None else (Span(*like.x_range, CELLS), Span(*like.y_range, CELLS))
    descents = drawn(experiment, EPOCHS if like is None else 0)
    with np.errstate(all="ignore"):
        drawing = descents.drawing(wanted, {})
    scene, spans = drawing.scene, drawing.landscape.spans
    sliced = _quick(experiment.problem)  # drawn again and again

    def seen(x_range: Range, y_range: Range, through: Array | None) -> LossLandscape:
        plane = descents.plane() if through is None else descents.plane(experiment.basis.raw(through))
        x, y = (replace(span, low=ends[0], high=ends[1]) for span, ends in zip(spans, (x_range, y_range), strict=True))
        surface = Landscape(experiment.problem if through is None else sliced, plane, (x, y))

        def values(width: int, height: int) -> Array:
            return resample(surface.values(width, height), width, height)

        minimum = scene.minimum if through is None else None
        return LossLandscape(scene.names, x_range, y_range, values, drawing.over, minimum, seen, others)

    others = tuple(name for at, name in enumerate(experiment.names) if at not in drawing.over)
    return seen(scene.x_range, scene.y_range, None)


def drawn(experiment: LineExperiment, epochs: int) -> Descents:
    """The path that `surface` would draw, which the surface is laid out around."""
    most = max(1, PREVIEW // experiment.steps_per_epoch)
    preview = replace(experiment, epochs=min(epochs, most))
    with np.errstate(all="ignore"):
        return Descents(preview, [descent(preview)], (0, 1))


def _quick(problem: Problem) -> Problem:
    """The same loss on the few rows that are equivalent to all of them, where there are such."""
    short = problem.loss is mse and len(problem.data) > FEW
    return replace(problem, data=compress(problem.data)) if short else problem
