"""Edges of the playground: wide characters, wide dials, rates beyond the ladder, schedules that were given."""

import itertools
import shlex

import numpy as np
import pytest
from live_sessions import do, screenful, session
from rich.cells import cell_len

from gdcli.formatting import short
from gdcli.live.help_pages import help_pages
from gdcli.live.keys import KEYS
from gdcli.live.page import Area, Page
from gdcli.live.panels.dial import DialPanel, finer, laddered
from gdcli.live.scenes import Scenes
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
        sitting.run.turn(DialPanel.rate_at(column, area))
        page = Page(width + 2, 5, Screen())
        DialPanel().draw(page, area, sitting.run, None)
        assert "".join(page.chars[1].tolist()).index("▼") == column


def test_surface_ranges_with_many_steps_an_epoch(gdcli):
    words = ("sample:line", "--lr", "0.02", "--batch-size", "5")
    landscape = session(*words).run.setup.scene.landscape
    told = gdcli("surface", *words, "--epochs", "13", "--format", "json").json  # of 500 steps
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


@pytest.mark.parametrize("action", ["rate_up", "rate_down", "rate_finer_up", "rate_finer_down"])
def test_a_schedule_that_ends_at_zero_leaves_the_dial_whole(action):
    sitting = do(session("--schedule", "cosine", "--epochs", "4"), "step 4")
    assert sitting.run.rate == 0
    sitting.do(action)
    assert sitting.run.rate >= 0
    screenful(sitting)


@pytest.mark.parametrize(
    "words", [("--schedule", "cosine"), ("sample:moons", "--hidden", "3", "--schedule", "one-cycle")]
)
def test_the_command_of_a_run_that_has_not_begun_is_accepted(words, gdcli):
    sitting = do(session(*words), "step 3, reset")
    again = gdcli(*shlex.split(sitting.rerun())[1:], "--format", "json")
    assert again.code == 0, again.err
    assert again.json["steps"] == 0


def test_after_going_back_the_header_shows_that_steps_loss_however_long_the_run():
    sitting = session("sample:line", "--lr", "0.001")
    for _ in range(3000):
        sitting.run.advance()
    do(sitting, "back 2")
    loss = float(sitting.run.setup.problem.data_loss(sitting.run.now.parameters, sitting.run.setup.problem.data))
    assert f"MSE {short(loss, 6)}" in screenful(sitting)[0]


@pytest.mark.parametrize(
    "words", [("sample:line", "--lr", "1e300"), ("sample:iris", "--optimizer", "sgd", "--lr", "1e30")]
)
def test_a_divergence_in_mid_epoch_freezes_as_one_at_an_epochs_end(words):
    sitting = do(session(*words, "--batch-size", "32"), "step 2")
    assert sitting.run.diverged
    number = sitting.run.now.number
    do(sitting, "step, toggle")
    assert sitting.run.now.number == number
    assert "Diverged" in sitting.line()
    sitting.set_rate(0.1)
    assert "z goes back" in sitting.line(), "the explanation stays when the dial is turned"


def test_a_step_that_loses_much_is_not_put_down_to_its_batch():
    sitting = do(session("sample:bmi", "--standardize", "--batch-size", "64", "--lr", "1e3"), "step")
    assert sitting.line().startswith("Overshoot")


def test_another_data_set_has_no_ghost_in_a_recording_either():
    told = []
    sitting = session(listener=lambda kind, _: told.append(kind))
    do(sitting, "step 3, compare, step, data_next")
    assert sitting.ghost is None
    assert "forget" in told


def test_the_first_data_set_comes_back_as_it_was_given():
    sitting = session("sample:moons:noise=0.3", "--hidden", "3")
    do(sitting, "data_next, data_before")
    assert "sample:moons:noise=0.3 --hidden 3" in sitting.rerun()


def test_a_recording_never_writes_over_its_data(gdcli, refused, table):
    path = table("x,y\n1,3\n2,5\n", "rows.csv")
    before = path.read_text()
    refused(gdcli("live", "--plain", path, "--record", path, stdin="q\n"), 2, "--record")
    assert path.read_text() == before


@pytest.mark.parametrize(
    "words", [("sample:diabetes", "--standardize"), ("sample:polynomial", "--degree", "60", "--standardize")]
)
def test_many_parameters_are_drawn_as_quickly_as_few(words):
    sitting = do(session(*words, "--standardize"), "step")
    text = "\n".join(screenful(sitting))
    assert "length of the gradient" in text


def test_control_characters_of_a_file_never_reach_a_terminal(gdcli, table):
    path = table('"a\x1b[31m","b\x07"\n1,3\n2,5\n3,6\n', "esc.csv")
    result = gdcli("live", "--plain", path, stdin="n\nq\n")
    assert result.code == 0, result.err
    assert "\x1b" not in result.out
    assert "\x07" not in result.out
