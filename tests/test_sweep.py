"""`sweep`: each run of a stack is the run alone, its verdict is right, and it spoils no other."""

import dataclasses
import json
import os
import pickle
import shlex
import signal
import subprocess
import sys
import time
import tracemalloc
from concurrent.futures import BrokenExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import clean_environ
from hypothesis import given, settings
from hypothesis import strategies as st

from gdcli.analysis.verdicts import Goal, arrived, verdict
from gdcli.data.dataset import Dataset
from gdcli.errors import OptionError
from gdcli.experiments.spec import Spec
from gdcli.experiments.sweep import executors, running
from gdcli.experiments.sweep import grid as sweep_grid
from gdcli.experiments.sweep.api import sweep as sweep_library
from gdcli.experiments.sweep.batching import Job, prepare
from gdcli.experiments.sweep.executors import Finished
from gdcli.experiments.sweep.grid import choices, joined, sweepable
from gdcli.experiments.sweep.result import RunningSweep
from gdcli.nn import losses
from gdcli.nn.linear import Linear
from gdcli.nn.networks import Dropout, Network
from gdcli.optim import optimizers, schedules
from gdcli.optim.optimizers import SGD, Momentum
from gdcli.training import streams
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Status
from gdcli.training.rules import Patience, TargetLoss, Tolerance
from gdcli.training.stacked import Member, Outcome, Pass, stacked, sweep
from gdcli.training.stopping import Stopping, stopped

DECK = ["sample:deck", "--m", "-1", "--b", "5"]
LECTURE = ["sweep", "fit", *DECK, "--lr", "0.01,0.1,0.29,0.3,2", "--epochs", "600"]
RATES = (1e-3, 0.03, 0.3, 1.0, 1e3, 1e200)
PATIENCE = 300


def best_run(result):
    """The command on the `best run:` line, without the program's name."""
    (text,) = [one for one in result.err.splitlines() if one.startswith("best run: ")]
    program, *words = shlex.split(text.removeprefix("best run: "))
    assert program == "gdcli"
    return words


def line():
    return Problem(Linear(1), losses.mse, Dataset([1.0, 2.0], [3.0, 5.0])), np.array([-1.0, 5.0])


def problems():
    """A problem of each kind, with a start."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(30, 3))
    y, label = x @ [1.0, 2.0, 3.0] + rng.normal(size=30), rng.integers(0, 3, 30)
    net = partial(Network, activations=())
    made = {
        "line": (Linear(3), losses.mse, y),
        "mae": (Linear(3), losses.mae, y),
        "regression": (Network((3, 6, 5, 1)), losses.mse, y),
        "classes": (Network((3, 6, 5, 3)), losses.cross_entropy, losses.one_hot(label, 3, dtype=np.float64)),
        "two classes": (Network((3, 6, 1)), losses.binary_cross_entropy, (label > 0).astype(float)),
        "no hidden layer": (net((3, 3)), losses.cross_entropy, losses.one_hot(label, 3, dtype=np.float64)),
    }
    found = {}
    for name, (model, loss, targets) in made.items():
        start = model.initial(rng, np.float64) if isinstance(model, Network) else rng.normal(size=model.size)
        held_out = Dataset(x[:7], targets[:7])
        found[name] = Problem(model, loss, Dataset(x[7:], targets[7:]), held_out), start
    return found


PROBLEMS = problems()


def alone(problem, member, stopping=Stopping(), min_delta=0.0, **options):  # noqa: B008 - immutable
    """The run without a sweep: the training loop and what ends it, as `fit` and `train` put them."""
    own = dataclasses.replace(problem, l1=member.l1, l2=member.l2)
    stream = descend(own, member.optimizer, learning_rate=member.learning_rate, start=member.start, **options)
    ending = dataclasses.replace(stopping, unstable=member.unstable)
    run = streams.Run(streams.epochs(stopped(stream, ending, own)), min_delta)
    for _ in run:
        pass
    return run


def outcomes(problem, members, **options):
    """All outcomes, in the order of the members."""
    found = [end for end in sweep(problem, members, **options) if isinstance(end, Outcome)]
    assert sorted(end.index for end in found) == list(range(len(members)))
    return sorted(found, key=lambda end: end.index)


def same(outcome, run, exact):
    """Whether an outcome is what the run alone came to."""
    compare = np.testing.assert_array_equal if exact else partial(np.testing.assert_allclose, rtol=1e-12, atol=0)
    assert (outcome.status, outcome.epoch, outcome.step) == (run.last.status, run.last.epoch, run.last.step)
    assert outcome.best_epoch == run.best.epoch
    np.testing.assert_allclose(outcome.losses, run.losses, rtol=1e-12, atol=0)
    if outcome.validation is not None:
        np.testing.assert_allclose(outcome.validation, run.validation_losses, rtol=1e-12, atol=0)
    kept = run.best if outcome.validation is not None else run.last
    compare(outcome.parameters, kept.parameters)


class TestStackIsTheRunsAlone:
    @pytest.mark.parametrize("batch", [None, 7])
    @pytest.mark.parametrize("name", PROBLEMS)
    @pytest.mark.parametrize("optimizer", optimizers.__all__)
    def test_every_optimizer_bit_for_bit_beside_diverging_neighbours(self, optimizer, name, batch):
        problem, start = PROBLEMS[name]
        members = [Member(rate, start, getattr(optimizers, optimizer)()) for rate in RATES]
        options = {"epochs": 16, "batch_size": batch}
        for outcome, member in zip(outcomes(problem, members, **options), members, strict=True):
            same(outcome, alone(problem, member, **options), exact=True)

    @pytest.mark.parametrize("schedule", schedules.__all__)
    def test_every_schedule(self, schedule):
        problem, start = PROBLEMS["classes"]
        made = [getattr(schedules, schedule)(rate, steps=40).__call__ for rate in (0.01, 0.3, 1e9)]
        members = [Member(rate, start, Momentum()) for rate in [*made, 0.2]]
        options = {"epochs": 10, "batch_size": 6}
        for outcome, member in zip(outcomes(problem, members, **options), members, strict=True):
            same(outcome, alone(problem, member, **options), exact=True)

    def test_own_starts_and_penalties(self):
        problem, start = PROBLEMS["regression"]
        members = [
            Member(0.02, start * scale, SGD(), l1, l2)
            for scale, l1, l2 in ((1, 0.0, 0.0), (0.5, 0.1, 0.0), (2, 0.0, 0.3), (1, 0.01, 0.02))
        ]
        for outcome, member in zip(outcomes(problem, members, epochs=60), members, strict=True):
            same(outcome, alone(problem, member, epochs=60), exact=True)

    @pytest.mark.parametrize("optimizer", optimizers.__all__)
    def test_own_hyperparameters_where_the_formula_takes_them(self, optimizer):
        problem, start = PROBLEMS["classes"]
        kind = getattr(optimizers, optimizer)
        united = 0
        for field in dataclasses.fields(kind):
            made = [kind(**{field.name: value}) for value in (0.1, 0.5, 0.9)]
            if stacked(made) is None:
                continue
            united += 1
            members = [Member(0.02, start, one) for one in made]
            for outcome, member in zip(outcomes(problem, members, epochs=15), members, strict=True):
                same(outcome, alone(problem, member, epochs=15), exact=False)
        assert united >= len(dataclasses.fields(kind)) - 2

    @pytest.mark.parametrize(
        "rules",
        [
            (Tolerance(1e-3),),
            (TargetLoss(1.0),),
            (Patience(3),),
            (Patience(2, 0.05),),
            (Tolerance(1e-2), TargetLoss(0.5), Patience(5)),
            (Tolerance(1e300),),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("batch", [None, 5])
    def test_what_ends_a_run(self, rules, batch):
        problem, start = PROBLEMS["line"]
        members = [Member(rate, start, SGD(), unstable=rate > 0.5) for rate in (1e-4, 0.01, 0.1, 0.2, 0.6, 30.0)]
        min_delta = next((rule.min_delta for rule in rules if isinstance(rule, Patience)), 0.0)
        options = {"epochs": 50, "batch_size": batch, "stopping": Stopping(rules), "min_delta": min_delta}
        for outcome, member in zip(outcomes(problem, members, **options), members, strict=True):
            same(outcome, alone(problem, member, **options), exact=True)

    def test_known_to_be_unstable_though_not_exploded(self):
        problem, start = line()
        members = [Member(0.3, start, SGD(), unstable=True), Member(0.3, start, SGD())]
        first, second = outcomes(problem, members, epochs=40)
        assert (first.status, second.status) == (Status.DIVERGED, Status.COMPLETED)

    def test_dropout_shares_its_masks(self):
        problem, start = PROBLEMS["classes"]
        problem = dataclasses.replace(problem, model=Dropout(problem.model.sizes, problem.model.activations, 0.3))
        members = [Member(rate, start, SGD()) for rate in (0.01, 0.1, 1e9)]
        options = {"epochs": 5, "batch_size": 6, "seed": 3}
        for outcome, member in zip(outcomes(problem, members, **options), members, strict=True):
            same(outcome, alone(problem, member, **options), exact=False)

    @pytest.mark.parametrize("optimizer", optimizers.__all__)
    def test_single_precision_is_exact_too(self, optimizer):
        problem, start = PROBLEMS["classes"]
        kind = getattr(optimizers, optimizer)
        data = Dataset(problem.data.inputs.astype(np.float32), problem.data.targets.astype(np.float32))
        problem = dataclasses.replace(problem, data=data, validation=None)
        members = [Member(rate, start.astype(np.float32), kind()) for rate in RATES]
        members += [Member(0.1, start.astype(np.float32), kind(), l1, l2) for l1, l2 in ((0.1, 0.2), (0.3, 0.0))]
        options = {"epochs": 30, "batch_size": 7}
        for outcome, member in zip(outcomes(problem, members, **options), members, strict=True):
            run = alone(problem, member, **options)
            assert outcome.parameters.dtype == np.float32
            np.testing.assert_array_equal(outcome.parameters, run.last.parameters)

    def test_one_run_is_a_stack_too(self):
        problem, start = PROBLEMS["regression"]
        member = Member(0.01, start, SGD(), 0.0, 0.5)
        (outcome,) = outcomes(problem, [member], epochs=20, batch_size=4)
        same(outcome, alone(problem, member, epochs=20, batch_size=4), exact=True)

    def test_no_epochs_at_all(self):
        problem, start = line()
        (outcome, _) = outcomes(problem, [Member(0.1, start, SGD())] * 2, epochs=0)
        assert (outcome.status, outcome.losses.tolist(), outcome.step) == (Status.COMPLETED, [2.5], 0)

    def test_what_does_not_go_together_is_refused(self):
        problem, start = line()
        with pytest.raises(ValueError, match="do not go together"):
            list(sweep(problem, [Member(0.1, start, SGD()), Member(0.1, start, Momentum())], epochs=1))


def test_closed_form_of_gradient_descent():
    """w_k = w* + (1 - lr H)^k (w_0 - w*), by eigenvectors: nothing of the program is in it."""
    problem, start = line()
    h, minimum = np.array([[5.0, 3.0], [3.0, 2.0]]), np.array([2.0, 1.0])
    values, vectors = np.linalg.eigh(h)
    rates = [0.01, 0.1, 0.25, 0.29]
    for rate, outcome in zip(
        rates, outcomes(problem, [Member(r, start, SGD()) for r in rates], epochs=50), strict=True
    ):
        powers = (1 - rate * values[None, :]) ** np.arange(51)[:, None]
        away = (powers * (vectors.T @ (start - minimum))) @ vectors.T
        expected = ((away @ np.array([[1.0, 1.0], [2.0, 1.0]]).T) ** 2).mean(axis=1)
        np.testing.assert_allclose(outcome.losses, expected, rtol=1e-10)
        np.testing.assert_allclose(outcome.parameters, minimum + away[-1], rtol=1e-12)


def test_memory_does_not_hold_the_parameters_of_all_epochs():
    rng = np.random.default_rng(0)
    model = Linear(5000)
    problem = Problem(model, losses.mse, Dataset(rng.normal(size=(4, 5000)), rng.normal(size=4)))
    members = [Member(1e-6, np.zeros(model.size), SGD()) for _ in range(20)]

    def peak(epochs):
        stream = sweep(problem, members, epochs=epochs)
        next(stream)
        tracemalloc.start()
        list(stream)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    one = 20 * model.size * 8
    peak(2)
    assert peak(20) - peak(5) < one


def test_passes_tell_how_many_go_on():
    problem, start = line()
    events = list(sweep(problem, [Member(rate, start, SGD()) for rate in (0.1, 2.0)], epochs=20))
    passes = [event for event in events if isinstance(event, Pass)]
    assert [one.epoch for one in passes] == list(range(21))
    assert passes[0].running == 2
    assert {one.running for one in passes[10:-1]} == {1}


def test_interrupted_runs_end_where_they_are():
    problem, start = line()
    asked = iter([False] * 9 + [True] * 9)
    found = outcomes(
        problem, [Member(0.1, start, SGD()), Member(0.2, start, SGD())], epochs=1000, interrupted=lambda: next(asked)
    )
    assert {end.status for end in found} == {Status.INTERRUPTED}
    assert {end.epoch for end in found} == {5}
    assert all(np.isfinite(end.losses).all() for end in found)


class TestVerdicts:
    GOAL = Goal(0.0, 1e-6)
    LARGEST = 6.854101966249685

    def told(self, rate, epochs=600, goal=GOAL):
        problem, start = line()
        (end,) = outcomes(problem, [Member(rate, start, SGD(), unstable=rate > 2 / self.LARGEST)], epochs=epochs)
        return verdict(end, goal, rate > 2 / self.LARGEST)

    @pytest.mark.parametrize(
        ("rate", "expected"),
        [
            (0.01, "crawling"),
            (0.1, "converged"),
            (0.25, "converged"),
            (0.29, "converged, oscillating"),
            (0.2917, "oscillating"),
            (0.3, "improved at first, then diverged"),
            (2.0, "diverged"),
            (1e-9, "crawling"),
        ],
    )
    def test_of_the_lecture(self, rate, expected):
        assert self.told(rate) == expected

    @pytest.mark.parametrize(
        ("rate", "epochs", "expected"),
        [
            (0.3, 50, "improved at first, then diverged"),
            (0.3, 13, "improved at first, then diverging"),
            (0.3, 3, "improving, but will diverge"),
            (0.1, 400, "converging"),
            (0.1, 20, "crawling"),
        ],
    )
    def test_of_runs_cut_short(self, rate, epochs, expected):
        assert self.told(rate, epochs) == expected

    def test_without_a_formula(self):
        assert self.told(0.25, goal=None) == "converged"
        assert self.told(0.29, goal=None) == "converged, oscillating"
        assert self.told(1e-9, goal=None) == "crawling"

    @pytest.mark.parametrize(
        ("course", "expected"),
        [
            ([1.0, 0.01, *[0.2, 0.5] * 20], "oscillating"),  # its best epoch was early, and it bounces since
            ([0.5**k + 0.001 * (-1) ** k for k in range(40)], "converged"),  # by a thousandth of the fall
            ([0.5**k + 0.1 * (-1) ** k for k in range(40)], "oscillating"),
            ([0.9**k for k in range(120)], "converged"),
            ([0.9**k for k in range(30)], "converging"),
            ([1 - 0.01 * k for k in range(60)], "crawling"),
            ([1.0, *[0.3 + 0.02 * (-1) ** k - 0.004 * k for k in range(60)]], "converging"),  # through noise
            ([1.0, 1e-6, *[0.3] * 40], "converged"),  # to a worse place than it has seen, but level
        ],
    )
    def test_without_a_formula_the_last_part_of_the_losses_counts(self, course, expected):
        quiet = np.zeros(len(course))
        end = Outcome(0, Status.COMPLETED, 0, np.array(course), None, quiet, int(np.argmin(course)), np.zeros(1))
        assert verdict(end) == expected

    def test_a_goal_that_was_touched_and_left_is_not_reached(self):
        course = np.array([4.0, 1.0, 1e-9, *[0.5, 1.5] * 20])
        end = Outcome(0, Status.COMPLETED, 0, course, None, np.zeros(len(course)), 2, np.zeros(1))
        assert verdict(end, self.GOAL) == "oscillating"
        held = np.array([4.0, 1.0, *[1e-9] * 20])
        end = Outcome(0, Status.COMPLETED, 0, held, None, np.zeros(len(held)), 2, np.zeros(1))
        assert verdict(end, self.GOAL) == "converged"

    @settings(max_examples=10)
    @given(st.floats(0.02, 0.98), st.floats(1.01, 1.9), st.integers(0, 2**32 - 1))
    def test_below_one_over_the_curvature_steps_go_on_and_above_two_over_it_they_grow(self, below, above, seed):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(20, 2))
        problem = Problem(Linear(2), losses.mse, Dataset(x, x @ [1.0, -1.0] + 0.5))
        design = np.column_stack([x, np.ones(20)])
        largest = np.linalg.eigvalsh(2 * design.T @ design / 20)[-1]
        members = [Member(part / largest, np.zeros(3), SGD()) for part in (below, 2 * above)]
        calm, wild = outcomes(problem, members, epochs=1500)
        assert "oscillating" not in verdict(calm, Goal(0.0, 1e-9))
        assert verdict(wild).endswith("diverged")

    def test_arrived_is_the_first_epoch_below(self):
        losses_ = np.array([2.0, 1.0, 0.4, 0.2])
        assert arrived(losses_, Goal(0.3, 0.1)) == 2
        assert arrived(losses_, Goal(0.0, 0.1)) is None
        assert arrived(losses_, None) is None


class TestLecture:
    @pytest.mark.quick
    def test_verdicts(self, gdcli):
        result = gdcli(*LECTURE, "--format", "json")
        assert result.code == 0
        told = result.json
        assert (told["schema"], told["stacks"], told["count"], told["finished"]) == ("gdcli.sweep/1", 1, 5, 5)
        assert {run["config"]["lr"]: run["verdict"] for run in told["runs"]} == {
            0.01: "crawling",
            0.1: "converged",
            0.29: "converged, oscillating",
            0.3: "improved at first, then diverged",
            2.0: "diverged",
        }
        assert told["lr_max"] == pytest.approx(0.2917960675006309, rel=1e-12)
        by_rate = {run["config"]["lr"]: run for run in told["runs"]}
        assert (by_rate[0.3]["best_epoch"], round(by_rate[0.3]["best_loss"], 3)) == (4, 2.335)
        assert (by_rate[2.0]["best_epoch"], by_rate[2.0]["best_loss"]) == (0, 2.5)
        assert by_rate[2.0]["history"][1]["loss"] == 112.5
        assert [by_rate[rate]["arrived"] for rate in (0.01, 0.1, 0.29)] == [None, 491, 543]
        assert [run["rank"] for run in told["runs"]] == [3, 1, 2, 4, 5]
        assert told["best"] == 2
        assert all(run["differs"] == {"lr": run["config"]["lr"]} for run in told["runs"])

    @pytest.mark.quick
    def test_table_and_rerun(self, gdcli):
        result = gdcli(*LECTURE)
        assert result.code == 0
        rows = [line.split() for line in result.out.splitlines()[1:6]]
        assert [(row[0], row[1]) for row in rows] == [
            ("1", "0.1"),
            ("2", "0.29"),
            ("3", "0.01"),
            ("4", "0.3"),
            ("5", "2"),
        ]
        assert "largest stable learning rate 0.2918" in result.out
        assert best_run(result) == ["fit", *DECK, "--lr", "0.1", "--seed", "0", "--epochs", "600"]

    @pytest.mark.parametrize("width", [40, 80, 120])
    def test_pictures_stay_within_the_terminal(self, gdcli, width, monkeypatch):
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setenv("LINES", "40")
        result = gdcli(*LECTURE, "--color", "never", tty=True)
        assert result.code == 0
        picture = result.out[result.out.index("\n\n") :]
        assert max(map(len, picture.splitlines())) <= max(80, width)
        for name in ("0.01", "0.1", "0.29", "0.3"):
            assert name in picture

    def test_rerun_of_each_run_is_the_run(self, gdcli):
        for run in gdcli(*LECTURE, "--format", "json", "--every", "1").json["runs"]:
            program, *words = shlex.split(run["rerun"])
            assert program == "gdcli"
            again = gdcli(*words, "--format", "json")
            assert again.code == (4 if run["status"] == "diverged" else 0)
            told = again.json
            assert [row["loss"] for row in run["history"]] == [row["loss"] for row in told["history"]]
            assert (run["status"], run["best_epoch"]) == (told["status"], told["best_epoch"])

    def test_the_whole_sweep_again_gives_the_same_bytes(self, gdcli):
        first = gdcli(*LECTURE, "--format", "json")
        again = gdcli(*shlex.split(first.json["rerun"])[1:])
        assert again.out == first.out

    def test_the_line_on_stderr_repeats_the_sweep(self, gdcli):
        first = gdcli(*LECTURE)
        assert first.rerun[:2] == ["sweep", "fit"]
        again = gdcli(*first.rerun)
        assert (again.out, again.rerun) == (first.out, first.rerun)


@pytest.mark.parametrize(
    "command",
    [
        ["fit", "sample:bmi", "--scale", "none,standard", "--lr", "1e-5,0.1", "--epochs", "30"],
        [
            "fit",
            "sample:bmi",
            "--standardize",
            "--batch-size",
            "16",
            "--lr",
            "0.01,0.1",
            "--seed",
            "0,1",
            "--epochs",
            "5",
        ],
        ["fit", "sample:polynomial", "--degree", "1..3:lin3", "--validation", "0.3", "--epochs", "20"],
        [
            "fit",
            "sample:polynomial",
            "--standardize",
            "--optimizer",
            "adam,rmsprop",
            "--lr",
            "0.1,0.2",
            "--epochs",
            "9",
        ],
        [
            "fit",
            "sample:bmi",
            "--standardize",
            "--l2",
            "0,0.1",
            "--l1",
            "0,0.1",
            "--patience",
            "2",
            "--validation",
            "0.2",
        ],
        ["fit", "sample:deck", "--optimizer", "momentum", "--momentum", "0.5,0.9", "--epochs", "50"],
        ["fit", "sample:deck", "--start", "0,0;3,4", "--schedule", "constant,cosine,step:every=9,factor=0.5"],
        ["fit", "sample:deck", "--lr", "0.1", "--tolerance", "1e-3,1e-6", "--m", "0,1"],
        ["train", "sample:moons", "--hidden", "none;3;4,4", "--lr", "0.01,0.1", "--dtype", "float64", "--epochs", "4"],
        ["train", "sample:moons", "--hidden", "4", "--batch-size", "full", "--validation", "none", "--seed", "0,1,2"],
        ["train", "sample:moons", "--hidden", "4", "--optimizer", "sgd", "--lr", "0.1,1e12", "--dtype", "float64"],
        ["train", "sample:polynomial", "--hidden", "5", "--loss", "mse,mae", "--epochs", "4", "--dtype", "float64"],
        ["train", "sample:moons", "--hidden", "6", "--dropout", "0.2", "--lr", "0.01,0.02", "--epochs", "3"],
    ],
    ids=" ".join,
)
def test_each_run_is_the_command_that_it_says(gdcli, command):
    told = gdcli("sweep", *command, "--format", "json", "--every", "1")
    assert told.code == 0, told.err
    for run in told.json["runs"]:
        again = gdcli(*shlex.split(run["rerun"])[1:], "--format", "json", "--every", "1")
        assert again.code in (0, 4), again.err
        single = again.json
        exact = run["config"].get("dtype", "float64") == "float64" and command[0] == "fit"
        wide = 1e-12 if exact or run["config"].get("dtype") == "float64" else 2e-5
        for name in ("loss", "validation_loss"):
            ours, theirs = ([row.get(name) for row in one["history"]] for one in (run, single))
            assert len(ours) == len(theirs)
            np.testing.assert_allclose(np.array(ours, float), np.array(theirs, float), rtol=wide)
        assert (run["status"], run["steps"]) == (single["status"], single["steps"])
        if "accuracy" in run and run["status"] != "diverged":
            assert run["accuracy"] == pytest.approx(single["train"]["accuracy"])


@pytest.mark.parametrize(
    ("command", "stacks"),
    [
        (["fit", "sample:deck", "--lr", "0.1,0.2", "--l2", "0,1", "--schedule", "constant,cosine", "--seed", "0,1"], 1),
        (["fit", "sample:deck", "--lr", "0.1,0.2", "--m", "0,1", "--b", "0,1"], 1),
        (["fit", "sample:deck", "--optimizer", "momentum", "--momentum", "0.1,0.5,0.9", "--lr", "0.1,0.2"], 1),
        (["fit", "sample:deck", "--optimizer", "rmsprop", "--momentum", "0.1,0.5", "--lr", "0.1,0.2"], 2),
        (["fit", "sample:deck", "--optimizer", "sgd,momentum", "--lr", "0.1,0.2"], 2),
        (["fit", "sample:deck", "--batch-size", "1,full", "--seed", "0,1", "--lr", "0.1,0.2"], 3),
        (["fit", "sample:deck", "--epochs", "3,4", "--lr", "0.1,0.2"], 2),
        (["fit", "sample:deck", "--missing", "fail,drop"], 2),
        (["train", "sample:moons", "--epochs", "1", "--optimizer", "adam", "--beta1", "0.8,0.9"], 1),
        (["train", "sample:moons", "--epochs", "1", "--seed", "0,1"], 2),
        (
            ["train", "sample:moons", "--epochs", "1", "--seed", "0,1", "--batch-size", "full", "--validation", "none"],
            1,
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_as_few_stacks_as_can_be(gdcli, command, stacks):
    told = gdcli("sweep", *command, "--format", "json").json
    assert told["stacks"] == stacks
    assert told["finished"] == told["count"] == len(told["runs"])


class TestGrid:
    def test_it_is_the_full_one(self, gdcli):
        told = gdcli("sweep", "fit", "sample:deck", "--lr", "0.1,0.2", "--l2", "0,1,2", "--format", "json").json
        assert [run["differs"] for run in told["runs"]] == [
            {"lr": rate, "l2": float(penalty)} for rate in (0.1, 0.2) for penalty in (0, 1, 2)
        ]
        assert told["swept"] == {"lr": [0.1, 0.2], "l2": [0.0, 1.0, 2.0]}

    def test_random_picks_are_seeded_and_of_the_grid(self, gdcli):
        words = ["sweep", "fit", "sample:deck", "--lr", "1e-4..1:log20", "--l2", "0..1:lin10", "--epochs", "2"]
        picks = [
            [tuple(run["differs"].values()) for run in gdcli(*words, *more, "--format", "json").json["runs"]]
            for more in (["--random", "7"], ["--random", "7"], ["--random", "7", "--seed", "1"], [])
        ]
        assert picks[0] == picks[1] != picks[2]
        assert len(set(picks[0])) == 7
        assert set(picks[0]) | set(picks[2]) <= set(picks[3])
        assert len(picks[3]) == 200

    def test_some_of_a_million_runs(self, gdcli):
        words = ["sweep", "fit", "sample:deck", "--lr", "1e-4..1:log1000", "--l2", "0..1:lin1000", "--epochs", "1"]
        assert len(gdcli(*words, "--random", "3", "--format", "jsonl").jsonl) == 3
        huge = ["--l1", "0..1:lin30000", "--m", "0..1:lin30000", "--b", "0..1:lin30000"]  # more than 2^64 runs
        assert len(gdcli(*words, *huge, "--random", "3", "--format", "jsonl").jsonl) == 3

    def test_nothing_to_sweep_is_one_run(self, gdcli):
        result = gdcli("sweep", "fit", *DECK, "--lr", "0.1")
        assert result.code == 0
        assert best_run(result) == ["fit", *DECK, "--lr", "0.1", "--seed", "0", "--epochs", "500"]

    def test_without_data_it_is_the_lectures_line(self, gdcli):
        result = gdcli("sweep", "fit", "--lr", "0.1,0.2", "--epochs", "1", "--format", "json")
        assert [run["history"][0]["loss"] for run in result.json["runs"]] == [2.5, 2.5]
        assert best_run(result)[:6] == ["fit", "sample:deck", "--m", "-1", "--b", "5"]
        assert result.rerun[:6] == ["sweep", "fit", "sample:deck", "--m=-1", "--b", "5"]
        assert "the lecture's example" in result.err

    def test_data_from_a_pipe(self, gdcli):
        told = gdcli("sweep", "fit", "--lr", "0.1,0.2", "--format", "json", stdin="x,y\n1,3\n2,5\n").json
        assert told["data"] == "-"
        assert len(told["runs"]) == 2

    def test_a_validation_file(self, gdcli, table):
        path = table("x,y\n1,3\n3,7\n")
        told = gdcli("sweep", "fit", "sample:deck", "--lr", "0.1,0.2", "--validation", path, "--format", "json").json
        assert all(run["best_validation_loss"] < 0.1 for run in told["runs"])


class TestFormats:
    WORDS = ("sweep", "fit", *DECK, "--lr", "0.1,2", "--epochs", "50")

    def test_rows(self, gdcli):
        table, tabs, lines = (gdcli(*self.WORDS, "--format", form) for form in ("csv", "tsv", "jsonl"))
        assert table.csv == tabs.tsv
        by_run = {row["run"]: row for row in table.csv}
        assert [by_run[number]["verdict"] for number in "12"] == ["crawling", "diverged"]
        assert {str(row["run"]): row["verdict"] for row in lines.jsonl} == {n: r["verdict"] for n, r in by_run.items()}
        assert float(by_run["1"]["lr"]) == 0.1

    def test_a_run_that_ends_early_is_told_early(self, gdcli):
        assert [row["run"] for row in gdcli(*self.WORDS, "--format", "jsonl").jsonl] == [2, 1]

    def test_kv(self, process):
        told = process(
            *self.WORDS, "-q", script='eval "$("$@" --format kv)"; echo "$best $verdict_1 $verdict_2 $count"'
        )
        assert told.out == "1 crawling diverged 2\n"

    def test_history_is_thinned_unless_asked_for(self, gdcli):
        thin, whole = (gdcli(*LECTURE, "--format", "json", *more).json["runs"] for more in ([], ["--every", "1"]))
        assert max(len(run["history"]) for run in thin) < 30
        assert [len(run["history"]) for run in whole] == [601, 601, 601, 308, 8]
        for few, all_ in zip(thin, whole, strict=True):
            assert few["history"][0] == all_["history"][0]
            assert few["history"][-1] == all_["history"][-1]
            assert all(row in all_["history"] for row in few["history"])
            assert few["best_epoch"] in [row["epoch"] for row in few["history"]]

    def test_a_value_has_one_name_in_every_format(self, gdcli):
        table, lines, whole, pairs = (gdcli(*self.WORDS, "--format", form) for form in ("csv", "jsonl", "json", "kv"))
        rates = {"1": 0.1, "2": 2.0}
        assert {row["run"]: float(row["lr"]) for row in table.csv} == rates
        assert {str(run["run"]): run["lr"] for run in (*lines.jsonl, *whole.json["runs"])} == rates
        named = dict(row.split("=", 1) for row in pairs.out.splitlines())
        for number, rate in rates.items():
            assert float(named[f"run_{number}_lr"]) == float(named[f"lr_{number}"]) == rate

    def test_a_file(self, gdcli, tmp_path):
        path = tmp_path / "sweep.json"
        result = gdcli(*self.WORDS, "--format", "json", "-o", path)
        assert (result.code, result.out) == (0, "")
        assert json.loads(path.read_text())["count"] == 2

    def test_many_rows_on_a_terminal_are_cut_and_off_it_are_not(self, gdcli):
        words = ["sweep", "fit", "sample:deck", "--lr", "0.01..0.2:lin50", "--epochs", "3"]
        shown, whole = gdcli(*words, tty=True, environ={"NO_COLOR": "1"}), gdcli(*words)
        table = shown.out.partition(" more")[0].splitlines()  # the chart below it has numbers of its own
        ranks = [line.split()[0] for line in table if line.split()[:1] and line.split()[0].isdigit()]
        assert f"... {50 - len(ranks)} more" in shown.out
        assert 3 <= len(ranks) <= 20
        assert "more:" not in whole.out
        assert len(whole.out.splitlines()) > 50


class TestLibrary:
    @pytest.mark.parametrize(
        ("command", "source", "options", "words"),
        [
            (
                "fit",
                "sample:polynomial",
                {
                    "degree": range(1, 4),
                    "lr": np.array([0.01, 0.1]),
                    "standardize": True,
                    "validation": 0.3,
                    "epochs": 40,
                },
                ["--degree", "1,2,3", "--lr", "0.01,0.1", "--standardize", "--validation", "0.3", "--epochs", "40"],
            ),
            (
                "train",
                "sample:moons",
                {"hidden": [(), (3,), (4, 4)], "lr": "0.01,0.1", "epochs": 3},
                ["--hidden", "0;3;4,4", "--lr", "0.01,0.1", "--epochs", "3"],
            ),
        ],
        ids=["fit", "train"],
    )
    def test_it_is_the_command_to_the_last_bit(self, gdcli, command, source, options, words):
        result = sweep_library(command, source, **options)
        told = gdcli("sweep", command, source, *words, "--format", "json", "--every", "1").json
        assert [run.figures() for run in result.numbered] == told["runs"]
        assert [run.number for run in result] == [run["run"] for run in sorted(told["runs"], key=lambda r: r["rank"])]
        own = {name: value for name, value in told.items() if name not in ("schema", "runs", "rerun")}
        assert {name: value for name, value in result.figures().items() if name != "rerun"} == own
        again = gdcli(*shlex.split(result.rerun)[1:], "--format", "json", "--every", "1").json
        assert again["runs"] == told["runs"]

    def test_parameters_are_those_of_the_run_alone(self, gdcli):
        best, *others = sweep_library("fit", "sample:deck", m=-1, b=5, lr=[2, 0.1], epochs=20)
        assert (best.spec.rate.lr, best.status, len(others)) == (0.1, "completed", 1)
        alone = gdcli(*shlex.split(best.rerun)[1:], "--format", "json").json
        assert best.parameters == alone["parameters"]
        assert [row["loss"] for row in best.history] == [row["loss"] for row in alone["history"]]
        assert best.losses["best_loss"] == min(row["loss"] for row in alone["history"])

    def test_rows_in_memory(self):
        columns = {"x": [1.0, 2.0], "y": [3.0, 5.0]}
        options = {"m": -1, "b": 5, "lr": [0.1, 2], "epochs": 20, "missing": ["fail", "drop"]}
        ours, named = sweep_library("fit", columns, **options), sweep_library("fit", "sample:deck", **options)
        assert [run.parameters for run in ours] == [run.parameters for run in named]

    @pytest.mark.parametrize(
        ("command", "options"),
        [("fit", {"rate": 1}), ("fit", {"lr": []}), ("fit", {"lr": [0.1, -1]}), ("fit", {"test": "x"}), ("fot", {})],
        ids=str,
    )
    def test_what_cannot_be_is_refused(self, command, options):
        with pytest.raises(OptionError):
            sweep_library(command, "sample:deck", **options)

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("hidden", [(), (8,), (16, 8)]),
            ("hidden", (16, 8)),
            ("activation", [("relu", "tanh")]),
            ("activation", ["relu", "tanh"]),
            ("schedule", ["constant", "step:every=9,factor=0.5"]),
            ("lr", [1e-5, 0.1]),
        ],
    )
    def test_a_list_reads_back_from_its_text(self, name, values):
        option = sweepable("train")[name]
        given = choices(option, values)
        assert [one.value for one in choices(option, joined(option, given))] == [one.value for one in given]

    def test_a_pickled_spec_is_the_same_run_in_another_process(self, tmp_path):
        spec = Spec.of("fit", "d", {"lr": 0.1, "epochs": 30, "optimizer": "adam", "seed": 3, "batch_size": 2})
        rows = Dataset([1.0, 2.0, 4.0], [3.0, 5.0, 8.0])
        job = Job(0, (0,), (spec,))
        path = tmp_path / "job.pickle"
        path.write_bytes(pickle.dumps((job, rows)))
        code = (
            "import pickle, sys; from gdcli.experiments.sweep.executors import work;"
            "job, rows = pickle.load(open(sys.argv[1], 'rb')); (run,) = work(job, rows);"
            "sys.stdout.write((run.outcome.parameters.tobytes() + run.outcome.losses.tobytes()).hex())"
        )
        there = subprocess.run(
            [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, env=clean_environ()
        )
        (here,) = executors.work(job, rows)
        assert there.stdout == (here.outcome.parameters.tobytes() + here.outcome.losses.tobytes()).hex()


class TestModelSize:
    def test_degree(self, gdcli):
        words = ["sweep", "fit", "sample:polynomial", "--degree", "1..5:lin5", "--validation", "0.3", "--standardize"]
        told = gdcli(*words, "--format", "json").json
        assert told["ranked_by"] == {"metric": "rmse", "of": "rows held out in 5 folds"}
        best = min(told["runs"], key=lambda run: run["rmse"])
        reach = best["rmse"] ** 2 + 2 * best["rmse"] * best["rmse_standard_error"]  # of the mean squared error
        near = [run["config"]["degree"] for run in told["runs"] if run["rmse"] ** 2 <= reach]
        assert told["keep"]["degree"] == min(near) == 3
        shown = gdcli(*words, "--plot")
        for text in ("RMSE by model size", "Which trend line is better?", "keep 3", "keep       degree 3:"):
            assert text in shown.out
        assert "best run: gdcli fit sample:polynomial --degree 3" in shown.err

    def test_hidden_layers(self, gdcli):
        words = ["sweep", "train", "sample:polynomial", "--hidden", "1;4;32,32", "--lr", "0.01", "--epochs", "60"]
        told = gdcli(*words, "--format", "json").json
        assert told["swept"] == {"hidden": ["1", "4", "32,32"]}
        assert told["keep"]["hidden"] in ("1", "4", "32,32")
        shown = gdcli(*words, "--plot")
        assert "Which trend line is better?" in shown.out
        assert "parameters" in shown.out

    def test_of_many_rows_with_none_held_out_it_is_no_question(self, gdcli):
        words = ["sweep", "fit", "sample:polynomial:rows=501", "--degree", "1,2", "--epochs", "3", "--format", "json"]
        assert gdcli(*words).json["keep"] is None
        assert gdcli(*words, "--validation", "0.2").json["keep"] is not None
        assert gdcli(*words, "--folds", "3").json["keep"] is not None

    def test_a_curve_is_what_the_model_predicts(self):
        """The parabola through its own points, fitted exactly, is what is drawn."""
        spec = Spec.of("fit", "d", {"lr": 0.5, "standardize": True, "degree": 2, "epochs": 3000})
        rows = Dataset(np.arange(5.0), np.arange(5.0) ** 2)
        job = Job(0, (0,), (spec,))
        (finished,) = executors.work(job, rows)
        grid = np.linspace(0, 4, 9)
        drawn = prepare(job, rows).first.predict(finished.outcome.parameters, grid[:, None])
        np.testing.assert_allclose(drawn, grid**2, atol=1e-6)


REFUSED = [
    (["--lr", "1.."], "--lr", "lacks an end"),
    (["--lr", "a..b:log3"], "--lr", "'a'"),
    (["--lr", "1..0:log0"], "--lr", "'0'"),
    (["--lr", "0..1:log5"], "--lr", "above 0"),
    (["--lr", "0.1,,0.2"], "--lr", "empty value"),
    (["--lr", ""], "--lr", "empty value"),
    (["--lr", "0.1,abc"], "--lr", "'abc'"),
    (["--lr", "0.1,-1"], "--lr", "'-1'"),
    (["--lr", "1e-4..1:log1000", "--l2", "0..1:lin1000"], "1,000,000 runs"),
    (["--lr", "1e-4..1:log20000", "--random", "10001"], "10,001 runs"),
    (["--degree", "1,200"], "--degree", "'200'"),
    (["--degree", "1.5"], "--degree", "'1.5'"),
    (["--optimizer", "sgd,adm"], "--optimizer", "'adm'"),
    (["--optimizer", "sgd,adam", "--beta1", "0.8,0.9"], "--beta1", "sgd has none"),
    (["--loss", "mse,foo"], "--loss", "'foo'"),
    (["--schedule", "constant,foo"], "--schedule", "'foo'"),
    (["--standardize", "--scale", "none,standard"], "--standardize", "--scale"),
    (["--m", "1,2", "--start", "1,2;0,0"], "--start", "--m/--b"),
    (["--start", "1,2,3"], "--start", "3 numbers for 2 parameters"),
    (["--lr", "0.1,0.2", "--patience", "3"], "--patience"),
    (["--batch-size", "1,foo"], "--batch-size", "'foo'"),
    (["--validation", "0.5,1.5"], "--validation", "1.5"),
    (["--random", "0"], "--random"),
    (["--workers", "0"], "--workers"),
    (["--timeout", "0"], "--timeout"),
    (["--timeout", "soon"], "--timeout"),
    (["--every", "foo"], "--every"),
    (["--format", "foo"], "--format"),
    (["--save", "model.safetensors"], "--save"),
    (["--lr-at", "5:foo"], "--lr-at"),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: " ".join(case[0]))
def test_bad_input_is_refused_in_a_line(gdcli, refused, case):
    words, *parts = case
    refused(gdcli("sweep", "fit", "sample:deck", *words), 2, *parts)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["sweep", "fot"], 2, "fot"),
        (["sweep", "train"], 2, "nothing to train on"),
        (["sweep", "train", "sample:moons", "--hidden", "4;;8"], 2, "empty value"),
        (["sweep", "train", "sample:moons", "--hidden", "4;x"], 2, "'x'"),
        (["sweep", "train", "sample:moons", "--hidden", "4", "--activation", "relu,foo"], 2, "'foo'"),
        (["sweep", "train", "sample:moons", "--dtype", "float32,float16"], 2, "'float16'"),
        (["sweep", "fit", "nowhere.csv", "--lr", "0.1,0.2"], 3, "nowhere.csv"),
        (["sweep", "fit", "sample:deck", "-o", "nowhere/out.json"], 3, "nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_other_bad_input(gdcli, refused, words, code, part):
    refused(gdcli(*words), code, part)


def test_a_file_is_not_begun_when_the_grid_is_refused(gdcli, tmp_path):
    path = tmp_path / "out.json"
    assert gdcli("sweep", "fit", "sample:deck", "--lr", "1..", "--format", "json", "-o", path).code == 2
    assert not path.exists()


def test_more_than_asked_for_twice_runs_with_yes(gdcli, monkeypatch):
    monkeypatch.setattr(sweep_grid, "MOST", 10)
    words = ["sweep", "fit", "sample:deck", "--lr", "0.1..0.2:lin11", "--epochs", "1", "--format", "csv"]
    assert gdcli(*words).code == 2
    assert len(gdcli(*words, "--yes").csv) == 11


@pytest.mark.parametrize("kind", ["fit", "train"])
def test_help_lists_all_options_of_the_command(gdcli, capsys, kind):
    plain, swept = ((gdcli(*words, "--help"), capsys.readouterr().out)[1] for words in ([kind], ["sweep", kind]))
    for option in ("--lr", "--optimizer", "--validation", "--scale", "--epochs", "--every", "--format"):
        assert option in plain
        assert option in swept
    for option in ("--random", "--workers", "--cluster", "--timeout", "--yes"):
        assert option in swept
    assert "--resume" not in swept
    assert max(map(len, swept.splitlines())) <= 80


class TestFailure:
    """One run's failure, delay or lost worker is its own."""

    WORDS = ("sweep", "fit", "sample:deck", "--batch-size", "1,full", "--lr", "0.1,0.2", "--epochs")

    def job(self, *rates):
        return Job(0, tuple(range(len(rates))), tuple(Spec.of("fit", "d", {"lr": lr, "epochs": 5}) for lr in rates))

    def ran(self, job, data, executor):
        events = running.run([job], [data], executor)
        return {event.number: event for event in events if isinstance(event, executors.Finished)}

    def test_a_run_that_fails_spoils_no_other(self, monkeypatch):
        """A stack that fails is run again one by one."""
        prepare = executors.prepare

        def poisoned(job, rows):
            if any(spec.rate.lr == 0.2 for spec in job.specs):
                raise RuntimeError("a poisoned run")
            return prepare(job, rows)

        monkeypatch.setattr(executors, "prepare", poisoned)
        data = Dataset([1.0, 2.0], [3.0, 5.0])
        found = self.ran(self.job(0.1, 0.2, 0.3), data, executors.InProcess())
        assert {number: one.status for number, one in found.items()} == {0: "completed", 1: "failed", 2: "completed"}
        assert found[1].verdict == "failed: RuntimeError: a poisoned run"
        assert not found[1].ended

    def test_all_failed_is_an_error(self, gdcli, monkeypatch):
        def poisoned(*_):
            raise MemoryError("too much")

        monkeypatch.setattr(executors, "prepare", poisoned)
        result = gdcli("sweep", "fit", "sample:deck", "--lr", "0.1,0.2")
        assert result.code == 1
        assert "failed: MemoryError: too much" in result.out
        assert "every run failed" in result.err

    def test_timeout(self, gdcli):
        words = [
            "sweep",
            "fit",
            *DECK,
            "--epochs",
            "3,100000000",
            "--lr",
            "1e-9",
            "--timeout",
            "0.3",
            "--format",
            "json",
        ]
        told = gdcli(*words).json
        assert [run["status"] for run in told["runs"]] == ["completed", "timed_out"]
        assert told["runs"][1]["verdict"].startswith("out of time at epoch")
        assert (told["finished"], told["count"]) == (1, 2)

    def test_workers_give_what_one_process_gives(self, process):
        words = ["sweep", "fit", "sample:polynomial", "--standardize", "--degree", "1..4:lin4", "--lr", "0.1,9"]
        words += ["--epochs", "20", "--format", "json"]
        here, there = process(*words), process(*words, "--workers", "2")
        assert (here.code, there.code) == (0, 0), there.err
        assert here.json["runs"] == there.json["runs"]
        assert len(here.json["runs"]) == 8

    @pytest.mark.parametrize(
        ("arriving", "shown"),
        [("5 4 1 0 2 3", "1 0 2 3 5 4"), ("0 2 3 1", "0 1 2 3"), ("4 5 3 0", "0 3 4 5"), ("4 2", "2 4"), ("", "")],
    )
    def test_rows_go_by_stacks_whichever_worker_is_the_quicker(self, arriving, shown):
        """Two stacks of two runs and two of one; what has not ended when all is interrupted is left out."""
        plan = SimpleNamespace(jobs=[SimpleNamespace(numbers=each) for each in ((0, 1), (2,), (3,), (4, 5))])
        running = RunningSweep(plan, None, (Finished(int(one), "", "") for one in arriving.split()))
        assert " ".join(str(run.finished.number) for run in running.in_turn()) == shown

    @pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds its workers in /proc")
    @pytest.mark.parametrize("kills", [1, pytest.param(8, marks=pytest.mark.long)])
    def test_a_lost_worker_is_told_and_its_runs_begun_again(self, kills):
        """Killed once, every run ends; killed each time, the runs are told as failed, and the program ends."""
        command = [sys.executable, "-m", "gdcli", *self.WORDS, "5000", "--workers", "2", "--format", "json"]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environ()
        )
        killed = 0
        deadline = time.monotonic() + PATIENCE
        while killed < kills and running.poll() is None and time.monotonic() < deadline:
            killed += kill_one(running.pid)
        out, err = running.communicate(timeout=PATIENCE)
        assert "a worker was lost" in err
        assert "Traceback" not in err
        told = json.loads(out)
        assert len(told["runs"]) == 4
        if kills == 1:
            assert running.returncode == 0
            assert {run["status"] for run in told["runs"]} == {"completed"}

    def test_a_run_that_loses_every_worker_has_failed(self):
        notes = []
        data = Dataset([1.0, 2.0], [3.0, 5.0])
        found = self.ran(self.job(0.1, 0.2), data, Doomed(note=notes.append))
        assert {one.status for one in found.values()} == {"failed"}
        assert found[0].verdict == f"failed: its worker was lost {running.TRIES} times"
        assert any("begun again" in line for line in notes)


class Doomed(executors.InProcess):
    """An executor whose every worker dies."""

    def submit(self, pool, *_):
        return pool.submit(die)


def die():
    raise BrokenExecutor


def what_is_left(running):
    """The rest of a process's two streams, of which something has been read; `communicate` would lose a part."""
    with running.stdout, running.stderr:
        left = running.stdout.read(), running.stderr.read()
    running.wait(PATIENCE)
    return left


def kill_one(pid):
    """Kills one working child of a process; how many were killed."""
    home = Path("/proc")
    for child in (home / f"{pid}/task/{pid}/children").read_text().split():
        try:
            words = (home / child / "cmdline").read_bytes()
            spent = int((home / child / "stat").read_text().rpartition(")")[2].split()[11])
        except OSError:
            continue
        if b"spawn_main" in words and spent > 20:  # past its imports
            os.kill(int(child), signal.SIGKILL)
            return 1
    time.sleep(0.01)
    return 0


class TestInterrupt:
    def interrupted(self, *words):
        """What a real process leaves behind when it is interrupted once its first row is out."""
        command = [sys.executable, "-m", "gdcli", "sweep", "fit", *words]
        running = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environ(),
            start_new_session=True,
        )
        first = running.stdout.readline()
        os.killpg(running.pid, signal.SIGINT)
        rest, err = what_is_left(running)
        assert "Traceback" not in err
        return running.returncode, [json.loads(line) for line in (first + rest).splitlines()], err

    LONG = ("sample:deck", "--epochs", "5,100000000", "--format", "jsonl")

    def test_what_finished_is_printed(self):
        code, rows, err = self.interrupted(*self.LONG, "--lr", "1e-9,1")
        assert code == 130
        by_run = {(row["differs"]["lr"], row["differs"]["epochs"]): row["status"] for row in rows}
        assert by_run[1e-9, 5] == "completed"
        assert by_run[1.0, 5] in ("completed", "diverged")
        assert set(by_run.values()) <= {"completed", "diverged", "interrupted"}
        assert "interrupted: " in err

    def test_workers_go_too(self):
        code, rows, err = self.interrupted(*self.LONG, "--lr", "1e-9", "--workers", "2")
        assert code == 130
        assert [row["differs"]["epochs"] for row in rows] == [5]
        assert "interrupted: 1 of 2 runs had not ended" in err

    def test_a_table_is_printed_too(self):
        command = [sys.executable, "-m", "gdcli", "sweep", "fit", *DECK, "--epochs", "5,100000000", "--lr", "1e-9"]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environ()
        )
        while "epochs 5" not in running.stderr.readline() and running.poll() is None:
            pass
        while "crawling" not in running.stderr.readline() and running.poll() is None:
            pass
        running.send_signal(signal.SIGINT)
        out, _ = what_is_left(running)
        assert running.returncode == 130
        assert "crawling" in out


def test_a_reader_that_goes_away_is_no_error(process):
    words = ["sweep", "fit", "sample:deck", "--lr", "0.001..0.2:lin300", "--epochs", "20", "--format", "csv"]
    ran = process(*words, script='"$@" 2>/dev/null | head -1; echo "${PIPESTATUS[0]}"')
    assert ran.out.splitlines()[-1] == "0"


def test_help_needs_no_numpy(process):
    script = "import sys; from gdcli.cli.boundary import run; run(['sweep', '--help']); print(*sys.modules)"
    assert "numpy" not in process.python("-c", script).out.split()


def test_all_runs_share_the_order_of_the_rows(gdcli):
    """With a rate of almost nothing, runs of one seed see the same batches: their losses are alike."""
    words = [
        "sweep",
        "train",
        "sample:moons",
        "--hidden",
        "4",
        "--lr",
        "1e-12,2e-12",
        "--epochs",
        "3",
        "--format",
        "json",
    ]
    first, second = (run["history"] for run in gdcli(*words, "--dtype", "float64").json["runs"])
    for a, b in zip(first, second, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-9)
    assert all(a["epoch"] < b["epoch"] for a, b in pairwise(first))
