"""The playground without a screen: a line of words in, a line of words a step out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from gdcli.formatting import short
from gdcli.live.keys import KEYS
from gdcli.live.race_words import state as lanes_state
from gdcli.live.race_words import table
from gdcli.live.session import Session
from gdcli.live.setup import LineScene
from gdcli.live.view import VIEWS
from gdcli.render.screen import english
from gdcli.render.vocabulary import word
from gdcli.said import enumerated, say

__all__ = ["converse"]

WELCOME = say(
    "Type n for a step, 'n 5' for five, 'lr 0.3' or 'set momentum=0.8', ? for all keys, q to quit; then Enter."
)
MOST = 1_000_000
FIRST, RARER = 20, 10  # steps of a long run that are each reported; then each tenth, each hundredth, ...
ACTIONS = {key.shown: key.action for key in KEYS} | {name: key.action for key in KEYS for name in key.keys}
LEFT_OUT = ("other_picture", "save_picture", "faster", "slower", *VIEWS)


def converse(
    session: Session,
    lines: Iterable[str],
    write: Callable[[str], None],
    watcher: Callable[[Session], None] | None = None,
    speak: Callable[[str], str] = english,
) -> None:
    """Answers each line until one says q, or there are no more.

    Args:
        session: What is driven.
        lines: What is typed.
        write: Where answers go, a line each.
        watcher: Called with every state that is written, for a recording.
        speak: Says a text in the reader's language.
    """
    talk = _Conversation(session, write, watcher, speak)
    setup = session.run.setup
    settings = enumerated(setup.settings.values())
    about: str = say("{settings}, learning rate {rate}", settings=settings, rate=short(session.run.rate, 6))
    if session.lanes:
        about = say("a race of {count} lanes", count=len(session.lanes))
    write(say("{name}: {model}, {about}.", name=setup.name, model=setup.model, about=about))
    talk.report()
    talk.report_lanes()
    write(WELCOME)
    for line in lines:
        talk.answer(line.split())
        if session.finished:
            return


class _Conversation(NamedTuple):
    """A session that answers in words."""

    session: Session
    write: Callable[[str], None]
    watcher: Callable[[Session], None] | None
    speak: Callable[[str], str]

    def report(self) -> None:
        """Where the run stands."""
        self.write(state(self.session))
        if self.watcher is not None:
            self.watcher(self.session)

    def report_lanes(self) -> None:
        """Where each lane of a race stands."""
        for line in table(self.session.lanes, self.speak) if self.session.lanes else ():
            self.write(line)

    def answer(self, words: Sequence[str]) -> None:
        """One line's answer."""
        word, rest = (words[0], words[1:]) if words else ("n", [])
        action = ACTIONS.get(word, "")
        if action == "show_help":
            self._help()
            return
        if word == "set":
            self.session.do(" ".join(words))
        elif word in ("lr", "l"):
            self.session.typing = " ".join(rest)
            self.session.typed("enter", None)
        elif not action or action in LEFT_OUT:
            self.session.say(say("There is no key '{word}'. ? lists them.", word=word))
        elif (times := _times(action, rest)) is None:
            self.session.say(say("'{names}' is no number of times: n 5 takes five steps.", names=" ".join(rest)))
        else:
            self._act("converge" if action == "toggle" else action, times)
        if not self.session.finished:
            self.session.run.limits.finish(self.session.run.now)
            if said := self.session.line():
                self.write(said)
            self.report()
            self.report_lanes()

    def _help(self) -> None:
        for key in KEYS:
            if key.about and key.action not in LEFT_OUT:
                self.write(say("{shown}: {about}", shown=key.shown, about=key.about))

    def _act(self, action: str, times: int) -> None:
        for left in reversed(range(times)):
            before = [run.now for run in self.session.runs]
            self.session.do(action)
            self._run()
            if all(run.now is was for run, was in zip(self.session.runs, before, strict=False)):  # it is at its end
                return
            if left:
                self.report()

    def _run(self) -> None:
        """Runs to the goal, telling the first steps each, then fewer and fewer."""
        session = self.session
        begun = _number(session)
        reported = stride = 1
        while session.running:
            session.advance()
            done = _number(session) - begun
            while done >= FIRST * stride:
                stride *= RARER
            if session.running and done >= reported:
                self.report()
                reported = done + stride


def _number(session: Session) -> int:
    """Updates made, by the run that made most."""
    return max(run.now.number for run in session.runs)


def _times(action: str, rest: Sequence[str]) -> int | None:
    """How often: `n 5` is five steps; None if that is no such number."""
    if action not in ("step", "epoch") or not rest:
        return 1
    text = rest[0] if len(rest) == 1 else ""
    known = text.isascii() and text.isdecimal() and len(text) < 10
    return min(int(text), MOST) or None if known else None


def state(session: Session) -> str:
    """Where the run stands, in words."""
    if session.lanes:
        return lanes_state(session.lanes)
    run = session.run
    record, scene = run.known(), run.setup.scene
    parts: list[str] = [say("step {number}", number=run.now.number)]
    measured = not math.isnan(record.loss)  # a recording may have a step whose loss was not kept
    if isinstance(scene, LineScene):
        raw = scene.raw(run.now.parameters).tolist()
        parts += [
            say("{name} {value}", name=name, value=short(value, 6))
            for name, value in zip(scene.names, raw, strict=True)
        ][:12]
        if measured:
            parts.append(say("{loss_name} {loss}", loss_name=run.setup.loss_name, loss=short(float(record.loss), 6)))
    else:
        parts.append(say("epoch {epoch}", epoch=run.now.epoch))
        if measured:
            parts.append(say("loss {loss}", loss=short(float(record.loss) * scene.loss_unit)))
        if record.validation_loss is not None:
            parts.append(
                say(
                    "validation loss {validation_loss}",
                    validation_loss=short(float(record.validation_loss) * scene.loss_unit),
                )
            )
        parts += [
            say("{name} {value:.3f}", name=word(name.replace("_", " ")), value=value)
            for name, value in record.metrics.items()
        ]
    local = run.limits.newest
    if local is not None and local.number == run.now.number and math.isfinite(local.value):
        parts.append(say("local limit {formula} {value}", formula=local.formula, value=short(local.value)))
    return enumerated([*parts, say("learning rate {rate}", rate=short(run.rate, 6))])
