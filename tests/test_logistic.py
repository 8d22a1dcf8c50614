"""Logistic and softmax regression reach the penalised optima that exact solvers found (scikit-learn, statsmodels)."""

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

SETS = json.loads((Path(__file__).parent / "oracles" / "logistic.json").read_text())["sets"]
FULL = ("--scale", "standard", "--dtype", "float64", "--batch-size", "full", "--validation", "none")
HARD = ("--optimizer", "nesterov", "--lr", 1, "--momentum", 0.995, "--epochs", 8000, "--tolerance", 1e-11)
EASY = ("--optimizer", "nesterov", "--lr", 1, "--momentum", 0.9, "--epochs", 3000, "--tolerance", 1e-11)


@pytest.fixture
def versicolor_or_virginica(gdcli, table):
    lines = gdcli("sample", "iris", "--format", "csv").out.splitlines()
    return table("\n".join(line for line in lines if not line.endswith(",setosa")) + "\n")


@pytest.fixture
def trained(gdcli, tmp_path):
    """Trains to the optimum of the sum of losses + l2_sum/2 |coef|^2: its figures, coefficients and intercepts."""

    def train(data, features, rows, fit, how):
        model = tmp_path / "model.safetensors"
        result = gdcli(
            *("train", data, "--x", ",".join(features), *FULL, *how, "--l2", repr(fit["l2_sum"] / rows)),
            *("--save", model, "--format", "json", "--every", 1000),
        )
        assert result.code == 0, result.err
        tensors = load_file(model)
        assert tensors["0.weight"].dtype == np.float64
        return result.json, tensors, model

    return train


BINARY = [
    (name, fit, HARD if len(SETS[name]["features"]) >= 10 else EASY)
    for name in ("breast_cancer_2", "breast_cancer_5", "breast_cancer_10means", "breast_cancer_30")
    for fit in SETS[name]["fits"]
    if fit["l2_sum"] == 1
]


@pytest.mark.parametrize(("name", "fit", "how"), BINARY, ids=[name for name, *_ in BINARY])
def test_breast_cancer(trained, gdcli, name, fit, how):
    known = SETS[name]
    found, tensors, model = trained("sample:breast_cancer", known["features"], known["n"], fit, how)
    assert found["status"] == "converged"
    np.testing.assert_allclose(tensors["0.weight"], [fit["coef"]], atol=1e-6)
    np.testing.assert_allclose(tensors["0.bias"], [fit["intercept"]], atol=1e-6)
    assert found["train"]["loss"] == pytest.approx(fit["mean_log_loss"], abs=1e-7)
    assert found["train"]["accuracy"] == pytest.approx(fit["accuracy"], abs=1e-12)
    assert found["classes"] == ["0", "1"]
    rows = gdcli("predict", model, "sample:breast_cancer", "--probabilities", "--format", "csv").csv[::40]
    for row in rows:
        x = np.array([float(row[column]) for column in known["features"]])
        z = (x - known["x_mean"]) / known["x_pop_std"] @ np.array(fit["coef"]) + fit["intercept"]
        assert float(row["p_1"]) == pytest.approx(1 / (1 + np.exp(-z)), abs=1e-6)
        assert row["prediction"] == str(int(z > 0))


def test_two_of_three_irises(trained, versicolor_or_virginica):
    known = SETS["iris_versicolor_vs_virginica"]
    (fit,) = known["fits"]
    found, tensors, _ = trained(versicolor_or_virginica, known["features"], known["n"], fit, EASY)
    assert found["classes"] == ["versicolor", "virginica"]
    np.testing.assert_allclose(tensors["0.weight"], [fit["coef"]], atol=1e-6)
    np.testing.assert_allclose(tensors["0.bias"], [fit["intercept"]], atol=1e-6)
    assert found["train"]["accuracy"] == pytest.approx(fit["accuracy"])


@pytest.mark.parametrize("fit", SETS["iris_softmax_3class"]["fits"], ids=lambda fit: f"l2 sum {fit['l2_sum']}")
def test_three_irises(trained, fit):
    """The intercepts are free up to a common shift."""
    known = SETS["iris_softmax_3class"]
    how = EASY if fit["l2_sum"] == 1 else HARD
    found, tensors, _ = trained("sample:iris", known["features"], known["n"], fit, how)
    np.testing.assert_allclose(tensors["0.weight"], fit["coef"], atol=1e-6)
    bias, intercept = tensors["0.bias"], np.array(fit["intercept"])
    np.testing.assert_allclose(bias - bias.mean(), intercept - intercept.mean(), atol=1e-6)
    assert found["train"]["loss"] == pytest.approx(fit["mean_cross_entropy"], abs=1e-7)
    assert found["train"]["accuracy"] == pytest.approx(fit["accuracy"])


@pytest.mark.parametrize("seed", range(6))
def test_columns_that_add_up_reach_their_optimum(gdcli, tmp_path, seed):
    """In float32 a sum of two columns is one but for rounding, and its weights are not to be enormous."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 20, (2, 12))
    grade = 20 + 1.5 * a + 0.5 * b + rng.normal(size=12).round(1)
    path = tmp_path / "sums.csv"
    rows = zip(a, b, a + b, grade, strict=True)
    path.write_text("math,reading,total,grade\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    run = gdcli("train", path, "--format", "json").json
    table = np.column_stack([a, b, np.ones(12)])
    rest = table @ np.linalg.lstsq(table, grade, rcond=None)[0] - grade
    start = np.var(grade)
    assert run["status"] == "converged"
    assert run["train"]["mse"] - np.mean(rest**2) <= 1.01e-4 * start
    assert any("combination" in claim["sentence"] for claim in run["claims"])
