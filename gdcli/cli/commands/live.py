"""`gdcli live`: the playground, on the terminal, line by line, or in a browser."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, TextIO

import typer

from gdcli.cli.grouping import grouped
from gdcli.cli.lecture import DATA, START
from gdcli.cli.live_bench import LiveBench
from gdcli.cli.live_options import HOST, LiveOptions
from gdcli.cli.live_scene import Origin, recommended
from gdcli.cli.options import (
    DataOptions,
    EpochOptions,
    LineOptions,
    LoopOptions,
    LossOptions,
    NetworkOptions,
    OptimizerOptions,
    RateOptions,
    StopOptions,
)
from gdcli.cli.output import reject_together
from gdcli.cli.terminal import Terminal
from gdcli.data.samples import samples
from gdcli.errors import INTERRUPTED, DataError, OptionError
from gdcli.live.recording import Recorder, read_recording
from gdcli.live.replay import Replay
from gdcli.live.scenes import LEAST, TooSmall
from gdcli.live.session import Session
from gdcli.render.screen import Screen, plain

DRIVER = "TEXTUAL_DRIVER"  # set where a browser stands behind standard output


@grouped
def command(
    context: typer.Context,
    data: DataOptions,
    line: LineOptions,
    network: NetworkOptions,
    rate: RateOptions,
    loop: LoopOptions,
    passes: EpochOptions,
    optimizer: OptimizerOptions,
    loss: LossOptions,
    stop: StopOptions,
    live: LiveOptions,
) -> None:
    """Step, run, rewind and race descent live, by keys, on the screen.

    A line with its loss surface, or a network with its decision regions. Takes every option of fit and train as the
    starting point. Without DATA it is the lecture's example.
    """
    del data, line, network, rate, loop, passes, optimizer, loss, stop  # the context has them all
    terminal: Terminal = context.obj.styled(live.color, live.quiet)
    reject_together({"--record": live.record, "--replay": live.replay})
    reject_together({"--plain": live.plain, "--web": live.web})
    if live.web:
        _serve(context, live, terminal)
        return
    reject_alone({"--port": "port", "--host": "host"}, context)
    if not live.plain:
        _check_screen(terminal)
    if live.replay is not None:
        _replay(context, live.replay, live, terminal)
        return
    piped = _piped(context, live, terminal)
    bench = LiveBench(_origin(context, piped), terminal, piped)
    _ = bench.setup  # what is wrong with it is said before the screen is taken
    with _recorder(live.record, bench.name) as recorder:
        session = Session(bench, recorder)
        interrupted = _converse(session, recorder, live, terminal)
    terminal.note(f"rerun: {session.rerun()}")
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def reject_alone(flags: dict[str, str], context: Any) -> None:
    """Refuses options that go with --web alone."""
    for flag, name in flags.items():
        if context.get_parameter_source(name).name == "COMMANDLINE":
            raise OptionError(f"{flag} goes with --web", f"add --web, or leave out {flag}")


# what is driven


def _piped(context: Any, live: LiveOptions, terminal: Terminal) -> bytes | None:
    """Rows that come in by standard input, if that is where they come from."""
    data = context.params["data"]
    keys = live.plain or DRIVER in terminal.environ  # standard input is where the keys come from
    if data == "-" and keys:
        raise OptionError("rows and keys cannot both come by standard input", "name a file")
    if data == "-" or (data is None and not keys and terminal.piped_in()):
        return terminal.stdin.read() if terminal.stdin is not None else b""
    return None


def _origin(context: Any, piped: bytes | None) -> Origin:
    """The command line, with what stands in for what was not given."""
    origin = Origin.of(context)
    name = origin.options["data"]
    if piped is not None:
        return origin.changed(data="-")
    if name is None:
        return _lecture(origin)
    plain = origin.given == {"data"} and name in [f"sample:{sample.name}" for sample in samples()]
    return recommended(name, origin) if plain else origin


def _lecture(origin: Origin) -> Origin:
    """The lecture's example, from the lecture's start unless another is given."""
    if origin.options["start"] is None and origin.options["degree"] == 1 and not origin.options["no_intercept"]:
        given = {name: origin.options[name] for name in START if origin.options[name] is not None}
        return origin.changed(data=DATA, **START | given)
    return origin.changed(data=DATA)


@contextmanager
def _recorder(name: str | None, data: str) -> Iterator[Recorder | None]:
    """Writes down what happens, if that is asked for."""
    if name is None:
        yield None
        return
    path = Path(name)
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(f"{name}: there is no folder '{path.parent}' to write a file in", "make it first")
    if path.exists() and Path(data).exists() and path.samefile(data):
        raise OptionError(f"--record: {name} is the data", "record in another file")
    with path.open("w", encoding="utf-8") as file:
        yield Recorder(file, perf_counter, name)


def _replay(context: Any, name: str, live: LiveOptions, terminal: Terminal) -> None:
    """Plays a recording back."""
    for option in sorted(Origin.of(context).given):
        flag = "DATA" if option == "data" else f"--{option.replace('_', '-')}"
        raise OptionError(f"--replay: {flag} cannot change what was recorded", f"leave out {flag}")
    if not Path(name).is_file():
        what = "is a folder" if Path(name).is_dir() else "no such file"
        raise DataError(f"{name}: {what}", "make one with gdcli live --record FILE.jsonl")
    with Path(name).open(encoding="utf-8", errors="replace") as file:
        entries = read_recording(file, name)
    session = Replay(entries, lambda saved: LiveBench.from_saved(saved, name, terminal))
    _converse(session, None, live, terminal)
    terminal.note(f"rerun: gdcli live --replay {shlex.quote(name)}")


# where it is shown


def _converse(session: Session, recorder: Recorder | None, live: LiveOptions, terminal: Terminal) -> bool:
    """Runs it, on the screen or line by line, and tells whether it was interrupted."""
    watcher = None if recorder is None else recorder.frame
    if live.plain:
        from gdcli.live.plain import converse

        screen = terminal.screen()
        converse(session, _lines(terminal), lambda text: _write(terminal.stdout, plain(text, screen)), watcher)
        return False
    from gdcli.live.app import LiveApp

    _take_keys(terminal)
    app = LiveApp(session, _screen(terminal), watcher)
    app.run()
    return app.interrupted


def _screen(terminal: Terminal) -> Screen:
    """What can be shown: on the terminal, or in a browser, which shows all unless colour is not wanted."""
    if DRIVER not in terminal.environ:
        return terminal.screen(terminal.stderr)
    wanted = terminal.color != "never" and not terminal.environ.get("NO_COLOR")
    return Screen(color=wanted or terminal.color == "always")


def _lines(terminal: Terminal) -> Iterator[str]:
    """What is typed, line by line."""
    while terminal.stdin is not None and (line := terminal.stdin.readline()):
        yield line.decode(errors="replace")


def _write(out: TextIO, text: str) -> None:
    out.write(text + "\n")
    out.flush()


def _check_screen(terminal: Terminal) -> None:
    """Refuses to draw where nobody sees it, or can press a key; keys come from the terminal even if rows do not."""
    if DRIVER in terminal.environ:
        return
    for stream, name in ((terminal.stdout, "output"), (terminal.stderr, "error")):  # Textual draws on the latter
        if not stream.isatty():
            raise OptionError(f"live needs a terminal, and standard {name} is none", "use --plain for one line a step")
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
        raise OptionError("live needs a terminal for its keys", "use --plain for one line a step") from None
    os.dup2(keys, sys.__stdin__.fileno())


def _serve(context: Any, live: LiveOptions, terminal: Terminal) -> None:
    """Serves the same command to a browser."""
    from gdcli.live.serving import serve

    if context.params["data"] == "-":
        raise OptionError("--web cannot read rows from standard input", "name a file")
    if live.replay is None:
        _ = LiveBench(_origin(context, None), terminal).setup  # what is wrong with it is said before it is served
    words = Origin.of(context).words()
    words += [word for flag in ("record", "replay") if (value := getattr(live, flag)) for word in (f"--{flag}", value)]
    child = [sys.executable, "-m", "gdcli", "live", *words]
    serve(child, host=live.host or HOST, port=live.port, title="gdcli live", notify=terminal.note)
