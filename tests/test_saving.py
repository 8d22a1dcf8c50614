"""Files that a run leaves do not depend on its screen, and nothing is called saved that is not."""

import errno
import io
import json
from pathlib import Path

import pytest

from gdcli.cli.boundary import run
from gdcli.cli.terminal import Terminal
from gdcli.data.atomic_write import replaced
from gdcli.errors import DataError
from gdcli.experiments.saving import Lasting, Saving

COMMANDS = {
    "fit": ["fit", "--epochs", "40", "--every", "10"],
    "train": ["train", "sample:xor", "--hidden", "2", "--epochs", "4", "--lr", "0.1"],
}
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


class Failing(io.StringIO):
    """A screen that takes so many writes, then none."""

    def __init__(self, writes, error):
        super().__init__()
        self.left, self.error = writes, error

    def write(self, text):
        if not self.left:
            raise self.error
        self.left -= 1
        return super().write(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)


def ran(words, out):
    err = io.StringIO()
    return run([str(word) for word in words], Terminal(None, out, err, {})), err.getvalue()


def saved(command, folder, out, more=()):
    files = folder / "model.safetensors", folder / "picture.svg"
    code, err = ran([*COMMANDS[command], *[word for file in files for word in ("--save", file)], *more], out)
    return code, err, [file.read_bytes() for file in files]


@pytest.mark.quick
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("writes", [0, 2, 7, 9])
class TestAScreenThatFails:
    """After no line, within the rows, and within the summary."""

    def test_a_reader_that_has_gone(self, tmp_path, command, writes):
        _, _, wanted = saved(command, tmp_path, io.StringIO())
        code, err, files = saved(command, tmp_path, Failing(writes, BrokenPipeError(errno.EPIPE, "Broken pipe")))
        assert (code, files) == (0, wanted)
        assert "gdcli:" not in err

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_a_full_disk(self, tmp_path, command, writes, form):
        more = ["--format", form]
        _, _, wanted = saved(command, tmp_path, io.StringIO(), more)
        out = Failing(min(writes, 2 * (form == "csv")), OSError(errno.ENOSPC, "No space left on device"))
        code, err, files = saved(command, tmp_path, out, more)
        assert (code, files) == (3, wanted)
        assert "no space left" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_a_real_pipe_closed_early(process, tmp_path, command):
    model = tmp_path / "m.safetensors"
    done = process(*COMMANDS[command], "--save", model, script='set -o pipefail; "$@" | head -1')
    assert done.code == 0, done.err
    assert len(done.out.splitlines()) == 1
    assert process("predict", model, "sample:deck" if command == "fit" else "sample:xor").code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_saved_before_anything_is_said_of_it(tmp_path, command):
    model, seen = tmp_path / "m.safetensors", []

    class Watched(io.StringIO):
        def write(self, text):
            seen.append((text, model.exists()))
            return super().write(text)

        def writelines(self, lines):
            for line in lines:
                self.write(line)

    assert ran([*COMMANDS[command], "--save", model], Watched())[0] == 0
    said = [there for text, there in seen if text.startswith((" fitted", " optimum", " kept", " train", " saved"))]
    assert said
    assert all(said)


@full
@pytest.mark.parametrize("command", COMMANDS)
class TestAFileThatCannotBeWritten:
    def test_the_summary_is_shown_and_does_not_say_saved(self, tmp_path, command):
        model = tmp_path / "m.safetensors"
        model.symlink_to("/dev/full")
        shown, failed = io.StringIO(), io.StringIO()
        assert ran(COMMANDS[command], shown)[0] == 0
        code, err = ran([*COMMANDS[command], "--save", model], failed)
        summaries = [out.getvalue().partition("\n\n")[2] for out in (shown, failed)]
        assert summaries[0] == summaries[1] != ""
        assert code == 3
        lines = err.splitlines()
        assert lines[-2:] == [f"gdcli: {model}: no space left on device", "  choose another place to write"]
        assert any(line.startswith("rerun: ") for line in lines[:-2])

    def test_nobody_looks_either(self, tmp_path, command):
        """An error of the file is told where one of the screen would be passed over."""
        model = tmp_path / "m.safetensors"
        model.symlink_to("/dev/full")
        out = Failing(1, BrokenPipeError(errno.EPIPE, "Broken pipe"))
        code, err = ran([*COMMANDS[command], "--save", model], out)
        assert code == 3
        assert f"gdcli: {model}: no space left on device" in err

    def test_results_that_go_into_a_file_are_there(self, tmp_path, command):
        model, out = tmp_path / "m.safetensors", tmp_path / "out.json"
        model.symlink_to("/dev/full")
        code, _ = ran([*COMMANDS[command], "--save", model, "-f", "json", "-o", out], io.StringIO())
        assert code == 3
        assert json.loads(out.read_text()).get("model") is None


@full
def test_a_result_that_cannot_be_written_leaves_the_model(tmp_path):
    model = tmp_path / "m.safetensors"
    code, err = ran([*COMMANDS["train"], "--save", model, "-f", "json", "-o", "/dev/full"], io.StringIO())
    assert code == 3
    assert "/dev/full: no space left" in err
    assert model.exists()


def test_a_run_that_diverged_is_no_model(gdcli, tmp_path):
    model, diverging = tmp_path / "m.safetensors", ["--lr", 1e30, "--optimizer", "sgd"]
    done = gdcli(*COMMANDS["train"], *diverging, "--save", model, "--format", "json")
    assert done.code == 4
    assert done.json["model"] is None
    assert not model.exists()


def kept(passed, number):
    passed.append(number)
    return number


class TestLasting:
    def test_those_that_nobody_has_taken_pass(self):
        passed, then = [], []
        rows = Lasting(kept(passed, number) for number in range(5))
        with pytest.raises(OSError, match="gone"), rows.lasting(lambda: then.append(len(passed))):
            for _ in rows:
                raise OSError("gone")
        assert then == [5]

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_an_error_of_the_records_ends_them(self, error):
        def records():
            yield 1
            raise error

        rows, then = Lasting(records()), []
        with pytest.raises(error), rows.lasting(lambda: then.append(1)):
            list(rows)
        assert then == []

    @pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
    def test_what_has_not_begun_is_not_begun(self, error):
        passed, then = [], []
        rows = Lasting(kept(passed, number) for number in range(5))
        with pytest.raises(error), rows.lasting(lambda: then.append(1)):
            raise error
        assert passed == then == []

    def test_a_signal_that_ends_the_program_ends_them(self):
        passed = []
        rows = Lasting(kept(passed, number) for number in range(5))
        with pytest.raises(SystemExit), rows.lasting(passed.clear):
            for _ in rows:
                raise SystemExit(143)
        assert passed == [0]

    def test_where_nothing_comes_after_they_end_too(self):
        passed = []
        rows = Lasting(kept(passed, number) for number in range(5))
        with pytest.raises(OSError, match="gone"), rows.lasting(None):
            for _ in rows:
                raise OSError("gone")
        assert passed == [0]


class TestSaving:
    def test_it_is_written_once_it_is(self, tmp_path):
        saving = Saving(str(tmp_path / "m"))
        assert saving.written is None
        with saving.settled():
            saving.write(lambda path: Path(path).touch())
        assert saving.written == str(tmp_path / "m")
        assert (tmp_path / "m").exists()

    @pytest.mark.parametrize("error", [DataError("full"), OSError("full"), MemoryError("full")])
    def test_an_error_waits(self, error):
        def save(_):
            raise error

        saving, said = Saving("m"), []
        with pytest.raises(type(error), match="full"), saving.settled():
            saving.write(save)
            said.append(saving.written)
        assert said == [None]

    def test_no_file(self):
        saving = Saving()
        with saving.settled():
            saving.write(lambda _: pytest.fail("there is no file to write"))
        assert saving.written is None


@pytest.mark.parametrize("command", COMMANDS)
def test_the_answer_says_where_the_model_is(tmp_path, command):
    out, path = io.StringIO(), tmp_path / "model.safetensors"
    assert ran([*COMMANDS[command], "--save", path], out)[0] == 0
    said = "".join(line.strip() for line in out.getvalue().partition(" saved ")[2].splitlines())
    assert said == str(path)
    assert path.exists()


def test_nothing_is_left_where_memory_runs_out_between_naming_and_renaming(tmp_path, monkeypatch):
    def without_memory(*_):
        raise MemoryError

    monkeypatch.setattr(Path, "replace", without_memory)
    with pytest.raises(MemoryError), replaced(tmp_path / "out.txt") as file:
        file.write("x")
    assert list(tmp_path.iterdir()) == []
