"""Keys typed into the playground: a sitting without a screen, drawn after each of them."""

from __future__ import annotations

from random import Random

from gdcli.cli.terminal import Terminal
from gdcli.render.screen import Screen

from .case import Case
from .stock import Stock

USUAL = ("n", "space", "e", "b", "o", "m", "up", "down", "f", "c", "x", "r", "s", "d", "z", "l")
TYPED = (*"0123456789.eE-+", "enter", "enter", "escape", "backspace", "a")
STARTS = (
    ("rows.csv", "--x", "x1"),
    ("rows.csv",),
    ("rows.csv", "--degree", "3", "--lr", "3"),
    ("classes.csv", "--hidden", "3"),
    ("classes.csv", "--validation", "0.25", "--patience", "2"),
    ("sample:line",),
    ("sample:moons", "--hidden", "3"),
    (),
)
MORE = (
    *(["--lr", "1e200"], ["--lr", "1e-200"], ["--batch-size", "2"], ["--optimizer", "adam"], ["--scale", "minmax"]),
    *(["--schedule", "cosine", "--epochs", "3"], ["--l2", "0.1"], ["--at", "2:optimizer=adam"]),
    *(["--race", "sgd,adam"], ["--race", "batch-size=1,full"]),
)
SIZES = ("80x24", "120x40", "100x30", "40x12", "20x5", "200x60")


def case(rng: Random, stock: Stock) -> Case:
    """A sitting."""
    from gdcli.live.app import ACTIONS

    words = list(rng.choice(STARTS))
    if rng.random() < 0.3:
        words += rng.choice(MORE)
    keys, known = [rng.choice(SIZES)], [*ACTIONS]
    for _ in range(rng.randrange(1, 12)):
        kind = rng.random()
        keys.append(rng.choice(USUAL if kind < 0.5 else known if kind < 0.9 else (*TYPED, "click", "resize", "?")))
        if keys[-1] == "l":
            keys += [rng.choice(TYPED) for _ in range(rng.randrange(6))]
    keys = [key for key in keys if ACTIONS.get(key) not in ("quit", "save_picture")]
    wanted = {name: content for name, content in stock.files.items() if name.endswith(".csv")}
    return Case("keys", ("@keys", *words), wanted, keys=tuple(keys), environ=rng.choice(({}, {"TERM": "dumb"})))


def press(case: Case, terminal: Terminal) -> int:
    """Presses the keys, as the application would, and draws the screen after each."""
    from gdcli.cli.app import load
    from gdcli.cli.commands.live import origin_of, parsed
    from gdcli.live.race import Race
    from gdcli.live.race_setup import lane_factories
    from gdcli.live.scenes import Scenes
    from gdcli.live.session_factory import SessionFactory

    context = load("live").make_context("live", list(case.argv[1:]))
    origin = origin_of(context)
    race = case.argv[case.argv.index("--race") + 1] if "--race" in case.argv else None
    session = Race(lane_factories(race, SessionFactory.from_origin(origin, parsed), origin.given))
    scenes, (width, height) = Scenes(), map(int, case.keys[0].split("x"))
    unicode = case.environ.get("TERM") != "dumb"
    for key in case.keys[1:]:
        _one(session, key, width)
        page = scenes.draw(session, width, height, Screen(width, height, unicode=unicode))
        lines = page.lines()
        if len(lines) != height or max(map(len, lines)) > width:
            raise AssertionError(f"a page of {max(map(len, lines))} x {len(lines)} on {width} x {height}")
        terminal.stdout.write("\n".join(lines) + "\n")
    return 0


def _one(session: object, key: str, width: int) -> None:
    """What the application does with a key."""
    from gdcli.live.app import ACTIONS
    from gdcli.live.session import Session

    assert isinstance(session, Session)
    if key == "click":
        session.restart_from(0.5, -0.5) if hasattr(session.run.setup.scene, "landscape") else None
    elif session.help:
        session.help = 0
    elif session.typing is not None:
        session.typed(key, key if len(key) == 1 else None)
    elif ACTIONS.get(key) == "projector":
        session.switch_projector(width)
    elif action := ACTIONS.get(key):
        session.do(action)
        for _ in range(60):
            if not session.running:
                break
            session.advance()
        session.running and session.stop()
