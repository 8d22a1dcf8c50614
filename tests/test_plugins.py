"""Plug-ins: one file of each kind, through the commands; what is checked comes from formulas written again here."""

import math
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import gdcli as library
from gdcli.definitions import KINDS, names
from gdcli.definitions.plugins import Plugin, installed, loaded

LOSS = '''
import numpy as np

from gdcli.nn.losses import loss


@loss("Log-cosh", tasks=("regression",))
def log_cosh(outputs, targets):
    """Mean of log cosh(y_hat - y)."""
    residual = outputs - targets
    size = np.abs(residual)
    value = size + np.log1p(np.exp(-2 * size)) - np.log(2)
    return value.mean(axis=-1), np.tanh(residual) / residual.shape[-1]
'''
OPTIMIZER = '''
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from gdcli.optim.optimizers import BaseOptimizer


class _Mean(NamedTuple):
    m: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class Lion(BaseOptimizer):
    """Lion: the sign of an interpolated momentum. Source: Chen et al. 2023, algorithm 2."""

    beta1: float = 0.9
    beta2: float = 0.99
    usual_learning_rate: ClassVar[float] = 1e-4

    def init(self, parameters):
        return _Mean(np.zeros_like(parameters))

    def update(self, gradient, state, parameters, learning_rate):
        direction = np.sign(self.beta1 * state.m + (1 - self.beta1) * gradient)
        update = -learning_rate * (direction + self.weight_decay * parameters)
        return update, _Mean(self.beta2 * state.m + (1 - self.beta2) * gradient)
'''
FORMAT = '''
from gdcli.render.formats import output_format


@output_format()
def markdown(report, out, screen):
    """Rows as a table in Markdown."""
    for number, record in enumerate(report.records):
        row = record.row()
        if number == 0:
            out.write("| " + " | ".join(row) + " |\\n|" + " --- |" * len(row) + "\\n")
        out.write("| " + " | ".join(map(str, row.values())) + " |\\n")
'''
ACTIVATION = '''
import numpy as np

from gdcli.nn.activations import suits


@suits("he")
def swish(z):
    """z times its sigmoid."""
    s = 0.5 * (1 + np.tanh(0.5 * z))
    return z * s, lambda gradient: gradient * (s + z * s * (1 - s))
'''
TOY = '''
import numpy as np

from gdcli.data.dataset import Dataset
from gdcli.data.toys import toy


@toy("gdcli fit sample:parabola --degree 2")
def parabola(rows=200, noise=0.1, rng=None):
    """A parabola: y = x^2, x evenly from -1 to 1."""
    rng = np.random.default_rng(0) if rng is None else rng
    x = np.linspace(-1, 1, rows)
    return Dataset(x, x**2 + rng.normal(scale=noise, size=rows))
'''
RULE = '''
from dataclasses import dataclass, field

import numpy as np

from gdcli.training.rules import StoppingRule


@dataclass(frozen=True)
class Plateau(StoppingRule):
    """Stopped early: the loss has not lost the part `plateau` of itself over the last `over` epochs."""

    plateau: float = field(metadata={"metavar": "R", "help": "Stop at a plateau.", "accepts": "positive"})
    over: int = field(default=10, metadata={"metavar": "N", "help": "Epochs of --plateau. [10]", "accepts": "count"})

    def init(self):
        return ()

    def update(self, record, state):
        losses = (*state, record.loss)[-self.over - 1 :]
        gained = losses[0] - losses[-1]
        met = (gained < self.plateau * losses[0]) if len(losses) > self.over else np.zeros(np.shape(record.loss), bool)
        return met, losses
'''
SOURCES = {
    "log_cosh": LOSS,
    "lion": OPTIMIZER,
    "markdown": FORMAT,
    "swish": ACTIVATION,
    "parabola": TOY,
    "plateau": RULE,
}
DECK = [(1.0, 3.0), (2.0, 5.0)]


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Writes one of the five files, and gives the words that load it."""
    monkeypatch.chdir(tmp_path)

    def write(*chosen, source=None):
        for name in chosen:
            Path(f"{name}.py").write_text(SOURCES[name] if source is None else source)
        return [word for name in chosen for word in ("--plugin", f"{name}.py")]

    return write


@pytest.fixture(autouse=True)
def _nothing_is_left_behind():
    yield
    assert loaded() == ()
    assert not [kind for kind in KINDS if {"lion", "plateau"} & set(names(kind))]


def deck_gradient(slope, m, b):
    """The gradient of mean(f(y_hat - y)) on the lecture's two points, by the slope of f."""
    residuals = [(m * x + b - y, x) for x, y in DECK]
    return sum(slope(r) * x for r, x in residuals) / 2, sum(slope(r) for r, _ in residuals) / 2


def log_cosh_descent(epochs, rate):
    m, b = -1.0, 5.0
    for _ in range(epochs):
        dm, db = deck_gradient(math.tanh, m, b)
        m, b = m - rate * dm, b - rate * db
    return {"m": m, "b": b, "loss": sum(math.log(math.cosh(m * x + b - y)) for x, y in DECK) / 2}


def lion_descent(epochs, rate, decay=0.0):
    weights, means = [-1.0, 5.0], [0.0, 0.0]
    for _ in range(epochs):
        gradient = deck_gradient(lambda r: 2 * r, *weights)
        signs = [math.copysign(1, 0.9 * m + 0.1 * g) for m, g in zip(means, gradient, strict=True)]
        means = [0.99 * m + 0.01 * g for m, g in zip(means, gradient, strict=True)]
        weights = [w - rate * (s + decay * w) for w, s in zip(weights, signs, strict=True)]
    return {"m": weights[0], "b": weights[1]}


class TestLoss:
    def test_fit_minimises_it(self, gdcli, plugin):
        result = gdcli("fit", *plugin("log_cosh"), "--loss", "log-cosh", "--epochs", 3, "--format", "csv")
        wanted = log_cosh_descent(3, 0.1)
        assert {name: result.floats[-1][name] for name in wanted} == pytest.approx(wanted, rel=1e-12)

    def test_sweep_ranks_by_it_here_and_in_processes(self, gdcli, plugin):
        words = ["--loss", "log-cosh,mse", "--lr", "0.1,0.2", "--epochs", 3, "--format", "json"]
        words = ["sweep", "fit", *plugin("log_cosh"), *words]
        here, elsewhere = gdcli(*words), gdcli(*words, "--workers", 2)
        found = {(run["config"]["loss"], run["config"]["lr"]): run["final_loss"] for run in here.json["runs"]}
        assert found["log-cosh", 0.2] == pytest.approx(log_cosh_descent(3, 0.2)["loss"], rel=1e-12)
        assert found["log-cosh", 0.1] != found["mse", 0.1]
        assert [run["final_loss"] for run in elsewhere.json["runs"]] == [run["final_loss"] for run in here.json["runs"]]

    def test_train_evaluate_and_live_know_it(self, gdcli, plugin, table):
        data = table("x,y\n1,3\n2,5\n3,8\n4,9.5\n", "rows.csv")
        load = plugin("log_cosh")
        asked = ["--task", "regression", "--loss", "log-cosh", "--epochs", 2, "--save", "m.safetensors"]
        trained = gdcli("train", data, *load, *asked, "--format", "json")
        assert trained.json["config"]["loss"] == "log-cosh"
        assert gdcli("evaluate", "m.safetensors", data, *load, "--format", "json").json["loss"] == pytest.approx(
            trained.json["train"]["loss"], rel=1e-6
        )
        played = gdcli("live", "--plain", *load, "--loss", "log-cosh", stdin="n\nq\n").out
        assert f"Log-cosh {log_cosh_descent(0, 0)['loss']:.6g}" in played
        assert f"-> {log_cosh_descent(1, 0.1)['loss']:.6g}" in played

    def test_classes_refuse_a_loss_of_numbers(self, gdcli, plugin, refused):
        result = gdcli("train", "sample:xor", *plugin("log_cosh"), "--loss", "log-cosh")
        refused(result, 2, "--loss", "log-cosh")


class TestOptimizer:
    def test_fit_follows_it(self, gdcli, plugin):
        given = ["--optimizer", "lion", "--weight-decay", 0.5, "--lr", 0.1, "--epochs", 40]
        result = gdcli("fit", *plugin("lion"), *given, "--format", "csv")
        wanted = lion_descent(40, 0.1, 0.5)
        assert {name: result.floats[-1][name] for name in wanted} == pytest.approx(wanted, rel=1e-9)

    def test_train_moves_every_weight_by_the_rate(self, gdcli, plugin):
        load = plugin("lion")
        common = ["sample:blobs", *load, "--optimizer", "lion", "--lr", 0.125, "--batch-size", "full", "--keep", "last"]
        for epochs in (0, 1):
            gdcli("train", *common, "--dtype", "float64", "--epochs", epochs, "--save", f"{epochs}.safetensors")
        before, after = load_file("0.safetensors"), load_file("1.safetensors")
        for name in ("0.weight", "0.bias"):
            np.testing.assert_allclose(np.abs(after[name] - before[name]), 0.125, rtol=1e-12)

    def test_sweep_stacks_it(self, gdcli, plugin):
        words = ["sweep", "fit", *plugin("lion"), "--optimizer", "lion", "--lr", "0.1,0.05", "--epochs", 7]
        result = gdcli(*words, "--format", "json").json
        for run in result["runs"]:
            wanted = lion_descent(7, run["config"]["lr"])
            loss = sum((wanted["m"] * x + wanted["b"] - y) ** 2 for x, y in DECK) / 2
            assert run["final_loss"] == pytest.approx(loss, rel=1e-12)
        assert result["stacks"] == 1

    def test_live_and_resume_know_it(self, gdcli, plugin):
        load = plugin("lion")
        played = gdcli("live", "--plain", *load, "--optimizer", "lion", "--lr", 0.1, stdin="n\nq\n").out
        assert "m -0.9, b 5.1" in played
        common = [*load, "--epochs", 3, "--format", "csv", "-q"]
        whole = gdcli("train", "sample:xor", *common, "--optimizer", "lion")
        gdcli("train", "sample:xor", *load, "--epochs", 1, "--optimizer", "lion", "--save", "m.safetensors")
        assert gdcli("train", "sample:xor", *common, "--resume", "m.safetensors").out == whole.out


class TestFormat:
    @pytest.mark.parametrize(
        "words",
        [
            ("fit", "--epochs", "3"),
            ("train", "sample:xor", "--epochs", "2"),
            ("sweep", "fit", "--lr", "0.1,0.2", "--epochs", "2"),
            ("step", "--steps", "2"),
            ("surface", "--epochs", "1"),
            ("score", "--m", "1", "--b", "1"),
            ("limit",),
            ("lr-find", "fit"),
            ("activation", "relu"),
            ("sample",),
        ],
        ids=" ".join,
    )
    def test_rows_are_those_of_csv(self, gdcli, plugin, words):
        header, bars, *rows = gdcli(*words, *plugin("markdown"), "--format", "markdown", "-q").out.splitlines()
        known = gdcli(*words, "--format", "csv", "-q").csv
        cells = [line.strip("| ").split(" | ") for line in (header, *rows)]
        assert cells[0] == list(known[0])
        assert bars == "|" + " --- |" * len(known[0])
        assert [[one.replace("None", "") for one in row] for row in cells[1:]] == [list(r.values()) for r in known]

    def test_one_bare_number_has_no_rows(self, gdcli, plugin, refused):
        words = ["mse", "--m", 1, "--b", 1, *plugin("markdown"), "--format", "markdown"]
        refused(gdcli(*words), 2, "there is no format 'markdown' here")


class TestActivation:
    def test_activation_draws_it(self, gdcli, plugin):
        rows = gdcli("activation", "swish", *plugin("swish"), "--format", "csv").csv
        for z, value in ((float(row["x"]), float(row["value"])) for row in rows):
            assert value == pytest.approx(z / (1 + math.exp(-z)), rel=1e-12)

    def test_train_predict_and_evaluate_use_it(self, gdcli, plugin, table):
        data = table("x,y\n1,3\n2,5\n3,8\n4,9.5\n5,12\n", "rows.csv")
        load = plugin("swish")
        asked = ["--task", "regression", "--hidden", 3, "--activation", "swish", "--epochs", 5, "--dtype", "float64"]
        trained = gdcli("train", data, *load, *asked, "--save", "m.safetensors", "--format", "json").json
        told = gdcli("predict", "m.safetensors", data, *load, "--format", "csv").floats
        saved, x, y = load_file("m.safetensors"), np.arange(1.0, 6), np.array([3, 5, 8, 9.5, 12])
        z = ((x[:, None] - saved["scaler.offset"]) / saved["scaler.factor"]) @ saved["0.weight"].T + saved["0.bias"]
        out = (z / (1 + np.exp(-z))) @ saved["2.weight"].T + saved["2.bias"]
        predicted = out[:, 0] * y.std() + y.mean()
        assert [row["prediction"] for row in told] == pytest.approx(predicted.tolist(), rel=1e-9)
        scored = gdcli("evaluate", "m.safetensors", data, *load, "--format", "json").json
        assert scored["loss"] == pytest.approx(np.mean((predicted - y) ** 2), rel=1e-9)
        assert scored["loss"] == pytest.approx(trained["train"]["loss"], rel=1e-9)

    def test_sweep_and_live_use_it(self, gdcli, plugin):
        words = ["sample:xor", *plugin("swish"), "--hidden", 4]
        runs = gdcli("sweep", "train", *words, "--activation", "swish,relu", "--epochs", 1, "--format", "json", "-q")
        alone = gdcli("train", *words, "--activation", "swish", "--epochs", 1, "--format", "json", "-q").json
        first, second = (run["final_loss"] for run in runs.json["runs"])
        assert first == alone["history"][-1]["loss"] != second
        played = gdcli("live", *words, "--activation", "swish", "--plain", stdin="q\n")
        assert "2 - 4 swish - 1 sigmoid" in played.out

    def test_a_model_says_which_plugin_it_needs(self, gdcli, plugin, refused):
        load = plugin("swish")
        words = ["sample:xor", "--hidden", 4, "--activation", "swish", "--epochs", 0, "--save", "m.safetensors"]
        gdcli("train", *words, *load)
        result = gdcli("evaluate", "m.safetensors", "sample:xor")
        refused(result, 3, "m.safetensors", "no activation 'swish'")
        assert "--plugin swish.py" in result.err


def plateau_epoch(losses, part, over):
    """The first epoch at which `over` epochs gained less than a part of the loss."""
    return next(k for k in range(over, len(losses)) if losses[k - over] - losses[k] < part * losses[k - over])


class TestStoppingRule:
    WORDS = ("--plateau", "0.2", "--over", "7")

    def test_fit_and_train_end_by_it(self, gdcli, plugin):
        load = plugin("plateau")
        for words in (("fit", "sample:deck", "--lr", "0.05"), ("train", "sample:xor", "--hidden", "4")):
            free = gdcli(*words, "--epochs", 120, "--format", "csv").floats
            ended = gdcli(*words, *load, *self.WORDS, "--epochs", 120, "--format", "json").json
            assert ended["status"] == "stopped_early"
            assert ended["epochs"] == plateau_epoch([row["loss"] for row in free], 0.2, 7) < 120

    def test_a_stack_ends_each_run_where_it_would_end_alone(self, gdcli, plugin):
        load = plugin("plateau")
        words = [*load, *self.WORDS, "--epochs", 120, "--format", "json", "-q"]
        swept = gdcli("sweep", "fit", "sample:deck", "--lr", "0.02,0.05,0.1,0.2", *words).json
        assert swept["stacks"] == 1
        for run in swept["runs"]:
            alone = gdcli("fit", "sample:deck", "--lr", run["config"]["lr"], *words).json
            assert (run["epochs"], run["status"]) == (alone["epochs"], alone["status"])
            assert run["final_loss"] == alone["history"][-1]["loss"]
        assert len({run["epochs"] for run in swept["runs"]}) > 1

    def test_live_ends_by_it_and_help_has_it(self, gdcli, plugin, capsys):
        load = plugin("plateau")
        alone = gdcli("fit", "sample:deck", "--lr", 0.05, *load, *self.WORDS, "--epochs", 120, "--format", "json").json
        played = gdcli("live", "sample:deck", "--plain", "--lr", 0.05, *load, *self.WORDS, stdin="f\nq\n").out
        assert f"Stopped early at step {alone['steps']}" in played
        for words in (("fit",), ("train",), ("sweep", "fit"), ("live",)):
            gdcli(*words, "--help-all", *load)
            assert "--plateau R" in capsys.readouterr().out

    def test_the_rule_that_is_met_is_the_one_that_is_named(self, gdcli, plugin):
        """Beside one of the program's that is in force as well, and has not been met."""
        words = ["fit", "sample:deck", "--lr", "0.01", "--epochs", "200", "--flat", "1e-9", "--plateau", "0.2", "-q"]
        (ended,) = [line for line in gdcli(*words, *plugin("plateau")).out.splitlines() if line.startswith(" ended")]
        assert ended.endswith(": --plateau 0.2")

    def test_without_its_first_number_the_second_says_so(self, gdcli, plugin, refused):
        refused(gdcli("fit", "sample:deck", *plugin("plateau"), "--over", 5), 2, "--over", "--plateau")


class TestToy:
    def test_it_is_a_sample(self, gdcli, plugin):
        load = plugin("parabola")
        words = ["sample:parabola:noise=0,rows=21", *load, "--degree", 2, "--epochs", 2000, "--format", "json"]
        rows = gdcli("fit", *words)
        assert rows.json["optimum"]["mse"] == pytest.approx(0, abs=1e-12)
        assert rows.json["parameters"]["w_x^2"] == pytest.approx(1, abs=1e-3)
        listed = gdcli("sample", *load, "--format", "json").json["samples"][-1]
        assert listed == {
            "name": "parabola",
            "about": "a parabola: y = x^2, x evenly from -1 to 1",
            "command": "gdcli fit sample:parabola --degree 2",
            "source": "toy",
        }

    def test_live_comes_by_it(self, gdcli, plugin):
        played = gdcli("live", "sample:spiral", "--plain", *plugin("parabola"), stdin="d\nq\n").out
        assert "sample:parabola." in played
        assert "w_x^2" in played


class TestEverywhere:
    def test_help_lists_what_there_is(self, gdcli, plugin, capsys):
        def told(*words):
            gdcli(*words, "--help-all")
            return " ".join(capsys.readouterr().out.split())

        load = plugin(*SOURCES)
        for words in (("fit",), ("train",), ("sweep", "train"), ("live",)):
            text = told(*words, *load)
            for name in ("lion", "log-cosh", *(("swish",) if words != ("fit",) else ())):
                assert f", {name}" in text, words
            assert "--plugin FILE.py" in text
        assert "markdown" in told("fit", *load)
        assert "lion" not in told("fit")

    def test_the_rerun_line_loads_it_again(self, gdcli, plugin, tmp_path):
        plugin("lion")
        path = tmp_path / "my lion.py"
        path.write_text(OPTIMIZER)
        first = gdcli("fit", f"--plugin={path.name}", "--optimizer", "lion", "--epochs", 3, "--format", "csv")
        assert first.rerun[-2:] == ["--plugin", "my lion.py"]
        assert gdcli(*first.rerun).out == first.out
        before = gdcli("--plugin", path.name, *[w for w in first.rerun if w not in ("--plugin", path.name)])
        assert before.out == first.out

    def test_a_new_hyperparameter_is_a_new_option(self, process, plugin):
        source = OPTIMIZER.replace("beta1: float = 0.9", "beta1: float = 0.9\n    tilt: float = 1.0")
        load = plugin("lion", source=source.replace("-learning_rate *", "-learning_rate * self.tilt *"))
        common = ["fit", *load, "--optimizer", "lion", "--epochs", 1, "--lr", 0.1, "--format", "csv"]
        assert process(*common, "--tilt", 3).floats[-1]["m"] == pytest.approx(-1 + 3 * 0.1, rel=1e-12)
        assert process("fit", *load, "--optimizer", "adam", "--tilt", 3).code == 2
        assert "--tilt" in process("fit", *load, "--help").out

    def test_the_library_has_it(self, plugin):
        plugin("log_cosh")
        try:
            assert library.load_plugin("log_cosh.py") == ("log-cosh",)
            assert library.losses.log_cosh.title == "Log-cosh"
            assert library.load_plugin("log_cosh.py") == ("log-cosh",)  # again, unchanged
            Path("log_cosh.py").write_text(LOSS.replace('"Log-cosh"', '"Edited"'))
            library.load_plugin("log_cosh.py")
            assert library.losses.log_cosh.title == "Edited"
        finally:
            from gdcli.definitions.plugins import unload

            for one in loaded():
                unload(one)
        assert not hasattr(library.losses, "log_cosh")


ERRORS = {
    "raises": ("x = 1\nraise ValueError('no luck')\n", 3, "bad.py: line 2: ValueError: no luck"),
    "is no python": ("def f(:\n", 3, "bad.py: line 1: invalid syntax"),
    "lacks an import": ("import nowhere_at_all\n", 3, "bad.py: line 1: ModuleNotFoundError"),
    "defines nothing": ("x = 1\n", 2, "bad.py: defines nothing"),
    "takes a name": (LOSS.replace("def log_cosh", "def mse"), 2, "bad.py: line 7: mse: there is already"),
    "has no update": (OPTIMIZER.replace("def update", "def apply"), 2, "Lion: the optimizer has no update(self, "),
    "takes too little": (LOSS.replace("(outputs, targets)", "(outputs)"), 2, "does not take (outputs, targets)"),
    "lists what is not there": ("__all__ = ['ghost']\n", 2, "bad.py: __all__ names 'ghost'"),
    "lists no names": ("__all__ = 3\n", 2, "bad.py: __all__ is no list of names"),
    "lists a number": ("__all__ = [1]\n", 2, "bad.py: __all__ is no list of names"),
    "ends the program": ("x = 1\nexit(0)\n", 3, "bad.py: line 2: SystemExit"),
    "lists what is not marked": ("__all__ = ['f']\n\ndef f(z): ...\n", 2, "bad.py: __all__ names 'f'"),
}


class TestErrors:
    @pytest.mark.parametrize("case", ERRORS)
    def test_a_bad_file_is_a_line(self, gdcli, plugin, refused, case):
        source, code, told = ERRORS[case]
        refused(gdcli("fit", *plugin("bad", source=source)), code, told)

    def test_no_file(self, gdcli, refused, tmp_path):
        refused(gdcli("fit", "--plugin", tmp_path / "none.py"), 3, "none.py")
        refused(gdcli("fit", "--plugin"), 2, "--plugin")

    def test_a_name_that_is_no_utf_8(self, gdcli, refused, tmp_path):
        (tmp_path / "\udcff.py").write_text("x = 1\n")
        refused(gdcli("fit", "--plugin", tmp_path / "\udcff.py"), 2, "?.py: defines nothing")

    def test_an_error_while_running_names_the_line(self, gdcli, plugin):
        load = plugin("bad", source=LOSS.replace("np.abs(residual)", "np.bas(residual)"))
        result = gdcli("fit", *load, "--loss", "log-cosh")
        assert result.code == 3
        assert "gdcli: bad.py: line 11: AttributeError" in result.err

    @pytest.mark.parametrize(
        ("gives", "told"),
        [
            ("None", "bad.py: TypeError: "),
            ("value, 'x'", "bad.py: "),
            ("exit(0)", "bad.py: line 13: SystemExit"),
        ],
    )
    def test_what_it_gives_is_its_own_fault(self, gdcli, plugin, refused, gives, told):
        pair = "value.mean(axis=-1), np.tanh(residual) / residual.shape[-1]"
        load = plugin("bad", source=LOSS.replace(pair, gives))
        refused(gdcli("fit", *load, "--loss", "log-cosh", "-q"), 3, told)


class TestInstalled:
    def test_an_entry_point_is_a_plugin(self, tmp_path, process):
        packages = tmp_path / "site"
        (packages / "lion-1.0.dist-info").mkdir(parents=True)
        (packages / "other-1.0.dist-info").mkdir()
        (packages / "lion_for_gdcli.py").write_text(OPTIMIZER)
        (packages / "lion-1.0.dist-info" / "entry_points.txt").write_text(
            "[console_scripts]\nlion = lion:main\n\n[gdcli]\nlion = lion_for_gdcli\n\n[other]\nx = y\n"
        )
        (packages / "other-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\ngdcli = gdcli:main\n")
        assert installed([str(packages), str(tmp_path / "none")]) == [Plugin("lion_for_gdcli", None)]
        environ = {"PYTHONPATH": f"{Path(library.__file__).parent.parent}:{packages}"}
        result = process("fit", "--optimizer", "lion", "--lr", 0.1, "--epochs", 5, "--format", "csv", environ=environ)
        wanted = lion_descent(5, 0.1)
        assert {name: result.floats[-1][name] for name in wanted} == pytest.approx(wanted, rel=1e-12)
        assert "--plugin" not in result.err
