"""Everything that is measured: makes the data, runs ours and each peer that is installed, and writes a report.

pip install '.[bench]'
python -m benchmarks                    all of it, to docs/benchmarks.md
python -m benchmarks start-up loop      some of it, to the terminal alone
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line sets it; before NumPy is imported

import numpy as np

import gdcli as engine
from benchmarks import train
from benchmarks.contest import Contender, gdcli, in_turns, python, spread, table
from benchmarks.growth import curve, seconds

REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
PEERS = ("numpy", "scikit-learn", "torch", "polars", "duckdb")
SECTIONS: dict[str, Callable[[int], Iterator[str]]] = {}
"""By name: a function of the number of rounds that gives lines of Markdown; its first line is the heading."""

LOADTXT = "import sys, numpy; print(numpy.loadtxt(sys.argv[1], delimiter=',', skiprows=1).mean(axis=0))"
LEAST_SQUARES = """
import sys, numpy
table = numpy.loadtxt(sys.argv[1], delimiter=",", skiprows=1)
print(numpy.linalg.lstsq(numpy.column_stack([table[:, :-1], numpy.ones(len(table))]), table[:, -1])[0])
"""
DUCKDB = """
import sys, duckdb
print(duckdb.sql("set threads=1; select regr_slope(y, x), regr_intercept(y, x) from '%s'" % sys.argv[1]))
"""
POLARS = """
import sys, polars
x, y = polars.col("x"), polars.col("y")
slope = polars.cov(x, y) / x.var()
print(polars.scan_csv(sys.argv[1]).select(slope, y.mean() - slope * x.mean()).collect(engine="streaming"))
"""
MILLER = ["mlr", "--icsv", "--ojson", "stats2", "-a", "linreg-ols", "-f", "x,y"]


def section(name: str) -> Callable[[Callable[[int], Iterator[str]]], Callable[[int], Iterator[str]]]:
    """Marks a function as a section of the report."""

    def mark(made: Callable[[int], Iterator[str]]) -> Callable[[int], Iterator[str]]:
        SECTIONS[name] = made
        return made

    return mark


@section("start-up")
def start_up(rounds: int) -> Iterator[str]:
    """Every command pays it, so it is compared with what NumPy alone takes to import, on one thread."""
    asked = {"_GDCLI_COMPLETE": "complete_bash", "COMP_WORDS": "gdcli fit --optimizer ", "COMP_CWORD": "3"}
    yield from table(
        in_turns(
            [
                Contender("import numpy", python("import numpy")),
                Contender("gdcli --version", gdcli("--version")),
                Contender("gdcli fit --help", gdcli("fit", "--help")),
                Contender("completion", gdcli(), variables=asked),
                Contender("import gdcli", python("import gdcli")),
                Contender("gdcli fit sample:deck --format csv", gdcli("fit", "sample:deck", "--format", "csv")),
            ],
            5 * rounds,
        ),
        "import numpy",
    )


@section("reading")
def reading(rounds: int) -> Iterator[str]:
    """A csv of two columns x,y, from the file to a line: `gdcli` descends 200 epochs, the others have closed forms."""
    rows = 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "line.csv"
        write_line(path, rows)
        words = "--standardize", "--lr", "0.1", "--epochs", "200", "--format", "kv"
        yield f"{rows:,} rows, {path.stat().st_size / 1e6:.0f} MB."
        yield ""
        yield from table(
            in_turns(
                [
                    Contender("numpy.loadtxt", python(LOADTXT, str(path))),
                    Contender("numpy.loadtxt and lstsq", python(LEAST_SQUARES, str(path))),
                    Contender("gdcli fit", gdcli("fit", str(path), *words)),
                    Contender("DuckDB regr_slope, one thread", python(DUCKDB, str(path)), "duckdb"),
                    Contender("polars cov / var", python(POLARS, str(path)), "polars"),
                    Contender(
                        "Miller",
                        [*MILLER, str(path)],
                        "mlr",
                    ),
                ],
                rounds,
            ),
            "numpy.loadtxt",
        )


def write_line(path: Path, rows: int) -> None:
    """A noisy line as csv, a part at a time; the same for the same row count."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="ascii") as file:
        file.write("x,y\n")
        for begin in range(0, rows, 500_000):
            x = rng.uniform(-1, 1, min(500_000, rows - begin))
            y = 2 * x + 1 + rng.normal(0, 0.1, len(x))
            file.write("".join(map("%.6f,%.6f\n".__mod__, zip(x.tolist(), y.tolist(), strict=True))))


@section("loop")
def loop(rounds: int) -> Iterator[str]:
    """Epochs of the lecture's line, whole processes: all of them looked at, or each tenth power."""
    words = "fit", "sample:deck", "--lr", "0.001", "--format", "csv"
    counts = {"100,000 epochs, all shown": ("100000", "1"), "1,000,000 epochs, --every x10": ("1000000", "x10")}
    contenders = [
        Contender(name, gdcli(*words, "--epochs", epochs, "--every", every)) for name, (epochs, every) in counts.items()
    ]
    figures = in_turns(contenders, rounds)
    yield from table(figures, contenders[0].name)


@section("steps")
def steps(rounds: int) -> Iterator[str]:
    """Microseconds a step beside scikit-learn's MLP and PyTorch eager: float32, the same batches, one thread each."""
    names = {"gdcli": "", "scikit-learn": "sklearn", "PyTorch": "torch"}
    there = [name for name, module in names.items() if not module or Contender(name, [], module).is_there]
    yield f"| network, batch | optimizer | {' | '.join(there)} | the quicker of the others, times gdcli's |"
    yield f"|---|---|{'---:|' * len(there)}---:|"
    for sizes, batch in train.NETWORKS:
        for optimizer in ("sgd", "adam"):
            found = {name: [train.measure(name, sizes, batch, optimizer) for _ in range(rounds)] for name in there}
            cells = " | ".join(f"{statistics.median(found[name]):,.0f}" for name in there)
            others = zip(*(found[name] for name in there[1:]), strict=True)
            pairs = [min(other) / mine for mine, other in zip(found["gdcli"], others, strict=False)]
            shape = "-".join(map(str, sizes))
            times = spread(pairs) if pairs else "no other is installed"
            yield f"| {shape}, {batch} | {optimizer} | {cells} | {times} |"


@section("growth")
def growth(rounds: int) -> Iterator[str]:
    """How costs grow: the exponent is the slope on two log axes, over the larger half."""
    sizes = [1_000, 10_000, 100_000, 1_000_000]
    yield "Compressing rows, once:"
    yield from curve("rows", sizes, [seconds(lambda rows=rows: engine.compress(line(rows)), rounds) for rows in sizes])
    columns = [4, 16, 64, 256]
    yield "\nCompressing 5,000 rows of more and more columns:"
    yield from curve("columns", columns, [seconds(lambda d=d: engine.compress(plane(d)), rounds) for d in columns])
    epochs = [1_000, 3_000, 10_000, 30_000]
    yield "\nEpochs of a line:"
    yield from curve("epochs", epochs, [seconds(lambda n=n: descend(n), rounds) for n in epochs])
    runs = [1, 10, 100, 1_000]
    yield "\nRuns of a sweep as one stack, 100 epochs each:"
    yield from curve("runs", runs, [seconds(lambda n=n: stack(n), rounds) for n in runs])
    widths = [8, 32, 128, 512]
    parameters = [64 * width + width + 10 * width + 10 for width in widths]
    yield "\nA step of a network 64-w-10 on 32 rows, by its parameters:"
    yield from curve("parameters", parameters, [train_step(width, rounds) for width in widths], "us")


def line(rows: int) -> engine.Dataset:
    """A noisy line."""
    x = np.random.default_rng(0).uniform(-1, 1, rows)
    return engine.Dataset(x, 2 * x + 1)


def plane(columns: int) -> engine.Dataset:
    """Rows with so many inputs."""
    inputs = np.random.default_rng(0).normal(size=(5_000, columns))
    return engine.Dataset(inputs, inputs.sum(axis=1))


def descend(epochs: int) -> None:
    """The training generator, its records thrown away."""
    problem = engine.Problem(engine.Linear(1), engine.mse, engine.compress(line(1_000)))
    deque(engine.descend(problem, engine.SGD(), learning_rate=0.1, epochs=epochs), maxlen=0)


def stack(runs: int) -> None:
    """Learning rates as one stack."""
    from gdcli.training.stacked import Member, sweep

    problem = engine.Problem(engine.Linear(1), engine.mse, engine.compress(line(1_000)))
    rates = np.geomspace(1e-4, 0.5, runs)
    deque(sweep(problem, [Member(rate, np.zeros(2), engine.SGD()) for rate in rates], epochs=100), maxlen=0)


def train_step(width: int, rounds: int) -> float:
    """Seconds a step."""
    return statistics.median(train.measure("gdcli", (64, width, 10), 32, "sgd") for _ in range(rounds)) / 1e6


@section("sweep")
def sweeping(rounds: int) -> Iterator[str]:
    """A hundred learning rates of a 2-8-8-2 network as one stack, beside one run and as many fits of scikit-learn."""
    from benchmarks import sweep

    one = [sweep.seconds(sweep.one_run, 1) for _ in range(rounds + 1)][1:]
    many = [sweep.seconds(sweep.many_runs, 100) for _ in range(rounds)]
    yield f"100 rates as one stack take {spread([b / a for a, b in zip(one, many, strict=True)])} times one run."
    if Contender("scikit-learn", [], "sklearn").is_there:
        other = [sweep.seconds(sweep.sklearn, 100) for _ in range(rounds)]
        times = spread([b / a for a, b in zip(many, other, strict=True)])
        yield f"100 fits of scikit-learn's MLP take {times} times the stack."


def machine() -> str:
    """What the figures are of."""
    known = []
    for name in PEERS:
        try:
            known.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            known.append(f"no {name}")
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; {', '.join(known)}."


def report(names: list[str], rounds: int) -> Iterator[str]:
    """The lines of the report."""
    yield "# Benchmarks"
    yield ""
    yield "Measured, not tested: times depend on the machine, so contenders take turns in processes of their own, and"
    yield "what counts is the ratio within a round, given as its median and range. All of it is made by one command,"
    yield "which leaves out the peers that are not installed:"
    yield "\n```sh\npip install '.[bench]' && python -m benchmarks\n```\n"
    yield machine()
    for name in names:
        made = SECTIONS[name]
        yield f"\n## {name.capitalize()}\n"
        yield " ".join((made.__doc__ or "").split())
        yield ""
        yield from made(rounds)


def main() -> None:
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"of {', '.join(SECTIONS)}; all unless given")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contender [3]")
    given = parser.parse_args()
    if unknown := [name for name in given.sections if name not in SECTIONS]:
        parser.error(f"no section {unknown[0]}: there are {', '.join(SECTIONS)}")
    lines = []
    for text in report(given.sections or list(SECTIONS), given.rounds):
        print(text, flush=True)
        lines.append(text)
    if not given.sections:
        REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
