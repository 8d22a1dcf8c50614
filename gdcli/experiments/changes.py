"""What changes in mid-run: a spec's `at`, checked and made into the segments of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from gdcli.definitions import OPTIMIZER, flag_name, named
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.building import batch_size, optimizer
from gdcli.experiments.notation import AT, Change, Setting
from gdcli.experiments.options import Option, options_of_definitions
from gdcli.experiments.spec import LoopSpec, NetworkSpec, RateSpec, Spec, groups_of, options_of
from gdcli.nn.networks import Dropout, Network
from gdcli.said import clause, enumerated, say
from gdcli.training.pace import Pace
from gdcli.training.segments import Segment

__all__ = ["changes_of", "is_changed", "pace", "rates", "refuse_beyond", "segments", "together", "with_changes"]

USUAL: Mapping[str, str] = {"fit": "sgd", "train": "adam"}
"""The optimizer of a command where none is given."""
CHANGEABLE = ("lr", "batch_size", "optimizer", "l1", "l2", "dropout")
"""What changes in mid-run, beside the settings of an optimizer."""
FIXED: Mapping[str, str] = {
    "data": say("the rows are read once, before the first step"),
    "noise": say("the noise is in the rows, which are read once, before the first step"),
    "scale": say("the parameters are in the units of the scaled inputs, and mean nothing in others"),
    "standardize": say("the parameters are in the units of the scaled inputs, and mean nothing in others"),
    "seed": say("the seed draws the start, the split and the order of the rows, before the first step"),
    "shuffle": say("the order of the rows is that of the seed, for the whole run"),
    "hidden": say("other layers have other parameters, and those learnt so far fit no others"),
    "model": say("the model is the same from the first step to the last"),
    "schedule": say("a schedule is a function of all steps; change lr instead"),
    "warmup": say("it is the first steps; change lr instead"),
    "lr_at": say("it is a change already; change lr instead"),
    "at": say("it is a change already"),
    "loss": say("losses of two kinds are not comparable, and there is one curve"),
    "validation": say("rows seen in training cannot be held out later"),
    "epochs": say("the end of the run is given once, for the whole run"),
    "stop": say("the end of the run is given once, for the whole run"),
    "folds": say("the run is scored after its end"),
    "threads": say("it changes no number"),
}
"""Why an option, or a group of them, holds for the whole run."""


# a spec's changes


def is_changed(spec: Spec, name: str) -> bool:
    """Whether an option changes in mid-run."""
    return any(one.name == name for one in spec.changes.at or ())


def changes_of(spec: Spec) -> list[tuple[Setting, Any]]:
    """The changes in the order of their steps, each with its value as the option has it.

    Of those at one step the optimizer's comes first: the others may be its settings.

    Raises:
        OptionError: If one of them cannot change in mid-run, is no value of its option, or is there twice.
    """
    ordered = sorted(spec.changes.at or (), key=lambda one: (one.step, one.name != "optimizer"))
    known = {one.name: one for one in options_of(spec.command)}
    changes = [(one, _value(one, spec, known)) for one in ordered]
    _refuse_twice(ordered)
    return changes


def _refuse_twice(changes: Sequence[Setting]) -> None:
    for one, count in Counter((one.step, one.name) for one in changes).items():
        if count > 1:
            raise OptionError(
                say("--at: {one} is set twice at step {one2}", one=one[1].replace("_", "-"), one2=one[0]),
                say("leave one of them out"),
            )


def refuse_beyond(spec: Spec, steps: int) -> None:
    """Refuses changes after the last step.

    Raises:
        OptionError: If there is one.
    """
    late = next((one for one in spec.changes.at or () if one.step > steps), None)
    if late is not None:
        count = say("{steps:,} step{s}", steps=steps, s="s" * (steps != 1))
        raise OptionError(
            say("--at {late}: the run has {count}", late=late, count=count), say("raise --epochs, or change it earlier")
        )


def _value(one: Setting, spec: Spec, known: Mapping[str, Option]) -> Any:
    changeable = {name: known[name] for name in known if name in CHANGEABLE or name in _hyperparameters()}
    if one.name not in changeable:
        raise OptionError(
            say("--at {one}: {why_not}", one=one, why_not=_why_not(one.name, spec, known)), _hint(one.name, changeable)
        )
    try:
        return changeable[one.name].read(one.value)
    except OptionError as error:
        raise OptionError(
            say("--at {one}: {partition}", one=one, partition=clause(error.message)),
            error.hint or AT,
        ) from None


def _hyperparameters() -> set[str]:
    return {one.name for one in options_of_definitions(OPTIMIZER)}


def _hint(name: str, changeable: Mapping[str, Option]) -> str:
    usual = [one.replace("_", "-") for one in CHANGEABLE if one in changeable]
    near = did_you_mean(name.replace("_", "-"), [one.replace("_", "-") for one in changeable])
    return near or say("what changes: {names}, an optimizer's settings", names=enumerated(usual))


def _why_not(name: str, spec: Spec, known: Mapping[str, Option]) -> str:
    flag = name.replace("_", "-")
    groups = (group for group, kind in groups_of(spec.command).items() if name in {one.name for one in kind.options()})
    reason = FIXED.get(name) or FIXED.get(next(groups, ""))
    if reason is None or (name not in known and name != "noise"):
        return say("{command} has no '{flag}' that could change", command=spec.command, flag=flag)
    return say("{flag} cannot change in mid-run: {reason}", flag=flag, reason=reason)


def rates(spec: Spec) -> RateSpec:
    """The learning rate with all its changes, by `lr_at` and by `at`."""
    more = tuple(Change(one.step, value) for one, value in changes_of(spec) if one.name == "lr")
    return replace(spec.rate, lr_at=(*(spec.rate.lr_at or ()), *more)) if more else spec.rate


def together(given: Sequence[Setting], later: Sequence[Setting]) -> tuple[Setting, ...]:
    """Changes given at the start, but for those that later ones overrule: of the same option, from there on."""
    first: dict[str, int] = {}
    for one in later:
        first[one.name] = min(one.step, first.get(one.name, one.step))
    return (*(one for one in given if one.step < first.get(one.name, one.step + 1)), *later)


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
            sizes[one.step - 1] = batch_size(LoopSpec(batch_size=value), rows) or rows
    return Pace(rows, tuple(sizes.items()))


def segments(spec: Spec, first: Segment, rows: int) -> tuple[Segment, ...]:
    """The segments of a run.

    Args:
        spec: The run.
        first: What holds at its start, before any change.
        rows: Of the training set.

    Raises:
        OptionError: If a change cannot be.
    """
    return tuple(_segments(spec, first, rows))


def _segments(spec: Spec, first: Segment, rows: int) -> Iterator[Segment]:
    """A segment for each step at which something changes; the rate is the schedule's."""
    changes = [one for one, _ in changes_of(spec) if one.name != "lr"]
    for after in sorted({0, *(one.step - 1 for one in changes)}):
        so_far = [one for one in changes if one.step <= after + 1]
        yield _segment(after, with_changes(spec, so_far), first, {one.name for one in so_far}, rows)


def with_changes(spec: Spec, changes: Sequence[Setting]) -> Spec:
    """A spec with the options that some changes lead to, as if it began with them.

    Another optimizer keeps the settings given that it has too.

    Raises:
        OptionError: If a change cannot be.
    """
    for one, value in changes_of(spec.replace(at=tuple(changes))):
        spec = spec.replace(**_options(spec, one, value))
        try:
            optimizer(spec.optimizer, USUAL[spec.command])
        except OptionError as error:
            raise OptionError(
                say("--at {one}: {partition}", one=one, partition=clause(error.message)), error.hint
            ) from None
    return spec


def _options(spec: Spec, one: Setting, value: Any) -> dict[str, Any]:
    """The options that a change sets."""
    if one.name == "dropout" and not (isinstance(spec.model, NetworkSpec) and spec.model.hidden):
        raise OptionError(
            say("--at {one}: {what}", one=one, what=say("there are no hidden neurons to silence")),
            say("add --hidden 64"),
        )
    if one.name != "optimizer":
        return {one.name: value}
    kind = named(OPTIMIZER, f"--at {one.step}:optimizer", value)
    lost = {name for name, _ in spec.optimizer.settings} - {field.name for field in fields(kind)}
    return {"optimizer": flag_name(kind.__name__), **dict.fromkeys(lost)}


def _segment(after: int, spec: Spec, first: Segment, changed: set[str], rows: int) -> Segment:
    """The first segment with what its spec has changed."""
    made = replace(first, after=after)
    if "batch_size" in changed:
        made = replace(made, batch_size=batch_size(spec.loop, rows))
    if not changed.isdisjoint(("optimizer", *_hyperparameters())):
        made = replace(made, optimizer=optimizer(spec.optimizer, USUAL[spec.command]))
    if not changed.isdisjoint(("l1", "l2")):
        made = replace(made, problem=replace(made.problem, l1=spec.loss.l1, l2=spec.loss.l2))
    if "dropout" in changed:
        made = replace(made, problem=replace(made.problem, model=_silencing(made.problem.model, spec)))
    return made


def _silencing(model: Any, spec: Spec) -> Network:
    """The same network, with the part of its hidden neurons silenced that a spec has."""
    rate = spec.model.dropout if isinstance(spec.model, NetworkSpec) else None
    shape = model.sizes, model.activations
    return Dropout(*shape, rate) if rate else Network(*shape)
