"""The claims of docs/defaults.md, carried out: what is picked where nothing is said, and what is never picked again."""

import shlex

import pytest

TRAIN = "train", "sample:iris"
NETWORK = (*TRAIN, "--hidden", 4)
CHOSEN = {
    ("fit", "sample:deck"): set(),
    ("fit", "sample:bmi"): {"scale"},
    ("fit", "sample:bmi", "--epochs", 6): {"scale"},
    ("fit", "sample:bmi", "--scale", "standard", "--epochs", 6): set(),
    (*TRAIN, "--epochs", 6): {"init", "optimizer", "lr", "batch_size"},
    ("train", "sample:bmi", "--epochs", 6): {"init", "optimizer", "lr", "batch_size", "keep"},
    (*TRAIN, "--optimizer", "sgd", "--epochs", 6): {"lr"},
    (*TRAIN, "--batch-size", 16, "--epochs", 6): {"lr"},
    (*NETWORK, "--epochs", 6): {"lr"},
    (*NETWORK, "--schedule", "cosine", "--lr", 0.01): {"epochs"},
    (*NETWORK, "--lr", 0.01, "--epochs", 6): set(),
    (*NETWORK, "--lr", 0.01, "--patience", 2): {"epochs"},
}


@pytest.mark.parametrize("words", CHOSEN, ids=lambda words: " ".join(map(str, words)))
def test_only_what_is_not_given_is_picked(gdcli, words):
    result = gdcli(*words, "--format", "json")
    assert result.code == 0
    assert set((result.json["chosen"] or {"options": []})["options"]) == CHOSEN[words]
    repeated = shlex.split(result.json["rerun"])
    for name in CHOSEN[words]:
        assert f"--{name.replace('_', '-')}" in repeated


def test_the_rerun_line_gives_the_same_numbers(gdcli):
    first = gdcli(*NETWORK, "--epochs", 6, "--format", "json")
    again = gdcli(*shlex.split(first.json["rerun"])[1:])
    assert again.json["history"] == first.json["history"]


def test_a_resumed_run_keeps_its_rate(gdcli, tmp_path):
    model = str(tmp_path / "model.safetensors")
    first = gdcli(*NETWORK, "--epochs", 3, "--save", model, "--format", "json")
    resumed = gdcli(*TRAIN, "--resume", model, "--epochs", 5, "--format", "json")
    assert resumed.code == 0
    assert {row["lr"] for row in resumed.json["history"]} == {first.json["history"][-1]["lr"]}
