"""Preparing rows for a network, and remembering how: scaled inputs, encoded targets, named classes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.scaling import Scaler, polynomial
from gdcli.nn.losses import one_hot, probabilities

__all__ = ["Preparation", "class_weights", "correct", "image_scale", "prepare"]

PIXELS = 49  # inputs from which whole numbers of 0 to 255 are taken for an image


@dataclass(frozen=True, eq=False)
class Preparation:
    """How raw rows become what a network sees, and how its outputs are read.

    Args:
        input_names: The raw inputs' names, in order.
        target_name: The target's name.
        scaler: Fitted on the training rows.
        classes: The label of each class; empty for regression.
        outputs: Outputs of the network: 1 for two classes by one logit, or for a number; else K.
        shift: Of a regression's targets: their training mean.
        factor: Of a regression's targets: their training standard deviation.
        degree: Powers taken of each input before scaling.
        means: The raw inputs' training means, to stand in for missing cells; empty if not known.
    """

    input_names: tuple[str, ...]
    target_name: str
    scaler: Scaler
    classes: tuple[str, ...]
    outputs: int
    shift: float = 0.0
    factor: float = 1.0
    degree: int = 1
    means: Array = field(default_factory=lambda: np.empty(0))

    def inputs(self, raw: Array, dtype: Any) -> Array:
        """Scaled inputs of the network's type; pixels go to it directly, never through float64."""
        scaled = np.array(raw if self.degree == 1 else polynomial(raw, self.degree), dtype)
        scaled -= self.scaler.offset.astype(dtype)
        scaled /= self.scaler.factor.astype(dtype)
        return scaled

    def targets(self, data: Dataset, dtype: Any, smoothing: float = 0.0) -> Array:
        """The targets as the loss wants them: a distribution over classes, a probability, or a standardised number."""
        if self.outputs > 1:
            return one_hot(data.targets, self.outputs, smoothing, dtype)
        if self.classes:
            return np.asarray(data.targets * (1 - smoothing) + smoothing / 2, dtype)
        return np.asarray((data.targets - self.shift) / self.factor, dtype)

    def encoded(self, data: Dataset, dtype: Any, smoothing: float = 0.0) -> Dataset:
        """The rows as network and loss want them."""
        inputs, targets = self.inputs(data.inputs, dtype), self.targets(data, dtype, smoothing)
        return replace(data, inputs=inputs, targets=targets)

    def probabilities(self, outputs: Array) -> Array:
        """Each class's probability, shape (n, K)."""
        if self.outputs > 1:
            return probabilities(outputs, classes=True)
        positive = probabilities(outputs, classes=False)
        return np.stack([1 - positive, positive], axis=-1)

    def predicted(self, outputs: Array) -> Array:
        """Class indices, or numbers in the target's units."""
        if self.outputs > 1:
            return np.asarray(outputs.argmax(axis=-1))
        return (outputs > 0).astype(np.int64) if self.classes else outputs * self.factor + self.shift


def prepare(data: Dataset, scaling: Callable[[Array], Scaler], outputs: int) -> Preparation:
    """Fits a preparation to training rows.

    Args:
        data: Raw rows; class indices as targets, with `classes`, or numbers.
        scaling: Fits the scaler.
        outputs: Outputs of the network.
    """
    shift, factor = 0.0, 1.0
    if not data.classes:
        shift, spread = float(data.targets.mean()), float(data.targets.std())
        factor = spread if spread > 0 else 1.0
    scaler = scaling(data.inputs)
    means = data.inputs.mean(axis=0, dtype=np.float64)
    return Preparation(data.input_names, data.target_name, scaler, data.classes, outputs, shift, factor, means=means)


def image_scale(inputs: Array) -> float | None:
    """The largest pixel, if the rows look like images: at least 49 whole numbers of 0 to 255; else None."""
    if inputs.shape[1] < PIXELS or not len(inputs):
        return None
    if inputs.dtype != np.uint8:
        low, high = float(inputs.min()), float(inputs.max())
        if low < 0 or high > 255 or not all((part == np.rint(part)).all() for part in np.array_split(inputs, 64)):
            return None
    return float(inputs.max()) or None


def correct(outputs: Array, targets: Array) -> float:
    """Accuracy from logits: the part of rows whose likeliest class is the true one.

    Args:
        outputs: Logits (n,) or (n, K).
        targets: Probabilities of class 1 (n,), or distributions (n, K).
    """
    if outputs.ndim == 1:
        return float(np.mean((outputs > 0) == (targets > 0.5)))
    return float(np.mean(outputs.argmax(axis=-1) == targets.argmax(axis=-1)))


def class_weights(targets: Array, classes: int) -> Array:
    """Weights that make classes count alike: n / (K n_k), 1 on average over the rows.

    Source: King & Zeng 2001, Logistic Regression in Rare Events Data; scikit-learn's "balanced".
    """
    counts = np.bincount(targets, minlength=classes)
    return len(targets) / (classes * np.maximum(counts, 1))
