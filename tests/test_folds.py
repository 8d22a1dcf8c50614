"""`--folds K`: each row scored by a run that has not seen it; sweeps of sizes and of losses by one measure."""

import dataclasses
import json
import math

import numpy as np
import pytest

import gdcli
from gdcli.analysis.comparison import tends_higher
from gdcli.analysis.confident_errors import PROBABILITIES, gradients_of_errors
from gdcli.data import toys
from gdcli.data.dataset import Dataset
from gdcli.data.splitting import folds
from gdcli.experiments.folds import Measured
from gdcli.experiments.sweep.result import overfits
from gdcli.nn import losses


def least_squares(train, held_out):
    """The exact line's RMSE on rows held out."""
    slope, intercept = np.polyfit(train.inputs[:, 0], train.targets, 1)
    return math.sqrt(np.mean((slope * held_out.inputs[:, 0] + intercept - held_out.targets) ** 2))


def alike():
    """Sixty rows of 25 inputs that go together, and a number."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 1)) + 0.7 * rng.normal(size=(60, 25))
    return x, x[:, 0] + rng.normal(size=60)


class TestFoldsOfARun:
    def test_of_a_line_are_least_squares_on_the_other_folds(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=30)
        y = 2 * x + 1 + rng.normal(size=30)
        result = gdcli.fit((x, y), folds=5, standardize=True, lr=0.4, epochs=200, seed=3)
        expected = [least_squares(*part) for part in folds(Dataset(x, y), 5, 3)]
        np.testing.assert_allclose(result.folds.scores, expected, rtol=1e-9)
        assert result.folds.standard_error == pytest.approx(np.std(expected, ddof=1) / math.sqrt(5))
        assert gdcli.fit((x, y), standardize=True, lr=0.4, epochs=200).parameters == result.parameters

    @pytest.mark.parametrize("count", [2, 5, 60])
    def test_the_rate_that_is_chosen_is_stable_in_every_fold(self, count):
        """On many inputs alike the best constant rate is just below the limit, which is lower on some folds."""
        result = gdcli.fit(alike(), folds=count)
        assert result.folds.diverged == 0
        assert result.folds.row()["diverged"] == 0
        assert result.folds.mean < 3
        again = gdcli.fit(alike(), folds=count, lr=result.experiment.rate, scale="standard")
        np.testing.assert_allclose(again.folds.scores, result.folds.scores, rtol=1e-12)

    def test_runs_that_diverge_are_counted(self, gdcli, tmp_path):
        x, y = alike()
        path = tmp_path / "alike.csv"
        np.savetxt(path, np.column_stack([x, y]), delimiter=",")
        words = ["fit", path, "--no-header", "--scale", "standard", "--lr", "0.0599", "--epochs", "500", "--folds", "5"]
        found = gdcli(*words, "--format", "json").json["folds"]
        assert found["diverged"] == sum(score > 100 for score in found["scores"]) > 0
        assert f"{found['diverged']} of 5 runs diverged" in " ".join(gdcli(*words).out.split())

    def test_of_classes(self, gdcli):
        words = ["train", "sample:iris", "--lr", "0.05", "--epochs", "20", "--format", "json"]
        found, alone = gdcli(*words, "--folds", "4").json, gdcli(*words).json
        assert found["folds"]["metric"] == "accuracy"
        assert len(found["folds"]["scores"]) == found["folds"]["count"] == 4
        assert found["folds"]["mean"] == pytest.approx(np.mean(found["folds"]["scores"]))
        assert alone["folds"] is None
        assert found["train"] == alone["train"]
        assert found["history"] == alone["history"]

    def test_in_a_line_for_people(self, gdcli):
        out = gdcli("train", "sample:iris", "--lr", "0.05", "--epochs", "5", "--folds", "3").out
        (line,) = [line for line in out.splitlines() if line.startswith(" folds")]
        assert line.endswith("(mean of 3 folds)")
        assert " accuracy 0." in line
        assert " +- 0." in line

    def test_rows_that_are_held_out_are_among_them(self):
        x = np.arange(12.0)
        result = gdcli.fit((x, x), folds=12, validation=0.25, standardize=True, epochs=5)
        assert len(result.folds.scores) == 12

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["fit", "sample:deck", "--folds", "3"], "--folds 3: 2 rows make from 2 to 2 folds"),
            (["train", "sample:iris", "--epochs", "1", "--folds", "1"], "--folds 1: 150 rows"),
            (["sweep", "fit", "sample:deck", "--lr", "0.1,0.2", "--folds", "3"], "--folds 3: 2 rows"),
        ],
    )
    def test_folds_that_cannot_be(self, gdcli, words, message):
        result = gdcli(*words)
        assert result.code == 2
        assert message in result.err

    def test_a_resumed_run_has_seen_all_rows(self, gdcli, tmp_path):
        model = tmp_path / "m.safetensors"
        gdcli("train", "sample:iris", "--epochs", "1", "--save", model)
        result = gdcli("train", "sample:iris", "--epochs", "2", "--resume", model, "--folds", "3")
        assert result.code == 2
        assert "a run that goes on has seen all rows" in result.err


class TestSweepsBySize:
    @pytest.mark.parametrize("seed", [1])
    def test_which_trend_line_is_better(self, seed):
        result = gdcli.sweep("fit", f"sample:trend:seed={seed}", degree=[1, 3, 9], standardize=True)
        assert result.keep.differs == {"degree": 3}
        assert result.ranked_by == {"metric": "rmse", "of": "rows held out in 7 folds"}

    def test_the_sample_shows_that_nine_overfits(self, gdcli):
        command = toys.trend.command.split()[1:]
        result = gdcli(*command)
        assert "keep       degree 3:" in result.out
        said = " ".join(result.out.split())
        assert "degree 9 fits the training rows better" in said
        assert "it overfits." in said

    def test_a_score_is_that_of_runs_on_the_other_folds(self):
        rows = toys.trend(rng=np.random.default_rng(5))
        x, y = rows.inputs[:, 0], rows.targets
        found = gdcli.sweep("fit", (x, y), degree=[1, 2], standardize=True, lr=0.3, epochs=300, folds=4)
        line = next(run for run in found if run.differs["degree"] == 1)
        parts = folds(Dataset(x, y), 4, 0)
        squares = np.concatenate([np.full(len(held), least_squares(train, held) ** 2) for train, held in parts])
        assert line.measured.value == pytest.approx(math.sqrt(squares.mean()), rel=1e-9)

    def test_overfits_needs_both_sides(self):
        rng = np.random.default_rng(1)
        keep = Measured(rng.exponential(size=20), None, "", training=0.5)
        worse = Measured(keep.losses * 3, None, "", training=0.1)
        assert overfits(keep, worse)
        assert not overfits(keep, dataclasses.replace(worse, training=0.6))
        assert not overfits(keep, dataclasses.replace(keep, training=0.1))

    def test_ranks_by_chance(self):
        rng = np.random.default_rng(2)
        said = [tends_higher(rng.exponential(size=15), rng.exponential(size=15)) for _ in range(1000)]
        assert 0.03 <= np.mean(said) <= 0.07


class TestSweepsOfLosses:
    def test_one_measure_for_both(self, gdcli):
        words = ["sweep", "train", "sample:breast_cancer", "--loss", "binary-cross-entropy,mse", "--lr", "0.01"]
        found = gdcli(*words, "--epochs", "3", "--format", "json").json
        assert found["ranked_by"] == {"metric": "log_loss", "of": "rows held out"}
        runs = sorted(found["runs"], key=lambda run: run["rank"])
        assert runs[0]["log_loss"] < runs[1]["log_loss"]
        by_loss = {run["differs"]["loss"]: run for run in runs}
        own = by_loss["binary-cross-entropy"]
        assert own["log_loss"] == pytest.approx(own["best_validation_loss"], rel=1e-5)
        gap = runs[1]["log_loss"] - runs[0]["log_loss"]
        assert abs(found["comparison"]["figures"]["difference"]) == pytest.approx(gap)
        assert found["comparison"]["basis"]["rows"] == 57
        assert len(found["gradients"]["mse"]) == 4

    def test_numbers_by_rmse_on_training_rows_where_none_are_held_out(self, gdcli):
        words = ["sweep", "fit", "sample:bmi", "--standardize", "--loss", "mse,mae", "--epochs", "200", "--lr", "0.5"]
        result = gdcli(*words, "--format", "json").json
        assert result["ranked_by"] == {"metric": "rmse", "of": "training rows"}
        squares = next(run for run in result["runs"] if run["differs"]["loss"] == "mse")
        assert squares["rank"] == 1
        assert squares["rmse"] == pytest.approx(math.sqrt(squares["final_loss"]), rel=1e-9)
        assert result["gradients"] is None

    def test_plain_learning_rates_have_no_measure(self, gdcli):
        found = gdcli("sweep", "fit", "sample:deck", "--lr", "0.1,0.2", "--epochs", "5", "--format", "json").json
        assert not {"ranked_by", "comparison", "gradients"} & found.keys()

    def test_a_dead_run_is_not_called_converged(self, gdcli):
        words = ["sweep", "train", "sample:moons", "--hidden", "8", "--lr", "0.02,3000", "--optimizer", "sgd"]
        runs = json.loads(gdcli(*words, "--init", "zeros", "--epochs", "30", "--format", "json").out)["runs"]
        assert "converged" not in {run["verdict"] for run in runs}
        assert "learned nothing" in {run["verdict"] for run in runs}

    def test_a_run_that_learned_nothing_is_before_one_of_higher_loss(self, gdcli, tmp_path):
        """At the lower rate it has not yet come to where no input is needed, which is no merit."""
        rng = np.random.default_rng(4)
        path = tmp_path / "noise.csv"
        rows = np.column_stack([rng.normal(size=(200, 3)), np.arange(200) % 8 == 0])
        np.savetxt(path, rows, "%.4g", ",", header="a,b,c,y", comments="")
        words = ["sweep", "train", path, "--lr", "0.003,0.1", "--epochs", "20", "--format", "json"]
        slow, fast = sorted(gdcli(*words).json["runs"], key=lambda run: run["differs"]["lr"])
        assert fast["verdict"] == "learned nothing" != slow["verdict"]
        assert fast["best_validation_loss"] < slow["best_validation_loss"]
        assert (fast["rank"], slow["rank"]) == (1, 2)

    @pytest.mark.parametrize("one_logit", [True, False])
    @pytest.mark.parametrize("loss", [losses.binary_cross_entropy, losses.cross_entropy, losses.mse_of_probabilities])
    def test_gradients_by_central_differences(self, loss, one_logit):
        if one_logit == (loss is losses.cross_entropy) and loss is not losses.mse_of_probabilities:
            return  # the one is of one logit, the other of as many as there are classes
        step = 1e-6
        for p, slope in zip(PROBABILITIES, gradients_of_errors(loss, one_logit), strict=True):
            logit = math.log(p / (1 - p))

            def value(z):
                if one_logit:
                    return float(loss(np.array([z]), np.array([1.0]))[0])
                return float(loss(np.array([[z, 0.0]]), np.array([[1.0, 0.0]]))[0])

            assert slope == pytest.approx((value(logit + step) - value(logit - step)) / (2 * step), abs=1e-8)


BENT = (
    "x,y\n-1.2,-2.1\n0.4,0.3\n0.4,0.2\n-1.4,-1.6\n3.2,-1.6\n0.2,0.1\n-0.6,-0.9\n-0.9,-1.1\n-1.2,-2.3\n"
    "1.0,0.4\n0.1,0.8\n0.2,0.9\n0.2,-0.0\n-0.4,-0.8\n"
)


def test_a_rate_that_is_picked_suits_the_folds_of_a_sweep_too(gdcli, tmp_path):
    """A rate just below the limit on all rows is above it on some folds: their huge errors are no overfitting."""
    table = tmp_path / "bent.csv"
    table.write_text(BENT)
    swept = gdcli("sweep", "fit", table, "--degree", "1,2", "--format", "json").json
    for run in swept["runs"]:
        degree = run["differs"]["degree"]
        errors = []
        rows = np.loadtxt(table, delimiter=",", skiprows=1)
        for train, held in folds(Dataset(rows[:, :1], rows[:, 1]), 7, 0):
            known = np.polyfit(train.inputs[:, 0], train.targets, degree)
            errors.append((np.polyval(known, held.inputs[:, 0]) - held.targets) ** 2)
        assert run["rmse"] == pytest.approx(math.sqrt(np.mean(np.concatenate(errors))), rel=1e-3)
    assert "overfits" not in gdcli("sweep", "fit", table, "--degree", "1,2").out


def test_runs_that_diverge_on_folds_alone_are_named_and_never_kept(gdcli, tmp_path):
    table = tmp_path / "bent.csv"
    table.write_text(BENT)
    words = ("sweep", "fit", table, "--degree", "1,2", "--lr", 0.6, "--standardize")
    said = " ".join(gdcli(*words).out.split())
    assert "of its runs on folds diverged, though not the one on all rows" in said
    assert "overfits" not in said
    assert gdcli(*words, "--format", "json").json["keep"]["degree"] == 1


@pytest.mark.parametrize("slope", [1.8, 0.621371, 15.0])
def test_lines_that_fit_exactly_are_not_ranked_by_their_rounding(gdcli, tmp_path, slope):
    table = tmp_path / "exact.csv"
    table.write_text("x,y\n" + "".join(f"{x},{slope * x + 32!r}\n" for x in range(-10, 41, 3)))
    words = ("sweep", "fit", table, "--degree", "1,2")
    swept = gdcli(*words, "--format", "json").json
    assert swept["keep"]["degree"] == 1
    assert "exact but for rounding" in " ".join(gdcli(*words).out.split())


@pytest.mark.parametrize(("rows", "hint"), [(1, "leave out --folds"), (3, "--folds 3"), (12, "5 or 10")])
def test_a_hint_that_can_be_carried_out(gdcli, rows, hint):
    table = "x,y\n" + "".join(f"{x},{x * x}\n" for x in range(rows))
    result = gdcli("fit", "--folds", 40, stdin=table)
    assert result.code == 2
    assert hint in result.err.splitlines()[1]


def test_a_sweep_takes_the_folds_of_its_seed(gdcli):
    """As the run that it names does: `best run: ... --seed 3 --folds 5`."""
    scores = []
    for seed in (0, 3):
        words = ("fit", "sample:bmi", "--l2", "0,0.5", "--folds", 5, "--lr", 0.15, "--scale", "standard")
        found = gdcli("sweep", *words, "--seed", seed, "--format", "json").json
        scores.append([run["rmse"] for run in found["runs"]])
    assert scores[0] != scores[1]
