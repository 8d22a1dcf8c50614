"""How many threads linear algebra gets: by the sizes named, by what is asked for, and as before where a run goes on."""

import json

import pytest

from gdcli.experiments.threads import VARIABLES, limit_threads


def threads(*words, **environ):
    limit_threads(words, environ)
    assert len({environ.get(name) for name in VARIABLES}) == 1 or environ.keys() != set(VARIABLES)
    return environ.get("OPENBLAS_NUM_THREADS")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["fit", "a.csv"], "1"),
        (["train", "a.csv", "--hidden", "128,64"], "1"),
        (["train", "a.csv", "--hidden", "512,512"], "2"),
        (["train", "a.csv", "--hidden=512,512"], "2"),
        (["train", "a.csv", "--hidden", "512,512", "--threads", "1"], "1"),
        (["train", "a.csv", "--threads=3"], "3"),
        (["train", "a.csv", "--threads", "none", "--hidden", "no,thing"], "1"),
        (["train", "a.csv", "--threads", "9" * 5000, "--hidden", "9" * 5000 + ",8"], "1"),
        (["train", "a.csv", "--hidden"], "1"),
        (["train", "a.csv", "--resume"], "1"),
    ],
)
def test_by_size_unless_asked_for(words, wanted):
    assert threads(*words) == wanted


def test_the_environment_has_its_way_unless_threads_are_asked_for():
    assert threads("train", "a", "--hidden", "512,512", OPENBLAS_NUM_THREADS="7") == "7"
    assert threads("train", "a", "--threads", "2", OPENBLAS_NUM_THREADS="7") == "2"


def header(options):
    told = json.dumps({"__metadata__": {"gdcli": json.dumps({"config": {"options": options}})}}).encode()
    return len(told).to_bytes(8, "little") + told


@pytest.mark.parametrize(
    ("options", "words", "wanted"),
    [
        ({"hidden": "512,512"}, [], "2"),
        ({"hidden": "32"}, [], "1"),
        ({"hidden": "512,512", "threads": 1}, [], "1"),
        ({"hidden": "32", "threads": 2}, [], "2"),
        ({"hidden": "32", "threads": 2}, ["--threads", "1"], "1"),
        ({}, [], "1"),
    ],
)
def test_a_run_that_goes_on_has_as_many_as_before(options, words, wanted, tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(header(options))
    assert threads("train", "a.csv", "--resume", str(path), *words) == wanted


@pytest.mark.parametrize(
    "content",
    [b"", b"1234567", b"\xff" * 8, b"\xff" * 40, header({})[:30], (2).to_bytes(8, "little") + b"[]", b"\x80" + bytes(7)]
    + [
        (len(text)).to_bytes(8, "little") + text
        for text in (b'{"__metadata__": 1}', b"[" * 100_000, b"\xfe\xff", b"null")
    ]
    + [header([1]), header("text"), header(None)],
    ids=lambda content: repr(content[:20]),
)
def test_a_file_that_is_no_model_is_the_command_s_to_refuse(content, tmp_path):
    path = tmp_path / "m.safetensors"
    path.write_bytes(content)
    assert threads("train", "a.csv", "--resume", str(path)) == "1"
    assert threads("train", "a.csv", "--resume", str(tmp_path)) == "1"
    assert threads("train", "a.csv", "--resume", "missing\0name") == "1"


def test_a_large_network_goes_on_to_the_last_bit(process):
    """As processes of their own: threads are chosen before NumPy is imported."""
    told = "--format", "csv", "-q"
    network = "train", "sample:digits", "--hidden", "512,512", "--validation", "0.9", "--keep", "last", *told
    whole = process(*network, "--epochs", 2)
    process(*network, "--epochs", 1, "--save", "a.safetensors")
    rest = process("train", "sample:digits", "--resume", "a.safetensors", "--epochs", 2, *told)
    assert whole.out.splitlines()[-1] == rest.out.splitlines()[-1]
