"""The command the playground leaves behind ends where the screen did, to the last bit."""

import shlex

import numpy as np
import pytest
from live_sessions import NETWORK, do, race, session
from safetensors.numpy import load_file

from gdcli.live.setup import LineScene

BATCHES = ("sample:bmi", "--standardize", "--batch-size", "100")  # 5 steps an epoch
TURNS = "step 3, lr 0.2, step 2, lr 0.3, step 3, rate_finer_down, step 4"
SLOW = "step 3, lr 0.02, step 2, lr 0.003, step 3, rate_finer_down, step 6"
SITTINGS = {
    "a tolerance given": (("--tolerance", "0.5"), "step 40"),
    "a target given": (("--target-loss", "1"), "step 40"),
    "a convergence asked for": (("--require-converged",), "step 4"),
    "steps given": (("--max-steps", "3"), "step 7"),
    "patience given": ((*NETWORK, "--lr", "0.3", "--patience", "1"), "epoch 12"),
    "nothing yet": ((), ""),
    "steps": ((), "step 5"),
    "three turns": ((), TURNS),
    "turned before the first step": ((), "lr 0.2, step 3"),
    "turned at the end": ((), "step 3, lr 0.2"),
    "turned and taken back": ((), "step 3, lr 0.3, lr 0.1, step 3"),
    "to convergence": ((), "lr 0.25, converge"),
    "an awkward rate": ((), "lr 0.123456789012345678, step 3, lr 1e-7, step 2, lr 0.1, step"),
    "mid-epoch": (BATCHES, "step 8"),
    "an epoch's end": (BATCHES, "epoch 2"),
    "mid-epoch turns": (BATCHES, SLOW),
    "batches of one": (("sample:bmi", "--batch-size", "1", "--lr", "1e-4"), "step 30"),
    "not shuffled": ((*BATCHES, "--no-shuffle"), "step 8"),
    "momentum": (("--optimizer", "momentum", "--lr", "0.02"), SLOW),
    "adam": (("--optimizer", "adam", "--beta1", "0.8"), TURNS),
    "adam in batches": ((*BATCHES, "--optimizer", "adam"), SLOW),
    "standardized, degree 2": (("sample:bmi", "--standardize", "--degree", "2"), TURNS),
    "many inputs": (("sample:diabetes", "--standardize"), "step 4, lr 0.05, step 5"),
    "penalties": (("sample:bmi", "--standardize", "--l2", "0.1", "--l1", "0.3"), "step 4, penalty_next, step 5"),
    "huber": (("sample:bmi", "--standardize", "--loss", "huber"), "step 9"),
    "through the origin": (("sample:line", "--no-intercept", "--lr", "0.02"), "step 5"),
    "a given start": (("--m", "0.1", "--b", "0.2"), "step 5"),
    "a given start, raw": (("sample:bmi", "--standardize", "--start", "3,-2"), "step 5"),
    "line, validation": ((*BATCHES, "--validation", "0.3"), "step 7"),
    "cosine": (("--schedule", "cosine", "--epochs", "40"), "step 25"),
    "cosine to its end": (("--schedule", "cosine", "--epochs", "12"), "converge"),
    "cosine, turned": (("--schedule", "cosine", "--epochs", "40"), "step 7, lr 0.2, step 8"),
    "cosine in batches": ((*BATCHES, "--schedule", "cosine", "--epochs", "4"), "step 8"),
    "stairs": (("--schedule", "step:every=4,factor=0.5", "--epochs", "30"), "step 13"),
    "warm-up": (("--warmup", "6"), "step 4, lr 0.05, step 5"),
    "warm-up alone": (("--warmup", "6"), "step 9"),
    "given turns": (("--lr-at", "3:0.2,9:0.05"), "step 12"),
    "given turns, overruled": (("--lr-at", "3:0.2,9:0.05"), "step 5, lr 0.15, step 8"),
    "given turns, not reached": (("--lr-at", "3:0.2,9:0.05"), "step 2"),
    "given turns, then reset": (("--lr-at", "3:0.2,9:0.05"), "step 5, reset, step 12"),
    "two seeds on": (BATCHES, "step 3, seed 2, step 7"),
    "noise": (("sample:line", "--lr", "0.02"), "noise_next 2, step 7, noise_before, step 3"),
    "noise and seeds": (("sample:line:seed=3,rows=40", "--lr", ".02", "--batch-size", "8"), "noise_next, seed, step"),
    "another optimizer": ((), "optimizer_next 3, step 6"),
    "another batch": (("sample:bmi", "--standardize"), "batch_before 3, step 9, batch_next, step 2"),
    "another data set": ((), "data_next, step 3, lr 0.3, step 2"),
    "back over a turn": ((), "step 3, lr 0.2, step 4, back 6, step 3"),
    "back to a turn": ((), "step 3, lr 0.2, step 4, back 4, step 2"),
    "back in mid-epoch": (BATCHES, "step 9, back 3, lr 0.02, step 2"),
    "back to the lowest loss": ((), "step 5, lr 5, converge, best, lr 0.05, step 3"),
    "after a race": ((), "step 5, lr 0.2, step 3, compare, step 4"),
    "after a reset": ((), "step 5, lr 0.2, step 3, reset, step 4"),
    "diverging": ((), "lr 0.4, step 12"),
    "network": (NETWORK, "epoch 2"),
    "network, mid-epoch": (NETWORK, SLOW),
    "network, sgd": ((*NETWORK, "--optimizer", "sgd"), SLOW),
    "network, float64": ((*NETWORK, "--dtype", "float64"), SLOW),
    "network, dropout": ((*NETWORK, "--hidden", "8,8", "--dropout", "0.4"), SLOW),
    "network, no validation": (("sample:moons", "--hidden", "4"), SLOW),
    "network, whole set": (("sample:xor", "--hidden", "3", "--batch-size", "full", "--lr", "0.1"), SLOW),
    "network, one-cycle": ((*NETWORK, "--schedule", "one-cycle", "--epochs", "6"), "step 13, lr 0.02, step 4"),
    "network, changed": (NETWORK, "layers_next, neurons_next 2, activation_next, penalty_next 3, seed, step 8"),
    "network, without layers": (NETWORK, "layers_before, step 8"),
    "network, noise": (NETWORK, "noise_next, batch_before 2, optimizer_next, step 8, back 5, step"),
    "network, another data set": (("sample:blobs",), "data_next, step 8"),
    "regression": (("sample:bmi", "--hidden", "4"), "step 8"),
    "classes": (("sample:iris", "--hidden", "5", "--validation", "0.2"), "step 8, lr 0.05, step 3"),
    "weights for classes": (("sample:wine", "--class-weight", "balanced", "--label-smoothing", "0.1"), "step 8"),
    "recommended": (("sample:moons",), "step 9"),
    "optimizer in mid-run": ((), "step 3, lr 0.03, step 2, optimizer_next, step 4"),
    "the state of another optimizer": ((), "step 3, optimizer_next 6, step 4, set momentum=0.5"),
    "batches in mid-run": (("sample:bmi", "--standardize"), "step 3, batch_before 3, step 9, batch_next 9, step 3"),
    "batches in mid-epoch": (
        BATCHES,
        "step 3, batch_before 2, step 9, batch_next, step 2, set batch-size=full, step 3",
    ),
    "penalty in mid-run": (("sample:bmi", "--standardize"), "step 2, penalty_next 8, step 4, penalty_before, step"),
    "a setting in mid-run": (("--optimizer", "momentum", "--lr", "0.02"), "step 4, set momentum=0.7, step 3"),
    "two settings at a time": (
        (
            "--optimizer",
            "adam",
        ),
        "step 4, set beta1=0.7, set beta2=.9, set beta1=0.5, step 3",
    ),
    "two optimizers at a time": ((), "step 4, optimizer_next, set momentum=0.7, optimizer_next 5, step 3"),
    "back over a change": ((), "step 3, optimizer_next, step 4, back 6, lr 0.05, step 3"),
    "back to a change": ((), "step 3, optimizer_next 6, step 4, back 4, step 2"),
    "back over batches": (BATCHES, "step 3, batch_before 2, step 9, back 10, step 4"),
    "back into batches": (BATCHES, "step 3, batch_before 2, step 9, back 3, lr 0.01, step 4"),
    "a reset after changes": (BATCHES, "step 3, batch_before 2, optimizer_next 3, penalty_next, step 9, reset, step 4"),
    "a race after a change": ((), "step 3, optimizer_next, step 2, compare, step 3, optimizer_next, step 2"),
    "an end after changes": ((*BATCHES, "--epochs", "3"), "step 3, batch_before 2, step 50"),
    "given changes, overruled": ((*BATCHES, "--at", "9:batch-size=64"), "step 4, batch_before 2, step 9"),
    "given changes, and back": (
        (*BATCHES, "--at", "9:batch-size=64"),
        "step 4, batch_before 2, step 9, back 11, step 9",
    ),
    "given rates, overruled": ((*BATCHES, "--at", "9:lr=0.4,4:lr=0.2"), "step 6, lr 0.15, step 5, reset, step 5"),
    "from the first step": ((*BATCHES, "--at", "1:optimizer=adam"), "step 3, optimizer_before, step 3"),
    "network, four changes": (
        (*NETWORK, "--hidden", "4,3"),
        "step 3, optimizer_before, step 4, batch_before 3, step 4, penalty_next 3, step 5, dropout_next, lr .2, step 7",
    ),
    "network, and back": (
        NETWORK,
        "step 3, dropout_next 2, step 4, batch_before 3, step 4, back 6, optimizer_next, step",
    ),
    "network, no dropout": ((*NETWORK, "--dropout", "0.5"), "step 3, dropout_before 4, step 4"),
    "softmax regression": (("sample:iris",), "step 3, optimizer_next, step 4, batch_before 2, step 4"),
    "epochs given": (("--epochs", "3"), "step 7"),
    "the best asked for": ((*NETWORK, "--lr", "0.3", "--keep", "best"), "epoch 12"),
}


def ends_where(sitting, gdcli, folder):
    """Runs the command, and compares what it ends at."""
    command_ends_where(sitting.rerun(), sitting.run, gdcli, folder)


def command_ends_where(command, run, gdcli, folder):
    """The same of one run and its command."""
    program, *words = shlex.split(command)
    assert program == "gdcli"
    scene, parameters = run.setup.scene, run.now.parameters
    if isinstance(scene, LineScene):
        result = gdcli(*words, "--format", "json")
        assert result.code in (0, 4), result.err
        assert list(result.json["parameters"].values()) == [float(value) for value in scene.raw(parameters)]
        assert result.json["steps"] == run.now.number
        return
    model = folder / "model.safetensors"
    result = gdcli(*words, "--save", model, "--format", "json")
    assert result.code == 0, result.err
    tensors = load_file(model)
    for at, layer in enumerate(scene.network.layers):
        expected = layer.weights(parameters).T, layer.bias(parameters)
        for name, array in zip(("weight", "bias"), expected, strict=True):
            saved = tensors[f"{2 * at}.{name}"]
            assert saved.dtype == array.dtype
            np.testing.assert_array_equal(saved, array)
    assert result.json["steps"] == run.now.number


@pytest.mark.parametrize(("words", "actions"), SITTINGS.values(), ids=SITTINGS)
def test_the_command_ends_where_the_sitting_did(words, actions, gdcli, tmp_path):
    sitting = session(*words)
    if actions:
        do(sitting, actions)
    ends_where(sitting, gdcli, tmp_path)


STARTS = {
    "line": ((), (2.5, -1.25)),
    "standardized": (("sample:bmi", "--standardize"), (12.3, -3.1)),
    "many inputs": (("sample:diabetes", "--standardize"), (0.7, -20.0)),
    "a given start": (("sample:bmi", "--standardize", "--start", "3,-2"), (5.0, 7.0)),
    "degree 2": (("sample:bmi", "--standardize", "--degree", "2"), (4.0, 0.1)),
}


@pytest.mark.parametrize(("words", "point"), STARTS.values(), ids=STARTS)
def test_from_a_start_that_was_pointed_at(words, point, gdcli, tmp_path):
    sitting = do(session(*words), "step 2")
    sitting.restart_from(*point)
    ends_where(sitting, gdcli, tmp_path)
    do(sitting, "step 3, lr 0.05, step 4")
    ends_where(sitting, gdcli, tmp_path)
    sitting.restart_from(*(value + 0.5 for value in point))
    do(sitting, "seed, step 2")
    ends_where(sitting, gdcli, tmp_path)


def test_from_a_file_with_an_awkward_name(gdcli, table, tmp_path):
    path = table("größe,preis\n1,3\n2,5\n4,8.5\n", "it's a; file$.csv")
    ends_where(do(session(str(path), "--lr", "0.05"), "step 4, lr 0.01, step 2"), gdcli, tmp_path)


def test_the_command_is_no_longer_than_it_must_be():
    assert do(session(), "step 3").rerun() == "gdcli fit sample:deck --m -1 --b 5 --lr 0.1 --seed 0 --epochs 3"
    words = shlex.split(do(session(*BATCHES), "step 3, rate_up, step 5").rerun())
    assert words[words.index("--max-steps") + 1] == "8"
    assert words[words.index("--lr-at") + 1] == "4:0.3"


MODELS = [
    (),
    ("sample:line", "--batch-size", "50"),
    ("sample:bmi", "--batch-size", "100"),
    ("sample:diabetes", "--standardize"),
    ("sample:bmi", "--degree", "3", "--standardize", "--momentum", "0.5", "--optimizer", "momentum"),
    NETWORK,
    ("sample:xor", "--hidden", "none", "--features", "x1*x2", "--lr", "0.1"),
    ("sample:circles", "--hidden", "4", "--features", "x1^2,x2^2", "--dropout", "0.2"),
    ("sample:iris", "--hidden", "6"),
    ("sample:bmi", "--hidden", "3", "--lr", "0.01"),
]
CHANGES = [
    "batch_next",
    "batch_before",
    "optimizer_next",
    "optimizer_before",
    "straight_7",
    "penalty_next",
    "kept_next",
]
CHANGES += ["rate_up", "rate_down", "rate_finer_down", "lr 0.013", "set l1=0.01", "set l2=0.003"]
ANEW = ["seed", "noise_next", "reset", "activation_next", "layers_next", "neurons_next"]
MOVES = ["step", "step 3", "epoch", "back", "back 4", "best", "step 7"]


def random_actions(rng, dropout):
    """Four changes in mid-run, with steps and ways back between them, once begun anew."""
    changes = [*CHANGES, *(["dropout_next", "dropout_before"] if dropout else [])]
    actions = [rng.choice(changes)] if rng.random() < 0.3 else []
    for _ in range(4):
        actions += ["step 2", *rng.choice(MOVES, 2), rng.choice(changes)]
    if rng.random() < 0.5:
        actions.insert(int(rng.integers(len(actions))), rng.choice(ANEW))
    return ", ".join([*actions, *rng.choice(MOVES, 2), "step"])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60))
def test_a_random_sitting_ends_where_its_command_does(seed, gdcli, tmp_path):
    rng = np.random.default_rng(seed)
    words = MODELS[seed % len(MODELS)]
    sitting = race("lr=0.02,0.05,0.1", "sample:deck") if seed % 12 == 11 else session(*words)
    actions = random_actions(rng, dropout="--hidden" in words and "none" not in words)
    do(sitting, actions)
    for command, run in zip(sitting.reruns(), sitting.runs, strict=True):
        print(actions, command, sep="\n")  # noqa: T201 - seen where it fails
        run.known()
        if not run.diverged:
            command_ends_where(command, run, gdcli, tmp_path)
