"""Half-block pictures, read back from their escape sequences."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from gdcli.render.charts.axes import frame_picture
from gdcli.render.raster.canvas import draw_image, half_blocks, scale_bar
from gdcli.render.raster.colormap import hues, luminance, scale_colors
from gdcli.render.raster.pictures import draw_heat_map, draw_regions, pixels_at, value_limits
from gdcli.render.screen import ESCAPE, Screen, columns

pytestmark = pytest.mark.quick

FULL = Screen()
PLAIN = Screen(color=False)
TRUE_COLOUR = re.compile(r"\x1b\[38;2;(\d+);(\d+);(\d+);48;2;(\d+);(\d+);(\d+)m([^\x1b]*)")
FLOATS = arrays(np.float64, array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats())


def read_back(lines: list[str]) -> np.ndarray:
    """The picture that a terminal would show."""
    rows = []
    for line in lines:
        runs = TRUE_COLOUR.findall(line)
        for part in (slice(0, 3), slice(3, 6)):
            row = [tuple(map(int, run[part])) for run in runs for _ in run[6]]
            rows += [row]
    return np.array(rows, dtype=np.uint8)


def picture(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_a_terminal_shows_exactly_the_picture():
    rgb = picture(8, 5)
    assert (read_back(half_blocks(rgb, FULL)) == rgb).all()


def test_an_odd_last_row_is_doubled():
    rgb = picture(3, 4)
    assert (read_back(half_blocks(rgb, FULL)) == np.concatenate([rgb, rgb[-1:]])).all()


def test_neighbours_of_one_colour_share_an_escape():
    rgb = np.zeros((2, 50, 3), dtype=np.uint8)
    rgb[:, 25:] = 200
    (line,) = half_blocks(rgb, FULL)
    assert len(ESCAPE.findall(line)) == 3  # two runs and the reset
    assert line.endswith("\x1b[0m")


@pytest.mark.parametrize(
    ("depth", "escape"),
    [(24, "\x1b[38;2;255;0;0;48;2;0;0;0m"), (8, "\x1b[38;5;196;48;5;16m"), (4, "\x1b[91;40m")],
)
def test_the_depth_of_colour_is_respected(depth, escape):
    rgb = np.array([[[255, 0, 0]], [[0, 0, 0]]], dtype=np.uint8)
    assert half_blocks(rgb, Screen(depth=depth))[0].startswith(escape)


def test_greys_are_grey_in_256_colours():
    rgb = np.full((2, 1, 3), 118, dtype=np.uint8)
    assert "38;5;243;48;5;243" in half_blocks(rgb, Screen(depth=8))[0]


@pytest.mark.parametrize("screen", [PLAIN, Screen(unicode=False), Screen(color=False, unicode=False)])
def test_without_colour_or_unicode_brightness_becomes_characters(screen):
    rgb = np.repeat(np.array([[[0], [128], [255]]], dtype=np.uint8), 3, axis=2).repeat(2, axis=0)
    (line,) = half_blocks(rgb, screen)
    assert line[0] == " "
    assert line[1] in "=+"
    assert line[2] == "@"


@pytest.mark.parametrize("screen", [FULL, PLAIN, Screen(depth=4)])
def test_marks_are_written_over_the_picture(screen):
    lines = half_blocks(picture(8, 6), screen, [(5, 2, "S"), (0, 5, "ab"), (99, 0, "x"), (0, -3, "y")])
    text = [ESCAPE.sub("", line) for line in lines]
    assert text[2][2] == "S"
    assert text[0][5] == "a"
    assert [len(line) for line in text] == [6] * 4
    assert not {"x", "y", "b"} & set("".join(text))


def test_the_scale_brightens_evenly_from_purple_to_yellow():
    bright = luminance(scale_colors())
    assert (np.diff(bright) > -0.01).all()
    assert bright[0] < 0.15
    assert bright[-1] > 0.8
    first, last = scale_colors()[[0, -1]].astype(int)
    assert first[2] > first[1]
    assert min(last[0], last[1]) > 2 * last[2]


def test_hues_of_classes_are_far_apart():
    for count in range(2, 12):
        between = np.abs(np.subtract.outer(hues(count), hues(count)))[np.triu_indices(count, 1)]
        assert np.minimum(between, 360 - between).min() > 360 / count / 3


def test_low_values_are_bright_and_the_first_row_is_the_lowest():
    rgb = draw_heat_map([[1, 1], [100, 100]], FULL)
    assert (luminance(rgb[1]) > luminance(rgb[0])).all()
    upside = draw_heat_map([[1, 1], [100, 100]], FULL, low_is_bright=False)
    assert (luminance(upside[1]) < luminance(upside[0])).all()


@pytest.mark.parametrize("scale", ["log", "linear"])
def test_what_is_not_finite_is_grey(scale):
    rgb = draw_heat_map([[1, math.nan, math.inf, -math.inf, 9]], FULL, scale=scale, contours=5)
    assert (rgb[0, 1:4] == 128).all()
    assert (rgb[0, [0, 4]] != 128).any(axis=1).all()


def test_a_log_scale_makes_equal_factors_equal_steps():
    values = np.logspace(0, 3, 256)[None]
    shown = draw_heat_map(values, FULL, low_is_bright=False).astype(int)
    assert np.abs(shown - scale_colors()).max() < 12
    assert (shown == draw_heat_map(values * 1e-9, FULL, low_is_bright=False)).mean() > 0.99
    assert value_limits(values, "log") == pytest.approx((1, 1000), rel=0.05)


def test_limits_ignore_what_has_no_place_on_the_scale():
    assert value_limits([math.nan, -5, 0, 2, math.inf], "linear") == (-5, 2)
    assert value_limits([math.nan, -5, 0, 2, math.inf], "log") == (2, 2)
    assert value_limits([1e-300, 1], "log") == (1e-6, 1)


def test_contour_lines_darken_the_map_at_equal_steps():
    values = np.linspace(0, 1, 101)[None].repeat(4, axis=0)
    plain, lined = (luminance(draw_heat_map(values, FULL, scale="linear", contours=n)) for n in (0, 4))
    darker = np.flatnonzero(lined[0] < plain[0])
    assert darker.tolist() == pytest.approx([20, 40, 60, 80], abs=1)


def test_the_path_is_drawn_where_it_went():
    values = np.ones((20, 30))
    path = [(0, 0), (2, 1), (math.nan, 0), (1e300, 1)]
    rgb = draw_heat_map(values, FULL, path=path, x_range=(0, 3), y_range=(0, 1))
    changed = (rgb != draw_heat_map(values, FULL)).any(axis=2)
    assert changed[19, 0]
    assert changed[0, round(2 / 3 * 29)]
    assert changed[0, 29]
    assert changed[10, 8:11].any()
    assert not changed[0, 0]


@pytest.mark.parametrize("screen", [FULL, PLAIN])
def test_a_path_outside_the_picture_changes_nothing(screen):
    values = np.ones((7, 9))
    assert (draw_heat_map(values, screen, path=[(-9, -9), (-9, 99)]) == draw_heat_map(values, screen)).all()


def test_places_are_pixels_of_points():
    assert pixels_at([(0, 0), (10, 5)], (0, 10), (0, 5), (21, 31, 3)).tolist() == [[20, 0], [0, 30]]


def test_regions_show_each_class_in_its_hue_and_points_bright():
    classes = np.repeat([[0, 1]], 4, axis=0).repeat(3, axis=1)
    rgb = draw_regions(classes, FULL, points=[(0, 0), (5, 3), (math.nan, 0), (99, 0)], labels=[0, 0, 1, 1])
    blue, red = rgb[1, 1].astype(int), rgb[1, 4].astype(int)
    assert blue[2] > blue[0]
    assert red[0] > red[2]
    assert (rgb[3, 0] == rgb[0, 5]).all()
    assert luminance(rgb[3, 0]) > luminance(rgb[1, 1]) + 0.2


def test_regions_fade_where_the_model_is_unsure():
    rgb = draw_regions([[1, 1]], FULL, confidence=[[1.0, 0.3]]).astype(int)
    assert np.ptp(rgb[0, 0]) > np.ptp(rgb[0, 1])


def test_an_image_is_scaled_to_its_largest_value():
    assert draw_image([[0, 0, 16], [0, 0, 16]], PLAIN) == ["  @"]
    assert draw_image(np.zeros((28, 28)), PLAIN) == [" " * 28] * 14
    assert len(draw_image(np.full((28, 28), math.nan), FULL)) == 14


def test_a_frame_has_ticks_in_real_units():
    text = frame_picture(["#" * 60] * 20, (-3, 7), (-4, 8), "m", "b", PLAIN)
    lines = text.split("\n")
    assert len(lines) == 23
    assert lines[0].strip() == "b"
    assert lines[-1].split() == ["-2", "0", "2", "4", "m"] or lines[-1].split()[-1] == "m"
    rows = {line.split("┤")[0].strip(): at for at, line in enumerate(lines[1:]) if "┤" in line}
    assert rows["8"] == 0
    assert rows["-4"] == 19
    assert rows["2"] in (9, 10)
    zero = lines[-1].index(" 0 ") + 1
    assert abs(zero - (lines[1].index("#") + 0.3 * 60)) <= 1


def test_a_frame_in_ascii_is_ascii():
    assert frame_picture(["##", "##"], (0, 1), (0, 1), "größe", "×", Screen(color=False, unicode=False)).isascii()
    assert frame_picture([], (0, 1), (0, 1), "x", "y", PLAIN) == ""


@pytest.mark.parametrize("width", [5, 20, 60])
@pytest.mark.parametrize("screen", [FULL, PLAIN])
def test_the_colour_bar_names_both_ends(width, screen):
    line = scale_bar([[0.0957, 112.5]], screen, width=width, label="MSE")
    assert columns(line) <= width
    if width == 60:
        assert ESCAPE.sub("", line).startswith("MSE 0.0957 ")
        assert ESCAPE.sub("", line).endswith(" 112 (log scale)")


@given(
    FLOATS,
    st.sampled_from(["log", "linear"]),
    st.integers(0, 9),
    st.lists(st.tuples(st.floats(), st.floats()), max_size=5),
    st.booleans(),
    st.sampled_from([4, 8, 24]),
)
def test_any_numbers_make_a_picture(values, scale, contours, path, color, depth):
    screen = Screen(color=color, depth=depth)
    rgb = draw_heat_map(values, screen, scale=scale, contours=contours, path=path)
    assert rgb.shape == (*values.shape, 3)
    assert rgb.dtype == np.uint8
    assert {columns(line) for line in half_blocks(rgb, screen)} == {values.shape[1]}
    assert columns(scale_bar(values, screen, width=50, scale=scale)) <= 50
    draw_image(values, screen)


@given(*[st.floats(allow_nan=False, allow_infinity=False)] * 4, st.integers(1, 40), st.integers(1, 20))
def test_any_ranges_make_a_frame(a, b, c, d, width, height):
    text = frame_picture(["#" * width] * height, (min(a, b), max(a, b)), (min(c, d), max(c, d)), "x", "y", PLAIN)
    assert len(text.split("\n")) == height + 3


@pytest.mark.parametrize("value", [1.7976931348623157e308, 5e-324, 0.0])
def test_the_largest_and_the_smallest_number_make_a_picture(value):
    assert draw_heat_map(np.array([[value]]), Screen(), scale="log").shape[-1] == 3
