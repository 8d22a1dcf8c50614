"""One value of json's object alone, by its name: `train.r2`, `history.-1.loss`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from gdcli.definitions import FORMAT
from gdcli.errors import GdcliError, OptionError, did_you_mean
from gdcli.render import Report
from gdcli.render.formats.json import finite
from gdcli.render.screen import Screen, plain
from gdcli.said import say

VALUE = "value"
HINT = say("as in --get train.mse; --format json shows what there is")


class OneValue:
    """An output format of one value.

    Args:
        path: Its names from the outside in, with dots between; the rows of a list go by their number from 0, or from
            -1 backwards.
    """

    kind = FORMAT
    for_people = rows_only = verbatim = False
    nested = True
    usual_rows = "1"

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, report: Report, out: TextIO, screen: Screen) -> None:  # noqa: ARG002 - on any screen
        """Writes the value when the run has ended, at full precision.

        Raises:
            OptionError: If there is no such name, or more than one value behind it.
            GdcliError: If it has no value in this run.
        """
        wanted = bool(report.rows_name) and self._path.startswith(f"{report.rows_name}.")
        rows = [report.nested(record) for record in report.records if wanted]
        whole = {"schema": report.schema} | report.summary() | ({report.rows_name: rows} if wanted else {})
        value = finite(self._found(whole))
        if value is None:
            raise GdcliError(
                say("--get: {path} has no value here", path=self._path), say("--format json shows it as null")
            )
        out.write(f"{_text(value)}\n")

    def check(self, report: Report) -> None:
        """Finds out before a run whether there can be such a name.

        Raises:
            OptionError: If there is none.
        """
        known = [*report.names.split(), "schema", f"{report.rows_name}.*"]
        if report.names and not any(self._may_be(name) for name in known):
            raise OptionError(
                say("--get: there is no '{path}' here", path=self._path),
                did_you_mean(self._path, [name.removesuffix(".*") for name in known]),
            )

    def _may_be(self, name: str) -> bool:
        whole = name.removesuffix(".*")
        below = whole != name and self._path.startswith(f"{whole}.")
        return below or self._path == whole or whole.startswith(f"{self._path}.")

    def _found(self, whole: Mapping[str, Any]) -> Any:
        try:
            value = _within(whole, self._path)
        except (KeyError, IndexError, ValueError):
            known = list(names(whole))
            raise OptionError(
                say("--get: there is no '{path}' here", path=self._path), did_you_mean(self._path, known)
            ) from None
        if isinstance(value, Mapping | list | tuple):
            raise OptionError(say("--get: '{path}' is more than one value", path=self._path), HINT)
        return value


def one_value(name: str | None, form: str) -> OneValue | None:
    """The format of one value, if one is asked for.

    Raises:
        OptionError: If another format is asked for, too.
    """
    if name is None:
        return None
    if form not in ("table", VALUE):
        raise OptionError(
            say("--get prints one value, and --format {form} a whole", form=form), say("leave one of them out")
        )
    return OneValue(name)


def names(value: Any, before: str = "") -> Iterator[str]:
    """The names of all single values that are not in lists.

    >>> list(names({"status": "completed", "train": {"mse": 1.0, "r2": None}, "classes": []}))
    ['status', 'train.mse', 'train.r2']
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from names(inner, f"{before}.{name}" if before else str(name))
    elif not isinstance(value, list | tuple):
        yield before


def _within(value: Any, path: str) -> Any:
    """What stands behind a path; a name may have dots of its own.

    Raises:
        KeyError, IndexError, ValueError: If there is nothing.
    """
    if isinstance(value, Mapping):
        if path in value:
            return value[path]
        inside = [name for name in value if path.startswith(f"{name}.")]
        name = max(inside, key=len, default=path)
        return _within(value[name], path[len(name) + 1 :])
    if isinstance(value, Sequence) and not isinstance(value, str):
        number, dot, rest = path.partition(".")
        inner = value[int(number)]
        return _within(inner, rest) if dot else inner
    raise KeyError(path)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value, Screen()) if isinstance(value, str) else repr(value)
