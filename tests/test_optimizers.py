"""Optimizers: PyTorch's trajectories, first steps by hand, and contracts over everything in `__all__`."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from torch_runs import from_torch

from gdcli.data.dataset import Dataset
from gdcli.definitions import OPTIMIZER, flag_name, named
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.optim import optimizers
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch

pytestmark = pytest.mark.quick

ORACLE = json.loads((Path(__file__).parent / "oracles" / "line_torch.json").read_text())
ALL = [getattr(optimizers, name) for name in optimizers.__all__]
rng = np.random.default_rng(7)


@pytest.mark.parametrize("run", ORACLE["runs"], ids=lambda run: run["id"])
def test_reproduces_pytorch_on_the_lectures_line(run):
    problem = Problem(Linear(1), mse, Dataset([[1.0], [2.0]], [3.0, 5.0]))
    batch = run["batch_size"]
    stream = descend(
        problem,
        from_torch(run),
        learning_rate=run["hyper"]["lr"],
        epochs=run["steps"] * batch // 2,
        start=np.array([-1.0, 5.0]),
        batch_size=batch,
        shuffle=False,
    )
    states = [next(stream).parameters, *(r.parameters for r in stream if not isinstance(r, Epoch))]
    compared = 0
    for step, (m, b) in enumerate(states):
        expected = float(run["m"][step]), float(run["b"][step])
        if not all(math.isfinite(value) for value in (*expected, float(run["loss"][step]))):
            break
        np.testing.assert_allclose([m, b], expected, rtol=1e-12, atol=1e-14)
        compared += 1
    assert compared == 51 if "first_nonfinite_step" not in run else compared >= 22


def steps_with_restarts(gradient, start, rate, count):
    """Nesterov's points x and y, as O'Donoghue & Candes write them: y, the point each gradient is taken at."""
    x, y, k, points, restarts = start, start, 0, [], 0
    for _ in range(count):
        g, before = gradient(y), x
        x = y - rate * g
        uphill = g @ (x - before) > 0
        k, restarts = (1, restarts + 1) if uphill else (k + 1, restarts)
        y = x + (k - 1) / (k + 2) * (x - before)
        points.append(y)
    return np.array(points), restarts


class TestAccelerated:
    curvatures = np.array([1.0, 0.1, 1e-3])

    def path(self, count, rate=1.0, start=(1.0, -2.0, 3.0)):
        optimizer, w = optimizers.Accelerated(), np.array(start)
        state, points = optimizer.init(w), []
        for _ in range(count):
            update, state = optimizer.update(self.curvatures * w, state, w, rate)
            w = w + update
            points.append(w)
        return np.array(points)

    def test_is_nesterovs_method_with_restarts(self):
        expected, restarts = steps_with_restarts(lambda w: self.curvatures * w, np.array([1.0, -2.0, 3.0]), 1.0, 400)
        assert restarts > 1
        np.testing.assert_allclose(self.path(400), expected, rtol=1e-9, atol=1e-12)

    def test_a_stack_restarts_each_run_for_itself(self):
        starts = np.array([[1.0, -2.0, 3.0], [0.0, 0.0, 1.0], [5.0, 1e-3, 0.0]])
        optimizer, w = optimizers.Accelerated(), starts
        state = optimizer.init(w)
        for _ in range(300):
            update, state = optimizer.update(self.curvatures * w, state, w, np.array([[1.0], [0.5], [0.9]]))
            w = w + update
        alone = [self.path(300, rate, start)[-1] for rate, start in zip((1.0, 0.5, 0.9), starts, strict=True)]
        np.testing.assert_allclose(w, alone, rtol=1e-12)
        assert len(set(state.age[:, 0].tolist())) > 1

    def test_arrives_without_knowing_the_condition_number(self):
        """A thousandth of the error in the flattest direction; plain descent keeps exp(-0.6) of it."""
        assert np.abs(self.path(600)[-1]).max() < 3e-3


@pytest.mark.parametrize("kind", ALL)
class TestContract:
    def run(self, optimizer, gradient, parameters, rate=0.01, steps=4):
        state, w = optimizer.init(parameters), parameters
        for k in range(steps):
            update, state = optimizer.update(gradient * (k + 1), state, w, rate)
            w = w + update
        return w, state

    def test_leaves_its_inputs_untouched(self, kind):
        optimizer, w, g = kind(), rng.normal(size=5), rng.normal(size=5)
        state = optimizer.init(w)
        before = w.copy(), g.copy(), [np.copy(field) for field in state]
        optimizer.update(g, state, w, 0.1)
        np.testing.assert_array_equal(w, before[0])
        np.testing.assert_array_equal(g, before[1])
        for field, old in zip(state, before[2], strict=True):
            np.testing.assert_array_equal(field, old)

    def test_repeats_itself(self, kind):
        w, g = rng.normal(size=5), rng.normal(size=5)
        np.testing.assert_array_equal(self.run(kind(), g, w)[0], self.run(kind(), g, w)[0])

    def test_first_update_opposes_the_gradient(self, kind):
        w, g = np.zeros(5), rng.normal(size=5)
        update, _ = kind().update(g, kind().init(w), w, 0.01)
        assert (np.sign(update) == -np.sign(g)).all()

    def test_a_stack_is_its_runs(self, kind):
        w, g = rng.normal(size=(3, 5)), rng.normal(size=(3, 5))
        rates = np.array([[0.01], [0.1], [1.0]])
        stacked, _ = self.run(kind(), g, w, rates)
        for r in range(3):
            np.testing.assert_allclose(stacked[r], self.run(kind(), g[r], w[r], float(rates[r, 0]))[0], rtol=1e-14)

    def test_keeps_float32(self, kind):
        w = np.ones(3, np.float32)
        result, _ = self.run(kind(), w, w)
        assert result.dtype == np.float32

    def test_weight_decay_shrinks_the_weights(self, kind):
        w = np.full(3, 2.0)
        update, _ = kind(weight_decay=0.5).update(np.zeros(3), kind().init(w), w, 0.1)
        assert (update < 0).all()

    def test_zero_gradient_is_a_fixed_point(self, kind):
        w = np.zeros(3)
        np.testing.assert_array_equal(self.run(kind(), np.zeros(3), w)[0], w)

    def test_trace_names_arrays_of_the_parameters_shape(self, kind):
        w = np.ones(3)
        _, state = self.run(kind(), w, w)
        assert all(value.shape in ((3,), ()) for value in kind().trace(state).values())

    def test_docstring_teaches(self, kind):
        assert "Source:" in kind.__doc__
        assert ">>>" in kind.__doc__


def test_a_state_without_names_has_no_trace():
    assert optimizers.SGD().trace(()) == {}


def test_adams_trace_by_hand():
    adam, w = optimizers.Adam(), np.array([1.0])
    _, state = adam.update(np.array([4.0]), adam.init(w), w, 0.1)
    trace = {name: round(float(value[0]), 12) for name, value in adam.trace(state).items()}
    assert trace == {"m": 0.4, "v": 0.016, "m_hat": 4.0, "v_hat": 16.0, "direction": 0.9999999975}


@pytest.mark.parametrize("name", optimizers.__all__)
def test_the_name_that_is_printed_can_be_given(name):
    """A header says AdamW, json says adamw: --optimizer takes both."""
    for printed in (name, flag_name(name)):
        assert named(OPTIMIZER, "--optimizer", printed) is getattr(optimizers, name)
