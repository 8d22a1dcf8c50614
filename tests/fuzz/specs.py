"""Specs: the round trip through JSON, and crafted ones, by themselves and in models."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from gdcli.cli.terminal import Terminal
from gdcli.errors import OptionError
from gdcli.experiments.spec import Spec

from .case import Case
from .models import on_model, parts, whole
from .options import known_options, written
from .stock import Stock
from .values import crafted

MOST = 5


def case(rng: Random, stock: Stock) -> Case:
    """A spec of options, or of JSON."""
    kind = rng.random()
    if kind < 0.35:
        command = rng.choice(("fit", "train"))
        argv = ["@spec", command, "rows.csv"]
        for option in rng.choices(known_options()[command], k=rng.randrange(1, MOST)):
            argv += written(rng, option)
        return Case("specs", tuple(argv))
    base = rng.choice([name for name in stock.models if "spec" in parts(stock.files[name])[0]])
    about, tensors = parts(stock.files[base])
    about["spec"] = crafted(rng, about["spec"])
    if kind < 0.6:
        return Case("specs", ("@spec", "json"), {"spec.json": json.dumps(about["spec"]).encode()})
    return on_model(rng, "specs", whole(about, tensors), stock.rows_of[base], stock)


def check(case: Case, terminal: Terminal) -> int:
    """Holds that a spec comes back from JSON as it was, or is refused."""
    from pathlib import Path

    if case.argv[1] == "json":
        try:
            spec = Spec.from_dict(json.loads(Path("spec.json").read_text(encoding="utf-8")))
        except (KeyError, TypeError, ValueError):
            return 3
    else:
        known = _of_options(case.argv[1], case.argv[2:])
        if known is None:
            return 2
        spec = known
    text = json.dumps(spec.as_dict(), allow_nan=False)
    if Spec.from_dict(json.loads(text)) != spec:
        raise AssertionError(f"another spec comes back: {text}")
    return 0


def _of_options(command: str, words: tuple[str, ...]) -> Any:
    from gdcli.cli.boundary import context_of
    from gdcli.cli.invoked import given_options
    from gdcli.experiments.spec import options_of

    try:
        context = context_of(command, words)
        known = {one.name for one in options_of(command)}
        given = {name: value for name, value in given_options(context).items() if name in known}
        return Spec.of(command, context.params["source"], given)
    except OptionError:
        return None
