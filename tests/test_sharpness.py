"""Sharpness against Hessians known otherwise, and forecasts against the runs they foretell."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from gdcli.analysis.curvature import spectrum
from gdcli.analysis.forecast import forecast
from gdcli.analysis.sharpness import hessian_product, sharpness
from gdcli.data.dataset import Dataset
from gdcli.nn import activations, losses
from gdcli.nn.linear import Linear, Proportional
from gdcli.nn.losses import cross_entropy, huber, mae, mse
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import SGD, Adam, Momentum, Nesterov
from gdcli.training.loop import Problem, descend
from gdcli.training.streams import epochs

pytestmark = pytest.mark.quick

DECK = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
START = np.array([-1.0, 5.0])
ORACLE = json.loads((Path(__file__).parent / "oracles" / "regression_exact.json").read_text())["sets"]


def hessian(problem, w, h=1e-5):
    """Second differences of the loss alone (no gradient of ours), penalties added by their formula."""
    size, data = len(w), problem.data
    result = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            total = 0.0
            for a, b, sign in ((h, h, 1), (h, -h, -1), (-h, h, -1), (-h, -h, 1)):
                moved = w.copy()
                moved[i] += a
                moved[j] += b
                total += sign * float(problem.data_loss(moved, data))
            result[i, j] = total / (4 * h * h)
    return result + problem.l2 * np.diag(problem.model.penalised)


def tiny(activation=activations.tanh, outputs=1, loss=mse, l2=0.0):
    rng = np.random.default_rng(7)
    network = Network((2, 3, outputs), (activation,))
    targets = rng.normal(size=12) if outputs == 1 else np.eye(outputs)[rng.integers(outputs, size=12)]
    problem = Problem(network, loss, Dataset(rng.normal(size=(12, 2)), targets), l2=l2)
    return problem, network.initial(rng, np.float64)


class TestSharpness:
    def test_of_the_lecture_is_that_of_fractions(self):
        xs = [Fraction(1), Fraction(2)]  # H = [[2 mean(x^2), 2 mean(x)], [2 mean(x), 2]]
        h = [[2 * sum(x * x for x in xs) / 2, 2 * sum(xs) / 2], [2 * sum(xs) / 2, Fraction(2)]]
        assert h == [[5, 3], [3, 2]]
        expected = np.linalg.eigvalsh(np.array(h, float))[-1]
        found = sharpness(DECK, START)
        assert found.value == pytest.approx(expected, rel=1e-9)
        assert found.largest_stable_rate == pytest.approx(0.2917960675006309, rel=1e-9)
        assert found.value == pytest.approx(ORACLE["deck"]["gradient_descent"]["mse_hessian_eigenvalues_raw"][-1])

    @pytest.mark.parametrize("model", [Linear(4), Proportional(4), Network((4, 1))], ids=repr)
    @pytest.mark.parametrize("l2", [0.0, 0.7])
    def test_of_a_linear_model_is_the_exact_spectrum_s(self, model, l2):
        rng = np.random.default_rng(1)
        data = Dataset(rng.normal(size=(30, 4)) * [1, 2, 5, 0.1] + 3, rng.normal(size=30))
        exact = Problem(Proportional(4) if isinstance(model, Proportional) else Linear(4), mse, data, l2=l2)
        start = rng.normal(size=model.size)
        found = sharpness(Problem(model, mse, data, l2=l2), start)
        assert found.value == pytest.approx(spectrum(exact).eigenvalues[-1], rel=1e-8)
        assert found.products <= model.size

    @pytest.mark.parametrize(
        ("activation", "outputs", "loss", "l2"),
        [
            (activations.tanh, 1, mse, 0.0),
            (activations.tanh, 1, mse, 0.3),
            (activations.sigmoid, 3, cross_entropy, 0.0),
            (activations.gelu, 3, losses.mse_of_probabilities, 0.1),
        ],
    )
    def test_of_a_tiny_network_is_that_of_second_differences(self, activation, outputs, loss, l2):
        problem, w = tiny(activation, outputs, loss, l2)
        values, vectors = np.linalg.eigh(hessian(problem, w))
        found = sharpness(problem, w, tolerance=1e-8)
        assert found.value == pytest.approx(values[-1], rel=1e-4)
        assert abs(found.direction @ vectors[:, -1]) == pytest.approx(1, abs=1e-3)

    def test_is_the_largest_eigenvalue_even_where_a_negative_one_is_larger_in_size(self):
        def summit(outputs, targets):
            value, gradient = mse(outputs, targets)
            return -value, -gradient

        found = sharpness(Problem(Linear(1), summit, DECK.data), START)  # eigenvalues -6.854 and -0.146
        assert found.value == pytest.approx(-0.1458980337503153, rel=1e-6)
        assert found.largest_stable_rate == np.inf

    def test_product_is_h_times_the_direction(self):
        product = hessian_product(DECK, START)
        for v in ([1.0, 0.0], [0.0, 1.0], [1e-6, -2e-6], [3e5, 4e5]):
            expected = np.array([[5.0, 3.0], [3.0, 2.0]]) @ v
            np.testing.assert_allclose(product(np.array(v)), expected, rtol=1e-8, atol=1e-8 * np.abs(v).max())

    def test_huber_counts_only_rows_near_enough(self):
        problem = Problem(Linear(1), huber, Dataset([1.0, 2.0], [3.0, 5.0]))
        assert sharpness(problem, np.zeros(2)).value == 0  # every residual is in the straight part
        w = np.array([2.0, 1.4])  # both residuals are 0.4: H = mean of (x, 1)(x, 1)^T
        expected = np.linalg.eigvalsh([[2.5, 1.5], [1.5, 1.0]])[-1]
        assert sharpness(problem, w).value == pytest.approx(expected, rel=1e-8)

    def test_mae_has_none(self):
        assert sharpness(Problem(Linear(1), mae, DECK.data), START).value == 0
        assert sharpness(Problem(Linear(1), mae, DECK.data), START).largest_stable_rate == np.inf

    def test_repeats_itself_and_touches_nothing(self):
        problem, w = tiny()
        before, state = w.copy(), np.random.get_state()[1].tolist()  # noqa: NPY002 - that it is left alone
        first, second = sharpness(problem, w), sharpness(problem, w)
        assert (first.value, first.products) == (second.value, second.products)
        np.testing.assert_array_equal(first.direction, second.direction)
        np.testing.assert_array_equal(w, before)
        assert np.random.get_state()[1].tolist() == state  # noqa: NPY002

    def test_float32_parameters_are_measured_in_float64(self):
        problem, w = tiny()
        found = sharpness(problem, w.astype(np.float32))
        assert found.value == pytest.approx(sharpness(problem, w).value, rel=1e-5)
        assert found.residual <= 1e-6 * found.value

    def test_many_rows_are_the_same_as_each_once(self):
        problem, w = tiny()
        many = Problem(problem.model, mse, problem.data.rows(np.tile(np.arange(12), 1000)))
        assert sharpness(many, w).value == pytest.approx(sharpness(problem, w).value, rel=1e-6)

    def test_dropout_does_not_count(self):
        problem, w = tiny()
        dropping = Problem(Dropout((2, 3, 1), (activations.tanh,), 0.5), mse, problem.data)
        assert sharpness(dropping, w).value == sharpness(problem, w).value

    def test_numbers_too_large_are_told_as_nan(self):
        problem = Problem(Linear(1), mse, Dataset([1e200, 2e200], [1.0, 2.0]))
        assert np.isnan(sharpness(problem, np.zeros(2)).value)


class TestForecast:
    @pytest.mark.parametrize(("rate", "steps"), [(0.01, 4935), (0.1, 491), (0.25, 194), (0.29, 543), (0.3, None)])
    def test_the_lecture_s_steps_to_a_millionth(self, rate, steps):
        assert forecast(DECK, SGD(), rate, START).steps_to(1e-6) == steps

    def test_a_run_that_improves_and_then_diverges(self):
        run = forecast(DECK, SGD(), 0.3, START)
        assert run.steps_to(2.34) == 4
        assert run.loss(4) == pytest.approx(2.335, abs=5e-4)
        assert run.contraction > 1
        assert run.steps_per_factor() == np.inf

    @pytest.mark.parametrize(
        "optimizer",
        [SGD(), SGD(weight_decay=0.2), Momentum(), Momentum(momentum=0.5, weight_decay=0.1), Nesterov(momentum=0.7)],
        ids=repr,
    )
    @pytest.mark.parametrize("l2", [0.0, 0.3])
    @pytest.mark.parametrize("rate", [0.02, 0.2])
    def test_is_what_the_loop_does(self, optimizer, l2, rate):
        rng = np.random.default_rng(3)
        problem = Problem(Linear(2), mse, Dataset(rng.normal(size=(20, 2)), rng.normal(size=20)), l2=l2)
        start = rng.normal(size=3)
        run = forecast(problem, optimizer, rate, start)
        done = [
            record.loss for record in epochs(descend(problem, optimizer, learning_rate=rate, epochs=60, start=start))
        ]
        assert [run.loss(k) for k in range(61)] == pytest.approx(done, rel=1e-9)
        target = (min(done) + done[0]) / 2
        assert run.steps_to(target) == next(k for k, loss in enumerate(done) if loss <= target)

    def test_contraction_of_plain_descent_is_the_spectrum_s(self):
        for rate in (0.05, 0.2857, 0.3):
            assert forecast(DECK, SGD(), rate, START).contraction == pytest.approx(spectrum(DECK).contraction(rate))

    def test_a_loss_below_the_least_is_never_reached(self):
        problem = Problem(Linear(1), mse, Dataset([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]))
        run = forecast(problem, SGD(), 0.05, np.zeros(2))
        assert run.least == pytest.approx(0.5)
        assert run.steps_to(0.49) is None
        assert run.steps_to(0.5001) > 0
        assert run.steps_to(1e9) == 0

    def test_few_rows_leave_flat_directions_alone(self):
        problem = Problem(Linear(3), mse, Dataset(np.array([[1.0, 2.0, 3.0]]), np.array([4.0])))
        start = np.array([1.0, -1.0, 0.5, 2.0])
        run = forecast(problem, SGD(), 0.01, start)
        done = [record.loss for record in epochs(descend(problem, SGD(), learning_rate=0.01, epochs=9, start=start))]
        assert [run.loss(k) for k in range(10)] == pytest.approx(done, rel=1e-9)

    @pytest.mark.parametrize(
        ("problem", "optimizer"),
        [
            (DECK, Adam()),
            (Problem(Linear(1), mae, DECK.data), SGD()),
            (Problem(Linear(1), mse, DECK.data, l1=0.1), SGD()),
            (Problem(Network((1, 1)), mse, DECK.data), SGD()),
        ],
    )
    def test_nothing_is_foretold_where_no_formula_tells(self, problem, optimizer):
        assert forecast(problem, optimizer, 0.1, START) is None
