"""`gdcli live`: the playground, on the terminal, line by line, or in a browser."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import typer

from gdcli.cli.boundary import context_of
from gdcli.cli.invoked import given_options, invocation, is_given
from gdcli.cli.lifetime import unwound
from gdcli.cli.live_options import HOST, LiveOptions
from gdcli.cli.running import note_all
from gdcli.cli.terminal import Terminal
from gdcli.data.files import STDIN, reading_errors
from gdcli.errors import OptionError
from gdcli.experiments.invocation import Invocation
from gdcli.experiments.shell import quoted
from gdcli.experiments.spec import (
    ChangeSpec,
    DataSpec,
    EpochSpec,
    LineSpec,
    LoopSpec,
    LossSpec,
    NetworkSpec,
    OptimizerSpec,
    RateSpec,
    StopSpec,
    reject_together,
)
from gdcli.live.configuration import Origin
from gdcli.live.lecture import check_lecture, save_lecture
from gdcli.live.race import Race
from gdcli.live.race_setup import check_race, lane_factories
from gdcli.live.recording import Recorder
from gdcli.live.recording_files import check_record, recorded, recorder_to
from gdcli.live.replay import Replay
from gdcli.live.scenes import LEAST, TooSmall
from gdcli.live.session import Session
from gdcli.live.session_factory import SessionFactory
from gdcli.render.screen import Screen, plain
from gdcli.said import say

DRIVER = "TEXTUAL_DRIVER"  # set where a browser stands behind standard output


def command(
    context: typer.Context,
    data: DataSpec,
    line: LineSpec,
    network: NetworkSpec,
    rate: RateSpec,
    loop: LoopSpec,
    passes: EpochSpec,
    optimizer: OptimizerSpec,
    loss: LossSpec,
    stop: StopSpec,
    changes: ChangeSpec,
    live: LiveOptions,
) -> None:
    """Step, run, rewind and race descent live, by keys, on the screen.

    A line with its loss surface, or a network with its decision regions. Takes every option of fit and train as the
    starting point. Without DATA it is the lecture's example.
    """
    del data, line, network, rate, loop, passes, optimizer, loss, stop, changes  # the context has them all
    terminal: Terminal = context.obj.styled(live.color, live.quiet)
    reject_together({"--record": live.record, "--replay": live.replay})
    reject_together({"--plain": live.plain, "--web": live.web, "--save": live.save})
    origin = origin_of(context)
    origin.refuse_endings()
    check_race(live.race, live.record, live.replay)
    if live.web:
        _serve(invocation(context, origin.source), origin, live, terminal)
        return
    _refuse_without_web(context)
    if live.save is not None:
        check_lecture(live.save, live.replay)
    elif not live.plain:
        _check_screen(terminal)
    if live.replay is not None:
        _replay(origin, live.replay, live, terminal)
        return
    check_record(live.record, str(origin.source))
    piped = _piped(origin, live, terminal)
    factory = SessionFactory.from_origin(origin if piped is None else origin._replace(source="-"), parsed, piped)
    lanes = lane_factories(live.race, factory, origin.given)  # what is wrong is said before the screen is taken
    note_all([*dict.fromkeys(factory.notes)], terminal)
    with unwound(), recorder_to(live.record) as recorder:
        session = Race(lanes, recorder)
        signum = _converse(session, recorder, live, terminal)
    note_all([f"rerun: {one}" for one in session.reruns()], terminal)
    if signum:
        raise typer.Exit(128 + signum)


def origin_of(context: Any) -> Origin:
    """The options of `fit` and `train` that were given."""
    own = LiveOptions._fields
    given = {name: value for name, value in given_options(context).items() if name not in own}
    return Origin(context.params["source"], given)


def parsed(words: Sequence[str]) -> Origin:
    """The options among the words that follow `gdcli live`.

    Raises:
        OptionError: If they are no command line.
    """
    return origin_of(context_of("live", words))


def _refuse_without_web(context: Any) -> None:
    """Refuses options that go with --web alone."""
    for name in ("port", "host", "sessions"):
        if is_given(context, name):
            raise OptionError(
                say("--{name} goes with --web", name=name), say("add --web, or leave out --{name}", name=name)
            )


# what is driven


def _piped(origin: Origin, live: LiveOptions, terminal: Terminal) -> bytes | None:
    """Rows that come in by standard input, if that is where they come from."""
    source = origin.source
    keys = live.plain or DRIVER in terminal.environ  # standard input is where the keys come from
    if source == "-" and keys:
        raise OptionError(say("rows and keys cannot both come by standard input"), say("name a file"))
    if source == "-" or (source is None and not keys and terminal.piped_in()):
        return terminal.stdin.read() if terminal.stdin is not None else b""
    return None


def _replay(origin: Origin, name: str, live: LiveOptions, terminal: Terminal) -> None:
    """Plays a recording back."""
    flags = ["DATA"] * (origin.source is not None) + [f"--{one.replace('_', '-')}" for one in sorted(origin.given)]
    for flag in flags:
        raise OptionError(
            say("--replay: {flag} cannot change what was recorded", flag=flag), say("leave out {flag}", flag=flag)
        )
    session = Replay(recorded(name), lambda saved: SessionFactory.from_saved(saved, name, parsed))
    if live.save is not None:
        with unwound():
            save_lecture(session, live.save, name, terminal.speak)
        terminal.note(f"rerun: gdcli live --replay {quoted(name)} --save {quoted(live.save)}")
        return
    with unwound():
        signum = _converse(session, None, live, terminal)
    terminal.note(f"rerun: gdcli live --replay {quoted(name)}")
    if signum:
        raise typer.Exit(128 + signum)


# where it is shown


def _converse(session: Session, recorder: Recorder | None, live: LiveOptions, terminal: Terminal) -> int:
    """Runs it, on the screen or line by line, and gives the signal that ended it; 0 for none."""
    watcher = None if recorder is None else recorder.frame
    if live.plain:
        from gdcli.live.plain import converse

        screen = terminal.screen()
        converse(
            session, _lines(terminal), lambda text: _write(terminal.stdout, plain(text, screen)), watcher, screen.speak
        )
        return 0
    from gdcli.live.web.page_app import app_in

    _take_keys(terminal)
    app = app_in(terminal.environ)(session, _screen(terminal), watcher)
    app.run()
    return app.ended_by


def _screen(terminal: Terminal) -> Screen:
    """What can be shown: on the terminal, or in a browser, which shows all unless colour is not wanted."""
    if DRIVER not in terminal.environ:
        return terminal.screen(terminal.stderr)
    wanted = terminal.color != "never" and not terminal.environ.get("NO_COLOR")
    return Screen(color=wanted or terminal.color == "always", speak=terminal.speak)


def _lines(terminal: Terminal) -> Iterator[str]:
    """What is typed, line by line."""
    with reading_errors(STDIN):
        while terminal.stdin is not None and (line := terminal.stdin.readline()):
            yield line.decode(errors="replace")


def _write(out: TextIO, text: str) -> None:
    out.write(text + "\n")
    out.flush()


def _check_screen(terminal: Terminal) -> None:
    """Refuses to draw where nobody sees it, or can press a key; keys come from the terminal even if rows do not."""
    if DRIVER in terminal.environ:
        return
    for stream, name in (
        (terminal.stdout, say("output")),
        (terminal.stderr, say("error")),
    ):  # Textual draws on the latter
        if not stream.isatty():
            raise OptionError(
                say("live needs a terminal, and standard {name} is none", name=name),
                say("use --plain for one line a step"),
            )
    screen = os.get_terminal_size(terminal.stdout.fileno())
    if screen.columns < LEAST[0] or screen.lines < LEAST[1]:
        raise OptionError(TooSmall(screen.columns, screen.lines).message())


def _take_keys(terminal: Terminal) -> None:
    """Where standard input is no terminal (rows came by it, or nothing does), keys come from the terminal itself."""
    if DRIVER in terminal.environ or sys.__stdin__ is None or sys.__stdin__.isatty():
        return
    try:
        keys = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        raise OptionError(say("live needs a terminal for its keys"), say("use --plain for one line a step")) from None
    os.dup2(keys, sys.__stdin__.fileno())


def _serve(again: Invocation, origin: Origin, live: LiveOptions, terminal: Terminal) -> None:
    """Serves the same command to a browser."""
    from gdcli.live.serving import serve
    from gdcli.live.web.programs import ServedCommand

    if origin.source == "-":
        raise OptionError(say("--web cannot read rows from standard input"), say("name a file"))
    again = again.with_options(web=None, port=None, host=None, sessions=None)
    programs = ServedCommand([sys.executable, "-m", "gdcli"], again, origin, parsed)
    check_record(live.record, str(origin.source))
    host, most = live.host or HOST, live.sessions
    serve(
        programs, host=host, port=live.port, title="gdcli live", notify=terminal.note, most=most, speak=terminal.speak
    )
