"""Runs that stop and go on: the rest is, to the last bit, what it would have been without the stop."""

import numpy as np
import pytest

from gdcli import losses, optimizers, schedules, streams, training
from gdcli.data.dataset import Dataset
from gdcli.models import Linear
from gdcli.networks import Dropout, Network
from gdcli.records import Epoch, Status, Step
from gdcli.sweep import Member, Outcome, sweep
from gdcli.training import Problem, descend

rng = np.random.default_rng(5)
X, Y = rng.normal(size=(23, 3)), rng.normal(size=23)
HELD_OUT = Dataset(X[:4] + 1, Y[:4])
PROBLEMS = {
    "line": (Problem(Linear(3), losses.mse, Dataset(X, Y), HELD_OUT), np.ones(4)),
    "penalties": (Problem(Linear(3), losses.huber, Dataset(X, Y), None, 0.01, 0.1), np.ones(4)),
    "metrics": (Problem(Linear(3), losses.mse, Dataset(X, Y), metrics={"first": lambda o, _: float(o[0])}), np.ones(4)),
}
for _name, _network in {"network": Network((3, 5, 1)), "dropout": Dropout((3, 6, 4, 1), rate=0.4)}.items():
    PROBLEMS[_name] = Problem(_network, losses.mse, Dataset(X, Y), HELD_OUT), _network.initial(rng, np.float64)
_single = Dataset(X.astype("f4"), Y.astype("f4"))
PROBLEMS["float32"] = Problem(Dropout((3, 6, 1), rate=0.4), losses.mse, _single), Network((3, 6, 1)).initial(rng)


def run(name="line", optimizer="Adam", epochs=3, batch_size=5, rate=0.05, **options):
    problem, start = PROBLEMS[name]
    options = {"start": start, "batch_size": batch_size, "seed": 3} | options
    return descend(problem, getattr(optimizers, optimizer)(), learning_rate=rate, epochs=epochs, **options)


def same(found, wanted):
    """Whether two records are the same to the last bit, of whatever kind."""
    assert type(found) is type(wanted)
    for name in set(found._fields) - {"measure", "replay"}:
        np.testing.assert_equal(plain(getattr(found, name)), plain(getattr(wanted, name)), err_msg=name)
    if isinstance(found, Step):
        np.testing.assert_array_equal(found.update, wanted.update)


def plain(value):
    """Arrays as their bytes, so that -0.0 is not 0.0."""
    if isinstance(value, np.ndarray):
        return value.dtype, value.shape, value.tobytes()
    return tuple(map(plain, value)) if isinstance(value, tuple) else value


def goes_on(resume, records, at, **options):
    """Holds that from there on the records are those of the whole run."""
    first, *rest = run(resume=resume, **options)
    same(first, records[at] if isinstance(records[at], Epoch) else records[at].measure()._replace(status=first.status))
    behind = records[at + 1 :]
    if isinstance(records[at], Step) and isinstance(behind[0], Epoch):
        same(first, behind.pop(0))  # the last step of an epoch: it is measured already
    assert len(rest) == len(behind)
    for found, wanted in zip(rest, behind, strict=True):
        same(found, wanted)


class TestResume:
    @pytest.mark.parametrize("batch_size", [None, 1, 5, 6, 22, 23, 40])
    @pytest.mark.parametrize("name", PROBLEMS)
    def test_from_any_record(self, name, batch_size):
        options = {"name": name, "batch_size": batch_size}
        records = list(run(**options))
        for at, record in enumerate(records):
            goes_on(record, records, at, **options)

    @pytest.mark.parametrize("name", ["line", "dropout"])
    def test_from_a_step_that_was_measured(self, name):
        records = list(run(name=name))
        for at, record in enumerate(records):
            if isinstance(record, Step):
                goes_on(record.measure(), records, at, name=name)

    @pytest.mark.parametrize("optimizer", optimizers.__all__)
    def test_every_optimizer(self, optimizer):
        records = list(run(optimizer=optimizer, name="dropout"))
        for at in (2, 9, len(records) - 3):
            goes_on(records[at], records, at, optimizer=optimizer, name="dropout")

    @pytest.mark.parametrize("schedule", schedules.__all__)
    def test_every_schedule(self, schedule):
        rate = getattr(schedules, schedule)(0.05, steps=15).__call__
        records = list(run(rate=rate))
        goes_on(records[9], records, 9, rate=rate)

    @pytest.mark.parametrize("shuffle", [True, False])
    def test_in_any_order_of_the_rows(self, shuffle):
        records = list(run(shuffle=shuffle))
        for at in (3, 8):
            goes_on(records[at], records, at, shuffle=shuffle)

    def test_a_stack(self):
        problem, start = PROBLEMS["dropout"]
        options = {"learning_rate": np.array([[0.1], [0.01]]), "epochs": 3, "batch_size": 5}
        records = list(descend(problem, optimizers.Adam(), start=np.stack([start, start * 2]), **options))
        for at in (3, 8):
            for found, wanted in zip(
                descend(problem, optimizers.Adam(), resume=records[at], **options), records[at:], strict=True
            ):
                np.testing.assert_array_equal(found.parameters, wanted.parameters)

    def test_again_and_again(self):
        """One update a run."""
        wanted, found, record = list(run(name="dropout")), [], None
        for _ in range(15):
            stream = run(name="dropout", resume=record)
            next(stream)
            record = next(stream)
            found.append(record)
        for one, other in zip(found, [one for one in wanted if isinstance(one, Step)], strict=True):
            same(one, other)

    def test_a_full_batchs_step_is_the_epoch_after_it(self):
        records = list(run(batch_size=None))
        for step, epoch in zip(records[1::2], records[2::2], strict=True):
            for one, other in zip(run(batch_size=None, resume=step), run(batch_size=None, resume=epoch), strict=True):
                same(one, other)

    def test_the_full_gradient_is_not_computed_twice(self, monkeypatch):
        seen = []
        compute = Problem.loss_and_gradient
        monkeypatch.setattr(Problem, "loss_and_gradient", lambda *given: (seen.append(1), compute(*given))[1])
        record = list(run(batch_size=None))[3]
        seen.clear()
        list(run(batch_size=None, resume=record))
        assert len(seen) == 2  # the state gone on from, and the one epoch that is left

    def test_rows_of_skipped_batches_are_not_gathered(self, monkeypatch):
        data = PROBLEMS["line"][0].data
        batches = [len(inputs) for _, inputs, _ in training._batches(data, 5, 3, 1, 3)]
        assert batches == [5, 3]
        monkeypatch.setattr(training, "GATHERED", 1)
        again = list(training._batches(data, 5, 3, 1, 3))
        whole = list(training._batches(data, 5, 3, 1, 0))[3:]
        for (rows, inputs, _), (wanted, values, _) in zip(again, whole, strict=True):
            np.testing.assert_array_equal(rows, wanted)
            np.testing.assert_array_equal(inputs, values)

    @pytest.mark.parametrize(("at", "epochs", "left"), [(7, 1, 0), (7, 2, 5), (5, 1, 0), (6, 1, 0), (7, 0, 0)])
    def test_epochs_are_those_of_the_whole_run(self, at, epochs, left):
        """Records 0, 1 to 5, 6 are the start, the first epoch's steps, and its end; 7 is a step of the second."""
        records = list(run())
        first, *rest = run(resume=records[at], epochs=epochs)
        assert len(rest) == left
        assert (rest or [first])[-1].status is Status.COMPLETED
        assert first.status is (Status.RUNNING if rest else Status.COMPLETED)

    def test_a_run_that_was_over_is_not_when_it_goes_on(self):
        *_, last = run(epochs=1)
        assert last.status is Status.COMPLETED
        assert [record.status for record in streams.epochs(run(epochs=2, resume=last))] == ["running", "completed"]

    def test_into_an_epoch_that_is_too_short(self):
        record = list(run(batch_size=2))[9]
        with pytest.raises(ValueError, match=r"9 updates .* 5"):
            next(run(batch_size=5, resume=record))

    def test_after_an_epoch_another_batch_size_is_fine(self):
        record = list(run(batch_size=2))[13]
        assert record.epoch == 1
        steps = [one for one in run(batch_size=5, epochs=2, resume=record) if isinstance(one, Step)]
        assert [one.step for one in steps] == [13, 14, 15, 16, 17]


class TestDropout:
    def test_masks_are_a_function_of_seed_epoch_and_step(self):
        problem, start = PROBLEMS["dropout"]

        def gradient(*key):
            return problem.for_training(key).loss_and_gradient(start, X, Y)[1].tobytes()

        keys = [(0, 1, 1), (0, 1, 2), (0, 2, 1), (1, 1, 1), (0, 2, 6)]
        assert len({gradient(*key) for key in keys}) == len(keys)
        assert gradient(*keys[0]) == gradient(*keys[0])

    def test_each_step_has_its_own(self, monkeypatch):
        seen = []
        monkeypatch.setattr(Problem, "for_training", lambda self, seed: (seen.append(seed), self)[1])
        list(run(name="dropout", epochs=2))
        assert seen == [(3, 1, step) for step in range(1, 6)] + [(3, 2, step) for step in range(6, 11)]

    def test_nobody_else_pays(self, monkeypatch):
        monkeypatch.setattr(Problem, "for_training", None)
        list(run(name="network"))

    def test_a_stacks_runs_are_single_runs(self):
        problem, start = PROBLEMS["dropout"]
        members = [Member(rate, start, optimizers.Adam()) for rate in (0.01, 1e200, 1e201, 0.1)]
        options = {"epochs": 4, "batch_size": 5, "seed": 3}
        found = [one for one in sweep(problem, members, **options) if isinstance(one, Outcome)]
        for outcome in found:
            member = members[outcome.index]
            stream = descend(problem, member.optimizer, learning_rate=member.learning_rate, start=start, **options)
            alone = streams.Run(streams.epochs(streams.until_diverged(stream)))
            assert list(alone)[-1].status is outcome.status
            np.testing.assert_array_equal(outcome.parameters, alone.best.parameters)
