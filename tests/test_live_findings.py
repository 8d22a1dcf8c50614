"""What the playground says of a run: only what is so, and `f` ends with it."""

import re
import shlex

import numpy as np
import pytest
from live_sessions import do, screenful, session

from gdcli.live.findings import MINOR, SAID, describe_small_rate, find
from gdcli.live.view import View
from gdcli.optim.optimizers import Momentum


def test_the_spiral_is_learned():
    sitting = do(session("sample:spiral", "--hidden", "8,8", "--lr", "0.02"), "converge")
    assert sitting.run.known().metrics["accuracy"] == 1
    assert "All 180 training rows are right: accuracy 1.0." in sitting.message


@pytest.mark.parametrize("words", [("--hidden", "4", "--activation", "linear"), ("--hidden", "none")])
def test_a_linear_network_cannot_bend(words):
    sitting = do(session("sample:xor", "--lr", "0.05", *words), "converge")
    assert "cannot bend" in sitting.message
    assert sitting.run.known().metrics["accuracy"] < 0.8


def test_dead_units_are_counted():
    """Biases far below all inputs: the slope of every ReLU is 0 at every row."""
    sitting = session("sample:moons", "--hidden", "16", "--lr", "0.01")
    network, run = sitting.run.setup.scene.network, sitting.run
    do(sitting, "step")
    dead = run.now.parameters.copy()
    network.layers[0].bias(dead)[:] = -1e3
    moved = run.now._replace(
        number=50 * run.setup.steps_per_epoch, parameters=dead, measured=run.known()._replace(parameters=dead)
    )
    run.back_to(moved)
    assert "16 of 16 hidden units are never active on the 180 training rows." in [one.sentence for one in find(run)]


@pytest.mark.parametrize(
    "words",
    [
        ("sample:bmi", "--hidden", "2", "--lr", "1e-6", "--optimizer", "sgd", "--seed", "3"),
        ("sample:bmi", "--hidden", "2", "--lr", "1e-9", "--validation", "0.3", "--loss", "mae"),
        ("sample:bmi", "--hidden", "8", "--lr", "1", "--validation", "0.25", "--batch-size", "64"),
        ("sample:moons:rows=40,noise=0.5", "--hidden", "16", "--lr", "0.1", "--validation", "0.25"),
    ],
)
def test_a_verdict_is_the_sentence_that_train_says_of_the_same_run(words, gdcli):
    sitting = session(*words)
    run = sitting.run
    while run.passes < 50 and not run.ended:
        run.advance()
    verdicts = gdcli(*shlex.split(sitting.rerun())[1:], "--format", "json").json["verdicts"]
    said = {one["name"]: one["sentence"] for one in verdicts}  # with what to try
    found = {one.name.removeprefix("some "): one.sentence for one in find(run) if one.name in {MINOR, *SAID}}
    assert found
    for name, sentence in found.items():
        assert said[name].startswith(sentence)


def test_a_cycle_ends_with_that_word():
    sitting = do(session("--loss", "mae", "--lr", "0.1"), "converge")
    assert "Limit cycle of 2 steps" in sitting.message
    places = [moment.parameters for moment in sitting.run.recent(5)]
    np.testing.assert_allclose(places[-1], places[-3], rtol=1e-6)
    assert not np.allclose(places[-1], places[-2])
    step = sitting.run.now.number
    do(sitting, "converge")  # more of the same brings nothing: it is said, and not run
    assert sitting.run.now.number == step
    assert "Limit cycle" in sitting.message


def test_a_small_rate_says_what_it_costs():
    """ln 100 / (-2 ln(1 - rate mu)) steps, mu the smaller eigenvalue of the lecture's Hessian."""
    sitting = session("--lr", "0.001")
    least, most = np.linalg.eigvalsh([[5.0, 3.0], [3.0, 2.0]])
    said = describe_small_rate(sitting.run)
    part, steps = re.fullmatch(
        r"Learning rate 0\.001 is ([\d.]+) % of the limit: about ([\d,]+) steps to 1/100\.", said
    ).groups()
    assert float(part) == pytest.approx(100 * 0.001 / (2 / most), rel=0.2)
    assert int(steps.replace(",", "")) == pytest.approx(np.log(100) / (-2 * np.log1p(-0.001 * least)), rel=0.03)
    assert said in sitting.line()
    sitting.set_rate(0.1)
    assert describe_small_rate(sitting.run) == ""


def test_f_at_a_rate_that_takes_long_says_so_once_and_goes_on_when_asked_again():
    sitting = do(session("--lr", "0.002"), "converge")
    assert sitting.run.now.number == 10
    assert sitting.line().count("0.002 is 0.7 % of the limit: about 7,900 steps to 1/100.") == 1
    sitting.converge()
    for _ in range(100):
        sitting.advance()
    assert sitting.running


def test_what_nobody_waits_for_is_not_run():
    sitting = do(session("--lr", "1e-8"), "converge")
    assert sitting.run.now.number == 0
    assert sitting.message.startswith("Crawling: ")


def test_the_dial_names_the_limit_by_its_formula():
    sitting = session("--optimizer", "momentum", "--lr", "0.01")
    most = np.linalg.eigvalsh([[5.0, 3.0], [3.0, 2.0]])[-1]
    assert sitting.run.setup.limit == pytest.approx(2 * (1 + Momentum().momentum) / most)
    assert "2(1 + u)/L 0.5544" in "\n".join(screenful(sitting))
    sitting.set_rate(0.6)
    assert "2(1 + u)/L = 0.5544" in sitting.line()


def test_scaled_parameters_have_names_of_their_own():
    screen = screenful(do(session("sample:bmi", "--standardize"), "step 2"))
    assert not [line for line in screen if re.search(r"\bdMSE/d[mb]\b|\b[mb] :=", line)]
    assert any("dMSE/dm_s = 2 m_s" in line for line in screen)
    assert any("on scaled inputs" in line for line in screen)


@pytest.mark.parametrize("width", [90, 100, 120, 160])
def test_that_inputs_are_scaled_is_never_cut_off(width):
    sitting = do(session("sample:bmi", "--standardize", "--batch-size", "64"), "step 700")
    sitting.view = View(projector=False)
    heads = [line for line in screenful(sitting, width, 40) if re.search("step 700   learning", line)]
    assert not heads or re.search(r"on scaled inputs\s*$", heads[-1])


@pytest.mark.parametrize("width", range(84, 124, 4))
def test_a_number_of_the_arithmetic_is_never_cut_off(width):
    sitting = do(session("sample:bmi", "--standardize", "--batch-size", "64"), "step 700")
    sitting.view = View(projector=False)
    whole = re.findall(r"(d\S+_s|\w_s :).*=\s+(-?[\d.]+)\s*$", "\n".join(screenful(sitting, 200, 40)), re.MULTILINE)
    shown = re.findall(r"(d\S+_s|\w_s :).*=\s+(-?[\d.]+)\s*$", "\n".join(screenful(sitting, width, 40)), re.MULTILINE)
    assert [name for name, _ in shown] == [name for name, _ in whole] == ["dMSE/dm_s", "dMSE/db_s", "m_s :", "b_s :"]
    for (_, short), (_, long) in zip(shown, whole, strict=True):
        assert float(short) == pytest.approx(float(long), rel=0.005)


@pytest.mark.parametrize(
    ("optimizer", "rows"), [("momentum", ["velocity"]), ("adam", ["m hat", "v hat"]), ("rmsprop", ["v "])]
)
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_arithmetic_shows_the_optimizers_state(optimizer, rows, size):
    sitting = do(session("--optimizer", optimizer), "step 2")
    sitting.view = View(projector=False)
    lines = [line[-size[0] :] for line in screenful(sitting, *size)]
    state = sitting.run.setup.optimizer.trace(sitting.run.now.step.state)
    for row in rows:
        shown = next(match for line in lines if (match := re.search(rf"(?:^|  ){row} *(-?[\d.]+) +(-?[\d.]+)", line)))
        np.testing.assert_allclose(
            [float(one) for one in shown.groups()], state[row.strip().replace(" ", "_")], rtol=0.01
        )
    assert any("MSE" in line and "->" in line and ("%" in line or "times" in line) for line in lines)
