"""The line scene: a linear run and its loss surface on the screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.line_surface import Descents, descent
from gdcli.experiments.stepping import StepReport, step_report
from gdcli.experiments.surface import Drawing
from gdcli.live.experiment_setup import setup_of
from gdcli.live.setup import LineScene, LossLandscape, Setup
from gdcli.render.reports.surface import resample
from gdcli.training import streams
from gdcli.training.records import Epoch, Step

EPOCHS = 100  # of the path that `surface` draws
PREVIEW = 20_000  # steps of the descent that the surface's ranges are made for


def line_setup(experiment: LineExperiment, name: str) -> Setup:
    """A linear run; `name` is what the data is called."""
    compressed = experiment.compressed()
    limit = compressed.limit

    def report(before: Step | Epoch, step: Step) -> StepReport:
        step = step if step.replay else streams.with_update(step, before, compressed.optimizer)
        return step_report(compressed, before.parameters, step, limit=limit)

    def predictions(parameters: Array, rows: Dataset) -> Array:
        return experiment.predict(parameters, rows.inputs)

    scene = LineScene(
        data=experiment.data,
        names=experiment.names,
        terms=experiment.terms,
        raw=experiment.basis.raw,
        outputs=predictions,
        describe_step=report,
        landscape=None if len(experiment.names) < 2 else landscape(compressed),
    )
    return setup_of(compressed, scene, name, limit, "batches of")


def landscape(experiment: LineExperiment) -> LossLandscape:
    """The loss over the first two parameters, on the ranges that `surface` takes for the same run."""
    drawing = drawn(experiment)
    scene = drawing.scene

    def values(width: int, height: int) -> Array:
        return resample(drawing.values(width, height), width, height)

    return LossLandscape(scene.names, scene.x_range, scene.y_range, values, drawing.over, scene.minimum)


def drawn(experiment: LineExperiment) -> Drawing:
    """The surface, laid out around the path that `surface` would draw."""
    preview = replace(experiment, epochs=max(1, min(EPOCHS, PREVIEW // experiment.steps_per_epoch)))
    with np.errstate(all="ignore"):
        return Descents(preview, [descent(preview)], (0, 1)).drawing((None, None), {})
