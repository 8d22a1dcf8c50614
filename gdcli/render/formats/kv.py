"""kv: `name=value` lines that a shell's eval can take."""

import re
from collections.abc import Iterator
from typing import Any, TextIO

from gdcli.experiments.shell import single_quoted
from gdcli.render import Report
from gdcli.render.formats import output_format
from gdcli.render.formats._shell_variables import own_name
from gdcli.render.formats.json import finite
from gdcli.render.screen import Screen, plain


@output_format(rows_only=False)
def render(report: Report, out: TextIO, screen: Screen) -> None:  # noqa: ARG001 - data, on any screen
    """Writes the summary, nested names joined by `_`; parameters go by their own names.

    Rows are numbered: the name of a csv's column with the number after it, as `lr_1`; of runs also with the run
    before it, as `run_1_lr`, which is json's `.runs[0].lr`.
    """
    rows = [dict(record.row()) if report.rows_in_kv else {} for record in report.records]
    fields = list(flat(finite({"schema": report.schema} | report.summary())))
    for number, row in enumerate(rows if report.rows_in_kv else [], 1):
        fields += flat(finite(row if len(rows) == 1 else {f"{name}_{number}": value for name, value in row.items()}))
        if report.rows_name == "runs":
            fields += flat(finite({f"run_{number}_{name}": value for name, value in row.items() if name != "run"}))
    taken: set[str] = set()
    for name, value in fields:
        key = _unique(own_name(re.sub(r"\W", "_", name, flags=re.ASCII), report.kv_prefix), taken)
        out.write(f"{key}={single_quoted(_text(value))}\n")


def flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Nested fields as (name, scalar) pairs.

    >>> list(flat({"train": {"mse": 2.5}, "parameters": {"m": 1.0}}))
    [('train_mse', 2.5), ('m', 1.0)]
    """
    for name, item in value.items():
        path = "" if name == "parameters" else f"{prefix}{name}"
        if isinstance(item, dict):
            yield from flat(item, f"{path}_" if path else "")
        elif isinstance(item, list):
            yield from flat({str(i): part for i, part in enumerate(item)}, f"{path}_")
        else:
            yield path, item


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return plain(value, Screen()) if isinstance(value, str) else str(value)


def _unique(name: str, taken: set[str]) -> str:
    """A shell variable's name, not yet taken."""
    name = f"_{name}" if not name or name[0].isdigit() else name
    while name in taken:
        name += "_"
    taken.add(name)
    return name
