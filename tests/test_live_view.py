"""What a person looks at in the playground: errors on the data, arrows on the surface, zoom and pan."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_sessions import NETWORK, do, screenful, session

from gdcli.formatting import short
from gdcli.live.app import LiveApp
from gdcli.live.keys import KEYS
from gdcli.live.page import Area, Page
from gdcli.live.panels.arrows import arrows
from gdcli.live.panels.base import draw_axes
from gdcli.live.panels.data import padded
from gdcli.live.panels.dial import DialPanel
from gdcli.live.panels.errors import across_of, squares, sticks
from gdcli.live.panels.regions import Regions
from gdcli.live.scenes import _message_lines
from gdcli.live.view import VIEWS, Errors, View
from gdcli.render.charts.axes import fractions
from gdcli.render.screen import Screen

NUMBERS = st.floats(-1e3, 1e3)
ROWS = st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=30)


def shoelace(outline):
    """The area of a closed polygon."""
    x, y = outline.T
    return abs(float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())) / 2


# errors on the data


@given(ROWS, st.floats(1e-3, 1e3))
def test_the_areas_of_the_squares_sum_to_n_times_the_mse(rows, across):
    x, predictions, targets = np.array(rows).T
    shapes = squares(x, predictions, targets, across, x.max())
    areas = [shoelace(shape - shape[0]) / across for shape in shapes]  # in units of y, up and across
    mse = float(np.mean([(y - y_hat) ** 2 for _, y_hat, y in rows]))
    assert sum(areas) == pytest.approx(len(rows) * mse, rel=1e-6, abs=1e-9)


@given(ROWS)
def test_a_stick_goes_from_the_prediction_to_the_row(rows):
    x, predictions, targets = np.array(rows).T
    for (at, y_hat, y), stick in zip(rows, sticks(x, predictions, targets).tolist(), strict=True):
        assert stick == [[at, y_hat], [at, y]]


@pytest.mark.parametrize(("width", "height"), [(60, 30), (120, 20), (30, 40)])
@pytest.mark.parametrize("y_range", [(0.0, 1.0), (-5.0, 1000.0)])
def test_squares_are_as_many_dots_wide_as_high(width, height, y_range):
    page = Page(width, height, Screen())
    frame = draw_axes(page, Area(0, 0, width, height), (0.0, 3.0), y_range)
    low, high = y_range
    ends = np.array([low + (high - low) / 4]), np.array([low + (high - low) / 2])
    outline = squares(np.array([0.0]), *ends, across_of(frame), 3.0)[0]
    dots = fractions(outline, frame.x, frame.y) * [2 * frame.area.width - 1, 4 * frame.area.height - 1]
    wide, high = np.ptp(dots, axis=0)
    assert wide == pytest.approx(high)


def test_the_key_goes_round_and_says_what_is_drawn():
    sitting = session()
    for errors, word, shown in [
        (Errors.STICKS, "stick", "mean length 1.5"),
        (Errors.SQUARES, "the mean of their areas is the MSE", "mean square 2.5"),
        (Errors.NONE, "No residuals", "data and y = -x + 5"),
    ]:
        do(sitting, "errors")
        assert sitting.view.errors is errors
        assert word in sitting.message
        assert shown in "\n".join(screenful(sitting, 140, 40))
    network = session(*NETWORK)
    do(network, "errors")
    assert network.view == View()
    assert "network" in network.message


def test_several_inputs_have_their_sticks_to_the_diagonal():
    sitting = do(session("sample:diabetes", "--standardize"), "step 3")
    before = screenful(sitting, 140, 40)
    do(sitting, "errors 2")
    text = "\n".join(screenful(sitting, 140, 40))
    residuals = sitting.run.setup.scene.data.targets - sitting.run.setup.scene.outputs(
        sitting.run.now.parameters, sitting.run.setup.scene.data
    )
    assert f"mean square {np.mean(residuals**2):.4g}, 20 of 442 drawn" in text
    assert text != "\n".join(before)


# the next step on the surface


def slopes(m, b):
    """The gradient of the lecture's example: rows (1, 3) and (2, 5)."""
    return np.array([5 * m + 3 * b - 13, 3 * m + 2 * b - 8])


def test_the_gradients_arrow_ends_where_the_step_formula_ends():
    sitting = do(session("--lr", "0.2"), "step 3")
    place = sitting.run.now.parameters
    ends = arrows(place, sitting.run.coming(), sitting.run.setup.optimizer)
    np.testing.assert_allclose(ends.gradient, place - 0.2 * slopes(*place), rtol=1e-12)
    np.testing.assert_array_equal(ends.next, ends.gradient)
    assert ends.velocity is None


@pytest.mark.parametrize("optimizer", ["momentum", "nesterov"])
def test_momentums_step_is_the_sum_of_its_two_arrows(optimizer):
    sitting = do(session("--optimizer", optimizer, "--lr", "0.1"), "step 4")
    place, velocity = sitting.run.now.parameters, sitting.run.now.step.state.velocity
    ends = arrows(place, sitting.run.coming(), sitting.run.setup.optimizer)
    slope = slopes(*place)
    added = 0.9 * velocity if optimizer == "momentum" else 0.9 * (0.9 * velocity + slope)
    np.testing.assert_allclose(ends.gradient, place - 0.1 * slope, rtol=1e-12)
    np.testing.assert_allclose(ends.velocity, place - 0.1 * added, rtol=1e-10)
    np.testing.assert_allclose(ends.next - place, (ends.gradient - place) + (ends.velocity - place), rtol=1e-10)


@pytest.mark.parametrize(
    ("words", "actions"),
    [
        ((), "step 2"),
        (("--optimizer", "adam"), "step 3, lr 0.3"),
        (("sample:bmi", "--batch-size", "50"), "step 9, back"),
    ],
)
def test_the_shadow_is_the_step_that_comes(words, actions):
    sitting = do(session(*words), actions)
    coming = sitting.run.coming()
    assert sitting.run.coming() is coming, "it is worked out once"
    number = sitting.run.now.number
    do(sitting, "step")
    assert sitting.run.now.number == number + 1
    np.testing.assert_array_equal(sitting.run.now.parameters, coming.parameters)
    sitting.set_rate(2 * sitting.run.rate)
    if sitting.run.setup.optimizer.__class__.__name__ == "SGD":
        now, step = sitting.run.now, sitting.run.coming()
        np.testing.assert_allclose(step.parameters - now.parameters, -sitting.run.rate * step.gradient, rtol=1e-9)


def marked(lines, sign):
    """Where a sign stands on the surface, below its title and the legend."""
    return [(row, line.index(sign)) for row, line in enumerate(lines) if 6 < row < 36 and sign in line[:54]]


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_the_run_goes_to_where_its_shadow_was(optimizer):
    sitting = do(session("--optimizer", optimizer, "--lr", "0.25"), "step 2")
    (shadow,) = marked(screenful(sitting), "◌")
    before = marked(screenful(sitting), "v"), marked(screenful(sitting), "g")
    assert bool(before[0]) == (optimizer == "momentum")
    do(sitting, "step")
    assert marked(screenful(sitting), "●") == [shadow]
    do(sitting, "arrows")
    assert not marked(screenful(sitting), "◌")
    assert "not drawn" in sitting.message


def test_a_run_that_has_ended_has_no_next_step():
    sitting = do(session(), "lr 30, converge")
    assert sitting.run.coming() is None
    assert "next step" not in "\n".join(line[:54] for line in screenful(sitting)), "nor a legend"


# slices


def test_the_slice_goes_through_the_run_and_says_so():
    sitting = do(session("sample:diabetes", "--standardize"), "step 7")
    scene, place = sitting.run.setup.scene, sitting.run.now.parameters
    raw = scene.raw(place)
    ranges = [(float(raw[at]) - 1.0, float(raw[at]) + 1.0) for at in (0, 1)]
    seen = scene.landscape.seen(*ranges, place)
    rows = scene.data
    mse = np.mean((rows.targets - scene.outputs(place, rows)) ** 2)
    assert seen.values(3, 3)[1, 1] == pytest.approx(mse, rel=1e-9)
    moved = raw.copy()
    moved[:2] += 1.0
    predictions = rows.inputs @ moved[:-1] + moved[-1]
    assert seen.values(3, 3)[2, 2] == pytest.approx(np.mean((rows.targets - predictions) ** 2), rel=1e-9)
    text = "\n".join(screenful(sitting, 160, 50))
    assert "slice through step 7's point: w_bmi = " in text
    assert "more held" in text
    assert "slice" not in "\n".join(screenful(session(), 160, 50)), "all of two parameters is no slice"


# zoom and pan


@given(st.lists(st.sampled_from(["zoom_in", "zoom_out", "pan_up", "pan_left", "pan_down", "pan_right"]), max_size=20))
def test_a_window_is_as_large_and_where_the_keys_say(actions):
    view = View()
    land = LAND
    x, y = 0.5, 0.5
    sitting = SITTING
    sitting.view = view
    (low, high), (bottom, top) = land.x_range, land.y_range
    place = sitting.run.way.values[-1]
    zoom = 0
    for action in actions:
        do(sitting, action)
        if action.startswith("zoom"):
            if action == "zoom_in" and (zoom, x, y) == (0, 0.5, 0.5):
                x, y = (place[0] - low) / (high - low), (place[1] - bottom) / (top - bottom)
            zoom = min(max(zoom + (1 if action == "zoom_in" else -1), -3), 24)
            x, y = (x, y) if zoom > 0 else (0.5, 0.5)
        else:
            x += {"pan_left": -1, "pan_right": 1}.get(action, 0) / 4 / 2**zoom
            y += {"pan_down": -1, "pan_up": 1}.get(action, 0) / 4 / 2**zoom
        across, up = sitting.view.window(land)
        assert across[1] - across[0] == pytest.approx((high - low) / 2**zoom)
        assert sum(across) / 2 == pytest.approx(low + x * (high - low))
        assert sum(up) / 2 == pytest.approx(bottom + y * (top - bottom))


SITTING = do(session(), "step 3")
LAND = SITTING.run.setup.scene.landscape


def test_zoom_shows_the_run_in_the_middle_and_a_click_starts_where_it_points():
    async def script():
        app = LiveApp(session(), Screen(120, 40))
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.press("n", "w", "w", "w")
            ((row, column),) = marked(app.stage.page.lines(), "●")
            assert abs(row - 20) < 3
            assert abs(column - 29) < 3
            assert "8 times as large" in app.session.message
            await pilot.click(offset=(column, row))
            place = app.session.run.now.parameters
            np.testing.assert_allclose(place, [-0.7, 5.1], atol=0.03)
            await pilot.press("W", "W", "W", "W")
            assert app.session.view.centre == (0.5, 0.5)
            assert "1/2 as large" in app.session.message

    asyncio.run(script())


@pytest.mark.parametrize("action", [one for one in VIEWS if one != "projector"])
@pytest.mark.parametrize("words", [(), NETWORK, ("sample:deck", "--no-intercept")], ids=["line", "network", "one"])
def test_every_look_is_on_the_help_page_and_changes_nothing_of_the_run(action, words):
    (key,) = [key for key in KEYS if key.action == action]
    assert key.about or any(f"{key.shown} " in one.about.replace(":", " ") for one in KEYS)
    sitting = do(session(*words), "step 2")
    before, command = sitting.run.now, sitting.rerun()
    do(sitting, action)
    assert sitting.run.now is before
    assert sitting.rerun() == command
    assert sitting.message or action.startswith("pan")
    assert screenful(sitting)


# rows held out


@pytest.mark.parametrize("screen", [Screen(), Screen(color=False), Screen(color=False, unicode=False)])
def test_rows_held_out_have_a_mark_of_their_own_where_they_lie(screen):
    sitting = do(session(*NETWORK), "step 9")
    scene = sitting.run.setup.scene
    page = Page(120, 50, screen)
    Regions().draw(page, Area(0, 0, 120, 50), sitting.run, None)
    lines = page.lines()
    left = lines[2].index("│" if screen.unicode else "|") + 1
    low, high = (np.array(padded(column)) for column in scene.data.inputs.T)
    size = np.array([120 - left, 94])  # two inputs of one unit: as long across as up
    apart = (max((low[1] - low[0]) / size[0], (high[1] - high[0]) / size[1]) * size - [np.ptp(low), np.ptp(high)]) / 2
    low, high = low + np.array([-apart[0], apart[0]]), high + np.array([-apart[1], apart[1]])
    inside = 0
    for (x, y), kind in zip(scene.held_out.inputs, scene.held_out.targets.astype(int), strict=True):
        across, up = (x - low[0]) / (low[1] - low[0]), (y - high[0]) / (high[1] - high[0])
        if 0.02 < across < 0.98 and 0.02 < up < 0.98:
            column, row = left + round(across * (119 - left)), 1 + round((1 - up) * 46)
            assert lines[row][column] == ("+" if screen.color else str(kind))
            inside += 1
    assert inside > len(scene.held_out) / 2
    assert lines[0].endswith("+ held out" if screen.color else "0 1 held out")
    if screen.color:
        inks = {
            int(page.front[row, column])
            for row, line in enumerate(lines[1:47], 1)
            for column in range(left, 120)
            if line[column : column + 1] == "+"
        }
        assert len(inks) == 2, "a colour a class"


@pytest.mark.parametrize("width", [30, 51, 96, 118])
def test_the_dial_names_whole_decades_beside_its_limit(width):
    """A decade without room beside the limit has no number: "0.1" cut to "0" is another rate."""
    decades = ["1e-5", "1e-4", "0.001", "0.01", "0.1", "1", "10"]
    screen, formula = Screen(), "2(1 + b1)/((1 - b1) S)"
    for limit in np.geomspace(1.1e-5, 9.9, 60):
        run = SimpleNamespace(rate=0.02, limit=float(limit), limit_formula=formula)
        page = Page(width, 3, screen)
        DialPanel().draw(page, Area(0, 0, width, 3), run, None)
        words = page.lines()[2].replace(formula, "").split()
        said = [word for word in words if word not in decades]
        assert said in ([short(float(limit))], []), words
        assert words == [*dict.fromkeys(words)]


@pytest.mark.parametrize(("width", "most"), [(119, 1), (119, 2), (79, 2), (60, 2)])
def test_what_is_said_ends_with_a_sentence_where_one_has_room(width, most):
    sitting = session("sample:xor", "--hidden", "4", "--activation", "linear")
    sitting.say(
        "Step 300: A linear network cannot bend. Learned nothing: log loss 0.772 at the start, 0.739 in the end, on 20 "
        "rows held out no better than always saying '0' (accuracy 0.35 against 0.5). The accuracy may still change."
    )
    lines = _message_lines(sitting, Screen(width + 1, 40), width, most)
    assert len(lines) <= most
    assert " ".join(lines).endswith(".")
    assert sitting.message.startswith(" ".join(lines))


def test_one_long_sentence_is_cut():
    sitting = session()
    sitting.say("word " * 60)
    assert _message_lines(sitting, Screen(80, 24), 79, 2)[-1].endswith(" ...")
