"""Options in groups: a command names the groups it takes, and typer sees their fields as flat options."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, get_type_hints

from gdcli.errors import OptionError


def grouped(function: Callable[..., None]) -> Callable[..., None]:
    """Flattens a command's groups of options, and builds the groups again for the call.

    Args:
        function: A command whose parameters are a typer context, options, or named tuples of options.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if hasattr(kind, "_fields")}
    flat: dict[str, inspect.Parameter] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        for option in _options(groups[name]) if name in groups else [parameter.replace(annotation=hints[name])]:
            if option.name in flat:
                flag = option.name.replace("_", "-")
                raise OptionError(f"--{flag}: two options have this name", "rename the field of the plug-in")
            flat[option.name] = option.replace(kind=inspect.Parameter.KEYWORD_ONLY)

    @wraps(function)
    def command(**values: Any) -> None:
        gc.freeze()  # what is imported stays: nothing to look through for garbage (see gdcli.cli.main)
        gc.enable()
        for name, kind in groups.items():
            values[name] = kind(*(values.pop(field) for field in kind._fields))
        with quiet():
            function(**values)

    # typer reads both: the signature for the defaults, the annotations for the types
    command.__signature__ = inspect.Signature(list(flat.values()))  # type: ignore[attr-defined]
    command.__annotations__ = {name: option.annotation for name, option in flat.items()}
    del command.__wrapped__
    return command


def quiet() -> AbstractContextManager[object]:
    """NumPy's warnings off: numbers that overflow are results here, told as such."""
    import numpy as np

    return np.errstate(all="ignore")


def _options(group: Any) -> list[inspect.Parameter]:
    plain = group.__module__.endswith((".options", ".defined"))
    hints = group.__annotations__ if plain else get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field,
            inspect.Parameter.KEYWORD_ONLY,
            default=group._field_defaults[field],
            annotation=hints[field],
        )
        for field in group._fields
    ]
