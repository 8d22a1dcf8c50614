"""step --hidden: the chain rule against PyTorch's autograd and by hand, the update, what is shown, what is refused."""

import doctest
import json
import math
from pathlib import Path

import numpy as np
import pytest

from gdcli.analysis import backpropagation
from gdcli.analysis.backpropagation import backpropagate
from gdcli.experiments import derivation
from gdcli.nn import activations, losses
from gdcli.nn.networks import Network
from gdcli.render.screen import columns

pytestmark = pytest.mark.quick

ORACLE = json.loads((Path(__file__).parent / "oracles" / "network_step_torch.json").read_text())["cases"]
ROWS = "a,b,kind\n0.5,-1,no\n1.5,2,yes\n-0.25,0.75,no\n1,1,yes\n"
ONE_LAYER = ["--hidden", "none", "--y", "kind", "--lr", "0.5"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


@pytest.fixture
def sized(monkeypatch):
    """Makes terminals of that size."""

    def set_size(columns_, lines):
        monkeypatch.setenv("COLUMNS", str(columns_))
        monkeypatch.setenv("LINES", str(lines))

    return set_size


def whole(case):
    """A case's network, loss, and what goes into it."""
    network = Network(tuple(case["sizes"]), (getattr(activations, case["activation"]),) * (len(case["sizes"]) > 2))
    targets = np.array(case["targets"])
    if case["loss"] == "cross_entropy":
        targets = np.eye(case["sizes"][-1])[targets]
    return network, getattr(losses, case["loss"]), np.array(case["parameters"]), np.array(case["inputs"]), targets


@pytest.mark.parametrize("case", ORACLE, ids=[case["name"] for case in ORACLE])
def test_the_chain_rule_is_pytorchs(case):
    network, loss, parameters, inputs, targets = whole(case)
    value, passes = backpropagate(network, loss, parameters, inputs, targets)
    assert float(value) == pytest.approx(case["value"], rel=1e-12)
    for one, z, by_z in zip(passes, case["z"], case["by_z"], strict=True):
        np.testing.assert_allclose(one.z, z, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(one.by_z, by_z, rtol=1e-12, atol=1e-12)
    found = np.concatenate([part for one in passes for part in (one.by_weights.ravel(), one.by_bias)])
    np.testing.assert_allclose(found, case["gradient"], rtol=1e-12, atol=1e-12)


def test_one_logit_by_hand(gdcli, table):
    """From what json shows of the start, logistic regression's gradient (p - y) x, and the update."""
    told = gdcli("step", table, *ONE_LAYER, "--row", 2, "--format", "json").json
    [one] = told["steps"]
    w = one["parameters"]
    z = 1.5 * w["w1_1_1"] + 2 * w["w1_1_2"] + w["b1_1"]
    p = 1 / (1 + math.exp(-z))
    assert one["neurons"]["1_1"]["z"] == pytest.approx(z, rel=1e-14)
    assert one["probabilities"] == pytest.approx([p], rel=1e-14)
    assert (one["row"], one["target"]) == (2, "yes")
    assert one["loss"] == pytest.approx(-math.log(p), rel=1e-13)
    expected = {"w1_1_1": (p - 1) * 1.5, "w1_1_2": (p - 1) * 2, "b1_1": p - 1}
    assert one["gradient"] == pytest.approx(expected, rel=1e-13)
    after = {name: w[name] - 0.5 * expected[name] for name in w}
    assert one["next"] == pytest.approx(after, rel=1e-13)
    z = 1.5 * after["w1_1_1"] + 2 * after["w1_1_2"] + after["b1_1"]
    assert one["next_loss"] == pytest.approx(math.log1p(math.exp(-z)), rel=1e-12)


def test_two_layers_are_central_differences(gdcli, table):
    """dL/dw of every parameter, by the loss of nearby parameters written a second time."""
    arguments = ["--hidden", 2, "--activation", "tanh", "--y", "kind", "--row", 3, "--seed", 4, "--format", "json"]
    [one] = gdcli("step", table, *arguments).json["steps"]

    def loss(w):
        h = [math.tanh(-0.25 * w[f"w1_{j}_1"] + 0.75 * w[f"w1_{j}_2"] + w[f"b1_{j}"]) for j in (1, 2)]
        return math.log1p(math.exp(w["w2_1_1"] * h[0] + w["w2_1_2"] * h[1] + w["b2_1"]))  # of the class 'no'

    start = one["parameters"]
    assert one["loss"] == pytest.approx(loss(start), rel=1e-12)
    for name, slope in one["gradient"].items():
        above, below = (loss(start | {name: start[name] + sign * 1e-6}) for sign in (1, -1))
        assert slope == pytest.approx((above - below) / 2e-6, rel=1e-6, abs=1e-9)


def test_a_batch_is_the_mean_of_its_rows(gdcli, table):
    alone = [gdcli("step", table, *ONE_LAYER, "--row", n, "-f", "json").json["steps"][0] for n in range(1, 5)]
    [batch] = gdcli("step", table, *ONE_LAYER, "--batch-size", "full", "--row", 2, "-f", "json").json["steps"]
    assert (batch["rows"], batch["row"]) == (4, 2)
    for name, slope in batch["gradient"].items():
        assert slope == pytest.approx(sum(one["gradient"][name] for one in alone) / 4, rel=1e-12)
    assert batch["loss"] == pytest.approx(sum(one["row_loss"] for one in alone) / 4, rel=1e-12)
    out = gdcli("step", table, *ONE_LAYER, "--batch-size", "full").out
    assert "batch of 4 rows, row 1 shown" in out
    assert "mean over the 4 rows" in out


def test_its_first_steps_are_those_of_train(gdcli, table):
    """The same options of train, one epoch of full batches: the same loss after it."""
    words = [
        "--y",
        "kind",
        "--hidden",
        2,
        "--optimizer",
        "adam",
        "--lr",
        0.1,
        "--batch-size",
        "full",
        "--scale",
        "none",
    ]
    steps = gdcli("step", table, *words, "--steps", 3, "--format", "json").json["steps"]
    ran = gdcli(
        "train", table, *words, "--epochs", 3, "--validation", "none", "--dtype", "float64", "--format", "json"
    ).json
    losses_ = [steps[0]["loss"], *(one["next_loss"] for one in steps)]
    assert [row["loss"] for row in ran["history"]] == pytest.approx(losses_, rel=1e-12)


def test_what_the_blackboard_says(gdcli, table):
    out = gdcli("step", table, *ONE_LAYER, "--row", 2).out
    for words in ("z = w x + b", "p = 1/(1 + exp(-z1_1))", "dL/dz = p - y", "w := w - lr dL/dw", "y = 1: 'yes'"):
        assert words in out
    lines = out.splitlines()
    assert lines[0].split("   ")[2:] == ["2 - 1 sigmoid", "row 2 of 4"]
    for line in lines:  # each product shown gives what is shown to follow
        if line.startswith("  w1_1_"):
            factors, product = line.split()[1], line.split()[3]
            first, second = factors.rstrip(")").split("(")
            assert float(first) * float(second) == pytest.approx(float(product), rel=1e-3)


def test_a_silent_layer_is_named(gdcli):
    """Row 3 of this sample is on the zero side of both neurons."""
    words = ["step", "sample:xor", "--hidden", 2]
    [one] = gdcli(*words, "--row", 3, "--format", "json").json["steps"]
    assert [one["neurons"][name]["slope"] for name in ("1_1", "1_2")] == [0, 0]
    assert "layer 1 is silent: every slope is 0" in gdcli(*words, "--row", 3).out
    assert "silent" not in gdcli(*words, "--row", 1).out


def test_a_large_network_shows_a_neuron(gdcli):
    words = ["step", "sample:digits", "--hidden", 16, "--scale", 16]
    out = gdcli(*words, "--neuron", "2:3").out
    assert "neuron 2:3" in out
    assert "z2_3 = " in out
    assert "z2_2 = " not in out
    assert "weights more, with smaller gradients" in out
    assert "neuron 1:1" in gdcli(*words).out
    [one] = gdcli(*words, "--neuron", "2:3", "--format", "json").json["steps"]
    assert list(one["neurons"]) == ["2_3"]
    assert list(one["gradient"]) == [*(f"w2_3_{at}" for at in range(1, 17)), "b2_3"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["sample:xor", "--hidden", 2],
        ["sample:iris", "--hidden", 3, "--optimizer", "adam", "--trace"],
        ["sample:digits", "--hidden", 16],
        ["sample:digits", "--hidden", "16,8", "--batch-size", 32, "--neuron", "2:1"],
        ["sample:deck"],
        ["sample:deck", "--optimizer", "adam", "--trace"],
    ],
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_it_fits_the_screen(gdcli, sized, arguments, size):
    sized(*size)
    lines = gdcli("step", *arguments, tty=True).out.splitlines()
    assert len(lines) <= size[1] - 2
    assert max(map(columns, lines)) <= size[0]


def test_formats_agree(gdcli, table):
    words = ["step", table, *ONE_LAYER, "--steps", 2, "--trace", "--optimizer", "momentum", "--format"]
    nested, rows = gdcli(*words, "json").json, gdcli(*words, "csv").csv
    assert [row["next_loss"] for row in rows] == [str(one["next_loss"]) for one in nested["steps"]]
    assert rows[1]["gradient_w1_1_2"] == str(nested["steps"][1]["gradient"]["w1_1_2"])
    assert rows[1]["velocity_w1_1_2"] == str(nested["steps"][1]["trace"]["velocity"]["w1_1_2"])
    assert [row["row"] for row in rows] == ["1", "1"]
    again = gdcli(*gdcli(*words, "json").rerun)
    assert again.json == nested


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        (["--hidden", 2, "--row", 5], 2, ["--row", "no row 5"]),
        (["--hidden", 2, "--neuron", "3:1"], 2, ["--neuron", "no layer 3"]),
        (["--hidden", 2, "--neuron", "1:4"], 2, ["layer 1 has no neuron 4"]),
        (["--hidden", 2, "--neuron", "first"], 2, ["'first' is not LAYER:N"]),
        (["--hidden", 2, "--m", 1], 2, ["--m is of a line"]),
        (["--row", 2], 2, ["--row goes with a network"]),
        (["--activation", "tanh"], 2, ["--activation goes with a network"]),
        (["--hidden", 2, "--derive"], 2, ["--derive"]),
        (["--x", "a,b", "--y", "b"], 2, ["both an input and the target"]),
    ],
)
def test_refusals(gdcli, refused, table, arguments, code, parts):
    refused(gdcli("step", table, *arguments), code, *parts)


# the derivation of a line's gradient


def test_the_lectures_appendix(gdcli):
    out = gdcli("step", "sample:deck", "--m", -1, "--b", 5, "--derive").out
    assert "MSE  =  1/n sum (mx + b - y)^2  =  1/2 ((m + b - 3)^2 + (2m + b - 5)^2)" in out
    assert "1(m + b - 3) + 2(2m + b - 5)" in out
    assert "5m + 3b - 13" in out
    told = gdcli("step", "--derive", "--format", "json").json["derivation"]
    assert told["dMSE/db"][-1] == "3m + 2b - 8"


def test_a_terminal_with_room_shows_it_without_being_asked(gdcli, sized):
    sized(80, 24)
    assert "1/n sum (mx + b - y)^2" in gdcli("step", tty=True).out
    sized(80, 12)
    assert "1/n sum" not in gdcli("step", tty=True).out
    assert "1/n sum" not in gdcli("step").out


def test_many_rows_are_sums(gdcli, tmp_path):
    """x = 1..5, y = 2x: sum x = 15, sum x^2 = 55, sum xy = 110, sum y = 30."""
    path = tmp_path / "five.csv"
    path.write_text("x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(1, 6)))
    told = gdcli("step", path, "--derive", "--format", "json").json["derivation"]
    assert told["dMSE/dm"][2:] == ["2/5 (55m + 15b - 110)", "22m + 6b - 44"]
    assert told["dMSE/db"][2:] == ["2/5 (15m + 5b - 30)", "6m + 2b - 12"]


@pytest.mark.parametrize("extra", [["--loss", "mae"], ["--l2", 1], ["--batch-size", 1], ["--degree", 2]])
def test_what_has_no_such_derivation(gdcli, refused, extra):
    refused(gdcli("step", "sample:deck", *extra, "--derive"), 2, "--derive", "MSE over all rows")


def test_words_are_no_rows(gdcli, refused):
    refused(gdcli("step", "--derive", "--format", "csv"), 2, "--derive", "csv")


def test_examples_run():
    for module in (backpropagation, derivation):
        assert doctest.testmod(module, extraglobs={"np": np}).failed == 0
