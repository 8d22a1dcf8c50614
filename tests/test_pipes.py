"""`-` and pipes: rows and models in by standard input, results out by standard output, json lines both ways."""

import gzip
import json

import pytest

LINE = b"x,y\n1,3\n2,5\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that is one layer, as a file."""
    from gdcli import train

    path = tmp_path_factory.mktemp("model") / "line.safetensors"
    train("sample:deck", hidden=[2], activation=["linear"], epochs=1, save=str(path))
    return path


def predictions(result):
    return [row["prediction"] for row in result.jsonl]


def test_a_dash_is_standard_output(gdcli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in (
        ["fit", "sample:deck", "--epochs", "2", "-f", "csv"],
        ["mse", "sample:deck", "--m", "1", "--b", "2"],
        ["sample", "deck"],
        ["sweep", "fit", "sample:deck", "--lr", "0.1,0.2", "--epochs", "2"],
        ["config", "show"],
    ):
        assert gdcli(*line, "-o", "-").out == gdcli(*line).out
    assert list(tmp_path.iterdir()) == []
    assert "-o" not in gdcli("fit", "sample:deck", "--epochs", "2", "-o", "-").rerun


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv"])
def test_rows_of_one_command_are_those_of_the_next(gdcli, model, form):
    rows = gdcli("sample", "deck", "-f", form, "-q").out
    told = gdcli("predict", model, "-f", "jsonl", stdin=rows)
    assert told.code == 0, told.err
    assert predictions(told) == predictions(gdcli("predict", model, "sample:deck", "-f", "jsonl"))
    again = gdcli("predict", model, "-f", "jsonl", stdin=told.out)  # its own output, with a column more
    assert predictions(again) == predictions(told)
    fitted = gdcli("fit", "-f", "csv", "-q", "--epochs", "2", stdin=rows)
    assert fitted.out == gdcli("fit", "-f", "csv", "-q", "--epochs", "2", stdin=LINE).out


@pytest.mark.parametrize(
    "rows",
    [
        b'[{"x": 1}, {"x": 2}]',
        b'[\n{"x": 1},\n{"x": 2}\n]\n',
        b'{"x": 1}\n{"x": 2}',
        b'\xef\xbb\xbf{"x": 1}\n\n{"x": 2}\n',
        gzip.compress(LINE),
        gzip.compress(b'{"x": 1}\n{"x": 2}\n'),
    ],
    ids=["array", "array of lines", "lines", "lines after a mark", "gzip", "gzip of lines"],
)
def test_predict_takes_whatever_comes_by_a_pipe(gdcli, model, rows):
    told = gdcli("predict", model, "-f", "jsonl", stdin=rows)
    assert told.code == 0, told.err
    assert predictions(told) == predictions(gdcli("predict", model, "sample:deck", "-f", "jsonl"))


class Arriving:
    """A pipe that gives a line at a time."""

    def __init__(self, lines):
        self._lines = iter(lines)

    def read1(self, _):
        return next(self._lines, b"")

    read = read1


def test_json_lines_go_out_as_they_come_in(model):
    """Many pieces: no row is lost or comes twice, and the line of a bad one is counted from the first."""
    from gdcli.errors import DataError
    from gdcli.experiments.reading import Reader
    from gdcli.experiments.row_predictions import predict_rows
    from gdcli.experiments.saved import load_model
    from gdcli.experiments.spec import DataSpec

    lines = [json.dumps({"x": value}).encode() + b"\n" for value in range(20)]
    source = DataSpec("-")
    found = [*predict_rows(load_model(str(model)), source, Reader(Arriving(lines)))]
    assert [row.cells["x"] for row in found] == list(range(20))
    broken = [*lines[:7], b'{"x": "seven"}\n', *lines[8:]]
    records = predict_rows(load_model(str(model)), source, Reader(Arriving(broken)))
    with pytest.raises(DataError, match="line 8"):
        list(records)


@pytest.mark.parametrize("command", ["predict", "evaluate", "collapse"])
def test_a_model_comes_by_standard_input(gdcli, refused, model, command):
    content = model.read_bytes()
    told = gdcli(command, "-", "sample:deck", "--format", "json", stdin=content)
    named = gdcli(command, model, "sample:deck", "--format", "json")
    assert told.code == 0, told.err
    assert {**told.json, "model": None} == {**named.json, "model": None}
    refused(gdcli(command, "-", stdin=content), 2, "a model and its rows cannot both come by standard input")
    refused(gdcli(command, "-", "-", stdin=content), 2, "cannot both come by standard input")
    refused(gdcli(command, "-", "sample:deck", stdin=b"x,y\n1,2\n"), 3, "standard input: not a safetensors file")


@pytest.mark.parametrize("command", ["predict", "evaluate", "collapse", "limit", "surface"])
def test_rows_after_a_model_are_given_one_way(gdcli, model, command):
    """As DATA, which may be -, or by a pipe; with DATA's options."""
    line = [command, model]
    told = [
        gdcli(*line, "sample:deck", "-f", "json"),
        gdcli(*line, "-", "-f", "json", stdin=LINE),
        gdcli(*line, "-f", "json", stdin=LINE),
        gdcli(*line, "-", "--delimiter", ";", "-f", "json", stdin=LINE.replace(b",", b";")),
    ]
    assert [one.code for one in told] == [0] * 4, [one.err for one in told]
    whole = [{**one.json, "rerun": None, "reading": None, "at": None, "where": None, "config": None} for one in told]
    assert [one == whole[1] for one in whole[1:]] == [True] * 3
    assert whole[0].keys() == whole[1].keys()


def test_limit_still_knows_its_old_way(gdcli, refused, model):
    new = gdcli("limit", model, "sample:deck", "-f", "json")
    old = gdcli("limit", model, "--on", "sample:deck", "-f", "json")
    assert new.json == old.json
    assert "--on" not in " ".join(old.rerun)
    assert gdcli(*old.rerun).out == old.out
    refused(gdcli("limit", model, "sample:deck", "--on", "sample:deck"), 2, "--on")


def test_rows_held_out_may_come_by_standard_input(gdcli, refused):
    line = ["fit", "sample:deck", "--epochs", "2", "-f", "csv"]
    assert gdcli(*line, "--validation", "-", stdin=LINE).floats[-1]["validation_loss"] > 0
    refused(gdcli("fit", "-", "--validation", "-", stdin=LINE), 2, "--validation", "standard input")
    test = ["train", "sample:xor", "--epochs", "1", "--test", "-", "--get", "test.accuracy"]
    assert 0 <= float(gdcli(*test, stdin=gdcli("sample", "xor").out).out) <= 1


LINES = {
    "evaluate": ("evaluate MODEL sample:deck", "mse"),
    "predict": ("predict MODEL sample:deck", "predictions.-1.prediction"),
    "collapse": ("collapse MODEL sample:deck", "largest_difference"),
    "limit": ("limit", "lr_max"),
    "limit MODEL": ("limit MODEL sample:deck", "lr_max"),
    "lr-find": ("lr-find fit sample:deck", "schema"),
    "step": ("step", "steps.0.next_loss"),
    "surface": ("surface", "seed"),
    "show": ("show", "schema"),
    "score": ("score sample:deck --m 1 --b 2", "r2"),
    "mse": ("mse sample:deck --m 1 --b 2", "mse"),
    "sample": ("sample", "samples.0.name"),
    "activation": ("activation relu", "functions.relu.largest_slope"),
    "loss": ("loss mse", "schema"),
    "config": ("config show", "settings.1.setting"),
    "sweep": ("sweep fit sample:deck --lr 0.1,0.2 --epochs 2", "runs.0.status"),
    "train": ("train sample:xor --epochs 1", "status"),
}


@pytest.mark.parametrize("name", LINES)
def test_one_value_of_every_command(gdcli, model, name):
    line, path = LINES[name]
    words = [str(model) if word == "MODEL" else word for word in line.split()]
    value = gdcli(*words, "-f", "json").json
    for part in path.split("."):
        value = value[int(part) if isinstance(value, list) else part]
    told = gdcli(*words, "--get", path)
    assert told.code == 0, told.err
    assert told.out.removesuffix("\n") in (str(value), repr(value))
    wrong = gdcli(*words, "--get", path[:-1] + "_", "-q")
    assert (wrong.code, wrong.out) == (2, "")
    assert "--get: there is no" in wrong.err
