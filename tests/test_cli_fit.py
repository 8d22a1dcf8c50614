"""fit: descent written a second time, exact least squares in rationals, and what stops a run."""

import itertools
import math
import random
import re
from fractions import Fraction

import numpy as np
import pytest

DECK = ["sample:deck", "--m", -1, "--b", 5]
MADE = [(0.5, 1.25), (1.5, 4.0), (-2.0, -3.5), (3.0, 5.75), (0.25, 2.0), (2.0, 3.25), (-1.0, -2.5)]


def text(rows, header="x,y"):
    return header + "\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)


def mse_of(rows, m, b):
    return sum((m * x + b - y) ** 2 for x, y in rows) / len(rows)


def gradient(rows, m, b):
    return (
        sum(2 * (m * x + b - y) * x for x, y in rows) / len(rows),
        sum(2 * (m * x + b - y) for x, y in rows) / len(rows),
    )


def least_squares(features, targets):
    """Exact, by Gauss and Jordan on the normal equations in rationals."""
    rows = [[Fraction(value) for value in row] for row in features]
    ys, size = [Fraction(value) for value in targets], len(rows[0])
    system = [
        [sum(row[i] * row[j] for row in rows) for j in range(size)]
        + [sum(row[i] * y for row, y in zip(rows, ys, strict=True))]
        for i in range(size)
    ]
    for i in range(size):
        pivot = next(k for k in range(i, size) if system[k][i])
        system[i], system[pivot] = system[pivot], system[i]
        system[i] = [value / system[i][i] for value in system[i]]
        for k in range(size):
            if k != i:
                system[k] = [a - system[k][i] * c for a, c in zip(system[k], system[i], strict=True)]
    return [float(row[-1]) for row in system]


def limit(rows):
    """2 / the larger eigenvalue of a line's Hessian."""
    n = len(rows)
    a, c, d = 2 * sum(x * x for x, _ in rows) / n, 2 * sum(x for x, _ in rows) / n, 2
    return 2 / ((a + d) / 2 + math.sqrt(((a - d) / 2) ** 2 + c * c))


@pytest.mark.quick
class TestLecture:
    def test_without_arguments(self, gdcli):
        rows = gdcli("fit", "--format", "csv").floats
        assert list(rows[0]) == ["epoch", "step", "lr", "loss", "m", "b"]
        assert list(rows[0].values()) == [0, 0, 0.1, 2.5, -1, 5]
        assert rows[1]["loss"] == pytest.approx(1.825, rel=1e-15)
        assert (rows[1]["m"], rows[1]["b"]) == pytest.approx((-0.7, 5.1), rel=1e-15)
        assert [row["epoch"] for row in rows] == list(range(len(rows)))

    def test_says_on_stderr_that_it_is_the_example(self, gdcli):
        assert "lecture" in gdcli("fit").err
        assert "lecture" not in gdcli("fit", *DECK).err

    @pytest.mark.parametrize(("epochs", "below"), [(490, False), (491, True)])
    def test_491_epochs_to_a_millionth(self, gdcli, epochs, below):
        report = gdcli("fit", *DECK, "--lr", 0.1, "--epochs", epochs, "--format", "json").json
        assert (report["train"]["mse"] < 1e-6) == below
        assert report["history"][-1]["epoch"] == report["epochs"] == epochs

    @pytest.mark.parametrize(("lr", "epochs"), [(0.25, 194), (0.29, 543), (0.01, 4935)])
    def test_epochs_to_a_millionth_at_other_rates(self, gdcli, lr, epochs):
        result = gdcli("fit", *DECK, "--lr", lr, "--epochs", 9999, "--target-loss", 1e-6, "--format", "json")
        assert result.code == 0
        assert result.json["status"] == "converged"
        assert abs(result.json["epochs"] - epochs) <= 1

    def test_report(self, gdcli):
        report = gdcli("fit", *DECK, "--epochs", 491, "--format", "json").json
        assert report["schema"] == "gdcli.fit/1"
        assert report["optimum"] == pytest.approx({"m": 2, "b": 1, "mse": 0}, abs=1e-12)
        assert report["baseline"]["mse"] == 1
        assert report["equation"].startswith("y = ")
        assert (report["steps"], report["seed"], report["status"]) == (491, 0, "completed")
        assert report["train"]["rmse"] == pytest.approx(math.sqrt(report["train"]["mse"]), rel=1e-12)
        assert report["train"]["r2"] == pytest.approx(1 - report["train"]["mse"], rel=1e-12)
        assert (report["validation"], report["config"]["lr"], report["config"]["optimizer"]) == (None, 0.1, "sgd")
        assert report["parameters"] == {name: report["history"][-1][name] for name in ("m", "b")}

    def test_screen(self, gdcli):
        out = gdcli("fit", *DECK, "--epochs", 500).out
        for words in ("epoch", "loss", "y = 1.9983x + 1.0027", "y = 2x + 1", "baseline", "0.2918"):
            assert words in out
        assert "7.49e-07" in out

    def test_one_step_at_a_half_when_standardized(self, gdcli):
        report = gdcli("fit", *DECK, "--standardize", "--lr", 0.5, "--epochs", 1, "--format", "json").json
        assert report["parameters"] == pytest.approx({"m": 2, "b": 1}, rel=1e-14)

    def test_first_steps_at_03_improve(self, gdcli):
        result = gdcli("fit", *DECK, "--lr", 0.3, "--epochs", 2000, "--format", "csv")
        losses = [float(row["loss"]) for row in result.csv if row["loss"]]
        assert result.code == 4
        assert losses[0] > losses[1] > losses[2] > losses[3] > losses[4] == pytest.approx(2.335, abs=5e-4)
        assert losses[-1] > 1e3 * losses[0]


class TestTrajectory:
    @pytest.mark.parametrize("lr", ["0.01", "0.1", "0.2"])
    def test_full_batch(self, gdcli, lr):
        result = gdcli(
            "fit", "--lr", lr, "--m", "0.5", "--b", "-1", "--epochs", 60, "--format", "csv", stdin=text(MADE)
        )
        assert result.code == 0
        m, b, rate = 0.5, -1.0, float(lr)
        for row in result.floats:
            assert (row["m"], row["b"]) == pytest.approx((m, b), rel=1e-11)
            assert row["loss"] == pytest.approx(mse_of(MADE, m, b), rel=1e-11)
            gm, gb = gradient(MADE, m, b)
            m, b = m - rate * gm, b - rate * gb

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
    def test_batches_in_order(self, gdcli, size):
        words = ["--lr", "0.05", "--batch-size", size, "--no-shuffle", "--epochs", 5, "--format", "csv"]
        rows = gdcli("fit", *words, stdin=text(MADE)).floats
        m = b = 0.0
        for epoch, row in enumerate(rows):
            assert (row["m"], row["b"]) == pytest.approx((m, b), rel=1e-11)
            assert row["loss"] == pytest.approx(mse_of(MADE, m, b), rel=1e-11)
            assert row["step"] == epoch * math.ceil(len(MADE) / size)
            for start in range(0, len(MADE), size):
                gm, gb = gradient(MADE[start : start + size], m, b)
                m, b = m - 0.05 * gm, b - 0.05 * gb

    def test_320_rows_in_batches_of_32_are_ten_steps_an_epoch(self, gdcli):
        words = ["--batch-size", 32, "--epochs", 3, "--lr", "1e-3", "--format", "csv"]
        rows = gdcli("fit", *words, stdin=text([(k / 100, k / 50) for k in range(320)])).floats
        assert [row["step"] for row in rows] == [0, 10, 20, 30]

    def test_momentum(self, gdcli):
        words = ["--optimizer", "momentum", "--momentum", "0.8", "--lr", "0.05", "--epochs", 30, "--format", "csv"]
        m = b = um = ub = 0.0
        for row in gdcli("fit", *words, stdin=text(MADE)).floats:
            assert (row["m"], row["b"]) == pytest.approx((m, b), rel=1e-10)
            gm, gb = gradient(MADE, m, b)
            um, ub = 0.8 * um + gm, 0.8 * ub + gb
            m, b = m - 0.05 * um, b - 0.05 * ub

    def test_rate_at_steps(self, gdcli):
        words = [*DECK, "--lr", "0.1", "--lr-at", "3:0.2,5:0.01", "--epochs", 8, "--format", "csv"]
        rows = gdcli("fit", *words).floats
        used = []
        for before, after in itertools.pairwise(rows):
            used.append((before["m"] - after["m"]) / (5 * before["m"] + 3 * before["b"] - 13))
        assert used == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.01, 0.01, 0.01, 0.01], rel=1e-9)

    def test_warmup_ramps_up_to_the_rate(self, gdcli):
        rows = gdcli("fit", *DECK, "--warmup", 4, "--epochs", 8, "--format", "csv").floats
        used = [
            (before["m"] - after["m"]) / (5 * before["m"] + 3 * before["b"] - 13)
            for before, after in itertools.pairwise(rows)
        ]
        assert used[:4] == pytest.approx([0.025, 0.05, 0.075, 0.1], rel=1e-9)
        assert used[4:] == pytest.approx([0.1] * 4, rel=1e-9)

    @pytest.mark.parametrize("name", ["constant", "step", "exponential", "cosine", "inverse-time", "one-cycle"])
    def test_schedules_run_and_stay_at_or_under_the_rate(self, gdcli, name):
        rows = gdcli("fit", *DECK, "--schedule", name, "--epochs", 40, "--format", "csv").floats
        assert all(0 <= row["lr"] <= 0.1 + 1e-12 for row in rows)
        assert len({row["lr"] for row in rows}) == 1 if name == "constant" else True

    @pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"])
    def test_optimizers_reach_the_line(self, gdcli, name):
        words = ["--optimizer", name, "--lr", "0.05", "--epochs", 2000, "--weight-decay", 0, "--format", "json"]
        report = gdcli("fit", *words, stdin=text(MADE)).json
        assert report["train"]["mse"] < 1.5 * report["optimum"]["mse"]


class TestOptimum:
    @pytest.mark.parametrize("seed", range(4))
    def test_line_standardized(self, gdcli, seed):
        draw = random.Random(seed)  # noqa: S311 - data made up for a test
        rows = [(x, 3.5 * x - 700 + draw.gauss(0, 5)) for x in (draw.uniform(900, 1100) for _ in range(25))]
        m, b = least_squares([[x, 1] for x, _ in rows], [y for _, y in rows])
        report = gdcli("fit", "--standardize", "--format", "json", stdin=text(rows)).json
        assert report["parameters"] == pytest.approx({"m": m, "b": b}, rel=1e-9)
        assert report["optimum"]["m"] == pytest.approx(m, rel=1e-9)

    def test_through_the_origin_standardized(self, gdcli):
        rows = [(float(x), 2.0 * x + (x % 3)) for x in range(60, 71)]
        [m] = least_squares([[x] for x, _ in rows], [y for _, y in rows])
        report = gdcli("fit", "--no-intercept", "--standardize", "--format", "json", stdin=text(rows)).json
        assert report["parameters"] == pytest.approx({"m": m}, rel=1e-9)

    def test_parabola_standardized(self, gdcli):
        rows = [(150000.0 * k, 7e-7 * 150000 * k - 3e-15 * (150000 * k) ** 2 + 1e-4 * (k % 3)) for k in range(1, 21)]
        b, w1, w2 = least_squares([[1, Fraction(x), Fraction(x) ** 2] for x, _ in rows], [y for _, y in rows])
        report = gdcli("fit", "--degree", 2, "--standardize", "--format", "json", stdin=text(rows)).json
        assert list(report["parameters"].values()) == pytest.approx([w1, w2, b], rel=1e-9)

    def test_several_inputs_standardized(self, gdcli):
        draw = random.Random(5)  # noqa: S311 - data made up for a test
        features = [(draw.uniform(0, 9), draw.uniform(-500, 500), draw.gauss(1, 0.1)) for _ in range(30)]
        targets = [2 * a - 0.01 * c + 5 * d + draw.gauss(0, 0.2) for a, c, d in features]
        want = least_squares([[*row, 1] for row in features], targets)
        table = text([(*row, y) for row, y in zip(features, targets, strict=True)], "a,c,d,y")
        report = gdcli("fit", "--standardize", "--epochs", 3000, "--format", "json", stdin=table).json
        assert list(report["parameters"]) == ["w_a", "w_c", "w_d", "b"]
        assert list(report["parameters"].values()) == pytest.approx(want, rel=1e-9)

    @pytest.mark.parametrize("name", ["bmi", "line"])
    def test_shipped_samples(self, gdcli, name):
        cells = [[float(cell) for cell in row.values()] for row in gdcli("sample", name).csv]
        m, b = least_squares([[x, 1] for x, _ in cells], [y for _, y in cells])
        report = gdcli("fit", f"sample:{name}", "--standardize", "--format", "json").json
        assert report["parameters"] == pytest.approx({"m": m, "b": b}, rel=1e-9)
        assert report["train"]["mse"] == pytest.approx(report["optimum"]["mse"], rel=1e-12)

    @pytest.mark.parametrize("scale", ["standard", "minmax", "10", "none"])
    def test_parameters_are_in_raw_units(self, gdcli, scale):
        words = ["--scale", scale, "--epochs", 2000, "--lr", "0.1", "--format", "json"]
        report = gdcli("fit", *words, stdin=text(MADE)).json
        parameters = report["parameters"]
        assert report["train"]["mse"] == pytest.approx(mse_of(MADE, parameters["m"], parameters["b"]), rel=1e-9)

    def test_start_is_in_raw_units_under_scaling(self, gdcli):
        rows = gdcli("fit", *DECK, "--standardize", "--epochs", 1, "--format", "csv").floats
        assert (rows[0]["m"], rows[0]["b"], rows[0]["loss"]) == pytest.approx((-1, 5, 2.5), rel=1e-14)

    def test_ridge(self, gdcli):
        # least of mean (e^2) + a/2 m^2: (sum 2x(mx+b-y))/n + a m = 0, bias left out
        n, a = len(MADE), Fraction(1, 2)
        xs, ys = [Fraction(x) for x, _ in MADE], [Fraction(y) for _, y in MADE]
        mean_x, mean_y = sum(xs) / n, sum(ys) / n
        covariance = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
        m = covariance / (sum((x - mean_x) ** 2 for x in xs) + a * n / 2)
        b = mean_y - m * mean_x
        report = gdcli("fit", "--l2", 0.5, "--epochs", 3000, "--format", "json", stdin=text(MADE)).json
        assert report["parameters"] == pytest.approx({"m": float(m), "b": float(b)}, rel=1e-9)
        assert report["train"]["mse"] == pytest.approx(mse_of(MADE, float(m), float(b)), rel=1e-9)

    def test_mean_absolute_error_ignores_an_outlier(self, gdcli):
        rows = [(x, 2 * x + 1) for x in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)] + [(1.25, 90.0)]
        words = ["--loss", "mae", "--lr", "0.05", "--schedule", "inverse-time", "--epochs", 4000, "--format", "json"]
        parameters = gdcli("fit", *words, stdin=text(rows)).json["parameters"]
        assert parameters["m"] == pytest.approx(2, abs=0.1)
        assert parameters["b"] == pytest.approx(1, abs=0.1)


class TestDivergence:
    @pytest.mark.parametrize("seed", range(6))
    def test_just_above_the_limit_diverges_and_just_below_works(self, gdcli, seed):
        draw = random.Random(seed)  # noqa: S311 - data made up for a test
        size = 10.0 ** draw.randint(-3, 4)
        rows = [(draw.uniform(-1, 3) * size, draw.gauss(0, 3)) for _ in range(12)]
        rate = limit(rows)
        above = gdcli("fit", "--lr", repr(1.01 * rate), "--epochs", 5000, "--format", "json", stdin=text(rows))
        below = gdcli("fit", "--lr", repr(0.99 * rate), "--epochs", 5000, "--format", "json", stdin=text(rows))
        assert (above.code, above.json["status"]) == (4, "diverged")
        assert f"{rate:.4g}" in above.err
        assert "Warning" not in above.err
        assert below.code == 0, below.err
        assert below.json["train"]["mse"] <= below.json["history"][0]["loss"]

    def test_message(self, gdcli):
        result = gdcli("fit", *DECK, "--lr", 0.3, "--epochs", 5000)
        lines = [line for line in result.err.splitlines() if line.startswith("gdcli: ")]
        assert result.code == 4
        assert len(lines) == 1
        assert "diverged at epoch" in lines[0]
        for part in ("0.2918", "0.2857", "--standardize"):
            assert part in result.err

    @pytest.mark.parametrize(("factor", "epochs"), [(1.001, 5000), (1.0001, 20000)])
    def test_a_run_that_ends_far_above_its_start_has_diverged(self, gdcli, factor, epochs):
        rate = 2 / ((7 + math.sqrt(45)) / 2)
        result = gdcli("fit", *DECK, "--lr", repr(factor * rate), "--epochs", epochs, "--format", "json")
        assert result.json["history"][-1]["loss"] > 2.5 * 50
        assert (result.code, result.json["status"]) == (4, "diverged")

    @pytest.mark.parametrize("lr", ["0.3", "2", "1e6", "1e150", "1e300", "1.7e308"])
    @pytest.mark.parametrize("form", ["table", "csv", "json", "jsonl", "kv"])
    def test_no_warning_and_valid_output(self, gdcli, lr, form):
        result = gdcli("fit", *DECK, "--lr", lr, "--epochs", 2000, "--format", form)
        assert result.code == 4
        assert "Warning" not in result.err
        if form in ("json", "jsonl"):
            assert getattr(result, form)

    @pytest.mark.parametrize("name", ["momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"])
    def test_other_optimizers_at_a_huge_rate(self, gdcli, name):
        result = gdcli("fit", *DECK, "--optimizer", name, "--lr", "1e200", "--format", "json")
        assert result.code in (0, 4)
        assert "Warning" not in result.err
        assert result.json["status"] in ("diverged", "completed")

    @pytest.mark.parametrize(
        "words", [["--batch-size", 2], ["--degree", 3], ["--optimizer", "momentum"], ["--l2", 100]]
    )
    def test_other_runs_that_blow_up(self, gdcli, words):
        result = gdcli("fit", *words, "--lr", 5, "--epochs", 3000, "--format", "json", stdin=text(MADE))
        assert (result.code, result.json["status"]) == (4, "diverged")
        assert "Warning" not in result.err

    def test_named_rate_of_a_polynomial_works(self, gdcli):
        table = text([(k / 4, (k / 4) ** 2 + k % 2) for k in range(12)])
        first = gdcli("fit", "--degree", 2, "--lr", 5, "--format", "json", stdin=table)
        assert first.code == 4
        rate = first.json["lr_max"]
        assert f"{rate:.4g}" in first.err
        for factor, code in ((0.99, 0), (1.01, 4)):
            words = ["--degree", 2, "--lr", repr(rate * factor), "--epochs", 5000, "--format", "json"]
            assert gdcli("fit", *words, stdin=table).code == code

    @pytest.mark.parametrize(
        "words",
        [
            ["--weight-decay", 100, "--lr", 0.1],
            ["--l2", 1000, "--lr", 0.1],
            ["--optimizer", "momentum", "--lr", 3],
            ["--optimizer", "nesterov", "--lr", 3],
            ["--batch-size", 1, "--lr", 3],
            ["--no-intercept", "--lr", 3],
            ["--scale", 10, "--lr", 30],
            ["--schedule", "cosine", "--lr", 3],
        ],
        ids=str,
    )
    def test_what_the_message_proposes_works(self, gdcli, words):
        first = gdcli("fit", "sample:deck", *words, "--epochs", 300)
        assert first.code == 4
        proposed = re.search(r"Try .*?--lr ([-+.\de]+)", first.err)
        assert proposed, first.err
        assert "largest stable" in first.err
        again = gdcli("fit", "sample:deck", *words, "--lr", proposed[1].rstrip("."), "--epochs", 300)
        assert again.code == 0, first.err + again.err

    def test_a_dial_turned_too_far_is_what_the_message_names(self, gdcli):
        first = gdcli("fit", "sample:deck", "--lr-at", "2:5", "--epochs", 300)
        assert first.code == 4
        assert "lr 5 is above the largest stable rate on this data, 0.2918" in first.err
        proposed = re.search(r"--lr-at up to ([.\d]+)", first.err)
        again = gdcli("fit", "sample:deck", "--lr-at", f"2:{proposed[1].rstrip('.')}", "--epochs", 300)
        assert again.code == 0, again.err

    @pytest.mark.parametrize("scale", ["1e150", "1e-150", "1e160", "1e-170"])
    def test_huge_and_tiny_values(self, gdcli, scale):
        size = float(scale)
        result = gdcli("fit", "--format", "json", stdin=text([(size, 3.0), (2 * size, 5.0), (3 * size, 6.5)]))
        assert result.code in (0, 3, 4), result.err
        assert "Warning" not in result.err
        assert "a bug" not in result.err


def huber_gradient(m, b):
    """Of the mean of Huber's loss with delta 1, on (1, 3) and (2, 5)."""
    slopes = [max(-1.0, min(1.0, m * x + b - y)) for x, y in ((1, 3), (2, 5))]
    return (slopes[0] + 2 * slopes[1]) / 2, sum(slopes) / 2


class TestStopping:
    def test_tolerance(self, gdcli):
        report = gdcli("fit", *DECK, "--tolerance", "1e-3", "--epochs", 9999, "--format", "json").json
        before, end = report["history"][-2:]
        assert report["status"] == "converged"
        assert end["loss"] <= 1e-3 * 2.5 < before["loss"]  # the optimum's MSE is 0

    @pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
    def test_tolerance_is_free_of_units(self, gdcli, unit):
        rows = "x,y\n" + "".join(f"{x},{y * unit!r}\n" for x, y in ((1, 3), (2, 5), (3, 8), (4, 8)))
        words = ["fit", "-", "--lr", 0.1, "--standardize", "--require-converged", "--format", "json"]
        report = gdcli(*words, stdin=rows).json
        assert (report["status"], report["epochs"]) == ("converged", 31)  # 0.8^(2 k) <= 1e-6 first at k = 31

    def test_tolerance_without_a_known_optimum_is_of_the_gradient(self, gdcli):
        words = ["fit", *DECK, "--loss", "huber", "--tolerance", "0.01", "--epochs", 9999, "--format", "json"]
        report = gdcli(*words).json
        sizes = [max(abs(value) for value in huber_gradient(row["m"], row["b"])) for row in report["history"]]
        assert report["status"] == "converged"
        assert sizes[-1] <= 0.01 * sizes[0] < min(sizes[:-1])

    def test_converged_does_not_contradict_the_distance(self, gdcli):
        out = gdcli("fit", *DECK, "--tolerance", "1e-3", "--epochs", 9999).out
        assert "converged at epoch" in out
        assert "epochs more" not in out

    def test_require_converged(self, gdcli):
        words = ["fit", *DECK, "--require-converged", "--format", "json"]
        assert gdcli(*words, "--tolerance", "1e-9", "--epochs", 10).code == 5
        assert gdcli(*words, "--tolerance", "1e-3", "--epochs", 9999).code == 0
        assert gdcli(*words, "--target-loss", "1e-3", "--epochs", 5).code == 5
        short = gdcli(*words, "--tolerance", "1e-9", "--epochs", 10)
        assert short.json["epochs"] == 10
        assert len([line for line in short.err.splitlines() if line.startswith("gdcli: ")]) == 1

    def test_zero_epochs_is_the_state_before_training(self, gdcli):
        report = gdcli("fit", *DECK, "--epochs", 0, "--format", "json").json
        assert [row["loss"] for row in report["history"]] == [2.5]
        assert report["parameters"] == {"m": -1, "b": 5}

    def test_early_stopping_keeps_the_best_epoch(self, gdcli, table):
        held = table("x,y\n1,0\n2,1\n3,1\n", "held.csv")
        words = ["--validation", held, "--patience", 5, "--lr", "0.01", "--epochs", 3000, "--format", "json"]
        report = gdcli("fit", *words, stdin=text(MADE)).json
        losses = [row["validation_loss"] for row in report["history"]]
        best = losses.index(min(losses))
        assert report["status"] == "stopped_early"
        assert report["best_epoch"] == best == report["epochs"] - 5
        assert report["parameters"] == {name: report["history"][best][name] for name in ("m", "b")}

    def test_validation_loss_is_of_the_held_out_file(self, gdcli, table):
        held = [(1.0, 0.0), (2.0, 1.0), (3.0, 1.0)]
        words = ["--validation", table(text(held), "held.csv"), "--lr", "0.05", "--epochs", 20, "--format", "csv"]
        for row in gdcli("fit", *words, stdin=text(MADE)).floats:
            assert row["loss"] == pytest.approx(mse_of(MADE, row["m"], row["b"]), rel=1e-12)
            assert row["validation_loss"] == pytest.approx(mse_of(held, row["m"], row["b"]), rel=1e-12)

    def test_validation_fraction_splits_by_the_seed(self, gdcli):
        rows = [(k / 10, k / 5 + (k * 7 % 5)) for k in range(40)]

        def run(*words):
            return gdcli(
                "fit", "--validation", 0.25, "--lr", "0.01", "--epochs", 3, "--format", "csv", *words, stdin=text(rows)
            )

        assert run().out == run("--seed", 0).out
        assert run().out != run("--seed", 1).out

    def test_unshuffled_validation_is_the_tail(self, gdcli):
        rows = [(k / 10, k / 5 + (k * 7 % 5)) for k in range(40)]
        words = ["--validation", 0.25, "--no-shuffle", "--lr", "0.01", "--epochs", 3, "--format", "csv"]
        for row in gdcli("fit", *words, stdin=text(rows)).floats:
            assert row["loss"] == pytest.approx(mse_of(rows[:30], row["m"], row["b"]), rel=1e-12)
            assert row["validation_loss"] == pytest.approx(mse_of(rows[30:], row["m"], row["b"]), rel=1e-12)

    def test_scale_is_fitted_on_training_rows_alone(self, gdcli):
        rows = [(float(k), 2.0 * k) for k in range(8)] + [(1000.0, 5.0), (2000.0, 9.0)]
        words = ["--validation", 0.2, "--no-shuffle", "--standardize", "--lr", 0.5, "--epochs", 1, "--format", "json"]
        report = gdcli("fit", *words, stdin=text(rows)).json
        assert report["history"][-1]["m"] == pytest.approx(2, rel=1e-12)


class TestReading:
    @pytest.mark.parametrize(
        "content",
        [
            "x,y\n1,3\n2,5\n",
            "x\ty\n1\t3\n2\t5\n",
            "x;y\n1;3\n2;5\n",
            "x y\n1 3\n2 5\n",
            "x,y\r\n1,3\r\n2,5\r\n",
            "\ufeffx,y\n1,3\n2,5",
            '"x","y"\n"1","3"\n"2","5"\n',
            "x, y\n1, 3\n2, 5\n",
            "x,y\n\n1,3\n\n2,5\n\n",
            "x,y\n+1,3e0\n2.,.5e1\n",
        ],
    )
    def test_text_tables(self, gdcli, content):
        result = gdcli("fit", "--epochs", 1, "--format", "csv", stdin=content)
        assert result.code == 0, result.err
        assert result.out == gdcli("fit", "sample:deck", "--epochs", 1, "--format", "csv").out

    def test_choosing_columns(self, gdcli):
        content = "id,height,y,note\n1,1,3,a\n2,2,5,b\n"
        want = gdcli("fit", "sample:deck", "--epochs", 1, "--format", "csv").out
        for words in (["--x", "height"], ["--x", "2", "--y", "3"], ["--x", "height", "--target", "y"]):
            assert gdcli("fit", *words, "--epochs", 1, "--format", "csv", stdin=content).out == want

    def test_defaults_of_columns(self, gdcli):
        words = ["--epochs", 0, "--format", "csv"]
        assert list(gdcli("fit", *words, stdin="a,target,c\n1,2,3\n4,5,7\n").csv[0])[-3:] == ["w_a", "w_c", "b"]
        assert list(gdcli("fit", *words, stdin="a,b,name,c\n1,2,u,3\n4,5,v,7\n").csv[0])[-3:] == ["w_a", "w_b", "b"]

    def test_missing(self, gdcli):
        content = "x,y\n1,3\n,9\n2,5\n3,10\n"
        drop = gdcli("fit", "--missing", "drop", "--epochs", 2, "--format", "csv", stdin=content)
        assert drop.out == gdcli("fit", "--epochs", 2, "--format", "csv", stdin="x,y\n1,3\n2,5\n3,10\n").out
        mean = gdcli("fit", "--missing", "mean", "--epochs", 2, "--format", "csv", stdin=content)
        assert mean.out == gdcli("fit", "--epochs", 2, "--format", "csv", stdin="x,y\n1,3\n2,9\n2,5\n3,10\n").out

    def test_other_marks(self, gdcli):
        want = gdcli("fit", "--epochs", 1, "--format", "csv", stdin="x,y\n1.5,3\n2,5.25\n").out
        comma = gdcli("fit", "--decimal", ",", "--epochs", 1, "--format", "csv", stdin="x;y\n1,5;3\n2;5,25\n")
        assert comma.out == want
        bare = gdcli("fit", "--no-header", "--epochs", 1, "--format", "csv", stdin="1.5,3\n2,5.25\n")
        assert bare.out == want
        pipe = gdcli("fit", "--delimiter", "|", "--epochs", 1, "--format", "csv", stdin="x|y\n1.5|3\n2|5.25\n")
        assert pipe.out == want
        latin = gdcli(
            "fit",
            "--encoding",
            "latin-1",
            "--epochs",
            1,
            "--format",
            "csv",
            stdin="ä,y\n1.5,3\n2,5.25\n".encode("latin-1"),
        )
        assert latin.out == want

    def test_compressed_and_arrays(self, gdcli, table, tmp_path):
        import gzip

        import numpy as np

        want = gdcli("fit", "sample:deck", "--epochs", 1, "--format", "csv").out
        packed = table(gzip.compress(b"x,y\n1,3\n2,5\n"), "data.csv.gz")
        assert gdcli("fit", packed, "--epochs", 1, "--format", "csv").out == want
        np.savez(tmp_path / "data.npz", x=np.array([1.0, 2.0]), y=np.array([3.0, 5.0]))
        assert gdcli("fit", tmp_path / "data.npz", "--epochs", 1, "--format", "csv").out == want

    def test_a_file_whose_name_is_a_number_or_starts_with_a_dash(self, gdcli, table, monkeypatch):
        monkeypatch.chdir(table("x,y\n1,3\n2,5\n", "-d.csv").parent)
        result = gdcli("fit", "--epochs", 1, "--format", "csv", "--", "-d.csv")
        assert result.code == 0, result.err
        assert gdcli(*result.rerun).out == result.out

    def test_many_rows(self, gdcli):
        rows = "x,y\n" + "".join(f"{k % 1000 / 500},{k % 1000 / 250 + 1}\n" for k in range(200_000))
        report = gdcli("fit", "--epochs", 300, "--lr", 0.3, "--format", "json", stdin=rows).json
        assert report["parameters"] == pytest.approx({"m": 2, "b": 1}, abs=1e-3)

    def test_more_parameters_than_rows_is_a_remark(self, gdcli):
        result = gdcli("fit", "--epochs", 2, "--lr", "0.01", "--format", "csv", stdin="a,b,c,y\n1,2,3,4\n2,3,5,9\n")
        assert result.code == 0
        assert len(result.csv) == 3
        assert "4 parameters" in result.err
        assert "gdcli: " not in result.err.replace("rerun: gdcli", "")

    def test_columns_without_names_still_make_an_equation(self, gdcli):
        words = ["--no-header", "--standardize", "--lr", 0.5, "--epochs", 1, "--format", "json"]
        equation = gdcli("fit", *words, stdin="1,3\n2,5\n").json["equation"]
        assert equation != "2 = 21 + 1"
        assert "21" not in equation, "a factor and a column's number run together"


@pytest.mark.parametrize(
    ("header", "line", "fitted"),
    [
        ("a,b", "[b] = ma + b", "[b] = 2a + 1"),
        ("m,y", "y = m [m] + b", "y = 2 [m] + 1"),
        ("x1,m", "[m] = m x1 + b", "[m] = 2 x1 + 1"),
        ("y,x", "[x] = m [y] + b", "x = 2y + 1"),
    ],
)
def test_a_column_called_like_a_parameter_is_in_brackets(gdcli, header, line, fitted):
    """The names stay as they are where no letter of a parameter stands beside them."""
    rows = text([(1, 3), (2, 5), (4, 9)], header)
    target = header.partition(",")[2]
    done = gdcli("fit", "-", "--y", target, "--start", "2,1", "--epochs", 0, stdin=rows)
    assert f"\n{line}   3 rows" in done.err
    assert f" fitted     {fitted}   MSE 0 " in done.out


@pytest.mark.parametrize(
    ("begin", "step", "slope", "noise"),
    [(1e6, 1e-3, 2.0, 1e-4), (1.7e9, 60.0, 1e-5, 0.01), (1990.0, 1.0, 0.018, 0.1), (0.0, 1.0, 3.0, 1.0)],
)
def test_the_equation_shown_gives_the_mse_beside_it(gdcli, begin, step, slope, noise):
    rng = np.random.default_rng(4)
    x = begin + step * np.arange(60)
    y = slope * x + 5 + rng.normal(size=60) * noise
    rows = "t,v\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    for text in (
        gdcli("fit", "-", "--x", "t", stdin=rows).out,
        gdcli("fit", "-", "--x", "t", "--format", "json", stdin=rows).json["equation"],
    ):
        found = re.search(r"v = (-?[\d.e-]+) ?t ([+-]) ([\d.e+]+)", text)
        in_lines = re.search(r"^ m +(\S+).*\n b +(\S+)", text, re.MULTILINE)  # where an equation is too wide
        assert found or in_lines, text
        shown = [Fraction(found[1]), Fraction(found[2] + found[3])] if found else [*map(Fraction, in_lines.groups())]
        errors = [float(shown[0] * Fraction(a) + shown[1] - Fraction(b)) for a, b in zip(x, y, strict=True)]
        best = np.polyfit(x - x.mean(), y, 1)
        assert np.mean(np.square(errors)) == pytest.approx(np.mean((np.polyval(best, x - x.mean()) - y) ** 2), rel=0.02)
