"""--features: inputs made from the columns, from the grammar to every command that meets them."""

import doctest
import json
import math

import numpy as np
import pytest

import gdcli as library
from gdcli.data import features as module
from gdcli.data.dataset import Dataset
from gdcli.data.features import FUNCTIONS, features, with_features
from gdcli.data.preparation import prepare
from gdcli.data.scaling import standard
from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import load
from gdcli.experiments.spec import FEATURES_HELP

NAMES = ("x1", "x2", "a b", "2x", "x1x")
ROW = [0.5, -3.0, 7.0, 2.0, 11.0]
SMALL = ["sample:circles:rows=40", "--lr", 0.1, "--epochs", 8]
MADE = ["--features", "x1^2,x1x2,sin(2x1)"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("x1^2", 0.25),
        ("x2^3", -27.0),
        ("a b^2", 49.0),
        ("x1x2", -1.5),
        ("x2*x1", -1.5),
        ("x2*x2", 9.0),
        ("x1*a b", 3.5),
        ("x1x2x", 22.0),  # x1x and 2x
        ("sin(2x)", math.sin(2)),  # the column
        ("sin(x1)", math.sin(0.5)),
        ("cos(x2)", math.cos(3)),
        ("exp(x1)", math.exp(0.5)),
        ("abs(x2)", 3.0),
        ("sin(3x1)", math.sin(1.5)),
        ("sin(0.5*x2)", -math.sin(1.5)),
        ("abs(a b)", 7.0),
    ],
)
def test_a_feature_is_what_it_says(text, value):
    (one,) = features([text], NAMES)
    assert one.of(np.array([ROW, ROW])) == pytest.approx([value, value], rel=1e-15)
    assert with_features(np.array([ROW]), [one]).tolist() == [[*ROW, pytest.approx(value, rel=1e-15)]]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["x3^2"], "there is no input 'x3'"),
        (["sin(z)"], "there is no input 'z'"),
        (["tan(x1)"], "there is no function 'tan'"),
        (["x1^1"], "a power is a whole number from 2 to 9"),
        (["x1^0.5"], "a power is a whole number from 2 to 9"),
        (["x1^10"], "a power is a whole number from 2 to 9"),
        (["x1"], "'x1' is a column, and an input already"),
        (["x1^2", "x1^2"], "'x1^2' is there twice"),
        (["x1/x2"], "'x1/x2' is no power, product or function of x1, x2"),
        ([""], "'' is no power"),
        (["x1x2"], "'x1x2' is more than one product"),
    ],
)
def test_what_is_none_is_refused_with_a_sentence(texts, words):
    with pytest.raises(OptionError) as refused:
        features(texts, (*NAMES, "1x2", "x") if "more than one" in words else NAMES)
    assert words in refused.value.message
    assert refused.value.hint


def test_a_feature_beyond_float64_is_refused():
    with pytest.raises(DataError, match=r"feature 'exp\(x\)': a value is beyond float64"):
        with_features(np.array([[1e3]]), features(["exp(x)"], ["x"]))


def test_the_help_names_every_function():
    assert all(name in FEATURES_HELP for name in FUNCTIONS)


def test_the_grammar_s_examples_run():
    assert doctest.testmod(module).failed == 0


def test_they_are_scaled_as_columns_are():
    raw = np.array([[1.0], [2.0], [6.0]])
    prepared = prepare(Dataset(raw, [0.0, 1.0, 2.0]), standard, 1, made=("x^2",))
    columns = np.hstack([raw, raw**2])
    wanted = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    np.testing.assert_allclose(prepared.inputs(raw, np.float64), wanted, rtol=1e-15)
    assert prepared.names == ("x", "x^2")
    assert prepared.input_names == ("x",)


def by_hand(rows):
    """The table with the features as columns of its own."""
    lines = ["x1,x2,x1^2,x1x2,sin(2x1),y"]
    for row in rows:
        a, b = float(row["x1"]), float(row["x2"])
        lines.append(f"{a!r},{b!r},{a * a!r},{a * b!r},{math.sin(2 * a)!r},{row['y']}")
    return "\n".join(lines) + "\n"


def test_a_model_is_that_of_a_table_with_them_as_columns(gdcli, tmp_path):
    rows = gdcli("sample", "circles", "--rows", 40).csv
    (tmp_path / "wide.csv").write_text(by_hand(rows))
    ours, theirs = tmp_path / "ours.safetensors", tmp_path / "theirs.safetensors"
    words = ["--hidden", 3, "--dtype", "float64", "--validation", 0.25, *SMALL[1:]]
    mine = gdcli("train", SMALL[0], *MADE, *words, "--save", ours, "--format", "json").json
    wide = gdcli("train", tmp_path / "wide.csv", *words, "--save", theirs, "--format", "json").json
    assert mine["train"] == wide["train"]
    assert mine["validation"] == wide["validation"]
    assert mine["parameter_count"] == wide["parameter_count"] == 3 * 6 + 4
    np.testing.assert_array_equal(load(str(ours)).parameters, load(str(theirs)).parameters)
    both = (ours, SMALL[0]), (theirs, tmp_path / "wide.csv")
    first, second = (gdcli("evaluate", *one, "--format", "json").json["loss"] for one in both)
    assert first == second
    first, second = (gdcli("predict", *one, "--format", "csv").csv for one in both)
    assert [row["prediction"] for row in first] == [row["prediction"] for row in second]


def test_the_file_holds_them_and_a_model_without_them_holds_nothing_of_them(gdcli, tmp_path):
    for name, words in {"with": MADE, "without": []}.items():
        file = tmp_path / f"{name}.safetensors"
        gdcli("train", *SMALL, *words, "--save", file)
        header = file.read_bytes()
        length = int.from_bytes(header[:8], "little")
        about = json.loads(json.loads(header[8 : 8 + length])["__metadata__"]["gdcli"])
        assert about.get("features") == (["x1^2", "x1x2", "sin(2x1)"] if words else None)
        assert about["input_names"] == ["x1", "x2"]


def test_a_damaged_file_is_refused(gdcli, tmp_path):
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    gdcli("train", *SMALL, *MADE, "--save", good)
    bad.write_bytes(good.read_bytes().replace(b"sin(2x1)", b"tan(2x1)"))
    result = gdcli("evaluate", bad, SMALL[0])
    assert result.code == 3
    assert "a damaged model: --features: there is no function 'tan'" in result.err


def test_a_run_goes_on_to_the_same_bits(gdcli, tmp_path):
    half, whole, rest = (tmp_path / f"{name}.safetensors" for name in ("half", "whole", "rest"))
    words = ["sample:circles:rows=40", *MADE, "--lr", 0.1, "--batch-size", 8]
    gdcli("train", *words, "--epochs", 6, "--save", whole)
    gdcli("train", *words, "--epochs", 3, "--save", half)
    gdcli("train", words[0], "--resume", half, "--epochs", 6, "--save", rest)
    np.testing.assert_array_equal(load(str(whole)).parameters, load(str(rest)).parameters)
    refused = gdcli("train", words[0], "--resume", half, "--features", "x1^2", "--epochs", 9)
    assert refused.code == 2
    assert "--features" in refused.err


def test_the_library_takes_a_list(gdcli):
    told = gdcli("train", *SMALL, *MADE, "--format", "json").json
    result = library.train("sample:circles:rows=40", lr=0.1, epochs=8, features=["x1^2", "x1x2", "sin(2x1)"])
    assert result.scores["train"]["loss"] == told["train"]["loss"]


def test_a_sweep_shares_them(gdcli):
    told = gdcli("sweep", "train", SMALL[0], *MADE, "--lr", "0.1,0.01", "--epochs", 8, "--format", "json").json
    alone = gdcli("train", SMALL[0], *MADE, "--lr", 0.1, "--epochs", 8, "--batch-size", 32, "--format", "json").json
    run = next(one for one in told["runs"] if one["lr"] == 0.1)
    assert "--features" in told["rerun"]
    assert len(alone["history"]) == len(run["history"]) == 9


def test_the_blackboard_and_the_surface_have_them(gdcli):
    step = gdcli("step", SMALL[0], "--hidden", 2, *MADE, "--lr", 0.1, "--format", "json")
    assert list(step.json["steps"][0]["inputs"]) == ["x1", "x2", "x1^2", "x1x2", "sin(2x1)"]
    surface = gdcli("surface", SMALL[0], "--hidden", 2, *MADE, "--epochs", 5, "--format", "json")
    assert surface.code == 0
    assert "--features" in surface.json["rerun"]
    assert "--features goes with a network" in gdcli("surface", SMALL[0], *MADE).err


def test_what_is_straight_in_the_features_is_not_said_to_be_straight(gdcli):
    words = ["train", "sample:xor:rows=60", "--epochs", 40, "--lr", 0.001]
    bare, made = gdcli(*words).out, gdcli(*words, "--features", "x1^2").out
    assert "draws straight boundaries only" in " ".join(bare.split())
    assert "only adds its inputs and features up" in " ".join(made.split())
