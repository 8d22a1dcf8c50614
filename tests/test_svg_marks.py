"""The words at a chart's vertical lines: on either side, and off the curves."""

import re
from itertools import pairwise

import numpy as np
import pytest

from gdcli.render.charts.curves import Series
from gdcli.render.charts.plots import Chart
from gdcli.render.svg.charts import draw_chart
from gdcli.render.svg.ink import Ink


def word_box(text, word):
    """Left, right, top and bottom of a word, about; of letters that are as wide as seven pixels."""
    found = re.search(rf'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)"[^>]*>{word}</text>', text)
    x, y, wide = float(found[1]), float(found[2]), 7 * len(word)
    left = x - wide if found[3] == "end" else x
    return left, left + wide, y - 10, y


@pytest.mark.parametrize("rising", [True, False])
@pytest.mark.parametrize("where", [1, 50, 99])
def test_a_marks_word_stands_off_the_curve(rising, where):
    x = np.linspace(0, 100, 200)
    y = 1 - 1 / (1 + x) if rising else 1 / (1 + x)
    text = draw_chart(Chart([Series(x, y)], "accuracy", marks=[(where, "kept")]), 480, 260, Ink(dark=False)).body
    left, right, top, bottom = word_box(text, "kept")
    curve = re.search(r'stroke-width="2.2"[^>]*d="M([^"]+)"', text)[1]
    points = np.array([part.split() for part in curve.split("L")], dtype=float)
    between = np.concatenate([np.linspace(a, b, 20) for a, b in pairwise(points)])
    inside = (between > [left, top]) & (between < [right, bottom])
    assert not inside.all(axis=1).any()
    at = float(re.search(r'stroke-dasharray="4 3" d="M([\d.]+) 0', text)[1])
    assert not left < at < right


def test_words_of_near_lines_stand_apart():
    chart = Chart([Series([0, 100], [0, 0])], "loss", marks=[(50, "limit 0.29"), (51, "lr 0.3"), (52, "valley")])
    text = draw_chart(chart, 480, 260, Ink(dark=False)).body
    boxes = [word_box(text, word) for word in ("limit 0.29", "lr 0.3", "valley")]
    for at, (left, right, top, bottom) in enumerate(boxes):
        for other in boxes[:at]:
            assert right < other[0] or other[1] < left or bottom < other[2] or other[3] < top


@pytest.mark.parametrize("step", [1e-8, 1e-3, 1.0])
@pytest.mark.parametrize("start", [0.0, 1e6, 1.7e9, 123_456_789_012.0, -1e-5])
def test_numbers_below_an_axis_stand_apart(start, step):
    x = start + step * np.arange(10.0)
    text = draw_chart(Chart([Series(x, x * 0, style="points")], "y by x"), 480, 260, Ink(dark=False)).body
    numbers = re.findall(r'<text x="([\d.]+)" y="[\d.]+" text-anchor="middle"[^>]*>([^<]+)</text>', text)
    assert numbers
    for (left, first), (right, second) in pairwise(numbers):
        assert float(right) - float(left) > 3.3 * (len(first) + len(second))
        assert float(first) < float(second)
