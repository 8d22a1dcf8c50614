"""The preparation belongs to the model: learnt on training rows, saved, and the same wherever rows are measured."""

import csv
import io

import numpy as np
import pytest

import gdcli as library
from gdcli.data import scaling
from gdcli.data.categories import refuse_unknown
from gdcli.data.columns import ColumnOptions, classification, inputs
from gdcli.data.dataset import Dataset
from gdcli.data.missing import Fill
from gdcli.data.preparation import Preparation, prepare
from gdcli.data.splitting import folds
from gdcli.data.tables import read_table
from gdcli.errors import DataError

CLASSES = "--epochs 15 --lr 0.05 --hidden 6"


def text(names, *columns):
    """Rows as csv."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([names.split(","), *zip(*columns, strict=True)])
    return out.getvalue()


def rows(target, seed=0, count=120):
    """A large timestamp, a ten-digit id, a text of two values, one of three, and gaps in all of them."""
    rng = np.random.default_rng(seed)
    member, colour = rng.choice(["TRUE", "FALSE"], count), rng.choice(["red", "green", "blue"], count)
    stamp, number = 1_700_000_000 + np.arange(count), 4_000_000_000 + rng.integers(0, 900, count)
    z = (stamp - stamp.mean()) / 40 + (number - 4_000_000_450) / 300 + (member == "TRUE") + rng.normal(size=count)
    y = {"label": np.where(z > 0.5, "02139", "00501"), "three": np.digitize(z, [-1, 1]), "number": 1e7 + 2 * z}[target]
    cells = [[str(cell) for cell in column.tolist()] for column in (stamp, number, member, colour)]
    for at, column in enumerate(cells):
        for row in rng.choice(count, 7, replace=False):
            column[row] = "" if at < 2 else "NA"
    return text("stamp,number,member,colour,y", *cells, y.tolist())


def from_predictions(found, target):
    """The figures again, from what predict wrote."""
    if target != "number":
        loss = -np.mean([np.log(float(row[f"p_{row['y']}"])) for row in found])
        return {"loss": loss, "accuracy": np.mean([row["y"] == row["prediction"] for row in found])}
    y, guess = (np.array([float(row[name]) for row in found]) for name in ("y", "prediction"))
    mse = np.mean((guess - y) ** 2)
    return {"loss": mse, "mse": mse, "mae": np.mean(np.abs(guess - y)), "r2": 1 - mse / np.var(y)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("target", ["label", "three", "number"])
class TestOneNumberFiveWays:
    """Train's own figures, a validation file, a test file, evaluate, and predict: all on the same rows."""

    def options(self, target, dtype):
        task = "regression" if target == "number" else "classification"
        return {"task": task, "dtype": dtype, "missing": "mean", "categorical": "colour"}

    def test_commands(self, gdcli, table, tmp_path, target, dtype):
        data, model = table(rows(target), "data.csv"), tmp_path / "m.safetensors"
        near = 1e-12 if dtype == "float64" else 1e-6
        given = [word for name, value in self.options(target, dtype).items() for word in (f"--{name}", value)]
        run = gdcli(
            *("train", data, *given, *CLASSES.split(), "--validation", data, "--test", data, "--keep", "last"),
            *("--save", model, "--format", "json"),
        )
        assert run.code == 0, run.err
        own = run.json["train"]
        assert run.json["validation"] == own
        assert run.json["test"] == own
        evaluated = gdcli("evaluate", model, data, "--format", "json").json
        assert {name: evaluated[name] for name in own} == pytest.approx(own, rel=near)
        more = () if target == "number" else ("--probabilities",)
        predicted = gdcli("predict", model, data, "--format", "csv", *more).csv
        assert len(predicted) == 120
        again = from_predictions(predicted, target)
        assert again == pytest.approx({name: own[name] for name in again}, rel=max(near, 1e-9))

    def test_library(self, table, tmp_path, target, dtype):
        data, path = table(rows(target), "data.csv"), str(tmp_path / "m.safetensors")
        near = 1e-12 if dtype == "float64" else 1e-6
        options = self.options(target, dtype) | {"hidden": [6], "epochs": 15, "lr": 0.05, "validation": "none"}
        result = library.train(str(data), save=path, **options)
        truth = [row["y"] for row in csv.DictReader(io.StringIO(rows(target)))]
        answers = library.load(path).predict(str(data))
        if target == "number":
            mse = np.mean((answers - np.array(truth, float)) ** 2)
            assert result.scores["train"]["mse"] == pytest.approx(mse, rel=max(near, 1e-9))
            assert result.scores["train"]["loss"] == result.scores["train"]["mse"]
        else:
            assert result.scores["train"]["accuracy"] == np.mean(answers == np.array(truth))


class TestGaps:
    TRAIN = "x,y\n0,1\n1,3\n2,5\n3,7\n,9\n5,11\n"
    FAR = "x,y\n1000,2001\n,101\n1010,2021\n"

    def test_filled_with_the_training_means_everywhere(self, gdcli, table, tmp_path):
        """The mean of 0, 1, 2, 3, 5 is 2.2, whatever the rows to be measured hold."""
        model, far = tmp_path / "m.safetensors", table(self.FAR, "far.csv")
        gdcli(
            *("train", table(self.TRAIN), "--task", "regression", "--missing", "mean", "--validation", "none"),
            *("--epochs", 100, "--lr", 0.1, "--save", model, "--test", far, "--format", "json"),
        )
        told = gdcli("predict", model, table("x,z\n2.2,0\n,0\n"), "--format", "csv").csv
        assert told[0]["prediction"] == told[1]["prediction"]
        filled = table(self.FAR.replace("\n,", "\n2.2,"), "filled.csv")
        plain, same = (gdcli("evaluate", model, data, "--format", "json").json for data in (far, filled))
        assert plain["mse"] == same["mse"]
        assert gdcli("evaluate", model, far, "--missing", "mean", "--format", "json").json["mse"] == plain["mse"]
        assert gdcli("evaluate", model, far, "--missing", "drop", "--format", "json").json["rows"] == 2

    def test_learnt_after_the_split(self, table):
        """The means are those of the training rows alone, and the rows held out are filled with them."""
        data = table("x,y\n" + "".join(f"{'' if at % 5 == 0 else at * at},{at}\n" for at in range(40)))
        options = {"missing": "mean", "validation": 0.25, "shuffle": False, "epochs": 3, "lr": 0.1}
        expected = np.mean([at * at for at in range(30) if at % 5])
        network = library.train(str(data), task="regression", **options).experiment
        line = library.fit(str(data), standardize=True, **options).experiment
        assert network.preparation.means.tolist() == pytest.approx([expected], rel=1e-15)
        for experiment in (network, line):
            assert experiment.data.inputs[0, 0] == pytest.approx(expected, rel=1e-15)
            assert experiment.validation.inputs[0, 0] == pytest.approx(expected, rel=1e-15)

    @pytest.mark.parametrize("command", ["fit", "train"])
    def test_each_fold_is_filled_with_the_means_of_the_others(self, gdcli, table, command):
        """By hand: least squares on each fold's training rows, gaps filled with the mean of theirs."""
        rng = np.random.default_rng(2)
        x, y = rng.normal(50, 9, 30), rng.normal(size=30) / 5
        y += x
        x[[3, 11, 19]] = np.nan
        cells = ["" if value != value else repr(value) for value in x.tolist()]
        data = table(text("x,y", cells, map(repr, y.tolist())))
        options = ("--lr", 0.1) if command == "train" else ("--standardize", "--lr", 0.5)
        more = ("--task", "regression", "--dtype", "float64", "--validation", "none") if command == "train" else ()
        found = gdcli(
            *(command, data, "--missing", "mean", "--folds", 3, "--epochs", 400, "--batch-size", "full"),
            *(*options, *more, "--format", "json"),
        )
        assert found.code == 0, found.err
        scores = []
        for train, held in folds(Dataset(x[:, None], y), 3, seed=0):
            fill = np.nanmean(train.inputs)
            seen, new = (np.where(np.isnan(part.inputs), fill, part.inputs) for part in (train, held))
            slope, bias = np.polyfit(seen[:, 0], train.targets, 1)
            scores.append(np.sqrt(np.mean((slope * new[:, 0] + bias - held.targets) ** 2)))
        assert found.json["folds"]["scores"] == pytest.approx(scores, rel=1e-6)

    def test_a_validation_file_is_filled_with_the_training_means(self, table):
        train, held = table("x,y\n1,1\n3,3\n,2\n"), table("x,y\n100,1\n,3\n", "held.csv")
        for experiment in (
            library.fit(str(train), missing="mean", validation=str(held), epochs=1, lr=0.1).experiment,
            library.train(str(train), missing="mean", validation=str(held), epochs=1, task="regression").experiment,
        ):
            assert experiment.validation.inputs.tolist() == [[100.0], [2.0]]

    @pytest.mark.parametrize("command", ["evaluate", "predict"])
    def test_refused_by_a_model_trained_without(self, gdcli, table, tmp_path, refused, command):
        model = tmp_path / "m.safetensors"
        gdcli("train", table("x,y\n0,1\n1,3\n2,5\n"), "--task", "regression", "--epochs", 1, "--save", model)
        refused(gdcli(command, model, table(self.FAR, "far.csv"), "--format", "csv"), 3, "line 3, column 'x'")
        with pytest.raises(DataError, match="row 2, column 'x': missing"):
            library.load(model).predict(np.array([[1.0], [np.nan]]))

    def test_of_arrays(self, table, tmp_path):
        path = str(tmp_path / "m.safetensors")
        result = library.train(str(table(self.TRAIN)), task="regression", missing="mean", epochs=1, save=path)
        answers = library.load(path).predict(np.array([[2.2], [np.nan]]))
        assert answers[0] == answers[1]
        assert result.predict(np.array([[np.nan]])).tolist() == answers[:1].tolist()

    def test_going_on_keeps_the_fill(self, gdcli, table, tmp_path):
        data, half = table(self.TRAIN), tmp_path / "half.safetensors"
        given = ("--task", "regression", "--missing", "mean", "--validation", "none", "--lr", 0.1)
        gdcli("train", data, *given, "--epochs", 4, "--save", half)
        rest = gdcli("train", data, "--resume", half, "--epochs", 9, "--format", "json").json
        at_once = gdcli("train", data, *given, "--epochs", 9, "--format", "json").json
        assert rest["train"] == at_once["train"]

    @pytest.mark.parametrize("command", [("limit", "--on"), ("surface",), ("collapse",)])
    def test_of_a_saved_model_elsewhere(self, gdcli, table, tmp_path, command):
        model = tmp_path / "m.safetensors"
        data = table("a,b,y\n0,1,1\n1,,3\n2,5,5\n3,2,7\n,9,9\n")
        gdcli(
            *("train", data, "--task", "regression", "--missing", "mean", "--hidden", 3, "--activation", "linear"),
            *("--epochs", 2, "--save", model),
        )
        name, *flag = command
        assert gdcli(name, model, *flag, data, "--format", "json").code == 0

    def test_a_line_saved(self, gdcli, table, tmp_path):
        model = tmp_path / "m.safetensors"
        gdcli("fit", table(self.TRAIN), "--missing", "mean", "--lr", 0.05, "--epochs", 50, "--save", model)
        found = gdcli("predict", model, table("x,z\n2.2,0\n,0\n"), "--format", "csv").csv
        first, second = (float(row["prediction"]) for row in found)
        assert first == pytest.approx(second, rel=1e-12)


class TestDigits:
    """Numbers far from zero keep their digits."""

    def data(self, kind):
        """Inputs, targets, and what least squares in float64 explains of them."""
        rng = np.random.default_rng(3)
        x = {
            "timestamps": 1_700_000_000 + 60.0 * np.arange(200),
            "ids": 9_000_000_000 + rng.permutation(200).astype(float),
            "offset": np.linspace(0, 10, 200),
        }[kind]
        z = (x - x.mean()) / x.std()
        y = 1e9 + 2 * x + 0.3 * rng.normal(size=200) if kind == "offset" else 3 * z + rng.normal(size=200) / 10
        design = np.column_stack([np.ones(200), z])
        residual = y - y.mean() - design @ np.linalg.lstsq(design, y - y.mean(), rcond=None)[0]
        return x, y, 1 - residual @ residual / ((y - y.mean()) @ (y - y.mean()))

    @pytest.mark.parametrize("kind", ["timestamps", "ids", "offset"])
    def test_as_good_as_float64(self, gdcli, table, kind):
        x, y, r2 = self.data(kind)
        data = table(text("x,y", map(repr, x.tolist()), map(repr, y.tolist())))
        found = gdcli(
            *("train", data, "--task", "regression", "--validation", "none", "--epochs", 60, "--lr", 0.05),
            *("--format", "json"),
        ).json["train"]
        assert found["r2"] == pytest.approx(r2, abs=1e-3)
        assert found["loss"] == found["mse"]

    def test_predictions_by_the_spread_of_y(self, table, tmp_path):
        """The same network by hand, in float64: predictions differ by float32's rounding of the standardised output."""
        x, y, _ = self.data("offset")
        data, path = table(text("x,y", map(repr, x.tolist()), map(repr, y.tolist()))), str(tmp_path / "m.safetensors")
        result = library.train(str(data), task="regression", epochs=60, lr=0.05, validation="none", save=path)
        (weight,), bias = result.parameters["0.weight"][0].tolist(), result.parameters["0.bias"].item()
        expected = (weight * (x - x.mean()) / x.std() + bias) * y.std() + y.mean()
        assert np.abs(library.load(path).predict(x[:, None]) - expected).max() < 1e-6 * y.std()

    def test_a_scaled_input_is_rounded_last(self):
        raw = 1_700_000_000 + np.arange(64.0)[:, None]
        prepared = prepare(Dataset(raw, np.arange(64.0)), scaling.standard, 1)
        wanted = ((raw - raw.mean()) / raw.std()).astype(np.float32)
        assert np.array_equal(prepared.inputs(raw, np.float32), wanted)

    @pytest.mark.parametrize("factor", [255.0, 16.0, 0.3])
    def test_pixels_are_the_rounded_quotients(self, factor):
        """Divided in float32 where that is the same, they are what float64 rounded at the end gives."""
        pixels = np.arange(256, dtype=np.uint8)[:, None]
        prepared = Preparation(("p",), "y", scaling.by(factor)(pixels), ("a", "b"), 1)
        assert np.array_equal(prepared.inputs(pixels, np.float32), (pixels / factor).astype(np.float32))

    def test_an_input_beyond_the_type(self):
        prepared = Preparation(("a", "b"), "y", scaling.none(np.zeros((1, 2))), (), 1)
        with pytest.raises(DataError, match="column 'b': too large for float32"):
            prepared.inputs(np.array([[1.0, 1e39]]), np.float32)

    def test_ids_are_read_whole(self):
        table = read_table(b"id,y\n4000000001,a\n4000000002,b\n", "data.csv")
        assert classification(table, ColumnOptions()).inputs.tolist() == [[4000000001], [4000000002]]
        assert inputs(table, ["id"])[0].tolist() == [[4000000001], [4000000002]]

    def test_a_fill_keeps_float64_where_the_rows_are_float32(self):
        kept = np.array([[1.0], [np.nan]], np.float32)
        assert Fill(np.array([0.1]))(kept)[1, 0] == 0.1


class TestTexts:
    """Text columns and labels are what the training rows hold."""

    MEMBERS = "member,visits,y\n" + "".join(f"{'FALSE' if a % 3 else 'TRUE'},{a},{'NY'[a % 2]}\n" for a in range(24))

    @pytest.mark.parametrize("command", ["evaluate", "predict"])
    def test_a_new_value(self, gdcli, table, tmp_path, refused, command):
        model = tmp_path / "m.safetensors"
        gdcli("train", table(self.MEMBERS), "--epochs", 1, "--save", model)
        other = table(self.MEMBERS.replace("FALSE,2,", "MAYBE,2,"), "other.csv")
        result = gdcli(command, model, other, "--format", "csv")
        refused(result, 3, "other.csv: line 4, column 'member': 'MAYBE' is not known to the model")
        assert "False, True" in result.err

    @pytest.mark.parametrize("flag", ["--test", "--validation"])
    def test_a_new_value_in_further_rows(self, gdcli, table, refused, flag):
        other = table(self.MEMBERS.replace("FALSE,2,", "MAYBE,2,"), "other.csv")
        refused(gdcli("train", table(self.MEMBERS), "--epochs", 1, flag, other, "--format", "csv"), 3, "'MAYBE'")

    def test_one_of_two_values_alone(self, gdcli, table, tmp_path):
        """0 and 1 are what they were in training, also where all rows hold the same."""
        model = tmp_path / "m.safetensors"
        gdcli("train", table(self.MEMBERS), "--epochs", 30, "--lr", 0.1, "--save", model)
        options = ("--probabilities", "--format", "csv")
        both = gdcli("predict", model, table("member,visits\nTRUE,3\nFALSE,3\n"), *options).csv
        alone = gdcli("predict", model, table("member,visits\nFALSE,3\n", "alone.csv"), *options).csv
        assert alone[0]["p_Y"] == both[1]["p_Y"] != both[0]["p_Y"]

    def test_a_gap_is_no_new_value(self):
        table = read_table(b"c,y\nred,1\nNA,2\nblue,3\n", "data.csv")
        refuse_unknown(table, {"c": ("blue", "red")})
        with pytest.raises(DataError, match="line 2, column 'c': 'red' is not known"):
            refuse_unknown(table, {"c": ("blue",)})

    def test_labels_come_back_as_written(self, gdcli, table, tmp_path):
        model, data = (
            tmp_path / "m.safetensors",
            table("a,zip\n" + "".join(f"{a},{('00501', '02139', '10001')[a // 10]}\n" for a in range(30))),
        )
        gdcli("train", data, "--epochs", 40, "--lr", 0.1, "--validation", "none", "--save", model)
        rows = gdcli("predict", model, data, "--format", "csv").csv
        assert {row["prediction"] for row in rows} <= {"00501", "02139", "10001"}
        assert [row["zip"] for row in rows[:1] + rows[-1:]] == ["00501", "10001"]
        first = gdcli("predict", model, data, "--format", "json").json["predictions"][0]
        assert (first["zip"], type(first["prediction"])) == ("00501", str)

    def test_labels_without_their_zeros_are_known(self):
        """A column in which no zero is left, or which is held as numbers, means the same labels."""
        table = read_table(b"a,zip\n1,2139\n2,10001\n", "data.csv")
        found = classification(table, ColumnOptions(), classes=("00501", "02139", "10001"))
        assert found.targets.tolist() == [1, 2]

    @pytest.mark.parametrize(("labels", "kind"), [(("3", "12"), int), (("03", "12"), str), (("-1", "1"), int)])
    def test_numbers_only_where_they_read_back_the_same(self, gdcli, table, tmp_path, labels, kind):
        model, data = tmp_path / "m.safetensors", table("a,y\n" + "".join(f"{a},{labels[a > 11]}\n" for a in range(24)))
        gdcli("train", data, "--epochs", 1, "--save", model)
        for row in gdcli("predict", model, data, "--format", "json").json["predictions"]:
            assert type(row["prediction"]) is kind
            assert str(row["prediction"]) in labels


def test_inputs_whose_spread_has_no_inverse_are_constant():
    """1/s of a standard deviation below 2^-1022 is beyond float64: weights in raw units would be no numbers."""
    raw = np.array([[3e-322, 3.0], [0.0, 2.5], [0.0, 2.0]])
    for scaling_of in (scaling.standard, scaling.minmax, scaling.max_abs):
        basis = scaling.Basis.fit(raw, scaling_of)
        assert basis.before.factor[0] == 1
        assert np.isfinite(basis.raw(np.array([0.0, 1.0, 1.0]))).all()


@pytest.mark.parametrize("values", [(1.1, 3.4), (-9.57249, -9.57), (1e9 + 0.8, 1e9 + 86400.9)], ids=str)
@pytest.mark.parametrize("scaling_of", [scaling.standard, scaling.minmax])
def test_powers_that_differ_by_rounding_alone_are_constant(values, scaling_of):
    """Of two values alike often the centred squares are one; stretched to spread 1, rounding had weights of 1e19."""
    raw = np.array([values] * 5).reshape(-1, 1)
    basis = scaling.Basis.fit(raw, scaling_of, 2)
    z = (raw - basis.before.offset) / basis.before.factor
    assert np.ptp(z * z) > 1e-3 or basis.after.factor[1] == 1
    assert np.abs(basis.raw(np.array([1.0, 1.0, 1.0]))[:2]).max() < 1e3 / min(1.0, np.ptp(raw) ** 2)


@pytest.mark.parametrize("values", [(1.1, 3.4), (-9.57249, -9.57), (1e9 + 0.8, 1e9 + 86400.9)], ids=str)
def test_a_parabola_through_two_values_scores_as_its_model(gdcli, table, tmp_path, values):
    model, data = tmp_path / "m.safetensors", table("a,y\n" + f"{values[0]},2\n{values[1]},5\n" * 5)
    run = gdcli("fit", data, "--degree", 2, "--epochs", 3, "--save", model, "--format", "json").json
    again = gdcli("evaluate", model, data, "--format", "json").json
    assert again["mse"] == pytest.approx(run["train"]["mse"], rel=1e-6)
