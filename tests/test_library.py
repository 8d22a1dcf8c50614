"""The library does what the commands do: the same numbers to the last bit, from names, frames, mappings and arrays."""

import json
import pickle
import subprocess
import sys
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import gdcli as library
from gdcli.experiments.spec import Spec

pytestmark = pytest.mark.quick


class Frame:
    """As much of a DataFrame as is asked of one."""

    def __init__(self, **columns):
        self._columns = columns
        self.columns = [*columns]

    def __getitem__(self, name):
        return self._columns[name]


def test_fit_is_the_command(gdcli):
    result = library.fit("sample:bmi", standardize=True, validation=0.2, epochs=60)
    words = ["sample:bmi", "--standardize", "--validation", "0.2", "--epochs", "60", "--format", "json"]
    told = gdcli("fit", *words).json
    assert told["parameters"] == result.parameters
    assert told["history"] == result.history
    assert told["status"] == result.status
    assert told["train"]["mse"] == result.scores.mse
    assert told["equation"] == result.equation


def test_train_is_the_command_and_its_model_predicts(gdcli, tmp_path):
    path = tmp_path / "iris.safetensors"
    result = library.train("sample:iris", hidden=[8], epochs=4, lr=0.01, save=str(path))
    told = gdcli("train", "sample:iris", "--hidden", 8, "--epochs", 4, "--lr", 0.01, "--format", "json").json
    assert told["history"] == result.history
    assert told["validation"] == result.scores["validation"]
    rows = [[5.1, 3.5, 1.4, 0.2], [6.3, 3.3, 6.0, 2.5]]
    assert library.load(path).predict(rows).tolist() == result.predict(rows).tolist()


def test_sweep_is_the_command(gdcli):
    runs = library.sweep("fit", "sample:deck", lr=[0.01, 0.1, 0.3], epochs=50)
    told = gdcli("sweep", "fit", "sample:deck", "--lr", "0.01,0.1,0.3", "--epochs", 50, "--format", "json").json
    ranked = sorted(told["runs"], key=lambda run: run["rank"])
    assert [run.losses["final_loss"] for run in runs] == [run["final_loss"] for run in ranked]
    assert [run.verdict for run in runs] == [run["verdict"] for run in ranked]


@pytest.mark.parametrize(
    "rows",
    [
        {"x": [1.0, 2.0, 4.0], "y": [3.0, 5.0, 8.5]},
        Frame(x=np.array([1.0, 2.0, 4.0]), y=np.array([3.0, 5.0, 8.5])),
        (np.array([[1.0], [2.0], [4.0]]), np.array([3.0, 5.0, 8.5])),
        ([1.0, 2.0, 4.0], [3.0, 5.0, 8.5]),
    ],
    ids=["mapping", "frame", "arrays", "lists"],
)
def test_rows_in_memory_are_those_of_a_file(rows, table):
    path = table("x,y\n1,3\n2,5\n4,8.5\n")
    assert library.fit(rows, epochs=20).parameters == library.fit(str(path), epochs=20).parameters


def test_names_of_columns_and_text_targets_come_from_a_frame():
    rng = np.random.default_rng(0)
    size = rng.normal(size=40)
    result = library.train(Frame(size=size, kind=np.where(size > 0, "large", "small")), epochs=2)
    assert result.experiment.data.input_names == ("size",)
    assert result.classes == ("large", "small")


def test_a_pickled_spec_gives_the_same_bytes_in_another_process(tmp_path):
    spec = Spec.of("fit", "sample:bmi", {"standardize": True, "epochs": 30, "batch_size": 32, "optimizer": "adam"})
    path = tmp_path / "spec.pickle"
    path.write_bytes(pickle.dumps(spec))
    code = (
        "import gdcli, json, pickle, sys;"
        f"r = gdcli.fit(pickle.load(open({str(path)!r}, 'rb'))); print(json.dumps([r.history, r.rerun]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = library.fit(spec)
    assert json.loads(done.stdout) == [here.history, here.rerun]


def test_a_spec_survives_json():
    given = {"hidden": [8, 4], "schedule": "step:every=9", "lr_at": "5:0.1", "class_weight": "a=2,b=1", "patience": 3}
    spec = Spec.of("train", "rows.csv", given)
    assert Spec.from_dict(json.loads(json.dumps(spec.as_dict()))) == spec
    assert spec.replace(hidden=(2,), lr=0.5).given()["lr"] == 0.5


def test_an_unknown_option_and_a_value_that_is_none_are_named():
    with pytest.raises(library.GdcliError, match="no option 'lrr'"):
        library.fit("sample:deck", lrr=1)
    with pytest.raises(library.GdcliError, match="--lr: '-1' is not a finite number above 0"):
        library.fit("sample:deck", lr=-1)


def test_divergence_is_a_status_and_no_warning():
    result = library.fit("sample:deck", lr=3, epochs=400)
    assert result.status == "diverged"
    assert "0.2918" in " ".join(result.divergence())


@pytest.mark.parametrize("make", [lambda: library.fit("sample:deck"), lambda: library.train("sample:iris", epochs=2)])
def test_a_notebook_shows_well_formed_html_with_nothing_from_elsewhere(make):
    result = make()
    html = result._repr_html_()
    parsed = ET.fromstring(html)  # noqa: S314 - our own
    assert parsed.findall(".//{http://www.w3.org/2000/svg}svg")
    assert result.rerun in "".join(parsed.itertext())
    assert "http" not in html.replace("http://www.w3.org/2000/svg", "")
