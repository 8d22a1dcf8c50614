"""score --loss: probabilities and numbers by a loss, and what is refused."""

import doctest
import math

import numpy as np
import pytest

from gdcli.analysis import row_losses

pytestmark = pytest.mark.quick

ROWS = "kind,p,p_ant,p_bee,odd,x\nant,0.1,0.9,0.1,0.5,1\nbee,0.8,0.2,0.8,1.5,2\nbee,0.01,0.99,0.01,0.5,4\n"
P_TRUE = [0.9, 0.8, 0.01]
THREE = "kind,p_a,p_b,p_c\nc,0.2,0.3,0.5\na,0.6,0.3,0.1\nb,0.25,0.25,0.5\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="s.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("loss", ["cross-entropy", "binary-cross-entropy"])
@pytest.mark.parametrize("pred", ["p", "p_ant,p_bee"])
def test_logarithms_of_the_true_class(gdcli, table, loss, pred):
    told = gdcli("score", table(ROWS), "--y", "kind", "--pred", pred, "--loss", loss, "--format", "json").json
    logs = [-math.log(p) for p in P_TRUE]
    assert told["loss"] == pytest.approx(sum(logs) / 3, rel=1e-12)
    assert [row["loss"] for row in told["predictions"]] == pytest.approx(logs, rel=1e-12)
    assert [row["p_true"] for row in told["predictions"]] == pytest.approx(P_TRUE, rel=1e-12)
    assert told["worst"]["row"] == 3
    assert told["accuracy"] == pytest.approx(2 / 3)
    assert told["classes"] == ["ant", "bee"]


def test_squared_errors_of_probabilities(gdcli, table):
    """Of K classes the mean over the classes, as `train --loss mse` has it."""
    told = gdcli("score", table(THREE), "--y", "kind", "--pred", "p_a,p_b,p_c", "--loss", "mse", "-f", "json").json
    each = [(0.04 + 0.09 + 0.25) / 3, (0.16 + 0.09 + 0.01) / 3, (0.0625 + 0.5625 + 0.25) / 3]
    assert [row["loss"] for row in told["predictions"]] == pytest.approx(each, rel=1e-12)


def test_columns_by_name_in_any_order(gdcli, table):
    path = table(THREE)
    ours = ("score", path, "--y", "kind", "--loss", "cross-entropy", "--format", "json", "--pred")
    first = gdcli(*ours, "p_a,p_b,p_c").json["loss"]
    assert gdcli(*ours, "p_c,p_a,p_b").json["loss"] == first
    assert first == pytest.approx(-(math.log(0.5) + math.log(0.6) + math.log(0.25)) / 3, rel=1e-12)


def test_labels_0_and_1_and_what_a_column_is_taken_for(gdcli, table):
    path = table("y,p\n1,0.25\n1,0.5\n")
    told = gdcli("score", path, "--pred", "p", "--loss", "binary-cross-entropy")
    assert "'p' is taken for the probability of class '1'" in told.err
    assert "1.03972   the mean of 2 rows" in told.out  # (log 4 + log 2) / 2


@pytest.mark.parametrize(
    ("loss", "expected"), [("mse", (1 + 4) / 2), ("mae", 1.5), ("huber", (0.5 + 1.5) / 2), ("MAE", 1.5)]
)
def test_numbers_of_a_line_and_of_a_column(gdcli, table, loss, expected):
    """At m = -1, b = 5 the lecture's line is off by 1 and -2."""
    line = gdcli("score", "sample:deck", "--m", -1, "--b", 5, "--loss", loss, "--format", "json")
    path = table("y,guess\n3,4\n5,3\n")
    column = gdcli("score", path, "--y", "y", "--pred", "guess", "--loss", loss, "--format", "json").json
    assert line.json["loss"] == column["loss"] == pytest.approx(expected)
    assert gdcli(*line.rerun).out == line.out


def test_a_true_class_of_probability_0(gdcli, table):
    path = table("kind,p\na,0.5\nb,0\n")
    told = gdcli("score", path, "--y", "kind", "--pred", "p", "--loss", "cross-entropy", "--format", "json")
    assert told.json["loss"] is None
    assert "row 2: the true class has the probability 0, and -log 0 is infinite" in told.err
    assert gdcli("score", path, "--y", "kind", "--pred", "p", "--loss", "mse", "-f", "json").json["loss"] == 0.625


def test_rounded_probabilities_are_divided_by_their_sum(gdcli, table):
    path = table("kind,p_a,p_b,p_c\na,0.33,0.33,0.33\nb,0.1,0.8,0.1\nc,0,0,1\n")
    told = gdcli("score", path, "--y", "kind", "--pred", "p_a,p_b,p_c", "--loss", "cross-entropy", "-f", "json")
    assert told.json["predictions"][0]["p_true"] == pytest.approx(1 / 3)
    assert told.json["loss"] == pytest.approx((math.log(3) - math.log(0.8)) / 3)
    assert "divided by their sum" in told.err


@pytest.mark.parametrize(
    ("text", "arguments", "code", "parts"),
    [
        (ROWS, ["--pred", "odd", "--loss", "cross-entropy"], 3, ["line 3, column 'odd'", "1.5 is no probability"]),
        (ROWS, ["--pred", "p,p_bee", "--loss", "mse"], 3, ["line 2, column 'p_bee'", "add up to 0.2"]),
        (ROWS, ["--pred", "p", "--loss", "mae"], 2, ["MAE is for numbers"]),
        (ROWS, ["--pred", "p", "--loss", "crossentropy"], 2, ["'crossentropy'"]),
        (ROWS, ["--pred", "p", "--m", "1", "--loss", "mse"], 2, ["--pred and --m"]),
        (
            THREE,
            ["--pred", "p_a", "--loss", "cross-entropy"],
            3,
            ["has 3 classes", "one column of prob"],
        ),
        (THREE.replace("p_", "q_"), ["--pred", "q_a,q_b", "--loss", "mse"], 3, ["line 2", "add up to 0.5"]),
        (THREE, ["--pred", "p_a,p_b,p_c", "--loss", "binary-cross-entropy"], 2, ["two classes, and there are 3"]),
    ],
)
def test_refusals(gdcli, refused, table, text, arguments, code, parts):
    refused(gdcli("score", table(text), "--y", "kind", *arguments), code, *parts)


def test_a_line_has_no_probabilities(gdcli, refused):
    refused(gdcli("score", "sample:deck", "--m", 1, "--loss", "cross-entropy"), 2, "takes probabilities")


def test_examples_run():
    assert doctest.testmod(row_losses, extraglobs={"np": np}).failed == 0
