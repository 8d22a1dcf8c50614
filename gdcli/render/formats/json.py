"""json: one object, with its schema first and its rows last; never NaN or Infinity."""

import math
from collections.abc import Mapping
from typing import Any, TextIO

from gdcli.render import Report
from gdcli.render.formats import output_format
from gdcli.render.screen import Screen, is_control


@output_format(rows_only=False, nested=True)
def render(report: Report, out: TextIO, screen: Screen) -> None:  # noqa: ARG001 - data, on any screen
    """Writes the whole object when the run has ended, one row a line."""
    rows = [dumps(report.nested(record)) for record in report.records]
    fields = {"schema": report.schema} | report.summary()
    lines = [f"{dumps(name)}: {dumps(value)}" for name, value in fields.items()]
    if report.rows_name:
        body = ",\n    ".join(rows)
        lines.append(f"{dumps(report.rows_name)}: [" + (f"\n    {body}\n  ]" if rows else "]"))
    out.write("{\n  " + ",\n  ".join(lines) + "\n}\n")


def dumps(value: Any) -> str:
    r"""JSON text; numbers that are not finite become null, and what a terminal would obey is spelled out.

    >>> print(dumps({"é": "a\x9b31m\u202e", "loss": float("inf")}))
    {"é": "a\\u009b31m\\u202e", "loss": null}
    """
    import json  # takes time to load, and a run that prints a table needs it not

    text = json.dumps(finite(value), ensure_ascii=False, allow_nan=False)
    return text if text.isprintable() else "".join(map(_spelled, text))


def _spelled(sign: str) -> str:
    import json

    return json.dumps(sign)[1:-1] if is_control(sign) else sign


def finite(value: Any) -> Any:
    """The same value with null for every number that is not finite.

    >>> finite({"loss": float("inf"), "m": [1.0, float("nan")]})
    {'loss': None, 'm': [1.0, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
