"""Settings: where they come from, what goes before what, what is refused, and what they never change."""

import json

import pytest
from conftest import ROOT, clean_environ
from test_startup import CALL, all_modules_after

from gdcli.cli.app import COMMANDS
from gdcli.cli.boundary import context_of
from gdcli.definitions import FORMAT, names
from gdcli.experiments.settings import SETTINGS

RUN = ["fit", "sample:deck", "--epochs", "2"]
CSV = "epoch,step,lr,loss,m,b\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder in a folder, and a home: `here(nearest, above, users)` writes their files and gives the environment."""
    inner, home = tmp_path / "outer" / "inner", tmp_path / "home"
    inner.mkdir(parents=True)
    (home / ".config" / "gdcli").mkdir(parents=True)
    monkeypatch.chdir(inner)

    def write(nearest=None, above=None, users=None, **variables):
        for folder, text in ((inner, nearest), (inner.parent, above), (home / ".config" / "gdcli", users)):
            if text is not None:
                (folder / "gdcli.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return {"HOME": str(home), **variables}

    return write


@pytest.fixture
def bare(gdcli, tmp_path, monkeypatch):
    """The program where there are no settings."""

    def call(*arguments):
        with monkeypatch.context() as elsewhere:
            elsewhere.chdir(tmp_path)
            return gdcli(*arguments)

    return call


def shown(gdcli, environ):
    """What `config show` says: {setting: (value, source, where)}."""
    told = gdcli("config", "show", "--format", "json", environ=environ).json
    assert told["schema"] == "gdcli.config/1"
    return {one["setting"]: (one["value"], one["source"], one["where"]) for one in told["settings"]}


def test_without_any_each_setting_is_a_default(gdcli, here):
    assert shown(gdcli, here()) == {one.name: (None, "default", None) for one in SETTINGS}


@pytest.mark.parametrize(
    ("given", "form", "where"),
    [
        ({"users": 'format = "csv"'}, "csv", ".config/gdcli/gdcli.toml: line 1"),
        ({"users": 'format = "csv"', "above": '\n\nformat = "json"'}, "json", "outer/gdcli.toml: line 3"),
        ({"above": 'format = "csv"', "nearest": '# mine\nformat="kv"'}, "kv", "gdcli.toml: line 2"),
        ({"nearest": 'format = "kv"', "GDCLI_FORMAT": "TSV"}, "tsv", "GDCLI_FORMAT"),
        ({"nearest": 'format = "kv"', "GDCLI_FORMAT": ""}, "kv", "gdcli.toml: line 1"),
        ({"nearest": "plot = false", "users": 'format = "csv"'}, "csv", ".config/gdcli/gdcli.toml: line 1"),
        ({"nearest": '\ufeff"format" = "csv"\r\nplot = true\r\n'}, "csv", "gdcli.toml: line 1"),
    ],
)
def test_the_nearest_file_then_the_users_and_a_variable_before_both(gdcli, bare, here, given, form, where):
    environ = here(**given)
    value, source, place = shown(gdcli, environ)["format"]
    assert value == form
    assert place.endswith(where) and (place == where) == (source == "variable" or "/" not in where)
    assert source == ("variable" if where == "GDCLI_FORMAT" else "file")
    result = gdcli(*RUN, environ=environ)
    assert result.out == bare(*RUN, "--format", form).out
    assert gdcli(*RUN, "--format", "jsonl", environ=environ).out == bare(*RUN, "--format", "jsonl").out


@pytest.mark.parametrize(
    ("environ", "colored"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": "1", "GDCLI_COLOR": "always"}, True),
        ({"FORCE_COLOR": "1", "GDCLI_COLOR": "never"}, False),
    ],
)
def test_color_of_a_file_comes_after_the_variables_of_every_program(gdcli, here, environ, colored):
    environ = here(nearest='color = "always"', **environ)
    assert ("\x1b[" in gdcli(*RUN, environ=environ).out) == colored
    assert "\x1b[" not in gdcli(*RUN, "--color", "never", environ=environ).out


def test_quiet_and_plots_are_settings(gdcli, bare, here):
    environ = here(nearest="quiet = true\nplot = true")
    assert gdcli(*RUN, environ=environ).err == ""
    assert gdcli(*RUN, environ=environ).out == bare(*RUN, "--plot").out
    assert gdcli(*RUN, "--no-plot", environ=environ).out == bare(*RUN).out
    assert gdcli(*RUN, environ=environ | {"GDCLI_QUIET": "no"}).err != ""
    assert gdcli(*RUN, environ=environ | {"GDCLI_PLOT": "auto"}).out == bare(*RUN).out


def test_rerun_has_what_settings_stand_in_for(gdcli, bare, here):
    environ = here(nearest='format = "csv"\nplot = false\nthreads = 2\ncolor = "auto"')
    result = gdcli(*RUN, environ=environ)
    assert result.out.startswith(CSV)
    assert "--format csv" in " ".join(result.rerun)
    assert "--threads 2" in " ".join(result.rerun)
    assert "--color" not in result.rerun
    assert bare(*result.rerun).out == result.out
    swept = gdcli("sweep", "fit", "sample:deck", "--lr", "0.1,0.2", "--epochs", "2", environ=environ)
    assert bare(*swept.rerun).out == swept.out


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('\nfromat = "csv"', ["gdcli.toml: line 2", "'fromat'", "did you mean 'format'?"]),
        ('plot = true\nformat = "jsn"', ["gdcli.toml: line 2, format", "'jsn'", "did you mean 'json'?"]),
        ("threads = 0", ["gdcli.toml: line 1, threads", "'0'", "auto"]),
        ("threads = true", ["gdcli.toml: line 1, threads", "'True'"]),
        ("quiet = 3", ["gdcli.toml: line 1, quiet", "'3' is neither yes nor no"]),
        ("color = []", ["gdcli.toml: line 1, color", "'[]'"]),
        ("# rate\nlr = 0.1", ["gdcli.toml: line 2", "--lr", "what a run computes", "on the command line"]),
        ("seed = 1", ["gdcli.toml: line 1", "--seed"]),
        ("[fit]\nlr = 0.1", ["gdcli.toml: line 1", "[fit]", "plain keys"]),
        ("plot = true\nformat = csv", ["gdcli.toml: line 2, format: has no value that TOML knows"]),
        ("format", ["gdcli.toml: line 1, format: there is no = after the name"]),
        (b"plot = true\n# \xff", ["gdcli.toml: line 2", "UTF-8"]),
        ("x = " + "[" * 5000, ["gdcli.toml: line 1, x: is nested too deeply"]),
        ("x" + ".x" * 40_000 + " = 1", ["gdcli.toml: line 1, x: is nested too deeply"]),
        ("# " + "x" * 1_000_000, ["gdcli.toml: is larger than"]),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_key(gdcli, here, refused, text, parts):
    environ = here(nearest=text)
    for arguments in (RUN, ["config", "show"]):
        result = gdcli(*arguments, environ=environ)
        refused(result, 2)
        assert all(part in result.err for part in parts), result.err
    for arguments in (["fit", "--help"], ["help", "fit"], ["--version"], ["completion", "bash"]):
        assert gdcli(*arguments, environ=environ).code == 0


@pytest.mark.parametrize(
    ("name", "value", "parts"),
    [
        ("GDCLI_FROMAT", "csv", ["GDCLI_FROMAT", "did you mean 'GDCLI_FORMAT'?"]),
        ("GDCLI_PLOT", "perhaps", ["GDCLI_PLOT", "'perhaps'"]),
        ("GDCLI_SEED", "1", ["GDCLI_SEED", "--seed says what a run computes"]),
        ("GDCLI_BATCH_SIZE", "1", ["GDCLI_BATCH_SIZE", "--batch-size says what a run computes"]),
    ],
)
def test_a_wrong_variable_is_named(gdcli, here, refused, name, value, parts):
    result = gdcli(*RUN, environ=here(**{name: value}))
    refused(result, 2)
    assert all(part in result.err for part in parts), result.err


def test_a_format_of_rows_is_not_for_commands_without_rows(gdcli, bare, here, tmp_path):
    environ = here(nearest='format = "csv"')
    line = ["mse", "sample:deck", "--m", "2", "--b", "1"]
    assert gdcli(*line, environ=environ).out == "0.0\n"
    assert gdcli(*line, environ=environ | {"GDCLI_FORMAT": "json"}).json["mse"] == 0
    model = ["train", "sample:xor", "--epochs", "1", "--activation", "linear", "--hidden", "2"]
    saved = tmp_path / "m.safetensors"
    assert bare(*model, "--save", saved).code == 0
    collapsed = ["collapse", saved, "sample:xor"]
    assert gdcli(*collapsed, environ=environ).out == bare(*collapsed).out
    for form in names(FORMAT):
        for other in (["show"], ["sample"], ["limit"], ["activation"], ["evaluate", saved, "sample:xor"]):
            result = gdcli(*other, environ={"GDCLI_FORMAT": form})
            assert result.code == 0, (form, other, result.err)


def test_one_value_needs_no_other_format(gdcli, here):
    environ = here(nearest='format = "csv"')
    assert gdcli(*RUN, "--get", "status", environ=environ).out == "completed\n"


def test_threads_are_a_setting_but_not_of_a_run_that_goes_on(gdcli, bare, here, tmp_path):
    train = ["train", "sample:xor", "--epochs", "1", "-q"]
    environ = here(nearest="threads = 2")
    assert "--threads 2" in gdcli(*train, "--format", "json", environ=environ).json["rerun"]
    plain = bare(*train, "--save", tmp_path / "p.safetensors", "--format", "json")
    assert "--threads" not in plain.json["rerun"]
    resumed = ["train", "sample:xor", "--epochs", "2", "--resume", tmp_path / "p.safetensors", "--format", "json"]
    assert "--threads" not in gdcli(*resumed, environ=environ).json["rerun"]


def test_a_recorded_command_line_has_had_its_settings(here, monkeypatch):
    here(nearest="quiet = true")
    monkeypatch.setenv("GDCLI_QUIET", "yes")
    assert context_of("live", ["sample:deck"]).params["quiet"] is False


def test_a_process_takes_them_before_numpy_is_there(process, tmp_path):
    (tmp_path / "gdcli.toml").write_text("threads = 3\n")
    told = process.python(
        "-c",
        "import sys, os; sys.argv = ['gdcli', 'config', 'show']\n"
        "from gdcli.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(os.environ['OPENBLAS_NUM_THREADS'])",
    )
    assert told.out.splitlines()[-1] == "3"


@pytest.mark.parametrize("written", [False, True])
def test_toml_is_loaded_where_there_is_a_file_and_numpy_for_no_help(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in clean_environ({"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}).items():
        monkeypatch.setenv(name, value)
    if written:
        (tmp_path / "gdcli.toml").write_text("quiet = true\n")
    loaded = all_modules_after(CALL.format(commands=[["fit", "--help"]]))
    assert ("tomllib" in loaded) == written
    assert "numpy" not in loaded


def test_the_library_knows_no_settings(process, tmp_path):
    """`import gdcli` computes what it computes, whatever stands around it."""
    (tmp_path / "gdcli.toml").write_text("nonsense = 1\n")
    code = (
        "import gdcli, sys; print(gdcli.fit('sample:deck', epochs=3).parameters);"
        "assert 'gdcli.experiments.settings' not in sys.modules"
    )
    plain = process.python("-c", code)
    assert plain.code == 0, plain.err
    assert process.python("-c", code, environ={"GDCLI_THREADS": "no", "GDCLI_LR": "9"}).out == plain.out


def test_config_shows_settings_alone(gdcli, refused):
    refused(gdcli("config", "sow"), 2, "'sow'")
    assert "config" in COMMANDS
    rows = gdcli("config", "show", "--format", "csv", environ={"GDCLI_COLOR": "never"}).csv
    assert {row["setting"]: row["value"] for row in rows}["color"] == "never"
    assert json.loads(gdcli("config", "show", "-f", "json", "-q").out)["files"] == []
