"""`gdcli check`: right and wrong answers of students, hostile formulas, functions that misbehave."""

import json
import os
import random
import select
import string

import numpy as np
import pytest

from gdcli.errors import DataError, OptionError
from gdcli.lessons.checking import KINDS, NAMES, Line, check
from gdcli.lessons.expressions import parse
from gdcli.lessons.student_code import function_values

pytestmark = pytest.mark.quick
ANSWERS = {one.name: one for one in KINDS}
RIGHT = [
    ("grad_m", "5m + 3b - 13"),
    ("grad_m", "-13 + b*3 + 5*m"),
    ("grad_m", "(m + b - 3) + 2(2m + b - 5)"),
    ("grad_m", "2/n * sum(x*(m*x + b - y))"),
    ("grad_m", "2 mean(x (y_hat - y))"),
    ("grad_m", "-2/n*sum((y - m x - b) x)"),
    ("grad_m", "mean(2*(mx+b-y)*x)"),
    ("grad_b", "3m + 2b - 8"),
    ("grad_b", "sum(2(mx + b - y))/n"),
    ("grad_b", "2*mean(y_hat) - 2*mean(y)"),
    ("grad_b", "(m+b-3)+(2m+b-5)"),
    ("loss", "((m+b-3)^2 + (2m+b-5)**2)/2"),
    ("loss", "2.5m^2 + 3 m b + b^2 - 13m - 8b + 17"),
    ("loss", "mean((y - y_hat)²)"),
    ("rmse", "sqrt(mean((mx+b-y)^2))"),
    ("rmse", "(sum((y_hat-y)^2)/n)^0.5"),
    ("step_m", "m - lr*(5m+3b-13)"),
    ("step_m", "0.5m - 0.3b + 1.3"),
    ("step_b", "b - 0.1(3m + 2b - 8)"),
    ("step_b", "b + lr*2/n*sum(y - y_hat)"),
]
WRONG = [
    ("grad_m", "5m + 3b - 12", "the constant is -12, not -13"),
    ("grad_m", "4m + 3b - 13", "the coefficient of m is 4, not 5"),
    ("grad_m", "13 - 5m - 3b", "a sign"),
    ("grad_m", "3m + 2b - 8", "the derivative by b"),
    ("grad_m", "mean(x*(mx + b - y))", "the 2 is missing"),
    ("grad_m", "2*sum(x*(mx + b - y))", "the mean is missing"),
    ("grad_m", "2/n*sum(x*(mx - y))", "b is missing"),
    ("grad_m", "2/n*sum(mx + b - y)", "the derivative by b"),
    ("grad_b", "5m + 3b - 13", "the derivative by m"),
    ("grad_b", "2/n*sum(y - y_hat)", "a sign"),
    ("grad_b", "mean((mx+b-y)^2)", "the loss itself"),
    ("grad_b", "2*mean(mx + b + y)", "y is added"),
    ("loss", "sum((mx+b-y)^2)", "the mean is missing"),
    ("loss", "mean(abs(mx+b-y))", "MAE"),
    ("loss", "mean(mx+b-y)", "not squared"),
    ("loss", "sqrt(mean((mx+b-y)^2))", "RMSE"),
    ("rmse", "mean((mx+b-y)^2)", "the root is missing"),
    ("step_m", "m + lr*(5m+3b-13)", "up the slope"),
    ("step_b", "b - (3m+2b-8)", "the learning rate is missing"),
    ("step_m", "-0.7", "one number, right at the start, m = -1 and b = 5"),
    ("grad_b", "-1", "one number, right at the start"),
    ("step_m", "-0.6", "the constant is -0.6"),
    ("step_b", "b - lr*(3*(m - lr*(5m+3b-13)) + 2b - 8)", "the new m is used"),
]
EXCHANGED, SUBTRACTED = "m and b are exchanged", "b is subtracted"
ON_OTHER_ROWS = [
    ("grad_m", "1/(2n)*sum(x*(mx+b-y))", "divided by 2n"),
    ("grad_m", "2/(n-1)*sum(x*(mx+b-y))", "divided by n - 1"),
    ("grad_m", "2*mean(x*(bx+m-y))", EXCHANGED),
    ("grad_m", "2*mean(x*(mx-b-y))", SUBTRACTED),
    ("grad_m", "2*mean(x*(mx+b))", "y is missing"),
    ("grad_m", "2*mean(x*(mx+b-y)^2)", "still squared"),
    ("grad_m", "2*mean(m*(mx+b-y))", "multiplied by m itself"),
    ("grad_m", "2*mean(x)*mean(mx+b-y)", "a product of means"),
    ("grad_m", "-2*mean(x*abs(mx+b-y))", ""),
    ("grad_b", "2*mean(b*(mx+b-y))", "multiplied by b itself"),
    ("loss", "sum(mx+b-y)^2/n", "the sum is squared"),
    ("loss", "mean((bx+m-y)^2)", EXCHANGED),
    ("loss", "mean((mx-b-y)^2)", SUBTRACTED),
    ("loss", "-mean((mx+b-y)^2)", "a sign"),
    ("loss", "sum((mx+b-y)^2)/(n-1)", "divided by n - 1"),
    ("rmse", "sqrt(sum((mx+b-y)^2)/(n-1))", "divided by n - 1"),
    ("rmse", "sqrt(mean(mx+b-y)^2)", "the mean is squared"),
    ("step_m", "m - lr*2*sum(x*(mx+b-y))", "the derivative in it is wrong: the mean is missing"),
    ("step_b", "b - lr*2/(n-1)*sum(mx+b-y)", "the derivative in it is wrong: divided by n - 1"),
]
SCALES = [(1.0, 1.0), (1e4, 1.0), (1.0, 1e-9), (1e12, 1e20), (1e-9, 1e-9)]


@pytest.fixture(scope="module")
def deck():
    """The lecture's line from the lecture's start, at its rate."""
    return Line(np.array([1.0, 2.0]), np.array([3.0, 5.0]), (-1.0, 5.0), 0.1)


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_every_form_of_a_right_answer_is_right(deck, name, text):
    verdict = check(ANSWERS[name], parse(text, NAMES), deck)
    assert verdict.right, verdict


@pytest.mark.parametrize(("name", "text", "mistake"), WRONG)
def test_a_wrong_answer_is_wrong_and_its_mistake_is_named(deck, name, text, mistake):
    verdict = check(ANSWERS[name], parse(text, NAMES), deck)
    assert not verdict.right
    assert mistake in verdict.mistake
    assert verdict.value != verdict.truth


@pytest.mark.parametrize("scales", SCALES, ids=str)
def test_mistakes_are_told_on_rows_of_every_size(scales):
    """Far from 0, of one sign, tiny and huge: what is right stays right, and what is wrong by 1 part in 30 is wrong."""
    rng = np.random.default_rng(5)
    line = Line(scales[0] * rng.normal(50, 20, 30), scales[1] * rng.normal(1000, 300, 30), (0.0, 0.0), 0.1)
    for name, text, mistake in ON_OTHER_ROWS:
        verdict = check(ANSWERS[name], parse(text, NAMES), line)
        assert (verdict.right, mistake in verdict.mistake) == (False, True), (text, verdict)
    rows = [one for one in RIGHT if any(mark in one[1] for mark in ("sum", "mean")) and "13" not in one[1]]
    for name, text in [
        *rows,
        ("grad_m", "2/n*(m*sum(x*x) + b*sum(x) - sum(x*y))"),
        ("rmse", "sqrt(mean(y_hat^2-2y y_hat+y^2))"),
    ]:
        assert check(ANSWERS[name], parse(text, NAMES), line).right, text


def test_a_coefficient_that_is_rounded_is_told_in_the_digits_it_takes():
    line = Line(np.array([1.0, 2.0, 4.5]), np.array([3.0, 5.0, 7.0]), (0.0, 0.0), 0.1)
    verdict = check(ANSWERS["grad_b"], parse("5m + 2b - 10.0000001", NAMES), line)
    assert verdict.mistake == "the constant is -10.0000001, not -10"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("grad_m", "５m＋３b－１３"), ("grad_m", "2/n*sum(x_i*(m*x_i+b-y_i))"), ("loss", "{(m+b-3)²+(2m+b-5)²}/2"),
        ("loss", "mean((y - yhat)^2)"), ("rmse", "√(mean((mx+b-y)^2))"), ("step_m", "m - η(5m+3b-13)"),
    ],
)  # fmt: skip
def test_other_spellings_are_read(deck, name, text):
    assert check(ANSWERS[name], parse(text, NAMES), deck).right


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("grad_m", "2/n Σ x_i(mx_i + b − y_i)"),
        ("grad_m", "\\frac{2}{n}\\sum_{i=1}^{n} x_i \\left(m x_i + b - y_i\\right)"),
        ("grad_m", "=2*SUMPRODUCT(X, M*X+B-Y)/COUNT(X)"),
        ("grad_m", "2 * np.mean((m*x + b - y) * x)"),
        ("grad_m", "(2*x*(m*x+b-y)).mean()"),
        ("grad_m", "2/n (mΣx² + bΣx − Σxy)"),
        ("grad_m", "2(m·mean(x^2) + b·x̄ − mean(xy))"),
        ("grad_b", "2 (m x̄ + b − ȳ)"),
        ("grad_b", "2*AVERAGE(M*X+B-Y)"),
        ("loss", "1/n Σ(mx+b−y)²"),
        ("loss", "1/n ∑_{i=1}^n (ŷ_i - y_i)^2"),
        ("loss", "sum_i (yᵢ - ŷᵢ)² / n"),
        ("loss", "=SUMXMY2(Y_HAT, Y)/COUNT(Y)"),
        ("loss", "=SUMSQ(m*x+b-y)/n"),
        ("loss", "avg((mx+b-y)^2)"),
        ("loss", "1/n Σ (m²x² + 2mbx − 2mxy + b² − 2by + y²)"),
        ("loss", "mean(m^2x^2 + 2mbx - 2mxy + b^2 - 2by + y^2)"),
        ("rmse", "=SQRT(SUMSQ(m*x+b-y)/n)"),
        ("rmse", "np.sqrt(np.mean(np.square(m*x + b - y)))"),
        ("rmse", "\\sqrt{\\frac{1}{n}\\sum_{i=1}^{n} (\\hat{y}_i - y_i)^2}"),
        ("rmse", "pow(mean(POWER(mx+b-y, 2)), 0.5)"),
        ("rmse", "(1/n Σ(mx+b-y)²)^½"),
        ("step_m", "m - η·2/n Σ x(mx+b-y)"),
        ("grad_m", "2/n * np.dot(x, np.dot(m, x) + b - y)"),
        ("grad_b", "2/nsum(mx+b-y)"),
        ("step_b", "b - learning_rate * 2/len(y) * sum(pred - y)"),
    ],
)
def test_what_is_typed_in_mathematics_spreadsheets_and_programs_is_read(name, text):
    line = Line(np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0, 4.0]), (-1.0, 5.0), 0.1)
    verdict = check(ANSWERS[name], parse(text, NAMES), line)
    assert verdict.right, verdict


def test_a_power_is_of_what_it_stands_at_and_a_sum_of_the_product_after_it(deck):
    at = {name: np.asarray(value) for name, value in deck.values.items()}
    assert np.array_equal(parse("2mx^2", NAMES)(deck.values), 2 * at["m"] * at["x"] ** 2)
    assert np.array_equal(parse("1/mx", NAMES)({"m": 2.0, "x": np.array([4.0])}), [0.125])
    squares, both = (3 + 2) ** 2, 3**2 + 2**2  # of 3 and 2
    values = {"x": np.array([[3.0, 2.0]])}
    assert float(parse("sum(x)^2", ("x",))(values)[0, 0]) == squares
    assert float(parse("Σx^2 + 1", ("x",))(values)[0, 0]) == both + 1
    assert float(parse("Σ(x)^2", ("x",))(values)[0, 0]) == both


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("|mx+b-y|", "abs(...)"),
        ("m = m - lr*x", "the formula alone"),
        ("2,5m^2", "2.5"),
        ("SUM(A2:A9)", "a column of rows is x or y"),
        ("y' - y", "y_hat"),
        ("Σ_{i=2}^{n} x", "over all rows"),
        ("sum^2(x)", "over all rows"),
    ],
)
def test_what_is_refused_says_how_to_write_it(text, hint):
    with pytest.raises(OptionError) as caught:
        parse(text, NAMES, "--loss")
    assert hint in caught.value.hint


def test_the_truth_is_the_derivative_of_the_loss():
    """By central differences, on rows that are not the lecture's."""
    rng = np.random.default_rng(1)
    x, y, h = rng.normal(size=7), rng.normal(size=7), 1e-6
    line = Line(x, y, (0.3, -0.2))

    def loss(m, b):
        return np.mean((m * x + b - y) ** 2)

    for (m, b), by_m, by_b, value in zip(line.points, line.grad_m, line.grad_b, line.mse, strict=True):
        assert value == pytest.approx(loss(m, b), rel=1e-12)
        assert by_m == pytest.approx((loss(m + h, b) - loss(m - h, b)) / (2 * h), rel=1e-6, abs=1e-6)
        assert by_b == pytest.approx((loss(m, b + h) - loss(m, b - h)) / (2 * h), rel=1e-6, abs=1e-6)


def test_a_number_that_is_the_same_in_each_row_counts_once_for_each(deck):
    assert parse("sum(b)", NAMES)(deck.values)[0].item() == 10.0
    assert parse("mean(b) + 0 sum(1)", NAMES)(deck.values)[0].item() == 5.0


@pytest.mark.parametrize(
    "text",
    [
        "", "  ", "m +", "(m", "m)", "sqrt m", "sum()", "1,2", "m..b", "__import__('os')", "m.__class__", "lambda: 0",
        "[].x", "'m'", "m = 1", "m; b", "foo(m)", "xx1", "(" * 1000 + "m" + ")" * 1000, "-" * 3000 + "m", "m" * 6000,
        "m ^ " * 500 + "m", "\0", "m\x1b[31m", "٣m",
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_in_a_line(text):
    with pytest.raises(OptionError) as caught:
        parse(text, NAMES, "--grad-m")
    assert caught.value.message.startswith("--grad-m: ")
    assert len(caught.value.message) < 200
    assert caught.value.hint


def test_a_long_formula_that_is_wrong_in_kind_is_named_in_short(deck):
    with pytest.raises(OptionError) as caught:
        check(ANSWERS["grad_m"], parse("x*" * 2000 + "x", NAMES), deck)
    assert len(caught.value.message) < 200


def test_random_formulas_neither_hang_nor_break(deck):
    """2,000 texts of a formula's own signs and of others: a value, or a refusal."""
    rng = random.Random(0)  # noqa: S311 - the same texts each time
    pieces = [*NAMES, "sum(", "mean(", "exp(", "log(", "^", "**", "(", ")", "9", "1e308", "/0", "-", "+", "*", ","]
    counts = {True: 0, False: 0}
    for _ in range(2000):
        size = rng.randrange(1, 12) if rng.random() < 0.9 else 400
        strange = rng.random() < 0.2
        text = " ".join(rng.choice(string.printable if strange else pieces) for _ in range(size))
        try:
            values = parse(text, NAMES)(deck.values)
        except OptionError:
            counts[False] += 1
            continue
        assert values.dtype == float
        counts[True] += 1
    assert min(counts.values()) > 50


def test_the_command_marks_and_exits(gdcli):
    result = gdcli("check", "--grad-m", "5m + 3b - 13", "--grad-b", "3m + 2b - 7", "--format", "json")
    assert result.code == 1
    found = json.loads(result.out)
    assert (found["status"], found["correct"], found["answers"]) == ("wrong", 1, 2)
    assert [one["right"] for one in found["checks"]] == [True, False]
    assert (found["checks"][1]["yours"], found["checks"][1]["truth"]) == (0.0, -1.0)
    assert gdcli("check", "--loss", "mean((mx+b-y)^2)", "sample:bmi").code == 0


def test_functions_run_apart_with_limits(gdcli, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "print('noise')\n"
        "def get_rmse(data, m, b):\n"
        "    return (sum((m * x + b - y) ** 2 for x, y in data) / len(data)) ** 0.5\n"
        "def grad_m(x, y, m, b):\n"
        "    return sum(a * (m * a + b - c) for a, c in zip(x, y))\n"
        "def odd(q): return 1\n"
        "def ends(m): raise SystemExit(3)\n"
        "def text(m): return 'one'\n"
        "def large(m): return len([0] * 10 ** 12)\n",
        encoding="utf-8",
    )
    assert gdcli("check", "--python", f"{file}:get_rmse").code == 0
    assert gdcli("check", "--python", f"{file}:grad_m", "sample:bmi").code == 1
    for name, code, part in [
        ("odd", 2, "'q'"), ("none", 2, "no function 'none'"), ("ends", 3, "exit 3"), ("text", 3, "ValueError"),
        ("large", 3, "MB"),
    ]:  # fmt: skip
        result = gdcli("check", "--python", f"{file}:{name}", "--as", "loss")
        assert (result.code, part in result.err) == (code, True), result.err


def test_functions_may_have_defaults_import_what_is_beside_them_and_change_what_they_are_given(tmp_path, deck):
    file = tmp_path / "mine.py"
    file.write_text(
        "def loss(m, b, data, power=2, *more):\n"
        "    n, total = len(data), 0\n"
        "    while data:\n"
        "        x, y = data.pop()\n"
        "        total += (m * x + b - y) ** power\n"
        "    return total / n\n"
        "def grad_b(m, b, x, y):\n"
        "    from beside import twice\n"
        "    return twice * sum(m * x.pop() + b - y.pop() for _ in range(2)) / 2\n",
        encoding="utf-8",
    )
    (tmp_path / "beside.py").write_text("twice = 2\n", encoding="utf-8")
    assert np.allclose(function_values(f"{file}:loss", deck), deck.mse, rtol=1e-12)
    assert np.allclose(function_values(f"{file}:grad_b", deck), deck.grad_b, rtol=1e-12)


def test_what_a_function_has_started_ends_with_it(tmp_path, deck):
    """A process that it leaves behind holds a pipe open for as long as it lives."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names here")
    pipe, file = tmp_path / "pipe", tmp_path / "mine.py"
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    file.write_text(
        "import os, time\n"
        "def loss(m):\n"
        f"    kept = open({str(pipe)!r}, 'w')\n"
        "    if not os.fork():\n"
        "        time.sleep(60)\n"
        "    raise ValueError('enough')\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match="enough"):
        function_values(f"{file}:loss", deck)
    assert select.select([held], [], [], 10)[0]
    assert os.read(held, 1) == b""
    os.close(held)


def test_predictions_are_compared_row_by_row(gdcli, tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text("y_hat\n4\n3.5\n", encoding="utf-8")
    result = gdcli("check", "--pred", str(file), "--format", "json")
    assert result.code == 1
    assert "row 2 first" in json.loads(result.out)["checks"][0]["mistake"]
    file.write_text("y_hat\n4\n3\n", encoding="utf-8")
    assert gdcli("check", "--pred", str(file)).code == 0
    file.write_text("y_hat\n4\n", encoding="utf-8")
    assert gdcli("check", "--pred", str(file)).code == 3


def test_nothing_to_check_and_several_inputs_are_refused(gdcli):
    assert gdcli("check").code == 2
    result = gdcli("check", "sample:diabetes", "--loss", "m")
    assert result.code == 2
    assert "--x" in result.err
