"""The local limit: against the exact Hessian, against the optimizers' own linear dynamics, and against real runs."""

import numpy as np
import pytest
from live_sessions import do, screenful, session

from gdcli.analysis.local_limit import stability
from gdcli.analysis.sharpness import approach
from gdcli.live.view import View
from gdcli.optim.optimizers import SGD, Adagrad, Adam, AdamW, AMSGrad, CenteredRMSprop, Momentum, Nesterov, RMSprop

SMALL = ("sample:xor", "--hidden", "3", "--activation", "tanh", "--batch-size", "full", "--dtype", "float64")


def exact_hessian(problem, w, h=1e-5):
    """By central differences of the gradient, a column at a time, over all rows."""
    inputs, targets = problem.data.inputs.astype(float), problem.data.targets.astype(float)

    def gradient(at):
        return problem.loss_and_gradient(at, inputs, targets)[1]

    columns = [(gradient(w + h * unit) - gradient(w - h * unit)) / (2 * h) for unit in np.eye(len(w))]
    return (np.array(columns) + np.array(columns).T) / 2


def divisor(optimizer, gradients):
    """sqrt(v) + epsilon by the optimizers' definitions, from all gradients so far."""
    epsilon = getattr(optimizer, "epsilon", 0.0)
    v = mean = total = largest = np.zeros_like(gradients[0])
    for g in gradients:
        total = total + g * g
        if isinstance(optimizer, RMSprop):
            v = optimizer.decay * v + (1 - optimizer.decay) * g * g
            mean = optimizer.decay * mean + (1 - optimizer.decay) * g
        if isinstance(optimizer, Adam):
            v = optimizer.beta2 * v + (1 - optimizer.beta2) * g * g
            largest = np.maximum(largest, v)
    if isinstance(optimizer, CenteredRMSprop):
        return np.sqrt(v - mean**2) + epsilon
    if isinstance(optimizer, RMSprop):
        return np.sqrt(v) + epsilon
    if isinstance(optimizer, Adagrad):
        return np.sqrt(total) + epsilon
    v = largest if isinstance(optimizer, AMSGrad) else v
    return np.sqrt(v / (1 - optimizer.beta2 ** len(gradients))) + epsilon


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adagrad"])
def test_against_the_exact_hessian(optimizer):
    """To 1 %, at the start of a run, in its middle and late: the pencil of H and P has the same largest eigenvalue."""
    sitting = session(*SMALL, "--optimizer", optimizer, "--lr", "0.02")
    run, problem, gradients = sitting.run, sitting.run.setup.problem, []
    for steps in (1, 20, 100):
        while run.now.number < steps:
            run.advance()
            gradients.append(run.now.step.gradient)
        run.limits.finish(run.now)
        h, known = exact_hessian(problem, run.now.parameters), run.setup.optimizer
        p = divisor(known, gradients) if optimizer in ("rmsprop", "adam", "adagrad") else np.ones(len(h))
        sharpness = np.linalg.eigvals(h / p[:, None]).real.max()
        factors = {
            "sgd": 2.0,
            "momentum": 2 * 1.9,
            "nesterov": 2 * 1.9 / 2.8,
            "rmsprop": 2.0,
            "adagrad": 2.0,
            "adam": 2 * 1.9 / 0.1 * (1 - 0.9**steps),
        }
        assert run.limits.newest.number == steps
        assert run.limits.newest.value == pytest.approx(factors[optimizer] / sharpness, rel=0.01)
    assert len(run.limits.curve) == 3


@pytest.mark.parametrize(
    "optimizer",
    [SGD(), Momentum(), Nesterov(), RMSprop(), RMSprop(momentum=0.5), CenteredRMSprop(), Adam(), AMSGrad(), AdamW()],
    ids=str,
)
@pytest.mark.parametrize("part", [0.97, 1.03])
def test_the_factor_is_that_of_the_linear_dynamics(optimizer, part):
    """On a parabola of curvature c, with the divisor held fast, an error shrinks below the limit and grows above."""
    curvature, w = 3.0, np.array([1.0])
    state = optimizer.init(w)
    for _ in range(3000):  # its means are old, and the divisor is that of a gradient of 1
        _, state = optimizer.update(np.array([1.0 if _ % 2 else -1.0]), state, w, 0.0)
    known = stability(optimizer, state)
    scale = np.ones(1) if known.scale is None else known.scale
    rate = part * known.limit(float(scale[0] ** 2 * curvature))
    held, error, kept = scale[0] ** 2, 1e-3, 0.0
    sizes = []
    for _ in range(2000):
        gradient = curvature * error
        if isinstance(optimizer, Adam):
            kept = optimizer.beta1 * kept + (1 - optimizer.beta1) * gradient
            step = held * kept
        elif isinstance(optimizer, RMSprop):
            kept = optimizer.momentum * kept + held * gradient
            step = kept
        elif isinstance(optimizer, Nesterov):
            kept = optimizer.momentum * kept + gradient
            step = gradient + optimizer.momentum * kept
        else:
            kept = getattr(optimizer, "momentum", 0.0) * kept + gradient
            step = kept
        error -= rate * step
        sizes.append(abs(error))
        if not 1e-200 < abs(error) < 1e200:
            break
    assert (sizes[-1] < 1e-3) == (part < 1)


def test_before_the_first_step_an_adaptive_optimizer_has_none():
    w = np.zeros(2)
    assert [stability(one, one.init(w)) for one in (Adam(), RMSprop(), CenteredRMSprop(), Adagrad())] == [None] * 4
    assert stability(Adam(), None) is None


@pytest.mark.parametrize("hidden", ["2", "3", "6"])
def test_real_runs_fall_below_it_and_grow_above(hidden):
    """From a minimum (L2 keeps it finite), a nudge: at 0.9 of the limit it dies away, at 1.2 the loss grows."""
    words = ("sample:xor", "--hidden", hidden, "--activation", "tanh", "--batch-size", "full", "--dtype", "float64")
    sitting = session(*words, "--optimizer", "sgd", "--lr", "0.5", "--l2", "0.01")
    run, problem = sitting.run, sitting.run.setup.problem
    while run.now.number < 1200:
        run.advance()
    run.limits.finish(run.now)
    limit, place = run.limits.newest.value, run.now

    def objective():
        known = run.known()
        return float(known.loss) + float(problem.penalty(known.parameters))

    least, ends = objective(), {}
    for part in (0.9, 1.2):
        run.back_to(place)
        run.turn(part * limit)
        for _ in range(300):
            run.advance()
        ends[part] = objective() - least
    assert ends[0.9] <= 1e-12
    assert ends[1.2] > 1e-6


def test_a_search_that_begins_near_finds_another_largest_direction():
    """The direction that was the largest is no longer: the new one is orthogonal to it."""
    h, before = np.diag([2.0, 5.0, 1.0]), np.array([1.0, 0.0, 0.0])
    *_, found = approach(lambda v: h @ v, 3, before)
    assert found.value == pytest.approx(5.0)


def test_measuring_changes_no_run():
    """A run that is measured at every step makes the same steps, to the bit."""
    one, other = session(*SMALL, "--optimizer", "adam"), session(*SMALL, "--optimizer", "adam")
    for _ in range(10):
        one.run.advance()
        one.measure()
        other.run.advance()
    assert np.array_equal(one.run.now.parameters, other.run.now.parameters)
    assert one.rerun() == other.rerun()


def test_going_back_forgets_what_came_after():
    sitting = session(*SMALL, "--optimizer", "sgd")
    for _ in range(4):
        do(sitting, "step")
        sitting.run.limits.finish(sitting.run.now)
    do(sitting, "back 2")
    assert sitting.run.limits.curve.steps.tolist() == [1, 2]
    assert sitting.run.limits.newest is None


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_dial_and_the_curve_show_it(size):
    sitting = session(*SMALL, "--optimizer", "sgd")
    for _ in range(3):
        do(sitting, "step")
        while not sitting.measure():
            pass
    sitting.view = View(projector=False)
    do(sitting, "other_picture 2" if size[0] < 100 else "other_picture 0")
    screen = "\n".join(screenful(sitting, *size))
    assert f"2/S {sitting.run.limits.newest.value:.4g}"[:8] in screen
    assert "edge of stability" in screen
    sitting.set_rate(2 * sitting.run.limits.newest.value)
    assert "S the sharpness there" in sitting.line()


def test_a_line_has_its_own_limit():
    sitting = do(session(), "step")
    assert not sitting.measure()
    assert sitting.run.limit == sitting.run.setup.limit
