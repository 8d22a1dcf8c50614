"""What a person looks at in the playground: errors on the data, arrows on the surface, zoom and pan."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_sessions import NETWORK, do, screenful, session

from gdcli.live.page import Area, Page
from gdcli.live.panels.base import draw_axes
from gdcli.live.panels.errors import across_of, squares, sticks
from gdcli.live.view import Errors, View
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
