"""Stopping rules: when a run has done what it is for, or will do no more.

Each is a frozen record of its numbers with a pure pair, as optimizers have one: `init()` gives the state before the
run, and `update(record, state)` says whether the run ends at this record, and gives the next state. A record's losses
are in the target's own units: a number for one run, (R,) for a stack of R, for which the same formula serves.

A definition here is all there is to a rule: its fields are its options on the command line, and it is in force where
the first of them is given. `gdcli.training.stopping` asks the rules.

The file is long because all rules stand in it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, NamedTuple, Protocol

from gdcli.arrays import Array, np
from gdcli.definitions import STOPPING_RULE, Kind
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say
from gdcli.training.records import Epoch, Status

__all__ = ["Flat", "MaxSteps", "Patience", "Separated", "TargetLoss", "Tolerance"]

SEPARATED_FLAT = 1e-3
"""Of the first loss: what a loss must fall by to count as falling, where the classes are told apart."""

REQUIRED_TOLERANCE = 1e-6
"""What part of the start's excess loss, or gradient, may be left where convergence is asked for and no rule says it."""


class StoppingRule:
    """What a rule is made of: a frozen dataclass with this for its base, and `update`.

    Each field's `metadata` describes its option: `metavar`, `help`, and `accepts`, the name of a parser of numbers
    (number, positive, non_negative, below_one, count, whole). A state is None, a number, an array (R,), or a tuple
    of such.
    """

    kind: ClassVar[Kind] = STOPPING_RULE

    status: ClassVar[Status] = Status.STOPPED_EARLY
    """How a run ends by this rule."""

    needs_gradient: ClassVar[bool] = False
    """Whether `record.gradient`, over the whole training set, is to be filled in."""

    needs_classes: ClassVar[bool] = False
    """Whether it reads the accuracy, which only a classification has."""

    @property
    def reason(self) -> str:
        """Why a run ends by it, in words; empty where the status says it all."""
        return ""

    def init(self) -> Any:
        """The state before the first record."""
        return None

    def update(self, record: Epoch, state: Any) -> tuple[Any, Any]:
        """Whether the run ends at this record, and the next state.

        Args:
            record: The state after an epoch, or where `due` asks for it; losses in the target's own units.
            state: What `init` or the last `update` gave.
        """
        raise NotImplementedError

    def due(self, step: int) -> bool:  # noqa: ARG002 - what a rule may ask
        """Whether the state after so many updates is to be measured, in mid-epoch if need be."""
        return False


def where(condition: Any, yes: Any, no: Any) -> Any:
    """`np.where`, at the price of an `if` where there is one run.

    >>> where(True, 1.0, 2.0), where(np.array([True, False]), 1.0, 2.0).tolist()
    (1.0, [1.0, 2.0])
    """
    if isinstance(condition, np.ndarray):
        return np.where(condition, yes, no)
    return yes if condition else no


def improves(loss: Any, best: Any, min_delta: float = 0.0) -> Any:
    """Whether a loss is better than the best one: lower by more than `min_delta`.

    >>> improves(0.5, 1.0), improves(0.5, 1.0, min_delta=0.5)
    (True, False)

    Source: Keras's EarlyStopping.
    """
    return loss < best - min_delta


class Measure(Protocol):
    """A loss whose least value is known, penalties and weight decay included."""

    @property
    def resolution(self) -> Any:
        """An excess that float64 cannot tell from 0 at the optimum."""

    def resolution_at(self, parameters: Array) -> Any:
        """The same at other parameters (..., P), shape (...)."""

    def excess(self, parameters: Array) -> Any:
        """How far the loss at some parameters (..., P) is above its least value, shape (...)."""


@dataclass(frozen=True)
class Tolerance(StoppingRule):
    """Converged, whatever the units: what is left of the start is at most T.

    Where the optimum is known: J(w) - J* <= T (J(start) - J*), or no more than rounding. Elsewhere no component of the
    gradient exceeds T times the start's largest: max |g_i| <= T max |g_i(start)|, or what is known to be rounding.

    Args:
        tolerance: T.
        objective: J, where its optimum is known; an experiment fills it in.
        rounding: What a component of the gradient may be where it is 0; an experiment fills it in.

    >>> rule, state = Tolerance(0.5), Tolerance(0.5).init()
    >>> for epoch, slope in enumerate([4e-9, 3e-9, 2e-9]):
    ...     met, state = rule.update(Epoch(epoch, epoch, 0.1, 1.0, np.zeros(1), gradient=np.array([slope])), state)
    ...     print(bool(met), float(state))
    False 4e-09
    False 4e-09
    True 4e-09
    """

    tolerance: float = field(
        metadata={
            "metavar": "T",
            "help": "Stop when T of the start's excess loss (optimum unknown: of its gradient) is left.",
            "place": 3,
            "accepts": "non_negative",
        }
    )
    objective: Measure | None = field(default=None, repr=False, compare=False, metadata={"internal": True})
    rounding: float = field(default=0.0, repr=False, compare=False, metadata={"internal": True})
    status: ClassVar[Status] = Status.CONVERGED
    needs_gradient: ClassVar[bool] = True

    @property
    def reason(self) -> str:
        """What is left of the gradient, where the optimum is not known."""
        return (
            ""
            if self.objective
            else say(
                "no component of the gradient exceeds {tolerance:g} of the start's largest", tolerance=self.tolerance
            )
        )

    def update(self, record: Epoch, state: Any) -> tuple[Any, Any]:
        """What is left <= T of the first record's, which is the state."""
        left = self._left(record)
        first = left if state is None else state
        return (left <= self.tolerance * first) | self._is_rounding(left, record.parameters), first

    def _is_rounding(self, left: Any, parameters: Array) -> Any:
        """Whether no more than rounding is left: at the optimum, and here, where terms may be smaller."""
        if self.objective is None:
            return left <= self.rounding
        coarse = _coarseness(parameters.dtype)
        near = left <= self.objective.resolution * coarse
        return near & (left <= self.objective.resolution_at(parameters) * coarse) if np.any(near) else near

    def _left(self, record: Epoch) -> Any:
        """The excess loss where it is known, else the largest component of the gradient; (R,) of a stack.

        No number for an epoch of a run that goes on whose parameters were not kept.
        """
        if self.objective is not None:
            if not record.parameters.size:
                return math.nan
            return self.objective.excess(record.parameters)
        assert record.gradient is not None, "it is filled in"  # noqa: S101 - for the type checker
        return np.abs(record.gradient).max(axis=-1, initial=0.0)


def _coarseness(dtype: Any) -> float:
    """How much larger the squares of a type's rounding errors are than those of float64.

    >>> _coarseness(np.dtype("float64")), _coarseness(np.dtype("float32")) == 2.0 ** (2 * (52 - 23))
    (1.0, True)
    """
    return 1.0 if dtype == np.float64 else (float(np.finfo(dtype).eps) / float(np.finfo(float).eps)) ** 2


@dataclass(frozen=True)
class TargetLoss(StoppingRule):
    """Converged: the training loss is at most the target.

    Args:
        target_loss: The loss, in the target's own units.
    """

    target_loss: float = field(
        metadata={"metavar": "L", "help": "Stop at this training loss.", "place": 4, "accepts": "number"}
    )
    status: ClassVar[Status] = Status.CONVERGED

    def update(self, record: Epoch, state: Any) -> tuple[Any, Any]:
        """loss <= target."""
        return record.loss <= self.target_loss, state


class Waiting(NamedTuple):
    """The lowest loss, and the epochs since."""

    best: Any
    epochs: Any


@dataclass(frozen=True)
class Patience(StoppingRule):
    """Stopped early: so many epochs in a row without an improvement of the monitored loss.

    Args:
        patience: How many epochs.
        min_delta: By how much a loss must be lower to be an improvement.

    >>> rule, state = Patience(2), Patience(2).init()
    >>> for epoch, loss in enumerate([3.0, 2.0, 2.5, 2.0]):
    ...     met, state = rule.update(Epoch(epoch, epoch, 0.1, loss, np.zeros(1)), state)
    ...     print(met, state)
    False Waiting(best=3.0, epochs=0)
    False Waiting(best=2.0, epochs=0)
    False Waiting(best=2.0, epochs=1)
    True Waiting(best=2.0, epochs=2)

    Source: Prechelt 1998, Early Stopping - But When?; Keras's EarlyStopping.
    """

    patience: int = field(
        metadata={"metavar": "N", "help": "Stop after N epochs without improvement.", "place": 1, "accepts": "count"}
    )
    min_delta: float = field(
        default=0.0,
        metadata={
            "metavar": "D",
            "help": "Smaller improvements do not count. [0]",
            "alone": True,
            "place": 2,
            "accepts": "non_negative",
        },
    )

    @property
    def reason(self) -> str:
        """How long nothing improved."""
        return say("no improvement for {patience} epoch{s}", patience=self.patience, s="s" * (self.patience != 1))

    def init(self) -> Waiting:
        """Nothing was reached yet."""
        return Waiting(math.inf, 0)

    def update(self, record: Epoch, state: Waiting) -> tuple[Any, Waiting]:
        """Epochs since the lowest loss >= patience; the state before training cannot end a run."""
        loss = record.monitored
        better = improves(loss, state.best, self.min_delta)
        epochs = where(better, 0, state.epochs + 1)
        return (epochs >= self.patience) & (record.epoch > 0), Waiting(where(better, loss, state.best), epochs)


@dataclass(frozen=True)
class MaxSteps(StoppingRule):
    """Completed: so many updates are made, in mid-epoch if need be.

    Args:
        max_steps: How many.
    """

    max_steps: int = field(
        metadata={
            "metavar": "N",
            "help": "Stop after N updates, in mid-epoch if need be.",
            "place": 5,
            "accepts": "count",
        }
    )
    status: ClassVar[Status] = Status.COMPLETED

    def update(self, record: Epoch, state: Any) -> tuple[bool, Any]:
        """step >= N."""
        return record.step >= self.max_steps, state

    def due(self, step: int) -> bool:
        """step >= N."""
        return step >= self.max_steps


class Falling(NamedTuple):
    """How the lowest loss comes down.

    Args:
        first: The first loss.
        best: The lowest loss.
        mark: The lowest loss where it last came down by enough.
        epochs: The epochs since.
    """

    first: Any
    best: Any
    mark: Any
    epochs: Any


@dataclass(frozen=True)
class Flat(StoppingRule):
    """Stopped early: in so many epochs the lowest monitored loss has not fallen by another part of the first one.

    Args:
        flat: The part R of the first loss.
        over: How many epochs N.

    >>> rule, state = Flat(0.1, over=2), Flat(0.1, over=2).init()
    >>> for epoch, loss in enumerate([1.0, 0.5, 0.45, 0.42]):
    ...     met, state = rule.update(Epoch(epoch, epoch, 0.1, loss, np.zeros(1)), state)
    ...     print(met, state.mark, state.epochs)
    False 1.0 0
    False 0.5 0
    False 0.5 1
    True 0.5 2

    Source: Prechelt 1998, Early Stopping - But When?, "training progress".
    """

    flat: float = field(
        metadata={
            "metavar": "R",
            "help": "Stop when the watched loss falls by less than R of the first in --over epochs.",
            "place": 6,
            "accepts": "non_negative",
        }
    )
    over: int = field(
        default=10,
        metadata={"metavar": "N", "help": "Epochs over which --flat looks. [10]", "place": 7, "accepts": "count"},
    )

    @property
    def reason(self) -> str:
        """How little the loss fell."""
        return say(
            "in {over} epoch{s} the watched loss fell by less than {flat:g} of the first",
            over=self.over,
            s="s" * (self.over != 1),
            flat=self.flat,
        )

    def init(self) -> Falling:
        """Nothing was reached yet."""
        return Falling(None, math.inf, math.inf, 0)

    def update(self, record: Epoch, state: Falling) -> tuple[Any, Falling]:
        """Epochs since the lowest loss fell by R of the first >= N."""
        loss = record.monitored
        first = loss if state.first is None else state.first
        best = where(loss < state.best, loss, state.best)
        fell = state.mark - best >= self.flat * first
        fell = fell & (best < state.mark)
        epochs = where(fell, 0, state.epochs + 1)
        state = Falling(first, best, where(fell, best, state.mark), epochs)
        return (epochs >= self.over) & (record.epoch > 0), state


@dataclass(frozen=True)
class Separated(StoppingRule):
    """Stopped early: every training row is classified correctly, and the monitored loss is flat.

    Classes that a model without hidden layers tells apart without a mistake have no optimum at a finite place: larger
    weights always lower the loss. With a penalty, or smoothed labels, there is one.

    Args:
        separated: Over how many epochs N.
        finite: Whether larger weights cost something; an experiment fills it in.

    Source: Albert & Anderson 1984, On the Existence of Maximum Likelihood Estimates in Logistic Regression Models.
    """

    separated: int = field(
        metadata={
            "metavar": "N",
            "help": "Stop after N flat epochs without a mistake on training rows.",
            "place": 8,
            "accepts": "count",
        }
    )
    finite: bool = field(default=False, repr=False, compare=False, metadata={"internal": True})
    needs_classes: ClassVar[bool] = True

    @property
    def reason(self) -> str:
        """That there is nowhere to arrive, where that is so."""
        if self.finite:
            return say("no mistake on training rows is left, and the loss is flat")
        return say("no mistake on training rows is left, so larger weights always lower the loss: there is no optimum")

    def init(self) -> Falling:
        """Nothing was reached yet."""
        return self._flat.init()

    def update(self, record: Epoch, state: Falling) -> tuple[Any, Falling]:
        """Accuracy 1 on the training rows, over N epochs in which the loss is flat."""
        met, state = self._flat.update(record, state)
        perfect = record.metrics.get("accuracy", 0.0) >= 1.0
        return met & perfect, state

    @property
    def _flat(self) -> Flat:
        return Flat(SEPARATED_FLAT, self.separated)


def in_force(options: Mapping[str, Any], kinds: Sequence[type[StoppingRule]] = ()) -> tuple[StoppingRule, ...]:
    """The rules whose first field is given.

    Args:
        options: Values by the names of fields; None, or nothing, where one is not given.
        kinds: The rules there are; those of this file unless given.

    >>> in_force({"patience": 5, "min_delta": 0.1, "tolerance": None})
    (Patience(patience=5, min_delta=0.1),)
    """
    known: Sequence[Any] = kinds or [globals()[name] for name in __all__]
    named = {kind: [one.name for one in dataclasses.fields(kind)] for kind in known}
    return tuple(
        kind(**{name: options[name] for name in names if options.get(name) is not None})
        for kind, names in named.items()
        if options.get(names[0]) is not None
    )


def idle_settings(rules: Sequence[StoppingRule], given: Iterable[str]) -> dict[str, str]:
    """Numbers that are given and go with a rule that is not in force, each with that rule's first field.

    >>> idle_settings((), ["min_delta"]), idle_settings((Patience(3),), ["patience"])
    ({}, {})
    """
    fields = {kind: dataclasses.fields(kind) for kind in map(_kind, __all__)}
    known = {one.name: parts[0].name for parts in fields.values() for one in parts[1:] if not one.metadata.get("alone")}
    in_use = {one.name for rule in rules for one in dataclasses.fields(rule)}  # type: ignore[arg-type]  # dataclasses
    return {name: known[name] for name in given if name in known and name not in in_use}


def _kind(name: str) -> Any:
    return globals()[name]


def converging(rules: Sequence[StoppingRule]) -> tuple[StoppingRule, ...]:
    """The same rules; with a tolerance of 1e-6 if none of them says when a run has converged.

    >>> converging([Patience(5)])
    (Patience(patience=5, min_delta=0.0), Tolerance(tolerance=1e-06))
    """
    known = any(rule.status is Status.CONVERGED for rule in rules)
    return (*rules, *(() if known else (Tolerance(REQUIRED_TOLERANCE),)))
