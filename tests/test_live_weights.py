"""The network's weights as lines: thick where they are strong, and each says its value where it is pointed at."""

import numpy as np
import pytest
from live_sessions import NETWORK, do, screenful, session

from gdcli.live.page import Area, Page
from gdcli.live.panels.diagram import WIDE, Diagram
from gdcli.live.panels.weights import SAMPLES, THICK, Ends, weights
from gdcli.live.scenes import Scenes
from gdcli.render.screen import Screen

BRAILLE = range(0x2801, 0x2900)
ENDS = Ends(0, 39, np.array([2, 22]), np.array([10, 34]))


def cells(page):
    """The cells with dots."""
    codes = page.chars.view(np.uint32).reshape(page.chars.shape)
    return {(int(column), int(row)) for row, column in np.argwhere((codes >= BRAILLE[0]) & (codes <= BRAILLE[-1]))}


def dots(page):
    """How many dots are drawn."""
    return sum((ord(page.chars[row, column]) - 0x2800).bit_count() for column, row in cells(page))


@pytest.fixture
def one_weight():
    """A network whose weights are 0 but for w1_3_2 = -0.75 and w2_1_4 = 0.5, and its diagram's page."""

    def drawn(screen=None):
        sitting = do(session(*NETWORK), "step")
        run = sitting.run
        network = run.setup.scene.network
        run.now.parameters[:] = 0
        network.layers[0].weights(run.now.parameters)[1, 2] = -0.75
        network.layers[1].weights(run.now.parameters)[3, 0] = 0.5
        network.layers[0].bias(run.now.parameters)[:] = [0.25, 0, 0, -2]
        diagram, page = Diagram(), Page(50, 30, screen or Screen())
        diagram.draw(page, Area(2, 1, 46, 28), run, None)
        return diagram, page, run

    return drawn


@pytest.mark.parametrize("screen", [Screen(), Screen(color=False)], ids=["colour", "none"])
def test_each_cell_of_a_line_says_its_weight(one_weight, screen):
    diagram, page, run = one_weight(screen)
    lines, middle = cells(page), 25  # the hidden layer stands in the middle
    assert {column < middle for column, _ in lines} == {True, False}
    for column, row in sorted(lines):
        diagram.point(column, row)
        again = Page(50, 30, screen)
        diagram.draw(again, Area(2, 1, 46, 28), run, None)
        title = again.lines()[1].strip()
        assert title == ("w1_3_2 = -0.75  from x2 to 1:3" if column < middle else "w2_1_4 = 0.5  from 1:4 to 2:1")


def test_a_neuron_says_its_bias_and_nothing_says_nothing(one_weight):
    diagram, page, run = one_weight()
    pictures = sorted({(c, r) for r, c in np.argwhere(page.chars == "▀") if c < 30})
    left = pictures[0][0]
    column = [row for c, row in pictures if c == left]
    tops = [row for at, row in enumerate(column) if at == 0 or row != column[at - 1] + 1]
    for number, (top, bias) in enumerate(zip(tops, ["0.25", "0", "0", "-2"], strict=True), 1):
        assert diagram.point(left + WIDE - 1, top)
        page = Page(50, 30, Screen())
        diagram.draw(page, Area(2, 1, 46, 28), run, None)
        assert page.lines()[1].strip() == f"b1_{number} = {bias}  bias of 1:{number}"
    assert diagram.point(0, 0)
    assert diagram.target is None
    assert not diagram.point(1, 0)
    diagram.leave()
    assert not diagram.point(left, tops[0])


def test_a_strong_weight_is_thicker():
    values, drawn = np.array([[1.0, 0.0], [0.0, THICK - 0.01]]), {}
    for name, table in {"strong": values * [[1], [0]], "both": values}.items():
        page = Page(20, 10, Screen())
        weights(table, ENDS, colored=True).draw(page, Area(0, 0, 20, 10))
        drawn[name] = dots(page)
    weak = drawn["both"] - drawn["strong"]
    assert drawn["strong"] > 1.5 * weak > 0


def test_the_strongest_is_on_top_where_lines_cross():
    lines = weights(np.array([[0.2, 0.5], [1.0, 0.3]]), ENDS, colored=True)
    assert lines.rows.shape == lines.across.shape == (4, SAMPLES)
    crossing = [(c, r) for c in range(20) for r in range(10) if lines.at(c, r) == (1, 0)]
    assert {column for column, _ in crossing} == {*range(20)}  # the strongest line has a cell in every column
    assert lines.at(0, 9) is None


def test_without_colour_weak_lines_are_left_out():
    table = np.array([[1.0, 0.3], [0.5, 0.0]])
    assert len(weights(table, ENDS, colored=True).values) == 3
    assert weights(table, ENDS, colored=False).values.tolist() == [0.5, 1.0]


def test_weights_that_are_no_numbers_are_not_drawn():
    assert not len(weights(np.full((2, 2), np.nan), ENDS, colored=True).values)


def test_the_value_follows_the_run():
    sitting, scenes = do(session(*NETWORK), "step 2"), Scenes()
    screenful(sitting, scenes=scenes)
    named = next(
        (column, row)
        for row in range(6, 36)
        for column in range(46, 90)
        if scenes.point(column, row) and scenes._diagram.target and scenes._diagram.target.source is not None
    )
    before = screenful(sitting, scenes=scenes)
    target = scenes._diagram.target
    after = screenful(do(sitting, "step 3"), scenes=scenes)
    layer = sitting.run.setup.scene.network.layers[target.layer]
    value = float(layer.weights(sitting.run.now.parameters)[target.source, target.neuron])
    title = next(line for line in after if f"w{target.layer + 1}_{target.neuron + 1}_{target.source + 1} = " in line)
    assert float(title.split(" = ")[1].split()[0]) == pytest.approx(value, rel=1e-3)
    assert title not in before
    assert named
    scenes.point(0, 0)
    assert any("weights + -" in line for line in screenful(sitting, scenes=scenes))
