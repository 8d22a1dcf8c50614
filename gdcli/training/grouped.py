"""Descent on many groups at once, each with a linear model and rows of its own, as one stack in the training loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.data.dataset import Dataset
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Linear
from gdcli.optim.optimizers import Optimizer
from gdcli.optim.schedules import Schedule
from gdcli.training.loop import Problem, descend
from gdcli.training.records import Epoch, Status
from gdcli.training.stopping import Stopping

__all__ = ["GroupOutcome", "GroupedLinear", "GroupedRows", "descend_groups"]


@dataclass(frozen=True, eq=False)
class GroupedRows(Dataset):
    """k rows for each of G groups, as the matrices A of outputs A w: inputs (G, k, P) and targets (G, k).

    Numbers of all groups stand side by side in memory, so that one instruction serves many groups.
    """

    def __post_init__(self) -> None:
        """The shapes are those of groups."""
        object.__setattr__(self, "inputs", side_by_side(self.inputs))
        object.__setattr__(self, "targets", side_by_side(self.targets))

    def __len__(self) -> int:
        return int(self.targets.shape[-1])


def side_by_side(values: Array) -> Array:
    """The same array, whose first axis is the one that runs quickest in memory."""
    result: Array = np.moveaxis(np.ascontiguousarray(np.moveaxis(values, 0, -1)), -1, 0)
    return result


def group_mse(outputs: Array, targets: Array) -> tuple[Any, Array]:
    """`mse` of each group: outputs and targets (G, k)."""
    residual = outputs - targets
    rows = residual.shape[-1]
    return np.einsum("gk,gk->g", residual, residual) / rows, residual * (2.0 / rows)


@dataclass(frozen=True)
class GroupedLinear:
    """A linear model for each group: parameters (G, P) on `GroupedRows`.

    Args:
        model: The model of one group.

    >>> table = np.array([[[1.0, 1.0], [0.0, 1.0]], [[3.0, 1.0], [4.0, 1.0]]])
    >>> outputs, backprop = GroupedLinear(Linear(1))(np.array([[1.0, 0.0], [2.0, 1.0]]), table)
    >>> outputs.tolist(), backprop(np.ones((2, 2))).tolist()
    ([[1.0, 0.0], [7.0, 9.0]], [[1.0, 2.0], [7.0, 2.0]])
    """

    model: Linear

    @property
    def size(self) -> int:
        """Parameters of a group."""
        return self.model.size

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Their names."""
        return self.model.parameter_names

    @property
    def penalised(self) -> Array:
        """The weights."""
        return self.model.penalised

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Outputs (G, k), and the way back."""
        outputs: Array = np.einsum("gkp,gp->gk", inputs, parameters)
        return outputs, lambda gradient: np.einsum("gk,gkp->gp", gradient, inputs)


@dataclass(eq=False)
class GroupOutcome:
    """Where each group's descent has ended.

    Args:
        parameters: The last ones, or those of the best epoch where rows are held out, (G, P).
        epochs: The epoch that they are of, (G,).
        status: How each ended, (G,).
    """

    parameters: Array
    epochs: Array
    status: Any
    _best: Array

    def read(self, record: Epoch, statuses: Any, live: Array, keeps_best: bool, min_delta: float) -> None:
        """Takes the state of the groups whose descent is under way, where it is the one that counts."""
        held = record.validation_loss
        better = live
        if keeps_best and held is not None:
            better = live & (np.isnan(held) | (held < self._best - min_delta))
            self._best = np.where(better, held, self._best)
        self.parameters[better] = record.parameters[better]
        self.epochs[better] = record.epoch
        self.status[live] = statuses[live] if isinstance(statuses, np.ndarray) else statuses


def descend_groups(
    problem: Problem,
    optimizer: Optimizer,
    *,
    learning_rate: Schedule,
    epochs: int,
    start: Array,
    stopping: Stopping,
    keeps_best: bool = False,
    min_delta: float = 0.0,
    interrupted: Callable[[], bool] = lambda: False,
    watch: Callable[[int], None] = lambda _: None,
) -> GroupOutcome:
    """Descends in all groups at once, up to where the last of them ends.

    Args:
        problem: A `GroupedLinear` model on `GroupedRows`.
        optimizer: From gradients to updates.
        learning_rate: By step, the same for all.
        epochs: At most.
        start: (G, P).
        stopping: What ends a group's descent.
        keeps_best: Whether the epoch with the lowest loss on held-out rows counts.
        min_delta: How much lower that must be.
        interrupted: Asked at each step; True ends all.
        watch: Takes the number of each epoch.
    """
    groups = len(start)
    start, status = side_by_side(start), np.full(groups, Status.RUNNING, object)
    outcome = GroupOutcome(start.copy(order="K"), np.zeros(groups, np.int64), status, np.full(groups, np.inf))
    standing, live = stopping.init(), np.ones(groups, bool)
    for record in descend(problem, optimizer, learning_rate=learning_rate, epochs=epochs, start=start):
        statuses, measured, standing = stopping.update(record, standing, problem, interrupted())
        if isinstance(record, Epoch):
            watch(record.epoch)
        ends = statuses is not Status.RUNNING
        if measured is not None and (ends or keeps_best):
            outcome.read(measured, statuses, live, keeps_best, min_delta)
            live = np.broadcast_to(standing.live, groups) if ends else live
        if not live.any():
            break
    return outcome
