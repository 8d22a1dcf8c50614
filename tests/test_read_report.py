"""The report of what was read: each kind of warning where it belongs, and none where it does not."""

import csv
import io
import json

import numpy as np
import pytest

from gdcli.data.columns import ColumnOptions, classification, regression
from gdcli.data.examine import examine
from gdcli.data.missing import Fill
from gdcli.data.report import ReadReport
from gdcli.data.tables import ReadOptions, read_table
from gdcli.data.tasks import guess_task
from gdcli.errors import DataError, OptionError

RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(400, 3)).round(3)


def written(**columns) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return out.getvalue().encode()


def report(content: bytes, task=None, header=None, **options) -> ReadReport:
    return examine(read_table(content, "data.csv", ReadOptions(header=header)), ColumnOptions(**options), task=task)[1]


def kinds(content: bytes, **options) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.kind, one.columns) for one in report(content, **options).warnings]


def noisy(rows=60, **columns) -> bytes:
    """A table of noise in which nothing is worth knowing, with further columns before it."""
    return written(**columns, a=NOISE[:rows, 0], b=NOISE[:rows, 1], y=NOISE[:rows, 2])


def months(rows):
    return [f"2023-{1 + row % 12:02d}-01" for row in range(rows)]


SECONDS = 1_700_000_000 + 3600 * RNG.permutation(60)
LABELS = RNG.integers(0, 3, 60)

WARNINGS = [
    (noisy(**{"": range(1, 61)}), "row counter", "1", "column '' (number 1) counts the rows: --x a,b leaves it out"),
    (noisy(**{"Unnamed: 0": range(60)}), "row counter", "Unnamed: 0", "counts the rows: --x a,b"),
    (noisy(n=range(1, 61)), "row counter", "n", "column 'n' counts the rows: --x a,b leaves it out"),
    (noisy(customer_id=range(10_000, 10_060)), "id", "customer_id", "is another whole number in each row, as ids are"),
    (noisy(userId=RNG.choice(10**6, 60, False)), "id", "userId", "--x a,b"),
    (noisy(code=RNG.permutation(60) + 500), "id", "code", "as ids are"),
    (noisy(ts=SECONDS), "timestamps", "ts", "looks like seconds since 1970 (2023-11-14 to 2023-11-17)"),
    (noisy(when=SECONDS * 1000), "timestamps", "when", "milliseconds since 1970"),
    (noisy(at=SECONDS + 0.0), "timestamps", "at", "--scale standard"),
    (noisy(day=20230101 + np.arange(60) % 28), "dates", "day", "dates written as numbers, such as 20230101"),
    (noisy(one=[1] * 60), "constant", "one", "column 'one' is 1 in every row, which tells nothing"),
    (noisy(c=[0.5] * 60), "constant", "c", "column 'c' is 0.5 in every row"),
    (noisy(twin=NOISE[:60, 0]), "twins", ("twin", "a"), "carry the same information (they are equal)"),
    (noisy(twin=NOISE[:60, 0] * 2), "twins", ("twin", "a"), "(a = 0.5 twin)"),
    (noisy(f=(32 + 1.8 * NOISE[:60, 0]).round(2)), "twins", ("f", "a"), "carry nearly the same information"),
    (noisy(t=np.where(NOISE[:60, 1] > 1, -999, NOISE[:60, 2])), "sentinel", "t", "--na -999 makes it a gap"),
    (noisy(t=np.where(NOISE[:60, 1] > 1, 9999, RNG.integers(0, 40, 60))), "sentinel", "t", "9999 stands"),
    (noisy(t=[*RNG.integers(20, 60, 59), 999]), "sentinel", "t", "999 stands once in column 't', far from the rest"),
    (noisy(t=np.where(NOISE[:60, 1] > 0.5, -1, RNG.integers(0, 1000, 60))), "sentinel", "t", "--na -1"),
]


@pytest.mark.parametrize(("content", "kind", "column", "sentence"), WARNINGS)
def test_what_is_worth_knowing_of_an_input(content, kind, column, sentence):
    warnings = report(content).warnings
    assert [(one.kind, one.columns) for one in warnings] == [(kind, (column,) if isinstance(column, str) else column)]
    assert sentence in warnings[0].sentence
    assert "\n" not in warnings[0].sentence


def test_sentinels_are_counted_and_can_be_made_gaps():
    content = written(x=[1, -999, 3, -999, *range(5, 40)], y=range(39))
    (warning,) = report(content).warnings
    assert warning.sentence == "-999 stands 2 times in column 'x', far from the rest: --na -999 makes it a gap"
    for word in ("-999", "-999.0"):
        table = read_table(content, "data.csv", ReadOptions(na=(word,)))
        assert np.isnan(table.numbers("x")).sum() == 2
    assert report(written(x=NOISE[:60, 0], y=[-9999, *range(59)])).warnings[0].columns == ("y",)


QUIET = [
    noisy(),
    written(x=range(1, 21), y=NOISE[:20, 0]),  # the only input may count
    written(t=range(20), a=NOISE[:20, 0], y=NOISE[:20, 1]),  # so may a time
    written(year=range(1990, 2020), a=NOISE[:30, 0], y=NOISE[:30, 1]),
    noisy(score=RNG.integers(0, 1000, 60) * 1.0),  # 99 and 999 among their like
    noisy(t=RNG.integers(-1, 5, 60)),
    noisy(t=np.where(NOISE[:60, 1] > 0, -1, 1)),
    written(a=NOISE[:60, 0], b=NOISE[:60, 1], y=2 * NOISE[:60, 0]),  # a line is what is looked for
]


@pytest.mark.parametrize("content", QUIET)
def test_nothing_is_said_where_there_is_nothing(content):
    assert kinds(content) == []


@pytest.mark.parametrize("seed", range(8))
def test_plain_tables_give_no_warnings(seed):
    """25 random tables a seed, 200 in all: not one false alarm."""
    rng = np.random.default_rng(seed)
    for _ in range(25):
        rows = int(rng.integers(10, 501))
        columns = {
            "normal": rng.normal(rng.normal(0, 100), rng.lognormal(0, 3), rows),
            "uniform": rng.uniform(0, rng.lognormal(0, 3), rows),
            "whole": rng.integers(rng.integers(-50, 1), rng.integers(2, 1000), rows),
            "lognormal": rng.lognormal(rng.normal(), rng.uniform(0.1, 2), rows).round(int(rng.integers(2, 6))),
            "out": rng.normal(size=rows),
        }
        found = report(written(**columns)).warnings
        assert [one.sentence for one in found] == []


class TestTarget:
    """What is predicted, as what, and why."""

    @pytest.mark.parametrize(
        ("content", "options", "text"),
        [
            (written(a=[1.5, 2, 3], y=[1.5, 2, 4]), {}, "y as a number"),
            (written(a=[1.5, 2, 3], kind=["u", "v", "u"]), {}, "kind as 2 classes (the last column)"),
            (written(a=[1.5, 2, 3], b=[1.5, 2, 4]), {"y": "a"}, "a as a number"),
            (written(a=[1.5, 2, 3], b=[1.5, 2, 4]), {"x": ("b",)}, "a as a number (the last that is no input)"),
            (written(a=NOISE[:60, 0], k=LABELS), {}, "k as 3 classes (the last column; --task regression for numbers)"),
            (written(a=NOISE[:90, 0], zip=["02139", "10001", "00501"] * 30), {}, "zip as 3 classes (the last column)"),
        ],
    )
    def test_said(self, content, options, text):
        assert str(report(content, **options).target) == text

    @pytest.mark.parametrize(
        ("values", "task"),
        [
            (RNG.integers(3, 18, 200), "regression"),  # ages
            (RNG.poisson(8, 500), "regression"),  # counts
            (RNG.permutation(25), "regression"),  # each once
            (np.arange(12) * 3, "regression"),
            (NOISE[:, 0], "regression"),
            (RNG.integers(0, 50, 500), "regression"),
            (np.arange(240) % 24, "classification"),  # letters
            (RNG.integers(0, 2, 40), "classification"),
            (RNG.integers(3, 9, 300), "classification"),  # a quality of 3 to 8
            (np.array([1, 2, 3, 1]), "classification"),
        ],
    )
    def test_numbers_or_classes(self, values, task):
        table = read_table(written(v=values), "data.csv")
        assert guess_task(table, "v") == task

    def test_many_classes_may_be_a_quantity(self):
        content = written(a=NOISE[:300, 0], level=np.arange(300) % 15)
        (warning,) = report(content).warnings
        assert warning.sentence == "level is read as 15 classes: --task regression reads it as a number"
        assert report(content, task="classification").warnings == ()

    @pytest.mark.parametrize(("low", "high"), [(0, 1), (1, 2), (-1, 1)])
    def test_a_line_through_two_values(self, low, high):
        content = written(hours=NOISE[:60, 0], passed=np.where(NOISE[:60, 1] > 0, high, low))
        (warning,) = report(content, task="regression").warnings
        assert warning.option == "gdcli train"
        assert warning.sentence == f"passed holds only {low} and {high}: gdcli train tells the two classes apart"

    def test_a_line_through_labels(self):
        table = read_table(written(a=[1, 2, 3], kind=["u", "v", "w"]), "data.csv")
        with pytest.raises(DataError, match="'u' is not a number") as caught:
            regression(table, ColumnOptions())
        assert "gdcli train" in str(caught.value)

    def test_numbers_of_classes_read_as_numbers(self):
        content = written(a=NOISE[:60, 0], **{"class": LABELS})
        assert [one.kind for one in report(content, task="regression").warnings] == ["classes as a quantity"]

    @pytest.mark.parametrize("first", [LABELS, LABELS + 1, [*"abc"] * 20])
    def test_the_class_may_stand_first(self, first):
        lines = written(k=first, a=NOISE[:60, 0], b=NOISE[:60, 1]).split(b"\n", 1)[1]
        (warning,) = report(lines, header=False).warnings
        assert warning.option == "--y 1"
        assert warning.sentence == "column 1 looks like the class, and the last, 3, does not: --y 1 predicts it"
        assert report(lines, header=False, y="1").warnings == ()

    def test_a_constant_last_pixel_is_no_target(self):
        pixels = {f"p{at}": RNG.integers(0, 256, 60) for at in range(60)}
        lines = written(k=LABELS, **pixels, last=[0] * 60).split(b"\n", 1)[1]
        assert [one.option for one in report(lines, header=False).warnings] == ["--y 1"]

    def test_names_are_no_classes(self):
        content = written(
            mpg=NOISE[:60, 0], weight=NOISE[:60, 1], name=[f"car {row // 2 * 2 % 50}" for row in range(60)]
        )
        assert report(content).warnings == ()  # 25 labels, more than once each
        content = written(mpg=NOISE[:60, 0], weight=NOISE[:60, 1], name=[f"car {row % 50}" for row in range(60)])
        (warning,) = report(content).warnings
        sentence = "name holds 50 labels in 60 rows, as names do: --y mpg predicts another column"
        assert (warning.sentence, warning.option) == (sentence, "--y mpg")

    def test_what_numbers_the_rows_is_not_proposed_in_place_of_names(self):
        names = [f"car {row % 50}" for row in range(60)]
        for counter in (range(1, 61), [*range(1, 31), *range(35, 65)]):  # R leaves the numbers of rows that are gone
            content = written(rownames=[*counter], mpg=NOISE[:60, 0], name=names)
            assert [one.option for one in report(content).warnings if one.columns == ("name",)] == ["--y mpg"]

    @pytest.mark.parametrize(
        ("labels", "sentence"),
        [
            (["Yes", "no", "YES"], "'YES' and 'Yes' in kind differ only in capitals or blanks, and count as 2 labels"),
            (["New York", "NewYork", "Rome"], "'New York' and 'NewYork' in kind differ only in capitals or blanks"),
            (["a", "A", "b"], "'A' and 'a' in kind"),
        ],
    )
    def test_labels_alike(self, labels, sentence):
        (warning,) = report(written(a=NOISE[:60, 0], kind=labels * 20)).warnings
        assert warning.kind == "labels alike"
        assert sentence in warning.sentence


class TestLeftOut:
    """Which columns are not learned from, and what takes them."""

    @pytest.mark.parametrize(
        ("column", "text"),
        [
            ([*"abc"] * 20, "c (text with 3 values; --categorical c takes it)"),
            ([f"n{row}" for row in range(60)], "c (text, 60 different values)"),
            (months(60), "c (dates or times: turn them into numbers to use them)"),
            ([f"{hour % 24}:30" for hour in range(60)], "c (dates or times: turn them into numbers to use them)"),
            (["u"] * 60, "c (one value in every row)"),
            ([""] * 60, "c (every cell is a gap)"),
            (["-"] * 40 + [1] * 20, "c (more than half of its cells are gaps; --x a,b,c takes it)"),
            ([""] * 31 + [2] * 29, "c (more than half of its cells are gaps; --x a,b,c takes it)"),
            (["NA"] * 40 + ["u", "v"] * 10, "c (more than half of its cells are gaps; --categorical c takes it)"),
        ],
    )
    def test_said(self, column, text):
        found = report(noisy(c=column))
        assert [str(one) for one in found.left_out] == [text]
        assert found.inputs == ("a", "b")

    def test_not_where_inputs_are_asked_for(self):
        assert report(noisy(c=[*"abc"] * 20), x=("a",)).left_out == ()

    @pytest.mark.parametrize("pair", [("FALSE", "TRUE"), ("N", "Y"), ("no", "yes"), ("female", "male")])
    def test_two_values_are_0_and_1(self, pair):
        content = noisy(c=[*pair] * 30)
        second = {"TRUE": "True"}.get(pair[1], pair[1])  # truth values are called alike in every file
        table, found = examine(read_table(content, "data.csv"))
        assert found.inputs == ("a", "b", f"c={second}")
        assert found.values == {"c": (second,)}
        assert regression(table, found.columns).inputs[:4, 2].tolist() == [0, 1, 0, 1]
        _, asked = examine(read_table(content, "data.csv"), ColumnOptions(x=("c,a",)))
        assert asked.inputs == (f"c={second}", "a")

    def test_categorical_columns(self):
        table = read_table(noisy(c=[*"uvw"] * 20, **{"d, e": ["p", "q"] * 30}), "data.csv")
        wide, found = examine(table, categorical=('c,"d, e"',))
        assert found.inputs == ("a", "b", "c=u", "c=v", "c=w", "d, e=p", "d, e=q")
        assert regression(wide, found.columns).inputs[0, 2:].tolist() == [1, 0, 0, 1, 0]
        with pytest.raises(OptionError, match="both an input and the target"):
            examine(table, ColumnOptions(y="y"), categorical=("y",))


class TestGaps:
    """What is dropped, filled, or kept to be filled later."""

    CONTENT = b"a,b,y\n1,,2.5\n,4,4\n5,6,\n9,8,8\n"

    @pytest.mark.parametrize(
        ("missing", "dropped", "filled", "line"),
        [
            ("drop", 3, 0, "3 of 4 rows have a gap and are left out"),
            ("mean", 1, 2, "2 gaps are filled with the column's mean, in a and b"),
            ("keep", 1, 2, "1 of 4 rows has a gap and is left out"),
        ],
    )
    def test_counted(self, missing, dropped, filled, line):
        found = report(self.CONTENT, missing=missing)
        assert (found.gaps.rows, found.gaps.dropped, found.gaps.filled) == (3, dropped, filled)
        assert dict(found.gaps.columns) == {"a": 1, "b": 1, "y": 1}
        assert line in [*found.lines()]

    def test_kept_gaps_are_filled_with_means_learnt_elsewhere(self):
        table = read_table(self.CONTENT, "data.csv")
        data = regression(table, ColumnOptions(missing="keep"))
        assert np.isnan(data.inputs).sum() == 2
        fill = Fill.learn(data.inputs[[0, 1]])
        assert fill.means.tolist() == [1, 4]
        assert fill(data.inputs).tolist() == [[1, 4], [1, 4], [9, 8]]
        assert fill(data.inputs[2:]) is not None
        labelled = classification(read_table(b"a,y\n,u\n3,v\n", "data.csv"), ColumnOptions(missing="keep"))
        assert np.isnan(labelled.inputs[0, 0])
        assert labelled.inputs.dtype == np.float32

    def test_nothing_to_learn_a_mean_from(self):
        with pytest.raises(DataError, match="column 'b': no value to take the mean of"):
            Fill.learn(np.array([[1.0, np.nan]]), ("a", "b"))

    def test_whole_numbers_have_no_gaps(self):
        pixels = np.array([[0, 255], [1, 0]], np.uint8)
        assert Fill.learn(pixels)(pixels) is pixels


def test_all_of_it_as_json():
    content = noisy(c=[*"abc"] * 20, one=[1] * 60)
    told = json.loads(json.dumps(report(content).as_dict()))
    assert told["target"] == {"name": "y", "task": "regression", "classes": 0, "why": "called 'y'", "option": ""}
    assert (told["source"], told["rows"], told["header"], told["delimiter"]) == ("data.csv", 60, True, ",")
    assert told["inputs"] == ["one", "a", "b"]
    assert told["left_out"] == [{"column": "c", "reason": "text with 3 values", "option": "--categorical c"}]
    assert told["warnings"][0]["option"] == "--x a,b"
    assert told["gaps"] == {"columns": {}, "rows": 0, "dropped": 0, "filled": 0}


def test_a_constant_target_teaches_nothing():
    found = report(written(a=NOISE[:60, 0], y=[3] * 60), task="regression")
    assert [one.sentence for one in found.warnings] == ["y is 3 in every row: there is nothing to learn"]


@pytest.mark.parametrize("remarks", [[""] * 60, ["seen", *[""] * 59], ["7", "8", *[""] * 58]])
def test_a_last_column_of_gaps_is_no_target(remarks):
    columns = {"a": NOISE[:60, 0], "mass": NOISE[:60, 1], "remark": remarks}
    said = report(written(**columns))
    assert (said.target.name, said.target.why) == ("mass", "the last column that is not mostly gaps")
    assert [(one.column, "every row" in one.reason) for one in said.left_out] == [("remark", False)]
    assert report(written(**columns), y="remark").target.name == "remark"


@pytest.mark.parametrize(
    ("cells", "said"),
    [(["02139", "10001"], True), (["02", "10"], False), (["2139", "10001"], False), (["0.500", "1.000"], False)],
)
def test_codes_among_the_inputs_are_no_quantities(cells, said):
    content = written(code=cells * 30, a=NOISE[:60, 0], y=NOISE[:60, 1])
    assert [one.option for one in report(content).warnings] == ["--categorical code"] * said
    assert not report(content, x=("a",)).warnings


def test_what_leaves_a_column_out_keeps_the_texts_that_are_inputs():
    rows = {"record": range(1000, 1060), "flag": ["no", "yes"] * 30, "same": [7] * 60, "a": NOISE[:60, 0]}
    options = {one.kind: one.option for one in report(written(**rows, y=NOISE[:60, 1])).warnings}
    assert options == {"constant": "--x record,a,flag", "id": "--x a,flag"}


def test_a_target_that_numbers_the_rows_is_said():
    rows = {"a": NOISE[:60, 0], "kind": ["p", "q"] * 30}
    said = report(written(**rows, record=range(1000, 1060))).warnings
    assert [(one.kind, one.option) for one in said] == [("row counter as target", "--y kind")]
    assert not report(written(**rows, record=range(1000, 1060)), y="record").warnings
    assert not report(written(**rows, record=[n * n for n in range(60)])).warnings


def test_what_the_first_line_says_is_not_said_again():
    found = report(written(a=NOISE[:300, 0], level=np.arange(300) % 15))
    assert [one.kind for one in found.warnings] == ["quantity as classes"]
    assert [*found.lines()] == ["predicts level as 15 classes (the last column; --task regression for numbers), from a"]


def test_gaps_go_by_the_column_as_it_was_read():
    content = written(a=NOISE[:60, 0], sex=["m", "f", "", "m", "f", "m"] * 10, y=NOISE[:60, 1])
    assert dict(report(content, missing="mean").gaps.columns) == {"sex": 10}
    table = read_table(content, "data.csv")
    wide, found = examine(table)
    with pytest.raises(DataError, match="10 of 60 rows have gaps, in sex: "):
        regression(wide, found.columns)


def test_of_many_rows_the_first_are_looked_at_and_it_is_said():
    rows = 100_001
    content = b"one,x,y\n" + b"".join(b"1,%d,%d.5\n" % (row * 7 % 1000, row) for row in range(rows))
    (warning,) = report(content).warnings
    assert warning.sentence == "column 'one' is 1 in the first 100,000 rows, which tells nothing: --x x leaves it out"


@pytest.mark.parametrize(
    ("first", "step", "said"), [(2**53 + 1, 2, True), (10**18, 40, True), (2**52, 1, False), (10**17, 10**15, False)]
)
def test_numbers_that_float64_does_not_tell_apart_are_named(gdcli, first, step, said):
    rng = np.random.default_rng(2)
    rows = "".join(f"{first + step * at},{x},{2 * x}\n" for at, x in enumerate(rng.permutation(30)))
    err = gdcli("fit", "--epochs", 1, stdin="code,x,y\n" + rows).err
    assert ("which a float64 keeps in steps of" in err) is said, err
