"""Growth: how a cost grows with a size, as a curve and as the exponent of a power."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from gdcli.render.charts.plots import Series, chart
from gdcli.render.screen import Screen


def seconds(function: Callable[[], object], rounds: int = 3) -> float:
    """The median of some runs, after one that warms up."""
    function()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of log cost by log size over the larger half, where what is constant no longer counts."""
    half = len(sizes) // 2
    slope, _ = np.polyfit(np.log(sizes[half:]), np.log(costs[half:]), 1)
    return float(slope)


def curve(what: str, sizes: Sequence[float], costs: Sequence[float], unit: str = "ms") -> Iterator[str]:
    """The curve on two log axes, its figures, and the exponent."""
    scaled = [{"s": 1.0, "ms": 1e3, "us": 1e6}[unit] * cost for cost in costs]
    powers = [math.log10(size) for size in sizes]
    title = f"{unit} by log10 of {what}: grows as its power {exponent(sizes, costs):.2f}"
    screen = Screen(width=78, color=False)
    yield "```"
    yield from chart([Series(powers, scaled)], screen, title=title, width=76, height=12, log_y=True).split("\n")
    yield ""
    yield f"{what:>12}  " + "  ".join(f"{size:>9,.0f}" for size in sizes)
    yield f"{unit:>12}  " + "  ".join(f"{cost:>9.3g}" for cost in scaled)
    yield "```"
