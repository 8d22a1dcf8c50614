"""What a model's text holds, field by field: it is checked once, at the door, before anything is made of it."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from gdcli.data.missing import MISSING
from gdcli.said import enumerated, say

__all__ = ["check_model"]

MOST = 2**53
"""Above it a float is no exact count."""
LARGEST = sys.float_info.max


class Form(NamedTuple):
    """What a value may be.

    Args:
        words: In words, after "is not".
        holds: Whether a value is such.
    """

    words: str
    holds: Callable[[Any], bool]


Fields = Mapping[str, Form]


def _or_none(form: Form) -> Form:
    return Form(say("{words}, or null", words=form.words), lambda value: value is None or form.holds(value))


def _list(many: str, form: Form, least: int = 0) -> Form:
    def holds(value: Any) -> bool:
        return isinstance(value, list) and len(value) >= least and all(map(form.holds, value))

    return Form(say("a list of {many}", many=many), holds)


def _map(many: str, form: Form) -> Form:
    return Form(
        say("an object of {many} by name", many=many),
        lambda value: isinstance(value, dict) and all(map(form.holds, value.values())),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST


TEXT = Form(say("a text"), lambda value: isinstance(value, str))
TEXTS = Form(
    say("a list of different texts"),
    lambda value: _list(say("texts"), TEXT).holds(value) and len(set(value)) == len(value),
)
COUNT = Form(say("a whole number, 0 or above"), _is_count)
SIZE = Form(say("a whole number above 0"), lambda value: _is_count(value) and value > 0)
NUMBER = Form(say("a finite number"), _is_number)
AMOUNT = Form(say("a finite number, 0 or above"), lambda value: _is_number(value) and value >= 0)
PART = Form(say("a number from 0 to below 1"), lambda value: _is_number(value) and 0 <= value < 1)
SCALE = Form(
    say("a positive number whose square is one"),
    lambda value: _is_number(value) and value > 0 and 0 < float(value) * float(value) < math.inf,
)
ANY_NUMBER = Form(say("a number"), lambda value: isinstance(value, int | float) and not isinstance(value, bool))
OBJECT = Form(say("an object"), lambda value: isinstance(value, dict))

MODEL: Fields = {
    "sizes": _list(say("two or more whole numbers above 0"), SIZE, least=2),
    "activations": _list(say("texts"), TEXT),
    "dropout": PART,
    "input_names": TEXTS,
    "target_name": TEXT,
    "classes": TEXTS,
    "shift": NUMBER,
    "factor": SCALE,
    "degree": SIZE,
    "loss": TEXT,
    "config": OBJECT,
    "history": _list(say("objects"), OBJECT),
    "best_epoch": COUNT,
}
LATER: Fields = {
    "missing": Form(
        say("one of {names}", names=enumerated(MISSING)), lambda value: isinstance(value, str) and value in MISSING
    ),
    "features": TEXTS,
    "texts": _or_none(_map(say("lists of different texts"), TEXTS)),
    "resume": OBJECT,
    "spec": OBJECT,
}
"""Fields that earlier versions did not write."""
CONFIG: Fields = {
    "l1": AMOUNT,
    "l2": AMOUNT,
    "label_smoothing": PART,
    "class_weight": _or_none(_list(say("finite numbers, 0 or above"), AMOUNT)),
    "options": OBJECT,
    "values": _or_none(_map(say("lists of different texts"), TEXTS)),
    "plugins": _or_none(TEXTS),
    "chosen": _or_none(TEXTS),
}
ROW: Fields = {"epoch": COUNT, "step": COUNT, "lr": NUMBER, "loss": ANY_NUMBER}
RESUME: Fields = {
    "optimizer": TEXT,
    "settings": _map(say("finite numbers"), NUMBER),
    "counts": _map(say("whole numbers, 0 or above"), COUNT),
    "best_epoch": COUNT,
    "epoch": COUNT,
    "step": COUNT,
    "within": COUNT,
    "lr": NUMBER,
    "loss": NUMBER,
    "validation_loss": _or_none(NUMBER),
    "metrics": _map(say("finite numbers"), NUMBER),
}


def check_model(about: Mapping[str, Any]) -> None:
    """Refuses a model's text with a field that is missing, or is not what it must be.

    Raises:
        ValueError: If there is one, naming it.
    """
    _check(about, MODEL, "")
    _check({name: value for name, value in about.items() if name in LATER}, LATER, "", optional=True)
    _check(about["config"], CONFIG, "config.", optional=True)
    for number, row in enumerate(about["history"]):
        _check(row, ROW, f"history.{number}.")
        _check(row, dict.fromkeys(row, _or_none(ANY_NUMBER)), f"history.{number}.")
    if "resume" in about:
        _check(about["resume"], RESUME, "resume.")


def _check(given: Mapping[str, Any], fields: Fields, where: str, optional: bool = False) -> None:
    for name, form in fields.items():
        if name not in given:
            if not optional:
                raise ValueError(say("there is no '{where}{name}'", where=where, name=name))
        elif not form.holds(given[name]):
            raise ValueError(say("'{where}{name}' is not {words}", where=where, name=name, words=form.words))
