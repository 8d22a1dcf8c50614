"""`gdcli fit`: gradient descent on a linear model, one row an epoch."""

from __future__ import annotations

import typer

from gdcli.cli.options import ByOptions, OutputOptions, SaveOptions, StreamOptions, WorkerOptions
from gdcli.experiments.spec import (
    ChangeSpec,
    DataSpec,
    EpochSpec,
    FoldSpec,
    LineSpec,
    LoopSpec,
    LossSpec,
    OptimizerSpec,
    RateSpec,
    Spec,
    StopSpec,
    reject_together,
)


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    rate: RateSpec,
    loop: LoopSpec,
    epochs: EpochSpec,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    stop: StopSpec,
    folds: FoldSpec,
    changes: ChangeSpec,
    working: WorkerOptions,
    groups: ByOptions,
    saving: SaveOptions,
    stream: StreamOptions,
    output: OutputOptions,
) -> None:
    """Fit a line, several inputs or a polynomial by gradient descent.

    Without DATA and with nothing piped in, it fits the lecture's example: (1, 3) and (2, 5), from m = -1, b = 5.
    """
    spec = Spec(line, data, rate, loop, epochs, optimizer, loss, stop, folds, changes)
    if groups.by is not None:
        reject_together({"--by": groups.by, "--workers": working.workers, "--cluster": working.cluster})
        from gdcli.cli.group_fitting import fit_each

        return fit_each(context, spec, groups.by, saving, stream, output)
    from gdcli.cli.fitting import fit  # when it runs: help and completion need no more than the options

    return fit(context, spec, saving, stream, output, working)
