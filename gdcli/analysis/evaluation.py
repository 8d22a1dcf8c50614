"""How a network does on a set of rows: loss, accuracy or errors, confusion."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.data.preparation import Preparation
from gdcli.definitions.dataclass import dataclass
from gdcli.nn import losses, metrics
from gdcli.nn.networks import Network
from gdcli.training.problem import MEASURED, Problem

PART = 1 << 16
"""Rows on disk that are measured at a time."""

TOGETHER = 64
"""Rows whose predictions are computed at a time: never fewer, as the last bits depend on how many there are."""

__all__ = ["Evaluation", "evaluate", "outputs", "row_outputs"]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A network's figures on some rows.

    Args:
        loss: The training loss's value on them, in the target's units for numbers.
        figures: accuracy for classes; mse, rmse, mae, r2 for numbers.
        confusion: K x K counts, rows = truth; None for numbers.
    """

    loss: float
    figures: dict[str, float]
    confusion: Array | None

    def figures_with_loss(self) -> dict[str, float]:
        """loss, then the figures."""
        return {"loss": self.loss, **self.figures}


def outputs(network: Network, parameters: Array, preparation: Preparation, raw: Array) -> Array:
    """A network's outputs for raw inputs, a part at a time."""
    dtype = parameters.dtype
    with np.errstate(all="ignore"):
        parts = [
            network(parameters, preparation.inputs(raw[begin : begin + MEASURED], dtype))[0]
            for begin in range(0, len(raw), MEASURED)
        ]
    return np.concatenate(parts)


def row_outputs(network: Network, parameters: Array, preparation: Preparation, raw: Array) -> Array:
    """The same, each row's to the last bit, whatever rows it comes with: a pipe brings them as it likes.

    A product of matrices rounds as its shape has it, so it is always one of 64 rows; some may be empty.
    """
    parts = []
    with np.errstate(all="ignore"):
        for begin in range(0, max(1, len(raw)), TOGETHER):
            part = preparation.inputs(raw[begin : begin + TOGETHER], parameters.dtype)
            empty = np.zeros((TOGETHER - len(part), part.shape[1]), part.dtype)
            full = np.concatenate([part, empty]) if len(empty) else part
            parts.append(network(parameters, full)[0][: len(part)])
    return np.concatenate(parts)


def evaluate(
    problem: Problem,
    network: Network,
    parameters: Array,
    preparation: Preparation,
    data: Dataset,
    unit: float,
    smoothing: float = 0.0,
) -> Evaluation:
    """Measures on raw rows: the network in its own type, all figures from its outputs in float64.

    Rows on disk are measured a part at a time.

    A loss that is also a figure, as MSE is, is that figure: in the target's units, one number.

    Args:
        problem: Whose loss is measured.
        network: The network.
        parameters: Its parameters.
        preparation: How its rows are prepared.
        data: Raw rows.
        unit: What the loss is multiplied by to be in the target's units.
        smoothing: Part of a label that is spread over all classes.
    """
    if not data.in_memory:
        return _merged(
            (evaluate(problem, network, parameters, preparation, part, unit, smoothing), part)
            for part in _in_parts(data)
        )
    out = outputs(network, parameters, preparation, data.inputs).astype(np.float64)
    with np.errstate(all="ignore"):
        loss = float(problem.loss(out, preparation.targets(data, np.float64, smoothing))[0]) * unit
        predicted = preparation.predicted(out)
    if not preparation.classes:
        names = ("mse", "rmse", "mae", "r2")
        values = {name: getattr(metrics, name)(predicted, data.targets) for name in names}
        same = [name for name in values if problem.loss is getattr(losses, name, None)]
        return Evaluation(values[same[0]] if same else loss, values, None)
    figures = {"accuracy": metrics.accuracy(predicted, data.targets)}
    counts = metrics.confusion(predicted, data.targets, len(preparation.classes))
    return Evaluation(loss, figures, counts)


def _in_parts(data: Dataset) -> Iterator[Dataset]:
    for inputs, targets in data.parts(PART):
        yield Dataset(inputs, targets, data.input_names, data.target_name, data.classes)


def _merged(parts: Iterable[tuple[Evaluation, Dataset]]) -> Evaluation:
    """The figures on all rows, from those on parts of them."""
    found, rows = zip(*((one, (len(part), *_about(part.targets))) for one, part in parts), strict=True)
    counts, means, squares = (np.array(column, float) for column in zip(*rows, strict=True))
    share = counts / counts.sum()
    loss = float(share @ [one.loss for one in found])
    if found[0].confusion is not None:
        confusion = np.sum([one.confusion for one in found], axis=0)
        return Evaluation(loss, {"accuracy": float(confusion.trace() / confusion.sum())}, confusion)
    mse, mae = (float(share @ [one.figures[name] for one in found]) for name in ("mse", "mae"))
    total = float(squares.sum() + counts @ (means - share @ means) ** 2)
    r2 = 1 - mse * float(counts.sum()) / total if total else found[0].figures["r2"]
    figures = {"mse": mse, "rmse": math.sqrt(mse), "mae": mae, "r2": r2}
    same = [name for name in figures if all(one.loss == one.figures[name] for one in found)]
    return Evaluation(figures[same[0]] if same else loss, figures, None)


def _about(targets: Array) -> tuple[float, float]:
    """The mean, and the sum of squared distances from it."""
    mean = float(np.mean(targets, dtype=float))
    return mean, float(((targets - mean) ** 2).sum())
