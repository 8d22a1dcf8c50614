"""The filters around the training stream: why runs end, and which rows are shown."""

import math

import numpy as np
import pytest

from gdcli.data.dataset import Dataset
from gdcli.data.splitting import split
from gdcli.errors import OptionError
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim.optimizers import SGD
from gdcli.render.showing import Stopwatch
from gdcli.training import streams
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch, Status
from gdcli.training.rules import Tolerance
from gdcli.training.stopping import Stopping, stopped, until, until_loss
from gdcli.training.streams import epochs

pytestmark = pytest.mark.quick

DECK = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
START = np.array([-1.0, 5.0])


def run(rate=0.1, epochs=600, **options):
    return descend(DECK, SGD(), learning_rate=rate, epochs=epochs, start=START, **options)


def losses(values):
    records = [Epoch(at, at, 0.1, loss, np.zeros(1)) for at, loss in enumerate(values)]
    return [*records[:-1], records[-1]._replace(status=Status.COMPLETED)]


def test_epoch_zero_is_the_state_before_training():
    first = next(epochs(descend(DECK, SGD(), learning_rate=0.1, epochs=3, start=START)))
    assert first.row() == {"epoch": 0, "step": 0, "lr": 0.1, "loss": 2.5, "m": -1.0, "b": 5.0}


def test_the_lectures_491_steps():
    values = [record.loss for record in streams.epochs(run())]
    assert values[490] > 1e-6 > values[491]


def test_zero_epochs_is_one_record():
    (only,) = streams.epochs(run(epochs=0))
    assert only.status is Status.COMPLETED


@pytest.mark.parametrize(("target", "at"), [(1e-6, 491), (2.5, 0), (0.0, 600)])
def test_until_loss(target, at):
    *_, last = until_loss(streams.epochs(run()), target)
    assert (last.epoch, last.status) == (at, Status.CONVERGED if at < 600 else Status.COMPLETED)


def test_a_tolerance_looks_at_the_largest_component():
    *_, last = until(streams.epochs(run()), Tolerance(0.1))
    assert np.abs(last.gradient).max() <= 0.1 * 3  # at the start, the gradient is (-3, -1)
    before = list(streams.epochs(run(epochs=last.epoch)))[-2]
    assert np.abs(before.gradient).max() > 0.1 * 3


def test_divergence_ends_at_the_first_exploded_loss():
    records = list(streams.epochs(until(run(rate=0.3, epochs=2000))))
    assert records[-1].status is Status.DIVERGED
    assert records[-1].loss > 2.5e14 >= records[-2].loss


def test_divergence_within_an_epoch_is_found_there():
    stream = until(run(rate=1e6, epochs=5, batch_size=1))
    records = list(stream)
    assert records[-1].status is Status.DIVERGED
    assert records[-1].step < 10


def test_an_interrupt_measures_the_state_it_leaves():
    count = iter(range(100))
    records = list(stopped(run(batch_size=1, epochs=50), Stopping(), interrupted=lambda: next(count) > 6))
    assert records[-1].status is Status.INTERRUPTED
    assert records[-1].loss == DECK.data_loss(records[-1].parameters, DECK.data)


def test_not_yet_exploded_but_higher_is_diverged():
    for rate, unstable, status in ((0.4, True, Status.DIVERGED), (0.4, False, "completed"), (0.1, True, "completed")):
        *_, last = stopped(run(rate=rate, epochs=8), Stopping(unstable=unstable))
        assert last.status == status


@pytest.mark.parametrize(
    ("values", "every", "expected"),
    [
        ([5, 4, 3, 2, 1], lambda at: at % 2 == 0, [0, 2, 4]),
        ([5, 4, 3, 2], lambda at: at % 2 == 0, [0, 2, 3]),
        ([5, 1, 3, 2], lambda at: at == 0, [0, 1, 3]),
        ([5, 1, 3, 2], lambda at: at < 2, [0, 1, 3]),
        ([5, 4, 1, 3, 2, 2], lambda at: at == 3, [0, 2, 3, 5]),
        ([5, 4, 3, 4, 1, 3, 2, 2], lambda at: at in (3, 5, 6), [0, 3, 4, 5, 6, 7]),
        ([5, 1, 3, 2, 0.5], lambda at: at == 2, [0, 2, 4]),
        ([5], lambda _: False, [0]),
        ([math.nan, 2.0, math.nan], lambda at: at == 0, [0, 1, 2]),
    ],
)
def test_thin_keeps_first_last_and_best_in_their_order(values, every, expected):
    kept = [record.epoch for record in streams.thin(streams.Run(losses(values)), lambda at: at == 0 or every(at))]
    assert kept == expected


def test_a_record_waits_only_while_one_before_it_may_be_the_best():
    made = []
    values = [5, 4, 3, 1, 2, 2.5, 2]
    run = streams.Run(made.append(record.epoch) or record for record in losses(values))
    thinned = streams.thin(run, lambda at: at in (0, 1, 2, 4, 5))
    seen = [(record.epoch, made[-1]) for record in thinned]
    assert seen == [(0, 0), (1, 1), (2, 2), (3, 6), (4, 6), (5, 6), (6, 6)]


def test_a_record_is_stamped_when_it_is_made_not_when_it_is_shown(monkeypatch):
    moments = iter([10.0, 11.0, 12.5, 14.0, 17.0])
    monkeypatch.setattr("gdcli.render.showing.perf_counter", lambda: next(moments))
    watch = Stopwatch()
    run = streams.Run(watch.watching(losses([5, 1, 3, 2])))
    stamped = watch.stamped(streams.thin(run, lambda at: at in (0, 2)))
    assert [(one.record.epoch, one.seconds) for one in stamped] == [(0, 1.0), (1, 2.5), (2, 4.0), (3, 7.0)]


def test_a_run_remembers_the_earliest_best():
    remembered = streams.Run(losses([3.0, 1.0, 1.0, 2.0]))
    assert len(list(remembered)) == 4
    assert (remembered.best.epoch, remembered.last.epoch, list(remembered.losses)) == (1, 3, [3, 1, 1, 2])


def test_every_row_is_used_once_an_epoch_and_the_last_batch_is_short():
    data = Dataset(np.arange(10.0), np.arange(10.0))
    problem = Problem(Linear(1), mse, data)
    steps = [r for r in descend(problem, SGD(), learning_rate=1e-3, epochs=3, batch_size=4) if not isinstance(r, Epoch)]
    assert [len(data.rows(step.rows)) for step in steps] == [4, 4, 2] * 3
    epochs = [np.concatenate([step.rows for step in steps[at : at + 3]]) for at in (0, 3, 6)]
    assert all(sorted(rows) == list(range(10)) for rows in epochs)
    assert not np.array_equal(epochs[0], epochs[1])


def test_a_steps_loss_is_its_batchs_before_it():
    data = Dataset(np.arange(10.0), np.arange(10.0) * 2 + 1)
    problem = Problem(Linear(1), mse, data)
    before = np.array([0.3, -0.2])
    stream = descend(problem, SGD(), learning_rate=1e-3, epochs=1, batch_size=3, start=before)
    for step in streams.with_updates(stream, SGD()):
        if isinstance(step, Epoch):
            continue
        batch = data.rows(step.rows)
        assert step.loss == pytest.approx(np.mean((before[0] * batch.inputs[:, 0] + before[1] - batch.targets) ** 2))
        np.testing.assert_allclose(step.parameters, before + step.update, rtol=1e-15)
        before = step.parameters


def test_a_step_alone_does_not_know_what_it_added():
    _, step, *_ = descend(DECK, SGD(), learning_rate=0.1, epochs=1)
    with pytest.raises(ValueError, match="with_update"):
        step.update  # noqa: B018 - to see it refuse


def test_old_records_are_never_written_to():
    records = list(epochs(descend(DECK, SGD(), learning_rate=0.1, epochs=3, start=START)))
    assert [tuple(record.parameters.round(3)) for record in records[:2]] == [(-1.0, 5.0), (-0.7, 5.1)]


class TestSplit:
    data = Dataset(np.arange(100.0), np.repeat([0, 1, 2], [70, 20, 10]), classes=("a", "b", "c"))

    def test_is_seeded_and_disjoint(self):
        train_rows, held_out = split(self.data, 0.3, seed=1)
        again = split(self.data, 0.3, seed=1)[1]
        np.testing.assert_array_equal(held_out.inputs, again.inputs)
        assert sorted([*train_rows.inputs[:, 0], *held_out.inputs[:, 0]]) == list(range(100))
        assert not np.array_equal(held_out.inputs, split(self.data, 0.3, seed=2)[1].inputs)

    def test_each_class_gives_its_share(self):
        assert np.bincount(split(self.data, 0.3, seed=0)[1].targets).tolist() == [21, 6, 3]

    def test_without_shuffling_the_last_rows_are_held_out(self):
        np.testing.assert_array_equal(split(self.data, 0.25, 0, shuffle=False)[1].inputs[:, 0], np.arange(75.0, 100))

    @pytest.mark.parametrize("fraction", [0.001, 0.999])
    def test_leaves_no_set_empty(self, fraction):
        with pytest.raises(OptionError, match="leaves"):
            split(self.data, fraction, 0)
