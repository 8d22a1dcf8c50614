"""Initialisers: shape, repeatability, and the variance the papers ask for."""

import doctest
import math

import numpy as np
import pytest

from gdcli.nn import initializers

pytestmark = pytest.mark.quick

ALL = [getattr(initializers, name) for name in initializers.__all__]
FAN_IN, FAN_OUT = 300, 500
VARIANCE = {
    "zeros": 0,
    "lecun": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "glorot": 2 / (FAN_IN + FAN_OUT),
    "glorot_normal": 2 / (FAN_IN + FAN_OUT),
    "he": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
}
LIMIT = {
    "lecun_uniform": math.sqrt(3 / FAN_IN),
    "glorot": math.sqrt(6 / (FAN_IN + FAN_OUT)),
    "he_uniform": math.sqrt(6 / FAN_IN),
}

everyone = pytest.mark.parametrize("initializer", ALL, ids=initializers.__all__)


def draw(initializer, seed=0):
    return initializer(np.random.default_rng(seed), FAN_IN, FAN_OUT)


@everyone
def test_shape_and_dtype(initializer):
    assert (draw(initializer).shape, draw(initializer).dtype) == ((FAN_IN, FAN_OUT), np.float64)


@everyone
def test_same_seed_same_weights(initializer):
    np.testing.assert_array_equal(draw(initializer, seed=7), draw(initializer, seed=7))


@everyone
def test_other_seed_other_weights(initializer):
    if initializer is not initializers.zeros:
        assert not np.array_equal(draw(initializer, seed=7), draw(initializer, seed=8))


@everyone
def test_mean_and_variance(initializer):
    weights, variance = draw(initializer), VARIANCE[initializer.__name__]
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert abs(weights.mean()) <= 4 * math.sqrt(variance / weights.size)


@pytest.mark.parametrize(("name", "limit"), LIMIT.items())
def test_uniform_fills_its_box_and_no_more(name, limit):
    size = np.abs(draw(getattr(initializers, name)))
    assert 0.999 * limit < size.max() <= limit


@pytest.mark.parametrize("name", ["lecun", "glorot_normal", "he"])
def test_normal_has_a_bell(name):
    weights = draw(getattr(initializers, name)) / math.sqrt(VARIANCE[name])
    assert np.mean(np.abs(weights) < 1) == pytest.approx(0.6827, abs=0.005)
    assert np.mean(weights**4) == pytest.approx(3, rel=0.05)


def test_he_holds_the_signal_through_relu_layers():
    rng = np.random.default_rng(0)
    signal = rng.normal(size=(200, 256))
    for _ in range(10):
        signal = np.maximum(signal @ initializers.he(rng, 256, 256), 0)
    assert 0.5 < np.mean(signal**2) < 2


def test_examples_run():
    assert doctest.testmod(initializers).failed == 0
