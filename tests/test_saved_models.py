"""Models on disk: what others can load, what goes on from them, and what a file that is no model gets to hear."""

import io
import json
import os
import pickle
import shutil
import stat

import numpy as np
import pytest
from safetensors.numpy import load, load_file, save_file

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal

DIGITS = ("sample:digits", "--hidden", 12, "--lr", 0.003)


def metadata(content):
    return json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])["__metadata__"]


def rebuilt(content, change_tensors=None, change_text=None):
    """A model file with its tensors or its metadata changed, and its header true to both."""
    tensors, text = dict(load(content)), metadata(content)
    if change_tensors:
        change_tensors(tensors)
    if change_text:
        change_text(text)
    order, data, header = sorted(tensors), b"", {"__metadata__": text}
    names = {"float64": "F64", "float32": "F32", "int64": "I64", "uint8": "U8", "bool": "BOOL", "float16": "F16"}
    for name in order:
        piece = np.ascontiguousarray(tensors[name])
        ends = [len(data), len(data) + piece.nbytes]
        header[name] = {"dtype": names[piece.dtype.name], "shape": list(piece.shape), "data_offsets": ends}
        data += piece.tobytes()
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data


def inside(path):
    """Changes the JSON texts inside the metadata, wherever in them that key is."""

    def change(text, value):
        found = []

        def walk(node):
            if isinstance(node, dict):
                for key in node:
                    if key == path:
                        node[key] = value
                        found.append(key)
                    else:
                        walk(node[key])

        for key, item in list(text.items()):
            try:
                parsed = json.loads(item)
            except ValueError:
                continue
            walk(parsed)
            text[key] = json.dumps(parsed)
        return found

    return change


@pytest.fixture(scope="module")
def iris_model(tmp_path_factory):
    """A small trained model of the irises, as bytes."""
    path = tmp_path_factory.mktemp("made") / "iris.safetensors"
    words = f"train sample:iris --hidden 5,4 --epochs 3 --lr 0.02 --save {path}".split()
    err = io.StringIO()
    assert run(words, Terminal(None, io.StringIO(), err, {})) == 0, err.getvalue()
    return path.read_bytes()


@pytest.fixture
def model(iris_model, tmp_path):
    """The same as a file of the test's own."""
    path = tmp_path / "iris.safetensors"
    path.write_bytes(iris_model)
    return path


@pytest.mark.quick
class TestForOthers:
    def test_the_tensors_have_pytorchs_shapes(self, model):
        tensors = load_file(model)
        shapes = {name: array.shape for name, array in tensors.items() if name[0].isdigit()}
        assert shapes == {
            "0.weight": (5, 4),
            "0.bias": (5,),
            "2.weight": (4, 5),
            "2.bias": (4,),
            "4.weight": (3, 4),
            "4.bias": (3,),
        }

    def test_the_metadata_says_what_it_is(self, model):
        text = " ".join(metadata(model.read_bytes()).values())
        for word in ("sepal_length", "petal_width", "species", "setosa", "versicolor", "virginica", "relu", "seed"):
            assert word in text

    def test_history_is_in_it(self, gdcli, model, tmp_path):
        found = gdcli(
            *("train", "sample:iris", "--hidden", "5,4", "--epochs", 3, "--lr", 0.02, "--format", "json"),
            *("--save", tmp_path / "again.safetensors"),
        ).json
        text = metadata(model.read_bytes())
        histories = [json.loads(item).get("history") for item in text.values() if item.startswith("{")]
        assert found["history"] in histories or any(json.dumps(found["history"]) in item for item in text.values())

    def test_nothing_is_pickled(self, model):
        content = model.read_bytes()
        assert b"\x80\x04" not in content[: 8 + int.from_bytes(content[:8], "little")]
        with pytest.raises((pickle.UnpicklingError, EOFError, ValueError, KeyError, IndexError, AttributeError)):
            pickle.loads(content)  # noqa: S301 - our own file, and the point is that this fails

    @pytest.mark.parametrize("module", ["pickle", "shelve", "marshal", "joblib", "dill"])
    def test_the_program_imports_nothing_that_unpickles(self, module):
        import re

        from conftest import ROOT

        pattern = re.compile(rf"^\s*(import|from)\s+{module}\b", re.MULTILINE)
        assert [path for path in (ROOT / "gdcli").rglob("*.py") if pattern.search(path.read_text())] == []

    def test_no_allow_pickle(self):
        from conftest import ROOT

        assert not any("allow_pickle=True" in path.read_text() for path in (ROOT / "gdcli").rglob("*.py"))


def test_a_model_too_large_for_memory_is_not_called_damaged(gdcli, model, refused, monkeypatch):
    monkeypatch.setattr("gdcli.experiments.checkpoint.SLACK", 2**60)
    refused(gdcli("evaluate", model, "sample:iris"), 3, "not enough memory")


class TestWriting:
    ARGUMENTS = ("train", "sample:digits", "--hidden", "64", "--epochs", "1")

    def test_a_file_that_cannot_be_finished_leaves_the_old_one(self, process, tmp_path):
        """The shell's limit on the size of files makes the write fail half-way."""
        path = tmp_path / "m.safetensors"
        assert process(*self.ARGUMENTS, "--save", path).code == 0
        old = path.read_bytes()
        assert len(old) > 16 * 1024
        result = process(*self.ARGUMENTS, "--seed", 5, "--save", path, script='ulimit -f 8; exec "$@"')
        assert result.code == 3
        assert "Traceback" not in result.err
        assert "m.safetensors" in result.err
        assert path.read_bytes() == old
        assert [file.name for file in tmp_path.iterdir()] == ["m.safetensors"]

    def test_no_file_is_left_where_there_was_none(self, process, tmp_path):
        result = process(*self.ARGUMENTS, "--save", tmp_path / "m.safetensors", script='ulimit -f 8; exec "$@"')
        assert result.code == 3
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("place", ["nowhere/m.safetensors", "file/m.safetensors", "folder.safetensors"])
    def test_a_place_that_cannot_be_is_refused_before_training(self, gdcli, tmp_path, place):
        (tmp_path / "file").write_text("")
        (tmp_path / "folder.safetensors").mkdir()
        result = gdcli("train", "sample:iris", "--epochs", 1, "--save", tmp_path / place)
        assert result.code in (2, 3)
        assert result.out == ""
        assert len([line for line in result.err.splitlines() if line.startswith("gdcli: ")]) == 1
        assert place.split("/")[0] in result.err

    def test_it_replaces_what_was_there(self, gdcli, model):
        old = model.read_bytes()
        gdcli("train", "sample:iris", "--hidden", 3, "--epochs", 1, "--save", model)
        assert load_file(model)["0.weight"].shape == (3, 4)
        assert model.read_bytes() != old

    def test_the_users_mask_is_kept(self, process, tmp_path):
        process(*self.ARGUMENTS, "--save", tmp_path / "m.safetensors", script='umask 077; exec "$@"')
        assert stat.S_IMODE((tmp_path / "m.safetensors").stat().st_mode) == 0o600

    def test_names_of_any_script(self, gdcli, table, tmp_path):
        data = table('größe [cm],"a,b",Art\n' + "".join(f"{a},{-a},{'ö' if a % 2 else 'x y'}\n" for a in range(12)))
        path = tmp_path / "mödel.safetensors"
        result = gdcli("train", data, "--y", "Art", "--epochs", 2, "--save", path, "--format", "json")
        assert result.code == 0, result.err
        assert result.json["classes"] == ["x y", "ö"]
        rows = gdcli("predict", path, data, "--format", "csv").csv
        assert list(rows[0]) == ["größe [cm]", "a,b", "Art", "prediction"]


RUNS = {
    "adam": ("--optimizer", "adam"),
    "adamw": ("--optimizer", "adamw"),
    "sgd": ("--optimizer", "sgd", "--lr", 0.05),
    "momentum": ("--optimizer", "momentum", "--lr", 0.02),
    "nesterov": ("--optimizer", "nesterov", "--lr", 0.02),
    "rmsprop": ("--optimizer", "rmsprop"),
    "adagrad": ("--optimizer", "adagrad", "--lr", 0.02),
    "dropout": ("--dropout", 0.3),
    "two layers, dropout, l2": ("--hidden", "12,8", "--dropout", 0.2, "--l2", 0.001),
    "odd batches": ("--batch-size", 77),
    "full batch": ("--batch-size", "full", "--lr", 0.02),
    "in order": ("--no-shuffle",),
    "no validation": ("--validation", "none"),
    "a third": ("--validation", 0.33),
    "another seed": ("--seed", 9),
    "float64": ("--dtype", "float64"),
    "smoothing and weights": ("--label-smoothing", 0.1, "--class-weight", "balanced"),
    "scaled": ("--scale", "minmax"),
    "decaying": ("--schedule", "step:every=20,factor=0.7"),
    "mse": ("--loss", "mse"),
    "warmup": ("--warmup", 60),
}


class TestResume:
    @pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
    def test_it_is_the_uninterrupted_run(self, gdcli, tmp_path, options):
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        arguments = ("train", *DIGITS, *options)
        wanted = gdcli(*arguments, "--epochs", 5, "--save", whole, "--format", "json")
        assert wanted.code == 0, wanted.err
        assert gdcli(*arguments, "--epochs", 2, "--save", half).code == 0
        resumed = gdcli("train", "sample:digits", "--resume", half, "--epochs", 5, "--save", rest, "--format", "json")
        assert resumed.code == 0, resumed.err
        self.equal(wanted.json, resumed.json, whole, rest)

    def equal(self, wanted, found, whole, rest):
        for name in ("status", "history", "best_epoch", "epochs", "steps", "train", "validation", "confusion"):
            assert found[name] == wanted[name], name
        ours, theirs = load_file(rest), load_file(whole)
        assert ours.keys() == theirs.keys()
        for name in theirs:
            assert ours[name].tobytes() == theirs[name].tobytes(), name

    @pytest.mark.parametrize("cut", [1, 3, 6, 9])
    def test_early_stopping_goes_on_counting(self, gdcli, tmp_path, cut):
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        arguments = ("train", "sample:moons", "--hidden", 16, "--lr", 0.1, "--validation", 0.3, "--seed", 1)
        patience = ("--patience", 4, "--min-delta", 0.002)
        wanted = gdcli(*arguments, *patience, "--epochs", 200, "--save", whole, "--format", "json").json
        assert wanted["status"] == "stopped_early"
        assert wanted["epochs"] > 9
        assert gdcli(*arguments, *patience, "--epochs", cut, "--save", half).code == 0
        resumed = gdcli("train", "sample:moons", "--resume", half, "--epochs", 200, "--save", rest, "--format", "json")
        assert resumed.code == 0, resumed.err
        self.equal(wanted, resumed.json, whole, rest)

    @pytest.mark.parametrize("hidden", [(), ("--hidden", 3)], ids=["a line, whose optimum is known", "a network"])
    def test_a_tolerance_goes_on_from_the_first_epoch(self, gdcli, tmp_path, hidden):
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        arguments = ("train", "sample:line", "--task", "regression", *hidden, "--lr", 0.05, "--optimizer", "momentum")
        arguments += ("--batch-size", "full", "--tolerance", 1e-6, "--seed", 1)
        wanted = gdcli(*arguments, "--epochs", 4000, "--save", whole, "--format", "json").json
        assert wanted["status"] == "converged"
        assert wanted["epochs"] > 9
        assert gdcli(*arguments, "--epochs", 9, "--save", half).code == 0
        resumed = gdcli("train", "sample:line", "--resume", half, "--epochs", 4000, "--save", rest, "--format", "json")
        assert resumed.code == 0, resumed.err
        for name in ("status", "history", "best_epoch", "epochs", "steps", "train"):
            assert resumed.json[name] == wanted[name], name

    def test_just_before_it_would_stop(self, gdcli, tmp_path):
        """Cut after the best epoch: the resumed run must still know it, and its parameters."""
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        arguments = ("train", "sample:moons", "--hidden", 16, "--lr", 0.1, "--validation", 0.3, "--patience", 4)
        wanted = gdcli(*arguments, "--epochs", 200, "--save", whole, "--format", "json").json
        cut = wanted["epochs"] - 1
        assert wanted["best_epoch"] < cut
        gdcli(*arguments, "--epochs", cut, "--save", half)
        resumed = gdcli("train", "sample:moons", "--resume", half, "--epochs", 200, "--save", rest, "--format", "json")
        assert resumed.code == 0, resumed.err
        self.equal(wanted, resumed.json, whole, rest)

    def test_with_a_validation_loss_beyond_float32(self, gdcli, table, tmp_path):
        """It is infinite in every epoch; a model that was saved with it could not be read."""
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        rows = table("x,y\n" + "".join(f"{x},{x + 0.5}\n" for x in range(24)))
        far = table("x,y\n2,2\n5e37,1\n", name="far.csv")
        arguments = ("train", rows, "--validation", far, "--hidden", 3, "--lr", 0.1, "--optimizer", "sgd")
        wanted = gdcli(*arguments, "--epochs", 5, "--save", whole, "--format", "json").json
        assert {row["validation_loss"] for row in wanted["history"]} == {None}
        assert gdcli(*arguments, "--epochs", 2, "--save", half).code == 0
        resumed = gdcli("train", rows, "--resume", half, "--epochs", 5, "--save", rest, "--format", "json")
        assert resumed.code == 0, resumed.err
        self.equal(wanted, resumed.json, whole, rest)

    def test_three_times(self, gdcli, tmp_path):
        path, whole = tmp_path / "m.safetensors", tmp_path / "whole.safetensors"
        wanted = gdcli("train", *DIGITS, "--epochs", 6, "--save", whole, "--format", "json").json
        gdcli("train", *DIGITS, "--epochs", 1, "--save", path)
        for epochs in (2, 4):
            gdcli("train", "sample:digits", "--resume", path, "--epochs", epochs, "--save", path)
        last = gdcli("train", "sample:digits", "--resume", path, "--epochs", 6, "--save", path, "--format", "json").json
        self.equal(wanted, last, whole, path)

    def test_rows_of_a_pipe_show_only_or_also_what_is_new(self, gdcli, tmp_path):
        """Whichever: the rows end with the same last epoch."""
        path = tmp_path / "m.safetensors"
        gdcli("train", *DIGITS, "--epochs", 2, "--save", path)
        rows = gdcli("train", "sample:digits", "--resume", path, "--epochs", 4, "--format", "csv").floats
        whole = gdcli("train", *DIGITS, "--epochs", 4, "--format", "csv").floats
        assert rows[-2:] == whole[-2:]

    def test_regression(self, gdcli, tmp_path):
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        arguments = ("train", "sample:diabetes", "--hidden", 6, "--lr", 0.01)
        wanted = gdcli(*arguments, "--epochs", 5, "--save", whole, "--format", "json").json
        gdcli(*arguments, "--epochs", 2, "--save", half)
        resumed = gdcli("train", "sample:diabetes", "--resume", half, "--epochs", 5, "--save", rest, "--format", "json")
        self.equal(wanted, resumed.json, whole, rest)

    def test_a_validation_file_and_categories(self, gdcli, table, tmp_path):
        rng = np.random.default_rng(0)
        lines = [f"{c},{x:.3f},{'ab'[int((x > 0) ^ (c == 'r'))]}" for x in rng.normal(size=60) for c in "rg"]
        data = table("\n".join(["colour,x,y", *lines[:80]]) + "\n", "data.csv")
        held = table("\n".join(["colour,x,y", *lines[80:]]) + "\n", "held.csv")
        whole, half, rest = (tmp_path / f"{name}.safetensors" for name in ("whole", "half", "rest"))
        arguments = ("train", data, "--x", "x,colour", "--y", "y", "--categorical", "colour", "--validation", held)
        wanted = gdcli(*arguments, "--hidden", 8, "--epochs", 6, "--save", whole, "--format", "json")
        assert wanted.code == 0, wanted.err
        gdcli(*arguments, "--hidden", 8, "--epochs", 3, "--save", half)
        resumed = gdcli("train", data, "--resume", half, "--epochs", 6, "--save", rest, "--format", "json")
        assert resumed.code == 0, resumed.err
        self.equal(wanted.json, resumed.json, whole, rest)

    def test_architecture_cannot_change(self, gdcli, model, refused):
        refused(gdcli("train", "sample:iris", "--resume", model, "--hidden", 7), 2, "--hidden")

    @pytest.mark.parametrize("data", ["sample:wine", "sample:digits", "sample:moons"])
    def test_other_data(self, gdcli, model, data, refused):
        refused(gdcli("train", data, "--resume", model, "--epochs", 5), 3)

    def test_data_with_other_classes(self, gdcli, model, table, refused):
        text = gdcli("sample", "iris", "--format", "csv").out.replace("setosa", "tulip")
        refused(gdcli("train", table(text), "--resume", model, "--epochs", 5), 3, "tulip")


def about(model):
    return next(key for key, item in metadata(model.read_bytes()).items() if item.startswith("{"))


class TestBroken:
    """Whatever the file holds: one line that names it, exit 3, no traceback, nothing on stdout."""

    @pytest.fixture
    def rejected(self, gdcli, tmp_path, refused):
        def hold(content, name="bad.safetensors"):
            path = tmp_path / name
            path.write_bytes(content)
            for command in (
                ("predict", path, "sample:iris", "--format", "csv"),
                ("evaluate", path, "sample:iris"),
                ("train", "sample:iris", "--resume", path, "--epochs", 5),
            ):
                refused(gdcli(*command), 3, name)

        return hold

    @pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, 5000])
    def test_random_bytes(self, rejected, length):
        rejected(np.random.default_rng(length).bytes(length))

    def test_cut_short_anywhere(self, gdcli, model, tmp_path, refused):
        content = model.read_bytes()
        path = tmp_path / "short.safetensors"
        for length in range(0, len(content), 100):
            path.write_bytes(content[:length])
            refused(gdcli("predict", path, "sample:iris"), 3, "short.safetensors")
        path.write_bytes(content[:-1])
        refused(gdcli("predict", path, "sample:iris"), 3, "short.safetensors")

    def test_too_long(self, rejected, model):
        rejected(model.read_bytes() + b"\0" * 10)

    def test_a_flipped_byte_anywhere_in_the_header_never_crashes(self, gdcli, model, tmp_path):
        content = bytearray(model.read_bytes())
        path = tmp_path / "flipped.safetensors"
        length = 8 + int.from_bytes(content[:8], "little")
        for at in range(0, length, max(1, length // 120)):
            flipped = content.copy()
            flipped[at] ^= 0x15
            path.write_bytes(flipped)
            result = gdcli("predict", path, "sample:iris", "--format", "csv")
            assert result.code in (0, 2, 3), (at, result.err)
            assert "bug" not in result.err, (at, result.err)

    @pytest.mark.parametrize("length", [2**63, 2**64 - 1, 2**40, 10**8, 0])
    def test_a_header_length_that_is_a_lie(self, rejected, model, length):
        rejected(length.to_bytes(8, "little") + model.read_bytes()[8:])

    def test_somebody_elses_safetensors(self, rejected, tmp_path):
        save_file({"encoder.weight": np.zeros((3, 4), np.float32)}, tmp_path / "x")
        rejected((tmp_path / "x").read_bytes())
        save_file({"0.weight": np.zeros((3, 4), np.float32), "0.bias": np.zeros(3, np.float32)}, tmp_path / "x")
        rejected((tmp_path / "x").read_bytes())
        save_file({"a": np.zeros(1)}, tmp_path / "x", metadata={"format": "pt"})
        rejected((tmp_path / "x").read_bytes())

    def test_a_pickle_by_another_name_is_not_run(self, rejected, tmp_path):
        canary = tmp_path / "canary"

        class Bomb:
            def __reduce__(self):
                return os.mkdir, (str(canary),)

        rejected(pickle.dumps(Bomb()))
        assert not canary.exists()

    @pytest.mark.parametrize("other", [b"x,y\n1,2\n", b"PK\x03\x04rest", b"\x93NUMPY", b"\x1f\x8b\x08\x00", b"{}"])
    def test_other_files(self, rejected, other):
        rejected(other)

    def test_a_folder_and_nothing(self, gdcli, tmp_path, refused):
        (tmp_path / "folder.safetensors").mkdir()
        refused(gdcli("predict", tmp_path / "folder.safetensors", "sample:iris"), 3, "folder.safetensors")
        refused(gdcli("predict", tmp_path / "none.safetensors", "sample:iris"), 3, "none.safetensors", "no such file")
        refused(gdcli("evaluate", tmp_path / "none.safetensors", "sample:iris"), 3, "none.safetensors")
        refused(gdcli("train", "sample:iris", "--resume", tmp_path / "none.safetensors"), 3, "none.safetensors")

    def test_a_model_given_as_data(self, gdcli, model, refused):
        refused(gdcli("train", model), 3, "iris.safetensors")

    @pytest.mark.parametrize("depth", [1_000, 100_000])
    def test_deep_nesting(self, rejected, model, depth):
        bomb = "[" * depth + "]" * depth
        raw = b'{"__metadata__":' + bomb.encode() + b"}"
        rejected(len(raw).to_bytes(8, "little") + raw)
        name = about(model)
        rejected(rebuilt(model.read_bytes(), change_text=lambda text: text.update({name: bomb})))
        deep = '{"sizes":' * depth + "1" + "}" * depth
        rejected(rebuilt(model.read_bytes(), change_text=lambda text: text.update({name: deep})))

    @pytest.mark.parametrize("text", ["", "null", "[]", "1", '"x"', "{}", "NaN", '{"sizes": 3}', "\u0000"])
    def test_metadata_of_another_kind(self, rejected, model, text):
        name = about(model)
        rejected(rebuilt(model.read_bytes(), change_text=lambda texts: texts.update({name: text})))

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            *(("sizes", value) for value in ([], [4], [4, 5, 3], [4, 5, 4, 2], [4, -5, 4, 3], [4, 0, 4, 3], "4", None)),
            *(("sizes", value) for value in ([2**62, 5, 4, 3], [4, 10**9, 10**9, 3], [[4], 5, 4, 3], {"a": 4})),
            *(("activations", value) for value in ([], ["relu"] * 3, ["exec", "relu"], [1, 2], "relu", None)),
            *(("activations", value) for value in (["__all__", "relu"], ["np", "relu"], [["relu"], "relu"])),
            *(("input_names", value) for value in ([], ["a"], "abcd", None, {}, 4)),
            *(("classes", value) for value in (["a"], ["a", "b"], [1, 2, 3], "abc", None, ["a", "a", "a"], {}, 3)),
            *(("target_name", value) for value in (None, [], 3)),
            *(("loss", value) for value in (None, 3, "exec", "mae", [], "np", "one_hot", "Array", "__doc__")),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_metadata_with_a_wrong_value(self, rejected, model, key, value):
        rejected(self.spoilt(model, key, value))

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            *(("sizes", value) for value in ([4, 5.5, 4, 3], [4, "5", 4, 3], [1e400, 5, 4, 3])),
            ("activations", ["relu"]),
            *(("dropout", value) for value in ("x", None, [], 2, -1, float("nan"))),
            *(("input_names", value) for value in ([1, 2, 3, 4], ["a", "a", "a", "a"])),
            *(("history", value) for value in (None, 3, "x", [], [1], [None], {"a": 1}, [["a", 1]], [{}], [{"x": {}}])),
            *(("history", value) for value in ([{"epoch": "x", "step": 0, "lr": 1, "loss": 1}],)),
            *(("config", value) for value in (None, 3, "x", [], [1], {})),
            *(
                ("options", value)
                for value in (None, 3, "x", [], [1], {}, {"hidden": 5}, {"hidden": ["x"]}, {"lr": "x"})
            ),
            *(("options", value) for value in ({"epochs": "x"}, {"seed": "x"}, {"seed": -1}, {"batch_size": 10})),
            *(("options", value) for value in ({"validation": 0.2}, {"validation": "/etc/passwd"}, {"test": "/"})),
            *(("options", value) for value in ({"x": 3}, {"y": 3}, {"l2": "x"}, {"l2": -1}, {"patience": "x"})),
            *(("options", value) for value in ({"class_weight": 3}, {"scale": 4}, {"nonsense": 1}, {"shuffle": "x"})),
            *(("best_epoch", value) for value in (None, "x", [], float("nan"), float("inf"), -1, 10**30)),
            *(("optimizer", value) for value in (None, 3, "Exec", "Optimizer", "__all__", "np", "Rate")),
            *(("settings", value) for value in (None, 3, {"x": 1}, {"beta1": "x"}, {"beta1": None}, {"beta1": 5})),
            *(("counts", value) for value in (None, 3, {}, {"t": "x"}, {"t": -1}, {"t": float("nan")})),
            *(("epoch", value) for value in (None, "x", -1, float("nan"), 10**30)),
            *(("metrics", value) for value in (None, 3, "x", [], {"accuracy": "x"}, {"accuracy": None})),
            *(("lr", value) for value in (None, "x", -1, float("nan"))),
            *(("validation_loss", value) for value in ("x", [], float("nan"))),
            *(("values", value) for value in (None, 3, {"x": 1}, {"sepal_length": ["a"]}, {"x": ["a", "b"]})),
            *(("shift", value) for value in (None, "x", float("nan"))),
            *(("degree", value) for value in (None, "x", 0, -1, 2, 10**9)),
        ],
        ids=lambda value: str(value)[:30],
    )
    def test_whatever_the_metadata_says_it_never_crashes(self, gdcli, model, tmp_path, key, value):
        """Refused in one line, or harmless: never a bug, a traceback, or a number that is none."""
        path = tmp_path / "bad.safetensors"
        path.write_bytes(self.spoilt(model, key, value))
        for command in (
            ("predict", path, "sample:iris", "--format", "csv", "--probabilities"),
            ("evaluate", path, "sample:iris", "--format", "json"),
            ("train", "sample:iris", "--resume", path, "--epochs", 5, "--format", "json"),
        ):
            result = gdcli(*command)
            assert result.code in (0, 2, 3), (command[0], result.code, result.err)
            assert "Traceback" not in result.err
            assert "a bug" not in result.err
            assert "nan" not in result.out
            if result.code:
                assert result.out == ""
                assert [line for line in result.err.splitlines() if line.startswith("gdcli: ")], result.err

    def spoilt(self, model, key, value):
        change, touched = inside(key), []
        content = rebuilt(model.read_bytes(), change_text=lambda text: touched.extend(change(text, value)))
        assert touched, f"no {key} in the metadata: adapt this test's names to the file's"
        return content

    @pytest.mark.parametrize("option", ["save", "output"])
    def test_a_model_cannot_make_the_program_write(self, gdcli, model, tmp_path, option):
        evil, bad = tmp_path / "evil.safetensors", tmp_path / "bad.safetensors"
        bad.write_bytes(self.spoilt(model, "options", {"hidden": "5,4", "lr": 0.02, "epochs": 3, option: str(evil)}))
        gdcli("train", "sample:iris", "--resume", bad, "--epochs", 5)
        assert not evil.exists()

    @pytest.mark.parametrize(
        "change",
        [
            lambda t: t.pop("0.weight"),
            lambda t: t.pop("4.bias"),
            lambda t: t.update({"0.weight": t["0.weight"].T.copy()}),
            lambda t: t.update({"0.weight": t["0.weight"].astype(np.int64)}),
            lambda t: t.update({"0.weight": t["0.weight"].astype(np.uint8)}),
            lambda t: t.update({"0.weight": t["0.weight"][:, :3]}),
            lambda t: t.update({"0.weight": t["0.weight"].ravel()}),
            lambda t: t.update({"0.weight": np.float32(1.0).reshape(())}),
            lambda t: t.update({"0.weight": np.zeros((0, 4), np.float32)}),
            lambda t: t.update({"4.bias": np.zeros(7, np.float32)}),
        ],
        ids=["no weight", "no bias", "turned", "ints", "bytes", "narrow", "flat", "scalar", "empty", "long bias"],
    )
    def test_tensors_of_another_form(self, rejected, model, change):
        rejected(rebuilt(model.read_bytes(), change_tensors=change))

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
    @pytest.mark.parametrize("tensor", ["0.weight", "4.bias"])
    def test_weights_that_are_not_finite(self, rejected, model, tensor, value):
        def spoil(tensors):
            tensors[tensor] = tensors[tensor].copy()
            tensors[tensor].flat[0] = value

        rejected(rebuilt(model.read_bytes(), change_tensors=spoil))

    def test_scalers_of_another_form_never_crash(self, gdcli, model, tmp_path):
        names = [name for name in load_file(model) if "scal" in name]
        assert names
        path = tmp_path / "bad.safetensors"
        for name in names:
            for value in (
                np.full(4, np.nan),
                np.full(4, np.inf),
                np.zeros(4),
                np.zeros(3),
                np.zeros((2, 2)),
                np.ones(4, int),
            ):
                path.write_bytes(
                    rebuilt(
                        model.read_bytes(), change_tensors=lambda t, name=name, value=value: t.update({name: value})
                    )
                )
                result = gdcli("predict", path, "sample:iris", "--format", "csv", "--probabilities")
                assert result.code in (0, 3), (name, value, result.err)
                assert "a bug" not in result.err
                assert "nan" not in result.out, (name, value)

    def test_a_rebuilt_file_is_a_model_still(self, gdcli, model, tmp_path):
        """So that the refusals above are of what was changed, not of the way it was changed."""
        copy = tmp_path / "copy.safetensors"
        copy.write_bytes(rebuilt(model.read_bytes()))
        ours, theirs = (gdcli("predict", path, "sample:iris", "--format", "csv") for path in (copy, model))
        assert ours.code == 0, ours.err
        assert ours.out == theirs.out

    def test_a_model_elsewhere_under_another_name(self, gdcli, model, tmp_path):
        shutil.copy(model, tmp_path / "noending")
        result = gdcli("evaluate", tmp_path / "noending", "sample:iris", "--format", "json")
        assert result.code == 0, result.err


class TestLinesThatHardlyVary:
    """Parameters of raw inputs far from 0 are large and cancel: the scaled inputs' are saved where digits would go."""

    ROWS = ((-7.64, 14.698, 27.0), (2.0, 14.698, 2.99), (16.0, 14.69801, 0.197), (3.0, 14.698015, 5.0))

    def fitted(self, gdcli, path, rows, *options):
        table = path.with_suffix(".csv")
        table.write_text("a,b,y\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows))
        run = gdcli("fit", table, "--save", path, "--format", "json", *options).json
        return table, run

    @pytest.mark.parametrize("degree", [1, 2, 3])
    @pytest.mark.parametrize("shift", [0.0, 1e9, 1e12])
    def test_the_model_scores_what_the_run_did(self, gdcli, tmp_path, degree, shift):
        rows = [(a, b * 1e6 + shift, y) for a, b, y in self.ROWS]
        table, run = self.fitted(gdcli, tmp_path / "m.safetensors", rows, "--degree", degree, "--epochs", 9)
        found = gdcli("evaluate", tmp_path / "m.safetensors", table, "--format", "json").json
        assert found["mse"] == pytest.approx(run["train"]["mse"], rel=1e-7)

    def test_what_the_file_holds(self, gdcli, tmp_path):
        """The formula a second time: weights times ((x - offset) / factor)^k, scaled again, plus the bias."""
        path = tmp_path / "m.safetensors"
        self.fitted(gdcli, path, self.ROWS, "--degree", 2, "--epochs", 9)
        held = {name: value.astype(float) for name, value in load_file(path).items()}
        assert json.loads(metadata(path.read_bytes())["gdcli"])["format"] == "gdcli.model/3"
        z = (np.array(self.ROWS)[:, :2] - held["powers.offset"]) / held["powers.factor"]
        powers = np.column_stack([z[:, 0], z[:, 0] ** 2, z[:, 1], z[:, 1] ** 2])
        features = (powers - held["scaler.offset"]) / held["scaler.factor"]
        wanted = features @ held["0.weight"][0] + held["0.bias"]
        lines = gdcli("predict", path, path.with_suffix(".csv"), "--format", "csv").out.splitlines()[1:]
        assert [float(line.split(",")[-1]) for line in lines] == pytest.approx(wanted.tolist(), rel=1e-12)

    def test_its_one_layer_is_of_inputs_scaled_twice(self, gdcli, tmp_path):
        path = tmp_path / "m.safetensors"
        table, _ = self.fitted(gdcli, path, self.ROWS, "--degree", 2, "--epochs", 9)
        assert "(x - offset) / factor; then their powers are" in gdcli("collapse", path, table).out

    def test_others_hold_raw_parameters(self, gdcli, tmp_path):
        path = tmp_path / "m.safetensors"
        _, run = self.fitted(gdcli, path, [(1.0, 2.0, 3.0), (2.0, 1.0, 5.0), (4.0, 4.0, 8.0)], "--scale", "standard")
        held = load_file(path)
        assert "powers.offset" not in held
        assert not held["scaler.offset"].any()
        assert held["0.weight"][0].tolist() == [run["parameters"]["w_a"], run["parameters"]["w_b"]]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *((name, np.full(2, np.nan)) for name in ("powers.offset", "powers.factor")),
            *((name, np.ones(3)) for name in ("powers.offset", "powers.factor")),
            *((name, np.ones(2, int)) for name in ("powers.offset", "powers.factor")),
            *((name, None) for name in ("powers.offset", "powers.factor")),
            ("powers.factor", np.zeros(2)),
        ],
    )
    def test_a_damaged_scaler_of_powers(self, gdcli, refused, tmp_path, name, value):
        path, bad = tmp_path / "m.safetensors", tmp_path / "bad.safetensors"
        table, _ = self.fitted(gdcli, path, self.ROWS, "--degree", 2, "--epochs", 9)
        change = (lambda t: t.pop(name)) if value is None else (lambda t: t.update({name: value}))
        bad.write_bytes(rebuilt(path.read_bytes(), change_tensors=change))
        refused(gdcli("evaluate", bad, table), 3)
