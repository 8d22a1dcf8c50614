"""The lecture's example: what the line commands run when no data is given."""

from __future__ import annotations

from dataclasses import replace

from gdcli.experiments.spec import LineSpec, Spec
from gdcli.said import say

SOURCE = "sample:deck"
START = {"m": -1.0, "b": 5.0}
NOTE = say("no data given: this is the lecture's example, (1, 3) and (2, 5), as in sample:deck")


def example(spec: Spec) -> Spec:
    """The lecture's rows, from the lecture's start; parameters given stay as they are."""
    model = spec.model
    assert isinstance(model, LineSpec)  # noqa: S101 - for the type checker
    return replace(spec.replace(source=SOURCE), model=lecture_start(model))


def lecture_start(model: LineSpec) -> LineSpec:
    """The lecture's start for a line through one input, as far as none is given."""
    if model.start is not None or model.degree != 1 or model.no_intercept:
        return model
    return replace(model, m=START["m"] if model.m is None else model.m, b=START["b"] if model.b is None else model.b)
