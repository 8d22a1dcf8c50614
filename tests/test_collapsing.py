"""Collapsing: the product multiplied a second time, tiny networks by hand, and witnesses that hold."""

import doctest
import itertools
import json
from fractions import Fraction

import numpy as np
import pytest

from gdcli.analysis import collapse as collapsing
from gdcli.analysis.collapse import AffineError, collapse, is_linear, largest_difference, witness
from gdcli.errors import GdcliError
from gdcli.nn import activations
from gdcli.nn.activations import leaky_relu, linear, relu, sigmoid, tanh
from gdcli.nn.networks import Dropout, Network
from gdcli.render.reports import collapse as view
from gdcli.render.screen import Screen

pytestmark = pytest.mark.quick

SIZES = [(1, 1), (3, 2), (2, 8, 1), (2, 8, 8, 1), (4, 5, 3), (3, 7, 2, 6, 4), (1, 2, 2, 2, 2, 2, 1)]
BENT = [getattr(activations, name) for name in activations.__all__ if name != "linear"]
SCREEN = Screen(color=False)
ROWS = np.random.default_rng(5).normal(size=(60, 2))


def network(sizes, *activations_, dtype=np.float64, seed=1):
    net = Network(sizes, activations_ or (linear,))
    rng = np.random.default_rng(seed)
    return net, rng.normal(size=net.size).astype(dtype)


def chain(net, parameters):
    """The product in rational numbers, from the first layer on."""
    weights = [[[Fraction(1) if i == j else Fraction(0) for j in range(net.sizes[0])] for i in range(net.sizes[0])]]
    product, shift, at = weights[0], [Fraction(0)] * net.sizes[0], 0
    for a, b in itertools.pairwise(net.sizes):
        numbers = [Fraction(float(each)) for each in parameters[at : at + a * b + b]]
        layer, bias = [numbers[i * b : (i + 1) * b] for i in range(a)], numbers[a * b :]
        product = [[sum(row[k] * layer[k][j] for k in range(a)) for j in range(b)] for row in product]
        shift = [sum(shift[k] * layer[k][j] for k in range(a)) + bias[j] for j in range(b)]
        at += a * b + b
    return np.array(product, float), np.array(shift, float)


def text(lines):
    return "\n".join(lines)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("sizes", SIZES)
def test_is_the_product_of_the_layers(sizes, dtype):
    net, parameters = network(sizes, dtype=dtype)
    weights, bias = collapse(net, parameters)
    exact_weights, exact_bias = chain(net, parameters)
    assert weights.shape == (sizes[0], sizes[-1])
    assert bias.shape == (sizes[-1],)
    assert weights.dtype == bias.dtype == np.float64
    np.testing.assert_allclose(weights, exact_weights, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(bias, exact_bias, rtol=1e-12, atol=1e-13)


def test_agrees_with_numpys_multi_dot():
    net, parameters = network((20, 30, 10, 5))
    expected = np.linalg.multi_dot([layer.weights(parameters) for layer in net.layers])
    np.testing.assert_allclose(collapse(net, parameters)[0], expected, rtol=1e-12, atol=1e-12)


def test_two_neurons_by_hand():
    # h1 = x - z + 1, h2 = 2x + 3z; y = 5 h1 - h2 + 7 = 3x - 8z + 12
    parameters = np.array([1.0, 2.0, -1.0, 3.0, 1.0, 0.0, 5.0, -1.0, 7.0])
    weights, bias = collapse(Network((2, 2, 1), (linear,)), parameters)
    assert weights.tolist() == [[3.0], [-8.0]]
    assert bias.tolist() == [12.0]


def test_leaves_the_parameters_alone_and_shares_nothing_with_them():
    net, parameters = network((3, 2))
    before = parameters.copy()
    weights, bias = collapse(net, parameters)
    weights[...] = bias[...] = 0
    np.testing.assert_array_equal(parameters, before)


@pytest.mark.parametrize("sizes", SIZES)
def test_the_layers_are_one(sizes):
    net, parameters = network(sizes)
    rows = np.random.default_rng(2).normal(size=(2500, sizes[0]))
    weights, bias = collapse(net, parameters)
    direct = np.abs(net(parameters, rows)[0].reshape(len(rows), -1) - (rows @ weights + bias)).max()
    difference = largest_difference(net, parameters, weights, bias, rows)
    assert difference == pytest.approx(direct, abs=1e-11)
    assert difference < 1e-10


def test_float32_parameters_are_compared_in_float64():
    net, parameters = network((2, 8, 8, 1), dtype=np.float32)
    rows = ROWS.astype(np.float32)
    assert largest_difference(net, parameters, *collapse(net, parameters), rows) < 1e-12


def test_finds_the_one_row_that_differs():
    net, parameters = network((1, 1))
    rows = np.zeros((3000, 1))
    rows[2999] = 2.0
    weights, bias = collapse(net, parameters)
    assert largest_difference(net, parameters, weights + 0.25, bias, rows) == pytest.approx(0.5)


def test_no_rows_no_difference():
    net, parameters = network((2, 3, 1))
    assert largest_difference(net, parameters, *collapse(net, parameters), np.zeros((0, 2))) == 0.0


def test_numbers_too_large_are_not_finite_and_said_so():
    net = Network((1, 1, 1), (linear,))
    parameters = np.array([1e200, 0.0, 1e200, 0.0])
    weights, bias = collapse(net, parameters)
    difference = largest_difference(net, parameters, weights, bias, np.ones((2, 1)))
    assert not np.isfinite(difference)
    told = view.CollapseReport((1, 1, 1), weights.tolist(), bias.tolist(), ("x",), ("y",), difference, 2)
    assert "too large to compare" in text(view.describe_collapse(told, SCREEN))


@pytest.mark.parametrize("activation", BENT, ids=lambda one: one.__name__)
def test_refuses_any_bend(activation):
    net, parameters = network((2, 3, 3, 1), linear, activation)
    assert not is_linear(net)
    with pytest.raises(ValueError, match=activation.__name__):
        collapse(net, parameters)


def test_dropout_is_off_when_measuring():
    net = Dropout((2, 3, 1), (linear,), rate=0.5)
    parameters = np.arange(float(net.size))
    assert largest_difference(net, parameters, *collapse(net, parameters), ROWS) < 1e-11


@pytest.mark.parametrize("activation", BENT, ids=lambda one: one.__name__)
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("count", [2, 60, 2000])
def test_witness_holds(activation, outputs, count):
    net, parameters = network((2, 6, outputs), activation)
    rows = np.random.default_rng(3).normal(size=(count, 2)) * 3
    before = rows.copy()
    found = witness(net, parameters, rows)
    answers = [
        np.atleast_1d(net(parameters, each[None])[0][0])[found.output]
        for each in (found.p, found.q, (found.p + found.q) / 2)
    ]
    np.testing.assert_allclose([found.at_p, found.at_q, found.at_middle], answers, rtol=1e-9)
    assert found.mean == pytest.approx((answers[0] + answers[1]) / 2)
    assert found.gap == pytest.approx(abs(answers[2] - found.mean))
    assert found.gap > 0
    if found.rows is not None:
        np.testing.assert_array_equal(rows[list(found.rows)], [found.p, found.q])
    again = witness(net, parameters, rows)
    assert again.row() == found.row()
    np.testing.assert_array_equal(rows, before)


def test_witness_is_the_widest_of_all_pairs():
    net, parameters = network((2, 5, 2), tanh)

    def f(x):
        return net(parameters, x[None])[0][0]

    gaps = [np.abs(f((p + q) / 2) - (f(p) + f(q)) / 2).max() for p, q in itertools.combinations(ROWS, 2)]
    assert witness(net, parameters, ROWS).gap == pytest.approx(max(gaps), rel=1e-12)


def test_relu_by_hand():
    # f = max(0, x): between -2 and 4 it says 1 halfway, where the mean is 2
    found = witness(Network((1, 1, 1), (relu,)), np.array([1.0, 0.0, 1.0, 0.0]), np.array([[-2.0], [4.0]]))
    assert (found.at_p, found.at_q, found.at_middle, found.mean, found.gap) == (0, 4, 1, 2, 1)
    assert found.row() == {
        "p_row": 1,
        "q_row": 2,
        "output": 1,
        "at_p": 0.0,
        "at_q": 4.0,
        "at_middle": 1.0,
        "mean": 2.0,
        "gap": 1.0,
    }


def test_integer_and_float32_rows_will_do():
    net, parameters = network((2, 6, 1), relu, dtype=np.float32)
    rows = np.random.default_rng(4).integers(0, 255, size=(40, 2))
    found = witness(net, parameters, rows.astype(np.uint8))
    assert found.row() == witness(net, parameters, rows.astype(np.float64)).row()
    assert found.p.dtype == np.float64


@pytest.mark.parametrize("rows", [np.array([[1.0], [2.0], [3.0]]), np.array([[1.0]]), np.zeros((0, 1))])
def test_affine_on_the_rows_is_bent_elsewhere(rows):
    parameters = np.array([1.0, 5.0, 1.0, 0.0])  # max(0, x + 5): no bend near the rows
    found = witness(Network((1, 1, 1), (relu,)), parameters, rows)
    assert found.rows is None
    assert found.row()["p_row"] is None
    assert min(found.p[0], found.q[0]) < -5 < max(found.p[0], found.q[0])
    assert found.gap > 0


@pytest.mark.parametrize(
    "parameters",
    [[0.0, 5.0, 1.0, 0.0], [1.0, 5.0, 0.0, 3.0], [1.0, 1e9, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]],
    ids=["no input", "no output", "far bend", "all zero"],
)
def test_without_a_witness_it_says_so(parameters):
    with pytest.raises(AffineError) as caught:
        witness(Network((1, 1, 1), (relu,)), np.array(parameters), np.array([[1.0], [2.0]]))
    assert isinstance(caught.value, GdcliError)
    assert caught.value.exit_code == 1
    assert "affine on these 2 rows" in caught.value.message


def test_an_all_linear_network_has_no_witness():
    net, parameters = network((2, 8, 8, 1))
    with pytest.raises(AffineError):
        witness(net, parameters, ROWS)


def test_not_finite_is_no_witness():
    parameters = np.array([1e308, 0.0, 1e308, 0.0])
    with pytest.raises(AffineError):
        witness(Network((1, 1, 1), (relu,)), parameters, np.array([[10.0], [-10.0]]))


def shown(sizes, inputs, outputs, screen=SCREEN):
    net, parameters = network(sizes)
    weights, bias = collapse(net, parameters)
    told = view.CollapseReport(sizes, weights.tolist(), bias.tolist(), inputs, outputs, 4.4e-16, 200)
    return text(view.describe_collapse(told, screen)), weights, bias


def test_view_has_product_equation_and_difference():
    seen, weights, bias = shown((2, 8, 8, 1), ("height", "width"), ("price",))
    assert "W = W1 W2 W3  =  (2×8)(8×8)(8×1)  =  (2×1)" in seen
    assert "b = b1 W2 W3 + b2 W3 + b3" in seen
    assert "the 3 layers are one: largest difference over 200 rows 4.4e-16" in seen
    words = next(line for line in seen.splitlines() if line.startswith(" price")).split()
    numbers = [float(word) for word in words if word.lstrip("-").replace(".", "").isdigit()]
    signs = [-1 if word == "-" else 1 for word in words if word in "+-"]
    np.testing.assert_allclose(np.array(numbers) * [1, *signs], [*weights[:, 0], *bias], rtol=1e-3)


def test_view_has_one_equation_for_each_class():
    seen, *_ = shown((3, 4, 3), ("a", "b", "c"), ("setosa", "versicolor", "virginica"))
    assert all(f"\n {name:<10} = " in seen for name in ("setosa", "versicolor", "virginica"))


def test_view_names_the_heaviest_of_many_inputs():
    seen, weights, _ = shown((784, 8, 2), [f"pixel{at}" for at in range(784)], ("0", "1"))
    heaviest = int(np.argmax(np.abs(weights[:, 0])))
    assert f"pixel{heaviest} " in seen
    assert "(and 780 lighter terms)" in seen


def test_view_of_one_layer_and_of_numbered_columns():
    seen, *_ = shown((2, 1), ("1", "2"), ("y",))
    assert "W = W1  =  (2×1)\n" in seen
    assert "one layer already" in seen
    assert "[1]" in seen
    assert "[2]" in seen


def test_view_keeps_to_80_columns_and_to_ascii():
    for sizes, inputs in (((12,) + (6,) * 9 + (3,), 12), ((2, 8, 3), 2)):
        names = [f"a_rather_long_name_{at}" for at in range(inputs)]
        seen, *_ = shown(sizes, names, ("one", "two", "trois\x1b[31m"), Screen(color=False, unicode=False))
        assert max(map(len, seen.splitlines())) <= 80
        assert seen.isascii()
        assert "\x1b" not in seen


def test_refusal_in_a_students_words():
    found = witness(Network((1, 1, 1), (relu,)), np.array([1.0, 0.0, 1.0, 0.0]), np.array([[-2.0], [4.0]]))
    seen = text(view.describe_refusal(found, ("x",), "y", ("relu",), SCREEN))
    assert "the network says 1, the mean of its answers at both is 2" in " ".join(seen.split())
    assert "a linear one would say the same" in " ".join(seen.split())
    rows = {words[0]: words[1:] for words in map(str.split, seen.splitlines()) if words}
    assert rows["p"] == ["-2", "0", "row", "1"]
    assert rows["q"] == ["4", "4", "row", "2"]
    assert rows["halfway"] == ["1", "1", "a", "linear", "network:", "2"]
    assert "relu" in seen


def test_refusal_says_when_the_inputs_are_made_up():
    found = witness(Network((1, 1, 1), (leaky_relu,)), np.array([1.0, 5.0, 1.0, 0.0]), np.array([[1.0], [2.0]]))
    assert "made up" in text(view.describe_refusal(found, ("x",), "y", ("leaky_relu",), SCREEN))


def test_refusal_of_many_inputs_fits():
    net, parameters = network((784, 4, 10), sigmoid)
    found = witness(net, parameters * 0.01, np.random.default_rng(0).random((30, 784), np.float32))
    lines = list(view.describe_refusal(found, [f"pixel{at}" for at in range(784)], "7", ("sigmoid",), SCREEN))
    assert max(map(len, lines)) <= 100
    json.dumps(found.row(), allow_nan=False)


def test_close_numbers_are_told_apart():
    assert view._apart(1.0, 1.0 + 1e-12) == ("1", "1.000000000001")


@pytest.mark.parametrize("module", [collapsing, view])
def test_examples_run(module):
    assert doctest.testmod(module, extraglobs={"np": np}).failed == 0
