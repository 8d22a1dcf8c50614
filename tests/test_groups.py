"""`fit --by`: one fit for each group, all of them as one stack; each is the fit of its rows alone."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

import gdcli as library
from gdcli.data import opening
from gdcli.data.grouping import GroupCondenser
from gdcli.errors import DataError, OptionError

SIZES = {"Oslo": 7, "Rome": 40, "Nice": 3, "Bonn": 1, "Kiel": 4}
"""Rows of each group; in Kiel the inputs are the same in every row."""


def rows_of(seed=3):
    """Rows of groups in a mixed order: group, a, c, y."""
    rng = np.random.default_rng(seed)
    rows = []
    for at, (city, count) in enumerate(SIZES.items()):
        a, c = rng.normal(5 + at, 2, count).round(3), rng.normal(0, 1 + at, count).round(3)
        if city == "Kiel":
            a[:], c[:] = 2.0, 1.0
        y = (at * a - c + rng.normal(0, 1, count)).round(4)
        rows += [(city, *values) for values in zip(a.tolist(), c.tolist(), y.tolist(), strict=True)]
    return [rows[at] for at in rng.permutation(len(rows))]


def as_csv(rows):
    return "city,a,c,y\n" + "".join(f"{','.join(map(str, row))}\n" for row in rows)


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(as_csv(rows_of()))
    for city in SIZES:
        (tmp_path / f"{city}.csv").write_text(as_csv(row for row in rows_of() if row[0] == city))
    return tmp_path / "rows.csv"


OPTIONS = [
    {"standardize": True, "lr": 0.1, "epochs": 30},
    {"lr": 0.005, "epochs": 12},
    {"scale": "minmax", "lr": 0.2, "epochs": 9, "optimizer": "adam"},
    {"standardize": True, "lr": 0.1, "epochs": 20, "l2": 0.3, "l1": 0.1},
    {"standardize": True, "lr": 0.1, "epochs": 20, "no_intercept": True},
    {"scale": 3.0, "lr": 0.02, "epochs": 15, "schedule": "cosine", "warmup": 3, "optimizer": "momentum"},
    {"lr": 0.001, "epochs": 5, "start": (1.0, -2.0, 3.0), "standardize": True},
    {"standardize": True, "lr": 0.1, "epochs": 900, "tolerance": 1e-6},
    {"standardize": True, "lr": 0.1, "epochs": 50, "max_steps": 7, "weight_decay": 0.1},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ",".join(f"{k}={v}" for k, v in options.items()))
def test_each_group_is_the_fit_of_its_rows_alone(file, options):
    together = library.fit(str(file), by="city", x=["a", "c"], **options)
    assert {one.group for one in together} == set(SIZES)
    for city in ("Oslo", "Rome", "Nice"):
        alone = library.fit(f"{city}.csv", x=["a", "c"], **options)
        figures = together[city].figures
        parameters = [figures[name] for name in alone.parameters]
        np.testing.assert_allclose(parameters, list(alone.parameters.values()), rtol=1e-9, atol=1e-9)
        assert figures["mse"] == pytest.approx(alone.scores.mse, rel=1e-9)
        assert figures["r2"] == pytest.approx(alone.scores.r2, rel=1e-9)
        assert figures["epochs"] == alone.kept.epoch
        assert figures["status"] == str(alone.status)
        assert figures["rows"] == SIZES[city]


def test_groups_without_a_line_are_said_and_come_last(file):
    result = library.fit(str(file), by="city", epochs=3)
    last = [(one.group, one.figures["status"], one.figures["rows"]) for one in list(result)[-2:]]
    assert sorted(last) == [("Bonn", "not_fitted", 1), ("Kiel", "not_fitted", 4)]
    assert result["Bonn"].figures["mse"] is None
    errors = [one.figures["mse"] for one in list(result)[:3]]
    assert errors == sorted(errors)


def test_the_optimum_is_least_squares(file):
    result = library.fit(str(file), by="city", x=["a"], epochs=1)
    for city in ("Oslo", "Rome", "Nice"):
        rows = np.array([(a, y) for group, a, _, y in rows_of() if group == city])
        design = np.column_stack([rows[:, 0], np.ones(len(rows))])
        rest = rows[:, 1] - design @ np.linalg.lstsq(design, rows[:, 1], rcond=None)[0]
        assert result[city].figures["optimum_mse"] == pytest.approx((rest @ rest) / len(rows), rel=1e-9)


def test_blocks_do_not_matter(file, monkeypatch):
    whole = library.fit(str(file), by="city", epochs=4)
    monkeypatch.setattr(opening, "LARGE_BYTES", 200)
    monkeypatch.setattr(opening, "HEAD_BYTES", 100)
    monkeypatch.setattr("gdcli.data.grouping._NUMBERS", 40)
    parts = library.fit(str(file), by="city", epochs=4)
    for one in whole:
        if one.figures["mse"] is not None:
            assert parts[one.group].figures["mse"] == pytest.approx(one.figures["mse"], rel=1e-10)


def test_condensed_rows_have_the_scatter_of_all():
    rng = np.random.default_rng(0)
    groups, rows = rng.integers(0, 5, 300), rng.normal(1e3, 1, (300, 3))
    condenser = GroupCondenser(3)
    for begin in range(0, 300, 70):
        condenser.add(groups[begin : begin + 70], rows[begin : begin + 70])
        condenser.result(5)
    found = condenser.result(6)
    for at in range(5):
        own = rows[groups == at]
        centred = own - own.mean(axis=0)
        np.testing.assert_allclose(found.mean[at], own.mean(axis=0), rtol=1e-13)
        np.testing.assert_allclose(found.scatter[at].T @ found.scatter[at], centred.T @ centred, rtol=1e-9, atol=1e-9)
        assert found.rows[at] == len(own)
    assert found.rows[5] == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--degree", "2"], "--degree"),
        (["--folds", "3"], "--folds"),
        (["--batch-size", "2"], "--batch-size"),
        (["--loss", "mae"], "--loss"),
        (["--save", "m.safetensors"], "--save"),
        (["--timing"], "--timing"),
        (["--start", "random"], "--start random"),
        (["--missing", "mean"], "--missing mean"),
        (["--validation", "rows.csv"], "--validation FILE"),
        (["--validation", "0.2", "--patience", "3"], "--patience"),
        (["--validation", "0.2", "--no-shuffle"], "--no-shuffle"),
        (["--y", "city"], "also an input or the target"),
        (["--by", "town"], "no column 'town'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("file")
def test_options_that_groups_cannot_have(gdcli, refused, words, part):
    refused(gdcli("fit", "rows.csv", "--by", "city", *words, "-q"), 2, part)


def test_a_missing_group_is_refused_or_left_out(file, gdcli, refused):
    text = file.read_text().replace("Rome,", ",", 1)
    file.write_text(text)
    line = 2 + next(at for at, one in enumerate(text.splitlines()[1:]) if one.startswith(","))
    refused(gdcli("fit", "rows.csv", "--by", "city", "-q"), 3, f"line {line}, column 'city': empty cell")
    result = library.fit(str(file), by="city", missing="drop", epochs=2)
    assert result["Rome"].figures["rows"] == SIZES["Rome"] - 1
    assert result.experiment.rows.report.gaps.dropped == 1


def test_numbers_dates_and_one_group(tmp_path):
    rows = [("2024-01-01", 1, 3), ("2024-01-01", 2, 5), ("2024-01-02", 1, 1), ("2024-01-02", 2, 0)]
    path = tmp_path / "days.csv"
    path.write_text("day,x,y\n" + "".join(f"{d},{x},{y}\n" for d, x, y in rows))
    assert {one.group for one in library.fit(str(path), by="day", epochs=1)} == {"2024-01-01", "2024-01-02"}
    frame = {"n": [1, 1.0, 2.5, 2.5], "x": [1, 2, 1, 2], "y": [3, 5, 1, 0]}
    assert {one.group for one in library.fit(frame, by="n", epochs=1)} == {"1", "2.5"}
    one = library.fit({"n": [7] * 4, "x": [1, 2, 3, 4], "y": [3, 5, 7, 9.5]}, by="n", lr=0.1, epochs=20, scale="none")
    alone = library.fit({"x": [1, 2, 3, 4], "y": [3, 5, 7, 9.5]}, lr=0.1, epochs=20, scale="none")
    assert one["7"].figures["m"] == pytest.approx(alone.parameters["m"], rel=1e-10)
    with pytest.raises(DataError, match="no group of column 'n' has two rows"):
        library.fit({"n": [1, 2, 3], "x": [1, 2, 3], "y": [1, 2, 4]}, by="n")
    with pytest.raises(OptionError, match="save"):
        library.fit(str(path), by="day", save="m.safetensors")


def test_too_many_groups_are_refused(file):
    with pytest.raises(DataError, match="more than 4 groups in column 'city'") as refused_:
        library.fit(str(file), by="city", allow="groups=4")
    assert "--allow groups=N" in str(refused_.value.hint)


def test_held_out_rows_are_those_of_the_seeded_rule(file):
    from gdcli.experiments.passing import held_out

    result = library.fit(str(file), by="city", x=["a"], validation=0.3, epochs=40, lr=0.1, standardize=True, seed=2)
    out = held_out(0, sum(SIZES.values()), 0.3, 2)
    rows = [(row, held) for row, held in zip(rows_of(), out.tolist(), strict=True) if row[0] == "Rome"]
    train = np.array([(row[1], row[3]) for row, held in rows if not held])
    held = np.array([(row[1], row[3]) for row, held in rows if held])
    z = (train[:, 0] - train[:, 0].mean()) / train[:, 0].std()
    w, losses = np.zeros(2), []
    for _ in range(41):
        raw = w[0] / train[:, 0].std(), w[1] - w[0] * train[:, 0].mean() / train[:, 0].std()
        losses.append((np.mean((held[:, 0] * raw[0] + raw[1] - held[:, 1]) ** 2), raw))
        rest = w[0] * z + w[1] - train[:, 1]
        w = w - 0.1 * 2 * np.array([np.mean(rest * z), np.mean(rest)])
    best = min(losses, key=lambda one: one[0])
    figures = result["Rome"].figures
    assert figures["validation_mse"] == pytest.approx(best[0], rel=1e-9)
    assert [figures["m"], figures["b"]] == pytest.approx(list(best[1]), rel=1e-9)
    assert figures["epochs"] == losses.index(best)


def test_one_steep_group_sets_the_rate_for_all():
    """Twenty inputs that are one: L = 2 (1 + 19 r) is far above what lr 0.1 allows; the rate chosen is 1 / L."""
    rng = np.random.default_rng(1)
    base = rng.normal(0, 1, 40)
    columns = {f"x{at}": base + rng.normal(0, 1e-3, 40) for at in range(20)}
    result = library.fit({"g": [1] * 40, **columns, "y": base}, by="g", epochs=2)
    table = np.column_stack([*columns.values()])
    z = (table - table.mean(axis=0)) / table.std(axis=0)
    steepest = np.linalg.eigvalsh(2 * z.T @ z / 40).max()
    assert result.experiment.rate == pytest.approx(1 / steepest, rel=5e-3)


@pytest.mark.usefixtures("file")
def test_formats(gdcli):
    run = gdcli("fit", "rows.csv", "--by", "city", "--epochs", "5", "--format", "csv", "-q")
    rows = list(csv.reader(io.StringIO(run.out)))
    assert rows[0] == ["city", "rows", "w_a", "w_c", "b", "mse", "r2", "optimum_mse", "epochs", "status"]
    assert len(rows) == 1 + len(SIZES)
    run = gdcli("fit", "rows.csv", "--by", "city", "--epochs", "5", "--format", "json", "-q")
    made = json.loads(run.out)
    assert made["schema"] == "gdcli.groups/1"
    assert [one["city"] for one in made["groups"]] == [row[0] for row in rows[1:]]
    assert made["statuses"] == {"completed": 3, "not_fitted": 2}
    again = gdcli(*made["rerun"].split()[1:], "-q")
    assert json.loads(again.out)["groups"] == made["groups"]
    table = gdcli("fit", "rows.csv", "--by", "city", "--epochs", "5", "--plot")
    assert "2 groups are not fitted: one row, or no input that varies" in table.err
    assert max(map(len, table.out.splitlines())) <= 100
    diverged = gdcli("fit", "rows.csv", "--by", "city", "--lr", "5", "--standardize", "-q")
    assert diverged.code == 4
    assert gdcli("fit", "rows.csv", "--by", "city", "--epochs", "1", "--require-converged", "-q").code == 5
