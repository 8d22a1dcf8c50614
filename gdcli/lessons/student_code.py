"""A student's Python function, run in a process of its own with limits: what it prints or breaks stays there."""

from __future__ import annotations

import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.errors import DataError, OptionError
from gdcli.lessons import _student_process
from gdcli.lessons.checking import NAMES, Line
from gdcli.said import enumerated, say

__all__ = ["function_values", "split_place"]

SECONDS, MEGABYTES = 10, 1024
"""What all calls together may take."""
PARAMETERS = (*NAMES, "data", "w", "learning_rate", "y_actual", "y_true", "y_pred")
"""What a function's parameters may be called."""


def split_place(place: str) -> tuple[Path, str]:
    """FILE:function as a path and a name.

    Raises:
        OptionError: If it is none.
        DataError: If there is no such file.
    """
    file, _, name = place.rpartition(":")
    if not file or not name.isidentifier():
        raise OptionError(
            say("--python: '{place}' is not FILE:function", place=place), say("as in --python mine.py:get_rmse")
        )
    if not Path(file).is_file():
        raise DataError(say("{file}: no such file", file=file), say("name a file of Python, and a function in it"))
    return Path(file), name


def function_values(place: str, line: Line) -> Array:
    """What a function gives at each point of a line, (K,).

    Its parameters are called as a formula's variables are: m, b, x, y (lists), n, y_hat (a list), lr; `data` is the
    list of (x, y).

    Args:
        place: FILE:function.
        line: The points, and the rows.

    Raises:
        OptionError: If there is no such function, or its parameters are called otherwise.
        DataError: If it fails, gives no number, or takes longer or more memory than it may.
    """
    file, name = split_place(place)
    with tempfile.TemporaryDirectory() as folder:
        answer = _run(file, name, line, Path(folder))
    if "unknown" in answer:
        what = say(
            "{file}: '{name}' has a parameter '{answer}', which is not known here",
            file=file,
            name=name,
            answer=answer["unknown"],
        )
        raise OptionError(what, say("call parameters {names}", names=enumerated((*NAMES, "data"))))
    if "missing" in answer:
        there = say("the file has {names}", names=enumerated(answer["missing"]))
        hint = there if answer["missing"] else say("the file defines no function")
        raise OptionError(say("{file}: there is no function '{name}'", file=file, name=name), hint)
    if "memory" in answer:
        answer = {"failed": say("'{name}' needs more than {megabytes} MB", name=name, megabytes=answer["memory"])}
    if "failed" in answer:
        raise DataError(
            say("{file}: {answer}", file=file, answer=answer["failed"]), say("run it alone and mend it first")
        )
    return np.array([np.nan if one is None else one for one in answer["values"]], dtype=float)


def _run(file: Path, name: str, line: Line, folder: Path) -> dict[str, Any]:
    """Starts the process, gives it the points, and reads what it leaves behind."""
    asked = {
        "file": str(file.resolve()),
        "name": name,
        "points": line.points.tolist(),
        "x": line.x.tolist(),
        "y": line.y.tolist(),
        "lr": line.learning_rate,
        "megabytes": MEGABYTES,
        "seconds": SECONDS,
        "known": PARAMETERS,
    }
    (folder / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    command = [sys.executable, "-I", "-X", "utf8", "-B", inspect.getfile(_student_process)]
    process = subprocess.Popen(  # noqa: S603 - the student's own file, as asked for
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    try:
        code = process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return {"failed": say("'{name}' has not ended after {seconds} s", name=name, seconds=SECONDS)}
    finally:
        _end(process)
    try:
        found: dict[str, Any] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"failed": say("'{name}' ended its process (exit {returncode})", name=name, returncode=code)}
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, and all that it has started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
