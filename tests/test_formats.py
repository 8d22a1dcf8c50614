"""Every format a table is kept in: the same numbers, gaps and errors as the same table as csv."""

import bz2
import dataclasses
import datetime as dt
import decimal
import gzip
import io
import json
import lzma
import re
import sqlite3
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gdcli.data import opening
from gdcli.data.column_table import column_of
from gdcli.data.columns import ColumnOptions
from gdcli.data.examine import examine
from gdcli.data.files import Opened
from gdcli.data.layout import ReadOptions
from gdcli.data.numpy_files import read_numpy
from gdcli.data.opening import as_source
from gdcli.data.reading import exists, load
from gdcli.data.source import Source
from gdcli.data.tables import read_table
from gdcli.definitions import TABLE_FORMAT, names
from gdcli.errors import DataError
from gdcli.experiments import library, passing

RNG = np.random.default_rng(5)
ROWS = [(float(a), int(k), 2 * float(a) - 0.01 * int(k) + float(e)) for a, k, e in
        zip(RNG.normal(0, 3, 120), RNG.integers(0, 1000, 120), RNG.normal(0, 1, 120), strict=True)]  # fmt: skip
NAMES = ("a", "k", "y")
CSV = "a,k,y\n" + "".join(f"{a!r},{k},{y!r}\n" for a, k, y in ROWS)


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)


def polars():
    return pytest.importorskip("polars", reason="the extra [data] is not installed")


def frame():
    return polars().DataFrame(OBJECTS)


def zstd(content):
    try:
        from compression import zstd as library
    except ImportError:
        library = pytest.importorskip("backports.zstd", reason="the extra [data] is not installed")
    return library.compress(content)


def sqlite(path, rows=ROWS, tables=("t",), columns="a REAL, k INTEGER, y REAL"):
    with sqlite3.connect(path) as base:
        for table in tables:
            base.execute(f"CREATE TABLE {table} ({columns})")
            base.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)  # noqa: S608 - names of this test
    base.close()


def by_polars(method, **options):
    def write(path):
        getattr(frame(), method)(path, **options)

    return write


OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]


def packed(compress):
    return lambda path: path.write_bytes(compress(CSV.encode()))


WRITERS = {
    "t.csv": lambda path: path.write_text(CSV),
    "t.tsv": lambda path: path.write_text(CSV.replace(",", "\t")),
    "t.csv.gz": packed(gzip.compress),
    "t.csv.bz2": packed(bz2.compress),
    "t.csv.xz": packed(lzma.compress),
    "t.csv.zst": packed(zstd),
    "t.jsonl": lambda path: path.write_text("".join(json.dumps(one) + "\n" for one in OBJECTS)),
    "t.json": lambda path: path.write_text(json.dumps(OBJECTS, indent=1)),
    "t.sqlite": sqlite,
    "t.npz": lambda path: np.savez(path, **{name: np.array([one[name] for one in OBJECTS]) for name in NAMES}),
    "t.parquet": by_polars("write_parquet"),
    "t.arrow": by_polars("write_ipc"),
    "t.feather": by_polars("write_ipc", compression="lz4"),
    "t.arrows": by_polars("write_ipc_stream"),
}  # fmt: skip
FIGURES = ["--standardize", "--lr", "0.1", "--epochs", "20", "--format", "json"]


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes the table in a format, and gives the file's name."""
    monkeypatch.chdir(tmp_path)

    def write(name):
        WRITERS[name](Path(name))
        return name

    return write


class TestTheSameTable:
    @pytest.mark.parametrize("name", [name for name in WRITERS if name != "t.csv"])
    def test_gives_the_same_fit_to_the_last_bit(self, gdcli, written, name):
        wanted, result = (gdcli("fit", written(one), *FIGURES).json for one in ("t.csv", name))
        for key in ("parameters", "train", "optimum", "history", "claims"):
            assert result[key] == wanted[key]

    @pytest.mark.parametrize("name", ["t.sqlite", "t.jsonl", "t.parquet"])
    def test_goes_through_a_pipe(self, written, name):
        table = load("-", ReadOptions(), io.BytesIO(Path(written(name)).read_bytes()))
        assert table.matrix(["k", "a"]).tolist() == [[k, a] for a, k, _ in ROWS]
        assert table.source == "standard input"

    @pytest.mark.parametrize("name", ["t.sqlite", "t.parquet"])
    def test_serves_every_command(self, gdcli, written, name):
        data, model = written(name), "m.safetensors"
        assert gdcli("train", data, "--epochs", 2, "--save", model).code == 0
        for words in (["show"], ["predict", model], ["evaluate", model], ["sweep", "fit", "--lr", "0.1,0.2"]):
            assert gdcli(*words, data).code == 0
        played = gdcli("live", "--plain", data, stdin="n\nq\n")
        assert played.code == 0

    def test_an_excel_sheet(self, tmp_path):
        pytest.importorskip("fastexcel", reason="the extra [data] is not installed")
        path = tmp_path / "book.xlsx"
        path.write_bytes(workbook({"Rows": [["x", "y"], [1, 3], [2.1234567890123457, 5], [None, None], [3, "n/a"]]}))
        table = load(str(path), ReadOptions())
        assert table.numbers("x").tolist() == [1, 2.1234567890123457, 3]
        assert np.isnan(table.numbers("y")[2])
        assert [table.line(row) for row in range(3)] == [2, 3, 5]

    @pytest.mark.parametrize("blank", [0, 1, 4])
    def test_rows_below_blank_ones_have_the_numbers_of_the_sheet(self, gdcli, tmp_path, refused, blank):
        pytest.importorskip("fastexcel", reason="the extra [data] is not installed")
        path = tmp_path / "book.xlsx"
        rows = [*[[None, None]] * blank, ["x", "y"], *[[at, 2 * at] for at in range(5)], [9, "oops"]]
        path.write_bytes(workbook({"Rows": rows}))
        refused(gdcli("fit", path), 3, f"row {blank + 7}, column 'y': 'oops'")

    def test_a_sheet_without_names(self, gdcli, tmp_path, refused):
        pytest.importorskip("fastexcel", reason="the extra [data] is not installed")
        path = tmp_path / "book.xlsx"
        path.write_bytes(workbook({"Rows": [[at, 2.5 * at + 1] for at in range(6)]}))
        table = load(str(path), ReadOptions(header=False))
        assert table.names == ("1", "2")
        assert table.numbers("2").tolist() == [1, 3.5, 6, 8.5, 11, 13.5]
        assert [table.line(row) for row in range(6)] == [1, 2, 3, 4, 5, 6]
        refused(gdcli("fit", path), 3, "line 1 looks like data, not names")

    def test_a_title_above_the_names_of_a_sheet(self, tmp_path):
        pytest.importorskip("fastexcel", reason="the extra [data] is not installed")
        path = tmp_path / "book.xlsx"
        path.write_bytes(workbook({"Rows": [["Lab 3", None], ["x", "y"], *[[at, at + 0.5] for at in range(4)]]}))
        table = load(str(path), ReadOptions())
        assert (table.names, table.numbers("y").tolist()) == (("x", "y"), [0.5, 1.5, 2.5, 3.5])
        assert table.layout.notes[0].sentence == "row 1 ('Lab 3') stands above the names and is left out"
        assert table.line(0) == 3

    def test_formulas_without_values(self, gdcli, tmp_path, refused):
        pytest.importorskip("fastexcel", reason="the extra [data] is not installed")
        path = tmp_path / "book.xlsx"
        rows = workbook({"Rows": [["x", "y"], *[[at, "FORMULA"] for at in range(4)]]})
        with zipfile.ZipFile(io.BytesIO(rows)) as given, zipfile.ZipFile(path, "w") as written:
            for name in given.namelist():
                text = given.read(name).decode()
                found = r't="inlineStr"><is><t>FORMULA</t></is></c>'
                written.writestr(name, re.sub(found, "><f>A2*2</f></c>", text))
        refused(gdcli("fit", path, "-q"), 3, "row 2, column 'y': empty cell (the file has formulas without values")


def test_what_a_command_writes_the_next_one_reads(gdcli):
    for form in ("csv", "tsv", "jsonl"):
        rows = gdcli("sample", "deck", "--format", form).out
        fitted = gdcli("fit", "-", "--epochs", 2, "--format", "csv", stdin=rows)
        assert fitted.out == gdcli("fit", "sample:deck", "--epochs", 2, "--format", "csv").out


def workbook(sheets):
    """A workbook of numbers, texts and empty cells, written by hand."""
    listed = "".join(f'<sheet name="{name}" sheetId="{at}" r:id="r{at}"/>' for at, name in enumerate(sheets, 1))
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{OFFICE}/worksheet" Target="worksheets/s{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{relations}</Relationships>',
    }
    for at, rows in enumerate(sheets.values(), 1):
        lines = "".join(map(line, rows, range(1, len(rows) + 1)))
        parts[f"xl/worksheets/s{at}.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>'
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


def line(row, number):
    return f'<row r="{number}">{"".join(map(cell, row, "ABCDEF", [number] * len(row)))}</row>'


def cell(value, column, row):
    if value is None:
        return ""
    if isinstance(value, str):
        return f'<c r="{column}{row}" t="inlineStr"><is><t>{value}</t></is></c>'
    if isinstance(value, bool):
        return f'<c r="{column}{row}" t="b"><v>{int(value)}</v></c>'
    return f'<c r="{column}{row}"><v>{value!r}</v></c>'


class TestColumnsOfEveryType:
    """What a column may hold besides numbers."""

    @pytest.fixture
    def mixed(self, tmp_path):
        pl = polars()
        table = pl.DataFrame(
            {
                "n": [1, None, 3],
                "f": [1.5, float("nan"), None],
                "d": [decimal.Decimal("1.10"), decimal.Decimal("0.07"), None],
                "day": [dt.date(2023, 1, day) for day in (1, 2, 3)],
                "kind": pl.Series(["u", "v", None], dtype=pl.Categorical),
                "flag": [True, False, None],
                "list": [[1, 2], [3], None],
                "y": [1, 2, 3],
            }
        )
        table.write_parquet(tmp_path / "mixed.parquet")
        return str(tmp_path / "mixed.parquet")

    def test_numbers_gaps_and_texts(self, mixed):
        table = load(mixed, ReadOptions())
        numeric = {name: table.numbers(name).tolist() for name in table.names if table.is_numeric(name)}
        assert repr(numeric) == repr(
            {
                "n": [1.0, np.nan, 3.0],
                "f": [1.5, np.nan, np.nan],
                "d": [1.1, 0.07, np.nan],
                "y": [1.0, 2.0, 3.0],
            }
        )
        assert table.texts("day") == ["2023-01-01", "2023-01-02", "2023-01-03"]
        assert table.texts("kind") == ["u", "v", ""]
        assert table.texts("flag") == ["True", "False", ""]

    @pytest.mark.parametrize(
        ("column", "what"),
        [
            ("list", "column 'list': holds lists, not numbers"),
            ("day", "row 1, column 'day': '2023-01-01' is a date, not a number"),
            ("n", "row 2, column 'n': empty cell"),
        ],
    )
    def test_a_column_asked_for_that_holds_no_numbers(self, gdcli, mixed, column, what):
        result = gdcli("fit", mixed, "--x", column, "--y", "y")
        assert result.code == 3
        assert f"mixed.parquet: {what}" in result.err

    def test_only_the_columns_asked_for_are_read(self, monkeypatch, mixed):
        seen = []
        lazy = polars().LazyFrame
        select = lazy.select
        monkeypatch.setattr(lazy, "select", lambda self, *columns: (seen.extend(columns), select(self, *columns))[1])
        load(mixed, ReadOptions()).matrix(["y", "n"])
        assert [one for one in seen if isinstance(one, str)] == ["y", "n"]


FLAGS = np.random.default_rng(6).random(120) < 0.5
FLAGGED = [(bool(flag), a, y, bool(y > 0)) for flag, (a, _, y) in zip(FLAGS, ROWS, strict=True)]
FLAG_NAMES = ("flag", "a", "z", "up")


def flagged_text(spelling, rows=FLAGGED):
    """The table as csv, its truth values spelled by a function."""
    lines = (",".join(spelling(cell) if isinstance(cell, bool) else repr(cell) for cell in row) for row in rows)
    return "\n".join([",".join(FLAG_NAMES), *lines, ""])


def flagged_base(path):
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE t (flag BOOLEAN, a REAL, z REAL, up BOOLEAN)")
        base.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", FLAGGED)
    base.close()


def flagged_objects():
    return [dict(zip(FLAG_NAMES, row, strict=True)) for row in FLAGGED]


def flagged_columns():
    return dict(zip(FLAG_NAMES, zip(*FLAGGED, strict=True), strict=True))


FLAGGED_WRITERS = {
    "t.csv": lambda path: path.write_text(flagged_text(str)),
    "r.csv": lambda path: path.write_text(flagged_text(lambda cell: str(cell).upper())),
    "small.csv": lambda path: path.write_text(flagged_text(lambda cell: str(cell).lower())),
    "t.jsonl": lambda path: path.write_text("".join(json.dumps(one) + "\n" for one in flagged_objects())),
    "t.sqlite": flagged_base,
    "t.npz": lambda path: np.savez(path, **{name: np.array(cells) for name, cells in flagged_columns().items()}),
    "t.xlsx": lambda path: path.write_bytes(workbook({"Rows": [FLAG_NAMES, *FLAGGED]})),
    "t.parquet": lambda path: polars().DataFrame(flagged_objects()).write_parquet(path),
}  # fmt: skip


class TestTruthValues:
    """A column of true and false is an input of 0 and 1 under one name, and two classes, in every format."""

    @pytest.fixture
    def flagged(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        def write(name):
            FLAGGED_WRITERS[name](Path(name))
            return name

        return write

    OTHERS = tuple(name for name in FLAGGED_WRITERS if name != "t.csv")

    @pytest.mark.parametrize("most", [1_000_000, 50])
    def test_gives_the_same_fit_to_the_last_bit(self, gdcli, flagged, monkeypatch, most):
        monkeypatch.setattr(passing, "MOST_ROWS", most)
        words = ["--x", "a,flag", "--y", "z", "--lr", 0.01, "--epochs", 3, "--format", "json"]
        wanted = gdcli("fit", flagged("t.csv"), *words).json
        assert [*wanted["parameters"]] == ["w_a", "w_flag=True", "b"]
        for name in self.OTHERS:
            result = gdcli("fit", flagged(name), *words).json
            for key in ("parameters", "train", "optimum", "history"):
                assert result[key] == wanted[key], (name, key)

    @pytest.mark.parametrize("where", [[], ["--shuffle-rows", 64]])
    def test_gives_the_same_network_and_report(self, gdcli, flagged, where):
        words = ["--hidden", 2, "--epochs", 2, "--lr", 0.1, "--batch-size", 16, "--format", "json", *where]
        wanted = gdcli("train", flagged("t.csv"), *words).json
        assert wanted["classes"] == ["False", "True"]
        assert wanted["reading"]["inputs"] == ["a", "z", "flag=True"]
        for name in self.OTHERS:
            result = gdcli("train", flagged(name), *words).json
            assert [one.lower() for one in result["classes"]] == ["false", "true"]
            for key in ("train", "validation", "history"):
                assert result[key] == wanted[key], (name, key)
            assert result["reading"]["inputs"] == wanted["reading"]["inputs"]

    def test_arrays(self, flagged):
        table = load(flagged("t.npz"), ReadOptions())
        assert table.names == FLAG_NAMES
        assert table.texts("flag") == [str(flag) for flag in FLAGS.tolist()]
        wide, report = examine(table, ColumnOptions(y="up"))
        assert report.inputs == ("a", "z", "flag=True")
        assert wide.numbers("flag=True").tolist() == FLAGS.tolist()

    @pytest.mark.parametrize(
        ("trained", "used"), [("r.csv", "t.parquet"), ("t.parquet", "r.csv"), ("t.jsonl", "t.sqlite")]
    )
    def test_a_model_of_one_format_serves_another(self, gdcli, flagged, trained, used):
        gdcli("train", flagged(trained), "--epochs", 2, "--lr", 0.1, "--save", "m.safetensors")
        flagged(used)
        here, there = (gdcli("evaluate", "m.safetensors", name, "--format", "json").json for name in (trained, used))
        assert (here["rows"], here["accuracy"], here["loss"]) == (there["rows"], there["accuracy"], there["loss"])

    @pytest.mark.parametrize("used", ["t.parquet", "r.csv"])
    def test_a_model_of_zeros_and_ones_takes_truth_values(self, gdcli, flagged, used):
        Path("bits.csv").write_text(flagged_text(lambda cell: str(int(cell))))
        gdcli("train", "bits.csv", "--epochs", 2, "--lr", 0.1, "--save", "m.safetensors")
        flagged(used)
        here, there = (gdcli("evaluate", "m.safetensors", name, "--format", "json").json for name in ("bits.csv", used))
        assert here["loss"] == there["loss"]

    def test_columns_in_memory(self):
        columns = {name: np.array(cells) for name, cells in flagged_columns().items()}
        assert library.fit(columns, x="a,flag", y="z", epochs=1).reading.inputs == ("a", "flag=True")

    def test_gaps_are_gaps(self):
        table = column_of([True, None, False])
        assert table == ["True", "", "False"]

    def test_two_rows_are_enough(self):
        _, report = examine(read_table(b"a,f,y\n1,true,2\n2,false,3\n", "data.csv"))
        assert report.inputs == ("a", "f=True")


UNTIDY = {" a ": [1.5, 2.5], "": [3.0, 4.0], "a": [5.0, 6.0]}
UNTIDY_WRITERS = {
    "t.csv": lambda path: path.write_text(" a ,,a\n1.5,3.0,5.0\n2.5,4.0,6.0\n"),
    "t.jsonl": lambda path: path.write_text('{" a ": 1.5, "": 3, "a": 5}\n{" a ": 2.5, "": 4, "a": 6}\n'),
    "t.sqlite": lambda path: sqlite(path, [*zip(*UNTIDY.values(), strict=True)], columns='" a ", "", a'),
    "t.npz": lambda path: np.savez(path, **UNTIDY),
    "t.parquet": lambda path: polars().DataFrame(UNTIDY).write_parquet(path),
}


class TestNames:
    """A column goes by one name, without blanks around it, whatever it is kept in."""

    @pytest.mark.parametrize("name", UNTIDY_WRITERS)
    def test_are_those_of_csv(self, tmp_path, name):
        UNTIDY_WRITERS[name](tmp_path / name)
        table = load(str(tmp_path / name), ReadOptions())
        assert table.names == ("a", "2", "a_2")
        assert table.matrix(["a_2", "2", "a"]).tolist() == [[5, 3, 1.5], [6, 4, 2.5]]
        for block in as_source(table).blocks(["a", "2"]):
            assert block.matrix(["2", "a"]).tolist() == [[3, 1.5], [4, 2.5]]

    def test_of_many_objects(self, tmp_path, monkeypatch):
        monkeypatch.setattr(opening, "LARGE_BYTES", 100)
        path = tmp_path / "t.jsonl"
        path.write_text('{" a ": 1.5, "": 3}\n' * 40)
        source = opening.open_rows(str(path), ReadOptions())
        assert isinstance(source, Source)
        assert source.head.names == ("a", "2")
        assert sum(block.matrix(["2", "a"]).sum() for block in source.blocks(["a", "2"])) == 40 * 4.5


class TestArraysAsColumns:
    """Arrays of one length are a table's columns, as they would be in csv."""

    def test_called_x_and_y_too(self):
        table = read_numpy(npz(x=np.arange(3.0), z=np.array([True, False, True]), y=np.arange(3)), "t.npz")
        assert table.names == ("x", "z", "y")
        assert table.texts("z") == ["True", "False", "True"]
        pair = read_numpy(npz(x_train=np.arange(3), y_train=np.arange(3), x_test=np.arange(3)), "t.npz")
        assert pair.names == ("x_train", "y_train")
        with_objects = npz(x=np.arange(3), y=np.arange(3), names=np.array(["a", None, "c"], object))
        assert read_numpy(with_objects, "t.npz").names == ("x", "y")

    def test_times_are_texts(self):
        days = np.array(["2023-01-31", "NaT", "2023-02-28"], "datetime64[D]")
        table = read_numpy(npz(a=np.arange(3), day=days, b=np.arange(3)), "t.npz")
        assert table.texts("day") == ["2023-01-31", "", "2023-02-28"]
        assert not table.is_numeric("day")

    def test_gaps_alone_are_no_numbers(self):
        table = read_numpy(npz(a=np.arange(3), b=np.full(3, np.nan), c=np.array([np.nan, 1, 2])), "t.npz")
        assert [table.is_numeric(name) for name in table.names] == [True, False, True]
        assert np.isnan(table.numbers("b")).all()

    def test_numbers_in_texts(self):
        table = read_numpy(npz(a=np.array(["1", "", "2.5"]), b=np.array(["1", "2", "x"])), "t.npz")
        assert repr(table.numbers("a").tolist()) == "[1.0, nan, 2.5]"
        assert table.is_numeric("b")
        with pytest.raises(DataError, match="row 3, column 'b': 'x' is not a number"):
            table.numbers("b")


def npz(**arrays):
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


class TestJsonLines:
    @pytest.mark.quick
    @pytest.mark.parametrize(
        "asked", [{"columns": ColumnOptions(y="l")}, {"columns": ColumnOptions(x=("l",))}, {"categorical": ("l",)}]
    )
    def test_lists_are_no_texts(self, tmp_path, asked):
        table = self.read(tmp_path, "".join(f'{{"a": {row}, "l": [{row % 2}], "y": {row}}}\n' for row in range(6)))
        with pytest.raises(DataError, match="column 'l': holds lists, not numbers"):
            examine(table, **asked)
        _, report = examine(table)
        assert [str(one) for one in report.left_out] == ["l (lists, not numbers)"]

    def read(self, tmp_path, text):
        path = tmp_path / "rows.jsonl"
        path.write_text(text)
        return load(str(path), ReadOptions())

    def test_keys_that_are_missing_are_gaps(self, tmp_path):
        table = self.read(tmp_path, '{"x": 1, "y": 2}\n\n{"y": "3", "z": null}\n{"x": 1.0, "y": 4}\n')
        assert table.names == ("x", "y", "z")
        assert repr(table.matrix(["x", "y"]).tolist()) == "[[1.0, 2.0], [nan, 3.0], [1.0, 4.0]]"
        assert [table.line(row) for row in range(3)] == [1, 3, 4]

    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ('{"x": 1}\n{"x": 2,}\n', "line 2: no JSON at character 9"),
            ('{"x": 1}\n[1, 2]\n', "line 2: a list, not an object"),
            ('[{"x": 1}, 7]', "line 2: a number, not an object"),
            ("{}\n{}\n", "no columns: every object is empty"),
        ],
    )
    def test_lines_that_are_no_objects(self, tmp_path, text, what):
        with pytest.raises(DataError) as caught:
            self.read(tmp_path, text)
        assert caught.value.message.startswith(f"{tmp_path / 'rows.jsonl'}: {what}")
        assert caught.value.hint

    @pytest.mark.parametrize(
        ("cells", "what"),
        [
            (["1", '"abc"', "3"], "line 2, column 'x': 'abc' is not a number"),
            (["1", "Infinity", "3"], "line 2, column 'x': 'inf' is not a finite number"),
            (["1", "true", "3"], "line 2, column 'x': 'True' is not a number"),
            (["1", "[1, 2]", "3"], "column 'x': holds lists, not numbers"),
            (["1", "9" * 400, "3"], "is not a finite number"),
        ],
    )
    def test_a_bad_cell(self, tmp_path, cells, what):
        table = self.read(tmp_path, "".join(f'{{"x": {cell}}}\n' for cell in cells))
        with pytest.raises(DataError) as caught:
            table.numbers("x")
        assert what in caught.value.message


class TestSqlite:
    def test_a_table_of_several(self, tmp_path):
        base = tmp_path / "base.db"
        sqlite(base, tables=("one", "two"))
        assert len(load(f"{base}:two", ReadOptions())) == len(ROWS)
        for name, hint in [(str(base), f"name one: {base}:one"), (f"{base}:tow", "did you mean 'two'?")]:
            with pytest.raises(DataError) as caught:
                load(name, ReadOptions())
            assert caught.value.hint == hint

    def test_gaps_and_bad_cells(self, tmp_path):
        base = tmp_path / "base.db"
        sqlite(base, [(1, 1, 2), (None, 2, 3), (3, "x", 4)])
        table = load(str(base), ReadOptions())
        assert repr(table.numbers("a").tolist()) == "[1.0, nan, 3.0]"
        with pytest.raises(DataError, match="row 3, column 'k': 'x' is not a number"):
            table.numbers("k")

    def test_a_damaged_file(self, tmp_path):
        base = tmp_path / "base.db"
        sqlite(base)
        content = base.read_bytes()
        base.write_bytes(content[:100] + bytes(len(content) - 100))
        with pytest.raises(DataError, match="SQLite: "):
            load(str(base), ReadOptions())


class TestWithoutTheExtra:
    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"PAR1\x15\x04\x15", "a Parquet file needs an extra"),
            (b"ARROW1\x00\x00", "an Arrow file needs an extra"),
            (workbook({"Rows": [["x"], [1]]}), "an Excel file needs an extra"),
            (b"\x28\xb5\x2f\xfd\x04\x00", "zstd data needs an extra"),
        ],
    )
    def test_the_command_that_installs_it_is_named(self, monkeypatch, tmp_path, content, what):
        for module in ("polars", "fastexcel", "backports", "backports.zstd", "compression"):
            monkeypatch.setitem(__import__("sys").modules, module, None)
        path = tmp_path / "data"
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            load(str(path), ReadOptions())
        assert caught.value.message == f"{path}: {what}, which is not installed"
        assert caught.value.hint.startswith("pip install '.[data]'")


class TestDamage:
    @pytest.mark.parametrize("name", ["t.csv.gz", "t.csv.bz2", "t.csv.xz", "t.csv.zst", "t.parquet", "t.arrow"])
    def test_a_file_cut_short(self, written, name):
        path = Path(written(name))
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(DataError, match=f"{name}: ") as caught:
            load(name, ReadOptions())
        assert "again" in caught.value.hint

    def test_a_gz_that_unpacks_to_far_more(self):
        packed = gzip.compress(bytes(1 << 20)) * 400
        with pytest.raises(DataError, match="unpack to more than 200 times as many"):
            Opened(io.BytesIO(packed), "data.gz").read()


class TestSeveralFiles:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        for name, text in {
            "year=2020/a.csv": "x,y\n1,3\n2,5\n",
            "year=2021/b.jsonl": '{"y": 7, "x": 3}\n',
            "year=2021/_SUCCESS": "",
            "year=2021/.hidden": "?",
        }.items():
            path = Path("data", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return Path("data")

    @pytest.mark.usefixtures("folder")
    def test_a_folder_whose_names_are_columns(self):
        table = load("data", ReadOptions())
        assert table.names == ("year", "x", "y")
        assert table.matrix(["year", "x", "y"]).tolist() == [[2020, 1, 3], [2020, 2, 5], [2021, 3, 7]]

    @pytest.mark.usefixtures("folder")
    def test_a_pattern(self):
        assert load("data/*/*.csv", ReadOptions()).numbers("x").tolist() == [1, 2]
        assert load("data/**/[ab].*", ReadOptions()).numbers("y").tolist() == [3, 5, 7]

    def test_an_empty_file_is_left_out_and_said(self, gdcli, folder):
        (folder / "year=2020" / "c.csv").write_text("")
        result = gdcli("fit", "data", "--epochs", 1)
        assert result.code == 0
        assert "data/year=2020/c.csv has no rows and is left out" in result.err

    def test_the_file_of_a_bad_cell_is_named(self, gdcli, folder):
        (folder / "year=2021" / "c.csv").write_text("x,y\n4,9\n5,abc\n")
        result = gdcli("fit", "data")
        assert result.code == 3
        assert "data/year=2021/c.csv: line 3, column 'y': 'abc' is not a number" in result.err

    def test_a_column_of_text_in_one_file_only(self, gdcli, folder):
        (folder / "year=2021" / "c.csv").write_text("x,y\nred,9\n")
        result = gdcli("fit", "data")
        assert result.code == 3
        assert "data/year=2021/c.csv: line 2, column 'x': 'red' is not a number" in result.err

    def test_columns_that_differ(self, folder):
        (folder / "year=2021" / "c.csv").write_text("x,z\n4,9\n")
        with pytest.raises(DataError) as caught:
            load("data", ReadOptions())
        assert caught.value.message == (
            "data/year=2021/c.csv: lacks column 'y' and has column 'z' besides, compared with data/year=2020/a.csv"
        )

    @pytest.mark.usefixtures("folder")
    @pytest.mark.parametrize(
        ("name", "what"),
        [("data/*.xyz", "no file has such a name"), ("none", "no readable file in the folder")],
    )
    def test_no_files(self, name, what):
        Path("none").mkdir()
        with pytest.raises(DataError, match=what) as caught:
            load(name, ReadOptions())
        assert caught.value.hint

    @pytest.mark.usefixtures("folder")
    def test_which_names_stand_for_rows(self):
        sqlite("base.db")
        assert [exists(name) for name in ("data", "data/*/*", "base.db:t", "sample:deck", "nothing", "n*")] == [
            *[True] * 4,
            *[False] * 2,
        ]


def test_a_format_is_a_file_in_its_folder():
    assert names(TABLE_FORMAT) == ["arrow", "jsonl", "parquet", "sqlite", "xlsx"]


def test_generated_columns_of_a_database(tmp_path):
    path = tmp_path / "base.sqlite"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE t(a REAL, b REAL, y REAL GENERATED ALWAYS AS (3 * a + b) STORED, z AS (a - b))")
        base.executemany("INSERT INTO t(a, b) VALUES (?, ?)", [(1, 2), (2, 1), (4, 4)])
    table = load(str(path), ReadOptions())
    assert table.names == ("a", "b", "y", "z")
    assert table.matrix(["y", "z"]).tolist() == [[5, -1], [7, 1], [16, 0]]


@pytest.mark.parametrize("command", ["fit", "train", "show"])
def test_half_a_surrogate_pair_is_text_as_it_was_written(gdcli, command):
    rows = "".join(f'{{"k": "{"a" if x % 2 else "b"}\\ud800", "x": {x}, "y": {2 * x % 5}}}\n' for x in range(8))
    result = gdcli(command, "-", stdin=rows)
    assert result.code == 0, result.err
    assert "a\\ud800" in gdcli("show", "-", "--format", "json", stdin=rows).out.replace("\\\\", "\\")


def test_rows_that_polars_does_not_hand_over_are_missed(tmp_path):
    """A damaged part ends its batches without a word."""
    pytest.importorskip("polars", reason="the extra [data] is not installed")
    path = tmp_path / "t.parquet"
    path.write_bytes(parquet_of(200))
    whole = as_source(load(str(path), ReadOptions()))
    short = dataclasses.replace(whole, table=dataclasses.replace(whole.table, frame=whole.table.frame.head(150)))
    assert sum(len(block) for block in whole.blocks(["x"])) == 200
    with pytest.raises(DataError, match="150 of 200 rows can be read"):
        list(short.blocks(["x"]))
    with pytest.raises(DataError, match="50 of 100 rows can be read"):
        list(short.between(100, 200).blocks(["x"]))


def parquet_of(rows):
    import polars as pl

    file = io.BytesIO()
    pl.DataFrame({"x": [*range(rows)], "y": [2.5 * x for x in range(rows)]}).write_parquet(file)
    return file.getvalue()


@pytest.mark.parametrize("name", [name for name in WRITERS if not name.endswith((".csv", ".npz", ".xlsx"))])
def test_predictions_of_any_format_through_a_pipe(gdcli, written, tmp_path, name):
    model, data = tmp_path / "m.safetensors", Path(written(name))
    assert gdcli("train", written("t.csv"), "--epochs", 2, "--save", model).code == 0
    piped = gdcli("predict", model, "-", "--format", "csv", stdin=data.read_bytes())
    assert piped.code == 0, piped.err
    assert piped.out == gdcli("predict", model, data, "--format", "csv").out
    assert piped.out == gdcli("predict", model, written("t.csv"), "--format", "csv").out


def test_what_begins_as_a_comment_is_written_in_quotes(gdcli, tmp_path):
    table, model, back = tmp_path / "t.csv", tmp_path / "m.safetensors", tmp_path / "back.csv"
    table.write_text("k,y\n" + "".join(f'"{"#a" if y % 2 else "b"}",{y}\n' for y in range(8)))
    assert gdcli("train", table, "--categorical", "k", "--epochs", 2, "--lr", 0.1, "--save", model).code == 0
    assert gdcli("predict", model, table, "--format", "csv", "-o", back).code == 0
    assert load(str(back), ReadOptions()).texts("k") == ["b", "#a"] * 4


def test_long_ids_are_groups_of_their_own(gdcli):
    ids = [1234567890123456700 + 40 * at for at in range(4)]
    rows = "".join(f"{one},{x},{slope * x}\n" for slope, one in enumerate(ids, 1) for x in range(10))
    found = gdcli("fit", "-", "--by", "id", "--x", "x", "--y", "y", "-f", "csv", stdin="id,x,y\n" + rows).out
    lines = [line.split(",") for line in found.splitlines()[1:] if line[0].isdigit()]
    assert sorted(int(line[0]) for line in lines) == ids
    assert [float(line[2]) for line in sorted(lines)] == pytest.approx([1, 2, 3, 4])


@pytest.mark.parametrize("left_out", [1, 20, 1500, 5000])
def test_a_database_that_is_cut_short(gdcli, tmp_path, refused, left_out):
    path, short = tmp_path / "base.sqlite", tmp_path / "short.sqlite"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE t(x, y)")
        base.executemany("INSERT INTO t VALUES (?, ?)", [(x, 2.5 * x) for x in range(300)])
    base.close()
    assert gdcli("fit", path, "--epochs", 1).code == 0
    short.write_bytes(path.read_bytes()[:-left_out])
    refused(gdcli("fit", short, "--epochs", 1), 3, "a database that is cut short")


def test_a_database_that_another_program_writes_to(gdcli, tmp_path):
    path = tmp_path / "base.sqlite"
    with sqlite3.connect(path, isolation_level=None) as base:
        base.execute("CREATE TABLE t(x, y)")
        base.execute("INSERT INTO t VALUES (1, 2)")
        base.execute("BEGIN EXCLUSIVE")
        result = gdcli("fit", path)
        base.execute("COMMIT")
    assert (result.code, result.err.splitlines()[1].strip()) == (3, "wait for the program that writes to it")


def test_no_hint_on_a_saved_model_names_inputs_to_choose(gdcli, tmp_path):
    table, model = tmp_path / "t.csv", tmp_path / "m.safetensors"
    table.write_text("a,y\n1,2\n2,4\n3,7\n4,8\n")
    assert gdcli("fit", table, "--save", model).code == 0
    result = gdcli("predict", model, "-", stdin="a\n1\n\n2\nNA\n")
    assert result.code == 3
    assert "--x" not in result.err
    assert "--missing drop" in result.err


def test_a_target_whose_squares_no_float_holds(gdcli):
    result = gdcli("fit", stdin="x,y\n1,1e200\n2,3e200\n3,2e200\n")
    assert result.code == 4
    assert "beyond float64: give it in another unit" in result.err
