"""Networks: layers of neurons on one flat parameter vector."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gdcli.arrays import Array, ones
from gdcli.definitions.dataclass import dataclass
from gdcli.nn import initializers
from gdcli.nn.activations import Activation, linear, relu
from gdcli.nn.products import product_for
from gdcli.said import say

__all__ = ["Dropout", "Layer", "Network"]


class Layer(NamedTuple):
    """Where a layer's numbers lie in the flat vector: weights (fan_in, fan_out), then bias (fan_out,)."""

    fan_in: int
    fan_out: int
    begin: int
    middle: int
    end: int

    def weights(self, parameters: Array) -> Array:
        """A view of W, shape (fan_in, fan_out), or (R, fan_in, fan_out) of a stack."""
        if parameters.ndim == 1:
            return parameters[self.begin : self.middle].reshape(self.fan_in, self.fan_out)
        return parameters[:, self.begin : self.middle].reshape(-1, self.fan_in, self.fan_out)

    def bias(self, parameters: Array) -> Array:
        """A view of b, shape (..., fan_out)."""
        return parameters[..., self.middle : self.end]


@dataclass(frozen=True)
class Network:
    """Dense layers: h := activation(h W + b), and outputs h W + b at the end.

    Args:
        sizes: Inputs, neurons of each hidden layer, outputs: (784, 128, 10). Without a hidden layer it is
            logistic or softmax regression (or a line).
        activations: One for each hidden layer, or one for all.

    With one output the outputs have shape (..., n), else (..., n, K). The outputs are logits or numbers: what
    turns them into probabilities is part of the loss.

    >>> import numpy as np
    >>> net = Network((2, 3, 1))
    >>> net.size, net(np.zeros(net.size), np.ones((5, 2)))[0].shape
    (13, (5,))

    Source: the lecture, "From a neuron to a network"; Rumelhart, Hinton & Williams 1986 for the way back.
    """

    sizes: tuple[int, ...]
    activations: tuple[Activation, ...] = (relu,)

    def __post_init__(self) -> None:
        hidden = len(self.sizes) - 2
        if hidden < 0 or min(self.sizes) < 1:
            raise ValueError(say("a network needs inputs and outputs, not sizes {sizes}", sizes=self.sizes))
        each = self.activations * hidden if len(self.activations) == 1 else self.activations
        if len(each) != hidden:
            raise ValueError(say("{count} activations for {hidden} hidden layers", count=len(each), hidden=hidden))
        object.__setattr__(self, "activations", tuple(each))

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Where each layer's numbers lie."""
        found, begin = [], 0
        for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False):
            middle = begin + fan_in * fan_out
            found.append(Layer(fan_in, fan_out, begin, middle, middle + fan_out))
            begin = middle + fan_out
        return tuple(found)

    @property
    def size(self) -> int:
        """P, all weights and biases."""
        return self.layers[-1].end

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """None: there are too many to report one by one."""
        return ()

    @property
    def penalised(self) -> Array:
        """1 for weights, 0 for biases."""
        mask = np.zeros(self.size, np.float32)
        for layer in self.layers:
            mask[layer.begin : layer.middle] = 1
        return mask

    def initial(
        self, rng: np.random.Generator, dtype: type = np.float32, initializer: initializers.Initializer | None = None
    ) -> Array:
        """Starting parameters: weights by the initialiser that suits each layer's activation, biases 0.

        Args:
            rng: Where chance comes from.
            dtype: float32 or float64.
            initializer: The same one for all layers, if given.
        """
        parameters: Array = np.zeros(self.size, dtype)
        suited = [activation.initializer for activation in self.activations] + ["glorot"]
        for layer, name in zip(self.layers, suited, strict=True):
            make = initializer or getattr(initializers, name)
            layer.weights(parameters)[...] = make(rng, layer.fan_in, layer.fan_out)
        return parameters

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Outputs for inputs (n, d), and the way back to the flat gradient."""
        return _forward(self, parameters, inputs, ())

    def layerwise(self, parameters: Array, inputs: Array) -> list[Array]:
        """What each layer gives for inputs (n, d), from the first hidden one to the logits: (n, neurons) each."""
        given = [inputs.astype(parameters.dtype, copy=False)]
        for layer, activation in zip(self.layers, (*self.activations, linear), strict=True):
            given.append(activation(given[-1] @ layer.weights(parameters) + layer.bias(parameters))[0])
        return given[1:]


@dataclass(frozen=True)
class Dropout(Network):
    """A network that, while training, silences each hidden neuron with probability `rate`.

    What is left is scaled by 1 / (1 - rate), so that measuring needs no change.

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting.
    """

    rate: float = 0.5

    def training(self, rng: np.random.Generator) -> Network:
        """The network with fresh masks at each call."""
        return _Noisy(self.sizes, self.activations, self.rate, rng)


@dataclass(frozen=True)
class _Noisy(Dropout):
    """A dropout network in a training step."""

    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Outputs under fresh masks, shared by all runs of a stack."""
        keep = 1 - self.rate
        masks = [
            (self.rng.random((len(inputs), width), np.float32) < keep).astype(parameters.dtype) / keep
            for width in self.sizes[1:-1]
        ]
        return _forward(self, parameters, inputs, masks)


def _forward(
    network: Network, parameters: Array, inputs: Array, masks: Sequence[Array]
) -> tuple[Array, Callable[[Array], Array]]:
    """Layer by layer forwards; the closure goes the same way back."""
    product, summed = product_for(parameters), np.matmul if parameters.ndim > 1 else np.dot
    layers, hidden, taped = network.layers, inputs.astype(parameters.dtype, copy=False), []
    last, stacked = len(layers) - 1, parameters.ndim > 1
    for at, layer in enumerate(layers):
        weights, bias, below, back = layer.weights(parameters), layer.bias(parameters), hidden, None
        hidden = product(below, weights)
        hidden += bias[..., None, :] if stacked else bias
        if at < last:
            hidden, back = network.activations[at](hidden)
        if at < len(masks):
            hidden = hidden * masks[at]
        taped.append((layer, weights, below, back))

    def backprop(gradient: Array) -> Array:
        result = np.empty(parameters.shape, parameters.dtype)
        flowing = gradient.astype(parameters.dtype, copy=False)
        flowing = flowing if layers[-1].fan_out > 1 else flowing[..., None]
        for at in range(last, -1, -1):
            layer, weights, below, back = taped[at]
            if at < len(masks):
                flowing = flowing * masks[at]
            if back is not None:
                flowing = back(flowing)
            product(below.mT, flowing, out=layer.weights(result))
            # a product with ones sums in half the time, and a stack's runs as each of them alone
            summed(ones(flowing.shape[-2], flowing.dtype), flowing, out=layer.bias(result))
            if at:
                flowing = product(flowing, weights.mT)
        return result

    return (hidden if layers[-1].fan_out > 1 else hidden[..., 0]), backprop
