"""What the training loop tells: frozen records. `row()`, ordered flat scalars, is the one contract with output."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from gdcli.arrays import Array, np
from gdcli.definitions.dataclass import dataclass

__all__ = ["Epoch", "Overfitting", "Scores", "Status", "Step", "Stretch"]

Scalar = float | int | str | None
Row = dict[str, Scalar]


class Status(enum.StrEnum):
    """How a run stands, or ended."""

    RUNNING = "running"
    CONVERGED = "converged"
    COMPLETED = "completed"
    STOPPED_EARLY = "stopped_early"
    DIVERGED = "diverged"
    INTERRUPTED = "interrupted"


class Step(NamedTuple):
    """One update: where it left the parameters, and what it was made of.

    Args:
        step: Updates made so far, this one included.
        epoch: The epoch it belongs to, from 1.
        learning_rate: The rate it used.
        loss: The batch's data loss before it.
        gradient: The batch's gradient before it, penalties included, shape (P,).
        parameters: The parameters after it, shape (P,).
        state: The optimizer's state after it.
        rows: Its batch: an index into the training rows.
        measure: Evaluates the state after it over the whole set: the `Epoch` record of this moment.
        replay: Asks the optimizer again what to add; None unless `streams.with_update` filled it in.
    """

    step: int
    epoch: int
    learning_rate: Any
    loss: Any
    gradient: Array
    parameters: Array
    state: Any
    rows: Array | slice
    measure: Callable[[], Epoch]
    replay: Callable[[], Array] | None = None

    @property
    def update(self) -> Array:
        """What it added to the parameters, shape (P,).

        Raises:
            ValueError: If `streams.with_update` did not fill in whom to ask.
        """
        if self.replay is None:
            raise ValueError("only a step of streams.with_update knows what it added")
        with np.errstate(all="ignore"):
            return self.replay()


class Epoch(NamedTuple):
    """The state after `epoch` passes over the data; epoch 0 is the state before training.

    One measured in mid-epoch tells `within` how far into its last pass it is.

    Args:
        epoch: Passes made over the data.
        step: Updates made.
        learning_rate: The rate of the last update (epoch 0: of the first to come).
        loss: The data loss of this state over the whole training set, without penalties.
        parameters: Shape (P,).
        names: P names to report the parameters by, or none.
        penalty: The L1 and L2 penalty of this state; None without one.
        validation_loss: The data loss over the validation set; None without one.
        gradient: The gradient over the whole training set, penalties included; None if not evaluated.
        metrics: Further figures of this state, by name.
        state: The optimizer's state, to go on from.
        status: Why the stream ended here, on its last record.
        within: Updates made in the last pass, while that is not over; else 0.
        ended_by: The names of the stopping rules that are met here, on the last record of one run.
    """

    epoch: int
    step: int
    learning_rate: Any
    loss: Any
    parameters: Array
    names: tuple[str, ...] = ()
    penalty: Any = None
    validation_loss: Any = None
    gradient: Array | None = None
    metrics: dict[str, float] = {}  # noqa: RUF012 - never written to: a default for a frozen record
    state: Any = None
    status: Status = Status.RUNNING
    within: int = 0
    ended_by: tuple[str, ...] = ()

    @property
    def passes(self) -> int:
        """Passes that are over."""
        return self.epoch - 1 if self.within else self.epoch

    @property
    def monitored(self) -> Any:
        """What `Patience` and `best` look at: the validation loss if there is one, else the loss; (R,) of a stack."""
        loss = self.loss if self.validation_loss is None else self.validation_loss
        return loss if isinstance(loss, np.ndarray) else float(loss)

    def row(self) -> Row:
        """epoch, step, lr, loss, then penalty, validation_loss and metrics where there are any, then parameters."""
        row: Row = {
            "epoch": self.epoch,
            "step": self.step,
            "lr": float(self.learning_rate),
            "loss": float(self.loss),
        }
        if self.penalty is not None:
            row["penalty"] = float(self.penalty)
        if self.validation_loss is not None:
            row["validation_loss"] = float(self.validation_loss)
        row |= self.metrics
        row |= zip(self.names, self.parameters.tolist(), strict=False)
        return row


@dataclass(frozen=True, eq=False)
class Stretch:
    """Epochs of one update each, made together: their losses, and the records of those that somebody asks for.

    A filter that has nothing to say of them passes them on in one piece; any other takes them apart.

    Args:
        epoch: The first of them.
        step: Updates made at their end.
        losses: The data loss after each.
        record: The record of one, counted from 0.
        update: The record of its update.
    """

    epoch: int
    step: int
    losses: Sequence[Any]
    record: Callable[[int], Epoch]
    update: Callable[[int], Step]

    @property
    def last(self) -> Epoch:
        """The last epoch's record."""
        return self.record(len(self.losses) - 1)

    def epochs(self) -> Iterator[Epoch]:
        """Each epoch's record."""
        return map(self.record, range(len(self.losses)))

    def records(self) -> Iterator[Step | Epoch]:
        """All records, as the training loop yields them where they are looked at."""
        for at in range(len(self.losses)):
            yield self.update(at)
            yield self.record(at)


class Scores(NamedTuple):
    """How well predictions do.

    Args:
        mse: Mean squared error.
        rmse: Its root, in units of the target.
        mae: Mean absolute error.
        r2: 1 - MSE / (MSE of predicting the mean).
    """

    mse: float
    rmse: float
    mae: float
    r2: float


class Overfitting(NamedTuple):
    """Training against rows held out.

    Args:
        verdict: `none`, `slight` or `strong`.
        best_epoch: Where the validation loss was lowest.
        best_train: Training loss there.
        best_validation: Validation loss there.
        last_train: Training loss at the end.
        last_validation: Validation loss at the end.
        gap: Validation loss minus training loss at the best epoch.
        last_gap: The same at the end.
    """

    verdict: str
    best_epoch: int
    best_train: float
    best_validation: float
    last_train: float
    last_validation: float
    gap: float
    last_gap: float
