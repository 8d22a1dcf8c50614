"""From an experiment to the setup of a run on the screen: what lines and networks share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from gdcli.errors import OptionError
from gdcli.experiments.changes import refuse_beyond, together
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.judgement import classes_of, judged_problem, weights_of
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.notation import Setting
from gdcli.experiments.spec import Spec, StopSpec
from gdcli.live.setup import LineScene, NetworkScene, Setup
from gdcli.said import say
from gdcli.training.stopping import Stopping

Scene = LineScene | NetworkScene
E = TypeVar("E", bound=Experiment)


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
        row_unit=experiment.unit,
        weights=weights_of(experiment),
        classes=classes_of(experiment),
        chosen=_chosen(experiment),
    )


def chained(experiment: E, make: Callable[[E, Scene | None], Setup]) -> Setup:
    """The setup of a run with all that changes in mid-run.

    Args:
        experiment: What is run.
        make: Makes the setup of a run in which nothing changes, like a scene of the same run, if there is one.
    """
    given = experiment.spec.changes.at or ()
    if not is_endless(experiment):
        refuse_beyond(experiment.spec, experiment.pace.steps(experiment.epochs))
    first = make(experiment.in_force(experiment.segments[0]), None)

    def changed(by_hand: Sequence[Setting]) -> Setup:
        _refuse_lengths(experiment.spec, by_hand)
        spec = experiment.spec.replace(at=together(given, by_hand))
        segments = replace(experiment, spec=spec).segments[1:]
        later = tuple((one.after, make(experiment.in_force(one), first.scene)) for one in segments)
        return replace(first, later=later, changed=changed)

    return changed(())


def _refuse_lengths(spec: Spec, by_hand: Sequence[Setting]) -> None:
    """Refuses another number of steps where the rates so far were laid out over them.

    Raises:
        OptionError: If there would be one.
    """
    if has_end(spec) and any(one.name == "batch_size" for one in by_hand):
        name = spec.rate.schedule.name
        raise OptionError(
            say(
                "batch-size cannot change in mid-run here: --schedule {name} is laid out over the steps "
                "of the whole run",
                name=name,
            ),
            say("r goes to the start, where it can"),
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
