"""What a person does at the playground, and what it answers: the run, the ghost, the speed, the message.

The file is long because every key has its method here, with what it answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from gdcli.errors import GdcliError
from gdcli.experiments.notation import Setting, at_step
from gdcli.formatting import short
from gdcli.live import messages
from gdcli.live.course import Course, Ghost
from gdcli.live.findings import MINOR, SLOW, describe_small_rate, find, next_look, sentences
from gdcli.live.lanes import Lane
from gdcli.live.run import STRIDE, LiveRun
from gdcli.live.setup import Choice, LineScene, SetupFactory
from gdcli.live.turning import Turning
from gdcli.live.view import View, Viewing
from gdcli.said import Said, say, together

__all__ = ["SPEEDS", "Session"]

SPEEDS = (1.0, 3.0, 10.0, 30.0, 100.0, 1000.0, math.inf)
USUAL_SPEED = {True: 3, False: 5}  # of a line, of a network
AT_ONCE = 64  # steps of an epoch that are made without running
WELCOME = say("Paused at the start. Press n for one step, space to run, ? for all keys.")
SET, AT = "set ", re.compile(r"^--at \d+:")
DIRECTIONS = {"next": 1, "before": -1} | {str(number): number for number in range(1, 10)}  # of a setting


class Session(Viewing, Turning):
    """One sitting. Every action of the key table is a method here; nothing in it knows of a screen.

    Args:
        factory: Sets up runs.
        listener: Called with every event, for a recording: its kind and its content.
    """

    replaying = False
    lanes: Sequence[Lane] = ()
    at = 0  # which lane is at the keys
    speeds: Sequence[float] = SPEEDS

    def __init__(self, factory: SetupFactory, listener: Callable[[str, Any], None] | None = None) -> None:
        self.factory = factory
        self._notify = listener or (lambda _kind, _what: None)
        self.ghost: Ghost | None = None
        self.running, self.goal = False, ""
        self.message: str = WELCOME
        self.help, self.finished, self.picture = 0, False, 0
        self.typing: str | None = None
        self.view = View()
        self._owed, self._asked_at = 0.0, 0.0
        self._known: set[str] = set()
        self._look_at, self._slow = 0, math.nan
        self._begin_first()

    def _begin_first(self) -> None:
        self.run = LiveRun(self.factory.setup)
        self.speed = USUAL_SPEED[isinstance(self.factory.setup.scene, LineScene)]
        self._notify("setup", self)

    def course(self) -> Course:
        """The run that is looked at."""
        return self.run

    def do(self, action: str) -> None:
        """An action by its name, or `set NAME=VALUE`; what cannot be done is said, and changes nothing."""
        name, _, direction = action.rpartition("_")
        try:
            if action.startswith(SET):
                self.set_options(action.removeprefix(SET))
            elif direction in DIRECTIONS:
                self._change(name, DIRECTIONS[direction])
            else:
                getattr(self, action)()
        except GdcliError as error:
            text = _without_step(error.message)  # a key has no step
            self.say(say("{what}.", what=text) if text[-1:].isalnum() else text)

    def say(self, text: str) -> None:
        """A line for the person."""
        self.message = text

    # running

    def tick(self, until: float, now: Callable[[], float] = perf_counter) -> None:
        """Runs until a time, at the speed chosen.

        Args:
            until: When to stop, by `now`.
            now: The clock.
        """
        moment = now()
        speed = math.inf if self.goal else self.speeds[self.speed]
        owed = math.inf if math.isinf(speed) else self._owed + (moment - self._asked_at) * speed
        self._asked_at, made = moment, 0
        while self.running and made + 1 <= owed:
            leapt = self._leap(owed - made)
            if not leapt:
                self.advance()
            made += leapt or 1
            if (leapt or made * len(self.runs) % STRIDE == 0) and now() >= until:
                owed = min(owed, made)  # what could not be made in time is not owed any more
        self._owed = 0.0 if math.isinf(owed) else owed - made

    def measure(self) -> bool:
        """A little of what is measured beside the run: its local limit. True if there is something new to show."""
        return not self.run.diverged and self.run.limits.advance(self.run.now)

    @property
    def at_full_speed(self) -> bool:
        """Whether it runs as fast as it can."""
        return self.running and (bool(self.goal) or math.isinf(self.speeds[self.speed]))

    def pause_until(self) -> float:
        """Seconds until there is something to do."""
        speed = self.speeds[self.speed]
        return 0.0 if self.goal or math.isinf(speed) else max(0.0, (1 - self._owed) / speed)

    def _leap(self, most: float) -> int:
        """Several updates at once, where nothing has to be said between them; how many, and 0 where there are none."""
        hunting = self.goal == "converge"
        if self.lanes or self.goal not in ("", "converge") or (hunting and self.run.settled()):
            return 0
        made = self.run.leap(min(most, self._look_at - self.run.now.number) if hunting else most, hunting)
        if made and (self.run.diverged or self.run.stopped):
            self.stop()
        elif made and hunting:
            self._look_for_news()
        return made

    def advance(self) -> None:
        """One update of a run; stops it where it ends or its goal is reached."""
        run = self.run
        if not run.advance() or run.diverged or run.stopped:
            self.stop()
        elif self.goal == "epoch":
            if run.ends_epoch(run.now.number):
                self.stop()
        elif self.goal == "converge":
            self._look_for_news()

    def _look_for_news(self) -> None:
        """Ends a run to the next thing that can be said, where there is one."""
        run = self.run
        if run.settled():
            self.stop()
            self.say(messages.describe_arrival(run))
        elif run.now.number >= self._look_at and run.now.measured is not None:
            news = [one for one in find(run) if one.name not in {MINOR, *self._known}]
            self._look_at = next_look(run)
            if news:
                self._slow = self.run.rate if SLOW in {one.name for one in news} else self._slow
                self.stop()
                self.say(say("Step {number:,}: {sentences}", number=run.now.number, sentences=sentences(news)))

    @property
    def runs(self) -> list[LiveRun]:
        """All that is run."""
        return [self.run]

    @property
    def ended(self) -> bool:
        """Whether no more updates are made."""
        return all(run.ended for run in self.runs)

    def start(self, goal: str = "") -> None:
        """Runs: for good, or to a goal."""
        if self.ended:
            self.stop()
            return
        self.running, self.goal = True, goal
        self._owed, self._asked_at = 1.0, perf_counter()
        self.say("")

    def stop(self) -> None:
        """Pauses."""
        self.running, self.goal = False, ""
        self.run.known()
        if self.run.diverged:
            self.say(messages.explain_divergence(self.run))
        elif self.run.stopped:
            self.say(
                say(
                    "{describe_ending}. r begins again, b goes back.",
                    describe_ending=messages.describe_ending(self.run),
                )
            )
        elif self.run.over:
            self.say(
                say(
                    "The schedule's {epochs} epochs are over. r runs them again, b goes back.",
                    epochs=self.run.setup.epochs,
                )
            )

    # the actions

    def toggle(self) -> None:
        """Runs, or pauses."""
        if self.running:
            self.stop()
            self.say(together(" ", [say("Paused."), *filter(None, [sentences(find(self.run))])]))
        else:
            self.start()

    def step(self) -> None:
        """One update."""
        self.running, self.goal = False, ""
        before = self.run.known()
        if not self.run.advance():
            self.stop()
            return
        after = self.run.known()
        if self.run.ended:
            self.stop()
        else:
            self.say(messages.describe_step(self.run, float(before.loss), float(after.loss)))

    def epoch(self) -> None:
        """One pass over the data."""
        if self.run.setup.steps_per_epoch > AT_ONCE:
            self.start("epoch")
            return
        self.running, self.goal = True, "epoch"
        while self.running:
            self.advance()
        if not self.run.ended:
            self.say(
                say(
                    "Epoch {epoch:,}: {format_losses}.",
                    epoch=self.run.now.epoch,
                    format_losses=messages.format_losses(self.run, float(self.run.known().loss)),
                )
            )

    def converge(self) -> None:
        """Runs until something new can be said of the run: that it has arrived, stands still, overfits, ..."""
        self.run.known()
        if self.run.settled() and not self.run.ended:
            self.stop()
            self.say(messages.describe_arrival(self.run))
            return
        found = find(self.run)
        final = [one for one in found if one.final]
        if final:
            self.stop()
            self.say(say("{sentences} Change something, or space runs on.", sentences=sentences(final)))
            return
        self._known = {one.name for one in found if one.name != SLOW or self.run.rate == self._slow}
        self._look_at = next_look(self.run)
        self.start("converge")

    def back(self) -> None:
        """One step back."""
        self.running, self.goal = False, ""
        if self.run.back():
            self.run.known()
            self.say(say("Back at step {number:,}, with the numbers it had.", number=self.run.now.number))
        elif self.run.now.number:
            self.say(say("That is as far back as is remembered. z goes to the lowest loss, r to the start."))
        else:
            self.say(say("This is the start."))

    def best(self) -> None:
        """Back to the lowest loss."""
        self.running, self.goal = False, ""
        made = self.run.now.number
        self.run.back_to(self.run.best)
        self.say(messages.describe_lowest(self.run, made))

    def reset(self) -> None:
        """Again from the same start, at the rate on the dial."""
        self._begin(self.factory.again(self._turned(), self.run.changes))

    def seed(self) -> None:
        """Again with another seed."""
        self._change("seed", 1)

    def faster(self) -> None:
        """Up the ladder of speeds."""
        self._set_speed(self.speed + 1)

    def slower(self) -> None:
        """Down the ladder of speeds."""
        self._set_speed(self.speed - 1)

    def _set_speed(self, speed: int) -> None:
        self.speed = min(max(speed, 0), len(self.speeds) - 1)
        self._owed = 0.0
        self.say(say("Speed: {describe_speed}.", describe_speed=self.describe_speed()))

    def describe_speed(self) -> str:
        """The speed in words."""
        speed = self.speeds[self.speed]
        return (
            say("as fast as it goes")
            if math.isinf(speed)
            else say("{speed:g} step{s} a second", speed=speed, s="s" * (speed > 1))
        )

    def set_rate(self, rate: float) -> None:
        """Turns the dial. Nothing is reset."""
        self.run.turn(rate)
        self._notify("turn", rate)
        if self.run.diverged:
            self.say(messages.explain_divergence(self.run))
        else:
            warned = messages.rate_warning(self.run) or describe_small_rate(self.run)
            self.say("" if warned else say("Learning rate {rate}.", rate=short(rate, 6)))

    def typed(self, key: str, character: str | None) -> None:
        """A key while a rate is being typed, or a setting: `momentum=0.8`."""
        text = self.typing or ""
        if key == "escape":
            self.typing = None
        elif key == "enter":
            self.typing = None
            self._take(text)
        elif key == "backspace":
            self.typing = text[:-1]
        elif character and character.isprintable():
            self.typing = (text + character)[:40]

    def _take(self, text: str) -> None:
        if "=" in text:
            self.do(SET + text)
            return
        try:
            rate = float(text)
        except ValueError:
            rate = math.nan
        if rate > 0 and math.isfinite(rate):
            self.set_rate(rate)
        elif text:
            self.say(say("'{text}' is not a learning rate above 0.", text=text))

    def _change(self, name: str, direction: int) -> None:
        """Another setting: from here on where that can be, else the run begins anew."""
        choice, run = Choice(name, direction), self.run
        if (new := self.factory.value(choice, run.setup)) is not None and run.now.number:
            self._change_now((Setting(run.now.number + 1, *new),))
            return
        other = name == "data"
        change = self.factory.change(choice, None if other else self._turned(), () if other else run.changes)
        self._begin(change)
        if (line := isinstance(self.run.setup.scene, LineScene)) != isinstance(run.setup.scene, LineScene):
            self.speed = USUAL_SPEED[line]
        if name == "data" and self.ghost is not None:
            self.ghost = None
            self._notify("forget", None)

    def set_options(self, text: str) -> None:
        """Options of other values, `momentum=0.8`, from here on; at the start, from there.

        Raises:
            OptionError: If one cannot change in mid-run, or is no value of its option.
        """
        changes = at_step(self.run.now.number + 1, text)
        self._take("".join(one.value for one in changes if one.name == "lr"))
        others = tuple(one for one in changes if one.name != "lr")
        if others and self.run.now.number:
            self._change_now(others)
        elif others:
            self._begin(self.factory.set_options(others, self._turned()))

    def _change_now(self, changes: tuple[Setting, ...]) -> None:
        """Changes settings in mid-run. Nothing is reset."""
        self.run.change(*changes)
        self._notify("changes", [str(one) for one in self.run.changes])
        self.say(
            say(
                "{describe_changes} from step {step:,} on. r begins again with it.",
                describe_changes=messages.describe_changes(changes),
                step=changes[0].step,
            )
        )

    def _turned(self) -> float | None:
        """The rate on the dial, if something was changed by hand: another run begins with it."""
        return self.run.rate if self.run.turns or self.run.changes else None

    def _begin(self, message: str) -> None:
        self.running, self.goal = False, ""
        self.run = LiveRun(self.factory.setup)
        self._notify("setup", self)
        self.say(message)

    def restart_from(self, x: float, y: float) -> None:
        """Again from another start, pointed at on the loss surface."""
        self._begin(self.factory.restart_from(x, y, self._turned(), self.run.changes))

    def compare(self) -> None:
        """Freezes this run as a ghost, and begins again."""
        if not self.run.now.number:
            self.say(say("There is nothing to race yet: run first, then c freezes the run as a ghost."))
            return
        setup = self.run.setup
        label = say("{name} lr {rate}", name=type(setup.optimizer).__name__, rate=short(self.run.rate))
        self.ghost = self.run.ghost(label)
        self._notify("ghost", label)
        self.factory.again(self._turned(), self.run.changes)
        self._begin(
            say(
                "The ghost is {label}, {number:,} steps. Change something, and race it.",
                label=label,
                number=self.ghost.now.number,
            )
        )

    def forget(self) -> None:
        """No ghost any more."""
        self.ghost = None
        self._notify("forget", None)
        self.say(say("No ghost."))

    def other_picture(self) -> None:
        """Other pictures, where not all have room."""
        self.picture += 1

    def show_help(self) -> None:
        """The help, from its first page."""
        self.help = 1

    def quit(self) -> None:
        """The end."""
        self.running, self.finished = False, True

    # what is said

    def line(self) -> str:
        """What stands in the message line."""
        if self.typing is not None:
            what = say("Setting") if self.typing[:1].isalpha() else say("Learning rate")
            return say("{what}: {typing}_   Enter sets it, Esc leaves it", what=what, typing=self.typing)
        warning = messages.rate_warning(self.run) or describe_small_rate(self.run)
        more = "" if warning in self.message else warning
        return together(" ", (text for text in (self.message, more) if text))

    def rerun(self) -> str:
        """The command that reproduces what is on the screen."""
        return self.factory.rerun(self.run.turns, self.run.now.number, self.run.changes)

    def reruns(self) -> list[str]:
        """The same of all that is run."""
        return [self.rerun()]


def _without_step(message: str) -> str:
    """What is wrong with a change, without the step: "batch-size=8: ..."."""
    if not AT.search(message):
        return message
    if not isinstance(message, Said) or not message.template.startswith("--at {one}: "):
        return AT.sub("", message)
    change = AT.sub("", f"--at {message.fields['one']}")
    return Said(AT.sub("", message), message.template.removeprefix("--at "), {**message.fields, "one": change})
