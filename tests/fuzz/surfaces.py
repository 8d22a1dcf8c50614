"""The surfaces by name: how an input to each is made, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal

from . import data, formulas, keys, languages, lessons, models, options, plugins, recordings, settings, specs, uses
from .case import Case
from .stock import Stock
from .values import weighted

Make = Callable[[Random, Stock], Case]
SURFACES: Mapping[str, tuple[int, Make]] = {
    "data": (26, data.case),
    "options": (26, options.case),
    "models": (12, models.case),
    "recordings": (6, recordings.case),
    "specs": (7, specs.case),
    "keys": (3, keys.case),
    "lessons": (4, lessons.case),
    "settings": (3, settings.case),
    "plugins": (2, plugins.case),
    "formulas": (4, formulas.case),
    "languages": (5, languages.case),
    "uses": (2, uses.case),
}
"""How often of a hundred, and what makes one."""


def made(seed: int, number: int, stock: Stock, only: str | None = None) -> Case:
    """The input of that number; the same for the same seed."""
    rng = Random(f"{seed}:{number}")
    name = only or weighted(rng, [(weight, name) for name, (weight, _) in SURFACES.items()])
    return SURFACES[name][1](rng, stock)


def act(case: Case, terminal: Terminal) -> int:
    """Runs an input, and gives its exit code."""
    actions = {"@keys": keys.press, "@spec": specs.check, "@use": uses.check}
    action = plugins.load if case.surface == "plugins" else actions.get(case.argv[0]) if case.argv else None
    return action(case, terminal) if action else run(list(case.argv), terminal)
