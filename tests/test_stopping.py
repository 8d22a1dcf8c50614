"""One run ends at the same step with the same status and bits, whoever makes it: alone, in a stack, live."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pytest

from gdcli.data.dataset import Dataset
from gdcli.live.run import LiveRun
from gdcli.live.setup import NetworkScene, Setup
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim import optimizers
from gdcli.optim.optimizers import SGD
from gdcli.optim.schedules import Constant
from gdcli.training import rules
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch, Status, Step
from gdcli.training.rules import (
    Flat,
    MaxSteps,
    Patience,
    Separated,
    StoppingRule,
    TargetLoss,
    Tolerance,
    converging,
    in_force,
)
from gdcli.training.stacked import Member, Outcome, sweep
from gdcli.training.stopping import Stopping, stopped, until

rng = np.random.default_rng(8)
X = rng.normal(size=(14, 2))
PROBLEM = Problem(Linear(2), mse, Dataset(X, X @ [1.0, -2.0] + 0.5 + rng.normal(scale=0.1, size=14)))
START = np.array([3.0, 1.0, -2.0])
EPOCHS, UNIT = 12, 2.5


@dataclass(frozen=True)
class NoGain(StoppingRule):
    """Over so many epochs the monitored loss has not fallen by the gain."""

    gain: float = field(metadata={"metavar": "G", "help": "Stop unless the loss falls by G.", "accepts": "positive"})
    over: int = field(default=3, metadata={"metavar": "N", "help": "In N epochs. [3]", "accepts": "count"})

    def init(self):
        return ()

    def update(self, record, state):
        seen = (*state, record.monitored)[-self.over - 1 :]
        return (len(seen) > self.over) & (seen[0] - seen[-1] < self.gain), seen


@dataclass(frozen=True)
class Midway(StoppingRule):
    """After an odd number of updates the loss, measured in mid-epoch, is at most the level."""

    level: float
    status: ClassVar[Status] = Status.CONVERGED

    def update(self, record, state):
        return (record.step % 2 == 1) & (record.loss <= self.level), state

    def due(self, step):
        return step % 2 == 1


RULES = {
    "Tolerance": Tolerance(0.15),
    "TargetLoss": TargetLoss(6.0),
    "Patience": Patience(2, 4.0),
    "MaxSteps": MaxSteps(7),
    "Flat": Flat(0.05, 2),
    "Separated": Separated(2),
    "NoGain": NoGain(9.0),
    "Midway": Midway(9.0),
}


def setup(optimizer, rate, batch_size, stopping, epochs):
    """What a run on the screen is made of; nothing is drawn."""
    return Setup(
        name="",
        model="",
        problem=PROBLEM,
        optimizer=optimizer,
        schedule=Constant(rate, 1),
        start=START,
        batch_size=batch_size,
        seed=0,
        shuffle=True,
        epochs=epochs,
        rate=rate,
        limit=None,
        loss_name="MSE",
        stopping=stopping,
        scene=NetworkScene(PROBLEM.data, None, None, None, UNIT),
    )


def records(optimizer, rate, batch_size, epochs=EPOCHS):
    return descend(PROBLEM, optimizer, learning_rate=rate, epochs=epochs, start=START, batch_size=batch_size)


def alone(optimizer, rate, batch_size, stopping, epochs):
    *_, last = stopped(records(optimizer, rate, batch_size, epochs), stopping, PROBLEM)
    return last.status, last.step, last.parameters.tobytes()


def stacked(optimizer, rates, batch_size, stopping, epochs):
    """The end of the run with the first rate."""
    members = [Member(rate, START, optimizer, unstable=stopping.unstable) for rate in rates]
    found = sweep(PROBLEM, members, epochs=epochs, batch_size=batch_size, stopping=stopping)
    (first,) = (one for one in found if isinstance(one, Outcome) and one.index == 0)
    return first.status, first.step, first.parameters.tobytes()


def live(run):
    while run.advance():
        pass
    return run.status, run.now.number, run.now.parameters.tobytes()


def end(optimizer, rate, batch_size=None, stopping=Stopping(), epochs=EPOCHS):  # noqa: B008 - immutable
    """Where and how the run ends, which is the same in each of the four; in live, also after going back."""
    single = alone(optimizer, rate, batch_size, stopping, epochs)
    neighbours = [rate / 30, 1e200, rate / 3, rate * 1.5, 1e80, rate / 1000]
    run = LiveRun(setup(optimizer, rate, batch_size, stopping, epochs))
    assert stacked(optimizer, [rate], batch_size, stopping, epochs) == single
    assert stacked(optimizer, [rate, *neighbours], batch_size, stopping, epochs) == single
    assert live(run) == single
    for _ in range(5):
        run.back()
    assert live(run) == single
    return single[:2]


def rate_of(optimizer):
    return min(0.1, 5 * optimizer.usual_learning_rate)


def test_there_is_a_case_for_every_rule():
    assert set(rules.__all__) <= set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("name", optimizers.__all__)
def test_every_rule_and_optimizer(name, rule):
    optimizer = getattr(optimizers, name)()
    for batch_size in (None, 4):
        end(optimizer, rate_of(optimizer), batch_size, Stopping((rule,), unit=UNIT))


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if not rule.needs_classes], ids=str)
def test_each_rule_is_met_where_its_formula_says(rule, batch_size):
    """The whole run by the loop, and on its losses the formulas a second time."""
    states = [one.measure() if isinstance(one, Step) else one for one in records(SGD(), 0.05, batch_size)]
    ends = [one for one in records(SGD(), 0.05, batch_size) if isinstance(one, Epoch)]
    losses = [UNIT * one.loss for one in ends]
    best = np.minimum.accumulate(losses)
    found = {
        "Tolerance": [
            at.step for at in ends if np.abs(gradient(at.parameters)).max() <= 0.15 * np.abs(gradient(START)).max()
        ],
        "TargetLoss": [at.step for at, loss in zip(ends, losses, strict=True) if loss <= 6],
        "Patience": [ends[at].step for at in range(2, len(ends)) if min(losses[at - 1 : at + 1]) >= best[at - 2] - 4],
        "MaxSteps": [7],
        "Flat": [ends[at].step for at in slow(best, 0.05 * losses[0], 2)],
        "NoGain": [ends[at].step for at in range(3, len(ends)) if losses[at - 3] - losses[at] < 9],
        "Midway": [at.step for at in states if at.step % 2 and UNIT * at.loss <= 9],
    }[type(rule).__name__]
    assert 0 < found[0] < len(states) - 1
    assert end(SGD(), 0.05, batch_size, Stopping((rule,), unit=UNIT)) == (rule.status, found[0])


def slow(best, fall, over):
    """Where so many epochs have passed without another such fall of the lowest loss."""
    mark = 0
    for at in range(len(best)):
        mark = at if best[mark] - best[at] >= fall else mark
        if at - mark >= over:
            yield at


def gradient(parameters):
    """(2/n) A^T (A w - y)."""
    a = np.column_stack([X, np.ones(len(X))])
    return 2 / len(X) * a.T @ (a @ parameters - PROBLEM.data.targets)


class TestWhatEveryRunHas:
    def test_its_planned_end(self):
        assert end(SGD(), 0.01, 4) == (Status.COMPLETED, 48)

    def test_no_epochs(self):
        assert end(SGD(), 0.01, 4, epochs=0) == (Status.COMPLETED, 0)

    @pytest.mark.parametrize("batch_size", [None, 4])
    def test_an_explosion(self, batch_size):
        """Each step's loss and each epoch's, against 1e14 times the first."""
        rate = 1e4
        ceiling = 1e14 * mse_at(START)
        at = next(one.step for one in records(SGD(), rate, batch_size) if not one.loss <= ceiling)
        assert end(SGD(), rate, batch_size) == (Status.DIVERGED, at)
        assert end(SGD(), rate, batch_size, Stopping((MaxSteps(at), Patience(1)))) == (
            (Status.DIVERGED, at) if batch_size else (Status.STOPPED_EARLY, 1)
        )

    def test_a_loss_that_is_not_finite(self):
        assert end(SGD(), 1e200)[0] is Status.DIVERGED

    def test_twice_its_start_at_the_end_though_above_the_limit(self):
        higher = Stopping(unstable=True)
        rate = next(rate for rate in np.arange(0.3, 3, 0.05) if mse_after(rate, 3) > 2 * mse_at(START))
        assert end(SGD(), rate, None, higher, epochs=3) == (Status.DIVERGED, 3)
        assert end(SGD(), rate, None, Stopping(), epochs=3) == (Status.COMPLETED, 3)
        assert end(SGD(), 0.01, None, higher, epochs=3) == (Status.COMPLETED, 3)

    def test_the_floor_of_a_run_that_starts_at_its_minimum(self):
        flat = [Epoch(at, at, 0.1, loss, START) for at, loss in enumerate([0.0, 1e-3, 1e-1])]
        assert [*stopped(flat, Stopping())][-1].step == 1
        assert [*stopped(flat, Stopping(floor=1e-16))][-1].step == 2
        assert [*stopped(flat, Stopping(floor=1e-14))][-1].status is Status.RUNNING


def mse_at(parameters):
    return float(np.mean((X @ parameters[:2] + parameters[2] - PROBLEM.data.targets) ** 2))


def mse_after(rate, steps):
    parameters = START
    for _ in range(steps):
        parameters = parameters - rate * gradient(parameters)
    return mse_at(parameters)


def epoch(loss, status=Status.RUNNING, at=1):
    return Epoch(at, at, 0.1, loss, START, gradient=np.zeros(3), status=status)


@pytest.mark.parametrize(
    ("loss", "interrupted", "rules", "status"),
    [
        (math.nan, True, (TargetLoss(9.0), MaxSteps(1), Patience(1)), Status.DIVERGED),
        (9.0, True, (TargetLoss(9.0), MaxSteps(1), Patience(1)), Status.CONVERGED),
        (9.0, True, (MaxSteps(1), Patience(1)), Status.INTERRUPTED),
        (9.0, False, (MaxSteps(1), Patience(1)), Status.COMPLETED),
        (9.0, False, (Patience(1),), Status.STOPPED_EARLY),
        (9.0, False, (Patience(2),), Status.RUNNING),
    ],
)
def test_of_several_reasons_the_gravest_counts(loss, interrupted, rules, status):
    ending = Stopping(rules)
    begun = ending.update(epoch(5.0, at=0), ending.init())[2]
    assert ending.update(epoch(loss), begun._replace(live=True), None, interrupted)[0] is status


def test_a_run_with_a_gradient_rule_and_no_problem_is_refused():
    with pytest.raises(ValueError, match="gradient"):
        list(until(records(SGD(), 0.1, 4), Tolerance(1.0)))


def test_a_run_goes_on_counting_where_it_was():
    """Patience over the epochs before; they end nothing, as only the one gone on from has a state."""
    before = [epoch(loss, at=at) for at, loss in enumerate([1.0, 2.0, 2.0, 2.0])]
    after = [epoch(2.0, at=4), epoch(2.0, at=5)]
    shown = list(stopped(after, Stopping((Patience(4),)), past=before))
    assert [(one.epoch, str(one.status)) for one in shown][-2:] == [(3, "running"), (4, "stopped_early")]
    resumed = before[-1]._replace(state=())
    (*_, last) = stopped(after, Stopping((Patience(2),)), past=[*before[:-1], resumed])
    assert (last.epoch, last.status) == (3, Status.STOPPED_EARLY)


def test_rules_in_force_are_those_whose_first_field_is_given():
    given = {"tolerance": None, "min_delta": 0.5, "max_steps": 3, "target_loss": 0.0}
    assert set(in_force(given)) == {TargetLoss(0.0), MaxSteps(3)}
    assert in_force(given | {"patience": 2}, [Patience]) == (Patience(2, 0.5),)
    assert in_force({"gain": 0.1}, [NoGain]) == (NoGain(0.1, 3),)


def test_convergence_asked_for_is_a_flat_gradient_unless_a_rule_says_what_it_is():
    assert converging([MaxSteps(3)]) == (MaxSteps(3), Tolerance(1e-6))
    assert converging([TargetLoss(1.0)]) == (TargetLoss(1.0),)
    assert converging([Tolerance(0.1)]) == (Tolerance(0.1),)
