"""Numbers parsed a block at a time: the very floats that Python's own parser makes of the same digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcli.data.digits import decimals

pytestmark = pytest.mark.quick

DIGITS = st.text("0123456789", min_size=0, max_size=12)


@st.composite
def cells(draw):
    """A number as people write it: a minus perhaps, digits, a point perhaps."""
    before, after = draw(DIGITS), draw(DIGITS)
    if not before + after:
        before = "0"
    point = draw(st.booleans()) or not before
    return draw(st.sampled_from(["", "-"])) + before + ("." + after if point else after)


@given(st.lists(st.tuples(cells(), cells()), min_size=1, max_size=20))
def test_every_number_is_the_nearest_float(rows):
    values = decimals("".join(f"{a},{b}\n" for a, b in rows).encode(), b",", b".", 2)
    if values is not None:  # too many digits are left to the other parser
        assert values.tolist() == [[float(a), float(b)] for a, b in rows]


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no extended precision here")
def test_all_digits_of_a_float_are_read():
    written = [f"{value:.17f}" for value in np.random.default_rng(3).normal(0, 1, 60_000)]  # some end midway
    block = "".join(";".join(written[at : at + 3]) + "\n" for at in range(0, len(written), 3))
    values = decimals(block.replace(".", ",").encode(), b";", b",", 3)
    assert values is not None
    assert values.ravel().tolist() == [*map(float, written)]


@pytest.mark.parametrize(
    "block",
    [b"1\n", b"1,2,3\n", b"1,2\n3\n", b"1,\n", b",1\n", b"1,2\n\n3,4\n", b"1,.\n", b"1,-\n", b"1,--2\n", b"1,2-\n",
     b"1.2.3,4\n", b"1,1e3\n", b"1, 2\n", b"1,+2\n", b"1,nan\n", b'"1",2\n', b"1,1_0\n", b"9" * 20 + b",1\n"],
)  # fmt: skip
def test_what_needs_a_closer_look_is_left_alone(block):
    assert decimals(block, b",", b".", 2) is None


def test_the_last_line_may_lack_its_end():
    assert decimals(b"1,2\n3,4", b",", b".", 2).tolist() == [[1, 2], [3, 4]]
