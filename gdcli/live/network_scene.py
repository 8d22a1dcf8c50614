"""The network scene: a network's run on the screen."""

from __future__ import annotations

from gdcli.experiments.network import NetworkExperiment
from gdcli.live.experiment_setup import setup_of
from gdcli.live.setup import NetworkScene, Setup
from gdcli.said import say


def network_setup(experiment: NetworkExperiment, name: str) -> Setup:
    """A network's run; `name` is what the data is called."""
    scene = NetworkScene(
        experiment.data, experiment.validation, experiment.network, experiment.preparation, experiment.unit
    )
    return setup_of(experiment, scene, name, None, say("batch"))
