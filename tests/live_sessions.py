"""Sittings at the playground without a screen, for the tests of `gdcli live`."""

import io
import re

from gdcli.cli.app import load
from gdcli.cli.commands.live import _origin
from gdcli.cli.live_bench import LiveBench
from gdcli.cli.terminal import Terminal
from gdcli.live.scenes import Scenes
from gdcli.live.session import Session
from gdcli.render.screen import Screen

NETWORK = ("sample:moons", "--hidden", "4", "--lr", "0.01", "--validation", "0.25")
NETWORK_STEPS = 5  # updates an epoch: 150 rows in batches of 32


def bench(*words):
    """Where the runs of `gdcli live WORDS` are set up."""
    context = load("live").make_context("live", [*words])
    return LiveBench(_origin(context, None), terminal())


def session(*words, listener=None):
    """A sitting as `gdcli live WORDS` begins it."""
    return Session(bench(*words), listener)


def terminal():
    """One that is not looked at."""
    return Terminal(None, io.StringIO(), io.StringIO())


def do(sitting, actions):
    """Actions by their names, in a row; a number is a rate typed; "step 5" is five of them."""
    for action in re.split(r",\s*", actions):
        name, _, times = action.partition(" ")
        if name == "lr":
            sitting.set_rate(float(times))
            continue
        for _ in range(int(times or 1)):
            sitting.do(name)
            while sitting.running:
                sitting.advance()
    return sitting


def screenful(sitting, width=120, height=40, scenes=None, screen=None):
    """What is on the screen, as lines."""
    return (scenes or Scenes()).draw(sitting, width, height, screen or Screen(width, height)).lines()
