"""A folder as DATA: which files of it are rows, and how much of it is looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gdcli.data.layout import ReadOptions
from gdcli.data.reading import load, parts_of
from gdcli.errors import DataError

FILES = ("a.csv", "deep/b.csv", "deep/er/c.csv", "deep/er/d.txt", ".git/x.csv", "deep/_SUCCESS", "_tmp/y.csv")


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x,y\n1,3\n2,5\n")
    return tmp_path


def names(source, folder, *allow):
    found = parts_of(str(source), ReadOptions(allow=allow)) or []
    return [str(Path(part.place.source).relative_to(folder)) for part in found]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", ["a.csv", "deep/b.csv", "deep/er/c.csv", "deep/er/d.txt"]),
        ("*.csv", ["a.csv"]),
        ("**/*.csv", ["a.csv", "deep/b.csv", "deep/er/c.csv"]),
        ("deep/**", ["deep/b.csv", "deep/er/c.csv", "deep/er/d.txt"]),
        ("*/er/[cd].*", ["deep/er/c.csv", "deep/er/d.txt"]),
        ("d*/?.csv", ["deep/b.csv"]),
        ("none/*.csv", []),
        ("a.csv/*", []),
        ("**/er/**/*.txt", ["deep/er/d.txt"]),
    ],
)
def test_files_of_a_folder_or_pattern(folder, pattern, expected):
    assert names(folder / pattern if pattern else folder, folder) == expected


def test_links_in_a_circle_end(folder):
    (folder / "deep" / "up").symlink_to(folder)
    (folder / "loop").symlink_to("loop")
    (folder / "linked.csv").symlink_to(folder / "a.csv")
    assert names(folder, folder) == ["a.csv", "deep/b.csv", "deep/er/c.csv", "deep/er/d.txt", "linked.csv"]
    assert "deep/up/a.csv" not in names(folder / "**" / "*.csv", folder)


def test_more_entries_than_allowed_are_refused(folder):
    with pytest.raises(DataError, match="more than 5 files and folders to look at") as refused:
        names(folder, folder, "entries=5")
    assert "--allow entries=N" in str(refused.value.hint)
    assert names(folder, folder, "entries=11")  # 4 in the folder, 3 in deep, 2 in er; hidden ones are not entered


def test_a_folder_that_cannot_be_opened_is_named(folder, monkeypatch):
    scan = os.scandir

    def guarded(path):
        if str(path).endswith("er"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", guarded)
    with pytest.raises(DataError, match=r"deep.er: permission denied"):
        names(folder, folder)


def test_many_empty_files_and_one_of_rows(tmp_path):
    for at in range(300):
        (tmp_path / f"e{at:03}.csv").touch()
    with pytest.raises(DataError, match="300 files, and nothing in them"):
        load(str(tmp_path), ReadOptions())
    (tmp_path / "full.csv").write_text("x,y\n1,3\n2,5\n")
    table = load(str(tmp_path), ReadOptions())
    assert len(table) == 2
    assert [note.kind for note in table.layout.notes] == ["empty files"]
    assert "296 more" in table.layout.notes[0].sentence


def test_a_folder_without_files_is_refused(tmp_path):
    (tmp_path / "sub").mkdir()
    with pytest.raises(DataError, match="no readable file in the folder"):
        load(str(tmp_path), ReadOptions())
