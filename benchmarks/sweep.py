"""A sweep over learning rates as one stack: beside one run, and beside as many fits of scikit-learn's MLP.

    pip install . scikit-learn
    python benchmarks/sweep.py

The network is 2-8-8-2 on 320 rows, batches of 10, plain gradient descent, 20 epochs, every epoch measured. Contenders
take turns, and a ratio is the median of those within a round, so that it holds when the machine's speed drifts. Memory
is what Python and NumPy had allocated at the most, beyond what they had before.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import tracemalloc
import warnings

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np

from gdcli.data.dataset import Dataset
from gdcli.nn.losses import cross_entropy, one_hot
from gdcli.nn.networks import Network
from gdcli.optim.optimizers import SGD
from gdcli.training.loop import Problem, descend
from gdcli.training.stacked import Member, sweep

SIZES, ROWS, BATCH, EPOCHS = (2, 8, 8, 2), 320, 10, 20
STACKS = (1, 10, 100, 1000)
ROUNDS = 5
AT_MOST, AT_LEAST = 10.0, 15.0


def rates(count):
    """Learning rates from far too small to a little too large."""
    return np.geomspace(1e-4, 1.0, count).tolist()


def rows():
    """Points of two classes."""
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(ROWS, 2)).astype(np.float32)
    return inputs, (inputs[:, 0] * inputs[:, 1] > 0).astype(int)


def problem():
    """The network on the rows, and its start."""
    inputs, labels = rows()
    network = Network(SIZES)
    return Problem(network, cross_entropy, Dataset(inputs, one_hot(labels, 2))), network.initial(
        np.random.default_rng(0)
    )


def one_run(_=1):
    """One run of the training loop, without any sweep."""
    made, start = problem()
    for _record in descend(made, SGD(), learning_rate=0.1, epochs=EPOCHS, start=start, batch_size=BATCH):
        pass


def stack(count):
    """So many runs as one, to be drawn out."""
    made, start = problem()
    members = [Member(rate, start, SGD()) for rate in rates(count)]
    return sweep(made, members, epochs=EPOCHS, batch_size=BATCH)


def many_runs(count):
    """So many runs as one."""
    for _end in stack(count):
        pass


def sklearn(count):
    """So many fits, one after the other."""
    from sklearn.neural_network import MLPClassifier

    inputs, labels = rows()
    for rate in rates(count):
        MLPClassifier(
            SIZES[1:-1],
            solver="sgd",
            momentum=0,
            nesterovs_momentum=False,
            batch_size=BATCH,
            learning_rate_init=rate,
            max_iter=EPOCHS,
            n_iter_no_change=10**6,
            tol=0,
        ).fit(inputs, labels)


def seconds(function, count):
    """How long it takes."""
    begun = time.perf_counter()
    function(count)
    return time.perf_counter() - begun


def peak(count):
    """The most memory that so many runs had, in megabytes; without the block freed at the beginning (see `descend`)."""
    tracemalloc.start()
    try:
        ends = stack(count)
        next(ends)
        tracemalloc.reset_peak()
        list(ends)
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()


def curves():
    """Time and memory by the size of the stack; the ratios to one run, of the same round."""
    one_run()
    times = {count: [] for count in STACKS}
    ratios = {count: [] for count in STACKS}
    for _ in range(ROUNDS):
        for count in STACKS:
            alone = seconds(one_run, 1)
            taken = seconds(many_runs, count)
            times[count].append(taken)
            ratios[count].append(taken / alone)
    print(f"{'runs':>6} {'seconds':>9} {'x one run':>10} {'ms a run':>9} {'MB':>8} {'kB a run':>9}")
    for count in STACKS:
        taken, memory = statistics.median(times[count]), peak(count)
        ratio = statistics.median(ratios[count])
        print(
            f"{count:>6} {taken:>9.3f} {ratio:>10.2f} {taken / count * 1e3:>9.2f} {memory:>8.1f}"
            f" {memory / count * 1e3:>9.1f}",
            flush=True,
        )
    return statistics.median(ratios[100])


def against_sklearn():
    """How many times longer 100 fits take, the two taking turns."""
    ratios = []
    for _ in range(3):
        ours = [seconds(many_runs, 100)]
        theirs = seconds(sklearn, 100)
        ours.append(seconds(many_runs, 100))
        ratios.append(theirs / statistics.mean(ours))
    return statistics.median(ratios)


def main():
    """Prints both curves and holds both promises."""
    warnings.simplefilter("ignore")
    cost = curves()
    saving = against_sklearn()
    print(f"100 learning rates cost {cost:.1f} x one run (at most {AT_MOST:.0f}): {verdict(cost <= AT_MOST)}")
    print(
        f"100 fits of scikit-learn's MLP take {saving:.1f} x as long (at least {AT_LEAST:.0f}): "
        f"{verdict(saving >= AT_LEAST)}"
    )
    sys.exit(not (cost <= AT_MOST and saving >= AT_LEAST))


def verdict(kept):
    """In a word."""
    return "pass" if kept else "FAIL"


if __name__ == "__main__":
    main()
