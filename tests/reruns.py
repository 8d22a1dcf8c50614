"""Commands drawn by a seed from the program's own options, and what their `rerun:` lines do in a real bash.

Run as a script, it prints how many of each command were run again: `python -m tests.reruns [--count N] [--seed N]`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gdcli.cli.app import load
from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.definitions import ACTIVATION, FORMAT, INITIALIZER, LOSS, OPTIMIZER, SCHEDULE, names

NUMBERS = "a,b,y\n" + "".join(f"{x % 7},{x % 11 / 2},{x * 37 % 13 / 3 + x:.3f}\n" for x in range(40))
CLASSES = "a,b,colour,kind\n" + "".join(
    f"{x % 5 / 2},{x % 7},{('red', 'blue')[x % 2]},{('yes', 'no', 'no')[x % 3]}\n" for x in range(45)
)
FILES = {
    **dict.fromkeys(("rows.csv", "it's a; $file.csv", "größe\t1.csv", "-rows.csv", "=ls.csv"), NUMBERS),
    **dict.fromkeys(("classes.csv", "`classes` !!.csv", "\u202eclasses.csv"), CLASSES),
}
SAMPLES = ("sample:bmi", "sample:line:seed=3,rows=40", "sample:iris", "sample:xor")
LINES = ["fit", "step", "limit", "surface", "sweep fit", "lr-find fit", "score", "live"]
NETWORKS = ["train", "sweep train", "lr-find train", "show"]
OTHERS = {"activation": names(ACTIVATION), "loss": names(LOSS)}
DRAWN = [*LINES, *NETWORKS, *OTHERS]
"""What says how to do it again, by a `rerun:` line."""
SILENT = {
    "mse": "prints a bare number", "rmse": "prints a bare number", "evaluate": "has no choices of its own",
    "predict": "has no choices of its own", "collapse": "has no choices of its own", "sample": "is the command itself",
    "help": "runs nothing", "completion": "runs nothing", "config": "runs nothing",
    "explain": "runs nothing", "quiz": "names the run of each answer", "lesson": "shows runs of others",
    "check": "is about formulas, and ends by them: tests/test_check.py",
}  # fmt: skip
"""Commands that are not drawn, and why: most say no such line."""

RATES, PARTS, SMALL = ("0.1", "0.03", "1e-3", "0.02"), ("0.5", "0.9", "0.25"), ("0", "0.1", "1e-3")
POOL: dict[str, Sequence[str]] = {
    "x": ("a", "a,b", "1", "2,1"), "y": ("y", "3"), "missing": ("fail", "drop", "mean"), "delimiter": (",",),
    "encoding": ("utf-8", "latin-1"), "decimal": (".",), "thousands": ("'",), "na": ("?,none", "99"),
    "comment": ("#", "//"), "allow": ("columns=250000",), "m": ("2", "-1", "-1e-3"), "b": ("0.5", "-3"),
    "start": ("1,2,3", "-1,0,0.5", "random", "-1,2"), "degree": ("1", "2"), "lr": RATES, "warmup": ("2", "5"),
    "schedule": (*names(SCHEDULE), "step:every=2,factor=0.5"), "lr_at": ("2:0.05", "1:0.01,3:0.1"),
    "at": ("1:l2=0.1", "1:optimizer=momentum,1:momentum=0.5", "1:batch-size=5"),
    "batch_size": ("full", "5", "7"), "seed": ("0", "1", "42"), "scale": ("none", "standard", "minmax", "2"),
    "threads": ("1", "2"), "epochs": ("1", "2", "5", "12"), "optimizer": names(OPTIMIZER), "momentum": PARTS,
    "beta1": PARTS, "beta2": PARTS, "decay": PARTS, "epsilon": ("1e-6", "0.1"), "weight_decay": SMALL,
    "loss": names(LOSS), "l1": SMALL, "l2": SMALL, "validation": ("0.2", "0.3"), "keep": ("best", "last"),
    "patience": ("1", "3"), "min_delta": SMALL, "tolerance": ("1e-3", "0.5"), "target_loss": ("1", "0.1"),
    "max_steps": ("1", "7"), "flat": ("0.1", "0.9"), "over": ("2",), "separated": ("1",), "folds": ("3",),
    "every": ("1", "2", "x2", "auto"), "format": names(FORMAT), "get": ("schema", "seed"), "prefix": ("gd_",),
    "output": ("out", "out put$.txt"), "save": ("m.svg", "m 'q.txt"), "theme": ("dark",), "color": ("always", "never"),
    "hidden": ("4", "3,2"), "activation": names(ACTIVATION), "init": names(INITIALIZER), "dropout": ("0.2",),
    "dtype": ("float32", "float64"), "task": ("regression", "classes"), "categorical": ("colour",),
    "features": ("b^2", "a*b,sin(2a)"),
    "label_smoothing": ("0.1",), "class_weight": ("balanced",), "random": ("2",), "steps": ("1", "3"),
    "low": ("1e-4",), "high": ("1", "5"), "points": ("5", "9"), "pred": ("y",), "suggest": ("steepest",),
    "smooth": ("0.5",), "x_range": ("0:1", "-1:1:5"), "y_range": ("0:1",), "m_range": ("-3:5:7",),
    "b_range": ("0:1",), "record": ("made.jsonl",), "on": ("rows.csv",), "classes": ("no,yes",), "test": ("rows.csv",),
    "show": ("2",), "row": ("1", "3"), "neuron": ("1:1",),
    "against": ("p", "residual"), "shuffle_rows": ("16", "33"), "by": ("b", "colour"),
}  # fmt: skip
"""Values of options, by name; a flag needs none."""
LEFT_OUT = {
    "help": "runs nothing", "help_all": "runs nothing", "plugin": "tests/test_plugins.py", "quiet": "says no line",
    "lang": "says the same line",
    "debug": "says how an error came about", "timing": "adds what a clock says", "web": "tests/test_live_web.py",
    "race": "a line for each lane: tests/test_race.py",
    "port": "goes with --web", "host": "goes with --web",
    "sessions": "goes with --web", "replay": "says itself again", "plain": "is always given",
    "cluster": "tests/test_sweep_cluster.py", "timeout": "a clock's", "workers": "tests/test_sweep.py",
    "yes": "allows more than 10,000 runs", "chosen": "a note that such lines have", "resume": "tests/test_going_on.py",
    "labels": "for images", "test_labels": "for images",
}  # fmt: skip
"""Options that are not drawn, and why."""
TYPED = ("n", "n 3", "e", "b", "z", "r", "s", "lr 0.05", "lr 0.2", "o", "p", "m", "7", "↑", "]", "D", "x")


class Drawn(NamedTuple):
    """A command line and what is piped into it."""

    name: str
    words: list[str]
    piped: bytes | None


class Run(NamedTuple):
    """What it left behind."""

    code: int
    out: bytes
    err: str
    files: dict[str, bytes]


def command(name: str) -> Any:
    program, *rest = name.split()
    made = load(program)
    return made.get_command(None, rest[0]) if hasattr(made, "get_command") else made


def options(name: str) -> list[Any]:
    """The options of a command that are drawn."""
    return [one for one in command(name).params if one.param_type_name == "option" and one.name not in LEFT_OUT]


def draw(name: str, chosen: random.Random) -> Drawn:
    """A command with some of its options."""
    sources, piped = _rows(name, chosen)
    words = [*name.split(), *sources, *["--plain"] * (name == "live")]
    known = {one.name: one for one in options(name)}
    drawn = chosen.sample(sorted(known), min(len(known), chosen.choice((0, 1, 2, 3, 4))))
    for one in dict.fromkeys([*drawn, *({"epochs"} & known.keys())]):
        words += _given(name, known[one], chosen)
    return Drawn(name, words + _needed(name, words), piped)


def _rows(name: str, chosen: random.Random) -> tuple[list[str], bytes | None]:
    """What a command is about, and what is piped into it."""
    wanted = CLASSES if name in NETWORKS and chosen.random() < 0.5 else NUMBERS
    file = _argument(chosen.choice([file for file, text in FILES.items() if text == wanted]))
    where = chosen.random()
    if name in OTHERS:
        return chosen.sample(OTHERS[name], 2), None
    if name == "live":
        return [file], "\n".join([*chosen.choices(TYPED, k=chosen.randint(1, 6)), "q", ""]).encode()
    if where < 0.2:
        return ["-"], wanted.encode()
    return [file] if where < 0.8 else [file, "classes.csv" if wanted == CLASSES else "rows.csv"] if where < 0.9 else [
        chosen.choice(SAMPLES)
    ], None


def _needed(name: str, words: Sequence[str]) -> list[str]:
    """Options without which there is nothing to run again."""
    if name.startswith("sweep") and "--lr" not in words:
        return ["--lr", "0.1,0.02"]
    if name == "score" and not {"--start", "--pred"} & {*words}:
        return ["--x", "a", "--m", "2", "--b", "1"]
    if name == "train" and "--format" not in words:
        return ["--format", "json"]  # a table says how long an epoch took
    return []


def _argument(file: str) -> str:
    return f"./{file}" if file.startswith("-") else file


def _given(name: str, option: Any, chosen: random.Random) -> list[str]:
    """An option with a value of its own."""
    flags = [*option.opts, *option.secondary_opts]
    if option.is_flag:
        return [chosen.choice([flag for flag in flags if flag.startswith("--")])]
    flag = next(flag for flag in flags if flag.startswith("--"))
    value = chosen.choice(POOL[option.name])
    if name.startswith("sweep") and option.multiple and chosen.random() < 0.3 and "," not in value:
        value = f"{value},{chosen.choice(POOL[option.name])}"
    return [flag, value] if not value.startswith("-") else [f"{flag}={value}"]


# running


def fill(folder: Path) -> None:
    """A folder with the rows."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")


def run_here(words: Sequence[str], piped: bytes | None) -> Run:
    """In this process, in the folder where it is."""
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    code = run(list(words), Terminal(None if piped is None else io.BytesIO(piped), out, err, {}))
    out.flush()
    return Run(code, out.buffer.getvalue(), err.getvalue(), taken(Path()))


def run_in_bash(line: str, folder: Path, piped: bytes | None) -> Run:
    """A line, typed into bash."""
    script = f"gdcli() {{ '{sys.executable}' -m gdcli \"$@\"; }}\n{line}\n"
    steering = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES")
    environ = {name: value for name, value in os.environ.items() if name not in steering}
    given: Any = {"stdin": subprocess.DEVNULL} if piped is None else {"input": piped}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environ, capture_output=True, check=False, **given)
    return Run(done.returncode, done.stdout, done.stderr.decode(), taken(folder))


def taken(folder: Path) -> dict[str, bytes]:
    """Files that were made, which are gone afterwards."""
    made = [path for path in folder.iterdir() if path.name not in FILES]
    contents = {path.name: path.read_bytes() for path in made}
    for path in made:
        path.unlink()
    return contents


def rerun_line(err: str) -> str | None:
    """The command on the `rerun:` line."""
    lines = [line for line in err.splitlines() if line.startswith("rerun: ")]
    assert len(lines) < 2, err
    return lines[0].removeprefix("rerun: ") if lines else None


class Pair(NamedTuple):
    """A command and its line."""

    drawn: Drawn
    first: Run
    line: str


def accepted(count: int, seed: int, turned_down: Counter[str]) -> Iterator[Pair]:
    """So many commands that run, each kind in turn; those that are turned down are counted, and drawn anew."""
    chosen = random.Random(seed)  # noqa: S311 - reproducible, not secret
    for number in range(count):
        name = DRAWN[number % len(DRAWN)]
        while True:
            drawn = draw(name, chosen)
            first = run_here(drawn.words, drawn.piped)
            assert "a bug:" not in first.err, (drawn, first.err)
            assert "Traceback" not in first.err, (drawn, first.err)
            if first.code in (0, 4, 5) and (line := rerun_line(first.err)):
                yield Pair(drawn, first, line)
                break
            turned_down[name] += 1


def differences(pair: Pair, again: Run) -> list[str]:
    """In what the second run is not the first."""
    if pair.drawn.name == "live":
        return live_differences(pair, again)
    first = pair.first
    found = [] if again.code == first.code else [f"exit code {first.code}, then {again.code}: {again.err}"]
    found += ["other bytes on stdout"] * (again.out != first.out)
    found += [f"another {name}" for name in first.files if again.files.get(name) != first.files[name]]
    return found + ["other files"] * (first.files.keys() != again.files.keys())


def live_differences(pair: Pair, again: Run) -> list[str]:
    """Whether the command ends at the step and the loss where the sitting did."""
    states = re.findall(r"^step (\d+), (.*), learning rate", pair.first.out.decode(), re.MULTILINE)
    step, values = states[-1]
    report = json.loads(again.out)
    if report["steps"] != int(step):
        return [f"step {step}, then {report['steps']}"]
    from gdcli.formatting import short

    known = [f"{name} {short(value, 6)}" for name, value in (report.get("parameters") or {}).items()][:12]
    return [f"{one} is not in {values}" for one in known if one not in values]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="how many commands [200]")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    counts, wrong, turned_down = Counter[str](), 0, Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPATH"] = os.pathsep.join([str(Path.cwd()), *sys.path])
        os.chdir(folder)
        fill(Path())
        for pair in accepted(asked.count, asked.seed, turned_down):
            live = pair.drawn.name == "live"
            again = run_in_bash(
                f"{pair.line} --format json" if live else pair.line, Path(), None if live else pair.drawn.piped
            )
            counts[pair.drawn.name] += 1
            for one in differences(pair, again):
                wrong += 1
                sys.stdout.write(f"WRONG {one}\n  {pair.drawn}\n  {pair.line}\n")
                sys.stdout.flush()
    for name in DRAWN:
        sys.stdout.write(f"{name:<14} {counts[name]:>4} run again, {turned_down[name]} turned down\n")
    sys.stdout.write(f"{counts.total()} commands, {wrong} differences\n")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
