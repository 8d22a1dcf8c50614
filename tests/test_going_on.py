"""Runs that stop and go on: the rest is, to the last bit, what it would have been without the stop."""

import json
from contextlib import contextmanager, nullcontext
from itertools import islice

import numpy as np
import pytest
from safetensors.numpy import load_file

from gdcli.data import dataset
from gdcli.data.dataset import Dataset
from gdcli.nn import losses
from gdcli.nn.linear import Linear
from gdcli.nn.networks import Dropout, Network
from gdcli.optim import optimizers, schedules
from gdcli.training import streams
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch, Status, Step
from gdcli.training.rules import MaxSteps, Patience, TargetLoss, Tolerance
from gdcli.training.stacked import Member, Outcome, sweep
from gdcli.training.stopping import Stopping, stopped, until

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
    chosen = getattr(optimizers, optimizer)()
    return streams.with_updates(descend(problem, chosen, learning_rate=rate, epochs=epochs, **options), chosen)


def same(found, wanted):
    """Whether two records are the same to the last bit, of whatever kind."""
    assert type(found) is type(wanted)
    for name in set(found._fields) - {"measure", "replay"}:
        ours, theirs = plain(getattr(found, name)), plain(getattr(wanted, name))
        if repr(ours) != repr(theirs):  # equal to the bit is the rule, and NumPy's comparison slow
            np.testing.assert_equal(ours, theirs, err_msg=name)
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
        options = {"name": name, "batch_size": batch_size, "epochs": 2}
        records = list(run(**options))
        for at, record in enumerate(records):
            goes_on(record, records, at, **options)

    @pytest.mark.parametrize("name", ["line", "dropout"])
    def test_from_a_step_that_was_measured(self, name):
        records = list(run(name=name))
        for at, record in enumerate(records):
            if isinstance(record, Step):
                goes_on(record.measure(), records, at, name=name)

    @pytest.mark.quick
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
        batches = [len(inputs) for _, inputs, _ in data.batches(5, 3, 1, 15)]
        assert batches == [5, 3]
        monkeypatch.setattr(dataset, "GATHERED", 1)
        again = list(data.batches(5, 3, 1, 15))
        whole = list(data.batches(5, 3, 1, 0))[3:]
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
            alone = streams.Run(streams.epochs(until(stream)))
            assert list(alone)[-1].status is outcome.status
            np.testing.assert_array_equal(outcome.parameters, alone.best.parameters)


class TestMaxStepsRule:
    @pytest.mark.parametrize("steps", range(1, 16))
    @pytest.mark.parametrize("name", ["line", "dropout"])
    def test_it_ends_there_measured(self, name, steps):
        records = list(run(name=name))
        *before, last = until(run(name=name), MaxSteps(steps))
        at = next(at for at, record in enumerate(records) if record.step == steps)
        assert len(before) == at + 1
        for found, wanted in zip(before, records, strict=False):
            same(found, wanted)
        ended = {"status": Status.COMPLETED, "ended_by": ("MaxSteps",)}
        same(last, records[at].measure()._replace(**ended))
        if steps % 5 == 0:
            same(last, records[at + 1]._replace(**ended))
            assert last.within == 0

    def test_more_steps_than_there_are(self):
        for found, wanted in zip(until(run(), MaxSteps(16)), run(), strict=True):
            same(found, wanted)

    @pytest.mark.parametrize("steps", [1, 7, 8])
    def test_going_on_from_there_or_beyond_is_the_end(self, steps):
        record = list(run())[9]
        assert record.step == 8
        (only,) = until(run(resume=record), MaxSteps(steps))
        assert (only.step, only.status) == (8, Status.COMPLETED)

    def test_no_update_is_made_beyond(self):
        made = []
        stream = until(run(rate=lambda step: made.append(step) or 0.1), MaxSteps(7))
        assert [*stream][-1].step == 7
        assert max(made) == 6  # updates made before the last one

    def test_an_interrupt_before_it(self):
        count = iter(range(100))
        stream = stopped(run(), Stopping((MaxSteps(9),)), interrupted=lambda: next(count) > 5)
        assert [*stream][-1].status is Status.INTERRUPTED

    def test_a_divergence_before_it(self):
        stream = until(run(optimizer="SGD", rate=1e9), MaxSteps(9))
        *_, last = stream
        assert last.status is Status.DIVERGED
        assert last.step < 9

    def test_a_divergence_at_it(self):
        *_, last = until(run(optimizer="SGD", rate=1e9))
        *_, cut = until(run(optimizer="SGD", rate=1e9), MaxSteps(last.step))
        same(cut, last._replace(ended_by=("MaxSteps",)))

    def test_a_target_at_it(self):
        *_, last = until(run(), MaxSteps(7), TargetLoss(1e9))
        assert (last.step, last.status) == (0, Status.CONVERGED)
        wanted = list(islice(run(), 9))[-1].measure()
        *_, last = until(run(), MaxSteps(wanted.step), TargetLoss(wanted.loss))
        assert (last.step, last.status) == (wanted.step, Status.CONVERGED)

    def test_patience_does_not_rename_it(self):
        *_, last = until(run(rate=1e-12), MaxSteps(7), Patience(2, 1.0))
        assert (last.step, last.status) == (7, Status.COMPLETED)
        *_, last = until(run(rate=1e-12), MaxSteps(7), Patience(1, 1.0))
        assert (last.step, last.status) == (5, Status.STOPPED_EARLY)

    def test_thin_and_run_know_it_for_the_last(self):
        remembered = streams.Run(streams.epochs(until(run(), MaxSteps(7))))
        shown = list(streams.thin(remembered, lambda _: False, best=False))
        assert [(record.step, record.epoch) for record in shown] == [(7, 2)]
        assert remembered.last is shown[0]
        assert remembered.ended
        assert remembered.best_whole.within == 0
        assert list(remembered.epochs) == [0, 1, 2]

    @pytest.mark.parametrize("rules", [(), (TargetLoss(0.6),), (Tolerance(0.5),), (Patience(1, 0.1),)], ids=str)
    @pytest.mark.parametrize("steps", [1, 5, 7, 10, 99])
    @pytest.mark.parametrize("name", ["line", "dropout"])
    def test_a_stack_ends_as_single_runs_do(self, name, steps, rules):
        problem, start = PROBLEMS[name]
        members = [Member(rate, start, optimizers.SGD()) for rate in (0.01, 0.1, 1e200, 0.2, 1e80)]
        options = {"epochs": 3, "batch_size": 5}
        stopping, min_delta = Stopping((MaxSteps(steps), *rules)), 0.1 if Patience(1, 0.1) in rules else 0.0
        found = sweep(problem, members, stopping=stopping, min_delta=min_delta, **options)
        outcomes = sorted((one for one in found if isinstance(one, Outcome)), key=lambda one: one.index)
        assert len(outcomes) == len(members)
        for outcome, member in zip(outcomes, members, strict=True):
            stream = descend(problem, member.optimizer, learning_rate=member.learning_rate, start=start, **options)
            alone = streams.Run(streams.epochs(stopped(stream, stopping, problem)), min_delta)
            *_, last = alone
            assert (outcome.status, outcome.step, outcome.epoch) == (last.status, last.step, last.epoch)
            np.testing.assert_array_equal(outcome.losses, alone.losses)
            kept = last if problem.validation is None else alone.best
            np.testing.assert_array_equal(outcome.parameters, kept.parameters)


@contextmanager
def interrupted_after(records):
    """Ctrl-C, as `train` hears of it, after so many records of a run of four epochs."""
    count = iter(range(10**6))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gdcli.cli.commands.train.interruptible", lambda: nullcontext(lambda: next(count) > records))
        yield "--epochs", 4


def differing(whole, rest):
    """The names under which two objects differ; how to change its target, a run that goes on does not say."""
    whole["reading"]["target"]["option"] = ""
    return {name for name in whole if whole[name] != rest[name]}


@pytest.fixture
def going_on(gdcli, tmp_path):
    """Trains in one go, and in two; holds that both come to the same."""
    whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))

    def hold(arguments, first, then=(), code=0):
        wanted = gdcli("train", *arguments, "--save", whole, "--format", "json")
        assert wanted.code == 0, wanted.err
        with first as options:
            cut = gdcli("train", *arguments, *options, "--save", half, "--format", "json")
        assert cut.code == code, cut.err
        found = gdcli("train", arguments[0], "--resume", half, *then, "--save", rest, "--format", "json")
        assert found.code == 0, found.err
        assert differing(wanted.json, found.json) <= {"rerun", "model"}
        ours, theirs = load_file(rest), load_file(whole)
        assert {name: array.tobytes() for name, array in ours.items()} == {
            name: array.tobytes() for name, array in theirs.items()
        }
        return cut.json

    return hold


DIGITS = ("sample:digits", "--hidden", 12, "--lr", 0.003)  # 51 steps an epoch
MOONS = ("sample:moons", "--hidden", 16, "--lr", 0.1, "--validation", 0.3, "--patience", 4)


class TestSavedInMidEpoch:
    @pytest.mark.parametrize("steps", [1, 50, 51, 52, 130])
    def test_it_goes_on_by_itself(self, going_on, steps):
        """Nothing has to be said again: how many epochs there are to be, the model knows."""
        cut = going_on((*DIGITS, "--epochs", 5), nullcontext(("--max-steps", steps)))
        assert (cut["steps"], cut["status"], cut["history"][-1]["step"]) == (steps, "completed", steps)

    @pytest.mark.parametrize(
        "options",
        [
            ("--dropout", 0.3),
            ("--no-shuffle",),
            ("--batch-size", "full"),
            ("--batch-size", 77, "--seed", 4, "--schedule", "cosine"),
            ("--validation", "none", "--optimizer", "momentum"),
            ("--keep", "last", "--l2", 0.01),
        ],
    )
    def test_whatever_the_run(self, going_on, options):
        going_on((*DIGITS, *options, "--epochs", 5), nullcontext(("--max-steps", 3 if "full" in options else 60)))

    def test_a_number(self, going_on):
        going_on(("sample:diabetes", "--hidden", 6, "--lr", 0.01, "--epochs", 5), nullcontext(("--max-steps", 30)))

    @pytest.mark.parametrize("steps", range(20, 70, 7))
    def test_the_best_epoch_before_is_still_known(self, going_on, steps):
        """Whether or not the state in mid-epoch was better than all epochs before it."""
        cut = going_on((*MOONS, "--epochs", 200), nullcontext(("--max-steps", steps)))
        assert cut["history"][cut["best_epoch"]]["validation_loss"] == min(r["validation_loss"] for r in cut["history"])

    def test_twice(self, gdcli, tmp_path):
        path = tmp_path / "model.safetensors"
        wanted = gdcli("train", *DIGITS, "--epochs", 3, "--format", "json").json
        gdcli("train", *DIGITS, "--epochs", 3, "--max-steps", 20, "--save", path)
        for steps in (20, 10, 60, 61):
            found = gdcli("train", "sample:digits", "--resume", path, "--max-steps", steps, "--save", path)
            assert found.code == 0, found.err
        found = gdcli("train", "sample:digits", "--resume", path, "--format", "json").json
        assert differing(wanted, found) <= {"rerun", "model"}

    @pytest.mark.parametrize(("records", "step"), [(3, 4), (50, 51), (51, 51), (52, 52), (60, 60)])
    def test_an_interrupted_run_goes_on_as_well(self, going_on, records, step):
        arguments = (*DIGITS, "--dropout", 0.2, "--epochs", 5)
        cut = going_on(arguments, interrupted_after(records), ("--epochs", 5), code=130)
        assert (cut["status"], cut["steps"]) == ("interrupted", step)

    @pytest.mark.parametrize(
        "options",
        [("--batch-size", 16), ("--seed", 3), ("--no-shuffle",), ("--validation", 0.5), ("--missing", "mean")],
    )
    def test_other_batches_are_refused(self, gdcli, tmp_path, options, refused):
        path = tmp_path / "model.safetensors"
        gdcli("train", *DIGITS, "--epochs", 3, "--max-steps", 20, "--save", path)
        name = options[0].replace("no-", "")
        refused(gdcli("train", "sample:digits", "--resume", path, *options), 2, name, "middle of an epoch")
        gdcli("train", *DIGITS, "--epochs", 1, "--save", path)
        assert gdcli("train", "sample:digits", "--resume", path, *options, "--epochs", 2).code == 0

    def test_the_same_said_again_is_not_refused(self, gdcli, tmp_path):
        path = tmp_path / "model.safetensors"
        gdcli("train", *DIGITS, "--epochs", 3, "--seed", 4, "--batch-size", 20, "--max-steps", 20, "--save", path)
        same_again = ("--seed", 4, "--batch-size", 20, "--shuffle")
        assert gdcli("train", "sample:digits", "--resume", path, *same_again).code == 0

    def test_fewer_rows_are_refused(self, gdcli, table, tmp_path, refused):
        rows = [f"{a},{a % 7},{'ab'[a % 2]}\n" for a in range(60)]
        long, short = table("p,q,y\n" + "".join(rows), "long.csv"), table("p,q,y\n" + "".join(rows[:30]), "short.csv")
        path = tmp_path / "model.safetensors"
        options = ("--batch-size", 4, "--validation", "none", "--max-steps", 13)
        assert gdcli("train", long, *options, "--save", path).code == 0
        refused(gdcli("train", short, "--resume", path), 3, "13 updates into an epoch", "8")

    @pytest.mark.parametrize("value", [-1, 1.5, "x", None, [], 10**30, True])
    def test_a_damaged_model(self, gdcli, tmp_path, value, refused):
        path = tmp_path / "model.safetensors"
        gdcli("train", *DIGITS, "--epochs", 3, "--max-steps", 20, "--save", path)
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        about = json.loads(header["__metadata__"]["gdcli"])
        for name in ("within", "best_epoch"):
            about["resume"][name], before = value, about["resume"][name]
            header["__metadata__"]["gdcli"] = json.dumps(about)
            raw = json.dumps(header).encode()
            path.write_bytes(len(raw).to_bytes(8, "little") + raw + content[8 + length :])
            result = gdcli("train", "sample:digits", "--resume", path)
            if name == "within" or value != 10**30:
                refused(result, 3)
            about["resume"][name] = before

    def test_models_of_an_earlier_version_predict_but_do_not_go_on(self, gdcli, refused, tmp_path):
        """Their weights are as today's; the optimizer's state was another one."""
        path = tmp_path / "model.safetensors"
        gdcli("train", *DIGITS, "--epochs", 2, "--save", path)
        wanted = gdcli("evaluate", path, "sample:digits", "--format", "json").json
        content = path.read_bytes()
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        about = json.loads(header["__metadata__"]["gdcli"])
        about["format"] = "gdcli.model/1"
        header["__metadata__"]["gdcli"] = json.dumps(about)
        raw = json.dumps(header).encode()
        path.write_bytes(len(raw).to_bytes(8, "little") + raw + content[8 + length :])
        assert gdcli("evaluate", path, "sample:digits", "--format", "json").json == wanted
        refused(gdcli("train", "sample:digits", "--resume", path, "--epochs", 3), 2, "earlier version")


FIT = ("fit", "sample:bmi", "--standardize", "--batch-size", 50)  # 9 steps an epoch, 8 with a fifth held out


class TestMaxSteps:
    def test_a_fits_parameters_are_that_steps(self, gdcli):
        found = gdcli(*FIT, "--max-steps", 12, "--epochs", 5, "--format", "json").json
        assert (found["status"], found["steps"], found["epochs"]) == ("completed", 12, 2)
        assert [row["step"] for row in found["history"]] == [0, 9, 12]
        assert found["parameters"] == {name: found["history"][-1][name] for name in ("m", "b")}
        assert found["train"]["loss"] == found["history"][-1]["loss"]

    @pytest.mark.parametrize("name", ["csv", "jsonl"])
    def test_at_an_epochs_end_the_rows_are_the_epochs(self, gdcli, name):
        cut = gdcli(*FIT, "--max-steps", 27, "--format", name)
        assert cut.out == gdcli(*FIT, "--epochs", 3, "--format", name).out

    def test_a_table_too(self, gdcli):
        """With full batches steps are epochs; only the remark is another."""
        options = ("fit", "sample:deck", "--m", -1, "--b", 5)
        cut = gdcli(*options, "--max-steps", 60).out.splitlines()
        assert [line for line in cut if "ended" not in line] == gdcli(*options, "--epochs", 60).out.splitlines()
        assert " ended      after 60 steps, at the end of epoch 60 of 500" in cut

    def test_the_schedule_is_that_of_the_whole_run(self, gdcli):
        options = (*FIT, "--epochs", 4, "--schedule", "cosine", "--format", "csv")
        assert gdcli(*options, "--max-steps", 20).floats[:3] == gdcli(*options).floats[:3]

    @pytest.mark.parametrize(
        ("options", "status", "steps"),
        [
            (("--epochs", 2), "completed", 18),
            (("--epochs", 0), "completed", 0),
            (("--target-loss", 1e9), "converged", 0),
            (("--validation", 0.2, "--patience", 1, "--min-delta", 1e9), "stopped_early", 8),
            (("--lr", 1e9), "diverged", None),
        ],
    )
    def test_what_comes_first_ends_the_run(self, gdcli, options, status, steps):
        found = gdcli(*FIT, "--epochs", 9, *options, "--max-steps", 20, "--format", "json")
        assert found.json["status"] == status
        assert found.json["steps"] == steps or (steps is None and found.json["steps"] < 20)

    def test_it_is_not_convergence(self, gdcli):
        assert gdcli(*FIT, "--max-steps", 20, "--require-converged").code == 5

    @pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "1e3"])
    @pytest.mark.parametrize("command", ["fit", "train", "sweep fit"])
    def test_no_number_of_steps(self, gdcli, command, text, refused):
        refused(gdcli(*command.split(), "sample:deck", f"--max-steps={text}"), 2, "--max-steps")

    def test_the_rerun_line_has_it(self, gdcli):
        first = gdcli(*FIT, "--max-steps", 12, "--format", "json")
        assert gdcli(*first.rerun).out == first.out

    @pytest.mark.parametrize("what", [("fit", "sample:bmi", "--standardize"), ("train", "sample:iris", "--hidden", 4)])
    def test_a_sweeps_runs_have_it(self, gdcli, what):
        options = ("--batch-size", 50, "--epochs", 4, "--format", "json")
        found = gdcli("sweep", *what, "--lr", "0.1,0.2", "--max-steps", "4,7", *options).json
        assert len(found["runs"]) == 4
        for one in found["runs"]:
            settings = (option for name, value in one["config"].items() for option in (f"--{name}", value))
            wanted = {name.strip("-"): value for name, value in zip(*[iter(settings)] * 2, strict=True)}
            alone = gdcli(*what, "--lr", wanted["lr"], "--max-steps", wanted["max_steps"], *options).json
            assert one["status"] == alone["status"] == "completed"
            assert one["final_loss"] == pytest.approx(alone["history"][-1]["loss"], rel=1e-6)


OVERFIT = (*MOONS, "--epochs", 200)


class TestKeep:
    def test_a_fits_last(self, gdcli):
        options = ("fit", "sample:bmi", "--standardize", "--validation", 0.2, "--patience", 5, "--min-delta", 0.1)
        best, last = (gdcli(*options, "--keep", keep, "--format", "json").json for keep in ("best", "last"))
        assert best == gdcli(*options, "--format", "json").json | {"rerun": best["rerun"]}
        assert (best["kept_epoch"], last["kept_epoch"], last["best_epoch"]) == (28, 33, 28)
        assert last["history"] == best["history"]
        for found in (best, last):
            row = found["history"][found["kept_epoch"]]
            assert found["parameters"] == {name: row[name] for name in ("m", "b")}
            assert found["train"]["loss"] == row["loss"]
            assert found["validation"]["mse"] == pytest.approx(row["validation_loss"], rel=1e-12)

    def test_a_fits_model_and_remark(self, gdcli, tmp_path):
        path = tmp_path / "line.safetensors"
        options = ("fit", "sample:bmi", "--standardize", "--validation", 0.2, "--patience", 5, "--min-delta", 0.1)
        table = gdcli(*options, "--keep", "last", "--save", path).out
        assert " kept       epoch 33 of 33: the last; the best validation loss was at epoch 28" in table
        slope = gdcli(*options, "--keep", "last", "--format", "json").json["parameters"]["m"]
        assert load_file(path)["0.weight"].item() == slope

    def test_a_networks_last(self, gdcli, tmp_path):
        path = tmp_path / "model.safetensors"
        found = gdcli("train", *OVERFIT, "--keep", "last", "--save", path, "--format", "json").json
        assert found["kept_epoch"] == found["epochs"] == found["best_epoch"] + 4
        row = found["history"][-1]
        known = {name: found["train"][name] for name in ("loss", "accuracy")}
        assert known == pytest.approx({"loss": row["loss"], "accuracy": row["accuracy"]}, rel=1e-6)
        assert found["validation"]["loss"] == pytest.approx(row["validation_loss"], rel=1e-5)
        tensors, last = load_file(path), found["epochs"]
        straight = gdcli("train", *MOONS[:-2], "--epochs", last, "--keep", "last", "--save", path)
        assert straight.code == 0
        np.testing.assert_array_equal(load_file(path)["0.weight"], tensors["0.weight"])
        assert f" kept       epoch {last} of {last}: the last" in straight.out

    @pytest.mark.parametrize("keep", ["best", "last"])
    @pytest.mark.parametrize("first", ["best", "last"])
    def test_both_are_there_to_go_on_from(self, gdcli, tmp_path, first, keep):
        """Which epoch counts may be said when going on; the other's parameters are not lost."""
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        wanted = gdcli("train", *OVERFIT, "--keep", keep, "--save", whole, "--format", "json").json
        cut = wanted["epochs"] - 2
        assert wanted["best_epoch"] < cut
        gdcli("train", *OVERFIT, "--keep", first, "--epochs", cut, "--save", half)
        options = ("--epochs", 200, "--keep", keep, "--save", rest)
        found = gdcli("train", "sample:moons", "--resume", half, *options, "--format", "json")
        assert found.code == 0, found.err
        assert found.json["kept_epoch"] == wanted["kept_epoch"]
        assert found.json["train"] == wanted["train"]
        assert {name: array.tobytes() for name, array in load_file(rest).items()} == {
            name: array.tobytes() for name, array in load_file(whole).items()
        }

    def test_it_is_remembered(self, going_on):
        going_on((*OVERFIT, "--keep", "last"), nullcontext(("--epochs", 9)), ("--epochs", 200))

    def test_without_rows_held_out_it_says_nothing(self, gdcli):
        one, other = (gdcli("fit", "sample:deck", "--keep", keep, "--format", "csv").out for keep in ("best", "last"))
        assert one == other

    @pytest.mark.parametrize("command", ["fit", "train"])
    def test_another_word(self, gdcli, command, refused):
        result = gdcli(command, "sample:moons", "--keep", "lats")
        refused(result, 2, "--keep: there is no 'lats'")
        assert "did you mean 'last'?" in result.err

    def test_in_capitals(self, gdcli):
        options = ("fit", "sample:bmi", "--validation", 0.2, "--epochs", 3, "--format", "json")
        assert gdcli(*options, "--keep", "LAST").json["config"]["keep"] == "last"

    @pytest.mark.parametrize("kind", ["fit", "train"])
    def test_a_sweep_has_none(self, gdcli, kind, refused):
        refused(gdcli("sweep", kind, "sample:moons", "--keep", "last"), 2, "--keep")


def test_what_decided_the_best_epoch_cannot_change(gdcli, refused, tmp_path):
    path = tmp_path / "m.safetensors"
    gdcli("train", "sample:moons", "--hidden", 4, "--epochs", 30, "--save", path)
    refused(gdcli("train", "sample:moons", "--resume", path, "--epochs", 40, "--min-delta", 0.2), 2, "--min-delta")
    assert gdcli("train", "sample:moons", "--resume", path, "--epochs", 40, "--min-delta", 0).code == 0


CHANGED = {
    "rows held out": (("--validation", "none"), ("--validation", 0.25)),
    "none held out": (("--validation", 0.25), ("--validation", "none")),
    "a penalty": ((), ("--l2", 0.1)),
    "no penalty": (("--l2", 0.1), ("--l2", 0)),
}


@pytest.mark.parametrize(("first", "then"), CHANGED.values(), ids=CHANGED)
@pytest.mark.parametrize("form", ["csv", "table"])
def test_a_run_that_goes_on_measures_something_else(gdcli, tmp_path, first, then, form):
    """Rows of before and after have the same cells; one that was not measured is empty, or a dash."""
    model = tmp_path / "m.safetensors"
    assert gdcli("train", "sample:iris", "--lr", 0.01, "--epochs", 2, *first, "--save", model).code == 0
    words = ("--epochs", 4, "--save", tmp_path / "again.safetensors", "--format", form)
    result = gdcli("train", "sample:iris", "--resume", model, *then, *words)
    assert result.code == 0, result.err
    assert gdcli("train", "sample:iris", "--resume", tmp_path / "again.safetensors", "--epochs", 5).code == 0
    if form == "csv":
        names, *rows = [line.split(",") for line in result.out.splitlines()]
        assert {len(row) for row in rows} == {len(names)}
        assert all(rows[-1])
        assert [row[:2] for row in rows] == [[str(epoch), *row[1:2]] for epoch, row in enumerate(rows)]
    else:
        assert "nan" not in result.out
        assert "inf " not in result.out
