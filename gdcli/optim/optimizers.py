"""Optimizers: how a gradient becomes an update. In order of increasing complexity.

The file is long because all optimizers stand in it, each read against the one before; a further one is a class here.

Each is a frozen record of hyperparameters with a pure pair: `init(parameters)` gives the state, and
`update(gradient, state, parameters, learning_rate)` gives what to add to the parameters and the next state.
Nothing is changed in place, so a step can be replayed, compared, stored and taken back. What is not element-wise
is of the last axis: a stack of runs `(R, P)` works as one run `(P,)` does, with a learning rate of `(R, 1)`.

Formulas and defaults are PyTorch's: g = gradient, w = parameters, t = 1, 2, ... the number of the update.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar, NamedTuple, Protocol

from gdcli.arrays import Array, np
from gdcli.definitions import OPTIMIZER, Kind
from gdcli.definitions.dataclass import dataclass

# In order of complexity, and the newest last.
__all__ = [  # noqa: RUF022
    "SGD",
    "Momentum",
    "Nesterov",
    "Adagrad",
    "RMSprop",
    "CenteredRMSprop",
    "Adam",
    "AMSGrad",
    "AdamW",
    "Accelerated",
]

Rate = float | Array
"""A learning rate: a number, or (R, 1) for a stack of R runs."""


class Optimizer(Protocol):
    """What the training loop needs of an optimizer."""

    usual_learning_rate: ClassVar[float]

    @property
    def weight_decay(self) -> float:
        """The L2 coefficient added to the gradient (AdamW: the decoupled one)."""

    def init(self, parameters: Array) -> Any:
        """The state before the first update: a named tuple of arrays."""

    def update(self, gradient: Array, state: Any, parameters: Array, learning_rate: Rate) -> tuple[Array, Any]:
        """What to add to the parameters, and the next state."""

    def trace(self, state: Any) -> dict[str, Array]:
        """The state after an update, as named arrays, with what the formula derives from it."""


def adding(optimizer: Optimizer) -> Callable[[Array, Array], Array]:
    """How an optimizer's updates are added to parameters: in the update's own memory where it is handed over.

    New arrays of many parameters cost more than the sum. What only keeps the protocol hands nothing over.
    """
    return _add_in_place if getattr(optimizer, "hands_over", False) else np.add


def _add_in_place(parameters: Array, update: Array) -> Array:
    return np.add(parameters, update, update)


class Stateless(NamedTuple):
    """Nothing to remember."""


class Velocity(NamedTuple):
    """The running sum of past gradients."""

    velocity: Array


class Restarted(NamedTuple):
    """The running sum of past gradients, and the updates since its last restart: a number, or (R, 1) of a stack."""

    velocity: Array
    age: Array


class SquareSum(NamedTuple):
    """The sum of squared gradients."""

    sum_of_squares: Array


class SquareMean(NamedTuple):
    """The running mean of squared gradients, and the velocity."""

    v: Array
    velocity: Array


class CenteredMean(NamedTuple):
    """The running means of squared gradients and of gradients, and the velocity."""

    v: Array
    mean: Array
    velocity: Array


class Moments(NamedTuple):
    """After t updates, the fading sums of which Adam's running means are a part: m = (1 - beta1) velocity, as
    `Momentum` has it, and v = (1 - beta2) sum_of_squares, as `Adagrad` has it but for the fading."""

    velocity: Array
    sum_of_squares: Array
    t: int


class MaxMoments(NamedTuple):
    """As `Moments`, with the largest sum of squares seen."""

    velocity: Array
    sum_of_squares: Array
    largest: Array
    t: int


@dataclass(frozen=True, eq=False, repr=False)
class BaseOptimizer:
    """What all share: L2 weight decay (g := g + weight_decay w), and the plain trace of the state.

    A field's `metadata` is its option on the command line: `metavar`, `help`, `accepts` (the name of a reader in
    `gdcli.experiments.notation`), and `place`, its rank among them. One definition of a name has it, for all.

    Args:
        weight_decay: L2 coefficient.
    """

    weight_decay: float = field(
        default=0.0,
        metadata={"metavar": "D", "help": "As PyTorch's. [0; adamw 0.01]", "accepts": "non_negative", "place": 5},
    )
    kind: ClassVar[Kind] = OPTIMIZER
    usual_learning_rate: ClassVar[float] = 0.01
    hands_over: ClassVar[bool] = False
    """Whether an update is an array that nobody else has, so that new parameters may be written into it."""

    # One of each for all, in place of what `dataclass` would write and compile for each class at start-up.

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), *vars(self).values()))

    def _decayed(self, gradient: Array, parameters: Array) -> Array:
        return gradient + self.weight_decay * parameters if self.weight_decay else gradient

    def trace(self, state: Any) -> dict[str, Array]:
        """The state's fields by name, as arrays; none of a state without names, as `()` is."""
        return {name: np.asarray(value) for name, value in zip(getattr(state, "_fields", ()), state, strict=False)}


@dataclass(frozen=True, eq=False, repr=False)
class SGD(BaseOptimizer):
    """Gradient descent: w := w - lr g. On mini-batches it is stochastic gradient descent.

    Args:
        weight_decay: L2 coefficient: g := g + weight_decay w.

    >>> import numpy as np
    >>> SGD().update(np.array([-3.0, -1.0]), Stateless(), np.array([-1.0, 5.0]), 0.1)[0].tolist()
    [0.30000000000000004, 0.1]

    Source: Robbins & Monro 1951, A Stochastic Approximation Method; the lecture, "The step".
    """

    usual_learning_rate: ClassVar[float] = 0.1
    hands_over: ClassVar[bool] = True

    def init(self, parameters: Array) -> Stateless:  # noqa: ARG002 - the pair's signature is one for all
        """No state."""
        return Stateless()

    def update(
        self, gradient: Array, state: Stateless, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, Stateless]:
        """-lr g."""
        return -learning_rate * self._decayed(gradient, parameters), state


@dataclass(frozen=True, eq=False, repr=False)
class Momentum(BaseOptimizer):
    """Heavy ball: u := momentum u + g; w := w - lr u.

    Args:
        weight_decay: L2 coefficient.
        momentum: How much of the velocity is kept, in [0, 1).

    >>> import numpy as np
    >>> ball, w = Momentum(), np.array([0.0])
    >>> update, state = ball.update(np.array([1.0]), ball.init(w), w, 0.1)
    >>> ball.update(np.array([1.0]), state, w, 0.1)[0].tolist()
    [-0.19]

    Source: Polyak 1964, Some methods of speeding up the convergence of iteration methods; PyTorch's SGD.
    """

    momentum: float = field(
        default=0.9, metadata={"metavar": "U", "help": "Velocity kept. [0.9]", "accepts": "below_one", "place": 0}
    )
    usual_learning_rate: ClassVar[float] = 0.01
    hands_over: ClassVar[bool] = True

    def init(self, parameters: Array) -> Velocity:
        """A velocity of zero."""
        return Velocity(np.zeros_like(parameters))

    def update(
        self, gradient: Array, state: Velocity, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, Velocity]:
        """-lr u, with u = momentum u + g."""
        velocity = self.momentum * state.velocity
        velocity += self._decayed(gradient, parameters)
        return -learning_rate * velocity, Velocity(velocity)


@dataclass(frozen=True, eq=False, repr=False)
class Nesterov(Momentum):
    """Nesterov's momentum: u := momentum u + g; w := w - lr (g + momentum u).

    Args:
        weight_decay: L2 coefficient.
        momentum: How much of the velocity is kept, in [0, 1).

    >>> import numpy as np
    >>> ball, w = Nesterov(), np.array([0.0])
    >>> ball.update(np.array([1.0]), ball.init(w), w, 0.1)[0].tolist()
    [-0.19]

    Source: Sutskever et al. 2013, On the importance of initialization and momentum, section 2; PyTorch's SGD.
    """

    def update(
        self, gradient: Array, state: Velocity, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, Velocity]:
        """-lr (g + momentum u), with u = momentum u + g."""
        gradient = self._decayed(gradient, parameters)
        velocity = self.momentum * state.velocity
        velocity += gradient
        return -learning_rate * (gradient + self.momentum * velocity), Velocity(velocity)


@dataclass(frozen=True, eq=False, repr=False)
class Accelerated(BaseOptimizer):
    """Nesterov's momentum that grows, and restarts: u := c_(k-1) u + g; w := w - lr (g + c_k u).

    c_k = (k - 1) / (k + 2) at the k-th update. Where the velocity points uphill, g . u < 0, it has gone too far: k
    begins again at 1. So it needs no condition number, and on a convex loss with lr = 1/L it always arrives.

    Args:
        weight_decay: L2 coefficient.

    >>> import numpy as np
    >>> ball, w = Accelerated(), np.array([0.0])
    >>> update, state = ball.update(np.array([1.0]), ball.init(w), w, 0.1)
    >>> update.tolist(), ball.update(np.array([1.0]), state, w, 0.1)[0].tolist()
    ([-0.1], [-0.125])

    Source: Nesterov 1983, A method for solving the convex programming problem with convergence rate O(1/k^2);
    O'Donoghue & Candes 2015, Adaptive Restart for Accelerated Gradient Schemes, section 3.2, gradient scheme.
    """

    usual_learning_rate: ClassVar[float] = 0.01
    hands_over: ClassVar[bool] = True

    def init(self, parameters: Array) -> Restarted:
        """A velocity of zero, and no update yet."""
        ages = parameters.shape[:-1] and (*parameters.shape[:-1], 1)
        return Restarted(np.zeros_like(parameters), np.zeros(ages, parameters.dtype))

    def update(
        self, gradient: Array, state: Restarted, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, Restarted]:
        """-lr (g + c_k u), with u = c_(k-1) u + g."""
        gradient = self._decayed(gradient, parameters)
        velocity = _growing(state.age) * state.velocity
        velocity += gradient
        uphill = np.sum(gradient * velocity, axis=-1, keepdims=velocity.ndim > 1) < 0
        age = np.where(uphill, 1, state.age + 1)
        return -learning_rate * (gradient + _growing(age) * velocity), Restarted(velocity, age)


def _growing(age: Array) -> Array:
    """c_k, the momentum at the k-th update since the last restart."""
    kept: Array = (age - 1) / (age + 2)
    return kept


@dataclass(frozen=True, eq=False, repr=False)
class Adagrad(BaseOptimizer):
    """Adagrad: a := a + g^2; w := w - lr g / (sqrt(a) + epsilon). Its rate only ever falls.

    Args:
        weight_decay: L2 coefficient.
        epsilon: Keeps the division finite.

    >>> import numpy as np
    >>> ada, w = Adagrad(), np.array([0.0])
    >>> ada.update(np.array([4.0]), ada.init(w), w, 0.1)[0].round(9).tolist()
    [-0.1]

    Source: Duchi, Hazan & Singer 2011, Adaptive Subgradient Methods, figure 1.
    """

    epsilon: float = field(
        default=1e-10,
        metadata={"metavar": "E", "help": "Keeps divisions finite.", "accepts": "positive", "place": 4},
    )
    usual_learning_rate: ClassVar[float] = 0.01
    hands_over: ClassVar[bool] = True

    def init(self, parameters: Array) -> SquareSum:
        """A sum of zero."""
        return SquareSum(np.zeros_like(parameters))

    def update(
        self, gradient: Array, state: SquareSum, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, SquareSum]:
        """-lr g / (sqrt(a) + epsilon), with a = a + g^2."""
        gradient = self._decayed(gradient, parameters)
        total = gradient * gradient
        total += state.sum_of_squares
        scale = np.sqrt(total)
        scale += self.epsilon
        return -learning_rate * gradient / scale, SquareSum(total)


@dataclass(frozen=True, eq=False, repr=False)
class RMSprop(BaseOptimizer):
    """RMSprop: v := decay v + (1 - decay) g^2; u := momentum u + g / (sqrt(v) + epsilon); w := w - lr u.

    Args:
        weight_decay: L2 coefficient.
        decay: How much of the running mean is kept (PyTorch's alpha; Keras's rho, there 0.9).
        epsilon: Keeps the division finite.
        momentum: How much of the velocity is kept; 0 = none.

    >>> import numpy as np
    >>> rms, w = RMSprop(), np.array([0.0])
    >>> rms.update(np.array([4.0]), rms.init(w), w, 0.01)[0].round(6).tolist()
    [-0.1]

    Source: Tieleman & Hinton 2012, Coursera: Neural Networks for Machine Learning, lecture 6.5.
    """

    decay: float = field(
        default=0.99,
        metadata={"metavar": "U", "help": "RMSprop: square kept. [0.99]", "accepts": "below_one", "place": 3},
    )
    epsilon: float = 1e-8
    momentum: float = 0.0
    usual_learning_rate: ClassVar[float] = 0.01
    hands_over: ClassVar[bool] = True

    def init(self, parameters: Array) -> SquareMean:
        """Means of zero."""
        return SquareMean(np.zeros_like(parameters), np.zeros_like(parameters))

    def update(
        self, gradient: Array, state: SquareMean, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, SquareMean]:
        """-lr u, with u = momentum u + g / (sqrt(v) + epsilon)."""
        gradient = self._decayed(gradient, parameters)
        v = _running_mean(state.v, gradient * gradient, self.decay)
        velocity = gradient / (np.sqrt(v) + self.epsilon)
        if self.momentum:
            velocity += self.momentum * state.velocity
        return -learning_rate * velocity, SquareMean(v, velocity)


@dataclass(frozen=True, eq=False, repr=False)
class CenteredRMSprop(RMSprop):
    """RMSprop by the gradient's variance: as `RMSprop`, with v - mean(g)^2 in place of v.

    Args:
        weight_decay: L2 coefficient.
        decay: How much of the running means is kept.
        epsilon: Keeps the division finite.
        momentum: How much of the velocity is kept; 0 = none.

    >>> import numpy as np
    >>> rms, w = CenteredRMSprop(), np.array([0.0])
    >>> rms.update(np.array([4.0]), rms.init(w), w, 0.01)[0].round(6).tolist()
    [-0.100504]

    Source: Graves 2013, Generating Sequences With Recurrent Neural Networks, equations 38-45.
    """

    def init(self, parameters: Array) -> CenteredMean:  # type: ignore[override]  # a state of its own
        """Means of zero."""
        return CenteredMean(*(np.zeros_like(parameters) for _ in range(3)))

    def update(  # type: ignore[override]  # as `init`
        self, gradient: Array, state: CenteredMean, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, CenteredMean]:
        """-lr u, with u = momentum u + g / (sqrt(v - mean^2) + epsilon)."""
        gradient = self._decayed(gradient, parameters)
        v = _running_mean(state.v, gradient * gradient, self.decay)
        mean = _running_mean(state.mean, gradient, self.decay)
        velocity = self.momentum * state.velocity
        velocity += gradient / (np.sqrt(v - mean * mean) + self.epsilon)
        return -learning_rate * velocity, CenteredMean(v, mean, velocity)


@dataclass(frozen=True, eq=False, repr=False)
class Adam(BaseOptimizer):
    """Adam: m, v := running means of g, g^2; w := w - lr m_hat / (sqrt(v_hat) + epsilon).

    m_hat = m / (1 - beta1^t) and v_hat = v / (1 - beta2^t) undo the bias towards the zeros they started from.

    Args:
        weight_decay: L2 coefficient (added to the gradient; `AdamW` has the decoupled one).
        beta1: How much of m is kept.
        beta2: How much of v is kept.
        epsilon: Keeps the division finite; outside the root, after the correction (Keras: before it).

    >>> import numpy as np
    >>> adam, w = Adam(), np.array([0.0])
    >>> adam.update(np.array([4.0]), adam.init(w), w, 0.1)[0].round(6).tolist()
    [-0.1]

    Source: Kingma & Ba 2015, Adam: A Method for Stochastic Optimization, algorithm 1.
    """

    beta1: float = field(
        default=0.9, metadata={"metavar": "U", "help": "Adam: mean kept. [0.9]", "accepts": "below_one", "place": 1}
    )
    beta2: float = field(
        default=0.999,
        metadata={"metavar": "U", "help": "Adam: square kept. [0.999]", "accepts": "below_one", "place": 2},
    )
    epsilon: float = 1e-8
    usual_learning_rate: ClassVar[float] = 0.001
    hands_over: ClassVar[bool] = True

    def init(self, parameters: Array) -> Moments:
        """Moments of zero."""
        return Moments(np.zeros_like(parameters), np.zeros_like(parameters), 0)

    def update(self, gradient: Array, state: Moments, parameters: Array, learning_rate: Rate) -> tuple[Array, Moments]:
        """-lr m_hat / (sqrt(v_hat) + epsilon)."""
        state, spare = self._moments(self._decayed(gradient, parameters), state)
        return self._direction(state.velocity, state.sum_of_squares, state.t, learning_rate, spare), state

    def _moments(self, gradient: Array, state: Moments) -> tuple[Moments, Array]:
        """The next moments, and an array to write over: large arrays cost more to make than to fill."""
        velocity = self.beta1 * state.velocity
        velocity += gradient
        squares = gradient * gradient
        spare: Array = self.beta2 * state.sum_of_squares
        squares += spare
        return Moments(velocity, squares, state.t + 1), spare

    def _direction(self, velocity: Array, squares: Array, t: int, learning_rate: Rate, spare: Array) -> Array:
        """-lr m_hat / (sqrt(v_hat) + epsilon), as -lr c a velocity / (sqrt(squares) + c epsilon).

        With a = (1 - beta1) / (1 - beta1^t) and c^2 = (1 - beta2^t) / (1 - beta2): fewer passes over large arrays.
        """
        scale = ((1 - self.beta2**t) / (1 - self.beta2)) ** 0.5
        np.sqrt(squares, out=spare)
        spare += scale * self.epsilon
        np.divide(velocity, spare, out=spare)
        spare *= -learning_rate * (scale * (1 - self.beta1) / (1 - self.beta1**t))
        return spare

    def trace(self, state: Moments) -> dict[str, Array]:
        """m, v, their bias-corrected values, and what multiplies the learning rate."""
        m, v = (1 - self.beta1) * state.velocity, (1 - self.beta2) * state.sum_of_squares
        m_hat, v_hat = m / (1 - self.beta1**state.t), v / (1 - self.beta2**state.t)
        direction = m_hat / (np.sqrt(v_hat) + self.epsilon)
        return {"m": m, "v": v, "m_hat": m_hat, "v_hat": v_hat, "direction": direction}


@dataclass(frozen=True, eq=False, repr=False)
class AMSGrad(Adam):
    """AMSGrad: Adam dividing by the largest v seen so far, so that its rate never grows again.

    Args:
        weight_decay: L2 coefficient.
        beta1: How much of m is kept.
        beta2: How much of v is kept.
        epsilon: Keeps the division finite.

    >>> import numpy as np
    >>> ams, w = AMSGrad(), np.array([0.0])
    >>> ams.update(np.array([4.0]), ams.init(w), w, 0.1)[0].round(6).tolist()
    [-0.1]

    Source: Reddi, Kale & Kumar 2018, On the Convergence of Adam and Beyond, algorithm 2; the maximum is
    taken of the uncorrected v, as PyTorch does.
    """

    def init(self, parameters: Array) -> MaxMoments:  # type: ignore[override]  # a state of its own
        """Moments of zero."""
        velocity, squares, largest = (np.zeros_like(parameters) for _ in range(3))
        return MaxMoments(velocity, squares, largest, 0)

    def update(  # type: ignore[override]  # as `init`
        self, gradient: Array, state: MaxMoments, parameters: Array, learning_rate: Rate
    ) -> tuple[Array, MaxMoments]:
        """-lr m_hat / (sqrt(v_max_hat) + epsilon)."""
        gradient = self._decayed(gradient, parameters)
        sums = Moments(state.velocity, state.sum_of_squares, state.t)
        (velocity, squares, t), spare = self._moments(gradient, sums)
        largest = np.maximum(state.largest, squares)
        return self._direction(velocity, largest, t, learning_rate, spare), MaxMoments(velocity, squares, largest, t)

    def trace(self, state: MaxMoments) -> dict[str, Array]:  # type: ignore[override]  # as `init`
        """As Adam's, by the largest v."""
        by_largest = super().trace(Moments(state.velocity, state.largest, state.t))
        return by_largest | {"v": (1 - self.beta2) * state.sum_of_squares, "v_max": by_largest["v"]}


@dataclass(frozen=True, eq=False, repr=False)
class AdamW(Adam):
    """AdamW: Adam, with the weights themselves shrunk: w := w - lr weight_decay w before the step.

    Args:
        weight_decay: The decoupled decay (0.01).
        beta1: How much of m is kept.
        beta2: How much of v is kept.
        epsilon: Keeps the division finite.

    >>> import numpy as np
    >>> adam, w = AdamW(), np.array([1.0])
    >>> adam.update(np.array([4.0]), adam.init(w), w, 0.1)[0].round(6).tolist()
    [-0.101]

    Source: Loshchilov & Hutter 2019, Decoupled Weight Decay Regularization, algorithm 2.
    """

    weight_decay: float = 0.01

    def update(self, gradient: Array, state: Moments, parameters: Array, learning_rate: Rate) -> tuple[Array, Moments]:
        """-lr (weight_decay w + m_hat / (sqrt(v_hat) + epsilon))."""
        state, spare = self._moments(gradient, state)
        update = self._direction(state.velocity, state.sum_of_squares, state.t, learning_rate, spare)
        update -= learning_rate * self.weight_decay * parameters
        return update, state


def _running_mean(mean: Array, value: Array, keep: float) -> Array:
    """keep * mean + (1 - keep) * value, in a new array."""
    result = keep * mean
    result += (1 - keep) * value
    return result
