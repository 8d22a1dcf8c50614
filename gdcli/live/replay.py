"""Playing a recording back: the same pictures, and nothing is trained."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from gdcli.errors import DataError, OptionError
from gdcli.experiments.notation import Setting
from gdcli.formatting import short
from gdcli.live.course import Course, Ghost
from gdcli.live.history import Moment
from gdcli.live.messages import describe_changes
from gdcli.live.session import Session
from gdcli.live.setup import Setup, SetupFactory
from gdcli.live.view import VIEWS
from gdcli.said import say, together
from gdcli.training.records import Epoch, Step

__all__ = ["Replay"]

Entry = tuple[float, str, Any]
WELCOME = say("A recording, at its beginning. Space plays it, n shows the next moment, ? all keys.")
SAID = {
    "setup": say("A new start."),
    "turn": "",
    "changes": "",
    "ghost": "",
    "forget": say("The second run is gone."),
}
SETTLED = say("This is a recording: what happened is settled. Space plays it, n and b step through it.")
OWN = ("toggle", "step", "epoch", "converge", "back", "best", "reset", "faster", "slower")
LOOKS = ("other_picture", "show_help", "quit", "save_picture", *VIEWS)


class Playback(Course):
    """A run whose moments come from a recording."""

    over = False
    following: Step | None = None
    """The next update as it was written down."""

    def coming(self) -> Step | None:
        """The next update at the rate that the dial is at: its gradient was written down."""
        step = self.following
        if step is None or step.learning_rate == self.rate:
            return step
        state = self._state()
        if state is None:
            return None
        now = self.now.parameters
        moved, _ = self.setup.optimizer.update(step.gradient, state, now, self.rate)
        return step._replace(learning_rate=self.rate, parameters=now + moved)

    def _state(self) -> Any:
        """The optimizer's state; None where it was not written down, or is another optimizer's."""
        optimizer = self.setup.optimizer
        first = optimizer.init(self.now.parameters)
        if self.now.step is None or not getattr(first, "_fields", ()):
            return first
        fields = self.now.step.state
        return type(first)(**fields) if fields and tuple(fields) == first._fields else None

    def known(self) -> Epoch:
        """The state as it was measured then."""
        return self.now.known()

    def settled(self) -> bool:
        """A recording does not converge: it ends."""
        return False


class Replay(Session):
    """A sitting that was written down.

    Args:
        entries: What happened.
        build_factory: From what a factory saved of itself to a factory that sets up the same runs.
    """

    replaying = True
    speeds = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 20.0, math.inf)
    run: Playback  # type: ignore[assignment]  # a run, as the pictures see it

    def __init__(self, entries: Sequence[Entry], build_factory: Callable[[Any], SetupFactory]) -> None:
        self._entries, self._build_factory = entries, build_factory
        self._factories: dict[int, SetupFactory] = {}
        self._check()
        super().__init__(self._factory(0))
        self._at, self._clock, self._fresh = 0, 0.0, True
        self._go_to(self._next_moment(0))
        self.say(WELCOME)

    def _begin_first(self) -> None:
        self.speed = self.speeds.index(1.0)

    def describe_speed(self) -> str:
        """The speed in words."""
        speed = self.speeds[self.speed]
        if speed == 1:
            return say("as fast as it was")
        return say("as fast as it goes") if math.isinf(speed) else say("{speed:g} times as fast as it was", speed=speed)

    def _factory(self, index: int) -> SetupFactory:
        if index not in self._factories:
            self._factories[index] = self._build_factory(self._entries[index][2])
        return self._factories[index]

    def do(self, action: str) -> None:
        """Only what can be done with a recording."""
        if action in OWN or action in LOOKS:
            super().do(action)
        else:
            self.say(SETTLED)

    def set_rate(self, rate: float) -> None:  # noqa: ARG002 - a session's
        """A recording's dial turns by itself."""
        self.say(SETTLED)

    def restart_from(self, x: float, y: float) -> None:  # noqa: ARG002 - a session's
        """A recording has its own start."""
        self.say(SETTLED)

    def count(self) -> int:
        """How many states were on the screen."""
        return sum(kind == "at" for _, kind, _ in self._entries)

    def moments(self) -> Iterator[tuple[float, str]]:
        """Goes through all that was on the screen: the seconds of each state, and what was done just before."""
        said: list[str] = []
        for index, (seconds, kind, what) in enumerate(self._entries):
            self._go_to(index)
            if kind == "at":
                yield seconds, together(say("; "), said)
                said = []
            elif kind in SAID:
                said.append(_said(kind, what))

    # moving

    def _next_moment(self, index: int) -> int:
        """The first entry from there on that shows a state; the last one if there is none."""
        moments = (at for at in range(index, len(self._entries)) if self._entries[at][1] == "at")
        return next(moments, len(self._entries) - 1)

    def _go_to(self, index: int) -> None:
        """Shows the sitting as it was at an entry."""
        if index < self._at:
            self._at, self.ghost = 0, None
        for at in range(self._at, index + 1):
            self._apply(at)
        self._at, self._clock = index + 1, self._entries[index][0]
        self.run.following = self._following()

    def _following(self) -> Step | None:
        """The next update that was made from here with these settings, if it was on the screen."""
        now = self.run.now
        for _, kind, what in itertools.islice(self._entries, self._at, None):
            if kind in ("setup", "changes"):
                return None
            if kind == "at" and what.number == now.number + 1 and what.before is not None:
                same = np.array_equal(what.before.parameters, now.parameters)
                return what.step if same else None
            if kind == "at" and what.number > now.number:
                return None
        return None

    def _apply(self, index: int) -> None:
        _, kind, what = self._entries[index]
        if kind == "setup":
            self.factory, self._fresh = self._factory(index), True
        elif kind == "at":
            self._show(what)
        elif kind == "turn":
            self.run.turn(what)
        elif kind == "changes":
            self.run.set_changes(what)
        elif kind == "ghost":
            self.ghost: Ghost | None = self.run.ghost(str(what))
        elif kind == "forget":
            self.ghost = None

    def _show(self, moment: Moment) -> None:
        if self._fresh:
            self.run = Playback(self.factory.setup, moment.known())
            self._fresh = False
        elif moment.number < self.run.now.number:
            self.run.back_to(moment)
        elif moment.number > self.run.now.number or moment.measured is not None:
            self.run.reached(moment)

    def _check(self) -> None:
        """Refuses states that cannot be of the runs that were set up."""
        refusal = DataError(
            say("the recording does not go with its data"), say("play it back where the data is as it was")
        )
        changes: tuple[Setting, ...] = ()
        for index, (_, kind, what) in enumerate(self._entries):
            if kind == "setup":
                setup, changes = self._factory(index).setup, ()
            elif kind == "changes":
                setup, changes = _changed(setup, what, refusal), what
            elif kind == "at":
                kept = tuple(one for one in changes if one.step <= what.number + 1)
                if kept != changes:
                    setup, changes = _changed(setup, kept, refusal), kept
                if not _fits(what, setup.after(max(0, what.number - 1))):
                    raise refusal

    # the actions

    def tick(self, until: float, now: Callable[[], float] = perf_counter) -> None:
        """Plays, by the recording's own clock times the speed."""
        moment = now()
        self._clock += (moment - self._asked_at) * self.speeds[self.speed]
        self._asked_at = moment
        while self.running and (self.goal or self._entries[self._at][0] <= self._clock):
            clock = self._clock
            self._go_to(self._at)
            self._clock = max(clock, self._clock)
            self._end_if_over()
            if now() >= until:
                return

    def pause_until(self) -> float:
        """Seconds until there is something to do."""
        if not self.running or self.goal:
            return 0.0
        return max(0.0, (self._entries[self._at][0] - self._clock) / self.speeds[self.speed])

    def _end_if_over(self) -> None:
        if self._at >= len(self._entries):
            self.running, self.goal = False, ""
            self.say(say("The end of the recording. r goes to its beginning, b one moment back."))

    def start(self, goal: str = "") -> None:
        """Plays on."""
        if self._at >= len(self._entries):
            self._end_if_over()
            return
        self.running, self.goal, self._asked_at = True, goal, perf_counter()
        self.say("")

    def stop(self) -> None:
        """Pauses."""
        self.running, self.goal = False, ""

    def step(self) -> None:
        """The next moment."""
        self.stop()
        if self._at < len(self._entries):
            self._go_to(self._next_moment(self._at))
            self.say(say("Step {number:,}.", number=self.run.now.number))
        self._end_if_over()

    def epoch(self) -> None:
        """The next action of the recorded person."""
        self.stop()
        later = range(self._at, len(self._entries))
        index = next((at for at in later if self._entries[at][1] != "at"), len(self._entries) - 1)
        self._go_to(self._next_moment(index))
        self.say(say("Step {number:,}.", number=self.run.now.number))
        self._end_if_over()

    def converge(self) -> None:
        """To the end."""
        self.stop()
        self._go_to(len(self._entries) - 1)
        self._end_if_over()

    def back(self) -> None:
        """One moment back."""
        self.stop()
        earlier = [at for at in range(self._at - 1) if self._entries[at][1] == "at"]
        if earlier:
            self._go_to(earlier[-1])
        self.say(say("Step {number:,}.", number=self.run.now.number) if earlier else say("This is the beginning."))

    def best(self) -> None:
        """A recording goes back step by step."""
        self.reset()

    def reset(self) -> None:
        """To the beginning."""
        self.stop()
        self._go_to(self._next_moment(0))
        self.say(WELCOME)


def _changed(setup: Setup, changes: tuple[Setting, ...], refusal: DataError) -> Setup:
    """The same run with changes made by hand; refused where they are none of its own."""
    try:
        return setup if setup.changed is None else setup.changed(changes)
    except OptionError:
        raise refusal from None


def _fits(moment: Moment, setup: Setup) -> bool:
    """Whether a state can be one of a run."""
    rows = None if moment.step is None else moment.step.rows
    known = not isinstance(rows, np.ndarray) or (rows.size and 0 <= rows.min() <= rows.max() < len(setup.problem.data))
    state = None if moment.step is None else moment.step.state
    fields = getattr(setup.optimizer.init(setup.start), "_fields", ())
    return bool(moment.parameters.shape == setup.start.shape and known and (state is None or tuple(state) == fields))


def _said(kind: str, what: Any) -> str:
    """What happened, in words."""
    if kind == "turn":
        return say("The learning rate is {rate} from here on.", rate=short(what))
    if kind == "changes":
        return say("{changes} from here on.", changes=describe_changes(what))
    return say("A second run, with {what}, starts from here.", what=what) if kind == "ghost" else SAID[kind]
