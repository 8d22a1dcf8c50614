"""What is about to happen, in a line: of a line, a network, and a range test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gdcli.formatting import exact
from gdcli.render.vocabulary import sized
from gdcli.said import enumerated, say, together

if TYPE_CHECKING:
    from gdcli.experiments.experiment import Experiment
    from gdcli.experiments.line import LineExperiment
    from gdcli.experiments.lr_find import Asked
    from gdcli.experiments.network import NetworkExperiment

__all__ = ["line_header", "line_notes", "network_header", "network_notes", "range_test_header"]


def line_notes(experiment: LineExperiment) -> list[str]:
    """What is about to happen, what was chosen, and whether the optimum is the only one: a line each."""
    rows, parameters = experiment.rows, experiment.problem.model.size
    few = say(
        "{rows} rows for {parameters} parameters: many models fit these rows equally well",
        rows=rows,
        parameters=parameters,
    )
    return [line_header(experiment), *_chosen(experiment), *[few] * (rows < parameters)]


def network_notes(experiment: NetworkExperiment) -> list[str]:
    """What is about to happen, and what was chosen: a line each."""
    return [network_header(experiment), *_chosen(experiment)]


def _chosen(experiment: Experiment) -> list[str]:
    """What was chosen because it was not given."""
    return [say("chosen: {line}", line=experiment.choices["line"])] if experiment.choices else []


def line_header(experiment: LineExperiment, rates: str = "", optimizers: str = "") -> str:
    """What is about to happen, in a line; of several runs with all their rates and optimizers."""
    spec = experiment.spec
    held = "" if experiment.validation is None else say(", {held_rows:,} held out", held_rows=experiment.held_rows)
    passed = "" if experiment.passed is None else say(", read in one pass{by}", by=experiment.passed.by)
    if experiment.passed is not None and experiment.passed.held is not None:
        held += say(" (each by its number and the seed)")
    scale = (
        say("standardized")
        if spec.loop.standardize
        else say("scale {scale_name}", scale_name=experiment.scale_name)
        if spec.loop.scale
        else ""
    )
    parts = [
        experiment.model_words,
        say("{rows:,} rows from {name}{held}{passed}", rows=experiment.rows, name=spec.name, held=held, passed=passed),
        scale,
        experiment.loss_name,
        _descent(experiment, rates, optimizers),
        say("seed {seed}", seed=spec.loop.seed),
    ]
    return together("   ", (part for part in parts if part))


def network_header(experiment: NetworkExperiment) -> str:
    """What is about to happen, in a line."""
    parts = {"train": experiment.data, "validation": experiment.validation, "test": experiment.test}
    counts = enumerated(sized(name, len(rows)) for name, rows in parts.items() if rows is not None)
    descent = say("{name}, lr {rate}", name=type(experiment.optimizer).__name__, rate=exact(experiment.rate))
    return together(
        "   ",
        [
            experiment.model_words,
            say("{size:,} parameters", size=experiment.network.size),
            say("{counts} rows from {name}", counts=counts, name=experiment.spec.name),
            *[experiment.disk_words] * bool(experiment.disk_words),
            experiment.loss_name,
            enumerated((descent, _batch(experiment.batch_size, say("batch")))),
            say("seed {seed}", seed=experiment.spec.loop.seed),
        ],
    )


def range_test_header(experiment: Experiment, tried: Asked) -> str:
    """What is about to happen, in a line; `tried` are the rates."""
    batch = _batch(experiment.batch_size, say("batches of"))
    return together(
        "   ",
        [
            experiment.model_words,
            say("{count:,} rows from {name}", count=len(experiment.data), name=experiment.spec.name),
            *[experiment.disk_words] * bool(experiment.disk_words),
            experiment.loss_name,
            enumerated((type(experiment.optimizer).__name__, batch)),
            say("seed {seed}", seed=experiment.spec.loop.seed),
            say("{steps} rates from {low} to {high}", steps=tried.steps, low=exact(tried.low), high=exact(tried.high)),
        ],
    )


def _descent(experiment: Experiment, rates: str = "", optimizers: str = "") -> str:
    """The optimizer, its rate and the batches; of several runs all their rates and optimizers."""
    kind = optimizers or type(experiment.optimizer).__name__
    return say(
        "{kind}, lr {rates}, {batch}",
        kind=kind,
        rates=rates or exact(experiment.rate),
        batch=_batch(experiment.batch_size, say("batches of")),
    )


def _batch(size: int | None, words: str) -> str:
    """How many rows a step takes."""
    return say("full batch") if size is None else say("{words} {size}", words=words, size=size)
