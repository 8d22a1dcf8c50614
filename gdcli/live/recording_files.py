"""Recordings in files: where one may be written, and one that is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from gdcli.data.files import reading_errors
from gdcli.data.growing_file import GrowingFile
from gdcli.errors import DataError, OptionError
from gdcli.live.recording import Recorder, read_recording
from gdcli.said import say

__all__ = ["check_record", "recorded", "recorder_to"]


@contextmanager
def recorder_to(name: str | None) -> Iterator[Recorder | None]:
    """Writes down what happens, if that is asked for."""
    if name is None:
        yield None
        return
    with GrowingFile(Path(name)) as file:
        yield Recorder(file, perf_counter, name)


def check_record(name: str | None, data: str) -> None:
    """Refuses to record where there is no folder, or over the data."""
    if name is None:
        return
    path = Path(name)
    if path.is_dir() or not path.parent.is_dir():
        raise DataError(
            say("{name}: there is no folder '{parent}' to write a file in", name=name, parent=path.parent),
            say("make it first"),
        )
    if path.exists() and Path(data).exists() and path.samefile(data):
        raise OptionError(say("--record: {name} is the data", name=name), say("record in another file"))


def recorded(name: str) -> list[Any]:
    """What a recording holds.

    Raises:
        DataError: If there is none, or it is none.
    """
    if not Path(name).is_file():
        what = say("is a folder") if Path(name).is_dir() else say("no such file")
        raise DataError(
            say("{name}: {what}", name=name, what=what), say("make one with gdcli live --record FILE.jsonl")
        )
    with reading_errors(name), Path(name).open(encoding="utf-8", errors="replace") as file:
        return read_recording(file, name)
