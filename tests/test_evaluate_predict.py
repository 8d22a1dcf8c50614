"""`gdcli evaluate` and `gdcli predict`: agreement with the run that saved the model, rows as they came, in time."""

import contextlib
import csv
import io
import os
import select
import subprocess
import time

import numpy as np
import pytest
from conftest import PROGRAM, clean_environ
from safetensors.numpy import load_file

import gdcli as library

TWO = "a,b,kind\n" + "".join(f"{a}.0,{a % 3},{'low' if a < 6 else 'high'}\n" for a in range(12))


@pytest.fixture
def two(gdcli, table, tmp_path):
    """A model of two inputs and two classes that is right about all its rows."""
    model = tmp_path / "two.safetensors"
    result = gdcli(
        *("train", table(TWO, "two.csv"), "--validation", "none", "--epochs", 200, "--lr", 0.1, "--save", model)
    )
    assert result.code == 0, result.err
    return model


@pytest.fixture
def three(gdcli, tmp_path):
    """A model of the irises, and its run."""
    model = tmp_path / "three.safetensors"
    result = gdcli(
        *("train", "sample:iris", "--hidden", 8, "--validation", "none", "--epochs", 12, "--lr", 0.02),
        *("--save", model, "--format", "json"),
    )
    return model, result.json


@pytest.fixture
def number(gdcli, table, tmp_path):
    """A model of y = 3x + 100, nearly."""
    model = tmp_path / "number.safetensors"
    data = table("x,y\n" + "".join(f"{x},{3 * x + 100}.5\n" for x in range(30)), "number.csv")
    result = gdcli(
        *("train", data, "--validation", "none", "--epochs", 300, "--lr", 0.1, "--save", model, "--format", "json")
    )
    return model, result.json, data


class TestEvaluate:
    @pytest.mark.quick
    def test_it_agrees_with_the_run(self, gdcli, three):
        model, run = three
        found = gdcli("evaluate", model, "sample:iris", "--format", "json").json
        assert found["schema"] == "gdcli.evaluate/1"
        assert found["loss"] == pytest.approx(run["train"]["loss"], rel=1e-6)
        assert found["accuracy"] == run["train"]["accuracy"]
        assert found["confusion"] == run["confusion"]
        assert found["classes"] == run["classes"]

    @pytest.mark.parametrize(
        "option",
        [
            "--label-smoothing 0.2",
            "--class-weight setosa=4",
            "--loss mse",
            "--l2 0.1",
            "--dropout 0.4",
            "--dtype float64",
            "--scale minmax",
            "--scale none",
            "--scale 7.5",
            "--activation tanh",
        ],
    )
    def test_whatever_the_run_was_like(self, gdcli, tmp_path, option):
        model = tmp_path / "m.safetensors"
        run = gdcli(
            *("train", "sample:iris", "--hidden", 8, "--validation", "none", "--epochs", 5, "--lr", 0.02),
            *(*option.split(), "--save", model, "--format", "json"),
        ).json
        found = gdcli("evaluate", model, "sample:iris", "--format", "json").json
        assert found["loss"] == pytest.approx(run["train"]["loss"], rel=1e-6)
        assert found["accuracy"] == run["train"]["accuracy"]
        assert found["confusion"] == run["confusion"]

    def test_the_test_set_of_the_run(self, gdcli, table, tmp_path):
        lines = gdcli("sample", "digits", "--format", "csv").out.splitlines()
        train = table("\n".join(lines[:1001]) + "\n", "train.csv")
        test = table("\n".join([lines[0], *lines[1001:]]) + "\n", "test.csv")
        model = tmp_path / "m.safetensors"
        run = gdcli("train", train, "--hidden", 16, "--test", test, "--epochs", 6, "--save", model, "--format", "json")
        found = gdcli("evaluate", model, test, "--format", "json").json
        assert found["loss"] == pytest.approx(run.json["test"]["loss"], rel=1e-6)
        assert found["confusion"] == run.json["confusion"]

    def test_its_figures_from_its_own_matrix(self, gdcli, three):
        model, _ = three
        found = gdcli("evaluate", model, "sample:iris", "--format", "json").json
        matrix = np.array(found["confusion"])
        assert matrix.sum() == 150
        assert found["accuracy"] == pytest.approx(np.trace(matrix) / 150)
        text = gdcli("evaluate", model, "sample:iris").out
        for at, name in enumerate(found["classes"]):
            recall = matrix[at, at] / matrix[at].sum()
            assert f"{recall:.4f}" in next(line for line in text.splitlines() if line.startswith(name))

    def test_numbers(self, gdcli, number):
        model, run, data = number
        found = gdcli("evaluate", model, data, "--format", "json").json
        for name in ("mse", "rmse", "mae", "r2"):
            assert found[name] == pytest.approx(run["train"][name], rel=1e-6)
        rows = gdcli("predict", model, data, "--format", "csv").csv
        residuals = np.array([float(row["prediction"]) - float(row["y"]) for row in rows])
        assert found["mse"] == pytest.approx((residuals**2).mean(), rel=1e-4)
        assert found["rmse"] == pytest.approx(np.sqrt((residuals**2).mean()), rel=1e-4)

    def test_predictions_counted_give_the_accuracy(self, gdcli, three):
        model, _ = three
        found = gdcli("evaluate", model, "sample:iris", "--format", "json").json
        rows = gdcli("predict", model, "sample:iris", "--format", "csv").csv
        assert np.mean([row["prediction"] == row["species"] for row in rows]) == pytest.approx(found["accuracy"])

    def test_only_some_of_the_classes(self, gdcli, three, table):
        model, _ = three
        text = gdcli("sample", "iris", "--format", "csv").out.splitlines()
        found = gdcli("evaluate", model, table("\n".join(text[:31]) + "\n"), "--format", "json").json
        assert np.sum(found["confusion"], axis=1).tolist() == [30, 0, 0]

    def test_from_a_pipe(self, gdcli, three):
        model, _ = three
        text = gdcli("sample", "iris", "--format", "csv").out
        named = gdcli("evaluate", model, "sample:iris", "--format", "json").out
        piped = named.replace('"source": "sample:iris"', '"source": "standard input"')
        assert gdcli("evaluate", model, "--format", "json", stdin=text).out == piped
        assert gdcli("evaluate", model, "-", "--format", "json", stdin=text).out == piped

    def test_a_class_that_was_never_seen(self, gdcli, two, table, refused):
        refused(gdcli("evaluate", two, table("a,b,kind\n1,2,low\n3,4,tulip\n")), 3, "data.csv", "line 3", "tulip")

    def test_without_the_target(self, gdcli, two, table, refused):
        refused(gdcli("evaluate", two, table("a,b\n1,2\n")), 3, "data.csv", "kind")

    def test_without_an_input(self, gdcli, two, table, refused):
        refused(gdcli("evaluate", two, table("a,kind\n1,low\n")), 3, "data.csv", "'b'")


class TestPredict:
    @pytest.mark.quick
    def test_columns_and_cells_stay_as_they_are(self, gdcli, two):
        text = 'b,note,a,kind,z\n3.0,hello,1e0,low,007\n0.50,"a,b",+9.,?,\n1,"q""q", 10 ,high,x y\n'
        result = gdcli("predict", two, "--format", "csv", stdin=text)
        assert result.code == 0, result.err
        rows, given = (list(csv.reader(io.StringIO(out))) for out in (result.out, text))
        assert rows[0] == [*given[0], "prediction"]
        assert [[cell.strip() for cell in row[:-1]] for row in rows[1:]] == [
            [cell.strip() for cell in row] for row in given[1:]
        ]
        assert [row[-1] for row in rows[1:]] == ["low", "high", "high"]

    def test_the_order_of_columns_does_not_matter(self, gdcli, two):
        one = gdcli("predict", two, "--format", "csv", "--probabilities", stdin="a,b\n1,2\n9,1\n").csv
        other = gdcli("predict", two, "--format", "csv", "--probabilities", stdin="b,a\n2,1\n1,9\n").csv
        names = ("prediction", "p_low", "p_high")
        assert [[row[name] for name in names] for row in one] == [[row[name] for name in names] for row in other]

    @pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "json"])
    def test_probabilities(self, gdcli, three, form):
        model, run = three
        result = gdcli("predict", model, "sample:iris", "--probabilities", "--format", form)
        rows = result.json["predictions"] if form == "json" else getattr(result, form)
        assert len(rows) == 150
        for row in rows:
            shares = {name: float(row[f"p_{name}"]) for name in run["classes"]}
            assert sum(shares.values()) == pytest.approx(1, abs=1e-6)
            assert all(0 <= share <= 1 for share in shares.values())
            assert row["prediction"] == max(shares, key=shares.get)

    def test_two_classes_have_two_probabilities(self, gdcli, two):
        rows = gdcli("predict", two, "--probabilities", "--format", "csv", stdin=TWO).csv
        for row in rows:
            assert float(row["p_low"]) + float(row["p_high"]) == pytest.approx(1, abs=1e-6)
            assert row["prediction"] == row["kind"]

    def test_they_are_the_weights_own(self, gdcli, two):
        """The sigmoid of the saved weights on rows standardised as the training rows ask."""
        tensors = load_file(two)
        train = np.array([[a, a % 3] for a in range(12)], float)
        x = (np.array([[4.0, 1.0]]) - train.mean(axis=0)) / train.std(axis=0)
        z = (x @ tensors["0.weight"].T + tensors["0.bias"]).item()
        (row,) = gdcli("predict", two, "--probabilities", "--format", "csv", stdin="a,b\n4,1\n").csv
        first = gdcli("evaluate", two, "--format", "json", stdin=TWO).json["classes"][1]
        assert float(row[f"p_{first}"]) == pytest.approx(1 / (1 + np.exp(-z)), rel=1e-5)

    def test_a_column_called_prediction_is_kept(self, gdcli, two):
        text = "a,b,prediction\n1,2,mine\n9,1,own\n"
        for more in ((), ("--probabilities",)):
            result = gdcli("predict", two, "--format", "csv", *more, stdin=text)
            assert result.code == 0, result.err
            header, *rows = list(csv.reader(io.StringIO(result.out)))
            assert header[:3] == ["a", "b", "prediction"]
            assert len(set(header)) == len(header)
            assert [row[2] for row in rows] == ["mine", "own"]
            assert [row[3] for row in rows] == ["low", "high"]

    def test_a_column_called_p_low_is_kept(self, gdcli, two):
        result = gdcli("predict", two, "--format", "csv", "--probabilities", stdin="a,b,p_low\n1,2,mine\n")
        assert result.code == 0, result.err
        header, row = list(csv.reader(io.StringIO(result.out)))
        assert len(set(header)) == len(header)
        assert row[2] == "mine"

    def test_numbers_in_their_own_units(self, gdcli, number):
        model, _, _ = number
        (row,) = gdcli("predict", model, "--format", "csv", stdin="x\n10\n").csv
        assert float(row["prediction"]) == pytest.approx(130.5, abs=1)

    def test_probabilities_of_numbers_are_not_ignored_in_silence(self, gdcli, number):
        model, _, data = number
        result = gdcli("predict", model, data, "--probabilities")
        assert result.code == 2 or "probabilit" in result.err

    def test_kv_or_a_refusal(self, gdcli, two):
        """Either the predictions are among the lines, or the format is refused: not a success without results."""
        result = gdcli("predict", two, "--format", "kv", stdin="a,b\n1,2\n9,1\n")
        assert result.code == 2 or ("low" in result.out and result.out.count("prediction") >= 2)

    def test_the_same_rows_in_every_format(self, gdcli, two):
        forms = {form: gdcli("predict", two, "--format", form, stdin=TWO) for form in ("csv", "tsv", "jsonl", "json")}
        found = [[row["prediction"] for row in getattr(forms[form], form)] for form in ("csv", "tsv", "jsonl")]
        found.append([row["prediction"] for row in forms["json"].json["predictions"]])
        assert found == [["low"] * 6 + ["high"] * 6] * 4

    def test_a_table_shows_every_row_whole(self, gdcli, two):
        text = "a,b,a very long name of a column that says much\n1,2," + "w" * 90 + "\n"
        result = gdcli("predict", two, stdin=text)
        assert "w" * 90 in result.out
        assert "a very long name of a column that says much" in result.out

    def test_semicolons_and_decimal_commas(self, gdcli, two):
        result = gdcli("predict", two, "--decimal", ",", "--format", "csv", stdin="a;b\n1,0;2\n9,5;1\n")
        assert [row["prediction"] for row in result.csv] == ["low", "high"]
        assert [row["a"] for row in result.csv] == ["1,0", "9,5"]

    def test_to_a_file(self, gdcli, two, tmp_path):
        result = gdcli("predict", two, "--format", "csv", "-o", tmp_path / "o.csv", stdin="a,b\n1,2\n")
        assert result.out == ""
        assert (tmp_path / "o.csv").read_text() == "a,b,prediction\n1,2,low\n"

    def test_in_a_pipe_of_programs(self, process, two):
        result = process(
            *("predict", two, "-", "--format", "csv", "-q"),
            script="printf 'a,b\\n1,2\\n9,1\\n9,2\\n' | \"$@\" | cut -d, -f3 | sort | uniq -c",
        )
        assert result.out.split() == ["2", "high", "1", "low", "1", "prediction"]
        assert result.err == ""

    def test_a_reader_that_goes_away(self, process, two):
        result = process(
            *("predict", two, "-", "--format", "csv"),
            script='(echo a,b; yes 1,2 | head -20000) | "$@" | head -3; echo ${PIPESTATUS[1]}',
        )
        assert result.out.splitlines() == ["a,b,prediction", "1,2,low", "1,2,low", "0"]
        assert result.err == ""


class TestMissing:
    def test_is_named(self, gdcli, two, refused):
        refused(gdcli("predict", two, "--format", "table", stdin="a,b\n,2\n"), 3, "line 2", "'a'")

    def test_is_dropped(self, gdcli, two):
        result = gdcli("predict", two, "--missing", "drop", "--format", "csv", stdin="a,b\n1,2\n,2\n9,1\n")
        assert result.code == 0, result.err
        assert [row["a"] for row in result.csv] == ["1", "9"]

    def test_an_empty_cell_in_a_column_that_does_not_count(self, gdcli, two):
        result = gdcli("predict", two, "--format", "csv", stdin="a,b,kind\n1,2,\n9,1,\n")
        assert result.out == "a,b,kind,prediction\n1,2,,low\n9,1,,high\n"

    def test_the_mean_is_that_of_the_training_rows(self, gdcli, two):
        """Not of the rows at hand: what a row is read as must not hang on the rows that happen to come with it."""
        alone = gdcli("predict", two, "--missing", "mean", "--probabilities", "--format", "csv", stdin="a,b\n,1\n")
        assert alone.code == 0, alone.err
        mean = gdcli("predict", two, "--probabilities", "--format", "csv", stdin="a,b\n5.5,1\n").csv[0]
        among = gdcli(
            *("predict", two, "--missing", "mean", "--probabilities", "--format", "csv"),
            stdin="a,b\n,1\n11,1\n11,1\n",
        )
        assert float(alone.csv[0]["p_low"]) == pytest.approx(float(mean["p_low"]), rel=1e-5)
        assert among.csv[0]["p_low"] == alone.csv[0]["p_low"]


class TestBadRows:
    @pytest.mark.parametrize(
        ("row", "parts"),
        [
            ("abc,2", ("line 4", "'a'", "'abc'")),
            ("1", ("line 4",)),
            ("1,2,3", ("line 4",)),
            ("1,inf", ("line 4", "'b'", "'inf'")),
            ("nan,1", ("line 4", "'a'")),
            (",1", ("line 4", "'a'", "empty")),
            ("1_0,1", ("line 4", "'1_0'")),
        ],
    )
    def test_the_line_is_named(self, gdcli, two, row, parts):
        result = gdcli("predict", two, "--format", "csv", stdin=f"a,b\n1,2\n9,1\n{row}\n1,2\n")
        assert result.code == 3
        errors = [line for line in result.err.splitlines() if line.startswith("gdcli: ")]
        assert len(errors) == 1
        for part in parts:
            assert part in errors[0]
        assert "a bug" not in result.err

    @pytest.mark.parametrize("at", [2, 1000, 5000, 30001])
    def test_far_down_a_stream(self, gdcli, two, at):
        lines = ["a,b", *["1,2"] * 40000]
        lines[at - 1] = "1,oops"
        result = gdcli("predict", two, "--format", "csv", stdin="\n".join(lines) + "\n")
        assert result.code == 3
        assert f"line {at}," in result.err
        assert "'oops'" in result.err
        assert len(result.csv) <= at - 2

    def test_with_cells_of_several_lines_before_it(self, gdcli, two):
        text = 'a,b,note\n1,2,"two\nlines"\n9,1,x\n1,zz,x\n'
        result = gdcli("predict", two, "--format", "csv", stdin=text)
        assert result.code == 3
        assert "line 5" in result.err

    def test_the_first_bad_one_is_named(self, gdcli, two):
        result = gdcli("predict", two, "--format", "csv", stdin="a,b\n1,oops\n1,inf\n")
        assert "line 2" in result.err

    def test_a_column_that_is_not_there(self, gdcli, two, refused):
        refused(gdcli("predict", two, "--format", "csv", stdin="a,c\n1,2\n"), 3, "'b'")

    def test_nothing_to_predict(self, gdcli, two, refused):
        refused(gdcli("predict", two, "--format", "csv", stdin=""), 3)
        refused(gdcli("predict", two), 2)

    def test_bad_utf8(self, gdcli, two, refused):
        refused(gdcli("predict", two, "--format", "csv", stdin=b"a,b,n\n1,2,\xff\n"), 3, "line 2")

    def test_extreme_numbers(self, gdcli, two):
        """Numbers beyond float32 are numbers still; what comes out is a class and no NaN."""
        result = gdcli("predict", two, "--probabilities", "--format", "csv", stdin="a,b\n1e300,2\n-1e300,2\n1e-320,0\n")
        assert "a bug" not in result.err
        assert result.code in (0, 3)
        assert "nan" not in result.out

    def test_extreme_numbers_through_hidden_layers(self, gdcli, three):
        model, _ = three
        header = "sepal_length,sepal_width,petal_length,petal_width\n"
        text = header + "1e38,-1e38,1e38,1\n1e300,-1e300,1e300,1e300\n"
        result = gdcli("predict", model, "--probabilities", "--format", "csv", stdin=text)
        assert "a bug" not in result.err
        assert result.code in (0, 3)
        assert "nan" not in result.out


class TestStreaming:
    """A process of its own, whose input stays open while its output is read."""

    def read_until(self, stream, enough, seconds=30):
        """What has come once `enough` says so; polls, and gives up after that many seconds."""
        os.set_blocking(stream.fileno(), False)
        found, deadline = b"", time.monotonic() + seconds
        while not enough(found) and time.monotonic() < deadline:
            ready, _, _ = select.select([stream], [], [], 0.2)
            if ready:
                piece = os.read(stream.fileno(), 65536)
                if not piece:
                    break
                found += piece
        return found

    @pytest.mark.parametrize("form", ["csv", "jsonl", "table"])
    def test_rows_come_out_before_the_input_ends(self, two, tmp_path, form):
        command = [*PROGRAM, "predict", str(two), "-", "--format", form]
        running = subprocess.Popen(
            command, cwd=tmp_path, env=clean_environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        lines = 1 if form == "jsonl" else 2
        try:
            running.stdin.write(b"a,b\n1.0,2\n")
            running.stdin.flush()
            first = self.read_until(running.stdout, lambda found: found.count(b"\n") >= lines)
            assert b"low" in first
            running.stdin.write(b"9,1\n")
            running.stdin.flush()
            second = self.read_until(running.stdout, lambda found: found.count(b"\n") >= 1)
            assert b"high" in second
            running.stdin.close()
            assert running.wait(timeout=30) == 0
        finally:
            running.kill()
            running.wait()
            running.stdout.close()

    def test_rows_before_a_bad_one_are_out_when_the_error_comes(self, two, tmp_path):
        command = [*PROGRAM, "predict", str(two), "-", "--format", "csv"]
        running = subprocess.Popen(
            command,
            cwd=tmp_path,
            env=clean_environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            running.stdin.write(b"a,b\n1.0,2\n")
            running.stdin.flush()
            first = self.read_until(running.stdout, lambda found: found.count(b"\n") >= 2)
            assert first == b"a,b,prediction\n1.0,2,low\n"
            running.stdin.write(b"9,oops\n")
            running.stdin.close()
            running.stdin = None
            out, err = running.communicate(timeout=30)
            assert running.returncode == 3
            assert b"line 3" in err
            assert not out
        finally:
            running.kill()

    def test_slow_and_fast_give_the_same_bytes(self, gdcli, two, tmp_path):
        """With cells to fill in, so that the chunks a pipe happens to come in could show."""
        text = b"a,b\n,1\n11,1\n,2\n3,\n"
        fast = gdcli("predict", two, "--missing", "mean", "--probabilities", "--format", "csv", stdin=text)
        command = [*PROGRAM, "predict", str(two), "-", "--missing", "mean", "--probabilities", "--format", "csv"]
        running = subprocess.Popen(
            command, cwd=tmp_path, env=clean_environ(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            slow = b""
            for count, line in enumerate(text.splitlines(keepends=True)):
                with contextlib.suppress(BrokenPipeError):
                    running.stdin.write(line)
                    running.stdin.flush()
                slow += self.read_until(running.stdout, lambda found, n=count: found.count(b"\n") >= (n > 0), 3)
            with contextlib.suppress(BrokenPipeError):
                running.stdin.close()
            slow += self.read_until(running.stdout, lambda _: False, 10)
            running.wait(timeout=30)
        finally:
            running.kill()
            running.stdout.close()
        assert slow.decode() == fast.out


class TestTextsOfALine:
    """A text column of two values is an input of `fit`; the model knows them when it reads further rows."""

    ROWS = "size,colour,price\n1,red,3.5\n2,blue,5\n3,red,7.5\n4,blue,9\n5,red,11.5\n6,blue,13\n"

    def test_predict_and_evaluate_take_them(self, gdcli, table, tmp_path):
        path, model = table(self.ROWS), tmp_path / "m.safetensors"
        assert gdcli("fit", path, "--save", model, "--format", "json").code == 0
        rows = gdcli("predict", model, path, "--format", "csv").out.splitlines()[1:]
        predicted = [float(row.split(",")[-1]) for row in rows]
        assert predicted == pytest.approx([2 * n + 1 + 0.5 * (n % 2) for n in range(1, 7)], abs=1e-9)
        assert gdcli("evaluate", model, path, "--format", "json").json["r2"] == pytest.approx(1)

    def test_a_file_of_rows_held_out_has_them(self, gdcli, table):
        path, held = table(self.ROWS), table("colour,size,price\nblue,10,21\nred,20,41.5\n", "held.csv")
        scores = gdcli("fit", path, "--validation", held, "--format", "json").json["validation"]
        assert scores["mse"] == pytest.approx(0, abs=1e-9)

    @pytest.mark.parametrize("how", ["predict", "validation"])
    def test_another_text_is_refused(self, gdcli, table, tmp_path, refused, how):
        path, model = table(self.ROWS), tmp_path / "m.safetensors"
        other = table(self.ROWS.replace("4,blue", "4,green"), "other.csv")
        gdcli("fit", path, "--save", model)
        words = ("predict", model, other) if how == "predict" else ("fit", path, "--validation", other)
        refused(gdcli(*words), 3, "other.csv", "line 5", "'colour'", "'green'")


@pytest.mark.parametrize("words", [("sample:diabetes", "--hidden", 9), ("sample:diabetes", "--hidden", "17,5")])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_s_prediction_is_the_same_whatever_rows_come_with_it(gdcli, tmp_path, words, dtype):
    """A product of matrices rounds as its shape has it, and a pipe brings rows as it likes."""
    path = tmp_path / "m.safetensors"
    assert gdcli("train", *words, "--dtype", dtype, "--epochs", 2, "--save", path).code == 0
    model, rng = library.load(path), np.random.default_rng(0)
    rows = rng.normal(size=(700, 10)) * 0.1
    whole = model.predict(rows)
    cuts = np.cumsum(rng.integers(1, 150, 12))
    assert np.array_equal(whole, np.concatenate([model.predict(part) for part in np.split(rows, cuts) if len(part)]))
    assert np.array_equal(whole[:80], np.concatenate([model.predict(rows[at : at + 1]) for at in range(80)]))
