"""Tables with more columns than rows: the same numbers as by full matrices, which are never made."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from gdcli.analysis import collinearity
from gdcli.analysis.claims import twins
from gdcli.analysis.collinearity import rank
from gdcli.analysis.descent import Descent
from gdcli.analysis.objective import objective
from gdcli.data import scaling
from gdcli.data.dataset import Dataset
from gdcli.data.scaling import Basis, Undoing
from gdcli.experiments.line import line_experiment
from gdcli.experiments.spec import DataSpec, LineSpec, Spec
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim.optimizers import SGD
from gdcli.training.loop import Problem

ROWS, COLUMNS = 4, 9


def data(rows=ROWS, columns=COLUMNS, seed=0):
    rng = np.random.default_rng(seed)
    return Dataset(rng.normal(2, 3, (rows, columns)), rng.normal(size=rows))


@pytest.fixture(params=["whole", "in parts"])
def kept(request, monkeypatch):
    """The change of basis as a matrix, and as its parts."""
    monkeypatch.setattr(scaling, "WIDE", {"whole": 10**6, "in parts": 1}[request.param])
    return request.param


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("degree", [1, 3])
@pytest.mark.parametrize("scale", [scaling.standard, scaling.minmax, scaling.none])
def test_raw_parameters_predict_the_same(kept, intercept, degree, scale):
    """f(x) = w . features(x) + b is the same function of the raw powers: compared by its values at other points."""
    rows, rng = data(12, 3), np.random.default_rng(7)
    basis = Basis.fit(rows.inputs, scale if intercept else scaling.rms, degree, intercept)
    parameters = rng.normal(size=(2, 3 * degree + intercept))
    points = rng.normal(2, 3, (5, 3))
    raw = basis.raw(parameters)
    powers = np.concatenate([points[:, [j]] ** np.arange(1, degree + 1) for j in range(3)], axis=1)
    ones = np.ones((5, int(intercept)))
    seen, shown = np.hstack([basis(points), ones]), np.hstack([powers, ones])
    np.testing.assert_allclose(raw @ shown.T, parameters @ seen.T, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(basis.scaled(raw[0]), parameters[0], rtol=1e-9, atol=1e-9)
    assert isinstance(basis.undoing, Undoing) == (kept == "in parts")


def test_parts_are_the_matrix(monkeypatch):
    rows = data(12, 4)
    whole = Basis.fit(rows.inputs, scaling.standard, 2).undoing
    monkeypatch.setattr(scaling, "WIDE", 1)
    parts = Basis.fit(rows.inputs, scaling.standard, 2).undoing
    unit = np.eye(len(whole))
    np.testing.assert_allclose(parts @ unit, whole, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose((parts * parts) @ unit, whole * whole, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(parts[:, [3, 0]], (parts @ unit)[:, [3, 0]])


@pytest.mark.parametrize(("rows", "columns"), [(2, 9), (4, 9), (4, 5), (7, 4)])
@pytest.mark.parametrize("twin", [False, True])
def test_flat_directions_are_the_null_space(rows, columns, twin):
    """Against the singular value decomposition of the design."""
    inputs = data(rows, columns).inputs
    if twin:
        inputs[:, 1] = 2.54 * inputs[:, 0]
    design = np.column_stack([inputs, np.ones(rows)])
    found = rank(design, (*map(str, range(columns)), ""))
    _, values, right = np.linalg.svd(design)
    space = right[: int((values > 1e-10 * values[0]).sum())]
    start = np.random.default_rng(1).normal(size=columns + 1)
    np.testing.assert_allclose(found.flat_part(start), start - space.T @ (space @ start), atol=1e-12)
    np.testing.assert_allclose(design @ found.flat_part(start), np.zeros(rows), atol=1e-11)
    if found.dependences:
        both = np.hstack([found.null, found.row_space])
        np.testing.assert_allclose(both.T @ both, np.eye(columns + 1), atol=1e-12)


@pytest.mark.parametrize(("rows", "columns"), [(3, 8), (4, 5), (9, 4)])
def test_modes_are_the_hessian_s(rows, columns):
    problem = Problem(Linear(columns), mse, data(rows, columns))
    found = objective(problem, SGD())
    design = np.column_stack([problem.data.inputs, np.ones(rows)])
    hessian = 2 / rows * design.T @ design
    np.testing.assert_allclose(found.spectrum.eigenvalues, np.maximum(np.linalg.eigvalsh(hessian), 0), atol=1e-11)
    values, directions = found.modes
    np.testing.assert_allclose(hessian @ directions, directions * values, atol=1e-11)
    np.testing.assert_allclose(directions.T @ directions, np.eye(len(values)), atol=1e-12)
    nearest = np.linalg.lstsq(design, problem.data.targets, rcond=None)[0]
    np.testing.assert_allclose(found.optimum, nearest, rtol=1e-10, atol=1e-11)
    start = np.ones(columns + 1)
    w = start.copy()
    for _ in range(20_000):
        w -= 0.9 / values[-1] * hessian @ w - 0.9 / values[-1] * 2 / rows * design.T @ problem.data.targets
    np.testing.assert_allclose(found.destination(start), w, atol=1e-6)


def test_digits_are_those_of_the_whole_matrix(monkeypatch):
    rows = data(4, 9)
    known = []
    for wide in (10**6, 1):
        monkeypatch.setattr(scaling, "WIDE", wide)
        spec = Spec(LineSpec(), DataSpec("rows")).replace(standardize=True, lr=0.01)
        descent: Descent = line_experiment(spec, rows).descent
        known.append(descent.objective.digits(descent.back).tolist())
        assert isinstance(descent.back, Undoing) == (wide == 1)
    assert known[0] == known[1]


def test_near_twins_in_parts(monkeypatch):
    rng = np.random.default_rng(2)
    base = rng.normal(size=(40, 5))
    inputs = np.hstack([base, base[:, [2, 0]] + rng.normal(0, 1e-3, (40, 2))])
    table = np.abs(np.corrcoef(inputs.T))
    expected = [(str(j), str(i)) for i, j in np.argwhere(np.triu(table >= 0.9995, 1)).tolist()]
    for together in (1, 2, 100):
        monkeypatch.setattr(collinearity, "AT_ONCE", together)
        pairs = collinearity.near_twins(inputs, [*map(str, range(7))])
        assert [(one.column, one.others[0]) for one in pairs] == expected
    assert twins(inputs, [*map(str, range(7))]).value == len(expected)


def test_memory_grows_with_the_table_not_with_its_square():
    """3 x 3,000: a matrix of 3,001 x 3,001 alone takes 72 MB."""
    tracemalloc.start()
    try:
        spec = Spec(LineSpec(), DataSpec("rows")).replace(standardize=True, lr=1e-4)
        experiment = line_experiment(spec, data(3, 3000))
        descent = experiment.descent
        assert not descent.objective.unique
        assert descent.objective.modes[1].shape == (3001, 3)
        descent.objective.digits(descent.back)
        experiment.raw(descent.objective.destination(experiment.start + 1))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30e6
