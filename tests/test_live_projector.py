"""The projector mode: large figures, one picture at a time, and the walk through the pictures."""

import asyncio
import itertools

import numpy as np
import pytest
from live_sessions import NETWORK, do, screenful, session

from gdcli.live.app import LiveApp
from gdcli.live.numerals import DIGITS, FONT, STROKES, numerals
from gdcli.live.page import Area, Page
from gdcli.live.view import View
from gdcli.render import theme
from gdcli.render.charts.axes import compact
from gdcli.render.raster.geometry import thickened
from gdcli.render.screen import Screen, columns

SEGMENTS = {"0": "abcdef", "1": "bc", "2": "abdeg", "3": "abcdg", "4": "bcfg", "5": "acdfg"} | {
    "6": "acdefg",
    "7": "abc",
    "8": "abcdefg",
    "9": "abcdfg",
}
"""Which segments of a seven-segment display a digit lights: a above, then clockwise, g in the middle."""
PLACES = {"a": (0, 1), "b": (1, 2), "c": (2, 2), "d": (2, 1), "e": (2, 0), "f": (1, 0), "g": (1, 1)}


@pytest.mark.parametrize("digit", SEGMENTS)
def test_digits_in_ascii_are_those_of_a_seven_segment_display(digit):
    rows = [row.rjust(3) for row in STROKES[digit]]
    assert {name for name, (row, column) in PLACES.items() if rows[row][column] != " "} == set(SEGMENTS[digit])


def test_no_two_characters_look_the_same():
    for font in (FONT, STROKES):
        assert len({*font.values()}) == len(font)
    assert set(FONT) == set(STROKES) == set("0123456789.-+einfa")
    assert all(len(rows) == 5 for rows in DIGITS)


@pytest.mark.parametrize("text", ["1.825", "7.49e-7", "-0.03", "nan", "inf"])
@pytest.mark.parametrize("scale", [1, 2, 3])
def test_numerals_are_as_many_times_as_large_as_their_scale(text, scale):
    ink = np.array([list(line) for line in numerals(text, scale, Screen())])
    halves = np.stack([np.isin(ink, ("█", "▀")), np.isin(ink, ("█", "▄"))], axis=1).reshape(-1, ink.shape[1])
    small = np.array([list(line) for line in numerals(text, 1, Screen())])
    parts = np.stack([np.isin(small, ("█", "▀")), np.isin(small, ("█", "▄"))], axis=1).reshape(-1, small.shape[1])
    np.testing.assert_array_equal(halves[: 5 * scale], np.kron(parts[:5], np.ones((scale, scale), dtype=bool)))


def test_a_pen_of_three_draws_the_neighbours_too_and_stays_in_the_picture():
    rows, columns_ = thickened(np.array([2, 0]), np.array([2, 4]), 3, 5, 4)
    near = {(r, c) for r in range(4) for c in range(5) if max(abs(r - 2), abs(c - 2)) <= 1}
    near |= {(r, c) for r in range(4) for c in range(5) if max(abs(r), abs(c - 4)) <= 1}
    assert set(zip(rows.tolist(), columns_.tolist(), strict=True)) == near
    page = Page(3, 2, Screen(), pen=3)
    page.dots(Area(0, 0, 3, 2), np.array([4]), np.array([2]), theme.FITTED, np.array([0xABCDEF]))
    assert page.lines() == ["⢀⣀", "⠘⠛"], "rows 3 to 5, columns 1 to 3"
    assert page.front[:, :2].tolist() == [[0xABCDEF] * 2] * 2


@pytest.mark.parametrize(
    ("width", "chosen", "shown"),
    [(80, None, True), (89, None, True), (90, None, False), (80, False, False), (200, True, True)],
)
def test_it_is_on_below_90_columns_unless_it_was_switched(width, chosen, shown):
    assert View(projector=chosen).projects(width) is shown


def walked(sitting, *size, screen=None):
    """The screens of the whole walk, and the first again."""
    pictures = []
    for sitting.picture in range(9):
        pictures.append("\n".join(screenful(sitting, *size, screen=screen)))
        if len(pictures) > 1 and "picture 1 of" in pictures[-1]:
            break
    return pictures


@pytest.fixture(scope="module")
def sittings():
    made = {"line": do(session(), "step 3"), "network": do(session(*NETWORK), "step 3")}
    made["several inputs"] = do(session("sample:diabetes", "--standardize"), "step 2")
    made["digits"] = do(session("sample:digits", "--hidden", "8"), "step 2")
    made["diverged"] = do(session(), "lr 3, converge")
    for sitting in made.values():
        sitting.view = View(projector=True)
    return made


@pytest.mark.parametrize("which", ["line", "network", "several inputs", "digits", "diverged"])
@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
def test_the_walk_says_which_of_how_many_and_what_is_next(which, size, sittings):
    pictures = walked(sittings[which], *size)
    count = len(pictures) - 1
    assert count >= 3
    assert pictures[0] == pictures[-1]
    assert len({*pictures}) == count
    for at, (text, after) in enumerate(itertools.pairwise(pictures)):
        last = text.splitlines()[-1]
        assert last.startswith(f" tab picture {at + 1} of {count}")
        if size[0] > 60:
            coming, then = (text_.splitlines()[-1].split("next: ")[1].split("  ")[0] for text_ in (text, after))
            assert coming != then


@pytest.mark.parametrize("which", ["line", "network", "several inputs", "digits", "diverged"])
@pytest.mark.parametrize("screen", [Screen(), Screen(color=False, unicode=False)], ids=["colour", "ascii"])
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_nothing_is_cut_and_the_loss_and_the_rate_are_large(which, screen, size, sittings):
    sitting = sittings[which]
    setup = sitting.run.setup
    unit = getattr(setup.scene, "loss_unit", 1.0)
    scale = 2 if size[1] >= 30 else 1
    for text in walked(sitting, *size, screen=screen):
        lines = text.splitlines()
        assert len(lines) == size[1]
        assert max(map(columns, lines)) <= size[0]
        head = " ".join(" ".join(lines[:3]).split())
        for word in (setup.name, setup.model, f"step {sitting.run.now.number}", "paused", *setup.settings.values()):
            assert " ".join(word.split()) in head
        said = " ".join(" ".join(lines[-5:-1]).split())
        assert " ".join(sitting.line().split()) in said
        for value in (float(sitting.run.known().loss) * unit, sitting.run.rate):
            figures = [numerals(compact(value, 4), one, screen) for one in {1, scale}]
            assert any(all(row.rstrip() in text for row in figure) for figure in figures)


def test_p_switches_it_and_tab_walks_on():
    async def script():
        app = LiveApp(session(), Screen(120, 40))
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("n", "P", "tab")
            text = "\n".join(app.stage.page.lines())
            assert " tab picture 2 of 4, next: loss curve" in text
            await pilot.click(offset=(3, 39))
            assert "picture 3 of 4" in app.stage.page.lines()[-1]
            await pilot.press("P")
            assert "picture" not in app.stage.page.lines()[-1]
            await pilot.resize_terminal(80, 24)
            await pilot.pause()
            assert "picture" not in app.stage.page.lines()[-1], "it was switched off, and stays off"
            await pilot.press("P")
            assert "picture 3 of 4" in app.stage.page.lines()[-1]
            assert app.session.run.now.number == 1

    asyncio.run(script())
