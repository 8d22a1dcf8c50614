"""Our named tuples beside `typing`'s: the same class body under either base."""

import copy
import pickle
import typing

import pytest

from gdcli.definitions.namedtuple import NamedTuple

pytestmark = pytest.mark.quick


class Ours(NamedTuple):
    """A point."""

    x: float
    y: float = 2.0
    name: str = "n"

    @property
    def far(self) -> float:
        return self.x + self.y


class Theirs(typing.NamedTuple):
    """A point."""

    x: float
    y: float = 2.0
    name: str = "n"

    @property
    def far(self) -> float:
        return self.x + self.y


MADE = [((1.0,), {}), ((1.0, 3.0), {"name": "a"}), ((), {"x": 4.0, "name": "b"}), ((1.0, 2.0, "c"), {})]
REFUSED = [((), {}), ((1.0, 2.0, "c", 4), {}), ((1.0,), {"x": 2.0}), ((1.0,), {"z": 2.0}), ((), {"y": 2.0})]


@pytest.mark.parametrize(("values", "named"), MADE)
def test_made_as_typings(values: tuple, named: dict) -> None:
    ours, theirs = Ours(*values, **named), Theirs(*values, **named)
    assert tuple(ours) == tuple(theirs)
    assert ours == theirs  # both are tuples
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert ours._asdict() == theirs._asdict()
    assert (ours.x, ours.y, ours.name, ours.far) == (theirs.x, theirs.y, theirs.name, theirs.far)
    assert ours._replace(y=7.0) == theirs._replace(y=7.0)
    assert hash(ours) == hash(theirs)


@pytest.mark.parametrize(("values", "named"), REFUSED)
@pytest.mark.parametrize("kind", [Ours, Theirs])
def test_refused(kind: type, values: tuple, named: dict) -> None:
    with pytest.raises(TypeError):
        kind(*values, **named)


def test_described_alike() -> None:
    assert Ours._fields == Theirs._fields == Ours.__match_args__
    assert Ours._field_defaults == Theirs._field_defaults
    assert Ours.__annotations__ == Theirs.__annotations__
    assert Ours._make([1.0, 2.0, "c"]) == Ours(1.0, 2.0, "c")


def test_its_fields_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Ours(1.0).x = 2.0  # type: ignore[misc]


def sent(one: Ours) -> Ours:
    return pickle.loads(pickle.dumps(one))  # type: ignore[no-any-return]  # noqa: S301 - our own


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, sent])
def test_copied_and_sent(again: typing.Callable[[Ours], Ours]) -> None:
    one = again(Ours(1.0, name="d"))
    assert (type(one), one) == (Ours, Ours(1.0, 2.0, "d"))
