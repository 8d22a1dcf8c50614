"""What an epoch costs, how little the row count matters, and a large file beside NumPy alone.

python benchmarks/fit.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line sets it; before NumPy is imported

import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import numpy as np

import gdcli

EPOCHS = 20_000
NUMPY_ALONE = """
import sys, numpy
table = numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
design = numpy.column_stack([table[:, :-1], numpy.ones(len(table))])
print(numpy.linalg.lstsq(design, table[:, -1])[0])
"""


def epoch_microseconds(data: gdcli.Dataset, optimizer: object, rate: float, epochs: int = EPOCHS) -> float:
    """Of the training generator alone, the median of five runs."""
    problem = gdcli.Problem(gdcli.Linear(data.inputs.shape[1]), gdcli.mse, data)

    def run() -> None:
        deque(gdcli.epochs(gdcli.descend(problem, optimizer, learning_rate=rate, epochs=epochs)), maxlen=0)

    return 1e6 * median_seconds(run, 5) / epochs


def median_seconds(function: Callable[[], None], rounds: int) -> float:
    """Wall time."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        function()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def line(rows: int) -> gdcli.Dataset:
    """A noisy line; the same for the same row count."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, rows)
    return gdcli.Dataset(x, 2 * x + 1 + rng.normal(0, 0.1, rows))


def optimizers() -> None:
    """An epoch on the lecture's two points."""
    deck = gdcli.Dataset([[1.0], [2.0]], [3.0, 5.0])
    print("| optimizer | microseconds an epoch |\n|---|---:|")
    for kind in (gdcli.SGD, gdcli.Momentum, gdcli.Adam):
        print(f"| {kind.__name__} | {epoch_microseconds(deck, kind(), 0.01):.1f} |")


def compression() -> None:
    """An epoch by row count, on all rows and on the equivalent few."""
    print("\n| rows | microseconds an epoch, all rows | compressed | compressing, once, ms |\n|---:|---:|---:|---:|")
    for rows in (100, 10_000, 1_000_000):
        data = line(rows)
        every = epoch_microseconds(data, gdcli.SGD(), 0.1, max(20, min(EPOCHS, 20_000_000 // rows)))
        few = epoch_microseconds(gdcli.compress(data), gdcli.SGD(), 0.1)
        once = 1000 * median_seconds(lambda data=data: gdcli.compress(data) and None, 3)  # type: ignore[misc]
        print(f"| {rows:,} | {every:,.1f} | {few:.1f} | {once:.2f} |")


def large_file(rows: int = 1_000_000) -> None:
    """Whole processes, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "line.csv")
        data = line(rows)
        table = np.column_stack([data.inputs, data.targets])
        np.savetxt(path, table, fmt="%.6f", delimiter=",", header="x,y", comments="")
        megabytes = Path(path).stat().st_size / 1e6
        commands = {
            "gdcli fit, 500 epochs": [sys.executable, "-m", "gdcli", "fit", path, "--format", "kv"],
            "numpy.loadtxt and lstsq": [sys.executable, "-c", NUMPY_ALONE, path],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(5):
            for name, command in commands.items():
                begun = time.perf_counter()
                subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
                times[name].append(time.perf_counter() - begun)
    print(f"\n| {rows:,} rows, {megabytes:.0f} MB, whole process | seconds |\n|---|---:|")
    for name, values in times.items():
        print(f"| {name} | {statistics.median(values):.2f} |")


if __name__ == "__main__":
    optimizers()
    compression()
    large_file()
