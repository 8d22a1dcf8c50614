"""What is about to happen, in a line: of a line, a network, and a range test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gdcli.formatting import exact

if TYPE_CHECKING:
    from gdcli.experiments.experiment import Experiment
    from gdcli.experiments.line import LineExperiment
    from gdcli.experiments.lr_find import Asked
    from gdcli.experiments.network import NetworkExperiment

__all__ = ["line_header", "network_header", "range_test_header"]


def line_header(experiment: LineExperiment, rates: str = "", optimizers: str = "") -> str:
    """What is about to happen, in a line; of several runs with all their rates and optimizers."""
    spec = experiment.spec
    held = "" if experiment.validation is None else f", {experiment.held_rows:,} held out"
    passed = "" if experiment.passed is None else f", read in one pass{experiment.passed.by}"
    if experiment.passed is not None and experiment.passed.held is not None:
        held += " (each by its number and the seed)"
    scale = "standardized" if spec.loop.standardize else f"scale {experiment.scale_name}" if spec.loop.scale else ""
    parts = [
        experiment.model_words,
        f"{experiment.rows:,} rows from {spec.name}{held}{passed}",
        scale,
        experiment.loss_name,
        _descent(experiment, rates, optimizers),
        f"seed {spec.loop.seed}",
    ]
    return "   ".join(part for part in parts if part)


def network_header(experiment: NetworkExperiment) -> str:
    """What is about to happen, in a line."""
    parts = {"train": experiment.data, "validation": experiment.validation, "test": experiment.test}
    counts = ", ".join(f"{len(rows):,} {name}" for name, rows in parts.items() if rows is not None)
    descent = f"{type(experiment.optimizer).__name__}, lr {exact(experiment.rate)}"
    return "   ".join(
        [
            experiment.model_words,
            f"{experiment.network.size:,} parameters",
            f"{counts} rows from {experiment.spec.name}",
            *[experiment.disk_words] * bool(experiment.disk_words),
            experiment.loss_name,
            f"{descent}, {_batch(experiment.batch_size, 'batch')}",
            f"seed {experiment.spec.loop.seed}",
        ]
    )


def range_test_header(experiment: Experiment, tried: Asked) -> str:
    """What is about to happen, in a line; `tried` are the rates."""
    batch = _batch(experiment.batch_size, "batches of")
    return "   ".join(
        [
            experiment.model_words,
            f"{len(experiment.data):,} rows from {experiment.spec.name}",
            *[experiment.disk_words] * bool(experiment.disk_words),
            experiment.loss_name,
            f"{type(experiment.optimizer).__name__}, {batch}",
            f"seed {experiment.spec.loop.seed}",
            f"{tried.steps} rates from {exact(tried.low)} to {exact(tried.high)}",
        ]
    )


def _descent(experiment: Experiment, rates: str = "", optimizers: str = "") -> str:
    """The optimizer, its rate and the batches; of several runs all their rates and optimizers."""
    kind = optimizers or type(experiment.optimizer).__name__
    return f"{kind}, lr {rates or exact(experiment.rate)}, {_batch(experiment.batch_size, 'batches of')}"


def _batch(size: int | None, words: str) -> str:
    """How many rows a step takes."""
    return "full batch" if size is None else f"{words} {size}"
