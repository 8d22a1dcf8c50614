"""Charts, bars and matrices as text at fixed sizes: facts about them, not their box characters."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdcli.render import theme
from gdcli.render.charts.axes import axis, compact, log_ticks, ticks
from gdcli.render.charts.captions import shortened
from gdcli.render.charts.curves import thin_curve
from gdcli.render.charts.plots import Series, chart, draw_bars, draw_confusion, side_by_side
from gdcli.render.raster.geometry import pieces
from gdcli.render.screen import ESCAPE, Screen, columns, fit, paint, plain

PLAIN = Screen(color=False)
ASCII = Screen(color=False, unicode=False)
EXTREMES = [0.0, -0.0, 1e300, -1.7e308, 1.7e308, 5e-324, 1e16, 1e16 + 2, math.nan, math.inf]
NASTY = st.floats() | st.sampled_from(EXTREMES)


def plot_area(text: str) -> list[str]:
    """The rows right of the y axis, without the x axis and its numbers."""
    lines = text.split("\n")
    foot = next(line for line in reversed(lines) if re.fullmatch(r" *[└+][─┬+-]+", line))
    edge = len(foot) - len(foot.lstrip())
    rows = [line for line in lines[: lines.index(foot)] if line[edge : edge + 1] in ("│", "┤", "|", "+")]
    return [row[edge + 1 : len(foot)] for row in rows]


def ink(text: str) -> set[tuple[int, int]]:
    """Row and column of every cell that is drawn on."""
    return {(r, c) for r, line in enumerate(plot_area(text)) for c, char in enumerate(line) if char != " "}


def draw(*series: Series, screen: Screen = PLAIN, width: int = 40, height: int = 12, **options) -> str:
    return chart(series, screen, title=options.pop("title", "loss"), width=width, height=height, **options)


@pytest.mark.quick
@pytest.mark.parametrize(("width", "height"), [(38, 14), (58, 16), (80, 24), (24, 5), (120, 40)])
@pytest.mark.parametrize("screen", [Screen(), Screen(depth=4), PLAIN, ASCII])
def test_a_chart_fills_the_size_it_was_given(width, height, screen):
    lines = draw(Series(range(100), range(100)), screen=screen, width=width, height=height).split("\n")
    assert len(lines) == height
    assert max(map(columns, lines)) == width


@pytest.mark.quick
@pytest.mark.parametrize("screen", [PLAIN, ASCII])
def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right(screen):
    text = draw(Series([0, 10], [0, 10]), screen=screen)
    rows, width = len(plot_area(text)), len(plot_area(text)[0])
    assert {(rows - 1, 0), (0, width - 1)} <= ink(text)
    assert not {(0, 0), (rows - 1, width - 1)} & ink(text)
    assert {column for _, column in ink(text)} == set(range(width))


def test_the_size_of_the_terminal_does_not_cut_a_chart(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    monkeypatch.setenv("LINES", "5")
    assert max(map(columns, draw(Series([0, 1], [0, 1]), width=100, height=30).split("\n"))) == 100


def test_charts_do_not_remember_each_other():
    first = draw(Series([0, 1], [0, 1], "a"))
    draw(Series([0, 9], [5, 0], "other", "points"), width=60, log_y=True, marks=[(3, "here")])
    assert draw(Series([0, 1], [0, 1], "a")) == first


def test_ticks_stand_where_their_values_are():
    text = draw(Series([0, 10], [0, 10]), width=60, height=20)
    lines = plot_area(text)
    rows = {line.split("┤")[0].strip(): at for at, line in enumerate(text.split("\n")[1:]) if "┤" in line}
    assert rows["0"] == len(lines) - 1
    assert rows["10"] == 0
    assert abs(rows["4"] - (len(lines) - 1) * 0.6) <= 1


def test_a_log_axis_is_labelled_with_powers_of_ten():
    text = draw(Series(range(7), [10.0**-k for k in range(7)]), log_y=True, height=18)
    labels = [line.split("┤")[0].strip() for line in text.split("\n") if "┤" in line]
    assert labels == ["1", "0.1", "0.01", "1e-3", "1e-4", "1e-5", "1e-6"]


def test_an_exponential_is_straight_on_a_log_axis():
    text = draw(Series(range(50), np.exp(-np.arange(50.0))), log_y=True, screen=ASCII)
    rows, width = len(plot_area(text)), len(plot_area(text)[0])
    assert all(abs(row / (rows - 1) - column / (width - 1)) < 1.5 / rows for row, column in ink(text))


def test_points_that_are_not_finite_are_counted():
    text = draw(Series([0, 1, 2, 3], [1, math.nan, math.inf, 2]))
    assert text.split("\n")[-1] == "(2 points not drawn: not finite)"


def test_what_a_log_axis_cannot_show_is_counted():
    text = draw(Series(range(4), [1, 0.1, 0, -1]), log_y=True, width=60)
    assert "(2 points not drawn: not above 0, where a log scale begins)" in text


def test_a_line_is_not_drawn_across_a_gap():
    y = np.ones(100)
    y[40:60] = np.nan
    columns_drawn = {column for _, column in ink(draw(Series(range(100), y), width=60))}
    assert 10 in columns_drawn
    assert not {26, 27, 28} & columns_drawn


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([3], [2]),
        ([1, 2, 3], [2.5, 2.5, 2.5]),
        ([1, 1], [0, 1]),
        ([0, 1], [1e300, -1e300]),
        ([0, 1], [0, 5e-324]),
    ],
)
@pytest.mark.parametrize("log_y", [False, True])
def test_ranges_without_width_and_huge_ranges_are_drawn(x, y, log_y):
    text = draw(Series(x, y), log_y=log_y)
    assert ink(text)
    assert "nan" not in text
    assert "inf" not in text


@pytest.mark.parametrize("series", [[], [Series([], [])], [Series([math.nan], [1])]])
def test_nothing_to_draw_is_said(series):
    assert "(nothing to draw)" in chart(series, PLAIN, title="loss", width=40, height=10)


def test_a_spike_among_many_points_survives():
    y = np.zeros(100_000)
    y[33_333] = 7
    top = {column for row, column in ink(draw(Series(range(100_000), y), width=62)) if row == 0}
    assert len(top) == 1
    assert abs(top.pop() - 20) <= 1


def test_thinning_keeps_the_ends_and_extremes_of_each_column():
    rng = np.random.default_rng(0)
    points = np.stack([np.linspace(0, 0.999, 5000), rng.random(5000)], axis=1)
    kept = points[thin_curve(points, 50)]
    assert len(kept) <= 200
    for column in range(50):
        before, after = (p[np.floor(p[:, 0] * 50) == column] for p in (points, kept))
        assert (before[0] == after[0]).all()
        assert (before[-1] == after[-1]).all()
        assert (before[:, 1].min(), before[:, 1].max()) == (after[:, 1].min(), after[:, 1].max())


def test_curves_are_cut_where_they_leave_the_range():
    text = draw(Series([0, 1, 2], [0, 1e30, 0]), Series([0, 2], [0, 1]), y_range=(0, 1), screen=ASCII)
    assert {column for _, column in ink(text)} == set(range(len(plot_area(text)[0])))
    assert {row for row, column in ink(text) if column == 0} == set(range(9))
    inside = pieces(np.array([[0.0, 0.0], [0.5, 2.0], [1.0, 0.0]]))
    assert [piece.round(3).tolist() for piece in inside] == [[[0, 0], [0.25, 1]], [[0.75, 1], [1, 0]]]


def test_a_range_without_any_of_the_points_is_empty():
    assert not ink(draw(Series([0, 1], [5, 6]), Series([0], [7], "above", "points"), y_range=(0, 1)))


def test_two_curves_are_named_beside_the_title():
    text = draw(Series([0, 1], [0, 1], "train"), Series([0, 1], [1, 0], "validation"), width=60)
    assert text.split("\n")[0].split() == ["loss", "·", "train", "—", "validation"]


def test_a_legend_too_long_for_the_title_goes_below_it():
    series = [Series([0, 1], [0, at], f"the name of curve {at}", "points") for at in range(4)]
    lines = draw(*series, width=40, height=16).split("\n")
    assert lines[0].strip() == "loss"
    assert all(any(f"curve {at}" in line for line in lines[1:5]) for at in range(4))
    assert len(lines) == 16


def test_many_curves_are_named_where_they_end():
    series = [Series([0, 1], [0, at], f"lr {at}") for at in range(5)]
    lines = draw(*series, width=60, height=16).split("\n")
    assert [line[-4:] for line in lines if "lr" in line] == ["lr 4", "lr 3", "lr 2", "lr 1", "lr 0"]


def test_a_curve_that_leaves_early_is_named_where_it_leaves():
    series = [Series([0, 10], [0, at], f"lr {at}") for at in range(4)]
    text = draw(*series, Series([0, 1, 2], [0, 3, 90], "lr 9"), width=60, height=16, y_range=(0, 3))
    line = next(line for line in text.split("\n") if "lr 9" in line)
    assert line.index("lr 9") < 20


@pytest.mark.parametrize("screen", [PLAIN, ASCII])
def test_a_mark_is_a_vertical_line_with_its_word(screen):
    marks = [(5, "best"), (99, "outside"), (math.nan, "never")]
    text = draw(Series([0, 10], [0, 0]), screen=screen, marks=marks)
    area = plot_area(text)
    column = int(len(area[0]) / 2)
    assert all(row[column] != " " for row in area)
    assert "best" in text
    assert "outside" not in text
    assert "never" not in text


def test_points_are_not_hidden_by_lines():
    text = draw(Series([1, 2], [3, 5], style="points"), Series([0, 3], [1, 7]))
    assert text.count("•") == 2


def test_labels_stand_at_the_axes():
    lines = draw(Series([0, 1], [0, 1]), x_label="epoch", y_label="y", title="data").split("\n")
    assert lines[-1].endswith("  epoch")
    assert lines[0].split() == ["y", "data"]


@pytest.mark.parametrize("log_y", [False, True])
def test_text_from_outside_cannot_control_the_terminal(log_y):
    evil = "a\x1b[31mb\nc\x07"
    series, marks = Series([0, 1], [1, 2], evil), [(0.5, evil)]
    text = draw(series, title=evil, x_label=evil, y_label=evil, marks=marks, width=90, log_y=log_y)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert len(text.split("\n")) == 12


def test_without_colour_there_are_no_escapes_and_without_unicode_only_ascii():
    series = [Series([0, 1], [0, 1], "größe"), Series([0, 1], [1, 0], "b", "points")]
    assert "\x1b" not in draw(*series, marks=[(0.5, "best")])
    assert draw(*series, screen=ASCII, title="×", marks=[(0.5, "é")]).isascii()


def test_colour_only_adds_escapes_of_the_right_depth():
    for depth, sign in ((24, "\x1b[38;2;"), (8, "\x1b[38;5;"), (4, "\x1b[9")):
        text = draw(Series([0, 1], [0, 1]), screen=Screen(depth=depth))
        assert sign in text
        assert ESCAPE.sub("", text) == ESCAPE.sub("", draw(Series([0, 1], [0, 1]), screen=Screen(depth=24)))


SERIES = st.builds(
    Series,
    st.lists(NASTY, max_size=12),
    st.lists(NASTY, max_size=12),
    st.text(max_size=12),
    st.sampled_from(["line", "points"]),
    st.sampled_from(theme.CLASSES),
)
SCREENS = st.builds(
    Screen, st.integers(1, 130), st.integers(1, 40), st.booleans(), st.booleans(), st.sampled_from([4, 8, 24])
)


@settings(max_examples=150)
@given(
    st.lists(SERIES, max_size=5),
    SCREENS,
    st.integers(1, 130),
    st.integers(1, 30),
    st.booleans(),
    st.text(max_size=20),
    st.lists(st.tuples(NASTY, st.text(max_size=5)), max_size=2),
)
def test_a_chart_never_fails_and_never_exceeds_its_size(series, screen, width, height, log_y, words, marks):
    labels = {"title": words, "x_label": words, "y_label": words}
    text = chart(series, screen, width=width, height=height, log_y=log_y, marks=marks, **labels)
    lines = text.split("\n")
    assert len(lines) <= height
    assert all(columns(line) <= width for line in lines)
    assert screen.color or "\x1b" not in text
    assert screen.unicode or ESCAPE.sub("", text).isascii()


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0, 10, 5, ["0", "2", "4", "6", "8", "10"]),
        (-1, 1, 4, ["-1.0", "-0.5", "0", "0.5", "1.0"]),
        (0, 500, 5, ["0", "100", "200", "300", "400", "500"]),
        (0.1, 0.35, 3, ["0.1", "0.2", "0.3"]),
        (0, 3e7, 3, ["0", "1e7", "2e7", "3e7"]),
        (-1e-8, 1e-8, 2, ["-1e-8", "0", "1e-8"]),
    ],
)
def test_ticks_are_round_numbers(low, high, count, expected):
    assert [text for _, text in ticks(low, high, count)] == expected


@given(NASTY.filter(math.isfinite), NASTY.filter(math.isfinite), st.integers(1, 8))
def test_ticks_are_few_rising_and_written_plainly(one, other, count):
    made = axis(min(one, other), max(one, other), count)
    values = [value for value, _ in made.ticks]
    assert made.low < made.high
    assert values == sorted(values)
    assert len(values) <= 2 * count + 1
    assert all("e+" not in text and text != "-0" and "e-0" not in text for _, text in made.ticks)


@given(st.floats(-320, 308), st.floats(0, 620), st.integers(1, 6))
def test_log_ticks_are_few_and_inside(low, span, count):
    made = axis(low, min(low + span, 308.2), count, log=True)
    assert len(made.ticks) <= 2 * count + 1
    assert all(made.low - 1e-6 <= value <= made.high + 1e-6 for value, _ in made.ticks)


def labelled(lines):
    """Row and value of each number at a y axis, top first."""
    found = [(at, line.split("┤")[0].strip()) for at, line in enumerate(lines) if "┤" in line]
    return [(at, float(text)) for at, text in found if text]


SPANS = 0.1, 1, 4, 20  # powers of ten on a log axis


def reaches_over(positions, values, length):
    """Two decades or three numbers, over six tenths of the axis; a cell is the precision of a place."""
    decades = [value for value in values if abs(math.log10(value) - round(math.log10(value))) < 1e-9]
    enough = len(decades) >= 2 or len(values) >= 3
    return enough and max(positions) - min(positions) + 1 >= 0.6 * length


@pytest.mark.parametrize("rows", [4, 6, 12, 30])
def test_a_log_axis_has_numbers_over_its_whole_length(rows):
    rng = np.random.default_rng(rows)
    for _ in range(170):
        low = rng.uniform(-12, 6)
        y = 10.0 ** np.array([low, low + rng.choice(SPANS) * rng.uniform(0.25, 1)])
        lines = draw(Series([0, 1], y), log_y=True, width=40, height=rows + 3).split("\n")
        numbers = labelled(lines)
        assert numbers, y
        assert reaches_over(*zip(*numbers, strict=True), rows), (y, lines)


@pytest.mark.parametrize("width", [38, 58, 118])
def test_a_log_axis_below_has_numbers_over_its_whole_length(width):
    rng = np.random.default_rng(width)
    for _ in range(170):
        low = rng.uniform(-12, 6)
        x = 10.0 ** np.array([low, low + rng.choice(SPANS) * rng.uniform(0.25, 1)])
        foot = draw(Series(x, [0, 1]), log_x=True, width=width, height=10, x_label="lr").split("\n")[-1]
        words = [(word.start() + len(word[0]) // 2, word[0]) for word in re.finditer(r"\S+", foot)]
        numbers = [(at, float(word)) for at, word in words if word != "lr"]
        assert reaches_over(*zip(*numbers, strict=True), width - 4), (x, foot)


def dots(text):
    """Row and column of every braille dot of the plot, eight a cell."""
    bits = [(0, 0, 1), (1, 0, 2), (2, 0, 4), (0, 1, 8), (1, 1, 16), (2, 1, 32), (3, 0, 64), (3, 1, 128)]
    return {
        (4 * row + down, 2 * column + right)
        for row, line in enumerate(plot_area(text))
        for column, char in enumerate(line)
        for down, right, bit in bits
        if 0x2800 < ord(char) < 0x2900 and (ord(char) - 0x2800) & bit
    }


def test_an_axis_has_at_least_two_numbers():
    for low, length in np.random.default_rng(4).uniform(-5, 5, (500, 2)):
        for count in (1, 2, 5):
            high = low + 10**length
            values = [value for value, _ in axis(low, high, count).ticks]
            assert 2 <= len(values) <= 2 * count + 3
            assert all(low - 1e-6 * 10**length <= value <= high + 1e-6 * 10**length for value in values)


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (42, "MSE above the optimum (log scale) by epoch"),
        (41, "MSE above the optimum (log scale)"),
        (32, "MSE above the optimum"),
        (20, "MSE above the …"),
        (2, "MS"),
    ],
)
def test_a_title_without_room_loses_whole_phrases_and_words(room, expected):
    assert shortened("MSE above the optimum (log scale) by epoch", room, Screen()) == expected


def test_a_marks_word_gives_way_before_a_curve_does():
    curves = Series(range(9), range(9), "train"), Series(range(9), range(9, 0, -1), "validation")
    head = draw(*curves, width=31, height=5, marks=[(4, "kept epoch 4")]).split("\n")[0]
    assert head.split() == ["loss", "·", "train", "—", "validation"]


def test_points_lie_on_the_braille_grid_as_curves_do():
    x = np.linspace(0, 1, 400)
    text = ESCAPE.sub("", draw(Series(x, x**2, style="points"), Series([0, 1], [0, 0]), screen=Screen(), width=50))
    rows, columns = len(plot_area(text)), len(plot_area(text)[0])
    curve = {spot for spot in dots(text) if spot[0] < 4 * rows - 4}
    assert len({row for row, _ in curve}) > 2 * rows  # no shelves: more heights than there are rows of cells
    low, high = -0.02, 1.02  # the range has a little air
    for row, column in curve:
        across, up = low + (high - low) * column / (2 * columns - 1), low + (high - low) * (1 - row / (4 * rows - 1))
        assert abs(up - across**2) < 2 / (2 * rows)


def test_few_points_are_larger_than_a_dot():
    few = ESCAPE.sub("", draw(Series([1, 2, 3], [1, 3, 2], style="points"), screen=Screen()))
    assert len(dots(few)) == 3 * 4


def test_a_circle_is_round_where_units_are_the_same():
    turn = np.linspace(0, 2 * math.pi, 500)
    text = ESCAPE.sub("", draw(Series(np.cos(turn), np.sin(turn)), screen=Screen(), width=100, height=20, equal=True))
    rows, columns = zip(*dots(text), strict=True)
    assert max(columns) - min(columns) == pytest.approx(max(rows) - min(rows), rel=0.1)


def test_a_unit_is_not_forced_on_ranges_that_differ_much():
    text = draw(Series([0, 3000], [0, 5]), equal=True, width=60, height=16)
    assert {column for _, column in ink(text)} == set(range(len(plot_area(text)[0])))


@pytest.mark.parametrize("width", [30, 44, 90])
def test_every_mark_has_its_word_whole(width):
    marks = [(10, "two-thirds"), (11, "steepest"), (12, "valley"), (90, "limit")]
    series = [Series(range(100), np.sin(np.arange(100)) + at, f"c{at}") for at in range(2)]
    text = draw(*series, marks=marks, width=width, height=14)
    for _, word in marks:
        assert word in text, text


@pytest.mark.parametrize("height", [5, 6, 8, 12])
@pytest.mark.parametrize("count", [2, 4, 9])
def test_a_curve_is_named_or_not_drawn(height, count):
    series = [Series([0, 1], [0, at], f"the name of curve {at}", "points") for at in range(count)]
    text = draw(*series, width=44, height=height)
    named = {at for at in range(count) if f"curve {at}" in text}
    assert count - 1 in named
    drawn = {char for line in plot_area(text) for char in line} & set("•◦▪x+")
    assert len(drawn) <= len(named)
    assert height == 5 or ("not drawn" in text) == (len(named) < count), text


@pytest.mark.parametrize(("style", "marks"), [("line", "·+x#"), ("points", "•◦▪x+")])
def test_curves_differ_without_colour(style, marks):
    series = [Series([0, 1], [at, at + 1], f"{at}", style) for at in range(5)]
    drawn = {char for line in plot_area(draw(*series, width=70, height=30)) for char in line}
    assert set(marks) <= drawn
    assert style == "points" or any(0x2800 <= ord(char) < 0x2900 for char in drawn)


def test_meanings_keep_their_marks_without_colour():
    text = draw(
        Series([0, 1], [0, 1], "start", meaning=theme.START), Series([0, 1], [1, 0], "fitted", meaning=theme.FITTED)
    )
    assert "S start" in text
    assert "— fitted" in text


def test_a_short_log_axis_has_round_numbers_between_the_powers():
    made = log_ticks(math.log10(0.04), math.log10(0.6), 4)
    assert [text for _, text in made] == ["0.05", "0.1", "0.2", "0.5"]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_short_numbers_read_back_to_three_digits(value):
    assert float(compact(value)) == pytest.approx(float(f"{value:.2e}"), rel=1e-12)


def test_blocks_stand_side_by_side_while_they_fit():
    colored = paint("ab", theme.ERROR, Screen()) + "\n" + paint("c", theme.ERROR, Screen())
    assert [columns(line) for line in side_by_side([colored, "xy\nz"], Screen(width=6)).split("\n")] == [6, 5]
    assert side_by_side(["ab\nc", "xy\nz"], Screen(width=5)) == "ab\nc\n\nxy\nz"
    assert side_by_side([], Screen()) == ""


def test_bars_are_as_long_as_their_values():
    lines = draw_bars({"a": 10, "b": 5, "c": -5, "d": math.nan}, ASCII, title="weights", width=40).split("\n")
    assert [line.count("#") for line in lines[1:]] == [23, 12, 11, 0]
    assert lines[3].index("#") < lines[1].index("#")
    assert [line.split()[1] for line in lines[1:]] == ["10", "5", "-5", "nan"]


@given(st.dictionaries(st.text(max_size=30), NASTY, max_size=6), SCREENS, st.integers(1, 100))
def test_bars_never_fail_and_never_exceed_their_width(values, screen, width):
    lines = draw_bars(values, screen, title="a title", width=width).split("\n")
    assert len(lines) == len(values) + 1
    assert all(columns(line) <= width for line in lines)


def test_a_confusion_matrix_shows_every_count():
    counts = np.array([[980, 2, 0], [1, 1130, 4], [0, 11, 1020]])
    lines = draw_confusion(counts, ["0", "1", "2"], PLAIN, title="test").split("\n")
    assert lines[1].split() == ["0", "1", "2"]
    rows = [line.split()[1:] for line in lines[2:]]
    assert rows == [["980", "2", "·"], ["1", "1130", "4"], ["·", "11", "1020"]]


@pytest.mark.parametrize("largest", [9, 99, 999, 99999])
def test_a_matrix_of_26_classes_fits_80_columns(largest):
    labels = [chr(65 + at) for at in range(26)]
    counts = np.diag(np.full(26, largest))
    counts[0, 1] = largest
    lines = draw_confusion(counts, labels, PLAIN, title="letters").split("\n")
    assert len(lines) == 28
    assert max(map(columns, lines)) <= 80
    assert ("percent" in lines[0]) == (largest > 99)
    assert lines[2].split()[1:3] == ([str(largest)] * 2 if largest <= 99 else ["50", "50"])


def test_long_class_names_are_kept_in_the_rows():
    names = ["class one", "class two", "three"]
    lines = draw_confusion(np.eye(3, dtype=int) * 7, names, Screen(24, color=False), title="t").split("\n")
    assert [line.split()[0] for line in lines[-3:]] == ["A", "B", "C"]
    assert "class two" in lines[-2]
    assert all(columns(line) <= 24 for line in lines)


def test_a_matrix_too_wide_lists_what_is_confused_most():
    counts = np.zeros((40, 40), dtype=int)
    counts[4, 9], counts[7, 2] = 12, 10
    lines = draw_confusion(counts, [str(at) for at in range(40)], Screen(40, color=False), title="test").split("\n")
    assert lines[-2:] == ["4 read as 9: 12", "7 read as 2: 10"]


def test_the_diagonal_stands_out_by_its_background_only():
    counts = np.array([[5, 1], [0, 7]])
    text = draw_confusion(counts, ["a", "b"], Screen(), title="t")
    assert text.count("\x1b[7m") == 2
    assert ESCAPE.sub("", text) == draw_confusion(counts, ["a", "b"], PLAIN, title="t")


@given(st.text(), st.integers(0, 20))
def test_cut_text_is_never_too_wide(text, width):
    assert columns(fit(plain(text, Screen()), width)) <= width
