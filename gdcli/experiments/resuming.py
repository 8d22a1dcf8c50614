"""Going on with a saved run: its own spec, with what is given anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gdcli.errors import DataError, OptionError
from gdcli.experiments.checkpoint import SavedModel
from gdcli.experiments.chosen import read_note
from gdcli.experiments.spec import Spec, StopSpec, options_of

ARCHITECTURE = ("hidden", "activation", "init", "dropout", "dtype", "task", "categorical", "optimizer", "scale")
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
        _refuse_changes(BATCHES, changes, before, ": the model stopped in the middle of an epoch")
    note = {} if changes.keys().isdisjoint(read_note(before.epochs.chosen or "")[0]) else {"chosen": None}
    return before.replace(source=asked.data.source, **note, **_without_chosen_ends(past, changes), **changes)


def _without_chosen_ends(past: SavedModel, given: Mapping[str, Any]) -> dict[str, None]:
    """Stopping rules that were chosen, not given, where the number of epochs is given now."""
    chosen = set(past.config.get("chosen") or ()) if "epochs" in given else set()
    return dict.fromkeys(chosen & {one.name for one in StopSpec.options()} - given.keys())


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
        raise DataError(f"--resume: a damaged model: {error.message}", "train it again") from None


def _refuse_changes(names: tuple[str, ...], changes: Mapping[str, Any], before: Spec, why: str) -> None:
    kept = before.values()
    for name in names:
        if name in changes and changes[name] != kept[name] and (changes[name] or kept[name]):  # 0 is as good as none
            raise OptionError(
                f"--{name.replace('_', '-')} cannot change with --resume{why}", "leave it out: the model knows its own"
            )
