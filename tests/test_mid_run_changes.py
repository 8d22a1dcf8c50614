"""`--at STEP:NAME=VALUE`: settings that change in mid-run, against plain loops and against runs joined by hand."""

import itertools

import numpy as np
import pytest
from safetensors.numpy import load_file

import gdcli as library
from gdcli.data.dataset import Dataset
from gdcli.experiments.spec import Spec
from gdcli.nn import losses
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import Adam, Momentum, Nesterov
from gdcli.training.loop import Problem, descend
from gdcli.training.pace import Pace, Place
from gdcli.training.records import Epoch
from gdcli.training.segments import Segment, descend_in_segments

rng = np.random.default_rng(8)
X = np.round(rng.normal(size=11), 3)
Y = np.round(2 * X + 0.5 + rng.normal(size=11), 3)
LINE = ["--lr", "0.05", "--epochs", "9"]

# a line, against the lecture's formulas in a loop


def rows_of(epoch, size, seed=0):
    """The rows of an epoch by the documented rule: shuffled by (seed, epoch); all as one batch in their order."""
    order = np.random.default_rng((seed, epoch)).permutation(len(X)) if size < len(X) else np.arange(len(X))
    return list(order)


def descended(epochs, settings):
    """m and b after so many epochs, in plain Python; `settings(step)` has what step 1, 2, ... is made with."""
    m = b = 0.0
    speed, kind, step = (0.0, 0.0), None, 0
    for epoch in range(1, epochs + 1):
        left = rows_of(epoch, settings(step + 1)["size"])
        while left:
            step += 1
            now = {"momentum": 0.0, "l1": 0.0, "l2": 0.0, "decay": 0.0} | settings(step)
            rows, left = left[: now["size"]], left[now["size"] :]
            wrong = m * X[rows] + b - Y[rows]
            slope = 2 * np.mean(wrong * X[rows]) + now["l2"] * m + now["l1"] * np.sign(m) + now["decay"] * m
            shift = 2 * np.mean(wrong) + now["decay"] * b
            speed = speed if now["kind"] == kind else (0.0, 0.0)
            kind = now["kind"]
            speed = (now["momentum"] * speed[0] + slope, now["momentum"] * speed[1] + shift)
            m, b = m - now["lr"] * speed[0], b - now["lr"] * speed[1]
    return step, m, b


def since(step, before, after):
    return lambda number: before | (after if number >= step else {})


PLAIN = {"size": 11, "lr": 0.05, "kind": "sgd"}
HEAVY = {"size": 11, "lr": 0.05, "kind": "momentum", "momentum": 0.9}
KINDS = {
    "the rate": ("4:lr=0.2", [], since(4, PLAIN, {"lr": 0.2})),
    "to batches": ("4:batch-size=4", [], since(4, PLAIN, {"size": 4})),
    "to all rows, at an epoch's end": (
        "7:batch-size=full", ["--batch-size", "4"], since(7, PLAIN | {"size": 4}, PLAIN)
    ),
    "other batches in mid-epoch": (
        "5:batch-size=3", ["--batch-size", "4"], since(5, PLAIN | {"size": 4}, {"size": 3})
    ),
    "the optimizer": ("4:optimizer=momentum", [], since(4, PLAIN, HEAVY)),
    "back to sgd": ("4:optimizer=sgd", ["--optimizer", "momentum"], since(4, HEAVY, PLAIN | {"momentum": 0.0})),
    "a setting keeps the velocity": (
        "4:momentum=0.5", ["--optimizer", "momentum"], since(4, HEAVY, {"momentum": 0.5})
    ),
    "an optimizer and its setting": (
        "4:momentum=0.5,4:optimizer=momentum", [], since(4, PLAIN, HEAVY | {"momentum": 0.5})
    ),
    "weight decay": ("4:weight-decay=0.3", [], since(4, PLAIN, {"decay": 0.3})),
    "l2": ("4:l2=0.3", [], since(4, PLAIN, {"l2": 0.3})),
    "l1": ("4:l1=0.3", [], since(4, PLAIN, {"l1": 0.3})),
    "no penalty any more": ("4:l2=0", ["--l2", "0.3"], since(4, PLAIN | {"l2": 0.3}, {"l2": 0.0})),
    "from the first step": ("1:lr=0.2,1:l2=0.3", [], since(1, PLAIN, {"lr": 0.2, "l2": 0.3})),
}  # fmt: skip


@pytest.fixture
def rows(table):
    return table("x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(X.tolist(), Y.tolist(), strict=True)))


@pytest.mark.parametrize(("change", "more", "settings"), KINDS.values(), ids=KINDS)
def test_each_kind_of_change_is_the_formula_from_there_on(gdcli, rows, change, more, settings):
    result = gdcli("fit", rows, *LINE, *more, "--at", change, "--format", "json")
    assert result.code == 0, result.err
    step, m, b = descended(9, settings)
    assert result.json["steps"] == step
    np.testing.assert_allclose([result.json["parameters"][name] for name in "mb"], [m, b], rtol=1e-11)
    assert gdcli("fit", rows, *LINE, *more, "--format", "json").json["parameters"]["m"] != pytest.approx(m, rel=1e-6)


def test_a_kept_setting_goes_over_to_another_optimizer(gdcli, rows):
    """Of momentum 0.5 the next optimizer that has it keeps it; one that has none loses it for good."""
    words = ("fit", rows, *LINE, "--optimizer", "momentum", "--momentum", "0.5", "--format", "json")
    kept, same, other = (
        gdcli(*words, "--at", f"4:optimizer=nesterov{more}").json["parameters"]
        for more in ("", ",4:momentum=0.5", ",4:momentum=0.9")
    )
    assert kept == same != other


def test_it_may_be_given_more_than_once_and_lr_at_is_as_it_was(gdcli, rows):
    words = ("fit", rows, *LINE, "--format", "csv")
    several = gdcli(*words, "--at", "3:lr=0.2", "--at", "6:lr=0.01")
    assert several.out == gdcli(*words, "--at", "6:lr=0.01,3:lr=0.2").out
    assert several.out == gdcli(*words, "--lr-at", "3:0.2,6:0.01").out
    assert several.out == gdcli(*words, "--lr-at", "3:0.2", "--at", "6:lr=0.01").out
    assert [row["lr"] for row in several.floats] == [0.05] * 3 + [0.2] * 3 + [0.01] * 4


def test_before_the_change_nothing_is_another(gdcli):
    """Of many rows a line has a few that stand for all of them, until batches begin."""
    words = ("fit", "sample:bmi", "--standardize", "--lr", "0.1", "--epochs", "6", "--format", "csv")
    whole, changed = gdcli(*words), gdcli(*words, "--at", "4:batch-size=200")
    assert changed.out.splitlines()[:5] == whole.out.splitlines()[:5]
    assert [row["step"] for row in changed.floats] == [0, 1, 2, 3, 6, 9, 12]


def test_a_penalty_in_mid_run_is_a_column_of_every_row(gdcli, rows):
    for command in (["fit", rows, *LINE], ["train", "sample:moons", "--hidden", "3", "--epochs", "3"]):
        result = gdcli(*command, "--at", "3:l2=0.5", "--format", "csv")
        assert [float(row["penalty"]) > 0 for row in result.csv][:2] == [False, command[0] == "train"]
        assert float(result.csv[-1]["penalty"]) > 0


def test_the_gradient_is_that_of_what_is_minimised_now(gdcli, rows):
    """At the end of many epochs the ridge's gradient vanishes: with the first problem's it would not."""
    words = ("--lr", "0.3", "--epochs", "400", "--at", "3:l2=0.5", "--at", "5:batch-size=full", "--tolerance", "1e-9")
    done = gdcli("fit", rows, *words, "--format", "json")
    assert done.json["status"] == "converged", done.err


# a network, against runs that are joined by hand

DATA = Dataset(rng.normal(size=(10, 2)), rng.normal(size=10))
NET = Network((2, 3, 1))
START = NET.initial(np.random.default_rng(4), np.float64)
BEFORE = Segment(0, Problem(NET, losses.mse, DATA, l2=0.01), Adam(), 4)  # three updates an epoch
AFTER = {
    "batches": {"batch_size": 3},
    "penalty": {"problem": Problem(NET, losses.mse, DATA, l2=0.2)},
    "dropout": {"problem": Problem(Dropout((2, 3, 1), rate=0.5), losses.mse, DATA, l2=0.01)},
    "no penalty": {"problem": Problem(NET, losses.mse, DATA)},
    "setting": {"optimizer": Adam(beta1=0.5)},
    "optimizer": {"optimizer": Momentum()},
}


def joined(first, second, epochs):
    """Three epochs of one, the rest of the other, by two calls of the loop."""
    more = {"learning_rate": 0.05, "start": START, "seed": 3}
    *before, last = descend(first.problem, first.optimizer, epochs=3, batch_size=first.batch_size, **more)
    kept = type(first.optimizer) is type(second.optimizer)
    last = last._replace(state=last.state if kept else second.optimizer.init(last.parameters), gradient=None)
    after = descend(second.problem, second.optimizer, epochs=epochs, batch_size=second.batch_size, resume=last, **more)
    return [*before, last, *itertools.islice(after, 1, None)]


@pytest.mark.parametrize("change", AFTER.values(), ids=AFTER)
def test_a_change_between_two_epochs_is_two_runs_joined(change):
    parts = {"problem": BEFORE.problem, "optimizer": BEFORE.optimizer, "batch_size": 4} | change
    second = Segment(9, **parts)
    records = list(descend_in_segments([BEFORE, second], learning_rate=0.05, epochs=7, start=START, seed=3))
    wanted = joined(BEFORE, second, 7)
    assert [type(one) for one in records] == [type(one) for one in wanted]
    for one, other in zip(records, wanted, strict=True):
        assert (one.step, one.epoch, float(one.loss)) == (other.step, other.epoch, float(other.loss))
        np.testing.assert_array_equal(one.parameters, other.parameters)


CHAIN = [
    BEFORE,
    Segment(4, Problem(NET, losses.mse, DATA, l2=0.2), Adam(), 4),
    Segment(5, Problem(Dropout((2, 3, 1), rate=0.5), losses.mse, DATA), Adam(), 3),
    Segment(9, BEFORE.problem, Nesterov(), 3),
    Segment(14, BEFORE.problem, Nesterov(momentum=0.5), None),
]


def test_a_chain_goes_on_from_any_of_its_records():
    options = {"learning_rate": 0.05, "epochs": 8, "start": START, "seed": 3}
    whole = list(descend_in_segments(CHAIN, **options))
    for at, record in enumerate(whole):
        rest = list(descend_in_segments(CHAIN, resume=record, **options))
        after = [one for one in whole[at + 1 :] if one.step > record.step or isinstance(record, Epoch)]
        wanted = [one.step for one in after if not (isinstance(one, Epoch) and one.step == record.step)]
        assert [one.step for one in rest[1:] if one.step > record.step] == wanted
        np.testing.assert_array_equal(rest[-1].parameters, whole[-1].parameters)


def test_every_epoch_takes_each_row_once():
    """Wherever the batch size changes: the rows of an epoch's updates are all rows."""
    for size, step in itertools.product((1, 3, 4, None), range(1, 12)):
        chain = [BEFORE, Segment(step, BEFORE.problem, Adam(), size)]
        taken = {}
        for one in descend_in_segments(chain, learning_rate=0.05, epochs=5, start=START, seed=3):
            if not isinstance(one, Epoch):
                rows = np.arange(10)[one.rows] if isinstance(one.rows, slice) else one.rows
                taken.setdefault(one.epoch, []).extend(rows.tolist())
        assert len(taken) == 5
        assert all(sorted(rows) == list(range(10)) for rows in taken.values())


# where an update stands


def walked(pace, steps):
    """Each update's place, row by row."""
    passes = within = taken = 0
    places = [Place()]
    for step in range(steps):
        within, taken = within + 1, min(pace.rows, taken + pace.size(step))
        if taken == pace.rows:
            passes, within, taken = passes + 1, 0, 0
        places.append(Place(step + 1, passes, within, taken))
    return places


@pytest.mark.parametrize("seed", range(40))
def test_places_are_those_of_a_walk(seed):
    draw = np.random.default_rng(seed)
    rows = int(draw.integers(1, 14))
    turns = sorted({0, *draw.integers(1, 25, size=3).tolist()})
    pace = Pace(rows, tuple((at, int(draw.integers(1, rows + 1))) for at in turns))
    places = walked(pace, 40)
    assert [pace.place(step) for step in range(41)] == places
    assert [pace.place(step, places[step // 2]) for step in range(41)] == places
    assert [pace.taken(one.step, one.within) for one in places] == [one.taken for one in places]
    for passes in range(places[-1].passes + 1):
        assert pace.steps(passes) == next(one.step for one in places if one.passes == passes and not one.within)


# a run that goes on

NETWORK = ("sample:moons", "--hidden", "4", "--lr", "0.01", "--dtype", "float64", "--epochs", "5")
CHANGES = ("--at", "9:l2=0.1", "--at", "15:optimizer=momentum", "--at", "21:batch-size=50", "--at", "24:dropout=0.3")


def trained(gdcli, folder, name, *words):
    result = gdcli("train", *words, "--save", folder / name, "--format", "csv")
    assert result.code == 0, result.err
    return result.out, load_file(folder / name)


def test_it_goes_on_with_its_changes(gdcli, tmp_path):
    """Saved before, at and after each change."""
    rows, weights = trained(gdcli, tmp_path, "whole.safetensors", *NETWORK, *CHANGES)
    for stop in (8, 14, 22):
        begun = tmp_path / "begun.safetensors"
        trained(gdcli, tmp_path, begun.name, *NETWORK, *CHANGES, "--max-steps", stop)
        again, ended = trained(gdcli, tmp_path, "again.safetensors", NETWORK[0], "--resume", begun)
        assert again == rows
        for name in weights:
            np.testing.assert_array_equal(ended[name], weights[name])


def test_it_goes_on_with_changes_given_then(gdcli, tmp_path, refused):
    rows, _ = trained(gdcli, tmp_path, "whole.safetensors", *NETWORK, *CHANGES)
    begun = tmp_path / "begun.safetensors"
    trained(gdcli, tmp_path, begun.name, *NETWORK, "--max-steps", 8)
    half, _ = trained(gdcli, tmp_path, begun.name, NETWORK[0], "--resume", begun, *CHANGES, "--max-steps", 16)
    assert half.splitlines()[:3] == rows.splitlines()[:3]
    again, _ = trained(gdcli, tmp_path, "again.safetensors", NETWORK[0], "--resume", begun)
    assert again == rows
    for words, *parts in (
        (["--at", "16:lr=1"], "--at 16:lr=1", "16 steps"),
        (["--l2", "0.5"], "--l2 was changed by --at 9:l2=0.1"),
        (["--at", "99:lr=1"], "27 steps"),
    ):
        refused(gdcli("train", NETWORK[0], "--resume", begun, *words), 2, *parts)


# what is said

TRAIN = ("train", "sample:moons", "--hidden", "4", "--epochs", "2")
FIT = ("fit", "sample:deck", "--epochs", "20")
BAD = [
    ("0:lr=1", "'0:lr=1': a step is a whole number from 1"),
    ("-1:lr=1", "'-1:lr=1' is not STEP:NAME=VALUE"),
    ("1.5:lr=1", "'1.5:lr=1' is not STEP:NAME=VALUE"),
    ("9" * 30 + ":lr=1", "a step is a whole number"),
    ("21:lr=1", "21:lr=1: the run has 20 steps", "--epochs"),
    ("5", "'5' is not STEP:NAME=VALUE"),
    ("", "'' is not STEP:NAME=VALUE"),
    ("lr=0.1", "is not STEP:NAME=VALUE"),
    ("5:lr", "'5:lr' is not STEP:NAME=VALUE"),
    ("5:lr=", "'5:lr=' is not STEP:NAME=VALUE"),
    ("5:=1", "'5:=1' is not STEP:NAME=VALUE"),
    ("5:lr=0.1,", "'' is not STEP:NAME=VALUE"),
    ("5:lr=0", "5:lr=0", "not a finite number above 0"),
    ("5:lr=nan", "5:lr=nan", "'nan'"),
    ("5:batch-size=0", "5:batch-size=0", "'0'"),
    ("5:l2=-1", "5:l2=-1", "'-1'"),
    ("5:momentm=0.5", "no 'momentm'", "did you mean 'momentum'"),
    ("5:nonsense=0.5", "no 'nonsense'", "choose from lr, batch-size"),
    ("5:optimizer=adm", "'adm'", "did you mean 'adam'"),
    ("5:momentum=0.5", "5:momentum=0.5: sgd has none", "--weight-decay"),
    ("5:optimizer=adam,5:momentum=0.5", "5:momentum=0.5: adam has none"),
    ("5:lr=0.1,5:lr=0.2", "lr is set twice at step 5"),
    ("5:dropout=0.5", "fit has no 'dropout'"),
]


@pytest.mark.parametrize("case", BAD, ids=lambda case: case[0] or "nothing")
def test_a_bad_change_is_refused_in_a_line(gdcli, refused, case):
    change, part, *hints = case
    result = gdcli(*FIT, f"--at={change}")
    refused(result, 2, "--at", part)
    assert all(hint in result.err for hint in hints), result.err


FIXED = {
    "noise=0.5": "the rows, which are read once", "x=x": "read once", "missing=drop": "read once",
    "standardize=1": "units of the scaled inputs", "scale=minmax": "units of the scaled inputs",
    "seed=3": "before the first step", "shuffle=0": "for the whole run", "schedule=cosine": "change lr instead",
    "warmup=3": "change lr instead", "lr-at=3:1": "change lr instead", "at=3": "already",
    "loss=mae": "not comparable", "validation=0.5": "cannot be held out later", "epochs=9": "the end of the run",
    "patience=9": "the end of the run", "folds=3": "after its end", "threads=3": "changes no number",
    "m=3": "from the first step to the last",
}  # fmt: skip


@pytest.mark.parametrize("change", FIXED)
def test_what_cannot_change_in_mid_run_says_why(gdcli, refused, change):
    name = change.partition("=")[0]
    refused(gdcli(*FIT, "--at", f"5:{change}"), 2, f"{name} cannot change in mid-run: ", FIXED[change])


def test_of_a_network_layers_and_the_activation_stay(gdcli, refused):
    for change in ("hidden=8", "activation=tanh", "init=zeros", "dtype=float64"):
        refused(gdcli(*TRAIN, "--at", f"5:{change}"), 2, "cannot change in mid-run: ")
    refused(gdcli("train", "sample:iris", "--at", "5:dropout=0.5"), 2, "no hidden neurons")


ELSEWHERE = [
    (["sweep", "fit", "sample:deck", "--lr", "0.1,0.2"], "--at: the runs of a sweep share their steps"),
    (["sweep", "train", "sample:moons", "--lr", "0.1,0.2"], "--at: the runs of a sweep share their steps"),
    (["fit", "sample:groups", "--by", "group"], "--at"),
    (["lr-find", "sample:moons", "--hidden", "4"], "--at"),
    (["limit", "sample:deck"], "--at"),
    (["step", "sample:deck"], "--at"),
    (["surface", "sample:deck"], "--at"),
]


@pytest.mark.parametrize(("words", "part"), ELSEWHERE, ids=lambda words: str(words[0]))
def test_elsewhere_it_is_refused(gdcli, refused, table, words, part):
    path = table("x,y,group\n1,3,a\n2,5,a\n3,1,b\n4,8,b\n")
    words = [str(path) if word == "sample:groups" else word for word in words]
    refused(gdcli(*words, "--at", "3:l2=0.5"), 2, part)


@pytest.mark.parametrize("command", [FIT, TRAIN], ids=["fit", "train"])
def test_the_rerun_line_has_each_change(gdcli, command):
    result = gdcli(*command, "--at", "3:l2=0.1,5:optimizer=adagrad", "--at", "7:batch-size=5", "--format", "csv")
    words = result.rerun
    given = [words[at + 1] for at, word in enumerate(words) if word == "--at"]
    assert given == ["3:l2=0.1", "5:optimizer=adagrad", "7:batch-size=5"]
    assert gdcli(*words).out == result.out


def test_folds_are_trained_with_the_changes(gdcli):
    words = ("fit", "sample:bmi", "--standardize", "--lr", "0.1", "--epochs", "5", "--folds", "3", "--format", "json")
    assert gdcli(*words, "--at", "2:l2=0.9").json["folds"] != gdcli(*words).json["folds"]


def test_the_library_takes_them_and_a_spec_keeps_them():
    data = {"x": X, "y": Y}
    changed = library.fit(data, lr=0.05, epochs=9, at="4:l2=0.3")
    _, m, b = descended(9, KINDS["l2"][2])
    assert [changed.parameters[name] for name in "mb"] == pytest.approx([m, b], rel=1e-11)
    spec = Spec.of("train", None, {"at": ["3:l2=0.1", "4:batch-size=8"]})
    assert Spec.from_dict(spec.as_dict()) == spec
    assert [str(one) for one in spec.changes.at] == ["3:l2=0.1", "4:batch-size=8"]


def test_a_spec_of_an_earlier_version_has_no_changes():
    known = {name: part for name, part in Spec.of("fit", None, {}).as_dict().items() if name != "changes"}
    assert Spec.from_dict(known).changes.at is None
