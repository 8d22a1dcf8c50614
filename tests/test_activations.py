"""Activations: contracts over all of them, extreme inputs, and PyTorch's values."""

import doctest
import json
import math
from pathlib import Path

import numpy as np
import pytest

from gdcli.nn import activations, initializers

pytestmark = pytest.mark.quick

ALL = [getattr(activations, name) for name in activations.__all__]
NUMERIC = json.loads((Path(__file__).parent / "oracles" / "numeric.json").read_text())
ORACLES = {"leaky_relu_0_01": "leaky_relu"}
EXTREME = [0.0, -0.0, 1e-300, -1e-300, 50.0, -50.0, 1e3, -1e3, 1e30, -1e30, math.inf, -math.inf, math.nan]

everyone = pytest.mark.parametrize("activation", ALL, ids=activations.__all__)


def derivative(activation, z):
    return activation(z)[1](np.ones_like(z))


@everyone
def test_way_back_is_the_central_difference(activation):
    z = np.random.default_rng(0).normal(scale=3, size=(6, 5))  # nowhere near a kink
    step = 1e-5
    slope = (activation(z + step)[0] - activation(z - step)[0]) / (2 * step)
    gradient = np.random.default_rng(1).normal(size=z.shape)
    np.testing.assert_allclose(activation(z)[1](gradient), gradient * slope, rtol=1e-6, atol=1e-6)


@everyone
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (4, 3), (2, 4, 3)])
def test_keeps_dtype_and_shape(activation, dtype, shape):
    z = np.linspace(-2, 2, math.prod(shape), dtype=dtype).reshape(shape)
    value, backprop = activation(z)
    back = backprop(np.ones_like(z))
    assert (value.shape, value.dtype) == (back.shape, back.dtype) == (shape, dtype)


@everyone
def test_a_stack_is_its_layers(activation):
    z = np.random.default_rng(2).normal(size=(3, 4, 5))
    np.testing.assert_array_equal(activation(z)[0], [activation(layer)[0] for layer in z])
    np.testing.assert_array_equal(derivative(activation, z), [derivative(activation, layer) for layer in z])


@everyone
def test_leaves_its_arguments_untouched_and_repeats_itself(activation):
    z, gradient = np.random.default_rng(3).normal(size=(2, 4, 5))
    z_before, gradient_before = z.copy(), gradient.copy()
    value, backprop = activation(z)
    first, second = backprop(gradient).copy(), backprop(gradient)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(value, activation(z)[0])
    np.testing.assert_array_equal(z, z_before)
    np.testing.assert_array_equal(gradient, gradient_before)


@everyone
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_inputs_give_numbers_without_a_warning(activation, dtype):
    z = np.array(EXTREME).astype(dtype)
    with np.errstate(divide="warn", over="warn", invalid="warn"):
        value, slope = activation(z)[0], derivative(activation, z)
    assert np.isfinite(value[:-3]).all()
    assert np.isfinite(slope[:-1]).all()
    assert not np.isnan(value[:-1]).any()
    assert np.isnan(value[-1])


@everyone
def test_float32_agrees_with_float64(activation):
    z = np.linspace(-12, 12, 999, dtype=np.float32)
    exact = z.astype(np.float64)
    np.testing.assert_allclose(activation(z)[0], activation(exact)[0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(derivative(activation, z), derivative(activation, exact), rtol=1e-6, atol=3e-7)


@everyone
def test_names_an_initializer(activation):
    assert activation.initializer in initializers.__all__


@pytest.mark.parametrize("name", NUMERIC["activations"])
def test_matches_pytorch(name):
    z = np.array(NUMERIC["z"])
    oracle = {key: np.array(values, float) for key, values in NUMERIC["activations"][name].items()}
    activation = getattr(activations, ORACLES.get(name, name))
    # PyTorch's softplus overflows at 745.2 where ours does not; see the next test.
    finite = np.isfinite(oracle["value"])
    np.testing.assert_allclose(activation(z)[0][finite], oracle["value"][finite], rtol=1e-12, atol=0)
    # a(1 - a) can be no better than a, and the last bit of a depends on the machine: 1e-15 of 1 is allowed.
    slope = derivative(activation, z)
    np.testing.assert_allclose(slope[finite], oracle["derivative"][finite], rtol=1e-12, atol=1e-15)


def test_softplus_is_the_line_far_out():
    z = np.array([745.2, 1000.0, 1e30])
    np.testing.assert_array_equal(activations.softplus(z)[0], z)
    np.testing.assert_array_equal(derivative(activations.softplus, z), 1.0)


def test_gelu_matches_the_error_function():
    z = np.concatenate([np.linspace(-37, 37, 1999), [-1e-9, 0.0, 1e-9]])
    chance = np.array([math.erfc(-x / math.sqrt(2)) / 2 for x in z])
    density = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    np.testing.assert_allclose(activations.gelu(z)[0], z * chance, rtol=1e-12, atol=0)
    slope = chance + z * density
    np.testing.assert_allclose(derivative(activations.gelu, z), slope, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("activation", "at_minus_one", "at_two"),
    [
        (activations.linear, -1, 2),
        (activations.relu, 0, 2),
        (activations.leaky_relu, -0.01, 2),
        (activations.elu, math.exp(-1) - 1, 2),
        (activations.sigmoid, 1 / (1 + math.e), 1 / (1 + math.exp(-2))),
        (activations.tanh, math.tanh(-1), math.tanh(2)),
        (activations.softplus, math.log(1 + math.exp(-1)), math.log(1 + math.exp(2))),
        (activations.gelu, -(1 + math.erf(-math.sqrt(0.5))) / 2, 1 + math.erf(math.sqrt(2))),
    ],
)
def test_formula_by_hand(activation, at_minus_one, at_two):
    np.testing.assert_allclose(activation(np.array([-1.0, 2.0]))[0], [at_minus_one, at_two], rtol=1e-14)


@pytest.mark.parametrize(("activation", "slope"), [(activations.relu, 0.0), (activations.leaky_relu, 0.01)])
def test_slope_at_the_kink(activation, slope):
    assert derivative(activation, np.zeros(1)) == slope


def test_examples_run():
    assert doctest.testmod(activations).failed == 0
