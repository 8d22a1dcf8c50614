"""Defaults that depend on the rows, and sentences that were not so."""

import math
import re

import numpy as np
import pytest

import gdcli as library
from gdcli import SGD, Dataset, Linear, Momentum, Problem, mse
from gdcli.analysis.forecast import forecast
from gdcli.analysis.trials import calmest, final_loss


def table(path, header, rows):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


class TestTrain:
    def test_numbers_come_out_as_least_squares_on_the_rows_trained_on(self):
        rng = np.random.default_rng(0)
        x = rng.normal(size=(200, 4))
        y = x @ [1.0, -2.0, 0.5, 3.0] + rng.normal(size=200)
        result = library.train((x, y), task="regression")
        assert result.experiment.chosen.options["keep"] == "last"
        assert result.kept.epoch == result.run.last.epoch

    @pytest.mark.parametrize("noise", [1.0, 1e-3, 0.0])
    @pytest.mark.parametrize("near", [1.0, 1e-2])
    def test_a_close_fit_is_carried_to_its_optimum(self, noise, near):
        rng = np.random.default_rng(2)
        x = rng.normal(size=(200, 4))
        x[:, 3] = x[:, 2] + near * x[:, 3]
        y = x @ [1.0, 2.0, 3.0, 4.0] + noise * rng.normal(size=200)
        result = library.train((x, y), task="regression", validation="none", dtype="float64")
        assert result.status == "converged"
        design = np.column_stack([x, np.ones(200)])
        least = np.mean((design @ np.linalg.lstsq(design, y, rcond=None)[0] - y) ** 2)
        assert result.scores["train"]["mse"] <= 1.02 * least + 1e-9 * np.var(y)

    def test_keep_best_is_taken_as_given(self):
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(200, 4)), rng.normal(size=200)
        assert "keep" not in library.train((x, y), task="regression", keep="best").experiment.chosen.options

    def test_one_standardised_input_takes_plain_descent(self, gdcli, tmp_path):
        rng = np.random.default_rng(1)
        name = table(tmp_path / "one.csv", "x,y", [(x, 2 * x + rng.normal()) for x in rng.normal(size=60)])
        run = gdcli("train", name, "--task", "regression")
        assert "SGD, lr" in run.err
        assert "--momentum 0" not in run.err

    def test_few_rows_a_class_are_all_trained_on(self, gdcli, tmp_path):
        rows = [(at + shift, at * shift, f"c{at}") for at in range(5) for shift in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]
        name = table(tmp_path / "few.csv", "a,b,label", rows)
        run = gdcli("train", name)
        assert "no rows held out: 30 are too few for 5 classes" in run.err
        assert "--validation none" in run.err

    def test_a_plateau_is_crossed_at_a_rate_found_by_trials(self):
        """Two spirals: the hundred steps of a range test hardly lower the loss, so each rate has a trial of its own."""
        result = library.train("sample:spiral", hidden=[8, 8], seed=0)
        assert "by trials of about 1,000 steps" in result.experiment.chosen.line
        assert result.scores["train"]["accuracy"] > 0.9


class TestTrials:
    @pytest.mark.parametrize(
        ("losses", "rate"),
        [
            ((0.6, 0.11, 0.1), 0.1),  # nearly as good as the best, and lower
            ((0.6, 0.3, 0.1), 1.0),
            ((0.1, 0.1, math.inf), 0.01),
            ((0.8, 0.9, math.inf), None),
        ],
    )
    def test_the_lowest_rate_that_gets_nearly_as_far_as_the_best(self, losses, rate):
        assert calmest((0.01, 0.1, 1.0), losses, first=0.7) == rate

    @pytest.mark.parametrize(("held_out", "heard"), [(None, True), (0.9, True), (0.2, False)])
    def test_the_loss_is_that_of_the_end_unless_rows_held_out_got_worse(self, held_out, heard):
        """One row at x = 1: a step of rate 0.1 moves m and b alike, and takes the error to 1 - 0.4 of it."""
        other = None if held_out is None else Dataset([1.0], [held_out])
        problem = Problem(Linear(1), mse, Dataset([1.0], [1.0]), validation=other)
        expected = (0.6**38 + 0.6**40) / 2 if heard else math.inf
        assert final_loss(problem, SGD(), 0.1, epochs=20, start=np.zeros(2)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("options", [("--missing", "fail")])
def test_a_model_that_fills_refuses_gaps_where_that_is_asked_for(gdcli, tmp_path, options):
    rows = [("" if at % 7 == 0 else at, at % 5, 2 * at) for at in range(40)]
    name, model = table(tmp_path / "gaps.csv", "a,b,y", rows), str(tmp_path / "m.safetensors")
    assert gdcli("train", name, "--task", "regression", "--missing", "mean", "--save", model).code == 0
    assert gdcli("evaluate", model, name).code == 0
    run = gdcli("evaluate", model, name, *options)
    assert run.code == 3
    assert "6 of 40 rows have gaps" in run.err


def test_classes_and_numbers_are_not_swept_together(gdcli, tmp_path):
    name = table(tmp_path / "one.csv", "x,y", [(at, at % 3) for at in range(30)])
    run = gdcli("sweep", "train", name, "--task", "classification,regression")
    assert run.code == 2
    assert "no measure in common" in run.err


def test_a_text_target_points_to_train_in_the_one_line(gdcli, tmp_path):
    name = table(tmp_path / "words.csv", "x,ok", [(at, "Yes" if at % 3 else "No") for at in range(9)])
    assert "gdcli train" in gdcli("fit", name).err.splitlines()[0]


def test_a_loss_reached_after_a_million_steps_is_reached():
    years = np.arange(1980.0, 2020.0)
    problem = Problem(Linear(1), mse, Dataset(years, 3 * (years - 1980)))
    run = forecast(problem, Momentum(), 4.7e-7, np.zeros(2))
    steps = run.steps_to(100.0)
    assert steps > 1_000_000
    assert run.loss(steps) <= 100 < run.loss(steps // 2)


def test_where_the_fastest_rate_is_too_slow_only_standardising_is_named(gdcli, tmp_path):
    name = table(tmp_path / "years.csv", "year,y", [(1980 + at, 3 * at) for at in range(40)])
    said = gdcli("fit", name, "--lr", 0.1).err
    assert "Try --standardize, where" in said
    assert "fastest constant rate" not in said


def test_why_a_fit_without_a_formula_is_standardised_is_what_was_found(gdcli):
    """Adam's trial run does not arrive; of MAE plain descent on MSE says how large the inputs are, 2/L by hand."""
    tried = gdcli("fit", "sample:bmi", "--optimizer", "adam", "--format", "csv").err
    assert "standardised: as they are, lr 0.1 is not near the optimum after 500 epochs; lr " in tried
    assert ", so that about 50 updates can reach the largest target, 346\n" in tried
    rows = "x,y\n10,1\n30,2\n"  # the Hessian of MSE: 2 [[500, 20], [20, 1]]
    limit = 2 / float(np.linalg.eigvalsh([[1000.0, 40.0], [40.0, 2.0]])[-1])
    measured = gdcli("fit", "-", "--loss", "mae", "--format", "csv", stdin=rows).err
    assert f"the inputs are large for lr 0.1: on MSE plain descent is stable up to {limit:.4g} only" in measured


def almost_twins():
    """Two inputs whose difference tells, of a condition number that plain descent cannot cope with."""
    rng = np.random.default_rng(2)
    first = rng.normal(size=60)
    second = first + 1e-3 * rng.normal(size=60)
    return np.column_stack([first, second]), 100 * (first - second) + 0.01 * rng.normal(size=60)


class TestWherePlainDescentIsTooSlow:
    def test_fit_arrives_by_an_accelerated_one(self):
        x, y = almost_twins()
        design = np.column_stack([x, np.ones(60)])
        least = np.mean((design @ np.linalg.lstsq(design, y)[0] - y) ** 2)
        found = library.fit((x, y))
        assert found.experiment.chosen.options["optimizer"] == "accelerated"
        assert found.run.last.loss - least < 2e-4 * np.var(y)
        assert "would take" in found.experiment.chosen.line

    def test_what_it_says_of_plain_descent_is_so(self):
        """At its best rate, of two digits, the loss is near the optimum after so many epochs, and not long before."""
        x, y = almost_twins()
        found = library.fit((x, y))
        said = int(re.search(r"best rate would take ([\d,]+) epochs", found.experiment.chosen.line)[1].replace(",", ""))
        design = np.column_stack([(x - x.mean(axis=0)) / x.std(axis=0), np.ones(60)])
        values, directions = np.linalg.eigh(2 * design.T @ design / 60)
        error = directions.T @ np.linalg.lstsq(design, y)[0]
        rate = 2 / (values[0] + values[-1])

        def excess(epochs):
            return 0.5 * np.sum(values * ((1 - rate * values) ** int(epochs) * error) ** 2)

        assert excess(1.2 * said) < 1e-4 * np.var(y) < excess(0.8 * said)

    @pytest.mark.parametrize("given", [{"optimizer": "sgd"}, {"optimizer": "momentum"}, {"lr": 0.1}])
    def test_what_is_given_is_kept(self, given):
        found = library.fit(almost_twins(), **given, epochs=50)
        assert "optimizer" not in found.experiment.chosen.options

    def test_its_rerun_line_makes_the_same_run(self, gdcli, tmp_path):
        path = tmp_path / "twins.csv"
        x, y = almost_twins()
        np.savetxt(path, np.column_stack([x, y]), "%.17g", ",", header="a,b,y", comments="")
        first = gdcli("fit", path, "--format", "csv")
        assert "Accelerated" in first.err
        assert gdcli(*first.rerun).out == first.out


def largest_curvature(problem, at):
    """Of a loss at some parameters, by power iteration on central differences of its gradient."""
    inputs, targets = (np.asarray(one, float) for one in (problem.data.inputs, problem.data.targets))
    vector, step = np.random.default_rng(1).normal(size=len(at)), 1e-4
    for _ in range(60):
        vector /= np.linalg.norm(vector)
        there, back = (problem.loss_and_gradient(at + side * step * vector, inputs, targets)[1] for side in (1.0, -1.0))
        vector = (there - back) / (2 * step)
    return np.linalg.norm(vector)


@pytest.mark.parametrize("sample", ["iris", "breast_cancer"])
@pytest.mark.parametrize(
    "given", [{}, {"class_weight": "balanced"}, {"class_weight": "balanced", "label_smoothing": 0.1}, {"l2": 0.1}]
)
def test_the_rate_for_classes_is_at_most_1_over_the_largest_curvature(sample, given):
    one = library.train(f"sample:{sample}", epochs=1, **given).experiment
    assert "at most 1/L" in one.chosen.line
    start = np.random.default_rng(0).normal(size=one.problem.model.size)
    assert one.rate <= 1 / max(largest_curvature(one.problem, size * start) for size in (0.0, 0.1, 0.5))
