"""Image data in the playground: rows as pictures, each with the network's answer; the truth where that is another."""

import numpy as np
import pytest
from live_sessions import do, screenful, session

from gdcli.live.page import Area, Page
from gdcli.live.panels.images import Images, Size, answers, picture
from gdcli.live.scenes import Scenes
from gdcli.live.view import View
from gdcli.render.screen import Screen

WORDS = ("sample:digits", "--hidden", "8", "--lr", "0.01", "--validation", "0.1")


@pytest.fixture(scope="module")
def digits():
    return do(session(*WORDS), "step 60")


def truth(sitting, count):
    """Labels, and answers computed a second time: raw pixels over the largest, layer by layer."""
    scene = sitting.run.setup.scene
    network, parameters = scene.network, sitting.run.now.parameters
    hidden = scene.held_out.inputs[:count] / scene.data.inputs.max()
    first, last = network.layers
    hidden = np.maximum(hidden @ first.weights(parameters) + first.bias(parameters), 0)
    taken = (hidden @ last.weights(parameters) + last.bias(parameters)).argmax(axis=1)
    names = scene.preparation.classes
    return [(names[int(a)], names[int(b)]) for a, b in zip(taken, scene.held_out.targets[:count], strict=True)]


def test_a_right_answer_stands_alone_and_a_wrong_one_says_the_truth(digits):
    scene = digits.run.setup.scene
    said = answers(scene, digits.run.now.parameters, 40, Screen())
    pairs = truth(digits, 40)
    assert {taken == true for taken, true in pairs} == {True, False}
    assert [one.text for one in said] == [a if a == b else f"{a}, is {b}" for a, b in pairs]
    assert [one.meaning.name for one in said] == ["right" if a == b else "wrong" for a, b in pairs]


@pytest.mark.parametrize("screen", [Screen(), Screen(color=False), Screen(color=False, unicode=False)])
@pytest.mark.parametrize(("size", "projector"), [((120, 40), None), ((80, 24), None), ((95, 24), None)])
def test_the_screen_shows_them_without_colour_too(digits, screen, size, projector):
    digits.picture, digits.view = 0, View(projector=projector)
    lines = screenful(digits, *size, scenes=Scenes(), screen=screen)
    top = next(at for at, line in enumerate(lines) if line.startswith("images held out"))
    assert "right: 0  wrong: 0, is 1" in lines[top] or size[0] < 100
    words = " ".join(line if size[0] < 90 else line[:43] for line in lines[top + 1 :])
    for taken, true in truth(digits, 4):
        assert (f"{taken}, is {true}" if taken != true else f"{taken} ") in words


def test_projected_they_are_a_picture_of_the_walk_and_so_is_the_confusion(digits):
    digits.view = View(projector=True)
    shown = []
    for digits.picture in range(3):
        shown.append("\n".join(screenful(digits, 80, 24)))
    assert "images held out" in shown[0]
    assert "next: confusion" in shown[0]
    assert "confusion validation rows" in shown[1]
    assert "network" in shown[2]


@pytest.mark.parametrize("size", [Size(1, 1), Size(2, 1), Size(1, 2), Size(1, 3)])
def test_a_picture_is_the_row(digits, size):
    row = digits.run.setup.scene.held_out.inputs[3]
    rgb = picture(digits.run.setup.scene, 3, size)
    assert rgb.shape[1] == size.of(8)
    assert (rgb == rgb[..., :1]).all()
    if size.part == 1:
        wanted = np.rint(255 * row.reshape(8, 8) / row.max())
        np.testing.assert_array_equal(rgb[:: size.times, :: size.times, 0], wanted)
    elif size.part == 2:
        square = row.reshape(8, 8) / row.max()
        means = [[square[y : y + 2, x : x + 2].mean() for x in range(0, 8, 2)] for y in range(0, 8, 2)]
        np.testing.assert_array_equal(rgb[..., 0], np.rint(255 * np.array(means)))


@pytest.mark.parametrize(("width", "height"), [(12, 6), (30, 9), (45, 20), (80, 13), (200, 60)])
@pytest.mark.parametrize("pen", [1, 3])
def test_nothing_leaves_the_area(digits, width, height, pen):
    page = Page(width + 4, height + 2, Screen(), pen)
    Images().draw(page, Area(2, 1, width, height), digits.run, None)
    outside = np.ones(page.chars.shape, dtype=bool)
    outside[1 : height + 1, 2 : width + 2] = False
    assert (page.chars[outside] == " ").all()
    assert (page.back[outside] == -1).all()


def test_in_the_network_an_image_stands_for_the_inputs(digits):
    digits.view = View()
    lines = screenful(digits, 120, 40, screen=Screen(color=False))
    ((taken, true),) = truth(digits, 1)
    inside = [line[48:62] for line in lines]
    assert any(line.startswith(taken if taken == true else f"{taken}, is {true}") for line in inside)
    assert not any("p0" in line for line in lines)


def test_rows_of_numbers_that_are_no_images_keep_the_confusion():
    wine = do(session("sample:wine", "--hidden", "4"), "step 2")
    text = "\n".join(screenful(wine, 120, 40))
    assert "confusion" in text
    assert "images" not in text
    assert wine.run.setup.scene.side == 0
