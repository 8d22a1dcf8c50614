"""The classification losses against PyTorch's and Keras's figures, a second formula, and inputs that overflow."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from gdcli.nn.losses import binary_cross_entropy, cross_entropy, mse_of_probabilities, one_hot

pytestmark = pytest.mark.quick

NUMERIC = json.loads((Path(__file__).parent / "oracles" / "numeric.json").read_text())
TOLERANCE = {"rtol": 1e-12, "atol": 1e-15}
EXTREMES = (-1e4, -1e3, -88.8, -1.0, 0.0, 1.0, 88.8, 1e3, 1e4)


def softplus(z):
    """log(1 + e^z), the textbook's way, for one number."""
    return z + math.log1p(math.exp(-z)) if z > 0 else math.log1p(math.exp(z))


def shares(logits):
    powers = [math.exp(z - max(logits)) for z in logits]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize("case", NUMERIC["bce_with_logits"], ids=lambda case: f"target {case['target']:g}")
def test_binary_cross_entropy_is_pytorchs(case):
    for z, loss, slope in zip(NUMERIC["z"], case["loss"], case["grad_wrt_logit"], strict=True):
        value, gradient = binary_cross_entropy(np.array([z]), np.array([case["target"]]))
        np.testing.assert_allclose(value, loss, err_msg=f"loss at {z}", **TOLERANCE)
        np.testing.assert_allclose(gradient, [slope], err_msg=f"gradient at {z}", **TOLERANCE)


@pytest.mark.parametrize("case", NUMERIC["softmax_cross_entropy"], ids=lambda case: str(case["logits"][:4]))
def test_cross_entropy_is_pytorchs(case):
    value, gradient = cross_entropy(np.array([case["logits"]], float), np.array([case["target"]]))
    np.testing.assert_allclose(value, case["loss"], **TOLERANCE)
    np.testing.assert_allclose(gradient, [case["grad"]], **TOLERANCE)


@pytest.mark.parametrize("case", NUMERIC["bce_on_probabilities"], ids=lambda case: f"p {case['p']}, {case['target']}")
def test_the_loss_of_a_probability_is_the_loss_of_its_logit(case):
    if 0 < case["p"] < 1:
        logit = np.array([math.log(case["p"]) - math.log1p(-case["p"])])
        value, _ = binary_cross_entropy(logit, np.array([float(case["target"])]))
        np.testing.assert_allclose(value, case["torch_bceloss"], rtol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("target", [0.0, 1.0])
@pytest.mark.parametrize("z", EXTREMES)
def test_binary_cross_entropy_at_extremes(z, target, dtype):
    value, gradient = binary_cross_entropy(np.array([z], dtype), np.array([target], dtype))
    assert gradient.dtype == dtype
    precision = 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(value, softplus(-z if target else z), rtol=precision, atol=precision)
    np.testing.assert_allclose(gradient, [shares([0.0, z])[1] - target], rtol=precision, atol=precision)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("logits", list(itertools.product((-1e4, 0.0, 1e4), repeat=3)))
def test_cross_entropy_at_extremes(logits, dtype):
    for target in range(3):
        value, gradient = cross_entropy(np.array([logits], dtype), np.array([target]))
        p = shares(logits)
        highest = max(logits)
        loss = highest + math.log(sum(math.exp(z - highest) for z in logits)) - logits[target]
        expected = [share - (k == target) for k, share in enumerate(p)]
        assert gradient.dtype == dtype
        np.testing.assert_allclose(value, loss, rtol=1e-6, atol=2e-3 if dtype == np.float32 else 1e-11)
        np.testing.assert_allclose(gradient, [expected], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("z", EXTREMES)
def test_the_squared_error_of_probabilities_at_extremes(z, dtype):
    p = shares([0.0, z])[1]
    for target in (0.0, 1.0):
        value, gradient = mse_of_probabilities(np.array([z], dtype), np.array([target], dtype))
        np.testing.assert_allclose(value, (p - target) ** 2, rtol=1e-5, atol=1e-12)
        np.testing.assert_allclose(gradient, [2 * (p - target) * p * (1 - p)], rtol=1e-4, atol=1e-7)


def test_a_confidently_wrong_row_pulls_under_cross_entropy_and_not_under_squared_error():
    logits, target = np.array([20.0]), np.array([0.0])
    assert binary_cross_entropy(logits, target)[1][0] > 0.99
    assert abs(mse_of_probabilities(logits, target)[1][0]) < 1e-7


def test_a_mean_over_rows_with_gradients_that_sum_to_nothing_in_each_row():
    rng = np.random.default_rng(4)
    logits, targets = rng.normal(size=(7, 5)) * 3, rng.integers(5, size=7)
    value, gradient = cross_entropy(logits, targets)
    rows = [-math.log(shares(row)[target]) for row, target in zip(logits.tolist(), targets.tolist(), strict=True)]
    assert value == pytest.approx(sum(rows) / 7, rel=1e-12)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-15)


def test_two_classes_by_softmax_are_one_logit_by_sigmoid():
    rng = np.random.default_rng(5)
    z, targets = rng.normal(size=9) * 4, rng.integers(2, size=9)
    one, slope = binary_cross_entropy(z, targets.astype(float))
    two, slopes = cross_entropy(np.column_stack([np.zeros(9), z]), targets)
    assert one == pytest.approx(two, rel=1e-12)
    np.testing.assert_allclose(slope, slopes[:, 1], rtol=1e-12, atol=1e-17)


def test_smoothed_labels_mix_the_losses_of_all_classes():
    rng = np.random.default_rng(6)
    logits, targets, s, k = rng.normal(size=(6, 4)), rng.integers(4, size=6), 0.3, 4
    smooth = np.full((6, k), s / k)
    smooth[np.arange(6), targets] += 1 - s
    value, gradient = cross_entropy(logits, smooth)
    each = [cross_entropy(logits, np.full(6, c)) for c in range(k)]
    hard = cross_entropy(logits, targets)
    assert value == pytest.approx((1 - s) * hard[0] + s * sum(v for v, _ in each) / k, rel=1e-12)
    np.testing.assert_allclose(gradient, (1 - s) * hard[1] + s * sum(g for _, g in each) / k, rtol=1e-12, atol=1e-16)


def test_a_weight_of_two_is_a_row_counted_twice():
    rng = np.random.default_rng(7)
    logits, targets = rng.normal(size=(5, 3)), np.array([0, 1, 2, 1, 0])
    value, gradient = cross_entropy(logits, targets, weights=np.array([1.0, 2.0, 1.0]))
    twice = np.array([0, 1, 1, 2, 3, 3, 4])
    again, slopes = cross_entropy(logits[twice], targets[twice])
    assert value * 5 == pytest.approx(again * 7, rel=1e-12)
    summed = np.zeros_like(logits)
    np.add.at(summed, twice, slopes * 7)
    np.testing.assert_allclose(gradient * 5, summed, rtol=1e-12, atol=1e-15)
    z, y = rng.normal(size=5), np.array([0.0, 1.0, 0.0, 1.0, 1.0])
    weighted, _ = binary_cross_entropy(z, y, weights=(1.0, 2.0))
    twice = np.array([0, 1, 1, 2, 3, 3, 4, 4])
    assert weighted * 5 == pytest.approx(binary_cross_entropy(z[twice], y[twice])[0] * 8, rel=1e-12)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", [None, (1.0, 1.0), (0.25, 3.0), (0.0, 2.0)])
def test_one_logit_and_two_are_one_definition(smoothing, weights):
    """-sum_k w_k t_k log p_k, t smoothed: by one logit z, and by the two logits (c, c + z)."""
    rng = np.random.default_rng(11)
    z, y, shift = 4 * rng.normal(size=9), rng.integers(0, 2, 9), rng.normal(size=9)
    target = y * (1 - smoothing) + smoothing / 2
    both = None if weights is None else np.array(weights)
    one, slope = binary_cross_entropy(z, target, weights=weights)
    two, slopes = cross_entropy(np.column_stack([shift, shift + z]), one_hot(y, 2, smoothing, float), weights=both)
    w_0, w_1 = weights or (1.0, 1.0)
    p = 1 / (1 + np.exp(-z))
    by_hand = -np.mean(w_1 * target * np.log(p) + w_0 * (1 - target) * np.log(1 - p))
    assert one == pytest.approx(by_hand, rel=1e-12)
    assert two == pytest.approx(by_hand, rel=1e-12)
    by_hand_slope = (w_0 * (1 - target) * p - w_1 * target * (1 - p)) / 9
    np.testing.assert_allclose(slope, by_hand_slope, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slopes, np.column_stack([-by_hand_slope, by_hand_slope]), rtol=1e-11, atol=1e-15)


def test_a_confident_row_keeps_its_digits_under_weights():
    """log(1 + exp(-40)) is not lost beside 40."""
    value, _ = binary_cross_entropy(np.array([40.0]), np.array([1.0]), weights=(1.0, 3.0))
    assert value == pytest.approx(3 * np.exp(-40.0), rel=1e-9)
