"""surface with several optimizers: each path is fit's, told apart without colour, in every format."""

import re

import numpy as np
import pytest

from gdcli.experiments.surface import DescentPath, Scene, Spot
from gdcli.render.reports.surface import draw_surface
from gdcli.render.screen import ESCAPE, Screen, columns
from gdcli.render.svg import draw_svg
from gdcli.training.records import Status

pytestmark = pytest.mark.quick

THREE = ["sgd", "momentum", "adam"]
START = ["sample:deck", "--m", -1, "--b", 5]


def surface(gdcli, *arguments, **more):
    result = gdcli("surface", *START, "--epochs", 30, *arguments, **more)
    assert result.code == 0, result.err
    return result


def test_each_path_is_fit_s(gdcli):
    told = surface(gdcli, "--optimizer", "sgd,momentum,adam", "--lr", 0.1, "--format", "json").json
    assert [path["optimizer"] for path in told["paths"]] == THREE
    assert told["config"]["optimizer"] == THREE
    for path in told["paths"]:
        fit = gdcli("fit", *START, "--epochs", 30, "--lr", 0.1, "--optimizer", path["optimizer"], "--format", "json")
        wanted = [[row["m"], row["b"], row["loss"]] for row in fit.json["history"]]
        found = [[row["m"], row["b"], row["loss"]] for row in path["points"]]
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_each_takes_the_hyperparameters_that_it_has(gdcli):
    told = surface(gdcli, "--optimizer", "sgd,momentum", "--momentum", 0.5, "--format", "json").json
    alone = surface(gdcli, "--optimizer", "momentum", "--momentum", 0.5, "--format", "json").json
    assert told["paths"][1]["points"] == alone["paths"][0]["points"]


def test_rows_have_the_grid_and_the_paths(gdcli):
    words = ["--optimizer", "sgd,adam", "--m-range", "-3:5:5", "--b-range", "-3:9:5"]
    rows = surface(gdcli, *words, "--format", "csv").csv
    assert list(rows[0]) == ["m", "b", "loss", "optimizer", "lr", "step"]
    assert [row["optimizer"] for row in rows] == [""] * 25 + ["sgd"] * 31 + ["adam"] * 31
    assert [row["step"] for row in rows[25:56]] == [str(step) for step in range(31)]
    alone = surface(gdcli, *words[2:], "--format", "csv").csv
    assert list(alone[0]) == ["m", "b", "loss"]
    again = surface(gdcli, *words, "--format", "json")
    assert gdcli(*again.rerun).json == again.json


def test_the_legend_has_a_line_for_each(gdcli):
    out = surface(gdcli, "--optimizer", "sgd,momentum,adam").out
    ends = [line for line in out.splitlines() if re.match(r"[123] (sgd|momentum|adam) ", line)]
    assert [line.split()[:2] for line in ends] == [["1", "sgd"], ["2", "momentum"], ["3", "adam"]]
    assert all("after 30 steps (" in line for line in ends)
    picture = [line for line in out.splitlines() if "│" in line or "┤" in line]
    for number in "123":  # told apart without colour
        assert any(number in line.split("│")[-1].split("┤")[-1] for line in picture)
    colored = surface(gdcli, "--optimizer", "sgd,momentum,adam", tty=True).out
    inks = [found[0] for line in colored.splitlines() if (found := re.findall(r"^\x1b\[[^m]*m", line))]
    ends = [line for line in colored.splitlines() if re.match(r"[123] (sgd|momentum|adam) ", ESCAPE.sub("", line))]
    assert len({line.split("m")[0] for line in ends}) == 3
    assert inks


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("color", [True, False])
def test_paths_fit_the_screen(size, color):
    at = np.linspace(-1, 1, 40)
    shape = np.stack([at, at], axis=1)
    trails = [
        DescentPath(0.1, range(40), shape * scale, [1.0] * 40, Status.COMPLETED, name)
        for name, scale in (("sgd", 0.3), ("adam", 0.6), ("rmsprop", -0.8))
    ]
    scene = Scene(("m", "b"), "MSE", (-1, 1), (-1, 1), Spot(-0.5, 0.5, 1.0), Spot(0, 0, 0), trails)
    assert scene.panels() == [trails]
    values = np.add.outer(at**2, at**2)
    lines = list(draw_surface(scene, values, Screen(*size, color=color), size[0]))
    assert len(lines) <= size[1] - 3
    assert max(map(columns, lines)) <= size[0]
    text = draw_svg(scene, values)
    assert all(f">{word}  after" in text for word in ("sgd", "adam", "rmsprop"))
    assert all(f'font-weight="bold">{number}</text>' in text for number in "123")


def test_several_rates_are_several_pictures(gdcli):
    out = surface(gdcli, "--optimizer", "sgd,adam", "--lr", "0.1,0.2").out
    assert "lr 0.1" in out
    assert "lr 0.2" in out
    assert len(re.findall(r"\b1 sgd\b", out)) == 2


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--optimizer", "sgd,adma"], ["'adma'"]),
        (["--optimizer", "sgd,adam", "--momentum", 0.5], ["--momentum", "none of sgd, adam"]),
        (["--optimizer", "sgd,momentum,nesterov,adagrad,rmsprop,adam,adamw"], ["7 paths"]),
    ],
)
def test_refusals(gdcli, refused, words, parts):
    refused(gdcli("surface", *START, *words), 2, *parts)
