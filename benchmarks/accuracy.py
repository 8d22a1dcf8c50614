"""Test accuracy on the 8x8 digits beside scikit-learn's MLP with the same settings, over many seeds.

    pip install . scikit-learn
    python benchmarks/accuracy.py

The first 1,437 rows train, the last 360, by other writers, test. A mean of few seeds says little: one seed's accuracy
has a standard deviation of half a per cent, so each mean is given with its standard error.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

TRAINED = 1437
# what is told, gdcli's options, scikit-learn's
SETTINGS = [
    ("relu 16, SGD 0.1", "--hidden 16 --optimizer sgd --lr 0.1", ((16,), "relu", "sgd", 0.1, 20, 0)),
    ("relu 32, SGD 0.1", "--hidden 32 --optimizer sgd --lr 0.1", ((32,), "relu", "sgd", 0.1, 20, 0)),
    ("relu 32, momentum 0.1", "--hidden 32 --optimizer momentum --lr 0.1", ((32,), "relu", "sgd", 0.1, 20, 0.9)),
    ("relu 32, Adam 0.01", "--hidden 32 --optimizer adam --lr 0.01", ((32,), "relu", "adam", 0.01, 20, 0)),
    ("relu 64, Adam 0.001", "--hidden 64 --optimizer adam --lr 0.001", ((64,), "relu", "adam", 0.001, 30, 0)),
    (
        "sigmoid 32, SGD 0.1",
        "--hidden 32 --activation sigmoid --optimizer sgd --lr 0.1",
        ((32,), "logistic", "sgd", 0.1, 20, 0),
    ),
    (
        "linear 32, Adam 0.01",
        "--hidden 32 --activation linear --optimizer adam --lr 0.01",
        ((32,), "identity", "adam", 0.01, 20, 0),
    ),
]


def ours(folder, options, epochs, seed):
    """Test accuracy of `gdcli train`, a process of its own."""
    files = [folder / "train.csv", "--test", folder / "test.csv"]
    same = ["--epochs", str(epochs), "--scale", "16", "--validation", "none", "--batch-size", "32"]
    command = [sys.executable, "-m", "gdcli", "train", *files, *options.split(), *same, "--seed", str(seed)]
    out = subprocess.run([*command, "--format", "json", "-q"], check=True, capture_output=True).stdout
    return json.loads(out)["test"]["accuracy"]


def theirs(rows, settings, seed):
    """Test accuracy of scikit-learn's MLP."""
    from sklearn.neural_network import MLPClassifier

    hidden, activation, solver, rate, epochs, momentum = settings
    model = MLPClassifier(
        hidden,
        activation=activation,
        solver=solver,
        momentum=momentum,
        nesterovs_momentum=False,
        batch_size=32,
        learning_rate_init=rate,
        max_iter=epochs,
        n_iter_no_change=10**6,
        tol=0,
        random_state=seed,
    )
    inputs, labels = rows[:, 1:] / 16, rows[:, 0]
    return model.fit(inputs[:TRAINED], labels[:TRAINED]).score(inputs[TRAINED:], labels[TRAINED:])


def told(figures):
    """A mean, with its standard error."""
    return f"{statistics.mean(figures):.4f} ± {statistics.stdev(figures) / len(figures) ** 0.5:.4f}"


def main():
    """Prints the table."""
    import numpy as np

    from gdcli.data.samples import content

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=30)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore")  # scikit-learn's, that a run of so many epochs has not converged
    header, *lines = content("digits").decode().splitlines()
    rows = np.array([line.split(",") for line in lines], float)
    print(f"| network, optimizer, rate | gdcli, {seeds} seeds | scikit-learn, {seeds} seeds | standard errors above |")
    print("| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, part in (("train", lines[:TRAINED]), ("test", lines[TRAINED:])):
            (folder / f"{name}.csv").write_text("\n".join([header, *part]) + "\n")
        for name, options, settings in SETTINGS:
            one = [ours(folder, options, settings[4], seed) for seed in range(seeds)]
            other = [theirs(rows, settings, seed) for seed in range(seeds)]
            error = ((statistics.variance(one) + statistics.variance(other)) / seeds) ** 0.5
            above = (statistics.mean(one) - statistics.mean(other)) / error if error else 0.0
            print(f"| {name} | {told(one)} | {told(other)} | {above:+.1f} |", flush=True)


if __name__ == "__main__":
    main()
