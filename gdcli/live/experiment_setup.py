"""From an experiment to the setup of a run on the screen: what lines and networks share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gdcli.experiments.experiment import Experiment
from gdcli.experiments.judgement import classes_of, judged_problem
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.spec import Spec, StopSpec
from gdcli.live.setup import LineScene, NetworkScene, Setup
from gdcli.said import say
from gdcli.training.stopping import Stopping


def setup_of(
    experiment: Experiment, scene: LineScene | NetworkScene, name: str, limit: float | None, batches: str
) -> Setup:
    """The setup of an experiment's run.

    Args:
        experiment: What is run.
        scene: What is shown besides.
        name: What the data is called.
        limit: The largest stable learning rate, where a closed form is known.
        batches: What stands before the size of a batch: "batches of".
    """
    spec = experiment.spec
    return Setup(
        name=say("standard input") if name == "-" else name,
        model=experiment.model_words,
        problem=experiment.problem,
        optimizer=experiment.optimizer,
        schedule=experiment.schedule,
        start=experiment.start,
        batch_size=experiment.batch_size,
        seed=spec.loop.seed,
        shuffle=spec.loop.shuffle,
        epochs=None if is_endless(experiment) else experiment.epochs,
        rate=experiment.rate,
        limit=limit,
        loss_name=experiment.loss_title,
        stopping=_stopping(experiment),
        scene=scene,
        settings=_settings(experiment, batches),
        descent=experiment.descent if isinstance(experiment, LineExperiment) else None,
        judged=judged_problem(experiment),
        classes=classes_of(experiment),
        chosen=_chosen(experiment),
    )


def is_endless(experiment: Experiment) -> bool:
    """Whether it runs until somebody stops it: no epochs are given, and the schedule ends nowhere."""
    chosen = "epochs" in experiment.chosen.options
    return (experiment.spec.epochs.epochs is None or chosen) and not has_end(experiment.spec)


def _stopping(experiment: Experiment) -> Stopping:
    """What ends the run: the rules that were given, as a run on the screen goes on until somebody stops it."""
    own = {one.name for one in StopSpec.options()}
    chosen = {name: None for name in experiment.chosen.options if name in own}
    return replace(experiment, spec=experiment.spec.replace(**chosen)).stopping if chosen else experiment.stopping


def _chosen(experiment: Experiment) -> dict[str, Any]:
    """What a command has to say so that nothing is chosen again."""
    others = {"lr", "epochs", *(one.name for one in StopSpec.options())}
    return {name: value for name, value in experiment.chosen.options.items() if name not in others}


def has_end(spec: Spec) -> bool:
    """Whether the schedule ends somewhere."""
    return spec.rate.schedule.name.lower() != "constant"


def _settings(experiment: Experiment, batches: str) -> dict[str, str]:
    """Optimizer, batch and penalty in words."""
    size, penalty = experiment.batch_size, experiment.problem.l2
    words = {
        "optimizer": type(experiment.optimizer).__name__,
        "batch": say("full batch") if size is None else say("{batches} {size}", batches=batches, size=size),
    }
    return words | ({"penalty": f"L2 {penalty:g}"} if penalty else {})
