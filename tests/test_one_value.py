"""`--get`: one value of any command's result, as json has it."""

import io
import json

import pytest

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.experiments.line_result import LineResult
from gdcli.experiments.network_result import NetworkResult
from gdcli.experiments.sweep.result import SweepResult
from gdcli.render import Report
from gdcli.render.formats._one_value import OneValue

NAMES = {"fit": LineResult.FIGURES, "train": NetworkResult.FIGURES, "sweep": SweepResult.FIGURES}

COMMANDS = {
    "fit": ["fit", "sample:deck", "--m", "-1", "--b", "5", "--epochs", "3"],
    "train": ["train", "sample:iris", "--epochs", "2", "--seed", "1"],
    "score": ["score", "sample:deck", "--m", "-1", "--b", "5"],
    "mse": ["mse", "sample:deck", "--m", "-1", "--b", "5"],
    "rmse": ["rmse", "sample:deck", "--m", "-1", "--b", "5"],
    "step": ["step", "--steps", "2"],
    "limit": ["limit", "--lr", "0.1"],
    "lr-find": ["lr-find", "fit", "sample:bmi", "--standardize"],
    "surface": ["surface"],
    "sweep": ["sweep", "fit", "--lr", "0.1,0.2", "--epochs", "3"],
    "show": ["show", "sample:iris"],
    "sample": ["sample", "deck"],
    "activation": ["activation", "relu", "--points", "3"],
    "loss": ["loss", "huber", "--points", "3"],
}


def told(*words):
    out, err = io.StringIO(), io.StringIO()
    code = run([*map(str, words), "-q"], Terminal(None, out, err))
    return code, out.getvalue(), err.getvalue()


def singles(value, before=""):
    """Every single value of an object, and its name."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from singles(inner, f"{before}.{name}".lstrip("."))
    elif isinstance(value, list):
        for at, inner in list(enumerate(value))[:2]:
            yield from singles(inner, f"{before}.{at}")
    else:
        yield before, value


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_gives_what_its_object_has(name):
    whole = json.loads(told(*COMMANDS[name], "--format", "json")[1])
    known = {path: value for path, value in singles(whole) if "rerun" not in path and "command" not in path}
    last = "" if name in ("mse", "rmse") else list(known)[-1]
    wanted = [path for path in {**dict.fromkeys(list(known)[:6]), last: None, "train.r2": None} if path in known]
    assert len(wanted) > 1
    for path in wanted:
        code, out, err = told(*COMMANDS[name], "--get", path)
        value = known[path]
        if value is None:
            assert (code, out) == (1, "")
            assert f"--get: {path} has no value here" in err
        elif isinstance(value, bool):
            assert out == f"{str(value).lower()}\n"
        else:
            assert out == f"{value if isinstance(value, str) else repr(value)}\n", path


def test_a_row_from_the_end_and_a_name_with_a_dot():
    rows = json.loads(told(*COMMANDS["fit"], "--format", "json")[1])["history"]
    assert told(*COMMANDS["fit"], "--get", "history.-1.loss")[1] == f"{rows[-1]['loss']!r}\n"
    assert told(*COMMANDS["fit"], "--format", "value", "--get", "history.0.m")[1] == "-1.0\n"


def test_names_with_dots(gdcli):
    table = "a.b,c,y\n1,2,3\n2,5,5\n3,1,8\n"
    words = ("fit", "--lr", "1e-3", "--epochs", 1, "-q")
    whole = gdcli(*words, "--format", "json", stdin=table).json["parameters"]
    assert gdcli(*words, "--get", "parameters.w_a.b", stdin=table).out == f"{whole['w_a.b']!r}\n"


def test_written_to_a_file(gdcli, tmp_path):
    assert gdcli(*COMMANDS["fit"], "--get", "epochs", "-o", tmp_path / "n").out == ""
    assert (tmp_path / "n").read_text() == "3\n"


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["--get", "train.msee"], 2, "--get: there is no 'train.msee' here"),
        (["--get", ""], 2, "--get: there is no '' here"),
        (["--get", "train.mse.more"], 2, "--get: there is no 'train.mse.more' here"),
        (["--get", "history.99.loss"], 2, "--get: there is no 'history.99.loss' here"),
        (["--get", "history.x"], 2, "--get: there is no 'history.x' here"),
        (["--get", "train"], 2, "--get: 'train' is more than one value"),
        (["--get", "validation"], 1, "--get: validation has no value here"),
        (["--get", "epochs", "--format", "csv"], 2, "--get prints one value, and --format csv a whole"),
        (["--format", "value"], 2, "--format value goes with --get here"),
    ],
)
def test_refused(gdcli, refused, words, code, part):
    refused(gdcli(*COMMANDS["fit"], "-q", *words), code, part)


def test_a_hint_names_the_nearest():
    assert "did you mean 'train.mse'?" in told(*COMMANDS["fit"], "--get", "train.msee")[2]


@pytest.mark.parametrize("words", ["fit sample:deck", "train sample:xor", "sweep fit sample:deck --lr 0.1,0.2"])
def test_an_unknown_name_is_refused_before_the_run(gdcli, refused, tmp_path, words):
    """The run would not end, if it began; and no file is left."""
    files = ("--save", tmp_path / "kept.svg", "-o", tmp_path / "n")
    done = gdcli(*words.split(), "--epochs", 10**9, "--get", "nope", "-q", *files)
    refused(done, 2, "there is no 'nope' here")
    assert not [*tmp_path.iterdir()]


def test_a_name_that_only_the_run_shows_to_be_none_leaves_no_picture(gdcli, refused, tmp_path):
    done = gdcli(*COMMANDS["fit"], "--get", "history.99.loss", "-q", "--save", tmp_path / "kept.svg")
    refused(done, 2, "there is no 'history.99.loss' here")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    "words",
    [
        "fit sample:bmi --standardize --lr 0.1 --epochs 2 --validation 0.2 --folds 3 --degree 2 --patience 2",
        "fit sample:deck --epochs 2",
        "train sample:iris --epochs 1 --test sample:iris --folds 2",
        "train sample:diabetes --epochs 1 --validation none",
        "sweep fit sample:trend --degree 1,3 --epochs 2",
        "sweep train sample:xor --loss mse,binary-cross-entropy --epochs 1",
    ],
)
def test_the_names_known_before_a_run_are_all_there_are(gdcli, words):
    """Each name of the object passes the check."""
    whole = gdcli(*words.split(), "--format", "json", "-q").json
    report = Report(whole["schema"], names=NAMES[words.split()[0]], rows_name=[*whole][-1])
    for path, _ in singles(whole):
        OneValue(path).check(report)
    assert {name.partition(".")[0] for name in report.names.split()} >= set(whole) - {"schema", report.rows_name}
