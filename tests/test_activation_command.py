"""activation: rows that are the functions, words that are true of them, charts, and refusals."""

import doctest
import math
import re

import numpy as np
import pytest

from gdcli.analysis import activation_shape as shapes
from gdcli.nn import activations
from gdcli.render.reports.activation import ActivationProfile, draw_activations
from gdcli.render.screen import Screen, columns

pytestmark = pytest.mark.quick

NAMES = activations.__all__
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

# The functions and their derivatives, written a second time.
FORMULAS = {
    "linear": (lambda z: z, lambda _: 1.0),
    "relu": (lambda z: max(0.0, z), lambda z: float(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: 1.0 if z > 0 else 0.01),
    "elu": (lambda z: z if z > 0 else math.exp(z) - 1, lambda z: 1.0 if z > 0 else math.exp(z)),
    "sigmoid": (lambda z: 1 / (1 + math.exp(-z)), lambda z: 1 / (2 + math.exp(z) + math.exp(-z))),
    "tanh": (math.tanh, lambda z: 1 / math.cosh(z) ** 2),
    "softplus": (lambda z: math.log(1 + math.exp(z)), lambda z: 1 / (1 + math.exp(-z))),
    "gelu": (
        lambda z: z * math.erfc(-z / math.sqrt(2)) / 2,
        lambda z: math.erfc(-z / math.sqrt(2)) / 2 + z * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
    ),
}


def plain(text):
    return ESCAPE.sub("", text)


def facts(gdcli, name):
    return gdcli("activation", name, "--format", "json").json["functions"][name]


def remarks(gdcli, name):
    """The words under a name, by label, unwrapped."""
    found, label = {}, ""
    for line in gdcli("activation", name).out.splitlines()[8:]:
        label = line[:9].strip() or label
        found[label] = f"{found.get(label, '')} {line[10:]}".strip()
    return found


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_the_function_and_its_derivative(gdcli, name):
    result = gdcli("activation", name, "--from", -6, "--to", 3.5, "--points", 20, "--format", "csv")
    assert result.code == 0
    assert list(result.csv[0]) == ["x", "name", "value", "derivative"]
    assert {row["name"] for row in result.csv} == {name}
    z = [float(row["x"]) for row in result.csv]
    np.testing.assert_allclose(z, [-6 + k * 0.5 for k in range(20)], atol=1e-15)
    for column, formula in zip(("value", "derivative"), FORMULAS[name], strict=True):
        told = [float(row[column]) for row in result.csv]
        np.testing.assert_allclose(told, [formula(each) for each in z], rtol=1e-11, atol=1e-15)


def test_without_names_it_is_all_of_them(gdcli):
    rows = gdcli("activation", "--format", "csv").csv
    assert list(dict.fromkeys(row["name"] for row in rows)) == NAMES
    assert len(rows) == 41 * len(NAMES)
    assert {(rows[0]["x"], rows[40]["x"])} == {("-5.0", "5.0")}


def test_names_in_the_order_given_each_once_in_any_spelling(gdcli):
    rows = gdcli("activation", "tanh", "Leaky-ReLU", "leaky_relu", "tanh", "--points", 1, "--format", "csv").csv
    assert [row["name"] for row in rows] == ["tanh", "leaky_relu"]


@pytest.mark.parametrize("command", ["activation relu{}tanh", "loss mse{}huber"])
def test_names_may_be_parted_by_commas(gdcli, command):
    commas, blanks = (gdcli(*command.format(sign).split(), "--format", "csv", "-q") for sign in ", ")
    assert commas.out == blanks.out


def test_formats_agree(gdcli):
    arguments = ("activation", "sigmoid", "gelu", "--points", 5, "--format")
    told = gdcli(*arguments, "json").json
    assert told["schema"] == "gdcli.activation/1"
    assert (told["from"], told["to"]) == (-5.0, 5.0)
    assert list(told["functions"]) == ["sigmoid", "gelu"]
    assert told["points"] == gdcli(*arguments, "jsonl").jsonl
    as_text = [{name: str(value) for name, value in row.items()} for row in told["points"]]
    assert as_text == gdcli(*arguments, "csv").csv == gdcli(*arguments, "tsv").tsv


def test_kv_has_every_number(gdcli):
    lines = gdcli("activation", "relu", "tanh", "--points", 3, "--format", "kv").out.splitlines()
    told = dict(line.split("=", 1) for line in lines)
    assert [float(told[f"x_{at}"]) for at in range(3)] == [-5, 0, 5]
    assert [float(told[f"relu_value_{at}"]) for at in range(3)] == [0, 0, 5]
    assert [float(told[f"relu_derivative_{at}"]) for at in range(3)] == [0, 0, 1]
    assert float(told["tanh_value_2"]) == math.tanh(5)
    assert told["functions_tanh_initializer"] == "glorot"


def test_rerun_repeats_it_to_the_byte(gdcli):
    first = gdcli("activation", "leaky_relu", "tanh", "--from", -1, "--to", 2, "--points", 7, "--format", "json")
    assert first.rerun[:3] == ["activation", "leaky-relu", "tanh"]
    again = gdcli(*first.rerun)
    assert again.out == first.out
    assert first.json["rerun"].split()[1:] == first.rerun
    assert gdcli("activation").rerun == ["activation"]
    assert gdcli("activation", "-q").err == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_largest_slope_and_where_it_is_flat(gdcli, name):
    z = np.arange(-30000, 30001) / 1000
    slopes = np.array([FORMULAS[name][1](each) for each in z.tolist()])
    told = facts(gdcli, name)
    assert told["largest_slope"] == pytest.approx(slopes.max(), abs=1e-9)
    if told["largest_slope_at"] is not None:
        assert FORMULAS[name][1](told["largest_slope_at"]) == pytest.approx(slopes.max(), abs=1e-6)
    for side, edge in ((z < (told["saturates_below"] or -99), -1), (z > (told["saturates_above"] or 99), 0)):
        assert np.all(np.abs(slopes[side]) < 0.01)
        if side.any():
            beyond = np.flatnonzero(side)[edge] + (2 if edge else -2)
            assert abs(slopes[beyond]) >= 0.01


def test_what_every_student_should_read(gdcli):
    assert "at most 0.25, at z = 0" in remarks(gdcli, "sigmoid")["slope"]
    assert "n layers shrink a gradient 4^n-fold" in remarks(gdcli, "sigmoid")["slope"]
    assert remarks(gdcli, "sigmoid")["saturates"].startswith("below z = -4.6 (at 0) and above z = 4.6 (at 1)")
    assert remarks(gdcli, "tanh")["slope"].startswith("1 at z = 0 only")
    assert "stops learning" in remarks(gdcli, "relu")["below 0"]
    assert remarks(gdcli, "relu")["slope"] == "1 wherever z > 0: there gradients pass unchanged"
    assert "0.01" in remarks(gdcli, "leaky_relu")["below 0"]
    assert "down to -1" in remarks(gdcli, "elu")["below 0"]
    assert "dips to -0.17 at z = -0.75" in remarks(gdcli, "gelu")["below 0"]
    assert "0.69" in remarks(gdcli, "softplus")["below 0"]
    assert "many layers are no more than one" in remarks(gdcli, "linear")["below 0"]


@pytest.mark.parametrize("name", NAMES)
def test_every_function_has_its_formula_and_initialiser(gdcli, name):
    said = remarks(gdcli, name)
    activation = getattr(activations, name)
    first = activation.__doc__.partition("\n")[0].removesuffix(".")
    assert first.endswith(said["value"])
    assert first == facts(gdcli, name)["formula"]
    assert said["init"].startswith(f"{activation.initializer}: ")
    assert set(said) >= {"value", "slope", "saturates", "below 0", "init"}
    assert all(said.values())


def test_a_new_function_needs_no_words_of_its_own():
    def sine(z):
        return np.sin(z), lambda gradient: gradient * np.cos(z)

    sine.initializer = "he"
    from gdcli.render.reports.activation import describe_activation as told

    assert len(told(shapes.shape(sine), "he", "Normal")) == 4
    assert len(told(shapes.shape(lambda z: (z * 0, lambda gradient: gradient * 0)), "he", "")) == 4


def test_table_off_a_terminal(gdcli):
    result = gdcli("activation", "sigmoid", "relu")
    assert result.code == 0
    assert result.out == plain(result.out)
    value, sigmoid, relu, *_ = (line.split() for line in result.out.splitlines())
    assert value == ["value", "z", "=", "-5", "-2", "-1", "0", "1", "2", "5"]
    assert sigmoid == ["sigmoid", "0.0067", "0.1192", "0.2689", "0.5", "0.7311", "0.8808", "0.9933"]
    assert relu == ["relu", "0", "0", "0", "0", "1", "2", "5"]
    assert "⠉" not in result.out
    assert max(map(len, gdcli("activation").out.splitlines())) <= 80


def test_table_keeps_to_the_range(gdcli):
    head = gdcli("activation", "relu", "--from", -1.5, "--to", 3).out.splitlines()[0]
    assert head.split()[3:] == ["-1.5", "-1", "0", "1", "2", "3"]
    out = gdcli("activation", "relu", "--points", 11).out.splitlines()
    assert [line.split()[3:] for line in out if " z = " in line and line.startswith("value ")][:2] == [
        [str(z) for z in range(-5, 2)],
        [str(z) for z in range(2, 6)],
    ]


def test_charts_on_a_terminal_and_on_request(gdcli):
    on = gdcli("activation", "sigmoid", tty=True)
    assert "⠉" in on.out
    assert "\x1b[" in on.out
    assert "value" in on.out
    asked = gdcli("activation", "sigmoid", "--plot")
    assert "⠉" in asked.out
    assert asked.out.splitlines()[-5:] == plain(on.out).splitlines()[-5:]
    assert "⠉" not in gdcli("activation", "sigmoid", "--no-plot", tty=True).out
    ascii_only = gdcli("activation", "--plot", environ={"TERM": "dumb"})
    assert ascii_only.out.isascii()
    assert "?" not in ascii_only.out


@pytest.mark.parametrize("width", [40, 79, 80, 99, 100, 120, 160, 250])
def test_charts_fit_and_stand_side_by_side(width):
    z = np.linspace(-5, 5, 101).tolist()
    words = [("slope", "a word and " * 20)]
    portraits = [
        ActivationProfile(name, "What it is: f(z)", z, z, [1.0] * 101, words) for name in ("one", "two", "three")
    ]
    lines = list(draw_activations(portraits, Screen(width=width, color=False)))
    assert max(map(columns, lines)) <= width
    titles = [line for line in lines if "· slope" in line]
    assert len(titles) == {1: 3, 2: 2, 3: 1}[min(3, max(1, (width + 3) // 51))]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("ends", [(-1e300, 1e300), (1, 1.0000000000000002), (-1e-300, 1e-300), (1000, 2000)])
def test_any_range_draws(gdcli, name, ends):
    for extra in (["--plot"], [], ["--format", "json"]):
        result = gdcli("activation", name, "--from", ends[0], "--to", ends[1], *extra)
        assert result.code == 0, result.err


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (["sigmod"], ["'sigmod'"]),
        (["relu", "nonsense"], ["'nonsense'"]),
        ([""], ["''"]),
        (["--from", 5, "--to", -5], ["--from 5", "--to -5"]),
        (["--from", 1, "--to", 1], ["--from 1"]),
        (["--from", 5], ["--from 5", "--to 5"]),
        (["--from", "nan"], ["--from", "'nan'"]),
        (["--to", "inf"], ["--to", "'inf'"]),
        (["--from", "x"], ["--from", "'x'"]),
        (["--from", -1.7e308, "--to", 1.7e308], ["--from", "too far apart"]),
        (["--points", 0], ["--points", "'0'"]),
        (["--points", -3], ["--points", "'-3'"]),
        (["--points", 2.5], ["--points", "'2.5'"]),
        (["--points", 10**12], ["--points"]),
        (["--format", "jason"], ["jason"]),
        (["--colour", "never"], ["--colour"]),
    ],
)
def test_refusals(gdcli, refused, arguments, parts):
    refused(gdcli("activation", *arguments), 2, *parts)


def test_an_unknown_name_is_guessed(gdcli):
    assert "did you mean 'sigmoid'?" in gdcli("activation", "sigmod").err


def test_to_a_file(gdcli, tmp_path):
    path = tmp_path / "curves.txt"
    assert gdcli("activation", "gelu", "-o", path, tty=True).out == ""
    assert path.read_text() == gdcli("activation", "gelu").out


def test_rows_load_no_charts(process):
    result = process("activation", "relu", "--format", "csv", environ={"PYTHONPROFILEIMPORTTIME": "1"})
    assert result.code == 0
    assert "numpy" in result.err
    assert "gdcli.render.charts.plots" not in result.err


def test_examples_run():
    assert doctest.testmod(shapes, extraglobs={"np": np}).failed == 0
