"""The picture file: well-formed, standalone, and true to the scene."""

import re
import stat
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gdcli.experiments.surface import DescentPath, Scene, Spot
from gdcli.render.raster.contours import contour
from gdcli.render.svg.surface import draw_svg
from gdcli.training.records import Status

SVG = "{http://www.w3.org/2000/svg}"
KNOWN = {"svg", "title", "defs", "g", "use", "rect", "path", "circle", "text"}
CENTRE = Spot(0.0, 0.0, 0.0)


def bowl(width=30, height=20):
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    return x * x + 3 * y * y


def scene(trails=(), names=("m", "b"), minimum=CENTRE):
    return Scene(names, "MSE", (-1, 1), (-1, 1), Spot(-0.5, 0.5, 1.0), minimum, trails)


def trail(points, status=Status.COMPLETED, rate=0.1):
    points = np.array(points, dtype=np.float64)
    return DescentPath(rate, range(len(points)), points, [1.0] * len(points), status)


def parsed(text):
    root = ET.fromstring(text)  # noqa: S314 - our own output
    assert root.tag == f"{SVG}svg"
    return root


def standalone(text):
    """Holds that nothing is fetched or run."""
    tags = {node.tag.removeprefix(SVG) for node in parsed(text).iter()}
    assert tags <= KNOWN
    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert set(re.findall(r'href="([^"]*)"', text)) <= {"#surface"}
    assert not re.search(r"url\(|@import|\bon\w+=|javascript:|style=|nan|inf\b", text)


def texts(text):
    return [node.text for node in parsed(text).iter(f"{SVG}text")]


def test_it_stands_alone_and_names_axes_loss_and_ends():
    text = draw_svg(scene([trail([[-0.5, 0.5], [0.2, 0.1]])]), bowl())
    standalone(text)
    words = texts(text)
    assert {"m", "b", "MSE", "S", "-1.0", "0", "1.0"} <= set(words)
    assert any("after 1 step (0.2, 0.1)" in word for word in words)


def test_several_rates_share_one_surface():
    trails = [trail([[-0.5, 0.5], [rate, 0]], rate=rate) for rate in (0.01, 0.1, 0.3, 0.5, 0.7)]
    text = draw_svg(scene(trails), bowl())
    standalone(text)
    assert text.count('href="#surface"') == 5
    assert {"lr 0.01", "lr 0.1", "lr 0.3", "lr 0.5", "lr 0.7"} <= set(texts(text))


def test_the_coloured_cells_cover_the_picture():
    text = draw_svg(scene(), bowl(129, 97))
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", text)
    cells = {(x, int(row)) for left, row, count in runs for x in range(int(left), int(left) + int(count))}
    assert len(cells) == 129 * 97
    assert sum(int(count) for _, _, count in runs) == 129 * 97


def test_a_path_that_leaves_stays_in_the_picture():
    path = trail([[-0.5, 0.5], [0.0, 0.0], [40.0, 0.0], [0.0, -900.0]], Status.DIVERGED)
    text = draw_svg(scene([path]), bowl())
    standalone(text)
    line = re.findall(r'stroke="#fff" stroke-width="2"[^>]*d="([^"]*)"', text)[0]
    spots = [tuple(map(float, spot.split())) for spot in re.split("[ML]", line)[1:]]
    assert all(0 <= x <= 640 and 0 <= y <= 440 for x, y in spots)
    assert spots[-1] == (640, 220)
    assert len(spots) == 3


def test_names_from_outside_are_harmless():
    text = draw_svg(scene(names=('<script>&"', "a\x00\x1b\nb")), bowl())
    standalone(text)
    assert '<script>&"' in texts(text)


def test_no_value_is_grey():
    values = bowl()
    values[3:6, 4:9] = np.nan
    values[0, 0] = np.inf
    text = draw_svg(scene(), values)
    standalone(text)
    assert "#808080" in text
    standalone(draw_svg(scene(minimum=None), np.full((4, 5), np.nan)))


@settings(max_examples=40)
@given(arrays(np.float64, array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6), elements=st.floats(0, 1e300)))
def test_any_surface_can_be_drawn(values):
    standalone(draw_svg(scene(), values))


class TestContours:
    def test_a_circle(self):
        x, y = np.meshgrid(np.arange(41.0), np.arange(31.0))
        (line,) = contour((x - 20) ** 2 + (y - 15) ** 2, 100.0)
        assert np.hypot(*(line - [20, 15]).T) == pytest.approx(10, abs=0.05)
        assert line[0].tolist() == line[-1].tolist()

    def test_a_plane_s_lines_are_straight_and_open(self):
        x, _ = np.meshgrid(np.arange(5.0), np.arange(4.0))
        (line,) = contour(x, 1.25)
        assert sorted(line.tolist()) == [[1.25, row] for row in range(4)]

    def test_a_saddle_has_two(self):
        assert len(contour(np.array([[1.0, 0.0], [0.0, 1.0]]), 0.5)) == 2

    def test_squares_without_a_corner_are_left_out(self):
        assert contour(np.array([[0.0, 1.0], [0.0, np.nan]]), 0.5) == []

    @given(arrays(np.float64, (5, 6), elements=st.floats(0, 1)), st.floats(0.1, 0.9))
    def test_lines_begin_and_end_at_the_edge_or_in_themselves(self, values, level):
        for line in contour(values, level):
            closed = line[0].tolist() == line[-1].tolist()
            at_edge = [x in (0, 5) or y in (0, 4) for x, y in (line[0], line[-1])]
            assert closed or all(at_edge)


class TestSave:
    def test_the_command_writes_it_whole(self, gdcli, tmp_path):
        path = tmp_path / "surface.svg"
        result = gdcli("surface", "--lr", "0.1,0.3", "--save", path)
        assert result.code == 0, result.err
        standalone(path.read_text(encoding="utf-8"))
        assert "rerun: gdcli surface" in path.read_text(encoding="utf-8")
        assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600
        assert [entry.name for entry in tmp_path.iterdir()] == ["surface.svg"]

    def test_beside_any_format_and_always_the_same(self, gdcli, tmp_path):
        first, second = tmp_path / "a.svg", tmp_path / "b.svg"
        assert len(gdcli("surface", "--format", "csv", "--save", first).csv) > 1000
        assert gdcli("surface", "--save", second).code == 0
        pictures = [re.sub("<text[^>]*>rerun: .*", "", path.read_text(encoding="utf-8")) for path in (first, second)]
        assert pictures[0] == pictures[1]
        assert len(first.read_bytes()) < 150_000

    def test_nothing_is_written_when_the_run_is_refused(self, gdcli, tmp_path, refused):
        path = tmp_path / "a.svg"
        refused(gdcli("surface", "none.csv", "--save", path, "-q"), 3)
        assert not path.exists()
