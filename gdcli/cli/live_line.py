"""The line scene's setup: a linear run and its loss surface, by the same functions as `fit`, `step`, `surface`."""

from __future__ import annotations

import numpy as np

from gdcli.arrays import Array
from gdcli.cli.commands.fit import equation_of
from gdcli.cli.commands.step import step_told
from gdcli.cli.drawing import Drawing, Way
from gdcli.cli.plan import Plan
from gdcli.cli.surface_line import Descents
from gdcli.cli.surface_options import EPOCHS
from gdcli.live.setup import LineScene, LossLandscape, Setup
from gdcli.render.reports.step import StepReport
from gdcli.render.reports.surface import resample
from gdcli.training import streams
from gdcli.training.records import Epoch, Step

PREVIEW = 20_000  # steps of the descent that the surface's ranges are made for


def line_setup(made: Plan, name: str, fixed_length: bool) -> Setup:
    """A linear run on the screen.

    Args:
        made: The run as `fit` would make it.
        name: What the data is called.
        fixed_length: Whether its schedule ends somewhere.
    """
    packed, experiment = made.compressed(), made.experiment
    limit = packed.limit

    def told(before: Step | Epoch, step: Step) -> StepReport:
        step = step if step.replay else streams.with_update(step, before, packed.optimizer)
        return step_told(packed, before.parameters, step, trace=False, limit=limit)

    return Setup(
        name="standard input" if name == "-" else name,
        model=equation_of(made),
        problem=packed.experiment.problem,
        optimizer=made.optimizer,
        schedule=made.schedule,
        start=packed.experiment.start,
        batch_size=made.batch_size,
        seed=made.seed,
        shuffle=made.shuffle,
        epochs=made.epochs if fixed_length else None,
        rate=made.rate,
        limit=limit,
        loss_name=made.loss_name,
        floor=packed.floor,
        scene=LineScene(
            data=experiment.data,
            names=experiment.names,
            terms=experiment.terms,
            raw=experiment.basis.raw,
            outputs=experiment.outputs,
            describe_step=told,
            landscape=None if len(experiment.names) < 2 else landscape(packed),
        ),
        settings=settings(made),
    )


def settings(made: Plan) -> dict[str, str]:
    """What is set, in words."""
    penalty = made.experiment.problem.l2
    told = {
        "optimizer": type(made.optimizer).__name__,
        "batch": "full batch" if made.batch_size is None else f"batches of {made.batch_size}",
    }
    return told | ({"penalty": f"L2 {penalty:g}"} if penalty else {})


def landscape(made: Plan) -> LossLandscape:
    """The loss over the first two parameters, on the ranges that `surface` takes for the same run."""
    drawing = drawn(made)
    scene = drawing.scene

    def values(width: int, height: int) -> Array:
        return resample(drawing.values(width, height), width, height)

    return LossLandscape(scene.names, scene.x_range, scene.y_range, values, drawing.over, scene.minimum)


def drawn(made: Plan) -> Drawing:
    """The surface, laid out around the way that `surface` would draw."""
    epochs = max(1, min(EPOCHS, PREVIEW // made.steps_per_epoch))
    preview = made._replace(epochs=epochs)
    with np.errstate(all="ignore"):
        records = streams.reported(
            preview.records(lambda: False, lambda stream: stream), made.experiment.names, made.experiment.basis.raw
        )
        way = Way(made.rate, list(records))
        return Descents(preview, [way], (0, 1)).drawing((None, None), {})
