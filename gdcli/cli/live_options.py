"""The options of `gdcli live` that other commands do not have."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from gdcli.cli.options import LANG, option

PORT = 8000
HOST = "127.0.0.1"


class LiveOptions(NamedTuple):
    """Where it is shown, and what is written down of it."""

    race: Annotated[
        str | None, option("--race", metavar="NAME,...|OPTION=V,...", help="Several optimizers or rates, a lane each.")
    ] = None
    record: Annotated[
        str | None, option("--record", metavar="FILE.jsonl", help="Write down what happens, to be played back.")
    ] = None
    replay: Annotated[
        str | None, option("--replay", metavar="FILE.jsonl", help="Play a recording back: nothing is trained.")
    ] = None
    save: Annotated[
        str | None, option("--save", metavar="FILE.html", help="With --replay: the recording as a page that plays it.")
    ] = None
    web: Annotated[bool, option("--web", help="Serve it to a browser on this machine. Needs the extra [web].")] = False
    port: Annotated[int, option("--port", accepts="whole", metavar="N", help="For --web; 0 = any. [8000]")] = PORT
    host: Annotated[str | None, option("--host", metavar="ADDRESS", help="For --web. [127.0.0.1]")] = None
    sessions: Annotated[
        int, option("--sessions", accepts="count", metavar="N", help="For --web: pages open at once. [10]")
    ] = 10
    plain: Annotated[
        bool, option("--plain", help="One line a step, keys read as words: for a screen reader, or a pipe.")
    ] = False
    lang: Annotated[str | None, LANG] = None
    quiet: Annotated[bool, option("--quiet", "-q", help="No notes on stderr.")] = False
    color: Annotated[str, option("--color", metavar="auto|always|never", help="[auto]")] = "auto"
    debug: Annotated[bool, option("--debug", help="Show a traceback with an error.")] = False
