"""Claims against what they are about: runs carried out, exact rational arithmetic, hand-worked tables."""

import math
import operator
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import gdcli as library
from gdcli.analysis import claims, outlook, remaining
from gdcli.analysis.collinearity import near_twins, rank
from gdcli.analysis.descent import Descent
from gdcli.analysis.distance import course
from gdcli.analysis.jacobi import singular
from gdcli.analysis.objective import objective
from gdcli.analysis.range_test import Probe
from gdcli.analysis.sharpness import difference_error, sharpness
from gdcli.analysis.suggestions import longest_fall, named_suggestions, valley
from gdcli.data.dataset import Dataset
from gdcli.data.scaling import Basis, none, standard
from gdcli.nn.linear import Linear, Proportional
from gdcli.nn.losses import cross_entropy, huber, mae, mse
from gdcli.nn.networks import Network
from gdcli.optim.optimizers import SGD, Adam, AdamW, Momentum, Nesterov
from gdcli.training.loop import Problem, descend
from gdcli.training.streams import epochs as epochs_of

DECK = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))


def train(problem, optimizer, **how):
    """The run, an epoch a record."""
    return epochs_of(descend(problem, optimizer, **how))


def rational_solution(columns, targets):
    """The least-squares solution in exact rationals, by the normal equations and elimination."""
    size = len(columns)
    rows = [
        [sum(a * b for a, b in zip(one, other, strict=True)) for other in columns]
        + [sum(a * b for a, b in zip(one, targets, strict=True))]
        for one in columns
    ]
    for i in range(size):
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[-1] for row in rows]


def on(x, y, **penalties):
    x = np.asarray(x, float)
    return Problem(Linear(1 if x.ndim == 1 else x.shape[1]), mse, Dataset(x, np.asarray(y, float)), **penalties)


class TestRank:
    X = np.random.default_rng(0).normal(size=(12, 2))

    def found(self, *columns, noise=None):
        names = [*"abcdefgh"[: len(columns)], ""]
        return rank(np.column_stack([*columns, np.ones(len(columns[0]))]), names, noise)

    @pytest.mark.parametrize("unit", [1e-12, 1.0, 2.54, 1e12])
    def test_the_unit_of_a_column_plays_no_part(self, unit):
        a, b = self.X.T
        assert self.found(a, unit * b).full
        facts = self.found(a, unit * a).dependences
        assert [fact.sentence for fact in facts] == ["columns a and b carry the same information"]

    def test_each_kind_is_named(self):
        a, b = self.X.T
        said = [
            self.found(*columns).dependences[0].sentence for columns in ((a, b * 0), (a, b * 0 + 7), (a, b, a - 2 * b))
        ]
        assert said == [
            "column b is constant: its weight changes nothing",
            "column b is constant: it carries the same information as the bias",
            "column c is a combination of a and b",
        ]

    def test_a_shift_of_a_column_is_a_twin(self):
        celsius = self.X[:, 0]
        assert self.found(celsius, celsius * 1.8 + 32).dependences[0].kind == "twin"

    @pytest.mark.parametrize("first", [2000.0, 1.7e9, 1.7e12])
    def test_years_and_timestamps_have_one_solution(self, first):
        assert self.found(first + np.arange(30)).full

    def test_powers_of_years_have_one_solution(self):
        years = 1990.0 + np.arange(30)
        assert self.found(years, years**2, years**3).full

    def test_more_columns_than_rows(self):
        x = self.X.T[:, :5].ravel()[:9].reshape(3, 3)
        found = self.found(*x.T, x[:, 0] + 1, x[:, 1] ** 2)
        assert len(found.independent) == 3
        design = np.column_stack([x, x[:, 0] + 1, x[:, 1] ** 2, np.ones(3)])
        assert np.abs(design @ found.null).max() < 1e-13
        assert found.null.T @ found.null == pytest.approx(np.eye(3), abs=1e-13)

    def test_twins_that_were_centred_after_rounding(self):
        x = 1e9 + self.X[:, 0]
        raw = np.column_stack([x, 2.54 * x])
        noise = np.append(np.finfo(float).eps * np.abs(raw).max(axis=0) / raw.std(axis=0), 0.0)
        assert not self.found(*((raw - raw.mean(axis=0)) / raw.std(axis=0)).T, noise=noise).full

    @pytest.mark.parametrize("first", [1e14, 1e15])
    def test_whole_numbers_far_from_0_are_no_rounding(self, first):
        """Whole numbers below 2^53 are exact, and so is what is left of them without their mean."""
        x, z = first + np.arange(6.0), first + np.array([3.0, 0, 1, 5, 2, 4])
        raw = np.column_stack([x, z])
        noise = np.append(np.finfo(float).eps * np.abs(raw).max(axis=0) / raw.std(axis=0), 0.0)
        centred = (raw - raw.mean(axis=0)) / raw.std(axis=0)
        assert self.found(*centred.T, noise=noise).full
        assert self.found(centred[:, 0], noise=noise[[0, 2]]).full

    def test_near_twins(self):
        a = np.arange(50.0)
        assert not near_twins(self.X, ("a", "b"))
        assert near_twins(np.column_stack([a, np.round(a / 2.54, 1)]), ("a", "b"))[0].kind == "near"


class TestOptimum:
    def test_names(self):
        assert objective(DECK, SGD()).name == "exact least squares"
        assert objective(on([1, 2], [3, 5], l2=0.1), SGD()).name == "exact ridge solution"
        assert objective(DECK, Momentum(weight_decay=0.1)).name == "exact ridge solution"

    @pytest.mark.parametrize(
        ("problem", "optimizer"),
        [
            (on([1, 2], [3, 5], l1=0.1), SGD()),
            (Problem(Linear(1), mae, DECK.data), SGD()),
            (Problem(Linear(1), huber, DECK.data), SGD()),
            (Problem(Network((1, 3, 1)), mse, DECK.data), SGD()),
            (DECK, AdamW(weight_decay=0.1)),
            (on([1e300, 2e300], [3, 5]), SGD()),
        ],
    )
    def test_none_without_a_closed_form(self, problem, optimizer):
        assert objective(problem, optimizer) is None
        assert claims.optimum_name(None) is None

    def test_a_network_without_hidden_layers_is_a_line(self):
        found = objective(Problem(Network((1, 1)), mse, DECK.data), SGD())
        assert found.optimum == pytest.approx([2, 1], abs=1e-12)

    def test_the_lectures(self):
        found = objective(DECK, SGD())
        assert found.optimum == pytest.approx([2, 1], abs=1e-14)
        assert found.excess(np.array([-1.0, 5.0])) == pytest.approx(2.5, rel=1e-14)

    @pytest.mark.parametrize(("l2", "decay"), [(0.3, 0.0), (0.0, 0.2), (0.3, 0.2)])
    def test_ridge_is_where_the_gradient_vanishes(self, l2, decay):
        rng = np.random.default_rng(1)
        problem = on(rng.normal(size=(20, 3)), rng.normal(size=20), l2=l2)
        w = objective(problem, SGD(weight_decay=decay)).optimum
        gradient = problem.loss_and_gradient(w, problem.data.inputs, problem.data.targets)[1] + decay * w
        assert np.abs(gradient).max() < 1e-14

    def test_of_many_the_shortest_is_shown_and_descent_goes_to_the_nearest(self):
        rng = np.random.default_rng(2)
        x = rng.normal(size=(20, 2))
        problem = on(np.column_stack([x, x[:, 0] - 3 * x[:, 1]]), x @ [1, 2] + rng.normal(size=20))
        found, start = objective(problem, SGD()), rng.normal(size=4)
        design = np.column_stack([problem.data.inputs, np.ones(20)])
        assert found.optimum == pytest.approx(np.linalg.lstsq(design, problem.data.targets, rcond=1e-12)[0], abs=1e-12)
        rate = 1 / found.modes[0][-1]
        for optimizer in (SGD(), Momentum(), Nesterov()):
            *_, last = train(problem, optimizer, learning_rate=rate, epochs=1500, start=start)
            assert last.parameters == pytest.approx(found.destination(start), abs=1e-9)
        said = claims.uniqueness(found, start).sentence
        assert "column x3 is a combination of x1 and x2" in said
        assert "infinite" in said
        assert "nearest to its start" in said
        assert math.isinf(found.condition_number)

    def test_more_parameters_than_rows_is_said(self):
        found = objective(on([[1.0, 2, 3, 4], [2, 1, 0, 1]], [5, 3]), SGD())
        assert "5 parameters are more than 2 rows can settle" in claims.uniqueness(found).sentence
        assert "this descent goes to it" in claims.uniqueness(found, np.zeros(5)).sentence
        assert claims.uniqueness(objective(on([[1.0, 2, 3, 4], [2, 1, 0, 1]], [5, 3]), SGD(0.1))).value == 1


def decimals(values):
    return [Fraction(str(value)) for value in values]


SETS = {
    "wampler": (list(range(21)), [sum(k**p for p in range(6)) for k in range(21)], 5),
    "wampler tenths": (list(range(21)), [sum(Fraction(k, 10) ** p for p in range(6)) for k in range(21)], 5),
    "wampler noise": (list(range(21)), [sum(k**p for p in range(6)) + (-1) ** k * 75901 for k in range(21)], 5),
    "years": ([1990 + k for k in range(30)], [round(2 + math.sin(k), 4) for k in range(30)], 4),
    "timestamps": (
        [1700000000 + 864 * k for k in range(60)],
        [round(20 + k / 9 + math.sin(k), 6) for k in range(60)],
        1,
    ),
    "small": ([round(k * 1e-6, 9) for k in range(1, 9)], [round(4 + 3 * k + (k % 3) / 7, 5) for k in range(8)], 1),
    "hilbert": ([round(1 / k, 12) for k in range(1, 20)], [round(1 / (k + 3) ** 2, 12) for k in range(19)], 6),
}


@pytest.mark.parametrize("scaling", [none, standard])
@pytest.mark.parametrize("name", SETS)
def test_digits_claimed_are_right(name, scaling):
    x, y, degree = SETS[name]
    exact_x, exact_y = decimals(x), [Fraction(v) if isinstance(v, Fraction) else Fraction(str(v)) for v in y]
    truth = rational_solution([[v**p for v in exact_x] for p in range(1, degree + 1)] + [[1] * len(x)], exact_y)
    inputs = np.array([float(v) for v in x])[:, None]
    basis = Basis.fit(inputs, scaling, degree)
    found = objective(Problem(Linear(degree), mse, Dataset(basis(inputs), [float(v) for v in y])), SGD())
    back = np.asarray(basis.raw(np.eye(degree + 1))).T
    for shown, exact, claimed in zip(back @ found.optimum, truth, found.digits(back).tolist(), strict=True):
        wrong = abs(float((Fraction(float(shown)) - exact) / exact))
        right = 16 if wrong == 0 else -math.log10(wrong)
        assert claimed <= right + 1
        assert claimed >= right - 4.5 or claimed >= 12  # modest, not mute
    assert claims.digits(found, back).value == found.digits(back).min()


class TestSmallSingularValues:
    def test_keep_their_digits(self):
        x = 1.7e9 + 864 * np.arange(50)
        values, _ = singular(np.column_stack([x, np.ones(50)]))
        xs = [Fraction(float(v)) for v in x]
        a, b, c = sum(v * v for v in xs), sum(xs), Fraction(50)
        smallest = (a * c - b * b) / (a + c)  # of the Gram matrix: the other is 18 digits larger
        assert values.min() ** 2 == pytest.approx(float(smallest), rel=1e-9)

    def test_are_those_of_lapack_elsewhere(self):
        a = np.random.default_rng(3).normal(size=(9, 6))
        values, directions = singular(a)
        assert np.sort(values) == pytest.approx(np.sort(np.linalg.svd(a, compute_uv=False)))
        assert np.linalg.norm(a @ directions, axis=0) == pytest.approx(values)


def tables():
    rng = np.random.default_rng(4)
    yield "lecture", np.array([[1.0], [2.0]]), np.array([3.0, 5.0])
    for at, d in enumerate((1, 1, 2, 2, 3, 3, 4, 5, 2)):
        x = rng.normal(size=(25, d)) * rng.uniform(0.5, 2, d) + rng.normal(size=d)
        yield f"table {at}", x, x @ rng.normal(size=d) + 1 + (at % 3) * 0.3 * rng.normal(size=25)


class TestForetoldEpochs:
    @pytest.mark.parametrize("optimizer", [SGD, Momentum, Nesterov])
    @pytest.mark.parametrize(("x", "y"), [table[1:] for table in tables()], ids=[table[0] for table in tables()])
    def test_carried_out(self, x, y, optimizer):
        for scaling in (none, standard):
            for l2, decay in ((0.0, 0.0), (0.1, 0.0), (0.0, 0.03), (0.1, 0.03)):
                problem = on(Basis.fit(x, scaling)(x), y, l2=l2)
                self.carried_out(problem, optimizer(weight_decay=decay))

    def carried_out(self, problem, optimizer):
        found, start = objective(problem, optimizer), np.linspace(-2, 3, problem.model.size)
        rate = 0.7 / found.modes[0][-1]
        run = list(train(problem, optimizer, learning_rate=rate, epochs=150, start=start))
        excess = [float(found.excess(record.parameters)) for record in run]
        for at in (0, 9):  # at rest, and moving
            velocity = getattr(run[at].state, "velocity", None)
            way = course(found, optimizer, rate, run[at].parameters, velocity)
            for factor in (1e-2, 1e-6):
                target = factor * excess[at]
                if target < 1e3 * found.resolution:
                    continue
                real = next((k for k, value in enumerate(excess[at:]) if value <= target), None)
                foretold = way.steps_to(target)
                assert foretold.exact
                assert abs(foretold.count - real) <= 1 if real is not None else foretold.count + at > 149

    def test_the_excess_is_that_of_the_loss_and_its_penalties(self):
        rng = np.random.default_rng(5)
        problem, decay = on(rng.normal(size=(20, 2)), rng.normal(size=20), l2=0.2), 0.05
        found = objective(problem, SGD(decay))

        def total(w):
            return float(problem.data_loss(w, problem.data) + problem.penalty(w)) + decay / 2 * w @ w

        w = rng.normal(size=3)
        assert found.excess(w) == pytest.approx(total(w) - total(found.optimum), rel=1e-12)
        assert found.least == pytest.approx(total(found.optimum), rel=1e-12)

    def test_a_nearly_double_root(self):
        problem = on([-1.0, 1.0], [-1.0, 1.0])  # both curvatures are 2
        kept = 0.25
        rate = (1 - math.sqrt(kept)) ** 2 / 2  # critical damping
        optimizer, start = Momentum(momentum=kept), np.array([3.0, 1.0])
        found = objective(problem, optimizer)
        run = [
            float(found.excess(r.parameters))
            for r in train(problem, optimizer, learning_rate=rate, epochs=40, start=start)
        ]
        way = course(found, optimizer, rate, start)
        assert [way.excess(k) for k in (1, 5, 20)] == pytest.approx([run[1], run[5], run[20]], rel=1e-6)

    def test_the_sentence_of_the_lecture_is_carried_out(self):
        losses = [r.loss for r in train(DECK, SGD(), learning_rate=0.1, epochs=200, start=np.array([-1.0, 5.0]))]
        found = outlook.distance(objective(DECK, SGD()), SGD(), 0.1, np.array([-1.0, 5.0]))
        assert found.kind == "exact"
        assert losses[found.value] <= 0.025 < losses[found.value - 1]

    def test_timestamps_take_for_ever_and_that_is_said(self):
        x = 1.7e9 + 864 * np.arange(100)
        found = objective(on(x, 20 + np.arange(100) / 25 + np.sin(np.arange(100))), SGD())
        claim = outlook.distance(found, SGD(), 1 / found.modes[0][-1], np.zeros(2))
        assert claim.kind == "extrapolation"
        assert 9e28 < claim.value < 2e29
        assert claim.sentence.startswith("About ")
        assert claim.sentence.endswith("more than anyone can wait for.")

    def test_a_rate_above_the_limit_never_arrives(self):
        claim = outlook.distance(objective(DECK, SGD()), SGD(), 0.3, np.array([-1.0, 5.0]))
        assert math.isinf(claim.value)
        assert "never" in claim.sentence
        assert claim.row()["value"] is None

    def test_the_optimum_has_arrived(self):
        claim = outlook.distance(objective(DECK, SGD()), SGD(), 0.1, np.array([2.0, 1.0]))
        assert claim.value == 0
        assert "arrived" in claim.sentence

    def test_nothing_is_foretold_of_adam(self):
        assert outlook.distance(objective(DECK, Adam()), Adam(), 0.1, np.array([-1.0, 5.0])) is None

    def test_a_pace_is_an_extrapolation(self):
        losses = [1 + 0.9**k for k in range(41)]
        claim = outlook.pace(losses, 1.0)
        assert claim.kind == "extrapolation"
        assert claim.value == pytest.approx((math.log(0.9**40 / 1e-6)) / -math.log(0.9), rel=0.05)
        assert "about" in claim.sentence
        assert outlook.pace([1 + 1 / (k + 1) for k in range(41)], 1.0) is None  # slower and slower
        assert outlook.pace(losses[:12], 1.0) is None


class TestRates:
    @pytest.mark.parametrize(
        "optimizer", [SGD(), SGD(0.3), Momentum(), Momentum(0.3, 0.5), Nesterov(), Nesterov(0.1, 0.7)]
    )
    def test_the_limit_parts_runs_that_arrive_from_those_that_do_not(self, optimizer):
        limit = outlook.stable_rate(DECK, optimizer)
        assert limit.kind == "exact"
        start, found = np.array([-1.0, 5.0]), objective(DECK, optimizer)
        for part, stable in ((0.99, True), (1.01, False)):
            *_, last = train(DECK, optimizer, learning_rate=part * limit.value, epochs=3000, start=start)
            assert (found.excess(last.parameters) < found.excess(start)) == stable
            assert course(found, optimizer, part * limit.value, start).stable == stable

    def test_of_mini_batches_it_is_a_bound(self):
        claim = outlook.stable_rate(DECK, SGD(), batches=True)
        assert claim.kind == "bound"
        assert claim.value == pytest.approx(2 / (2 * (2.0**2 + 1)))  # the row x = 2

    @pytest.mark.parametrize("optimizer", [SGD(), Momentum(), Nesterov()])
    def test_no_rate_contracts_more_than_the_best(self, optimizer):
        found = objective(DECK, optimizer)
        best = outlook.best_rate(found, optimizer).value
        contraction = [course(found, optimizer, part * best, found.optimum).contraction for part in (0.98, 1, 1.02)]
        assert contraction[1] <= min(contraction) + 1e-9

    def test_share(self):
        limit = outlook.stable_rate(DECK, SGD())
        assert outlook.share(0.1, limit).sentence == "lr 0.1 is 34 % of the largest stable one, 0.2918."
        assert outlook.share(29.18, limit).sentence == "lr 29.18 is 100 times the largest stable one, 0.2918."
        assert outlook.share(0.1, None) is None


class TestConvergence:
    @pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
    def test_is_free_of_units(self, unit):
        found = objective(on([1, 2, 3], np.array([3, 5, 8]) * unit), SGD())
        start, half = np.zeros(2), found.optimum / 2
        assert remaining.relative_excess(found, start, half) == pytest.approx(0.25)
        assert remaining.relative_excess(found, start, start) == 1
        assert remaining.relative_excess(found, start, found.optimum) == 0

    def test_agrees_with_the_distance(self):
        found, start = objective(DECK, SGD()), np.array([-1.0, 5.0])
        count = course(found, SGD(), 0.1, start).steps_to(1e-6 * float(found.excess(start))).count
        run = list(train(DECK, SGD(), learning_rate=0.1, epochs=count, start=start))
        before, last = (remaining.relative_excess(found, start, run[at].parameters) for at in (-2, -1))
        assert last <= 1e-6 < before

    def test_a_run_that_starts_at_the_optimum_has_converged(self):
        found = objective(DECK, SGD())
        assert remaining.relative_excess(found, found.optimum, found.optimum) == 0

    def test_by_gradients(self):
        assert remaining.relative_gradient(np.array([2.0, -4.0]), np.array([1.0, 0.5])) == 0.25
        assert remaining.relative_gradient(np.zeros(2), np.zeros(2)) == 0
        assert math.isinf(remaining.relative_gradient(np.zeros(2), np.ones(2)))


class TestQuality:
    def test_r_squared_says_which(self):
        x, y = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 7.0])
        m = float(x @ y / (x @ x))  # 29 / 14
        outputs = m * x
        sse = float(((outputs - y) ** 2).sum())
        assert claims.r_squared(outputs, y, intercept=False).value == pytest.approx(1 - sse / 62)
        assert claims.r_squared(outputs, y, intercept=True).value == pytest.approx(1 - sse / 14)
        assert "uncentred" in claims.r_squared(outputs, y, intercept=False).sentence

    def test_baselines(self):
        assert claims.mean_baseline(np.array([1.0, 3.0])).value == 1
        claim = claims.majority_baseline(np.array([0] * 29 + [1]), ("0", "1"))
        assert claim.sentence == "Always saying 0 is right in 0.967 of the rows."

    def test_proportional_models_have_no_bias_to_name(self):
        found = objective(Problem(Proportional(1), mse, DECK.data), SGD())
        assert found.names == ("x",)
        assert found.optimum == pytest.approx([13 / 5])


class TestSharpness:
    def test_takes_class_targets(self):
        rng = np.random.default_rng(6)
        rows, network = rng.normal(size=(30, 2)), Network((2, 4, 3))
        labels, start = rng.integers(3, size=30), network.initial(rng, np.float64)
        classes = Dataset(rows, labels, classes=("a", "b", "c"))
        by_class = sharpness(Problem(network, cross_entropy, classes), start)
        by_row = sharpness(Problem(network, cross_entropy, Dataset(rows, np.eye(3)[labels])), start)
        assert by_class.value == by_row.value

    def test_the_error_of_its_differences_covers_the_truth(self):
        problem = Problem(Linear(1), mse, DECK.data)
        found = sharpness(problem, np.array([-1.0, 5.0]))
        error = difference_error(problem, np.array([-1.0, 5.0]), found)
        assert abs(found.value - 6.854101966249685) <= found.residual + error
        assert claims.sharpness_trust(found, error).sentence.startswith(
            "The sharpness is 6.854, off by at most about one part in"
        )
        exact = claims.sharpness_trust(replace(found, residual=0.0), 0.0)
        assert exact.sentence == "The sharpness is 6.854, off by at most about one part in 1e+15."

    def test_a_kink_is_noticed(self):
        network = Network((1, 1, 1))  # relu(w x + b) with the kink at the only row
        problem = Problem(network, mse, Dataset([1.0], [2.0]))
        w = np.array([1.0, -1.0, 1.0, 0.0])
        found = sharpness(problem, w)
        assert difference_error(problem, w, found) >= 0


def probes(losses):
    return [
        Probe(k + 1, 10.0 ** (k / 10 - 6), loss, loss, 10.0 ** (k / 10 - 6), False) for k, loss in enumerate(losses)
    ]


class TestSuggestions:
    def test_the_longest_fall_is_that_of_a_quadratic_search(self):
        rng = np.random.default_rng(10)
        for _ in range(30):
            losses = rng.normal(size=25).round(1).tolist()
            lengths = []
            for at, loss in enumerate(losses):
                lengths.append(1 + max((lengths[i] for i in range(at) if losses[i] > loss), default=0))
            assert longest_fall(losses) == (lengths.index(max(lengths)), max(lengths))

    def test_valley_is_fastais(self):
        # 100 losses: flat, then 31 falling from step 40 to 70, then up; fastai drops the first 10 and the last 5
        losses = [1.0] * 40 + np.linspace(1.0, 0.1, 31).tolist() + [2.0] * 29
        one = valley(probes(losses))
        end, length = 60, 31  # counted after the drop
        at = end - length + int(length / 3) + int(length / 3 / 2)
        assert one.learning_rate == probes(losses)[10 + at].learning_rate

    def test_names(self):
        losses = [1.0] * 20 + np.linspace(1.0, 0.1, 31).tolist() + [0.5, 2.0]
        assert list(named_suggestions(probes(losses))) == ["two-thirds", "valley", "steepest", "minimum/10"]
        assert named_suggestions(probes([1.0] * 30)) == {}


class TestDescent:
    START = np.array([-1.0, 5.0])

    def run(self, optimizer, epochs=60, batch_size=None, problem=DECK):
        rate = 0.05
        run = list(
            train(problem, optimizer, learning_rate=rate, epochs=epochs, start=self.START, batch_size=batch_size)
        )
        losses = [record.loss for record in run]
        return Descent(problem, optimizer, rate, batch_size is not None), run[0], run[-1], losses

    def test_all_of_a_plain_descent(self):
        descent, first, last, losses = self.run(SGD())
        subjects = [claim.subject for claim in descent.claims(first.parameters, last, losses)]
        assert subjects == ["optimum", "digits", "share of the limit", "epochs to go", "epochs per factor 100"]
        kinds = [claim.kind for claim in descent.claims(first.parameters, last, losses)]
        assert kinds == ["exact", "bound", "exact", "exact", "extrapolation"]

    def test_each_factor_takes_the_steps_of_the_slowest_direction(self):
        descent, _, last, _ = self.run(SGD())
        slowest = 1 - 0.05 * (7 - math.sqrt(45)) / 2  # the deck's smaller eigenvalue
        assert descent.pace(last).value == pytest.approx(math.log(100) / (-2 * math.log(slowest)))
        assert descent.pace(last).sentence == "About 310 epochs more for each factor 100 in MSE."
        noisy = on([1, 2, 3], [3, 5, 8])  # an optimum above 0 is arrived at
        descent, _, last, _ = self.run(SGD(), problem=noisy)
        assert descent.pace(last) is None

    def test_momentum_goes_on_from_its_velocity(self):
        descent, _, last, _ = self.run(Momentum(), epochs=12)
        count = descent.ahead(last).value
        losses = [r.loss for r in train(DECK, Momentum(), learning_rate=0.05, epochs=12 + count, start=self.START)]
        now = losses[12]
        assert losses[12 + count] <= now / 100
        assert min(losses[12 : 12 + count]) > now / 100

    def test_of_mini_batches_no_epochs_are_foretold(self):
        descent, _, last, losses = self.run(SGD(), batch_size=1)
        assert "around which mini-batches wander" in descent.ahead(last, losses).sentence

    @pytest.mark.parametrize("words", [("--batch-size", 2), ("--optimizer", "adam")])
    @pytest.mark.parametrize("penalty", ["l2", "weight-decay"])
    def test_a_distance_with_a_penalty_is_called_one(self, gdcli, words, penalty):
        """J = MSE + c/2 m^2, and c/2 b^2 with weight decay: by hand, and its least value by the normal equations."""
        x, y, c = np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 8.0]), 0.3
        rows = "x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(x, y, strict=True))
        run = ["fit", "-", "--lr", 0.02, "--epochs", 9, *words, f"--{penalty}", c, "--format", "json", "-q"]
        found = gdcli(*run, stdin=rows).json
        kept = np.diag([c, c if penalty == "weight-decay" else 0.0])
        table = np.column_stack([x, np.ones(3)])

        def objective(w):
            return np.mean((table @ w - y) ** 2) + w @ kept @ w / 2

        best = np.linalg.solve(2 / 3 * table.T @ table + kept, 2 / 3 * table.T @ y)
        excess = objective(np.array([found["parameters"]["m"], found["parameters"]["b"]])) - objective(best)
        claim = next(one for one in found["claims"] if one["subject"] == "excess")
        assert claim["value"] == pytest.approx(excess, rel=1e-9)
        assert claim["sentence"].startswith("The MSE with its penalty is ")

    def test_of_adam_a_steady_pace_or_the_distance(self):
        descent, _, last, losses = self.run(Adam())
        claim = descent.ahead(last, losses)
        assert claim.kind == "extrapolation" or claim.subject == "excess"
        assert descent.share is None

    def test_without_a_closed_form_nothing_is_said_and_the_gradient_counts(self):
        problem = Problem(Linear(1), huber, DECK.data)
        descent, first, last, losses = self.run(SGD(), problem=problem)
        assert descent.claims(first.parameters, last, losses) == ()
        assert descent.left(first, last) == np.abs(last.gradient).max() / np.abs(first.gradient).max()

    def test_what_is_left_agrees_with_what_is_ahead(self):
        descent, first, last, _ = self.run(SGD(), epochs=300)
        assert descent.left(first, last) == pytest.approx(last.loss / 2.5)  # the optimum's MSE is 0
        assert descent.left(first, first) == 1
        there = last._replace(parameters=np.array([2.0, 1.0]))
        assert descent.ahead(there).value == descent.left(first, there) == 0


def test_an_excess_that_rounding_hides_is_not_foretold():
    """Targets about 1e9 good to a thousandth: a millionth of the MSE is less than float64 makes of it."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(60, 1))
    rows = Dataset(x, 1e9 + np.round(3 * x[:, 0] + rng.normal(scale=1e-3, size=60), 3))
    problem = Problem(Linear(1), mse, rows)
    true = objective(problem, SGD())
    exact = np.longdouble(rows.targets) - np.longdouble(x[:, 0]) * true.optimum[0] - true.optimum[1]
    off = abs(float(np.mean(exact**2) - np.longdouble(problem.data_loss(true.optimum, rows))))
    assert 1e-6 * float(np.mean(exact**2)) < off < 2 * true.blur / 60
    near = true.optimum + np.sqrt(true.blur / 60) / 2
    assert "but for rounding" in outlook.distance(true, SGD(), 0.1, near).sentence
    assert "100 times nearer" in outlook.distance(true, SGD(), 0.1, true.optimum + 1.0).sentence


def test_two_rows_are_not_cut_into_folds(gdcli, table):
    """A fold would leave one row, through which there is no one line."""
    result = gdcli("sweep", "fit", table("x,y\n3,4\n5,9\n"), "--degree", "1,2", "--epochs", 5, "--format", "json", "-q")
    assert result.code == 0
    assert [run["status"] for run in result.json["runs"]] == ["completed"] * 2


def test_a_loss_below_the_optimums_own_rounding_has_arrived():
    """Of more parameters than rows the least loss is 0, and the optimum that was computed has rounding left."""
    below = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        data = Dataset(rng.integers(-9, 9, (10, 30)) * np.logspace(0, 6, 30), rng.normal(size=10))
        true = objective(Problem(Linear(30), mse, data), SGD())
        better = true.optimum.astype(np.longdouble)
        for _ in range(4):
            left = (true.table.astype(np.longdouble) @ better - true.values).astype(float)
            better = better - np.linalg.lstsq(true.table, left, rcond=None)[0]
        better = better.astype(float)
        if true.value(better) <= true.least:
            below += 1
            assert "arrived" in outlook.distance(true, SGD(), 1e-15, better).sentence
        worse = true.optimum + 1e-3
        assert true.value(worse) > true.least
        assert "arrived" not in outlook.distance(true, SGD(), 1e-15, worse).sentence
    assert below


def test_resolution_is_that_of_the_terms_at_hand():
    data = Dataset(np.array([[1.0, 1.0 + 1e-9], [2.0, 2.0], [3.0, 3.0 - 1e-9]]), np.array([1.0, 5.0, 2.0]))
    true = objective(Problem(Linear(2), mse, data), SGD())
    assert true.resolution_at(np.zeros(3)) == pytest.approx(np.finfo(float).eps ** 2 * float(true.values @ true.values))
    assert true.resolution_at(true.optimum) == true.resolution
    both = true.resolution_at(np.stack([np.zeros(3), true.optimum]))
    assert both.tolist() == [true.resolution_at(np.zeros(3)), true.resolution]


@pytest.mark.parametrize(("seed", "rows"), [(101, 100_000), (102, 67_000), (103, 100_000), (108, 67_000)])
def test_digits_of_very_many_rows_are_those_that_are_right(seed, rows):
    """Beside the normal equations in whole numbers, without any rounding."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    if rows < 100_000:
        x[:, 2] = x[:, 1] + 1e-6 * rng.normal(size=rows)
    y = x @ [1.0, -2.0, 0.5] + 3 + (rows < 100_000) * rng.normal(size=rows)
    columns = [[int(value * 2.0**80) for value in column.tolist()] for column in (*x.T, np.ones(rows), y)]
    sums = [[Fraction(sum(map(operator.mul, one, other))) for other in columns] for one in columns[:4]]
    for at in range(4):
        sums[at] = [value / sums[at][at] for value in sums[at]]
        for other in {0, 1, 2, 3} - {at}:
            part = sums[other][at]
            sums[other] = [a - part * b for a, b in zip(sums[other], sums[at], strict=True)]
    optimum = library.fit((x, y), scale="standard", epochs=1, lr=0.1).optimum
    for value, exact, claimed in zip(optimum.values, [row[4] for row in sums], optimum.digits, strict=True):
        off = abs(float((Fraction(value) - exact) / exact))
        assert claimed <= (16 if off == 0 else -math.log10(off)) + 1
