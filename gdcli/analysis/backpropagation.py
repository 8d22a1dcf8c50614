"""The chain rule layer by layer, every number kept."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gdcli.arrays import Array
from gdcli.nn.activations import linear
from gdcli.nn.losses import Loss
from gdcli.nn.networks import Network

__all__ = ["LayerPass", "backpropagate"]


class LayerPass(NamedTuple):
    """One layer on the way forward and back; n rows.

    Args:
        inputs: What the layer is given, shape (n, fan_in).
        z: inputs W + b, shape (n, fan_out).
        outputs: activation(z).
        slope: activation'(z).
        by_outputs: dL/dh: the next layer's dL/dz W^T; of the last layer, dL/dz.
        by_z: dL/dz = dL/dh activation'(z).
        by_weights: dL/dW = inputs^T dL/dz, shape (fan_in, fan_out).
        by_bias: dL/db: dL/dz summed over the rows, shape (fan_out,).
    """

    inputs: Array
    z: Array
    outputs: Array
    slope: Array
    by_outputs: Array
    by_z: Array
    by_weights: Array
    by_bias: Array


def backpropagate(
    network: Network, loss: Loss, parameters: Array, inputs: Array, targets: Array
) -> tuple[Any, list[LayerPass]]:
    """The loss on some rows, and what each layer does on the way forward and back, the first layer first.

    Args:
        network: The layers.
        loss: What is differentiated: of logits, or of numbers.
        parameters: Shape (P,).
        inputs: Shape (n, d).
        targets: As the loss wants them.

    >>> from gdcli.nn.losses import mse
    >>> net, w = Network((1, 1, 1), (linear,)), np.array([2.0, 0.0, 3.0, 1.0])  # 3 (2 x) + 1
    >>> value, (first, last) = backpropagate(net, mse, w, np.array([[1.0]]), np.array([5.0]))
    >>> float(value), last.by_z.tolist(), last.by_weights.tolist(), first.by_weights.tolist()
    (4.0, [[4.0]], [[8.0]], [[12.0]])

    Source: Rumelhart, Hinton & Williams 1986, Learning representations by back-propagating errors.
    """
    forward = [*_forward(network, parameters, inputs)]
    outputs = forward[-1][2]
    value, way_back = loss(outputs if outputs.shape[1] > 1 else outputs[:, 0], targets)
    flowing, passes = way_back.reshape(outputs.shape), []
    for layer, (below, z, outputs, slope) in zip(reversed(network.layers), reversed(forward), strict=True):
        by_z = flowing * slope
        passes.append(LayerPass(below, z, outputs, slope, flowing, by_z, below.T @ by_z, by_z.sum(axis=0)))
        flowing = by_z @ layer.weights(parameters).T
    return value, passes[::-1]


def _forward(network: Network, parameters: Array, inputs: Array) -> Any:
    """Of each layer its inputs, z, outputs and slopes."""
    below = inputs
    for layer, activation in zip(network.layers, (*network.activations, linear), strict=True):
        z = below @ layer.weights(parameters) + layer.bias(parameters)
        outputs, back = activation(z)
        yield below, z, outputs, back(np.ones_like(z))
        below = outputs
