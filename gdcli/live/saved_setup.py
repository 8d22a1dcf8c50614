"""A run's setup as a recording holds it: a spec, and the rows that came from elsewhere."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from gdcli.data.files import reading_errors
from gdcli.errors import DataError, OptionError
from gdcli.experiments.building import optimizer
from gdcli.experiments.reading import Reader
from gdcli.experiments.spec import FIT_RATE, NetworkSpec, Spec
from gdcli.live.configuration import Configuration, Origin, Parser
from gdcli.said import say

__all__ = ["as_saved", "restored"]

LARGEST = 4 * 2**20  # bytes of rows that a recording holds itself


def as_saved(configuration: Configuration, piped: bytes | None, name: str) -> dict[str, Any]:
    """All that is needed to set up the same again.

    Args:
        configuration: The run.
        piped: Its rows, if they came from standard input.
        name: What they are called.
    """
    return {
        "name": name,
        "spec": configuration.spec.as_dict(),
        "words": configuration.words(),  # for versions before specs
        "rows": _embedded(str(configuration.spec.data.source), piped),
    }


def _embedded(source: str, piped: bytes | None) -> str | None:
    """The rows themselves, as text, if they came from a pipe or a file that is not large."""
    if piped is None and not source.startswith("sample:") and Path(source).is_file():
        with reading_errors(source):
            piped = Path(source).read_bytes() if Path(source).stat().st_size <= LARGEST else None
    return None if piped is None or len(piped) > LARGEST else base64.b64encode(piped).decode()


def restored(saved: Any, recording: str, parse: Parser) -> tuple[Configuration, bytes | None, str]:
    """The run that a recording holds, its rows if they are in it, and what they are called.

    Earlier recordings hold only the words of a command line, whose number of epochs ended nothing.

    Raises:
        DataError: If it holds none.
    """
    try:
        rows, name = saved["rows"], str(saved["name"])
        piped = None if rows is None else base64.b64decode(rows, validate=True)
        known = _checked(saved["spec"]) if "spec" in saved else parse([str(word) for word in saved["words"]])
        source = known.spec.data.source if isinstance(known, Configuration) else known.source
        if source in (None, "-") and piped is None:
            raise ValueError(say("no data"))
    except (ValueError, KeyError, TypeError, AttributeError, OptionError):
        raise DataError(
            say("{recording}: does not say what was set up", recording=recording),
            say("make one with gdcli live --record"),
        ) from None
    if isinstance(known, Origin):
        reader = Reader(None if piped is None else io.BytesIO(piped))
        known = (known if piped is None else known._replace(source="-")).configured(reader).endless()
        known = known.changed(lr=_usual_rate(known.spec)) if known.spec.rate.lr is None else known
    return known if piped is None else known.changed(source="-"), piped, name


def _usual_rate(spec: Spec) -> float:
    """The rate of earlier versions, which chose none by the data."""
    if isinstance(spec.model, NetworkSpec):
        return type(optimizer(spec.optimizer, "adam")).usual_learning_rate
    return FIT_RATE


def _checked(saved: Any) -> Configuration:
    """The configuration of a spec that JSON holds.

    Raises:
        ValueError, KeyError, TypeError, AttributeError, OptionError: If a value is none that an option takes.
    """
    spec = Spec.from_dict(saved)
    if None in spec.given().values():
        raise ValueError(say("a value that no option takes"))
    return Configuration.of(spec)
