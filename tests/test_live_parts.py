"""The playground's parts: what a run remembers, the dial, the page and its pictures, the table of keys."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_sessions import NETWORK, do, session
from rich.cells import cell_len

from gdcli.live.app import LiveApp
from gdcli.live.history import POINTS, Curve, Moment, MomentHistory
from gdcli.live.keys import KEYS
from gdcli.live.page import BRAILLE, NONE, Area, Page
from gdcli.live.panels.dial import HIGHEST, LOWEST, DialPanel, finer, laddered
from gdcli.live.race import Race
from gdcli.live.scenes import Scenes
from gdcli.live.session import DIRECTIONS
from gdcli.live.session_factory import VALUES, SessionFactory
from gdcli.render import theme
from gdcli.render.screen import Screen, columns
from gdcli.training.records import Epoch

SCREENS = [Screen(), Screen(color=False), Screen(unicode=False), Screen(color=False, unicode=False)]


def curve(count, begin=0):
    made = Curve(2, lambda at: (at / 2, -at))
    for at in range(begin, begin + count):
        made.add(at, at)
    return made


def moments(count):
    kept = MomentHistory(moment(0))
    for at in range(1, count):
        kept.add(moment(at))
    return kept


def moment(number, size=2):
    parameters = np.full(size, float(number))
    return Moment(number, number, parameters, None, None, Epoch(number, number, 0.1, 1.0, parameters))


# pictures in turns


@pytest.mark.parametrize("words", [(), NETWORK], ids=["a line", "a network"])
def test_at_full_speed_pictures_are_drawn_in_turns_and_whole_where_it_stops(words):
    sitting, screen = session(*words), Screen()
    sitting.speed = len(sitting.speeds) - 1
    in_turns = Scenes()
    sitting.start()
    first = in_turns.draw(sitting, 120, 40, screen).lines()
    for _ in range(50):
        sitting.advance()
    whole = Scenes().draw(sitting, 120, 40, screen).lines()
    half = in_turns.draw(sitting, 120, 40, screen).lines()
    assert half[0] == whole[0] != first[0]  # the figures are of each frame
    assert len({*map(tuple, (first, half, whole))}) == 3
    assert in_turns.draw(sitting, 120, 40, screen).lines() == whole  # the rest of the pictures
    for _ in range(50):
        sitting.advance()
    sitting.stop()
    assert in_turns.draw(sitting, 120, 40, screen).lines() == Scenes().draw(sitting, 120, 40, screen).lines()


# curves


@pytest.mark.parametrize("count", [1, 2, POINTS - 1, POINTS, POINTS + 1, 2 * POINTS + 1, 3333, 20_001])
def test_a_curve_keeps_its_shape_in_bounded_memory(count):
    made = curve(count)
    steps, values = made.steps, made.values
    assert len(steps) == len(values) == len(made) <= POINTS + 1
    assert (steps[0], steps[-1]) == (0, count - 1)
    np.testing.assert_array_equal(values, np.stack([steps / 2, -steps], axis=1))
    gaps = np.diff(steps)
    assert (gaps > 0).all()
    assert np.ptp(gaps[:-1]) <= 1 if len(gaps) > 1 else count <= 2  # where it was thinned, one may be shorter by one


def test_a_curve_is_never_emptier_than_half():
    made = Curve(1, lambda at: (at,))
    for at in range(6 * POINTS):
        made.add(at, at)
        assert min(at + 1, POINTS // 2) <= len(made) <= POINTS + 1
        assert made.steps[-1] == at


@pytest.mark.parametrize("count", [10, 3000])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.99, 1.0])
def test_a_curve_forgets_what_came_after(count, part):
    made, step = curve(count), int(part * (count - 1))
    before = made.steps.copy()
    made.back_to(step)
    np.testing.assert_array_equal(made.steps, before[before <= step])
    for at in range(step + 1, count + 500):
        made.add(at, at)
    assert (made.steps[0], made.steps[-1]) == (0, count + 499)
    assert (np.diff(made.steps) > 0).all()
    np.testing.assert_array_equal(made.values[:, 1], -made.steps)


def test_a_curve_asks_only_for_points_that_are_looked_at():
    asked = []
    made = Curve(1, lambda at: (asked.append(at), (at,))[1])
    for at in range(10 * POINTS):
        made.add(at, at)
    assert len(asked) < 4 * POINTS


@pytest.mark.parametrize("count", [7, 3001])
def test_a_copied_curve_is_independent(count):
    made = curve(count)
    copied = made.copy()
    steps, values = copied.steps.copy(), copied.values.copy()
    for at in range(count, count + 2000):
        made.add(at, 0)
    made.back_to(3)
    np.testing.assert_array_equal(copied.steps, steps)
    np.testing.assert_array_equal(copied.values, values)
    np.testing.assert_array_equal(steps, curve(count).steps)


# moments


def test_moments_go_back_one_by_one_to_the_first():
    kept = moments(4)
    assert [kept.now.number, kept.back(), kept.now.number] == [3, True, 2]
    assert [kept.back(), kept.back(), kept.back(), kept.now.number] == [True, True, False, 0]


def test_moments_are_bounded_by_their_size():
    large = 2**20
    kept = MomentHistory(moment(0, large))
    for at in range(1, 12):
        kept.add(moment(at, 1)._replace(parameters=np.empty(0)))
    count = 1
    while kept.back():
        count += 1
    assert 3 <= count < 12
    kept = moments(6000)
    count = 1
    while kept.back():
        count += 1
    assert count == 5000
    assert kept.now.number == 1000


def test_moments_go_back_to_one_that_is_kept_or_forgotten():
    kept = moments(20)
    kept.back_to(moment(7))
    assert kept.now.number == 7
    assert kept.back()
    assert kept.now.number == 6
    kept = moments(6000)
    kept.back_to(moment(3))
    assert kept.now.number == 3
    assert not kept.back()


# the dial

RATES = st.floats(1e-12, 1e6)


@given(RATES)
def test_a_rung_up_and_a_rung_down(rate):
    up, down = laddered(rate, 1), laddered(rate, -1)
    assert up > rate or rate == up == 1e6
    assert down < rate or rate == down == 1e-12
    for rung in (up, down):
        assert f"{rung:.0e}"[0] in "13"
        assert float(f"{rung:.0e}") == rung


@given(RATES)
def test_rungs_are_next_to_each_other(rate):
    up = laddered(rate, 1)
    if up < 1e6:
        assert laddered(laddered(up, 1), -1) == up
        assert laddered(up, -1) <= rate * (1 + 1e-9)


@given(RATES)
def test_finer_is_strictly_up_and_down(rate):
    up, down = finer(rate, 1), finer(rate, -1)
    assert rate < up < rate * 1.06 or rate == up == 1e6 or up == 1e6
    assert rate * 0.94 < down < rate or rate == down == 1e-12 or down == 1e-12
    for told in (up, down):
        assert float(f"{told:.2e}") == told


@pytest.mark.parametrize("width", [58, 78, 98, 118])
def test_a_click_on_the_dial_puts_the_pointer_there(width):
    sitting, area = session(), Area(1, 1, width, 3)
    for column in range(area.left, area.left + width):
        rate = DialPanel.rate_at(column, area)
        assert LOWEST <= rate <= HIGHEST
        sitting.run.turn(rate)
        page = Page(width + 2, 5, Screen())
        DialPanel().draw(page, area, sitting.run, None)
        assert "".join(page.chars[1].tolist()).index("▼") == column


def test_a_click_beside_the_dial_is_at_its_end():
    area = Area(10, 1, 60, 3)
    assert DialPanel.rate_at(0, area) == DialPanel.rate_at(10, area) == LOWEST
    assert DialPanel.rate_at(500, area) == DialPanel.rate_at(69, area) == HIGHEST


# the page


@pytest.mark.parametrize(
    ("column", "row", "text", "shown"),
    [
        (0, 0, "abc", "abc"),
        (-2, 0, "abc", "c"),
        (8, 0, "abc", "        ab"),
        (-9, 0, "abc", ""),
        (10, 0, "abc", ""),
        (99, 0, "abc", ""),
        (0, -1, "abc", ""),
        (0, 2, "abc", ""),
        (-3, 0, "0123456789abcdef", "3456789abc"),
    ],
)
def test_what_lies_outside_the_page_is_dropped(column, row, text, shown):
    page = Page(10, 2, Screen())
    assert page.write(column, row, text, theme.WARNING) == column + len(text)
    assert page.lines() == [shown, ""]
    page.over(column, row, text)
    assert page.lines() == [shown, ""]


def test_text_is_cut_to_a_width():
    page = Page(10, 1, Screen())
    assert page.write(1, 0, "abcdef", theme.PLAIN, 3) == 4
    assert page.lines() == [" abc"]
    assert page.write(5, 0, "漢字", theme.PLAIN, 3) == 8
    assert page.lines() == [" abc 漢"]


def test_wide_and_combining_characters_take_the_columns_they_take():
    page = Page(10, 1, Screen())
    assert page.write(0, 0, "漢e\u0301字") == 5
    assert page.write(5, 0, "|") == 6
    assert columns(page.lines()[0]) == 6
    assert width_of(page.strips([0])[0]) == 10


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "a\r\nb", "a\tb", "\x07\x00\x7f\x9b", "a\u202eb", "\u2028x"])
def test_no_text_can_do_anything_to_the_terminal(text, screen):
    page = Page(20, 2, screen)
    page.write(0, 0, text, theme.ERROR)
    page.over(0, 1, text)
    assert all(char.isprintable() for row in page.chars.tolist() for cell in row for char in cell)
    assert [width_of(strip) for strip in page.strips(range(2))] == [20, 20]


def test_braille_dots_combine():
    page, area = Page(4, 2, Screen()), Area(1, 0, 2, 2)
    for row, column in [(0, 0), (3, 1), (7, 3)]:
        page.dots(area, np.array([row]), np.array([column]), theme.FITTED)
    assert page.chars[0, 1] == chr(BRAILLE + 0x01 + 0x80)
    assert page.chars[1, 2] == chr(BRAILLE + 0x80)
    assert page.lines() == [" ⢁", "  ⢀"]
    page.dots(area, *(at.ravel() for at in np.indices((8, 4))), theme.FITTED)
    assert page.lines() == [" ⣿⣿", " ⣿⣿"]


def test_dots_replace_other_characters_and_keep_the_last_colour():
    page = Page(2, 1, Screen())
    page.write(0, 0, "ab")
    page.dots(Area(0, 0, 2, 1), np.array([0, 0]), np.array([0, 1]), theme.FITTED, np.array([0x111111, 0x222222]))
    assert page.lines() == ["⠉b"]
    assert page.front[0].tolist() == [0x222222, NONE]


def test_without_unicode_dots_are_a_character():
    page = Page(3, 1, Screen(unicode=False))
    page.dots(Area(0, 0, 3, 1), np.array([0, 3]), np.array([0, 5]), theme.FITTED)
    assert page.lines() == ["* *"]


@pytest.mark.parametrize("screen", SCREENS)
def test_a_picture_is_half_blocks_or_ascii(screen):
    page = Page(6, 4, screen)
    rgb = np.zeros((6, 4, 3), np.uint8)
    rgb[:, 2:] = 255
    page.picture(Area(1, 0, 4, 3), rgb)
    if screen.color and screen.unicode:
        assert page.lines()[0] == " ▀▀▀▀"
        assert page.back[0, 1] < page.back[0, 3]
    else:
        assert all(line.isascii() for line in page.lines())
        assert page.chars[0, 1] != page.chars[0, 3]
        assert (page.back == NONE).all()
    assert page.chars[3].tolist() == [" "] * 6


WORDS = st.text(st.sampled_from("ab │▀⣿"), max_size=6)
STYLES = st.sampled_from([theme.PLAIN, theme.HEADING, theme.ERROR, theme.BUTTON, theme.KEY])
WRITES = st.lists(st.tuples(st.integers(-3, 9), st.integers(-1, 4), WORDS, STYLES), max_size=8)


@given(WRITES, WRITES)
def test_rows_unlike_are_exactly_the_rows_that_differ(first, second):
    pages = [Page(8, 4, Screen()) for _ in range(2)]
    for page, writes in zip(pages, (first, first[:3] + second), strict=True):
        for column, row, text, style in writes:
            page.write(column, row, text, style)
    one, other = pages
    parts = [(page.chars, page.front, page.back, page.attributes) for page in pages]
    different = [row for row in range(4) if any((a[row] != b[row]).any() for a, b in zip(*parts, strict=True))]
    assert one.rows_unlike(other) == other.rows_unlike(one) == different
    assert one.rows_unlike(one) == []


@given(WRITES)
def test_strips_say_what_the_page_says(writes):
    page = Page(8, 4, Screen())
    for column, row, text, style in writes:
        page.write(column, row, text, style)
    for row, strip in enumerate(page.strips(range(4))):
        cells = [(char, part.style) for part in strip for char in part.text]
        assert "".join(char for char, _ in cells) == "".join(page.chars[row].tolist())
        assert width_of(strip) == strip.cell_length == 8
        for at, (char, style) in enumerate(cells):
            front = page.front[row, at]
            if char != " ":
                assert (style.color is None) == (front == NONE)
                assert bool(style.bold) == bool(page.attributes[row, at] & 1)
            assert bool(style.reverse) == bool(page.attributes[row, at] & 2)


def width_of(strip):
    return sum(cell_len(part.text) for part in strip)


# keys


def test_no_key_does_two_things():
    names = list(itertools.chain.from_iterable(key.keys for key in KEYS))
    assert len(names) == len(set(names))
    assert len({key.shown for key in KEYS}) == len(KEYS)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.action)
def test_every_key_does_something(key):
    name, _, direction = key.action.rpartition("_")
    if direction in DIRECTIONS:
        assert name in VALUES or callable(getattr(SessionFactory, f"_{name}"))
    else:
        assert callable(getattr(Race, key.action, None) or getattr(LiveApp, f"_{key.action}"))


def test_every_setting_goes_both_ways():
    actions = {key.action for key in KEYS}
    settings_ = {action.rpartition("_")[0] for action in actions if action.endswith(("_next", "_before"))}
    assert settings_ >= {"optimizer", "batch", "penalty", "activation", "layers", "neurons", "data", "noise"}
    assert all({f"{name}_next", f"{name}_before"} <= actions for name in settings_)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.action)
def test_words_of_the_keys_are_short(key):
    assert len(key.footer) <= 8
    assert len(key.shown) <= 5
    named = any(f"{key.shown} " in f"{one.about} ".replace(":", " ") for one in KEYS)
    assert key.about or key.action.startswith("straight_") or (not key.group and named)


def test_the_help_shows_every_key_in_full():
    sitting = session()
    sitting.do("show_help")
    for size in [(120, 40), (100, 50), (200, 60)]:
        shown = "\n".join(Scenes().draw(sitting, *size, Screen()).lines())
        assert [key.about for key in KEYS if key.about not in shown] == []


def test_the_footer_is_as_clickable_as_it_is_long():
    sitting, scenes = session(), Scenes()
    page = scenes.draw(sitting, 120, 40, Screen())
    for area, action in scenes.footer:
        (key,) = [key for key in KEYS if key.action == action]
        assert key.footer in page.lines()[-1][area.left : area.left + area.width]
        assert area.top == 39
    assert {action for _, action in scenes.footer} == {key.action for key in KEYS if key.footer}


# pictures on every size of screen


@pytest.fixture(scope="module")
def sittings():
    line, network = session(), session(*NETWORK)
    do(line, "lr 0.3, step 3, compare, lr 0.25, step 4")
    do(network, "step 7, compare, step 3")
    diverged = do(session(), "lr 1e6, converge")
    many = do(session("sample:diabetes", "--standardize"), "step 2")
    digits = do(session("sample:digits", "--hidden", "8"), "step 2")
    return {"line": line, "network": network, "diverged": diverged, "many inputs": many, "many classes": digits}


@pytest.mark.parametrize("which", ["line", "network", "diverged", "many inputs", "many classes"])
@pytest.mark.parametrize("screen", [Screen(), Screen(color=False, unicode=False)], ids=["colour", "plain"])
def test_every_size_of_screen_can_be_drawn_on(which, screen, sittings):
    scenes, sitting = Scenes(), sittings[which]
    for width, height in itertools.product([40, 59, 60, 61, 80, 99, 100, 140, 200], [10, 19, 20, 23, 29, 30, 45, 60]):
        sitting.picture += 1
        page = scenes.draw(sitting, width, height, screen)
        lines = page.lines()
        assert len(lines) == height
        assert all(columns(line) <= width for line in lines)
        assert screen.unicode or all(line.isascii() for line in lines)
        if not screen.color:
            assert (page.front == NONE).all()
            assert (page.back == NONE).all()
    assert [width_of(strip) for strip in page.strips(range(height))] == [width] * height
    assert all(part.style.color is None for strip in page.strips([0, 1]) for part in strip) or screen.color


@pytest.mark.parametrize(("width", "height"), [(59, 24), (80, 19), (40, 10), (1, 1), (0, 5), (5, 0)])
def test_too_small_a_screen_says_so(width, height, sittings):
    lines = Scenes().draw(sittings["line"], width, height, Screen()).lines()
    assert len(lines) == height
    if width >= 40:
        assert "60 x 20" in " ".join(lines)


@settings(max_examples=25)
@given(st.integers(60, 220), st.integers(20, 70), st.integers(0, 3))
def test_odd_sizes_too(width, height, picture):
    for sitting in SITTINGS:
        sitting.picture = picture
        page = Scenes().draw(sitting, width, height, Screen())
        assert all(math.isfinite(len(line)) for line in page.lines())
        assert width_of(page.strips([height - 1])[0]) == width


SITTINGS = [do(session(), "step 3"), do(session(*NETWORK), "step 3")]
