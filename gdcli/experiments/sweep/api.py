"""Sweeps from a notebook: `best, *others = sweep("fit", "data.csv", lr=[0.01, 0.1, 0.3])`."""

from __future__ import annotations

from typing import Any

import numpy as np

from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.in_memory import source_of
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import Spec, options_of
from gdcli.experiments.sweep.executors import Finished, InProcess, Processes
from gdcli.experiments.sweep.grid import SINGLE, Grid, choices, expand, sweepable
from gdcli.experiments.sweep.planning import plan, sweep_invocation
from gdcli.experiments.sweep.result import RunningSweep, SweepResult
from gdcli.experiments.sweep.running import run
from gdcli.said import say

__all__ = ["sweep", "sweep_grid"]


def sweep(
    command: str,
    data: Any,
    /,
    *,
    workers: int = 1,
    random: int | None = None,
    **options: Any,
) -> SweepResult:
    """Runs every combination of some options' values, with the same start and the same order of the rows.

    Args:
        command: What each run is: `fit` or `train`.
        data: A file's name, sample:NAME, a DataFrame, a mapping of columns, or arrays (inputs, targets).
        workers: Processes for runs that are no stack.
        random: How many of the combinations to run, by the seed; None for all.
        **options: The command's options: a list, an array or a range of values, or one value.

    Returns:
        The runs, the best first.

    Raises:
        OptionError: If an option cannot be.
        DataError: If the rows cannot be read, or cannot be learned from.

    >>> best, *others = sweep("fit", "sample:deck", m=-1, b=5, lr=[0.1, 2], epochs=600)
    >>> best.spec.rate.lr, best.verdict, [run.verdict for run in others]
    (0.1, 'converged', ['diverged'])
    >>> {name: round(value, 2) for name, value in best.parameters.items()}
    {'m': 2.0, 'b': 1.0}
    """
    source, reader = source_of(data)
    grid = expand(*_split(command, source, options), random, most=np.inf)
    executor = Processes(workers) if workers > 1 else InProcess()
    return sweep_grid(grid, reader, executor, workers=None if workers == 1 else workers, random=random)


def sweep_grid(grid: Grid, reader: Reader, executor: InProcess, **own: Any) -> SweepResult:
    """Runs a grid.

    Args:
        grid: The runs.
        reader: Reads the rows.
        executor: Where the runs are run.
        **own: The sweep's own options, for its command line.
    """
    with np.errstate(all="ignore"):
        planned = plan(grid, reader)
        finished = (one for one in run(planned.jobs, planned.rows, executor) if isinstance(one, Finished))
        return RunningSweep(planned, sweep_invocation(grid, **own), finished).result


def _split(command: str, source: str, options: dict[str, Any]) -> tuple[Spec, dict[str, Any]]:
    """What all runs share, and the lists of values.

    Raises:
        OptionError: If the command has no such option, or a sweep has none.
    """
    if command not in Spec.COMMANDS:
        raise OptionError(
            say("sweep: there is no '{command}' to sweep", command=command), did_you_mean(command, Spec.COMMANDS)
        )
    known = sweepable(command)
    every = [one.name for one in options_of(command) if one.name not in SINGLE]
    for name in options.keys() - set(every):
        raise OptionError(
            say("sweep {command} has no option '{name}'", command=command, name=name), did_you_mean(name, every)
        )
    shared = {name: value for name, value in options.items() if name not in known}
    base = Spec.of(command, source, shared)
    lists = {name: choices(known[name], options[name]) for name in options if name in known}
    return base, lists
