"""Epochs made together: every number is that of a run in which each epoch is made on its own, to the last bit."""

import io
import itertools

import numpy as np
import pytest

from gdcli import fit
from gdcli.data.dataset import Dataset, compress
from gdcli.definitions import OPTIMIZER, definitions
from gdcli.experiments.line import read_line
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import DataSpec, LineSpec, LossSpec, RateSpec, Spec
from gdcli.nn.linear import Linear, Proportional
from gdcli.nn.losses import huber, mae, mse
from gdcli.optim.optimizers import SGD, Adam, Momentum
from gdcli.training.loop import descend
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Status, Step, Stretch
from gdcli.training.rules import Flat, MaxSteps, Patience, TargetLoss, Tolerance
from gdcli.training.stopping import Stopping, stopped
from gdcli.training.streams import Run, epochs

pytestmark = pytest.mark.quick

EPOCHS = 700
KINDS = definitions(OPTIMIZER)
RULES = {
    "target loss": TargetLoss(0.02),
    "tolerance": Tolerance(1e-3),
    "patience": Patience(5, min_delta=1e-4),
    "flat": Flat(1e-3, over=40),
    "max steps": MaxSteps(333),
    "none": None,
}


def rows(count=30, inputs=2, seed=3):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(count, inputs))
    return Dataset(x, x @ np.arange(1.0, inputs + 1) + 0.5 + rng.normal(0, 0.1, count))


def powers(epoch):
    """Epochs 0, 1, 10, 100, ..."""
    return epoch in (0, 1, 10, 100, 1000)


def run(problem, optimizer, together, rules=(), interrupted=lambda: False, min_delta=0.0, **settings):
    """A run's memory, the records that came through, and whether there was a stretch."""
    settings = {"learning_rate": 0.05, "epochs": EPOCHS, "start": np.full(problem.model.size, 2.0)} | settings
    first = settings["resume"].epoch if "resume" in settings else 0
    records = descend(problem, optimizer, together=together, **settings)
    stream = list(stopped(records, Stopping(rules), problem, interrupted))
    one = Run(epochs(stream), min_delta, lambda at: powers(first + at))
    shown = [record for record in one if powers(record.epoch) or record.status is not Status.RUNNING]
    return one, shown, any(isinstance(part, Stretch) for part in stream)


def same(one, other):
    """Whether two records are, to the last bit."""
    assert one[:3] == other[:3]
    assert float(one.loss).hex() == float(other.loss).hex()
    assert one.parameters.tobytes() == other.parameters.tobytes()
    assert one.gradient.tobytes() == other.gradient.tobytes()
    assert (one.names, one.status, one.within) == (other.names, other.status, other.within)
    assert one.penalty == other.penalty
    for mine, theirs in zip(one.state, other.state, strict=True):
        assert np.array_equal(mine, theirs)


def alike(problem, optimizer, skips=True, **settings):
    """Compares a run with epochs made together, of which few are looked at, with one of which each is."""
    few, shown, stretched = run(problem, optimizer, 7, **settings)
    all_, wanted, whole = run(problem, optimizer, 1, **settings)
    assert (stretched, whole) == (skips, False)
    assert (few.count, few.best_index) == (all_.count, all_.best_index)
    assert few.losses.tobytes() == all_.losses.tobytes()
    assert few.epochs == all_.epochs
    assert few.metrics == all_.metrics
    for one, other in zip([few.best, few.best_whole, few.last], [all_.best, all_.best_whole, all_.last], strict=True):
        same(one, other)
    for one, other in zip(shown, wanted, strict=True):
        same(one, other)
    return few.last


@pytest.mark.parametrize("name", KINDS)
def test_every_optimizer(name):
    last = alike(Problem(Linear(2), mse, compress(rows())), KINDS[name]())
    assert (last.epoch, last.status) == (EPOCHS, Status.COMPLETED)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_ends_the_run_where_it_does(name):
    rules = () if RULES[name] is None else (RULES[name],)
    last = alike(Problem(Linear(2), mse, rows()), Momentum(), rules=rules)
    assert last.status is (rules[0].status if rules else Status.COMPLETED)
    assert (last.epoch < EPOCHS) == bool(rules)


def test_rules_together():
    rules = (Patience(30), TargetLoss(1e-9), MaxSteps(650), Tolerance(1e-300))
    alike(Problem(Linear(2), mse, rows()), SGD(), rules=rules)


@pytest.mark.parametrize(("loss", "penalties"), [(mae, {}), (huber, {}), (mse, {"l1": 0.1}), (mse, {"l2": 0.1})])
def test_losses_and_penalties(loss, penalties):
    alike(Problem(Linear(2), loss, rows(), **penalties), SGD(), min_delta=1e-3)


@pytest.mark.parametrize("inputs", [1, 3, 12])
@pytest.mark.parametrize("order", ["C", "F", "strided"])
@pytest.mark.parametrize("model", [Linear, Proportional])
def test_models_and_layouts(model, order, inputs):
    data = rows(20, inputs)
    wide = np.zeros((20, inputs + 3))
    wide[:, :inputs] = data.inputs
    x = wide[:, :inputs] if order == "strided" else np.array(data.inputs, order=order)
    alike(Problem(model(inputs), mse, Dataset(x, data.targets)), SGD(), epochs=150)


def test_a_run_that_explodes_in_a_stretch():
    last = alike(Problem(Linear(2), mse, rows()), SGD(), learning_rate=1.5)
    assert last.status is Status.DIVERGED


def test_a_schedule_is_asked_for_each_step():
    alike(Problem(Linear(2), mse, rows()), Adam(), learning_rate=lambda step: 0.1 / (1 + step))


def test_going_on_from_a_record():
    problem = Problem(Linear(2), mse, rows())
    *_, before = epochs(descend(problem, Adam(), learning_rate=0.05, epochs=20, start=np.zeros(3)))
    alike(problem, Adam(), resume=before)
    alike(problem, Adam(), resume=before._replace(gradient=None))


def test_an_interrupt_ends_the_run_at_its_next_stretch():
    problem, asked = Problem(Linear(2), mse, rows()), itertools.count()
    one, _, _ = run(problem, SGD(), 100, interrupted=lambda: next(asked) > 6)
    assert one.last.status is Status.INTERRUPTED
    assert 1 < one.last.epoch < EPOCHS
    all_, _, _ = run(problem, SGD(), 1)
    assert one.losses == all_.losses[: one.count]


@pytest.mark.parametrize("settings", [{"batch_size": 7}, {"start": np.zeros((4, 3))}, {"together": 1}])
def test_else_every_epoch_is_made_on_its_own(settings):
    """Mini-batches, a stack of runs, and where nobody asks for more."""
    settings = {"together": 50, "learning_rate": 0.05, "epochs": 12} | settings
    stream = list(descend(Problem(Linear(2), mse, rows()), SGD(), **settings))
    assert sum(isinstance(part, Epoch) for part in stream) == 13
    assert not any(isinstance(part, Stretch) for part in stream)


def test_rows_held_out_are_measured_at_every_epoch():
    alike(Problem(Linear(2), mse, rows(), validation=rows(seed=4)), SGD(), skips=False)


def test_a_stretch_taken_apart_is_what_is_made_one_by_one():
    problem, settings = Problem(Linear(2), mse, rows()), {"learning_rate": 0.05, "epochs": 50}
    parts = list(descend(problem, Adam(), together=20, **settings))
    apart = [one for part in parts for one in (part.records() if isinstance(part, Stretch) else [part])]
    whole = list(descend(problem, Adam(), **settings))
    assert len(apart) == len(whole)
    for one, other in zip(apart, whole, strict=True):
        assert type(one) is type(other)
        if isinstance(one, Step):
            assert (one.step, one.epoch, one.learning_rate, one.loss, one.rows) == (
                other.step,
                other.epoch,
                other.learning_rate,
                other.loss,
                other.rows,
            )
            assert one.gradient.tobytes() == other.gradient.tobytes()
            same(one.measure(), other.measure())
        else:
            same(one, other)


@pytest.mark.parametrize("every", ["x10", "7", "auto", "1"])
@pytest.mark.parametrize("more", [[], ["--tolerance", "1e-4"], ["--validation", "0.3"], ["--batch-size", "9"]])
def test_the_command_shows_the_rows_of_all(gdcli, every, more):
    given = ["fit", "sample:trend", "--epochs", "60", "--format", "csv", "--seed", "1", *more]
    all_ = gdcli(*given, "--every", "1").out.splitlines()
    few = gdcli(*given, "--every", every).out.splitlines()
    assert set(few) <= set(all_)
    assert (few[0], few[-1]) == (all_[0], all_[-1])


@pytest.mark.parametrize("together", [2, 3, 349, 5000])
def test_however_many_are_made_together(together):
    problem = Problem(Linear(2), mse, rows())
    few, _, _ = run(problem, Adam(), together)
    one_by_one, _, _ = run(problem, Adam(), 1)
    assert few.losses.tobytes() == one_by_one.losses.tobytes()
    same(few.last, one_by_one.last)


def test_large_data_are_left_between_epochs():
    """An epoch that takes its time is made on its own, so that Ctrl-C is heard after it."""
    text = "x,y\n" + "".join(f"{x % 97},{x % 89}\n" for x in range(2**16))
    experiment = read_line(
        Spec(LineSpec(), DataSpec("-"), RateSpec(lr=1e-5), loss=LossSpec("mae")), Reader(io.BytesIO(text.encode()))
    )
    assert not any(isinstance(part, Stretch) for part in itertools.islice(experiment.passing(), 4))


def test_the_library_looks_at_every_epoch():
    assert len(fit("sample:deck", epochs=30).history) == 31
