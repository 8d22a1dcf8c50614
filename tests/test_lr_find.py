"""The range test: its rates and losses by hand, its suggestions by construction, and that they work."""

import math

import numpy as np
import pytest

from gdcli.analysis.range_test import Growing, Probe, minimum, range_test, steepest, two_thirds
from gdcli.analysis.suggestions import named_suggestions
from gdcli.data.dataset import Dataset
from gdcli.nn.linear import Linear
from gdcli.nn.losses import mse
from gdcli.nn.networks import Network
from gdcli.optim.optimizers import SGD, Adam
from gdcli.training.loop import Problem

DECK = ["sample:deck", "--m", -1, "--b", 5]
PROBLEM = Problem(Linear(1), mse, Dataset([1.0, 2.0], [3.0, 5.0]))
START = np.array([-1.0, 5.0])
FITS = ["deck", "bmi", "diabetes", "line", "polynomial"]


def made(losses, low=1e-5, high=1.0):
    """Probes with these losses, at rates from low to high."""
    rates = np.geomspace(low, high, len(losses))
    pairs = enumerate(zip(rates.tolist(), losses, strict=True), 1)
    return [Probe(step, rate, loss, loss, rate, False) for step, (rate, loss) in pairs]


@pytest.mark.quick
class TestRangeTest:
    def test_full_batch_by_hand(self):
        found = list(range_test(PROBLEM, SGD(), low=1e-3, high=0.1, steps=5, smooth=1, start=START))
        m, b = -1.0, 5.0
        assert [probe.step for probe in found] == [1, 2, 3, 4, 5]
        for probe, rate in zip(found, [1e-3, 10**-2.5, 1e-2, 10**-1.5, 0.1], strict=True):
            m, b = m - rate * (5 * m + 3 * b - 13), b - rate * (3 * m + 2 * b - 8)
            assert probe.learning_rate == pytest.approx(rate, rel=1e-12)
            assert probe.loss == probe.smoothed == pytest.approx(((m + b - 3) ** 2 + (2 * m + b - 5) ** 2) / 2)
            assert not probe.ran_away

    def test_mean_begins_at_the_loss_over_all_rows_and_knows_its_lag(self):
        data = Dataset(np.arange(10.0), np.arange(10.0) ** 2)
        problem = Problem(Linear(1), mse, data)
        found = list(range_test(problem, SGD(), low=1e-6, high=1e-4, steps=30, smooth=0.2, batch_size=3))
        mean = float(np.mean(data.targets**2))
        log = math.log(1e-6)
        for probe in found:
            mean, log = 0.8 * mean + 0.2 * probe.loss, 0.8 * log + 0.2 * math.log(probe.learning_rate)
            assert probe.smoothed == pytest.approx(mean, rel=1e-12)
            assert math.log(probe.centre) == pytest.approx(log, rel=1e-12)

    def test_it_ends_where_the_loss_runs_away(self):
        found = list(range_test(PROBLEM, SGD(), smooth=1, start=START))
        assert [probe.ran_away for probe in found] == [False] * (len(found) - 1) + [True]
        assert found[-1].smoothed > 4 * min(probe.smoothed for probe in found)
        assert len(found) < 100

    def test_it_ends_at_what_is_not_finite(self):
        found = list(range_test(PROBLEM, SGD(), low=1e200, high=1e300, smooth=1, start=START))
        assert len(found) == 1
        assert found[0].ran_away

    @pytest.mark.parametrize("batch_size", [None, 1])
    def test_it_takes_as_many_steps_as_asked(self, batch_size):
        found = list(range_test(PROBLEM, SGD(), high=1e-3, steps=37, start=START, batch_size=batch_size))
        assert len(found) == 37
        assert found[-1].learning_rate == pytest.approx(1e-3)

    def test_nothing_is_touched(self):
        rng = np.random.default_rng(2)
        network = Network((3, 4, 1))
        data = Dataset(rng.normal(size=(40, 3)), rng.normal(size=40))
        inputs, targets = data.inputs.copy(), data.targets.copy()
        start, optimizer = network.initial(rng, np.float64), Adam()
        before, chance = start.copy(), np.random.get_state()[1].tolist()  # noqa: NPY002 - that it is left alone
        problem = Problem(network, mse, data)
        first, second = (list(range_test(problem, optimizer, start=start, batch_size=8, seed=3)) for _ in range(2))
        assert first == second
        assert optimizer == Adam()
        np.testing.assert_array_equal(start, before)
        np.testing.assert_array_equal(data.inputs, inputs)
        np.testing.assert_array_equal(data.targets, targets)
        assert np.random.get_state()[1].tolist() == chance  # noqa: NPY002

    def test_other_seeds_are_other_runs(self):
        data = Dataset(np.arange(50.0), np.arange(50.0) % 7)
        problem = Problem(Linear(1), mse, data)
        runs = [list(range_test(problem, SGD(), high=1e-3, batch_size=5, seed=seed)) for seed in (0, 1)]
        assert runs[0] != runs[1]

    def test_rates_grow_by_one_factor(self):
        rates = [Growing(1e-300, 1e300, 7)(k) for k in range(7)]
        assert rates == pytest.approx([1e-300, 1e-200, 1e-100, 1, 1e100, 1e200, 1e300])


@pytest.mark.quick
class TestSuggestions:
    def test_it_is_two_thirds_along_the_fall(self):
        # flat for 20, falling for 31 probes, then up
        losses = [1.0] * 20 + np.linspace(1.0, 0.1, 31).tolist() + [0.5, 2.0]
        found = made(losses)
        one = two_thirds(found)
        assert (one.begin, one.end) == (found[21].learning_rate, found[50].learning_rate)
        expected = one.begin ** (1 / 3) * one.end ** (2 / 3)
        assert one.learning_rate == pytest.approx(expected)

    def test_two_thirds_bridges_small_rises(self):
        losses = np.linspace(2.0, 0.5, 40)
        losses[10] += 0.2
        losses[25] += 0.2
        one = two_thirds(made([*losses.tolist(), 9.0]))
        assert one.end == pytest.approx(made([*losses.tolist(), 9.0])[39].learning_rate)

    def test_steepest_is_where_a_step_lies(self):
        losses = [1 / (1 + math.exp(3 * (k - 30))) for k in range(60)]
        one = steepest(made(losses))
        assert math.log(one.learning_rate) == pytest.approx(math.log(made(losses)[30].learning_rate), abs=0.3)
        assert one.begin < one.learning_rate < one.end

    def test_minimum_over_ten(self):
        losses = [(k - 33) ** 2 + 1.0 for k in range(50)]
        one = minimum(made(losses))
        assert one.end == pytest.approx(made(losses)[33].learning_rate)
        assert one.learning_rate == pytest.approx(one.end / 10)

    @pytest.mark.parametrize(
        "losses", [[], [1.0], [1.0] * 30, [1.0, 2.0, 8.0], [math.nan], [1.0, 0.995, 3.0], [math.inf, math.inf]]
    )
    def test_there_are_none_where_nothing_falls(self, losses):
        assert named_suggestions(made(losses)) == {}

    def test_losses_that_are_not_finite_are_passed_over(self):
        found = named_suggestions(made([2.0, 1.5, 1.0, 0.5, math.inf]))
        assert list(found) == ["two-thirds", "valley", "steepest", "minimum/10"]


class TestCommand:
    @pytest.fixture
    def find(self, gdcli):
        def call(*arguments, **more):
            result = gdcli("lr-find", *arguments, "--format", "json", **more)
            assert result.code == 0, result.err
            return result.json

        return call

    def test_object(self, find):
        report = find("fit", *DECK)
        assert report["schema"] == "gdcli.lr-find/1"
        assert report["lr_max"] == pytest.approx(0.2917960675006309)
        assert report["suggested_by"] == "two-thirds"
        assert report["suggestion"] == report["suggestions"]["two-thirds"]["lr"]
        assert all(one["reason"] for one in report["suggestions"].values())
        assert list(report["history"][0]) == ["step", "lr", "loss", "smoothed"]
        assert report["history"][0]["lr"] == pytest.approx(1e-6)
        assert report["ran_away"] is True

    def test_rates_above_the_exact_limit_are_left_out(self, find):
        report = find("fit", *DECK)
        assert report["left_out"].keys() == {"steepest"}
        assert report["left_out"]["steepest"]["lr"] > report["lr_max"]
        assert all(one["lr"] < report["lr_max"] for one in report["suggestions"].values())

    @pytest.mark.parametrize("name", FITS)
    @pytest.mark.parametrize("suggest", ["two-thirds", "valley", "steepest", "minimum/10", None])
    @pytest.mark.parametrize("scale", [[], ["--standardize"]])
    def test_fit_converges_with_what_is_suggested(self, gdcli, name, suggest, scale):
        words = [f"sample:{name}", *scale, *(["--degree", 3] if name == "polynomial" else [])]
        result = gdcli("lr-find", "fit", *words, "--format", "value", *(["--suggest", suggest] if suggest else []))
        if result.code == 5 and suggest:
            assert f"no suggestion '{suggest}'" in result.err
            return
        assert result.code == 0
        fitted = gdcli("fit", *words, "--lr", float(result.out), "-f", "json")
        assert fitted.code == 0
        history = fitted.json["history"]
        assert history[-1]["loss"] < 0.9 * history[0]["loss"]

    @pytest.mark.parametrize(
        "words",
        [
            ["sample:bmi", "--batch-size", 16, "--standardize"],
            ["sample:diabetes", "--optimizer", "momentum", "--standardize"],
            ["sample:line", "--optimizer", "adam"],
            ["sample:bmi", "--loss", "huber", "--standardize"],
        ],
    )
    def test_other_fits_too(self, gdcli, words):
        rate = gdcli("lr-find", "fit", *words, "-f", "value")
        assert rate.code == 0, rate.err
        history = gdcli("fit", *words, "--lr", float(rate.out), "-f", "json").json["history"]
        assert history[-1]["loss"] < 0.9 * history[0]["loss"]

    @pytest.mark.parametrize(
        "words",
        [
            ["sample:iris", "--hidden", 8],
            ["sample:wine", "--optimizer", "sgd"],
            ["sample:moons", "--hidden", "8,8"],
            ["sample:bmi", "--hidden", 4, "--task", "regression"],
            ["sample:digits"],
        ],
    )
    def test_train_learns_with_what_is_suggested(self, gdcli, words):
        rate = gdcli("lr-find", "train", *words, "-f", "value")
        assert rate.code == 0, rate.err
        trained = gdcli("train", *words, "--epochs", 12, "--lr", float(rate.out), "-f", "json")
        assert trained.code == 0
        history = trained.json["history"]
        assert history[-1]["loss"] < 0.9 * history[0]["loss"]

    def test_the_run_it_describes_is_train_s_own(self, gdcli, find):
        """Step 1 of the test meets the loss that train's first epoch of one batch starts from."""
        words = ["sample:iris", "--hidden", 4, "--batch-size", "full"]
        first = gdcli("train", *words, "--epochs", 1, "-f", "json").json["history"][0]["loss"]
        report = find("train", *words, "--from", 1e-12, "--to", 1e-3)
        assert report["history"][0]["loss"] == pytest.approx(first, rel=1e-6)

    def test_value_in_a_shell(self, process):
        words = 'rate=$("$@") && "${@:1:5}" fit sample:bmi --lr $rate -f kv -q | grep ^run_status'
        result = process("lr-find", "fit", "sample:bmi", "--format", "value", script=words)
        assert (result.code, result.out) == (0, "run_status=completed\n")

    def test_suggest_picks(self, gdcli, find):
        report = find("fit", "sample:bmi")
        for name, one in report["suggestions"].items():
            picked = gdcli("lr-find", "fit", "sample:bmi", "--suggest", name, "-f", "value")
            assert float(picked.out) == one["lr"]
        assert find("fit", "sample:bmi", "--suggest", "minimum")["suggested_by"] == "minimum/10"

    @pytest.mark.parametrize("first", [1900, 1.7e9])
    def test_a_line_through_years_is_answered_below_its_limit(self, find, first):
        rows = "t,y\n" + "".join(f"{first + k},{k / 7 + k % 3}\n" for k in range(30))
        report = find("fit", "-", stdin=rows)
        assert 0 < report["suggestion"] < report["lr_max"] < 1e-6
        assert report["config"]["from"] < 1e-5 * report["lr_max"]
        assert report["config"]["to"] > report["lr_max"]

    def test_csv_holds_the_rows(self, gdcli):
        rows = gdcli("lr-find", "fit", *DECK, "--from", 0.001, "--to", 0.1, "--steps", 3, "-f", "csv").floats
        assert [row["lr"] for row in rows] == pytest.approx([0.001, 0.01, 0.1])

    def test_screen_without_a_chart_has_rows_then_reasons(self, gdcli):
        result = gdcli("lr-find", "fit", *DECK)
        for words in ("two-thirds", "valley", "minimum/10", "limit", "0.2918", "ran away", "left out"):
            assert words in result.out
        assert "use it: gdcli fit sample:deck --m -1 --b 5" in result.err
        assert max(map(len, result.out.splitlines())) <= 80

    def test_screen_with_a_chart(self, gdcli):
        out = gdcli("lr-find", "train", "sample:iris", "--hidden", 4, "--plot").out
        for words in ("by learning rate", "smoothed", "two-thirds", "steepest", "1e-4"):
            assert words in out
        assert max(map(len, out.splitlines())) <= 80

    def test_the_line_to_use_runs(self, gdcli):
        import shlex

        result = gdcli("lr-find", "fit", "sample:bmi", "--standardize", "--l2", 0.1, "--from", 1e-5)
        [line] = [line for line in result.err.splitlines() if line.startswith("use it: gdcli ")]
        words = shlex.split(line.removeprefix("use it: gdcli "))
        assert words[:2] == ["fit", "sample:bmi"]
        assert "--from" not in words
        assert gdcli(*words).code == 0

    def test_rerun_repeats_to_the_byte(self, gdcli):
        first = gdcli("lr-find", "train", "sample:iris", "--hidden", 3, "--steps", 20, "-f", "json")
        assert gdcli(*first.rerun).out == first.out

    @pytest.mark.parametrize("form", ["value", "json", "csv", "table"])
    @pytest.mark.parametrize("words", [["--from", 100, "--to", 1000], ["--from", 1e-12, "--to", 1e-10]])
    def test_no_suggestion_is_a_line_and_exit_5(self, gdcli, form, words):
        result = gdcli("lr-find", "fit", *DECK, *words, "-f", form)
        assert result.code == 5
        assert "gdcli: no learning rate from" in result.err
        assert (result.out == "") == (form == "value")

    @pytest.mark.parametrize(
        ("words", "code", "part"),
        [
            ([], 2, "argument"),
            (["fti", "sample:deck"], 2, "'fti'"),
            (["fit", "sample:deck", "--hidden", 3], 2, "--hidden"),
            (["train", "sample:iris", "--degree", 3], 2, "--degree"),
            (["train", "sample:iris", "--no-intercept"], 2, "--no-intercept"),
            (["train"], 2, "nothing to train on"),
            (["fit", "sample:deck", "--from", 1, "--to", 0.1], 2, "--from"),
            (["fit", "sample:deck", "--from", 0], 2, "--from"),
            (["fit", "sample:deck", "--to", "inf"], 2, "--to"),
            (["fit", "sample:deck", "--steps", 1], 2, "--steps"),
            (["fit", "sample:deck", "--steps", 10**7], 2, "--steps"),
            (["fit", "sample:deck", "--smooth", 1.5], 2, "--smooth"),
            (["fit", "sample:deck", "--smooth", 0], 2, "--smooth"),
            (["fit", "sample:deck", "--suggest", "valey"], 2, "valey"),
            (["fit", "sample:deck", "--format", "valu"], 2, "valu"),
            (["fit", "sample:deck", "--batch-size", "x"], 2, "--batch-size"),
            (["fit", "nothing.csv"], 3, "nothing.csv"),
            (["fit", "sample:deck", "-o", "/nowhere/at/all"], 3, "/nowhere"),
        ],
    )
    def test_bad_input(self, gdcli, refused, words, code, part):
        refused(gdcli("lr-find", *words), code, part)
