"""step: the blackboard arithmetic of the lecture, worked by hand, and the optimizer's inner state."""

import math
import re
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gdcli.data.dataset import Dataset
from gdcli.experiments.line import on_rows
from gdcli.experiments.spec import DataSpec, LineSpec, RateSpec, Spec
from gdcli.experiments.stepping import steps
from gdcli.render.reports.step import write_blackboard
from gdcli.render.screen import Screen

pytestmark = pytest.mark.quick

START = ["sample:deck", "--m", -1, "--b", 5]


@pytest.fixture
def step(gdcli):
    def call(*arguments, form="json"):
        result = gdcli("step", *arguments, "--format", form)
        assert result.code == 0, result.err
        return getattr(result, form)

    return call


def test_lecture_step(step):
    report = step(*START, "--lr", 0.1)
    assert report["schema"] == "gdcli.step/1"
    assert report["gradient_formula"] == {"m": "5m + 3b - 13", "b": "3m + 2b - 8"}
    [one] = report["steps"]
    assert (one["step"], one["m"], one["b"], one["loss"]) == (1, -1, 5, 2.5)
    assert one["gradient"] == {"m": -3, "b": -1}
    assert one["update"] == pytest.approx({"m": 0.3, "b": 0.1}, rel=1e-15)
    assert one["next"] == pytest.approx({"m": -0.7, "b": 5.1}, rel=1e-15)
    assert one["next_loss"] == pytest.approx(1.825, rel=1e-15)
    assert one["verdict"] == "improved"


def test_overshooting(step):
    [one] = step(*START, "--lr", 2)["steps"]
    assert (one["next"], one["next_loss"], one["verdict"]) == ({"m": 5, "b": 7}, 112.5, "overshot")


def test_screen_shows_the_arithmetic(gdcli):
    out = gdcli("step", *START, "--lr", 2).out
    for words in ("5m + 3b - 13", "3m + 2b - 8", "5(-1) + 3(5) - 13", "2.5 -> 112.5", "overshot", "45 times", "0.2918"):
        assert words in out


def test_without_data_it_is_the_lectures(gdcli):
    result = gdcli("step", "--format", "json")
    assert result.code == 0
    assert result.json["steps"][0]["gradient"] == {"m": -3, "b": -1}
    assert result.err.strip() != ""


def test_k_steps_by_the_gradient_written_again(step):
    steps = step(*START, "--lr", 0.25, "--steps", 20)["steps"]
    m, b = -1.0, 5.0
    for k, one in enumerate(steps, start=1):
        gm, gb = 5 * m + 3 * b - 13, 3 * m + 2 * b - 8
        assert one["step"] == k
        assert (one["m"], one["b"]) == pytest.approx((m, b), rel=1e-12)
        assert (one["gradient"]["m"], one["gradient"]["b"]) == pytest.approx((gm, gb), rel=1e-10, abs=1e-12)
        m, b = m - 0.25 * gm, b - 0.25 * gb
        loss = ((m + b - 3) ** 2 + (2 * m + b - 5) ** 2) / 2
        assert (one["next"]["m"], one["next"]["b"]) == pytest.approx((m, b), rel=1e-12)
        assert one["next_loss"] == pytest.approx(loss, rel=1e-12)
    assert len(steps) == 20


def test_every_verdict_agrees_with_the_losses(step):
    for one in step(*START, "--lr", 0.3, "--steps", 30)["steps"]:
        assert (one["verdict"] == "improved") == (one["next_loss"] < one["loss"])


def test_divergence_is_a_result(gdcli):
    result = gdcli("step", *START, "--lr", 1e6, "--steps", 60, "--format", "json")
    assert result.code == 0
    assert "Warning" not in result.err
    assert result.json["steps"][-1]["next_loss"] is None


def test_adam_trace(step):
    steps = step(*START, "--lr", 0.1, "--optimizer", "adam", "--trace", "--steps", 4)["steps"]
    w, mean, square = [-1.0, 5.0], [0.0, 0.0], [0.0, 0.0]
    for t, one in enumerate(steps, start=1):
        g = [5 * w[0] + 3 * w[1] - 13, 3 * w[0] + 2 * w[1] - 8]
        mean = [0.9 * a + 0.1 * x for a, x in zip(mean, g, strict=True)]
        square = [0.999 * a + 0.001 * x * x for a, x in zip(square, g, strict=True)]
        hat = [a / (1 - 0.9**t) for a in mean], [a / (1 - 0.999**t) for a in square]
        move = [0.1 * a / (math.sqrt(v) + 1e-8) for a, v in zip(*hat, strict=True)]
        w = [a - d for a, d in zip(w, move, strict=True)]
        assert list(one["trace"]["m"].values()) == pytest.approx(mean, rel=1e-12)
        assert list(one["trace"]["v"].values()) == pytest.approx(square, rel=1e-12)
        assert list(one["next"].values()) == pytest.approx(w, rel=1e-12)


def test_trace_of_every_optimizer_is_shown(gdcli):
    for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"):
        result = gdcli("step", *START, "--optimizer", name, "--trace", "--steps", 2)
        assert result.code == 0, result.err
        assert "2.5 ->" in result.out


def test_adam_screen_names_the_corrected_means_and_the_effective_step(gdcli):
    out = gdcli("step", *START, "--optimizer", "adam", "--trace").out
    for word in ("m hat", "v hat", "effective step"):
        assert word in out


def test_formulas_on_other_data(step):
    # rows (1, 1), (2, 3), (3, 2): dMSE/dm = (28m + 12b - 26)/3, dMSE/db = (12m + 6b - 12)/3 = 4m + 2b - 4
    report = step("--x", "x", "--y", "y", "sample:deck", "--start", "0,0")
    assert report["steps"][0]["gradient"] == {"m": -13, "b": -8}


def test_formula_of_three_points(gdcli):
    report = gdcli("step", "--format", "json", stdin="x,y\n1,1\n2,3\n3,2\n").json
    assert report["gradient_formula"]["b"] == "4m + 2b - 4"
    assert report["steps"][0]["gradient"]["m"] == pytest.approx(-26 / 3, rel=1e-15)
    assert report["steps"][0]["gradient"]["b"] == pytest.approx(-4, rel=1e-15)


def test_several_inputs_gradient_by_hand(gdcli):
    report = gdcli("step", "--start", "1,2,3", "--format", "json", stdin="a,c,y\n1,2,3\n4,5,6\n").json
    # errors 8-3=5 and 17-6=11; gradients: mean of 2 e x
    assert report["steps"][0]["gradient"] == pytest.approx({"w_a": 49, "w_c": 65, "b": 16}, rel=1e-15)


def test_kv_holds_the_step(gdcli):
    out = gdcli("step", *START, "--lr", 0.1, "--format", "kv").out
    values = [line.split("=", 1)[1] for line in out.splitlines()]
    assert "2.5" in values, "the loss before is not among them"
    assert any(value.startswith(("-0.7", "'-0.7")) for value in values), "the new m"


def test_jsonl_and_csv_hold_one_line_a_step(gdcli):
    for form in ("csv", "tsv", "jsonl"):
        rows = getattr(gdcli("step", *START, "--steps", 3, "--lr", 0.1, "--format", form), form)
        assert [int(row["step"]) for row in rows] == [1, 2, 3]
        assert float(rows[0]["loss"]) == 2.5


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x"])
def test_bad_number_of_steps(gdcli, refused, value):
    refused(gdcli("step", *START, "--steps", value), 2, "--steps")


def worked_out(text):
    """What a line's last sum comes to in decimal numbers, the size of its terms, and the result that stands there."""
    *_, written, shown = re.split(r" =  |\s=\s|:=", text)
    signs = [1, *(1 if sign == "+" else -1 for sign in written.split() if sign in "+-")]
    terms = re.split(r" [+-] ", written.strip())
    with localcontext() as context:
        context.prec = 200
        values = [
            sign * math.prod(map(Decimal, re.findall(r"[-+.e0-9]+", term)))
            for sign, term in zip(signs, terms, strict=True)
        ]
        return sum(values), sum(map(abs, values)), Decimal(shown.strip())


def is_result_of(shown, total, size):
    """To six digits of the result, or to what float64 leaves of the terms."""
    with localcontext() as context:
        context.prec = 200
        last = Decimal(5).scaleb(shown.adjusted() - 6) if shown else Decimal(0)
        smallest = Decimal(2) ** -1074  # what is less is 0 in float64
        return abs(total - shown) <= max(last, size * Decimal("2e-14"), smallest)


NUMBERS = st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.9g}"))


@settings(max_examples=40)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=6),
    st.floats(1e-9, 1),
    st.sampled_from([None, "optimum", 1e-3, 1e-9]),
    st.sampled_from(["sgd", "adam"]),
)
def test_the_arithmetic_shown_can_be_redone(rows, rate, near, optimizer):
    x, y = np.array(rows).T
    m, b = (0.0, 0.0) if near is None else np.linalg.lstsq(np.column_stack([x, x * 0 + 1]), y, rcond=None)[0]
    away = 1 + near if isinstance(near, float) else 1.0
    spec = Spec(LineSpec(m=float(m) * away, b=float(b)), DataSpec(None), RateSpec(lr=rate))
    run = on_rows(spec.replace(optimizer=optimizer), Dataset(x, y))
    for report in steps(run, 2):
        lines = [line for line in write_blackboard(report, Screen()) if line.startswith(("  dMSE", "  m :=", "  b :="))]
        assert len(lines) == 4
        for line in lines:
            total, size, shown = worked_out(line.replace("×", "*").replace("x (", "* ("))
            assert is_result_of(shown, total, size), line
        values = [*report.gradient.values(), *report.after.values()]
        for line, value in zip(lines, values, strict=True):
            total, size, shown = worked_out(line.replace("×", "*"))
            assert is_result_of(shown, Decimal(value), size), line


def test_losses_that_hardly_differ_show_how_they_do(gdcli):
    out = gdcli("step", "sample:bmi", "--m", 10.2331, "--b", -117.773, "--lr", 1e-6).out
    before, after, part = re.search(r"MSE  (\S+) -> (\S+)   improved: (\S+) % lower", out).groups()
    assert float(f"{100 * (1 - Decimal(after) / Decimal(before)):.2g}") == float(part)


@pytest.mark.parametrize("form", ["json", "jsonl", "table"])
def test_numbers_that_leave_float64_are_a_result(gdcli, form):
    result = gdcli("step", "-", "--format", form, stdin="x,y\n1,2\n1e308,3\n")
    assert result.code == 0
    if form == "json":
        assert result.json["gradient_formula"] == {"m": None, "b": "2b - 5"}
