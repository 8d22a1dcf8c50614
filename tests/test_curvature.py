"""Learning-rate limits and exact minima against exact rational arithmetic and against experiment."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from gdcli.analysis import curvature
from gdcli.data.dataset import Dataset, compress
from gdcli.data.samples import content
from gdcli.data.scaling import Basis, minmax, none, rms, standard
from gdcli.data.tables import read_table
from gdcli.nn.linear import Linear, Proportional
from gdcli.nn.losses import huber, mae, mse
from gdcli.optim.optimizers import SGD, Adam, Momentum, Nesterov
from gdcli.training import streams
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Status
from gdcli.training.stopping import until
from gdcli.training.streams import epochs

ORACLE = json.loads((Path(__file__).parent / "oracles" / "regression_exact.json").read_text())["sets"]
DECK = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
rng = np.random.default_rng(5)


def bmi():
    table = read_table(content("bmi"), "bmi")
    return Dataset(table.numbers("bmi"), table.numbers("progression"))


def exact_line(x, y):
    """Slope and intercept by the normal equations in exact rationals."""
    x, y = [Fraction(float(v)) for v in x], [Fraction(float(v)) for v in y]
    n, sx, sy = len(x), sum(x), sum(y)
    sxx, sxy = sum(v * v for v in x), sum(a * b for a, b in zip(x, y, strict=True))
    slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    return slope, (sy - slope * sx) / n


@pytest.mark.parametrize("name", ["deck", "diabetes_raw_bmi"])
def test_limits_of_the_oracle(name):
    expected = ORACLE[name]["gradient_descent"]
    data = bmi() if name != "deck" else DECK.data
    raw = curvature.spectrum(Problem(Linear(1), mse, data))
    assert raw.largest_stable_rate == pytest.approx(expected["max_stable_lr_raw"], rel=1e-12)
    assert raw.condition_number == pytest.approx(expected["condition_raw"], rel=1e-12)
    scaled = Dataset(Basis.fit(data.inputs, standard)(data.inputs), data.targets)
    limit = curvature.spectrum(Problem(Linear(1), mse, scaled)).largest_stable_rate
    assert limit == pytest.approx(expected["max_stable_lr_standardised"], rel=1e-12)


def test_the_lectures_limits():
    spectrum = curvature.spectrum(DECK)
    assert spectrum.largest_stable_rate == pytest.approx(0.2917960675006309, rel=1e-14)
    assert spectrum.best_rate == pytest.approx(0.2857142857142857, rel=1e-14)
    assert spectrum.condition_number == pytest.approx(46.97871376374785, rel=1e-13)


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.28])
def test_steps_per_factor_is_what_descent_takes(rate):
    losses = [
        record.loss
        for record in epochs(descend(DECK, SGD(), learning_rate=rate, epochs=2000, start=np.array([-1.0, 5.0])))
    ]
    predicted = curvature.spectrum(DECK).steps_per_factor(rate)
    below = next(at for at, loss in enumerate(losses) if loss < 1e-6)
    further = next(at for at, loss in enumerate(losses) if loss < 1e-12)
    assert further - below == pytest.approx(3 * predicted, abs=2)


def test_the_minimum_is_exact():
    data = bmi()
    (slope, intercept), unique = curvature.optimum(Problem(Linear(1), mse, data))
    exact = exact_line(data.inputs[:, 0], data.targets)
    assert unique
    assert [slope, intercept] == pytest.approx([float(value) for value in exact], rel=1e-14)


def test_a_minimum_far_from_zero_keeps_its_digits():
    x = 2000 + np.arange(40.0)
    y = 3e-3 * x - 5 + 1e-6 * rng.normal(size=40)
    (slope, intercept), _ = curvature.optimum(Problem(Linear(1), mse, Dataset(x, y)))
    exact = exact_line(x, y)
    assert [slope, intercept] == pytest.approx([float(value) for value in exact], rel=1e-11)


def test_a_ridge_minimum_has_no_gradient():
    problem = Problem(Linear(3), mse, Dataset(rng.normal(size=(20, 3)), rng.normal(size=20)), l2=0.7)
    w, _ = curvature.optimum(problem)
    _, gradient = problem.loss_and_gradient(w, problem.data.inputs, problem.data.targets)
    assert np.abs(gradient).max() < 1e-14


def test_too_few_rows_are_not_unique():
    w, unique = curvature.optimum(Problem(Linear(3), mse, Dataset(rng.normal(size=(2, 3)), rng.normal(size=2))))
    assert not unique
    assert np.isfinite(w).all()


@pytest.mark.parametrize(
    "optimizer", [SGD(), Momentum(momentum=0.5), Momentum(), Nesterov(), Nesterov(momentum=0.3)], ids=repr
)
@pytest.mark.parametrize("l2", [0.0, 0.5])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_just_below_the_limit_is_stable_and_just_above_is_not(optimizer, l2, batch_size):
    data = Dataset(rng.normal(size=(12, 2)) + 1, rng.normal(size=12))
    problem = Problem(Linear(2), mse, data, l2=l2)
    limit = curvature.largest_stable_rate(problem, optimizer, batches=batch_size is not None)

    def end(rate):
        stream = descend(
            problem,
            optimizer,
            learning_rate=rate,
            epochs=4000 // (1 if batch_size is None else 3),
            start=np.ones(3),
            batch_size=batch_size,
        )
        *_, last = streams.epochs(until(stream))
        return last.status

    if batch_size is None:
        assert end(0.99 * limit) is Status.COMPLETED
        assert end(1.01 * limit) is Status.DIVERGED
    elif isinstance(optimizer, SGD):
        assert end(0.99 * limit) is Status.COMPLETED


@pytest.mark.parametrize(
    ("problem", "optimizer"),
    [(DECK, Adam()), (Problem(Linear(1), mae, DECK.data), SGD()), (Problem(Linear(1), huber, DECK.data), SGD())],
)
def test_no_limit_is_claimed_where_no_formula_tells(problem, optimizer):
    assert curvature.largest_stable_rate(problem, optimizer) is None


def test_the_gradient_formula_is_the_gradient():
    problem = Problem(Linear(3), mse, Dataset(rng.normal(size=(9, 3)), rng.normal(size=9)), l2=0.3)
    w, rows = rng.normal(size=4), np.array([1, 4, 5])
    h, c = curvature.gradient_formula(problem, rows)
    batch = problem.data.rows(rows)
    np.testing.assert_allclose(h @ w - c, problem.loss_and_gradient(w, batch.inputs, batch.targets)[1], rtol=1e-12)


@pytest.mark.parametrize("shape", [(1000, 1), (300, 4), (5, 4), (3, 1)])
def test_compressed_rows_have_the_same_loss_and_gradient(shape):
    n, d = shape
    data = Dataset(rng.normal(size=shape) * 3 + 100, rng.normal(size=n) + 7)
    few = compress(data)
    assert len(few) <= max(d + 2, min(n, d + 2))
    for model in (Linear(d), Proportional(d)):
        whole, small = Problem(model, mse, data), Problem(model, mse, few)
        for w in rng.normal(size=(3, model.size)):
            loss, gradient = whole.loss_and_gradient(w, data.inputs, data.targets)
            again, same = small.loss_and_gradient(w, few.inputs, few.targets)
            assert again == pytest.approx(loss, rel=1e-12)
            np.testing.assert_allclose(same, gradient, rtol=1e-11)


class TestBasis:
    x = rng.normal(size=(30, 2)) * [1, 50] + [3, 2000]

    @pytest.mark.parametrize("scaling", [none, standard, minmax])
    @pytest.mark.parametrize("degree", [1, 2, 3])
    def test_raw_parameters_say_the_same(self, scaling, degree):
        basis = Basis.fit(self.x[:, :1], scaling, degree)
        p = rng.normal(size=degree + 1)
        seen = Linear(degree)(p, basis(self.x[:, :1]))[0]
        powers = self.x[:, :1] ** np.arange(1, degree + 1)
        np.testing.assert_allclose(Linear(degree)(basis.raw(p), powers)[0], seen, rtol=1e-9)
        np.testing.assert_allclose(basis.scaled(basis.raw(p)), p, rtol=1e-8)

    def test_without_an_intercept_zero_stays_zero(self):
        basis = Basis.fit(self.x, rms, 2, intercept=False)
        p = rng.normal(size=4)
        seen = Proportional(4)(p, basis(self.x))[0]
        powers = np.column_stack([self.x[:, 0], self.x[:, 0] ** 2, self.x[:, 1], self.x[:, 1] ** 2])
        np.testing.assert_allclose(Proportional(4)(basis.raw(p), powers)[0], seen, rtol=1e-12)

    def test_a_standardised_parabola_on_even_x_is_perfectly_conditioned(self):
        x = np.linspace(150_000, 3_000_000, 20)
        basis = Basis.fit(x[:, None], standard, 2)
        problem = Problem(Linear(2), mse, Dataset(basis(x[:, None]), x))
        assert curvature.spectrum(problem).condition_number == pytest.approx(1.0)

    def test_constant_columns_are_safe(self):
        x = np.column_stack([np.arange(4.0), np.full(4, 0.1)])
        for scaling in (standard, minmax):
            assert np.isfinite(scaling(x)(x)).all()
            assert (scaling(x)(x)[:, 1] == 0).all()


def test_a_coefficient_that_is_rounding_alone_is_zero():
    x = np.random.default_rng(0).normal(size=442)
    data = Dataset((x - x.mean()) / x.std(), x)
    h, _ = curvature.gradient_formula(Problem(Linear(1), mse, data), slice(None))
    assert h[0, 1] == h[1, 0] == 0
    assert np.allclose(h, 2 * np.eye(2), rtol=1e-12)


@pytest.mark.parametrize("optimizer", [SGD(), Momentum(momentum=0.5), Momentum(momentum=0.9), Nesterov(momentum=0.9)])
def test_no_order_of_batches_upsets_a_rate_below_the_bound(optimizer):
    """The factor against a scan of all frequencies, and runs in which the next row is the one that grows most."""
    u, nesterov = getattr(optimizer, "momentum", 0.0), isinstance(optimizer, Nesterov)
    z = np.exp(1j * np.linspace(1e-4, np.pi, 20_001))
    response = ((1 + u) * z - u if nesterov else z) / ((z - 1) * (z - u))
    assert curvature.batch_factor(optimizer) == pytest.approx(-1 / (2 * response.real.min()), rel=1e-4)

    rng = np.random.default_rng(0)
    for _ in range(5):
        rows = rng.normal(size=(6, 2)) * rng.choice([0.1, 1, 3], size=(6, 1))
        problem = Problem(Proportional(2), mse, Dataset(rows, np.zeros(6)))
        rate = 0.99 * curvature.largest_stable_rate(problem, optimizer, batches=True)
        x, v = np.ones(2), np.zeros(2)
        for _ in range(3000):
            gradients = 2 * rows * (rows @ x)[:, None]
            after = u * v + gradients
            steps = x - rate * (gradients + u * after if nesterov else after)
            at = int(np.linalg.norm(steps, axis=1).argmax())
            x, v = steps[at], after[at]
        assert np.linalg.norm(x) < 20
