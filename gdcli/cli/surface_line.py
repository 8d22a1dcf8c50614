"""`gdcli surface` of a linear model: the loss over two of its parameters, and the paths of descent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gdcli import curvature, streams
from gdcli.cli import telling
from gdcli.cli.drawing import Drawing, Landscape, Way, span
from gdcli.cli.fit import header, progress_bar, refuse_unfit
from gdcli.cli.options import (
    DataOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.output import exact, reject_together
from gdcli.cli.plan import Plan, plan
from gdcli.cli.reading import read
from gdcli.cli.terminal import Terminal
from gdcli.data.dataset import Array
from gdcli.errors import OptionError, did_you_mean
from gdcli.records import Epoch, Status
from gdcli.render.surface import Scene, Spot, Trail, coordinate
from gdcli.surface import Plane, Span, span_around

if TYPE_CHECKING:
    from gdcli.cli.surface import RatesOptions, SurfaceOptions

ON_GRID = "lowest on the grid"


def drawn(
    name: str,
    data: DataOptions,
    asked: SurfaceOptions,
    line: LineOptions,
    rate: RatesOptions,
    loop: LoopOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    *,
    terminal: Terminal,
    again: str,
    interrupted: Callable[[], bool],
) -> Drawing:
    """Descends at each rate, and lays out what is drawn."""
    rows = read(name, data, terminal)
    refuse_unfit(rows, name)
    plans = []
    for one in rate.rates:
        rates = RateOptions(one, rate.schedule, rate.warmup, rate.lr_at)
        made = plan(rows, None, line, rates, loop, asked.epochs, optimizer, loss, StopOptions())
        plans.append(made.compressed())
    over = _over(asked.over, plans[0].experiment.names)
    spans = _spans_asked(asked, tuple(plans[0].experiment.names[at] for at in over))
    terminal.note(header(plans[0], name, loop) if len(plans) == 1 else header(plans[0], name, loop).replace(
        f"lr {exact(plans[0].rate)}", f"lr {', '.join(map(exact, rate.rates))}"
    ))
    ways = [_way(one, terminal, interrupted) for one in plans]
