"""The playground as it is on a screen: by Textual's own driver for tests, and once in a real pseudo-terminal."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pytest
from live_sessions import NETWORK, session

from gdcli.live.app import LiveApp
from gdcli.live.numerals import numerals
from gdcli.live.replay import Replay
from gdcli.live.session import Session
from gdcli.render.charts.axes import compact
from gdcli.render.screen import Screen

DRAWN = re.compile(
    rb"\x1b\[[0-9;?<>=$]*[a-zA-Z~]|\x1b[()][A-Z0-9]|\x1b[=>78]|\x1bP.*?\x1b\\|\x1b\].*?(?:\x07|\x1b\\)", re.DOTALL
)


def shown(app):
    """What is on the screen, as one text."""
    return "\n".join(app.stage.page.lines())


def piloted(script, *words, size=(120, 40), screen=None):
    """Runs a coroutine with the application and its pilot."""

    async def run():
        app = LiveApp(session(*words), screen or Screen(*size))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await script(app, pilot)

    asyncio.run(run())


async def typed(pilot, text):
    """Types a learning rate."""
    await pilot.press("l", *text, "enter")


async def settled(app, pilot):
    """Waits until nothing runs."""
    for _ in range(400):
        if not app.session.running:
            break
        await asyncio.sleep(0.02)
    assert not app.session.running
    await pilot.pause()


def test_it_is_paused_at_the_start_and_says_what_to_press():
    async def script(app, pilot):
        await pilot.pause(0.2)
        assert app.session.run.now.number == 0
        text = shown(app)
        assert "m = -1  b = 5  MSE 2.5" in text
        assert "n for one step" in text
        assert "2/L 0.2918" in text
        for word in ("run", "step", "epoch", "back", "reset", "rate", "keys", "quit"):
            assert word in text.splitlines()[-1]

    piloted(script)


@pytest.mark.quick
def test_one_step_shows_the_lectures_numbers():
    async def script(app, pilot):
        await pilot.press("n")
        text = shown(app)
        assert "m = -0.7  b = 5.1  MSE 1.825" in text
        assert "dMSE/dm = 5m + 3b - 13  =  5(-1) + 3(5) - 13  =  -3" in text
        assert "dMSE/db = 3m + 2b - 8   =  3(-1) + 2(5) - 8   =  -1" in text

    piloted(script)


def test_a_rate_of_two_overshoots_and_back_returns_the_exact_numbers():
    async def script(app, pilot):
        before = app.session.run.now.parameters.copy()
        await typed(pilot, "2")
        assert "the next steps will grow" in shown(app)
        await pilot.press("n")
        text = shown(app)
        assert "m = 5  b = 7  MSE 112.5" in text
        assert "overshoot" in text.lower()
        await pilot.press("b")
        assert "m = -1  b = 5  MSE 2.5" in shown(app)
        assert (app.session.run.now.parameters == before).all()
        await typed(pilot, "0.1")
        await pilot.press("n")
        assert app.session.run.now.parameters.tolist() == [-0.7, 5.1]

    piloted(script)


def test_a_divergence_freezes_and_one_key_goes_back_before_it():
    async def script(app, pilot):
        await typed(pilot, "0.3")
        await pilot.press("f")
        await settled(app, pilot)
        text = shown(app)
        assert "Diverged" in text
        assert "z goes back" in text
        where = app.session.run.now.number
        await pilot.press("n", "space")
        assert app.session.run.now.number == where
        await pilot.press("z")
        assert app.session.run.now.number == 4, "the lowest loss at 0.3 is after four steps"
        assert "MSE 2.33" in shown(app)

    piloted(script)


def test_it_runs_between_frames_and_pauses():
    async def script(app, pilot):
        await pilot.press("space")
        frames = app.frames
        async with asyncio.timeout(60):
            while app.session.run.now.number <= 3 or app.frames <= frames + 2:
                await asyncio.sleep(0.05)
        await pilot.press("space")
        number = app.session.run.now.number
        await asyncio.sleep(0.2)
        assert app.session.run.now.number == number

    piloted(script)


def test_an_epoch_of_a_network_is_all_its_batches():
    async def script(app, pilot):
        await pilot.press("e")
        await settled(app, pilot)
        assert app.session.run.now.epoch == 1
        assert app.session.run.now.number == app.session.run.setup.steps_per_epoch > 1
        text = shown(app)
        for word in ("decision regions", "network", "accuracy", "validation", "|grad|"):
            assert word in text

    piloted(script, "sample:moons", "--hidden", "4", "--validation", "0.2")


def test_the_mouse_turns_the_dial_sets_the_start_and_presses_keys():
    async def script(app, pilot):
        area = app.scenes.dial_area
        await pilot.click(offset=(area.left + area.width - 1, area.top + 1))
        assert app.session.run.rate == 10
        step = next(area for area, action in app.scenes.footer if action == "step")
        await pilot.click(offset=(step.left + 1, step.top))
        assert app.session.run.now.number == 1
        inside = app.scenes.surface.point_at(20, 20)
        await pilot.click(offset=(20, 20))
        assert app.session.run.now.number == 0
        assert tuple(app.session.run.now.parameters) == inside

    piloted(script)


def test_help_shows_the_keys_and_any_key_leaves():
    async def script(app, pilot):
        await pilot.press("question_mark")
        assert "one lane more" in shown(app)
        await pilot.press("x")
        assert "one lane more" not in shown(app)
        assert app.session.run.now.number == 0

    piloted(script)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (200, 60)])
@pytest.mark.parametrize("words", [(), ("sample:circles", "--hidden", "3")], ids=["line", "network"])
def test_any_size_down_to_60_by_20_shows_the_numbers(size, words):
    async def script(app, pilot):
        await pilot.press("n")
        text = shown(app)
        assert "step 1" in text
        figure = numerals(compact(app.session.run.known().loss, 4), 1, app.stage.page.screen)
        assert all(line in text for line in figure) if size[0] < 90 else "MSE 1.825" in text or "loss 0." in text
        assert all(len(line) <= size[0] for line in text.splitlines())

    piloted(script, *words, size=size)


def test_a_smaller_one_is_told_so_and_is_fine_again_when_it_grows():
    async def script(app, pilot):
        await pilot.resize_terminal(50, 15)
        await pilot.pause()
        assert "needs 60 x 20" in " ".join(shown(app).split())
        await pilot.resize_terminal(100, 30)
        await pilot.pause()
        assert "MSE 2.5" in shown(app)

    piloted(script)


def test_without_colour_no_cell_has_one():
    async def script(app, pilot):
        await pilot.press("n")
        page = app.stage.page
        assert (page.front == -1).all()
        assert (page.back == -1).all()
        assert "m = -0.7" in shown(app)

    piloted(script, screen=Screen(color=False))


def test_without_unicode_all_is_ascii():
    async def script(app, pilot):
        await pilot.press("n")
        assert shown(app).isascii()

    piloted(script, screen=Screen(unicode=False, color=False))


def test_a_picture_of_the_screen_asks_nobody_for_anything(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def script(_, pilot):
        await pilot.press("n", "v")
        text = (tmp_path / "gdcli-live-1.svg").read_text(encoding="utf-8")
        assert "1.825" in text.replace("&#160;", " ")
        assert "url(http" not in text.replace("'", "").replace('"', "")
        assert "@font-face" not in text
        await pilot.press("v")
        assert (tmp_path / "gdcli-live-2.svg").exists(), "an earlier picture is never written over"

    piloted(script)


def test_what_the_person_sees_of_a_race():
    async def script(app, pilot):
        await pilot.press(*"nnn")
        await pilot.press("c")
        assert app.session.run.now.number == 0
        await typed(pilot, "0.28")
        await pilot.press(*"nn")
        assert "> 2 SGD lr 0.28" in shown(app)
        assert "lane 2 of 2" in shown(app)
        await pilot.press("7", *"nn")
        assert "> 2 Adam lr 0.28" in shown(app)
        await pilot.press("j")
        assert "> 1 SGD lr 0.1" in shown(app)
        await pilot.press("C")
        assert "lane" not in shown(app).split("\n")[0]
        assert app.session.run.now.number == 4

    piloted(script)


def test_ctrl_c_ends_it_whatever_is_going_on():
    async def script(app, pilot):
        await pilot.press("l", "0", "ctrl+c")
        assert app.session.finished
        assert app.ended_by == signal.SIGINT

    piloted(script)


def test_a_click_leaves_the_typing():
    async def script(app, pilot):
        await pilot.press("l", "5")
        await pilot.click(offset=(app.scenes.dial_area.left, app.scenes.dial_area.top + 1))
        assert app.session.typing is None
        assert app.session.run.rate == 1e-5

    piloted(script)


def test_a_screen_too_small_has_nothing_to_click():
    async def script(app, pilot):
        await pilot.resize_terminal(50, 15)
        await pilot.pause()
        await pilot.click(offset=(5, 2))
        assert app.session.run.rate == 0.1

    piloted(script)


def test_quitting_ends_the_application():
    async def script(app, pilot):
        await pilot.press("n", "q")
        await pilot.pause(0.1)
        assert not app.is_running or app.session.finished

    piloted(script)


# a real terminal


class Terminal:
    """A process in a pseudo-terminal of 120 x 40."""

    def __init__(self, *words, stdin=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gdcli", "live", *words],
            stdin=slave if stdin is None else stdin,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(1, termios.TIOCSCTTY, 0),  # the terminal is its own, for /dev/tty
        )
        os.close(slave)
        self.seen = b""

    def press(self, keys):
        """Writes keys."""
        os.write(self.master, keys.encode())

    def until(self, text, seconds=20):
        """Reads until a text is written, and forgets what came before."""
        end = time.monotonic() + seconds
        while text not in (plain := DRAWN.sub(b"", self.seen).decode(errors="replace")):
            assert time.monotonic() < end, f"{text!r} was not written: {plain[-1500:]}"
            self._read()
        self.seen = b""

    def end(self, seconds=10):
        """Reads to the end: the last words and the exit code."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "it did not end"
            self._read()
        self._read()
        os.close(self.master)
        return DRAWN.sub(b"", self.seen).decode(errors="replace"), self.process.returncode

    def _read(self):
        if select.select([self.master], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # the other side has gone
                self.seen += os.read(self.master, 65536)


@pytest.fixture
def in_terminal():
    """Starts processes in pseudo-terminals, and lets none stay."""
    made = []

    def start(*words, **options):
        made.append(Terminal(*words, **options))
        return made[-1]

    yield start
    for terminal in made:
        if terminal.process.poll() is None:
            terminal.process.kill()
            terminal.process.wait()


def test_in_a_real_terminal(in_terminal):
    terminal = in_terminal()
    terminal.until("Paused at the start")
    terminal.press("n")
    terminal.until("1.825")
    terminal.press("l2\r")
    terminal.until("the next steps will grow")
    terminal.press("n")
    terminal.until("vershoot")
    terminal.press("b")
    terminal.until("Back at step 1")
    terminal.press("q")
    told, code = terminal.end()
    assert code == 0
    assert "rerun: gdcli fit sample:deck --m -1 --b 5 --lr 0.1 --seed 0 --epochs 1" in told
    assert "Traceback" not in told


def test_rows_by_a_pipe_and_keys_by_the_terminal(in_terminal, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("x,y\n1,3\n2,5\n", encoding="utf-8")
    with rows.open("rb") as file:
        terminal = in_terminal(stdin=file)
        terminal.until("Paused at the start")
        terminal.press("n")
        terminal.until("step 1")
        terminal.press("q")
        told, code = terminal.end()
    assert code == 0
    assert "rerun: gdcli fit - --lr 0.1" in told


def test_a_recording_plays_back_the_same_screen(in_terminal, tmp_path):
    file = tmp_path / "lecture.jsonl"
    terminal = in_terminal("--record", str(file))
    terminal.until("Paused at the start")
    terminal.press("n")
    terminal.until("1.825")
    terminal.press("q")
    assert terminal.end()[1] == 0
    again = in_terminal("--replay", str(file))
    again.until("A recording")
    again.press("n")
    again.until("The end of the recording")
    again.press("q")
    told, code = again.end()
    assert code == 0
    assert f"rerun: gdcli live --replay {file}" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_being_told_to_end_leaves_the_terminal_as_it_was_and_tells_the_command(in_terminal, number):
    terminal = in_terminal()
    terminal.until("Paused at the start")
    terminal.press("n")
    terminal.until("1.825")
    terminal.process.send_signal(number)
    told, code = terminal.end()
    assert code == 128 + number
    assert "rerun: gdcli fit" in told


def test_ctrl_c_is_an_interruption(in_terminal):
    terminal = in_terminal()
    terminal.until("Paused at the start")
    terminal.press("\x03")
    told, code = terminal.end()
    assert code == 130
    assert "rerun: gdcli fit" in told


def test_a_replay_is_a_session_for_the_application():
    assert issubclass(Replay, Session)


def test_a_weight_says_its_value_where_the_mouse_is():
    async def script(app, pilot):
        area = app.scenes._diagram._layout.area
        frames, seen = app.frames, set()
        for row in range(area.top, area.top + area.height - 3, 2):
            await pilot.hover(offset=(area.left + 10, row))
            seen |= {line for line in shown(app).splitlines() if "  from x" in line}
        assert seen
        assert app.frames < frames + area.height  # no frame where nothing else is pointed at
        await pilot.hover(offset=(0, 0))
        assert "weights + -" in shown(app)

    piloted(script, *NETWORK)
