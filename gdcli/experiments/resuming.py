"""Going on with a saved run: its own spec, with what is given anew."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import Resumption, SavedModel
from gdcli.experiments.chosen import read_note
from gdcli.experiments.notation import Setting
from gdcli.experiments.reading import Values
from gdcli.experiments.spec import Spec, StopSpec, options_of
from gdcli.said import say
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Status

ARCHITECTURE = (
    "hidden",
    "activation",
    "init",
    "dropout",
    "dtype",
    "task",
    "categorical",
    "features",
    "optimizer",
    "scale",
)
BATCHES = ("batch_size", "shuffle", "shuffle_rows", "seed", "validation", "missing")


def continued_spec(past: SavedModel, asked: Spec, given: Mapping[str, Any]) -> Spec:
    """The spec of a run that goes on: the saved run's, but for the options given.

    Args:
        past: The saved run.
        asked: The spec with the rows to go on with.
        given: The options that were given, by name.

    Raises:
        OptionError: If an option would change what is already there.
        DataError: If what is saved is no spec.
    """
    before = saved_spec(past)
    known = {one.name for one in options_of("train")}
    changes = {name: value for name, value in given.items() if name in known}
    _refuse_changes((*ARCHITECTURE, "min_delta"), changes, before, "")  # min_delta decided which epoch was kept
    if past.resumption is not None and past.resumption.record.within:
        _refuse_changes(BATCHES, changes, before, say(": the model stopped in the middle of an epoch"))
    if past.resumption is not None:
        changes |= {"at": at} if (at := _changes_to_come(before, changes, past.resumption.record.step)) else {}
    note = {} if changes.keys().isdisjoint(read_note(before.epochs.chosen or "")[0]) else {"chosen": None}
    return before.replace(source=asked.data.source, **note, **_without_chosen_ends(past, changes), **changes)


def _without_chosen_ends(past: SavedModel, given: Mapping[str, Any]) -> dict[str, None]:
    """Stopping rules that were chosen, not given, where the number of epochs is given now."""
    chosen = set(past.config.get("chosen") or ()) if "epochs" in given else set()
    return dict.fromkeys(chosen & {one.name for one in StopSpec.options()} - given.keys())


def _changes_to_come(before: Spec, given: Mapping[str, Any], made: int) -> tuple[Setting, ...]:
    """The changes in mid-run of the saved run, and those given now.

    Args:
        before: The saved run.
        given: The options given now.
        made: Updates made before it goes on.

    Raises:
        OptionError: If a change would have been before that, or if an option was changed before that.
    """
    known, now = before.changes.at or (), given.get("at") or ()
    for one in known:
        if one.step <= made and one.name in given:
            flag = f"--{one.name.replace('_', '-')}"
            hint = say("give --at {made}:{flag}=VALUE", made=made + 1, flag=flag.removeprefix("--"))
            raise OptionError(say("{flag} was changed by --at {one} in the run that goes on", flag=flag, one=one), hint)
    for one in now:
        if one.step <= made and one not in known:
            raise OptionError(
                say("--at {one}: the model has made {made:,} steps", one=one, made=made),
                say("give a step from {made} on", made=made + 1),
            )
    places = {(one.step, one.name) for one in now}
    return (*(one for one in known if (one.step, one.name) not in places), *now)


def saved_spec(past: SavedModel) -> Spec:
    """The spec of a saved run; of one that an earlier version saved, from its options.

    Raises:
        DataError: If there is none.
    """
    if past.spec is not None:
        return past.spec
    known = {one.name for one in options_of("train")}
    options = {name: value for name, value in past.config.get("options", {}).items() if name in known}
    if past.config.get("options", {}).get("no_header"):
        options["header"] = False
    try:
        return Spec.of("train", None, options)
    except OptionError as error:
        raise DataError(
            say("--resume: a damaged model: {message}", message=error.message), say("train it again")
        ) from None


def _refuse_changes(names: tuple[str, ...], changes: Mapping[str, Any], before: Spec, why: str) -> None:
    kept = before.values()
    for name in names:
        if name in changes and changes[name] != kept[name] and (changes[name] or kept[name]):  # 0 is as good as none
            raise OptionError(
                say("--{name} cannot change with --resume{why}", name=name.replace("_", "-"), why=why),
                say("leave it out: the model knows its own"),
            )


def resumption_of(past: SavedModel) -> Resumption:
    """From where a saved run goes on.

    Raises:
        OptionError: If it cannot go on.
    """
    if past.resumption is None:
        raise OptionError(
            say("--resume: no run to go on from: saved by an earlier version, or not by gdcli train"),
            say("train it with --save"),
        )
    return past.resumption


def values_of(past: SavedModel) -> Values:
    """The known values of the text columns the run began with."""
    return {column: tuple(known) for column, known in (past.config.get("values") or {}).items()}


def before(past: SavedModel, start: Array, resumed: Any, problem: Problem, changed: bool = False) -> Iterator[Epoch]:
    """The epochs up to the one a run goes on from; one in mid-epoch is among them only if it is the end.

    Of those before it only the first and the best have their parameters. All have the figures that the epochs to come
    have.

    Args:
        past: The saved run.
        start: The parameters it began with, which a tolerance is measured by.
        resumed: The state it goes on from.
        problem: What is minimised from there on.
        changed: Whether something changes in mid-run: what has no penalty written down had none.
    """
    unknown = 0.0 if changed else math.nan
    resumption = resumption_of(past)
    for row in past.history:
        if row["epoch"] < resumed.epoch:
            known = {resumption.best_epoch: resumption.best, 0: start}.get(row["epoch"])
            parameters, gradient = (np.empty(0), np.full(1, np.nan)) if known is None else (known, None)
            record = Epoch(row["epoch"], row["step"], row["lr"], row["loss"], parameters, gradient=gradient)
            yield _with_figures(record, row, problem, unknown)
        elif row["epoch"] == resumed.epoch and (not resumed.within or resumed.status is not Status.RUNNING):
            yield _with_figures(resumed, row, problem, unknown)


def _with_figures(record: Epoch, row: dict[str, Any], problem: Problem, penalty: float) -> Epoch:
    """A record with the figures of its row, as far as the problem has them; what was not measured is no number.

    A validation loss that was not measured is infinite, so that any that is measured is better.
    """
    held_out = problem.validation is not None
    names = [*problem.metrics, *(f"validation_{name}" for name in problem.metrics if held_out)]
    return record._replace(
        loss=row["loss"],
        penalty=_known(row.get("penalty"), penalty) if problem.l1 or problem.l2 else None,
        validation_loss=_known(row.get("validation_loss"), math.inf) if held_out else None,
        metrics={name: _known(row.get(name), math.nan) for name in names},
    )


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
