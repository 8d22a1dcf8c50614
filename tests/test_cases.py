"""Files as users bring them: each stands for a kind, and what is read of it is said and is so."""

from pathlib import Path

import pytest

import gdcli as library

CASES = Path(__file__).parent / "cases"
FIT = ("--standardize", "--epochs", "1")
TRAIN = ("--epochs", "1")


def of(command, name, *options):
    """A short run of a command on a case."""
    usual = {"fit": FIT, "train": TRAIN}.get(command, ())
    return [command, str(CASES / name), *options, *(() if "--epochs" in options else usual)]


SAID = [
    (of("fit", "r_writecsv.csv"), "column '' (number 1) counts the rows: --x x leaves it out"),
    (of("fit", "r_writecsv.csv"), "predicts y as a number, from column 1 and x"),
    (of("train", "customer_id.csv"), "column 'customer_id' is another whole number in each row, as ids are"),
    (of("train", "customer_id.csv"), "--x age leaves it out"),
    (of("fit", "timestamps_sec.csv"), "column 'ts' looks like seconds since 1970 (2023-11-14)"),
    (of("train", "adult_noheader.data"), "line 1 is like the lines below it, so there is no line of names"),
    (of("train", "adult_noheader.data"), "left out: column 2 (text with 3 values; --categorical 2 takes it)"),
    (of("train", "adult_noheader.data"), "predicts column 8 as 2 classes (the last column)"),
    (of("train", "uci_wine.data", "--no-header"), "predicts column 4 as a number (the last column)"),
    (of("train", "uci_wine.data", "--no-header"), "column 1 looks like the class, and the last, 4, does not: --y 1"),
    (of("train", "age_target.csv"), "predicts age as a number (the last column; --task classification for classes)"),
    (of("train", "labels1toK.csv"), "predicts y as 3 classes (--task regression for numbers)"),
    (of("train", "twolabelcase.csv"), "'No' and 'no' in y differ only in capitals or blanks"),
    (of("train", "twolabelcase.csv"), "'YES', 'Yes' and 'yes' in y differ only in capitals or blanks"),
    (of("train", "bools.csv"), "predicts bought as 2 classes (the last column), from visits and member=True"),
    (of("fit", "dash_missing.csv"), "left out: z (more than half of its cells are gaps; --x x,z takes it)"),
    (of("train", "zip_id_label.csv"), "predicts zip as 3 classes (the last column), from a"),
    (of("fit", "target01.csv"), "passed holds only 0 and 1: gdcli train tells the two classes apart"),
    (of("fit", "coll.csv"), "columns a and b carry the same information (b = 2 a): --x a leaves one out"),
    (of("fit", "ones.csv"), "column 'one' is 1 in every row, which tells nothing: --x x leaves it out"),
    (of("fit", "twins.csv"), "columns cm and inch carry nearly the same information: --x cm leaves one out"),
    (of("fit", "sentinel.csv"), "-999 stands 4 times in column 'x', far from the rest: --na -999 makes it a gap"),
    (of("fit", "sentinel.csv", "--na", "-999", "--missing", "drop"), "4 of 39 rows have a gap and are left out"),
    (of("fit", "excel_na.csv", "--missing", "drop"), "2 of 5 rows have a gap and are left out"),
    (of("train", "miss_mean_train.csv", "--missing", "mean"), "1 gap is filled with the column's mean, in x"),
    (of("fit", "r_rownames.txt"), "the first cell of each row is the row's name, as R writes it, and left out"),
    (of("fit", "comment_after_header.csv"), "2 lines between the rows begin with # and are left out as comments"),
    (of("fit", "units_row.csv"), "the line below the names holds units (s and volt) and is left out"),
    (of("fit", "dup_header.csv"), "a further column 'score' is called 'score_2' here"),
    (of("fit", "comma_name.csv"), "from 'size, sqft' and 'rooms, no.'"),
    (
        of("train", "sorted.csv", "--no-shuffle", "--validation", "0.2"),
        "classes 'c0', 'c1', 'c2' and 'c3' have no row among the 40 held out, so they are not measured",
    ),
    (
        of("train", "sorted.csv", "--no-shuffle", "--validation", "0.2"),
        "class 'c4' has no row among the 160 to train on, so it is not learned",
    ),
]
"""A command, and a line that it says on stderr."""

REFUSED = [
    (of("fit", "bools.csv"), 3, "gdcli train tells classes apart"),
    (of("train", "uci_wine.data"), 3, "--no-header"),
    (of("train", "digits_noheader.csv"), 3, "--no-header"),
    (of("train", "digits_noheader.csv", "--no-header"), 3, "column 1 looks like the class"),
    (of("fit", "excel_na.csv"), 3, "2 of 5 rows have gaps, in y: --missing drop"),
    (of("fit", "thousands.csv"), 3, "--thousands ,"),
    (of("fit", "currency.csv"), 3, "is an amount of money, not a number"),
    (of("fit", "libsvm.txt"), 3, "LibSVM"),
    (of("fit", "w.arff"), 3, "ARFF"),
    (of("fit", "dates.csv"), 3, "'date' holds dates"),
]
"""A command, its exit code, and what the error says: what it is, and the way on."""

READ = [
    (of("train", "adult_noheader.data"), 300, 6, "8", 2),
    (of("train", "digits_noheader.csv", "--no-header", "--y", "1"), 400, 64, "1", 8),
    (of("train", "uci_wine.data", "--no-header", "--y", "1"), 150, 3, "1", 3),
    (of("train", "zip_id_label.csv"), 90, 1, "zip", 3),
    (of("train", "age_target.csv"), 200, 2, "age", 0),
    (of("fit", "thousands.csv", "--thousands", ","), 20, 1, "price", 0),
    (of("fit", "fortran_d.txt"), 3, 1, "y", 0),
    (of("fit", "sep_line.csv"), 3, 1, "y", 0),
    (of("fit", "r_rownames.txt"), 14, 1, "y", 0),
    (of("fit", "trailing_comma_data_only.csv"), 3, 1, "y", 0),
    (of("fit", "comma_name.csv", "--x", "size, sqft"), 5, 1, "price", 0),
    (of("fit", "comma_name.csv", "--x", '"size, sqft","rooms, no."'), 5, 2, "price", 0),
]
"""A command; the rows of the file, its inputs, the target, and how many classes (0: a number)."""


def named(value):
    return " ".join([value[0], Path(value[1]).name, *value[2:]]) if isinstance(value, list) else None


@pytest.mark.parametrize(("words", "line"), SAID, ids=named)
def test_what_is_read_is_said(gdcli, words, line):
    result = gdcli(*words, "--no-plot")
    assert result.code in (0, 4), result.err
    assert any(line in said for said in result.err.splitlines()), result.err


@pytest.mark.parametrize(("words", "code", "part"), REFUSED, ids=named)
def test_what_is_refused_names_the_way_on(gdcli, words, code, part):
    result = gdcli(*words)
    assert result.code == code, result.err
    assert part in result.err
    assert "bug" not in result.err


@pytest.mark.parametrize(("words", "rows", "inputs", "target", "classes"), READ, ids=named)
def test_nothing_is_lost(gdcli, words, rows, inputs, target, classes):
    reading = gdcli(*words, "--format", "json").json["reading"]
    assert (reading["rows"], len(reading["inputs"])) == (rows, inputs)
    assert (reading["target"]["name"], reading["target"]["classes"]) == (target, classes)


@pytest.mark.parametrize(
    "words",
    [
        ["step", "--lr", "1e-9"],
        ["limit"],
        ["surface", "--lr", "1e-9"],
        ["score", "--start", "0,0,0"],
        ["sweep", "fit", "--lr", "1e-9,2e-9", "--epochs", "1"],
        ["sweep", "train", "--lr", "0.1,0.2", "--epochs", "1"],
        ["lr-find", "train"],
        ["live", "--plain"],
    ],
    ids=" ".join,
)
def test_every_command_says_it(gdcli, words):
    """And -q silences it; machine formats have it as `reading`."""
    at = 2 if words[0] in ("sweep", "lr-find") else 1
    words = [*words[:at], str(CASES / "r_writecsv.csv"), *words[at:]]
    typed = {"stdin": "q\n"} if words[0] == "live" else {}
    line = "column '' (number 1) counts the rows: --x x leaves it out"
    assert line in gdcli(*words, **typed).err.splitlines()
    assert line not in gdcli(*words, "-q", **typed).err
    if not typed:
        (warning,) = gdcli(*words, "--format", "json").json["reading"]["warnings"]
        assert (warning["kind"], warning["option"]) == ("row counter", "--x x")


@pytest.mark.parametrize(
    "words", [["fit", "sample:deck"], ["train", "sample:iris", "--lr", "0.1", *TRAIN]], ids=" ".join
)
def test_a_plain_sample_needs_no_words(gdcli, words):
    result = gdcli(*words)
    assert "predicts" not in result.err
    assert len(result.err.splitlines()) == 2


def test_a_model_s_rows_are_reported_too(gdcli, tmp_path):
    model = tmp_path / "mean.safetensors"
    gdcli(*of("train", "miss_mean_train.csv", "--missing", "mean", "--save", str(model)))
    result = gdcli("evaluate", model, CASES / "miss_mean_train.csv", "-f", "json")
    reading = result.json["reading"]
    assert (reading["rows"], reading["inputs"], reading["target"]["name"]) == (101, ["x"], "y")
    assert reading["gaps"] == {"columns": {"x": 1}, "rows": 1, "dropped": 0, "filled": 1}
    assert result.err.splitlines() == ["1 gap is filled with the column's mean, in x"]


def test_a_result_has_the_report():
    reading = library.fit(str(CASES / "r_writecsv.csv"), epochs=1, standardize=True).reading
    assert (reading.rows, reading.inputs, reading.target.name) == (39, ("1", "x"), "y")
    assert [one.kind for one in reading.warnings] == ["row counter"]


def test_a_label_keeps_its_zeros(gdcli, tmp_path):
    model = tmp_path / "zip.safetensors"
    gdcli(*of("train", "zip_id_label.csv", "--save", str(model)))
    predicted = {row["prediction"] for row in gdcli("predict", model, CASES / "zip_id_label.csv", "-f", "csv").csv}
    assert predicted <= _labels("zip_id_label.csv")
    assert all(len(label) == 5 for label in predicted)


def _labels(name):
    return {line.rsplit(",", 1)[1] for line in (CASES / name).read_text().splitlines()[1:]}


@pytest.mark.parametrize("command", ["fit", "train"])
def test_a_model_reads_the_table_that_it_learned_from(gdcli, tmp_path, command):
    """Whatever was made of its columns is made again: texts of two values, left out columns, names that are missing."""
    done = 0
    for path in sorted(CASES.iterdir()):
        model = tmp_path / f"{path.stem}.safetensors"
        if gdcli(*of(command, path.name), "--save", model, "--no-plot").code == 0:
            done += 1
            assert [gdcli(again, model, path).code for again in ("predict", "evaluate")] == [0, 0], path.name
    assert done >= 20
