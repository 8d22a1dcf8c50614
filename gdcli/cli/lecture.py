"""The lecture's example: what the line commands do when no data is given."""

from __future__ import annotations

from gdcli.cli.options import DataOptions, LineOptions
from gdcli.cli.terminal import Terminal

DATA = "sample:deck"
START = {"m": -1.0, "b": 5.0}


def lecture(data: DataOptions, line: LineOptions, terminal: Terminal) -> tuple[str, LineOptions]:
    """The data's name, and the parameters: the lecture's where neither DATA nor a pipe is given.

    Args:
        data: The data options.
        line: The line options; parameters given stay as they are.
        terminal: Where the remark goes.
    """
    if data.data is not None:
        return data.data, line
    if terminal.piped_in():
        return "-", line
    if line.start is None and line.degree == 1 and not line.no_intercept:
        given = {name: value for name in START if (value := getattr(line, name)) is not None}
        line = line._replace(**START | given)
    terminal.note("no data given: this is the lecture's example, (1, 3) and (2, 5), as in sample:deck")
    return DATA, line


def start_words(line: LineOptions, data: DataOptions) -> dict[str, float]:
    """The start to name in `rerun:`, where the lecture's stood in for one not given."""
    return {name: getattr(line, name) for name in START if data.data is None and getattr(line, name) is not None}
