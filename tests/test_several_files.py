"""Several files as one table: by name on the command line, from a list in a notebook."""

from __future__ import annotations

import numpy as np
import pytest

import gdcli as library
from gdcli.data import opening
from gdcli.data.layout import ReadOptions
from gdcli.data.opening import open_rows
from gdcli.data.reading import load
from gdcli.data.sources import joined_names
from gdcli.errors import DataError, OptionError

A, B = "x,y\n1,3\n2,5\n", "y,x\n7,3\n9,4.5\n"
BOTH = "x,y\n1,3\n2,5\n3,7\n4.5,9\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    def write(**contents):
        for name, content in contents.items():
            (tmp_path / f"{name}.csv").write_text(content)

    monkeypatch.chdir(tmp_path)
    write(a=A, b=B, both=BOTH)
    return write


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    "words",
    [
        ["fit", "DATA", "--epochs", "3", "--format", "json"],
        ["train", "DATA", "--epochs", "2", "--format", "json"],
        ["score", "DATA", "--m", "2", "--b", "1", "--format", "json"],
        ["mse", "DATA", "--m", "2", "--b", "1"],
        ["step", "DATA", "--format", "json"],
        ["limit", "DATA", "--format", "json"],
        ["lr-find", "fit", "DATA", "--format", "json"],
        ["sweep", "fit", "DATA", "--lr", "0.01,0.02", "--epochs", "3", "--format", "json"],
        ["surface", "DATA", "--lr", "0.01", "--epochs", "3", "--format", "json"],
        ["show", "DATA", "--format", "json"],
    ],
    ids=lambda words: words[0],
)
def test_two_files_are_the_file_of_both(gdcli, words):
    two = [part for word in words for part in (("a.csv", "b.csv") if word == "DATA" else (word,))]
    one = [word if word != "DATA" else "both.csv" for word in words]
    results = [gdcli(*command, "-q") for command in (two, one)]
    assert [result.code for result in results] == [0, 0]
    named = [result.out.replace("a.csv and b.csv", "F").replace("a.csv b.csv", "F") for result in results]
    assert named[0] == named[1].replace("both.csv", "F")


@pytest.mark.usefixtures("files")
def test_a_saved_model_takes_several_files(gdcli):
    assert gdcli("fit", "a.csv", "b.csv", "--save", "line.safetensors", "-q").code == 0
    two = gdcli("predict", "line.safetensors", "a.csv", "b.csv", "--format", "csv", "-q")
    one = gdcli("predict", "line.safetensors", "both.csv", "--format", "csv", "-q")
    assert two.code == 0
    assert two.out == one.out
    two = gdcli("evaluate", "line.safetensors", "a.csv", "b.csv", "--format", "json", "-q")
    assert '"rows": 4' in two.out


def test_files_patterns_and_folders_together(files, tmp_path):
    (tmp_path / "year=2023").mkdir()
    (tmp_path / "year=2023" / "c.csv").write_text("x,y,year\n5,11,2023\n")
    files(d="year,y,x\n2024,1,0\n")
    table = load(joined_names(["d.csv", "year=2023/*.csv"]), ReadOptions())
    assert table.matrix(["x", "y", "year"]).tolist() == [[0, 1, 2024], [5, 11, 2023]]


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (["a.csv", "c.csv"], r"c\.csv: lacks column 'y' and has column 'z' besides, compared with a\.csv"),
        (["a.csv", "./a.csv"], "is named twice"),
        (["a.csv", "-"], "standard input: no file"),
        (["a.csv", "sample:deck"], "sample:deck: no file"),
        (["a.csv", "none.csv"], "none.csv: no such file"),
        (["a.csv", "none/*.csv"], r"none/\*\.csv: no file has such a name"),
        (["e.csv", "f.csv"], r"e\.csv and f\.csv: 2 files, and nothing in them"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_files_that_are_no_one_table(files, names, part):
    files(c="x,z\n1,3\n", e="", f="")
    with pytest.raises((DataError, OptionError), match=part):
        load(joined_names(names), ReadOptions())


def test_text_in_one_file_only_is_named(files, gdcli, refused):
    files(t="x,y\nred,1\n2,3\n")
    refused(gdcli("fit", "a.csv", "b.csv", "t.csv", "-q"), 3, "t.csv: line 2, column 'x': 'red' is not a number")
    files(t="x,y\n" + "".join(f"red{at % 3},1\n" for at in range(9)))
    table = load(joined_names(["a.csv", "b.csv", "t.csv"]), ReadOptions())
    assert [note.sentence for note in table.layout.notes] == [
        "x holds text in t.csv, numbers in the other 2 files, so it is text"
    ]
    files(t="x,y\n" + ",1\n" * 9)  # gaps are neither
    table = load(joined_names(["a.csv", "b.csv", "t.csv"]), ReadOptions())
    assert table.is_numeric("x")
    assert not table.layout.notes


@pytest.mark.usefixtures("files")
def test_many_rows_of_several_files_pass_in_blocks(monkeypatch):
    monkeypatch.setattr(opening, "LARGE_BYTES", 16)
    source = open_rows(joined_names(["a.csv", "b.csv"]), ReadOptions())
    blocks = [block.matrix(["x", "y"]) for block in source.blocks(["x", "y"])]
    assert np.concatenate(blocks).tolist() == [[1, 3], [2, 5], [3, 7], [4.5, 9]]


@pytest.mark.usefixtures("files")
def test_a_notebook_gives_a_list():
    two, one = library.fit(["a.csv", "b.csv"], epochs=5), library.fit("both.csv", epochs=5)
    assert two.parameters == one.parameters
    assert "gdcli fit a.csv b.csv" in str(two.invocation)
