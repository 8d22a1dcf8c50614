"""Measuring: the runs of a sweep by one common measure, on rows that they have not seen where that can be.

Runs of different sizes are compared by k-fold where rows are few, and by the end of each run there: the best epoch on a
handful of rows is luck. Runs of different losses are compared by log loss or RMSE, whatever each has minimised.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gdcli.analysis.judging import Judged, judge
from gdcli.analysis.verdicts import Goal
from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.splitting import folds
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.folds import Measured, measure, run_through
from gdcli.experiments.judgement import classes_of, judged_problem, weights_of
from gdcli.experiments.spec import Spec
from gdcli.experiments.sweep.batching import Job, Measuring, PreparedStack, Rows, prepare
from gdcli.experiments.sweep.grid import Grid
from gdcli.nn.losses import mse
from gdcli.said import say
from gdcli.training.records import Epoch, Status
from gdcli.training.stacked import Outcome

__all__ = ["KINDS", "SIZES", "asked_of", "fold_measures", "measured", "nothing_learned"]

SIZES = ("degree", "hidden")
"""Options that make a model larger."""
KINDS = {"loss", "class_weight", "label_smoothing"}
"""Options that make losses numbers of different kinds."""
FEW_ROWS = 500
"""Up to so many rows, sizes are compared by folds."""
HANDFUL = 20
FEWEST = 3
"""Rows of which each can be held out, and two are left to learn from."""
USUAL, MORE = 5, 7
"""Folds where none are asked for; and up to a handful of rows, of which the others need as many as they can get."""


def asked_of(grid: Grid, rows: Sequence[Rows]) -> Measuring | None:
    """How the runs of a grid are measured; None where their own losses compare them."""
    differing, count = set(grid.differing), grid.base.folds.folds
    sizes, seeds = differing & set(SIZES), grid.lists.get("seed")
    seed = seeds[0].value if seeds else grid.base.loop.seed  # the same folds for all runs
    if count is None and sizes:
        most = max(len(_data(one)) for one in rows)
        count = min(most, MORE) if FEWEST <= most <= HANDFUL else USUAL if HANDFUL < most <= FEW_ROWS else None
    if count is None and not (sizes or differing & KINDS):
        return None
    return Measuring(count or 0, seed)


def fold_measures(job: Job, rows: Rows, interrupted: Callable[[], bool]) -> dict[int, Measured]:
    """Each run's score on all rows, each of them held out of one of its folds; none if it was interrupted.

    Args:
        job: The runs.
        rows: What they learn from.
        interrupted: Asked at each step.
    """
    asked, found, diverged = job.measuring, dict[int, list[Measured]](), Counter[int]()
    if asked is None or not asked.folds:
        return {}
    again = job._replace(specs=tuple(map(_to_the_end, job.specs)))
    for train, held_out in folds(_data(rows), asked.folds, asked.seed):
        stack = prepare(again, train if isinstance(rows, Dataset) else dataclasses.replace(rows, data=train))
        for at, status, parameters in _ends(stack, interrupted):
            if status is Status.INTERRUPTED:
                return {}
            diverged[at] += status is Status.DIVERGED
            found.setdefault(at, []).append(measure(stack.experiments[at], parameters, held_out, ""))
    words = (
        say("rows held out, one at a time")
        if asked.folds == len(_data(rows))
        else say("rows held out in {folds} folds", folds=asked.folds)
    )
    return {at: _joined(parts, words, diverged[at]) for at, parts in found.items()}


def measured(one: Experiment, outcome: Outcome, by_folds: Measured | None) -> Measured:
    """A run's score: by folds, else on the rows it holds out, else on its training rows."""
    fitted = measure(one, outcome.parameters, one.data, say("training rows"))
    found = by_folds
    if found is None:
        found = (
            fitted if one.validation is None else measure(one, outcome.parameters, one.validation, say("rows held out"))
        )
    return dataclasses.replace(found, training=fitted.value)


def nothing_learned(
    stack: PreparedStack, outcome: Outcome, goal: Goal | None, by_folds: Measured | None = None
) -> bool:
    """Whether a run without a known goal is no better than what knows no input, in its folds neither."""
    if goal is not None or outcome.status is Status.DIVERGED or not np.isfinite(outcome.parameters).all():
        return False
    one, losses = stack.experiments[outcome.index], outcome.losses
    labels = classes_of(one)
    record = Epoch(outcome.epoch, outcome.step, one.rate, float(losses[-1]), outcome.parameters)
    start = Epoch(0, 0, one.rate, float(losses[0]), one.start)
    judged = Judged(
        judged_problem(one),
        start,
        record,
        record,
        losses.tolist(),
        (),
        len(labels),
        labels,
        unit=one.unit,
        weights=weights_of(one),
    )
    if by_folds is not None and (labels or one.problem.loss is mse):  # what folds are scored by, without weights
        known = dataclasses.replace(judged, weights=None).baseline(judged.problem.data)[0]
        if np.mean(by_folds.losses) < np.mean(known):
            return False
    return any(verdict.name == "learned nothing" for verdict in judge(judged))


def _to_the_end(spec: Spec) -> Spec:
    """A fold's run: no rows held out of its own, unless they are what ends it."""
    alone = spec.replace(folds=None)
    return alone if spec.stop.rule("patience") is not None else alone.replace(validation="none")


def _ends(stack: PreparedStack, interrupted: Callable[[], bool]) -> Iterator[tuple[int, Status, Array]]:
    """Which run ended, how, and with what parameters; a run alone need not tell of its epochs."""
    if len(stack.experiments) > 1:
        outcomes = (event for event in stack.outcomes(interrupted) if isinstance(event, Outcome))
        yield from ((outcome.index, outcome.status, outcome.parameters) for outcome in outcomes)
        return
    run = run_through(stack.first, interrupted)
    yield 0, run.last.status, (run.best if stack.first.keeps_best else run.last).parameters


def _joined(parts: Sequence[Measured], of: str, diverged: int) -> Measured:
    """The folds' rows as one sample."""
    losses = np.concatenate([part.losses for part in parts])
    right = [part.right for part in parts if part.right is not None]
    rounding = max(part.rounding for part in parts)
    return Measured(losses, np.concatenate(right) if right else None, of, math.nan, rounding, diverged)


def _data(rows: Rows) -> Dataset:
    return rows if isinstance(rows, Dataset) else rows.data
