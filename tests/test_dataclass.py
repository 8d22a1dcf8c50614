"""Our dataclasses beside the standard library's: the same class body under either decorator."""

import copy
import dataclasses
import inspect
import pickle
from typing import ClassVar

import pytest

from gdcli.definitions.dataclass import dataclass

pytestmark = pytest.mark.quick


def bodies(decorator):
    """Two classes, one of which extends the other, as `decorator` makes them."""

    @decorator(frozen=True)
    class Base:
        """A base."""

        a: float
        b: list[int] = dataclasses.field(default_factory=list, repr=False)
        shared: ClassVar[int] = 7
        name: str = dataclasses.field(default="n", kw_only=True, compare=False)

    @decorator(frozen=True)
    class Extended(Base):
        """With a field more, and one whose default is another."""

        c: int = 3
        name: str = dataclasses.field(default="other", kw_only=True)
        sum: float = dataclasses.field(init=False)
        seen: dict[str, int] = dataclasses.field(default_factory=dict, init=False, compare=False)
        count: int = dataclasses.field(default=0, init=False)

        def __post_init__(self):
            object.__setattr__(self, "sum", self.a + self.c)

    return Base, Extended


OURS, THEIRS = bodies(dataclass), bodies(dataclasses.dataclass)
MADE = [((1.0,), {}), ((1.0, [2]), {"name": "x"}), ((), {"a": 4.0}), ((2.0, [1], 5), {}), ((), {"b": [1], "a": 0.5})]
REFUSED = [((), {}), ((1.0, [], 2, 3), {}), ((1.0,), {"a": 2.0}), ((1.0,), {"d": 2}), ((1.0,), {"sum": 2.0})]


@dataclass(frozen=True)
class Known:
    x: int
    y: tuple[int, ...] = ()


@pytest.mark.parametrize(("values", "named"), MADE)
def test_made_as_the_standard_librarys(values, named):
    ours, theirs = OURS[1](*values, **named), THEIRS[1](*values, **named)
    assert repr(ours) == repr(theirs)
    assert dataclasses.asdict(ours) == dataclasses.asdict(theirs)
    assert dataclasses.astuple(ours) == dataclasses.astuple(theirs)
    assert ours == OURS[1](*values, **named) != dataclasses.replace(ours, a=99.0)
    assert repr(dataclasses.replace(ours, c=8)) == repr(dataclasses.replace(theirs, c=8))


@pytest.mark.parametrize(("values", "named"), REFUSED)
@pytest.mark.parametrize("kinds", [OURS, THEIRS], ids=["ours", "theirs"])
def test_refused(kinds, values, named):
    with pytest.raises(TypeError):
        kinds[1](*values, **named)


@pytest.mark.parametrize("which", [0, 1])
def test_described_alike(which):
    ours, theirs = OURS[which], THEIRS[which]

    def told(kind):
        return [(one.name, one.type, one.default, one.init, one.kw_only) for one in dataclasses.fields(kind)]

    assert told(ours) == told(theirs)
    assert ours.__match_args__ == theirs.__match_args__
    signature = inspect.signature(ours).parameters.values()
    wanted = inspect.signature(theirs).parameters.values()
    assert [(one.name, one.kind) for one in signature] == [(one.name, one.kind) for one in wanted]
    assert [one.default is one.empty for one in signature] == [one.default is one.empty for one in wanted]


def test_frozen_and_hashed():
    known = Known(1, (2,))
    assert hash(known) == hash(Known(1, (2,)))
    assert len({known, Known(1, (2,)), Known(1)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        known.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del known.x


def test_not_frozen_is_not_hashed():
    @dataclass()
    class Free:
        x: int = 0

    free = Free()
    free.x = 5
    assert free == Free(5)
    with pytest.raises(TypeError):
        hash(free)


def test_a_comparison_of_its_own_stays():
    @dataclass(frozen=True)
    class Own:
        x: int

        def __eq__(self, other):
            return True

        def __hash__(self):
            return 12

        def __repr__(self):
            return "own"

    assert (hash(Own(1)), repr(Own(1)), Own(1) == 3) == (12, "own", True)


def test_without_equality_only_itself_is_equal():
    @dataclass(frozen=True, eq=False)
    class Same:
        x: int

    one = Same(1)
    assert one == one
    assert one != Same(1)
    assert len({one, Same(1)}) == 2


def test_a_dataclass_of_the_standard_library_may_extend_one():
    @dataclasses.dataclass(frozen=True)
    class Further(Known):
        z: float = 0.5

    assert repr(Further(1, (), 2.0)).endswith("Further(x=1, y=(), z=2.0)")
    assert Further(1) == dataclasses.replace(Further(1, z=1.0), z=0.5)


def sent(one):
    return pickle.loads(pickle.dumps(one))  # noqa: S301 - our own


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, sent])
def test_copied_and_sent(again):
    assert again(Known(1, (2, 3))) == Known(1, (2, 3))


def test_what_is_not_given_is_new_each_time():
    for _, made in (OURS, THEIRS):
        one, other = made(1.0), made(1.0)
        one.seen["a"] = 1
        assert (one.seen, other.seen, other.count) == ({"a": 1}, {}, 0)
