"""What stands in for DATA where none is given: a pipe, or the lecture's example."""

from __future__ import annotations

from typing import Any

from gdcli.cli.terminal import Terminal
from gdcli.experiments.lecture import NOTE, example
from gdcli.experiments.spec import LineSpec, Spec


def or_example(spec: Spec, terminal: Terminal) -> tuple[Spec, dict[str, Any]]:
    """The spec on the rows given, piped in or of the lecture, and the start to name in `rerun:` if it is the lecture's.

    Args:
        spec: What is asked for.
        terminal: Where standard input is, and where the remark goes.
    """
    if spec.data.source is not None:
        return spec, {}
    if terminal.piped_in():
        return spec.replace(source="-"), {}
    terminal.note(NOTE)
    spec = example(spec)
    assert isinstance(spec.model, LineSpec)  # noqa: S101 - for the type checker
    return spec, {"m": spec.model.m, "b": spec.model.b}
