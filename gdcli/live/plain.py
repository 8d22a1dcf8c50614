"""The playground without a screen: a line of words in, a line of words a step out."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gdcli.live.keys import KEYS
from gdcli.live.session import Session
from gdcli.live.setup import Line
from gdcli.render.numbers import short

__all__ = ["converse"]

WELCOME = "Type n for a step, 'n 5' for five, 'lr 0.3' for a learning rate, ? for all keys, q to quit; then Enter."
MOST = 1_000_000
FIRST, RARER = 20, 10  # steps of a long run that are told each; then each tenth, each hundredth, ...
ACTIONS = {key.shown: key.action for key in KEYS} | {name: key.action for key in KEYS for name in key.keys}
LEFT_OUT = ("other_picture", "save_picture", "faster", "slower")


def converse(session: Session, lines: Iterable[str], write: Callable[[str], None]) -> None:
    """Answers each line until one says q, or there are no more.

    Args:
        session: What is driven.
        lines: What is typed.
        write: Where answers go, a line each.
    """
    setup = session.run.setup
    settings = ", ".join(setup.settings.values())
    write(f"{setup.name}: {setup.model}, {settings}, learning rate {short(session.run.rate, 6)}.")
    write(state(session))
    write(WELCOME)
    for line in lines:
        _answer(session, line.split(), write)
        if session.finished:
            return


def _answer(session: Session, words: list[str], write: Callable[[str], None]) -> None:
    word, rest = (words[0], words[1:]) if words else ("n", [])
    action = ACTIONS.get(word, "")
    if word in ("lr", "l"):
        session.typing = " ".join(rest)
        session.typed("enter", None)
    elif action == "show_help":
        for key in KEYS:
            if key.about and key.action not in LEFT_OUT:
                write(f"{key.shown}: {key.about}")
        return
    elif not action or action in LEFT_OUT:
        session.say(f"There is no key '{word}'. ? lists them.")
    elif action in ("step", "epoch") and rest and rest[0].isdecimal():
        for _ in range(min(int(rest[0]), MOST) - 1):
            _act(session, action, write)
            write(state(session))
        _act(session, action, write)
    else:
        _act(session, "converge" if action == "toggle" else action, write)
    _closing(session, write)


def _act(session: Session, action: str, write: Callable[[str], None]) -> None:
    session.do(action)
    _run(session, write)


def _closing(session: Session, write: Callable[[str], None]) -> None:
    """What was said, and where the run stands now."""
    if session.finished:
        return
    if said := session.line():
        write(said)
    write(state(session))


def _run(session: Session, write: Callable[[str], None]) -> None:
    """Runs to the goal, telling the first steps each, then fewer and fewer."""
    begun = session.run.now.number
    told = stride = 1
    while session.running:
        session.advance()
        done = session.run.now.number - begun
        while done >= FIRST * stride:
            stride *= RARER
        if session.running and done >= told:
            write(state(session))
            told = done + stride


def state(session: Session) -> str:
    """Where the run stands, in words."""
    run = session.run
    record, scene = run.known(), run.setup.scene
    parts = [f"step {run.now.number}"]
    if isinstance(scene, Line):
        raw = scene.raw(run.now.parameters).tolist()
        parts += [f"{name} {short(value, 6)}" for name, value in zip(scene.names, raw, strict=True)][:12]
        parts.append(f"{run.setup.loss_name} {short(float(record.loss), 6)}")
    else:
        parts.append(f"epoch {run.now.epoch}")
        parts.append(f"loss {short(float(record.loss) * scene.loss_unit)}")
        if record.validation_loss is not None:
            parts.append(f"validation loss {short(float(record.validation_loss) * scene.loss_unit)}")
        parts += [f"{name.replace('_', ' ')} {value:.3f}" for name, value in record.metrics.items()]
    return ", ".join([*parts, f"learning rate {short(run.rate, 6)}"])
