"""Early stopping against Keras's EarlyStopping with restored best weights, and in the program by its own rows."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from gdcli.training.records import Epoch, Status
from gdcli.training.rules import Patience
from gdcli.training.stopping import until
from gdcli.training.streams import Run

pytestmark = pytest.mark.quick

KERAS = json.loads((Path(__file__).parent / "oracles" / "early_stopping_keras.json").read_text())
CASES = [case for case in KERAS["cases"] if case["patience"] >= 1 and case["start_from_epoch"] == 0]


def name(case):
    return f"{case['sequence']}, patience {case['patience']}, delta {case['min_delta']}"


def run(losses, patience, min_delta):
    """A run whose validation losses are these; its parameters are the epoch's number."""
    last = len(losses) - 1
    records = (
        Epoch(
            epoch=at,
            step=at,
            learning_rate=0.1,
            loss=1.0 / (at + 1),
            parameters=np.array([float(at)]),
            validation_loss=float(loss),
            status=Status.COMPLETED if at == last else Status.RUNNING,
        )
        for at, loss in enumerate(losses)
    )
    found = Run(until(records, Patience(patience, min_delta)), min_delta)
    return found, list(found)


def test_there_are_cases():
    assert len(CASES) > 50
    assert {case["stopped"] for case in CASES} == {True, False}


@pytest.mark.parametrize("case", CASES, ids=name)
def test_stops_and_keeps_as_keras_does(case):
    losses = KERAS["sequences"][case["sequence"]]
    found, records = run(losses, case["patience"], case["min_delta"])
    assert len(records) == case["epochs_run"]
    assert found.last.epoch == case["epochs_run"] - 1
    assert found.best.epoch == case["best_epoch0"]
    assert found.best.parameters.tolist() == [case["best_epoch0"]]
    # Keras calls a run stopped also when its patience ran out at the very last epoch it had.
    if case["epochs_run"] < len(losses):
        assert case["stopped"]
        assert found.last.status is Status.STOPPED_EARLY
        assert found.last.epoch == case["stopped_epoch0"]
    elif not case["stopped"]:
        assert found.last.status is Status.COMPLETED


@pytest.mark.parametrize("case", CASES, ids=name)
def test_a_state_before_training_that_is_worse_than_all_only_shifts_the_count(case):
    found, records = run([9.0, *KERAS["sequences"][case["sequence"]]], case["patience"], case["min_delta"])
    assert len(records) == case["epochs_run"] + 1
    assert found.best.epoch == case["best_epoch0"] + 1


def expected(losses, patience, min_delta):
    """Keras's rule, written once more: the best epoch and the last."""
    best, best_epoch, wait = math.inf, 0, 0
    for epoch, loss in enumerate(losses):
        if loss < best - min_delta:
            best, best_epoch, wait = loss, epoch, 0
        else:
            wait += 1
            if wait >= patience:
                return best_epoch, epoch
    return best_epoch, len(losses) - 1


@pytest.mark.parametrize(
    ("patience", "min_delta", "seed"), [(1, 0, 0), (2, 0, 0), (3, 0.01, 1), (5, 0.002, 2), (4, 0, 3)]
)
def test_train_follows_the_rule(gdcli, patience, min_delta, seed):
    arguments = ("train", "sample:moons", "--hidden", 16, "--lr", 0.05, "--validation", 0.3, "--seed", seed)
    free = gdcli(*arguments, "--epochs", 60, "--format", "csv")
    assert free.code == 0, free.err
    best, last = expected([float(row["validation_loss"]) for row in free.csv], patience, min_delta)
    stopped = gdcli(*arguments, "--epochs", 60, "--patience", patience, "--min-delta", min_delta, "--format", "json")
    assert stopped.code == 0, stopped.err
    found = stopped.json
    assert (found["best_epoch"], found["epochs"]) == (best, last)
    assert found["status"] == ("stopped_early" if last < 60 else "completed")
    assert [row["validation_loss"] for row in found["history"]] == [
        float(row["validation_loss"]) for row in free.csv[: last + 1]
    ]
    assert found["validation"]["loss"] == pytest.approx(found["history"][best]["validation_loss"], rel=1e-6)
    assert found["train"]["loss"] == pytest.approx(found["history"][best]["loss"], rel=1e-6)


def test_the_saved_parameters_are_the_best_epochs(gdcli, tmp_path):
    """The same run cut off at the best epoch ends with the same parameters."""
    from safetensors.numpy import load_file

    options = ("train", "sample:moons", "--hidden", 8, "--lr", 0.1, "--validation", 0.3)
    long, short = tmp_path / "long.safetensors", tmp_path / "short.safetensors"
    found = gdcli(*options, "--epochs", 100, "--patience", 2, "--save", long, "--format", "json").json
    assert found["best_epoch"] < found["epochs"]
    gdcli(*options, "--epochs", found["best_epoch"], "--save", short)
    ours, theirs = load_file(long), load_file(short)
    for tensor in ("0.weight", "0.bias", "2.weight", "2.bias"):
        assert ours[tensor].tobytes() == theirs[tensor].tobytes()
