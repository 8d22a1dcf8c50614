"""Reading tables: every layout that is taken, and one clear line for everything that is not."""

import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcli.data.columns import ColumnOptions, choose, classification, inputs, regression
from gdcli.data.numpy_files import ArrayTable
from gdcli.data.reading import load
from gdcli.data.tables import CellTable, MatrixTable, ReadOptions, Table, read_table
from gdcli.errors import DataError, OptionError


def read(content: str | bytes, **options) -> Table:
    data = content.encode() if isinstance(content, str) else content
    return load("-", ReadOptions(**options), stdin=io.BytesIO(data))


def columns(table: Table) -> dict[str, list[float]]:
    return {name: table.numbers(name).tolist() for name in table.names}


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def npz(**arrays: object) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


LECTURE = {"x": [1.0, 2.0], "y": [3.0, 5.0]}


@pytest.mark.quick
@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("x,y\n1,3\n2,5\n", {}),
        ("x,y\n1,3\n2,5", {}),
        ("x\ty\n1\t3\n2\t5\n", {}),
        ("x;y\n1;3\n2;5\n", {}),
        ("x y\n1 3\n2 5\n", {}),
        ("  x    y\n  1  \t 3\n  2    5  \n", {}),
        ("x, y\n1, 3\n2, 5\n", {}),
        ("x,y\r\n1,3\r\n2,5\r\n", {}),
        ("x,y\r1,3\r2,5\r", {}),
        ("\n\nx,y\n\n1,3\n  \n2,5\n\n\n", {}),
        ("# measured\n#\n\nx,y\n1,3\n2,5\n", {}),
        ("\ufeffx,y\n1,3\n2,5\n", {}),
        ('"x","y"\n"1","3"\n"2","5"\n', {}),
        ('"x", "y"\n"1", "3"\n"2", "5"\n', {}),
        ("x,y,\n1,3,\n2,5,\n", {}),
        ("x,y\n+1,3.0\n2e0,.5e1\n", {}),
        ("x|y\n1|3\n2|5\n", {"delimiter": "|"}),
        ("x\ty\n1\t3\n2\t5\n", {"delimiter": "tab"}),
        ("x\ty\n1\t3\n2\t5\n", {"delimiter": r"\t"}),
        ("x;y\n1;3\n2;5\n", {"delimiter": "semicolon"}),
        ("x,y\n1,3\n2,5\n", {"delimiter": "comma"}),
        ("x  y\n1 3\n2 5\n", {"delimiter": "space"}),
        ("x;y\n1,0;3\n2;5,0\n", {"decimal": ","}),
        ("x y\n1,0 3\n2 5,0\n", {"decimal": ","}),
        ('x,y\n"1,0","3,0"\n2,5\n', {"decimal": ","}),
        ("x,y\n1,3\n2,5\n".encode("utf-16"), {"encoding": "utf-16"}),
        (gzip.compress(b"x,y\n1,3\n2,5\n", mtime=0), {}),
    ],
)
def test_the_same_table_in_every_layout(content, options):
    assert columns(read(content, **options)) == LECTURE


@pytest.mark.quick
@pytest.mark.parametrize(
    ("content", "names", "texts"),
    [
        ('a,b\n"1,5","two\nlines"\n', ("a", "b"), ["1,5", "two\nlines"]),
        ('a,b\n"say ""hi""",5" pipe\n', ("a", "b"), ['say "hi"', '5" pipe']),
        ('name x\n"two words" 1\n', ("name", "x"), ["two words", "1"]),
        ("day hour,y\n1 2,3\n", ("day hour", "y"), ["1 2", "3"]),
        (",x\n0,1\n", ("1", "x"), ["0", "1"]),
        ("größe,y\n1,2\n", ("größe", "y"), ["1", "2"]),
        ("year,2019,2020\n1,2,3\n", ("year", "2019", "2020"), ["1", "2", "3"]),
    ],
)
def test_cells_and_names_as_written(content, names, texts):
    table = read(content)
    assert table.names == names
    assert [table.texts(name)[0] for name in names] == texts


def test_latin_1():
    table = read("größe,y\n1,é\n".encode("latin-1"), encoding="latin-1")
    assert table.names == ("größe", "y")
    assert table.texts("y") == ["é"]


def test_without_header_columns_are_numbered():
    assert columns(read("1,3\n2,5\n", header=False)) == {"1": [1.0, 2.0], "2": [3.0, 5.0]}
    assert columns(read("# note\n1 3\n", header=False)) == {"1": [1.0], "2": [3.0]}


def test_lines_count_blanks_comments_and_quoted_newlines():
    table = read('# note\na,b\n\n1,"x\ny"\n\n2,z\n')
    assert [table.line(row) for row in range(2)] == [4, 7]
    numbers = read("# note\na,b\n\n1,2\n\n\n3,4\n")
    assert isinstance(numbers, MatrixTable)
    assert [numbers.line(row) for row in range(2)] == [4, 7]
    assert numbers.texts("b") == ["2", "4"]


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
FOREIGN = [
    (b"", "the file is empty", "line of names"),
    (b" \n\n", "the file is empty", "line of names"),
    (b"# a\n# b\n", "nothing but comments", "line of names"),
    (b"x,y\n", "line 1: no rows after the line of names", "at least one row"),
    (b"<!DOCTYPE html>\n<html>", "an HTML or XML page, not a table", "the file itself"),
    (b"\n <html><body>", "an HTML or XML page, not a table", "the file itself"),
    (LFS.encode(), "a Git LFS pointer, not the data it stands for", "git lfs pull"),
    (b"%PDF-1.7\n", "a PDF document, not a table", "CSV"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Excel file, not a text table", "save it as CSV"),
    (zipped(**{"data.csv": b"x,y\n"}), "a zip archive that holds no NumPy arrays", "unzip it"),
    (gzip.compress(b"x,y\n1,3\n" * 50, mtime=0)[:-12], "the gzip data ends too early", "fetch it again"),
    (b"\x1f\x8b\x08\x00" + b"\xff" * 40, "the gzip data is damaged", "fetch the file again"),
    (npz(x=np.array([1.0]))[:-30], "the file is damaged or cut short", "again"),
    (npy(np.ones((3, 2)))[:-8], "the file is damaged or cut short", "again"),
    (npz(x=np.array([1, None])), "holds Python objects, not numbers", "never loaded"),
    (npz(x=np.ones(3), y=np.ones(2)), "'x' has 3 rows, 'y' 2", "one target"),
    (npz(a=np.ones((3, 2)), b=np.ones((3, 2))), "which array holds the inputs", "name them x"),
    (npz(x=np.ones((3, 2)), y=np.eye(3)), "'y' has shape (3, 3), not one value per row", "class numbers"),
    (npz(x=np.ones((0, 2)), y=np.ones(0)), "no rows", "at least one row"),
]


@pytest.mark.quick
@pytest.mark.parametrize(("content", "message", "hint"), FOREIGN)
def test_what_is_no_table_is_named(content, message, hint):
    with pytest.raises(DataError) as caught:
        read(content)
    assert caught.value.message.startswith(f"standard input: {message}")
    assert hint in caught.value.hint
    assert "\n" not in caught.value.message


def test_a_structured_array_is_columns():
    rows = np.array([(1.0, 3), (2.5, 5)], dtype=[("x", "f8"), ("y", "i4")])
    content = io.BytesIO()
    np.save(content, rows)
    table = read(content.getvalue())
    assert (table.names, table.matrix(["x", "y"]).tolist()) == (("x", "y"), [[1, 3], [2.5, 5]])


LAYOUT = [
    ("x,y\n1,3\n2,5,7\n", {}, "line 3: expected 2 cells, found 3", "quotes"),
    ("x,y\n1,3\n\n2\n", {}, "line 4: expected 2 cells, found 1", "an empty one for a gap"),
    ("1,3\n2,5\n", {}, "line 1 looks like data, not names", "--no-header"),
    ("x,5.1\n1,4.9\n", {}, "line 1 looks like data, not names", "--no-header"),
    ("# note\n1 3\n2 5\n", {}, "line 2 looks like data, not names", "--no-header"),
    ("1,5;2\n2,5;3\n", {"decimal": ","}, "line 1 looks like data, not names", "--no-header"),
    (b"x,y\n1,3\n2,\xe9\n", {}, "line 3: byte 0xe9 at offset 10 is not utf-8", "--encoding cp1252"),
    (b"x,y\r1,3\r\xe9,5\r", {}, "line 3: byte 0xe9 at offset 8 is not utf-8", "--encoding cp1252"),
    ("x,y\n".encode("utf-16"), {}, "line 1: byte 0xff at offset 0 is not utf-8", "--encoding utf-16"),
    ("x,é\n", {"encoding": "ascii"}, "line 1: byte 0xc3 at offset 2 is not ascii", "--encoding"),
    (b"x,y\n1,\x003\n", {}, "line 2: a NUL byte", "utf-16"),
    ('x,y\n1,"3\n2,5\n', {}, 'line 2: a quote " is opened and never closed', "twice"),
    ('x,y\n1,"3"4\n', {}, 'line 2: text after a closing quote "', "twice"),
    ("x,y\n1," + "3" * 200_000 + "\n", {}, "line 2: a cell of more than 131072 characters", "never closed"),
]


@pytest.mark.quick
@pytest.mark.parametrize(("content", "options", "message", "hint"), LAYOUT)
def test_a_bad_layout_is_named_with_its_line(content, options, message, hint):
    with pytest.raises(DataError) as caught:
        read(content, **options)
    assert caught.value.message == f"standard input: {message}"
    assert hint in caught.value.hint


CELLS = [
    ("abc", {}, "'abc' is not a number", "--x and --y"),
    ("inf", {}, "'inf' is not a finite number", "--missing drop leaves the row out"),
    ("-Infinity", {}, "'-Infinity' is not a finite number", "--missing drop leaves the row out"),
    ("1e400", {}, "'1e400' is not a finite number", "--missing drop leaves the row out"),
    ("3,5", {}, "'3,5' is not a number", "--decimal ,"),
    ("1,234", {}, "'1,234' is not a number", "--thousands ,"),
    ("1,234,567.5", {}, "'1,234,567.5' is not a number", "--thousands ,"),
    ("1'234", {}, "'1'234' is not a number", '--thousands "\'"'),
    ("1 234", {}, "'1 234' is not a number", "--thousands space"),
    ("1_0", {}, "'1_0' is not a number", "underscores"),
    ("\u22125", {}, "'\u22125' is not a number", "ASCII hyphen"),
    ("0x1F", {}, "'0x1F' is not a number", "--x and --y"),
    ("\u0663", {}, "'\u0663' is not a number", "--x and --y"),
    ("\u00a05", {}, r"'\xa05' is not a number", "--x and --y"),
    ("2,5\u00a0", {}, r"'2,5\xa0' is not a number", r"sed 's/\xc2\xa0//g'"),
    ("5%", {}, "'5%' is a percentage, not a number", "without the % sign"),
    ("1.5", {"decimal": ","}, "'1.5' is not a number", "--decimal"),
    ("1.234,5", {"decimal": ","}, "'1.234,5' is not a number", "--thousands ."),
    ("\x1b[31mred", {}, r"'\x1b[31mred' is not a number", "--x and --y"),
    ("a" * 50, {}, f"'{'a' * 39}…' is not a number", "--x and --y"),
]


@pytest.mark.quick
@pytest.mark.parametrize("name", ["x", "y"])
@pytest.mark.parametrize(("cell", "options", "message", "hint"), CELLS)
def test_a_bad_cell_is_named_with_its_line_and_column(cell, options, message, hint, name):
    bad = f"{cell};7" if name == "x" else f"7;{cell}"
    table = read(f"x;y\n1;3\n\n2;5\n{bad}\n4;9\n", **options)
    with pytest.raises(DataError) as caught:
        regression(table, ColumnOptions())
    assert caught.value.message == f"standard input: line 5, column '{name}': {message}"
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("", "empty cell"),
        ("   ", "empty cell"),
        ("NA", "'NA' stands for a missing value"),
        ("nan", "'nan' is not a finite number"),
        ("-", "'-' stands for a missing value"),
    ],
)
def test_gaps_are_counted_and_the_first_is_named(cell, complaint):
    table = read(f"x;z;y\n1;7;3\n{cell};8;5\n3;{cell};7\n{cell};1;9\n")
    with pytest.raises(DataError) as caught:
        regression(table, ColumnOptions(x=("x",)))
    count = "2 of 4 rows have gaps, in x: --missing drop leaves the rows out, --missing mean fills them"
    assert caught.value.message == f"standard input: line 3, column 'x': {complaint}; {count}"
    with pytest.raises(DataError, match=r"3 of 4 rows have gaps, in x and z: --missing drop leaves the rows out"):
        regression(table, ColumnOptions(x=("x", "z")))
    with pytest.raises(DataError, match=r"in z: --missing drop leaves the row out$"):
        regression(table, ColumnOptions(x=("y",), y="z"))


def test_terminal_escapes_in_names_are_written_out():
    with pytest.raises(DataError, match=r"column '\\x1b\[31mx'") as caught:
        regression(read("\x1b[31mx,y\n1,2\na,3\n4,5\n"), ColumnOptions())
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delimiter": "ab"}, "'ab' is not a delimiter"),
        ({"delimiter": "7"}, "'7' is not a delimiter"),
        ({"delimiter": "\n"}, r"'\n' is not a delimiter"),
        ({"encoding": "klingon"}, "'klingon' is not a known encoding"),
        ({"decimal": ";"}, "';' is not a decimal sign"),
    ],
)
def test_unusable_options(options, message):
    with pytest.raises(OptionError) as caught:
        ReadOptions(**options)
    assert caught.value.message == message
    assert caught.value.hint


def test_a_codec_that_gives_no_text():
    with pytest.raises(DataError, match="standard input: not rot13 text"):
        read("x,y\n1,2\n", encoding="rot13")


class TestSources:
    """Where a table can come from."""

    def test_a_file_and_its_gzip(self, tmp_path):
        (tmp_path / "data.csv").write_text("x,y\n1,3\n2,5\n")
        (tmp_path / "packed").write_bytes(gzip.compress(b"x,y\n1,3\n2,5\n"))
        for name in ("data.csv", "packed"):
            table = load(str(tmp_path / name), ReadOptions())
            assert columns(table) == LECTURE
            assert table.source == str(tmp_path / name)

    def test_a_missing_file_and_its_neighbour(self, tmp_path):
        (tmp_path / "data.csv").write_text("x,y\n1,3\n")
        with pytest.raises(DataError) as caught:
            load(str(tmp_path / "dta.csv"), ReadOptions())
        assert caught.value.message == f"{tmp_path / 'dta.csv'}: no such file"
        assert caught.value.hint == f"did you mean '{tmp_path / 'data.csv'}'?"

    def test_a_missing_folder(self, tmp_path):
        with pytest.raises(DataError, match="no such file") as caught:
            load(str(tmp_path / "none" / "data.csv"), ReadOptions())
        assert "there is no folder" in caught.value.hint

    def test_a_folder(self, tmp_path):
        with pytest.raises(DataError, match="no readable file in the folder"):
            load(str(tmp_path), ReadOptions())

    def test_below_a_file(self, tmp_path):
        (tmp_path / "data.csv").write_text("x,y\n1,3\n")
        with pytest.raises(DataError, match="not a directory"):
            load(str(tmp_path / "data.csv" / "more"), ReadOptions())

    def test_no_permission(self, tmp_path, monkeypatch):
        def refuse(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
        with pytest.raises(DataError, match=r"data\.csv: permission denied"):
            load(str(tmp_path / "data.csv"), ReadOptions())

    def test_an_empty_path(self):
        with pytest.raises(DataError, match="'': no such file"):
            load("", ReadOptions())

    def test_a_closed_input(self):
        closed = io.BytesIO()
        closed.close()
        for stream in (None, closed):
            with pytest.raises(DataError, match="standard input: "):
                load("-", ReadOptions(), stdin=stream)

    def test_labels_go_with_images_only(self, tmp_path):
        (tmp_path / "data.csv").write_text("x,y\n1,3\n")
        with pytest.raises(OptionError, match="--labels goes with IDX images"):
            load(str(tmp_path / "data.csv"), ReadOptions(), labels="labels")


@pytest.mark.quick
class TestChoosing:
    """Which columns are learned from."""

    TABLE = "id,BMI,kind,y\n1,20.5,a,3\n2,30.5,b,5\n"

    @pytest.mark.parametrize(
        ("content", "options", "chosen"),
        [
            (TABLE, {}, (("id", "BMI"), "y")),
            ("y,a,b\n1,2,3\n", {}, (("a", "b"), "y")),
            ("Target,a,b\n1,2,3\n", {}, (("a", "b"), "Target")),
            ("y,label,b\n1,2,3\n", {}, (("y", "label"), "b")),
            ("a,b,c\n1,2,3\n", {"x": ("c",)}, (("c",), "b")),
            (TABLE, {"x": ("bmi",)}, (("BMI",), "y")),
            (TABLE, {"x": ("2", "1"), "y": "4"}, (("BMI", "id"), "y")),
            (TABLE, {"y": "id"}, (("BMI", "y"), "id")),
            ("2,1,b\nu,v,w\n5,6,7\n", {"x": ("1",)}, (("1",), "b")),
        ],
    )
    def test_choices(self, content, options, chosen):
        assert choose(read(content), ColumnOptions(**options)) == chosen

    @pytest.mark.parametrize(
        ("options", "message", "hint"),
        [
            ({"x": ("bimi",)}, "no column 'bimi'", "did you mean 'BMI'?"),
            ({"y": "q"}, "no column 'q'", "choose from id, BMI, kind, y"),
            ({"y": "5"}, "no column '5'", "choose from id, BMI, kind, y"),
            ({"x": ("0",)}, "no column '0'", "choose from"),
            ({"x": ("id", "1")}, "column 'id' is asked for twice", "once"),
            ({"x": ("id", "y"), "y": "y"}, "column 'y' is both an input and the target", "--x"),
        ],
    )
    def test_refusals(self, options, message, hint):
        with pytest.raises(OptionError) as caught:
            choose(read(self.TABLE), ColumnOptions(**options))
        assert caught.value.message == f"standard input: {message}"
        assert hint in caught.value.hint

    def test_an_ambiguous_name(self):
        with pytest.raises(OptionError, match="which column is 'bmi'"):
            choose(read("Bmi,bMi,y\n1,2,3\n"), ColumnOptions(x=("bmi",)))

    def test_a_long_list_of_names_is_cut(self):
        names = ",".join(f"p{place}" for place in range(100))
        with pytest.raises(OptionError) as caught:
            choose(read(f"{names}\n{'1,' * 99}1\n"), ColumnOptions(y="zzzz"))
        assert caught.value.hint.endswith("p9, ... (100 columns)")

    def test_nothing_to_learn_from(self):
        with pytest.raises(DataError, match="no column of numbers to learn 'y' from"):
            choose(read("a,y\nu,1\n"), ColumnOptions())
        with pytest.raises(DataError, match="no column is left to be the target"):
            choose(read("a\n1\n"), ColumnOptions(x=("a",)))

    def test_a_text_column_asked_for(self):
        with pytest.raises(DataError, match=r"line 2, column 'kind': 'a' is not a number"):
            regression(read(self.TABLE), ColumnOptions(x=("kind",)))

    def test_mostly_numbers_is_numeric(self):
        table = read("a,b,c,d\n1,u,,nan\n2,v,NA,\nx,3,,?\n")
        assert [table.is_numeric(name) for name in table.names] == [True, False, False, False]

    def test_a_column_meant_as_numbers_is_not_left_out_in_silence(self):
        for cells in (["1", "abc"], ["3,5", "4,5"], ["1 000", "2 000"], ["$5", "$6"], ["\u22125", "\u22126"]):
            table = read(f"a;b;y\n1;{cells[0]};3\n2;{cells[1]};5\n", delimiter=";")
            with pytest.raises(DataError, match=r"column 'b': .* not a number"):
                regression(table, ColumnOptions())

    def test_dates_and_words_are_text(self):
        table = read("day,range,when,y\n01.02.2020,5\u20138,2020-01-02,3\n02.02.2020,9\u201312,2020-02-02,5\n")
        assert [table.is_numeric(name) for name in table.names] == [False, False, False, True]


@pytest.mark.quick
class TestMissing:
    """What becomes of missing cells."""

    TABLE = "a,note,y\n1,,2\n,u,4\n5,v,\n9,,8\n"

    def test_fail_names_the_first(self):
        with pytest.raises(DataError, match=r"line 3, column 'a': empty cell"):
            regression(read(self.TABLE), ColumnOptions())

    def test_unused_columns_do_not_matter(self):
        assert len(regression(read("a,b,y\n1,,2\n3,4,5\n"), ColumnOptions(x=("a",)))) == 2

    @pytest.mark.parametrize("word", ["", "NA", "n/a", "NULL", "None", "?", "NaN"])
    def test_drop(self, word):
        data = regression(read(self.TABLE.replace("\n,u", f"\n{word},u")), ColumnOptions(missing="drop"))
        assert (data.inputs.tolist(), data.targets.tolist()) == ([[1.0], [9.0]], [2.0, 8.0])

    def test_mean_of_inputs_but_never_of_targets(self):
        data = regression(read(self.TABLE), ColumnOptions(missing="mean"))
        assert (data.inputs.tolist(), data.targets.tolist()) == ([[1.0], [5.0], [9.0]], [2.0, 4.0, 8.0])

    @pytest.mark.parametrize("missing", ["drop", "mean"])
    def test_infinity_is_always_refused(self, missing):
        with pytest.raises(DataError, match=r"line 3, column 'a': 'inf' is not a finite number"):
            regression(read("a,y\n1,2\ninf,3\n"), ColumnOptions(missing=missing))

    def test_nothing_left(self):
        with pytest.raises(DataError, match="no row is left"):
            regression(read("a,b,y\n1,,2\n,3,5\n"), ColumnOptions(missing="drop", x=("a", "b")))
        with pytest.raises(DataError, match="column 'a': no value to take the mean of"):
            regression(read("a,y\n,2\n,5\n"), ColumnOptions(missing="mean", x=("a",)))

    def test_no_such_way(self):
        with pytest.raises(OptionError, match="no way 'dorp'") as caught:
            ColumnOptions(missing="dorp")
        assert caught.value.hint == "did you mean 'drop'?"

    def test_inputs_alone(self):
        values, kept = inputs(read(self.TABLE), ("a",), "drop")
        assert (values.tolist(), kept.tolist()) == ([[1.0], [5.0], [9.0]], [True, False, True, True])


@pytest.mark.quick
class TestClassification:
    """Labels become class numbers."""

    def test_numeric_labels_in_numeric_order(self):
        data = classification(read("label,p\n10,1\n2,2\n24,3\n2,4\n"), ColumnOptions())
        assert (data.classes, data.targets.tolist()) == (("2", "10", "24"), [1, 0, 2, 0])
        assert (data.inputs.dtype, data.targets.dtype) == (np.float32, np.int64)

    def test_labels_that_are_not_whole(self):
        assert classification(read("p,label\n1,1.50\n2,2\n"), ColumnOptions()).classes == ("1.5", "2")

    def test_text_labels_in_alphabetic_order(self):
        data = classification(read("p,label\n1,b\n2, a \n3,b\n"), ColumnOptions())
        assert (data.classes, data.targets.tolist()) == (("a", "b"), [1, 0, 1])

    def test_a_dropped_row_leaves_no_class_behind(self):
        table = read("p,label\n1,b\n,a\n3,c\n4,\n")
        assert classification(table, ColumnOptions(missing="drop")).classes == ("b", "c")
        with pytest.raises(DataError, match=r"line 3, column 'p': empty cell"):
            classification(table, ColumnOptions())
        with pytest.raises(DataError, match=r"line 5, column 'label': empty cell"):
            classification(read("p,label\n1,b\n2,a\n3,c\n4,\n"), ColumnOptions())

    def test_numbering_by_known_classes(self):
        table = read("p,label\n1,b\n2,b\n")
        data = classification(table, ColumnOptions(), classes=("a", "b"))
        assert (data.classes, data.targets.tolist()) == (("a", "b"), [1, 1])
        with pytest.raises(DataError, match=r"line 2, column 'label': 'b' is none of the classes") as caught:
            classification(table, ColumnOptions(), classes=("a", "c"))
        assert caught.value.hint == "the classes are a, c"

    def test_inputs_are_not_rounded(self):
        table = read("id,p,label\n1700000001,0.1,1\n1700000002,1e300,2\n")
        assert classification(table, ColumnOptions()).inputs.tolist() == [[1700000001, 0.1], [1700000002, 1e300]]


class TestNumPy:
    """Arrays as tables."""

    def test_inputs_and_targets(self):
        x, y = np.array([[1, 2], [3, 4]], np.uint8), np.array([7, 9])
        table = read(npz(x_train=x, y_train=y, x_test=x))
        data = classification(table, ColumnOptions())
        assert (data.input_names, data.target_name, data.classes) == (("x1", "x2"), "y_train", ("7", "9"))
        assert data.inputs.dtype == np.uint8
        assert data.inputs.tolist() == x.tolist()
        assert regression(table, ColumnOptions()).inputs.dtype == np.float64

    def test_images_are_flattened_without_a_copy(self):
        table = read(npz(x=np.arange(12).reshape(3, 2, 2), y=np.array(["a", "b", "a"])))
        assert isinstance(table, ArrayTable)
        assert table.names == ("p0", "p1", "p2", "p3", "y")
        assert np.shares_memory(table.kept(table.names[1:4]), table.block)
        assert classification(table, ColumnOptions()).classes == ("a", "b")

    def test_one_matrix(self):
        for content in (npz(table=np.ones((2, 3))), npy(np.ones((2, 3)))):
            assert choose(read(content), ColumnOptions()) == (("1", "2"), "3")

    def test_columns(self):
        table = read(npz(a=np.array([1, 2]), label=np.array([3.5, np.nan]), t=np.array([b"u", b"v"])))
        assert choose(table, ColumnOptions()) == (("a",), "label")
        assert table.texts("t") == ["u", "v"]
        with pytest.raises(DataError, match=r"input: row 2, column 'label': 'nan' is not a finite number"):
            regression(table, ColumnOptions())
        assert len(regression(table, ColumnOptions(missing="drop"))) == 1

    def test_infinity_and_text_are_refused(self):
        with pytest.raises(DataError, match=r"input: row 2, column 'x': 'inf' is not a finite number"):
            regression(read(npz(x=np.array([1, np.inf]), y=np.ones(2))), ColumnOptions())
        with pytest.raises(DataError, match=r"row 1, column 'y': 'a' is not a number"):
            regression(read(npz(x=np.ones(2), y=np.array(["a", "b"]))), ColumnOptions())

    def test_other_members_of_an_archive_are_passed_over(self):
        content = zipped(**{"x.npy": npy(np.ones((2, 1))), "y.npy": npy(np.ones(2)), "z.npy": b"", "note.txt": b"hi"})
        assert read(content).names == ("x", "y")
        assert read(zipped(**{"a.npy": npy(np.ones((2, 2))), "note.txt": b"hi"})).names == ("1", "2")

    def test_inputs_alone_have_no_target(self):
        with pytest.raises(DataError, match="inputs without targets"):
            choose(read(npz(x=np.ones((2, 3)))), ColumnOptions())


class TestFastAndSlow:
    """Numbers read in one go are the numbers read cell by cell."""

    def test_which_is_which(self):
        assert isinstance(read("x,y\n1,2\n"), MatrixTable)
        assert isinstance(read('x,y\n"1",2\n'), CellTable)

    @given(
        st.lists(
            st.lists(st.text("0123456789+-eE. _naifx\u00a0\u2212\x0b\x1c\u0663'", max_size=5), min_size=2, max_size=2)
            | st.lists(st.floats().map(repr) | st.integers().map(str), min_size=2, max_size=2),
            min_size=1,
            max_size=4,
        ),
        st.sampled_from(",;\t|"),
    )
    def test_quoted_cells_mean_the_same(self, rows, mark):
        plain = "\n".join([f"x{mark}y", *(mark.join(row) for row in rows)])
        quoted = "\n".join([f"x{mark}y", *(mark.join(f'"{cell}"' for cell in row) for row in rows)])
        assert self.outcome(plain, mark) == self.outcome(quoted, mark)

    @given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20), min_size=1))
    def test_each_number_is_exactly_what_is_written(self, numbers):
        table = read("x y\n" + "".join(f"{number!r} {number!r}\n" for number in numbers))
        assert isinstance(table, MatrixTable)
        assert table.numbers("y").tolist() == [float(number) for number in numbers]

    def outcome(self, content: str, mark: str) -> object:
        table = read_table(content.encode(), "data", ReadOptions(delimiter=mark))
        return [self.column(table, name) for name in table.names]

    def column(self, table: Table, name: str) -> object:
        try:
            return table.is_numeric(name), [repr(value + 0.0) for value in table.numbers(name).tolist()]
        except DataError as error:
            return table.is_numeric(name), error.message

    def test_a_file_of_several_blocks(self):
        count = 700_000
        lines = "".join(f"{row}.5,{row % 7}\n" for row in range(count))
        table = read(f"x,y\n{lines}\n\n")
        assert isinstance(table, MatrixTable)
        assert len(table) == count
        assert table.numbers("x")[-1] == count - 0.5
        assert table.line(count - 1) == count + 1
        with pytest.raises(DataError, match=f"line {count + 2}, column 'y': 'q' is not a number"):
            regression(read(f"x,y\n{lines}1,q\n"), ColumnOptions())

    def test_numbers_are_kept_narrow_and_once(self):
        table = read("label,p,q\n1,0,255\n2,17,3\n")
        assert isinstance(table, MatrixTable)
        assert table.values.dtype == np.uint8
        assert np.shares_memory(table.kept(["p", "q"]), table.values)
        assert table.matrix(["q", "label"], np.float32).tolist() == [[255.0, 1.0], [3.0, 2.0]]


def test_a_limit_of_cells_stays_within_the_reading(gdcli, table):
    import csv

    usual = csv.field_size_limit()
    assert gdcli("fit", table("x,y\n1,2\n3,4\n"), "--allow", "cell=9", "--epochs", 1).code == 0
    assert csv.field_size_limit() == usual
