"""What the defaults come to, beside scikit-learn's on scaled inputs: same rows, same splits, five seeds unless given.

    pip install . scikit-learn
    python benchmarks/quality.py [FOLDER or FILE.csv ...]

Built-in samples, and tables of the known names below where one of the folders (or those in $GDCLI_DATA) has them. A
fifth of the rows is held out to test on; what comes as two files, `..._train` and `..._test`, is also trained on the
one and tested on the other, whole. No mean is to be more than 0.01 below scikit-learn's, and no run to be stopped
by its cap on epochs. The difference comes with its standard error over the seeds: of a small table's five, chance alone
may be more than 0.01; `--seeds 5-34` draws others.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

SAMPLES = {"iris": True, "wine": True, "breast_cancer": True, "digits": True, "moons": True, "diabetes": False}
LINES = {"bmi": "", "diabetes": ""}
# part of a file's name, target, whether it has classes
FILES = [("penguins", "species", True), ("auto_mpg", "mpg", False), ("sign_mnist", None, True)]
LINE_FILES = ["auto_mpg", "faithful", "cars", "anscombe"]
LABELS = ("label", "class", "target")


def table(text):
    """Header and rows of a csv, without rows that have gaps."""
    header, *rows = list(csv.reader(text.splitlines()))
    return header, [row for row in rows if len(row) == len(header) and all(cell not in ("", "NA", "?") for cell in row)]


def is_number(cell):
    """Whether a cell is a number."""
    try:
        return bool(float(cell) == float(cell))
    except ValueError:
        return False


def prepared(header, rows, target):
    """Names, numeric inputs and the target's cells."""
    at = header.index(target or next(name for name in (*LABELS, header[-1]) if name in header))
    used = [i for i in range(len(header)) if i != at and all(is_number(row[i]) for row in rows)]
    inputs = np.array([[float(row[i]) for i in used] for row in rows])
    return [header[i] for i in used], inputs, [row[at] for row in rows]


def written(path, names, inputs, targets):
    """A csv of these rows, its target last."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "target"])
        writer.writerows([*map(repr, map(float, row)), cell] for row, cell in zip(inputs, targets, strict=True))


def run(gdcli, *arguments):
    """The json of a gdcli command."""
    done = subprocess.run([*gdcli, *map(str, arguments), "-q", "--format", "json"], capture_output=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.decode().strip().splitlines()[-1], "code": done.returncode}
    return json.loads(done.stdout)


def theirs(train, test, classes, seed):
    """Scores of scikit-learn's linear model and of its network with 100 hidden units, on scaled inputs."""
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    kinds = (
        (LogisticRegression(), MLPClassifier(hidden_layer_sizes=(100,)))
        if classes
        else (LinearRegression(), MLPRegressor(hidden_layer_sizes=(100,)))
    )
    scores = []
    for kind in kinds:
        if "MLP" in type(kind).__name__:
            kind.set_params(random_state=seed)
        model = make_pipeline(StandardScaler(), kind)
        scores.append(model.fit(*train).score(*test))
    return scores


def ours(gdcli, folder, data, seed, task, hidden):
    """The score of one default run, and whether its cap ended it."""
    names, (train, test) = data
    written(folder / "train.csv", names, *train)
    written(folder / "test.csv", names, *test)
    files = ["train", folder / "train.csv", "--y", "target", "--test", folder / "test.csv", "--task", task]
    found = run(gdcli, *files, "--seed", seed, *hidden)
    if "failed" in found:
        print(found, file=sys.stderr)
        return float("nan"), False
    key = "accuracy" if task == "classification" else "r2"
    return found["test"][key], found["status"] == "completed"


def a_fifth(inputs, cells, classes, seeds):
    """For each seed the rows to train on and a fifth to test on, by their classes."""
    from sklearn.model_selection import train_test_split

    targets = cells if classes else [float(cell) for cell in cells]
    for seed in seeds:
        split = train_test_split(
            inputs, targets, test_size=0.2, random_state=seed, stratify=targets if classes else None
        )
        yield seed, (split[0], split[2]), (split[1], split[3])


def pairs(files):
    """Files that are there twice, to train on and to test on."""
    for path in files:
        partner = path.with_name(path.name.replace("_train", "_test"))
        if partner != path and partner in files:
            yield path, partner


def compared(name, names, splits, classes, gdcli, folder):
    """A set's lines: ours beside theirs."""
    task = "classification" if classes else "regression"
    scores = {"": ([], []), "--hidden 100": ([], [])}
    capped = 0
    for seed, train, test in splits:
        reference = theirs(train, test, classes, seed)
        for (options, (mine, other)), known in zip(scores.items(), reference, strict=True):
            score, ended = ours(gdcli, folder, (names, (train, test)), seed, task, options.split())
            mine.append(score)
            other.append(known)
            capped += ended
    for options, (mine, other) in scores.items():
        differences = [a - b for a, b in zip(mine, other, strict=True)]
        error = float(np.std(differences, ddof=1)) / len(differences) ** 0.5 if len(differences) > 1 else None
        yield line(f"train {options}", name, statistics.fmean(mine), statistics.fmean(other), capped, error)


def line(what, name, mine, other, capped, error=None):
    """One line of the table."""
    verdict = ("ok" if mine >= other - 0.01 else "BELOW") + ("  capped" if capped else "")
    spread = "" if error is None else f"({error:.4f})"
    return f"{name:24}{what:20}{mine:8.4f}{other:10.4f}{mine - other:+9.4f} {spread:8}  {verdict}"


def fitted(name, names, inputs, cells, gdcli, folder):
    """`gdcli fit` beside least squares, on the rows it is fitted to."""
    from sklearn.linear_model import LinearRegression

    targets = np.array(cells, float)
    written(folder / "fit.csv", names, inputs, cells)
    found = run(gdcli, "fit", folder / "fit.csv", "--y", "target")
    if "failed" in found:
        return f"{name:24}fit                 failed ({found['code']}): {found['failed']}"
    least_squares = LinearRegression().fit(inputs, targets).score(inputs, targets)
    return line("fit", name, found["train"]["r2"], least_squares, False)


def text_of(path):
    """A file's text, unpacked."""
    return (gzip.open(path) if path.suffix == ".gz" else path.open("rb")).read().decode()


def tasks(sets, files, only, seeds):
    """What to train on: name, inputs' names, rows to train and test on by seed, whether it has classes."""
    sets, given = list(sets), []
    for part, target, classes in FILES:
        found = [path for path in files if part in path.name and only in part]
        if only in part and not found:
            print(f"{part:24}not there: name its folder", flush=True)
        sets += [(path.name.split(".")[0][:23], text_of(path), target, classes) for path in found]
        given += [(*pair, target, classes) for pair in pairs(found)]
    for name, text, target, classes in sets:
        names, inputs, cells = prepared(*table(text), target)
        yield name, names, a_fifth(inputs, cells, classes, seeds), classes
    for path, partner, target, classes in given:
        (names, *train), (_, *test) = (prepared(*table(text_of(one)), target) for one in (path, partner))
        yield (
            path.name.split(".")[0].replace("_train", "") + " pair",
            names,
            [(seed, train, test) for seed in seeds],
            classes,
        )


def known_files(places):
    """csv files in the places given."""
    for place in map(Path, places):
        yield from sorted(place.rglob("*.csv*")) if place.is_dir() else [place]


def main():
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", default=os.environ.get("GDCLI_DATA", "").split(os.pathsep))
    parser.add_argument("--gdcli", default=f"{sys.executable} -m gdcli")
    parser.add_argument("--only", default="")
    parser.add_argument("--seeds", default="0-4", metavar="FIRST-LAST")
    asked = parser.parse_args()
    first, last = map(int, asked.seeds.split("-"))
    seeds = range(first, last + 1)
    gdcli, files = shlex.split(asked.gdcli), list(known_files(filter(None, asked.places)))
    warnings.simplefilter("ignore")
    print(f"{'data':24}{'gdcli':20}{'mean':>8}{'sklearn':>10}{'gain':>9} (error)")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)

        def sample(name):
            return subprocess.run([*gdcli, "sample", name], capture_output=True, check=True).stdout.decode()

        sets = [(name, sample(name), None, classes) for name, classes in SAMPLES.items() if asked.only in name]
        for name, names, splits, classes in tasks(sets, files, asked.only, seeds):
            for row in compared(name, names, splits, classes, gdcli, folder):
                print(row, flush=True)
        lines = [(name, sample(name), None) for name in LINES if asked.only in name]
        lines += [
            (path.name.split(".")[0][:23], text_of(path), "mpg" if part == "auto_mpg" else None)
            for part in LINE_FILES
            for path in files
            if part in path.name and asked.only in part
        ]
        for part in LINE_FILES:
            if asked.only in part and not any(part in path.name for path in files):
                print(f"{part:24}not there: name its folder", flush=True)
        for name, text, target in lines:
            print(fitted(name, *prepared(*table(text), target), gdcli, folder), flush=True)


if __name__ == "__main__":
    main()
