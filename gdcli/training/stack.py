"""What a stack of runs is made of: numbers in columns, a problem and an optimizer that work on all runs at once.

A run at the edge of stability makes a large difference of the last bit. So everything here gives each run of a stack
the very sums, in the very order, that the run alone would have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.definitions.dataclass import dataclass
from gdcli.nn.linear import Linear
from gdcli.optim.optimizers import Optimizer
from gdcli.training.loop import Problem

__all__ = ["Apart", "Column", "Stack", "stacked"]


class Column(np.ndarray):
    """A number for each run, (R, 1), that takes the precision of what it meets, as Python's own numbers do.

    Among themselves and with Python's numbers they stay float64; an array of float32 meets them as float32. So a
    formula gives each run of a stack the very numbers that it gives the run alone.

    >>> rate = Column.of([0.1, 0.2])
    >>> (rate / 3).dtype, (rate / 3 * np.ones((2, 1), np.float32)).dtype
    (dtype('float64'), dtype('float32'))
    """

    @classmethod
    def of(cls, numbers: Sequence[Any]) -> Column:
        """A column of these numbers."""
        return np.array(numbers, np.float64)[:, None].view(cls)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """The operation on plain arrays."""
        single = any(type(one) is np.ndarray and one.dtype == np.float32 for one in inputs)
        kind = np.float32 if single else np.float64
        plain = [one.view(np.ndarray).astype(kind, copy=False) if isinstance(one, Column) else one for one in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        own = all(isinstance(one, Column) or type(one) is not np.ndarray for one in inputs)
        return result.view(Column) if own and isinstance(result, np.ndarray) else result


@dataclass(frozen=True, eq=False)
class Stack(Problem):
    """A problem for R runs at once, each with its own penalties.

    Args:
        l1s: Shape (R, 1); None if no run has a penalty.
        l2s: The same.
    """

    l1s: Array | None = None
    l2s: Array | None = None

    def loss_and_gradient(self, parameters: Array, inputs: Array, targets: Array) -> tuple[Any, Array]:
        """The data losses (R,), and the gradients (R, P) of those plus the penalties."""
        loss, gradient = super().loss_and_gradient(parameters, inputs, targets)
        if self.l1s is None or self.l2s is None:
            return loss, gradient
        weights = parameters * self.model.penalised
        return loss, gradient + self.l1s * np.sign(weights) + self.l2s * weights


@dataclass(frozen=True)
class Apart:
    """A linear model on a stack, one product a run: the sums, and so all bits, are those of each run alone.

    Args:
        model: The linear model.
    """

    model: Linear

    @property
    def size(self) -> int:
        """The model's."""
        return self.model.size

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The model's."""
        return self.model.parameter_names

    @property
    def penalised(self) -> Array:
        """The model's."""
        return self.model.penalised

    def __call__(self, parameters: Array, inputs: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Outputs (R, n) for inputs (n, d), and the way back."""
        outputs, backprop = self.model(parameters[:, None, :], inputs)
        return outputs[:, 0, :], lambda gradient: backprop(gradient[:, None, :])[:, 0, :]


def stacked(optimizers: Sequence[Optimizer]) -> Optimizer | None:
    """One optimizer that does for each run of a stack what its own would do; None where there is none.

    Hyperparameters that differ become arrays (R, 1); it is tried whether the formula takes them.

    Args:
        optimizers: One for each run.

    >>> from gdcli.optim.optimizers import SGD, Adam, Momentum
    >>> stacked([Momentum(momentum=0.5), Momentum(momentum=0.9)]).momentum.tolist()
    [[0.5], [0.9]]
    >>> stacked([SGD(), Adam()]) is None
    True
    """
    first = optimizers[0]
    if all(other == first for other in optimizers):
        return first
    if any(type(other) is not type(first) for other in optimizers):
        return None
    columns: dict[str, Any] = {}
    for name, value in vars(first).items():
        values = [getattr(other, name) for other in optimizers]
        columns[name] = value if all(other == value for other in values) else Column.of(values)
    made = type(first)(**columns)
    return made if _takes_columns(made, len(optimizers)) else None


def _takes_columns(optimizer: Optimizer, runs: int) -> bool:
    probe = np.ones((runs, 1))
    try:
        optimizer.update(probe, optimizer.init(probe), probe, probe)
    except ValueError:  # "the truth value of an array is ambiguous": a formula that asks whether it is 0
        return False
    return True
