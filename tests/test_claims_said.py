"""What fit and limit say of optimum, limit and distance, on tables whose truth is known beforehand."""

import math
import re

import numpy as np
import pytest

COLLINEAR = "a,b,y\n" + "".join(f"{k},{2 * k},{3 * k + k % 3}\n" for k in range(1, 8))
WIDE = "a,b,c,y\n1,2,3,4\n4,0,1,2\n"
TIMES = "t,y\n" + "".join(f"{1_700_000_000 + 864 * k},{20 + k / 25 + math.sin(k):.6f}\n" for k in range(100))
NOISY = "x,y\n1,2.1\n2,3.9\n3,6.2\n4,7.8\n"


@pytest.fixture
def claims(gdcli):
    """The claims of a run, by subject, and what is on the screen."""

    def call(*words, stdin):
        found = gdcli(*words, "--format", "json", stdin=stdin)
        assert found.code in (0, 5), found.err
        return {one["subject"]: one for one in found.json["claims"]}, gdcli(*words, stdin=stdin).out

    return call


def flat(text):
    return " ".join(text.split())


@pytest.mark.parametrize("command", [["fit", "-", "--lr", "0.1", "--scale", "standard"], ["limit", "-"]])
def test_columns_that_carry_the_same_information(claims, command):
    known, out = claims(*command, stdin=COLLINEAR)
    assert known["unique"]["value"] == 0
    for words in ("columns a and b carry the same information", "condition number is infinite"):
        assert words in flat(out)
    for words in ("The one shown has", "this descent goes to it"):  # `limit` shows none
        assert (words in flat(out)) == (command[0] == "fit")


def test_rows_that_settle_too_little(claims):
    _, out = claims("fit", "-", "--lr", 0.01, stdin=WIDE)
    assert "4 parameters are more than 2 rows can settle" in flat(out)


def test_limit_counts_the_directions_that_are_flat(gdcli):
    report = gdcli("limit", "-", "--format", "json", stdin=COLLINEAR).json
    assert [report[key] for key in ("flat", "condition_number")] == [1, None]
    assert report["eigenvalues"][0] == report["standardized"]["eigenvalues"][0] == 0


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([], "exact least squares"),
        (["--l2", 0.1], "exact ridge solution"),
        (["--weight-decay", 0.1], "exact ridge solution"),
        (["--l1", 0.1], None),
        (["--loss", "huber"], None),
        (["--optimizer", "adamw", "--weight-decay", 0.1], None),
    ],
)
def test_the_optimum_has_its_name_or_is_left_out(gdcli, options, name):
    words = ["fit", "-", "--lr", 0.01, *options]
    out, report = gdcli(*words, stdin=NOISY).out, gdcli(*words, "--format", "json", stdin=NOISY).json
    assert (report["optimum"] is None) == (name is None)
    assert name in out if name else "optimum" not in out


def test_the_optimum_with_weight_decay_is_where_its_gradient_vanishes(gdcli):
    words = ["fit", "-", "--lr", 0.01, "--weight-decay", 0.3, "--format", "json"]
    best = gdcli(*words, stdin=NOISY).json["optimum"]
    rows = [(1, 2.1), (2, 3.9), (3, 6.2), (4, 7.8)]
    errors = [best["m"] * x + best["b"] - y for x, y in rows]
    assert sum(e * x for e, (x, _) in zip(errors, rows, strict=True)) / 2 + 0.3 * best["m"] == pytest.approx(
        0, abs=1e-12
    )
    assert sum(errors) / 2 + 0.3 * best["b"] == pytest.approx(0, abs=1e-12)


def test_a_line_through_timestamps_takes_for_ever(claims, gdcli):
    known, out = claims("fit", "-", "--lr", 1e-19, "--scale", "none", stdin=TIMES)
    ahead = known["epochs to go"]
    # mu = var(t) * 2 / mean(t^2) to first order, and the MSE above the optimum's falls by exp(-2 lr mu) an epoch
    mu = 2 * (864**2 * (100**2 - 1) / 12) / 1_700_042_768**2
    assert ahead["kind"] == "extrapolation"
    assert 0.1 < ahead["value"] * 2 * 1e-19 * mu / math.log(1e6) < 3
    assert "--standardize" in out
    limit = gdcli("limit", "-", "--format", "json", stdin=TIMES).json
    assert limit["flat"] == 0
    assert limit["eigenvalues"][0] == pytest.approx(mu, rel=1e-3)


def test_exact_epochs_are_carried_out(claims, gdcli):
    words = ["fit", "-", "--lr", 0.05, "--optimizer", "momentum", "--scale", "none"]
    known, out = claims(*words, "--epochs", 30, stdin=NOISY)
    count = known["epochs to go"]["value"]
    assert f"Exactly {count:,} epochs more" in flat(out)
    report = gdcli(*words, "--epochs", 30 + count, "--format", "json", stdin=NOISY).json
    target = report["optimum"]["mse"] * (1 + 1e-6)
    before, last = (row["loss"] for row in report["history"][-2:])
    assert last <= target < before


def test_r2_without_intercept_says_which(gdcli):
    out = gdcli("fit", "-", "--lr", 0.01, "--no-intercept", stdin=NOISY).out
    assert "beside the mean" in out
    assert "beside 0" in out


def test_currents_in_nanoamperes_converge_as_amperes_do(gdcli):
    rows = [(k / 10, 2.2 * k / 10 + k % 3 / 20) for k in range(1, 21)]
    ends = []
    for unit in (1.0, 1e-9):
        text = "v,i\n" + "".join(f"{v},{i * unit!r}\n" for v, i in rows)
        report = gdcli("fit", "-", "--lr", 0.1, "--require-converged", "--format", "json", stdin=text).json
        ends.append((report["status"], report["epochs"]))
    assert ends[0] == ends[1]
    assert ends[0][1] > 0


def test_a_nearly_flat_loss_is_not_an_optimum(gdcli):
    rows = "x,y\n" + "".join(f"{k}e-6,{3 * k + 1}\n" for k in range(20))
    result = gdcli("fit", "-", "--lr", 0.1, "--scale", "none", "--require-converged", stdin=rows)
    assert result.code == 5
    assert "of the start's MSE above the optimum's is left" in result.err
    assert "converged" not in result.out


def test_digits_that_are_not_known_are_blank(gdcli):
    powers = "x,y\n" + "".join(f"{1990 + k},{math.sin(k):.4f}\n" for k in range(30))
    words = ["fit", "-", "--degree", 4, "--lr", 1e-45, "--scale", "none"]
    report = gdcli(*words, "--format", "json", stdin=powers).json
    least = min(report["optimum_digits"].values())
    out = gdcli(*words, stdin=powers).out
    assert least < 6
    column = [line.split() for line in out.splitlines() if line.startswith(" w_x")]
    for name, *cells in column:
        known = report["optimum_digits"][name]
        shown = cells[1] if len(cells) > 1 else ""
        assert len(shown.lstrip("-").split("e")[0].replace(".", "").lstrip("0")) <= known


def test_a_networks_sharpness_says_how_far_it_can_be_trusted(gdcli, tmp_path):
    path = tmp_path / "model.safetensors"
    assert gdcli("train", "sample:iris", "--hidden", 4, "--epochs", 3, "--save", path, "-q").code == 0
    found = gdcli("limit", path, "--on", "sample:iris", "--format", "json").json
    assert found["claims"][0]["kind"] == "bound"
    assert found["difference_error"] >= 0
    assert "trust" in gdcli("limit", path, "--on", "sample:iris").out


def test_numbers_that_leave_float64_are_a_divergence(gdcli):
    result = gdcli("fit", "-", "--lr", 0.1, "--scale", "none", stdin="x,y\n1,0\n1e154,1\n")
    assert result.code == 4
    assert "a bug" not in result.err


@pytest.mark.parametrize("seed", range(6))
def test_as_many_parameters_are_blank_as_are_said_to_have_no_digit(gdcli, table, seed):
    """y is the sum of three columns: the weights of the others and b are rounding, or exactly 0."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, [50, 300, 15, 15, 15], (30, 5))
    text = "n,conc,p,q,r,y\n" + "".join(f"{','.join(map(str, row))},{sum(row[2:])}\n" for row in rows.tolist())
    told = gdcli("fit", table(text), "--no-plot")
    block = told.out.partition("optimum\n")[2].partition("\n\n")[0].splitlines()
    blank = sum(len(line.split()) == 2 for line in block)
    said = re.search(r"no digit of (\d+) of the (\d+) parameters", " ".join(told.out.split()))
    assert len(block) == 6
    assert (blank, 6) == (tuple(map(int, said.groups())) if said else (0, 6))


@pytest.mark.parametrize(
    ("degree", "x", "y"),
    [
        (3, range(1_000_000, 1_000_030), lambda x: (x - 1_000_015) ** 3),
        (5, [1990 + at / 4 for at in range(40)], lambda x: round(100 * math.sin((x - 1990) * 4 / 3), 2)),
        (6, range(2000, 2030), lambda x: round(10 * math.sin((x - 2000) / 2), 2)),
    ],
)
def test_powers_that_float64_does_not_tell_apart_have_the_optimum_of_the_standardised_ones(claims, degree, x, y):
    text = "x,y\n" + "".join(f"{at},{y(at)}\n" for at in x)
    known, out = claims("fit", "-", "--degree", degree, "--lr", "1e-60", "--epochs", 1, stdin=text)
    near, targets = np.array(x) - np.mean(x), np.array([y(at) for at in x])
    least = np.mean((np.polyval(np.polyfit(near, targets, degree), near) - targets) ** 2)
    shown = float(re.search(r"optimum +MSE (\S+)", out)[1])
    assert shown == pytest.approx(least, rel=1e-3, abs=1e-15 * np.mean(targets**2))
    assert "cannot be told from a sum of the other raw powers" in flat(out)
    assert "arrived" not in out
    assert known["unique"]["kind"] == "bound"


def test_few_places_leave_many_polynomials(claims):
    _, out = claims("fit", "-", "--degree", 3, "--lr", "0.001", stdin="x,y\n1,2\n2,3\n1,4\n2,5\n")
    assert "Many optima fit equally well" in flat(out)


def test_what_is_too_large_at_the_start_is_not_said_to_grow(gdcli):
    for words in (["fit", "-", "--scale", "standard", "--lr", "1e-10"], ["train", "-", "--task", "regression"]):
        done = gdcli(*words, stdin="x,y\n" + "".join(f"{at},{at}e150\n" for at in range(1, 6)))
        assert done.code == 4
        assert "is too large for arithmetic: no rate can help." in done.err
        assert "Try" not in done.err


def test_with_momentum_a_range_of_rates_is_the_fastest(gdcli):
    text = "x,y\n-1,.5\n-.5,1\n.5,2\n1,4\n2,5\n"
    limit = gdcli("limit", "-", "--optimizer", "momentum", "--format", "json", stdin=text).json
    best = next(one for one in limit["claims"] if one["subject"] == "best rate")
    low, high = map(float, re.search(r"from (\S+) to (\S+) are the fastest", best["sentence"]).groups())

    def after(rate):
        words = ("fit", "-", "--optimizer", "momentum", "--lr", rate, "--epochs", 150, "--format", "json")
        return gdcli(*words, stdin=text).json["train"]["mse"]

    slow = after(low / 2)
    assert all(after(rate) < slow for rate in (low * 1.01, best["value"], high * 0.99))


def test_a_pace_that_slackens_is_not_taken_for_one(gdcli):
    rows = [(a, a + 0.1 * ((7 * a % 5) - 2)) for a in range(10)]
    text = "a,b,y\n" + "".join(f"{a},{b:.3f},{3 * a - 2 * b + 1 + 0.1 * ((3 * a) % 4):.3f}\n" for a, b in rows)
    words = ("fit", "-", "--scale", "standard", "--optimizer", "adagrad", "--lr", 0.5, "--epochs")
    assert "At the pace" not in flat(gdcli(*words, 60, stdin=text).out)
    said = re.search(r"about (\S+) more", flat(gdcli(*words, 2000, stdin=text).out))
    assert float(said[1].replace(",", "")) == pytest.approx(54_814 - 2000, rel=0.2)
