"""mse, rmse, score: the lecture's numbers, the formulas a second time, and exact rationals."""

import math
from fractions import Fraction

import pytest

pytestmark = pytest.mark.quick

DECK = "x,y\n1,3\n2,5\n"
ROWS = [("0.1", "3.5"), ("-2", "7"), ("1e3", "-4.25"), ("3.125", "0")]
TABLE = "x,y\n" + "".join(f"{x},{y}\n" for x, y in ROWS)


def exact_mse(rows, m, b):
    errors = [Fraction(m) * Fraction(x) + Fraction(b) - Fraction(y) for x, y in rows]
    return sum(error**2 for error in errors) / len(rows)


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (["mse", "sample:deck", "--m", "-1", "--b", "5"], "2.5\n"),
        (["rmse", "sample:deck", "--m", "-1", "--b", "5"], "1.5811388300841898\n"),
        (["mse", "sample:deck", "--m", "2", "--b", "1"], "0.0\n"),
        (["mse", "sample:deck", "--m", "5", "--b", "7"], "112.5\n"),
        (["mse", "sample:deck", "--m=-1", "--b=5"], "2.5\n"),
        (["mse", "--m", "-1", "--b", "5", "sample:deck"], "2.5\n"),
        (["mse", "--m", "-1", "sample:deck", "--b", "5"], "2.5\n"),
        (["mse", "--m", "-1", "--b", "5", "--", "sample:deck"], "2.5\n"),
        (["mse", "sample:deck", "--start", "-1,5"], "2.5\n"),
        (["mse", "sample:deck", "--start=-1,5"], "2.5\n"),
        (["mse", "sample:deck", "--m", "9", "--m", "-1", "--b", "5"], "2.5\n"),
        (["mse", "sample:deck", "--m", "0", "--b", "4"], "1.0\n"),
        (["mse", "sample:deck", "--m", "3", "--no-intercept"], "0.5\n"),
        (["mse", "sample:deck", "--degree", "2", "--start", "2,0,1"], "0.0\n"),
        (["mse", "sample:deck", "--m", "1e200"], None),
    ],
)
def test_bare_number(gdcli, arguments, out):
    result = gdcli(*arguments)
    assert result.code == 0
    assert "Warning" not in result.err
    if out:
        assert result.out == out


@pytest.mark.parametrize("data", [[], ["-"]])
def test_reads_stdin(gdcli, data):
    assert gdcli("rmse", *data, "--m", 2, "--b", 1, stdin=DECK).out == "0.0\n"


@pytest.mark.parametrize(("m", "b"), [("0", "0"), ("0.1", "-3"), ("-7.25", "1e-3")])
def test_mse_and_rmse_against_exact_rationals(gdcli, m, b):
    want = exact_mse(ROWS, m, b)
    mse = float(gdcli("mse", "--m", m, "--b", b, stdin=TABLE).out)
    rmse = float(gdcli("rmse", "--m", m, "--b", b, stdin=TABLE).out)
    assert mse == pytest.approx(float(want), rel=1e-14)
    assert rmse == pytest.approx(math.sqrt(want), rel=1e-14)


def test_mse_is_the_plain_mean_of_one_row_too(gdcli):
    assert gdcli("mse", "--m", 1, "--b", 1, stdin="x,y\n1,3\n").out == "1.0\n"


def test_prediction_column(gdcli):
    rows = "x,y,guess\n1,3,4\n2,5,3\n"
    assert gdcli("mse", "--pred", "guess", stdin=rows).out == "2.5\n"
    assert gdcli("mse", "--pred", "3", stdin=rows).out == "2.5\n"
    assert gdcli("rmse", "--y", "y", "--pred", "guess", stdin=rows).out == "1.5811388300841898\n"


def test_predictions_need_no_inputs(gdcli):
    assert gdcli("mse", "--pred", "guess", "--y", "y", stdin="y,guess\n3,4\n5,3\n").out == "2.5\n"


def test_bare_number_as_json_and_kv(gdcli):
    line = ["sample:deck", "--m", -1, "--b", 5]
    assert gdcli("mse", *line, "--format", "json").json["mse"] == 2.5
    assert "rmse=1.5811388300841898\n" in gdcli("rmse", *line, "--format", "kv").out
    assert gdcli("mse", *line, "--format", "value").out == "2.5\n"


def test_score_rows_and_metrics(gdcli):
    report = gdcli("score", "sample:deck", "--m", -1, "--b", 5, "--format", "json").json
    assert report["schema"] == "gdcli.score/1"
    assert (report["mse"], report["rmse"], report["mae"], report["r2"]) == (2.5, 1.5811388300841898, 1.5, -1.5)
    cells = [(row["x"], row["y"], row["y_hat"], row["squared_error"]) for row in report["predictions"]]
    assert cells == [(1, 3, 4, 1), (2, 5, 3, 4)]


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_score_as_a_table_of_cells(gdcli, form):
    rows = getattr(gdcli("score", "--m", 2, "--b", 1, "--format", form, stdin=TABLE), form)
    assert [float(row["x"]) for row in rows] == [float(x) for x, _ in ROWS]
    for row, (x, y) in zip(rows, ROWS, strict=True):
        y_hat = 2 * float(x) + 1
        assert float(row["y_hat"]) == pytest.approx(y_hat, rel=1e-15)
        assert float(row["squared_error"]) == pytest.approx((y_hat - float(y)) ** 2, rel=1e-14)


def test_score_several_inputs(gdcli):
    table = "a,c,y\n1,2,3\n4,5,6\n7,8,10\n"
    report = gdcli("score", "--start", "1,2,3", "--format", "json", stdin=table).json
    assert [row["y_hat"] for row in report["predictions"]] == [8, 17, 26]
    assert report["mse"] == pytest.approx((25 + 121 + 256) / 3, rel=1e-15)


def test_score_table_names_the_metrics(gdcli):
    out = gdcli("score", "sample:deck", "--m", -1, "--b", 5).out
    for word in ("squared error", "MSE 2.5", "RMSE 1.58", "MAE 1.5", "R2 -1.5"):
        assert word in out


def test_nothing_is_cut_off_a_terminal(gdcli):
    names = [f"a_rather_long_column_name_{k}" for k in range(12)]
    table = ",".join([*names, "y"]) + "\n" + "\n".join(",".join(str((i * k) % 7) for k in range(13)) for i in range(20))
    for command in (["score", "--start", ",".join(["1"] * 13)], ["fit", "--epochs", 1, "--lr", 1e-4]):
        out = gdcli(*command, stdin=table).out
        assert all(name in out for name in names)
        assert "…" not in out


def test_line_without_numbers_is_refused(gdcli, refused):
    refused(gdcli("mse", "sample:deck"), 2)


def test_both_line_and_predictions_are_refused(gdcli, refused):
    refused(gdcli("mse", "--m", 1, "--pred", "y", stdin=DECK), 2, "--pred")
