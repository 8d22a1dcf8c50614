"""Races: several runs from one start on one surface, all stepped together, each with a command that repeats it."""

import itertools

import numpy as np
import pytest
from live_sessions import do, factory, origin_of, race, screenful, session
from test_live_plain import talk
from test_live_rerun import ends_where

from gdcli.cli.app import load
from gdcli.errors import OptionError
from gdcli.live.plain import converse
from gdcli.live.race_setup import lane_factories
from gdcli.live.race_words import table
from gdcli.render.screen import Screen, english

THREE = "sgd,momentum,adam"
NET = ("--hidden", "8", "--activation", "tanh", "--batch-size", "50")
XOR = ("sample:xor", "--hidden", "2", "--batch-size", "1", "--lr", "0.1")


def kinds(sitting):
    """The lanes' optimizers."""
    return [type(lane.run.setup.optimizer).__name__ for lane in sitting.lanes]


def numbers(sitting):
    """The lanes' steps."""
    return [lane.number for lane in sitting.lanes]


# what --race may say

REFUSED = {
    "unknown": ("sgd,adm", "there is no 'adm'", "'adam'"),
    "a word as a rate": ("lr=abc,0.1", "lr: 'abc'", ""),
    "a negative rate": ("lr=0.1,-1", "lr: '-1'", ""),
    "an empty lane": ("sgd,,adam", "lane 2 of 'sgd,,adam' is empty", "as in"),
    "nothing": ("", "lane 1", "as in"),
    "no values": ("lr=", "lane 1", "as in"),
    "twice": ("adam,sgd,ADAM", "'ADAM' is there twice, as lanes 1 and 3", ""),
    "twice, written otherwise": ("lr=0.1,1e-1", "twice, as lanes 1 and 2", ""),
    "the same run": ("batch-size=2,full", "2 and full are the same run", ""),
    "one": ("adam", "'adam' is one lane", ""),
    "too many": ("lr=1,2,3,4,5,6,7", "7 lanes are more than 6", "sweep"),
    "another surface": ("degree=1,2", "not in 'degree'", ""),
    "another start": ("seed=1,2", "not in 'seed'", ""),
    "another's number": ("momentum=0.5,0.9", "momentum: sgd has none", "--optimizer momentum"),
}


@pytest.mark.quick
@pytest.mark.parametrize(("text", "message", "hint"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_race_is_refused(text, message, hint):
    with pytest.raises(OptionError) as caught:
        race(text)
    assert message in caught.value.message
    assert caught.value.message.startswith("--race: ")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--race", "lr=0.1,0.2", "--lr", "0.3"], "--race and --lr both choose the lr"),
        (["--race", "sgd,adam", "--optimizer", "adam"], "--race and --optimizer both choose the optimizer"),
        (["--race", "sgd,adam", "--momentum", "0.3"], "--momentum: none of sgd, adam has it"),
        (["--race", "sgd,adam", "--record", "r.jsonl"], "a recording holds one run"),
        (["--race", "sgd,adam", "--replay", "r.jsonl"], "played as it was"),
        (["--race", "sgd,adam", "--save", "r.html"], "--save goes with --replay"),
    ],
)
def test_a_race_does_not_go_with_everything(gdcli, words, message):
    result = gdcli("live", *words, *["--plain"] * ("--save" not in words))
    assert result.code == 2
    assert message in result.err
    assert result.out == ""


def test_numbers_go_to_the_lanes_that_have_them():
    sitting = race("sgd,momentum,nesterov", "--momentum", "0.5")
    assert [getattr(lane.run.setup.optimizer, "momentum", None) for lane in sitting.lanes] == [None, 0.5, 0.5]


# one start, one surface, all step together


@pytest.mark.parametrize(
    ("lanes", "words"),
    [
        ("sgd,adagrad,adam,rmsprop", ()),
        ("adagrad,sgd", ("sample:bmi",)),  # which alone are scaled, and not
        ("lr=0.01,0.3", ("sample:bmi", "--standardize")),
        ("batch-size=1,full", ("sample:xor", "--hidden", "2")),
        ("sgd,nesterov", ("sample:moons", "--hidden", "3")),
    ],
)
def test_lanes_have_one_start_and_one_surface(lanes, words):
    first, *others = [lane.run.setup for lane in race(lanes, *words).lanes]
    for other in others:
        np.testing.assert_array_equal(first.start, other.start)
        np.testing.assert_array_equal(first.problem.data.inputs, other.problem.data.inputs)
        loss = [float(setup.problem.data_loss(setup.start, setup.problem.data)) for setup in (first, other)]
        assert loss[0] == loss[1]


def descended(rate, steps):
    """m and b of the deck by the formulas of its gradient, step by step."""
    m, b = -1.0, 5.0
    for _ in range(steps):
        m, b = m - rate * (5 * m + 3 * b - 13), b - rate * (3 * m + 2 * b - 8)
        yield m, b


def test_each_lane_steps_as_it_would_alone_and_its_marks_are_counted():
    rates = [0.05, 0.1, 0.28]
    sitting = do(race("lr=0.05,0.1,0.28"), "step 250")
    for lane, rate in zip(sitting.lanes, rates, strict=True):
        ways = list(descended(rate, 250))
        np.testing.assert_allclose(lane.run.now.parameters, ways[-1], rtol=1e-12, atol=0)
        losses = [((m + b - 3) ** 2 + (2 * m + b - 5) ** 2) / 2 for m, b in ways]  # its least value is 0
        for part in (1e-2, 1e-4):
            expected = next((step for step, loss in enumerate(losses, start=1) if loss <= part * 2.5), None)
            assert lane.reached(part) == expected


def test_a_network_s_marks_are_those_of_its_training_loss():
    sitting = do(race("lr=0.001,0.1", "sample:xor", *NET, "--optimizer", "adam"), "epoch 120")
    for lane in sitting.lanes:
        losses = lane.run.losses
        below = losses.steps[losses.values[:, 0] <= losses.values[0, 0] / 100]
        assert lane.reached(1e-2) == (int(below[0]) if len(below) else None)
    assert sitting.lanes[1].reached(1e-2) is not None, "else nothing was compared"


def test_a_lane_that_diverges_says_so_and_the_others_go_on():
    sitting = do(race("lr=0.1,1e6"), "step 60")
    alive, lost = sitting.lanes
    assert (alive.number, lost.run.diverged) == (60, True)
    assert lost.news.name == "diverged"
    assert f"diverged at step {lost.number}" in table(sitting.lanes, english)[2]
    do(sitting, "step")
    assert alive.number == 61


def test_the_step_in_which_a_lane_is_lost_is_said():
    sitting = race("lr=0.1,1e6")
    said = []
    for _ in range(60):
        sitting.do("step")
        said.append(sitting.message)
    (lost,) = [text for text in said if "diverged" in text]
    assert lost.startswith(f"Lane 2, SGD lr 1000000, diverged at step {sitting.lanes[1].number}. Step")


def test_back_takes_all_lanes_back_with_their_marks():
    sitting = do(race(THREE), "step 80")
    kept = [lane.run.now.parameters.copy() for lane in sitting.lanes]
    assert [lane.reached(1e-2) for lane in sitting.lanes] == [None, 16, 75]
    do(sitting, "step 3, back 3")
    for lane, parameters in zip(sitting.lanes, kept, strict=True):
        np.testing.assert_array_equal(lane.run.now.parameters, parameters)
    do(sitting, "back 10")
    assert numbers(sitting) == [70, 70, 70]
    assert [lane.reached(1e-2) for lane in sitting.lanes] == [None, 16, None]
    do(sitting, "step 10")
    assert [lane.reached(1e-2) for lane in sitting.lanes] == [None, 16, 75]


def test_back_from_a_divergence_brings_only_those_back_that_went_on():
    sitting = do(race("lr=0.1,1e6"), "step 60")
    lost = sitting.lanes[1].number
    do(sitting, f"back {60 - lost}")
    assert numbers(sitting) == [lost, lost]
    assert sitting.lanes[1].news.name == "diverged"
    do(sitting, "back")
    assert numbers(sitting) == [lost - 1, lost - 1]
    assert sitting.lanes[1].news is None
    do(sitting, "next_lane, best")
    assert numbers(sitting) == [0, 0]


def test_f_runs_until_each_lane_is_there_or_says_what_is_so():
    sitting = do(race("lr=0.1,0.28,0.3"), "converge")
    assert [lane.reached(1e-4) for lane in sitting.lanes] == [303, 107, None]
    assert sitting.lanes[2].news.name == "diverged"
    assert not sitting.running
    do(sitting, "converge")
    assert [lane.news.name for lane in sitting.lanes] == ["converged", "converged", "diverged"]
    do(sitting, "converge")
    assert sitting.message.startswith("Lane 1: Converged at step")


# each lane's command

RERUN = {
    "optimizers, a turn": (race, (THREE,), "step 3, lr 0.05, step 4, next_lane, lr 0.02, step 3"),
    "rates, one diverges": (race, ("lr=0.1,50",), "step 25"),
    "a network's optimizers": (race, ("sgd,adam", *XOR), "step 6"),
    "batches": (race, ("batch-size=1,3,full", "sample:xor", "--hidden", "2", "--lr", "0.1"), "step 6"),
    "scaled": (race, ("adagrad,nesterov", "sample:bmi"), "step 5"),
    "added by keys": (session, (), "step 3, lr 0.2, step, add_lane, straight_7, step 2, lr 0.3, add_lane, step 4"),
    "momentum by keys": (race, ("momentum,adam",), "kept_next, next_lane, kept_before, step 6"),
    "changed in mid-run": (
        race,
        (THREE, "sample:bmi", "--standardize"),
        "step 3, next_lane, kept_next, batch_before 3, step 2, next_lane, straight_2, penalty_next, step 4, back, step",
    ),
    "typed in mid-run": (race, (THREE,), "step 2, next_lane, set momentum=0.7, step 3, set l2=0.1, step 2"),
    "typed at the start": (race, (THREE,), "next_lane, set momentum=0.7, set l2=0.1, step 4, reset, step 2"),
    "changed by keys": (race, ("sgd,adam", *XOR), "batch_next, next_lane, penalty_next, seed, step 7, drop_lane, step"),
}


@pytest.mark.parametrize(("made", "words", "actions"), RERUN.values(), ids=RERUN)
def test_each_lane_s_command_ends_where_it_did(made, words, actions, gdcli, tmp_path):
    sitting = do(made(*words), actions)
    for _ in sitting.lanes or [1]:
        assert sitting.rerun() in sitting.reruns()
        ends_where(sitting, gdcli, tmp_path)
        sitting.do("next_lane")


# keys


def test_c_makes_a_race_of_a_run_and_six_lanes_are_the_most():
    sitting = do(session(), "step 5, lr 0.2, step, add_lane")
    assert (numbers(sitting), sitting.at) == ([0, 0], 1)
    assert [lane.run.rate for lane in sitting.lanes] == [0.2, 0.2]
    do(sitting, "add_lane 4")
    assert len(sitting.lanes) == 6
    do(sitting, "step 3, add_lane")
    assert (len(sitting.lanes), numbers(sitting)) == (6, [3] * 6)
    assert sitting.message == "6 lanes are the most. C takes one away."


def test_a_lane_is_like_the_one_at_the_keys():
    sitting = do(race(THREE), "next_lane, lr 0.02, add_lane")
    assert kinds(sitting) == ["SGD", "Momentum", "Adam", "Momentum"]
    assert [lane.run.rate for lane in sitting.lanes] == [0.1, 0.02, 0.1, 0.02]
    assert sitting.at == 3


def test_keys_go_to_one_lane_and_settings_of_the_surface_to_all():
    sitting = do(race(THREE, "sample:bmi", "--standardize"), "next_lane, lr 0.05, straight_4, batch_before")
    assert kinds(sitting) == ["SGD", "Adagrad", "Adam"]
    assert [lane.run.rate for lane in sitting.lanes] == [0.1, 0.05, 0.1]
    assert [lane.run.setup.batch_size is None for lane in sitting.lanes] == [True, False, True]
    do(sitting, "penalty_next")
    assert len({lane.run.setup.problem.l2 for lane in sitting.lanes}) == 1
    assert sitting.lanes[0].run.setup.problem.l2 > 0
    do(sitting, "step 2, data_next")
    assert "C takes lanes away" in sitting.message
    assert numbers(sitting) == [2, 2, 2]


def test_what_cannot_be_changed_changes_no_lane():
    sitting = do(race(THREE), "step 2, noise_next")
    assert "is real data" in sitting.message
    assert numbers(sitting) == [2, 2, 2]
    do(sitting, "layers_next")
    assert numbers(sitting) == [2, 2, 2]


def test_another_start_is_all_lanes_start():
    sitting = do(race(THREE), "step 2")
    sitting.restart_from(2.0, -1.0)
    assert {tuple(lane.run.now.parameters.tolist()) for lane in sitting.lanes} == {(2.0, -1.0)}
    do(sitting, "step 3, reset")
    assert {tuple(lane.run.now.parameters.tolist()) for lane in sitting.lanes} == {(2.0, -1.0)}


def test_lanes_are_taken_away_until_one_run_is_left():
    sitting = do(race(THREE), "step 4, next_lane, drop_lane")
    assert (kinds(sitting), numbers(sitting), sitting.at) == (["SGD", "Adam"], [4, 4], 1)
    do(sitting, "drop_lane")
    assert not sitting.lanes
    assert type(sitting.run.setup.optimizer).__name__ == "SGD"
    do(sitting, "step, drop_lane, next_lane")
    assert sitting.run.now.number == 5
    assert sitting.message == "There is one run alone: c adds a lane."


def test_an_optimizer_has_a_key_of_its_own_without_a_race_too():
    sitting = do(session(), "straight_9, step")
    assert type(sitting.run.setup.optimizer).__name__ == "AdamW"


def test_the_second_dial_goes_along_its_ladder_from_the_start():
    sitting = do(race(THREE), "step 3, next_lane, kept_next 2, step 4")
    assert [getattr(lane.run.setup.optimizer, "momentum", None) for lane in sitting.lanes] == [None, 0.98, None]
    assert "2 Momentum 0.98 lr 0.1" in "\n".join(screenful(sitting))
    shown = screenful(sitting, 80, 24)
    assert shown[1].endswith("momentum 0.98")
    assert shown[2].index("▼") > shown[3].index("0.9 ", 50)
    do(sitting, "kept_next 9, kept_before 12")
    assert sitting.run.setup.optimizer.momentum == 0
    do(sitting, "next_lane, kept_before")
    assert sitting.run.setup.optimizer.beta1 == 0.8
    do(sitting, "next_lane, kept_next")
    assert sitting.message == "SGD has no momentum: 2 takes Momentum, 7 takes Adam with its beta1."
    assert not any("beta1" in line for line in screenful(sitting, 80, 24)[:4])


# what is seen


@pytest.fixture(scope="module")
def six():
    """As many lanes as there can be, one of them lost."""
    return do(race("lr=0.01,0.05,0.1,0.2,0.28,1"), "step 60")


@pytest.mark.parametrize(
    "screen", [Screen(), Screen(color=False), Screen(color=False, unicode=False)], ids=["colour", "plain", "ascii"]
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_six_lanes_fit_the_screen_each_with_its_number(size, screen, six):
    lines = screenful(six, *size, screen=screen)
    rows = [line for line in lines if line[4:10] == "SGD lr"]
    assert [line[2] for line in rows] == list("123456")
    assert "diverged at step" in rows[5]
    assert [line[:1] for line in rows] == [">", " ", " ", " ", " ", " "]
    head = next(line for line in lines if "to 1/10,000" in line)
    assert len({len(head)} | {line.rindex("-") + 1 for line in rows[:2]}) == 1
    assert any("minimum" in line for line in lines)
    drawn = "\n".join(lines[5 : size[1] - 11])
    assert all(number in drawn for number in "123456")


def test_without_colour_each_curve_and_path_is_made_of_its_number(six):
    lines = screenful(six, 120, 40, screen=Screen(color=False))
    left, right = "\n".join(line[:54] for line in lines[6:29]), "\n".join(line[56:] for line in lines[6:16])
    for number in "125":
        assert left.count(number) > 1
        assert right.count(number) > 5


@pytest.mark.parametrize(
    "words", [("sample:moons", "--hidden", "3"), ("sample:line", "--no-intercept", "--lr", "0.02")]
)
def test_a_race_without_a_surface_over_two_parameters_is_shown_too(words):
    sitting = do(race("sgd,adam", *words), "step 3")
    for size, pictures in itertools.product([(60, 20), (80, 24), (120, 40)], range(3)):
        sitting.picture = pictures
        assert sum("lr 0." in line for line in screenful(sitting, *size)) >= 2


def test_the_help_is_about_lanes():
    sitting = race(THREE)
    sitting.do("show_help")
    assert "the keys go to the next lane" in "\n".join(screenful(sitting))


def test_a_race_is_told_line_by_line():
    sitting, written = race(THREE), []
    converse(sitting, ["n 2", "j", "lr 0.3", "n 3", "q"], written.append)
    assert written[0] == "sample:deck: y = mx + b, a race of 3 lanes."
    assert "step 1, MSE by lane: 1.825, 1.825, 2.165" in written
    assert "2  Momentum lr 0.1  1.8453         -            -" in written
    assert written[-1].startswith("steps to 1/100")
    assert written[-2].split()[:2] == ["3", "Adam"]


def test_a_race_by_keys_is_told_line_by_line():
    answers, _ = talk("c", "7", "n 3")
    assert [line.split()[1] for line in answers[3][-3:-1]] == ["SGD", "Adam"]
    assert answers[3][-4].split() == ["lane", "MSE", "to", "1/100", "to", "1/10,000"]


@pytest.mark.parametrize("number", range(1, 10))
def test_the_help_s_words_of_the_numbers_are_right(number):
    known = {"1": "SGD", "2": "Momentum", "7": "Adam"}
    sitting = do(session(), f"straight_{number}")
    name = type(sitting.run.setup.optimizer).__name__
    assert known.get(str(number), name) == name


def test_rows_are_read_once_for_all_lanes(tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("x,y\n1,2\n2,3\n3,5\n")
    words = [str(rows)]
    made = lane_factories(THREE, factory(*words), origin_of(load("live").make_context("live", words)).given)
    assert len({id(one.setup.problem.data.inputs) for one in made} | {1}) >= 2
    rows.unlink()
    assert [one.setup.name for one in made] == [str(rows)] * 3


def test_the_arrows_are_of_the_lane_at_the_keys():
    sitting = do(race(THREE), "step 3")
    assert "g gradient  ◌ next step" in "\n".join(screenful(sitting))
    assert "g gradient  v velocity  ◌ next step" in "\n".join(screenful(do(sitting, "next_lane")))
    assert "next step" not in "\n".join(screenful(do(sitting, "arrows"))).replace(sitting.message, "")


def test_the_state_stands_below_the_parameters_names():
    """With fewer digits too, as beside two other pictures."""
    lines = screenful(do(race(THREE), "next_lane, step 6"))
    at = next(at for at, line in enumerate(lines) if "  velocity" in line)
    names, state = lines[at - 1], lines[at]
    assert names.endswith(" b")
    assert len(names) == len(state)
    assert names.index(" m ") + 1 == len(state[: -len(state.split()[-1])].rstrip()) - 1
