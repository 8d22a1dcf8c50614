"""Named tuples whose methods are shared by all of them, as those of `gdcli.definitions.dataclass` are.

`typing.NamedTuple` compiles a constructor for each class at start-up. These have one in Python: for what is made now
and then. What is made at every step of a run stays `typing`'s.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

__all__ = ["NamedTuple"]

if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class NamedTuple(tuple):
        """A tuple whose places have the names that the class annotates, with defaults.

        >>> class Point(NamedTuple):
        ...     x: float
        ...     y: float = 0.0
        >>> Point(1.0), Point(1.0)._replace(y=2.0).y
        (Point(x=1.0, y=0.0), 2.0)
        """

        _fields = ()
        _field_defaults = {}  # noqa: RUF012 - a class without fields has none

        def __init_subclass__(cls):  # noqa: ANN204 - the type checker sees typing's
            own = vars(cls)
            cls._fields = cls.__match_args__ = tuple(own.get("__annotations__", ()))
            cls._field_defaults = {name: own[name] for name in cls._fields if name in own}
            for at, name in enumerate(cls._fields):
                setattr(cls, name, property(itemgetter(at)))

        def __new__(cls, *values, **named):  # noqa: ANN002, ANN003, ANN204
            if len(values) > len(cls._fields):
                raise TypeError(f"{cls.__name__} takes {len(cls._fields)} values, not {len(values)}")
            rest = [_chosen(cls, name, named) for name in cls._fields[len(values) :]]
            if named:
                raise TypeError(f"{cls.__name__} has no '{min(named)}', or is given it twice")
            return tuple.__new__(cls, (*values, *rest))

        @classmethod
        def _make(cls, values):  # noqa: ANN001, ANN206
            return cls(*values)

        def _replace(self, **changes):  # noqa: ANN003, ANN202
            return type(self)(**(self._asdict() | changes))

        def _asdict(self):  # noqa: ANN202
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):  # noqa: ANN204
            pairs = (f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({', '.join(pairs)})"

        def __getnewargs__(self):  # noqa: ANN204
            return tuple(self)


def _chosen(kind: Any, name: str, named: dict[str, Any]) -> Any:
    if name in named:
        return named.pop(name)
    if name not in kind._field_defaults:
        raise TypeError(f"{kind.__name__} needs '{name}'")
    return kind._field_defaults[name]
