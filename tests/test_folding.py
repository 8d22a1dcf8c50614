"""Lines that are wider than the screen are broken between words and at gaps, never by its edge."""

import pytest

from gdcli.render.flow import folded
from gdcli.render.screen import columns

pytestmark = pytest.mark.quick
LINES = [
    " fitted     mark = 3.6895 [hours studied] + 41.609   MSE 21.52   exact least squares",
    " validation loss 8.175e+40   MSE 8.175e+40   RMSE 2.859e+20   MAE 2.523e+20   R2 0.8366",
    "  dMSE/dm = 6.65184e+25m + 1.06008e+13b - 1.97958e+34  =  6.65184e+25(0) + 1.06008e+13(0)",
    "擬合     m 的係數是 5，應該是 3；b 的係數是 0，應該是 2；常數項是 0，應該是 -8",
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("width", [30, 44, 80])
def test_every_line_fits_and_no_word_is_lost_or_cut(line, width):
    lines = folded(line, width, "    ")
    assert all(columns(one) <= width for one in lines)
    assert "".join("".join(lines).split()) == "".join(line.split())
    assert lines[0][:1] == line[:1]
    if line.isascii():
        assert [word for one in lines for word in one.split()] == line.split()


def test_what_stands_between_gaps_stays_together():
    assert folded(LINES[1], 80, "   ")[1] == "   R2 0.8366"


def test_a_line_that_fits_is_left_as_it_is():
    assert folded("  a   b  ", 80) == ["  a   b  "]
