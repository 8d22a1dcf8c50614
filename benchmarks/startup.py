"""How long commands take to start, beside `python -c "import numpy"`: ratios, measured side by side in one run.

Install the package first (not in editable mode), then: python benchmarks/startup.py
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HELP, FIT = "gdcli --help", "gdcli fit sample:deck --format csv"
BUDGETS = {HELP: 1.5, FIT: 2.0}
YARDSTICK = 'python -c "import numpy"'
ONE_THREAD = "the same, OPENBLAS_NUM_THREADS=1"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def program() -> str:
    """The console script that belongs to this interpreter, else the one on the path."""
    beside = Path(sys.executable).with_name("gdcli")
    found = str(beside) if beside.exists() else shutil.which("gdcli")
    if not found:
        sys.exit("gdcli is not installed: pip install .")
    return found


def seconds(command: list[str], variables: dict[str, str] | None = None) -> float:
    """Wall time of a whole process."""
    begun = time.perf_counter()
    nothing = subprocess.DEVNULL
    subprocess.run(
        command, env=ENVIRONMENT | (variables or {}), stdin=nothing, stdout=nothing, stderr=nothing, check=True
    )
    return time.perf_counter() - begun


def main() -> int:
    """Measures in turns, so that a busy moment hits all alike, and compares medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=41)
    rounds = parser.parse_args().rounds
    gdcli = program()
    commands = {
        YARDSTICK: [sys.executable, "-c", "import numpy"],
        ONE_THREAD: [sys.executable, "-c", "import numpy"],
        HELP: [gdcli, "--help"],
        FIT: [gdcli, "fit", "sample:deck", "--format", "csv"],
    }
    for command in commands.values():  # the first run compiles what is not yet, and warms the disk's cache
        seconds(command)
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            times[name].append(seconds(command, {"OPENBLAS_NUM_THREADS": "1"} if name == ONE_THREAD else None))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"| {'command':36} |  ms | ratio | budget |      |\n|{'-' * 38}|----:|------:|-------:|------|")
    failed = 0
    for name, median in medians.items():
        ratio, budget = median / medians[YARDSTICK], BUDGETS.get(name)
        verdict = "" if budget is None else "pass" if ratio <= budget else "FAIL"
        failed += verdict == "FAIL"
        print(f"| {name:36} | {1000 * median:3.0f} | {ratio:5.2f} | {budget or '':6} | {verdict:4} |")
    return failed


if __name__ == "__main__":
    sys.exit(main())
