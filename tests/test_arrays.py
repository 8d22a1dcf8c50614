"""What stands under all arrays: the lazy NumPy, and the different values of one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcli.arrays import distinct
from gdcli.arrays import np as lazy

pytestmark = pytest.mark.quick


def test_it_is_numpy() -> None:
    assert lazy.sqrt is np.sqrt
    assert lazy.float64 is np.float64
    with pytest.raises(AttributeError, match="sqroot"):
        _ = lazy.sqroot


@given(st.lists(st.one_of(st.floats(width=32), st.integers(-3, 3).map(float)), max_size=40))
def test_the_different_values_are_numpys(values: list[float]) -> None:
    array = np.array(values)
    assert np.array_equal(distinct(array), np.unique(array), equal_nan=True)


@pytest.mark.parametrize("kind", ["u1", "i8", "f4"])
def test_the_different_values_keep_their_kind(kind: str) -> None:
    array = np.array([3, 1, 3, 2], kind)
    assert distinct(array).dtype == array.dtype
    assert distinct(array).tolist() == [1, 2, 3]
