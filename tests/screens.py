"""Commands on real pseudo-terminals of a size: a process that has the program loaded forks for each of them."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import unicodedata
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07]*\x07|(\r)|(\n)|([^\x1b\r\n])")


@dataclass(frozen=True)
class Shown:
    """What a command left on a terminal: its lines from the first to the last, and its exit code."""

    code: int
    lines: list[str]
    raw: str

    @property
    def text(self):
        return "\n".join(self.lines)


class Screens:
    """Starts the process that forks; one for all tests of a module."""

    def __init__(self, folder):
        threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        environ = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environ | threads | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
        )

    def show(self, *arguments, columns=80, rows=24, environ=None, interrupt=None):
        """Runs the program; `interrupt` presses Ctrl-C when that text has been seen."""
        words = [str(word) for word in arguments]
        asked = {"arguments": words, "size": (rows, columns), "environ": environ or {}, "interrupt": interrupt}
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        found = json.loads(self._process.stdout.readline())
        return Shown(found["code"], screen_lines(found["text"], columns), found["text"])

    def close(self):
        self._process.communicate()


def screen_lines(text, width):
    """The lines that a terminal of a width shows of what was written to it, however far it has scrolled."""
    lines, row, column = [[]], 0, 0
    for token in TOKEN.finditer(text):
        number, letter, carriage, newline, char = token.groups()
        if carriage:
            column = 0
        elif newline:
            row, column = row + 1, 0
        elif letter == "A":
            row = max(0, row - int(number or 1))
        elif letter == "K":
            lines[row] = lines[row][:column] if number in ("", "0") else []
        elif char:
            if column >= width:
                row, column = row + 1, 0
            lines += [[] for _ in range(row + 1 - len(lines))]
            lines[row] += [" "] * (column + 1 - len(lines[row]))
            lines[row][column] = char
            column += 1 + (unicodedata.east_asian_width(char) in "WF")
        lines += [[] for _ in range(row + 1 - len(lines))]
    shown = ["".join(line).rstrip() for line in lines]
    return shown[:-1] if shown and not shown[-1] else shown


def _serve():
    """Answers each line of standard input: runs it on a terminal of its own."""
    import gdcli.cli.app as app
    import gdcli.render.charts.plots  # noqa: F401 - what each would load
    from gdcli.cli.boundary import run
    from gdcli.cli.terminal import Terminal

    for name in ("fit", "train", "sweep", "surface"):
        app.load(name)
    for line in sys.stdin:
        asked = json.loads(line)
        pid, terminal = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", *asked["size"], 0, 0))
            os.environ.update(asked["environ"])
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
            os._exit(_finished(run, asked["arguments"], Terminal.system()))
        code, text = _read(pid, terminal, asked["interrupt"])
        sys.stdout.write(f"{json.dumps({'code': code, 'text': text})}\n")
        sys.stdout.flush()


def _finished(run, arguments, terminal):
    try:
        return run(arguments, terminal)
    except BaseException as error:  # noqa: BLE001 - a child never returns to the parent's loop
        sys.stderr.write(f"escaped: {error!r}\n")
        return 99
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _read(pid, terminal, interrupt):
    """All that the child writes, and its exit code."""
    data = b""
    while select.select([terminal], [], [], 120)[0]:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other side is closed
            break
        data += part
        if not part:
            break
        if interrupt and interrupt.encode() in data:
            os.kill(pid, signal.SIGINT)
            interrupt = None
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), data.decode("utf-8", "replace")


if __name__ == "__main__":
    _serve()
