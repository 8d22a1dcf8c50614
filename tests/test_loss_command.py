"""loss: rows that are the losses and their slopes, what is drawn against what, what fits a screen, and refusals."""

import doctest
import math

import numpy as np
import pytest

from gdcli.analysis import loss_shape
from gdcli.experiments.loss_profiles import pictures_of
from gdcli.render.formats import table
from gdcli.render.reports.loss import report
from gdcli.render.screen import Screen, columns

pytestmark = pytest.mark.quick

# One row's loss, its slope by p and by the logit, written a second time.
OF_P = {
    "cross_entropy": (lambda p: -math.log(p), lambda p: -1 / p, lambda p: p - 1),
    "binary_cross_entropy": (lambda p: -math.log(p), lambda p: -1 / p, lambda p: p - 1),
    "mse": (lambda p: (1 - p) ** 2, lambda p: -2 * (1 - p), lambda p: -2 * p * (1 - p) ** 2),
    "one_minus_p": (lambda p: 1 - p, lambda _: -1.0, lambda p: -p * (1 - p)),
}
OF_R = {
    "mse": (lambda r: r * r, lambda r: 2 * r),
    "mae": (abs, lambda r: math.copysign(1, r) if r else 0.0),
    "huber": (lambda r: r * r / 2 if abs(r) <= 1 else abs(r) - 0.5, lambda r: max(-1.0, min(1.0, r))),
}
FLAGS = {"one_minus_p": "1-p"}


def rows(gdcli, *arguments):
    result = gdcli("loss", *arguments, "--format", "csv")
    assert result.code == 0, result.err
    return result.csv


@pytest.mark.parametrize("name", OF_P)
def test_against_p_are_the_loss_and_its_slopes(gdcli, name):
    flag = FLAGS.get(name, name)
    told = rows(gdcli, flag, "--against", "p", "--from", 0.001, "--to", 0.999, "--points", 37)
    assert {(row["name"], row["against"]) for row in told} == {(name, "p")}
    p = [float(row["x"]) for row in told]
    np.testing.assert_allclose(p, np.linspace(0.001, 0.999, 37))
    for column, formula in zip(("loss", "gradient", "logit_gradient"), OF_P[name], strict=True):
        np.testing.assert_allclose([float(row[column]) for row in told], [formula(each) for each in p], rtol=1e-10)


@pytest.mark.parametrize("name", OF_R)
def test_against_the_residual_are_the_loss_and_its_slope(gdcli, name):
    told = rows(gdcli, name, "--against", "residual", "--from", -4, "--to", 4, "--points", 17)
    r = [float(row["x"]) for row in told]
    assert r == [k / 2 - 4 for k in range(17)]
    for column, formula in zip(("loss", "gradient"), OF_R[name], strict=True):
        np.testing.assert_allclose([float(row[column]) for row in told], [formula(each) for each in r], atol=1e-15)
    assert {row["logit_gradient"] for row in told} == {""}


def test_slopes_are_central_differences():
    """Of the definitions themselves, by p and by the logit."""
    p, h = np.array([0.03, 0.4, 0.97]), 1e-6
    for one in [*pictures_of(None, "p", {}).losses["p"]]:
        _, by_p, by_logit = loss_shape.by_probability(one, p)
        above, below = (loss_shape.by_probability(one, p + sign * h)[0] for sign in (1, -1))
        np.testing.assert_allclose(by_p, (above - below) / (2 * h), rtol=1e-6)
        z = np.log(p / (1 - p))
        above, below = (loss_shape.by_probability(one, 1 / (1 + np.exp(-z - sign * h)))[0] for sign in (1, -1))
        np.testing.assert_allclose(by_logit, (above - below) / (2 * h), rtol=1e-6)


def test_without_names_each_curve_is_there_once(gdcli):
    told = rows(gdcli)
    drawn = list(dict.fromkeys((row["against"], row["name"]) for row in told))
    assert drawn == [
        ("p", "mse"),
        ("p", "cross_entropy"),
        ("p", "one_minus_p"),
        ("residual", "mse"),
        ("residual", "mae"),
        ("residual", "huber"),
    ]
    assert len(told) == 41 * len(drawn)


def test_formats_agree(gdcli):
    arguments = ("loss", "mse", "mae", "--points", 3, "--against", "residual", "--format")
    told = gdcli(*arguments, "json").json
    assert told["schema"] == "gdcli.loss/1"
    of_residual = told["against"]["residual"]
    assert (of_residual["from"], of_residual["to"]) == (-3.0, 3.0)
    assert of_residual["losses"]["mse"]["formulas"] == {"loss": "r^2", "gradient": "2r"}
    assert told["points"] == gdcli(*arguments, "jsonl").jsonl
    lines = dict(line.split("=", 1) for line in gdcli(*arguments, "kv").out.splitlines())
    assert [float(lines[f"residual_mse_loss_{at}"]) for at in range(3)] == [9, 0, 9]
    assert [float(lines[f"residual_mae_gradient_{at}"]) for at in range(3)] == [-1, 0, 1]


def test_rerun_repeats_it_to_the_byte(gdcli):
    first = gdcli("loss", "cross_entropy", "1-p", "--from", 0.2, "--points", 4, "--format", "json")
    assert first.rerun[:3] == ["loss", "cross-entropy", "1-p"]
    assert gdcli(*first.rerun).out == first.out
    assert gdcli("loss").rerun == ["loss"]


def test_a_confident_mistake_hurts(gdcli):
    """-log 0.01 = 4.605; its slope by the logit is 0.01 - 1, that of the squared error 2 x 0.01 x 0.99^2."""
    out = gdcli("loss", "cross-entropy", "mse", "--against", "p").out
    assert "a confident mistake, p = 0.01, costs cross-entropy 4.61, MSE 0.98" in out
    assert "the gradient on its logit is 0.99 (cross-entropy), 0.0196 (MSE)" in out
    assert "MSE hardly corrects it" in out
    assert "cross-entropy hardly" not in out
    cells = [line.split() for line in out.splitlines()]
    assert cells[0][-5:] == ["0.01", "0.1", "0.5", "0.9", "0.99"]
    assert cells[1] == ["cross-entropy", "-log", "p", "4.605", "2.303", "0.6931", "0.1054", "0.01005"]


def test_a_mistake_that_is_not_confident_is_not_called_so(gdcli):
    assert "mistake" not in gdcli("loss", "--against", "p", "--from", 0.6).out


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (100, 30), (200, 60)])
@pytest.mark.parametrize("against", ["p", "residual", None])
def test_pictures_fit_the_screen(size, against):
    """With a line for the prompt and one for the rerun."""
    screen = Screen(*size, color=False)
    blocks = report(pictures_of(None, against, {}), table.render, drawn=True, again="").blocks
    lines = [line for block in blocks(screen) for line in block.split("\n")]
    assert max(map(columns, lines)) <= screen.width
    assert len(lines) <= screen.height - 2
    assert sum("slope" in line for line in lines)
    assert sum("cross-entropy" in line for line in lines) or against == "residual"


def test_a_plug_in_is_drawn(gdcli, tmp_path):
    plugin = tmp_path / "quartic.py"
    plugin.write_text(
        '"""A loss."""\n\nimport numpy as np\n\nfrom gdcli.nn.losses import loss\n\n__all__ = ["quartic"]\n\n\n'
        '@loss("quartic loss")\ndef quartic(outputs, targets):\n    """Mean of r^4."""\n'
        "    r = outputs - targets\n    return (r**4).mean(axis=-1), 4 * r**3 / r.shape[-1]\n"
    )
    told = rows(gdcli, "quartic", "--points", 3, "--plugin", plugin)
    assert [(float(row["loss"]), float(row["gradient"])) for row in told] == [(81, -108), (0, 0), (81, 108)]
    assert "quartic loss" in gdcli("loss", "--plugin", plugin).out


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["mze"], ["'mze'"]),
        (["--against", "q"], ["--against", "'q'", "p, residual"]),
        (["--from", 0], ["--from 0", "between 0 and 1"]),
        (["--to", 1, "--against", "p"], ["--to 1", "between 0 and 1"]),
        (["mae", "--against", "p"], ["MAE is drawn against residual"]),
        (["cross-entropy", "--against", "residual"], ["cross-entropy is drawn against p"]),
        (["mae", "--from", 3, "--to", -3], ["--from 3", "--to -3"]),
        (["--points", 10**9], ["--points"]),
        (["--format", "jason"], ["jason"]),
    ],
)
def test_refusals(gdcli, refused, arguments, parts):
    refused(gdcli("loss", *arguments), 2, *parts)


def test_examples_run():
    assert doctest.testmod(loss_shape).failed == 0
