"""The epochs of a saved run before it goes on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gdcli.errors import OptionError
from gdcli.experiments.checkpoint import Resumption, SavedModel
from gdcli.experiments.reading import Values
from gdcli.training.problem import Problem
from gdcli.training.records import Epoch, Status


def resumption_of(past: SavedModel) -> Resumption:
    """From where a saved run goes on.

    Raises:
        OptionError: If it cannot go on.
    """
    if past.resumption is None:
        raise OptionError(
            "--resume: no run to go on from: saved by an earlier version, or not by gdcli train", "train it with --save"
        )
    return past.resumption


def values_of(past: SavedModel) -> Values:
    """The known values of the text columns the run began with."""
    return {column: tuple(known) for column, known in (past.config.get("values") or {}).items()}


def before(past: SavedModel, resumed: Any, problem: Problem) -> Iterator[Epoch]:
    """The epochs up to the one a run goes on from; one in mid-epoch is among them only if it is the end.

    Of those before it only the best has its parameters. All have the figures that the epochs to come have.

    Args:
        past: The saved run.
        resumed: The state it goes on from.
        problem: What is minimised from there on.
    """
    resumption = resumption_of(past)
    for row in past.history:
        if row["epoch"] < resumed.epoch:
            best = row["epoch"] == resumption.best_epoch
            parameters, gradient = (resumption.best, None) if best else (np.empty(0), np.full(1, np.nan))
            record = Epoch(row["epoch"], row["step"], row["lr"], row["loss"], parameters, gradient=gradient)
            yield _with_figures(record, row, problem)
        elif row["epoch"] == resumed.epoch and (not resumed.within or resumed.status is not Status.RUNNING):
            yield _with_figures(resumed, row, problem)


def _with_figures(record: Epoch, row: dict[str, Any], problem: Problem) -> Epoch:
    """A record with the figures of its row, as far as the problem has them; what was not measured is no number.

    A validation loss that was not measured is infinite, so that any that is measured is better.
    """
    held_out = problem.validation is not None
    names = [*problem.metrics, *(f"validation_{name}" for name in problem.metrics if held_out)]
    return record._replace(
        loss=row["loss"],
        penalty=_known(row.get("penalty"), math.nan) if problem.l1 or problem.l2 else None,
        validation_loss=_known(row.get("validation_loss"), math.inf) if held_out else None,
        metrics={name: _known(row.get(name), math.nan) for name in names},
    )


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
