"""Why depth needs a bend: an all-linear network is one layer, and any other can be caught not being one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import GdcliError
from gdcli.nn.activations import linear
from gdcli.nn.networks import Network
from gdcli.said import say

__all__ = ["AffineError", "Witness", "collapse", "is_linear", "largest_difference", "witness"]

PAIRS = 4096
CHUNK = 1024
SPREADS = (1.0, 10.0, 100.0)
ROUNDING = 1e-9


class AffineError(GdcliError):
    """No witness: as far as was looked, the network computes one affine map (exit 1)."""


@dataclass(frozen=True, eq=False)
class Witness:
    """Two inputs that no linear network could answer as this one does: f((p + q) / 2) is not (f(p) + f(q)) / 2.

    Args:
        p: An input, (d,).
        q: Another, (d,).
        output: The index of the output that tells.
        at_p: That output at p.
        at_q: At q.
        at_middle: At (p + q) / 2.
        rows: The indices of p and q among the rows; None where they were made up.
    """

    p: Array
    q: Array
    output: int
    at_p: float
    at_q: float
    at_middle: float
    rows: tuple[int, int] | None

    @property
    def mean(self) -> float:
        """What a linear network would say halfway: (f(p) + f(q)) / 2."""
        return self.at_p / 2 + self.at_q / 2

    @property
    def gap(self) -> float:
        """By how much the network differs from that."""
        return abs(self.at_middle - self.mean)

    def row(self) -> dict[str, float | int | None]:
        """The numbers, flat; rows count from 1, as a reader does."""
        p_row, q_row = (None, None) if self.rows is None else (self.rows[0] + 1, self.rows[1] + 1)
        return {
            "p_row": p_row,
            "q_row": q_row,
            "output": self.output + 1,
            "at_p": self.at_p,
            "at_q": self.at_q,
            "at_middle": self.at_middle,
            "mean": self.mean,
            "gap": self.gap,
        }


def is_linear(network: Network) -> bool:
    """Whether every hidden activation is `linear`, so that the network is one layer.

    >>> is_linear(Network((2, 8, 1), (linear,))), is_linear(Network((2, 8, 1))), is_linear(Network((2, 1)))
    (True, False, True)
    """
    return all(activation is linear for activation in network.activations)


def collapse(network: Network, parameters: Array) -> tuple[Array, Array]:
    """The one layer that an all-linear network is: W = W1 W2 ... Wk, b = (... (b1 W2 + b2) W3 + ...) + bk.

    Args:
        network: One for which `is_linear` holds.
        parameters: Its flat vector (P,).

    Returns:
        W of shape (inputs, outputs) and b of shape (outputs,), in float64.

    Raises:
        ValueError: If a hidden activation is not linear.

    >>> W, b = collapse(Network((1, 1, 1), (linear,)), np.array([2.0, 1.0, 3.0, 4.0]))  # 3 (2x + 1) + 4
    >>> W.tolist(), b.tolist()
    ([[6.0]], [7.0])

    Source: How a Neural Network Trains, the chained neurons.
    """
    if not is_linear(network):
        names = ", ".join(activation.__name__ for activation in network.activations)
        raise ValueError(say("only a network of linear layers is one layer, not one with {names}", names=names))
    exact = parameters.astype(np.float64)
    *before, last = network.layers
    product, shift = last.weights(exact), last.bias(exact)
    with np.errstate(all="ignore"):
        for layer in reversed(before):  # from the narrow end: fewer multiplications
            shift = layer.bias(exact) @ product + shift
            product = layer.weights(exact) @ product
    return product.copy(), shift.copy()


def largest_difference(network: Network, parameters: Array, W: Array, b: Array, inputs: Array) -> float:  # noqa: N803 - the lecture's letters
    """max |f(x) - (x W + b)| over rows and outputs, both sides in float64.

    Args:
        network: The network f.
        parameters: Its flat vector (P,).
        W: Weights (inputs, outputs).
        b: Bias (outputs,).
        inputs: Rows (n, d).

    Returns:
        The largest difference; 0 without rows, not finite where an output is not.

    >>> net, parameters = Network((1, 1, 1), (linear,)), np.array([2.0, 1.0, 3.0, 4.0])
    >>> largest_difference(net, parameters, *collapse(net, parameters), np.array([[0.5], [1.0]]))
    0.0

    Source: How a Neural Network Trains, the chained neurons.
    """
    largest = 0.0
    with np.errstate(all="ignore"):
        for begin in range(0, len(inputs), CHUNK):  # a large data set is never copied whole
            rows = inputs[begin : begin + CHUNK].astype(np.float64)
            difference = np.abs(_outputs(network, parameters, rows) - (rows @ W + b)).max()
            largest = float(np.maximum(largest, difference))
    return largest


def witness(network: Network, parameters: Array, inputs: Array) -> Witness:
    """Two inputs p, q at which f((p + q) / 2) and (f(p) + f(q)) / 2 differ most, so that f is not linear.

    Looks among pairs of rows (all of them, or 4,096 drawn with a fixed seed), and if the network is affine between
    those, among made-up inputs in and around the rows' range, further and further out.

    Args:
        network: The network f.
        parameters: Its flat vector (P,).
        inputs: Rows (n, d).

    Returns:
        The pair with the largest gap, in float64.

    Raises:
        AffineError: If every gap is rounding, no more than 1e-9 of the outputs.

    >>> from gdcli.nn.activations import relu
    >>> found = witness(Network((1, 1, 1), (relu,)), np.array([1.0, 0.0, 1.0, 0.0]), np.array([[-2.0], [2.0]]))
    >>> found.at_middle, found.mean
    (0.0, 1.0)

    Source: Rudin 1976, Principles of Mathematical Analysis, exercise 4.24: continuous and equal at midpoints is affine.
    """
    rng = np.random.default_rng(0)
    pairs = _pairs(len(inputs), rng)
    found = _widest(network, parameters, inputs[pairs[0]], inputs[pairs[1]], pairs)
    made = _made(network, inputs, rng)
    while found is None:
        p, q = next(made, (None, None))
        if p is None or q is None:
            raise AffineError(
                say(
                    "no witness: the network is affine on these {count:,} rows and wherever else was looked",
                    count=len(inputs),
                ),
                say("its hidden neurons never reach the bend of their activation"),
            )
        found = _widest(network, parameters, p, q, None)
    return found


def _pairs(count: int, rng: np.random.Generator) -> Array:
    """Indices of p and q, (2, k): every pair if they are few, else some, drawn."""
    if count * (count - 1) // 2 <= PAIRS:
        return np.stack(np.triu_indices(count, 1))
    drawn = rng.integers(count, size=(2, PAIRS))
    return drawn[:, drawn[0] != drawn[1]]


def _made(network: Network, inputs: Array, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
    """Made-up pairs: normal around the rows' middle, with growing spread."""
    shape = (2, CHUNK, network.sizes[0])
    center = inputs.mean(axis=0, dtype=np.float64) if len(inputs) else 0.0
    width = inputs.std(axis=0, dtype=np.float64) if len(inputs) else 1.0
    for spread in SPREADS:
        p, q = center + spread * np.where(width, width, 1.0) * rng.normal(size=shape)
        yield p, q


def _widest(network: Network, parameters: Array, p: Array, q: Array, rows: Array | None) -> Witness | None:
    """The pair with the largest gap, if that is more than rounding."""
    parts = [slice(begin, begin + CHUNK) for begin in range(0, len(p), CHUNK)]
    told = [_told(network, parameters, p[part], q[part]) for part in parts]
    if not told:
        return None
    at_p, at_q, at_middle = np.concatenate(told, axis=1)
    with np.errstate(all="ignore"):
        gaps = np.abs(at_middle - (at_p / 2 + at_q / 2))
        real = gaps > ROUNDING * np.maximum(np.abs(at_middle), np.maximum(np.abs(at_p), np.abs(at_q)))
    gaps = np.where(real & np.isfinite(gaps), gaps, 0.0)
    pair, output = np.unravel_index(np.argmax(gaps), gaps.shape)
    if not gaps[pair, output]:
        return None
    return Witness(
        p=p[pair].astype(np.float64),
        q=q[pair].astype(np.float64),
        output=int(output),
        at_p=float(at_p[pair, output]),
        at_q=float(at_q[pair, output]),
        at_middle=float(at_middle[pair, output]),
        rows=None if rows is None else (int(rows[0, pair]), int(rows[1, pair])),
    )


def _told(network: Network, parameters: Array, p: Array, q: Array) -> Array:
    """The outputs at p, q and halfway, (3, n, outputs)."""
    p, q = p.astype(np.float64), q.astype(np.float64)
    with np.errstate(all="ignore"):
        return np.stack([_outputs(network, parameters, each) for each in (p, q, p / 2 + q / 2)])


def _outputs(network: Network, parameters: Array, inputs: Array) -> Array:
    """The network's outputs in float64, always (n, outputs)."""
    outputs: Array = network(parameters.astype(np.float64), inputs)[0]
    return outputs.reshape(len(inputs), network.sizes[-1])
