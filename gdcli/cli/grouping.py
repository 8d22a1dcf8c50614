"""Commands with groups of options: a command names the groups it takes, and typer sees their fields as flat options."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import Annotated, Any, get_type_hints

import typer

from gdcli.errors import OptionError
from gdcli.experiments.notation import READERS, write
from gdcli.experiments.options import Group, Option
from gdcli.said import say


def grouped(function: Callable[..., None]) -> Callable[..., None]:
    """Flattens a command's groups of options, and builds the groups again for the call.

    Args:
        function: A command whose parameters are a typer context, options, groups of a spec, or named tuples of options.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if _is_group(kind)}
    flat: dict[str, inspect.Parameter] = {}
    parts = {name: _parameters(kind) for name, kind in groups.items()}
    for name, parameter in inspect.signature(function).parameters.items():
        for one in parts[name] if name in groups else [parameter.replace(annotation=hints[name])]:
            if one.name in flat:
                flag = one.name.replace("_", "-")
                raise OptionError(
                    say("--{flag}: two options have this name", flag=flag), say("rename the field of the plug-in")
                )
            flat[one.name] = one.replace(kind=inspect.Parameter.KEYWORD_ONLY)

    @wraps(function)
    def command(**values: Any) -> None:
        gc.freeze()  # what is imported stays: nothing to look through for garbage (see gdcli.cli.main)
        gc.enable()
        for name, kind in groups.items():
            values[name] = built(kind, {one.name: values.pop(one.name) for one in parts[name]})
        with quiet():
            function(**values)

    # typer reads both: the signature for the defaults, the annotations for the types
    vars(command)["__signature__"] = inspect.Signature(list(flat.values()))
    command.__annotations__ = {name: one.annotation for name, one in flat.items()}
    vars(command)["titles"] = {one.name: kind.__doc__ for name, kind in groups.items() for one in parts[name]}
    del command.__wrapped__
    return command


def built(kind: Any, values: Mapping[str, Any]) -> Any:
    """A group from the values of its options."""
    return kind.of(values) if _is_spec(kind) else kind(**values)


def quiet() -> AbstractContextManager[object]:
    """NumPy's warnings off: numbers that overflow are results here, and reported as such."""
    import numpy as np

    return np.errstate(all="ignore")


def parser_of(option: Option) -> Callable[[Any], Any]:
    """An option's reader as typer takes it: an error that does not name the option, as typer does that."""
    reader = READERS[option.accepts]

    def read(text: Any) -> Any:
        try:
            return reader(text if isinstance(text, str) else write(text))  # typer hands over defaults as they are
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return read


def _is_group(kind: Any) -> bool:
    return _is_spec(kind) or hasattr(kind, "_fields")


def _is_spec(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Group)


def _parameters(kind: Any) -> list[inspect.Parameter]:
    """A group's options as parameters of a function."""
    if _is_spec(kind):
        return [*map(_argument, kind.arguments()), *map(_option, kind.options())]
    hints = kind.__annotations__ if kind.__module__.endswith(".options") else get_type_hints(kind, include_extras=True)
    return [_parameter(name, hints[name], kind._field_defaults[name]) for name in kind._fields]


def _argument(option: Option) -> inspect.Parameter:
    declared = typer.Argument(metavar=option.metavar, help=option.help, show_default=False)
    return _parameter(option.name, Annotated[str | None, declared], None)


def _option(option: Option) -> inspect.Parameter:
    flag = option.name.replace("_", "-")
    plain = option.default is False or not option.is_switch
    names = option.flags or (f"--{flag}" if plain else f"--{flag}/--no-{flag}",)
    declare = partial(typer.Option, *names, help=option.help, show_default=False)
    if option.is_switch:
        return _parameter(option.name, Annotated[bool | None, declare()], option.default)
    kind, together = (list[str], _together) if option.is_repeatable else (str, None)
    declared = declare(parser=parser_of(option), metavar=option.metavar, callback=together)
    return _parameter(option.name, Annotated[kind | None, declared], option.default)


def _together(values: Any) -> Any:
    """The values of an option that may be given more than once, as one."""
    return tuple(one for value in values or () for one in value) or None


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
