"""Options in groups: a command names the groups it takes, and typer sees their fields as flat options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, get_type_hints


def grouped(function: Callable[..., None]) -> Callable[..., None]:
    """Flattens a command's dataclass parameters into options, and builds the dataclasses again for the call.

    Args:
        function: A command whose parameters are a typer context, options, or dataclasses of options.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    flat: dict[str, inspect.Parameter] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        for option in _options(groups[name]) if name in groups else [parameter.replace(annotation=hints[name])]:
            flat[option.name] = option.replace(kind=inspect.Parameter.KEYWORD_ONLY)

    @wraps(function)
    def command(**values: Any) -> None:
        for name, kind in groups.items():
            values[name] = kind(**{field.name: values.pop(field.name) for field in fields(kind)})
        function(**values)

    # typer reads both: the signature for the defaults, the annotations for the types
    command.__signature__ = inspect.Signature(list(flat.values()))  # type: ignore[attr-defined]
    command.__annotations__ = {name: option.annotation for name, option in flat.items()}
    del command.__wrapped__
    return command


def _options(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields(group)
    ]
