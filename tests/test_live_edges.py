"""Edges of the playground: wide characters, wide dials, rates beyond the ladder, schedules that were given."""

import itertools

import numpy as np
import pytest
from live_sessions import do, session
from rich.cells import cell_len

from gdcli.live.keys import KEYS
from gdcli.live.page import Area, Page
from gdcli.live.panels.dial import Dial, finer, laddered
from gdcli.live.scenes import Scenes, help_pages
from gdcli.render.screen import Screen


def width_of(strip):
    return sum(cell_len(part.text) for part in strip)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
def test_the_help_shows_every_key_in_full_on_its_pages(size):
    sitting, shown = session(), ""
    for page in range(len(help_pages(size[1], size[0]))):
        sitting.help = page + 1
        shown += "\n".join(Scenes().draw(sitting, *size, Screen()).lines())
    assert [key.about for key in KEYS if key.about not in shown] == []


@pytest.mark.parametrize("move", [laddered, finer])
@pytest.mark.parametrize("rate", [1e-300, 1e-13, 1e7, 1e300])
def test_no_key_goes_the_wrong_way_beyond_the_ladder(move, rate):
    assert move(rate, 1) >= rate
    assert move(rate, -1) <= rate


@pytest.mark.parametrize(
    "writes",
    [[(3, "漢")], [(-1, "漢")], [(0, "漢"), (1, "a")], [(0, "漢"), (0, "a")], [(0, "\u0301a")]],
)
def test_half_a_wide_character_leaves_a_strip_as_wide_as_the_page(writes):
    page = Page(4, 1, Screen())
    for column, text in writes:
        page.write(column, 0, text)
    assert width_of(page.strips([0])[0]) == 4


@pytest.mark.parametrize("kind", ["line", "several", "network", "curve", "confusion"])
def test_wide_names_leave_strips_as_wide_as_the_page(kind, tmp_path):
    path = tmp_path / "データの表です.csv"
    rng = np.random.default_rng(0)
    wide = {"line": 1, "several": 3, "network": 2, "curve": 1, "confusion": 3}[kind]
    header = ",".join([*("身長体重年齢"[at * 2 : at * 2 + 2] + "の測定値" for at in range(wide)), "血圧の値"])
    rows = rng.normal(size=(60, wide))
    named = kind in ("network", "confusion")
    targets = [f"等級{int(n)}" for n in rng.integers(0, 3, 60)] if named else rows.sum(axis=1).tolist()
    lines = [",".join(map(str, (*row, target))) for row, target in zip(rows.tolist(), targets, strict=True)]
    text = "\n".join([header, *lines])
    path.write_text(text + "\n", encoding="utf-8")
    sitting = do(
        session(str(path), *(["--hidden", "4"] if kind == "curve" else [])), "step 2, data_next, data_before, step"
    )
    bad = set()
    for width, height in itertools.product([60, 80, 100, 101, 120, 121, 200], [20, 30, 40]):
        sitting.picture += 1
        page = Scenes().draw(sitting, width, height, Screen())
        bad |= {
            (width, height, row) for row, strip in enumerate(page.strips(range(height))) if width_of(strip) != width
        }
    assert not bad


@pytest.mark.parametrize("width", [158, 198, 248])
def test_a_click_on_a_wide_dial_puts_the_pointer_there(width):

    sitting, area = session(), Area(1, 1, width, 3)
    for column in range(area.left, area.left + width):
        sitting.run.turn(Dial.rate_at(column, area))
        page = Page(width + 2, 5, Screen())
        Dial().draw(page, area, sitting.run, None)
        assert "".join(page.chars[1].tolist()).index("▼") == column


def test_surface_ranges_with_many_steps_an_epoch(gdcli):
    words = ("sample:line", "--lr", "0.02", "--batch-size", "5")
    landscape = session(*words).run.setup.scene.landscape
    told = gdcli("surface", *words, "--format", "json").json
    across, up = (told["axes"][name] for name in landscape.names)
    assert (landscape.x_range, landscape.y_range) == ((across[0], across[-1]), (up[0], up[-1]))


@pytest.mark.parametrize("words", [("--lr-at", "3:0.2,9:0.05"), ("--warmup", "10")])
@pytest.mark.parametrize("again", ["reset", "seed"])
def test_a_reset_without_a_hand_on_the_dial_keeps_the_schedule_given(words, again):
    sitting = do(session(*words), "step 7")
    seventh = sitting.run.now.parameters.copy()
    do(sitting, f"{again}, step 7")
    np.testing.assert_array_equal(sitting.run.now.parameters, seventh)
    if words[0] == "--warmup":
        assert sitting.run.setup.rate == 0.1


def test_a_tick_at_the_very_moment_of_the_start_does_not_stall(monkeypatch):
    monkeypatch.setattr("gdcli.live.session.perf_counter", lambda: 0.0)
    sitting = do(session(), "faster 9")
    sitting.start()
    sitting.tick(0.05, lambda: 0.0 if not sitting.run.now.number else 1.0)
    sitting.tick(1.05, lambda: 2.0)
    assert sitting.run.now.number > 0
