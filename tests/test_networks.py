"""Networks: PyTorch's trajectories on real digits, central differences, stacks, dropout."""

import json
from pathlib import Path

import numpy as np
import pytest
from torch_runs import from_torch

from gdcli.data.dataset import Dataset
from gdcli.data.samples import content
from gdcli.data.tables import read_table
from gdcli.nn import activations
from gdcli.nn.losses import binary_cross_entropy, cross_entropy, huber, mae, mse, mse_of_probabilities, one_hot
from gdcli.nn.networks import Dropout, Network
from gdcli.optim import optimizers
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch
from gdcli.training.streams import epochs

pytestmark = pytest.mark.quick

ORACLE = json.loads((Path(__file__).parent / "oracles" / "digits_torch.json").read_text())
ACTIVATIONS = [getattr(activations, name) for name in activations.__all__]
rng = np.random.default_rng(11)


def flat(parts):
    return np.concatenate([np.ravel(parts[name]) for name in ("W1", "b1", "W2", "b2")])


@pytest.fixture(scope="module")
def digits():
    table = read_table(content("digits"), "digits")
    rows = table.matrix(table.names)[:200]
    return Dataset(rows[:, 1:] / 16, one_hot(rows[:, 0].astype(int), 10, dtype=np.float64))


@pytest.mark.parametrize("run", ORACLE["runs"], ids=lambda run: run["id"])
def test_reproduces_pytorch_on_digits(run, digits):
    problem = Problem(Network((64, 16, 10)), cross_entropy, digits)
    stream = list(
        descend(
            problem,
            from_torch(run),
            learning_rate=run["hyper"]["lr"],
            epochs=run["epochs"],
            start=flat(ORACLE["problem"]["init"]),
            batch_size=run["batch_size"],
            shuffle=False,
        )
    )
    steps = [record for record in stream if not isinstance(record, Epoch)]
    np.testing.assert_allclose([step.loss for step in steps], run["batch_loss"], rtol=1e-10)
    np.testing.assert_allclose(stream[-1].parameters, flat(run["final_params"]), rtol=1e-10, atol=1e-15)
    epochs = [record for record in stream if isinstance(record, Epoch)]
    expected = [run["before_training"]["loss"], *(epoch["loss"] for epoch in run["per_epoch"])]
    np.testing.assert_allclose([epoch.loss for epoch in epochs], expected, rtol=1e-10)


def test_first_gradient_is_pytorchs(digits):
    problem = Problem(Network((64, 16, 10)), cross_entropy, digits.rows(slice(0, 32)))
    _, gradient = problem.loss_and_gradient(flat(ORACLE["problem"]["init"]), problem.data.inputs, problem.data.targets)
    np.testing.assert_allclose(gradient, flat(ORACLE["gradient_first_batch"]), rtol=1e-10, atol=1e-17)


def central_differences(loss, parameters, h=1e-6):
    result = np.empty_like(parameters)
    for at in range(parameters.size):
        up, down = parameters.copy(), parameters.copy()
        up[at] += h
        down[at] -= h
        result[at] = (loss(up) - loss(down)) / (2 * h)
    return result


def heads():
    classes = one_hot(np.array([0, 2, 1, 2, 0, 1]), 3, smoothing=0.1, dtype=np.float64)
    numbers = rng.normal(size=6)
    binary = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.1])
    weights = np.array([0.5, 2.0, 1.0])
    yield "cross_entropy", cross_entropy, classes, 3
    yield "cross_entropy of indices", cross_entropy, np.array([0, 2, 1, 2, 0, 1]), 3
    yield "weighted cross_entropy", lambda o, t: cross_entropy(o, t, weights), classes, 3
    yield "binary", binary_cross_entropy, binary, 1
    yield "weighted binary", lambda o, t: binary_cross_entropy(o, t, (0.5, 3.0)), binary, 1
    yield "mse of probabilities", mse_of_probabilities, classes, 3
    yield "mse of a probability", mse_of_probabilities, binary, 1
    yield "mse", mse, numbers, 1
    yield "mae", mae, numbers, 1
    yield "huber", huber, numbers, 1


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.__name__)
@pytest.mark.parametrize("head", list(heads()), ids=lambda head: head[0])
def test_gradient_is_the_losses_central_difference(activation, head):
    _, loss, targets, outputs = head
    network = Network((4, 5, 3, outputs), (activation, activation))
    problem = Problem(network, loss, Dataset(rng.normal(size=(6, 4)), targets), l2=0.1)
    parameters = network.initial(np.random.default_rng(3), np.float64) + 0.05
    _, gradient = problem.loss_and_gradient(parameters, problem.data.inputs, problem.data.targets)
    numeric = central_differences(
        lambda p: float(problem.data_loss(p, problem.data)) + float(problem.penalty(p)), parameters
    )
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_stack_of_networks_is_its_runs(outputs):
    network = Network((4, 6, 5, outputs), (activations.tanh, activations.relu))
    loss = cross_entropy if outputs > 1 else binary_cross_entropy
    targets = one_hot(np.arange(7) % 3, 3, dtype=np.float64) if outputs > 1 else np.arange(7) % 2.0
    problem = Problem(network, loss, Dataset(rng.normal(size=(7, 4)), targets))
    stack = rng.normal(size=(3, network.size))
    losses, gradients = problem.loss_and_gradient(stack, problem.data.inputs, problem.data.targets)
    for run in range(3):
        loss_alone, alone = problem.loss_and_gradient(stack[run], problem.data.inputs, problem.data.targets)
        np.testing.assert_allclose(losses[run], loss_alone, rtol=1e-12)
        np.testing.assert_allclose(gradients[run], alone, rtol=1e-12, atol=1e-15)


def test_no_hidden_layer_is_softmax_regression():
    network = Network((2, 3))
    w, b = rng.normal(size=(2, 3)), rng.normal(size=3)
    x = rng.normal(size=(5, 2))
    np.testing.assert_allclose(network(np.concatenate([w.ravel(), b]), x)[0], x @ w + b)


def test_float32_stays_float32():
    network = Network((3, 4, 2))
    data = Dataset(rng.normal(size=(40, 3)).astype("f4"), one_hot(np.arange(40) % 2, 2))
    problem = Problem(network, cross_entropy, data)
    start = network.initial(np.random.default_rng(0))
    for name in optimizers.__all__:
        optimizer = getattr(optimizers, name)()
        *_, last = epochs(descend(problem, optimizer, learning_rate=0.01, epochs=2, start=start, batch_size=8))
        assert last.parameters.dtype == np.float32
        assert start.dtype == np.float32


def test_measuring_in_parts_is_measuring_at_once(monkeypatch):
    network = Network((3, 4, 2))
    data = Dataset(rng.normal(size=(50, 3)), one_hot(np.arange(50) % 2, 2, dtype=np.float64))
    problem = Problem(network, cross_entropy, data, metrics={"rows": lambda outputs, _: float(outputs[:, 0].mean())})
    parameters = network.initial(np.random.default_rng(0), np.float64)
    whole = problem.measured(parameters, data)
    monkeypatch.setattr("gdcli.training.problem.MEASURED", 7)
    parts = problem.measured(parameters, data)
    np.testing.assert_allclose(parts[0], whole[0], rtol=1e-13)
    np.testing.assert_allclose(parts[1]["rows"], whole[1]["rows"], rtol=1e-13)


class TestDropout:
    network = Dropout((3, 200, 1), rate=0.25)
    data = Dataset(np.ones((400, 3)), np.zeros(400))

    def test_measuring_has_none(self):
        parameters = self.network.initial(np.random.default_rng(0), np.float64)
        plain = Network((3, 200, 1))(parameters, self.data.inputs)[0]
        np.testing.assert_array_equal(self.network(parameters, self.data.inputs)[0], plain)

    def test_training_keeps_the_mean(self):
        parameters = self.network.initial(np.random.default_rng(0), np.float64)
        noisy = self.network.training(np.random.default_rng(1))(parameters, self.data.inputs)[0]
        plain = self.network(parameters, self.data.inputs)[0]
        assert noisy.std() > 0
        assert abs(noisy.mean() - plain.mean()) < 4 * noisy.std() / np.sqrt(len(noisy))

    def test_gradient_goes_back_through_the_same_masks(self):
        network = Dropout((3, 8, 1), rate=0.5)
        parameters = network.initial(np.random.default_rng(0), np.float64) + 0.1
        x, y = rng.normal(size=(5, 3)), rng.normal(size=5)

        def loss(p):
            return float(mse(network.training(np.random.default_rng(9))(p, x)[0], y)[0])

        outputs, backprop = network.training(np.random.default_rng(9))(parameters, x)
        gradient = backprop(mse(outputs, y)[1])
        np.testing.assert_allclose(gradient, central_differences(loss, parameters), rtol=1e-6, atol=1e-8)

    def test_runs_repeat(self):
        problem = Problem(self.network, mse, self.data)
        start = self.network.initial(np.random.default_rng(0))
        runs = [
            list(epochs(descend(problem, optimizers.SGD(), learning_rate=0.01, epochs=2, start=start, batch_size=50)))
            for _ in range(2)
        ]
        np.testing.assert_array_equal(runs[0][-1].parameters, runs[1][-1].parameters)


@pytest.mark.parametrize("sizes", [(2,), (2, 0, 1), ()])
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(ValueError, match="network needs"):
        Network(sizes)


def test_resumed_is_as_if_never_stopped():
    network = Dropout((3, 8, 2), rate=0.2)
    data = Dataset(rng.normal(size=(30, 3)).astype("f4"), one_hot(np.arange(30) % 2, 2))
    problem = Problem(network, cross_entropy, data)
    options = {"start": network.initial(np.random.default_rng(0)), "batch_size": 7, "seed": 5}
    whole = list(epochs(descend(problem, optimizers.Adam(), learning_rate=0.01, epochs=6, **options)))
    half = list(epochs(descend(problem, optimizers.Adam(), learning_rate=0.01, epochs=3, **options)))[-1]
    *_, last = epochs(descend(problem, optimizers.Adam(), learning_rate=0.01, epochs=6, resume=half, **options))
    np.testing.assert_array_equal(last.parameters, whole[-1].parameters)
