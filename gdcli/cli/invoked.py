"""The command line as it was typed, as an `Invocation`."""

from __future__ import annotations

from typing import Any

from gdcli.experiments.invocation import Invocation, Repeated

NOT_REPEATED = {"quiet", "debug", "lang"}
SETTLED = "gdcli.settled"
"""Where a context keeps the options that settings stand in for."""


def given_options(context: Any) -> dict[str, Any]:
    """The options given on the command line, by name."""
    return {
        one.name: context.params[one.name]
        for one in context.command.params
        if one.param_type_name == "option" and is_given(context, one.name)
    }


def is_given(context: Any, name: str) -> bool:
    """Whether a parameter was given on the command line."""
    return bool(context.get_parameter_source(name).name == "COMMANDLINE")


def invocation(context: Any, *arguments: str | None) -> Invocation:
    """The command of a typer context on these arguments, with the options given, by the line or by settings."""
    options = [one for one in context.command.params if one.param_type_name == "option"]
    repeated = [one for one in options if one.name not in NOT_REPEATED | {"help"}]
    given = given_options(context) | {name: context.params[name] for name in context.meta.get(SETTLED, ())}
    flags = {one.name: _flag(one) for one in repeated if _flag(one) != one.name.replace("_", "-")}
    order = tuple(one.name for one in repeated)
    several = {one.name for one in repeated if one.multiple}
    values = {name: Repeated(given[name]) if name in several else given[name] for name in order if name in given}
    return Invocation(context.info_name, (), order, values, flags).on(*arguments)


def _flag(parameter: Any) -> str:
    """An option's first long name, without its dashes."""
    longs = [word for word in parameter.opts if word.startswith("--")]
    return str(longs[0]).removeprefix("--")
