"""A race: several runs from one start on one surface, all stepped together, one of them at the keys."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from gdcli.errors import OptionError
from gdcli.experiments.notation import Setting, at_step
from gdcli.live.findings import next_look
from gdcli.live.lanes import MOST, Lane, labels, restarted
from gdcli.live.messages import describe_changes
from gdcli.live.race_words import lane_name, lead
from gdcli.live.run import LiveRun
from gdcli.live.session import AT_ONCE, Session
from gdcli.live.setup import Choice, SetupFactory
from gdcli.live.view import AUTOMATIC
from gdcli.said import say, together

__all__ = ["Race"]

OWN = ("optimizer", "straight", "kept", "batch")
"""Settings that a lane has for itself; others change the start or the surface, and so all lanes."""
SHARED = {"l1", "l2", "dropout"}
"""Options that change the surface in mid-run."""


class Hunt:
    """Looks, now and then, whether a lane is at the finish, or there is something else to say of it."""

    def __init__(self, lane: Lane) -> None:
        self._lane, self._known, self._look_at = lane, lane.known_names(), next_look(lane.run)
        self._finish = math.inf if lane.finish is not None else lane.number
        lane.news = None

    def done(self) -> bool:
        """Whether it is, or there is."""
        lane, run = self._lane, self._lane.run
        if lane.news is None and (run.ended or run.settled()):
            lane.note_end()
        elif lane.news is None and lane.number >= self._look_at and run.now.measured is not None:
            self._look_at = next_look(run)
            lane.look_for_news(self._known)
        return lane.news is not None or (lane.finish is not None and lane.finish > self._finish)


class Race(Session):
    """A sitting with several lanes; without any it is one of a single run, to which `c` adds a lane.

    Args:
        factories: One sets up each lane; one alone a single run.
        listener: Called with every event of a single run, for a recording.
    """

    lanes: list[Lane]

    def __init__(self, factories: Sequence[SetupFactory], listener: Callable[[str, Any], None] | None = None) -> None:
        self.lanes = [Lane(factory) for factory in factories] if len(factories) > 1 else []
        self._hunts: list[Hunt] = []
        self._recorded = listener is not None
        super().__init__(factories[0], listener)
        if self.lanes:
            self._select(0)

    @property
    def runs(self) -> list[LiveRun]:
        """All lanes' runs."""
        return [lane.run for lane in self.lanes] or [self.run]

    def _select(self, at: int) -> None:
        self.at = at % len(self.lanes)
        self.factory, self.run = self.lanes[self.at].factory, self.lanes[self.at].run

    # running

    def advance(self) -> None:
        """One update of each lane; stops where all end, or the goal is reached."""
        if not self.lanes:
            super().advance()
            return
        self._step_all()
        pace = next((run for run in (self.run, *self.runs) if not run.ended), None)
        if pace is None:
            self.stop()
        elif self.goal == "epoch":
            if pace.ends_epoch(pace.now.number):
                self.stop()
        elif self.goal == "converge":
            done = [hunt.done() for hunt in self._hunts]
            if all(done):
                self.stop()
                self.say(self._news() or lead(self.lanes))

    def _step_all(self) -> bool:
        """Whether any lane made an update; says it of those that ran away by it."""
        moved = [lane for lane in self.lanes if lane.advance()]
        lost = [lane_name(self.lanes, lane) for lane in moved if lane.run.diverged]
        if lost:
            lanes = together(say(" and "), lost)
            self.say(say("{lanes} diverged at step {number:,}.", lanes=lanes, number=moved[0].number))
        return bool(moved)

    def stop(self) -> None:
        """Pauses."""
        if not self.lanes:
            super().stop()
            return
        self.running, self.goal = False, ""
        for lane in self.lanes:
            lane.run.known()
            lane.note_end()
        if self.ended:
            self.say(say("All lanes are at their end. r begins again, b goes back."))

    def toggle(self) -> None:
        """Runs, or pauses."""
        if not self.lanes or not self.running:
            super().toggle()
        else:
            self.stop()
            self.say(say("Paused. {lead}", lead=lead(self.lanes)))

    def step(self) -> None:
        """One update of each lane."""
        if not self.lanes:
            super().step()
            return
        self.running, self.goal = False, ""
        self.say("")
        self._step_all()
        lost = self.message
        self.stop()
        if not self.ended:
            self.say(together(" ", [part for part in (lost, lead(self.lanes)) if part]))

    def epoch(self) -> None:
        """One pass over the data, as the lane at the keys makes it."""
        if not self.lanes or self.run.setup.steps_per_epoch > AT_ONCE:
            super().epoch()
            return
        self.running, self.goal = True, "epoch"
        while self.running:
            self.advance()
        if not self.ended:
            self.say(lead(self.lanes))

    def converge(self) -> None:
        """Runs until each lane is at the finish, 1/10,000 of its start, or has something else to say."""
        if not self.lanes:
            super().converge()
            return
        self.stop()
        waiting = [lane for lane in self.lanes if not lane.is_settled()]
        if not waiting:
            self.say(say("{news} Change something, or space runs on.", news=self._news()))
            return
        self._hunts = [Hunt(lane) for lane in waiting]
        self.start("converge")

    def _news(self) -> str:
        """What there is to say of the lane at the keys; the table has that of the others."""
        news = self.lanes[self.at].news
        return "" if news is None else say("Lane {number}: {sentence}", number=self.at + 1, sentence=news.sentence)

    def back(self) -> None:
        """One step back, all lanes."""
        if not self.lanes:
            super().back()
            return
        self.running, self.goal = False, ""
        number = max(lane.number for lane in self.lanes)
        if not number:
            self.say(say("This is the start."))
        elif self._go_back(number - 1):
            self.say(say("Back at step {number:,}, with the numbers they had.", number=number - 1))
        else:
            self.say(say("That is as far back as is remembered. r goes to the start."))

    def best(self) -> None:
        """Back to where the lane at the keys was lowest, all lanes."""
        if not self.lanes:
            super().best()
            return
        self.running, self.goal = False, ""
        made, number = self.run.now.number, self.run.best.number
        there = self._go_back(number)
        text = say(
            "Back at step {number:,}, lane {lane}'s lowest loss measured up to step {made:,}.",
            number=number,
            lane=self.at + 1,
            made=made,
        )
        if number == made:
            text = say(
                "Step {number:,} has lane {lane}'s lowest loss measured up to here.", number=number, lane=self.at + 1
            )
        far = say("Step {number:,} is further back than is remembered. r goes to the start.", number=number)
        self.say(text if there else far)

    def _go_back(self, number: int) -> bool:
        """All lanes back to a step, if each still remembers it."""
        moments = [lane.remembered(number) for lane in self.lanes]
        if None in moments:
            return False
        for lane, moment in zip(self.lanes, moments, strict=True):
            if moment is not None and moment is not lane.run.now:
                lane.back_to(moment)
            lane.run.known()
        return True

    # changing

    def reset(self) -> None:
        """All again from the same start, each at the rate on its dial."""
        if not self.lanes:
            super().reset()
        else:
            self._begin_lanes(
                [restarted(lane.factory, lane.run) for lane in self.lanes], say("The same start again, all lanes.")
            )

    def _change(self, name: str, direction: int) -> None:
        """A setting: of the lane at the keys where it is a lane's own, else of all; from here on where that can be."""
        if not self.lanes:
            super()._change(name, direction)
            return
        if name == "data":
            raise OptionError(say("the lanes race on these rows; C takes lanes away, and d gives one run others"))
        choice, own = Choice(name, direction), self.lanes[self.at]
        new = own.factory.value(choice, own.run.setup)
        if new is not None and own.number and not own.run.diverged:
            self._change_now((Setting(own.number + 1, *new),))
            return
        factories = [restarted(lane.factory, lane.run) for lane in self.lanes]
        words: str = ""
        for lane, factory in zip(self.lanes, factories, strict=True):
            if name not in OWN or lane is own:
                words = factory.change(choice, lane.turned)
        self._begin_lanes(factories, say("{whose}: {words}", whose=self._whose(name in OWN), words=words))

    def set_options(self, text: str) -> None:
        """Options of other values, `momentum=0.8`, from here on; at the start, from there."""
        if not self.lanes or self.run.now.number:
            super().set_options(text)
            return
        changes = at_step(1, text)
        own = not any(one.name in SHARED for one in changes)
        factories = [restarted(lane.factory, lane.run) for lane in self.lanes]
        words: str = ""
        for lane, factory in zip(self.lanes, factories, strict=True):
            if not own or lane is self.lanes[self.at]:
                words = factory.set_options(changes, lane.turned)
        self._begin_lanes(factories, say("{whose}: {words}", whose=self._whose(own), words=words))

    def _change_now(self, changes: tuple[Setting, ...]) -> None:
        """Changes settings in mid-run: of the lane at the keys, or those of all lanes."""
        if not self.lanes:
            super()._change_now(changes)
            return
        own = not any(one.name in SHARED for one in changes)
        for lane in [self.lanes[self.at]] if own else self.lanes:
            if not lane.run.ended:
                lane.run.change(*(one._replace(step=lane.number + 1) for one in changes))
                lane.news = None
        self.say(
            say(
                "{whose}: {changes} from step {step:,} on.",
                whose=self._whose(own),
                changes=describe_changes(changes),
                step=changes[0].step,
            )
        )

    def _whose(self, own: bool) -> str:
        return say("Lane {number}", number=self.at + 1) if own else say("All lanes")

    def set_rate(self, rate: float) -> None:
        """Turns the dial of the lane at the keys. Nothing is reset."""
        super().set_rate(rate)
        if self.lanes and not self.run.ended:
            self.lanes[self.at].news = None

    def restart_from(self, x: float, y: float) -> None:
        """All again from another start, pointed at on the loss surface."""
        if not self.lanes:
            super().restart_from(x, y)
            return
        factories = [restarted(lane.factory, lane.run) for lane in self.lanes]
        words: str = ""
        for lane, factory in zip(self.lanes, factories, strict=True):
            words = factory.restart_from(x, y, lane.turned)
        self._begin_lanes(factories, words)

    def _begin_lanes(self, factories: Sequence[SetupFactory], words: str) -> None:
        """All lanes from the start, as they are set up now."""
        self.running, self.goal = False, ""
        self.lanes[:] = [Lane(factory) for factory in factories]
        self._select(min(self.at, len(self.lanes) - 1))
        self.say(words)

    # lanes

    def add_lane(self) -> None:
        """One lane more, like the one at the keys; the race begins anew."""
        if self._recorded:
            self.compare()
            return
        if len(self.lanes) == MOST:
            self.say(say("{most} lanes are the most. C takes one away.", most=MOST))
            return
        factories = [restarted(lane.factory, lane.run) for lane in self.lanes] or [restarted(self.factory, self.run)]
        self._begin_lanes([*factories, factories[self.at].with_options()], "")
        self._select(-1)
        self.say(
            say(
                "Lane {number} is there, set up as the one before. Now change it: o, 1 to 9, or its rate.",
                number=self.at + 1,
            )
        )

    def drop_lane(self) -> None:
        """Takes the lane at the keys away; the others stay where they are."""
        if not self.lanes:
            (self.forget if self._recorded else self.next_lane)()
            return
        name = lane_name(self.lanes, self.lanes[self.at])
        del self.lanes[self.at]
        self._select(min(self.at, len(self.lanes) - 1))
        left = say("{name} is gone.", name=name)
        self.say(left if len(self.lanes) > 1 else say("{name} is gone: one run is left.", name=name))
        if len(self.lanes) == 1:
            self.lanes.clear()
            self.at = 0

    def next_lane(self) -> None:
        """The keys go to the next lane."""
        if not self.lanes:
            self.say(say("There is one run alone: c adds a lane."))
            return
        self._select(self.at + 1)
        label = labels(self.lanes)[self.at]
        self.say(self._news() or say("The keys are lane {number}'s: {label}.", number=self.at + 1, label=label))

    def switch_projector(self, width: int) -> None:
        """One picture with large figures, or all; a race shows all, on narrow screens too, until that is asked for."""
        super().switch_projector(max(width, AUTOMATIC) if self.lanes else width)

    # what is said

    def reruns(self) -> list[str]:
        """Each lane's command."""
        if not self.lanes:
            return super().reruns()
        return [lane.factory.rerun(lane.run.turns, lane.number, lane.run.changes) for lane in self.lanes]
