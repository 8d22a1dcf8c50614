"""Settings changed while a run stands: from the next step on, taken back with it, said, and written down."""

import asyncio
import json

import numpy as np
import pytest
from live_sessions import NETWORK, do, screenful, session
from test_live_app import piloted
from test_live_recording import recorded, replay
from test_live_rerun import ends_where

from gdcli.errors import DataError
from gdcli.live.findings import find

BATCHES = ("sample:bmi", "--standardize", "--batch-size", "100")  # 5 steps an epoch


def test_four_kinds_of_change_by_keys_and_the_command_that_is_printed(gdcli, tmp_path):
    """The must of the playground: what a person changed, by keys on the screen, is made again to the last bit."""
    seen = {}

    async def script(app, pilot):
        await pilot.press("n", "n", "n", "o", "n", "n", "M", "M", "n", "n", "p", "n", "k", "n", "up", "n")
        await pilot.press("l", *"weight-decay=0.1", "enter", "n", "n")
        seen["session"], seen["screen"] = app.session, app.stage.page.lines()
        await asyncio.sleep(0)

    piloted(script, *NETWORK, "--hidden", "4,3")
    sitting = seen["session"]
    given = [str(one) for one in sitting.run.changes]
    assert given == ["4:optimizer=amsgrad", "6:batch-size=8", "8:l2=0.0001", "9:dropout=0.1", "11:weight-decay=0.1"]
    assert all(f"--at {one}" in sitting.rerun() for one in given)
    assert "--lr-at 10:0.03" in sitting.rerun()
    text = "\n".join(seen["screen"])
    assert "AMSGrad" in text
    assert "batch 8" in text
    ends_where(sitting, gdcli, tmp_path)


def numbers(sitting):
    run = sitting.run
    return run.now.number, run.now.parameters.tolist(), type(run.setup.optimizer), run.setup.batch_size, run.changes


def test_going_back_over_changes_finds_each_moment_as_it_was():
    sitting, seen = session(*BATCHES), []
    for action in ("step", "step", "optimizer_next", "step", "batch_before", "step", "penalty_next", "step", "step"):
        seen.append(numbers(sitting))
        do(sitting, action)
    moments = {one[0]: one for one in reversed(seen)}  # of those at one step the first, before its change
    while sitting.run.now.number:
        do(sitting, "back")
        number, parameters, *rest = numbers(sitting)
        assert parameters == moments[number][1]
        latest = [one for one in seen if one[0] == number][-1]
        assert tuple(rest) == latest[2:]  # a change at the step where it stands is still made


def test_a_change_that_is_taken_back_is_in_no_command():
    sitting = do(session(*BATCHES), "step 3, optimizer_next, step 2, back 3")
    assert sitting.run.changes == ()
    assert "--at" not in sitting.rerun()
    assert sitting.run.setup.scene is sitting.factory.setup.scene


def test_another_change_at_one_step_replaces_the_one_before():
    sitting = do(session(), "step 3, optimizer_next, set momentum=0.5, optimizer_next, step")
    assert [str(one) for one in sitting.run.changes] == ["4:optimizer=nesterov"]
    sitting = do(session(), "step 3, set l2=0.5, set l2=0.1, step")
    assert [str(one) for one in sitting.run.changes] == ["4:l2=0.1"]


def test_what_is_changed_at_the_start_is_no_change():
    sitting = do(session(), "set optimizer=momentum, set momentum=0.5, step")
    assert sitting.run.changes == ()
    assert "--optimizer momentum --momentum 0.5" in sitting.rerun()


def test_nothing_restarts_and_the_rate_stays():
    sitting = do(session(), "step 3, lr 0.07, optimizer_next, step")
    assert (sitting.run.now.number, sitting.run.rate) == (4, 0.07)


SAID = {
    "set hidden=8": "hidden=8: fit has no 'hidden' that could change.",
    "set seed=3": "seed cannot change in mid-run: ",
    "set standardize=1": "standardize cannot change in mid-run: ",
    "set noise=3": "noise cannot change in mid-run: ",
    "set momentum=0.5": "momentum=0.5: sgd has none.",
    "set momentum": "'momentum' is not NAME=VALUE",
    "set l2=-1": "l2=-1: '-1' is not",
    "dropout_next": "fit has no 'dropout' that could change.",
}


@pytest.mark.parametrize("action", SAID)
def test_what_cannot_be_is_said_and_changes_nothing(action):
    sitting = do(session(), "step 3")
    before = numbers(sitting), sitting.rerun()
    sitting.do(action)
    assert SAID[action] in sitting.message
    assert "--at" not in sitting.message
    assert (numbers(sitting), sitting.rerun()) == before


def test_a_schedule_over_all_steps_keeps_its_batches():
    sitting = do(session(*BATCHES, "--schedule", "cosine", "--epochs", "4"), "step 3, batch_before")
    assert "--schedule cosine is laid out over the steps of the whole run" in sitting.message
    assert sitting.run.changes == ()
    do(sitting, "optimizer_next, step")
    assert [str(one) for one in sitting.run.changes] == ["4:optimizer=momentum"]


def test_a_given_change_after_the_end_is_refused(gdcli, refused):
    refused(gdcli("live", "--plain", "--epochs", "3", "--at", "9:lr=0.2", stdin="q\n"), 2, "--at 9:lr=0.2", "3 steps")


def test_a_given_change_takes_place_while_it_runs():
    sitting = do(session(*BATCHES, "--at", "4:optimizer=adam", "--at", "6:batch-size=64"), "step 3")
    assert type(sitting.run.setup.optimizer).__name__ == "Adam"
    do(sitting, "step 3")
    assert sitting.run.setup.batch_size == 64
    do(sitting, "back 4")
    assert type(sitting.run.setup.optimizer).__name__ == "SGD"


def test_before_a_change_to_come_nothing_is_foretold():
    """Steps to the optimum are counted for updates that are all alike."""
    words = ("--lr", "1e-4")
    assert any(one.name == "crawling" for one in find(session("--lr", "1e-9").run))
    assert not find(session("--lr", "1e-9", "--at", "90:optimizer=adam").run)
    assert "% of the limit" in session(*words).line()
    assert "% of the limit" not in session(*words, "--at", "90:l2=0.1").line()


def test_an_epoch_ends_where_its_rows_do():
    sitting = do(session(*BATCHES), "step 2, batch_before 2, epoch")
    assert sitting.run.now.measured.passes == 1
    rows = len(sitting.run.setup.problem.data)
    size = sitting.run.setup.batch_size
    assert sitting.run.now.number == 2 + -(-(rows - 200) // size)


def test_the_step_is_shown_by_what_made_it():
    """Right after a change the arithmetic is still that of the last update."""
    sitting = do(session(), "step 2")
    before = [line for line in screenful(sitting) if "dMSE/dm" in line or "m := " in line]
    do(sitting, "optimizer_next")
    assert [line for line in screenful(sitting) if "dMSE/dm" in line or "m := " in line] == before
    assert "velocity" in "\n".join(screenful(do(sitting, "step")))


def test_the_surface_keeps_its_ranges_and_takes_the_penalty():
    sitting = do(session(), "step 2")
    first = sitting.run.setup.scene.landscape
    do(sitting, "set l2=1")
    second = sitting.run.setup.scene.landscape
    assert (second.x_range, second.y_range) == (first.x_range, first.y_range)
    x = np.linspace(*first.x_range, 40)[None, :]
    np.testing.assert_allclose(second.values(40, 20) - first.values(40, 20), np.repeat(x**2 / 2, 20, 0), atol=1e-9)


def test_plain_words_set_what_keys_set(gdcli):
    result = gdcli("live", "--plain", stdin="n 3\nset momentum=0.5,optimizer=momentum\nn 2\nl l2=0.1\nn\nq\n")
    assert "from step 4 on" in result.out
    assert result.rerun[result.rerun.index("--at") :] == [
        *("--at", "4:momentum=0.5", "--at", "4:optimizer=momentum", "--at", "6:l2=0.1"),
    ]
    json_ = gdcli(*result.rerun, "--format", "json").json
    assert f"m {json_['parameters']['m']:.6g}" in result.out.splitlines()[-1]


# recordings


def test_a_recording_says_what_was_changed():
    text, _, _ = recorded(NETWORK, "step 2, optimizer_next, step, batch_before, step, back 2, step")
    changes = [entry["changes"] for entry in map(json.loads, text.splitlines()) if "changes" in entry]
    assert changes == [["3:optimizer=amsgrad"], ["3:optimizer=amsgrad", "4:batch-size=16"]]
    said = [caption for _, caption in replay(text).moments() if caption]
    assert said[1:] == ["Optimizer amsgrad from here on.", "Batches of 16 from here on."]


GIVEN = recorded((), "step 2, optimizer_next, step")[0].splitlines(keepends=True)
AT = next(at for at, line in enumerate(GIVEN) if '"changes": [' in line)
BROKEN = [
    "[]",
    "null",
    "3",
    '"3:l2=1"',
    "[3]",
    '["x"]',
    '["0:l2=1"]',
    '["3:hidden=4"]',
    '["3:dropout=0.5"]',
    '["3:l2=x"]',
]


@pytest.mark.parametrize("changes", BROKEN)
def test_changes_that_are_none_are_an_error_in_a_line(changes, gdcli, table):
    text = "".join([*GIVEN[:AT], f'{{"t": 1, "changes": {changes}}}\n', *GIVEN[AT + 1 :]])
    with pytest.raises(DataError):
        replay(text)
    result = gdcli("live", "--plain", "--replay", table(text, "r.jsonl"), stdin="f\nq\n")
    assert (result.code, result.err.count("\n") <= 2, "Traceback" in result.err) == (3, True, False)


def test_a_state_of_another_optimizer_is_refused():
    """Without the change that led to it, a velocity is no state of plain descent."""
    with pytest.raises(DataError):
        replay("".join([*GIVEN[:AT], *GIVEN[AT + 1 :]]))
