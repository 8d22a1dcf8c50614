"""Several steps on one screen: each as on a blackboard if all have room, else the first, and a line for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from gdcli.definitions.dataclass import dataclass
from gdcli.formatting import short
from gdcli.render import theme
from gdcli.render.layout import Layout
from gdcli.render.screen import Screen, clip_apart, columns, paint, plain
from gdcli.said import say

__all__ = ["ManySteps"]

CELL, NUMBER = 11, 6
"""Columns of a number, and of a step's number."""
FEWEST = 4
"""Steps in lines that there is room for below a blackboard, or it is left out."""
AROUND = 5
"""Lines besides the steps' own: the heading, the blank one, the one on steps left out, the outcome and its hint."""


class OneStep(Protocol):
    """A step of a line or of a network."""

    @property
    def step(self) -> int:
        """From 1."""

    @property
    def loss(self) -> float:
        """Before it."""

    @property
    def next_loss(self) -> float:
        """After it."""

    @property
    def verdict(self) -> str:
        """What became of the loss."""


S = TypeVar("S", bound=OneStep)


@dataclass(eq=False)
class ManySteps(Generic[S]):
    """Steps on their way to a screen.

    Args:
        count: How many there will be.
        layout: What there is of the screen.
        write: Writes a step as on a blackboard, in so many lines if it can be; None where nothing has to fit.
        numbers: The numbers of a step that have columns, the most important first.
        outcome: Says what became of the loss in a step.
        loss_name: What is minimised.
    """

    count: int
    layout: Layout
    write: Callable[[S, Screen, int | None], Sequence[str]]
    numbers: Callable[[S], Mapping[str, float]]
    outcome: Callable[[S, Screen], Iterable[str]]
    loss_name: str
    _rows: int = 0
    """Steps that have a line; 0 where all are written out."""
    _last: S | None = None

    def __call__(self, step: S, screen: Screen) -> Iterator[str]:
        """The lines of one step, none longer than the screen is wide."""
        return (line for whole in self._lines(step, screen) for line in self.layout.folded(whole))

    def _lines(self, step: S, screen: Screen) -> Iterator[str]:
        if self.layout.rows is None or self.count == 1:
            yield from self.write(step, screen, self.layout.rows)
            return
        if self._last is None:
            yield from self._begun(step, screen, self.layout.rows)
        elif not self._rows:
            yield from self.write(step, screen, self.layout.rows // self.count)
        else:
            yield from self._listed(step)
        self._last = step

    def _begun(self, step: S, screen: Screen, rows: int) -> Iterator[str]:
        """The first step, by whose lines it is decided how the others are written."""
        each = self.write(step, screen, rows // self.count)
        if self.count * self.layout.height_of(each) <= rows:
            yield from each
            return
        alone = self.write(step, screen, rows)
        beside = rows - self.layout.height_of(alone) - AROUND
        if beside >= min(FEWEST, self.count - 1):
            self._rows = beside + 1
            yield from alone
            yield from [""] * bool(alone[-1])
            yield self._heading(step, screen)
        else:
            self._rows = rows - AROUND
            yield self._heading(step, screen)
            yield self._line(step)

    def _listed(self, step: S) -> Iterator[str]:
        """A step in a line; of many, the first ones and the last."""
        left_out = self.count - self._rows
        if step.step < self._rows or step.step == self.count or left_out <= 1:
            yield self._line(step)
        elif step.step == self._rows:
            yield say(" ... {left_out:,} more: --format csv has them all", left_out=left_out)

    def _shown(self, step: S) -> dict[str, float]:
        """The numbers that have room beside the step's number and the loss."""
        room = (self.layout.width - NUMBER) // CELL - 2
        return dict([*self.numbers(step).items()][:room])

    def _heading(self, step: S, screen: Screen) -> str:
        loss = self.loss_name if columns(self.loss_name) < CELL else say("loss")
        names = [loss, *self._shown(step), say("then")]
        cells = clip_apart([plain(name, screen) for name in names], CELL - 1)
        text = f"{screen.speak(say('step')):>{NUMBER}}" + "".join(" " * (CELL - columns(cell)) + cell for cell in cells)
        return paint(text, theme.HEADING, screen)

    def _line(self, step: S) -> str:
        values = [step.loss, *self._shown(step).values(), step.next_loss]
        return f"{step.step:>{NUMBER}}" + "".join(f"{short(value):>{CELL}}" for value in values)

    def ending(self, screen: Screen) -> Iterator[str]:
        """What became of the loss in the last step, where steps have lines."""
        if self._rows and self._last is not None:
            yield ""
            yield from (part for line in self.outcome(self._last, screen) for part in self.layout.folded(line))
