"""What is minimised: a model's loss on rows, and what else is measured of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Model
from gdcli.nn.losses import Loss

__all__ = ["MEASURED", "Metric", "Problem"]

Metric = Callable[[Array, Array], float]

MEASURED = 4096
"""Rows measured at a time."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised: a model's loss on data, plus penalties on its weights (not its biases).

    Args:
        model: The model.
        loss: The data loss.
        data: The training set.
        validation: Rows held out, only measured.
        l1: Adds l1 sum |w|.
        l2: Adds l2/2 sum w^2, so its gradient is l2 w.
        metrics: What else is measured at each epoch, by name: means over the rows of `(outputs, targets)`.

    Raises:
        ValueError: If a penalty is negative.
    """

    model: Model
    loss: Loss
    data: Dataset
    validation: Dataset | None = None
    l1: float = 0.0
    l2: float = 0.0
    metrics: Mapping[str, Metric] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.l1 >= 0 and self.l2 >= 0):
            raise ValueError(f"penalties must not be negative: l1 {self.l1}, l2 {self.l2}")

    def loss_and_gradient(self, parameters: Array, inputs: Array, targets: Array) -> tuple[Any, Array]:
        """The data loss on some rows, and the gradient of that loss plus the penalties, shape (P,)."""
        outputs, backprop = self.model(parameters, inputs)
        loss, way_back = self.loss(outputs, targets)
        gradient = backprop(way_back)
        return loss, self._penalise(gradient, parameters) if self.l1 or self.l2 else gradient

    def of_parameters(self) -> Callable[[Array], tuple[Any, Array]]:
        """`loss_and_gradient` on the whole training set, for one run: what does not change is done once."""
        inputs, targets = self.data.inputs, self.data.targets
        model = getattr(self.model, "on", None)
        if model is None or self.l1 or self.l2 or not inputs.flags.forc:
            return lambda parameters: self.loss_and_gradient(parameters, inputs, targets)
        outputs_at, loss_of = model(inputs), self.loss

        def loss_and_gradient(parameters: Array) -> tuple[Any, Array]:
            outputs, backprop = outputs_at(parameters)
            loss, way_back = loss_of(outputs, targets)
            return loss, backprop(way_back)

        return loss_and_gradient

    def data_loss(self, parameters: Array, data: Dataset) -> Any:
        """The data loss over a whole set."""
        return self.loss(self.model(parameters, data.inputs)[0], data.targets)[0]

    def measured(self, parameters: Array, data: Dataset) -> tuple[Any, dict[str, float]]:
        """The data loss and the metrics over a whole set, a part of it at a time to save memory."""
        loss: Any = 0.0
        totals = dict.fromkeys(self.metrics, 0.0)
        for inputs, targets in data.parts(MEASURED):
            outputs = self.model(parameters, inputs)[0]
            share = len(inputs) / len(data)
            loss = loss + self.loss(outputs, targets)[0] * share if share < 1 else self.loss(outputs, targets)[0]
            for name, metric in self.metrics.items():
                totals[name] += metric(outputs, targets) * share
        return loss, totals

    def for_training(self, seed: tuple[int, ...]) -> Problem:
        """The problem as one training step sees it: with dropout, if the model has any."""
        training = getattr(self.model, "training", None)
        return self if training is None else replace(self, model=training(np.random.default_rng(seed)))

    def penalty(self, parameters: Array) -> Any:
        """l1 sum |w| + l2/2 sum w^2, or None where neither is asked for."""
        if not (self.l1 or self.l2):
            return None
        weights = parameters * self.model.penalised
        return self.l1 * np.abs(weights).sum(axis=-1) + self.l2 / 2 * (weights * weights).sum(axis=-1)

    def _penalise(self, gradient: Array, parameters: Array) -> Array:
        weights = parameters * self.model.penalised
        result: Array = gradient + self.l1 * np.sign(weights) + self.l2 * weights
        return result
