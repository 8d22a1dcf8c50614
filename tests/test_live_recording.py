"""Recordings: what was on the screen comes back, nothing is trained, and what is no recording is said to be none."""

import base64
import io
import itertools
import json
import re
from pathlib import Path

import numpy as np
import pytest
from live_sessions import NETWORK, do, screenful, session

from gdcli.cli.commands.live import parsed
from gdcli.errors import DataError
from gdcli.experiments.spec import Spec
from gdcli.live.recording import Recorder, read_recording
from gdcli.live.replay import Replay
from gdcli.live.scenes import Scenes
from gdcli.live.session_factory import SessionFactory
from gdcli.render.screen import Screen

SIZES = [(120, 40), (80, 24)]
MOOD = re.compile(r"(?:^|\s+)(pa?u?s?e?d?|re?p?l?a?y?)$")  # as far as there is room for it
DONE = "step 3, lr 0.3, step 5, back 2, step, lr 0.2, step 7, rate_down, step"
SETTINGS = "step 2, seed, step 2, optimizer_next, step 2, penalty_next, step, reset, step 2"
GHOSTS = "step 4, compare, lr 0.2, step 6, compare, step 2, forget, step 2"
WHOLE = (*NETWORK, "--batch-size", "full")
SITTINGS = {
    "line in batches": (("sample:bmi", "--standardize", "--batch-size", "100"), DONE),
    "network": (NETWORK, DONE),
    "network, settings": (NETWORK, f"{SETTINGS}, layers_next, step, activation_next, step, noise_next, step 2"),
    "network, ghosts": (NETWORK, GHOSTS),
    "digits": (("sample:digits", "--hidden", "6"), "step 3, back, step"),
    "another data set": ((), "step 2, data_next, step 3, data_next 3, step 2"),
    "smaller batches": ((), "step 2, batch_before, step 3"),
    "line": ((), f"{DONE}, epoch 3"),
    "diverging": ((), "step 3, lr 3, step 40, best, lr 0.1, step 2, back, step"),
    "many inputs": (("sample:diabetes", "--standardize"), DONE),
    "one parameter": (("sample:bmi", "--standardize", "--no-intercept"), DONE),
    "settings": ((), SETTINGS),
    "ghosts": ((), GHOSTS),
    "given turns": (("--lr-at", "3:0.2,6:0.05"), DONE),
    "given changes": (("--at", "3:optimizer=adam"), "step 3, back 2, step"),
    "changes, and back": ((), "step 2, optimizer_next, step, set momentum=0.5, step, back 2, step, back 2, step"),
    "network, changes": (NETWORK, "step 2, optimizer_next, step, batch_before, dropout_next, step 2, back 2, step"),
    "cosine": (("--schedule", "cosine", "--epochs", "30"), DONE),
    "network, whole": (WHOLE, DONE),
    "network, settings, whole": (WHOLE, f"{SETTINGS}, layers_next, step, activation_next, step, noise_next, step 2"),
    "network, ghosts, whole": (WHOLE, GHOSTS),
    "digits, whole": (("sample:digits", "--hidden", "6", "--batch-size", "full"), "step 3, back, step"),
    "another data set, whole": ((), "step 2, data_next, step 3, data_next, step 2"),
}
EARLIER_SITTINGS = [
    ("line.jsonl", (), "step 2, lr 0.3, step"),
    (
        "network.jsonl",
        ("sample:xor", "--hidden", "2", "--class-weight", "0=1,1=2", "--validation", "0.2", "--lr", "0.001"),
        "step, layers_next, step",
    ),
]


def recorded(words, actions):
    """A sitting, as a recording, with the screens of each moment."""
    file, clock = io.StringIO(), itertools.count()
    recorder = Recorder(file, lambda: next(clock) / 8)
    sitting, scenes, screens = session(*words, listener=recorder), [Scenes() for _ in SIZES], []

    def frame():
        recorder.frame(sitting)
        screens.append(screens_of(sitting, scenes))

    frame()
    for action in re.split(r",\s*", actions):
        name, _, times = action.partition(" ")
        for _ in range(int(times or 1) if name not in ("lr", "set") else 1):
            do(sitting, action if name in ("lr", "set") else name)
            frame()
    return file.getvalue(), screens, sitting


def screens_of(sitting, scenes):
    """The screens of a moment, without the mood, what was said, and the next step, which a recording's end has not."""
    kept = sitting.message, sitting.running
    sitting.message, sitting.running = "", False
    sitting.view = sitting.view._replace(arrows=False)
    told = [
        [MOOD.sub("", line) for line in screenful(sitting, width, height, drawer)]
        for (width, height), drawer in zip(SIZES, scenes, strict=True)
    ]
    sitting.message, sitting.running = kept
    return told


def replay(text):
    """A recording as a sitting."""
    return Replay(read_recording(iter(text.splitlines(keepends=True)), "r.jsonl"), factory_of)


def factory_of(saved):
    return SessionFactory.from_saved(saved, "r.jsonl", parsed)


@pytest.mark.parametrize(("words", "actions"), SITTINGS.values(), ids=SITTINGS)
def test_a_replay_shows_what_was_on_the_screen(words, actions, monkeypatch):
    text, screens, live = recorded(words, actions)
    monkeypatch.setattr("gdcli.live.run.descend_in_segments", trained)
    sitting, scenes = replay(text), [Scenes() for _ in SIZES]
    shown = [screens_of(sitting, scenes)]
    sitting.start("to the end")
    while sitting.running:
        sitting.tick(-1.0)  # one entry of the recording
        shown.append(screens_of(sitting, scenes))
    rest = iter(shown)
    for at, expected in enumerate(screens):
        if at == 0 or expected != screens[at - 1]:
            assert expected in rest, difference(expected, shown, at)
    assert sitting.run.now.number == live.run.now.number
    np.testing.assert_array_equal(sitting.run.now.parameters, live.run.now.parameters)


@pytest.mark.parametrize(
    ("words", "actions", "none"),
    [
        ((), "step 3, lr 0.3, step 2, lr 0.2, step", 1),  # the last state has no next one
        (("--optimizer", "momentum"), "step 2, lr 0.3, step 2", 1),
        (("--optimizer", "adam"), "step 2, lr 0.3, step 2, back, step", 1),
        (("sample:bmi", "--standardize", "--batch-size", "100"), "step 3", 1),
        ((), "step 2, optimizer_next, step 2", 2),  # nor has the one before a change
        ((), "step 2, seed, step", 2),
    ],
)
def test_a_replay_knows_the_next_step_that_the_sitting_drew(words, actions, none, monkeypatch):
    known = {}
    monkeypatch.setattr(f"{__name__}.screens_of", lambda sitting, _: known.update(steps_of(sitting)))
    text, _, _ = recorded(words, actions)
    monkeypatch.setattr("gdcli.live.run.descend_in_segments", trained)
    sitting, missing, seen = replay(text), 0, set()
    while True:
        (key, coming), *_ = steps_of(sitting).items()
        missing += coming is None and key not in seen
        seen.add(key)
        if coming is not None:
            for ours, live in zip(coming, known[key], strict=True):
                np.testing.assert_allclose(ours, live, rtol=1e-12)
        if sitting._at >= len(sitting._entries):
            break
        sitting._go_to(sitting._at)
    assert missing == none


def steps_of(sitting):
    """The next step by what it depends on: where it ends, its gradient, its rate."""
    run = sitting.run
    step = run.coming()
    optimizer = type(run.setup.optimizer).__name__
    key = run.now.number, run.now.parameters.tobytes(), run.rate, optimizer, run.setup.seed
    return {key: None if step is None else (step.parameters, step.gradient, step.learning_rate)}


def trained(*_, **__):
    raise AssertionError("a replay trains")


def difference(expected, shown, at):
    """The nearest screen, and how it differs."""
    wanted, *others = ([*itertools.chain(*screen)] for screen in (expected, *shown))
    nearest = min(others, key=lambda lines: sum(a != b for a, b in zip(lines, wanted, strict=True)))
    lines = [f"{a}\n{b}" for a, b in zip(wanted, nearest, strict=True) if a != b]
    return "\n".join([f"moment {at} is not shown; the nearest differs in", *lines])


def test_a_replay_goes_back_and_forth(monkeypatch):
    text, _, _ = recorded((), f"{DONE}, compare, step 3, seed, step 2")
    monkeypatch.setattr("gdcli.live.run.descend_in_segments", trained)
    sitting, scenes = replay(text), [Scenes() for _ in SIZES]
    seen = [screens_of(sitting, scenes)]
    while sitting._at < len(sitting._entries):
        sitting.do("step")
        seen.append(screens_of(sitting, scenes))
    for expected in reversed(seen[:-1]):
        sitting.do("back")
        assert screens_of(sitting, scenes) == expected
    sitting.do("converge")
    assert screens_of(sitting, scenes) == seen[-1]
    sitting.do("reset")
    assert screens_of(sitting, scenes) == seen[0]


def test_a_replay_plays_by_its_own_clock(monkeypatch):
    text, _, live = recorded((), "step 8")
    monkeypatch.setattr("gdcli.live.replay.perf_counter", lambda: 0.0)
    sitting = replay(text)
    sitting.do("toggle")
    numbers = []
    for tenth in range(1, 200):
        sitting.tick(1e9, lambda tenth=tenth: tenth / 10)
        numbers.append(sitting.run.now.number)
    assert numbers == sorted(numbers)
    assert len(set(numbers)) > 4
    assert (numbers[-1], sitting.running) == (live.run.now.number, False)


def test_a_replay_takes_no_part_in_what_happened():
    sitting = replay(recorded((), "step 3")[0])
    number, rate = sitting.run.now.number, sitting.run.rate
    for action in ("rate_up", "seed", "optimizer_next", "compare", "data_next", "type_rate", "forget"):
        sitting.do(action)
        assert "recording" in sitting.message
    assert (sitting.run.now.number, sitting.run.rate, sitting.typing) == (number, rate, None)


def test_rows_that_came_by_a_pipe_are_in_the_recording(table):
    path = table("x,y\n1,3\n2,5\n4,8.5\n")
    text, screens, _ = recorded((str(path), "--lr", "0.05"), "step 3")
    path.unlink()
    sitting = replay(text)
    assert screens_of(sitting, [Scenes() for _ in SIZES])[0][0] == screens[0][0][0]


def test_a_recording_is_plain_json():
    text, _, _ = recorded((), "step 2, lr 3, converge")
    lines = [json.loads(line, parse_constant=lambda name: pytest.fail(name)) for line in text.splitlines()]
    assert lines[0]["schema"] == "gdcli.live/1"
    assert {key for line in lines[1:] for key in line} == {"t", "setup", "turn", "at"}
    assert text.isascii()


def test_a_recording_holds_the_specs_of_its_runs():
    text, _, sitting = recorded(NETWORK, "penalty_next, step, data_next, step")
    setups = [json.loads(line)["setup"] for line in text.splitlines() if '"setup"' in line]
    specs = [Spec.from_dict(setup["spec"]) for setup in setups]
    assert [spec.loss.l2 for spec in specs[:2]] == [0.0, 1e-4]
    assert [spec.command for spec in specs] == ["train", "train", sitting.factory.spec.command]
    assert specs[-1] == sitting.factory.spec


@pytest.mark.parametrize(("name", "words", "actions"), EARLIER_SITTINGS, ids=["line", "network"])
def test_a_recording_of_an_earlier_version_is_played(name, words, actions):
    """Those files were written by the version before specs; the same done again has the same numbers."""
    text = (Path(__file__).parent / "recordings" / name).read_text(encoding="utf-8")
    assert '"spec"' not in text
    sitting, live = replay(text), do(session(*words), actions)
    sitting.do("converge")
    assert sitting.run.now.number == live.run.now.number
    np.testing.assert_array_equal(sitting.run.now.parameters, live.run.now.parameters)
    scenes = [Scenes() for _ in SIZES]
    assert screens_of(sitting, scenes) == screens_of(live, scenes)


# what is no recording

GOOD = recorded((), "step 2, lr 0.3, step")[0].splitlines()
SETUP = next(at for at, line in enumerate(GOOD) if '"setup"' in line)
MOMENT = max(at for at, line in enumerate(GOOD) if '"at"' in line)
TURN = next(at for at, line in enumerate(GOOD) if '"turn"' in line)


def as_before(line):
    """A line as recordings had it that say what was set up in words only."""
    entry = json.loads(line)
    entry.get("setup", {}).pop("spec", None)
    return json.dumps(entry)


EARLIER = [as_before(line) for line in GOOD]


def edited(line, *path, value, recording=GOOD):
    """The recording with one value of one line replaced."""
    lines = [*recording]
    told = json.loads(lines[line])
    place = told
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    lines[line] = json.dumps(told)
    return "\n".join(lines)


def packed(array):
    return [array.dtype.name, base64.b64encode(array.tobytes()).decode()]


DEEP = "[" * 100_000
BROKEN = {
    "empty": "",
    "blank": "\n\n",
    "text": "m,b\n1,2\n",
    "foreign": '{"a": 1}\n{"b": 2}',
    "a number": "1\n2",
    "null": "null",
    "another schema": edited(0, "schema", value="gdcli.fit/1"),
    "another version": edited(0, "schema", value="gdcli.live/2"),
    "nothing in it": GOOD[0],
    "no setup": "\n".join([GOOD[0], *GOOD[SETUP + 1 :]]),
    "cut off early": "\n".join(GOOD)[: len(GOOD[0]) + len(GOOD[1]) // 2],
    "blank between": "\n".join([*GOOD[:3], "", *GOOD[3:]]),
    "text between": "\n".join([*GOOD[:3], "hello", *GOOD[3:]]),
    "a list between": "\n".join([*GOOD[:3], "[1]", *GOOD[3:]]),
    "an unknown kind": "\n".join([*GOOD[:3], '{"t": 1, "other": 1}', *GOOD[3:]]),
    "no time": "\n".join([*GOOD[:3], '{"turn": 1}', *GOOD[3:]]),
    "deep": DEEP,
    "deep between": "\n".join([*GOOD[:3], '{"t": 1, "at": ' + DEEP, *GOOD[3:]]),
    "binary": bytes(range(256)).decode("utf-8", "replace"),
    "binary between": "\n".join([*GOOD[:3], bytes(range(128, 256)).decode("utf-8", "replace"), *GOOD[3:]]),
    "zeros": "\0" * 100,
    "setup a number": edited(SETUP, "setup", value=1),
    "setup null": edited(SETUP, "setup", value=None),
    "setup without words": edited(SETUP, "setup", value={"name": "a", "rows": None}),
    "words a number": edited(SETUP, "setup", "words", value=5, recording=EARLIER),
    "words null": edited(SETUP, "setup", "words", value=None, recording=EARLIER),
    "spec a number": edited(SETUP, "setup", "spec", value=5),
    "spec null": edited(SETUP, "setup", "spec", value=None),
    "spec empty": edited(SETUP, "setup", "spec", value={}),
    "spec of no command": edited(SETUP, "setup", "spec", "model", "kind", value="sweep"),
    "spec of another command": edited(SETUP, "setup", "spec", "model", "kind", value="train"),
    "a group a list": edited(SETUP, "setup", "spec", "data", value=[1]),
    "an unknown field": edited(SETUP, "setup", "spec", "data", value={"colour": "red"}),
    "a rate below 0": edited(SETUP, "setup", "spec", "rate", "lr", value=-1.0),
    "a rate of text": edited(SETUP, "setup", "spec", "rate", "lr", value="fast"),
    "a start a text": edited(SETUP, "setup", "spec", "model", "m", value="steep"),
    "a schedule null": edited(SETUP, "setup", "spec", "rate", "schedule", value=None),
    "a schedule of parts": edited(SETUP, "setup", "spec", "rate", "schedule", value=[1, 2, 3]),
    "settings a number": edited(SETUP, "setup", "spec", "stop", "settings", value=3),
    "an unknown setting": edited(SETUP, "setup", "spec", "stop", "settings", value=[["luck", 7]]),
    "no source": edited(SETUP, "setup", "spec", "data", "source", value=None),
    "rows no base64": edited(SETUP, "setup", "rows", value="%%%"),
    "rows a number": edited(SETUP, "setup", "rows", value=3),
    "moment a number": edited(MOMENT, "at", value=7),
    "moment null": edited(MOMENT, "at", value=None),
    "moment empty": edited(MOMENT, "at", value={}),
    "wrong dtype": edited(MOMENT, "at", "parameters", 0, value="object"),
    "dtype a number": edited(MOMENT, "at", "parameters", 0, value=8),
    "no base64": edited(MOMENT, "at", "parameters", 1, value="*" * 16),
    "base64 a number": edited(MOMENT, "at", "parameters", 1, value=16),
    "not whole numbers of bytes": edited(MOMENT, "at", "parameters", 1, value=base64.b64encode(b"abc").decode()),
    "of three parts": edited(MOMENT, "at", "parameters", value=["float64", "", ""]),
    "before longer": edited(MOMENT, "at", "before", value=packed(np.zeros(3))),
    "gradient shorter": edited(MOMENT, "at", "gradient", value=packed(np.zeros(1))),
    "metrics a number": edited(MOMENT, "at", "metrics", value=1),
    "step a text": edited(MOMENT, "at", "step", value="many"),
    "step null": edited(MOMENT, "at", "step", value=None),
    "loss a list": edited(MOMENT, "at", "loss", value=[1]),
    "rate null": edited(MOMENT, "at", "lr", value=None),
    "slice a text": edited(MOMENT, "at", "rows", value="x"),
    "turn to nothing": edited(TURN, "turn", value=0),
    "turn below": edited(TURN, "turn", value=-1),
    "turn NaN": edited(TURN, "turn", value=float("nan")),
    "turn infinite": edited(TURN, "turn", value=float("inf")),
    "turn a text": edited(TURN, "turn", value="fast"),
    "turn null": edited(TURN, "turn", value=None),
    "time a text": edited(TURN, "t", value="noon"),
    "time null": edited(MOMENT, "t", value=None),
}
STRANGE = {  # well formed, and what it says is odd, but can be shown
    "time NaN": edited(MOMENT, "t", value=float("nan")),
    "time infinite": edited(MOMENT, "t", value=float("inf")),
    "time -infinite": edited(MOMENT, "t", value=float("-inf")),
    "step NaN": edited(MOMENT, "at", "step", value=float("nan")),
    "epoch huge": edited(MOMENT, "at", "epoch", value=10**30),
    "loss NaN": edited(MOMENT, "at", "loss", value=float("nan")),
    "loss infinite": edited(MOMENT, "at", "loss", value=float("inf")),
    "rate infinite": edited(MOMENT, "at", "lr", value=float("inf")),
    "other parameters": edited(MOMENT, "at", "parameters", value=packed(np.zeros(0))),
    "whole numbers": edited(MOMENT, "at", "parameters", value=packed(np.zeros(2, np.int64))),
    "slice of many": edited(MOMENT, "at", "slice", value=[1, 2, 3, 4]),
    "name a list": edited(SETUP, "setup", "name", value=[1]),
    "ghost a list": "\n".join([*GOOD, '{"t": 9, "ghost": [1]}']),
    "turn huge": edited(TURN, "turn", value=1e308),
    "turn tiny": edited(TURN, "turn", value=5e-324),
}
MISLED = {  # what it says was set up cannot be
    "a spec of a sample that is not": edited(SETUP, "setup", "spec", "data", "source", value="sample:nothing"),
    "a spec of a file that is not": edited(SETUP, "setup", "spec", "data", "source", value="/nowhere/at/all.csv"),
    "a spec with an optimizer that is not": edited(SETUP, "setup", "spec", "optimizer", "optimizer", value="luck"),
    "a spec of a list of sources": edited(SETUP, "setup", "spec", "data", "source", value=["sample:deck"]),
    "words of no command": edited(SETUP, "setup", "words", value=["--nonsense"], recording=EARLIER),
    "words of a text": edited(SETUP, "setup", "words", value="--m 3", recording=EARLIER),
    "a sample that is not": edited(SETUP, "setup", "words", value=["sample:nothing"], recording=EARLIER),
    "a file that is not": edited(SETUP, "setup", "words", value=["/nowhere/at/all.csv"], recording=EARLIER),
    "help": edited(SETUP, "setup", "words", value=["--help"], recording=EARLIER),
    "web": edited(SETUP, "setup", "words", value=["--web"], recording=EARLIER),
    "standard input": edited(SETUP, "setup", "words", value=["-"], recording=EARLIER),
    "rows of no table": edited(SETUP, "setup", "rows", value=base64.b64encode(b"\0\1\2").decode()),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_recording_is_an_error_in_one_line(text, table, gdcli, refused):
    path = table(text, "r.jsonl")
    refused(gdcli("live", "--plain", "--replay", path, stdin="n\nn\nf\nb\nq\n"), 3, "r.jsonl")


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_nothing_but_a_data_error_comes_of_it(text):
    with pytest.raises(DataError) as caught:
        watch(text)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("text", (STRANGE | MISLED).values(), ids=STRANGE | MISLED)
def test_what_is_odd_is_an_error_in_one_line_or_is_shown(text, table, gdcli):
    result = gdcli("live", "--plain", "--replay", table(text, "r.jsonl"), stdin="n\nn\nf\nb\nq\n")
    assert result.code in (0, 2, 3), result.err
    assert "Traceback" not in result.err
    if result.code:
        assert [line[:7] for line in result.err.splitlines() if line[:2] != "  "] == ["gdcli: "]
        assert result.out == ""


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_what_is_odd_can_be_drawn_or_is_an_error(text):
    try:
        watch(text)
    except DataError as error:
        assert "\n" not in error.message


def watch(text):
    """Plays a recording, and looks at every moment."""
    sitting = replay(text)
    for action in ["step"] * 12 + ["back"] * 4 + ["reset", "converge"]:
        sitting.do(action)
        screenful(sitting)
        screenful(sitting, 60, 20, screen=Screen(60, 20, color=False, unicode=False))


# where recordings are written


@pytest.mark.parametrize("name", ["nowhere/r.jsonl", ""])
def test_a_recording_needs_a_place(name, gdcli, refused, tmp_path):
    refused(gdcli("live", "--plain", "--record", tmp_path / name, stdin="n\n"), 3, str(tmp_path))


def test_a_recording_is_refused_before_the_screen_is_taken(gdcli, tmp_path, monkeypatch):
    monkeypatch.setattr("os.get_terminal_size", lambda *_: __import__("os").terminal_size((120, 40)))
    monkeypatch.setattr("gdcli.cli.commands.live._check_screen", lambda _: None)
    monkeypatch.setattr("gdcli.live.app.LiveApp.run", lambda _: pytest.fail("the screen is taken"))
    result = gdcli("live", "--record", tmp_path / "nowhere" / "r.jsonl", tty=True)
    assert result.code == 3
    assert "nowhere" in result.err


def test_a_recording_that_is_not_there(gdcli, refused, tmp_path):
    refused(gdcli("live", "--plain", "--replay", tmp_path / "r.jsonl", stdin="n\n"), 3, "r.jsonl")
    refused(gdcli("live", "--plain", "--replay", tmp_path, stdin="n\n"), 3)
    result = gdcli("live", "--plain", "--record", tmp_path / "a", "--replay", tmp_path / "b", stdin="n\n")
    refused(result, 2, "--re")


def test_a_recording_that_a_crash_cut_off_plays_as_far_as_it_goes(table, gdcli):
    whole = gdcli("live", "--plain", "--replay", table("\n".join(GOOD) + "\n", "w.jsonl"), stdin="f\nq\n")
    cut = gdcli("live", "--plain", "--replay", table("\n".join(GOOD)[:-40], "c.jsonl"), stdin="f\nq\n")
    assert whole.code == cut.code == 0
    assert cut.out != whole.out


def test_a_recording_takes_no_rate_and_no_start():
    sitting = replay("\n".join(GOOD) + "\n")
    before, rate = sitting.run.now, sitting.run.rate
    sitting.set_rate(5.0)
    sitting.restart_from(0.0, 0.0)
    sitting.do("optimizer_next")
    assert (sitting.run.now, sitting.run.rate) == (before, rate)
    assert "recording" in sitting.line()


def test_a_full_disk_names_the_recording(gdcli):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    result = gdcli("live", "--plain", "--record", "/dev/full", "sample:line", stdin="n\nq\n")
    assert result.code == 3
    assert result.err.splitlines()[-2:] == [
        "gdcli: /dev/full: cannot be written: no space left on device",
        "  make room, or record in another place",
    ]
