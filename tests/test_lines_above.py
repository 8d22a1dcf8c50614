"""Lines above a table's names: titles, where it is from, groups of columns; each is left out, and said."""

import pytest

from gdcli.data.reading import ReadOptions
from gdcli.data.tables import read_table

ROWS = "1,5,2\n2,7,3\n3,8,5\n4,9,1\n"
VALUES = [[1, 5, 2], [2, 7, 3], [3, 8, 5], [4, 9, 1]]
NAMES = ("month", "sales", "cost")


def read(text, **options):
    return read_table(text.encode(), "data.csv", ReadOptions(**options))


def notes(table):
    return [note.sentence for note in table.layout.notes]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("above", "note"),
    [
        ("Sales report 2023\n", "line 1 ('Sales report 2023') stands above the names and is left out"),
        ("Sales report 2023\n\n", "line 1 ('Sales report 2023') stands above the names and is left out"),
        ("Sales report 2023,,\n", "line 1 ('Sales report 2023') stands above the names and is left out"),
        ("Sales report 2023,,\n,,\n", "line 1 ('Sales report 2023') stands above the names and is left out"),
        ("Shop: Oslo\nBy: A. B.\nyears,1990-2000\n", "3 lines, from 'Shop: Oslo' on, stand above the names and are"),
        ("Sales 2023,,\nby J. Smith,,\n,,\n", "2 lines, from 'Sales 2023' on, stand above the names and are left out"),
        ("Sales 2023,,\n,,\nby J. Smith,,\nall,,\n", "3 lines, from 'Sales 2023' on, stand above the names"),
        (",Money,\n", "line 1 ('Money') stands above the names and is left out"),
        ("# made by hand\nTitle\n", "line 2 ('Title') stands above the names and is left out"),
    ],
)
@pytest.mark.parametrize("delimiter", [None, ","])
def test_lines_above_the_names(above, note, delimiter):
    table = read(f"{above}month,sales,cost\n{ROWS}", delimiter=delimiter)
    assert table.names == NAMES
    assert table.matrix(NAMES).tolist() == VALUES
    assert [said for said in notes(table) if said.startswith(note)]
    assert table.line(0) == above.count("\n") + 2


def test_blanks_and_semicolons_below_a_title():
    blanks = read("Run 7 of today:\nx y\n1 2\n2 3\n3 5\n4 4\n")
    assert (blanks.names, blanks.matrix(["x", "y"]).tolist()[0]) == (("x", "y"), [1, 2])
    semicolons = read("Umsatz, in Euro\nMonat;Wert\n1;2,5\n2;3,5\n3;4,5\n", decimal=",")
    assert semicolons.matrix(["Monat", "Wert"]).tolist()[0] == [1, 2.5]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x,y\n1,2\n2,3\n3,4\n", ("x", "y")),  # nothing above
        ("mpg cyl\nMazda 21 6\nFiat 32 4\nFord 15 8\n", ("mpg", "cyl")),  # R's row names
        (",x,y\n0,1,2\n1,2,3\n2,3,4\n", ("1", "x", "y")),  # an index without a name
        ("x,y\n1,2,\n2,3,\n3,4,\n", ("x", "y")),  # a delimiter at the end of rows
        ("x,y\ncm,g\n1,2\n2,3\n3,4\n", ("x", "y")),  # units
        ("who,x,y\nA. B.,1,2\nC. D.,2,3\nE. F.,3,5\n", ("who", "x", "y")),
    ],
)
def test_what_is_no_line_above(text, names):
    table = read(text)
    assert table.names == names
    assert not any("above the names" in said for said in notes(table))


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("above", ["Values of May\n", "Values of May\n\nBy: A. B.\n", '"Values, of May",,,\n'])
def test_quotes_percents_and_delimiters_at_the_end(above, end):
    rows = "\n".join(f'"{at}","{at * at},5","{at} %",' for at in range(1, 7))
    table = read(f'{above}"a","b","c",\n{rows}{end}', decimal=",", delimiter=",")
    assert table.names == ("a", "b", "c")
    assert table.matrix(["a", "b"]).tolist() == [[at, at * at + 0.5] for at in range(1, 7)]


def test_without_names_nothing_is_above():
    table = read("1,2\n3,4\n5,6\n", header=False)
    assert table.names == ("1", "2")


def test_a_rule_is_no_unit():
    assert "the line below the names is a rule and is left out" in notes(
        read("|x|y|\n|---|--:|\n|1|2|\n|2|4|\n|3|5|\n")
    )


def test_a_bad_cell_is_named_by_its_line(gdcli, table, refused):
    path = table("Title\n\nx,y\n1,2\n2,3\n3,oops\n4,5\n5,6\n")
    refused(gdcli("fit", path, "-q"), 3, "line 6, column 'y': 'oops'")


def test_files_with_names_alone_are_left_out(gdcli, tmp_path):
    for name, text in {"a": "x,y\n1,2\n2,5\n3,7\n", "b": "x,y\n", "c": "\n\n"}.items():
        (tmp_path / f"{name}.csv").write_text(text)
    done = gdcli("fit", tmp_path, "--epochs", 1, "-f", "json")
    assert done.code == 0, done.err
    assert done.json["reading"]["rows"] == 3
    assert "b.csv and " in done.err
    assert "c.csv have no rows and are left out" in done.err


def test_a_file_of_another_kind_in_a_folder(gdcli, tmp_path, refused):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("x,y\n1,2\n2,5\n3,7\n")
    (tmp_path / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    done = gdcli("fit", tmp_path, "-q")
    refused(done, 3, "c.png: an image, not a table")
    assert f"name the files of rows alone: '{tmp_path}/*.csv'" in done.err
    assert gdcli("fit", f"{tmp_path}/*.csv", "--epochs", 1).code == 0
