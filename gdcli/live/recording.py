"""A sitting as a file: what happened, line by line, and how it is read back."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import numpy as np

from gdcli.data.dataset import Array
from gdcli.errors import DataError
from gdcli.live.history import Moment
from gdcli.live.session import Session
from gdcli.records import Epoch, Step

__all__ = ["SCHEMA", "Recorder", "moment_from", "read"]

SCHEMA = "gdcli.live/1"
KINDS = ("setup", "turn", "ghost", "forget", "at")
DTYPES = ("float32", "float64", "int64")
LARGE, SELDOM = 20_000, 1.0  # numbers in a state from which it is written once in so many seconds


class Recorder:
    """Writes down what happens: every change, and every state that was on the screen.

    Args:
        file: Where to.
        clock: Seconds.
    """

    def __init__(self, file: TextIO, clock: Callable[[], float]) -> None:
        self._file, self._clock, self._begun = file, clock, clock()
        self._session: Session | None = None
        self._last: Moment | None = None
        self._due = 0.0
        self._write({"schema": SCHEMA})

    def __call__(self, kind: str, what: Any) -> None:
        """A change: the session when it begins anew, a rate, a ghost's name."""
        if isinstance(what, Session):
            self._session, self._last = what, None
            self._write({"setup": what.bench.saved()})
            self.frame(what)
        elif self._session is not None:
            self._due = 0.0
            self.frame(self._session)  # the state in which it happened
            self._write({kind: what})

    def frame(self, session: Session) -> None:
        """The state on the screen, unless it was there before."""
        now = session.run.now
        if (
            self._last is not None
            and now.number == self._last.number
            and (now.measured is None) == (self._last.measured is None)
        ):
            return
        at = self._clock()
        if now.parameters.size > LARGE and session.running and at < self._due:
            return
        self._last, self._due = now, at + SELDOM
        self._write({"at": _told(now)})

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps({"t": round(self._clock() - self._begun, 4), **line}, allow_nan=False) + "\n")


def _told(moment: Moment) -> dict[str, Any]:
    """A moment as json: arrays as base64 of their bytes, so that they read back to the last bit."""
    step, measured = moment.step, moment.measured
    told: dict[str, Any] = {"step": moment.number, "epoch": moment.epoch, "parameters": _packed(moment.parameters)}
    if moment.before is not None and step is not None:
        told["before"], told["gradient"] = _packed(moment.before), _packed(step.gradient)
        told["lr"], told["batch_loss"] = float(step.learning_rate), _number(step.loss)
        told["rows"] = None if isinstance(step.rows, slice) else _packed(np.asarray(step.rows, np.int64))
        told["slice"] = [step.rows.start, step.rows.stop] if isinstance(step.rows, slice) else None
    if measured is not None:
        told["loss"], told["validation_loss"] = _number(measured.loss), _number(measured.validation_loss)
        told["metrics"] = measured.metrics
    return told


def _number(value: Any) -> float | str | None:
    """json has no infinity: those are words."""
    if value is None:
        return None
    value = float(value)
    return value if math.isfinite(value) else str(value)


def _packed(array: Array) -> list[str]:
    return [array.dtype.name, base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()]


def _unpacked(packed: Any) -> Array:
    name, text = packed
    if name not in DTYPES:
        raise ValueError(f"no array of {name}")
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=name)


def moment_from(told: dict[str, Any]) -> Moment:
    """A moment as it was written down.

    Raises:
        KeyError, TypeError, ValueError: If something is missing or is not what it should be.
    """
    number, epoch, parameters = int(told["step"]), int(told["epoch"]), _unpacked(told["parameters"])
    measured = None
    if "loss" in told:
        held_out = None if told["validation_loss"] is None else float(told["validation_loss"])
        measured = Epoch(
            epoch, number, 0.0, float(told["loss"]), parameters, validation_loss=held_out, metrics=dict(told["metrics"])
        )
    if "before" not in told:
        return Moment(number, epoch, parameters, None, None, measured)
    before, gradient = _unpacked(told["before"]), _unpacked(told["gradient"])
    if not before.shape == gradient.shape == parameters.shape:
        raise ValueError("arrays of different lengths")
    rows: Array | slice = slice(*(told["slice"] or [None])) if told["rows"] is None else _unpacked(told["rows"])

    def replayed() -> tuple[Array, Any]:
        return parameters - before, None

    known = measured or Epoch(epoch, number, 0.0, math.nan, parameters)
    step = Step(
        number,
        epoch,
        float(told["lr"]),
        float(told["batch_loss"]),
        gradient,
        parameters,
        None,
        rows,
        lambda: known,
        replayed,
    )
    return Moment(number, epoch, parameters, before, step, measured)


def read(lines: Iterator[str], name: str) -> list[tuple[float, str, Any]]:
    """A recording's entries: seconds since its beginning, kind, and what there is to it.

    Raises:
        DataError: If it is none, naming the line.
    """
    entries: list[tuple[float, str, Any]] = []
    for number, line in enumerate(lines, start=1):
        try:
            told = json.loads(line)
            if number == 1:
                if told["schema"] != SCHEMA:
                    raise ValueError(told["schema"])
                continue
            kind = next(kind for kind in KINDS if kind in told)
            what: Any = moment_from(told["at"]) if kind == "at" else told[kind]
            if kind == "turn" and not 0 < float(what) < math.inf:
                raise ValueError(what)
            entries.append((float(told["t"]), kind, what))
        except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
            wrong = "is no recording of gdcli live" if number == 1 else f"line {number}: is not what gdcli live writes"
            raise DataError(f"{name}: {wrong}", "make one with gdcli live --record FILE.jsonl") from None
    if not entries or entries[0][1] != "setup":
        raise DataError(f"{name}: holds nothing to play back", "make one with gdcli live --record FILE.jsonl")
    return entries
