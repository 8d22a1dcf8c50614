"""The network scene: a network's run on the screen."""

from __future__ import annotations

from functools import partial

from gdcli.experiments.network import NetworkExperiment
from gdcli.live.experiment_setup import chained, setup_of
from gdcli.live.setup import LineScene, NetworkScene, Setup
from gdcli.said import say


def network_setup(experiment: NetworkExperiment, name: str) -> Setup:
    """A network's run with what changes in mid-run; `name` is what the data is called."""
    return chained(experiment, partial(_setup, name))


def _setup(name: str, experiment: NetworkExperiment, _: LineScene | NetworkScene | None) -> Setup:
    """A network's run in which nothing changes."""
    scene = NetworkScene(
        experiment.data, experiment.validation, experiment.network, experiment.preparation, experiment.unit
    )
    return setup_of(experiment, scene, name, None, say("batch"))
