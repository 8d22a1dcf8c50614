"""The playground in a browser: what the server answers and refuses, that it ends well, and a real browser's view."""

import asyncio
import contextlib
import errno
import html
import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from ipaddress import ip_address
from pathlib import Path

import browser
import pytest
from conftest import PROGRAM, clean_environ

from gdcli.errors import GdcliError, OptionError
from gdcli.live.serving import serve
from gdcli.live.web.addresses import Endpoint
from gdcli.live.web.settings import Asked

PATIENCE = 120
LIVE = ["live", "--web", "--port", "0"]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("textual_serve") is None, reason="the optional extra [web] is not installed"
)
needs_browser = pytest.mark.skipif(bool(browser.MISSING), reason=f"not installed: {', '.join(browser.MISSING)}")

COUNTER = """
import os, pathlib, sys
from textual.app import App
from textual.widgets import Static

class Counter(App):
    BINDINGS = [("n", "more", "more"), ("q", "quit", "quit"), ("x", "fail", "fail")]
    count = 0

    def compose(self):
        yield Static("count = 0")

    def on_mount(self):
        pathlib.Path("pid").write_text(str(os.getpid()))

    def on_app_focus(self):
        self.screen.refresh()

    def action_more(self):
        self.count += 1
        self.query_one(Static).update(f"count = {self.count}")

    def action_fail(self):
        os._exit(3)

Counter().run()
"""
STUBBORN = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("pid").write_text(str(os.getpid()))
os.write(1, b"__GANGLION__\\nD\\0\\0\\0\\x09count = 0")
time.sleep(1000)
"""
SERVER = """
import sys
from types import SimpleNamespace
from gdcli.live.serving import serve
host, most, kept, command = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), [sys.executable, *sys.argv[4:]]
told = lambda line: print(line, file=sys.stderr, flush=True)
programs = SimpleNamespace(check=lambda asked: None, command=lambda asked: command, query=lambda settings: "")
serve(programs, host=host, port=0, title="<Count> & go", notify=told, most=most, kept=kept)
"""


class Served:
    """A server under way.

    Args:
        running: Its process.
        home: The folder it runs in.
    """

    def __init__(self, running, home):
        self.running, self.home = running, home
        self.note = running.stderr.readline()
        address = r"(http://(\S+):(\d+)(/[0-9a-f]{32}))/"
        found = re.fullmatch(f"(?:serving on|正在) {address}(?:, Ctrl-C ends it| 提供服務，Ctrl-C 結束)\n", self.note)
        assert found, self.note + running.stderr.read()
        self.url, self.port, self.token = found[1], int(found[3]), found[4]

    def ask(self, path, **headers):
        """Status, headers and text of what it answers to who knows the token."""
        return self.ask_from_outside(self.token + path, **headers)

    def ask_from_outside(self, path, **headers):
        """The same, without the token."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": f"127.0.0.1:{self.port}"} | headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")

    @property
    def child(self):
        """The process number of the program that runs in it."""
        return int((self.home / "pid").read_text())

    def ended(self, number=signal.SIGINT):
        """Ends it by a signal: its exit code, what it had printed, and what it told after where it is."""
        self.running.send_signal(number)
        out, err = self.running.stdout.read(), self.running.stderr.read()
        return self.running.wait(PATIENCE), out, err


class Page:
    """A page's websocket, without a browser.

    Args:
        served: The server.
        token: What its address begins with; the right one unless given.
        query: Settings of its address, and the session that it goes on with.
        headers: Instead of those that a browser sends.
    """

    def __init__(self, served, token=None, query="", **headers):
        own = f"127.0.0.1:{served.port}"
        sent = {"Host": own, "Origin": f"http://{own}", "Connection": "Upgrade", "Upgrade": "websocket"} | headers
        sent |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "A" * 22 + "=="}
        path = (served.token if token is None else token) + f"/ws?width=120&height=40{query}"
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items() if value)]
        self.socket = socket.create_connection(("127.0.0.1", served.port), timeout=PATIENCE)
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.seen = self.socket.recv(65536)
        self.status = int(self.seen.split()[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def says(self, *message):
        """Sends a message, with a mask of zeros."""
        text = json.dumps(message).encode()
        assert len(text) < 126
        self.socket.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)

    def until(self, words):
        """Reads until these words come."""
        while words.encode() not in self.seen:
            piece = self.socket.recv(65536)
            assert piece, self.seen
            self.seen += piece

    @property
    def session(self):
        """The session that it shows."""
        self.until('["session", "')
        return re.search(rb'\["session", "(\w{32})"\]', self.seen)[1].decode()

    def rest(self):
        """Reads until the server hangs up."""
        while piece := self.socket.recv(65536):
            self.seen += piece
        return self.seen


@contextlib.contextmanager
def started(command, home):
    """A server that is gone at the end, whatever happens."""
    environ = clean_environ({"PYTHONDONTWRITEBYTECODE": "1"})
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    running = subprocess.Popen(command, cwd=home, env=environ, text=True, **pipes)
    try:
        yield Served(running, home)
    finally:
        if running.poll() is None:
            running.terminate()  # its programs end with it
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(PATIENCE)
        running.kill()
        running.wait()
        running.stdout.close()
        running.stderr.close()


@contextlib.contextmanager
def serving(home, program=COUNTER, host="127.0.0.1", most=50, kept=PATIENCE):
    """A server of a small program of our own, kept for so many seconds without its page."""
    (home / "program.py").write_text(program)
    with started(
        [sys.executable, "-W", "error", "-c", SERVER, host, str(most), str(kept), "program.py"], home
    ) as served:
        yield served


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("served"), kept=0) as served:
        yield served


@pytest.fixture(scope="module")
def keeping(tmp_path_factory):
    """The same, which keeps programs for pages that come again."""
    with serving(tmp_path_factory.mktemp("keeping")) as served:
        yield served


def alive(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def children(pid):
    """The processes that a process has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("no list of processes here")
    return [int(word) for word in listed.read_text().split()]


def running(pid):
    """Whether a process is there, and not only waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class TestPage:
    def test_it_is_there(self, served):
        status, headers, page = served.ask("/")
        assert status == 200
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert html.escape("<Count> & go") in page
        assert "<Count>" not in page
        assert re.search(r'class="textual-terminal"', page)

    def test_what_it_names_is_there_and_ours(self, served):
        _, _, page = served.ask("/")
        named = {*re.findall(r'(?:src|href)="([^"]*)"', page), *re.findall(r'url\("([^"]*)"\)', page)} - {"data:,"}
        assert len(named) >= 5
        for name in named:
            assert re.fullmatch(r"[\w/.-]+", name), "an address from here"
            assert served.ask(f"/{name}")[0] == 200, name

    @pytest.mark.parametrize("path", ["/", "/page.js", "/static/js/textual.js", "/static/css/xterm.css"])
    def test_nothing_from_elsewhere(self, served, path):
        _, _, text = served.ask(path)
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        assert not re.findall(r"(?:https?|wss?):?//\w[\w.-]*", code)
        assert not re.findall(r"@import|url\(\s*[\"']?(?:\w+:)?//", code)

    @pytest.mark.parametrize("path", ["/", "/page.js", "/static/js/textual.js", "/nothing"])
    def test_policy_keeps_it_here(self, served, path):
        _, headers, _ = served.ask(path)
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["connect-src"] == f"'self' ws://127.0.0.1:{served.port}"
        assert policy["frame-ancestors"] == "'none'"
        assert headers["X-Content-Type-Options"] == "nosniff"


class TestToken:
    @pytest.mark.parametrize("path", ["/", "/page.js", "/static/js/textual.js", "/ws", "/nothing", "//", "/%2f"])
    def test_without_it_nothing_is_there(self, served, path):
        for token in ("", "/" + "0" * 32, served.token[:-1], served.token + "0", f"/x{served.token}", "/%C3%A9"):
            status, headers, text = served.ask_from_outside(token + path)
            assert (status, "token" in text, served.token[1:] in text) == (403, True, False), (token, path)
            assert "Location" not in headers

    @pytest.mark.parametrize("token", ["", "/" + "0" * 32])
    def test_nor_the_websocket(self, served, token):
        with Page(served, token) as page:
            assert page.status == 403

    def test_it_is_another_each_time(self, served, tmp_path):
        with serving(tmp_path) as other:
            assert other.token != served.token
            with Page(other, served.token) as page:
                assert page.status == 403

    def test_no_answer_has_it(self, served):
        for path in ("/", "/page.js", "/nothing"):
            _, headers, text = served.ask(path)
            assert served.token[1:] not in text + str(headers)
            assert headers["Referrer-Policy"] == "no-referrer"


class TestSessions:
    def test_so_many_pages_at_once_and_no_more(self, tmp_path):
        with serving(tmp_path, most=3) as served, contextlib.ExitStack() as stack:
            pages = [stack.enter_context(Page(served)) for _ in range(3)]
            assert [page.status for page in pages] == [101] * 3
            pages[-1].until("count = 0")
            with Page(served) as page:
                assert page.status == 503
            status, _, text = served.ask("/room")
            assert (status, "3 pages are open already" in text, "--sessions" in text) == (503, True, True)
            with Page(served, query=f"&session={pages[0].session}") as page:
                assert page.status == 101, "it is no page more"
                page.until("count = 0")
            pages[-1].says("stdin", "q")
            pages[-1].rest()
            assert served.ask("/room")[0] == 204
            with Page(served) as page:
                page.until("count = 0")

    def test_a_page_that_is_loaded_again_goes_on(self, keeping):
        with Page(keeping) as page:
            page.until("count = 0")
            page.says("stdin", "n")
            page.until("count = 1")
            name = page.session
        before = children(keeping.running.pid)
        with Page(keeping, query=f"&session={name}") as page:
            page.until("count = 1")
            assert b"[?1049h" in page.seen, "the terminal is set up as for the first page"
            page.says("stdin", "n")
            page.until("count = 2")
        assert children(keeping.running.pid) == before

    def test_two_pages_share_none(self, keeping):
        with Page(keeping) as one, Page(keeping, query="&session=" + "0" * 32) as other:
            assert one.session != other.session
            with Page(keeping, query=f"&session={one.session}") as third:
                assert third.session == one.session
                assert b'["moved", ""]' in one.rest()

    def test_one_that_waits_makes_room_and_ends_with_the_server(self, tmp_path):
        with serving(tmp_path, most=1) as served:
            for _ in range(2):
                with Page(served) as page:
                    page.until("count = 0")
                end = os.times().elapsed + PATIENCE
                while served.ask("/room")[0] == 503:
                    assert os.times().elapsed < end
            [last] = children(served.running.pid)
            assert served.ended() == (0, "", "")
            assert not alive(last)


class TestAddress:
    @pytest.mark.parametrize(
        "query", ["ping=http://evil.example", "record=/tmp/a", "lr=<b>", "lr=1%0Agdcli", "data=/etc/passwd"]
    )
    @pytest.mark.parametrize("path", ["/", "/room"])
    def test_what_is_no_setting_is_one_line(self, served, path, query):
        status, headers, text = served.ask(f"{path}?{query}")
        assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
        assert re.fullmatch(r"[^\n]+\n", text)
        with Page(served, query=f"&{query}") as page:
            assert page.status == 400

    def test_it_opens_with_its_settings_and_follows_them(self, tmp_path):
        with started([*PROGRAM, *LIVE], tmp_path) as served:
            assert served.ask("/?optimizer=adm")[0] == 400
            with Page(served, query="&optimizer=momentum&lr=0.3") as page:
                page.until('["address", "lr=0.3&optimizer=momentum"]')
                page.says("stdin", "O")
                page.until('["address", "lr=0.3&optimizer=sgd"]')
                page.says("stdin", "v")
                page.until("gdcli-live-1.svg is among the browser's downloads.")
                assert b'["picture", {"name": "gdcli-live-1.svg", "text": "<svg' in page.seen
                page.says("stdin", "q")
                command = "rerun: gdcli fit sample:deck --m -1 --b 5 --lr 0.3 --seed 0 --epochs 0 --optimizer sgd"
                assert f'["ended", "{command}"]'.encode() in page.rest()
            assert served.ended() == (0, "", f"{command}\n")
        assert list(tmp_path.iterdir()) == []


class TestRecordings:
    def test_each_page_has_a_file_of_its_own(self, tmp_path):
        (tmp_path / "a-2.jsonl").write_text("mine")
        with started([*PROGRAM, *LIVE, "--record", "a.jsonl"], tmp_path) as served:
            with Page(served) as one, Page(served) as other:
                for page, keys in ((one, "n"), (other, "nn")):
                    page.until("MSE 2.5")
                    page.says("stdin", keys)
                    page.until("MSE 1.825")
                    page.says("stdin", "q")
                    page.rest()
            assert served.ended()[:2] == (0, "")
        assert (tmp_path / "a-2.jsonl").read_text() == "mine"
        steps = [
            [line["at"]["step"] for line in map(json.loads, (tmp_path / name).read_text().splitlines()) if "at" in line]
            for name in ("a.jsonl", "a-3.jsonl")
        ]
        assert sorted(path.name for path in tmp_path.glob("*.jsonl")) == ["a-2.jsonl", "a-3.jsonl", "a.jsonl"]
        assert [one[:2] for one in steps] == [[0, 1], [0, 1]]

    def test_a_file_that_cannot_be_is_said_before_it_is_served(self, gdcli, refused):
        refused(gdcli(*LIVE, "--record", "no/where.jsonl"), 3, "there is no folder 'no'")


class TestWhoMayAsk:
    @pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
    def test_names_of_this_machine_are_one(self, served, name):
        host = f"{name}:{served.port}"
        assert served.ask("/", Host=host)[0] == 200
        with Page(served, Host=host, Origin=f"http://localhost:{served.port}") as page:
            assert page.status == 101

    @pytest.mark.parametrize(
        "host", ["evil.example:{}", "evil.example", "127.0.0.1.evil.example:{}", "a@localhost", ""]
    )
    @pytest.mark.parametrize("path", ["/", "/page.js", "/ws", "/static/js/textual.js", "/nothing"])
    def test_no_other_name(self, served, host, path):
        status, _, text = served.ask(path, Host=host.format(served.port))
        assert (status, "evil" in text) == (403, False)

    @pytest.mark.parametrize(
        "origin", ["", "null", "http://evil.example", "http://127.0.0.1:1", "https://127.0.0.1:{}", "http://localhost"]
    )
    def test_no_other_pages_script(self, served, origin):
        with Page(served, Origin=origin.format(served.port)) as page:
            assert page.status == 403

    @pytest.mark.parametrize(
        ("host", "address", "good", "bad"),
        [
            ("localhost", "127.0.0.1", "localhost 127.0.0.1:9 [::1]:8000", "evil.example 10.0.0.1 [::2] ::1"),
            ("127.0.0.2", "127.0.0.2", "127.0.0.2 localhost:8000", "127.0.0.3"),
            (
                "host.example",
                "10.0.0.1",
                "host.example:8000 HOST.example 10.0.0.1",
                "localhost 10.0.0.2 host.example.org",
            ),
            ("0.0.0.0", "0.0.0.0", "10.0.0.1:8000 localhost [fe80::1]", "evil.example"),  # noqa: S104 - not opened
            ("::", "::", "[fe80::1]:8000 127.0.0.1", "evil.example"),
        ],
    )
    def test_names(self, host, address, good, bad):
        place = Endpoint(host, ip_address(address), 8000)
        assert all(place.is_host(name) for name in good.split())
        assert not any(place.is_host(name) for name in bad.split())


class TestProgram:
    def test_it_draws_and_takes_keys_until_it_ends(self, served):
        with Page(served) as page:
            page.until("count = 0")
            page.says("resize", {"width": 100, "height": 30})
            page.says("stdin", "n")
            page.until("count = 1")
            page.says("stdin", "q")
            page.rest()

    def test_each_page_has_its_own(self, served):
        with Page(served) as one, Page(served) as other:
            one.until("count = 0")
            one.says("stdin", "n")
            one.until("count = 1")
            other.until("count = 0")
            other.says("stdin", "q")
            assert b"count = 1" not in other.rest()

    @pytest.mark.parametrize(
        "message", [[], ["stdin", 5], ["resize", {}], ["resize", {"width": 10**9, "height": -1}], [[]]]
    )
    def test_nonsense_is_passed_over(self, served, message):
        with Page(served) as page:
            page.until("count = 0")
            page.says(*message)
            page.says("stdin", "n")
            page.until("count = 1")

    def test_one_that_dies_hangs_up(self, served):
        with Page(served) as page:
            page.until("count = 0")
            page.says("stdin", "x")
            page.rest()
        assert served.ask("/")[0] == 200


class TestEnd:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_programs_end_with_it(self, tmp_path, number):
        with serving(tmp_path) as served, Page(served) as page:
            page.until("count = 0")
            assert alive(served.child)
            assert served.ended(number) == (0, "", "")
            assert not alive(served.child)

    def test_one_that_will_not_end_is_killed(self, tmp_path):
        with serving(tmp_path, STUBBORN) as served, Page(served) as page:
            page.until("count = 0")
            assert served.ended() == (0, "", "")
            assert not alive(served.child)

    def test_a_closed_page_ends_its_program(self, tmp_path):
        with serving(tmp_path, kept=0) as served:
            with Page(served) as page:
                page.until("count = 0")
            pid = served.child
            end = os.times().elapsed + PATIENCE
            while alive(pid):
                assert os.times().elapsed < end
            assert served.ended() == (0, "", "")

    def test_programs_end_where_it_is_killed(self, tmp_path):
        with started([*PROGRAM, *LIVE, "--record", "a.jsonl"], tmp_path) as served, Page(served) as page:
            page.until("MSE 2.5")
            [child] = children(served.running.pid)
            page.says("stdin", "n")
            page.until("MSE 1.825")
            served.running.kill()
            assert served.running.wait(PATIENCE) == -signal.SIGKILL
            end = os.times().elapsed + PATIENCE
            while running(child):
                assert os.times().elapsed < end
            assert "Traceback" not in served.running.stderr.read()
        assert (tmp_path / "a.jsonl").read_text().endswith("}\n")

    def test_what_goes_wrong_in_it_is_said_on_stderr_and_in_the_page(self, tmp_path):
        with serving(tmp_path, "raise SystemExit('no such sample')") as served, Page(served) as page:
            assert b'["ended", "no such sample"]' in page.rest()
            assert served.ended() == (0, "", "no such sample\n")

    def test_a_program_that_ends_before_it_is_listened_to_has_ended(self):
        """On a busy machine a page was left without a word: the task that listens was called off before it began."""

        async def at_once():
            from textual_serve.download_manager import DownloadManager

            from gdcli.live.web.session import BrowserSession

            words = [sys.executable, "-c", "raise SystemExit('no such sample')"]
            ended = asyncio.Event()
            session = BrowserSession(words, {}, (80, 24), DownloadManager(), lambda _: None, lambda _: ended.set())
            await session._open_app_process()
            await session._process.wait()
            while not session._process.stdout.at_eof():
                await asyncio.sleep(0.01)
            session._task = asyncio.create_task(session.run())
            session._begun.set()
            await ended.wait()
            session._process._transport.close()  # before the loop is
            return session.last_words()

        assert asyncio.run(asyncio.wait_for(at_once(), PATIENCE)) == "no such sample"

    def test_a_page_that_comes_when_it_has_ended_is_told_too(self):
        class Socket:
            said = ()

            async def send_str(self, text):
                self.said = (*self.said, json.loads(text))

            async def send_bytes(self, drawn):
                pass

            async def close(self):
                self.said = (*self.said, "closed")

        async def late():
            from textual_serve.download_manager import DownloadManager

            from gdcli.live.web.session import BrowserSession

            words = [sys.executable, "-c", "raise SystemExit('no such sample')"]
            session = BrowserSession(words, {}, (80, 24), DownloadManager(), lambda _: None, lambda _: None)
            await session.start()
            await session.end()
            page = Socket()
            await session.attach(page, 80, 24)
            await session.take(["stdin", "n"])
            session._process._transport.close()  # before the loop is
            return page.said

        said = asyncio.run(asyncio.wait_for(late(), PATIENCE))
        assert said[-2:] == (["ended", "no such sample"], "closed")


class TestRefused:
    def call(self, **wrong):
        serve(None, **{"host": "127.0.0.1", "port": 0, "title": "", "notify": pytest.fail} | wrong)

    def test_without_the_extra(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "textual_serve.server", None)
        with pytest.raises(OptionError, match="--web needs textual-serve, which is not installed") as caught:
            self.call()
        assert caught.value.hint.startswith("pip install '.[web]'")

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(OptionError, match=f"--port: port {port} of 127.0.0.1 is in use"):
                self.call(port=port)

    @pytest.mark.parametrize("port", [-1, 65536, 10**9])
    def test_no_port(self, port):
        with pytest.raises(OptionError, match=f"--port: {port} is not a port"):
            self.call(port=port)

    @pytest.mark.parametrize("host", ["", "a..b", "no.such.host.invalid", "1.2.3.4.5", "a b"])
    def test_no_host(self, host, monkeypatch):
        def unknown(name, *_, **__):
            raise UnicodeError if ".." in name else socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", unknown)  # no question leaves the machine
        with pytest.raises(OptionError, match=f"--host: there is no host '{host}'"):
            self.call(host=host)

    @pytest.mark.parametrize(
        ("number", "kind", "words"),
        [
            (errno.EACCES, OptionError, "port 80 of 127.0.0.1 is not ours to open"),
            (errno.EADDRNOTAVAIL, OptionError, "127.0.0.1 is not an address of this machine"),
            (errno.ENOBUFS, GdcliError, "127.0.0.1, port 80: no buffer space available"),
        ],
    )
    def test_what_the_system_says(self, monkeypatch, number, kind, words):
        def failing(*_, **__):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(socket, "create_server", failing)
        with pytest.raises(kind, match=words):
            self.call(port=80)

    def test_who_can_reach_it_is_told(self, tmp_path):
        with serving(tmp_path, host="0.0.0.0") as served:  # noqa: S104 - for a moment, and with a program that counts
            assert served.url.startswith("http://127.0.0.1:")
            assert served.ask("/")[0] == 200
            assert served.ask("/", Host=f"evil.example:{served.port}")[0] == 403
            assert served.ask_from_outside("/")[0] == 403
            who = f"anyone who reads what passes between a browser and 0.0.0.0, port {served.port}"
            assert served.ended() == (0, "", f"warning: nothing is encrypted: {who} can use the program\n")


@needs_browser
class TestBrowser:
    @pytest.mark.long
    def test_in_chinese_the_page_and_its_program_are(self, tmp_path):
        with started([*PROGRAM, *LIVE, "--lang", "zh-TW"], tmp_path) as served, browser.Browser() as page:
            page.get(f"{served.url}/")
            page.until("sample:deck", "學習率", "停在起點")
            assert page.execute("return document.documentElement.lang") == "zh-TW"
            page.keys("q")
            page.wait("return document.body.classList.contains('-closed')")
            assert (
                page.execute("return document.getElementById('title').textContent")
                == "這一場已經結束。做同樣事情的指令："
            )

    def test_the_lecture(self, tmp_path):
        with started([*PROGRAM, *LIVE], tmp_path) as served, browser.Browser() as page:
            page.get(f"{served.url}/")
            page.until("sample:deck", "MSE 2.5")
            page.keys("n")
            page.until("m = -0.7", "b = 5.1", "MSE 1.825")
            asked = page.requests()
            assert {"/", "/page.js", "/static/js/textual.js"} <= {url.removeprefix(served.url) for url in asked}
            width, height = map(int, re.search(r"ws\?width=(\d+)&height=(\d+)", " ".join(asked)).groups())
            assert (120 <= width <= 160, 40 <= height <= 45) == (True, True)
            assert page.execute("return document.fonts.check('15px \"Roboto Mono\"')"), "the font is there"
            sizes = []
            for window in ((1500, 950), (900, 600)):
                page.resize(*window)
                page.wait("return Number(shown.terminal.options.fontSize) === fontSize()")
                sizes.append(page.execute("return [shown.terminal.cols, shown.terminal.rows, fontSize()]"))
            assert all(120 <= columns <= 160 and 36 <= rows <= 45 for columns, rows, _ in sizes), sizes
            assert sizes[0][2] > 1.5 * sizes[1][2], "letters follow the window"
            page.keys("o")
            page.wait("return location.search === '?lr=0.1&optimizer=momentum'")
            page.keys("n")
            page.until("step 2", "velocity")
            page.execute("location.reload()")
            page.until("step 2", "velocity", "MSE 1.7125")
            page.execute("location.search += '&fontsize=12'")
            page.until("step 2", "velocity", "MSE 1.7125")
            page.resize(800, 600)
            assert page.execute("return [shown.terminal.options.fontSize, fontSize()]") == ["12", 12]
            page.keys("v")
            assert page.downloaded("gdcli-live-1.svg").startswith("<svg")
            page.keys("q")
            page.wait("return document.querySelector('.ended').checkVisibility()")
            words = page.execute("return document.getElementById('words').textContent")
            assert words == "gdcli fit sample:deck --m -1 --b 5 --lr 0.1 --seed 0 --epochs 2 --at 2:optimizer=momentum"
            page.execute("document.getElementById('again').click()")
            page.until("Momentum", "MSE 2.5")
            own = re.compile(rf"(http|ws|blob:http)://127\.0\.0\.1:{served.port}/.*|(data|about):.*")
            assert [url for url in page.requests() if not own.fullmatch(url)] == []


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ((), []),
        (("sample:bmi", "--lr", ".5", "--start=-1,2"), ["sample:bmi", "--start=-1,2", "--lr", "0.5"]),
        (("--hidden", "8,4", "--no-shuffle"), ["--hidden", "8,4", "--no-shuffle"]),
        (("--record", "a b.jsonl", "--color", "never", "-q"), ["--record", "a b.jsonl", "--color", "never"]),
    ],
)
def test_the_page_runs_the_same_command(words, rest, gdcli, monkeypatch):
    commands = []
    monkeypatch.setattr("gdcli.live.serving.serve", lambda programs, **_: commands.append(programs.command(Asked())))
    result = gdcli("live", "--web", "--port", "0", "--host", "127.0.0.1", *words)
    assert result.code == 0, result.err
    assert commands == [[sys.executable, "-m", "gdcli", "live", *rest]]
