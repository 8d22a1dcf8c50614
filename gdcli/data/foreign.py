"""Formats that are not read, known by their first bytes, and how to make a table of each."""

from __future__ import annotations

import re

from gdcli.data.cells import data_error
from gdcli.errors import DataError
from gdcli.said import say

__all__ = ["foreign_zip", "refuse_foreign"]

SAVE_AS_CSV = say("save it as CSV and read that")
_NUMBER = rb"[-+]?[0-9.]+([eE][-+]?[0-9]+)?"
_PAIR = rb"[0-9]+:" + _NUMBER
_WORD = rb"[^\s|:,;]*"
_FROM_MATLAB = say("writematrix([X y], 'data.csv') in MATLAB; or scipy.io.loadmat and numpy.savez(FILE, x=..., y=...)")


def _by_pandas(reader: str) -> str:
    return say(
        "save it as CSV and read that; in Python: pandas.{reader}(FILE).to_csv('data.csv', index=False)", reader=reader
    )


_FOREIGN = (
    (
        rb"(?i:\s*(<!doctype html|<html|<head|<body|<\?xml))",
        say("an HTML or XML page, not a table"),
        say("download the file itself, not the page that shows it"),
    ),
    (
        rb"version https://git-lfs\.github\.com/",
        say("a Git LFS pointer, not the data it stands for"),
        say("git lfs pull fetches the data"),
    ),
    (rb"(?s:.{257}ustar)", say("a tar archive, not a table"), say("unpack it (tar -xf) and name the file inside")),
    (rb"%PDF-", say("a PDF document, not a table"), say("copy its table into a CSV file")),
    (rb"\{\\rtf", say("an RTF document, not a table"), say("copy its table into a CSV file")),
    (rb"\xd0\xcf\x11\xe0", say("an old Excel file, not a text table"), SAVE_AS_CSV),
    (
        rb"\x89HDF",
        say("an HDF5 file, not a text table"),
        say("store its arrays in an .npz file, named x and y: numpy.savez"),
    ),
    (rb"MATLAB [0-9.]+ MAT-file", say("a MATLAB .mat file, not a text table"), _FROM_MATLAB),
    (
        rb"<stata_dta>|[\x69-\x76][\x01\x02]\x01\x00",
        say("a Stata .dta file, not a text table"),
        say("export delimited data.csv in Stata; in Python: pandas.read_stata(FILE).to_csv('data.csv', index=False)"),
    ),
    (rb"\$FL[23]@", say("an SPSS .sav file, not a text table"), _by_pandas("read_spss")),
    (rb"HEADER RECORD\*{7}|\x00{12}\xc2\xea\x81\x60", say("a SAS file, not a text table"), _by_pandas("read_sas")),
    (
        rb"(RDX|RDA)[23]\n|X\n\x00\x00\x00[\x02\x03]|A\n[23]\n[0-9]+\n",
        say("an R data file, not a text table"),
        "write.csv(readRDS(FILE), 'data.csv', row.names = FALSE) in R",
    ),
    (rb"Obj\x01|ORC[\x00-\x1f]", say("an Avro or ORC file, not a text table"), SAVE_AS_CSV),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", say("an image, not a table"), say("put its pixels into a CSV or .npz file")),
    (rb"\x80[\x02-\x05]", say("a Python pickle, which is never loaded"), _by_pandas("read_pickle")),
    (rb"\s*(\{\s*\"|\[\s*[\[{])", say("JSON, but no objects of numbers and texts"), _by_pandas("read_json")),
    (
        rb"(?i:(\s*(%[^\n]*)?\n)*\s*@relation\b)",
        say("an ARFF file (Weka), not a plain table"),
        say("leave out all up to @data and put a line of names there instead; in Weka: Save as CSV"),
    ),
    (
        rb"(#[^\n]*\n)*"
        + _NUMBER
        + rb"(,[0-9.]+)*[ \t]+(qid:[0-9]+[ \t]+)?"
        + _PAIR
        + rb"([ \t]+"
        + _PAIR
        + rb")*\s*[#\r\n]",
        say("a LibSVM (SVMlight) file, label index:value ..., not a table of columns"),
        say(
            "in Python: x, y = sklearn.datasets.load_svmlight_file(FILE), then "
            "numpy.savez('data.npz', x=x.toarray(), y=y)"
        ),
    ),
    (
        rb"("
        + _NUMBER
        + rb"[ \t]+){0,3}"
        + _WORD
        + rb"[ \t]*\|"
        + _WORD
        + rb"([ \t]+"
        + _WORD
        + rb")*[ \t]+"
        + _WORD
        + rb":"
        + _NUMBER,
        say("a Vowpal Wabbit file, label | name:value ..., not a table of columns"),
        say("write one column for each name, with a line of names, as CSV"),
    ),
)
_ZIPPED = (
    (b"opendocument.spreadsheet", say("an OpenDocument spreadsheet, not a text table"), SAVE_AS_CSV),
    (b"word/document", say("a Word document, not a table"), say("copy its table into a CSV file")),
    (b"", say("a zip archive that holds no NumPy arrays"), say("unzip it and name the file inside")),
)


_TEXT = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,;+-/*()=#\"' \t\r\n"


def refuse_foreign(content: bytes, source: str) -> None:
    """Refuses what is recognisably something other than a text table.

    Raises:
        DataError: Naming the format.

    >>> refuse_foreign(b"x,y", "data.csv")
    """
    head = content[:4096].removeprefix(b"\xef\xbb\xbf")
    if not head.translate(None, _TEXT) and not head[:1].isupper():  # as most tables: no mark of another format
        return
    for pattern, what, hint in _FOREIGN:
        if re.match(pattern, head):
            raise data_error(source, what, hint)
    if content.startswith(b"PK\x03\x04"):
        raise foreign_zip(content, source)


def foreign_zip(content: bytes, source: str) -> DataError:
    """The error that names a zip archive for what it is."""
    what, hint = next((what, hint) for mark, what, hint in _ZIPPED if mark in content)
    return data_error(source, what, hint)
