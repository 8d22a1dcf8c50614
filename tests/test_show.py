"""`gdcli show`: what data looks like, without training."""

import json

import numpy as np
import pytest

from gdcli.errors import OptionError
from gdcli.experiments.looking import names_of_classes

TOWNS = "size,town,fresh,price\n" + "".join(
    f"{10 + row},{('Bern', 'Rome', 'Oslo')[row % 3]},{('yes', 'no')[row % 2]},{2.5 * row}\n" for row in range(30)
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TOWNS)
    return str(path)


def by_name(rows):
    return {row["column"]: row for row in rows}


class TestColumns:
    """Kind, role, range, gaps and spread."""

    def test_in_figures(self, gdcli, table):
        columns = by_name(gdcli("show", table, "-f", "json").json["columns"])
        assert {name: (one["kind"], one["role"]) for name, one in columns.items()} == {
            "size": ("whole number", "input"),
            "town": ("text", "left out"),
            "fresh": ("text", "input"),
            "price": ("number", "target"),
        }
        size, town = columns["size"], columns["town"]
        assert (size["low"], size["high"], size["mean"], size["distinct"]) == (10, 39, 24.5, 30)
        assert (town["common"], town["histogram"], town["low"]) == (["Bern", "Oslo", "Rome"], [10, 10, 10], None)

    @pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
    def test_a_row_for_each_column(self, gdcli, table, form):
        rows = getattr(gdcli("show", table, "-f", form), form)
        assert [row["column"] for row in rows] == ["size", "town", "fresh", "price"]
        assert [*rows[0]][:8] == ["column", "role", "kind", "low", "high", "mean", "gaps", "distinct"]

    def test_kv(self, gdcli, table):
        pairs = dict(line.split("=", 1) for line in gdcli("show", table, "-f", "kv").out.splitlines())
        assert (pairs["rows"], pairs["column_2"], pairs["high_1"]) == ("30", "town", "39.0")

    def test_a_histogram_counts_every_row(self, gdcli):
        values = np.random.default_rng(0).normal(size=500)
        rows = "x,y\n" + "".join(f"{value:.6f},{value * value:.6f}\n" for value in values)
        column = gdcli("show", "-f", "json", stdin=rows).json["columns"][0]
        low, high = column["low"], column["high"]
        inside = [sum(at <= 12 * (v - low) / (high - low) < at + 1 for v in values.round(6)) for at in range(12)]
        inside[-1] += 1  # the largest value is in the last part
        assert column["histogram"] == inside

    def test_a_few_whole_numbers_have_a_bar_each(self, gdcli):
        rows = "x,y\n" + "".join(f"{row % 5},{row * 1.5}\n" for row in range(20))
        assert gdcli("show", "-f", "json", stdin=rows).json["columns"][0]["histogram"] == [4] * 5

    def test_gaps_are_counted_and_what_train_says_of_them(self, gdcli):
        rows = "x,y\n1,2.5\n,3.5\n3,NA\n4,5\n"
        seen = gdcli("show", "-f", "json", stdin=rows).json
        assert [column["gaps"] for column in seen["columns"]] == [1, 1]
        assert "--missing drop" in seen["refusal"]
        assert seen["split"] is None
        kept = gdcli("show", "-f", "json", "--missing", "drop", stdin=rows).json
        assert (kept["refusal"], kept["split"]["train"]["rows"]) == (None, 2)

    @pytest.mark.parametrize(
        ("rows", "kinds"),
        [
            ("day,y\n2023-01-31,1\n2023-02-28,2\n", ["date", "whole number"]),
            ("x,y\n,1\n,2\n", ["gaps", "whole number"]),
            ("x,y\n1,1\n2,2\nbad,4\n", ["mixed", "whole number"]),
        ],
    )
    def test_rows_that_cannot_be_learned_from_are_shown(self, gdcli, rows, kinds):
        result = gdcli("show", "-f", "json", stdin=rows)
        assert result.code == 0, result.err
        assert [column["kind"] for column in result.json["columns"]] == kinds
        assert result.json["refusal"]


class TestSplit:
    """The rows that train has for each purpose."""

    @pytest.mark.parametrize("options", [(), ("--seed", "3"), ("--validation", "0.3"), ("--no-shuffle",)], ids=" ".join)
    def test_is_the_one_that_train_makes(self, gdcli, options):
        """Classes by the rows that train reports, counted by its confusion matrix."""
        split = gdcli("show", "sample:iris", "-f", "json", *options).json["split"]
        trained = gdcli("train", "sample:iris", "--epochs", "1", "-f", "json", *options).json
        counts = [sum(row) for row in trained["confusion"]]
        assert trained["confusion_of"] == "validation"
        assert [*split["validation"]["classes"].values()] == counts
        assert split["train"]["rows"] == 150 - sum(counts)

    def test_of_few_rows_none_is_held_out(self, gdcli):
        assert [*gdcli("show", "sample:deck", "-f", "json").json["split"]] == ["train"]

    def test_a_class_missing_from_a_part(self, gdcli):
        rows = "x,k\n" + "".join(f"{row * 0.7},{'b' if row > 25 else 'a'}\n" for row in range(30))
        seen = gdcli("show", "--no-shuffle", "--validation", 0.1, stdin=rows)
        assert "class 'a' has no row among the 3 held out" in " ".join(seen.out.split())


class TestScreen:
    """What a person sees."""

    def test_the_answer_is_under_the_columns(self, gdcli, table):
        result = gdcli("show", table)
        text = " ".join(result.out.split())
        assert "predicts price as a number (the last column), from size and fresh=yes" in text
        assert "left out town (text with 3 values; --categorical town takes it)" in text
        assert "split 27 train, 3 validation rows" in text
        assert "Bern 10, Oslo 10, Rome 10" in text
        assert result.err.splitlines()[0].startswith("30 rows, 4 columns from ")

    @pytest.mark.parametrize("sample", ["iris", "moons", "deck", "digits", "bmi"])
    def test_fits_a_terminal(self, gdcli, sample):
        lines = gdcli("show", f"sample:{sample}", "--plot", "--color", "never", "-q").out.splitlines()
        assert len(lines) <= 23
        assert max(map(len, lines)) <= 80 or sample == "iris"  # the values of a text are whole off a terminal

    def test_scatters(self, gdcli):
        assert "y by x" in gdcli("show", "sample:deck", "--plot").out
        assert "held out" in gdcli("show", "sample:bmi", "--plot").out
        moons = gdcli("show", "sample:moons", "--plot", "--classes", "upper,lower").out
        assert "x2 by x1" in moons
        assert "upper" in moons

    def test_without_data_it_is_the_lecture_s_example(self, gdcli):
        assert "predicts   y as a number" in gdcli("show").out

    def test_no_column_name_commands_the_terminal(self, gdcli):
        assert "\x1b" not in gdcli("show", stdin="a\x1b[31m,y\n1,2.5\n2,3\n4,7\n").out


class TestPictures:
    """Rows of image data."""

    def test_show_says_how_many(self, gdcli):
        out = gdcli("show", "sample:digits", "--show", "3", "--classes", "nil,one,two,three,4,5,6,7,8,9").out
        assert out.rstrip().splitlines()[-1].split() == ["nil", "one", "two"]

    def test_pixels_are_one_column(self, gdcli):
        columns = gdcli("show", "sample:digits", "-f", "json").json["columns"]
        assert [(one["column"], one["kind"]) for one in columns] == [
            ("p0 to p63", "8 x 8 pixels"),
            ("label", "whole number"),
        ]

    def test_a_table_has_none(self, gdcli):
        assert gdcli("show", "sample:iris", "--show", "3").code == 2


class TestNames:
    """Letters for the numbers of classes."""

    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("names.txt", "A\nB\nC\n"),
            ("names.txt", "2 C\n0 A\n"),
            ("names.csv", "0,A\n2,C\n"),
            ("names.json", json.dumps({"0": "A", "2": "C"})),
            ("names.json", json.dumps(["A", "B", "C"])),
        ],
    )
    def test_from_a_file(self, tmp_path, file, text):
        path = tmp_path / file
        path.write_text(text)
        assert names_of_classes(str(path), ["0", "2"]) == {"0": "A", "2": "C"}

    def test_by_order_where_labels_are_no_numbers_from_0(self):
        assert names_of_classes("no,yes", ["1", "2"]) == {"1": "no", "2": "yes"}

    def test_one_missing(self):
        with pytest.raises(OptionError, match="class '2' has no name"):
            names_of_classes("A,B", ["0", "1", "2"])


def test_a_saved_look_has_the_columns(gdcli, tmp_path):
    place = tmp_path / "iris.txt"
    assert gdcli("show", "sample:iris", "--save", place).code == 0
    lines = place.read_text(encoding="utf-8").splitlines()
    named = ("sepal_length", "sepal_width", "petal_length", "petal_width", "species")
    rows = [line.split() for line in lines if line.split()[1:2] in (["input"], ["target"])]
    assert [row[0] for row in rows] == [*named]
