"""What is said of a finished run: the verdicts on its rows, each with what to try where there is something."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gdcli.analysis.evidence import Verdict
from gdcli.analysis.judging import ROWS, Judged, judge
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.stored import StoredDataset
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.line import LineExperiment
from gdcli.experiments.network import NetworkExperiment
from gdcli.experiments.passing import Passed
from gdcli.formatting import exact
from gdcli.said import enumerated, say, together
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch
from gdcli.training.streams import Run

__all__ = ["classes_of", "judged_problem", "verdicts_of", "weights_of"]

ALIKE = say("All weights began alike, at zero: leave out --init zeros.")
MANY = 0.5
"""Part of the hidden units that may be dead without a word on what to try."""


def verdicts_of(experiment: Experiment, run: Run) -> tuple[Verdict, ...]:
    """What is said of a finished run, in the order in which one says it."""
    labels = classes_of(experiment)
    before = experiment.resumed  # with an epoch of its own, where it goes on from another run
    start = Epoch(before.epoch if before else 0, 0, experiment.rate, run.losses[0], experiment.start)
    judged = Judged(
        judged_problem(experiment),
        start,
        run.best,
        run.last,
        run.losses,
        run.validation_losses,
        len(labels),
        labels,
        run.best if experiment.keeps_best else run.last,
        experiment.unit,
        weights_of(experiment),
    )
    said = tuple(
        verdict
        for verdict in judge(judged)
        if verdict.name != "still improving" or run.last.passes >= experiment.epochs
    )
    if not isinstance(experiment, NetworkExperiment):
        return tuple(verdict.with_advice(_line_advice(verdict, experiment)) for verdict in said)
    return tuple(verdict.with_advice(_network_advice(verdict, experiment, said)) for verdict in said)


def classes_of(experiment: Experiment) -> tuple[str, ...]:
    """The classes' labels; none of numbers."""
    return experiment.preparation.classes if isinstance(experiment, NetworkExperiment) else ()


def weights_of(experiment: Experiment) -> Array | None:
    """How much each class counts, where that is not alike."""
    return experiment.weights if isinstance(experiment, NetworkExperiment) else None


def judged_problem(experiment: Experiment) -> Problem:
    """The problem on rows as they are: a compressed line's rows are no sample of anything."""
    if isinstance(experiment, LineExperiment) and experiment.passed is not None:
        return _sampled(experiment, experiment.passed)
    if not isinstance(experiment, LineExperiment) or len(experiment.problem.data) == len(experiment.data):
        return _some_rows(experiment.problem)
    rows = experiment.data.rows(slice(None, None, max(1, len(experiment.data) // ROWS)))
    names = experiment.problem.data.input_names
    return replace(experiment.problem, data=Dataset(experiment.basis(rows.inputs), rows.targets, names))


def _some_rows(problem: Problem) -> Problem:
    """The problem on rows in memory: some, of those that stay on disk."""
    data, held = problem.data, problem.validation
    if not isinstance(data, StoredDataset):
        return problem
    return replace(problem, data=data.few, validation=held.few if isinstance(held, StoredDataset) else held)


def _sampled(experiment: LineExperiment, passed: Passed) -> Problem:
    """The problem on some of very many rows."""
    names, seen = experiment.problem.data.input_names, []
    for one in (passed.train, passed.held):
        rows = None if one is None else one.sampled(passed.names, passed.target)
        seen.append(rows and Dataset(experiment.basis(rows.inputs), rows.targets, names))
    train, held = seen
    assert train is not None  # noqa: S101 - for the type checker
    return replace(experiment.problem, data=train, validation=held or experiment.problem.validation)


def _line_advice(verdict: Verdict, experiment: LineExperiment | Experiment) -> str:
    """What to try with a line."""
    if verdict.name == "still improving":
        return say("More --epochs would lower it.")
    degree = experiment.basis.degree if isinstance(experiment, LineExperiment) else 1
    if verdict.name in ("overfitting", "generalisation gap") and degree > 1:
        return say("Try a --degree below {degree}, or --l2 0.1.", degree=degree)
    if verdict.name == "learned nothing" and degree == 1:
        return say("Try a larger --degree, or other inputs with --x.")
    return ""


def _network_advice(verdict: Verdict, one: NetworkExperiment, said: tuple[Verdict, ...]) -> str:
    """What to try with a network."""
    if verdict.name == "still improving":
        return say("More --epochs would lower it.")
    if verdict.name == "start kept":
        return say("--keep last hands out the trained one; --folds 5 judges it by all rows.")
    if verdict.name == "rare class missed":
        return say("Try --class-weight balanced.") if one.weights is None and one.loss.weighted else ""
    if verdict.name == "class absent":
        return "" if one.spec.loop.shuffle else say("Leave out --no-shuffle.")
    if verdict.name == "dead units":
        return _on_dead_units(one) if verdict.figures["dead"] >= MANY * verdict.figures["units"] else ""
    if verdict.name == "worse than its start":
        return say("Try {smaller_rate}.", smaller_rate=_smaller_rate(one))
    if verdict.name == "learned nothing" and not any(other.name == "dead units" for other in said):
        return _on_nothing(one)
    return ""


def _on_dead_units(one: NetworkExperiment) -> str:
    if one.model.init == "zeros":
        return ALIKE
    parts = [_smaller_rate(one), say("--activation tanh")]
    if _is_unscaled(one):
        parts.insert(0, say("--scale standard"))
    return say("Try {names}.", names=together(say(", or "), [enumerated(parts[:-1]), parts[-1]]))


def _on_nothing(one: NetworkExperiment) -> str:
    """Why nothing was learned, as far as the options tell, the likeliest cause first."""
    if _is_unscaled(one):
        low, high = float(one.problem.data.inputs.min()), float(one.problem.data.inputs.max())
        return say("The inputs are not scaled, from {low:.4g} to {high:.4g}: try --scale standard.", low=low, high=high)
    if one.model.init == "zeros" and one.model.hidden:
        return ALIKE
    if not one.model.hidden:
        alone = one.problem.data.inputs.shape[1] == 1
        line, parted = say("is a straight line"), say("parts its input at one place only")
        plane, bounded = say("is a plane"), say("draws straight boundaries only")
        form = (parted if alone else bounded) if classes_of(one) else line if alone else plane
        form = say("only adds its inputs and features up") if one.preparation.features else form
        return say("Without a hidden layer the model {form}: try --hidden 16.", form=form)
    return say("Try another rate (--lr, now {rate}), more --epochs, or other inputs with --x.", rate=exact(one.rate))


def _is_unscaled(one: NetworkExperiment) -> bool:
    """Whether inputs reach the network as they are, and are far from the size of 1."""
    return one.spec.loop.takes_raw and _size(one.problem.data.inputs) > 10


def _size(inputs: Array) -> float:
    return float(np.abs(inputs).max())


def _smaller_rate(one: NetworkExperiment) -> str:
    usual = type(one.optimizer).usual_learning_rate
    lower = usual if one.rate > 3 * usual else one.rate / 10
    return say("--lr {value} (now {rate})", value=exact(float(f"{lower:.0e}")), rate=exact(one.rate))
