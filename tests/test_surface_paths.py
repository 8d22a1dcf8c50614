"""surface with several optimizers: each path is fit's, told apart without colour, in every format."""

import doctest
import re

import numpy as np
import pytest

from gdcli.analysis import principal_plane as principal
from gdcli.analysis.principal_plane import principal_plane
from gdcli.analysis.surfaces import surface as surface_of
from gdcli.experiments.line_surface import OptimizersSpec, RatesSpec
from gdcli.experiments.network_paths import draw_paths, read_paths, run_path
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import DataSpec, EpochSpec, LineSpec, Spec
from gdcli.experiments.step_spec import SmallNetworkSpec
from gdcli.experiments.surface import DescentPath, Scene, Spot
from gdcli.render.reports.surface import draw_surface
from gdcli.render.screen import ESCAPE, Screen, columns
from gdcli.render.svg.surface import draw_svg
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


# networks


def test_the_main_plane_is_the_singular_value_decomposition_s():
    points = np.random.default_rng(0).normal(size=(9, 30)) * np.geomspace(10, 0.1, 30)
    found = principal_plane(points)
    centred = points - points.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    assert found.shares == pytest.approx(tuple(sizes[:2] ** 2 / (sizes**2).sum()))
    np.testing.assert_allclose(np.abs(found.coordinates), np.abs(left[:, :2] * sizes[:2]), rtol=1e-9, atol=1e-9)
    for direction, other in zip((found.plane.across, found.plane.up), right, strict=False):
        assert abs(direction @ other) == pytest.approx(1)
        assert direction[np.abs(direction).argmax()] > 0


def test_points_on_a_line_span_no_plane():
    assert principal_plane(np.outer(np.arange(4.0), [1.0, 2.0, 3.0])) is None
    assert principal_plane(np.ones((5, 3))) is None


def test_each_path_of_a_network_is_train_s(gdcli):
    words = ["sample:moons", "--hidden", 3, "--epochs", 6, "--lr", 0.05]
    told = gdcli("surface", *words, "--optimizer", "sgd,adam", "--format", "json").json
    for path in told["paths"]:
        more = ["--optimizer", path["optimizer"], "--validation", "none", "--dtype", "float64", "--format", "json"]
        ran = gdcli("train", *words, *more).json
        assert [point["loss"] for point in path["points"]] == pytest.approx([row["loss"] for row in ran["history"]])
    assert told["over"] == ["pc1", "pc2"]
    assert 0 < told["variance"]["pc2"] <= told["variance"]["pc1"] < 1


def test_two_parameters_lie_in_the_plane():
    """A line's network has two: the plane is all there is, and the surface at the path is the path's own loss."""
    network = SmallNetworkSpec(hidden=())
    spec = Spec(LineSpec(), DataSpec("sample:bmi"), epochs=EpochSpec(5))
    [one] = read_paths(spec, network, RatesSpec(lr=(0.05,)), OptimizersSpec(), Reader(None))
    drawing = draw_paths(one, [run_path(one)], (None, None), {})
    assert sum(drawing.figures()["variance"].values()) == pytest.approx(1)
    land = drawing.landscape
    for record in drawing.descents[0].records:
        x, y = (record.parameters[at : at + 1] for at in (0, 1))
        assert surface_of(land.problem, land.plane, x, y).loss[0, 0] == pytest.approx(record.loss, rel=1e-9)


def test_the_share_of_variance_is_said(gdcli):
    result = gdcli("surface", "sample:moons", "--hidden", 3, "--epochs", 6)
    told = gdcli(*result.rerun, "--format", "json").json
    share = 100 * sum(told["variance"].values())
    assert f"main directions, have {share:.3g} % of the variance" in " ".join(result.out.split())
    assert (told["config"]["optimizer"], told["config"]["lr"]) == ("adam", 0.001)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--hidden", 3, "--m", 1], ["--m is of a line"]),
        (["--hidden", 3, "--over", "m,b"], ["--over is of a line"]),
        (["--init", "zeros"], ["--init goes with a network"]),
        (["--hidden", 3, "--epochs", 1], ["span no plane"]),
        (["--hidden", 3, "--epochs", 3, "--lr", 1e9, "--optimizer", "sgd"], ["span no plane"]),
    ],
)
def test_refusals_of_networks(gdcli, refused, words, parts):
    refused(gdcli("surface", "sample:moons", *words, "-q"), 2, *parts)


def test_examples_run():
    assert doctest.testmod(principal, extraglobs={"np": np}).failed == 0


def test_descent_on_the_saddle_all_but_stops_and_leaves_it_downhill(gdcli):
    model = ["--hidden", 1, "--activation", "linear", "--seed", 17]
    words = ["--optimizer", "sgd", "--lr", 0.1, "--batch-size", "full"]
    told = gdcli("surface", "sample:saddle", *model, *words, "--format", "json").json
    losses = np.array([point["loss"] for point in told["paths"][0]["points"]])
    height = np.var([float(row["y"]) for row in gdcli("sample", "saddle").csv])  # w = v = 0 says always the mean
    fall = losses[:-1] / losses[1:]
    slowest = int(fall[:30].argmin())
    assert losses[slowest] == pytest.approx(height, rel=0.05)  # beside the saddle
    assert fall[slowest] < 1.02
    assert fall[0] > 1.5
    assert fall[slowest:30].max() > 1.3
    assert losses[-1] < 0.03 * height
    assert sum(told["variance"].values()) == pytest.approx(1)  # the picture's plane is that of both weights
