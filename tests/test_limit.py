"""limit: the exact rates, what they foretell, the experiment beside them; sharpness where nothing is exact."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
ORACLE = json.loads((HERE / "oracles" / "regression_exact.json").read_text())["sets"]
SHARED = HERE.parents[1] / "shared" / "data"
DECK = ["sample:deck", "--m", -1, "--b", 5]
KEYS = {"lr_max", "lr_best", "condition_number", "eigenvalues"}


@pytest.fixture
def limit(gdcli):
    def call(*arguments, **more):
        result = gdcli("limit", *arguments, "--format", "json", **more)
        assert result.code == 0, result.err
        return result.json

    return call


@pytest.fixture
def model(gdcli, tmp_path):
    def made(*words):
        path = tmp_path / "model.safetensors"
        result = gdcli(*words, "--save", path, "-q")
        assert result.code == 0, result.err
        return path

    return made


@pytest.mark.quick
def test_the_lecture_s_limits(limit):
    report = limit("sample:deck")
    assert report["schema"] == "gdcli.limit/1"
    assert report["lr_max"] == pytest.approx(0.2917960675006309, rel=1e-12)
    assert report["lr_best"] == pytest.approx(0.2857142857142857, rel=1e-12)
    assert report["condition_number"] == pytest.approx(46.97871376374785, rel=1e-12)
    assert report["eigenvalues"] == pytest.approx([0.1458980337503153, 6.854101966249685], rel=1e-12)
    assert report["lr_cautious"] == pytest.approx(1 / 6.854101966249685, rel=1e-12)
    assert report["standardized"].keys() >= KEYS
    scaled = report["standardized"]
    assert [scaled[key] for key in ("lr_max", "lr_best", "condition_number")] == pytest.approx([1, 0.5, 1], rel=1e-12)
    assert scaled["eigenvalues"] == pytest.approx([2, 2], rel=1e-12)
    assert limit("sample:deck", "--standardize")["lr_max"] == scaled["lr_max"]


def test_the_shipped_data_of_the_oracle(limit):
    expected, report = ORACLE["diabetes_raw_bmi"]["gradient_descent"], limit("sample:bmi")
    assert report["lr_max"] == pytest.approx(expected["max_stable_lr_raw"], rel=1e-12)
    assert report["condition_number"] == pytest.approx(expected["condition_raw"], rel=1e-12)
    assert report["standardized"]["lr_max"] == pytest.approx(expected["max_stable_lr_standardised"], rel=1e-12)


@pytest.mark.parametrize("name", [name for name, one in ORACLE.items() if one["file"]])
def test_every_set_of_the_oracle(gdcli, limit, name):
    """The sets themselves are not part of the project."""
    one = ORACLE[name]
    path = SHARED / one["file"]
    if not path.exists():
        pytest.skip("this data set is not here")
    words = [path, "--x", ",".join(one["x"]), "--y", one["y"], "--missing", "drop"]
    report, expected = limit(*words), one["gradient_descent"]
    assert report["lr_max"] == pytest.approx(expected["max_stable_lr_raw"], rel=1e-9)
    assert report["standardized"]["lr_max"] == pytest.approx(expected["max_stable_lr_standardised"], rel=1e-9)
    for rate, scale in ((report["lr_max"], []), (report["standardized"]["lr_max"], ["--standardize"])):
        assert gdcli("fit", *words, *scale, "--lr", 0.99 * rate, "-f", "kv").code == 0
        assert gdcli("fit", *words, *scale, "--lr", 1.01 * rate, "-f", "kv").code == 4


def test_any_rows_by_fractions(limit):
    rows = [("0.5", "2"), ("1.25", "1"), ("3", "-4"), ("7.5", "0.25")]
    xs = [Fraction(x) for x, _ in rows]
    n = len(xs)
    h = [[2 * sum(x * x for x in xs) / n, 2 * sum(xs) / n], [2 * sum(xs) / n, Fraction(2)]]
    mu, steepest = np.linalg.eigvalsh(np.array(h, float))
    report = limit(stdin="x,y\n" + "\n".join(map(",".join, rows)) + "\n")
    assert report["eigenvalues"] == pytest.approx([mu, steepest], rel=1e-12)
    assert report["lr_best"] == pytest.approx(2 / (mu + steepest), rel=1e-12)


@pytest.mark.parametrize(
    ("words", "factor"),
    [
        (["--momentum", 0.9], 1.9),
        (["--optimizer", "momentum", "--momentum", 0.5], 1.5),
        (["--optimizer", "nesterov"], 1.9 / 2.8),
    ],
)
def test_momentum_moves_the_limit(gdcli, limit, words, factor):
    report = limit(*DECK, *words)
    assert report["lr_max"] == pytest.approx(factor * 0.2917960675006309, rel=1e-12)
    assert report["lr_max_sgd"] == pytest.approx(0.2917960675006309, rel=1e-12)
    assert [one["verdict"] for one in report["experiment"]] == ["converges", "diverges"]
    assert "with" in gdcli("limit", *DECK, *words).out


def test_penalties_count(limit):
    h = np.array([[5.0, 3.0], [3.0, 2.0]])
    report = limit("sample:deck", "--l2", 0.5, "--weight-decay", 0.25)
    assert report["eigenvalues"] == pytest.approx(np.linalg.eigvalsh(h + np.diag([0.75, 0.25])), rel=1e-12)
    assert all(one["as_predicted"] for one in report["experiment"])


@pytest.mark.parametrize(
    "words",
    [
        DECK,
        ["sample:bmi"],
        ["sample:bmi", "--degree", 3, "--standardize"],
        ["sample:diabetes"],
        ["sample:bmi", "--no-intercept"],
        ["sample:diabetes", "--scale", "minmax", "--l2", 0.1],
    ],
)
def test_the_experiment_does_what_was_foretold(limit, words):
    below, above = limit(*words)["experiment"]
    assert (below["verdict"], above["verdict"]) == ("converges", "diverges")
    assert below["as_predicted"]
    assert above["as_predicted"]
    assert below["loss"] == pytest.approx(below["predicted_loss"], rel=1e-9, abs=1e-20)
    assert above["loss"] == pytest.approx(above["predicted_loss"], rel=1e-8)
    assert below["loss"] < below["first_loss"] < above["loss"]


def test_a_start_at_the_minimum_proves_nothing(gdcli):
    result = gdcli("limit", "sample:deck", "--m", 2, "--b", 1)
    assert result.code == 0
    assert "neither" in result.out


@pytest.mark.parametrize(("rate", "steps"), [(0.01, 4935), (0.1, 491), (0.25, 194), (0.29, 543), (0.3, None)])
def test_steps_to_a_loss(limit, rate, steps):
    [one] = limit(*DECK, "--lr", rate, "--target-loss", 1e-6)["predictions"]
    assert (one["lr"], one["steps"], one["target_loss"]) == (rate, steps, 1e-6)


@pytest.mark.parametrize("words", [["--optimizer", "nesterov", "--lr", 0.1], ["--momentum", 0.8, "--lr", 0.05], []])
def test_steps_are_those_fit_takes(gdcli, limit, words):
    rate = [] if words else ["--lr", 0.2]
    [one] = limit(*DECK, *words, *rate, "--target-loss", 1e-3)["predictions"]
    again = [*words, *rate] if "--momentum" not in words else ["--optimizer", "momentum", *words]
    fitted = gdcli("fit", *DECK, *again, "--target-loss", 1e-3, "--epochs", 5000, "-f", "json").json
    assert (fitted["status"], fitted["steps"]) == ("converged", one["steps"])


def test_a_loss_below_the_least_is_never_reached(gdcli, limit):
    [one] = limit("sample:bmi", "--lr", 1e-3, "--target-loss", 100)["predictions"]
    assert one["steps"] is None
    assert "never" in gdcli("limit", "sample:bmi", "--lr", 1e-3, "--target-loss", 100).out


@pytest.mark.quick
def test_value_is_one_number_that_fit_takes(gdcli):
    result = gdcli("limit", "sample:bmi", "--format", "value")
    assert float(result.out) == pytest.approx(ORACLE["diabetes_raw_bmi"]["gradient_descent"]["max_stable_lr_raw"])
    assert result.out.count("\n") == 1
    assert gdcli("fit", "sample:bmi", "--lr", 0.99 * float(result.out)).code == 0


def test_value_to_a_file(gdcli, tmp_path):
    assert gdcli("limit", "sample:deck", "--format", "value", "-o", tmp_path / "rate").out == ""
    assert float((tmp_path / "rate").read_text()) == pytest.approx(0.2917960675006309)


def test_without_data_it_is_the_lecture_s(gdcli):
    result = gdcli("limit")
    assert result.code == 0
    for words in ("0.2918", "0.2857", "46.98", "0.1459", "converges", "diverges", "2/L"):
        assert words in result.out
    assert result.rerun == ["limit", "sample:deck", "--m", "-1", "--b", "5"]


@pytest.mark.parametrize("words", [[], ["--momentum", 0.9, "--target-loss", 1e-6], ["sample:diabetes"], ["sample:bmi"]])
def test_screens_fit_eighty_columns(gdcli, words):
    assert max(map(len, gdcli("limit", *words).out.splitlines())) <= 80


def test_csv_has_a_row_a_scaling(gdcli):
    raw, scaled = gdcli("limit", "sample:deck", "-f", "csv").csv
    assert (raw["inputs"], scaled["inputs"]) == ("as they are", "standardized")
    assert float(raw["lr_max"]) == pytest.approx(0.2917960675006309)
    assert float(scaled["condition_number"]) == pytest.approx(1)


def test_rerun_repeats_to_the_byte(gdcli):
    first = gdcli("limit", "sample:bmi", "--momentum", 0.5, "--lr", 0.001, "-f", "json")
    assert gdcli(*first.rerun).out == first.out


def test_no_formula_is_said(gdcli, limit, refused):
    report = limit("sample:deck", "--optimizer", "adam")
    assert report["lr_max"] is None
    assert report["lr_max_sgd"] == pytest.approx(0.2917960675006309)
    assert report["experiment"] == report["predictions"] == []
    assert "no formula" in gdcli("limit", "sample:deck", "--optimizer", "adam").out
    refused(gdcli("limit", "sample:deck", "--optimizer", "adam", "-f", "value"), 1, "Adam")


def test_batches_have_the_limit_of_the_worst_row(limit):
    report = limit("sample:deck", "--batch-size", 1)
    assert report["lr_max"] == pytest.approx(2 / (2 * (4 + 1)))
    assert report["experiment"] == []


class TestLocal:
    def test_huber(self, limit):
        report = limit("sample:deck", "--loss", "huber", "--m", 2, "--b", 1.4)
        steepest = np.linalg.eigvalsh([[2.5, 1.5], [1.5, 1.0]])[-1]
        assert report["kind"] == "local"
        assert report["sharpness"] == pytest.approx(steepest, rel=1e-8)
        assert report["lr_max"] == pytest.approx(2 / steepest, rel=1e-8)
        assert report["lr_best"] is report["standardized"] is None

    def test_mae_has_no_limit(self, gdcli, limit, refused):
        assert limit("sample:deck", "--loss", "mae")["lr_max"] is None
        refused(gdcli("limit", "sample:deck", "--loss", "mae", "-f", "value"), 1, "no limit")

    def test_a_saved_line_has_the_exact_one(self, gdcli, limit, model):
        path = model("fit", *DECK)
        report = limit(path, "--on", "sample:deck")
        assert report["lr_max"] == pytest.approx(0.2917960675006309, rel=1e-8)
        assert report["kind"] == "local"
        momentum = limit(path, "--on", "sample:deck", "--momentum", 0.9)
        assert momentum["lr_max"] == pytest.approx(1.9 * report["lr_max"])
        assert "local" in gdcli("limit", path, "--on", "sample:deck").out

    def test_a_network_s_second_differences(self, limit, model):
        path = model("train", "sample:xor", "--hidden", 3, "--activation", "tanh", "--epochs", 3, "--l2", 0.01)
        report = limit(path, "--on", "sample:xor")
        from gdcli.data.samples import content
        from gdcli.data.tables import read_table
        from gdcli.experiments.checkpoint import load

        saved, table = load(str(path)), read_table(content("xor"), "xor")
        x = saved.preparation.inputs(np.column_stack([table.numbers("x1"), table.numbers("x2")]), np.float64)
        y = table.numbers(table.names[-1])
        w0 = saved.parameters.astype(float)

        def loss(w):
            a, b = np.tanh(x @ w[:6].reshape(2, 3) + w[6:9]), w[9:12]
            z = a @ b + w[12]
            return (np.logaddexp(0, z) - y * z).mean() + 0.005 * ((w[:6] ** 2).sum() + (b**2).sum())

        steps, h = np.eye(13) * 1e-4, np.empty((13, 13))
        for i, a in enumerate(steps):
            for j, b in enumerate(steps):
                square = loss(w0 + a + b) - loss(w0 + a - b) - loss(w0 - a + b) + loss(w0 - a - b)
                h[i, j] = square / 4e-8
        assert report["sharpness"] == pytest.approx(np.linalg.eigvalsh(h)[-1], rel=1e-4)

    def test_rows_from_a_pipe(self, limit, model):
        path = model("fit", *DECK)
        report = limit(path, stdin="x,y\n1,3\n2,5\n")
        assert report["lr_max"] == pytest.approx(0.2917960675006309, rel=1e-8)


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["sample:deck", "--lr", 0], 2, "--lr"),
        (["sample:deck", "--lr", "nan"], 2, "--lr"),
        (["sample:deck", "--target-loss", "x"], 2, "--target-loss"),
        (["sample:deck", "--on", "a.csv"], 2, "--on"),
        (["sample:deck", "--format", "valeu"], 2, "valeu"),
        (["sample:deck", "--loss", "mae", "--lr", 1], 2, "--lr"),
        (["sample:deck", "--optimizer", "adamm"], 2, "adamm"),
        (["nothing.csv"], 3, "nothing.csv"),
        (["nothing.safetensors", "--on", "sample:deck"], 3, "nothing.safetensors"),
        (["sample:deck", "-f", "value", "-o", "/nowhere/at/all"], 3, "/nowhere"),
    ],
)
def test_bad_input(gdcli, refused, words, code, part):
    refused(gdcli("limit", *words), code, part)


def test_a_model_needs_rows(gdcli, model, refused):
    path = model("fit", *DECK)
    refused(gdcli("limit", path), 2, "rows")
    refused(gdcli("limit", path, "--on", "sample:deck", "--lr", 1), 2, "--lr")


def test_numbers_too_large_for_float64(gdcli):
    result = gdcli("limit", "-f", "json", stdin="x,y\n1e200,1\n2e200,2\n3e200,5\n")
    assert result.code == 0
    assert result.json["lr_max"] is None


def test_flat_directions_do_not_count_in_the_best_rate(gdcli, limit):
    rows = "a,c,y\n1,2,3\n2,4,5\n3,6,8\n"  # c is twice a
    x = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 1.0], [3.0, 6.0, 1.0]])
    values = np.linalg.eigvalsh(2 * x.T @ x / 3)
    report = limit(stdin=rows)
    assert report["flat"] == 1
    assert report["lr_best"] == pytest.approx(2 / (values[1] + values[2]), rel=1e-12)
    assert "flat" in gdcli("limit", stdin=rows).out


def test_a_flat_loss_has_no_limit(gdcli, refused):
    flat = "x,y\n0,1\n0,2\n"
    assert gdcli("limit", "--no-intercept", stdin=flat).code == 0
    refused(gdcli("limit", "--no-intercept", "-f", "value", stdin=flat), 1, "flat")


def test_one_row_is_flat_in_one_direction(limit):
    report = limit(stdin="x,y\n2,1\n")
    assert report["lr_max"] == pytest.approx(2 / 10)
    assert report["condition_number"] is None or report["condition_number"] > 1e15


def test_the_best_rate_is_below_the_limit_where_mu_is_beyond_its_digits(limit):
    rows = "mass,y\n5e12,3\n6e12,3.4\n7e12,4.1\n9e12,5\n"
    report = limit(stdin=rows)
    fastest = next(one for one in report["predictions"] if one["name"] == "fastest")
    wanted = report["condition_number"] * np.log(100) / 4  # ln(100) / (-2 ln(1 - 2/kappa)), without its rounding
    assert fastest["steps_per_factor_100"] == pytest.approx(wanted, rel=1e-3)


def test_the_formula_of_the_best_rate_says_which_mu(gdcli):
    assert "2/(L + mu), mu above 0" in gdcli("limit", stdin="a,c,y\n1,5,3\n2,5,5\n3,5,8\n").out
    assert "2/(L + mu), the best one" in gdcli("limit", *DECK).out
