"""Tables as people have them: every kind that is taken, and what is said of it."""

import csv
import io
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcli.data.columns import ColumnOptions, choose, classification, expand, regression
from gdcli.data.tables import MatrixTable, ReadOptions, Table, read_table
from gdcli.errors import DataError, OptionError


def read(content: str | bytes, **options) -> Table:
    return read_table(content.encode() if isinstance(content, str) else content, "data.csv", ReadOptions(**options))


def numbers(table: Table) -> dict[str, list[float]]:
    return {name: table.numbers(name).tolist() for name in table.names}


def notes(table: Table) -> list[str]:
    return [note.kind for note in table.layout.notes]


LINE = {"x": [1.0, 2.0, 3.0], "y": [3.0, 5.0, 7.0]}

TAKEN = [
    # R's row names, as write.table has them
    ('"x" "y"\n"1" 1 3\n"2" 2 5\n"3" 3 7\n', {}, ["row names"]),
    ('"x","y"\n"Mazda RX4",1,3\n"Fiat 128",2,5\n"Volvo",3,7\n', {}, ["row names"]),
    ("x\ty\nr1\t1\t3\nr2\t2\t5\nr3\t3\t7\n", {}, ["row names"]),
    # Excel's declaration of the delimiter
    ("sep=;\nx;y\n1;3\n2;5\n3;7\n", {}, []),
    ("sep=;\r\nx;y\r\n1;3\r\n2;5\r\n3;7\r\n", {}, []),
    ('"sep=,"\nx,y\n1,3\n2,5\n3,7\n', {}, []),
    ("\ufeffSEP=|\nx|y\n1|3\n2|5\n3|7\n", {}, []),
    # comments
    ("# of 2020\nx,y\n# s,volt\n1,3\n2,5\n#9,99\n3,7\n", {}, ["comments"]),
    ("x y\n1 3\n#\n2 5\n# end\n3 7\n", {}, ["comments"]),
    ("%a\nx,y\n1,3\n%b\n2,5\n3,7\n", {"comment": "%"}, ["comments"]),
    ("// a\nx,y\n1,3\n2,5\n// 3,4\n3,7\n", {"comment": "//"}, ["comments"]),
    # names in a comment
    ("# x y\n1 3\n2 5\n3 7\n", {}, ["names in a comment"]),
    ("#x,y\n1,3\n2,5\n3,7\n", {}, ["names in a comment"]),
    ("# measured in May\n# x;y\n1;3\n2;5\n3;7\n", {}, ["names in a comment"]),
    # a row of units
    ("x,y\ns,volt\n1,3\n2,5\n3,7\n", {}, ["units"]),
    ("x;y\n[m];\n1;3\n2;5\n3;7\n", {}, ["units"]),
    ("x y\nkg km/h\n1 3\n2 5\n3 7\n", {}, ["units"]),
    # delimiters at the ends of lines
    ("x,y\n1,3,\n2,5,\n3,7,\n", {}, []),
    ("x,y\n1,3\n2,5,,\n3,7\n", {}, []),
    ("x,y,,\n1,3,,\n2,5,,\n3,7,,\n", {}, []),
    ("x,y,\n1,3\n2,5\n3,7\n", {}, []),
    # blanks and tabs
    ("x \t y\n1 \t 3\n2\t5\n 3  7\n", {}, []),
    ("x\ty\n1  3\n2  5\n3\t7\n", {}, []),
    # numbers in other clothes
    ("x,y\n1D+00,3\n2.0D+00,5\n3.0d+00,0.7D+01\n", {}, []),
    ('x,y\n"1","3"\n2,5\n3,"7"\n', {"thousands": ","}, []),
    # header or not, forced
    ("x,y\n1,3\n2,5\n3,7\n", {"header": True}, []),
]


@pytest.mark.parametrize(("content", "options", "said"), TAKEN)
def test_the_same_line_in_every_dress(content, options, said):
    table = read(content, **options)
    assert numbers(table) == LINE
    assert notes(table) == said
    assert all("\n" not in note.sentence for note in table.layout.notes)


def test_line_numbers_count_comments_and_units():
    table = read("# a\nx,y\nm,s\n# b\n1,3\n2,q\n3,7\n")
    with pytest.raises(DataError, match="line 6, column 'y': 'q' is not a number"):
        regression(table, ColumnOptions())


def test_a_table_of_numbers_stays_on_the_fast_path_after_what_is_left_out():
    for content in ("x,y\ns,volt\n1,3\n2,5\n3,7\n", "x,y\n# a\n1,3\n2,5\n3,7\n", "sep=;\nx;y\n1;3\n2;5\n3;7\n"):
        assert isinstance(read(content), MatrixTable)


class TestComments:
    """What begins with # is a comment where that leaves a sound table."""

    @pytest.mark.parametrize("mark", ["#", "#ff", "#a1"])
    def test_rows_may_begin_so(self, mark):
        table = read(f"colour,n\n{mark}00,1\n{mark}11,2\n{mark}22,3\n")
        assert table.texts("colour") == [f"{mark}00", f"{mark}11", f"{mark}22"]

    def test_a_column_may_be_called_so(self):
        table = read("#,Name,Size\n1,Abra,3\n2,Beedrill,5\n3,Chansey,7\n")
        assert table.names == ("#", "Name", "Size")

    @pytest.mark.parametrize("word", ["#N/A", "#DIV/0!", "#REF!"])
    def test_excels_errors_are_cells(self, word):
        table = read(f"x,y\n1,3\n{word},5\n3,7\n")
        assert np.isnan(table.numbers("x")).tolist() == [False, True, False]

    def test_not_within_quotes(self):
        table = read('note,y\n"two\n#lines",1\n# none\nb,2\n')
        assert table.texts("note") == ["two\n#lines", "b"]

    def test_can_be_switched_off(self):
        assert read("t,n\n#a,1\nb,2\nc,3\n", comment="").texts("t") == ["#a", "b", "c"]
        assert read("t,n\n#a,1\nb,2\nc,3\n").texts("t") == ["b", "c"]


NO_HEADER = [
    "42, Private, 273296, >50K\n34, Private, 62952, <=50K\n57, State-gov, 167453, >50K\n37, Private, 64252, <=50K\n",
    "5.1,3.5,setosa\n4.9,3.0,setosa\n6.1,2.9,virginica\n5.9,2.8,virginica\n",
    "p,x,s,n\ne,x,s,y\ne,b,s,w\np,x,y,w\np,x,s,n\n",  # letters alone
    "842302,M,17.99\n842517,M,20.57\n8510426,B,13.54\n84300903,M,19.69\n",
    "2023-01-01,5\n2023-01-02,6\n2023-01-03,8\n",
    "vhigh,2,low,unacc\nvhigh,3,med,unacc\nhigh,2,low,acc\nvhigh,2,low,acc\n",
    "AAT_ECOLI 0.49 0.29 cp\nACEA_ECOLI 0.07 0.40 cp\nACEK_ECOLI 0.56 0.40 im\n",
]
HEADER = [
    "year,2019,2020\n2001,3,4\n2002,5,6\n",
    "country,2018,2019,2020\nFrance,3,4,2\nSpain,5,6,2\nItaly,5,6,2\n",
    "name,city\nAnn,Bern\nBob,Rome\n",
    "a,b\nx,1\ny,2\n",
    "id,label\n1,label\n2,other\n",
    "day,visitors\n2023-01-01,5\n2023-01-02,6\n",
    "price,sold\n$5,yes\n$6,no\n",
]


@pytest.mark.parametrize("content", NO_HEADER)
def test_a_first_line_like_those_below_is_data(content):
    table = read(content)
    assert table.layout.header is False
    assert notes(table) == ["no header"]
    assert len(table) == content.count("\n")
    assert table.names == tuple(str(place + 1) for place in range(len(table.names)))
    assert read(content, header=True).names[0] == re.split("[ ,]", content)[0]


@pytest.mark.parametrize("content", HEADER)
def test_a_first_line_unlike_those_below_names_them(content):
    table = read(content)
    assert table.layout.header is True
    assert len(table) == content.count("\n") - 1


def test_numbers_alone_are_refused_and_can_be_taken_either_way():
    with pytest.raises(DataError, match="line 1 looks like data, not names"):
        read("1,2\n3,4\n")
    assert read("1,2\n3,4\n", header=True).names == ("1", "2")
    assert len(read("1,2\n3,4\n", header=False)) == 2


class TestNames:
    """Names that are doubled, missing, or hold the comma that separates names."""

    @pytest.mark.parametrize(
        ("first", "names"),
        [
            ("a,a,y", ("a", "a_2", "y")),
            ("a,a,a_2", ("a", "a_3", "a_2")),
            ("x,x,x", ("x", "x_2", "x_3")),
            ("2,,y", ("2", "2_2", "y")),
        ],
    )
    def test_doubled(self, first, names):
        table = read(f"{first}\n1,2,3.5\n4,5,6.5\n")
        assert table.names == names
        assert len(table.layout.notes) == sum(name not in first.split(",") for name in names if "2_2" not in name)

    @pytest.mark.parametrize(
        ("asked", "names"),
        [
            (("size, sqft",), ("size, sqft",)),
            (("size, sqft,rooms, no.",), ("size, sqft", "rooms, no.")),
            (('"size, sqft",age',), ("size, sqft", "age")),
            (("age, size, sqft",), ("age", "size, sqft")),
            (("1,3",), ("size, sqft", "age")),
            (("AGE", "Size, Sqft"), ("age", "size, sqft")),
        ],
    )
    def test_with_commas(self, asked, names):
        table = read('"size, sqft","rooms, no.",age,price\n1,2,3,4\n')
        if asked == ("AGE", "Size, Sqft"):
            asked = ("AGE", '"Size, Sqft"')
        assert expand(table, asked) == names
        assert choose(table, ColumnOptions(asked)) == (names, "price")

    def test_a_part_that_does_not_exist(self):
        with pytest.raises(OptionError, match="no column 'size'"):
            expand(read('"size, sqft",y\n1,2\n'), ("size,y",))


class TestGaps:
    """Words for "no value"."""

    @pytest.mark.parametrize(
        "word", ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None", ".", r"\N", "-", "?"]
    )
    def test_the_usual_ones(self, word):
        table = read(f"x,y\n1,3\n2,{word}\n3,7\n4,{word}\n5,11\n")
        assert np.isnan(table.numbers("y")).tolist() == [False, True, False, True, False]

    @pytest.mark.parametrize("word", ["missing", "n.a.", "--", "999", "-9.0", "1e3"])
    def test_further_ones(self, word):
        content = f"x,y\n1,3\n2,{word}\n3,7\n4,9\n"
        assert np.isnan(read(content, na=(word,)).numbers("y")).tolist() == [False, True, False, False]

    def test_a_number_stands_for_all_ways_to_write_it(self):
        for content in ("x,y\n1,-999.00\n2,3\n", 'x,y\n1,"-999.00"\n2,3\n'):
            assert np.isnan(read(content, na=("-999",)).numbers("y")).tolist() == [True, False]

    def test_plus_and_minus_are_labels(self):
        data = classification(read("x,k\n1,+\n2,-\n3,+\n"), ColumnOptions())
        assert data.classes == ("+", "-")


class TestNumbers:
    """Numbers that are written for people."""

    @pytest.mark.parametrize(
        ("cells", "options", "values"),
        [
            (('"1,200"', '"1,234,567.5"'), {"thousands": ","}, [1200, 1234567.5]),
            (("1.200,5", "-1.234.567"), {"thousands": ".", "decimal": ",", "delimiter": ";"}, [1200.5, -1234567]),
            (("1'200", "3"), {"thousands": "'"}, [1200, 3]),
            (("1 200", "12\u00a0345"), {"thousands": "space"}, [1200, 12345]),
        ],
    )
    def test_thousands(self, cells, options, values):
        mark = options.get("delimiter", ",")
        content = f"x{mark}y\n{cells[0]}{mark}1\n{cells[1]}{mark}2\n"
        assert read(content, **options).numbers("x").tolist() == values

    @pytest.mark.parametrize("cell", ["1,2000", "12,34", "1,234,5"])
    def test_groups_that_are_none(self, cell):
        with pytest.raises(DataError, match="is not a number"):
            regression(read(f'x,y\n"{cell}",1\n"1,000",2\n3,4\n', thousands=","), ColumnOptions())

    @pytest.mark.parametrize(
        ("cells", "what", "hint"),
        [
            (('"1,200"', '"3,400"'), "'1,200' is not a number", "--thousands ,"),
            (('"185,000.0"', '"200,000.0"'), "'185,000.0' is not a number", "--thousands ,"),
            (('"$1,200"', '"$900"'), "'$1,200' is an amount of money, not a number", "write the number alone"),
            (("€5.50", "€6"), "'€5.50' is an amount of money, not a number", "write the number alone"),
            (("12 CHF", "15 CHF"), "'12 CHF' is an amount of money, not a number", "write the number alone"),
            (("5%", "6.5%"), "'5%' is a percentage, not a number", "without the % sign"),
        ],
    )
    def test_what_looks_like_one_is_named(self, cells, what, hint):
        with pytest.raises(DataError) as caught:
            regression(read(f"x,y\n{cells[0]},3\n{cells[1]},5\n"), ColumnOptions())
        assert what in caught.value.message
        assert hint in caught.value.hint

    @pytest.mark.parametrize(
        "day", ["2023-01-31", "31.01.2023", "1/31/23", "31 Jan 2023", "2023-01-31T12:30:00Z", "12:30"]
    )
    def test_dates_are_named(self, day):
        table = read(f"day,y\n{day},3\n{day},5\n", delimiter=",")
        with pytest.raises(DataError, match=r"no column of numbers to learn 'y' from: 'day' holds (dates|times)"):
            choose(table, ColumnOptions())
        with pytest.raises(DataError, match=r"is a (date|time), not a number"):
            regression(table, ColumnOptions(x=("day",)))

    def test_labels_as_written(self):
        data = classification(read("a,zip\n1,02139\n2,10001\n3,02139\n4,501\n"), ColumnOptions())
        assert data.classes == ("02139", "10001", "501")
        assert classification(read("a,zip\n1,10001\n"), ColumnOptions(), classes=data.classes).targets.tolist() == [1]


@pytest.mark.parametrize("options", [{"thousands": "ab"}, {"thousands": "."}, {"thousands": "7"}, {"thousands": "-"}])
def test_no_thousands_separator(options):
    with pytest.raises(OptionError, match="is not a thousands separator"):
        ReadOptions(**options)


FOREIGN = [
    ("1 1:0.1 3:1.8\n-1 1:0.2 3:1.6\n", "a LibSVM (SVMlight) file"),
    ("+1 3:1 11:1 14:1\n-1 5:1 7:1\n", "a LibSVM (SVMlight) file"),
    ("2 qid:1 1:0.5 2:0.25 # doc 1\n", "a LibSVM (SVMlight) file"),
    ("1 |f price:0.23 sqft:0.25 age:0.05 2006\n", "a Vowpal Wabbit file"),
    ("-1 1.5 'tag|a x:1 y:2\n", "a Vowpal Wabbit file"),
    ("0 | price:.18 sqft:.15\n", "a Vowpal Wabbit file"),
    ("@relation demo\n@attribute x numeric\n@data\n1\n", "an ARFF file"),
    ("% 1. Title\n%\n@RELATION iris\n", "an ARFF file"),
    ("\n@Relation 'a b'\n", "an ARFF file"),
    (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB .mat file"),
    (b"MATLAB 7.3 MAT-file, Platform: PCWIN64", "a MATLAB .mat file"),
    (b"<stata_dta><header><release>118", "a Stata .dta file"),
    (b"\x72\x02\x01\x00\x03\x00", "a Stata .dta file"),
    (b"$FL2@(#) SPSS DATA FILE", "an SPSS .sav file"),
    (b"$FL3@(#) SPSS DATA FILE", "an SPSS .sav file"),
    (b"X\n\x00\x00\x00\x03\x00\x04", "an R data file"),
    (b"RDX3\nX\n\x00\x00", "an R data file"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"\x80\x04\x95\x10", "a Python pickle"),
    ("[[1, 2], [3, 4]]", "JSON, but no objects"),
    ("version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
]


@pytest.mark.parametrize(("content", "name"), FOREIGN)
def test_other_formats_are_named_with_a_way_on(content, name):
    with pytest.raises(DataError) as caught:
        read(content)
    assert caught.value.message.startswith(f"data.csv: {name}")
    assert caught.value.hint


@pytest.mark.parametrize(
    "content", ["x y\n1 3\n2 5\n", "a|b\n1|2\n", "t x\n1 12:30:00\n", "label|note\n1|a b\n2|c d\n"]
)
def test_tables_are_not_taken_for_other_formats(content):
    assert len(read(content)) == content.count("\n") - 1


ENCODED = [
    ("名稱,數值,標籤\n蘋果,1,甲\n香蕉,2,乙\n橘子,3,甲\n", "big5", "big5"),
    ("身高,體重\n1,2\n3,4\n", "big5", "big5"),
    ("名称,数值,标签\n苹果,1,甲\n香蕉,2,乙\n橘子,3,甲\n", "gb18030", "gb18030"),
    ("身高,体重\n1,2\n3,4\n", "gb18030", "gb18030"),
    ("größe,y\n1,2\n2,3\n", "utf-16", "utf-16"),
    ("größe,y\n1,2\n2,3\n", "utf-16-le", "utf-16-le"),
    ("x,y\n1,2\n2,3\n", "utf-16-be", "utf-16-be"),
    ("größe,y\n1,2\n2,3\n", "cp1252", "cp1252"),
    ("name,y\nCafé,2\nNiño,3\n", "cp1252", "cp1252"),
    ("prix €,y\n1,2\n", "cp1252", "cp1252"),
    ("名前,値\nりんご,1\nバナナ,2\n", "cp932", "cp932"),
]


@pytest.mark.parametrize(("text", "codec", "named"), ENCODED)
def test_the_codec_is_named_and_reads_the_file(text, codec, named):
    with pytest.raises(DataError) as caught:
        read(text.encode(codec))
    assert f"--encoding {named}" in caught.value.hint
    assert read(text.encode(codec), encoding=named).names == tuple(text.split("\n")[0].split(","))


def test_an_odd_byte_far_down_is_found():
    lines = b"x,y\n" + b"1,2\n" * 50_000 + "3,é\n".encode("cp1252") + b"1,2\n" * 50_000
    with pytest.raises(DataError, match="line 50002") as caught:
        read(lines)
    assert caught.value.hint == "--encoding cp1252 reads it"


CELL = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)


@given(
    st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1)),
    st.sampled_from(",;\t|"),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_csv_writes_reads_back_exactly(rows, mark, quoting):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark, quoting=quoting)
    names = [f"col{place}" for place in range(len(rows[0]))]
    writer.writerows([names, *rows])
    table = read(out.getvalue())
    assert table.names == tuple(names)
    assert [table.numbers(name).tolist() for name in names] == [
        [*map(float, column)] for column in zip(*rows, strict=True)
    ]
    assert notes(table) == []
