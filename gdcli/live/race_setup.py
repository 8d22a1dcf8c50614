"""`--race sgd,momentum,adam` and `--race lr=0.01,0.1`: one run for each lane, from one start on one surface."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any

from gdcli.definitions import OPTIMIZER, flag_name, named, names
from gdcli.errors import OptionError, did_you_mean
from gdcli.experiments.options import Option
from gdcli.experiments.spec import LoopSpec, OptimizerSpec, RateSpec
from gdcli.live.lanes import MOST
from gdcli.live.session_factory import SessionFactory
from gdcli.live.setup import LineScene, Setup
from gdcli.render.vocabulary import word
from gdcli.said import Said, enumerated, say

__all__ = ["check_race", "lane_factories"]

EXAMPLE = say("as in --race sgd,momentum,adam or --race lr=0.01,0.1,0.28")
LEFT_OUT = {"lr_at", "weight_decay"}
"""A list of its own; and what changes the surface."""


def lane_factories(text: str | None, factory: SessionFactory, given: Collection[str]) -> list[SessionFactory]:
    """A factory for each lane.

    Args:
        text: The value of --race; None for one run alone.
        factory: Sets up the run that lanes differ from in one option.
        given: The options of the command line besides.

    Raises:
        OptionError: If they are no lanes, too many, twice the same, or not of one start on one surface.
    """
    if text is None:
        _ = factory.setup
        return [factory]
    name, items = _parted(text)
    values = _values(name, items)
    if name in given:
        flag = name.replace("_", "-")
        what = say("--race and --{flag} both choose the {name}", flag=flag, name=word(flag.replace("-", " ")))
        raise OptionError(what, say("leave out --{flag}", flag=flag))
    first, *others = [{name: value, **_fit(value, name, values, factory)} for value in values]
    lanes = [factory.with_options(**first)]
    _check_number(name, lanes[0])
    shared = _shared(name, lanes[0])  # reads the rows, once for all
    lanes += [lanes[0].with_options(**shared, **other) for other in others]
    made = [_essence(lane.setup) for lane in lanes]
    for at, one in enumerate(made):
        if one in made[:at]:
            what = say("--race: {one} and {other} are the same run here", one=items[made.index(one)], other=items[at])
            raise OptionError(what, say("leave out one of the two, {example}", example=EXAMPLE))
    return lanes


def check_race(text: str | None, record: str | None, replay: str | None) -> None:
    """Refuses a race where there is one run.

    Raises:
        OptionError: If it is to be recorded, or played back.
    """
    if text is not None and record is not None:
        raise OptionError(say("--race: a recording holds one run, not a race"), say("leave out --record, or --race"))
    if text is not None and replay is not None:
        raise OptionError(say("--race: a recording is played as it was, one run"), say("leave out --race"))


def _parted(text: str) -> tuple[str, list[str]]:
    """The option in which lanes differ, and the texts of its values."""
    name, equals, values = text.partition("=")
    name, values = (name.strip().lstrip("-").replace("-", "_"), values) if equals else ("optimizer", text)
    items = [item.strip() for item in values.split(",")]
    if "" in items:
        number = items.index("") + 1
        raise OptionError(say("--race: lane {number} of '{text}' is empty", number=number, text=text), EXAMPLE)
    return "lr" if name == "learning_rate" else name, items


def _options() -> dict[str, Option]:
    """In what lanes may differ."""
    own = [
        *OptimizerSpec.options(),
        *RateSpec.options(),
        *(one for one in LoopSpec.options() if one.name == "batch_size"),
    ]
    return {one.name: one for one in own if one.name not in LEFT_OUT}


def _values(name: str, items: list[str]) -> list[Any]:
    """What each lane has, each once."""
    known = _options()
    if name not in known:
        flag, flags = name.replace("_", "-"), [one.replace("_", "-") for one in known]
        what = say(
            "--race: lanes differ in the optimizer, its numbers, the rate or the batch, not in '{flag}'", flag=flag
        )
        raise OptionError(what, did_you_mean(flag, flags))
    values = [_value(known[name], item) for item in items]
    for at, value in enumerate(values):
        if value in values[:at]:
            what = say(
                "--race: '{item}' is there twice, as lanes {first} and {second}",
                item=items[at],
                first=values.index(value) + 1,
                second=at + 1,
            )
            raise OptionError(what, EXAMPLE)
    if len(values) == 1:
        what = say("--race: '{item}' is one lane, and a race has two or more", item=items[0])
        raise OptionError(what, EXAMPLE)
    if len(values) > MOST:
        what = say("--race: {count} lanes are more than {most}", count=len(values), most=MOST)
        raise OptionError(what, say("gdcli sweep compares as many as you like"))
    return values


def _value(option: Option, text: str) -> Any:
    if option.name == "optimizer":
        return flag_name(named(OPTIMIZER, "--race", text).__name__)
    try:
        return option.read(text)
    except OptionError as error:
        raise OptionError(_of_race(error.message), error.hint) from None


def _of_race(message: str) -> Said:
    """What is wrong with an option, said of the race: "--race: lr: ..."."""
    if isinstance(message, Said):
        message = Said(message.removeprefix("--"), message.template.removeprefix("--"), message.fields)
    return say("--race: {message}", message=message.removeprefix("--") if not isinstance(message, Said) else message)


def _check_number(name: str, lane: SessionFactory) -> None:
    """Refuses lanes that differ in a number that their optimizer does not have."""
    try:
        _ = lane.setup
    except OptionError as error:
        owner = next((one for one in names(OPTIMIZER) if name in _numbers_of(one)), "")
        if not owner or not error.message.startswith(f"--{name}: "):
            raise
        raise OptionError(_of_race(error.message), say("add --optimizer {owner}", owner=owner)) from None


def _fit(value: Any, name: str, values: Sequence[Any], factory: SessionFactory) -> dict[str, float | None]:
    """Of the numbers given those that a lane's optimizer has; it goes without the others.

    Raises:
        OptionError: If one is no lane's.
    """
    if name != "optimizer":
        return {}
    known, settings = {one: _numbers_of(one) for one in values}, dict(factory.spec.optimizer.settings)
    for number in settings:
        if not any(number in own for own in known.values()):
            flag = f"--{number.replace('_', '-')}"
            what = say("{flag}: none of {names} has it", flag=flag, names=enumerated(values))
            raise OptionError(what, say("leave out {flag}", flag=flag))
    return {number: given if number in known[value] else None for number, given in settings.items()}


def _numbers_of(optimizer: str) -> set[str]:
    return {one.name for one in fields(named(OPTIMIZER, "--race", optimizer))}


def _shared(name: str, first: SessionFactory) -> dict[str, Any]:
    """What was chosen for the first lane and has to be the same in all: scale, rows held out, batches."""
    of_optimizer = {one.name for one in OptimizerSpec.options()}
    own = of_optimizer if name in of_optimizer else {name}
    shared = {option: value for option, value in first.setup.chosen.items() if option not in own}
    if name != "lr" and isinstance(first.setup.scene, LineScene):
        shared["lr"] = first.setup.rate  # with a rate given no scale is chosen
    return shared


def _essence(setup: Setup) -> tuple[Any, ...]:
    return setup.optimizer, setup.schedule, setup.batch_size
