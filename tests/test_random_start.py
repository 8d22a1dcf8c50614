"""A random start: the lecture's "m = ?, b = ?", drawn by the seed."""

import numpy as np
import pytest
from live_sessions import session


def first(result):
    return [result.json["history"][0][name] for name in ("m", "b")]


def test_it_is_standard_normal_to_two_places_by_the_seed(gdcli):
    found = first(gdcli("fit", "sample:deck", "--start", "random", "--seed", 4, "--epochs", 0, "--format", "json"))
    assert found == np.round(np.random.default_rng(4).standard_normal(2), 2).tolist()


def test_inputs_that_are_scaled_have_it_in_their_own_units(gdcli):
    """m x + b = u (x - mean) / sd + v with (u, v) drawn."""
    words = "sample:bmi", "--standardize", "--start", "random", "--epochs", 0, "--format", "json"
    m, b = first(gdcli("fit", *words))
    rows = np.array([float(row["bmi"]) for row in gdcli("sample", "bmi", "--format", "csv").csv])
    u, v = np.round(np.random.default_rng(0).standard_normal(2), 2)
    assert m == pytest.approx(u / rows.std(), rel=1e-12)
    assert b == pytest.approx(v - u * rows.mean() / rows.std(), rel=1e-12)


def test_another_seed_is_another_start_and_the_rerun_line_the_same_one(gdcli):
    words = "sample:deck", "--start", "random", "--epochs", 3, "--format", "json"
    one, other = (gdcli("fit", *words, "--seed", seed) for seed in (1, 2))
    assert first(one) != first(other)
    assert gdcli(*one.rerun).out == one.out


def test_runs_of_a_sweep_start_where_fit_does(gdcli):
    words = "sample:bmi", "--start", "random", "--standardize", "--epochs", 5
    runs = gdcli("sweep", "fit", *words, "--seed", "3,4", "--format", "json").json["runs"]
    for run in runs:
        alone = gdcli("fit", *words, "--seed", run["config"]["seed"], "--format", "json").json
        assert run["final_loss"] == pytest.approx(alone["history"][-1]["loss"], rel=1e-12)


def test_in_live_another_seed_is_another_start():
    sitting = session("sample:deck", "--start", "random")
    before = sitting.run.now.parameters
    sitting.do("seed")
    assert "another start" in sitting.message
    assert not np.array_equal(sitting.run.now.parameters, before)


def test_it_is_refused_beside_a_start_that_is_given(gdcli, refused):
    refused(gdcli("fit", "sample:deck", "--start", "random", "--m", 1), 2, "--start")
    refused(gdcli("fit", "sample:deck", "--start", "anywhere"), 2, "--start")
