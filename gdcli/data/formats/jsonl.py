"""json lines: one object a row, each on its line; also one array of objects."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from gdcli.data.cells import data_error
from gdcli.data.column_table import ColumnTable, column_of
from gdcli.data.encoding import decode
from gdcli.data.formats import table_format
from gdcli.data.place import Place

__all__ = ["read"]

_AN_OBJECT = 'each row is one object of numbers and texts: {"x": 1, "y": 3}'


@table_format(rb"(\xef\xbb\xbf)?\s*(\{\s*(\"|\})|\[\s*\{)")
def read(place: Place) -> ColumnTable:
    """A column for each key; a key that a row lacks is a gap there.

    Raises:
        DataError: If a line is no JSON, or no object.
    """
    if place.part:
        raise place.no_part()
    text = decode(place.content, place.source, place.options.encoding)
    rows = [*(_of_array(text, place.source) if text.lstrip().startswith(b"[") else _of_lines(text, place.source))]
    if not rows:
        raise data_error(place.source, "no rows", _AN_OBJECT)
    names = tuple(dict.fromkeys(key for _, row in rows for key in row))
    if not names:
        raise data_error(place.source, "no columns: every object is empty", _AN_OBJECT)
    columns = {name: [row.get(name) for _, row in rows] for name in names}
    nested = {name: kind for name, values in columns.items() if (kind := _nested(values))}
    lines = [line for line, _ in rows]
    return ColumnTable(
        names, place.source, len(rows), lambda name: column_of(columns[name]), nested, lines, "line", place.options
    )


def _of_lines(text: bytes, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, content in enumerate(text.split(b"\n"), 1):
        if content.strip():
            yield line, _object(_parsed(content, source, line), source, line)


def _of_array(text: bytes, source: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for place, value in enumerate(_parsed(text, source, 0), 1):
        yield place, _object(value, source, place)


def _parsed(text: bytes, source: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason = error.msg[:1].lower() + error.msg[1:]
        what = f"no JSON at character {error.pos + 1 if line else error.colno}: {reason}"
        raise data_error(source, what, _AN_OBJECT, line or error.lineno) from None
    except RecursionError:
        raise data_error(source, "JSON nested too deeply", _AN_OBJECT, line) from None


def _object(value: Any, source: str, line: int) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise data_error(source, f"{_kind(value)}, not an object", _AN_OBJECT, line)
    return value


def _kind(value: Any) -> str:
    return {list: "a list", dict: "an object", str: "a text", type(None): "null"}.get(type(value), "a number")


def _nested(values: list[Any]) -> str:
    """What a column holds that is no number and no text: lists, objects."""
    inner = next((value for value in values if isinstance(value, list | dict)), None)
    return "" if inner is None else "lists" if isinstance(inner, list) else "objects"
