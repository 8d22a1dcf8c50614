"""Defaults of a linear fit that depend on the data: the scale, and where that is not enough, the rate and the epochs.

Where neither rate nor scale is given, lr 0.1 on the inputs as they are is kept if it is stable and arrives; else inputs
are standardised. How many epochs are asked for has no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from gdcli.analysis import curvature
from gdcli.analysis.forecast import Forecast, forecast
from gdcli.definitions.namedtuple import NamedTuple
from gdcli.experiments.chosen import Choice, Chosen
from gdcli.experiments.experiment import TOGETHER, Experiment
from gdcli.experiments.spec import FIT_EPOCHS, FIT_RATE, Spec
from gdcli.formatting import exact, rounded_down, short
from gdcli.nn import losses
from gdcli.optim.optimizers import SGD, Accelerated, Optimizer
from gdcli.said import say, together
from gdcli.training.loop import descend
from gdcli.training.records import Epoch, Stretch
from gdcli.training.stopping import HIGHER

__all__ = ["settled"]

NEAR = 1e-3
"""Of what predicting the mean scores: an MSE this close to the optimum's is near it."""
WANDERING = 1e-2
"""The same on mini-batches, which wander around the optimum."""
NEARER = 1e-4
"""The same where the number of epochs is chosen as well."""
COUNTED = 1e9
"""Epochs up to which each is counted in words."""
MOST = 20_000
"""Epochs that are chosen at most."""
MOST_TRIED = 50_000
"""Updates of a trial run at most."""

E = TypeVar("E", bound=Experiment)
Make = Callable[[Spec], E]
"""Makes the experiment of another spec on the same rows."""


class Outlook(NamedTuple):
    """What a run will come to.

    Args:
        limit: The largest stable rate, where a formula is known.
        epochs: Epochs until it is near the optimum; infinite if it never is.
        tried: Whether that was found by a trial run.
        folded: Whether the limit is that of a fold's run, which is below the run's own.
    """

    limit: float | None
    epochs: float
    tried: bool = False
    folded: bool = False

    @property
    def arrives(self) -> bool:
        """Whether it is near the optimum within the usual number of epochs."""
        return self.epochs <= FIT_EPOCHS


def settled(one: E, make: Make[E]) -> E:
    """The experiment with scale, rate and epochs chosen where neither rate nor scale is given.

    Args:
        one: The experiment with the usual values.
        make: Makes that of another spec.
    """
    spec = one.spec
    if spec.rate.lr is not None or spec.rate.lr_at or spec.changes.at or spec.loop.scaling is not None:
        return one
    as_is = _outlook(one)
    if as_is.arrives:
        return one
    scaled = make(spec.replace(scale="standard"))
    scale = Choice("scale", "standard", _why(as_is, one))
    rest = _rate_and_epochs(scaled, _outlook(scaled))
    choices = (scale, *(choice for choice in rest if choice.name != "epochs" or spec.epochs.epochs is None))
    options = {"lr": FIT_RATE} | {choice.name: choice.value for choice in choices}
    return replace(make(spec.replace(**options)), chosen=Chosen(choices, _line(choices)))


@np.errstate(all="ignore")
def _outlook(one: Experiment) -> Outlook:
    """What a run with the usual epochs comes to: by its formula, else by trying it."""
    limit = one.limit_in_folds
    if limit is not None and one.batch_size is None:
        folded = limit != one.limit
        if one.rate >= limit:
            return Outlook(limit, math.inf, folded=folded)
        return Outlook(limit, _epochs(one, one.rate, NEAR), folded=folded)
    if one.problem.loss is not losses.mse or one.problem.l1:
        return Outlook(None, 0 if _is_small(one) else math.inf)
    if FIT_EPOCHS * one.steps_per_epoch > MOST_TRIED or not one.has_constant_rate:
        return Outlook(limit, FIT_EPOCHS if _is_small(one) else math.inf)
    return Outlook(limit, FIT_EPOCHS if _arrives(one) else math.inf, tried=True)


def _forecast(one: Experiment, rate: float) -> Forecast | None:
    if not one.has_constant_rate:
        return None
    return forecast(one.problem, one.optimizer, rate, one.start)


def _epochs(one: Experiment, rate: float, near: float) -> float:
    """Full-batch epochs at a rate until the MSE is near the optimum's; a schedule's are not foretold."""
    run = _forecast(one, rate)
    if run is None:
        return 0
    allowed = near * _variance(one)
    if not math.isfinite(allowed) or run.loss(0) - run.least <= allowed:
        return 0
    steps = run.steps_to(run.least + allowed)
    return math.inf if steps is None else steps


def _variance(one: Experiment) -> float:
    """The MSE of predicting the mean; of a target that never varies, that of predicting 0."""
    targets = one.data.targets
    return float(np.var(targets) if np.ptp(targets) > 0 else np.mean(targets**2))


def _arrives(one: Experiment) -> bool:
    """Whether a trial run is near the optimum at its end."""
    stream = descend(
        replace(one.problem, validation=None, metrics={}),
        one.optimizer,
        learning_rate=one.rate,
        epochs=FIT_EPOCHS,
        start=one.start,
        batch_size=one.batch_size,
        seed=one.spec.loop.seed,
        shuffle=one.spec.loop.shuffle,
    )
    last = math.inf
    for record in stream:
        if isinstance(record, Epoch):
            last = float(record.loss)
            if not math.isfinite(last):
                return False
    best, _ = curvature.optimum(one.problem)
    least = float(one.problem.data_loss(best, one.problem.data))
    return last - least <= WANDERING * _variance(one)


def _is_small(one: Experiment) -> bool:
    """Whether plain descent on MSE would be stable: for what has no formula, a measure of the inputs' sizes."""
    plain = _plain_limit(one)
    return plain is None or plain >= FIT_RATE


def _plain_limit(one: Experiment) -> float | None:
    """The largest stable rate of plain descent on MSE."""
    return curvature.largest_stable_rate(replace(one.problem, loss=losses.mse, l1=0.0), SGD())


def _rate_and_epochs(one: Experiment, scaled: Outlook) -> tuple[Choice, ...]:
    """Rate and epochs on standardised inputs: 0.1 if it is stable and arrives, else the best constant rate."""
    if scaled.arrives or one.problem.loss is not losses.mse or scaled.limit is None:
        return () if scaled.arrives else _by_size(one)
    if one.batch_size is not None:
        rate = min(FIT_RATE, rounded_down(scaled.limit, 2))
        return (Choice("lr", rate, say("no mini-batch upsets it")),) if rate < FIT_RATE else ()
    needed = _epochs(one, FIT_RATE, NEARER) if scaled.limit > FIT_RATE else math.inf
    if needed <= MOST:
        return (Choice("epochs", _up(needed), say("lr {fit_rate} is near the optimum then", fit_rate=exact(FIT_RATE))),)
    rate = _best(one, scaled.limit)
    why = _why_rate(one, rate, scaled)
    needed = _epochs(one, rate, NEARER)
    free = one.spec.optimizer.optimizer is None and type(one.optimizer) is SGD
    if needed > MOST and free and one.has_constant_rate:
        return _accelerated(one, scaled.limit / 2, needed)
    return (Choice("lr", rate, why), _until(needed))


def _until(needed: float) -> Choice:
    """So many epochs, or as many as are chosen at most."""
    reason = say("near the optimum then") if needed <= MOST else say("a cap")
    return Choice("epochs", _up(min(MOST, max(FIT_EPOCHS, needed))), reason)


def _accelerated(one: Experiment, limit: float, plain: float) -> tuple[Choice, ...]:
    """Nesterov's method with restarts, which arrives where plain descent at its best rate would take too long.

    Args:
        one: The experiment on standardised inputs.
        limit: 1/L.
        plain: Epochs that plain descent would take.
    """
    rate = rounded_down(limit, 2)
    epochs = f"{plain:,}" if plain < COUNTED else short(float(plain), 2)
    why = (
        say("plain descent at its best rate would take {epochs} epochs to come near the optimum", epochs=epochs)
        if plain < math.inf
        else say("plain descent at its best rate would not come near the optimum")
    )
    chosen = Choice("optimizer", "accelerated", why), Choice("lr", rate, say("1/L"))
    return (*chosen, _until(_tried(one, Accelerated(weight_decay=one.optimizer.weight_decay), rate)))


def _tried(one: Experiment, optimizer: Optimizer, rate: float) -> float:
    """Full-batch epochs of a trial run until the MSE is near the optimum's; infinite if it is not by then."""
    best, _ = curvature.optimum(one.problem)
    enough = float(one.problem.data_loss(best, one.problem.data)) + NEARER * _variance(one)
    alone = replace(one.problem, validation=None, metrics={})
    stream = descend(alone, optimizer, learning_rate=rate, epochs=MOST, start=one.start, together=TOGETHER)
    for record in stream:
        if isinstance(record, Stretch):
            below = np.flatnonzero(np.array(record.losses) <= enough)
            if len(below):
                return record.epoch + int(below[0])
        elif isinstance(record, Epoch) and record.loss <= enough:
            return record.epoch
    return math.inf


def _why_rate(one: Experiment, rate: float, scaled: Outlook) -> str:
    """Why a rate is chosen: it is the best one, unless a fold's run would diverge at that."""
    assert scaled.limit is not None  # noqa: S101 - for the type checker
    shown = {"fit_rate": exact(FIT_RATE), "limit": short(scaled.limit)}
    if scaled.folded and one.limit is not None and rate < _best(one, one.limit):
        return say("just below the largest that is stable in every fold, {limit}", limit=shown["limit"])
    why = say("the best constant rate")
    if scaled.limit > FIT_RATE:
        return why
    if scaled.folded:
        return why + say(": {fit_rate} is above the largest that is stable in every fold, {limit}", **shown)
    return why + say(": {fit_rate} is above the largest stable one, {limit}", **shown)


def _best(one: Experiment, limit: float) -> float:
    """The best constant rate of plain descent, 2/(L + mu); with momentum, half the largest stable one."""
    best = one.spectrum.best_rate if type(one.optimizer) is SGD else limit / 2
    return rounded_down(min(best, 0.99 * limit), 2)


def _by_size(one: Experiment) -> tuple[Choice, ...]:
    """A rate for an optimizer whose steps are of the rate's size: one with which it can go all the way."""
    way = float(np.abs(one.data.targets).max())
    rate = rounded_down(way / 50, 2)
    return (
        (Choice("lr", rate, say("so that about 50 updates can reach the largest target, {way}", way=short(way))),)
        if rate > FIT_RATE
        else ()
    )


def _why(as_is: Outlook, one: Experiment) -> str:
    """Why inputs are standardised."""
    rate = exact(one.rate)
    if as_is.limit is not None and one.batch_size is None:
        if one.rate >= as_is.limit:
            own = one.limit or as_is.limit
            if one.rate < own:
                return say(
                    "as they are, lr {rate} is {times} times the largest that is stable in every fold",
                    rate=rate,
                    times=_times(one.rate / as_is.limit),
                )
            return say(
                "as they are, lr {rate} is {times} times the largest stable rate{shown}",
                rate=rate,
                times=_times(one.rate / own),
                shown=say("; --scale none shows it diverge") if _diverges(one) else "",
            )
        if as_is.epochs < math.inf:
            epochs = f"{as_is.epochs:,}" if as_is.epochs < COUNTED else short(float(as_is.epochs), 2)
            return say(
                "as they are, lr {rate} would take {epochs} epochs to come near the optimum", rate=rate, epochs=epochs
            )
        return say("as they are, lr {rate} would not come near the optimum", rate=rate)
    if as_is.limit is not None and one.rate > as_is.limit:
        times = _times(one.rate / as_is.limit)
        return say(
            "as they are, lr {rate} is {times} times the largest that no mini-batch can upset", rate=rate, times=times
        )
    if as_is.tried:
        return say("as they are, lr {rate} is not near the optimum after {count} epochs", rate=rate, count=FIT_EPOCHS)
    limit = _plain_limit(one) or math.nan
    return say(
        "as they are, the inputs are large for lr {rate}: on MSE plain descent is stable up to {limit} only",
        rate=rate,
        limit=short(limit),
    )


def _times(ratio: float) -> str:
    """How many times one rate is another."""
    return f"{ratio:,.0f}" if 1e3 <= ratio < 1e7 else short(ratio, 2)


def _diverges(one: Experiment) -> bool:
    """Whether a run with the usual epochs ends well above its start: one just above the limit may not."""
    run = _forecast(one, one.rate)
    with np.errstate(all="ignore"):
        return run is not None and not run.loss(FIT_EPOCHS) <= HIGHER * run.loss(0)


def _line(choices: tuple[Choice, ...]) -> str:
    """All of it in a line."""
    by = {one.name: one for one in choices}
    parts = [say("standardised: {why}", why=by["scale"].why)]
    if "optimizer" in by:
        parts.append(say("Accelerated, lr {value}: {why}", value=exact(by["lr"].value), why=by["optimizer"].why))
    elif "lr" in by:
        parts.append(say("lr {value}, {why}", value=exact(by["lr"].value), why=by["lr"].why))
    if "epochs" in by:
        parts.append(say("{value:,} epochs, {why}", value=by["epochs"].value, why=by["epochs"].why))
    return together(say("; "), parts)


def _up(value: float) -> int:
    """A whole number, rounded up to two digits."""
    unit = 10 ** max(0, math.floor(math.log10(max(1.0, value))) - 1)
    return int(-(-value // unit) * unit)
