"""Lists and ranges of values, against NumPy's own and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcli.errors import OptionError
from gdcli.experiments.sweep.ranges import expand, listed

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("0.01,0.1,0.29", ["0.01", "0.1", "0.29"]),
        (" 1 , 2 ", ["1", "2"]),
        ("1..9:lin5", ["1", "3", "5", "7", "9"]),
        ("1e-4..1:log5", ["0.0001", "0.001", "0.01", "0.1", "1"]),
        ("-3..3:lin4", ["-3", "-1", "1", "3"]),
        ("-1..1:lin3", ["-1", "0", "1"]),
        ("5..5:lin1", ["5"]),
        ("2..8:log1", ["2"]),
        ("5..5:lin3", ["5"]),
        ("0.1,0.1,0.2", ["0.1", "0.2"]),
        ("1,2..4:lin3,9", ["1", "2", "3", "4", "9"]),
        ("sgd,adam", ["sgd", "adam"]),
        ("constant,step:every=9,factor=0.5,cosine", ["constant", "step:every=9,factor=0.5", "cosine"]),
        ("relu,tanh;sigmoid,relu", ["relu,tanh", "sigmoid,relu"]),
        ("-1e308..1e308:lin3", ["-1e+308", "0", "1e+308"]),
        ("../held/out.csv", ["../held/out.csv"]),
    ],
)
def test_values(text, values):
    assert listed("--option", [text]) == values


def test_values_with_commas_of_their_own():
    assert listed("--hidden", ["4;8;16,8"], commas=False) == ["4", "8", "16,8"]
    assert listed("--hidden", ["128,64"], commas=False) == ["128,64"]


def test_an_option_given_more_than_once():
    assert listed("--hidden", ["4", "16,8"], commas=False) == ["4", "16,8"]
    assert listed("--lr", ["0.1", "0.2,0.3"]) == ["0.1", "0.2", "0.3"]


def test_whole_numbers_are_rounded_and_not_repeated():
    assert listed("--degree", ["1..12:lin12"], whole=True) == [str(degree) for degree in range(1, 13)]
    assert listed("--batch-size", ["1..64:log7"], whole=True) == ["1", "2", "4", "8", "16", "32", "64"]
    assert listed("--degree", ["1..3:lin9"], whole=True) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1..", "lacks an end"),
        ("..1", "lacks an end"),
        ("..", "lacks an end"),
        ("..:lin3", "lacks an end"),
        ("a..b:log3", "'a' is not a finite number"),
        ("1..b:log3", "'b' is not a finite number"),
        ("1..inf:lin3", "'inf' is not a finite number"),
        ("nan..1:lin3", "'nan' is not a finite number"),
        ("1_0..20:lin3", "'1_0' is not a finite number"),
        ("1..0:log0", "'0' is not a number of values"),
        ("1..2:lin", "'' is not a number of values"),
        ("1..2:lin-3", "'-3' is not a number of values"),
        ("1..2:lin2.5", "'2.5' is not a number of values"),
        ("1..2:lin1e9", "is not a number of values"),
        ("1..2:lin100001", "is not a number of values"),
        ("1..2:lin" + "9" * 5000, "is not a number of values"),
        ("1..2:lin٣", "is not a number of values"),
        ("0..1:log5", "above 0"),
        ("-1..1:log5", "above 0"),
        ("1..0:lin3", "from the larger end"),
        ("1..2", "does not say how many"),
        ("1..2:", "does not say how many"),
        ("1..2:foo3", "does not say how many"),
        ("1..2:3", "does not say how many"),
        ("1,,2", "empty value"),
        (",1", "empty value"),
        ("1,", "empty value"),
        ("1;", "empty value"),
        ("", "empty value"),
        ("  ", "empty value"),
    ],
)
def test_what_is_malformed(text, part):
    with pytest.raises(OptionError) as raised:
        listed("--lr", [text])
    assert raised.value.message.startswith("--lr: ")
    assert part in raised.value.message
    assert "\n" not in raised.value.message


ends = st.floats(min_value=1e-6, max_value=1e6)


@given(ends, ends, st.integers(2, 50), st.sampled_from([("log", np.geomspace), ("lin", np.linspace)]))
def test_ranges_are_those_of_numpy(a, b, count, kind):
    name, oracle = kind
    low, high = sorted((a, b))
    if high < 1.001 * low:
        return
    values = [float(text) for text in expand("--lr", f"{low!r}..{high!r}:{name}{count}")]
    assert values[0] == low
    assert values[-1] == high
    np.testing.assert_allclose(values, oracle(low, high, count), rtol=1e-12, atol=1e-15 * high)
