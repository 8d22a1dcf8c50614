"""An optimizer of somebody's own keeps its arrays: the loop writes nothing into what it returns."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from gdcli.data.dataset import Dataset
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim.optimizers import BaseOptimizer
from gdcli.training.loop import Problem, descend
from gdcli.training.streams import epochs

PROBLEM = Problem(Linear(1), mse, Dataset([[1.0], [2.0]], [3.0, 5.0]))
RATE, COUNT = 0.05, 20


class Last(NamedTuple):
    step: np.ndarray


@dataclass(frozen=True)
class Remembering(BaseOptimizer):
    """v := v / 2 - lr g; its update is the very array that it remembers."""

    def init(self, parameters):
        return Last(np.zeros_like(parameters))

    def update(self, gradient, state, _parameters, learning_rate):
        step = state.step / 2 - learning_rate * gradient
        return step, Last(step)


class Plain:
    """The same, with nothing but the protocol's methods."""

    usual_learning_rate = 0.1
    weight_decay = 0.0
    init, update = Remembering.init, Remembering.update

    def trace(self, _state):
        return {}


@pytest.mark.parametrize("together", [1, 8])
@pytest.mark.parametrize("optimizer", [Remembering(), Plain()], ids=["on the base", "the protocol alone"])
def test_what_it_remembers_stays(optimizer, together):
    """Against v and w by the formula, a second time."""
    *_, last = epochs(descend(PROBLEM, optimizer, learning_rate=RATE, epochs=COUNT, together=together))
    a, y = np.array([[1.0, 1.0], [2.0, 1.0]]), np.array([3.0, 5.0])
    w, v = np.zeros(2), np.zeros(2)
    for _ in range(COUNT):
        v = v / 2 - RATE * a.T @ (a @ w - y)  # 2/n = 1
        w = w + v
    np.testing.assert_allclose(last.parameters, w, rtol=1e-12)
    np.testing.assert_allclose(last.state.step, v, rtol=1e-9)
