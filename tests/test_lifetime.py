"""One lifetime for a run: signals from its first line to its last, and files that are whole whatever happens."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import clean_environ

from gdcli.cli import boundary
from gdcli.data import atomic_write
from gdcli.data.atomic_write import replaced
from gdcli.data.undisturbed import undisturbed
from gdcli.errors import DataError

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGQUIT: 131}
PROGRAM = [sys.executable, "-W", "error", "-m", "gdcli"]
PATIENCE = 120
ROWS = "a,b,y\n" + "".join(f"{x % 7},{x % 11},{(x * x) % 13}\n" for x in range(400))
OLD = b"what was there before"

linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it is seen in /proc that signals are taken")


def started(words, folder, before=(), **streams):
    usual = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environ = clean_environ({"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary(folder))})
    return subprocess.Popen(
        [*before, *PROGRAM, *map(str, words)], cwd=folder, env=environ, preexec_fn=heeds_hang_ups, **usual | streams
    )


def temporary(folder):
    """Where a program's temporary files go, beside its folder."""
    place = folder.with_name(f"{folder.name}.tmp")
    place.mkdir(exist_ok=True)
    return place


def heeds_hang_ups():
    """A process whose parent ignores them, as under nohup, would ignore them too, which is as it should be."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def takes_signals(process, signs=tuple(CODES)):
    """Waits until the program takes these signals; before its first line has run they are the interpreter's."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        caught = Path(f"/proc/{process.pid}/status").read_text().partition("SigCgt:")[2].split()[0]
        if all(int(caught, 16) >> (sign - 1) & 1 for sign in signs):
            return
        time.sleep(0.001)


def ended(process):
    try:
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err.decode()
    finally:
        process.kill()


@linux
@pytest.mark.parametrize("sign", CODES, ids=lambda sign: sign.name)
@pytest.mark.parametrize("words", [["fit", "sample:bmi"], ["train", "sample:digits", "--hidden", "8"]], ids=" ".join)
def test_during_start_up(tmp_path, words, sign):
    run = started(words, tmp_path)
    takes_signals(run)
    run.send_signal(sign)
    assert ended(run) == (CODES[sign], b"", "")


@pytest.mark.parametrize("sign", CODES, ids=lambda sign: sign.name)
@pytest.mark.parametrize(
    "words",
    [
        *(["fit"], ["train"], ["limit"], ["step"], ["surface"], ["show"], ["predict", "m.safetensors"]),
        *(["sweep", "fit", "--lr", "1,2"], ["lr-find", "fit"], ["score", "--m", "1"], ["evaluate", "m.safetensors"]),
    ],
    ids=" ".join,
)
@pytest.mark.long
def test_while_reading_a_standard_input_that_says_nothing(gdcli, tmp_path, words, sign):
    save = ["--save", tmp_path / "m.safetensors"]
    assert gdcli("train", "sample:xor", "--epochs", 1, *save).code == 0
    run = started(words, tmp_path, stdin=subprocess.PIPE)
    run.stdin.write(b"x,y\n")
    run.stdin.flush()
    time.sleep(3)  # until it reads, or is still starting: both must do
    run.send_signal(sign)
    assert run.wait(PATIENCE) == CODES[sign]
    _, err = run.stdout.read(), run.stderr.read().decode()
    run.stdin.close()
    run.stdout.close()
    run.stderr.close()
    assert "Traceback" not in err


@linux
@pytest.mark.parametrize("sign", CODES, ids=lambda sign: sign.name)
def test_writing_to_a_reader_that_reads_nothing(tmp_path, sign):
    run = started(["fit", "sample:deck", "--lr", "1e-7", "--epochs", 100_000_000, "--format", "csv"], tmp_path)
    try:
        wait_until_blocked(run)
        run.send_signal(sign)
        assert run.wait(PATIENCE) == CODES[sign]
        assert "Traceback" not in run.stderr.read().decode()
    finally:
        run.kill()
        run.communicate()


def wait_until_blocked(run):
    """Until the process writes to a full pipe."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and "pipe_write" not in Path(f"/proc/{run.pid}/wchan").read_text():
        if Path(f"/proc/{run.pid}/stat").read_text().rpartition(")")[2].split()[0] == "S":
            time.sleep(1)  # a kernel that does not say what is waited for
            return
        time.sleep(0.05)


@linux
def test_nohup_is_respected(tmp_path):
    words = "fit sample:deck --lr 1e-7 --epochs 20000 --every 10000 --format json -o out.json"
    run = started(words.split(), tmp_path, before=["nohup"])
    takes_signals(run, [signal.SIGTERM])
    run.send_signal(signal.SIGHUP)
    code, _, err = ended(run)
    assert code == 0, err
    assert json.loads((tmp_path / "out.json").read_text())["status"] == "completed"


# at random moments


COMMANDS = {
    "fit": (["fit", "rows.csv", "--epochs", "2000", "--format", "json", "-o", "out"], "out"),
    "train": (
        ["train", "rows.csv", "--task", "regression", "--hidden", "8", "--epochs", "20", "--save", "out.safetensors"],
        "out.safetensors",
    ),
    "sweep": (["sweep", "fit", "rows.csv", "--lr", "0.001,0.002", "--epochs", "500", "-f", "json", "-o", "out"], "out"),
    "workers": (
        [
            *("sweep", "train", "rows.csv", "--task", "regression", "--hidden", "2;4", "--epochs", "5"),
            *("--workers", "2", "--format", "json", "-o", "out"),
        ],
        "out",
    ),
    "predict": (["predict", "model.safetensors", "rows.csv", "--format", "csv", "-o", "out"], "out"),
}


def bombarded(folder, name, moments, seed, signs):
    """Sends signals at random moments of a command's life, and holds what must be so after each."""
    words, target = COMMANDS[name]
    (folder / "rows.csv").write_text(long_rows() if name == "predict" else ROWS)
    model = ["--hidden", "4", "--epochs", "1", "--save", "model.safetensors", "--task", "regression"]
    code, _, err = ended(started(["train", "rows.csv", *model], folder))
    assert code == 0, err
    begun = time.monotonic()
    code, _, err = ended(started(words, folder))
    assert code == 0, err
    span, whole = time.monotonic() - begun, (folder / target).read_bytes()
    chosen, expected = random.Random(seed), {"rows.csv", "model.safetensors", target}  # noqa: S311 - reproducible
    counts = {}
    for _ in range(moments):
        sign = chosen.choice(signs)
        (folder / target).write_bytes(OLD)
        run = started(words, folder)
        takes_signals(run)
        time.sleep(chosen.uniform(0, span * 0.9))
        run.send_signal(sign)
        code, _, err = ended(run)
        content = (folder / target).read_bytes()
        counts[sign.name, code] = counts.get((sign.name, code), 0) + 1
        told = (name, sign, code, err)
        assert code in ({0, -9} if sign == signal.SIGKILL else {0, CODES[sign]}), told
        assert "Traceback" not in err, told
        assert "Exception ignored" not in err, told
        assert content in (OLD, whole) or is_whole(content, target), told
        left = {path.name for path in folder.iterdir()}
        left |= {path.name for path in temporary(folder).iterdir()}
        assert left == expected or sign == signal.SIGKILL, (told, left)
        for litter in left - expected:  # a killed process leaves it; the next one is to be blamed for its own
            (folder if (folder / litter).exists() else temporary(folder)).joinpath(litter).unlink()
    return counts


def long_rows():
    head, *rows = ROWS.splitlines()
    return "\n".join([head, *(rows * 100)]) + "\n"


def is_whole(content, target):
    """Whether a file is what an interrupted run writes: all of what was reached."""
    if target.endswith(".safetensors"):
        return int.from_bytes(content[:8], "little") < len(content)
    return "schema" in json.loads(content)


@linux
@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
def test_signals_at_random_moments(tmp_path, name):
    """No torn file, no litter, no traceback. Run as a script this file takes as many moments of each as it is told."""
    (tmp_path / "folder").mkdir()
    bombarded(tmp_path / "folder", name, 10, 0, list(CODES))


# files


@pytest.fixture(params=[True, False], ids=["unnamed", "named"])
def way(request, monkeypatch):
    """Files without a name until they are whole, and, where the system has none, with one."""
    if not request.param:
        monkeypatch.setattr(atomic_write, "UNNAMED", 0)
    elif not atomic_write.UNNAMED:
        pytest.skip("no files without a name on this system")
    return request.param


class Stop(BaseException):
    """What a signal raises."""


@pytest.fixture
def raising():
    """A handler that unwinds the stack."""

    def unwind(*_):
        raise Stop

    before = signal.signal(signal.SIGTERM, unwind)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("way")
class TestReplaced:
    def test_new_and_over_an_old_one_with_its_rights(self, tmp_path):
        path = tmp_path / "out"
        for text in ("one\n", "two\r\n"):
            with replaced(path) as file:
                file.write(text)
                assert not path.exists() or path.read_text() == "one\n"
            assert path.read_bytes() == text.encode()
            path.chmod(0o640)
        assert path.stat().st_mode & 0o777 == 0o640
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    def test_through_a_link(self, tmp_path):
        (tmp_path / "link").symlink_to("out")
        with replaced(tmp_path / "link", "wb") as file:
            file.write(b"1")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "out").read_bytes() == b"1"

    def test_a_name_as_long_as_names_may_be(self, tmp_path):
        path = tmp_path / ("n" * 255)
        with replaced(path) as file:
            file.write("1")
        assert path.read_text() == "1"

    @pytest.mark.usefixtures("raising")
    def test_an_error_leaves_what_was_there(self, tmp_path):
        path = tmp_path / "out"
        path.write_bytes(OLD)
        for error in (ValueError, KeyboardInterrupt, Stop):
            with pytest.raises(error), replaced(path) as file:
                file.write("new")
                raise error
            assert path.read_bytes() == OLD
        with pytest.raises(Stop), replaced(path) as file:
            file.write("new")
            signal.raise_signal(signal.SIGTERM)
        assert path.read_bytes() == OLD
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    @pytest.mark.usefixtures("raising")
    @pytest.mark.parametrize("call", ["link", "replace", "fsync", "unlink"])
    def test_a_signal_in_the_last_moments(self, tmp_path, monkeypatch, way, call):
        """It waits until the file is in its place, or nothing of it is left."""
        if call == "link" and not way:
            pytest.skip("nothing is linked")
        home = {"link": os, "fsync": os}.get(call, Path)
        real = getattr(home, call)

        def disturbed(*arguments, **options):
            signal.raise_signal(signal.SIGTERM)
            return real(*arguments, **options)

        monkeypatch.setattr(home, call, disturbed)
        path = tmp_path / "out"
        path.write_bytes(OLD)
        with pytest.raises((Stop, ValueError)), replaced(path) as file:
            file.write("new")
            if call == "unlink":
                raise ValueError
        assert path.read_bytes() in (OLD, b"new")
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    @pytest.mark.parametrize("call", ["link", "replace", "fsync"])
    def test_a_call_that_fails(self, tmp_path, monkeypatch, way, call):
        if call == "link" and not way:
            pytest.skip("nothing is linked")

        def failing(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr({"link": os, "fsync": os}.get(call, Path), call, failing)
        path = tmp_path / "out"
        path.write_bytes(OLD)
        with pytest.raises(DataError, match="no space left"), replaced(path) as file:
            file.write("new")
        assert path.read_bytes() == OLD
        assert [one.name for one in tmp_path.iterdir()] == ["out"]

    def test_bytes_are_on_the_disk_before_the_name_is(self, tmp_path, monkeypatch):
        calls = []
        for home, call in ((os, "fsync"), (Path, "replace")):
            real = getattr(home, call)
            monkeypatch.setattr(home, call, lambda *a, _real=real, _call=call: (calls.append(_call), _real(*a))[1])
        with replaced(tmp_path / "out") as file:
            file.write("1")
        assert calls == ["fsync", "replace"]

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(DataError, match="no such file or directory"), replaced(tmp_path / "no" / "out"):
            pass


@pytest.mark.usefixtures("raising")
def test_undisturbed_hears_a_signal_afterwards():
    said = []
    with pytest.raises(Stop), undisturbed():
        signal.raise_signal(signal.SIGTERM)
        said.append("all of it")
    assert said == ["all of it"]


ENDS = [(KeyboardInterrupt(), 130), (SystemExit(129), 129), (SystemExit(143), 143), (MemoryError(), 3)]


@pytest.mark.parametrize(("ends", "code"), ENDS, ids=repr)
def test_in_the_making_of_a_class(gdcli, monkeypatch, ends, code):
    """There Python 3.11 raises a RuntimeError in its place, which was called a bug."""

    class Field:
        def __set_name__(self, owner, name):
            raise ends

    def invoke(*_):
        return type("Objects", (), {"keys": Field()})

    monkeypatch.setattr(boundary, "_invoke", invoke)
    result = gdcli("fit")
    assert result.code == code
    assert "a bug" not in result.err


if __name__ == "__main__":
    import tempfile

    for each in sys.argv[2:] or COMMANDS:
        for sign in (*CODES, signal.SIGKILL):
            with tempfile.TemporaryDirectory() as place:
                (within := Path(place) / "folder").mkdir()
                counts = bombarded(within, each, int(sys.argv[1]), 1, [sign])
            codes = ", ".join(f"exit {code} {count} times" for (_, code), count in sorted(counts.items()))
            sys.stdout.write(f"{each}: {sign.name}: {codes}\n")
            sys.stdout.flush()
