"""The playground line by line: what is answered to each word, and the command as a process."""

import os
import re

import pytest
from conftest import PROGRAM
from live_sessions import NETWORK, session

from gdcli.live.keys import KEYS
from gdcli.live.plain import LEFT_OUT, converse
from gdcli.said import Said


def talk(*lines, words=()):
    """What is answered to lines: a list for each, the greeting first; and the sitting."""
    answers, sitting = [[]], session(*words)

    def asked():
        for line in lines:
            answers.append([])
            yield line + "\n"

    converse(sitting, asked(), lambda text: answers[-1].append(text))
    return answers, sitting


def step(answer):
    """The step that a line of state tells."""
    return int(re.match(r"step (\d+)", answer)[1])


@pytest.mark.quick
def test_the_greeting_tells_where_it_stands_and_what_to_type():
    ((about, state, keys),), sitting = talk()
    assert "sample:deck" in about
    assert "y = mx + b" in about
    assert state.startswith("step 0, m -1, b 5, MSE 2.5")
    assert "?" in keys
    assert not sitting.finished


@pytest.mark.quick
@pytest.mark.parametrize("line", ["n", "", "  ", "right"])
def test_a_step(line):
    (_, answer), _ = talk(line)
    assert answer[-1].startswith("step 1, m -0.7, b 5.1, MSE 1.825")
    assert "2.5 -> 1.825" in answer[0]
    assert len(answer) == 2


@pytest.mark.parametrize(("line", "steps"), [("n 1", 1), ("n 5", 5), ("e 2", 2), ("e", 1), ("n 007", 7)])
def test_several_steps_are_told_each(line, steps):
    (_, answer), sitting = talk(line)
    assert sitting.run.now.number == steps
    assert [step(told) for told in answer if told.startswith("step")] == list(range(1, steps + 1))


def test_an_epoch_is_a_pass_over_the_data():
    (_, answer), sitting = talk("e 2", words=NETWORK)
    assert (sitting.run.now.number, sitting.run.now.epoch) == (10, 2)
    assert "epoch 2" in answer[-1]
    assert "validation loss" in answer[-1]
    assert "accuracy" in answer[-1]


@pytest.mark.parametrize("line", ["lr 0.3", "l 0.3", "  lr   0.3  ", "lr 3e-1"])
def test_a_rate_resets_nothing(line):
    (_, _, answer, after), sitting = talk("n", line, "n")
    assert answer[-1].startswith("step 1")
    assert answer[-1].endswith("learning rate 0.3")
    assert "2/L" in answer[0]
    assert after[-1].startswith("step 2")
    assert sitting.run.turns == ((1, 0.3),)


@pytest.mark.parametrize("line", ["lr", "lr 0", "lr -1", "lr nan", "lr inf", "lr abc", "lr 0.1 0.2", "l"])
def test_what_is_no_rate_changes_nothing(line):
    (_, answer), sitting = talk(line)
    assert sitting.run.rate == 0.1
    assert sitting.typing is None
    assert answer[-1].endswith("learning rate 0.1")


@pytest.mark.quick
def test_back():
    (_, first, _, back, again), _ = talk("n", "n", "b", "b")
    assert back[-1] == first[-1]
    assert again[-1].startswith("step 0, m -1, b 5")
    (_, answer), sitting = talk("b")
    assert sitting.run.now.number == 0
    assert len(answer) == 2


@pytest.mark.quick
@pytest.mark.parametrize("line", ["f", "space"])
def test_to_convergence_with_fewer_and_fewer_lines(line):
    (_, answer), sitting = talk(line)
    steps = [step(told) for told in answer if told.startswith("step")]
    assert steps[:5] == [1, 2, 3, 4, 5]
    assert steps == sorted(set(steps))
    assert len(answer) < 80
    assert steps[-1] == sitting.run.now.number
    assert "onverged" in answer[-2]
    assert not sitting.running


def test_a_divergence_is_told():
    (_, _, answer, best), sitting = talk("lr 3", "f", "z")
    assert "iverged" in answer[-2]
    assert not sitting.run.diverged
    assert best[-1].startswith("step 0")


def test_reset():
    (greeting, _, _, answer), sitting = talk("n 3", "lr 0.2", "r")
    assert answer[-1] == greeting[1].replace("rate 0.1", "rate 0.2")
    assert sitting.run.now.number == 0


@pytest.mark.parametrize("line", ["?", "f1"])
def test_the_keys(line):
    (_, answer, after), sitting = talk(line, "n")
    shown = dict(told.split(": ", 1) for told in answer)
    assert shown == {key.shown: key.about for key in KEYS if key.about and key.action not in LEFT_OUT}
    assert not sitting.help
    assert after[-1].startswith("step 1")


@pytest.mark.parametrize("word", ["hello", "N", "tab", "v", ">", "nn", "é", "\x1b[A", "-1", "step"])
def test_an_unknown_word_changes_nothing(word):
    (_, answer), sitting = talk(word)
    assert sitting.run.now.number == 0
    assert "?" in answer[0]
    assert len(answer) == 2


ANSWERED = [key.shown for key in KEYS if key.action not in (*LEFT_OUT, "show_help", "quit")]


@pytest.mark.parametrize("key", ANSWERED)
@pytest.mark.parametrize("words", [(), NETWORK], ids=["line", "network"])
def test_every_key_is_answered(key, words):
    (_, _, answer, after), sitting = talk("n", key, "n", words=words)
    assert answer[-1].startswith("step")
    assert after[-1].startswith("step")
    assert not sitting.finished
    assert all("\n" not in line for line in answer)


def test_settings_and_lanes():
    (_, *answers), sitting = talk("n 3", "c", "o", "n", "C", "q")
    assert answers[2][0] == "Lane 2: Optimizer momentum, from the same start."
    assert [line[:1] for line in answers[3] if line[:1].isdecimal()] == ["1", "2"]
    assert not sitting.lanes
    assert sitting.finished


def test_quit_ends_it_and_so_does_the_end_of_the_lines():
    answers, sitting = talk("n", "q", "n")
    assert sitting.finished
    assert sitting.run.now.number == 1
    assert answers[2] == []
    _, sitting = talk("n")
    assert not sitting.finished
    assert sitting.run.now.number == 1


# the command


def test_as_a_process(process):
    done = process("live", "--plain", stdin=b"n\nlr 0.2\nn 2\nq\n")
    assert done.code == 0, done.err
    assert done.out.splitlines()[1].startswith("step 0, m -1, b 5")
    assert done.out.splitlines()[-1].startswith("step 3, ")
    assert done.rerun[0] == "fit"
    assert done.rerun[done.rerun.index("--lr-at") + 1] == "2:0.2"
    assert "rerun" not in done.out
    assert "\x1b" not in done.out + done.err


def test_the_end_of_input_is_an_end(process):
    done = process("live", "sample:xor", "--plain", stdin=b"e 2\nn")
    assert done.code == 0, done.err
    assert "epoch 3" in done.out.splitlines()[-1]
    assert done.rerun[:2] == ["train", "sample:xor"]
    done = process("live", "--plain")
    assert done.code == 0
    assert len(done.out.splitlines()) == 3


def test_quiet_has_no_notes(gdcli):
    done = gdcli("live", "--plain", "-q", stdin="n\nq\n")
    assert (done.code, done.err) == (0, "")


def test_a_divergence_is_a_result(gdcli):
    assert gdcli("live", "--plain", "--lr", "5", stdin="f\nq\n").code == 0


def test_words_that_are_no_text(gdcli):
    done = gdcli("live", "--plain", stdin=b"\xff\xfe\x00\nn\nq\n")
    assert done.code == 0, done.err
    assert done.out.splitlines()[-1].startswith("step 1")


def test_its_reader_may_go_away(process):
    done = process("live", "--plain", script='yes n | "$@" | head -1')
    assert done.code == 0
    assert len(done.out.splitlines()) == 1
    assert "Traceback" not in done.err


def test_without_a_terminal_it_says_what_to_do(process, refused):
    done = process("live")
    refused(done, 2, "terminal")
    assert "--plain" in done.err.splitlines()[1]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--port", "8000"), "--port"),
        (("--plain", "--port", "0"), "--port"),
        (("--plain", "--host", "::1"), "--host"),
        (("--plain", "-"), "standard input"),
        (("-", "--plain", "--hidden", "4"), "standard input"),
        (("--plain", "--web"), "--web"),
        (("--web", "-"), "--web"),
        (("--plain", "--color", "red"), "--color"),
        (("--plain", "sample:nothing"), "nothing"),
        (("--plain", "--lr", "0"), "--lr"),
        (("--plain", "--nonsense"), "--nonsense"),
        (("--plain", "--keep", "best"), "--keep"),
        (("--plain", "--require-converged"), "--require-converged"),
        (("--plain", "--hidden", "4", "--m", "1"), "--m goes with a line"),
        (("--plain", "--task", "classification", "--degree", "2"), "--degree goes with a line"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, part, gdcli, refused):
    refused(gdcli("live", *words, stdin="1,2\n3,4\n"), 2, part)


def test_a_file_that_is_not_there_is_refused(gdcli, refused):
    refused(gdcli("live", "nowhere.csv", "--plain", stdin="n\n"), 3, "nowhere.csv")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")
def test_a_terminal_that_is_too_small_is_told_so(process):
    script = 'stty rows 10 cols 40 2>/dev/null; exec "$@"'
    code = "import pty, sys, os; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
    done = process.python("-c", code, "bash", "-c", script, "bash", *PROGRAM, "live")
    assert done.code == 2, done.out
    assert "60 x 20" in " ".join(done.out.split())
    assert "--plain" in done.out


def test_what_cannot_be_changed_is_said_in_the_language_of_the_reader():
    """An error that comes of a key is still the sentence that it was: a language has it as a template."""
    _, sitting = talk("h")
    assert isinstance(sitting.message, Said)
    assert "layers" in sitting.message
