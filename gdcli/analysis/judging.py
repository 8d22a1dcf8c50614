"""All verdicts on one run, in the order in which one says them, and none that another one rules out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gdcli.analysis.claims import number
from gdcli.analysis.evidence import Verdict, share_losses
from gdcli.analysis.overfitting import NOTHING, generalisation_gap, overfitting_since
from gdcli.analysis.verdicts import (
    class_absent,
    dead_units,
    learned_nothing,
    oscillating,
    rare_class_missed,
    still_improving,
    worse_than_start,
)
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.losses import Loss, log_losses, mse
from gdcli.said import say
from gdcli.training.loop import Problem
from gdcli.training.records import Epoch, Status

__all__ = ["Judged", "judge", "row_scores"]

HELD_OUT, TRAINING = say("rows held out"), say("training rows")
RARE = 0.5
"""A class with less than this part of an even share of the rows is rare."""
FAR = 1.5
"""A start with so many times the baseline's loss is far from it."""
PER_PARAMETER, DEVIATIONS = 5, 5
"""Rows a parameter from which a likelihood ratio can be trusted; standard deviations beyond which it is no chance."""
ROWS = 10_000
"""Of more rows than about this, evenly spaced ones are looked at."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A run to be judged.

    Args:
        problem: The model, the loss, the rows as the model sees them, and those held out.
        start: Its first record; with an epoch above 0, it goes on from another run, whose start is not known.
        best: Its best one.
        last: Its last one.
        losses: The training loss at each epoch.
        held_out_losses: The loss on the rows held out at each epoch; empty without any.
        classes: How many classes there are; 0 for numbers.
        labels: What they are called.
        kept: The one whose parameters are handed out; None for the best one.
        unit: What a row's loss is multiplied by to be in the target's own units.
        weights: How much each class counts, shape (K,), where that is not alike.
    """

    problem: Problem
    start: Epoch
    best: Epoch
    last: Epoch
    losses: Sequence[float]
    held_out_losses: Sequence[float] = ()
    classes: int = 0
    labels: Sequence[str] = ()
    kept: Epoch | None = None
    unit: float = 1.0
    weights: Array | None = None

    @property
    def handed_out(self) -> Epoch:
        """The record that the run's parameters are of."""
        return self.best if self.kept is None else self.kept

    @property
    def measure(self) -> str:
        """What rows are measured by."""
        if self.weights is not None:
            return say("weighted log loss")
        return say("log loss") if self.classes else getattr(self.problem.loss, "title", "") or say("loss")

    @property
    def usual(self) -> int:
        """The most frequent class of the training rows; with weights, of those that count most."""
        counts = np.bincount(_indices(self.problem.data.targets), minlength=self.classes)
        heard = counts * (1.0 if self.weights is None else self.weights)
        return int(np.where(heard >= heard.max() * (1 - 1e-9), counts, -1).argmax())

    def name(self, index: int) -> str:
        """A class's label."""
        return self.labels[index] if self.labels else str(index)

    def rows(self, record: Epoch, data: Dataset) -> tuple[Array, Array | None]:
        """Each row's log loss and whether its class is right; of numbers, its loss, and None."""
        with np.errstate(all="ignore"):
            outputs = np.asarray(self.problem.model(record.parameters, data.inputs)[0], float)
            if not self.classes:
                return self.unit * _losses_of_numbers(self.problem.loss, outputs, data.targets), None
            losses, right = row_scores(outputs, data.targets)
        return losses * self.shares(data), right

    def shares(self, data: Dataset) -> Array | float:
        """How much each row counts by its class, 1 on average over these rows."""
        if self.weights is None:
            return 1.0
        found: Array = np.asarray(self.weights, float)[_indices(data.targets)]
        return found / (found.mean() or 1.0)

    def level(self, record: Epoch, data: Dataset) -> float:
        """The mean of its rows' losses."""
        return float(np.mean(self.rows(record, data)[0]))

    def baseline(self, data: Dataset) -> tuple[Array, Array | None]:
        """The same of the model that knows no input: the best constant, or the training rows' shares of the classes."""
        known = self.problem.data.targets
        if not self.classes:
            value = np.full(len(data), self.constant[1])
            return self.unit * _losses_of_numbers(self.problem.loss, value, data.targets), None
        trained, truth = _indices(known), _indices(data.targets)
        return share_losses(trained, truth, self.classes, self.weights) * self.shares(data), truth == self.usual

    @property
    def constant(self) -> tuple[str, float]:
        """What a model of numbers that knows no input says: the training rows' mean, or their median if better."""
        known = np.asarray(self.problem.data.targets, float)
        mean, middle = float(np.mean(known)), float(np.median(known))
        if self.problem.loss is mse:
            return say("the mean"), mean
        losses = [
            np.mean(_losses_of_numbers(self.problem.loss, np.full(len(known), one), known)) for one in (mean, middle)
        ]
        return (say("the median"), middle) if losses[1] < losses[0] else (say("the mean"), mean)


def _losses_of_numbers(loss: Loss, outputs: Array, targets: Array) -> Array:
    """Each row's loss; at once where it depends on the residual alone."""
    residuals = np.asarray(outputs, float) - targets
    if loss is mse:
        return np.asarray(residuals**2)
    each = np.asarray(loss(residuals[:, None], np.zeros(1))[0], float)
    if each.shape == residuals.shape and np.isclose(each.mean(), float(loss(outputs, targets)[0]), rtol=1e-9, atol=0):
        return each
    return np.array([float(loss(outputs[at : at + 1], targets[at : at + 1])[0]) for at in range(len(targets))])


def row_scores(outputs: Array, targets: Array) -> tuple[Array, Array]:
    """Each row's log loss and whether its class is right.

    Args:
        outputs: The model's logits: of class 1 of two, or of each class.
        targets: Class indices, distributions, or probabilities of class 1.

    >>> import numpy as np
    >>> row_scores(np.array([0.0, 3.0]), np.array([1, 0]))[1].tolist()
    [False, False]
    """
    truth = _indices(targets)
    right = (outputs > 0) == truth if outputs.ndim == 1 else outputs.argmax(axis=1) == truth
    return log_losses(outputs, truth), right


def judge(run: Judged) -> tuple[Verdict, ...]:
    """The verdicts on a run; none on one that diverged or was interrupted: its ending says it all.

    Of one without a step is said that it learned nothing, where its start is all that it can learn. A run that learned
    nothing of its own rows cannot overfit, and is not told to go on; that its loss still falls is said only of one that
    was ended by its number of epochs.

    Args:
        run: The run.
    """
    if run.last.status in (Status.DIVERGED, Status.INTERRUPTED):
        return ()
    training = _sample(run.problem.data)
    if not run.last.step:
        alone = _nothing_on(run, run.last, training, TRAINING) if run.last.status is Status.CONVERGED else None
        return () if alone is None else (alone,)
    held_out = None if run.problem.validation is None else _sample(run.problem.validation)
    absent = None if held_out is None else _absent(run, held_out)
    if absent is not None:  # neither they nor an epoch chosen by them can tell anything
        run, held_out = replace(run, best=run.last, kept=run.last), None
    watched = training if held_out is None else held_out
    nothing = _nothing(run, training, held_out)
    start = None if held_out is None else _start_kept(run, held_out)
    if start is not None and nothing is not None:  # what was kept learned nothing; did the run?
        learned = _nothing_on(run, run.last, training, TRAINING) is None
        nothing, start = (None, start) if learned else (nothing, None)
    verdicts = [absent, nothing, start, _worse(run, watched), _dead(run, training), _missed(run, training, held_out)]
    fitted = nothing is None or _nothing_on(run, run.last, training, TRAINING) is None
    if fitted and held_out is not None:
        said, gap = _overfitting(run, training, held_out), _gap(run, training, held_out)
        reassuring = said is not None and said.name == "no sign of overfitting"  # not of one that learned by heart
        doubtful = reassuring and (gap or start)
        is_said = said is not None and (nothing is None or said.name == "overfitting") and not doubtful
        verdicts += [said if is_said else None, gap]
    if nothing is None and run.last.status is Status.COMPLETED:
        named = (
            (say("training loss"), run.losses) if held_out is None else (say("validation loss"), run.held_out_losses)
        )
        verdicts.append(still_improving(named[1], named[0]))
    verdicts.append(oscillating(run.losses))
    return tuple(verdict for verdict in verdicts if verdict is not None)


def _absent(run: Judged, held_out: Dataset) -> Verdict | None:
    """Whether rows are held out of a class that no training row is of: they cannot tell anything then."""
    if not run.classes:
        return None
    known, seen = (np.bincount(_indices(data.targets), minlength=run.classes) for data in (run.problem.data, held_out))
    absent = np.flatnonzero((known == 0) & (seen > 0)).tolist()
    return class_absent([run.name(at) for at in absent], int(seen[absent].sum()), len(held_out)) if absent else None


def _start_kept(run: Judged, held_out: Dataset) -> Verdict | None:
    """That the model handed out is the one before training, as no epoch does the rows held out better."""
    if run.handed_out.epoch or not run.last.epoch:
        return None
    first, last = (float(np.mean(run.rows(one, held_out)[0])) for one in (run.handed_out, run.last))
    sentence = say(
        "What is kept is the untrained model: no later epoch does better on the {count:,} row{s} held out ({measure} "
        "{first} before training, {last} at the end).",
        count=len(held_out),
        s="s" * (len(held_out) != 1),
        measure=run.measure,
        first=number(first, 3),
        last=number(last, 3),
    )
    return Verdict("start kept", sentence, {"first": first, "last": last}, len(held_out))


def _nothing(run: Judged, training: Dataset, held_out: Dataset | None) -> Verdict | None:
    """On the rows held out or on those it was fitted to: either is enough, unless these show that the inputs tell."""
    if _inputs_tell(run, training):
        return None
    verdict = None if held_out is None else _nothing_on(run, run.handed_out, held_out, HELD_OUT)
    return verdict or _nothing_on(run, run.handed_out, training, TRAINING)


def _inputs_tell(run: Judged, training: Dataset) -> bool:
    """Whether the training rows leave no doubt that the inputs tell something, be it little: a likelihood-ratio test.

    Twice the gain in log likelihood is about chi-squared with as many degrees of freedom as there are parameters.

    Source: Wilks 1938, The Large-Sample Distribution of the Likelihood Ratio for Testing Composite Hypotheses.
    """
    count, size = len(training), run.problem.model.size
    likely = run.problem.loss is mse or (run.classes > 0 and run.weights is None)  # its loss is a likelihood of rows
    if count < PER_PARAMETER * size or not likely:
        return False
    model, base = (float(np.mean(rows)) for rows in (run.rows(run.handed_out, training)[0], run.baseline(training)[0]))
    if not 0 < model < base < math.inf:
        return False
    gain = 2 * count * (base - model) if run.classes else count * math.log(base / model)
    return gain > size + DEVIATIONS * math.sqrt(2 * size) + DEVIATIONS


def _nothing_on(run: Judged, record: Epoch, data: Dataset, where: str) -> Verdict | None:
    (model, right), (base, usual) = run.rows(record, data), run.baseline(data)
    start = run.rows(run.start, data)[0]
    if not run.classes and np.ptp(run.problem.data.targets) == 0:
        return None  # the target never varies, and the mean is all there is to learn
    far = record.epoch > 0 and np.mean(start) > FAR * np.mean(base)
    if far and still_improving(run.losses) is not None:
        return None  # it is on its way, and has not got to where no input is needed yet
    label = run.name(run.usual) if run.classes else ""
    best = None if record.epoch == run.last.epoch else record.epoch
    first = start if record.epoch and not run.start.epoch else None
    by = say("accuracy")
    if run.weights is not None and right is not None and usual is not None:
        by, right, usual = say("weighted accuracy"), right * run.shares(data), usual * run.shares(data)
    constant = "" if run.classes else run.constant[0]
    return learned_nothing(model, base, right, usual, first, label, where, run.measure, best, by, constant)


def _missed(run: Judged, training: Dataset, held_out: Dataset | None) -> Verdict | None:
    """Whether the rarest class is missed, on the rows held out or on those it was fitted to."""
    for data, where in ((held_out, HELD_OUT), (training, TRAINING)):
        if data is not None and run.classes and (verdict := _missed_on(run, data, where)) is not None:
            return verdict
    return None


def _missed_on(run: Judged, data: Dataset, where: str) -> Verdict | None:
    counts = np.bincount(_indices(run.problem.data.targets), minlength=run.classes)
    right, truth = run.rows(run.handed_out, data)[1], _indices(data.targets)
    rare = int(counts.argmin())
    if right is None or counts[rare] * run.classes > RARE * counts.sum():
        return None
    usual = int(counts.argmax())
    return rare_class_missed(
        right[truth == rare], run.name(rare), float(np.mean(truth == usual)), run.name(usual), where
    )


def _worse(run: Judged, data: Dataset) -> Verdict | None:
    return worse_than_start(run.rows(run.start, data)[0], run.rows(run.last, data)[0], run.measure)


def _dead(run: Judged, data: Dataset) -> Verdict | None:
    model, last = run.problem.model, run.last
    if not hasattr(model, "activations"):
        return None  # no network
    epoch = None if run.handed_out.epoch == last.epoch else last.epoch
    return dead_units(model, last.parameters, data.inputs, len(run.problem.data), epoch)  # type: ignore[arg-type]  # a network


def _overfitting(run: Judged, training: Dataset, held_out: Dataset) -> Verdict | None:
    best, last = run.best, run.last
    rows = run.rows(best, held_out)[0], run.rows(last, held_out)[0]
    if not np.isfinite(rows).all():  # squares that no float64 holds: nothing can be compared
        return None
    levels = run.level(best, training), run.level(last, training)  # by the same measure, whatever the loss is
    first = run.level(run.start, held_out)
    return overfitting_since(best.epoch, last.epoch, *rows, *levels, run.measure, first)


def _gap(run: Judged, training: Dataset, held_out: Dataset) -> Verdict | None:
    kept = run.handed_out
    (low, right), (high, seen) = run.rows(kept, training), run.rows(kept, held_out)
    if np.mean(high) <= NOTHING * run.level(run.start, held_out):
        return None
    return generalisation_gap(low, high, None if right is None or seen is None else (right, seen), run.measure)


def _sample(data: Dataset) -> Dataset:
    return data.rows(slice(None, None, max(1, len(data) // ROWS)))


def _indices(targets: Array) -> Array:
    """Class indices, from distributions, probabilities of class 1, or indices."""
    if targets.ndim > 1:
        return np.asarray(targets.argmax(axis=-1))
    return np.asarray(targets > 0.5 if targets.dtype.kind == "f" else targets).astype(int)
