"""Toy data: contracts over all of them, and each formula written a second time."""

import doctest
import math

import numpy as np
import pytest

from gdcli.data import toys
from gdcli.errors import OptionError

pytestmark = pytest.mark.quick

ALL = [getattr(toys, name) for name in toys.__all__]
NUMBERS = [toys.line, toys.ravine, toys.saddle, toys.polynomial, toys.trend]
CLASSES = [toy for toy in ALL if toy not in NUMBERS]

everyone = pytest.mark.parametrize("toy", ALL, ids=toys.__all__)
each_of_classes = pytest.mark.parametrize("toy", CLASSES, ids=lambda toy: toy.__name__)


def rng(seed=0):
    return np.random.default_rng(seed)


def of_class(data, k):
    """The points of class k, in order of x1, then x2."""
    points = data.inputs[data.targets == k]
    return points[np.lexsort(points.round(9).T[::-1])]


def assert_points(data, k, points):
    expected = np.array(points)
    expected = expected[np.lexsort(expected.round(9).T[::-1])]
    np.testing.assert_allclose(of_class(data, k), expected, atol=1e-12)


@everyone
@pytest.mark.parametrize("rows", [1, 2, 3, 7, 200])
def test_rows_names_and_dtype(toy, rows):
    data = toy(rows, 0.1, rng())
    assert len(data) == rows
    assert data.inputs.dtype == np.float64
    assert data.input_names == (("x",) if toy in NUMBERS else ("x1", "x2"))
    assert np.isfinite(data.inputs).all()
    assert np.isfinite(data.targets).all()


@everyone
def test_same_seed_same_rows(toy):
    first, second, other = toy(50, 0.1, rng(3)), toy(50, 0.1, rng(3)), toy(50, 0.1, rng(4))
    np.testing.assert_array_equal(first.inputs, second.inputs)
    np.testing.assert_array_equal(first.targets, second.targets)
    assert not (np.array_equal(first.inputs, other.inputs) and np.array_equal(first.targets, other.targets))


@everyone
def test_defaults_are_two_hundred_noisy_rows_of_seed_zero(toy):
    np.testing.assert_array_equal(toy().inputs, toy(rng=rng(0)).inputs)
    assert len(toy()) == (14 if toy is toys.trend else 200)  # few points can be overfitted
    assert not np.array_equal(toy().inputs, toy(noise=0).inputs) or toy in NUMBERS
    assert not np.array_equal(toy().targets, toy(noise=0).targets) or toy in CLASSES


@everyone
@pytest.mark.parametrize(
    ("rows", "noise"), [(0, 0.1), (-3, 0.1), (10, -0.1), (10, math.inf), (10, math.nan), (10, -math.inf)]
)
def test_refuses_what_cannot_be(toy, rows, noise):
    with pytest.raises(OptionError) as refused:
        toy(rows, noise, rng())
    assert str(rows if rows < 1 else noise) in refused.value.message


@each_of_classes
@pytest.mark.parametrize("rows", [1, 2, 5, 6, 200])
def test_classes_are_even_and_named(toy, rows):
    data = toy(rows, 0.1, rng())
    assert data.classes == tuple(str(k) for k in range(len(data.classes)))
    counts = np.bincount(data.targets, minlength=len(data.classes))
    assert len(counts) == len(data.classes)
    assert counts.max() - counts.min() <= 1


@each_of_classes
def test_classes_are_not_in_blocks(toy):
    changes = np.count_nonzero(np.diff(toy(200, 0.1, rng()).targets))
    assert changes > 60


@each_of_classes
def test_noise_is_what_is_added_to_the_inputs(toy):
    clean, noisy = toy(2000, 0, rng()), toy(2000, 0.25, rng())
    np.testing.assert_array_equal(clean.targets, noisy.targets)
    added = noisy.inputs - clean.inputs
    assert added.std() == pytest.approx(0.25, rel=0.05)
    assert abs(added.mean()) < 0.02


@pytest.mark.parametrize("toy", NUMBERS, ids=lambda toy: toy.__name__)
def test_noise_is_what_is_added_to_y(toy):
    clean, noisy = toy(2000, 0, rng()), toy(2000, 0.25, rng())
    np.testing.assert_array_equal(clean.inputs, noisy.inputs)
    assert (noisy.targets - clean.targets).std() == pytest.approx(0.25, rel=0.05)
    assert noisy.classes == ()


def test_line():
    data = toys.line(11, 0, rng())
    assert data.inputs[:, 0].tolist() == list(range(11))
    assert data.targets.tolist() == [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21]


def test_ravine():
    data = toys.ravine(3, 0, rng())
    assert data.inputs[:, 0].tolist() == [10, 15, 20]
    assert data.targets.tolist() == [10, 20, 30]


def test_the_surface_of_ravine_is_thousands_of_times_steeper_across_than_along():
    x = toys.ravine().inputs[:, 0]
    hessian = 2 * np.array([[np.mean(x * x), x.mean()], [x.mean(), 1]])  # of the MSE over (m, b)
    along, across = np.linalg.eigvalsh(hessian)
    assert across / along == pytest.approx(6527, rel=1e-3)
    scaled = (x - x.mean()) / x.std()
    assert np.linalg.cond([[np.mean(scaled * scaled), scaled.mean()], [scaled.mean(), 1]]) == pytest.approx(1)


def test_saddle():
    data = toys.saddle(5, 0, rng())
    assert data.inputs[:, 0].tolist() == data.targets.tolist() == [-1, -0.5, 0, 0.5, 1]


def test_the_surface_of_saddle_falls_and_rises_from_its_middle():
    data = toys.saddle()
    x, y = ((one - one.mean()) / one.std() for one in (data.inputs[:, 0], data.targets))

    def loss(w, v):
        return np.mean((v * w * x - y) ** 2)

    middle, step = loss(0, 0), 0.1
    assert loss(step, step) < middle
    assert loss(-step, -step) < middle
    assert loss(step, -step) > middle
    assert loss(-step, step) > middle
    slope = [(loss(step, 0) - loss(-step, 0)), (loss(0, step) - loss(0, -step))]
    assert slope == pytest.approx([0, 0], abs=1e-12)


def test_trend():
    data = toys.trend(9, 0, rng())
    x = np.arange(-4, 5) / 2
    np.testing.assert_allclose(data.inputs[:, 0], x)
    np.testing.assert_allclose(data.targets, x * (x - math.sqrt(3)) * (x + math.sqrt(3)))


def test_polynomial():
    data = toys.polynomial(7, 0, rng())
    assert data.inputs[:, 0].tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert data.targets.tolist() == [-6.5, 1.0, 2.5, 1.0, -0.5, 1.0, 8.5]


def test_blobs():
    data = toys.blobs(7, 0, rng())
    far = math.sqrt(3)
    for k, (centre, count) in enumerate([((0, 2), 3), ((-far, -1), 2), ((far, -1), 2)]):
        assert_points(data, k, [centre] * count)


def test_xor():
    data = toys.xor(203, 0, rng())
    size = np.abs(data.inputs)
    assert size.min() >= 0.1
    assert size.max() <= 1
    assert [bool(a * b < 0) for a, b in data.inputs] == data.targets.tolist()
    quadrants = np.bincount(2 * (data.inputs[:, 0] > 0) + (data.inputs[:, 1] > 0))
    assert sorted(quadrants) == [50, 51, 51, 51]


def test_circles():
    data = toys.circles(9, 0, rng())
    turn = 2 * math.pi
    assert_points(data, 0, [(math.cos(turn * i / 5), math.sin(turn * i / 5)) for i in range(5)])
    assert_points(data, 1, [(math.cos(turn * i / 4) / 2, math.sin(turn * i / 4) / 2) for i in range(4)])


def test_moons():
    data = toys.moons(9, 0, rng())
    assert_points(data, 0, [(math.cos(math.pi * i / 4), math.sin(math.pi * i / 4)) for i in range(5)])
    lower = [math.pi * i / 3 for i in range(4)]
    assert_points(data, 1, [(1 - math.cos(t), 0.5 - math.sin(t)) for t in lower])


def test_spiral():
    data = toys.spiral(9, 0, rng())
    for k, n in enumerate([5, 4]):
        radii = [i / n for i in range(1, n + 1)]
        sign = 1 - 2 * k  # half a turn on is the point opposite
        angles = [3 * math.pi * r for r in radii]
        points = [(sign * r * math.cos(t), sign * r * math.sin(t)) for r, t in zip(radii, angles, strict=True)]
        assert_points(data, k, points)


def test_examples_run():
    assert doctest.testmod(toys).failed == 0
