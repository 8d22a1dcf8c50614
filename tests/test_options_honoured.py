"""Every option of every command is honoured or refused with a sentence; none is ignored.

Each option is given to a small run of its command, beside the same run without it: honoured is what changes the
output, a file or the exit code. What a run of this size cannot show is listed with the reason.
"""

import json

import pytest

from gdcli.cli.app import COMMANDS, load
from gdcli.definitions import FORMAT, names

ROWS = "x,z,y\n" + "".join(f"{x / 10},{x * x % 7 / 7:.3f},{x / 5 + 1 + x * 37 % 11 / 10:g}\n" for x in range(1, 25))
CLASSES = "a,b,colour,kind\n" + "".join(
    f"{x % 5 / 2},{x % 7},{('red', 'blue')[x % 2]},{('yes', 'no', 'no')[x % 3]}\n" for x in range(1, 41)
)
LINE = ["rows.csv", "--x", "x", "--m", "2", "--b", "1"]
RUNS = {
    "fit": ["fit", "rows.csv", "--lr", "0.1", "--epochs", "6"],
    "train": ["train", "classes.csv", "--hidden", "4", "--epochs", "3", "--lr", "0.001"],
    "sweep fit": ["sweep", "fit", "rows.csv", "--lr", "0.1,0.2", "--epochs", "6"],
    "sweep train": ["sweep", "train", "classes.csv", "--hidden", "4", "--epochs", "5", "--lr", "0.001,0.02"],
    "step": ["step", "rows.csv", "--lr", "0.1"],
    "limit": ["limit", "rows.csv"],
    "lr-find": ["lr-find", "fit", "rows.csv"],
    "surface": ["surface", "rows.csv", "--lr", "0.1", "--epochs", "4"],
    "live": ["live", "rows.csv", "--plain", "--lr", "0.1"],
    "mse": ["mse", *LINE],
    "rmse": ["rmse", *LINE],
    "score": ["score", *LINE],
    "activation": ["activation", "relu"],
    "loss": ["loss", "mse"],
    "evaluate": ["evaluate", "model.safetensors", "classes.csv"],
    "predict": ["predict", "model.safetensors", "classes.csv"],
    "collapse": ["collapse", "linear.safetensors", "classes.csv"],
    "sample": ["sample", "line"],
    "show": ["show", "classes.csv", "--x", "a,b", "--plot"],
    "config": ["config", "show"],
    "check": ["check", "rows.csv", "--x", "x", "--grad-m", "2/n*sum(x*(y_hat-y))"],
    "quiz": ["quiz", "step"],
    "explain": ["explain", "gradient"],
    "lesson": ["lesson", "rmse"],
}
"""A small run of each command."""
TYPED = "n 3\nq\n"
VALUES = {
    "x": "z", "y": "1", "missing": "drop", "delimiter": ";", "encoding": "utf-16", "decimal": ",", "m": "3", "b": "2",
    "start": "1,1,1", "degree": "2", "optimizer": "adagrad", "momentum": "0.5", "beta1": "0.5", "beta2": "0.5",
    "decay": "0.5", "epsilon": "0.5", "weight_decay": "0.5", "loss": "mae", "l1": "0.5", "l2": "0.5", "lr": "0.03",
    "schedule": "cosine", "warmup": "2", "lr_at": "1:0.5", "batch_size": "5", "seed": "1", "scale": "minmax",
    "at": "2:l2=0.5",
    "threads": "1", "epochs": "2", "hidden": "3", "activation": "tanh", "init": "zeros", "dropout": "0.5",
    "dtype": "float64", "task": "regression", "categorical": "colour", "features": "b^2",
    "test": "more.csv", "labels": "more.csv",
    "test_labels": "more.csv", "label_smoothing": "0.2", "class_weight": "balanced", "validation": "0.3",
    "keep": "last", "patience": "1", "min_delta": "0.5", "tolerance": "1e9", "target_loss": "1e9", "max_steps": "1",
    "format": "jsonl", "output": "out.txt", "color": "always", "every": "2", "save": "saved.svg", "theme": "dark",
    "resume": "model.safetensors", "show": "1", "random": "1", "workers": "2", "cluster": "nowhere",
    "timeout": "1e-9", "steps": "2", "low": "0.001", "high": "3", "points": "5", "rows": "3", "noise": "0",
    "pred": "z", "suggest": "steepest", "smooth": "0.5", "x_range": "0..1", "y_range": "0..1", "over": "w_z,b",
    "m_range": "0..1", "b_range": "0..1", "record": "out.rec", "replay": "none.rec", "port": "1", "host": "::2",
    "sessions": "2", "race": "sgd,adam",
    "get": "schema",
    "on": "classes.csv", "thousands": "'", "na": "0.5,2", "comment": "1", "classes": "A,B", "folds": "3",
    "separated": "1", "flat": "0.9 --over 2", ("over", "N"): "1",
    "allow": "columns=250000", "against": "p", "row": "2", "neuron": "1:1", "shuffle_rows": "33", "by": "z",
    ("loss", "FORMULA"): "m", "rmse": "m", "grad_m": "m", "grad_b": "m", "step_m": "m", "step_b": "m",
    "python": "none.py:f", "wanted": "loss",
    "lang": "zh-TW", "answer": "1", "count": "2", "run": "line", "check": "none.toml",
}  # fmt: skip
"""A value for each option, by its name; a flag needs none."""
HELD_OUT = ["--validation", "0.3"]
ROWS_FOR = {
    "missing": {"rows.csv": "gaps.csv", "classes.csv": "gappy.csv"},
    "thousands": {"rows.csv": "grouped.csv", "classes.csv": "parted.csv"},
    "separated": {"classes.csv": "apart.csv"},
}
"""Rows in which an option shows itself."""
WITH = {
    "keep": [*HELD_OUT, "--lr", "5"],
    "min_delta": [*HELD_OUT, "--patience", "1"],
    "patience": [*HELD_OUT, "--min-delta", "1"],
    "seed": ["--batch-size", "5"],
    "shuffle": ["--batch-size", "5"],
    "schedule": ["--steps", "3"],
    "separated": ["--lr", "0.05", "--epochs", "100", "--scale", "standard"],
    "test_labels": ["--test", "more.csv"],
    "require_converged": ["--tolerance", "1e-9"],
    "theme": ["--save", "themed.svg"],
}
"""What an option shows itself beside, where the command has it."""
ANYWHERE = {
    "prefix": "goes with kv alone: tests/test_byte_honest.py",
    "allow": "raises limits that these rows are far from",
    "debug": "adds a traceback to an error, and there is none",
    "threads": "changes no number, by design",
    "chosen": "is a remark that json repeats",
    "yes": "allows a sweep of more than 10,000 runs",
    "workers": "changes no number, by design",
}
UNSEEN = {
    ("train", "standardize"): "is what train does unless told otherwise",
    ("sweep train", "separated"): "five epochs are too few",
    ("sweep train", "standardize"): "is what train does unless told otherwise",
    **{
        ("live", name): "is for the key that runs until converged"
        for name in ("patience", "tolerance", "target_loss", "flat")
    },
    ("fit", "keep"): "the best of these few epochs is the last",
    ("live", "task"): "the rows are those of a line",
    ("live", "plain"): "is part of the run",
    ("live", "color"): "the plain form has no colour",
    **{
        (name, "quiet"): "says nothing on stderr"
        for name in ("mse", "rmse", "predict", "collapse", "sample", "config", "quiz", "explain")
    },
    ("evaluate", "plot"): "the matrix of a few classes is always drawn",
    ("evaluate", "quiet"): "says nothing on stderr",
    **{
        ("lesson", name): "shows on a terminal, or what is written: tests/test_lesson.py" for name in ("plain", "quiet")
    },
    ("explain", "quiet"): "says nothing on stderr",
    ("mse", "color"): "a bare number has no colour",
    ("rmse", "color"): "a bare number has no colour",
    ("predict", "color"): "rows for a pipe have no colour",
    ("sample", "color"): "csv has no colour",
    ("show", "plot"): "is part of the run",
    **{(name, "lang"): "a number, or rows, have no language" for name in ("mse", "rmse", "predict", "sample")},
}
"""Options that such a run cannot show, and why."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the rows and models that the runs name."""
    from gdcli.cli.boundary import run

    path = tmp_path_factory.mktemp("options")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        for name, text in {"rows.csv": ROWS, "classes.csv": CLASSES, "more.csv": CLASSES}.items():
            (path / name).write_text(text)
        (path / "grouped.csv").write_text(ROWS.replace("\n0.3,", "\n1'003.5,", 1))
        (path / "parted.csv").write_text(CLASSES.replace("\n0.5,", "\n1'003.5,", 1))
        apart = "".join(f"{x},{x % 7},red,{'yes' if x > 20 else 'no'}\n" for x in range(40))
        (path / "apart.csv").write_text("a,b,colour,kind\n" + apart)
        (path / "gaps.csv").write_text(ROWS.replace("0.3,", ",", 1))
        (path / "gappy.csv").write_text(CLASSES.replace("0.5,", ",", 1))
        base = ["train", "classes.csv", "-q", "--hidden", "4", "--seed", "3", "--epochs", "1", "-o", "printed.txt"]
        run([*base, "--save", "model.safetensors"])
        run([*base, "--activation", "linear", "--save", "linear.safetensors"])
        yield path


def command(name):
    program, *rest = name.split()
    made = load(program)
    return made.get_command(None, rest[0]) if rest else made


def options(name):
    """The options of a command, but for help and those that are read before it is made."""
    return [
        one
        for one in command(name).params
        if one.param_type_name == "option" and one.name not in ("help", "help_all", "plugin")
    ]


def words(option):
    """An option with a value."""
    if option.name == "header":  # a first line of names is seen as such
        return ["--no-header"]
    if option.is_flag:
        return [next(iter(option.secondary_opts), option.opts[0]) if option.default else option.opts[0]]
    value = VALUES.get((option.name, option.metavar)) or VALUES.get(option.name)
    assert value, f"{option.opts[0]}: give this test a value for it"
    return [next(word for word in option.opts if word.startswith("--")), *value.split(" ")]


def without_echo(text):
    """An output without what only repeats the command line."""
    try:
        return stripped(json.loads(text))
    except ValueError:
        return text


def stripped(value):
    if isinstance(value, dict):
        return {
            name: stripped(one) for name, one in value.items() if name not in ("rerun", "config", "swept", "options")
        }
    return [stripped(one) for one in value] if isinstance(value, list) else value


class Runs:
    """Runs of one command, each made once."""

    def __init__(self, gdcli, folder, name):
        self._gdcli, self._folder, self.name = gdcli, folder, name
        self._known = {}
        self._has = {word for one in options(name) for word in one.opts}

    def of(self, given, notes):
        """What a run leaves behind: its exit code, what it prints, and the files it writes."""
        key = *given, notes
        if key not in self._known:
            before = set(self._folder.iterdir())
            typed = {"stdin": TYPED} if given[0] == "live" else {}
            result = self._gdcli(*given, **typed)
            made = set(self._folder.iterdir()) - before
            files = {path.name: path.stat().st_size for path in made}
            for path in made:
                path.unlink()
            said = result.err if notes else ""
            self._known[key] = result.code, without_echo(result.out), files, said
        return self._known[key]

    def ignores(self, option):
        """Whether a run with the option is the run without it, as a table and as json."""
        base = [*RUNS[self.name], *WITH.get(option.name, [])]
        if self.of(base, False)[0]:  # the command does not have what goes with it
            base = RUNS[self.name]
        rows = ROWS_FOR.get(option.name, {})
        base = [rows.get(word, word) for word in base]
        for form in ([], ["--format", "json"]) if "--format" in self._has else ([],):
            notes = option.name == "quiet"
            if self.of([*base, *form], notes) != self.of([*base, *form, *words(option)], notes):
                return False
        return True


@pytest.mark.parametrize("name", RUNS)
def test_no_option_is_ignored(gdcli, folder, name):
    runs = Runs(gdcli, folder, name)
    assert runs.of(RUNS[name], False)[0] == 0
    explained = {*ANYWHERE, *(option for program, option in UNSEEN if program == name)}
    ignored = {option.name for option in options(name) if option.name not in explained and runs.ignores(option)}
    assert not ignored


def test_every_command_is_walked():
    assert {name.split()[0] for name in RUNS} == set(COMMANDS) - {"help", "completion"}, "these have no runs"


@pytest.mark.parametrize("name", [name for name in RUNS if name != "live"])
@pytest.mark.usefixtures("folder")
def test_no_format_prints_nothing(gdcli, name):
    """Each format writes something, or is refused in a line."""
    for form in names(FORMAT):
        result = gdcli(*RUNS[name], "--format", form, "-q")
        assert result.out if result.code == 0 else result.err.startswith("gdcli: --format"), form
