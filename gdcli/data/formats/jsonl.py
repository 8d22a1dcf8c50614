"""json lines: one object a row, each on its line; also one array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import field
from typing import Any

from gdcli.data.cells import data_error, no_rows
from gdcli.data.column_table import Column, ColumnTable, column_of
from gdcli.data.encoding import decode
from gdcli.data.formats import table_format
from gdcli.data.header import unique_names
from gdcli.data.pieces import HEAD_BYTES, Joined, Opening, pieces
from gdcli.data.place import Place
from gdcli.data.source import Progress, Source, first_rows_of, unwatched
from gdcli.data.tables import Table
from gdcli.definitions.dataclass import dataclass
from gdcli.said import say

__all__ = ["read"]

REASONS = (
    say("expecting property name enclosed in double quotes"),
    say("expecting ':' delimiter"),
    say("expecting ',' delimiter"),
    say("expecting value"),
    say("extra data"),
    say("unterminated string starting at"),
    say("invalid control character at"),
    say("invalid \\escape"),
    say("illegal trailing comma before end of object"),
    say("illegal trailing comma before end of array"),
)
"""What Python's reader of JSON mostly says."""
_AN_OBJECT = say('each row is one object of numbers and texts: {{"x": 1, "y": 3}}')


@table_format(rb"(\xef\xbb\xbf)?\s*(\{\s*(\"|\})|\[\s*\{)", stream="stream")
def read(place: Place) -> ColumnTable:
    """A column for each key; a key that a row lacks is a gap there.

    Raises:
        DataError: If a line is no JSON, or no object.
    """
    if place.part:
        raise place.no_part()
    return _table(place.content, place)


@dataclass(frozen=True, eq=False)
class Objects(ColumnTable):
    """Objects, a column for each of their keys.

    Args:
        keys: The key behind each column's name.
    """

    keys: Mapping[str, str] = field(kw_only=True)


@dataclass(frozen=True, eq=False)
class LinesSource(Source):
    """Objects, one a line, of which the first have been looked at.

    Args:
        keys: The key behind each column's name.
        place: Where they stand.
        start: The first bytes.
        rest: Opens what follows.
        total: Bytes of the file, if that is known.
    """

    keys: Mapping[str, str]
    place: Place
    start: bytes
    rest: Opening
    total: int | None

    def blocks(self, names: Sequence[str], progress: Progress = unwatched) -> Iterator[Table]:
        """A table for each block of lines."""
        line, keys = 1, {name: self.keys[name] for name in names}
        with self.rest() as stream:
            for content in pieces(Joined(self.start, stream), self.place.source):
                progress(stream.position, self.total)
                if not content.isspace():
                    yield _table(content, self.place, line, keys)
                line += content.count(b"\n")


def stream(start: bytes, rest: Opening, place: Place, total: int | None) -> Source | None:
    """The objects, to pass in blocks; None where they are one array.

    Raises:
        DataError: If one of the first lines is no JSON, or no object.
    """
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"["):
        return None
    head = _table(start[: start.rfind(b"\n", 0, HEAD_BYTES) + 1], place)
    return LinesSource(first_rows_of(head), head.keys, place, start, rest, total)


def _table(content: bytes, place: Place, line: int = 1, known: Mapping[str, str] | None = None) -> Objects:
    """The objects of some lines, or of an array, with the columns that are known or those that they have."""
    text = decode(content, place.source, place.options.encoding, line)
    rows = [*(_of_array(text, place.source) if text.lstrip().startswith(b"[") else _of_lines(text, place.source, line))]
    if not rows:
        raise no_rows(place.source, say("no rows"), hint=_AN_OBJECT)
    keys = known or _keys(row for _, row in rows)
    if not keys:
        raise data_error(place.source, say("no columns: every object is empty"), _AN_OBJECT)
    columns = {name: [row.get(key) for _, row in rows] for name, key in keys.items()}
    nested = {name: kind for name, values in columns.items() if (kind := _nested({*map(type, values)}))}
    lines = [number for number, _ in rows]

    def column(name: str) -> Column:
        return column_of(columns[name])

    about = place.options
    return Objects((*keys,), place.source, len(rows), column, nested, lines, "line", about, keys=keys)


def _keys(rows: Iterable[Mapping[str, object]]) -> dict[str, str]:
    """The keys of some objects, by the name of each one's column."""
    keys = [*dict.fromkeys(key for row in rows for key in row)]
    return dict(zip(unique_names(keys), keys, strict=True))


def _of_lines(text: bytes, source: str, first: int) -> Iterator[tuple[int, dict[str, Any]]]:
    lines = text.split(b"\n")
    numbers = [line for line, content in enumerate(lines, first) if content and not content.isspace()]
    full = [lines[number - first] for number in numbers]
    with suppress(ValueError, RecursionError):  # which line is wrong is found below
        values = json.loads(b"[" + b",".join(full) + b"]")
        if len(values) == len(full) and {*map(type, values)} == {dict}:
            yield from zip(numbers, values, strict=True)
            return
    for line, content in zip(numbers, full, strict=True):
        yield line, _object(_parsed(content, source, line), source, line)


def _of_array(text: bytes, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for place, value in enumerate(_parsed(text, source, 0), 1):
        yield place, _object(value, source, place)


def _parsed(text: bytes, source: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        reason = next((one for one in REASONS if one == reason), reason)
        what = say("no JSON at character {pos}: {reason}", pos=error.pos + 1 if line else error.colno, reason=reason)
        raise data_error(source, what, _AN_OBJECT, line or error.lineno) from None
    except ValueError:  # more digits than Python reads
        raise data_error(source, say("a number that is too long"), _AN_OBJECT, line) from None
    except RecursionError:
        raise data_error(source, say("JSON nested too deeply"), _AN_OBJECT, line) from None


def _object(value: Any, source: str, line: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise data_error(source, say("{kind}, not an object", kind=_kind(value)), _AN_OBJECT, line)
    return value


def _kind(value: Any) -> str:
    return {list: "a list", dict: say("an object"), str: "a text", type(None): "null"}.get(type(value), "a number")


def _nested(types: set[type]) -> str:
    """What a column holds that is no number and no text: lists, objects."""
    return "lists" if list in types else "objects" if dict in types else ""
