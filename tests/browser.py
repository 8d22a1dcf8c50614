"""A real browser for tests: headless Chromium, driven through chromedriver by the W3C WebDriver protocol.

`python tests/browser.py URL FILE [KEYS]` saves a picture of a page, 1280 x 800, after these keys.
"""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
PATIENCE = 30
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
]
ESCAPE = re.compile(
    r"\x1b\[(?P<private>[<=>?]?)(?P<numbers>[\d;]*)[ -/]*(?P<final>[@-~])"  # a control sequence
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # a title, and the like
    r"|\x1b[ -/]*[0-~]"
    r"|(?P<printed>.)",
    re.DOTALL,
)
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
    """A browser with one page; gone at the end, with all its processes and files.

    Args:
        width: Of the page, in pixels.
        height: The same.
    """

    def __init__(self, width=1280, height=800):
        self._metrics = {"width": width, "height": height}
        self._events = []
        self._screen = (0, [])

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
            self._base = f"http://127.0.0.1:{stack.enter_context(driver(home))}"
            chromium = {
                "binary": shutil.which("chromium"),
                "args": [*FLAGS, f"--user-data-dir={home}/profile"],
                "prefs": {"session": {"restore_on_startup": 4, "startup_urls": ["about:blank"]}},  # else its own page
            }
            wanted = {"goog:chromeOptions": chromium, "goog:loggingPrefs": {"performance": "ALL"}}
            opened = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
            self._base += f"/session/{opened['sessionId']}"
            stack.callback(self._ask, "DELETE", "")
            self._metrics |= {"deviceScaleFactor": 1, "mobile": False}
            self._command("Emulation.setDeviceMetricsOverride", self._metrics)
            self._downloads = Path(home) / "downloads"
            self._command("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(self._downloads)})
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def get(self, url):
        """Opens a page and waits until it has loaded."""
        self._ask("POST", "/url", {"url": url})

    def resize(self, width, height):
        """Makes the window another size."""
        self._command("Emulation.setDeviceMetricsOverride", self._metrics | {"width": width, "height": height})

    def downloaded(self, name):
        """Waits for a download, and gives its text."""
        end = time.monotonic() + PATIENCE
        while not (file := self._downloads / name).exists():
            assert time.monotonic() < end, f"no {name}"
            time.sleep(0.05)
        return file.read_text(encoding="utf-8")

    def keys(self, text):
        """Presses these keys, one after the other."""
        presses = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": presses}]})

    def execute(self, script, *arguments):
        """What a piece of JavaScript returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": arguments})

    def screenshot(self):
        """The page as a PNG."""
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def requests(self):
        """The addresses asked for so far, by the page and by its websockets."""
        logged = self._logged()
        asked = [params["request"]["url"] for method, params in logged if method == "Network.requestWillBeSent"]
        return asked + [params["url"] for method, params in logged if method == "Network.webSocketCreated"]

    def screen(self):
        """The lines that a terminal shows of what came over the websocket opened last."""
        events = self._logged()
        if len(events) > self._screen[0]:  # else nothing has come since
            self._screen = len(events), self._drawn(events)
        return self._screen[1]

    def _drawn(self, events):
        frames = []
        for method, params in events:
            if method == "Network.webSocketCreated":
                frames = []
            elif method == "Network.webSocketFrameReceived" and params["response"]["opcode"] == 2:
                frames.append(base64.b64decode(params["response"]["payloadData"]))
        return screen(b"".join(frames).decode(errors="replace"))

    def until(self, *words):
        """Waits until the screen holds all these words, and gives its lines."""
        end = time.monotonic() + PATIENCE
        while not all(word in "\n".join(shown := self.screen()) for word in words):
            assert time.monotonic() < end, "\n".join([f"no {words} on the screen:", *shown])
            time.sleep(0.05)
        return shown

    def wait(self, script):
        """Waits until a piece of JavaScript returns something true."""
        end = time.monotonic() + PATIENCE
        while not self.execute(script):
            assert time.monotonic() < end, script
            time.sleep(0.05)

    def _command(self, name, params):
        """A command of the DevTools protocol."""
        self._ask("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    def _logged(self):
        """The page's own events so far; the log gives each of them once."""
        for entry in self._ask("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            self._events.append((message["method"], message["params"]))
        return self._events

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self._base + path, data, headers, method=method)  # noqa: S310 - http, and ours
        with DIRECT.open(request, timeout=PATIENCE) as answer:
            return json.load(answer)["value"]


@contextlib.contextmanager
def driver(home):
    """chromedriver in a process group of its own, which ends with it; gives its port."""
    environ = os.environ | {"HOME": home, "TMPDIR": home, "XDG_CONFIG_HOME": home, "XDG_CACHE_HOME": home}
    quiet = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(
        ["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True, env=environ, start_new_session=True, **quiet
    )
    try:
        told = (re.search(r"started successfully on port (\d+)", line) for line in running.stdout)
        yield next(found[1] for found in told if found)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait(PATIENCE)
        running.stdout.close()


def screen(text, width=400, height=200):
    """The lines a terminal shows of a text with escapes: what is printed, and where; colours are left out.

    >>> screen("one\\x1b[2;3Htwo\\x1b[H\\x1b[31mO")
    ['One', '  two']
    """
    cells = [[" "] * width for _ in range(height)]
    row = column = 0
    for found in ESCAPE.finditer(text):
        printed, final = found["printed"], found["final"]
        if printed == "\n":
            row += 1
        elif printed == "\r":
            column = 0
        elif printed and printed >= " ":
            cells[row][column] = printed
            column += 1
        elif final == "H":
            down, _, right = found["numbers"].partition(";")
            row, column = int(down or 1) - 1, int(right or 1) - 1
    return "\n".join("".join(line).rstrip() for line in cells).rstrip("\n").split("\n")


def main(url, file, keys=""):
    """Saves a picture of a page, after some keys, once nothing moves on it."""
    with Browser() as browser:
        browser.get(url)
        settled(browser)
        for key in keys:
            browser.keys(key)
            settled(browser)
        Path(file).write_bytes(browser.screenshot())


def settled(browser, pause=0.5):
    """Waits until something is shown, and as much as half a second later; at most as long as patience lasts."""
    end, before = time.monotonic() + PATIENCE, [""]
    while (shown := browser.screen()) != before or shown == [""]:
        assert time.monotonic() < end, "it does not come to rest"
        before = shown
        time.sleep(pause)


if __name__ == "__main__":
    main(*sys.argv[1:])
