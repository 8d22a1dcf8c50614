"""Defaults of a network that depend on the data: learning rate, epochs and what ends a run, each where none is given.

What is chosen becomes part of the run's spec, so that `rerun:` repeats it with numbers and nothing is chosen again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gdcli.analysis.range_test import Probe, range_test
from gdcli.analysis.suggestions import named_suggestions
from gdcli.analysis.trials import calmest, final_loss
from gdcli.definitions import OPTIMIZER, definitions
from gdcli.experiments import building, changes
from gdcli.experiments.chosen import Choice, Chosen
from gdcli.experiments.convex import convex_method
from gdcli.experiments.experiment import Experiment
from gdcli.experiments.spec import NetworkSpec, Spec, train_epochs
from gdcli.formatting import exact
from gdcli.nn import losses
from gdcli.said import say, together

__all__ = ["FEW_ROWS", "VALIDATION", "before_split", "of_network", "settled"]

VALIDATION = 0.1
FEW_ROWS = 20
"""From here on, a tenth held out is worth watching; with nothing given, so many a class."""

TRIED = 100
"""Learning rates that a range test tries, one step each."""
SPAN = 1e3
"""How far below and above the optimizer's usual rate it tries them."""
SMOOTH = 0.05
CLEAR = 0.25
"""Part of its first loss by which a range test must fall to be taken at its word; else rates are tried one by one."""
HALVED = 0.5
"""Of the first loss, where the best trial must end to be followed."""
TIMES, TRIAL_STEPS = (1, 3, 10, 30, 100), 1000
"""Multiples of the rate it suggests that are tried then, and the steps of each trial; none where an epoch has more."""
FLAT = 1e-3
"""Of the first loss: what the watched loss must fall by to go on."""
FLAT_STEPS, FLAT_EPOCHS = 1000, 4
"""Steps, and at the least epochs, over which it must."""
MOST_STEPS, MOST_PASSES = 60_000, 200
"""Steps, and at the least epochs, after which a run ends in any case."""
CONVEX_TOLERANCE = 1e-4
"""Of the start's gradient, or of its excess loss at most: where a convex problem counts as solved."""
LEAST_TOLERANCE, PART = 1e-10, 0.01
"""Of the start's excess loss, and of the optimum's own loss: what may be left of the one is no more of the other."""
CONVEX_EPOCHS = 30_000
SEPARATED = 50
"""Flat epochs without a mistake after which classes count as told apart."""
CAP = say("a cap")
ENDINGS = ("patience", "tolerance", "target_loss", "flat", "separated")
"""Rules that say when a run has done what it is for."""


def settled(one: Any, before: tuple[Choice, ...] = ()) -> Any:
    """The same network experiment with all that its spec leaves open chosen; `before` is what `before_split` chose."""
    found = of_network(one)
    words = together(say("; "), (part for part in (found.line, *(choice.why for choice in before)) if part))
    chosen = Chosen((*before, *found.choices), words)
    return replace(with_options(one, chosen.options), chosen=chosen) if chosen else one


def before_split(spec: Spec, rows: int, classes: int) -> tuple[Choice, ...]:
    """That no row is held out where a class has too few of them, and nothing is given that needs some."""
    given = (spec.rate.lr, changes.rates(spec).lr_at or None, spec.epochs.epochs, spec.stop.validation, spec.stop.keep)
    ruled = any(spec.stop.rule(name) is not None for name in ENDINGS) or spec.folds.folds is not None
    if ruled or any(one is not None for one in given) or not FEW_ROWS <= rows < FEW_ROWS * classes:
        return ()
    return (
        Choice(
            "validation",
            "none",
            say("no rows held out: {rows:,} are too few for {classes} classes", rows=rows, classes=classes),
        ),
    )


def of_network(one: Experiment) -> Chosen:
    """What a network's run is to be, as far as its spec does not say.

    Args:
        one: The experiment with the usual values where none are given.
    """
    spec = one.spec
    free = spec.rate.lr is None and not changes.rates(spec).lr_at
    plain = _is_plain(spec) and free and not spec.changes.at
    convex = convex_method(one) if plain else ()
    found = convex or (_searched(one) if free else ())
    after = one if not found else with_options(one, {choice.name: choice.value for choice in found})
    ending = _ending(after, bool(convex))
    words = together(say("; "), (part for part in (_rate_words(found), _ending_words(ending)) if part))
    return Chosen((*found, *ending), words)


def with_options(one: Any, options: Mapping[str, Any]) -> Any:
    """The same experiment with some options of rate, optimizer, batches and epochs changed."""
    spec: Spec = one.spec.replace(**options)
    size = one.batch_size if spec.loop.batch_size is None else building.batch_size(spec.loop, len(one.data))
    rate = one.rate if spec.rate.lr is None else spec.rate.lr
    epochs = one.epochs if spec.epochs.epochs is None else spec.epochs.epochs
    optimizer = building.optimizer(spec.optimizer, "adam") if isinstance(spec.model, NetworkSpec) else one.optimizer
    steps = changes.pace(spec, size, len(one.data)).steps(epochs)
    schedule = building.schedule(changes.rates(spec), rate, steps)
    start = np.zeros_like(one.start) if options.get("init") == "zeros" else one.start
    one = replace(one, spec=spec, optimizer=optimizer, schedule=schedule, start=start)
    return replace(one, rate=rate, epochs=epochs, batch_size=size)


def _is_plain(spec: Spec) -> bool:
    """Whether optimizer, batches and schedule are all left open."""
    return (
        spec.optimizer.optimizer is None
        and not spec.optimizer.settings
        and spec.loop.batch_size is None
        and spec.rate.schedule.name.lower() == "constant"
        and not spec.rate.warmup
        and not spec.loss.l1
    )


# the rate by trying


def _searched(one: Experiment) -> tuple[Choice, ...]:
    """The rate by a range test on the training rows, or by trials where that says little, else the usual one."""
    probes = tried(one)
    found = rate_of(probes)
    usual = type(one.optimizer).usual_learning_rate
    if not _is_clear(probes) and one.problem.data.in_memory and one.steps_per_epoch <= TRIAL_STEPS:
        rate = _by_trials(one, found or usual)
        if rate is not None:
            why = say("by trials of about {steps:,} steps, as a range test says little", steps=TRIAL_STEPS)
            return (Choice("lr", rate, why),)
    if found is None:
        return (Choice("lr", usual, say("usual: the range test finds no better")),)
    return (Choice("lr", found, say("by range test")),)


def _is_clear(probes: list[Probe]) -> bool:
    """Whether the loss of a range test fell enough for its course to tell good rates from bad ones."""
    losses = [probe.smoothed for probe in probes if math.isfinite(probe.smoothed)]
    return bool(losses) and min(losses) <= (1 - CLEAR) * losses[0]


@np.errstate(all="ignore")
def _by_trials(one: Experiment, rate: float) -> float | None:
    """The lowest of some multiples of a rate that gets nearly as far as the best; None where none gets far.

    Where a network first crosses a plateau, as on two spirals, the loss of a range test's hundred steps hardly falls,
    and what it suggests is a rate that never leaves the plateau. Rows held out tell that from learning by heart.
    """
    problem = replace(one.problem, metrics={})
    first = float(problem.measured(one.start, problem.data)[0])
    rates = [float(f"{rate * times:.0e}") for times in TIMES]
    losses = [
        final_loss(
            problem,
            one.optimizer,
            each,
            epochs=round(TRIAL_STEPS / one.steps_per_epoch),
            start=one.start,
            batch_size=one.batch_size,
            seed=one.spec.loop.seed,
            shuffle=one.spec.loop.shuffle,
        )
        for each in rates
    ]
    return calmest(rates, losses, first) if min(losses) <= HALVED * first else None


def tried(one: Experiment) -> list[Probe]:
    """The range test: a short run of its own on the training rows, its rate growing at every step."""
    usual = type(one.optimizer).usual_learning_rate
    return list(
        range_test(
            replace(one.problem, validation=None, metrics={}),
            one.optimizer,
            low=usual / SPAN,
            high=usual * SPAN,
            steps=TRIED,
            smooth=1.0 if one.batch_size is None else SMOOTH,
            start=one.start,
            batch_size=one.batch_size,
            seed=one.spec.loop.seed,
            shuffle=one.spec.loop.shuffle,
        )
    )


def rate_of(probes: list[Probe]) -> float | None:
    """The range test's two-thirds, or a tenth of the rate of the lowest loss if that is higher, to one digit."""
    found = named_suggestions(probes)
    if not found:
        return None
    return float(f"{max(found['minimum/10'].learning_rate, found['two-thirds'].learning_rate):.0e}")


# what ends it


def _ending(one: Experiment, convex: bool) -> tuple[Choice, ...]:
    """The number of epochs, and the rules that end it before, where neither is given."""
    spec = one.spec
    if spec.epochs.epochs is not None:
        return ()
    if spec.rate.schedule.name.lower() != "constant":
        return (Choice("epochs", train_epochs(len(one.data)), say("the schedule's length")),)
    ruled = any(spec.stop.rule(name) is not None for name in ENDINGS)
    if convex and not ruled:
        return _to_the_optimum(one)
    each = one.steps_per_epoch
    over = max(FLAT_EPOCHS, -(-FLAT_STEPS // each))
    cap = Choice("epochs", max(MOST_PASSES, -(-MOST_STEPS // each)), CAP)
    if ruled:
        return (cap,)
    return (
        cap,
        Choice("flat", FLAT, say("of the first {watched} loss", watched=_watched(one))),
        Choice("over", over, say("{each} steps each", each=each)),
    )


def _to_the_optimum(one: Experiment) -> tuple[Choice, ...]:
    ends = [Choice("epochs", CONVEX_EPOCHS, CAP)]
    if not one.spec.stop.require_converged:
        ends.append(
            Choice("tolerance", _of_the_excess(one), say("of the start's excess loss: MSE has one optimum"))
            if one.problem.loss is losses.mse
            else Choice("tolerance", CONVEX_TOLERANCE, say("of the start's gradient: a convex loss has one optimum"))
        )
    if "accuracy" in one.problem.metrics and not one.has_finite_optimum:
        ends.append(Choice("separated", SEPARATED, say("classes told apart without a mistake have no finite optimum")))
    return tuple(ends)


def _of_the_excess(one: Experiment) -> float:
    """What may be left of the start's excess MSE: a hundredth of the optimum's MSE, so that a close fit is one."""
    from gdcli.analysis.objective import objective

    known = objective(one.problem, one.optimizer, one.noise)
    if known is None:
        return LEAST_TOLERANCE
    first = float(known.excess(one.start))
    part = PART * known.least / first if first > 0 else 0.0
    return float(f"{min(max(part, LEAST_TOLERANCE), CONVEX_TOLERANCE):.0e}")


def _watched(one: Experiment) -> str:
    return "training" if one.validation is None else "validation"


# in words


def _rate_words(found: tuple[Choice, ...]) -> str:
    """How the rate was found: "lr 0.03 by range test"."""
    by = {one.name: one for one in found}
    if "lr" not in by:
        return ""
    if "optimizer" in by:
        exactly = say(" (at most 1/L)") if by["lr"].why.startswith("at most") else say(" (exact: 1/L)")
        return say(
            "full batches, {value}, lr {value2}{exactly}",
            value=definitions(OPTIMIZER)[by["optimizer"].value].__name__,
            value2=exact(by["lr"].value),
            exactly=exactly,
        )
    why = say("as usual: the range test finds no better") if by["lr"].why.startswith("usual: ") else by["lr"].why
    return say("lr {value} {why}", value=exact(by["lr"].value), why=why)


def _ending_words(found: tuple[Choice, ...]) -> str:
    """What ends it: "up to 400 epochs, stops when flat"."""
    by = {one.name: one for one in found}
    if "epochs" not in by:
        return ""
    epochs = say("{value:,} epochs", value=by["epochs"].value)
    if "tolerance" in by:
        part = by["tolerance"].value
        if "excess" in by["tolerance"].why:
            return say("up to {epochs}, stops at the optimum", epochs=epochs)
        return say("up to {epochs}, stops when the gradient is {part} of the start's", epochs=epochs, part=exact(part))
    if "flat" in by:
        return say("up to {epochs}, stops when flat", epochs=epochs)
    return (
        say("{epochs}: the schedule's length", epochs=epochs)
        if by["epochs"].why != CAP
        else say("up to {epochs}", epochs=epochs)
    )
