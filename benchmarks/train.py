"""Training steps beside scikit-learn's MLP and PyTorch eager, and seconds to 97.5 % on MNIST.

    pip install . scikit-learn torch
    python benchmarks/train.py                      microseconds a step on four networks
    python benchmarks/train.py --mnist FOLDER       seconds to 97.5 % test accuracy, whole processes

Each figure is the median of rounds in which the contenders take turns, each in a process of its own with one
thread, so that a ratio holds when the machine's speed drifts. A step is the whole loop: batches of shuffled rows,
forwards, backwards, the optimizer, and for gdcli the record it tells. After every epoch gdcli also measures the loss
over the whole training set, which the others do not; "measured too" is its step with that, spread over 100 steps.
"times faster" compares steps, as the others make them.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import time

NETWORKS = [((2, 8, 8, 2), 10), ((64, 32, 10), 32), ((784, 128, 10), 32), ((784, 512, 512, 10), 32)]
NEEDED = [4.5, 4.0, 2.2, 1.2]  # times faster than either
ROWS = 3200
THREADS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def rows(sizes, seed=0):
    """Random rows and labels for a network."""
    import numpy as np

    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(ROWS, sizes[0])).astype(np.float32)
    labels = rng.integers(0, sizes[-1], ROWS)
    labels[: sizes[-1]] = range(sizes[-1])
    return inputs, labels


def passes(sizes):
    """Epochs that take about a second."""
    weights = sum(a * b for a, b in itertools.pairwise(sizes))
    return max(2, min(60, 3_000_000 // (weights + 20_000)))


def gdcli(sizes, batch, optimizer, measured=True):
    """Microseconds a step of our loop."""
    import numpy as np

    from gdcli.data.dataset import Dataset
    from gdcli.nn.losses import cross_entropy, one_hot
    from gdcli.nn.networks import Network
    from gdcli.optim.optimizers import SGD, Adam
    from gdcli.training.loop import Problem, descend
    from gdcli.training.records import Epoch

    inputs, labels = rows(sizes)
    network = Network(sizes)
    problem = Problem(network, cross_entropy, Dataset(inputs, one_hot(labels, sizes[-1])))
    chosen = {"sgd": SGD, "adam": Adam}[optimizer]()
    epochs = passes(sizes)
    start = network.initial(np.random.default_rng(0))
    stream = descend(problem, chosen, learning_rate=1e-3, epochs=epochs + 1, start=start, batch_size=batch)
    spent = steps = 0
    begun = time.perf_counter()
    for record in stream:
        if isinstance(record, Epoch):
            if record.epoch == 1:  # the first pass warms up
                spent = steps = 0
                begun = time.perf_counter()
            elif not measured:
                begun = time.perf_counter()  # what passed since the last step was measuring
            continue
        steps += 1
        if not measured:
            now = time.perf_counter()
            spent += now - begun
            begun = now
    return (spent if not measured else time.perf_counter() - begun) / steps * 1e6


def steps_alone(sizes, batch, optimizer):
    """Microseconds a step of our loop, without measuring the training set after every epoch."""
    return gdcli(sizes, batch, optimizer, measured=False)


def sklearn(sizes, batch, optimizer):
    """Microseconds a step of scikit-learn's MLP."""
    import warnings

    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    inputs, labels = rows(sizes)

    def run(epochs):
        model = MLPClassifier(
            sizes[1:-1],
            solver=optimizer,
            momentum=0,
            nesterovs_momentum=False,
            batch_size=batch,
            learning_rate_init=1e-3,
            max_iter=epochs,
            n_iter_no_change=10**6,
            tol=0,
        )
        begun = time.perf_counter()
        model.fit(inputs, labels)
        return time.perf_counter() - begun

    epochs = passes(sizes)
    one = run(1)
    return (run(epochs + 1) - one) / (epochs * -(-ROWS // batch)) * 1e6


def torch(sizes, batch, optimizer):
    """Microseconds a step of PyTorch, eager, batches sliced from shuffled rows."""
    import torch as pytorch

    pytorch.set_num_threads(1)
    inputs, labels = (pytorch.from_numpy(array) for array in rows(sizes))
    layers = []
    for a, b in itertools.pairwise(sizes):
        layers += [pytorch.nn.Linear(a, b), pytorch.nn.ReLU()]
    model = pytorch.nn.Sequential(*layers[:-1])
    make = {"sgd": pytorch.optim.SGD, "adam": pytorch.optim.Adam}[optimizer]
    chosen, loss = make(model.parameters(), lr=1e-3), pytorch.nn.CrossEntropyLoss()

    def run(epochs):
        for _ in range(epochs):
            order = pytorch.randperm(len(inputs))
            x, y = inputs[order], labels[order]
            for begin in range(0, len(x), batch):
                chosen.zero_grad()
                loss(model(x[begin : begin + batch]), y[begin : begin + batch]).backward()
                chosen.step()

    run(1)
    epochs = passes(sizes)
    begun = time.perf_counter()
    run(epochs)
    return (time.perf_counter() - begun) / (epochs * -(-ROWS // batch)) * 1e6


CONTENDERS = {"gdcli": steps_alone, "measured too": gdcli, "scikit-learn": sklearn, "PyTorch": torch}


def measure(contender, sizes, batch, optimizer):
    """One figure, in a process of its own."""
    job = json.dumps([contender, sizes, batch, optimizer])
    out = subprocess.run(
        [sys.executable, __file__, "--job", job], env=os.environ | THREADS, check=True, capture_output=True, text=True
    )
    return float(out.stdout)


def table(rounds):
    """The steps of all networks."""
    print("| network, batch | optimizer | gdcli | measured too | scikit-learn | PyTorch | times faster | needed |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for (sizes, batch), needed in zip(NETWORKS, NEEDED, strict=True):
        for optimizer in ("sgd", "adam"):
            found = {name: [] for name in CONTENDERS}
            for _ in range(rounds):
                for name, figures in found.items():
                    figures.append(measure(name, sizes, batch, optimizer))
            micro = {name: statistics.median(figures) for name, figures in found.items()}
            pairs = zip(found["gdcli"], *(found[name] for name in ("scikit-learn", "PyTorch")), strict=True)
            ratio = statistics.median(min(others) / ours for ours, *others in pairs)
            verdict = "" if ratio >= needed else "  **missed**"
            cells = " | ".join(f"{micro[name]:,.0f}" for name in CONTENDERS)
            print(
                f"| {'-'.join(map(str, sizes))}, {batch} | {optimizer} | {cells} | {ratio:.2f} | {needed}{verdict} |",
                flush=True,
            )


MNIST = {
    "gdcli": """
import sys
from gdcli.__main__ import main
sys.argv = ["gdcli", "train", {folder!r}, "--hidden", "128", "--epochs", "{epochs}", "--validation", "none",
            "--format", "kv", "-q"]
main()
""",
    "scikit-learn": """
import gzip, numpy as np
from sklearn.neural_network import MLPClassifier
def read(name, offset):
    return np.frombuffer(gzip.open({folder!r} + "/" + name + ".gz").read(), np.uint8, offset=offset)
x = read("train-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255
t = read("t10k-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255
y, u = read("train-labels-idx1-ubyte", 8), read("t10k-labels-idx1-ubyte", 8)
model = MLPClassifier((128,), batch_size=32, max_iter={epochs}, random_state=0)
import warnings; warnings.simplefilter("ignore")
model.fit(x, y)
print("test_accuracy=%s" % model.score(t, u))
""",
    "PyTorch": """
import gzip, numpy as np, torch
torch.set_num_threads(1); torch.manual_seed(0)
def read(name, offset):
    return np.frombuffer(gzip.open({folder!r} + "/" + name + ".gz").read(), np.uint8, offset=offset)
x = torch.tensor(read("train-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255)
t = torch.tensor(read("t10k-images-idx3-ubyte", 16).reshape(-1, 784).astype(np.float32) / 255)
y = torch.tensor(read("train-labels-idx1-ubyte", 8).astype(np.int64))
u = torch.tensor(read("t10k-labels-idx1-ubyte", 8).astype(np.int64))
net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
opt, loss = torch.optim.Adam(net.parameters()), torch.nn.CrossEntropyLoss()
for epoch in range({epochs}):
    order = torch.randperm(len(x))
    for begin in range(0, len(x), 32):
        rows = order[begin:begin + 32]
        opt.zero_grad(); loss(net(x[rows]), y[rows]).backward(); opt.step()
print("test_accuracy=%s" % float((net(t).argmax(1) == u).float().mean()))
""",
}


def mnist(folder, rounds, most=12):
    """Seconds to 97.5 % test accuracy: the fewest epochs that reach it, then whole processes in turn."""
    epochs = {}
    for name, program in MNIST.items():
        for count in range(2, most + 1):
            accuracy, _ = whole(program, folder, count)
            if accuracy >= 0.975:
                epochs[name] = count
                break
    seconds = {name: [] for name in epochs}
    for _ in range(rounds):
        for name, count in epochs.items():
            seconds[name].append(whole(MNIST[name], folder, count)[1])
    print("| MNIST, 784-128-10, Adam, batch 32 | epochs to 97.5 % | seconds, whole process | times gdcli's |")
    print("| --- | --- | --- | --- |")
    for name, figures in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(figures, seconds["gdcli"], strict=True))
        print(f"| {name} | {epochs[name]} | {statistics.median(figures):.1f} | {ratio:.2f} |")


def whole(program, folder, epochs):
    """Test accuracy and seconds of a whole process."""
    begun = time.perf_counter()
    text = program.format(folder=folder, epochs=epochs)
    out = subprocess.run(
        [sys.executable, "-c", text], env=os.environ | THREADS, check=True, capture_output=True, text=True
    ).stdout
    seconds = time.perf_counter() - begun
    accuracy = next(line for line in out.splitlines() if line.startswith("test_accuracy="))
    return float(accuracy.partition("=")[2]), seconds


def main():
    """Runs what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", metavar="FOLDER", help="a folder with MNIST's four files, gzipped")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        name, sizes, batch, optimizer = json.loads(given.job)
        print(CONTENDERS[name](tuple(sizes), batch, optimizer))
    elif given.mnist:
        mnist(given.mnist, given.rounds)
    else:
        table(given.rounds)


if __name__ == "__main__":
    main()
