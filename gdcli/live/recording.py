"""A sitting as a file: what happened, line by line, and how it is read back."""

from __future__ import annotations

import base64
import contextlib
import io
import itertools
import json
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gdcli.arrays import Array
from gdcli.errors import DataError, OptionError, reason
from gdcli.experiments import notation
from gdcli.experiments.notation import Setting
from gdcli.live.history import Moment
from gdcli.live.session import Session
from gdcli.said import say
from gdcli.training.records import Epoch, Step

__all__ = ["SCHEMA", "Recorder", "moment_from", "read_recording"]

SCHEMA = "gdcli.live/1"
KINDS = ("setup", "turn", "changes", "ghost", "forget", "at")
DTYPES = ("float32", "float64", "int64")
MOST = 2**53
SHOWN = 64  # parameters whose optimizer's state is written down
LARGE, SELDOM = 20_000, 1.0  # numbers in a state from which it is written once in so many seconds


class Recorder:
    """Writes down what happens: every change, and every state that was on the screen.

    Args:
        file: Where to; flushed where what was written can be played back.
        clock: Seconds.
        name: What the file is called.
    """

    def __init__(self, file: io.TextIOBase, clock: Callable[[], float], name: str = say("the recording")) -> None:
        self._file, self._name, self._clock, self._begun = file, name, clock, clock()
        self._session: Session | None = None
        self._last: Moment | None = None
        self._due = 0.0
        self._write({"schema": SCHEMA})

    def __call__(self, kind: str, what: Any) -> None:
        """A change: the session when it begins anew, a rate, all settings changed by hand, a ghost's name."""
        if isinstance(what, Session):
            self._session, self._last = what, None
            self._write({"setup": what.factory.saved()})  # goes out with the state that it leads to
            self.frame(what)
        elif self._session is not None:
            self._due = 0.0
            self.frame(self._session)  # the state in which it happened
            self._write({kind: what})
            self._flush()

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
        self._write({"at": _encode(now)})
        self._flush()

    def _write(self, line: dict[str, Any]) -> None:
        if self._file.closed:  # that it could not be written was said
            return
        self._file.write(json.dumps({"t": round(self._clock() - self._begun, 4), **line}, allow_nan=False) + "\n")

    def _flush(self) -> None:
        if self._file.closed:
            return
        try:
            self._file.flush()
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.close()  # which would try once more, and fail without the file's name
            what = say("{name}: cannot be written: {strerror}", name=self._name, strerror=reason(error))
            raise DataError(what, say("make room, or record in another place")) from None


def _encode(moment: Moment) -> dict[str, Any]:
    """A moment as json: arrays as base64 of their bytes, so that they read back to the last bit."""
    step, measured = moment.step, moment.measured
    encoded: dict[str, Any] = {"step": moment.number, "epoch": moment.epoch, "parameters": _packed(moment.parameters)}
    if moment.before is not None and step is not None:
        encoded["before"], encoded["gradient"] = _packed(moment.before.parameters), _packed(step.gradient)
        encoded["lr"], encoded["batch_loss"] = float(step.learning_rate), _number(step.loss)
        encoded["rows"] = None if isinstance(step.rows, slice) else _packed(np.asarray(step.rows, np.int64))
        encoded |= _encoded_state(step.state, moment.parameters)
        encoded["slice"] = [step.rows.start, step.rows.stop] if isinstance(step.rows, slice) else None
    if measured is not None:
        encoded["loss"], encoded["validation_loss"] = _number(measured.loss), _number(measured.validation_loss)
        encoded["metrics"] = measured.metrics
    return encoded


def _encoded_state(state: Any, parameters: Array) -> dict[str, Any]:
    """An optimizer's state, where there are so few parameters that their arithmetic is shown."""
    if parameters.size > SHOWN or not hasattr(state, "_asdict"):
        return {}
    parts = state._asdict().items()
    return {"state": {name: _packed(part) if isinstance(part, np.ndarray) else int(part) for name, part in parts}}


def _state(encoded: Any, shape: tuple[int, ...]) -> dict[str, Any] | None:
    """A state as it was written down, its fields by name."""
    if encoded is None:
        return None
    state = {str(name): _count(part) if isinstance(part, int) else _unpacked(part) for name, part in encoded.items()}
    if any(isinstance(part, np.ndarray) and part.shape != shape for part in state.values()):
        raise ValueError(say("a state of another length"))
    return state


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
        raise ValueError(say("no array of {name}", name=name))
    return np.frombuffer(base64.b64decode(text, validate=True), dtype=name)


def _count(value: Any) -> int:
    """A whole number that can be one of steps."""
    if not isinstance(value, int) or not 0 <= value < MOST:
        raise ValueError(say("no number of steps: {value}", value=value))
    return value


def _slice(ends: Any) -> slice:
    return slice(None) if ends == [None, None] else slice(*(_count(end) for end in ends))


def moment_from(encoded: dict[str, Any]) -> Moment:
    """A moment as it was written down.

    Raises:
        KeyError, TypeError, ValueError: If something is missing or is not what it should be.
    """
    number, epoch, parameters = _count(encoded["step"]), _count(encoded["epoch"]), _unpacked(encoded["parameters"])
    metrics = {str(name): float(value) for name, value in encoded.get("metrics", {}).items()}
    measured = None
    if "loss" in encoded:
        held_out = None if encoded["validation_loss"] is None else float(encoded["validation_loss"])
        measured = Epoch(
            epoch, number, 0.0, float(encoded["loss"]), parameters, validation_loss=held_out, metrics=metrics
        )
    if "before" not in encoded:
        return Moment(number, epoch, parameters, None, None, measured)
    before, gradient = _unpacked(encoded["before"]), _unpacked(encoded["gradient"])
    if not before.shape == gradient.shape == parameters.shape:
        raise ValueError(say("arrays of different lengths"))
    rows: Array | slice = _unpacked(encoded["rows"]) if encoded["rows"] is not None else _slice(encoded["slice"])

    def replayed() -> Array:
        moved: Array = parameters - before
        return moved

    known = measured or Epoch(epoch, number, 0.0, math.nan, parameters)
    step = Step(
        number,
        epoch,
        float(encoded["lr"]),
        float(encoded["batch_loss"]),
        gradient,
        parameters,
        _state(encoded.get("state"), parameters.shape),
        rows,
        lambda: known,
        replayed,
    )
    return Moment(number, epoch, parameters, known._replace(parameters=before), step, measured)


def _refused(word: str) -> Any:
    raise ValueError(say("json has no {word}", word=word))


def _rate(value: Any) -> float:
    rate = float(value)
    if not 0 < rate < math.inf:
        raise ValueError(value)
    return rate


def _settings(texts: Any) -> tuple[Setting, ...]:
    if not isinstance(texts, list) or not texts:
        raise ValueError(say("no changes"))
    return tuple(one for text in texts for one in notation.at(text))


def _as_is(value: Any) -> Any:
    return value


READ: dict[str, Callable[[Any], Any]] = {"at": moment_from, "turn": _rate, "changes": _settings}
"""How what there is to a kind is read."""


def read_recording(lines: Iterator[str], name: str) -> list[tuple[float, str, Any]]:
    """A recording's entries: seconds since its beginning, kind, and what there is to it.

    Raises:
        DataError: If it is none, naming the line.
    """
    entries: list[tuple[float, str, Any]] = []
    for number, line in enumerate(lines, start=1):
        try:
            encoded = json.loads(line, parse_constant=_refused)
            if number == 1:
                if encoded["schema"] != SCHEMA:
                    raise ValueError(encoded["schema"])
                continue
            kind = next(kind for kind in KINDS if kind in encoded)
            what: Any = READ.get(kind, _as_is)(encoded[kind])
            at = float(encoded["t"])
            if not math.isfinite(at):
                raise ValueError(at)
            entries.append((at, kind, what))
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError, OptionError) as error:
            if entries and not line.endswith("\n") and isinstance(error, json.JSONDecodeError):
                break  # it was cut off in the middle of a line
            wrong = (
                say("is no recording of gdcli live")
                if number == 1
                else say("line {number}: is not what gdcli live writes", number=number)
            )
            raise DataError(
                say("{name}: {wrong}", name=name, wrong=wrong), say("make one with gdcli live --record FILE.jsonl")
            ) from None
    while len(entries) > 1 and entries[-1][1] == "setup":
        entries.pop()  # it was cut off before the state that this leads to
    kinds = [kind for _, kind, _ in entries]
    pairs = itertools.zip_longest(entries, entries[1:])
    shown = all(after and after[1] == "at" and after[2].measured for one, after in pairs if one[1] == "setup")
    if kinds[:1] != ["setup"] or not shown:
        raise DataError(
            say("{name}: holds nothing to play back", name=name), say("make one with gdcli live --record FILE.jsonl")
        )
    return entries
