"""The shortcuts past patterns: what they let through, no pattern would have caught."""

import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gdcli.data import foreign, lookalikes
from gdcli.data.layout import ReadOptions
from gdcli.data.reading import load
from gdcli.errors import DataError

pytestmark = pytest.mark.quick

PLAIN = st.text("abcxyzRDXGIFBZhMATLABHEADER0123456789_.,;+-/*()=#\"' \t\r\n", max_size=60)


@given(st.text("aeinfty jan.feb-mar:$€% amp()+'", max_size=12))
def test_no_pattern_is_without_a_digit(text: str) -> None:
    for alike in (*lookalikes._DATES, *lookalikes._NUMBERS):
        assert not alike.fits(text)


@given(PLAIN)
def test_a_plain_table_has_no_mark_of_another_format(text: str) -> None:
    head = text.encode()
    marked = any(re.match(pattern, head) for pattern, *_ in foreign._FOREIGN)
    if marked:
        with pytest.raises(DataError):
            foreign.refuse_foreign(head, "data.csv")
    else:
        foreign.refuse_foreign(head, "data.csv")


@pytest.mark.parametrize("packed", ["", ":gz", ":bz2", ":xz"])
def test_a_tar_archive_is_named(tmp_path: Path, packed: str) -> None:
    path = tmp_path / "data"
    with tarfile.open(path, f"w{packed}") as archive:
        archive.addfile(tarfile.TarInfo("rows.csv"))
    with pytest.raises(DataError, match="a tar archive, not a table"):
        load(str(path), ReadOptions())


@pytest.mark.parametrize("text", ["inf", "-Inf", "+infinity", "INFINITY", " inf "])
def test_words_for_infinity_are_numbers(text: str) -> None:
    assert lookalikes.kind(text) == "number"


@pytest.mark.parametrize("text", ["+-inf", "infin", "info"])
def test_words_near_infinity_are_words(text: str) -> None:
    assert lookalikes.kind(text) == "word"
