"""surface: the lecture's numbers on a grid, the formula written again, and paths that are fit's."""

import io
import json
import math
from fractions import Fraction

import numpy as np
import pytest

from gdcli import Dataset, Linear, Network, Problem, mse
from gdcli.analysis import surfaces as core
from gdcli.analysis.surfaces import Plane, Span, Surface, filter_normalised, span_around
from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.nn.losses import mae
from gdcli.render.reports.surface import resample
from gdcli.render.screen import ESCAPE, Screen, columns

pytestmark = pytest.mark.quick

GRID = ["--m-range", "-3:5:41", "--b-range", "-3:9:61"]
DECK = Problem(Linear(1), mse, Dataset([[1.0], [2.0]], [3.0, 5.0]))
M_AND_B = Plane(np.zeros(2), np.array([1.0, 0.0]), np.array([0.0, 1.0]))


@pytest.fixture
def surface(gdcli):
    def call(*arguments, form="json", code=0, **more):
        result = gdcli("surface", *arguments, "--format", form, **more)
        assert result.code == code, result.err
        return getattr(result, form)

    return call


def numbers(rows):
    return [{name: float(cell) for name, cell in row.items()} for row in rows]


def exact_mse(rows, m, b):
    """The formula a second time, in fractions."""
    residuals = [Fraction(m) * Fraction(x) + Fraction(b) - Fraction(y) for x, y in rows]
    return sum(r * r for r in residuals) / len(residuals)


class TestLecture:
    def test_the_minimum_and_the_start_lie_on_the_grid(self, surface):
        rows = numbers(surface(*GRID, form="csv"))
        assert len(rows) == 41 * 61
        assert min(rows, key=lambda row: row["loss"]) == {"m": 2, "b": 1, "loss": 0}
        assert {"m": -1, "b": 5, "loss": 2.5} in rows

    def test_so_they_do_on_the_usual_grid(self, surface):
        rows = numbers(surface("sample:deck", "--m", -1, "--b", 5, form="csv"))
        assert min(rows, key=lambda row: row["loss"]) == {"m": 2, "b": 1, "loss": 0}
        assert {"m": -1, "b": 5, "loss": 2.5} in rows

    def test_every_cell_is_the_formula_s(self, surface):
        for row in numbers(surface(*GRID, form="csv"))[::7]:
            assert row["loss"] == pytest.approx(float(exact_mse([(1, 3), (2, 5)], row["m"], row["b"])), abs=1e-12)

    def test_json_has_axes_grid_start_minimum_and_path(self, surface):
        told = surface(*GRID)
        assert told["schema"] == "gdcli.surface/1"
        assert told["start"] == {"m": -1, "b": 5, "loss": 2.5}
        assert told["minimum"] == {"m": 2, "b": 1, "loss": 0}
        m, b = told["axes"]["m"], told["axes"]["b"]
        assert (m[0], m[-1], len(m), b[0], b[-1], len(b)) == (-3, 5, 41, -3, 9, 61)
        assert [len(told["grid"]), *{len(row) for row in told["grid"]}] == [61, 41]
        assert told["grid"][b.index(5)][m.index(-1)] == 2.5
        assert told["grid"][b.index(1)][m.index(2)] == 0
        assert m == [round(-3 + 0.2 * k, 9) for k in range(41)]

    def test_the_line_below(self, gdcli):
        lines = gdcli("surface").out.splitlines()
        assert lines[-1] == ("start (-1, 5) MSE 2.5 -> after 100 steps (1.40, 1.97) MSE 0.0957; minimum (2, 1) MSE 0")

    def test_kv_is_the_summary(self, gdcli):
        lines = gdcli("surface", "--format", "kv").out.splitlines()
        assert {"minimum_m=2.0", "minimum_b=1.0", "path_step=100", "path_status=completed"} <= set(lines)
        assert len(lines) < 60  # the grid is not among them


@pytest.mark.parametrize(
    "options",
    [
        ("sample:deck", "--m", -1, "--b", 5, "--lr", 0.29),
        ("sample:deck", "--m", -1, "--b", 5, "--lr", 0.3),
        ("sample:deck", "--lr", 0.1, "--optimizer", "adam"),
        ("sample:deck", "--batch-size", 1, "--seed", 3),
        ("sample:bmi", "--standardize", "--lr", 0.2),
        ("sample:bmi", "--lr", 0.001, "--l2", 0.5),
        ("sample:bmi", "--standardize", "--loss", "mae", "--schedule", "cosine"),
    ],
    ids=lambda words: " ".join(map(str, words)),
)
def test_paths_are_fit_s(surface, gdcli, options):
    fitted = gdcli("fit", *options, "--epochs", 60, "--format", "csv").floats
    told = surface(*options, "--epochs", 60)
    names = [name for name in ("step", "m", "b", "loss", "penalty") if name in fitted[0]]
    assert told["paths"][0]["points"] == [{name: row[name] for name in names} for row in fitted]


class TestGrid:
    def test_penalty_stands_beside_the_loss(self, surface):
        for row in numbers(surface(*GRID, "--l2", 0.5, "--l1", 0.25, form="csv"))[::13]:
            m, b = row["m"], row["b"]
            assert row["loss"] == pytest.approx(((m + b - 3) ** 2 + (2 * m + b - 5) ** 2) / 2, abs=1e-12)
            assert row["penalty"] == pytest.approx(0.25 * m * m + 0.25 * abs(m), abs=1e-12)

    def test_scaled_inputs_have_the_same_surface(self, surface):
        ranges = ("--m-range", "-5:15:9", "--b-range", "-200:50:8")
        raw, scaled = (numbers(surface("sample:bmi", *ranges, *more, form="csv")) for more in ((), ("--standardize",)))
        for one, other in zip(raw, scaled, strict=True):
            assert one == pytest.approx(other, rel=1e-10)

    def test_many_rows_and_mae_by_the_formula(self, surface, gdcli):
        table = np.array([[float(cell) for cell in row.values()] for row in gdcli("sample", "bmi").csv])
        for row in numbers(surface("sample:bmi", "--loss", "mae", "--epochs", 1, form="csv"))[::97]:
            assert row["loss"] == pytest.approx(
                np.abs(row["m"] * table[:, 0] + row["b"] - table[:, 1]).mean(), rel=1e-12
            )

    def test_two_of_several_parameters_the_others_at_the_optimum(self, surface, table):
        rng = np.random.default_rng(1)
        x, y = rng.normal(size=(30, 3)), rng.normal(size=30)
        lines = ["p,q,r,y", *(",".join(map(repr, [*map(float, a), float(c)])) for a, c in zip(x, y, strict=True))]
        told = surface(table("\n".join(lines) + "\n"), "--over", "w_r,b")
        w = np.linalg.lstsq(np.column_stack([x, np.ones(30)]), y, rcond=None)[0]
        assert told["fixed"] == pytest.approx({"w_p": w[0], "w_q": w[1]}, rel=1e-9)
        assert told["minimum"]["w_r"] == pytest.approx(w[2], rel=1e-9)
        r, b = told["axes"]["w_r"], told["axes"]["b"]
        for i, j in ((0, 0), (5, 9), (-1, 3)):
            residual = x @ [w[0], w[1], r[j]] + b[i] - y
            assert told["grid"][i][j] == pytest.approx(float(residual @ residual) / 30, rel=1e-9)

    def test_without_a_formula_the_others_stay_at_the_end_of_the_path(self, surface):
        told = surface("sample:diabetes", "--standardize", "--loss", "huber", "--over", "w_bmi,b", "--epochs", 5)
        assert told["minimum_is"] == "lowest on the grid"
        assert len(told["fixed"]) == 9

    def test_axes_may_be_turned(self, surface):
        one, other = surface(*GRID), surface(*GRID, "--over", "b,m")
        assert np.array_equal(np.array(one["grid"]).T, other["grid"])

    @pytest.mark.parametrize("form", ["tsv", "jsonl"])
    def test_other_formats_have_the_same_rows(self, surface, form):
        ranges = ("--x-range", "0:1:3", "--y-range", "0:1:2")
        expected = numbers(surface(*ranges, form="csv"))
        assert numbers(surface(*ranges, form=form)) == expected
        assert [(row["m"], row["b"]) for row in expected] == [(m, b) for b in (0, 1) for m in (0, 0.5, 1)]

    def test_losses_beyond_float64_are_null(self, surface):
        told = surface("--m-range", "-1e200:1e200:3", "--b-range", "0:1:2")
        assert told["grid"][0][0] is None
        assert told["grid"][0][1] == 17


class TestPaths:
    def test_a_diverging_path_is_a_result(self, gdcli):
        result = gdcli("surface", "--lr", 2, "--format", "json")
        assert result.code == 0
        assert result.json["paths"][0]["status"] == "diverged"

    def test_and_the_text_says_where_it_went(self, gdcli):
        assert "left the picture at step 1 and diverged: after 7 steps" in gdcli("surface", "--lr", 2).out

    def test_each_rate_has_its_path_and_all_one_surface(self, surface):
        told = surface("--lr", "0.01,0.1,0.3")
        assert [path["lr"] for path in told["paths"]] == [0.01, 0.1, 0.3]
        for path in told["paths"]:
            alone = surface("--lr", path["lr"])
            assert alone["paths"] == [path]

    def test_rerun_does_the_same(self, gdcli):
        first = gdcli("surface", "--lr", "0.01,0.3", "--m-range", "-3:5:5", "--format", "json")
        again = gdcli(*first.rerun)
        assert again.out == first.out

    def test_without_a_rate_it_is_the_path_that_fit_would_take(self, gdcli):
        first = gdcli("surface", "sample:bmi", "--format", "json")
        assert first.json["config"]["scale"] == "standard"
        assert first.json["paths"][0]["status"] != "diverged"
        assert "chosen: standardised" in first.err
        assert gdcli(*first.rerun).json["paths"] == first.json["paths"]
        alone = gdcli("surface", "sample:bmi", "--scale", "standard", "--lr", "0.1", "--format", "json")
        assert alone.json["paths"] == first.json["paths"]

    @pytest.mark.parametrize("given", [("--lr", "0.1"), ("--scale", "none")])
    def test_what_is_given_is_taken_as_it_is(self, gdcli, given):
        found = gdcli("surface", "sample:bmi", *given, "--format", "json").json
        assert found["config"]["scale"] == "none"
        assert found["paths"][0]["status"] == "diverged"

    def test_no_epoch_no_path(self, surface):
        assert len(surface("--epochs", 0)["paths"][0]["points"]) == 1

    def test_start_at_the_minimum(self, gdcli):
        assert "minimum (2, 1) MSE 0" in gdcli("surface", "sample:deck", "--m", 2, "--b", 1).out

    def test_a_start_beyond_all_numbers(self, gdcli):
        result = gdcli("surface", "--m", 1e300)
        assert result.code == 0
        assert "too large" in result.out


class TestPicture:
    @pytest.mark.parametrize("tty", [False, True])
    def test_marks_axes_bar(self, gdcli, tty):
        result = gdcli("surface", tty=tty, environ={"TERM": "xterm-256color"})
        lines = [ESCAPE.sub("", line) for line in result.out.splitlines()]
        picture = [line for line in lines if "│" in line or "┤" in line]
        assert sum(line.count("S") for line in picture) == 1
        assert sum(line.count("x") for line in picture) == 1
        start, minimum = (next(i for i, line in enumerate(lines) if letter in line[4:]) for letter in "Sx")
        assert start < minimum
        assert lines[start].index("S") < lines[minimum].index("x")
        assert any("MSE" in line and "log scale" in line for line in lines)

    def test_no_colour_no_escape(self, gdcli):
        assert "\x1b" not in gdcli("surface").out

    def test_dumb_terminals_get_ascii(self, gdcli):
        assert gdcli("surface", "--lr", "0.1,0.3", environ={"TERM": "dumb"}, tty=True).out.isascii()

    @pytest.mark.parametrize("rates", ["0.1", "0.01,0.1", "0.01,0.1,0.29,0.3"])
    @pytest.mark.parametrize("size", [(40, 10), (80, 24), (120, 40)])
    def test_nothing_is_wider_than_the_terminal(self, gdcli, rates, size, monkeypatch):
        monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: __import__("os").terminal_size(size))
        result = gdcli("surface", "--lr", rates, tty=True)
        assert max(map(columns, result.out.splitlines())) <= size[0]

    def test_several_rates_are_named(self, gdcli):
        out = gdcli("surface", "--lr", "0.01,0.1,0.3").out
        assert all(f"lr {rate}" in out for rate in ("0.01", "0.1", "0.3"))
        assert out.count("after 100") == 3

    def test_a_path_that_diverged_ends_where_it_leaves(self):
        from gdcli.experiments.surface import DescentPath, Scene, Spot
        from gdcli.training.records import Status

        points = np.array([[0.5, 0.5], [0.6, 0.6], [3.0, 0.0], [0.5, 0.1], [9.0, 9.0]])
        trail = DescentPath(1.0, range(5), points, [1.0] * 5, Status.DIVERGED)
        scene = Scene(("a", "b"), "MSE", (0, 1), (0, 1), Spot(0.5, 0.5, 1.0), None, [trail])
        assert scene.drawn(trail).tolist() == points[:3].tolist()
        assert scene.left_at(trail) == 2

    def test_resampled_keeps_what_has_the_size(self):
        values = np.array([[1.0, np.nan, np.inf], [2.0, 3.0, 4.0]])
        assert np.array_equal(resample(values, 3, 2), values, equal_nan=True)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small trained model of the irises."""
    path = tmp_path_factory.mktemp("made") / "iris.safetensors"
    words = f"train sample:iris --hidden 6 --epochs 3 --save {path}".split()
    assert run(words, Terminal(None, io.StringIO(), io.StringIO(), {})) == 0
    return path


class TestNetwork:
    NET = Network((3, 5, 4, 2))

    def plane(self, seed=0):
        parameters = self.NET.initial(np.random.default_rng(9), np.float64) + 0.1
        return parameters, filter_normalised(self.NET, parameters, np.random.default_rng(seed))

    def test_each_neuron_s_part_is_as_long_as_its_weights_and_biases_stay(self):
        parameters, plane = self.plane()
        for direction in (plane.across, plane.up):
            begin = 0
            for fan_in, fan_out in ((3, 5), (5, 4), (4, 2)):
                weights, drawn = (
                    a[begin : begin + fan_in * fan_out].reshape(fan_in, fan_out) for a in (parameters, direction)
                )
                for neuron in range(fan_out):
                    length = math.sqrt(sum(v * v for v in weights[:, neuron]))
                    assert math.sqrt(sum(v * v for v in drawn[:, neuron])) == pytest.approx(length, rel=1e-12)
                assert not direction[begin + fan_in * fan_out : begin + (fan_in + 1) * fan_out].any()
                begin += (fan_in + 1) * fan_out

    def test_the_seed_makes_the_plane(self):
        assert np.array_equal(self.plane(1)[1].up, self.plane(1)[1].up)
        assert not np.array_equal(self.plane(1)[1].up, self.plane(2)[1].up)

    def test_scaling_a_relu_layer_up_and_the_next_down_changes_nothing(self):
        net = Network((2, 6, 1))
        data = Dataset(np.random.default_rng(0).normal(size=(20, 2)), np.ones(20))
        parameters = net.initial(np.random.default_rng(3), np.float64)
        scaled = parameters.copy()
        for layer, factor in zip(net.layers, (8.0, 0.125), strict=True):
            layer.weights(scaled)[...] *= factor
        axes = Span(-1, 1, 5).values
        one, other = (
            core.surface(Problem(net, mse, data), filter_normalised(net, w, np.random.default_rng(0)), axes, axes).loss
            for w in (parameters, scaled)
        )
        assert one == pytest.approx(other, rel=1e-12)

    def test_the_middle_is_the_saved_model(self, model, surface, gdcli):
        told = surface(model, "sample:iris", "--x-range", "-1:1:5", "--y-range", "-1:1:3")
        loss = gdcli("evaluate", model, "sample:iris", "--format", "json").json["loss"]
        assert told["start"] == {"alpha": 0, "beta": 0, "loss": pytest.approx(loss, rel=1e-6)}
        assert told["grid"][1][2] == told["start"]["loss"]
        assert told["minimum"]["loss"] == min(map(min, told["grid"]))
        assert told["paths"] == []

    def test_rerun_names_model_and_rows(self, model, gdcli):
        first = gdcli("surface", model, "sample:iris", "--x-range", "-1:1:5", "--seed", 4, "--format", "csv")
        assert first.rerun[:3] == ["surface", str(model), "sample:iris"]
        assert gdcli(*first.rerun).out == first.out

    def test_a_picture(self, model, gdcli):
        out = gdcli("surface", model, "sample:iris").out
        assert "saved parameters (0, 0) cross-entropy" in out

    def test_options_of_a_descent_are_refused(self, model, gdcli, refused):
        for words in (["--lr", 0.1], ["--over", "a,b"], ["--epochs", 3], ["--m-range", "0:1"], ["--loss", "mae"]):
            refused(gdcli("surface", model, "sample:iris", *words), 2, words[0])

    def test_a_saved_line_has_no_two_directions(self, gdcli, tmp_path, refused):
        path = tmp_path / "line.safetensors"
        assert gdcli("fit", "sample:deck", "--epochs", 2, "--save", path).code == 0
        refused(gdcli("surface", path, "sample:deck", "-q"), 2, "two directions")

    def test_a_missing_model(self, gdcli, refused):
        refused(gdcli("surface", "none.safetensors", "sample:iris"), 3, "none.safetensors")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["--m-range", "1:"], 2, "--m-range"),
        (["--m-range", ":1"], 2, "--m-range"),
        (["--m-range", "1"], 2, "LOW:HIGH:COUNT"),
        (["--m-range", ""], 2, "LOW:HIGH:COUNT"),
        (["--m-range", "1:2:3:4"], 2, "LOW:HIGH:COUNT"),
        (["--b-range", "a:b:3"], 2, "'a'"),
        (["--x-range", "5:1:10"], 2, "5 is not below 1"),
        (["--x-range", "1:1:10"], 2, "1 is not below 1"),
        (["--y-range", "0:1:1"], 2, "'1'"),
        (["--y-range", "0:1:2.5"], 2, "'2.5'"),
        (["--y-range", "0:1:-4"], 2, "'-4'"),
        (["--y-range", "0:1:"], 2, "count"),
        (["--y-range", "0:1:²"], 2, "count"),
        (["--y-range", "0:1:1001"], 2, "1001"),
        (["--y-range", "0:1:" + "9" * 5000], 2, "1000"),
        (["--y-range", "0:inf:3"], 2, "'inf'"),
        (["--y-range", "-1e308:1e308:3"], 2, "too near or too far"),
        (["--y-range", "1:1.0000000001:3"], 2, "too near or too far"),
        (["--x-range", "0:1", "--m-range", "0:1"], 2, "--m-range"),
        (["--over", "m,c"], 2, "'c'"),
        (["--over", "m,m"], 2, "twice"),
        (["--over", "m"], 2, "two parameters"),
        (["--over", "m,b,m"], 2, "two parameters"),
        (["--no-intercept"], 2, "two parameters"),
        (["--lr", "0"], 2, "--lr"),
        (["--lr", "0.1,x"], 2, "'x'"),
        (["--lr", "0.1,-1"], 2, "-1"),
        (["--lr", ",".join(f"0.{k}1" for k in range(1, 15))], 2, "pictures"),
        (["--epochs", "1.5"], 2, "--epochs"),
        (["--save", "x.jpg"], 2, ".svg"),
        (["--save", ""], 2, ".svg"),
        (["--save", "none/x.svg"], 3, "none"),
        (["--format", "svg"], 2, "--format"),
        (["sample:deck", "sample:bmi"], 2, "one table with sample:bmi"),
        (["sample:diabetes", "--m-range", "0:1"], 2, "--m-range"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_bad_input_is_one_line(gdcli, refused, words, code, part):
    refused(gdcli("surface", *words, "-q"), code, part)


def test_a_wrong_name_gets_the_nearest(gdcli):
    assert "did you mean 'w_bmi'?" in gdcli("surface", "sample:diabetes", "--over", "w_bim,b").err


class TestCore:
    def test_parts_make_no_difference(self, monkeypatch):
        x, y = Span(-3, 5, 17).values, Span(-2, 7, 13).values
        whole = core.surface(DECK, M_AND_B, x, y).loss
        monkeypatch.setattr(core, "NUMBERS", 7)
        assert np.array_equal(core.surface(DECK, M_AND_B, x, y).loss, whole)

    def test_a_stack_is_each_alone(self):
        rng = np.random.default_rng(0)
        data = Dataset(rng.normal(size=(9, 4)), rng.normal(size=9))
        for problem in (Problem(Linear(4), mae, data), Problem(Network((4, 3, 1)), mse, data)):
            plane = Plane(*rng.normal(size=(3, problem.model.size)))
            found = core.surface(problem, plane, np.array([0.5, -1.0]), np.array([2.0, 0.0, 1.0]))
            for i, v in enumerate(found.y):
                for j, u in enumerate(found.x):
                    alone = problem.data_loss(plane.origin + u * plane.across + v * plane.up, data)
                    assert found.loss[i, j] == pytest.approx(alone, rel=1e-12)

    def test_lowest_looks_only_at_numbers(self):
        ends = np.array([0.0, 1.0])
        found = Surface(ends, ends, np.array([[np.nan, 5.0], [4.0, np.inf]]))
        assert found.lowest == (0.0, 1.0, 4.0)
        assert Surface(ends, ends, np.full((2, 2), np.nan)).lowest is None

    @pytest.mark.parametrize(
        "values",
        [[0], [-1, 2], [5, 5], [1e-300, 2e-300], [-1e300, 1e300], [1e6, 1e6 + 1e-3], [math.nan, 3], [math.inf], []],
    )
    def test_usual_ranges_hold_their_values_with_room(self, values):
        span = span_around(values)
        assert span.low < span.high
        assert 2 < span.count <= 120
        assert np.isfinite(span.values).all()
        for value in values:
            if abs(value) < 1e150:
                assert span.low < value < span.high

    def test_ends_are_as_given(self):
        values = Span(0.1234567890123456, 0.9876543210987654, 7).values
        assert (values[0], values[-1]) == (0.1234567890123456, 0.9876543210987654)
        assert (np.diff(values) > 0).all()


def test_json_is_json(gdcli):
    json.loads(gdcli("surface", "--lr", "0.1,2", "--format", "json").out)


def test_screen_is_not_needed_to_know_the_size():
    from gdcli.experiments.surface import Scene, Spot
    from gdcli.render.reports.surface import picture_size

    scene = Scene(("m", "b"), "MSE", (-3, 4), (-2, 8), Spot(0, 0, 1), None)
    width, height = picture_size(scene, Screen(width=80, height=24))
    assert (width <= 80, height <= 24) == (True, True)
