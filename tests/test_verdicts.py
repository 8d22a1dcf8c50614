"""Verdicts against simulated runs whose truth is known: how often each is said where it is so, and where it is not."""

import math
import re
from collections import Counter

import numpy as np
import pytest

import gdcli
from gdcli.analysis.comparison import compare, keep_smallest
from gdcli.analysis.evidence import mean_of, quantile, row_losses
from gdcli.analysis.judging import Judged, judge
from gdcli.analysis.overfitting import generalisation_gap, overfitting_since
from gdcli.analysis.verdicts import (
    dead_units,
    learned_nothing,
    oscillating,
    rare_class_missed,
    still_improving,
    worse_than_start,
)
from gdcli.data import scaling, toys
from gdcli.data.dataset import Dataset
from gdcli.data.preparation import prepare
from gdcli.data.splitting import folds, split
from gdcli.errors import OptionError
from gdcli.nn import activations, metrics
from gdcli.nn.linear import Linear
from gdcli.nn.losses import binary_cross_entropy, cross_entropy, log_losses, mae, mse, mse_of_probabilities
from gdcli.nn.networks import Network
from gdcli.optim.optimizers import SGD, Adam
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch
from gdcli.training.streams import Run
from gdcli.training.streams import epochs as whole

RUNS = 200


def simulated(train, held_out, inputs, noise, batches, epochs=60, rate=0.05):
    """Many runs of linear regression at once: each run's row losses on rows held out, and its training losses."""
    rng = np.random.default_rng(11)
    w = rng.normal(size=(RUNS, inputs))
    x, seen = rng.normal(size=(RUNS, train, inputs)), rng.normal(size=(RUNS, held_out, inputs))
    y = np.einsum("rnp,rp->rn", x, w) + noise * rng.normal(size=(RUNS, train))
    truth = np.einsum("rnp,rp->rn", seen, w) + noise * rng.normal(size=(RUNS, held_out))
    v, rows, losses = np.zeros_like(w), [], []
    for _ in range(epochs + 1):
        rows.append((np.einsum("rnp,rp->rn", seen, v) - truth) ** 2)
        losses.append(((np.einsum("rnp,rp->rn", x, v) - y) ** 2).mean(axis=1))
        for part in np.array_split(rng.permutation(train), batches):
            error = np.einsum("rnp,rp->rn", x[:, part], v) - y[:, part]
            v = v - rate * 2 / len(part) * np.einsum("rnp,rn->rp", x[:, part], error)
    return np.array(rows), np.array(losses)


def overfitted(rows, losses):
    """In how many of the runs overfitting is said."""
    count = 0
    for run in range(RUNS):
        best = int(rows[:, run].mean(axis=1).argmin())
        said = overfitting_since(
            best, len(rows) - 1, rows[best, run], rows[-1, run], losses[best, run], losses[-1, run]
        )
        count += said.name == "overfitting"
    return count


class TestOverfitting:
    @pytest.mark.parametrize(("held_out", "batches"), [(10, 1), (30, 1), (30, 8), (100, 8)])
    def test_is_said_of_at_most_one_run_in_twenty_that_does_not(self, held_out, batches):
        assert overfitted(*simulated(240, held_out, 4, 1.0, batches)) <= 0.05 * RUNS

    def test_is_said_of_most_runs_that_do_where_the_rows_can_tell(self):
        assert overfitted(*simulated(24, 300, 20, 2.0, 1, epochs=200, rate=0.1)) >= 0.7 * RUNS

    def test_silence_says_what_the_rows_could_show(self):
        rng = np.random.default_rng(0)
        best = rng.exponential(size=25)
        rise = rng.normal(size=25) * 0.2
        said = overfitting_since(5, 20, best, best + rise - rise.mean() + 0.01, 0.5, 0.4)
        error = rise.std(ddof=1) / 5
        assert said.name == "no sign of overfitting"
        assert said.standard_error == pytest.approx(error)
        assert said.rows == 25
        assert f"{2.49 * error:.2g}" in said.sentence  # t(0.99, 24) = 2.492

    def test_a_strong_rise_on_a_few_rows_is_neither_overfitting_nor_no_sign_of_it(self):
        best, last = np.array([0.4, 0.5, 0.6]), np.array([0.3, 0.6, 3.6])
        said = overfitting_since(24, 173, best, last, 0.5, 0.2)
        reach = 6.965 * np.std(last - best, ddof=1) / np.sqrt(3)  # t(0.99, 2)
        assert said.name == "overfitting not settled"
        assert "since epoch 24 the loss on them rose from 0.5 to 1.5" in said.sentence
        assert said.standard_error == pytest.approx(reach / 6.965)
        assert overfitting_since(24, 173, best[:1], last[:1] + 1, 0.5, 0.2).sentence.endswith("to 1.3.")

    def test_the_last_epoch_may_be_the_best(self):
        rows = np.ones(10)
        assert "the last epoch, 7, is the best" in overfitting_since(7, 7, rows, rows, 0.5, 0.5).sentence

    def test_where_nothing_is_left_no_gap_is_spoken_of(self):
        """A target that never varies: every row's loss is 0, or rounding, and what rows "could show" means nothing."""
        rows = np.zeros(12)
        said = overfitting_since(3, 9, rows, rows, 0.0, 0.0, "MSE", 25.0)
        assert said.sentence == (
            "No sign of overfitting: on the 12 rows held out the MSE is 0 at the best epoch, 3, and 0 at the last, 9."
        )
        rounding = np.linspace(1, 2, 12) * 1e-30
        assert "could show" not in overfitting_since(3, 9, rounding, 2 * rounding, 1e-30, 1e-31, "MSE", 25.0).sentence
        rows = np.full(12, 0.5)  # all rise alike: of a rise below a twentieth nothing is ever said
        assert "could show a gap of 0.025 or more" in overfitting_since(3, 9, rows, rows + 0.01, 0.4, 0.3).sentence

    def test_not_where_the_training_loss_rose_as_well(self):
        rows = np.linspace(1, 2, 50)
        assert overfitting_since(3, 9, rows, rows + 1, 0.5, 0.6).name == "no sign of overfitting"

    @pytest.mark.parametrize(("rise", "word"), [(0.3, "Slight"), (1.0, "Strong")])
    def test_degrees(self, rise, word):
        rows = np.linspace(0.9, 1.1, 50)
        said = overfitting_since(3, 9, rows, rows + np.linspace(0.9, 1.1, 50) * rise, 0.5, 0.1)
        assert said.sentence.startswith(
            f"{word} overfitting since epoch 3: the loss on the 50 rows held out rose from 1 to"
        )

    def test_a_gap_needs_worse_accuracy_too(self):
        rng = np.random.default_rng(1)
        training, held_out = rng.exponential(0.1, 200), rng.exponential(0.5, 60)
        assert generalisation_gap(training, held_out).name == "generalisation gap"
        right = np.ones(200, bool), np.ones(60, bool)
        assert generalisation_gap(training, held_out, right) is None
        wrong = np.arange(60) % 4 > 0
        assert generalisation_gap(training, held_out, (right[0], wrong)).figures["held_out_accuracy"] == 0.75
        same = [generalisation_gap(rng.exponential(1, 200), rng.exponential(1, 60)) for _ in range(RUNS)]
        assert sum(verdict is not None for verdict in same) <= 0.02 * RUNS


def logistic(x, y, steps=300):
    a, w = np.column_stack([x, np.ones(len(x))]), np.zeros(3)
    for _ in range(steps):
        w -= 0.5 * a.T @ (1 / (1 + np.exp(-a @ w)) - y) / len(y)
    return 1 / (1 + np.exp(-a @ w))


class TestLearnedNothing:
    @pytest.mark.parametrize(("toy", "nothing"), [(toys.xor, True), (toys.circles, True), (toys.moons, False)])
    def test_a_line_through_toys_at_every_seed(self, toy, nothing):
        for seed in range(20):
            rows = toy(rng=np.random.default_rng(seed))
            p, y = logistic(rows.inputs / rows.inputs.std(axis=0), rows.targets), rows.targets
            shares = np.full((len(y), 2), [1 - y.mean(), y.mean()])
            said = learned_nothing(
                log_losses(np.log(np.column_stack([1 - p, p])), y),
                log_losses(np.log(shares), y),
                (p > 0.5) == y,
                (y.mean() > 0.5) == y,
            )
            assert (said is not None) == nothing

    def test_a_target_that_never_varies_is_no_task(self):
        assert learned_nothing(np.full(40, 1e-6), np.zeros(40)) is None

    def test_a_weak_but_sure_gain_is_something(self):
        rng = np.random.default_rng(2)
        base = rng.exponential(size=20000)
        assert learned_nothing(base - 0.02 + 0.1 * rng.normal(size=20000), base) is None

    def test_few_rows_cannot_tell(self):
        rng = np.random.default_rng(3)
        said = [learned_nothing(rng.normal(size=6) ** 2, rng.normal(size=6) ** 2 * 1.5) for _ in range(RUNS)]
        assert sum(verdict is not None for verdict in said) <= 0.1 * RUNS

    def test_an_overconfident_model_that_is_right_more_often_learned(self):
        y = np.arange(200) % 2
        right = np.arange(200) % 10 < 8
        model = np.where(right, 1e-9, 9.0)
        base = np.full(200, math.log(2))
        assert learned_nothing(model, base, right, y == 0) is None
        assert learned_nothing(model, base, y == 0, y == 0) is not None

    def test_the_sentence(self):
        said = learned_nothing(np.full(50, 0.69), np.full(50, 0.693))
        assert said is None  # lower in every row: that is something
        model = 0.693 + 0.01 * np.sin(np.arange(50.0))
        said = learned_nothing(model, np.full(50, 0.693))
        assert said.sentence == ("Learned nothing: loss 0.693, on 50 rows no better than predicting the mean (0.693).")
        right, usual = np.arange(50) % 2 == 0, np.arange(50) < 25
        said = learned_nothing(model, np.full(50, 0.693), right, usual, model + 0.5, "no", "rows held out")
        assert said.sentence == (
            "Learned nothing: loss 1.19 at the start, 0.693 in the end, on 50 rows held out no better than always"
            " saying 'no' (accuracy 0.50)."
        )


class TestCourse:
    def test_worse_than_its_start(self):
        rng = np.random.default_rng(4)
        start = rng.exponential(size=40)
        assert worse_than_start(start, start + 0.5 + 0.1 * rng.normal(size=40)).name == "worse than its start"
        flat = [worse_than_start(start, start + rng.normal(size=40)) for _ in range(RUNS)]
        assert sum(verdict is not None for verdict in flat) <= 0.03 * RUNS

    @pytest.mark.parametrize("epochs", [10, 50, 300])
    def test_noise_has_no_trend_and_no_waves(self, epochs):
        rng = np.random.default_rng(5)
        losses = 1 + 0.1 * rng.normal(size=(RUNS, epochs))
        assert sum(still_improving(run) is not None for run in losses) <= 0.03 * RUNS
        assert sum(oscillating(run) is not None for run in losses) <= 0.03 * RUNS

    def test_a_fall_through_noise_is_seen(self):
        rng = np.random.default_rng(6)
        losses = 1 - np.arange(100) / 150 + 0.01 * rng.normal(size=(RUNS, 100))
        assert sum(still_improving(run) is not None for run in losses) >= 0.95 * RUNS

    @pytest.mark.parametrize(
        ("losses", "improving"),
        [
            ([0.9**k for k in range(30)], True),
            ([0.5 + 0.5**k for k in range(30)], False),  # flat to less than one per cent
            ([0.5**k for k in range(30)], False),  # solved
            ([1.0, 0.9], False),
            ([1.0, math.nan, 0.8, 0.7, 0.6], False),
            ([1.0 + 0.1 * k for k in range(30)], False),
        ],
    )
    def test_still_improving(self, losses, improving):
        assert (still_improving(losses) is not None) == improving

    def test_oscillating(self):
        assert oscillating([1 + 0.2 * (-1) ** k for k in range(40)]).figures["turns"] == 10
        assert oscillating([1 + 0.001 * (-1) ** k for k in range(40)]) is None
        assert oscillating([0.9**k for k in range(40)]) is None

    def test_dead_units_by_hand(self):
        network = Network((1, 3, 1))  # relu(x + 1), relu(-x - 1), relu(-5)
        w = np.array([1.0, -1.0, 0.0, 1.0, -1.0, -5.0, 1.0, 1.0, 1.0, 0.0])
        said = dead_units(network, w, np.array([[0.5], [2.0]]))
        assert said.sentence == "2 of 3 hidden units are never active on the 2 training rows."
        part = dead_units(network, w, np.array([[0.5], [2.0]]), rows=1000, epoch=7)
        assert part.sentence == "At epoch 7, 2 of 3 hidden units are never active on 2 of the 1,000 training rows."
        assert dead_units(network, w, np.array([[0.5], [-2.0]])).figures == {"dead": 1, "units": 3}
        assert dead_units(Network((1, 3, 1), (activations.leaky_relu,)), w, np.array([[0.5]])) is None


class TestComparison:
    def test_error_rate(self):
        rng = np.random.default_rng(7)
        base = rng.exponential(size=(RUNS * 5, 20))
        pairs = base + rng.normal(size=base.shape), base + rng.normal(size=base.shape)
        said = [compare(a, b).name for a, b in zip(*pairs, strict=True)]
        assert 0.03 <= said.count("different") / len(said) <= 0.07

    def test_which_is_better(self):
        a = np.array([0.1, 0.2, 0.15, 0.1, 0.2])
        noise = np.array([0.01, -0.01, 0.0, 0.01, -0.01])
        assert compare(a, a + 1 + noise, ("mse", "bce")).sentence.startswith("mse is better than bce by 1,")
        assert compare(a, a + 1 + noise, ("mse", "bce"), lower=False).sentence.startswith("bce is better than mse")

    def test_the_lectures_trend_line(self):
        """Which trend line is better? Of degrees 1, 3 and 9 on 14 noisy points of a cubic, 3, at every seed."""
        kept = [keep_smallest([1, 3, 9], trend_losses(seed)).kept for seed in range(40)]
        assert kept.count(1) >= 38
        assert kept.count(2) == 0

    def test_by_k_folds(self):
        kept = [keep_smallest([1, 3, 9], trend_losses(seed, k=7)).kept for seed in range(40)]
        assert kept.count(1) >= 38
        assert kept.count(2) == 0

    def test_a_size_that_diverged_is_not_kept(self):
        losses = np.array([[1.0, 1.1, 0.9], [math.nan, 0.1, 0.1]])
        choice = keep_smallest([1, 2], losses)
        assert choice.kept == choice.best == 0
        assert choice.sentence == "Keep degree 1: its mean loss on 3 rows held out, 1, is the least."


def trend_losses(seed, k=14):
    """Each degree's squared error of each row, when that was held out."""
    parts = folds(toys.trend(rng=np.random.default_rng(seed)), k, seed)
    return np.array([np.concatenate([errors(degree, *part) for part in parts]) for degree in (1, 3, 9)])


def errors(degree, train, held_out):
    fit = np.polynomial.Polynomial.fit(train.inputs[:, 0], train.targets, degree, domain=[-2, 2])
    return (fit(held_out.inputs[:, 0]) - held_out.targets) ** 2


class TestFolds:
    def test_each_row_is_held_out_once_and_never_trained_on(self):
        rows = Dataset(np.arange(23.0), np.arange(23.0))
        parts = folds(rows, 5, seed=3)
        assert sorted(np.concatenate([held.targets for _, held in parts])) == list(range(23))
        assert all(not set(train.targets) & set(held.targets) and len(train) + len(held) == 23 for train, held in parts)
        assert {len(held) for _, held in parts} == {4, 5}

    def test_classes_are_spread_evenly(self):
        labels = np.array([0] * 40 + [1] * 10)
        parts = folds(Dataset(np.arange(50.0), labels, classes=("a", "b")), 5, seed=0)
        assert all(np.bincount(held.targets).tolist() == [8, 2] for _, held in parts)

    def test_seeds(self):
        rows = Dataset(np.arange(20.0), np.arange(20.0))
        drawn = [[held.targets.tolist() for _, held in folds(rows, 4, seed)] for seed in (0, 0, 1)]
        assert drawn[0] == drawn[1] != drawn[2]

    @pytest.mark.parametrize("k", [0, 1, 8])
    def test_no_such_folds(self, k):
        with pytest.raises(OptionError, match="7 rows make from 2 to 7 folds"):
            folds(Dataset(np.arange(7.0), np.arange(7.0)), k, 0)


class TestEvidence:
    @pytest.mark.parametrize(
        ("confidence", "freedom", "table"),
        [(0.975, 4, 2.776), (0.975, 30, 2.042), (0.99, 9, 2.821), (0.95, 120, 1.658)],
    )
    def test_students_table(self, confidence, freedom, table):
        assert quantile(confidence, freedom) == pytest.approx(table, rel=5e-3)

    def test_one_number_shows_nothing(self):
        assert not mean_of(np.array([5.0])).above(0.9)

    @pytest.mark.parametrize("loss", [mse, mae, binary_cross_entropy, mse_of_probabilities])
    def test_row_losses_have_the_loss_for_their_mean(self, loss):
        rng = np.random.default_rng(8)
        rows = Dataset(rng.normal(size=30), rng.integers(2, size=30).astype(float))
        problem, w = Problem(Linear(1), loss, rows), np.array([0.7, -0.2])
        each = row_losses(problem, w, rows)
        assert len(each) == 30
        assert each.mean() == pytest.approx(float(problem.data_loss(w, rows)))

    def test_row_losses_of_classes_and_of_many_rows(self):
        rng = np.random.default_rng(9)
        network = Network((2, 3))
        rows = Dataset(rng.normal(size=(6000, 2)), np.eye(3)[rng.integers(3, size=6000)])
        problem, w = Problem(network, cross_entropy, rows), network.initial(rng, np.float64)
        each = row_losses(problem, w, rows)
        assert len(each) == 2000
        assert each.mean() == pytest.approx(float(problem.data_loss(w, rows)))

    def test_log_losses(self):
        logits, classes = np.array([[1.0, 3.0], [0.5, -2.0]]), np.array([1, 0])
        assert log_losses(logits, classes) == pytest.approx([math.log1p(math.exp(-2)), math.log1p(math.exp(-2.5))])
        assert log_losses(logits[:, 1] - logits[:, 0], classes) == pytest.approx(log_losses(logits, classes))

    def test_log_losses_of_what_is_certain_and_wrong_are_those_of_the_loss(self):
        logits, classes = np.array([5e4, -800.0, 3.0]), np.array([0, 1, 1])
        assert log_losses(logits, classes).mean() == pytest.approx(binary_cross_entropy(logits, classes)[0])
        table = np.column_stack([logits * 0, logits, -logits])
        targets = np.eye(3)[classes]
        assert log_losses(table, classes).mean() == pytest.approx(cross_entropy(table, targets)[0])


class TestRareClasses:
    def test_balanced_accuracy_of_always_the_same_is_one_over_the_classes(self):
        assert metrics.balanced_accuracy(np.array([[90, 0, 0], [8, 0, 0], [2, 0, 0]])) == pytest.approx(1 / 3)
        assert metrics.balanced_accuracy(np.array([[9, 1, 0], [1, 1, 0], [0, 0, 0]])) == pytest.approx(0.7)

    def test_rarest_recall(self):
        matrix = np.array([[90, 0, 0], [4, 4, 0], [0, 0, 0]])
        assert metrics.rarest_recall(matrix, ("a", "b", "c")) == ("b", 0.5, 8)


def judged(toy, hidden=(), epochs=40, validation=True, rate=0.02, **options):
    """A network's run on a toy, and its verdicts."""
    rows = toy(rng=np.random.default_rng(0))
    train_rows, held_out = split(rows, 0.3, 0)
    prepared = prepare(train_rows, scaling.standard, 1)
    seen, watched = (prepared.encoded(part, np.float64) for part in (train_rows, held_out))
    network = Network((2, *hidden, 1))
    problem = Problem(network, binary_cross_entropy, seen, watched if validation else None)
    start = options.pop("start", network.initial(np.random.default_rng(1), np.float64))
    run = Run(whole(descend(problem, Adam(), learning_rate=rate, epochs=epochs, batch_size=16, start=start, **options)))
    records = list(run)
    verdicts = judge(Judged(problem, records[0], run.best, run.last, run.losses, run.validation_losses, 2))
    return {verdict.name: verdict for verdict in verdicts}


class TestJudge:
    @pytest.mark.parametrize(("keep", "chosen"), [("best", ()), ("last", ("--loss", "huber", "--lr", "0.1"))])
    def test_of_numbers_it_tells_the_errors_that_are_printed_of_what_is_kept(self, gdcli, table, keep, chosen):
        """A parabola, which no line tells anything of; a loss of another kind, and targets in large units."""
        rows = "".join(f"{x},{1000 * x * x}\n" for x in range(-40, 41))
        words = [
            "--task",
            "regression",
            "--epochs",
            "9",
            "--validation",
            "0.3",
            "--keep",
            keep,
            "--format",
            "json",
            "-q",
        ]
        found = gdcli("train", table("x,y\n" + rows), *words, *chosen).json
        figures = next(one["figures"] for one in found["verdicts"] if one["name"] == "learned nothing")
        own = "loss" if chosen else "mse"
        assert figures["loss"] == pytest.approx(found["validation"][own], rel=1e-5)
        if not chosen:
            assert figures["baseline_loss"] == pytest.approx(found["baseline"]["mse"], rel=1e-5)

    @pytest.mark.parametrize("toy", [toys.xor, toys.circles])
    @pytest.mark.parametrize("validation", [True, False])
    def test_a_line_through_a_ring_learned_nothing_and_does_not_overfit(self, toy, validation):
        said = judged(toy, validation=validation)
        assert "learned nothing" in said
        assert not said.keys() & {"overfitting", "no sign of overfitting", "still improving"}

    @pytest.mark.parametrize("words", [("train", "--task", "regression"), ("train", "--hidden", 3), ("fit",)])
    def test_of_a_target_that_never_varies_nothing_is_said(self, gdcli, table, words):
        """The mean is all there is to learn, and learnt: that is neither nothing, nor has it a gap."""
        rows = "x,y\n" + "".join(f"{x / 7},5.1\n" for x in range(30))
        done = gdcli(words[0], table(rows), *words[1:], "--validation", "0.2", "--epochs", 400, "--format", "json")
        assert done.code == 0, done.err
        assert "there is nothing to learn" in done.err
        for verdict in done.json["verdicts"]:
            assert verdict["name"] in ("no sign of overfitting", "dead units")
            assert "could show" not in verdict["sentence"]

    def test_of_a_run_without_a_step_nothing_is_said(self, gdcli):
        done = gdcli("fit", "sample:bmi", "--validation", "0.2", "--epochs", 0, "--format", "json")
        assert done.json["verdicts"] == []

    def test_a_network_that_learns(self):
        said = judged(toys.moons, hidden=(16,))
        assert "learned nothing" not in said
        assert "overfitting" not in said
        assert said.keys() & {"no sign of overfitting"}

    def test_dead_units_of_a_run_whose_start_is_kept(self, gdcli):
        options = ("sample:moons", "--hidden", "8,8", "--lr", 3, "--optimizer", "momentum", "--format", "json")
        said = gdcli("train", *options).json
        verdict = next(one for one in said["verdicts"] if one["name"] == "dead units")
        assert (said["best_epoch"], verdict["figures"]) == (0, {"dead": 16, "units": 16})
        assert verdict["sentence"].startswith(f"At epoch {said['epochs']}, 16 of 16 hidden units are never active")

    def test_dead_units_are_counted(self):
        network = Network((2, 4, 1))
        start = network.initial(np.random.default_rng(1), np.float64)
        network.layers[0].bias(start)[...] = -100.0
        said = judged(toys.moons, hidden=(4,), epochs=3, start=start)
        assert said["dead units"].figures == {"dead": 4, "units": 4}
        assert "learned nothing" in said

    def test_rows_held_out_of_a_class_never_seen_say_nothing(self):
        """Rows sorted by class, the last class held out."""
        rng = np.random.default_rng(0)
        inputs = np.repeat([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]], 20, axis=0) + rng.normal(size=(60, 2)) / 3
        targets = np.eye(3)[np.repeat([0, 1, 2], 20)]
        network = Network((2, 3))
        problem = Problem(
            network, cross_entropy, Dataset(inputs[:40], targets[:40]), Dataset(inputs[40:], targets[40:])
        )
        start = network.initial(rng, np.float64)
        run = Run(whole(descend(problem, Adam(), learning_rate=0.1, epochs=60, start=start)))
        records = list(run)
        said = judge(Judged(problem, records[0], run.best, run.last, run.losses, run.validation_losses, 3, "abc"))
        assert said[0].sentence == (
            "20 of 20 rows held out are of a class that no training row is of, 'c':"
            " what is measured on them says nothing."
        )
        assert not {verdict.name for verdict in said} & {"learned nothing", "overfitting", "worse than its start"}

    @pytest.mark.parametrize(("count", "found", "missed"), [(4, 0, False), (5, 0, True), (20, 5, True), (20, 6, False)])
    def test_a_rare_class_is_missed(self, count, found, missed):
        """At most one in twenty chances, were half of its rows read right: 1/32, 1/16, 0.021, 0.058."""
        said = rare_class_missed(np.arange(count) < found, "ill", 0.95, "well")
        assert (said is not None) == missed

    def test_a_run_on_its_way_is_not_said_to_have_learned_nothing(self):
        """Targets far from zero: ten small steps are not enough to get to their mean, but go there."""
        x = np.arange(40.0) / 40
        rows = Dataset(x, 100 + x)
        problem = Problem(Linear(1), mse, rows)
        run = Run(whole(descend(problem, SGD(), learning_rate=0.003, epochs=40)))
        records = list(run)
        assert [v.name for v in judge(Judged(problem, records[0], run.best, run.last, run.losses))] == [
            "still improving"
        ]

    def test_numbers(self):
        rows = Dataset(np.arange(30.0) / 30, np.random.default_rng(0).normal(size=30) * 0 + np.arange(30.0) / 10)
        problem = Problem(Linear(1), mse, rows)
        run = Run(whole(descend(problem, Adam(), learning_rate=0.1, epochs=200)))
        records = list(run)
        assert [v.name for v in judge(Judged(problem, records[0], run.best, run.last, run.losses))] == []


def test_what_was_learned_by_the_best_epoch_is_not_said_of_the_last():
    """The best epoch's loss stands beside that epoch; 'in the end' is said of the last one only."""
    rows = np.random.default_rng(0).normal(0.7, 0.01, 200)
    of_the_best = learned_nothing(rows, rows - 0.005, start=rows * 0.9, best=3)
    of_the_last = learned_nothing(rows, rows - 0.005, start=rows * 0.9)
    assert "at the best epoch, 3," in of_the_best.sentence
    assert "end" not in of_the_best.sentence
    assert "in the end" in of_the_last.sentence


def test_no_sign_of_overfitting_is_not_said_of_a_network_that_does_worse_on_rows_held_out(gdcli):
    """One sentence beside the other leaves a student with neither."""
    words = ("--hidden", 128, "--epochs", 12, "--lr", 0.01, "--validation", 0.3, "--format", "json")
    names = {verdict["name"] for verdict in gdcli("train", "sample:digits", *words).json["verdicts"]}
    assert "generalisation gap" in names
    assert "no sign of overfitting" not in names


def test_two_rows_held_out_have_no_spread_to_judge_by():
    training = np.linspace(0.1, 0.4, 18)
    assert generalisation_gap(training, np.array([0.40, 0.401])) is None
    assert generalisation_gap(training, np.full(8, 0.9) + np.linspace(0, 0.01, 8)) is not None


def test_an_untrained_model_that_is_kept_is_called_one(gdcli, tmp_path):
    rng = np.random.default_rng(0)
    table = tmp_path / "noise.csv"
    rows = zip(*np.exp(rng.normal(size=(2, 60)) * 2), strict=True)
    table.write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in rows))
    found = Counter()
    for seed in range(8):
        words = ("train", table, "--hidden", 4, "--lr", 3, "--epochs", 4, "--seed", seed)
        run = gdcli(*words, "--format", "json").json
        names = {one["name"] for one in run["verdicts"]}
        kept = run["best_epoch"] == 0 and run["status"] == "completed"
        found[kept] += 1
        assert bool(names & {"start kept", "learned nothing"}) >= kept
        assert not (kept and "no sign of overfitting" in names)
    assert found[True]


class TestWithWeights:
    """A run whose classes count differently is judged by what it minimises."""

    ROWS = "v,w,c\n" + "".join(
        f"{(i * 37 % 101) / 20 - 2.5 + 2.5 * rare:.2f},{(i * 53 % 97) / 20 - 2.4:.2f},{'yes' if rare else 'no'}\n"
        for i, rare in enumerate([n % 40 == 5 for n in range(600)])
    )

    def test_what_is_advised_of_a_rare_class_has_learned_something(self, gdcli):
        assert "Try --class-weight balanced." in " ".join(gdcli("train", "-", stdin=self.ROWS).out.split())
        run = gdcli("train", "-", "--class-weight", "balanced", "--format", "json", stdin=self.ROWS).json
        assert run["validation"]["balanced_accuracy"] > 0.8
        assert "learned nothing" not in {one["name"] for one in run["verdicts"]}

    def test_every_row_has_ln_2_at_the_start(self):
        rows = Dataset(np.arange(6.0), np.array([0.0, 0, 0, 0, 0, 1]))
        record = Epoch(0, 0, 0.1, 0.0, np.zeros(2))
        problem = Problem(Network((1, 1)), binary_cross_entropy, rows)
        judged = Judged(problem, record, record, record, [0.0], classes=2, weights=np.array([0.6, 3.0]))
        assert judged.level(record, rows) == pytest.approx(math.log(2))
        assert judged.level(record, rows.rows(slice(5))) == pytest.approx(math.log(2))
        assert np.mean(judged.baseline(rows)[0]) == pytest.approx(math.log(2))  # both classes count alike
        assert judged.measure == "weighted log loss"

    def test_noise_has_taught_nothing(self, gdcli):
        rng = np.random.default_rng(5)
        text = "x,c\n" + "".join(f"{x:.3f},{'ab'[rng.random() < 0.2]}\n" for x in rng.normal(size=300))
        said = " ".join(gdcli("train", "-", "--class-weight", "balanced", stdin=text).out.split())
        assert re.search(r"Learned nothing: weighted log loss .* \(weighted accuracy 0\.\d\d\)", said)


def test_an_untrained_model_that_five_rows_prefer_is_not_called_a_run_that_learned_nothing(gdcli):
    text = "x,c\n" + "".join(f"{x},{'fm'[x > 0]}\n" for x in range(-20, 21) if x)
    flipped = text.replace("-3,f", "-3,m").replace("\n7,m", "\n7,f").replace("\n2,m", "\n2,f")
    for seed in range(40):
        words = ("train", "-", "--lr", 1, "--epochs", 20, "--seed", seed)
        run = gdcli(*words, "--format", "json", stdin=flipped).json
        if run["best_epoch"] == 0:
            names = {one["name"]: one["sentence"] for one in run["verdicts"]}
            assert "learned nothing" not in names
            assert "--keep last hands out the trained one" in names["start kept"]
            last = gdcli(*words, "--keep", "last", "--format", "json", stdin=flipped).json
            assert last["train"]["accuracy"] > run["train"]["accuracy"]


@pytest.mark.parametrize(
    "text",
    [
        "g,c\n" + "".join(f"{'ab'[i % 2]},{'xyz'[i % 3]}\n" for i in range(30)),
        "a,b,c\n" + "0,0,n\n0,1,y\n1,0,y\n1,1,n\n" * 2,
    ],
)
def test_a_start_that_is_the_optimum_ends_there_and_says_what_would_help(gdcli, text):
    run = gdcli("train", "-", stdin=text)
    said = " ".join(run.out.split())
    assert "converged at epoch 0 of 30,000: the gradient is zero at the start, to rounding" in said
    assert "Learned nothing" in said
    assert "try --hidden 16" in said


def test_what_goes_on_from_a_saved_run_says_no_start_that_it_does_not_know(gdcli, tmp_path):
    rng = np.random.default_rng(1)
    text = "a,b,c\n" + "".join(f"{a:.2f},{b:.2f},{'uvw'[rng.integers(3)]}\n" for a, b in rng.normal(size=(80, 2)))
    (tmp_path / "m.csv").write_text(text)
    words = ("train", tmp_path / "m.csv", "--hidden", 8)
    assert gdcli(*words, "--epochs", 5, "--save", tmp_path / "h.safetensors").code == 0
    more = " ".join(gdcli(*words[:2], "--resume", tmp_path / "h.safetensors", "--epochs", 5).out.split())
    assert "at the start" not in more
    assert "from start" not in more
    assert "nothing was added: the saved run has been through 5 epochs, which --epochs counts" in more


def test_a_weak_signal_that_is_beyond_doubt_is_not_called_nothing():
    """Half a unit of a logit in a thousand rows: the rows held out cannot show it, those trained on can."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(1000, 2))
        y = 0.5 * x[:, 0] + rng.logistic(size=1000) > 0
        result = gdcli.train((x, y.astype(str)), seed=seed)
        assert "learned nothing" not in {verdict.name for verdict in result.verdicts}


@pytest.mark.parametrize("loss", ["mae", "huber"])
def test_a_run_is_judged_by_the_loss_it_minimises(loss):
    rng = np.random.default_rng(3)
    x = rng.normal(size=300)
    outlying = gdcli.fit((x, x + np.exp(1.5 * rng.normal(size=300))), loss=loss, epochs=2000)
    assert "learned nothing" not in {verdict.name for verdict in outlying.verdicts}
    nothing = gdcli.fit((x, np.exp(1.5 * rng.normal(size=300))), loss=loss, epochs=2000)
    said = {verdict.name: verdict.sentence for verdict in nothing.verdicts}
    assert "predicting the median" in said["learned nothing"]
    assert {"mae": "MAE", "huber": "Huber"}[loss] in said["learned nothing"]


@pytest.mark.parametrize("options", [{"l2": 1e-3}, {"label_smoothing": 0.1}, {"l1": 1e-3}])
def test_with_a_penalty_there_is_an_optimum(options):
    result = gdcli.train("sample:wine", validation="none", separated=50, **options)
    assert "no optimum" not in " ".join(text for _, text in result.remarks)
    assert "separated" not in gdcli.train("sample:wine", validation="none", **options).experiment.chosen.options


def test_what_ends_a_run_at_its_start_is_not_taken_for_a_flat_loss(gdcli):
    done = gdcli("fit", "sample:deck", "--target-loss", 100, "-q")
    assert "gradient is zero" not in done.out
    assert "at epoch 0 of" in done.out


def test_of_weighted_classes_the_frequent_one_is_named(gdcli):
    text = "x,c\n" + "".join(f"{at % 7},{'ill' if at % 20 == 3 else 'well'}\n" for at in range(200))
    said = " ".join(gdcli("train", "-", "--class-weight", "balanced", stdin=text).out.split())
    assert "lways saying 'ill'" not in said
