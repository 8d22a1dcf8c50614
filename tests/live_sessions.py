"""Sittings at the playground without a screen, for the tests of `gdcli live`."""

import re

from gdcli.cli.app import load
from gdcli.cli.commands.live import origin_of, parsed
from gdcli.live.scenes import Scenes
from gdcli.live.session import Session
from gdcli.live.session_factory import SessionFactory
from gdcli.render.screen import Screen

NETWORK = ("sample:moons", "--hidden", "4", "--lr", "0.01", "--validation", "0.25")
NETWORK_STEPS = 5  # updates an epoch: 150 rows in batches of 32


def factory(*words):
    """Where the runs of `gdcli live WORDS` are set up."""
    return SessionFactory.from_origin(origin_of(load("live").make_context("live", [*words])), parsed)


def session(*words, listener=None):
    """A sitting as `gdcli live WORDS` begins it."""
    return Session(factory(*words), listener)


def do(sitting, actions):
    """Actions by their names, in a row; "lr 0.5" is a rate typed, "set momentum=0.5" a setting, "step 5" five steps."""
    for action in re.split(r",\s*", actions):
        name, _, times = action.partition(" ")
        if name == "lr":
            sitting.set_rate(float(times))
            continue
        if name == "set":
            sitting.do(action)
            continue
        for _ in range(int(times or 1)):
            sitting.do(name)
            while sitting.running:
                sitting.advance()
    return sitting


def screenful(sitting, width=120, height=40, scenes=None, screen=None):
    """What is on the screen, as lines."""
    return (scenes or Scenes()).draw(sitting, width, height, screen or Screen(width, height)).lines()
