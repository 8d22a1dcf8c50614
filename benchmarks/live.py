"""What the playground costs: CPU a frame, frames a second, training beside them, the time to answer a key, memory.

    pip install .
    python benchmarks/live.py            a minute
    python benchmarks/live.py --long 600 memory over so many seconds instead of 20

The application runs in a pseudo-terminal of 120 x 40 with its real driver; everything it writes is read, as a terminal
would. A frame's CPU is what the process spends with frames beyond what it spends without. Training is compared with
the same loop without a screen, both in the same process, in turns.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import pty
import resource
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

WIDTH, HEIGHT = 120, 40
SCENES = {"line": [], "network": ["sample:spiral"]}
THREADS = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
FRAMES, ROUNDS, SECONDS = 200, 3, 3.0
FULL, IDLE = "frames a second at full speed", "frames a second at 100 steps"
NEEDED = {FULL: 15.0, IDLE: 25.0, "training beside the screen, %": 65.0, "key to answer, ms": 50.0}


# in the pseudo-terminal


def session(words):
    """A session as the command makes it."""
    from gdcli.cli.commands.live import parsed
    from gdcli.live.session import Session
    from gdcli.live.session_factory import SessionFactory

    return Session(SessionFactory.from_origin(parsed(words), parsed))


def application(words, measure):
    """The application, which measures itself once it is there and then ends."""
    from gdcli.live.app import LiveApp
    from gdcli.render.screen import Screen

    class Measured(LiveApp):
        def on_ready(self):
            self.run_worker(self._measured())

        async def _measured(self):
            await asyncio.sleep(0.5)
            self.result = await measure(self)
            self.session.finished = True

    app = Measured(session(words), Screen(WIDTH, HEIGHT))
    app.run()
    return app.result


async def frames(app):
    """Milliseconds of CPU a frame: each with one step more, so that all of it that moves has moved."""

    async def spent(draw):
        begun = time.process_time()
        for _ in range(FRAMES):
            app.session.run.advance()
            if draw:
                app.draw()
            await asyncio.sleep(0.03)
        return time.process_time() - begun

    return (await spent(True) - await spent(False)) / FRAMES * 1e3


def frames_a_second(fast):
    """Frames shown in a second, as it draws them by itself."""

    async def measure(app):
        session = app.session
        session.speed = len(session.speeds) - 1 if fast else session.speeds.index(100.0)
        session.start()
        await asyncio.sleep(1)
        before, begun = app.frames, time.perf_counter()
        await asyncio.sleep(SECONDS)
        return (app.frames - before) / (time.perf_counter() - begun)

    return measure


async def share(app):
    """Steps made beside the screen, in percent of those made without one."""
    from gdcli.live.run import LiveRun
    from gdcli.training.loop import descend
    from gdcli.training.records import Step

    def without():
        setup = app.session.run.setup
        stream = descend(
            setup.problem,
            setup.optimizer,
            learning_rate=setup.schedule,
            epochs=10**9,
            start=setup.start,
            batch_size=setup.batch_size,
            seed=setup.seed,
        )
        until, made = time.perf_counter() + SECONDS, 0
        for record in stream:
            made += isinstance(record, Step)
            if time.perf_counter() > until:
                return made
        raise AssertionError("it never ends")

    app.session.speed = len(app.session.speeds) - 1
    found = []
    for _ in range(ROUNDS):
        alone = without()
        app.session.run = LiveRun(app.session.factory.setup)
        before, begun = app.session.run.now.number, time.perf_counter()
        app.session.start()
        await asyncio.sleep(SECONDS)
        made = app.session.run.now.number - before
        found.append(100 * made / (time.perf_counter() - begun) / (alone / SECONDS))
        app.session.stop()
    return statistics.median(found)


def measured_memory(seconds):
    """Megabytes more after so many seconds of running than after five."""

    def used():
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20

    async def measure(app):
        app.session.speed = len(app.session.speeds) - 1
        app.session.start()
        await asyncio.sleep(5)
        before = used()
        await asyncio.sleep(seconds)
        steps = app.session.run.now.number
        return [used() - before, used(), steps]

    return measure


# outside


def in_terminal(*words):
    """Runs this file's own measurement in a pseudo-terminal, and reads what it found."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as found:
        process, master = started([sys.executable, __file__, "--inside", found.name, *words])
        drained(master, process)
        return json.load(found)


def started(command):
    """A process in a new pseudo-terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    environment = os.environ | THREADS | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True
    )
    os.close(slave)
    return process, master


def drained(master, process):
    """Reads all that is written until the process ends."""
    last = b""
    while process.poll() is None:
        if select.select([master], [], [], 0.1)[0]:
            try:
                last = (last + os.read(master, 65536))[-2000:]
            except OSError:
                break
    process.wait()
    os.close(master)
    if process.returncode:
        sys.exit(last.decode(errors="replace"))


def answered(words):
    """Milliseconds from a key to its answer on the screen, while it trains as fast as it can: median and worst."""
    process, master = started([sys.executable, "-m", "gdcli", "live", *words])
    until(master, b"paused")
    for key in b">>>>>> ":
        os.write(master, bytes([key]))
        time.sleep(0.3)
    times = []
    for round_ in range(30):
        rate = 0.001 * (1 + round_ / 100)
        drain(master, 0.2)
        os.write(master, b"l" + f"{rate:.5f}".encode())
        time.sleep(0.2)
        drain(master, 0.1)
        begun = time.perf_counter()
        os.write(master, b"\r")
        until(master, f"learning rate {rate:.4g}".encode())
        times.append((time.perf_counter() - begun) * 1e3)
    os.write(master, b"q")
    drained(master, process)
    return [statistics.median(times), max(times)]


def until(master, text):
    """Reads until something is written."""
    seen, end = b"", time.perf_counter() + 20
    while text not in seen:
        if time.perf_counter() > end:
            sys.exit(f"{text!r} was never written; the last was {seen[-500:]!r}")
        if select.select([master], [], [], 0.5)[0]:
            seen += os.read(master, 65536)


def drain(master, seconds):
    """Reads what is written for some time."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if select.select([master], [], [], 0.02)[0]:
            os.read(master, 65536)


def inside(path, what, scene, seconds):
    """Measures, in the pseudo-terminal."""
    measure = {
        "frames": frames,
        "full": frames_a_second(True),
        "idle": frames_a_second(False),
        "share": share,
        "memory": measured_memory(float(seconds)),
    }[what]
    Path(path).write_text(json.dumps(application(SCENES[scene], measure)), encoding="utf-8")


def row(name, scene, value, wanted=""):
    """A line of the table."""
    print(f"{name:32} {scene:8} {value:>10} {wanted:>12}")


def main():
    """Prints the table; exits 1 if a figure is not what it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--long", type=float, default=20.0)
    parser.add_argument("--inside", nargs=4)
    arguments = parser.parse_args()
    if arguments.inside:
        inside(*arguments.inside)
        return
    good = True
    row("", "scene", "measured", "needed")
    for scene in SCENES:
        cost = in_terminal("frames", scene, "0")
        row("frame, ms of CPU", scene, f"{cost:.1f}")
    for what, name in (("full", FULL), ("idle", IDLE)):
        for scene in SCENES:
            rate = in_terminal(what, scene, "0")
            row(name, scene, f"{rate:.1f}", f"{NEEDED[name]:g} or more")
            good &= rate >= NEEDED[name]
    for scene in SCENES:
        part = in_terminal("share", scene, "0")
        row("training beside the screen, %", scene, f"{part:.0f}", "65 or more")
        good &= part >= NEEDED["training beside the screen, %"]
    middle, worst = answered(SCENES["network"])
    row("key to answer, ms", "network", f"{middle:.0f}", "50 or less")
    row("  the slowest of 30", "network", f"{worst:.0f}")
    good &= middle <= NEEDED["key to answer, ms"]
    for scene in SCENES:
        more, all_, steps = in_terminal("memory", scene, str(arguments.long))
        row(f"MB more after {arguments.long:g} s", scene, f"{more:.1f}", "no growth")
        row(f"  MB in all, {steps:,} steps", scene, f"{all_:.0f}")
    sys.exit(not good)


if __name__ == "__main__":
    main()
