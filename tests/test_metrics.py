"""Metrics against scikit-learn's figures, formulas written a second time, and hand-worked tables."""

import doctest
import json
import math
from pathlib import Path

import numpy as np
import pytest

from gdcli.nn import metrics

pytestmark = pytest.mark.quick

ORACLES = Path(__file__).parent / "oracles"
NUMERIC = json.loads((ORACLES / "numeric.json").read_text())
REGRESSION, PROBABILITIES = NUMERIC["regression_metrics"], NUMERIC["bce_on_probabilities"]
CLASSES = json.loads((ORACLES / "metrics.json").read_text())
MULTI, BINARY = CLASSES["multiclass"], CLASSES["binary"]


def matches(value):
    return pytest.approx(float(value), rel=1e-12, abs=0)


@pytest.mark.parametrize("case", REGRESSION, ids=lambda case: str(case["yhat"]))
@pytest.mark.parametrize("name", ["mse", "rmse", "mae", "r2"])
def test_regression_matches_scikit_learn(case, name):
    outputs, targets = np.array(case["yhat"], float), np.array(case["y"], float)
    assert getattr(metrics, name)(outputs, targets) == matches(case[name])


def test_lecture_line():
    x, targets = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    outputs = -x + 5
    assert metrics.mse(outputs, targets) == 2.5
    assert metrics.rmse(outputs, targets) == 1.5811388300841898


@pytest.mark.parametrize("name", ["mse", "rmse", "mae", "r2"])
def test_regression_formula_a_second_time(name):
    outputs, targets = np.random.default_rng(0).normal(loc=5, size=(2, 400))
    errors = [o - t for o, t in zip(outputs, targets, strict=True)]
    mean = math.fsum(targets) / 400
    square = math.fsum(e * e for e in errors)
    expected = {
        "mse": square / 400,
        "rmse": math.sqrt(square / 400),
        "mae": math.fsum(map(abs, errors)) / 400,
        "r2": 1 - square / math.fsum((t - mean) ** 2 for t in targets),
    }
    assert getattr(metrics, name)(outputs, targets) == matches(expected[name])


def test_huge_values_overflow_only_where_the_answer_does():
    outputs, targets = np.array([3e200, -1e200]), np.array([1e200, 1e200])
    assert metrics.mse(outputs, targets) == math.inf
    assert metrics.mae(outputs, targets) == matches(2e200)
    assert metrics.mae(np.full(3, 1.7e308), np.zeros(3)) == matches(1.7e308)
    assert metrics.mse(np.full(99, 1e154), np.zeros(99)) == matches(1e308)
    assert metrics.r2(np.array([4e200, 3e200]), np.array([3e200, 5e200])) == matches(-1.5)


@pytest.mark.parametrize("name", ["mse", "rmse", "mae"])
def test_infinite_and_missing_outputs_pass_through(name):
    metric = getattr(metrics, name)
    assert metric(np.array([math.inf, 1e300]), np.zeros(2)) == math.inf
    assert math.isnan(metric(np.array([math.nan, 1e300]), np.zeros(2)))
    assert metric(np.array([1.7e308]), np.array([-1.7e308])) == math.inf


@pytest.mark.parametrize("name", ["mse", "rmse", "mae", "r2", "accuracy"])
def test_nothing_is_not_a_number(name):
    assert math.isnan(getattr(metrics, name)(np.array([]), np.array([])))


@pytest.mark.parametrize("outputs", [[math.inf, 1.0], [math.nan, 1.0], [1.7e308, -1.7e308]])
def test_r2_of_a_run_that_diverged_does_not_warn(outputs):
    assert not metrics.r2(np.array(outputs), np.array([3.0, 5.0])) > -1e300


def test_r2_far_below_zero():
    assert metrics.r2(np.array([1e150, 5.0]), np.array([3.0, 5.0])) == matches(-1e300 / 2)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e16 / 3])
def test_r2_of_constant_targets(constant):
    targets = np.full(10, constant)
    assert metrics.r2(targets, targets) == 1.0
    assert metrics.r2(targets + 5, targets) == 0.0


def test_a_column_of_outputs_is_not_spread_into_a_table():
    assert metrics.mse(np.array([[4.0], [3.0]]), np.array([3.0, 5.0])) == 2.5
    with pytest.raises(ValueError, match="reshape"):
        metrics.mse(np.array([4.0]), np.array([3.0, 5.0]))


def test_integers_and_float32_are_compared_as_float64():
    assert metrics.mse(np.array([0, 255], np.uint8), np.array([255, 0], np.uint8)) == 255.0**2
    assert metrics.mae(np.array([0.1], np.float32), np.array([0.1])) == abs(float(np.float32(0.1)) - 0.1)


def test_classes_match_scikit_learn():
    truth, predicted = np.array(MULTI["y"]), np.array(MULTI["pred"])
    matrix = metrics.confusion(predicted, truth, 4)
    assert matrix.tolist() == MULTI["confusion_rows_true_cols_pred"]
    assert matrix.sum(axis=1).tolist() == MULTI["support"]
    assert metrics.accuracy(predicted, truth) == matches(MULTI["accuracy"])
    for name in ("precision", "recall", "f1"):
        np.testing.assert_allclose(getattr(metrics, name)(matrix), MULTI[name], rtol=1e-12, atol=0)
    assert metrics.macro_f1(matrix) == matches(MULTI["macro_f1"])


def test_two_classes_match_scikit_learn():
    truth, score = np.array(BINARY["y"]), np.array(BINARY["score"])
    predicted = (score > 0.5).astype(int)
    assert metrics.accuracy(predicted, truth) == matches(BINARY["accuracy"])
    assert metrics.confusion(predicted, truth, 2).tolist() == BINARY["confusion"]
    assert metrics.log_loss(score, truth) == matches(BINARY["log_loss"])
    assert metrics.roc_auc(score, truth) == matches(BINARY["roc_auc"])


@pytest.mark.parametrize("case", PROBABILITIES, ids=lambda case: f"{case['p']}-{case['target']}")
def test_log_loss_of_one_row_matches_scikit_learn(case):
    truth = np.array([case["target"]])
    assert metrics.log_loss(np.array([case["p"]]), truth) == matches(case["sklearn_log_loss"])
    assert metrics.log_loss(np.array([[1 - case["p"], case["p"]]]), truth) == matches(case["sklearn_log_loss"])


def test_log_loss_of_shapes():
    score, truth = np.array([0.2, 0.9, 0.6]), np.array([0, 1, 0])
    expected = -(math.log(0.8) + math.log(0.9) + math.log(0.4)) / 3
    for shape in (score, score[:, None], np.column_stack([1 - score, score])):
        assert metrics.log_loss(shape, truth) == matches(expected)
    three = np.array([[0.2, 0.3, 0.5], [0.1, 0.6, 0.3]])
    assert metrics.log_loss(three, np.array([2, 0])) == matches(-(math.log(0.5) + math.log(0.1)) / 2)


def test_roc_auc_counts_pairs():
    rng = np.random.default_rng(0)
    scores, truth = rng.integers(0, 6, 80), rng.integers(0, 2, 80)
    ones, zeros = scores[truth == 1], scores[truth == 0]
    won = np.mean((ones[:, None] > zeros) + (ones[:, None] == zeros) / 2)
    assert metrics.roc_auc(scores, truth) == matches(won)


@pytest.mark.parametrize(
    ("scores", "truth", "expected"),
    [([1, 2, 3, 4], [0, 0, 1, 1], 1), ([4, 3, 2, 1], [0, 0, 1, 1], 0), ([5, 5, 5, 5], [0, 1, 0, 1], 0.5)],
)
def test_roc_auc_by_hand(scores, truth, expected):
    assert metrics.roc_auc(np.array(scores), np.array(truth)) == expected


@pytest.mark.parametrize("truth", [0, 1])
def test_roc_auc_needs_both_classes(truth):
    assert math.isnan(metrics.roc_auc(np.array([0.1, 0.9]), np.full(2, truth)))


def test_undefined_is_zero_and_absent_classes_are_left_out_of_the_mean():
    matrix = np.array([[2, 0, 0], [1, 0, 0], [0, 0, 0]])
    np.testing.assert_allclose(metrics.precision(matrix), [2 / 3, 0, 0])
    np.testing.assert_allclose(metrics.recall(matrix), [1, 0, 0])
    np.testing.assert_allclose(metrics.f1(matrix), [0.8, 0, 0])
    assert metrics.macro_f1(matrix) == matches(0.4)
    assert math.isnan(metrics.macro_f1(np.zeros((3, 3), int)))


def test_confusion_refuses_a_class_it_does_not_know():
    with pytest.raises(IndexError):
        metrics.confusion(np.array([3]), np.array([0]), 3)


def test_worst_confusions():
    matrix = np.array([[9, 1, 4], [0, 9, 0], [2, 4, 9]])
    names = ["a", "b", "c"]
    assert metrics.worst_confusions(matrix, names) == [("a", "c", 4), ("c", "b", 4), ("c", "a", 2)]
    assert metrics.worst_confusions(matrix, names, n=9)[3:] == [("a", "b", 1)]
    assert metrics.worst_confusions(np.eye(3, dtype=int), names) == []
    assert matrix[0, 0] == 9


def test_examples_run():
    assert doctest.testmod(metrics).failed == 0


def test_r2_has_no_units_even_where_differences_overflow():
    outputs, targets = np.array([1.0, 2.0, 1e8]), np.array([1e8, -1e8, 3.0])
    assert metrics.r2(outputs * 1e300, targets * 1e300) == pytest.approx(metrics.r2(outputs, targets), rel=1e-12)
