"""What a run's recent course says, on courses whose answer is known by hand."""

import numpy as np
import pytest

from gdcli.analysis.standstill import limit_cycle, standstill
from gdcli.data.dataset import Dataset
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.training.problem import Problem

EPOCHS = np.arange(200)


def name(losses, epochs=1.0):
    verdict = standstill(losses, epochs)
    return verdict and verdict.name


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (np.full(200, 0.69), "plateau"),
        (0.5 + 1e-3 * np.random.default_rng(1).normal(size=200), "plateau"),
        (0.9**EPOCHS, "solved"),
        (0.99**EPOCHS, None),
        (0.9999**EPOCHS, "plateau"),  # less than a hundredth in the last fifth
        (np.full(99, 0.69), None),  # too few to tell
        (np.where(EPOCHS < 199, 1.0, np.nan), None),
    ],
)
def test_a_course_by_hand(losses, expected):
    assert name(losses) == expected


def test_crawling_says_how_long_the_next_half_takes():
    """exp(-t/T) halves every T ln 2: here each record is 100 epochs, and T 40,000 of them."""
    verdict = standstill(np.exp(-100 * EPOCHS / 40_000), 100.0)
    assert verdict.name == "crawling"
    assert verdict.figures["epochs"] == pytest.approx(40_000 * np.log(2), rel=0.01)
    assert "takes 30,000 epochs" in verdict.sentence


def descend(rate, steps):
    """w := w - rate (H w - c) on the lecture's two rows."""
    deck = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
    points, losses = [np.array([-1.0, 5.0])], []
    h, c = np.array([[5.0, 3.0], [3.0, 2.0]]), np.array([13.0, 8.0])
    for _ in range(steps):
        losses.append(float(deck.data_loss(points[-1], deck.data)))
        points.append(points[-1] - rate * (h @ points[-1] - c))
    return points[:-1], losses


def test_the_limit_itself_is_a_cycle_of_two():
    limit = 2 / np.linalg.eigvalsh([[5.0, 3.0], [3.0, 2.0]])[-1]
    verdict = limit_cycle(*descend(limit, 600))
    assert verdict.figures["period"] == 2


@pytest.mark.parametrize("part", [0.9, 0.999, 1.001])
def test_near_the_limit_there_is_none(part):
    limit = 2 / np.linalg.eigvalsh([[5.0, 3.0], [3.0, 2.0]])[-1]
    assert limit_cycle(*descend(part * limit, 600)) is None


def test_a_cycle_of_three():
    places = [np.array([x]) for x in (0.0, 1.0, 5.0)] * 5
    verdict = limit_cycle(places, [1.0, 2.0, 3.0] * 5)
    assert (verdict.figures["period"], verdict.figures["low"], verdict.figures["high"]) == (3, 1.0, 3.0)


def test_a_run_that_rests_goes_round_nothing():
    assert limit_cycle([np.array([2.0, 1.0])] * 40, [0.0] * 40) is None
