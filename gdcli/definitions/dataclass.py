"""Dataclasses whose methods are shared by all of them.

The standard library writes and compiles up to six methods for each class, each time the program starts: with some
seventy classes that is half of what importing NumPy costs. These are dataclasses to `dataclasses.fields`, `replace` and
`asdict`, and a dataclass of the standard library may extend one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING
from functools import cache
from typing import TYPE_CHECKING, Any

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, frozen=False, eq=True, repr=True):  # noqa: A002, ANN001, ANN201 - the standard library's words
        """Makes a class a dataclass, as the standard library's decorator of this name does.

        Args:
            frozen: Whether fields can only be set when it is made.
            eq: Whether two are equal that are of one class and whose fields are.
            repr: Whether its text is the call that makes it.

        >>> @dataclass(frozen=True)
        ... class Point:
        ...     x: float
        ...     y: float = 0.0
        >>> Point(1.0), dataclasses.replace(Point(1.0), y=2.0) == Point(1.0, 2.0)
        (Point(x=1.0, y=0.0), True)
        """
        chosen = {"__init__": _init, "__signature__": _Signature(), "__match_args__": _MatchArgs()}
        chosen |= {"__repr__": _repr} if repr else {}
        chosen |= {"__eq__": _eq, "__hash__": _hash if frozen else None} if eq else {}
        chosen |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete} if frozen else {}

        def decorated(kind):  # noqa: ANN001, ANN202
            own = vars(kind)
            methods = {name: method for name, method in chosen.items() if name not in own or _is_implied(own, name)}
            for name, method in methods.items():
                setattr(kind, name, method)
            kind.__dataclass_fields__ = _inherited(kind) | _own_fields(kind)
            kind.__dataclass_params__ = _FROZEN if frozen else _FREE
            return kind

        return decorated


class _Parameters:
    """What the standard library, and others as it, ask of how a dataclass was made."""

    __slots__ = ("eq", "frozen", "init", "order", "repr", "unsafe_hash")

    def __init__(self, frozen: bool) -> None:
        self.init = self.repr = self.eq = True
        self.order = self.unsafe_hash = False
        self.frozen = frozen


_FROZEN, _FREE = _Parameters(True), _Parameters(False)


def _is_implied(own: Any, name: str) -> bool:
    """Whether Python itself set a method: a class with an `__eq__` of its own has no `__hash__` unless it says so."""
    return name == "__hash__" and own[name] is None and "__eq__" in own


def _inherited(kind: type) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for base in kind.__mro__[-1:0:-1]:
        fields |= vars(base).get("__dataclass_fields__", {})
    return fields


def _own_fields(kind: type) -> dict[str, Any]:
    """The fields that a class adds, by name."""
    annotations = vars(kind).get("__annotations__", {})
    return {name: _field(kind, name, hint) for name, hint in annotations.items() if not _is_of_the_class(hint)}


def _is_of_the_class(hint: Any) -> bool:
    return str(hint).removeprefix("typing.").startswith("ClassVar")


def _field(kind: Any, name: str, hint: Any) -> Any:
    """A field as the standard library describes it, whose default becomes the class's attribute."""
    given = vars(kind).get(name, MISSING)
    field: Any = given if isinstance(given, dataclasses.Field) else dataclasses.field(default=given)
    field.name, field.type, field.kw_only = name, hint, field.kw_only is True
    field._field_type = dataclasses._FIELD  # type: ignore[attr-defined]  # what marks one that `fields` lists
    if field.default is not MISSING:
        setattr(kind, name, field.default)
    elif given is not MISSING:
        delattr(kind, name)
    return field


@cache
def _fields(kind: Any) -> tuple[Any, ...]:
    """The fields that are given to a class, those by position first."""
    return tuple(sorted((one for one in dataclasses.fields(kind) if one.init), key=lambda one: one.kw_only))


@cache
def _made(kind: Any) -> tuple[Any, ...]:
    """The fields that are not given, and begin with something new."""
    return tuple(one for one in dataclasses.fields(kind) if not one.init and one.default_factory is not MISSING)


@cache
def _positional(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in _fields(kind) if not one.kw_only)


def _init(self: Any, /, *values: Any, **named: Any) -> None:
    kind: Any = type(self)
    _check(kind, len(values), named)
    named.update(zip(_positional(kind), values, strict=False))
    own = vars(self)
    for one in _fields(kind):
        own[one.name] = named.pop(one.name) if one.name in named else _default(kind, one)
    for one in _made(kind):
        own[one.name] = one.default_factory()
    if named:
        raise TypeError(f"{kind.__name__} has no field '{min(named)}'")
    if hasattr(kind, "__post_init__"):
        self.__post_init__()


def _check(kind: Any, count: int, named: Any) -> None:
    """Refuses values too many, and such as are given twice."""
    order = _positional(kind)
    if count > len(order):
        raise TypeError(f"{kind.__name__} takes {len(order)} values by position, not {count}")
    if twice := [name for name in order[:count] if name in named]:
        raise TypeError(f"{kind.__name__} is given '{twice[0]}' twice")


def _default(kind: Any, field: Any) -> Any:
    if field.default is not MISSING:
        return field.default
    if field.default_factory is MISSING:
        raise TypeError(f"{kind.__name__} needs '{field.name}'")
    return field.default_factory()


def _repr(self: Any) -> str:
    shown = (f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(self) if one.repr)
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _compared(self: Any) -> tuple[Any, ...]:
    kind: Any = type(self)
    return tuple([getattr(self, name) for name in _compared_names(kind)])


@cache
def _compared_names(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind) if one.compare)


def _eq(self: Any, other: object) -> bool:
    return _compared(self) == _compared(other) if type(self) is type(other) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _refuse_to_set(self: Any, name: str, value: object) -> None:  # noqa: ARG001 - Python's signature
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: Any, name: str) -> None:  # noqa: ARG001 - Python's signature
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


class _MatchArgs:
    """The fields by position, for `match`."""

    def __get__(self, instance: object, kind: Any) -> tuple[str, ...]:
        return _positional(kind)


class _Signature:
    """What `inspect.signature` tells of a class, made when it is asked for."""

    def __get__(self, instance: object, kind: Any) -> Any:
        import inspect

        return inspect.Signature([_parameter(one, inspect.Parameter) for one in _fields(kind)])


def _parameter(field: Any, kind: Any) -> Any:
    place = kind.KEYWORD_ONLY if field.kw_only else kind.POSITIONAL_OR_KEYWORD
    usual = field.default_factory if field.default is MISSING else field.default
    return kind(field.name, place, default=kind.empty if usual is MISSING else usual, annotation=field.type)
