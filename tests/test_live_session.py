"""A sitting at the playground: its numbers are those of the other commands, and every key does what it says."""

import itertools
import json
import math

import numpy as np
import pytest
from live_sessions import NETWORK, NETWORK_STEPS, do, factory, session

from gdcli.data.samples import samples
from gdcli.live.keys import KEYS
from gdcli.live.messages import rate_warning
from gdcli.live.run import LiveRun
from gdcli.live.setup import LineScene
from gdcli.optim import optimizers
from gdcli.optim.optimizers import SGD
from gdcli.optim.schedules import Dial
from gdcli.training.loop import descend
from gdcli.training.records import Epoch, Step
from gdcli.training.stopping import Stopping
from gdcli.training.streams import epochs

BATCHES = ("sample:bmi", "--standardize", "--batch-size", "100")
RUNS = {
    "line": (),
    "batches": BATCHES,
    "adam": ("--optimizer", "adam"),
    "momentum": (*BATCHES, "--optimizer", "momentum"),
    "penalty": ("sample:bmi", "--standardize", "--l2", "0.1", "--l1", "0.1"),
    "network": NETWORK,
    "dropout": (*NETWORK, "--dropout", "0.3", "--optimizer", "rmsprop"),
    "whole set": ("sample:xor", "--hidden", "3", "--batch-size", "full"),
    "cosine": ("--schedule", "cosine", "--epochs", "40"),
    "warm": (*NETWORK, "--schedule", "one-cycle", "--warmup", "3", "--epochs", "8"),
    "turned": ("--lr-at", "3:0.2,9:0.05"),
}


def reference(setup, steps, rate=None):
    """The training loop's own steps and measured states."""
    stream = descend(
        setup.problem,
        setup.optimizer,
        learning_rate=rate or setup.schedule,
        epochs=setup.epochs or 10**6,
        start=setup.start,
        batch_size=setup.batch_size,
        seed=setup.seed,
        shuffle=setup.shuffle,
    )
    made, measured = [], {}
    for record in stream:
        if isinstance(record, Epoch):
            measured[record.step] = record
            if record.step >= steps:
                break
        else:
            made.append(record)
            if record.step > steps:
                break
    return made[:steps], measured


def advance(run, steps):
    for _ in range(steps):
        assert run.advance()
    return run.now


def state(moment):
    """Everything a moment holds, as arrays."""
    record = moment.known()
    parts = [moment.parameters, record.loss, record.parameters]
    parts += [np.nan if record.validation_loss is None else record.validation_loss, *record.metrics.values()]
    if moment.step is not None:
        parts += [moment.before.parameters, moment.step.gradient, moment.step.loss, moment.step.learning_rate]
        parts += [moment.step.rows] if isinstance(moment.step.rows, np.ndarray) else []
    return [moment.number, moment.epoch, *map(np.array, parts)]


def same(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.asarray(a).dtype == np.asarray(b).dtype


# steps and back


@pytest.mark.parametrize("words", [(), NETWORK, (*NETWORK, "--dropout", "0.3"), BATCHES], ids=str)
def test_back_returns_to_the_arrays_there_were(words):
    sitting = session(*words)
    seen = [state(sitting.run.now)]
    for _ in range(2 * NETWORK_STEPS + 3):  # into the middle of an epoch
        sitting.do("step")
        seen.append(state(sitting.run.now))
    for expected in reversed(seen[:-1]):
        sitting.do("back")
        same(state(sitting.run.now), expected)
    sitting.do("back")
    assert sitting.run.now.number == 0


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
def test_a_run_is_the_training_loop(words):
    run = LiveRun(factory(*words).setup)
    made, measured = reference(run.setup, 23)
    for at, step in enumerate(made, start=1):
        now = advance(run, 1)
        assert (now.number, now.epoch) == (at, step.epoch)
        assert now.step.loss == step.loss
        assert now.step.learning_rate == step.learning_rate
        np.testing.assert_array_equal(now.parameters, step.parameters)
        np.testing.assert_array_equal(now.step.gradient, step.gradient)
        assert (now.measured is None) == (at not in measured)
        if at in measured:
            assert (now.measured.loss, now.measured.validation_loss) == (
                measured[at].loss,
                measured[at].validation_loss,
            )
            assert now.measured.metrics == measured[at].metrics


@pytest.mark.parametrize("words", RUNS.values(), ids=RUNS)
def test_going_back_and_on_changes_nothing(words):
    run = LiveRun(factory(*words).setup)
    made, _ = reference(run.setup, 20)
    for there, back in [(3, 1), (8, 3), (12, 5), (13, 12), (20, 1), (20, 2)]:
        advance(run, there - run.now.number)
        run.known()
        for _ in range(back):
            assert run.back()
        np.testing.assert_array_equal(
            run.now.parameters,
            made[run.now.number - 1].parameters if run.now.number else run.setup.start,
        )
    advance(run, 20 - run.now.number)
    np.testing.assert_array_equal(run.now.parameters, made[-1].parameters)


IN_BATCHES = [
    ("--batch-size", "2"),
    ("--batch-size", "1", "--lr", "0.4"),
    ("sample:moons", "--hidden", "4", "--lr", "0.1"),
    ("sample:moons", "--hidden", "4", "--lr", "60", "--l2", "1"),
    ("sample:moons", "--hidden", "4", "--schedule", "cosine", "--epochs", "30"),
]


@pytest.mark.parametrize(
    "words",
    [(), ("--optimizer", "momentum", "--lr", "0.02"), ("sample:bmi",), ("--lr", "0.35"), *IN_BATCHES],
    ids=" ".join,
)
def test_updates_made_together_are_those_made_one_by_one(words, monkeypatch):
    ours, theirs = LiveRun(factory(*words).setup), LiveRun(factory(*words).setup)
    advance(ours, 3)
    while ours.now.number < 3000 and not ours.ended:
        made = ours.leap(math.inf, exact=False)
        assert made or ours.advance()
    monkeypatch.setattr(Stopping, "fine", lambda *_: -math.inf)  # each of theirs is judged
    advance(theirs, ours.now.number)
    assert ours.now.number == theirs.now.number > (10 if ours.diverged else 40)
    assert ours.status == theirs.status
    assert (ours.best.number, ours.best.measured.loss) == (theirs.best.number, theirs.best.measured.loss)
    for one, other in ((ours.losses, theirs.losses), (ours.way, theirs.way), (ours.batches, theirs.batches)):
        np.testing.assert_array_equal(one.steps, other.steps)
        np.testing.assert_array_equal(one.values, other.values)
    for _ in range(300):
        same(state(ours.now), state(theirs.now))
        assert ours.now.status == theirs.now.status
        ours.back()
        theirs.back()
    ours.advance()
    theirs.advance()
    same(state(ours.now), state(theirs.now))


@pytest.mark.parametrize("words", [(), ("--tolerance", "1e-6"), ("--lr", "0.31"), ("--target-loss", "0.01")], ids=str)
def test_a_hunt_by_leaps_ends_where_it_ends_step_by_step(words, monkeypatch):
    leaping, stepping = session(*words), session(*words)
    leaping.do("converge")
    while leaping.running:
        leaping.tick(math.inf)
    monkeypatch.setattr(LiveRun, "leap", lambda *_: 0)
    stepping.do("converge")
    while stepping.running:
        stepping.tick(math.inf)
    same(state(leaping.run.now), state(stepping.run.now))
    assert (leaping.message, leaping.run.status) == (stepping.message, stepping.run.status)


def test_a_hunt_in_batches_ends_at_the_optimum_where_there_is_one_for_every_row():
    sitting = session("--batch-size", "1", "--lr", "0.1")
    do(sitting, "converge")
    while sitting.running:
        sitting.tick(math.inf)
    assert sitting.message.startswith("Converged at step ")
    assert float(sitting.run.now.known().loss) <= 1e-6 * float(sitting.run.first.known().loss)


def test_epochs_are_those_of_train():
    run = LiveRun(factory(*NETWORK).setup)
    setup = run.setup
    records = epochs(
        descend(
            setup.problem,
            setup.optimizer,
            learning_rate=setup.rate,
            epochs=4,
            start=setup.start,
            batch_size=setup.batch_size,
            seed=setup.seed,
        )
    )
    for record in itertools.islice(records, 1, None):
        advance(run, NETWORK_STEPS)
        assert run.known().row() == record.row()


@pytest.mark.parametrize("words", [RUNS[name] for name in ("line", "adam", "momentum", "network", "dropout", "turned")])
def test_turning_the_dial_is_a_dial_and_resets_nothing(words):
    sitting = session(*words)
    run, turns = sitting.run, [(4, 0.02), (7, 0.003), (16, 0.08)]
    for at, rate in turns:
        advance(run, at - run.now.number)
        sitting.do("step")
        sitting.do("back")
        sitting.set_rate(rate)
        assert sitting.run is run
        assert (run.now.number, run.rate) == (at, rate)
    advance(run, 20 - run.now.number)
    made, _ = reference(run.setup, 20, Dial(run.setup.schedule, tuple(turns)))
    np.testing.assert_array_equal(run.now.parameters, made[-1].parameters)
    np.testing.assert_array_equal(run.now.step.gradient, made[-1].gradient)
    assert run.turns == tuple(turns)


def test_going_back_over_a_turn_takes_it_back():
    sitting = do(session(), "step 3, lr 0.2, step 3, back 4")
    assert (sitting.run.rate, sitting.run.turns) == (0.1, ())
    do(sitting, "step 4")
    made, _ = reference(sitting.run.setup, 6)
    np.testing.assert_array_equal(sitting.run.now.parameters, made[-1].parameters)


def test_a_turn_at_the_place_gone_back_to_stays():
    sitting = do(session(), "step 3, lr 0.2, step 3, back 3")
    assert (sitting.run.rate, sitting.run.turns) == (0.2, ((3, 0.2),))


def test_turns_to_and_fro_leave_only_what_counts():
    sitting = do(session(), "step 2, lr 0.2, lr 0.3, lr 0.05")
    assert sitting.run.turns == ((2, 0.05),)
    do(sitting, "lr 0.1")
    assert sitting.run.turns == ()


# the loss surface


SURFACES = [
    (),
    ("--m", "3", "--b", "-4", "--lr", "0.05"),
    ("sample:bmi", "--standardize"),
    ("sample:bmi", "--standardize", "--l2", "0.3"),
    ("sample:line", "--lr", "0.02"),
    ("sample:bmi", "--standardize", "--batch-size", "100"),
    ("sample:polynomial", "--degree", "2", "--standardize"),
]


@pytest.mark.parametrize("words", SURFACES, ids=str)
def test_the_loss_surface_is_that_of_surface(words, gdcli):
    sitting = session(*words)
    told = gdcli("surface", *(words or ["sample:deck", "--m", "-1", "--b", "5"]), "--format", "json").json
    landscape = sitting.run.setup.scene.landscape
    assert list(landscape.names) == told["over"]
    across, up = (told["axes"][name] for name in landscape.names)
    assert landscape.x_range == (across[0], across[-1])
    assert landscape.y_range == (up[0], up[-1])
    grid = np.array(told["grid"])
    if "penalty_grid" in told:
        grid = grid + np.array(told["penalty_grid"])
    np.testing.assert_allclose(landscape.values(len(across), len(up)), grid, rtol=1e-12)
    names = dict(zip(landscape.names, landscape.minimum, strict=False))
    assert names == {name: told["minimum"][name] for name in landscape.names}


@pytest.mark.parametrize("words", SURFACES[:-1], ids=str)
def test_the_way_on_the_surface_is_that_of_surface(words, gdcli):
    sitting = do(session(*words), "epoch 12")
    told = gdcli("surface", *(words or ["sample:deck", "--m", "-1", "--b", "5"]), "--format", "json").json
    x, y = told["over"]
    points = {point["step"]: (point[x], point[y]) for point in told["paths"][0]["points"]}
    way = dict(zip(sitting.run.way.steps.tolist(), map(tuple, sitting.run.way.values.tolist()), strict=True))
    shared = sorted(points.keys() & way.keys())
    assert len(shared) >= 3
    assert [way[step] for step in shared] == [points[step] for step in shared]


# the stability limit


def test_a_warning_appears_exactly_above_the_limit(gdcli):
    limit = gdcli("limit", "sample:deck", "--format", "json").json["lr_max"]
    sitting = session()
    assert sitting.run.setup.limit == limit
    for rate in (1e-9, 0.1, np.nextafter(limit, 0), limit):
        sitting.set_rate(float(rate))
        assert rate_warning(sitting.run) == ""
    for rate in (np.nextafter(limit, 1), 0.3, 2.0, 1e9):
        sitting.set_rate(float(rate))
        assert "2/L" in rate_warning(sitting.run)
        assert rate_warning(sitting.run) in sitting.line()


def test_a_network_has_no_limit_to_warn_of():
    sitting = session(*NETWORK)
    sitting.set_rate(1e9)
    assert rate_warning(sitting.run) == ""


@pytest.mark.parametrize("words", [(), BATCHES, ("--optimizer", "momentum")], ids=str)
def test_what_diverged_stands_still_until_it_is_taken_back(words):
    sitting = do(session(*words), "epoch 3, lr 5, converge")
    run = sitting.run
    assert run.diverged
    assert not sitting.running
    assert "z" in sitting.message.split()
    assert f"{run.best.number:,}" in sitting.message
    number, before = run.now.number, run.now.parameters.copy()
    assert run.advance() is False
    do(sitting, "step, epoch, toggle, converge")
    assert run.now.number == number
    np.testing.assert_array_equal(run.now.parameters, before)

    lowest = run.best
    sitting.do("best")
    assert not run.diverged
    assert run.now.number == lowest.number < number
    assert run.known().loss == min(run.losses.values[:, 0])
    assert run.losses.steps[-1] == run.way.steps[-1] == lowest.number
    do(sitting, "lr 0.01, step 3")
    assert not run.diverged
    assert run.now.number == lowest.number + 3


def test_back_from_a_divergence_is_a_step_back():
    sitting = do(session(), "lr 5, converge")
    number = sitting.run.now.number
    sitting.do("back")
    assert (sitting.run.now.number, sitting.run.diverged) == (number - 1, False)


def test_what_was_taken_back_is_not_the_lowest_any_more():
    sitting = do(session(), "step 17, back, best")
    assert sitting.message == "Step 16 has the lowest loss measured up to here."
    do(sitting, "lr 50, step, best")
    assert sitting.message == "Back at step 16, the lowest loss measured up to step 17."


def test_the_best_is_the_lowest_validation_loss():
    sitting = do(session("sample:moons", "--hidden", "16", "--lr", "0.3", "--validation", "0.5"), "epoch 30")
    curve = sitting.run.losses
    lowest = curve.steps[np.argmin(curve.values[:, 1])]
    sitting.do("best")
    assert sitting.run.now.number == lowest
    assert sitting.run.known().validation_loss == curve.values[:, 1].min()


@pytest.mark.parametrize("words", [(), ("sample:bmi", "--standardize"), ("--optimizer", "nesterov", "--lr", "0.03")])
def test_converged_is_a_flat_gradient(words):
    """Against the gradient at the start: whatever the units, it is a millionth of that."""
    sitting = session(*words)
    flat = 1e-6 * np.abs(sitting.run.known().gradient).max()
    do(sitting, "converge")
    assert not sitting.running
    assert np.abs(sitting.run.known().gradient).max() <= flat
    assert str(sitting.run.now.number) in sitting.message.replace(",", "")
    sitting.do("back")
    assert np.abs(sitting.run.known().gradient).max() > flat


# ghosts, resets, repetition


def test_a_ghost_stays_as_it_was():
    sitting = do(session(), "step 5, lr 0.2, step 5, compare")
    ghost = sitting.ghost
    kept = [ghost.curve.steps.copy(), ghost.curve.values.copy(), ghost.way.values.copy(), ghost.now.parameters.copy()]
    assert sitting.run.now.number == 0
    do(sitting, "step 3, lr 5, converge, best, seed, optimizer_next, step 4, reset, batch_before, step 2")
    assert sitting.ghost is ghost
    now = [ghost.curve.steps, ghost.curve.values, ghost.way.values, ghost.now.parameters]
    same(now, kept)
    assert kept[0].tolist() == list(range(11))
    do(sitting, "forget")
    assert sitting.ghost is None


def test_nothing_to_race_before_the_first_step():
    sitting = do(session(), "compare")
    assert sitting.ghost is None


@pytest.mark.parametrize("words", [RUNS["line"], RUNS["network"], RUNS["dropout"], RUNS["cosine"]])
def test_a_reset_gives_the_same_start(words):
    sitting = session(*words)
    start = state(sitting.run.now)
    do(sitting, "step 7")
    seventh = state(sitting.run.now)
    sitting.do("reset")
    same(state(sitting.run.now), start)
    do(sitting, "step 7")
    same(state(sitting.run.now), seventh)


def test_a_reset_keeps_the_rate_on_the_dial():
    sitting = do(session(), "step 2, lr 0.2, step 2, reset")
    assert (sitting.run.rate, sitting.run.turns, sitting.run.setup.rate) == (0.2, (), 0.2)


DONE = (
    "step 3, lr 0.02, epoch 2, back, seed, step 2, optimizer_next, step 3, compare, batch_before, epoch, rate_up, step"
)


@pytest.mark.parametrize("words", [(), NETWORK, BATCHES], ids=str)
def test_the_same_sitting_twice_gives_the_same_numbers(words):
    first, second = do(session(*words), DONE), do(session(*words), DONE)
    same(state(first.run.now), state(second.run.now))
    same([first.run.losses.values, first.ghost.curve.values], [second.run.losses.values, second.ghost.curve.values])
    assert first.rerun() == second.rerun()
    assert first.message == second.message


# settings


@pytest.mark.quick
@pytest.mark.parametrize("words", [(), NETWORK, ("sample:bmi", "--standardize")], ids=str)
@pytest.mark.parametrize("action", [key.action for key in KEYS if key.action.endswith(("_next", "_before"))])
def test_a_setting_changes_or_says_why_not(words, action):
    sitting = do(session(*words), "step 2")
    run, told = sitting.run, sitting.rerun()
    sitting.do(action)
    assert sitting.message
    if sitting.run is run:
        assert sitting.rerun() == told
        do(sitting, "step")
        assert sitting.run.now.number == 3
    else:
        assert sitting.run.now.number == 0
        do(sitting, "step 3")
        assert sitting.run.now.number == 3


def test_settings_come_round_or_end():
    sitting = session(*NETWORK)
    names = set()
    for _ in optimizers.__all__:
        sitting.do("optimizer_next")
        names.add(type(sitting.run.setup.optimizer).__name__)
    assert names == set(optimizers.__all__)
    assert type(sitting.run.setup.optimizer).__name__ == "Adam"
    sizes = []
    for _ in range(12):
        sitting.do("batch_next")
        sizes.append(sitting.run.setup.batch_size)
    assert sizes[-1] in (None, len(sitting.run.setup.problem.data))
    for _ in range(12):
        sitting.do("batch_before")
    assert sitting.run.setup.batch_size == 1
    for _ in range(12):
        sitting.do("neurons_before")
    assert sitting.run.setup.scene.network.sizes == (2, 1, 1)


def test_the_next_data_set_brings_its_own_scene():
    sitting = session()
    scenes = set()
    for _ in samples():
        sitting.do("data_next")
        scenes.add(isinstance(sitting.run.setup.scene, LineScene))
        do(sitting, "step")
        assert sitting.run.now.number == 1
    assert scenes == {True, False}
    assert sitting.run.setup.name == "sample:deck"


def test_a_setting_keeps_the_rate_on_the_dial():
    sitting = do(session(), "lr 0.2, step 2, seed")
    assert sitting.run.rate == 0.2
    sitting = do(session(*NETWORK), "lr 0.2, step 2, layers_next")
    assert sitting.run.rate == 0.2


def test_another_start_is_pointed_at():
    sitting = do(session(), "step 3")
    sitting.restart_from(2.5, -1.25)
    assert sitting.run.now.number == 0
    np.testing.assert_array_equal(sitting.run.now.parameters, [2.5, -1.25])
    sitting = do(session("sample:bmi", "--standardize"), "step 3")
    sitting.restart_from(12.0, -3.0)
    setup = sitting.run.setup
    np.testing.assert_allclose(setup.scene.raw(setup.start), [12.0, -3.0], rtol=1e-12)


# the rate typed


def type_in(sitting, text):
    sitting.do("type_rate")
    for char in text:
        sitting.typed(char, char)
    sitting.typed("enter", "\r")


@pytest.mark.parametrize(("text", "rate"), [("0.3", 0.3), ("1e-3", 1e-3), ("5", 5.0), (".5", 0.5), ("+0.2", 0.2)])
def test_a_rate_is_typed(text, rate):
    sitting = do(session(), "step 2")
    type_in(sitting, text)
    assert (sitting.run.rate, sitting.typing) == (rate, None)
    assert sitting.run.now.number == 2


@pytest.mark.parametrize("text", ["-1", "0", "nan", "inf", "abc", "", "1e999", "1e", "--", "-0"])
def test_what_is_no_rate_is_refused(text):
    sitting = do(session(), "step 2")
    type_in(sitting, text)
    assert (sitting.run.rate, sitting.run.turns, sitting.typing) == (0.1, (), None)
    sitting.typing = text
    sitting.typed("enter", None)  # as the plain playground hands it over
    assert (sitting.run.rate, sitting.run.turns, sitting.typing) == (0.1, (), None)
    assert not text or text in sitting.message


def test_typing_can_be_left_and_corrected():
    sitting = session()
    sitting.do("type_rate")
    for char in "0.37":
        sitting.typed(char, char)
    sitting.typed("backspace", "\x7f")
    assert "0.3_" in sitting.line()
    sitting.typed("escape", "\x1b")
    assert (sitting.run.rate, sitting.typing) == (0.1, None)


# running


@pytest.mark.parametrize("speed", range(6))
def test_a_second_is_as_many_steps_as_the_speed_says(speed, monkeypatch):
    monkeypatch.setattr("gdcli.live.session.perf_counter", lambda: 0.0)
    sitting = session()
    sitting.speed = speed
    sitting.start()
    for tenth in range(1, 101):
        sitting.tick(1e9, lambda tenth=tenth: tenth / 10)
    assert sitting.run.now.number == pytest.approx(10 * sitting.speeds[speed], abs=1)


def test_a_run_gives_the_keyboard_its_turn(monkeypatch):
    monkeypatch.setattr("gdcli.live.session.perf_counter", lambda: 0.0)
    sitting, looks = do(session(*NETWORK), "faster 9"), itertools.count(1)
    sitting.start()
    sitting.tick(0.05, lambda: next(looks) / 100)
    assert 0 < sitting.run.now.number < 200
    assert sitting.running


def test_a_schedule_ends():
    sitting = do(session("--schedule", "cosine", "--epochs", "10"), "converge")
    assert (sitting.run.now.number, sitting.run.over, sitting.running) == (10, True, False)
    assert sitting.run.advance() is False
    do(sitting, "back, step")
    assert sitting.run.now.number == 10


def test_every_step_is_kept_in_full():
    sitting = do(session(), "step")
    (step,), _ = reference(sitting.run.setup, 1)
    assert isinstance(step, Step)
    assert isinstance(sitting.run.setup.optimizer, SGD)
    np.testing.assert_array_equal(sitting.run.now.step.gradient, [-3.0, -1.0])
    np.testing.assert_allclose(sitting.run.now.parameters, [-0.7, 5.1], rtol=1e-15)
    assert json.loads(json.dumps(float(sitting.run.known().loss))) == pytest.approx(1.825)


@pytest.mark.parametrize(("words", "last"), [(("--epochs", "3"), 3), ((*NETWORK, "--epochs", "2"), 2 * NETWORK_STEPS)])
def test_epochs_given_end_a_run(words, last):
    sitting = do(session(*words), f"step {last + 4}")
    assert sitting.run.now.number == last
    assert "epochs are over" in sitting.message


def test_epochs_that_a_sample_recommends_end_nothing():
    assert session("sample:iris").run.setup.epochs is None  # gdcli train sample:iris --epochs 100 ...


def test_a_network_without_its_last_layer_is_a_network():
    sitting = do(session("sample:bmi", "--hidden", "4"), "layers_before, step")
    assert sitting.rerun().startswith("gdcli train sample:bmi ")
    assert "hidden" not in sitting.rerun()


@pytest.mark.parametrize("words", [("--hidden", "3"), ("--task", "classification")])
def test_the_lectures_rows_take_a_network_too(words):
    assert session(*words).rerun().startswith("gdcli train sample:deck ")


def test_a_spec_with_a_setting_changed_is_the_spec_of_that_option_with_what_was_chosen():
    sitting = session("sample:bmi", "--batch-size", "64")
    chosen = ("--scale", sitting.run.setup.chosen["scale"], "--lr", str(sitting.run.rate))
    changed = do(sitting, "batch_before, penalty_next").factory.spec
    assert changed == factory("sample:bmi", "--batch-size", "32", "--l2", "0.0001", *chosen).spec


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        (
            ("sample:line", "--batch-size", "50"),
            "optimizer_next, batch_before, penalty_next, kept_next, seed, noise_next",
        ),
        (("sample:bmi", "--batch-size", "64"), "straight_7, batch_next, restart"),
        (
            ("sample:moons", "--hidden", "4"),
            "optimizer_next, batch_before, penalty_next, dropout_next, seed, noise_next",
        ),
    ],
)
def test_a_setting_changed_at_the_start_chooses_nothing_again(words, keys, monkeypatch):
    sitting = session(*words)
    rate, scale = sitting.run.rate, sitting.run.setup.chosen.get("scale")
    for name in ("line_defaults._arrives", "line_defaults._outlook", "defaults._searched"):
        monkeypatch.setattr(f"gdcli.experiments.{name}", None)  # what looks for defaults
    for key in keys.split(", "):
        sitting.restart_from(1.0, 2.0) if key == "restart" else do(sitting, key)
        assert (sitting.run.now.number, sitting.run.rate) == (0, rate), sitting.message
        assert f"--lr {rate:g}" in sitting.rerun()
        assert (f"--scale {scale}" in sitting.rerun()) == (scale is not None)
