"""`python -m tests.fuzz N --seed S`: so many random inputs, counts by surface, exit 1 on a violation."""

from __future__ import annotations

import os

os.environ.update(OPENBLAS_NUM_THREADS="1", POLARS_MAX_THREADS="1")  # before anything imports them

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from .batches import Verdict, in_batches
from .case import Case
from .stock import Stock
from .surfaces import SURFACES
from .trial import prepare

DONE = (0, 4, 5)
"""Exit codes of a run that came to something."""
COUNTED = ("inputs", "past reading", "done", "violations")


class Counts:
    """Inputs, answers and violations by surface, kept in a file that later runs go on with."""

    def __init__(self, path: Path | None, seed: int) -> None:
        self._path, self._key = path, str(seed)
        self.all: dict[str, Any] = json.loads(path.read_text()) if path and path.exists() else {}
        self.own = self.all.setdefault(self._key, {"next": 0, "surfaces": {}})

    def add(self, verdict: Verdict) -> None:
        """One more."""
        known = self.own["surfaces"].setdefault(verdict.surface, dict.fromkeys(COUNTED, 0))
        done = verdict.code in DONE
        for name, one in zip(COUNTED, (True, verdict.is_read, done, bool(verdict.wrong)), strict=True):
            known[name] += one

    def save(self, upto: int) -> None:
        """Remembers how far it came."""
        self.own["next"] = upto
        if self._path:
            fresh = self._path.with_suffix(".new")
            fresh.write_text(json.dumps(self.all, indent=1))
            fresh.replace(self._path)

    def report(self) -> str:
        """A line for each surface, of all seeds."""
        total: dict[str, Counter[str]] = {}
        for one in self.all.values():
            for name, known in one["surfaces"].items():
                total.setdefault(name, Counter()).update(known)
        rows = [(name, row) for name, row in sorted(total.items())]
        data = [row for name, row in rows if name.startswith("data")]
        rows += [("all data", sum(data, Counter())), ("all", sum((row for _, row in rows), Counter()))]
        lines = [f"{'surface':12}" + "".join(f" {name:>12}" for name in COUNTED)]
        lines += [f"{name:12}" + "".join(f" {row[one]:12}" for one in COUNTED) for name, row in rows]
        return "\n".join(lines)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("inputs", type=int, help="how many")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, help="the first input's number; else 0, or where --state left off")
    parser.add_argument("--workers", type=int, default=1, help="processes at once")
    parser.add_argument("--only", choices=SURFACES, help="one surface alone")
    parser.add_argument("--state", type=Path, help="a file of counts, which a later run goes on with")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"), help="where inputs of violations are kept")
    return parser.parse_args()


def main() -> int:
    """Runs it."""
    asked = arguments()
    counts = Counts(asked.state, asked.seed)
    prepare()
    with tempfile.TemporaryDirectory(prefix="gdcli-fuzz-") as folder:
        stock = Stock.made(Path(folder))
    begun, wrong, done = time.monotonic(), 0, 0
    first = asked.start if asked.start is not None else counts.own["next"]
    stride = 500 * asked.workers
    for start in range(first, first + asked.inputs, stride):
        upto = min(start + stride, first + asked.inputs)
        for verdict in in_batches(asked.seed, range(start, upto), stock, asked.workers, asked.only):
            counts.add(verdict)
            done += 1
            if verdict.wrong:
                wrong += 1
                _keep(asked, verdict)
        counts.save(upto)
        rate = done / (time.monotonic() - begun)
        print(
            f"{time.strftime('%H:%M:%S')} seed {asked.seed}: {upto} inputs, {rate:.0f}/s, {wrong} violations",
            flush=True,
        )
    print(counts.report())
    return 1 if wrong else 0


def _keep(asked: argparse.Namespace, verdict: Verdict) -> None:
    case = replace(Case.loaded(verdict.dumped), was=" | ".join(verdict.wrong))
    asked.keep.mkdir(parents=True, exist_ok=True)
    path = asked.keep / f"{asked.seed}-{verdict.number}.json"
    path.write_text(case.dumped())
    print(f"VIOLATION {path}: {case.surface}: {case.was[:300]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
