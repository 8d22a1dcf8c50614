"""A lane of a race: a run of its own, and the steps at which it came near its minimum."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from gdcli.definitions import flag_name
from gdcli.formatting import short
from gdcli.live import messages
from gdcli.live.findings import MINOR, Finding, find, sentences
from gdcli.live.history import Moment
from gdcli.live.run import LiveRun
from gdcli.live.setup import Setup, SetupFactory
from gdcli.optim.optimizers import Optimizer
from gdcli.said import say, together

__all__ = ["MOST", "PARTS", "Lane", "News", "is_excess", "labels", "restarted"]

MOST = 6
"""Lanes in a race: as many as there are numbers and colours that are told apart."""
PARTS = (1e-2, 1e-4)
"""Of the start's distance from the minimum: where steps are counted."""
Height = Callable[[Moment], float | None]
"""How far a moment is from the minimum; None where that is not measured."""


class News(NamedTuple):
    """What there is to say of a lane.

    Args:
        step: Where it is so.
        name: In a word or two.
        sentence: To be read aloud.
        final: Whether more of the same steps brings nothing else.
    """

    step: int
    name: str
    sentence: str
    final: bool


class Lane:
    """A run in a race.

    Args:
        factory: Sets it up.
    """

    def __init__(self, factory: SetupFactory) -> None:
        self.factory = factory
        self.begin()

    def begin(self) -> None:
        """From its start, as the factory sets it up now."""
        self.run = LiveRun(self.factory.setup)
        self.news: News | None = None
        self._height = height_of(self.run.setup)
        self._reached: dict[float, int] = {}
        self._look()

    @property
    def turned(self) -> float | None:
        """The rate on the dial, if something was changed by hand."""
        return _turned(self.run)

    @property
    def number(self) -> int:
        """Updates made."""
        return self.run.now.number

    def reached(self, part: float) -> int | None:
        """The first step at which it was so near its minimum; None until then."""
        return self._reached.get(part)

    @property
    def finish(self) -> int | None:
        """The first step at which it was as near as is counted; None until then."""
        return self._reached.get(PARTS[-1])

    def advance(self) -> bool:
        """One update, unless the run has ended."""
        moved = self.run.advance()
        if moved and len(self._reached) < len(PARTS):
            self._look()
        if moved and self.run.diverged:
            self.note_end()
        return moved

    def _look(self) -> None:
        first, now = self._height(self.run.first), self._height(self.run.now)
        if first is None or now is None:
            return
        for part in PARTS:
            if part not in self._reached and now <= part * first:
                self._reached[part] = self.number

    def back_to(self, moment: Moment) -> None:
        """Takes all back that came after a moment."""
        self.run.back_to(moment)
        self._reached = {part: step for part, step in self._reached.items() if step <= moment.number}
        if self.news is not None and self.news.step > moment.number:
            self.news = None

    def remembered(self, number: int) -> Moment | None:
        """The moment after so many updates, if it is still remembered; the newest where there were fewer."""
        if self.number <= number:
            return self.run.now
        if not number:
            return self.run.first
        moments = self.run.recent(self.number - number + 1)
        return moments[0] if moments[0].number == number else None

    def note_end(self) -> None:
        """That it has run away, or is at its end, where that was not said."""
        run = self.run
        if self.news is not None and self.news.final:
            return
        if run.diverged:
            self.news = News(self.number, "diverged", messages.explain_divergence(run), True)
        elif run.settled():
            name = str(run.status).replace("_", " ")
            self.news = News(self.number, name, messages.describe_arrival(run), True)
        elif run.over:
            words = say("The schedule's {epochs} epochs are over.", epochs=run.setup.epochs)
            self.news = News(self.number, "schedule over", words, True)

    def is_settled(self) -> bool:
        """Whether more of the same steps brings nothing else; notes what is so."""
        self.run.known()
        self.note_end()
        if self.news is None or not self.news.final:
            final = [one for one in find(self.run) if one.final]
            self.news = self._told(final)
        return self.news is not None

    def _told(self, found: Sequence[Finding]) -> News | None:
        if not found:
            return None
        return News(self.number, found[0].name, sentences(found), any(one.final for one in found))

    def known_names(self) -> set[str]:
        """What is so already."""
        return {one.name for one in find(self.run)}

    def look_for_news(self, known: set[str]) -> None:
        """Notes what can be said besides what is known."""
        self.news = self._told([one for one in find(self.run) if one.name not in {MINOR, *known}])


def height_of(setup: Setup) -> Height:
    """How far a run is from its minimum, where that has a closed form; else its loss, where it is measured."""
    known = None if setup.descent is None else setup.descent.objective
    if known is not None:
        return lambda moment: float(known.excess(moment.parameters))
    return _measured


def is_excess(setup: Setup) -> bool:
    """Whether the distance is that above the least loss, and not the loss itself."""
    return setup.descent is not None and setup.descent.objective is not None


def _measured(moment: Moment) -> float | None:
    if moment.measured is None:
        return None
    with np.errstate(all="ignore"):
        value = float(moment.measured.loss) + float(moment.measured.penalty or 0.0)
    return math.inf if math.isnan(value) else value


def restarted(factory: SetupFactory, run: LiveRun) -> SetupFactory:
    """A copy of a run's factory, to begin again as it was turned and changed by hand; the factory stays as it is."""
    other = factory.with_options()
    other.again(_turned(run), run.changes)
    return other


def _turned(run: LiveRun) -> float | None:
    """The rate on the dial, if something was changed by hand."""
    return run.rate if run.turns or run.changes else None


def labels(lanes: Sequence[Lane]) -> list[str]:
    """Each lane in a few words: its optimizer, its rate, and all else in which lanes differ."""
    setups = [lane.run.setup for lane in lanes]
    parts: list[list[str]] = [[type(one.optimizer).__name__ for one in setups], _hyperparameters(setups)]
    parts.append([say("lr {rate}", rate=short(lane.run.rate, 6)) for lane in lanes])
    parts.append(_differing([one.settings["batch"] for one in setups]))
    parts.append(_differing([flag_name(type(one.schedule).__name__) for one in setups]))
    return [together(" ", [word for word in words if word]) for words in zip(*parts, strict=True)]


def _hyperparameters(setups: Sequence[Setup]) -> list[str]:
    """Of each lane's optimizer, what is unlike its default, or another lane of the same one has otherwise."""
    optimizers = [one.optimizer for one in setups]
    return [_unlike(one, [*optimizers, type(one)()]) for one in optimizers]


def _unlike(own: Optimizer, others: Sequence[Optimizer]) -> str:
    alike = [vars(other) for other in others if type(other) is type(own)]
    names = [name for name, value in vars(own).items() if any(other[name] != value for other in alike)]
    words = [f"{name.replace('_', ' ')} {short(vars(own)[name], 6)}" for name in names]
    return " ".join(words).removeprefix(f"{flag_name(type(own).__name__)} ")  # Momentum 0.9


def _differing(words: Sequence[str]) -> list[str]:
    """The words, if they are not all the same."""
    return [*words] if len(set(words)) > 1 else [""] * len(words)
