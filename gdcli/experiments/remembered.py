"""What was chosen for a run, from the English that its file and its `rerun:` line have: to be said in any language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gdcli.said import Said, say, together

__all__ = ["remembered"]

SENTENCES = (
    say("standardised: {why}", why=""),
    say("full batches, {value}, lr {value2}{exactly}", value="", value2="", exactly=""),
    say(" (exact: 1/L)"),
    say(" (at most 1/L)"),
    say("lr {value} {why}", value="", why=""),
    say("lr {value}, {why}", value="", why=""),
    say("{value:,} epochs, {why}", value=0, why=""),
    say("up to {epochs}, stops at the optimum", epochs=""),
    say("up to {epochs}, stops when the gradient is {part} of the start's", epochs="", part=""),
    say("up to {epochs}, stops when flat", epochs=""),
    say("{epochs}: the schedule's length", epochs=""),
    say("up to {epochs}", epochs=""),
    say("{value:,} epochs", value=0),
    say("by range test"),
    say("by trials of about {steps:,} steps, as a range test says little", steps=0),
    say("as usual: the range test finds no better"),
    say("no rows held out: {rows:,} are too few for {classes} classes", rows=0, classes=0),
    say("as they are, lr {rate} is {times} times the largest stable rate{shown}", rate="", times="", shown=""),
    say("; --scale none shows it diverge"),
    say("as they are, lr {rate} is {times} times the largest that is stable in every fold", rate="", times=""),
    say("as they are, lr {rate} would take {epochs} epochs to come near the optimum", rate="", epochs=""),
    say("as they are, lr {rate} would not come near the optimum", rate=""),
    say("as they are, lr {rate} is {times} times the largest that no mini-batch can upset", rate="", times=""),
    say("as they are, lr {rate} is not near the optimum after {count} epochs", rate="", count=""),
    say(
        "as they are, the inputs are large for lr {rate}: on MSE plain descent is stable up to {limit} only",
        rate="",
        limit="",
    ),
    say("no mini-batch upsets it"),
    say("lr {fit_rate} is near the optimum then", fit_rate=""),
    say("the best constant rate"),
    say(": {fit_rate} is above the largest stable one, {limit}", fit_rate="", limit=""),
    say(": {fit_rate} is above the largest that is stable in every fold, {limit}", fit_rate="", limit=""),
    say("just below the largest that is stable in every fold, {limit}", limit=""),
    say("near the optimum then"),
    say("Accelerated, lr {value}: {why}", value="", why=""),
    say("plain descent at its best rate would take {epochs} epochs to come near the optimum", epochs=""),
    say("plain descent at its best rate would not come near the optimum"),
    say("a cap"),
    say("so that about 50 updates can reach the largest target, {way}", way=""),
)
"""The sentences about what is chosen; a test holds them to those of real runs."""
PARTED = re.compile(r"; (?!--)")
JOINED = re.compile(r"(the best constant rate|full batches, .+?)(: .+| \(.+)")


def remembered(text: str) -> str:
    """A sentence as it was before it was kept as English text; what is none of them stays as it is.

    >>> remembered("lr 0.03 by range test; up to 1,000 epochs, stops when flat").template
    '{part0}{gap}{part1}'
    >>> remembered("mine")
    'mine'
    """
    parts = PARTED.split(text)
    if len(parts) > 1:
        return together(say("; "), map(remembered, parts))
    if joined := JOINED.fullmatch(text):
        return remembered(joined[1]) + remembered(joined[2])
    for one in SENTENCES:
        if found := re.fullmatch(_pattern(one.template), text):
            return Said(text, one.template, {name: _value(value) for name, value in found.groupdict().items()})
    return text


def _pattern(template: str) -> str:
    return "".join(_parts(template))


def _parts(template: str) -> Iterator[str]:
    from string import Formatter  # only where a run is resumed

    for literal, name, form, _ in Formatter().parse(template):
        yield re.escape(literal)
        if name is not None:
            yield f"(?P<{name}>[\\d,]+)" if form else f"(?P<{name}>.*?)"


def _value(text: str) -> Any:
    """A whole number, or a sentence."""
    number = text.replace(",", "")
    return int(number) if number.isdecimal() and f"{int(number):,}" == text else remembered(text)
