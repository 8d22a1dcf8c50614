"""What changes in mid-run: a spec's `at`, checked and made into the segments of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import reduce
from typing import Any

from gdcli.definitions import OPTIMIZER, flag_name, named
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.building import batch_size
from gdcli.experiments.notation import AT, Change, Setting, write
from gdcli.experiments.options import Option, options_of_definitions
from gdcli.experiments.spec import LoopSpec, RateSpec, Spec, groups_of, options_of
from gdcli.nn.networks import Dropout, Network
from gdcli.optim.optimizers import Optimizer
from gdcli.training.pace import Pace
from gdcli.training.segments import Segment

__all__ = ["FIXED", "changed", "changes_of", "is_changed", "pace", "rates", "segments"]

Changer = Callable[[Segment, Any, str], Segment]
FIXED: Mapping[str, str] = {
    "data": "the rows are read once, before the first step",
    "noise": "the noise is in the rows, which are read once, before the first step",
    "scale": "the parameters are in the units of the scaled inputs, and mean nothing in others",
    "standardize": "the parameters are in the units of the scaled inputs, and mean nothing in others",
    "seed": "the seed draws the start, the split and the order of the rows, before the first step",
    "shuffle": "the order of the rows is that of the seed, for the whole run",
    "hidden": "other layers have other parameters, and those learnt so far fit no others",
    "model": "the model is the same from the first step to the last",
    "schedule": "a schedule is a function of all steps; change lr instead",
    "warmup": "it is the first steps; change lr instead",
    "lr_at": "it is a change already; change lr instead",
    "at": "it is a change already",
    "loss": "losses of two kinds are not comparable, and there is one curve",
    "validation": "rows seen in training cannot be held out later",
    "epochs": "the end of the run is given once, for the whole run",
    "stop": "the end of the run is given once, for the whole run",
    "folds": "the run is scored after its end",
    "threads": "it changes no number",
}
"""Why an option, or a group of them, holds for the whole run."""


# each change


def _rate(segment: Segment, value: Any, _: str) -> Segment:  # noqa: ARG001 - the schedule has it
    return segment


def _batch(segment: Segment, value: Any, _: str) -> Segment:
    return replace(segment, batch_size=batch_size(LoopSpec(batch_size=value), len(segment.problem.data)))


def _penalty(segment: Segment, value: Any, name: str) -> Segment:
    penalties = {"l1": segment.problem.l1, "l2": segment.problem.l2} | {name: value}
    return replace(segment, problem=replace(segment.problem, **penalties))


def _dropout(segment: Segment, value: Any, _: str) -> Segment:
    model = segment.problem.model
    if not isinstance(model, Network) or len(model.sizes) < 3:
        raise OptionError("dropout silences hidden neurons, and there are none", "add --hidden 64")
    shape = model.sizes, model.activations
    return replace(
        segment, problem=replace(segment.problem, model=Dropout(*shape, value) if value else Network(*shape))
    )


def _optimizer(segment: Segment, value: Any, _: str) -> Segment:
    """Another optimizer; settings that are not the usual ones of the one before stay where it has them too."""
    kind, before = named(OPTIMIZER, "--at optimizer", value), segment.optimizer
    usual, own = vars(type(before)()), {one.name for one in fields(kind)}
    given = {name: set_to for name, set_to in vars(before).items() if set_to != usual[name] and name in own}
    return replace(segment, optimizer=kind(**given))


def _hyperparameter(segment: Segment, value: Any, name: str) -> Segment:
    optimizer: Any = segment.optimizer
    if name not in vars(optimizer):
        flags = ", ".join(one.replace("_", "-") for one in vars(optimizer))
        raise OptionError(f"{flag_name(type(optimizer).__name__)} has none", f"it takes {flags}")
    return replace(segment, optimizer=replace(optimizer, **{name: value}))


CHANGERS: Mapping[str, Changer] = {
    "lr": _rate,
    "batch_size": _batch,
    "optimizer": _optimizer,
    "l1": _penalty,
    "l2": _penalty,
    "dropout": _dropout,
}


def _hyperparameters() -> set[str]:
    return {one.name for one in options_of_definitions(OPTIMIZER)}


# a spec's changes


def is_changed(spec: Spec, *names: str) -> bool:
    """Whether something changes in mid-run: one of these, or anything."""
    return any(not names or one.name in names for one in spec.changes.at or ())


def changes_of(spec: Spec) -> list[tuple[Setting, Any]]:
    """The changes in the order of their steps, each with its value as the option has it.

    Raises:
        OptionError: If one of them cannot change in mid-run, or is no value of its option.
    """
    ordered = sorted(spec.changes.at or (), key=lambda one: one.step)
    known = {one.name: one for one in options_of(spec.command)}
    return [(one, _value(one, spec, known)) for one in ordered]


def _value(one: Setting, spec: Spec, known: Mapping[str, Option]) -> Any:
    changeable = {name: known[name] for name in known if name in CHANGERS or name in _hyperparameters()}
    if one.name not in changeable:
        raise OptionError(f"--at: {_why_not(one.name, spec, known)}", _hint(one.name, changeable))
    try:
        return changeable[one.name].read(one.value)
    except OptionError as error:
        raise OptionError(f"--at {one}: {error.message}", error.hint or AT) from None


def _hint(name: str, changeable: Sequence[str] | Mapping[str, Option]) -> str:
    usual = [one.replace("_", "-") for one in CHANGERS if one in changeable]
    return did_you_mean(name.replace("_", "-"), usual) or f"what changes: {', '.join(usual)}, an optimizer's settings"


def _why_not(name: str, spec: Spec, known: Mapping[str, Option]) -> str:
    flag = name.replace("_", "-")
    groups = (group for group, kind in groups_of(spec.command).items() if name in {one.name for one in kind.options()})
    reason = FIXED.get(name) or FIXED.get(next(groups, ""))
    if reason is None or (name not in known and name != "noise"):
        return f"{spec.command} has no '{flag}' that could change"
    return f"{flag} cannot change in mid-run: {reason}"


def rates(spec: Spec) -> RateSpec:
    """The learning rate with all its changes, by `lr_at` and by `at`."""
    more = tuple(Change(one.step, value) for one, value in changes_of(spec) if one.name == "lr")
    return replace(spec.rate, lr_at=(*(spec.rate.lr_at or ()), *more)) if more else spec.rate


def pace(spec: Spec, size: int | None, rows: int) -> Pace:
    """The batch size by the step.

    Args:
        spec: The run.
        size: Rows of a batch at the start; None = all.
        rows: Of the training set.
    """
    sizes = {0: min(size or rows, rows)}
    for one, value in changes_of(spec):
        if one.name == "batch_size":
            sizes[max(0, one.step - 1)] = batch_size(LoopSpec(batch_size=value), rows) or rows
    return Pace(rows, tuple(sizes.items()))


def segments(spec: Spec, first: Segment) -> tuple[Segment, ...]:
    """The segments of a run.

    Args:
        spec: The run.
        first: What holds at its start, before any change.

    Raises:
        OptionError: If a change cannot be.
    """
    return tuple(_chain(spec, first))


def _chain(spec: Spec, segment: Segment) -> Iterator[Segment]:
    changes = [(max(0, one.step - 1), one, value) for one, value in changes_of(spec) if one.name != "lr"]
    for after in sorted({0, *(after for after, _, _ in changes)}):
        here = ((one, value) for at, one, value in changes if at == after)
        segment = replace(reduce(_applied, here, segment), after=after)
        yield segment


def _applied(segment: Segment, change: tuple[Setting, Any]) -> Segment:
    one, value = change
    try:
        return changed(segment, one.name, value)
    except OptionError as error:
        raise OptionError(f"--at {one}: {error.message}", error.hint) from None


def changed(segment: Segment, name: str, value: Any) -> Segment:
    """A segment with one setting changed.

    Args:
        segment: What holds before it.
        name: The option's name.
        value: Its value, as the option has it.

    Raises:
        OptionError: If it cannot be.
    """
    return CHANGERS.get(name, _hyperparameter)(segment, value, name)


def setting(step: int, name: str, value: Any) -> Setting:
    """A change as a spec has it."""
    return Setting(step, name, write(value))


def optimizer_at(chain: Sequence[Segment], step: int) -> Optimizer:
    """The optimizer that made the last of so many updates."""
    return next(one for one in reversed(chain) if one.after <= max(0, step - 1)).optimizer
