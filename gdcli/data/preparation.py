"""Preparing rows for a network, and remembering how: filled and scaled inputs, encoded targets, named classes.

All of it is learnt on training rows and computed in float64; what the network sees is rounded to its type last.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.features import Feature, features, with_features
from gdcli.data.missing import Fill
from gdcli.data.scaling import PART, Scaler, polynomial, power_names
from gdcli.data.stored import StoredDataset
from gdcli.definitions.dataclass import dataclass
from gdcli.errors import DataError
from gdcli.nn.losses import one_hot, probabilities
from gdcli.said import say

__all__ = ["Preparation", "class_weights", "correct", "image_scale", "largest_pixel", "learned_fill", "prepare"]

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
        missing: What becomes of gaps in further rows: `mean` fills them, anything else refuses them.
        texts: All texts that each text column taken as input holds in the training rows.
        features: What is made of the raw inputs beside them before scaling, as x1^2.
        before: Scales the inputs before their powers are taken; None where the powers are those of the raw ones.

    >>> rows = Dataset([[1e9], [1e9 + 2]], [0.0, 2.0])
    >>> prepare(rows, standard, 1).inputs(np.array([[1e9 + 1], [1e9 + 2]]), np.float32).tolist()
    [[0.0], [1.0]]
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
    missing: str = "fail"
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    before: Scaler | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the network's inputs are: the raw inputs, their powers, and features of them."""
        return (*power_names(self.input_names, self.degree), *self.features)

    @property
    def fills(self) -> bool:
        """Whether gaps are filled without being asked for."""
        return self.missing == "mean"

    def complete(self, raw: Array) -> Array:
        """Raw rows without gaps: filled as the training rows were.

        Raises:
            DataError: At the first gap, if the training rows had none to be filled.
        """
        if self.fills:
            return self.filled(raw)
        if raw.dtype.kind == "f" and (gaps := np.isnan(raw)).any():
            row, column = np.argwhere(gaps)[0].tolist()
            what = say(
                "row {row}, column '{input_names}': missing, and the model fills no gaps",
                row=row + 1,
                input_names=self.input_names[column],
            )
            raise DataError(what, say("fill it in, or leave the row out"))
        return raw

    def filled(self, raw: Array) -> Array:
        """Raw rows with the training means in place of gaps."""
        return Fill(self.means)(raw)

    def inputs(self, raw: Array, dtype: Any) -> Array:
        """Scaled inputs of the network's type, rounded to it last.

        Raises:
            DataError: If a scaled input is beyond the type's range.
        """
        if self._is_exact_in(raw, dtype):
            pixels = np.array(raw, dtype)
            pixels /= self.scaler.factor.astype(dtype)
            return pixels
        scaled = np.empty((len(raw), len(self.scaler.offset)), dtype)
        for begin, part in self._scaled(raw):
            self._refuse_beyond(part, dtype)
            scaled[begin : begin + len(part)] = part
        return scaled

    def _scaled(self, raw: Array) -> Iterator[tuple[int, Array]]:
        """Scaled rows in float64, a part at a time to save memory, each with the number of its first row."""
        made = features(self.features, self.input_names)
        for begin in range(0, len(raw), PART):
            part = np.asarray(raw[begin : begin + PART], np.float64)
            yield begin, self.scaler(with_features(part if self.degree == 1 else self._powers(part), made))

    def _powers(self, raw: Array) -> Array:
        return polynomial(raw if self.before is None else self.before(raw), self.degree)

    def _is_exact_in(self, raw: Array, dtype: Any) -> bool:
        """Whether dividing in this type gives what rounding the float64 quotient gives: the way of pixels.

        A quotient of two numbers of a type is the same where it is rounded twice, by way of a type of more than
        twice the digits.

        Source: Figueroa 1995, When is Double Rounding Innocuous?
        """
        factor = self.scaler.factor
        fits = np.can_cast(raw.dtype, dtype) and np.array_equal(factor.astype(dtype), factor)
        return bool(fits and self.degree == 1 and not self.features and not self.scaler.offset.any())

    def _refuse_beyond(self, part: Array, dtype: Any) -> None:
        """Refuses numbers that become infinite in a type."""
        large = np.abs(part) > np.finfo(dtype).max
        if large.any():
            at = int(np.argmax(large.any(axis=0)))
            name = (*self.input_names, *self.features)[at // self.degree]
            raise DataError(
                say("column '{name}': too large for {name2}", name=name, name2=np.dtype(dtype).name),
                say("scale the column down"),
            )

    def targets(self, data: Dataset, dtype: Any, smoothing: float = 0.0) -> Array:
        """The targets as the loss wants them: a distribution over classes, a probability, or a standardised number."""
        if self.outputs > 1:
            return one_hot(data.targets, self.outputs, smoothing, dtype)
        if self.classes:
            return np.asarray(data.targets * (1 - smoothing) + smoothing / 2, dtype)
        return np.asarray((data.targets - self.shift) / self.factor, dtype)

    def encoded(self, data: Dataset, dtype: Any, smoothing: float = 0.0) -> Dataset:
        """The rows as network and loss want them."""
        names = self.names

        def encode(rows: Dataset) -> Dataset:
            inputs, targets = self.inputs(rows.inputs, dtype), self.targets(rows, dtype, smoothing)
            return replace(rows, inputs=inputs, targets=targets, input_names=names)

        return data.mapped(encode)

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
        return (outputs > 0).astype(np.int64) if self.classes else np.asarray(outputs, float) * self.factor + self.shift


def prepare(
    data: Dataset,
    scaling: Callable[[Array], Scaler],
    outputs: int,
    fill: Fill | None = None,
    made: tuple[str, ...] = (),
) -> Preparation:
    """Fits a preparation to training rows.

    Args:
        data: Raw rows without gaps; class indices as targets, with `classes`, or numbers.
        scaling: Fits the scaler.
        outputs: Outputs of the network.
        fill: What filled their gaps; learnt anew unless given.
        made: Features of the inputs, beside them.

    Raises:
        DataError: If the square of the targets' spread is 0 or infinite in float64, or a feature is infinite.
        OptionError: If there is no such feature.
    """
    shift, spread = (0.0, 1.0) if data.classes else _mean_and_spread(data)
    factor = 1.0 if spread == 0 else spread
    if not 0 < factor * factor < math.inf:
        what = say(
            "column '{target_name}': a spread of {factor:.3g} has no square in float64",
            target_name=data.target_name,
            factor=factor,
        )
        raise DataError(what, say("give the column in another unit"))
    scaler = _fitted(scaling, data, features(made, data.input_names))
    means = (fill or learned_fill(data)).means
    names, target = data.input_names, data.target_name
    return Preparation(names, target, scaler, data.classes, outputs, shift, factor, means=means, features=made)


def learned_fill(data: Dataset) -> Fill:
    """What stands in for missing inputs: the means of these rows.

    Raises:
        DataError: If an input has no value at all.
    """
    if isinstance(data, StoredDataset):
        return data.portion.moments.fill(data.input_names)
    return Fill.learn(data.inputs, data.input_names)


def _fitted(scaling: Callable[[Array], Scaler], data: Dataset, made: Sequence[Feature]) -> Scaler:
    """A scaler for rows without gaps."""
    if isinstance(data, StoredDataset):
        return data.portion.moments.scaler(scaling, data.inputs)
    return scaling(with_features(data.inputs, made))


def _mean_and_spread(data: Dataset) -> tuple[float, float]:
    """The targets' mean and standard deviation."""
    if not isinstance(data, StoredDataset):
        return float(data.targets.mean()), float(data.targets.std())
    known = data.portion.moments
    return float(known.targets.mean[0]), float(np.sqrt(known.targets.squares[0] / known.rows))


def largest_pixel(data: Dataset) -> float | None:
    """The largest pixel, if the rows look like images: at least 49 whole numbers of 0 to 255; else None."""
    return data.portion.moments.largest_pixel(PIXELS) if isinstance(data, StoredDataset) else image_scale(data.inputs)


def image_scale(inputs: Array) -> float | None:
    """The same of inputs in memory."""
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


def class_weights(counts: Array) -> Array:
    """Weights that make classes count alike: n / (K n_k), 1 on average over the training rows.

    Args:
        counts: The training rows of each class.

    A loss multiplies by them and divides by the number of rows, not by the sum of the weights.

    Source: King & Zeng 2001, Logistic Regression in Rare Events Data; scikit-learn's "balanced".
    """
    weights: Array = counts.sum() / (len(counts) * np.maximum(counts, 1))
    return weights
